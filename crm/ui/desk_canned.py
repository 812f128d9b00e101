"""Which texts are sent again and again? A list; each is written and changed in a dialog."""

import streamlit as st

from crm.services import canned_answers
from crm.ui import desk_words, run, words

OPEN = "canned_open"  # holds "new" or (id, version, title, body, kind) of the one whose dialog is open
UNDO = "canned_undo"  # (id, title) of the one that was deleted last
ALL_KINDS = "All kinds"


def draw() -> None:
    st.caption("Texts to put in when you answer. {customer}, {ticket} and {order} stand for the name and the numbers.")
    _undo_note()
    known = run.fresh(canned_answers.listing)
    if known.empty:
        st.info("No canned answer yet. Write the first one for what you are asked most.", icon=":material/lightbulb:")
    for row in known.to_dict("records"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(words.plain(row["title"]), key=f"canned_{row['id']}_{row['version']}", type="tertiary", icon=":material/edit_note:",
                      on_click=_open, args=((row["id"], row["version"], row["title"], row["body"], row["kind"]),))
            st.caption(desk_words.KINDS.get(row["kind"], ALL_KINDS))
    st.button("New canned answer", key="canned_new", icon=":material/add:", on_click=_open, args=("new",))
    opened = st.session_state.get(OPEN)
    if opened is not None:
        _dialog(opened)


def _open(which) -> None:
    run.renew("canned")
    st.session_state[OPEN] = which


def _close() -> None:
    st.session_state[OPEN] = None


@st.dialog("Canned answer", width="large", icon=":material/edit_note:", on_dismiss=_close)
def _dialog(opened) -> None:
    token = run.token("canned")
    answer_id, version, title, body, kind = (None, None, "", "", None) if opened == "new" else opened
    kinds = list(desk_words.KINDS)
    title = st.text_input("Title", value=title, key=f"canned_title_{token}", max_chars=canned_answers.TITLE_LIMIT)
    body = st.text_area("Text", value=body, key=f"canned_body_{token}", height=260, max_chars=canned_answers.BODY_LIMIT,
                        placeholder="Hello {customer},\n\nthank you for your message {ticket} …")
    kind = st.selectbox("For", kinds, index=kinds.index(kind) if kind else None, format_func=desk_words.KINDS_OF.get, key=f"canned_kind_{token}",
                        placeholder=ALL_KINDS)
    with st.container(horizontal=True):
        sent = st.button("Save", key=f"canned_save_{token}", type="primary", icon=":material/check:")
        gone = answer_id is not None and st.button("Delete", key=f"canned_delete_{token}", icon=":material/delete:")
    if gone and run.command(canned_answers.delete, answer_id, form="canned", version=version) is not run.FAILED:
        st.session_state.update({OPEN: None, UNDO: (answer_id, title)})
        st.rerun()
    if sent:
        saved = (run.command(canned_answers.create, form="canned", title=title, body=body, kind=kind) if answer_id is None else
                 run.command(canned_answers.update, answer_id, form="canned", version=version, title=title, body=body, kind=kind))
        if saved is not run.FAILED:
            st.session_state.update({OPEN: None, "toast": "Saved."})
            st.rerun()


def _undo_note() -> None:
    gone = st.session_state.get(UNDO)
    if gone is None:
        return
    answer_id, title = gone
    with st.container(horizontal=True, vertical_alignment="center", key="canned_undo_note"):
        st.markdown(f"“{words.plain(title)}” was deleted.")
        if st.button("Undo", key="canned_undo_button", icon=":material/undo:") and run.command(
                canned_answers.restore, answer_id) is not run.FAILED:
            st.session_state.update({UNDO: None, "toast": "It is back."})
            st.rerun()
