"""File: how does the demo's database appear whole, however many sessions ask for it at once?"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from crm import db
from crm.demo.company import Progress, build
from crm.models import Base
from crm.services import settings

WAIT_SECONDS = 300  # far longer than a build; who waits that long has found a hanging process
_here = threading.Lock()


def is_made() -> bool:
    """Whether the demo's file exists and holds the demo; never creates it."""
    workspace = db.demo()
    if not workspace.exists:
        return False
    with db.reading(workspace) as session:
        return settings.read(session, "demo_today") is not None


def make(*, today: date, rebuild: bool = False, progress: Progress | None = None) -> dict[str, int]:
    """Make the demo's database (`db.demo()`) once: built beside, then renamed, so that nobody sees half of it.

    A demo that is there already stays, unless `rebuild` asks for a new one; whoever asks at the same moment waits for
    the first one's build. Returns the number of rows of each table.
    """
    workspace = db.demo()
    with _only_one(workspace.file):
        if rebuild or not is_made():
            counts = _replace(workspace, today, progress)
        else:
            counts = _counts(workspace)
    return counts


def _replace(workspace: db.Workspace, today: date, progress: Progress | None) -> dict[str, int]:
    new = workspace.file.with_name(f"{workspace.file.name}.building")
    beside = db.Workspace("demo-building", f"sqlite:///{new}")
    _delete(new, *_logs(new))  # what a killed process left
    try:
        counts = build(beside, today=today, progress=progress)
        db.dispose(beside)  # the last connection writes the log into the file
        db.dispose(workspace)
        # The old file's log must not be taken for the new file's.
        _delete(*_logs(workspace.file))
        new.replace(workspace.file)
    finally:
        db.dispose(beside)
        _delete(new, *_logs(new))
    return counts


def _counts(workspace: db.Workspace) -> dict[str, int]:
    with db.reading(workspace) as session:
        found = {table.name: session.scalar(select(func.count()).select_from(table))
                 for table in Base.metadata.sorted_tables if "group" in table.info}
    return {name: count for name, count in found.items() if count}


def _logs(file: Path) -> tuple[Path, Path]:
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")


def _delete(*files: Path) -> None:
    for file in files:
        file.unlink(missing_ok=True)


@contextmanager
def _only_one(file: Path) -> Iterator[None]:
    """One thread of one process at a time; SQLite's own lock is on every system, and a dead process frees it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with _here, closing(sqlite3.connect(file.with_name(f"{file.name}.lock"), timeout=WAIT_SECONDS,
                                        isolation_level=None)) as lock:
        lock.execute("begin exclusive")
        yield
        lock.execute("rollback")
