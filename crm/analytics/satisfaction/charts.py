"""Satisfaction in pictures: scores of each item, how answers spread, the months, and the groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.satisfaction.groups import GroupComparison
from crm.analytics.satisfaction.model import Satisfaction
from crm.errors import InvalidInput, NotEnoughData

TREND_AXES = {"csat": ("Satisfied (top two)", ".0%"), "nps": ("Net promoter score", "+.0f")}


def scores(result: Satisfaction, *, metric: str = "likert") -> go.Figure:
    """Mean of each item with its 95 % interval, best on top; fewer than 30 answers in amber."""
    table = with_answers(result.items, metric).sort_values(["mean", "item"], ascending=[False, True])
    points = go.Scatter(
        x=table["mean"],
        y=table["item"],
        mode="markers",
        error_x=interval(table["mean"], table["mean_low"], table["mean_high"]),
        customdata=table[["n"]].to_numpy(),
        meta={"meaning": few_meanings(table["few"])},
        hovertemplate="%{y}: %{x:.2f}, %{customdata[0]:,.0f} answers<extra></extra>",
        showlegend=False,
    )
    figure = go.Figure(points)
    figure.update_xaxes(
        title_text="Mean score", tickformat=".2~f", range=[table["scale_min"].min(), table["scale_max"].max()]
    )
    figure.update_yaxes(autorange="reversed")
    return figure


def diverging(result: Satisfaction, *, metric: str = "likert") -> go.Figure:
    """Shares of each score, the lower half left of zero and the upper half right, best item on top.

    A middle score is split evenly, so that the two sides weigh the same.
    """
    items = with_answers(result.items, metric).sort_values(["mean", "item"], ascending=[False, True])
    share = result.shares[result.shares["metric"] == metric].pivot(
        index="item", columns="score", values="share"
    )
    share = share.reindex(items["item"]).fillna(0.0)
    middle = (items["scale_min"].iloc[0] + items["scale_max"].iloc[0]) / 2
    points = [int(score) for score in share.columns]
    below = [score for score in points if score < middle]
    above = [score for score in points if score > middle]
    figure = go.Figure()
    # Bars of one side stack outwards from zero, so the innermost score comes first.
    for score in [score for score in points if score == middle]:
        for side in (-1, 1):
            figure.add_trace(share_bar(share, score, side * share[score] / 2, "past", legend=side > 0))
    for place, score in enumerate(reversed(below)):
        meaning = "loss" if place == len(below) - 1 else "attention"
        figure.add_trace(share_bar(share, score, -share[score], meaning))
    for place, score in enumerate(above):
        meaning = "good" if place == len(above) - 1 else "comparison"
        figure.add_trace(share_bar(share, score, share[score], meaning))
    figure.update_layout(barmode="relative", legend_traceorder="normal")
    reach = [-1, -0.5, 0, 0.5, 1]
    figure.update_xaxes(
        title_text="Share of answers",
        tickmode="array",
        tickvals=reach,
        ticktext=[f"{abs(end):.0%}" for end in reach],
    )
    figure.update_yaxes(autorange="reversed")
    return figure


def share_bar(
    share: pd.DataFrame, score: int, length: pd.Series, meaning: str, *, legend: bool = True
) -> go.Bar:
    """One score's bars over all items; customdata holds the whole share (a split middle shows half)."""
    return go.Bar(
        x=length.to_numpy(),
        y=list(share.index),
        orientation="h",
        name=str(score),
        legendgroup=str(score),
        legendrank=1000 + score,
        showlegend=legend,
        customdata=share[[score]].to_numpy(),
        meta={"meaning": meaning},
        hovertemplate=f"%{{y}}, score {score}: %{{customdata[0]:.0%}}<extra></extra>",
    )


def trend(result: Satisfaction, *, metric: str = "csat") -> go.Figure:
    """The monthly figure in its interval; months below 30 answers in amber, unfinished ones in grey."""
    if metric not in TREND_AXES:
        raise InvalidInput(f"There is no trend of {metric!r}; choose csat or nps.")
    table = result.trend[result.trend["metric"] == metric]
    if table.empty:
        raise NotEnoughData(f"A trend needs {metric} answers; there are 0.")
    words, tick = TREND_AXES[metric]
    edge = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    meaning = np.where(~table["complete"], "past", np.where(table["few"], "attention", "good"))
    upper = go.Scatter(x=table["month"], y=table["high"], meta={"meaning": "band"}, **edge)
    lower = go.Scatter(x=table["month"], y=table["low"], fill="tonexty", meta={"meaning": "band"}, **edge)
    line = go.Scatter(
        x=table["month"],
        y=table["value"],
        mode="lines+markers",
        customdata=table[["n"]].to_numpy(),
        meta={"meaning": meaning.tolist()},
        hovertemplate=f"%{{y:{tick}}}, %{{customdata[0]:,.0f}} answers<extra></extra>",
        showlegend=False,
    )
    figure = go.Figure([upper, lower, line])
    figure.update_xaxes(tickformat="%b %Y")
    figure.update_yaxes(title_text=words, tickformat=tick)
    return figure


def groups(comparison: GroupComparison) -> go.Figure:
    """Mean score of each group with its 95 % interval; fewer than 30 customers in amber."""
    table = comparison.groups
    points = go.Scatter(
        x=table["group"],
        y=table["mean"],
        mode="markers",
        error_y=interval(table["mean"], table["low"], table["high"]),
        customdata=table[["n"]].to_numpy(),
        meta={"meaning": few_meanings(table["few"])},
        hovertemplate="%{x}: %{y:.2f}, %{customdata[0]:,.0f} customers<extra></extra>",
        showlegend=False,
    )
    figure = go.Figure(points)
    figure.update_xaxes(type="category")
    figure.update_yaxes(title_text="Mean score", tickformat=".2~f")
    return figure


def with_answers(items: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The items of a metric that were answered; NotEnoughData if there is none."""
    table = items[(items["metric"] == metric) & (items["n"] > 0)]
    if table.empty:
        raise NotEnoughData(f"This chart needs {metric} answers; there are 0.")
    return table


def interval(mean: pd.Series, low: pd.Series, high: pd.Series) -> dict[str, object]:
    """Plotly's error bar from the two ends."""
    return {"type": "data", "array": high - mean, "arrayminus": mean - low}


def few_meanings(few: pd.Series) -> list[str]:
    """Amber where the figure rests on too little."""
    return ["attention" if flag else "good" for flag in few]
