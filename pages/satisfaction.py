"""How happy are they? Scores with their intervals, their course, and whether some customers are happier than others."""

import streamlit as st

from crm import jobs
from crm.analytics import satisfaction
from crm.services import scores, settings
from crm.ui import audience, chart, filters, page, run, satisfaction_words, saving

page.question("How happy are your customers?")
intro, controls = st.container(), page.controls()
with controls:
    as_of = filters.as_of()
    saved_run = run.fresh(scores.newest_run, analysis="segments")
    offered = satisfaction_words.groupings(saved_run)
    group = st.selectbox("Compare by", list(offered), key="compare_by", width=220, bind="query-params")
    among = audience.chosen(as_of=as_of)

with page.advice():
    group_by = offered.get(group, "channel")
    result = audience.ask(jobs.satisfaction.run, among, as_of=as_of, group_by=group_by, doing="Reading the answers",
                          segments_run=saved_run if group_by == "segment" else None)
    with intro:
        page.answer(satisfaction_words.sentence(result))
        audience.note(among)
    with controls:
        happy = run.cached(jobs.satisfaction.happiness, as_of=as_of)
        if len(happy):
            saving.button(jobs.satisfaction.save, happy, key="save_satisfaction", as_of=as_of)
    satisfaction_words.cards(result)
    left, right = st.columns([3, 2])
    with left, page.card("Since when", key="trend_card"):
        asked = satisfaction_words.trend_metrics(result)
        if asked:
            metric = st.segmented_control("Score", list(asked), default=next(iter(asked)), required=True,
                                          key="trend_metric", label_visibility="collapsed") or next(iter(asked))
            chart.show(satisfaction.charts.trend(result, metric=asked[metric]), key="trend", height=280,
                       alt="The score month by month with its range; months with few answers are marked.")
        else:
            st.caption("A course over time needs satisfaction or recommendation scores.")
    with right, page.card("Who more than others", key="groups_card"):
        satisfaction_words.groups(result)
    if satisfaction_words.has_items(result):
        left, right = st.columns([3, 2])
        with left, page.card("With what"):
            chart.show(satisfaction.charts.diverging(result), key="diverging", height=320,
                       alt="For every question, the share of each score, low ones to the left, high ones to the right.")
        with right, page.card("Means and how sure they are"):
            chart.show(satisfaction.charts.scores(result), key="scores", height=320,
                       alt="The mean of every question with its 95 % interval.")
    with page.card("Every question", key="items_card"):
        satisfaction_words.items_table(result)
        page.download(lambda session: result.items, file_name="satisfaction.csv", key="download_satisfaction")
    with page.explanation("satisfaction_method"):
        satisfaction_words.method(result, company=run.fresh(settings.company).name)
