"""The service desk in pictures: what waits, how long it takes, when tickets come, and what complaints are about."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.service_desk.backlog import STATES, Backlog
from crm.analytics.service_desk.complaints import Complaints
from crm.analytics.service_desk.speed import Speed
from crm.analytics.service_desk.volume import Volume

MOST_POINTS = 1_500  # of a line; no screen shows more
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
KIND_MEANINGS = {"complaint": "attention", "inquiry": "good", "service_request": "comparison"}
STATE_MEANINGS = {"unanswered": "attention", "answered": "good", "reopened": "comparison"}
DAY_MS = 86_400_000
FEW_TICKS = 8  # of a time axis; as many as stand beside each other on a phone
STEPS = (1, 2, 3, 6, 12)  # weeks or months from tick to tick
ONE_DAY = 24.0  # hours; longer times are told in days


def waiting(found: Backlog, *, axis: str = "Tickets not solved") -> go.Figure:
    """How many were not solved at the end of each day."""
    days = found.days
    if len(days) > MOST_POINTS:
        days = days.iloc[np.linspace(0, len(days) - 1, MOST_POINTS).astype(int)]
    figure = go.Figure(go.Scatter(
        x=days["day"], y=days["waiting"], mode="lines" if len(days) > 1 else "markers", line={"shape": "hv"}, showlegend=False,
        meta={"meaning": "good"}, customdata=days[["opened", "solved"]].to_numpy(),
        hovertemplate="%{x|%-d %b %Y}: %{y:,.0f} not solved<br>%{customdata[0]:,.0f} came, %{customdata[1]:,.0f} were solved<extra></extra>"))
    figure.update_layout(yaxis={"rangemode": "tozero", "title": {"text": axis}, "tickformat": ",~d"})
    if len(days) <= FEW_TICKS:  # by itself the axis would go down to hours
        figure.update_layout(xaxis={"tickmode": "array", "tickvals": days["day"].tolist(), "tickformat": "%-d %b"})
    return figure


def ages(found: Backlog, *, names: dict[str, str], bands: list[str], axis: str = "Tickets") -> go.Figure:
    """How long ago those came that are not solved, by state; `names` of STATES, `bands` of the classes of days."""
    figure = go.Figure()
    for state in STATES:
        if found.ages[state].any():
            figure.add_bar(x=bands, y=found.ages[state], name=names[state], meta={"meaning": STATE_MEANINGS[state]},
                           hovertemplate="%{x}: %{y:,.0f}<extra>" + names[state] + "</extra>")
    figure.update_layout(barmode="stack", xaxis={"type": "category", "categoryorder": "array", "categoryarray": bands},
                         yaxis={"title": {"text": axis}, "tickformat": ",~d", "rangemode": "tozero"})
    return figure


def course(found: Speed, which: str, *, names: tuple[str, str], in_days: bool = True) -> go.Figure:
    """How long half of the tickets of each week or month waited for the answer or the solution (`which`), with its range.

    names: of the line, of the range. in_days: long times may be told in days of 24 hours.
    """
    table = found.course
    known = table[table[f"{which}_median"].notna()]
    is_long = in_days and known[f"{which}_median"].max() > 2 * ONE_DAY
    unit, divisor = ("days", ONE_DAY) if is_long else ("hours", 1.0)
    low, high = known[f"{which}_low"] / divisor, known[f"{which}_high"].fillna(known[f"{which}_median"]) / divisor
    figure = go.Figure()
    if len(known) > 1:
        figure.add_scatter(x=[*known["begins"], *known["begins"][::-1]], y=[*low, *high[::-1]], fill="toself", mode="lines",
                           name=names[1], meta={"meaning": "band"})
    meaning = np.where(~known["is_complete"], "past", np.where(known["few"], "attention", "good")).tolist()
    form = "%{x|%-d %b %Y}" if found.every == "week" else "%{x|%b %Y}"
    figure.add_scatter(x=known["begins"], y=known[f"{which}_median"] / divisor, mode="lines+markers", name=names[0],
                       customdata=known[["tickets"]].to_numpy(), meta={"meaning": meaning},
                       hovertemplate=form + ": %{y:,.1f} " + unit + ", %{customdata[0]:,.0f} tickets<extra></extra>")
    figure.update_layout(yaxis={"rangemode": "tozero", "title": {"text": unit.capitalize()}, "tickformat": ",~g"},
                         xaxis=_axis(table["begins"], found.every))
    return figure


def promises(found: Speed, *, names: tuple[str, str]) -> go.Figure:
    """Which share of the promises of each week or month was kept: of first answers and of solutions (`names`)."""
    table = found.course
    figure = go.Figure()
    for which, name, meaning in (("answer", names[0], "good"), ("solution", names[1], "comparison")):
        known = table[table[f"{which}_decided"] > 0]
        if len(known):
            figure.add_scatter(x=known["begins"], y=known[f"{which}_share"], mode="lines+markers", name=name,
                               customdata=known[[f"{which}_decided"]].to_numpy(), meta={"meaning": meaning},
                               hovertemplate="%{y:.0%} of %{customdata[0]:,.0f}<extra>" + name + "</extra>")
    figure.update_layout(yaxis={"range": [0, 1.04], "tickformat": ".0%"}, xaxis=_axis(table["begins"], found.every))
    return figure


def kinds(found: Volume, *, names: dict[str, str]) -> go.Figure:
    """Tickets that came in each week or month, by kind."""
    figure = go.Figure()
    width = (5.5 if found.every == "week" else 22) * DAY_MS
    for kind in sorted(found.by_kind["kind"].unique(), key=list(names).index):
        part = found.by_kind[found.by_kind["kind"] == kind]
        figure.add_bar(x=part["begins"], y=part["tickets"], name=names[kind], width=width,
                       meta={"meaning": KIND_MEANINGS.get(kind, "past")},
                       hovertemplate="%{y:,.0f}<extra>" + names[kind] + "</extra>")
    figure.update_layout(barmode="stack", hovermode="x unified", yaxis={"tickformat": ",~d"},
                         xaxis=_axis(found.by_kind["begins"], found.every))
    return figure


def hours(found: Volume, *, weekdays: tuple[str, ...] = WEEKDAYS) -> go.Figure:
    """When tickets come: weekday by hour, how many in an average week."""
    figure = go.Figure(go.Heatmap(
        z=found.hours / found.weeks, x=list(range(24)), y=list(weekdays), meta={"scale": "sequential"}, xgap=1, ygap=1,
        customdata=found.hours, hovertemplate="%{y}, from %{x}:00: %{customdata:,.0f} in all, %{z:.1f} a week<extra></extra>"))
    figure.update_layout(yaxis={"autorange": "reversed"},
                         xaxis={"dtick": 3, "tick0": 0, "ticksuffix": ":00", "title": {"text": "Hour of the day"}})
    return figure


def topics(found: Complaints, *, names: dict[str, str], most: int = 12) -> go.Figure:
    """What complaints are about, most first; `names` by topic as they shall be shown."""
    shown = found.topics.head(most)
    meaning = ["attention" if word == "more" else "good" for word in shown["direction"]]
    known = shown["before"].notna()
    said = np.where(known, shown["before"].map(lambda number: f", {number:,.0f} before"), "")
    figure = go.Figure(go.Bar(
        x=shown["complaints"], y=[names[topic] for topic in shown["topic"]], orientation="h", showlegend=False,
        customdata=np.column_stack([shown["share"].map("{:.0%}".format), said]), meta={"meaning": meaning},
        hovertemplate="%{y}: %{x:,.0f}, %{customdata[0]} of all%{customdata[1]}<extra></extra>"))
    figure.update_layout(meta={"height": 90 + 28 * len(shown)}, yaxis={"autorange": "reversed"},
                         xaxis={"title": {"text": "Complaints"}, "tickformat": ",~d"})
    return figure


def _axis(begins: pd.Series, every: str) -> dict:
    """Weeks by their first day, months by their name, none named twice; all of the period, though little be known of it."""
    axis = {"tickformat": "%-d %b" if every == "week" else "%b %Y", "type": "date"}
    shown = pd.Series(begins).drop_duplicates()
    if shown.empty:
        return axis
    step = next((step for step in STEPS if len(shown) <= step * FEW_TICKS), STEPS[-1])
    beside = pd.Timedelta(days=4 if every == "week" else 16)  # half a bar
    return axis | {"tickmode": "array", "tickvals": shown.iloc[::step].tolist(),
                   "range": [shown.iloc[0] - beside, shown.iloc[-1] + beside]}
