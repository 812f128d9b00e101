"""What did you ask, and who answered? All surveys; one of them where the address names it."""

import streamlit as st

from crm import jobs
from crm.errors import NotEnoughData
from crm.services import settings, surveys
from crm.ui import page, run, survey_editor, survey_list, survey_responses, survey_view, survey_words

if survey_editor.is_open():
    survey_editor.draw()
    st.stop()
if (asked := st.query_params.get("survey", "")):
    survey_view.draw(asked)
    st.stop()

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    page.question("What did you ask, and who answered?")
    survey_list.new_button()
survey_list.undo_note()
found = run.fresh(surveys.listing)
as_of = run.fresh(settings.as_of)
if found.empty:
    page.answer("There is no survey here yet. Begin with a ready-made one; one question is often enough.")
    survey_list.from_files()
    page.link("data", "Bring in answers from a file", icon=":material/upload_file:")
else:
    try:
        result = run.cached(jobs.responses.run, as_of=as_of)
    except NotEnoughData:
        result = None
        page.answer("Nobody's time to answer is over yet, so no share can be told.")
    else:
        page.answer(survey_words.sentence(result))
    with page.card("Your surveys", key="surveys_card"):
        survey_list.table(found, result)
    survey_list.from_files()
    if result is not None:
        survey_responses.cards(result, as_of=as_of, survey_id=None)
        with page.explanation("surveys_method"):
            survey_words.method(result)
