"""All rules at a glance: how many orders do they cover, how sure are they, and how much more than usual?"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.baskets.false_discovery import SURE
from crm.analytics.baskets.pictures.labels import shown, together

MOST_POINTS = 5_000  # more cannot be told apart and make the page heavy
MANY_POINTS = 1_000  # above, drawn by the graphics card
SMALLEST, LARGEST = 5, 26  # pixels across
MOST_TICKS = 5
OPACITY, CROWDED = 0.6, 300  # points; where more lie on one another, each lets more through
WORDS = {"sure": "More than chance", "unsure": "May be chance", "support": "Share of all orders",
         "confidence": "Then also bought", "said": "With {left} also {right}: {confidence} of them, {lift} times the usual, "
                                                  "in {count} orders"}


def rule_scatter(rules: pd.DataFrame, *, names: Mapping | None = None, words: Mapping[str, str] = WORDS) -> go.Figure:
    """Each rule by support (across, logarithmic) and confidence (up); the area of a point grows with its lift.

    rules: as BasketRules.rules, the first 5,000 of them are drawn. Rules that may be chance (corrected for the size of
    the orders where the table tells) are open circles of another colour. customdata: the row of `rules` by its index.
    """
    drawn = rules.head(MOST_POINTS)
    q_value = drawn["size_q_value" if "size_q_value" in drawn else "q_value"].to_numpy(dtype=float)
    root = np.sqrt(drawn["lift"].to_numpy(dtype=float))
    size = SMALLEST + (LARGEST - SMALLEST) * root / root.max() if len(drawn) else root
    said = [shown(words["said"].format(
        left=together(row.antecedents, names), right=together(row.consequents, names), confidence=f"{row.confidence:.0%}",
        lift=f"{row.lift:.3g}", count=f"{row.count_:,}"))
        for row in drawn.rename(columns={"count": "count_"}).itertuples()]
    kind = go.Scattergl if len(drawn) > MANY_POINTS else go.Scatter
    figure = go.Figure()
    for is_sure, meaning, symbol in ((False, "past", "circle-open"), (True, "good", "circle")):
        rows = np.flatnonzero((q_value <= SURE) == is_sure)
        if not len(rows):
            continue
        rows = rows[np.argsort(-size[rows], kind="stable")]  # small points lie on large ones
        figure.add_trace(kind(
            x=drawn["support"].to_numpy()[rows], y=drawn["confidence"].to_numpy()[rows], mode="markers",
            name=words["sure" if is_sure else "unsure"], customdata=drawn.index.to_numpy()[rows],
            hovertext=[said[row] for row in rows], hovertemplate="%{hovertext}<extra></extra>",
            marker={"size": size[rows], "symbol": symbol, "opacity": OPACITY if len(drawn) <= CROWDED else OPACITY / 2,
                    "line": {"width": 0.5 if is_sure else 1}},
            meta={"meaning": meaning}))
    figure.update_xaxes(title_text=words["support"], type="log", tickformat=".3~%", tickvals=ticks(drawn["support"]))
    figure.update_yaxes(title_text=words["confidence"], tickformat=".0%", rangemode="tozero")
    figure.update_layout(meta={"height": 340}, hovermode="closest")
    return figure


def ticks(support: pd.Series) -> list[float]:
    """At most five round shares in the range, so that a phone has room for them.

    >>> ticks(pd.Series([0.0012, 0.04])), ticks(pd.Series([0.011, 0.014])), ticks(pd.Series([0.0001, 1]))
    ([0.002, 0.005, 0.01, 0.02], [0.011], [0.0001, 0.001, 0.01, 0.1, 1.0])
    """
    if not len(support):
        return []
    low, high = float(support.min()), float(support.max())
    for digits in ((1, 2, 5), (1, 2, 3, 5, 7), (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9), (1,)):
        inside = [share for share in (float(f"{digit}e{power}") for power in range(-7, 1) for digit in digits)
                  if low <= share <= high]
        if 2 <= len(inside) <= MOST_TICKS:
            return inside
    return inside[::2][-MOST_TICKS:] if inside else [low]
