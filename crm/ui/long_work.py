"""What takes longer than a page should? Started by a button, run beside the pages, kept until the question changes.

    found = long_work.asked("compare", task, about=..., place=..., label="Compare all models")
    if found is not None: ...

One piece of work of a name runs at a time in a place. Its answer stays until another is asked for, and is shown only where
the question is the same: never an old answer to a new question.
"""

from collections.abc import Callable, Hashable, Mapping

import streamlit as st

from crm import db
from crm.ui import run, words, work

CANCELLED = "Stopped. Nothing was kept."


def of_records(name: str, question: Callable, *, label: str, note: str = "", icon: str = ":material/play_arrow:",
               again: str | None = None, names: Mapping[str, str] | None = None, **parameters):
    """The answer of `question(session, progress=, cancelled=, **parameters)` to the records that are open; see `asked`."""
    opened = run.current()

    def task(running: work.Work):
        with db.reading(opened) as session:
            return question(session, progress=running.progress, cancelled=running.cancelled, **parameters)

    return asked(name, task, about=_about(name, question, parameters), place=opened.url, label=label, note=note, icon=icon,
                 again=again, names=names)


def answer_of_records(name: str, question: Callable, **parameters):
    """The answer where it is there already; None else. Draws nothing."""
    kept = work.find(_key(name, run.current().url))
    about = _about(name, question, parameters)
    return kept.result if kept is not None and kept.is_done and kept.error is None and kept.about == about else None


def asked(name: str, task: Callable[[work.Work], object], *, about: Hashable, place: str, label: str, note: str = "",
          icon: str = ":material/play_arrow:", again: str | None = None, names: Mapping[str, str] | None = None):
    """The answer of `task(running)` once it is there; else a button that starts it or how far it is, and None.

    about: the question; equal ones have equal answers. place: what the work is about, such as a database. again: labels a
    button that starts it anew beside the answer. names: words for stages.
    """
    key = _key(name, place)
    kept = work.find(key)
    start = {"key": f"start_{name}", "icon": icon, "on_click": work.start, "args": (key, task), "kwargs": {"about": about}}
    if kept is not None and not kept.is_done:
        if kept.about != about:
            st.caption("This is still at work on an earlier choice. Stop it to begin anew.")
        _progress(name, key, names or {})
        return None
    if kept is None or kept.about != about:
        st.button(label, **start)
        if note:
            st.caption(note)
        return None
    if kept.error is not None:
        if kept.cancelled():
            st.caption(CANCELLED)
        else:
            st.error(words.plain(kept.error), icon=":material/error:")
        st.button(label, **start)
        return None
    if again is not None:
        st.button(again, **{**start, "icon": ":material/refresh:"}, type="tertiary")
    return kept.result


@st.fragment(run_every=1.0)
def _progress(name: str, key: str, names: Mapping[str, str]) -> None:
    """How far it is; the page is drawn anew when it is done."""
    running = work.find(key)
    if running is None or running.is_done:
        st.rerun()
    st.progress(running.share, text=words.plain(names.get(running.stage, running.stage)) or "Beginning")
    st.caption("You may leave this page; it goes on, and the answer will be here.")
    if st.button("Stop", key=f"stop_{name}", icon=":material/stop:", disabled=running.cancelled()):
        running.cancel()


def _about(name: str, question: Callable, parameters: dict) -> tuple:
    with db.reading(run.current()) as session:
        records = db.revisions_of(session, question.reads)
    return name, tuple(sorted(parameters.items())), tuple(records)


def _key(name: str, place: str) -> str:
    return f"{name} of {place}"
