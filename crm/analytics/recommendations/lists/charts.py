"""Lists in pictures: what is offered most, and what the first offers may bring."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.recommendations.lists.why import REASONS

MOST_POINTS = 1_000  # of a curve; more cannot be told apart
LONGEST_NAME = 34  # letters of a bar's name, so that the bars keep their room on a phone


def by_product(items: pd.DataFrame, *, names: pd.Series | None = None, top: int = 10) -> go.Figure:
    """The products offered to most customers, a bar each; `names` maps product_id to what is said. `customdata`: product_id."""
    counts = items.groupby("product_id")["customer_id"].nunique().rename("customers").reset_index()
    counts = counts.sort_values(["customers", "product_id"], ascending=[False, True]).head(top)
    labels = counts["product_id"].astype(str)
    if names is not None:
        labels = counts["product_id"].map(names).fillna(labels)
    return _bars(counts["customers"], labels, title="Customers", unit="customers", custom=counts["product_id"])


def by_category(items: pd.DataFrame, catalogue: pd.DataFrame, *, unnamed: str = "No category", rest: str = "All others",
                top: int = 10) -> go.Figure:
    """Offers by category, a bar each; beyond `top` categories the small ones are one bar, `rest`."""
    category = items["product_id"].map(catalogue.set_index("product_id")["category"]).astype(object)
    counts = category.where(category.notna(), unnamed).astype(str).value_counts()
    counts = counts.sort_index().sort_values(ascending=False, kind="stable")
    if len(counts) > top:
        counts = pd.concat([counts.iloc[: top - 1], pd.Series({rest: counts.iloc[top - 1 :].sum()})])
    return _bars(counts, pd.Series(counts.index), title="Offers", unit="offers")


def by_reason(items: pd.DataFrame, *, words: dict[str, str] | None = None) -> go.Figure:
    """Offers by the reason they have; `words` maps REASONS to what is said."""
    counts = items["reason"].astype(str).value_counts().reindex(list(REASONS)).dropna()
    counts = counts.sort_values(ascending=False, kind="stable")
    labels = pd.Series(counts.index).map(lambda reason: (words or {}).get(reason, reason.replace("_", " ")))
    return _bars(counts, labels, title="Offers", unit="offers")


def expected(items: pd.DataFrame, *, offers: str = "Offers made, the most promising first",
             amount: str = "Expected sales") -> go.Figure:
    """What the first 1, 2, 3 ... offers may bring in all, the most promising first: where it grows flat, further offers hardly
    pay. Offers of unknown value are left out; their number is in `layout.meta["left_out"]`."""
    known = items["expected_amount"].dropna().sort_values(ascending=False).to_numpy()
    total = np.concatenate([[0.0], np.cumsum(known)])
    shown = np.unique(np.linspace(0, len(known), min(len(known) + 1, MOST_POINTS)).astype(int))
    figure = go.Figure(
        go.Scatter(
            x=shown,
            y=total[shown],
            mode="lines",
            fill="tozeroy",
            meta={"meaning": "good"},
            hovertemplate="The first %{x:,.0f} offers: %{y:,.3s}<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_layout(meta={"left_out": len(items) - len(known)})
    figure.update_xaxes(title_text=offers, tickformat=",.0f", rangemode="tozero")
    figure.update_yaxes(title_text=amount, tickformat="~s", rangemode="tozero")
    return figure


def _bars(counts: pd.Series, labels: pd.Series, *, title: str, unit: str, custom: pd.Series | None = None) -> go.Figure:
    place = list(range(len(counts)))
    short = [label if len(label) <= LONGEST_NAME else f"{label[: LONGEST_NAME - 1]}…" for label in labels.astype(str)]
    figure = go.Figure(
        go.Bar(
            x=counts.to_numpy(),
            # Two products may share a name, so a bar's place is its number and its name only the tick.
            y=place,
            orientation="h",
            customdata=None if custom is None else custom.to_numpy(),
            text=list(labels.astype(str)),
            textposition="none",
            meta={"meaning": "good"},
            hovertemplate=f"%{{text}}: %{{x:,.0f}} {unit}<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_xaxes(title_text=title, tickformat=",.0f", rangemode="tozero")
    figure.update_yaxes(autorange="reversed", tickmode="array", tickvals=place, ticktext=short)
    figure.update_layout(meta={"height": 80 + 28 * max(3, len(place))})
    return figure
