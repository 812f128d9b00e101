"""Recommendations in pictures: how good each method is, and which products are recommended most."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from crm.analytics.recommendations.evaluate import Evaluation
from crm.analytics.recommendations.model import Recommendations
from crm.errors import InvalidInput

METHOD_WORDS = {
    "items": "Same customers",
    "baskets": "Same orders",
    "linear": "Linear model",
    "popularity": "Popularity",
}
MEASURE_WORDS = {
    "hit_rate": ("Customers with a hit", ".0%"),
    "ndcg": ("NDCG", ".2f"),
    "precision": ("Precision", ".1%"),
    "recall": ("Recall", ".1%"),
    "novelty": ("Novelty, bits", ".1f"),
}


def quality(evaluation: Evaluation, *, measure: str = "hit_rate") -> go.Figure:
    """One bar a method with its 95 % interval; popularity, the yardstick, in grey and as a dotted line."""
    if measure not in MEASURE_WORDS:
        raise InvalidInput(f"There is no measure {measure!r}; choose one of {', '.join(MEASURE_WORDS)}.")
    words, tick = MEASURE_WORDS[measure]
    table = evaluation.quality
    bar = go.Bar(
        x=[METHOD_WORDS[method] for method in table["method"]],
        y=table[measure],
        error_y={
            "type": "data",
            "array": table[f"{measure}_high"] - table[measure],
            "arrayminus": table[measure] - table[f"{measure}_low"],
        },
        meta={"meaning": method_meanings(table)},
        hovertemplate=f"%{{x}}: %{{y:{tick}}}<extra></extra>",
        showlegend=False,
    )
    names = list(bar.x)
    yardstick = table.loc[table["method"] == "popularity", measure].iloc[0]
    line = go.Scatter(
        x=[names[0], names[-1]],
        y=[yardstick, yardstick],
        mode="lines",
        meta={"meaning": "reference"},
        hoverinfo="skip",
        showlegend=False,
    )
    figure = go.Figure([bar, line])
    figure.update_yaxes(title_text=words, tickformat=tick, rangemode="tozero")
    return figure


def coverage(evaluation: Evaluation) -> go.Figure:
    """One bar a method: the share of the catalogue that reaches anybody's list."""
    table = evaluation.quality
    bar = go.Bar(
        x=table["coverage"],
        y=[METHOD_WORDS[method] for method in table["method"]],
        orientation="h",
        meta={"meaning": method_meanings(table)},
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        showlegend=False,
    )
    figure = go.Figure(bar)
    figure.update_xaxes(title_text="Share of the catalogue", tickformat=".0%", rangemode="tozero")
    figure.update_yaxes(autorange="reversed")
    return figure


def top_products(result: Recommendations, *, names: pd.Series | None = None, top: int = 10) -> go.Figure:
    """The products recommended to most customers; `names` maps product_id to what the bars say."""
    counts = result.items["product_id"].value_counts().rename_axis("product_id").reset_index(name="customers")
    counts = counts.sort_values(["customers", "product_id"], ascending=[False, True]).head(top)
    labels = counts["product_id"].astype(str)
    if names is not None:
        labels = counts["product_id"].map(names).fillna(labels)
    bar = go.Bar(
        x=counts["customers"],
        # Two products may share a name, so the bar's place is its number and its name only the tick.
        y=list(range(len(counts))),
        orientation="h",
        customdata=counts["product_id"],
        meta={"meaning": "good"},
        hovertemplate="%{x:,.0f} customers<extra></extra>",
        showlegend=False,
    )
    figure = go.Figure(bar)
    figure.update_xaxes(title_text="Customers", tickformat=",.0f", rangemode="tozero")
    figure.update_yaxes(
        autorange="reversed", tickmode="array", tickvals=list(range(len(counts))), ticktext=list(labels)
    )
    return figure


def method_meanings(table: pd.DataFrame) -> list[str]:
    """Grey for the yardstick, teal for what is measured against it."""
    return ["past" if method == "popularity" else "good" for method in table["method"]]
