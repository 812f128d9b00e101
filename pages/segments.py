"""Who are your customers? Groups by when, how often and for how much they buy."""

import streamlit as st

from crm import jobs
from crm.analytics import segments
from crm.services import settings
from crm.ui import chart, filters, page, run, saving, segment_words, words

page.question("Who are your customers?")
currency = run.fresh(settings.company).currency
intro, controls = st.container(), page.controls()
with controls:
    as_of = filters.as_of()
    method = st.segmented_control("Groups by", list(segment_words.METHODS), default="Clear rules", required=True,
                                  key="method", bind="query-params") or "Clear rules"
    wanted = None
    if method == "Found in the data":
        with st.popover("More options", icon=":material/tune:"):
            wanted = segment_words.wanted_groups()

with page.advice():
    result = run.cached(jobs.segments.run, as_of=as_of, method=segment_words.METHODS[method], n_segments=wanted,
                        doing="Grouping your customers")
    with intro:
        page.answer(segment_words.sentence(result, currency))
    with controls:
        saving.button(jobs.segments.save, result, key="save_segments")
    with page.card("The groups", key="profile_card"):
        segment_words.profile_table(result.profile, currency)
        page.download(lambda session: jobs.segments.table(result, jobs.names.customers(session)), file_name="groups.csv",
                      key="download_segments", label="Download all customers")
    left, right = st.columns(2)
    with left, page.card("What they bring"):
        chart.show(segments.sizes(result, by="revenue"), key="sizes", height=320, currency_axis="x", currency=currency,
                   alt="Revenue of each group of customers.")
    with right, page.card("What is typical"):
        chart.show(segments.profile_heatmap(result), key="heatmap", height=320,
                   alt="Typical recency, frequency and spend of each group, darker where it is better than usual.")
    with page.card("When and for how much"):
        chart.show(segments.scatter(result), key="scatter", height=360, currency_axis="y", currency=currency,
                   alt="Every customer by days since the last order and by spend, coloured by group.")
    with page.explanation("segments_method"):
        segment_words.method(result, words.day(as_of))
