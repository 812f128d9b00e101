"""Risk in pictures: what is overdue and for how long, how much hangs on few, and what comes back."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.risk.concentration import TOP
from crm.analytics.risk.model import Risk
from crm.analytics.risk.payments import AGES, UNKNOWN_DUE

_MEANINGS = {UNKNOWN_DUE: "past", AGES[-1][0]: "loss"}


def overdue_by_age(result: Risk) -> go.Figure:
    """Overdue amounts by days after they were due, a bar each with the number of orders above it; open amounts of
    which no due day is known beside them, where there are any."""
    table = result.payments.ageing.set_index("bucket")
    buckets = [name for name, *_ in AGES]
    if table.loc[UNKNOWN_DUE, "orders"]:
        buckets.append(UNKNOWN_DUE)
    table = table.loc[buckets].reset_index()
    figure = go.Figure(go.Bar(
        x=[name.capitalize() for name in table["bucket"]], y=table["amount"], text=table["orders"],
        texttemplate="%{text:,.0f}", textposition="outside", cliponaxis=False,
        customdata=table[["orders", "customers"]].to_numpy(),
        hovertemplate="%{x}: %{y:,.0f}<br>%{customdata[0]:,.0f} orders of %{customdata[1]:,.0f} customers<extra></extra>",
        meta={"meaning": [_MEANINGS.get(name, "attention") for name in table["bucket"]]}))
    reach = 1.18 * max(table["amount"].max(), 1.0)  # room for the number of orders above the tallest bar
    figure.update_layout(xaxis={"type": "category", "title": {"text": "Days after the due day"}},
                         yaxis={"tickformat": "~s", "range": [0, reach]}, showlegend=False)
    return figure


def concentration_curve(result: Risk, *, year: str = "Last 365 days", before: str = "The 365 days before") -> go.Figure:
    """Share of revenue of the first 1, 2, 3 ... customers, the largest first; signs at 1, 3 and 10."""
    curve, top = result.concentration.curve, result.concentration.top
    figure = go.Figure()
    for period, name, meaning in (("before", before, "past"), ("year", year, "good")):
        part = curve[curve["period"] == period]
        if len(part):
            figure.add_scatter(x=part["first"], y=part["share"], mode="lines", name=name, meta={"meaning": meaning},
                               hovertemplate="The largest %{x:,.0f}: %{y:.0%}<extra></extra>")
    signs = top[(top["customers"] == top["first"]) & top["share"].notna()]
    figure.add_scatter(x=signs["first"], y=signs["share"], mode="markers+text", showlegend=False,
                       text=[f"{share:.1%}" if share < 0.1 else f"{share:.0%}" for share in signs["share"]], textposition="top left", cliponaxis=False,
                       marker={"size": 9}, hoverinfo="skip", meta={"meaning": "attention"})
    most = int(curve["first"].max()) if len(curve) else 1
    ticks = [tick for tick in (*TOP, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000) if tick <= most]
    figure.update_layout(
        xaxis={"type": "log", "title": {"text": "So many of the largest customers"}, "tickvals": ticks,
               # A little room on both sides, so that no number lies over the axis.
               "range": [np.log10(0.7), np.log10(1.15 * max(most, 2))], "ticktext": [f"{tick:,}" for tick in ticks]},
        yaxis={"title": {"text": "Share of revenue"}, "tickformat": ".0%", "range": [0, 1.12],
               "dtick": 0.25})
    return figure


def returns_by_category(result: Risk, *, most: int = 12) -> go.Figure:
    """Share of sold lines that came back, with 95 % intervals, the most first; dotted: what is usual."""
    table = result.returns.categories.dropna(subset="share_of_lines").head(most)
    usual = _company_share(result.returns.categories)
    figure = go.Figure(go.Scatter(
        x=table["share_of_lines"], y=table["category"], mode="markers", marker={"size": 9},
        error_x={"type": "data", "array": table["high"] - table["share_of_lines"],
                 "arrayminus": table["share_of_lines"] - table["low"]},
        customdata=table[["returned_lines", "sold_lines"]].to_numpy(), showlegend=False,
        hovertemplate="%{y}: %{x:.1%}<br>%{customdata[0]:,.0f} of %{customdata[1]:,.0f} sold<extra></extra>",
        meta={"meaning": ["attention" if flag else "good" for flag in table["is_unusual"]]}))
    if len(table):
        figure.add_scatter(x=[usual, usual], y=[table["category"].iloc[0], table["category"].iloc[-1]], mode="lines",
                           showlegend=False, meta={"meaning": "reference"})
    figure.update_layout(
        xaxis={"title": {"text": "Came back, of what was sold"}, "tickformat": ".1~%", "rangemode": "tozero"},
        yaxis={"type": "category", "autorange": "reversed"}, showlegend=False)
    return figure


def _company_share(categories: pd.DataFrame) -> float:
    sold = categories["sold_lines"].sum()
    return categories["returned_lines"].sum() / sold if sold else float("nan")
