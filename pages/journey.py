"""How do customers come, stay and go? Their usual ways from the first contact on, how soon, and where they stop."""

import streamlit as st

from crm.analytics.journey import charts
from crm.jobs import journey as job
from crm.services import settings
from crm.ui import audience, chart, filters, journey_method, journey_options, journey_tables, journey_words, page, run

OF_THE_PAGE = "All figures of this page are about these customers alone. Your saved segments, and the groups that were saved last."
UNTIL_DAY = 365  # of the curves; later steps are rare and make the first weeks too narrow to see

page.question("How do customers come, stay and go?")
currency = run.fresh(settings.company).currency
intro, controls = st.container(), page.controls()
with page.advice():
    with controls:
        as_of = filters.as_of()
        among = audience.chosen(as_of=as_of, help=OF_THE_PAGE)
        choice = journey_options.draw(as_of)
    audience.note(among)
    result = audience.ask(job.run, among, as_of=as_of, doing="Following your customers", **choice)
    with intro:
        page.answer(journey_words.sentence(result))
        st.caption(journey_words.silence_note(result))
        if note := journey_words.beginning_note(result):
            st.caption(note)
    journey_tables.figures(result)
    with page.card("The usual ways", key="ways_card"):
        chart.show(charts.streams(result, names=journey_words.NAMES), key="streams",
                   alt="Streams from step to step, as thick as customers went that way; the table of steps says the same in figures.")
        st.caption(journey_words.streams_caption(result))
        journey_tables.by_step_download(result)
    left, right = st.columns(2)
    with left, page.card("What comes next, and how soon", key="steps_card"):
        journey_tables.steps(result)
    with right, page.card("Where they stop" if result.silence_is_long else "Where they pause", key="stops_card"):
        chart.show(charts.dropouts(result, names=journey_words.FOR_TABLE, no_order="No order in these days",
                                   axis=f"Of 100 customers, in the {result.silence_days} days after it"), key="stops",
                   alt="For each step the share of customers who did not order afterwards, with its range, and who gave no sign of life.")
        st.caption(journey_words.stops_caption(result))
        journey_tables.stops_download(result)
    left, right = st.columns(2)
    with left, page.card("How soon they order", key="soon_card"):
        waits = {name: wait for name, wait in (("Second order, after the first", result.to_second_order),
                                               ("First order, after the contact", result.to_first_order)) if wait is not None}
        if waits:
            chart.show(charts.curves(waits, until_day=UNTIL_DAY, x="Days", y="Customers who have ordered"), key="soon", height=260,
                       alt="Share of customers who have ordered by days since the step before.")
            journey_tables.soon(result)
        st.caption(journey_words.contacts_note(result))
    with right:
        with page.card("Where everybody stands today", key="stands_card"):
            journey_tables.stands(result)
        with page.card("What a beginning leads to", key="beginnings_card"):
            journey_tables.beginnings(result, currency)
    with page.card("The most usual whole ways", key="whole_card"):
        journey_tables.whole(result, currency)
    with page.card("Do groups take other ways?", key="groups_card"):
        st.markdown(journey_words.compared(result.groups, result.silence_days))
        if result.groups is not None:
            journey_tables.groups(result.groups)
            st.caption(journey_words.compared_notes(result.groups))
    with page.explanation("journey_method"):
        journey_method.draw(result)
