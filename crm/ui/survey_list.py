"""Which surveys are there, and how many answered each?"""

import pandas as pd
import streamlit as st

from crm.analytics.responses import Responses
from crm.services import surveys
from crm.ui import page, run, survey_editor, survey_words, words

OPENED = "surveys_opened"  # how often a survey was opened by a click
UNDO = "survey_undo"  # (id, name) of the survey that was deleted last


def new_button() -> None:
    """Begin a new survey, ready-made or empty."""
    with st.popover("New survey", type="primary", icon=":material/add:", key="new_survey"):
        st.caption("Begin with a ready-made one; you can change everything.")
        for place, label in enumerate(survey_words.TEMPLATES):
            st.button(label, key=f"template_{place}", width="stretch", on_click=survey_editor.open_new, args=(label,))


def open_survey(survey_id: int) -> None:
    """Show that survey on this page; for a callback, or before a rerun."""
    st.query_params["survey"] = str(survey_id)
    st.session_state[OPENED] = st.session_state.get(OPENED, 0) + 1


def table(found: pd.DataFrame, result: Responses | None) -> None:
    """All surveys, the newest first; a click opens one."""
    # The share is that of the askings whose time is over; without any it is not known.
    share = found["survey_id"].map(result.surveys.set_index("survey_id")["share"]) if result is not None else float("nan")
    shown = pd.DataFrame({
        "name": found["name"], "state": found["status"].map(survey_words.STATES), "share": share * 100, "answered": found["answered"],
        "asked": found["invited"], "questions": found["questions"], "last": found["last_answered_at"].dt.date})
    event = st.dataframe(
        shown, key=f"surveys_list_{len(found)}_{st.session_state.get(OPENED, 0)}", hide_index=True, height="content",
        on_select="rerun", selection_mode="single-cell", placeholder="–", alt="Surveys, one a row", column_config={
            "name": st.column_config.TextColumn("Survey", width=220),
            "state": st.column_config.TextColumn("State", width=70),
            "share": st.column_config.ProgressColumn("Answered", format="%.0f %%", min_value=0, max_value=100, width=130,
                                                     help="Of the askings whose time is over."),
            "answered": st.column_config.NumberColumn("Answers", format="%,d", width=80),
            "asked": st.column_config.NumberColumn("Asked", format="%,d", width=80),
            "questions": st.column_config.NumberColumn("Questions", width=85),
            "last": st.column_config.DateColumn("Last answer", format="D MMM YYYY", width=110)})
    cells = event["selection"]["cells"] if event else []
    if cells:
        open_survey(int(found["survey_id"].iloc[cells[0][0]]))
        st.rerun()
    st.caption("Click a survey to ask customers, to note answers, or to change it.")
    page.download(_download, file_name="surveys.csv", key="download_surveys")


def from_files() -> None:
    """Answers that were brought in: they have no survey here, and count all the same."""
    found = run.cached(surveys.from_files)
    if found.empty:
        return
    with page.card("Answers from elsewhere", key="files_card"):
        st.dataframe(pd.DataFrame({"file": found["file"].replace("", "Not from a file"), "answers": found["answers"],
                                   "last": found["last_answered_at"].dt.date}),
                     hide_index=True, height="content", alt="Answers that were brought in", column_config={
                         "file": st.column_config.TextColumn("Brought in by", width=320),
                         "answers": st.column_config.NumberColumn("Answers", format="%,d", width=90),
                         "last": st.column_config.DateColumn("Last answer", format="D MMM YYYY", width=110)})
        st.caption("Nobody was asked from here for these, so no share of answers can be told. On the page Satisfaction they count.")
        page.link("satisfaction", "Open Satisfaction", icon=":material/sentiment_satisfied:")


def undo_note() -> None:
    """After a deletion, the way back."""
    gone = st.session_state.get(UNDO)
    if gone is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="survey_undo_note"):
        st.markdown(f"**{words.plain(gone[1])}** was deleted. Its answers stay, its links do not work any more.")
        if st.button("Undo", key="undo_survey", icon=":material/undo:") and run.command(surveys.restore, gone[0]) is not run.FAILED:
            st.session_state.update({UNDO: None, "toast": "It is back."})
            st.rerun()
        if st.button("Fine", key="dismiss_survey", type="tertiary"):
            st.session_state[UNDO] = None
            st.rerun()


def _download(session) -> pd.DataFrame:
    return surveys.listing(session).drop(columns="version")
