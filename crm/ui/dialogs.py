"""How is a form shown over the page? A button that opens it; one at a time, drawn only while it is open.

A popover near the lower edge of the page is cut off there; a dialog stands in the middle of any screen.
"""

from collections.abc import Callable

import streamlit as st

from crm.ui import run

OPEN = "open_dialog"  # holds the key of the one that is open


def button(label: str, *, key: str, title: str, draw: Callable[[], None], icon: str, form: str | None = None,
           width: str = "small") -> None:
    """A button that opens `draw` as a dialog. `form` begins anew each time it is opened."""
    st.button(label, key=key, icon=icon, on_click=_open, args=(key, form))
    if st.session_state.get(OPEN) == key:
        st.dialog(title, width=width, icon=icon, on_dismiss=close)(draw)()


def close() -> None:
    """Close it; the page is to be drawn anew then."""
    st.session_state[OPEN] = None


def _open(key: str, form: str | None) -> None:
    if form is not None:
        run.renew(form)
    st.session_state[OPEN] = key
