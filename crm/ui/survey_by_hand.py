"""How is an answer noted that came on paper, by phone or by mail?"""

from datetime import datetime, time

import streamlit as st

from crm.services import settings, survey_answering
from crm.services.surveys import SurveyDetails
from crm.ui import dialogs, referral_form, run, survey_questions

UNDO = "survey_answer_undo"  # the number of the form that was noted last
NOBODY = "Nobody I know"


def button(details: SurveyDetails) -> None:
    """Opens the form; one survey's answers at a time."""
    dialogs.button("Note an answer", key=f"by_hand_{details.id}", title="Note an answer", icon=":material/edit_note:",
                   form=f"by_hand_{details.id}", width="large", draw=lambda: _form(details))


def undo_note() -> None:
    """After an answer was noted, the way back."""
    form = st.session_state.get(UNDO)
    if form is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="answer_undo_note"):
        st.markdown("The answer was noted.")
        if st.button("Undo", key="undo_answer", icon=":material/undo:") and run.command(
                survey_answering.take_back, form) is not run.FAILED:
            st.session_state.update({UNDO: None, "toast": "Taken back."})
            st.rerun()
        if st.button("Fine", key="dismiss_answer", type="tertiary"):
            st.session_state[UNDO] = None
            st.rerun()


def _form(details: SurveyDetails) -> None:
    form = f"by_hand_{details.id}"
    token, today = run.token(form), run.fresh(settings.today)
    who = st.segmented_control("Who answered?", ["A customer", NOBODY], default="A customer", required=True, key=f"who_{token}")
    customer_id = None if who == NOBODY else referral_form.choose("Look for the customer", key=f"whose_{token}")
    day = st.date_input("On which day?", value=today, max_value=today, key=f"answered_on_{token}", format="YYYY-MM-DD")
    given = survey_questions.draw(details.questions, key=f"given_{token}")
    if st.button("Save the answer", type="primary", key=f"save_{token}", icon=":material/save:",
                 disabled=who != NOBODY and customer_id is None):
        noted = run.command(
            survey_answering.record, form=form, survey_id=details.id, customer_id=customer_id,
            given={details.questions[place].id: said for place, said in given.items()},
            answered_at=datetime.combine(day or today, time()))
        if noted is not run.FAILED:
            dialogs.close()
            if noted is not None:
                st.session_state[UNDO] = noted
            st.rerun()
