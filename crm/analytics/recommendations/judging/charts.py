"""Quality in pictures: how good each method is, how much of the range it shows, and how likely what it names is."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from crm.analytics.recommendations.judging.chances import Chances
from crm.analytics.recommendations.judging.comparing import Comparison
from crm.errors import InvalidInput

MEASURE_WORDS = {
    "hit_rate": ("Customers with a hit", ".0%"),
    "precision": ("Share of the list that was bought", ".1%"),
    "recall": ("Share of what was bought that was listed", ".1%"),
    "ndcg": ("NDCG", ".2f"),
    "map": ("MAP", ".2f"),
    "novelty": ("Novelty, bits", ".1f"),
    "coverage": ("Share of the range on anybody's list", ".0%"),
}
ROW_HEIGHT = 30  # pixels a method
SHOWN_PLACES = 30  # of a list; further down the chances hardly differ


def compared(comparison: Comparison, *, measure: str = "hit_rate", names: Mapping[str, str] | None = None) -> go.Figure:
    """One dot a method with its 95 % interval, best NDCG on top; popularity is the dotted line and grey. `names`: what the
    methods are called; their own names, if None."""
    if measure not in MEASURE_WORDS:
        raise InvalidInput(f"There is no measure {measure!r}; choose one of {', '.join(MEASURE_WORDS)}.", field="measure")
    words, tick = MEASURE_WORDS[measure]
    table = comparison.table
    called = [(names or {}).get(method, method) for method in table["method"]]
    rows = list(range(len(table)))
    yardstick = comparison.value("popular", measure)
    dots = go.Scatter(
        x=table[measure], y=rows, mode="markers", showlegend=False,
        error_x={"type": "data", "array": table[f"{measure}_high"] - table[measure], "arrayminus": table[measure] - table[f"{measure}_low"]},
        marker={"size": 9},
        meta={"meaning": ["past" if method in ("popular", "random") else "good" for method in table["method"]]},
        customdata=list(zip(called, table[f"{measure}_low"], table[f"{measure}_high"], strict=True)),
        hovertemplate=f"%{{customdata[0]}}: %{{x:{tick}}}, likely between %{{customdata[1]:{tick}}} and %{{customdata[2]:{tick}}}<extra></extra>",
    )
    line = go.Scatter(x=[yardstick, yardstick], y=[-0.5, len(rows) - 0.5], mode="lines", meta={"meaning": "reference"},
                      hoverinfo="skip", showlegend=False)
    figure = go.Figure([line, dots])
    figure.update_xaxes(title_text=words, tickformat=tick, rangemode="tozero", showgrid=True)
    figure.update_yaxes(tickmode="array", tickvals=rows, ticktext=called, range=[len(rows) - 0.5, -0.5], showgrid=False, zeroline=False)
    figure.update_layout(meta={"height": 70 + ROW_HEIGHT * len(rows)})
    return figure


def coverage(comparison: Comparison, *, names: Mapping[str, str] | None = None) -> go.Figure:
    """How much of the range reaches anybody's list, a method; laid out as `compared`."""
    return compared(comparison, measure="coverage", names=names)


def by_rank(chances: Chances) -> go.Figure:
    """How likely the next order of a customer who orders again holds what stands at each place of the list, with its 95 % band."""
    table = chances.ranks[chances.ranks["rank_from"] <= SHOWN_PLACES]
    band = go.Scatter(
        x=[*table["rank_from"], *table["rank_from"][::-1]], y=[*table["high"], *table["low"][::-1]], fill="toself", mode="lines",
        meta={"meaning": "band"}, hoverinfo="skip", showlegend=False,
    )
    line = go.Scatter(
        x=table["rank_from"], y=table["chance"], mode="lines+markers", meta={"meaning": "good"}, showlegend=False,
        customdata=table[["low", "high"]].to_numpy(),
        hovertemplate="Place %{x}: %{y:.1%}, likely between %{customdata[0]:.1%} and %{customdata[1]:.1%}<extra></extra>",
    )
    figure = go.Figure([band, line])
    figure.update_xaxes(title_text="Place on the list", dtick=5 if len(table) > 10 else 1)
    figure.update_yaxes(title_text="In the next order", tickformat=".0%", rangemode="tozero")
    return figure
