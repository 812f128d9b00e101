"""Baskets in pictures: all rules at a glance, and the pairs that hold together most."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from crm.analytics.baskets.rules import BasketRules

MOST_POINTS = 5_000  # more cannot be told apart and make the page heavy
MANY_POINTS = 1_000  # above, drawn by the graphics card


def rule_map(result: BasketRules, *, random_state: int = 0) -> go.Figure:
    """Each rule by support (across, logarithmic) and confidence (up); larger points have a higher lift.

    Points are blue where the rule is likelier chance than one in twenty after correction. customdata: the
    row of `result.rules`.
    """
    table = result.rules
    if len(table) > MOST_POINTS:
        drawn = np.random.default_rng(random_state).choice(len(table), MOST_POINTS, replace=False)
        table = table.iloc[np.sort(drawn)]
    kind = go.Scattergl if len(table) > MANY_POINTS else go.Scatter
    size = np.sqrt(table["lift"].to_numpy())
    points = kind(
        x=table["support"],
        y=table["confidence"],
        mode="markers",
        marker={"size": 5 + 15 * size / size.max() if len(table) else [], "opacity": 0.6},
        customdata=table.index.to_numpy(),
        meta={"meaning": ["good" if q <= 0.05 else "comparison" for q in table["q_value"]]},
        hovertemplate="in %{x:.2%} of orders, confidence %{y:.0%}<extra></extra>",
        showlegend=False,
    )
    figure = go.Figure(points)
    figure.update_xaxes(title_text="Support", type="log", tickformat=".2~%")
    figure.update_yaxes(title_text="Confidence", tickformat=".0%")
    return figure


def strongest_pairs(result: BasketRules, *, top: int = 10) -> go.Figure:
    """Bars of lift, above 1: how many times as often as by chance the two lie in one order."""
    pairs = result.pairs[result.pairs["lift"] > 1].head(top)
    places = list(range(len(pairs)))
    bar = go.Bar(
        x=pairs["lift"],
        y=places,
        orientation="h",
        customdata=pairs[["count"]].to_numpy(),
        meta={"meaning": "good"},
        hovertemplate="%{x:.3~g} times chance, %{customdata[0]:,.0f} orders<extra></extra>",
        showlegend=False,
    )
    chance = go.Scatter(
        x=[1, 1],
        y=[-0.5, len(pairs) - 0.5],
        mode="lines",
        meta={"meaning": "reference"},
        hoverinfo="skip",
        showlegend=False,
    )
    figure = go.Figure([bar, chance])
    figure.update_xaxes(title_text="Times as often as by chance", tickformat=".3~g", rangemode="tozero")
    labels = [f"{a} + {b}" for a, b in zip(pairs["name_a"], pairs["name_b"], strict=True)]
    figure.update_yaxes(autorange="reversed", tickmode="array", tickvals=places, ticktext=labels)
    return figure
