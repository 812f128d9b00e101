"""Who answers, and who does not? Month by month, by group, and those who never do."""

from datetime import date

import streamlit as st

from crm import jobs
from crm.analytics import responses as analysis
from crm.jobs import names
from crm.services import scores
from crm.ui import chart, page, run, survey_words, words

SHOWN = 100  # customers who never answer, before the download


def cards(result: analysis.Responses, *, as_of: date, survey_id: int | None) -> None:
    """The pictures; groups are compared within one survey, for each asks others."""
    left, right = st.columns(2)
    with left, page.card("Month by month", key="responses_card"):
        chart.show(analysis.charts.by_month(result), key="responses_months", height=260,
                   alt="Share of the askings of each month that were answered, with its range.")
    with right, page.card("Who answers less", key="responses_groups_card"):
        _groups(result, as_of=as_of, survey_id=survey_id)
    if len(result.silent):
        with page.card("Never answered", key="silent_card"):
            _silent(result)


def _groups(result: analysis.Responses, *, as_of: date, survey_id: int | None) -> None:
    saved_run = run.fresh(scores.newest_run, analysis="segments")
    offered = {**survey_words.GROUPINGS, **({"Group": "segment"} if saved_run is not None else {})}
    with page.controls():
        if survey_id is None:
            often = result.surveys.sort_values("asked", ascending=False)
            called = dict(zip(often["survey_id"].tolist(), often["survey"], strict=True))
            survey_id = st.selectbox("Survey", list(called), format_func=called.get, key="responses_survey")
        by = st.selectbox("Compare by", list(offered), key="responses_by", width=190)
    found = run.cached(jobs.responses.compare, as_of=as_of, group_by=offered[by or "Bought before"], survey_id=survey_id,
                       segments_run=saved_run if offered.get(by) == "segment" else None)
    if found.found is None:
        st.info(words.plain(found.missing), icon=":material/lightbulb:")
        return
    st.markdown(survey_words.group_sentence(found.found))
    chart.show(analysis.charts.by_group(found.found, order=analysis.ORDERS.get(offered[by or "Bought before"])), key="responses_groups",
               alt="Share of the customers of each group who answered the last time, with its range.")


def _silent(result: analysis.Responses) -> None:
    known = run.cached(names.customers)
    table = names.named(result.silent, known)
    people = "1 customer was" if len(table) == 1 else f"{words.count(len(table))} customers were"
    st.markdown(f"{people} asked at least three times and never answered. To ask them again by the same way will hardly help.")
    with st.expander("Show them", key="show_silent"):
        st.dataframe(table.head(SHOWN), hide_index=True, placeholder="–", alt="Customers who never answered", column_config={
            "customer_id": None, "code": st.column_config.TextColumn("Code", width=80),
            "name": st.column_config.TextColumn("Customer", width=220),
            "asked": st.column_config.NumberColumn("Asked", width=70),
            "last_asked_at": st.column_config.DatetimeColumn("Last asked", format="D MMM YYYY", width=110)})
        page.download(lambda session: names.named(result.silent, names.customers(session)), file_name="never_answered.csv",
                      key="download_silent")
