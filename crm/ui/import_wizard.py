"""Where is the import? Looking at what was chosen, rehearsing, writing, done: one thing on the screen at a time."""

import streamlit as st

from crm.ui import import_review, import_source, import_work, page


def is_busy() -> bool:
    """Whether something is being brought in: chosen in this window, or running or done for this workspace."""
    return (bool(import_source.drafts()) or import_source.whole_company() is not None
            or import_work.current() is not None)


def show() -> None:
    """The present step."""
    running = import_work.current()
    if running is None and import_source.whole_company() is not None:
        with page.card("A whole company", key="whole_card"):
            st.write("This zip was written by Solo CRM and holds a whole company: every record with every field. It is read "
                     "back into a company that is still empty.")
            with st.container(horizontal=True):
                st.button("Read it back", key="read_back", type="primary", on_click=import_work.read_back,
                          args=(import_source.whole_company(),))
                st.button("Give up", key="give_up_import", type="tertiary", on_click=import_source.give_up)
    elif running is None:
        with page.card("Is it understood rightly?", key="review_card"):
            import_source.wrong_files()
            _review()
    elif not running.is_done:
        with page.card("Working", key="progress_card"):
            import_work.progress()
    elif running.about.is_rehearsal:
        with page.card("What would change", key="preview_card"):
            import_work.rehearsed(running)
    else:
        with page.card("What came in", key="result_card"):
            import_work.result(running)


def _review() -> None:
    reviewed = import_review.review()
    planned = [(one.draft.origin, one.choices) for one in reviewed if one.choices is not None]
    missing = len(reviewed) - len(planned)
    if missing:
        st.caption(f"Files that still need a choice: {missing}. Show each of them, or give it up.")
    with st.container(horizontal=True):
        st.button("See what would change", key="rehearse", type="primary", icon=":material/preview:",
                  disabled=bool(missing) or not planned, on_click=import_work.rehearse, args=(planned,))
        if len(reviewed) > 1:
            st.button("Without this file", key="drop_file", on_click=import_review.drop_shown)
        st.button("Give up", key="give_up_import", type="tertiary", on_click=import_source.give_up)
