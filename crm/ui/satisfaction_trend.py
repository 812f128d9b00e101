"""Since when are customers as happy as they are? The months, the levels, and each change that chance would not explain."""

from datetime import date

import pandas as pd
import streamlit as st

from crm import jobs
from crm.analytics import satisfaction
from crm.analytics.satisfaction import Course, Satisfaction
from crm.errors import NotEnoughData
from crm.ui import audience, chart, words
from crm.ui.satisfaction_words import METRICS

MOST_CHANGES = 3  # told in words, the newest first


def draw(result: Satisfaction, *, as_of: date, among: audience.Audience | None, about: dict) -> None:
    """The card: what changed, and the picture."""
    there = {METRICS[metric]: metric for metric in METRICS if (result.trend["metric"] == metric).any()}
    label = next(iter(there))
    if len(there) > 1:
        label = st.segmented_control("Score", list(there), default=label, required=True, key="trend_metric",
                                     label_visibility="collapsed") or label
    metric, found = there[label], None
    try:
        found = audience.ask(jobs.satisfaction.course, among, as_of=as_of, metric=metric, doing="Looking for changes", **about)
    except NotEnoughData as problem:
        st.caption(words.plain(problem))
    if found is not None:
        for line in told(found):
            st.markdown(line)
    months = result.trend[result.trend["metric"] == metric]
    if len(months) > 1:
        chart.show(satisfaction.charts.trend(result, metric=metric, course=found), key="trend", height=280,
                   alt="The score month by month with its range, and the level that is sure; months with few answers are marked.")
        if colours := told_colours(months):
            st.caption(colours)
    if found is not None and (caution := cautions(found)):
        st.caption(caution)


def told(course: Course) -> list[str]:
    """What is said of the changes, the newest first; or that there is none, and how large one would have been noticed."""
    if course.changes.empty:
        if course.noticeable is None:
            return ["**No change:** all answers agree."]
        return [f"**No lasting change that chance would not explain** between {words.day(course.first_on)} and "
                f"{words.day(course.last_on)}. A lasting change of about {_size(course.noticeable, course.metric)} would "
                "probably have been noticed."]
    lines = []
    for row in course.changes.iloc[::-1].head(MOST_CHANGES).itertuples():
        before, after = figure(row.before, course.metric), figure(row.after, course.metric)
        between = f"{_change(row.low, course.metric)} to {_change(row.high, course.metric)}"
        when = (f"The day itself is known only as between {words.day(row.earliest)} and {words.day(row.latest)}."
                if row.earliest != row.latest else "")
        if row.difference > 0:
            lines.append(f":material/trending_up: **Higher since about {words.day(row.on)}**: {after} instead of {before} "
                         f"({between}). {when}".rstrip())
        else:
            lines.append(f":material/trending_down: **Lower since about {words.day(row.on)}**: {after} instead of {before} "
                         f"({between}). {when}".rstrip())
    if len(course.changes) > MOST_CHANGES:
        lines.append(f"Earlier changes in the picture: {words.count(len(course.changes) - MOST_CHANGES)}.")
    return lines


def told_colours(months: pd.DataFrame) -> str:
    """What the dots that are not of the usual colour mean; nothing of those that are not there."""
    drawn = months[months["n"] > 0]
    parts = []
    if (drawn["few"] & drawn["complete"]).any():
        parts.append("Orange dots: months with fewer than 30 answers, whose figures are uncertain.")
    if not drawn["complete"].all():
        parts.append("Grey dot: the month that is not over yet.")
    return " ".join(parts)


def cautions(course: Course) -> str:
    """What else could look like a change."""
    parts = []
    if len(course.changes) and course.too_short_for_seasons:
        parts.append("The answers cover less than two years, so a season cannot be told from a change that stays.")
    elif course.changes["like_a_season"].any():
        parts.append("Changes of the same kind lie whole years apart: this may be a season that comes back.")
    if course.weekly_swing > 1:
        parts.append("Weeks differ more than chance would have it, so only larger changes are taken for sure.")
    if len(course.changes):
        parts.append("Other customers answering than before would look the same.")
    return " ".join(parts)


def figure(value: float, metric: str) -> str:
    """A level in the unit of its score."""
    if metric == "csat":
        return words.share(value)
    return f"{value:.0f}".replace("-", "−") if metric == "nps" else f"{value:.2f}"


def _size(value: float, metric: str) -> str:
    if metric == "csat":
        return f"{value * 100:.0f} percentage points"
    return f"{value:.0f} points" if metric == "nps" else f"{value:.2f}"


def _change(value: float, metric: str) -> str:
    """A difference with its sign; shares in percentage points."""
    if metric == "csat":
        return f"{value * 100:+.0f} points".replace("-", "−")
    return (f"{value:+.0f}" if metric == "nps" else f"{value:+.2f}").replace("-", "−")
