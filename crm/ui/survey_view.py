"""One survey: whom it asked, who answered, what they said, and what can be done with it."""

import pandas as pd
import streamlit as st

from crm import jobs
from crm.errors import CrmError, NotEnoughData
from crm.services import settings, survey_answering, survey_invitations, surveys
from crm.services.surveys import SurveyDetails
from crm.ui import (
    answer_door,
    page,
    run,
    survey_asking,
    survey_by_hand,
    survey_editor,
    survey_list,
    survey_questions,
    survey_responses,
    survey_words,
    words,
)

PAGE_SIZE = 25


def draw(asked: str) -> None:
    """The survey of that number, or that there is none."""
    try:
        details = run.fresh(surveys.get, survey_id=int(asked)) if asked.isdecimal() and len(asked) < 10 else None
    except CrmError as error:
        details = None
        st.info(words.plain(error), icon=":material/search_off:")
    st.button("All surveys", key="all_surveys", type="tertiary", icon=":material/arrow_back:", on_click=_leave)
    if details is None:
        page.question("Which survey?")
        survey_list.undo_note()
        return
    _head(details)
    survey_by_hand.undo_note()
    survey_asking.made(details)
    as_of = run.fresh(settings.as_of)
    with page.advice(bring_in=False):
        _figures(details, as_of)
    left, right = st.columns([3, 2])
    with left, page.card("Who was asked", key="asked_card"):
        _asked(details)
    with right:
        with page.card("What they said", key="said_card"):
            _said(details, as_of)
        with page.card("The questions", key="questions_card"), st.expander("Show them as they are asked", key="show_questions"):
            survey_questions.draw(details.questions, key=f"shown_{details.id}_{details.version}", disabled=True)
    try:
        result = run.cached(jobs.responses.run, as_of=as_of, survey_id=details.id)
    except NotEnoughData:
        return
    survey_responses.cards(result, as_of=as_of, survey_id=details.id)
    with page.explanation("survey_method"):
        survey_words.method(result)


def _leave() -> None:
    st.query_params.pop("survey", None)


def _head(details: SurveyDetails) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        page.question(words.plain(details.name))
        with st.container(horizontal=True, width="content"):
            if details.status == "open":
                survey_asking.button(details)
                survey_by_hand.button(details)
            else:
                _status_button(details, "open", "Open it" if details.status == "draft" else "Open it again", primary=True)
                if details.status == "closed":
                    survey_by_hand.button(details)
            with st.popover("More", icon=":material/more_horiz:", key="survey_more"):
                st.button("Change", key="change_survey", icon=":material/edit:", on_click=survey_editor.open_for, args=(details,))
                if details.status == "open":
                    _status_button(details, "closed", "Close it")
                if st.button("Copy", key="copy_survey", icon=":material/content_copy:"):
                    made = run.command(surveys.copy, details.id, f"{details.name} (copy)"[:surveys.NAME_LIMIT])
                    if made is not run.FAILED:
                        st.session_state["toast"] = "This is the copy, a draft."
                        st.query_params["survey"] = str(made)
                        st.rerun()
                if st.button("Delete", key="delete_survey", icon=":material/delete:") and run.command(
                        surveys.delete, details.id, version=details.version) is not run.FAILED:
                    st.session_state[survey_list.UNDO] = (details.id, details.name)
                    _leave()
                    st.rerun()
    sentences = {"draft": "It is a draft: nobody can be asked before it is opened.",
                 "open": "It is open: customers can be asked and can answer.",
                 "closed": "It is closed: links do not work, and nobody can be asked. Answers can still be noted."}
    page.answer(sentences[details.status])


def _status_button(details: SurveyDetails, status: str, label: str, *, primary: bool = False) -> None:
    if st.button(label, key=f"status_{status}", type="primary" if primary else "secondary",
                 icon=":material/lock_open:" if status == "open" else ":material/lock:") and run.command(
            surveys.set_status, details.id, version=details.version, status=status) is not run.FAILED:
        st.rerun()


def _figures(details: SurveyDetails, as_of) -> None:
    now = run.fresh(survey_invitations.counts, survey_id=details.id)
    try:
        result = run.cached(jobs.responses.run, as_of=as_of, survey_id=details.id)
    except NotEnoughData:
        result = None
    with st.grid(min_column_width=150):
        st.metric("Asked", words.count(now.invited), border=True, height="stretch")
        st.metric("Answered", words.count(details.answered), border=True, height="stretch",
                  help="All filled-in forms, also of people whom nobody asked.")
        st.metric("Still have time", words.count(now.open), border=True, height="stretch")
        share = None if result is None else result.share
        st.metric("Share", words.share(share), border=True, height="stretch", help="Of the askings whose time is over.",
                  delta=None if result is None else f"{words.share(result.low)} to {words.share(result.high)}", delta_color="off",
                  delta_arrow="off")
        st.metric("Usual wait", "–" if result is None else survey_words.took(result.median_days), border=True, height="stretch",
                  help="Half of the answers come sooner.")
    unasked = details.answered - now.answered
    if unasked > 0:
        st.caption("1 of the answers came from somebody who had not been asked." if unasked == 1 else
                   f"{words.count(unasked)} of the answers came from people who had not been asked.")


