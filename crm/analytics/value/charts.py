"""Value in pictures: how unequal is it, which groups bring it, was the forecast right, what is a new customer worth?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.value.concentration import Concentration
from crm.analytics.value.hold_out import HoldOut

MOST_GROUPS = 12  # more bars than that are no picture


def lorenz(past: Concentration, coming: Concentration | None = None, *, words: tuple[str, str, str]) -> go.Figure:
    """Share of revenue of the customers who bring least, from nobody to everybody; on the dotted line all bring the same.

    words: of the line of equality, of the past, of what is expected.
    """
    equal, so_far, expected = words
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", name=equal, hoverinfo="skip",
                                  meta={"meaning": "reference"}))
    for curve, name, meaning in ((past, so_far, "past"), (coming, expected, "good")):
        if curve is not None and len(curve.curve):
            figure.add_trace(go.Scatter(
                x=curve.curve["customers"], y=curve.curve["amount"], mode="lines", name=name,
                hovertemplate="%{x:.0%}: %{y:.1%}<extra>" + name + "</extra>", meta={"meaning": meaning}))
    figure.update_layout(
        xaxis={"title": {"text": "Customers, those who bring least first"}, "tickformat": ".0%", "range": [0, 1], "dtick": 0.2},
        yaxis={"title": {"text": "Share of revenue"}, "tickformat": ".0%", "range": [0, 1]})
    return figure


def by_group(table: pd.DataFrame, *, amount: str, without_group: str, low: str | None = None,
             high: str | None = None) -> go.Figure:
    """One horizontal bar a group, in the sequence of the table, with its range where `low` and `high` name one.

    The twelve first groups only; how many are left out is in `figure.layout.meta["left_out"]`.
    """
    shown = table.head(MOST_GROUPS)
    names = shown["group"].fillna(without_group)
    ends = {} if low is None or high is None else {"error_x": {
        "type": "data", "array": (shown[high] - shown[amount]).clip(lower=0),
        "arrayminus": (shown[amount] - shown[low]).clip(lower=0)}}
    figure = go.Figure(go.Bar(
        x=shown[amount], y=names, orientation="h", customdata=shown[["customers"]].to_numpy(),
        hovertemplate="%{y}: %{x:,.0f}, %{customdata[0]:,.0f} customers<extra></extra>",
        meta={"meaning": ["past" if pd.isna(group) else "good" for group in shown["group"]]}, **ends))
    figure.update_layout(xaxis={"tickformat": "~s"}, yaxis={"autorange": "reversed", "type": "category"},
                         showlegend=False, meta={"left_out": len(table) - len(shown)})
    return figure


def tested(result: HoldOut, *, words: tuple[str, str]) -> go.Figure:
    """Expected and actual purchases in the time that was held out, by the number of repeat purchases before it."""
    table = result.by_frequency
    classes = [_written(row.repeats_from, row.repeats_to) for row in table.itertuples()]
    figure = go.Figure()
    for column, name, meaning in (("expected", words[0], "comparison"), ("actual", words[1], "good")):
        figure.add_trace(go.Bar(
            x=classes, y=table[column], name=name, customdata=table[["customers"]].to_numpy(), meta={"meaning": meaning},
            hovertemplate="%{y:,.0f} purchases of %{customdata[0]:,.0f} customers<extra>" + name + "</extra>"))
    figure.update_layout(
        barmode="group", xaxis={"title": {"text": "Purchases after the first, until then"}, "type": "category"},
        yaxis={"title": {"text": "Purchases"}, "tickformat": ",.0f"})
    return figure


def _written(low: int, high: float) -> str:
    if np.isnan(high):
        return f"{low} +"
    return f"{low}" if low == high else f"{low}–{high:.0f}"
