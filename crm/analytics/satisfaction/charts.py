"""Satisfaction in pictures: how answers spread, the months, and who came back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.satisfaction.answers import LONG_SCALE_STEPS
from crm.analytics.satisfaction.change_points import Course
from crm.analytics.satisfaction.model import Satisfaction
from crm.analytics.satisfaction.repeat import AfterAnswers
from crm.analytics.satisfaction.scores import DETRACTOR_TO, PROMOTER_FROM
from crm.errors import InvalidInput, NotEnoughData

TREND_AXES = {"csat": ("Satisfied (top two)", ".0%"), "nps": ("Net promoter score", "+.0f"), "ces": ("Mean score", ".2f"),
              "likert": ("Mean score", ".2f")}
MOST_BANDS = 5  # more colours are not told apart
FEW_MONTHS = 6  # up to these each has its own tick; by itself the axis would name a month several times
MOST_BARS = 20  # questions; more do not fit a screen, and the table has them all


def scales(result: Satisfaction, *, metric: str = "likert") -> list[tuple[float, float]]:
    """The scales (lowest and highest score) of a metric's items, the one with most answers first."""
    items = with_answers(result.items, metric)
    count = items.groupby(["scale_min", "scale_max"])["n"].sum().sort_values(ascending=False, kind="stable")
    return [(float(low), float(high)) for low, high in count.index]


