"""What runs beside the pages? Long work in a thread of its own, with progress, a way to cancel, and its result kept."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from crm.errors import CrmError

_kept: dict[str, "Work"] = {}
_lock = threading.Lock()


@dataclass
class Work:
    """One piece of work, shared by all sessions that look at it; `error` is a sentence for the user."""

    share: float = 0.0
    stage: str = ""
    result: object = None
    error: str | None = None
    about: object = None  # what it was started with, for whoever comes back to it
    is_done: bool = False
    _cancel: threading.Event = field(default_factory=threading.Event)
    _ended: threading.Event = field(default_factory=threading.Event)

    def progress(self, share: float, stage: str) -> None:
        """Called by the work itself: how much is done, 0..1, and what it is at."""
        self.share, self.stage = min(max(share, 0.0), 1.0), stage

    def wait(self) -> None:
        """Until it is done, well or not."""
        self._ended.wait()

    def cancel(self) -> None:
        self._cancel.set()

    def cancelled(self) -> bool:
        return self._cancel.is_set()


def start(key: str, task: Callable[[Work], object], *, about: object = None) -> Work:
    """Start `task` unless work of that key is running; leaving the page does not stop it."""
    with _lock:
        running = _kept.get(key)
        if running is not None and not running.is_done:
            return running
        work = _kept[key] = Work(about=about)
    threading.Thread(target=_run, args=(work, task), name="work", daemon=True).start()
    return work


def find(key: str) -> Work | None:
    """The newest work of that key, running or done."""
    return _kept.get(key)


def forget(key: str) -> None:
    """Drop a finished work's result."""
    with _lock:
        if key in _kept and _kept[key].is_done:
            del _kept[key]


def _run(work: Work, task: Callable[[Work], object]) -> None:
    try:
        work.result = task(work)
    except CrmError as error:
        work.error = str(error)
    except Exception:
        # The edge of a thread: nobody above could show it. The log has the details, the user a sentence.
        logging.getLogger(__name__).exception("Background work failed")
        work.error = "Something went wrong inside the program; nothing was changed. The log has the details."
    finally:
        work.is_done = True
        work._ended.set()