def _asked(details: SurveyDetails) -> None:
    key = f"asked_{details.id}"
    choice = st.segmented_control("Show", list(survey_words.ASKED_STATES), key=f"{key}_state", label_visibility="collapsed")
    state = survey_words.ASKED_STATES.get(choice)
    now = run.fresh(survey_invitations.counts, survey_id=details.id)
    total = {None: now.invited, "open": now.open, "answered": now.answered, "expired": now.expired}[state]
    if not total:
        st.caption("Nobody was asked yet." if state is None else "Nobody.")
        return
    pages = -(-total // PAGE_SIZE)
    number = min(st.session_state.get(f"{key}_page_{state}", 1), pages)
    rows = run.fresh(survey_invitations.listing, survey_id=details.id, state=state, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
    called = {value: label for label, value in survey_words.ASKED_STATES.items()}
    shown = pd.DataFrame({"name": rows["name"], "state": rows["state"].map(called), "asked": rows["invited_at"].dt.date,
                          "until": rows["expires_on"].dt.date, "answered": rows["answered_at"].dt.date})
    event = st.dataframe(
        shown, key=f"{key}_{state}_{number}_{total}", hide_index=True, height="content", on_select="rerun",
        selection_mode="single-row", placeholder="–", alt="Who was asked", column_config={
            "name": st.column_config.TextColumn("Customer", width=170), "state": st.column_config.TextColumn("State", width=95),
            "asked": st.column_config.DateColumn("Asked", format="D MMM YYYY", width=95),
            "until": st.column_config.DateColumn("Time until", format="D MMM YYYY", width=95),
            "answered": st.column_config.DateColumn("Answered", format="D MMM YYYY", width=95)})
    if pages > 1:
        st.pagination(pages, key=f"{key}_page_{state}")
    picked = event["selection"]["rows"] if event else []
    if picked:
        _one(details, rows.iloc[picked[0]])


def _one(details: SurveyDetails, row: pd.Series) -> None:
    """What can be done with one asking."""
    with st.container(horizontal=True, vertical_alignment="center"):
        page.link("customer", str(row["name"]), icon=":material/person:", query={"customer": str(row["customer_id"])})
        if row["state"] == "answered":
            return
        if details.status == "open" and run.current().key == "own" and answer_door.why_no_links() is None and st.button(
                "Make a new link", key=f"renew_{row['invitation_id']}", icon=":material/autorenew:",
                help="The old one stops working."):
            secret = run.command(survey_invitations.renew, int(row["invitation_id"]), today=run.fresh(settings.today))
            if secret is not run.FAILED:
                one = pd.DataFrame({"name": [row["name"]], "email": [row["email"]], "secret": [secret]})
                survey_asking.keep(details.id, None, survey_asking.with_links(one), links=True)
                st.rerun()
        if st.button("Take back", key=f"take_back_{row['invitation_id']}", icon=":material/undo:",
                     help="As if the customer had not been asked.") and run.command(
                survey_invitations.take_back, int(row["invitation_id"])) is not run.FAILED:
            st.session_state["toast"] = "Taken back."
            st.rerun()


def _said(details: SurveyDetails, as_of) -> None:
    if not details.answered:
        st.caption("Nobody answered yet.")
        return
    try:
        _scores(run.cached(jobs.responses.said, as_of=as_of, survey_id=details.id))
    except NotEnoughData:
        st.caption("There are no scores, only texts.")
    with st.expander("The newest answers", key="newest_answers"):
        forms = run.fresh(survey_answering.listing, survey_id=details.id, limit=PAGE_SIZE)
        st.dataframe(pd.DataFrame({"name": forms["name"], "on": forms["answered_at"].dt.date, "comment": forms["comment"]}),
                     hide_index=True, placeholder="–", alt="The newest answers", column_config={
                         "name": st.column_config.TextColumn("Customer", width=120),
                         "on": st.column_config.DateColumn("Day", format="D MMM YYYY", width=90),
                         "comment": st.column_config.TextColumn("In their own words", width=200)})
    page.link("satisfaction", "More on the page Satisfaction", icon=":material/sentiment_satisfied:")


def _scores(said: pd.DataFrame) -> None:
    st.dataframe(pd.DataFrame({"item": said["item"], "mean": said["mean"], "top": said["top_share"] * 100, "n": said["n"]}),
                 hide_index=True, height="content", placeholder="–", alt="What was answered to each question", column_config={
                     "item": st.column_config.TextColumn("Question", width=170),
                     "mean": st.column_config.NumberColumn("Mean", format="%.2f", width=55),
                     "top": st.column_config.NumberColumn("Top", format="%.0f %%", width=55, help="Share of the two best scores."),
                     "n": st.column_config.NumberColumn("Answers", format="%,d", width=65)})
