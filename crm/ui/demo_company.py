"""Is the demo company there? Built at the first start in the background, with progress on the screen."""

from datetime import UTC, datetime

import streamlit as st

from crm import db, demo
from crm.ui import words, work

KEY = "demo company"


def start() -> work.Work:
    """Build the demo company unless it is there or being built."""
    def build(running: work.Work):
        return demo.make(today=datetime.now(UTC).date(), progress=running.progress)

    return work.start(KEY, build)


def ensure() -> bool:
    """True when the demo company can be opened; else shows the progress of building it."""
    if db.demo().exists:
        return True
    start()
    _waiting()
    return False


@st.fragment(run_every=0.4)
def _waiting() -> None:
    running = work.find(KEY)
    if running is None or running.is_done:
        if running is not None and running.error:
            st.error(words.plain(running.error))
            return
        st.rerun()
    st.header("Building the demo company")
    st.write("Three years of an invented shop, so that every page has something to show. This happens once.")
    st.progress(running.share, text=running.stage or "Starting")