def bands(low: float, high: float, metric: str = "likert") -> list[tuple[float, float, str, str]]:
    """How a scale is told in at most five bands, the lowest first: from, to (whole points, both included), label, side
    ("below", "middle", "above"). NPS by its own classes.

    >>> [label for *_, label, _ in bands(1, 7)]
    ['1', '2–3', '4', '5–6', '7']
    """
    if metric == "nps":
        return [(low, DETRACTOR_TO, f"{low:g}–{DETRACTOR_TO}", "below"),
                (DETRACTOR_TO + 1, PROMOTER_FROM - 1, f"{DETRACTOR_TO + 1}–{PROMOTER_FROM - 1}", "middle"),
                (PROMOTER_FROM, high, f"{PROMOTER_FROM}–{high:g}", "above")]
    steps = high - low
    middle = (low + high) / 2
    edge = 0 if steps < MOST_BANDS + 2 else 1 if steps <= LONG_SCALE_STEPS else int(steps // MOST_BANDS)
    if steps < MOST_BANDS:
        ends = [(low + place, low + place) for place in range(int(steps) + 1)]
    else:
        # Around a long scale's middle a fifth is neither good nor bad; on others only the middle point is.
        around = steps / 10 if steps > LONG_SCALE_STEPS else 0
        first, last = np.ceil(middle - around), np.floor(middle + around)
        centre = [(first, last)] if first <= last else []
        ends = [(low, low + edge), (low + edge + 1, first - 1), *centre, (last + 1, high - edge - 1), (high - edge, high)]
    return [(start, stop, f"{start:g}" if start == stop else f"{start:g}–{stop:g}",
             "middle" if start <= middle <= stop else "below" if stop < middle else "above") for start, stop in ends if start <= stop]


def diverging(result: Satisfaction, *, metric: str = "likert", scale: tuple[float, float] | None = None,
              most: int = MOST_BARS) -> go.Figure:
    """Shares of each score, the lower half left of zero and the upper half right, best item on top.

    A middle score is split evenly, so that the two sides weigh the same; on long scales neighbouring scores share a bar
    (`bands`). Items of one `scale`, by default the one with most answers; of more than `most`, those with the lowest means.
    """
    items = with_answers(result.items, metric).sort_values(["mean", "item"], ascending=[False, True])
    low, high = scale or scales(result, metric=metric)[0]
    items = items[(items["scale_min"] == low) & (items["scale_max"] == high)].tail(most)
    if items.empty:
        raise NotEnoughData(f"This chart needs answers from {low:g} to {high:g}; there are 0.")
    told = bands(low, high, metric)
    counted = result.shares[(result.shares["metric"] == metric) & result.shares["item"].isin(items["item"])]
    place = np.searchsorted([start for start, *_ in told], counted["score"].to_numpy(), side="right") - 1
    share = counted.assign(band=place).pivot_table(index="item", columns="band", values="share", aggfunc="sum", observed=True)
    share = share.reindex(items["item"]).reindex(columns=range(len(told))).fillna(0.0)
    share.columns = [label for *_, label, _ in told]
    below, middle, above = ([label for *_, label, side in told if side == wanted] for wanted in ("below", "middle", "above"))
    figure = go.Figure()
    # Bars of one side stack outwards from zero, so the innermost score comes first.
    for score in middle:
        for side in (-1, 1):
            figure.add_trace(share_bar(share, score, side * share[score] / 2, "past", legend=side > 0, rank=len(below)))
    for place, score in enumerate(reversed(below)):
        meaning = "loss" if place == len(below) - 1 else "attention"
        figure.add_trace(share_bar(share, score, -share[score], meaning, rank=len(below) - 1 - place))
    for place, score in enumerate(above):
        meaning = "good" if place == len(above) - 1 else "comparison"
        figure.add_trace(share_bar(share, score, share[score], meaning, rank=len(below) + len(middle) + place))
    figure.update_layout(barmode="relative", legend_traceorder="normal", meta={"height": 90 + 30 * max(len(items), 3)})
    reach = [-1, -0.5, 0, 0.5, 1]
    figure.update_xaxes(title_text="Share of answers", tickmode="array", tickvals=reach,
                        ticktext=[f"{abs(end):.0%}" for end in reach])
    figure.update_yaxes(autorange="reversed", tickmode="array", tickvals=list(share.index),
                        ticktext=[shortened(item) for item in share.index])
    return figure


def share_bar(
    share: pd.DataFrame, score: str, length: pd.Series, meaning: str, *, legend: bool = True, rank: int = 0
) -> go.Bar:
    """One score's bars over all items; customdata holds the whole share (a split middle shows half)."""
    return go.Bar(
        x=length.to_numpy(),
        y=list(share.index),
        orientation="h",
        name=score,
        legendgroup=score,
        legendrank=1000 + rank,
        showlegend=legend,
        customdata=share[[score]].to_numpy(),
        meta={"meaning": meaning},
        hovertemplate=f"%{{y}}, score {score}: %{{customdata[0]:.0%}}<extra></extra>",
    )


def shortened(item: str, most: int = 34) -> str:
    """An item's words where little room is; the whole stands in the table."""
    return item if len(item) <= most else f"{item[:most - 1].rstrip()}…"


def trend(result: Satisfaction, *, metric: str = "csat", course: Course | None = None, month: str = "Each month",
          level: str = "Level") -> go.Figure:
    """The monthly figure in its interval; months below 30 answers in amber, unfinished ones in grey.

    With the `course` of the same metric, a line of levels that steps where a change is sure; `month` and `level` name both.
    """
    if metric not in TREND_AXES:
        raise InvalidInput(f"There is no trend of {metric!r}; choose one of {', '.join(TREND_AXES)}.")
    table = result.trend[result.trend["metric"] == metric]
    if table.empty:
        raise NotEnoughData(f"A trend needs {metric} answers; there are 0.")
    words, tick = TREND_AXES[metric]
    edge = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    meaning = np.where(~table["complete"], "past", np.where(table["few"], "attention", "good"))
    upper = go.Scatter(x=table["month"], y=table["high"], meta={"meaning": "band"}, **edge)
    lower = go.Scatter(x=table["month"], y=table["low"], fill="tonexty", meta={"meaning": "band"}, **edge)
    # The line is a trace of its own: the legend would else show it in the colour of its first point.
    line = go.Scatter(x=table["month"], y=table["value"], name=month, meta={"meaning": "good"},
                      **edge | {"showlegend": course is not None})
    points = go.Scatter(
        x=table["month"],
        y=table["value"],
        mode="markers",
        customdata=table[["n"]].to_numpy(),
        meta={"meaning": meaning.tolist()},
        hovertemplate=f"%{{y:{tick}}}, %{{customdata[0]:,.0f}} answers<extra></extra>",
        showlegend=False,
    )
    figure = go.Figure([upper, lower])
    if course is not None:
        ends = course.levels[["start", "end"]].to_numpy().ravel()
        value = np.repeat(course.levels["value"].to_numpy(), 2)
        figure.add_trace(go.Scatter(x=ends, y=value, mode="lines", name=level, meta={"meaning": "comparison"},
                                    hovertemplate=f"{level}: %{{y:{tick}}}<extra></extra>"))
    figure.add_traces([line, points])
    figure.update_xaxes(tickformat="%b %Y", hoverformat="%b %Y", dtick="M1" if len(table) <= FEW_MONTHS else None)
    figure.update_yaxes(title_text=words, tickformat=tick)
    return figure


def returning(after: AfterAnswers, *, names: dict[str, str], y_title: str = "Ordered again",
              hover: str = "customers") -> go.Figure:
    """The share who bought again after each score with its 95 % interval; low scores in amber, nobody asked in grey.

    names: of the levels low, middle, high, none, as the axis says them; a class of its own score says its number.
    """
    rows = after.rows[after.rows["n"] > 0]
    label = [names[row.level] if row.label in ("", row.level) else row.label for row in rows.itertuples()]
    meaning = {"low": "attention", "middle": "comparison", "high": "good", "none": "past"}
    bars = go.Scatter(
        x=label,
        y=rows["share"],
        mode="markers",
        marker_size=11,
        error_y={"type": "data", "array": rows["high"] - rows["share"], "arrayminus": rows["share"] - rows["low"]},
        customdata=rows[["n"]].to_numpy(),
        meta={"meaning": [meaning[level] for level in rows["level"]]},
        hovertemplate=f"%{{x}}: %{{y:.0%}} of %{{customdata[0]:,.0f}} {hover}<extra></extra>",
        showlegend=False,
    )
    figure = go.Figure(bars)
    figure.update_xaxes(type="category")
    figure.update_yaxes(title_text=y_title, tickformat=".0%", rangemode="tozero")
    return figure


def with_answers(items: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The items of a metric that were answered; NotEnoughData if there is none."""
    table = items[(items["metric"] == metric) & (items["n"] > 0)]
    if table.empty:
        raise NotEnoughData(f"This chart needs {metric} answers; there are 0.")
    return table
