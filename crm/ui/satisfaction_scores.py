"""Tab “Scores”: the course of each score and whether it changed, and with what customers are content or not."""

from datetime import date

import pandas as pd
import streamlit as st

from crm import jobs
from crm.analytics import satisfaction
from crm.analytics.satisfaction import Satisfaction
from crm.ui import audience, chart, page, satisfaction_trend, words
from crm.ui.satisfaction_words import METRICS

ALL = "All answers"


def draw(*, as_of: date, among: audience.Audience | None) -> None:
    """The tab."""
    about = _about(as_of, among)
    result = audience.ask(jobs.satisfaction.measured, among, as_of=as_of, doing="Reading the answers", **about)
    with page.card("Since when", key="trend_card"):
        satisfaction_trend.draw(result, as_of=as_of, among=among, about=about)
    with page.card("With what", key="items_chart_card"):
        _items(result)
    with page.card("Every question", key="items_card"):
        table(result)
        page.download(lambda session: result.items, file_name="satisfaction.csv", key="download_satisfaction")


def _about(as_of: date, among: audience.Audience | None) -> dict[str, int]:
    """Which survey or product is looked at, nothing where all are, as the page's cards ask it; offered where there is a choice."""
    found = audience.ask(jobs.satisfaction.asked_about, among, as_of=as_of)
    if found.empty:
        return {}
    offered = {f"{'Survey' if row.what == 'survey' else 'Product'}: {row.name}": (row.what, row.id)
               for row in found.itertuples(index=False)}
    label = st.selectbox("Answers to", list(offered), index=None, placeholder=ALL, key="answers_about", width=340,
                         help="The scores of this tab for one survey or one product alone; the products with most answers are offered.")
    if label is None:
        return {}
    what, number = offered[label]
    return {f"{what}_id": int(number)}


def _items(result: Satisfaction) -> None:
    answered = result.items[result.items["n"] > 0]
    there = {METRICS[metric]: metric for metric in ("likert", "csat", "nps", "ces") if (answered["metric"] == metric).any()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = next(iter(there))
        if len(there) > 1:
            label = st.segmented_control("Score", list(there), default=label, required=True, key="items_metric",
                                         label_visibility="collapsed") or label
        metric = there[label]
        scales = {f"{low:g} to {high:g}": (low, high) for low, high in satisfaction.charts.scales(result, metric=metric)}
        scale = next(iter(scales))
        if len(scales) > 1:
            scale = st.segmented_control("Scale", list(scales), default=scale, required=True, key=f"items_scale_{metric}",
                                         label_visibility="collapsed") or scale
    chart.show(satisfaction.charts.diverging(result, metric=metric, scale=scales[scale]), key="diverging",
               alt="For every question, the share of each score, low ones to the left, high ones to the right.")
    number = int(((answered["metric"] == metric) & (answered["scale_max"] == scales[scale][1])
                  & (answered["scale_min"] == scales[scale][0])).sum())
    if number > satisfaction.charts.MOST_BARS:
        st.caption(f"The {satisfaction.charts.MOST_BARS} questions with the lowest means of {words.count(number)}; the table below has all.")


def table(result: Satisfaction) -> None:
    """One row a question: mean with its range, spread, satisfied; the lowest mean first."""
    shown = satisfaction.ranked(result.items)
    several = shown["metric"].nunique() > 1
    rows = pd.DataFrame({
        "item": shown["item"].where(shown["item"] != "", "No name"), "mean": shown["mean"],
        "range": [_range(row) for row in shown.itertuples()],
        "top": shown["top_share"] * 100, "n": shown["n"], "median": shown["median"], "sd": shown["standard_deviation"],
        "scale": [f"{row.scale_min:g} to {row.scale_max:g}" for row in shown.itertuples()], "left_out": shown["not_applicable"],
        "kind": shown["metric"].map(METRICS)})
    st.dataframe(
        rows if several else rows.drop(columns="kind"), hide_index=True, height="content" if len(rows) <= 16 else 35 * 16, alt="Every question",
        placeholder="–", column_config={
            "item": st.column_config.TextColumn("Question", width=230),
            "mean": st.column_config.NumberColumn("Mean", format="%.2f", width=60),
            "range": st.column_config.TextColumn("Surely within", width=100, help="95 % range of the mean; none where all answers agree."),
            "top": st.column_config.ProgressColumn("Two best", format="%.0f %%", min_value=0, max_value=100, width=110, help="Share of the two best scores."),
            "n": st.column_config.NumberColumn("Answers", format="%,d", width=75),
            "median": st.column_config.NumberColumn("Median", format="%.1f", width=65),
            "sd": st.column_config.NumberColumn("Spread", format="%.2f", width=65, help="Standard deviation of the answers."),
            "scale": st.column_config.TextColumn("Scale", width=70),
            "left_out": st.column_config.NumberColumn("No score", format="%,d", width=70, help="“Does not apply”; counts nowhere."),
            "kind": st.column_config.TextColumn("Kind", width=110)})
    if several:
        st.caption("The lowest first, by where the mean lies between the ends of its scale.")
    few = int(shown["few"].sum())
    if few:
        st.caption(f"{words.count(few)} of these questions have fewer than 30 answers; their figures are uncertain.")


def _range(row) -> str | None:
    return None if row.mean_low != row.mean_low else f"{row.mean_low:.2f} to {row.mean_high:.2f}"
