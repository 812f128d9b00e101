"""Groups in pictures: how large are they, where do they lie, what is typical, why so many, how were they found?

Groups have the colours "group0", "group1" ... and the signs of `group_marks` in their order; who belongs to none is grey.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from crm.analytics.segments.group_dendrogram import dendrogram
from crm.analytics.segments.group_flow import flow
from crm.analytics.segments.group_heatmap import heatmap
from crm.analytics.segments.group_marks import SYMBOLS
from crm.analytics.segments.group_plane import plane
from crm.errors import InvalidInput

if TYPE_CHECKING:
    from crm.analytics.segments.choosing import Choice
    from crm.analytics.segments.finding import Groups

__all__ = ["SYMBOLS", "by_k", "dendrogram", "flow", "heatmap", "k_distances", "plane"]

MOST_STEPS = 500  # of a line; more cannot be seen
ROW_PIXELS, EDGE_PIXELS = 36, 60
FARTHEST = 4  # times what counts as near; a few farther ones would press the curve flat
BEST_SYMBOL, OTHER_SYMBOL = "diamond", "circle"
# What a measure is called and how its numbers are written; the names of the columns of `Choice.by_k`.
MEASURES = {
    "silhouette": ("How clearly apart (silhouette)", ".2f"),
    "calinski_harabasz": ("Between against within groups", "~s"),
    "gap": ("Clearer than without groups (gap)", ".2f"),
    "smallest_share": ("Smallest group", ".0%"),
    "stability": ("Alike when drawn anew", ".2f"),
    "bic": ("BIC (lower is better)", "~s"),
}


def k_distances(groups: Groups) -> go.Figure:
    """How far each customer's neighbours are, ascending; the dotted line is what counts as near.

    InvalidInput for a method that does not look at neighbours.
    """
    details = groups.grouping.details
    if "k_distances" not in details:
        raise InvalidInput("Only a grouping by density (DBSCAN) looks at the distance to neighbours.", field="method")
    distances = np.asarray(details["k_distances"], dtype="float64")
    # a sample of the customers stands for all
    shown = np.unique(np.linspace(0, len(distances) - 1, min(len(distances), MOST_STEPS)).round().astype(np.int64))
    share = (shown + 1) / len(distances)
    eps = float(details["eps"])
    figure = go.Figure(go.Scatter(
        x=share, y=distances[shown], mode="lines", name="Distance", showlegend=False, meta={"meaning": "good"},
        hovertemplate="%{x:.0%}: %{y:.3~g}<extra></extra>"))
    figure.add_trace(go.Scatter(x=[0, 1], y=[eps, eps], mode="lines", showlegend=False, meta={"meaning": "reference"}))
    finite = distances[np.isfinite(distances)]
    figure.update_layout(
        xaxis={"title": {"text": "Customers, those in a crowd first"}, "tickformat": ".0%", "range": [0, 1]},
        yaxis={"title": {"text": "Distance to the neighbours"}, "tickformat": "~g",
               "range": [0, 1.08 * max(min(finite.max(initial=0.0), FARTHEST * eps), eps) or 1.0]},
        showlegend=False)
    return figure


def by_k(choice: Choice, measure: str = "silhouette") -> go.Figure:
    """The measure for every number of groups; the one to take is a diamond, the others are circles.

    The gap has its deviations as whiskers. Numbers for which it could not be computed have no point. InvalidInput for a
    measure that was not taken.
    """
    table = choice.by_k
    if measure not in MEASURES or measure not in table.columns:
        taken = ", ".join(name for name in MEASURES if name in table.columns)
        raise InvalidInput(f"The measure is “{measure}”; choose one of {taken}.", field="measure")
    known = table[table[measure].notna()]
    best = known["n_segments"] == choice.recommended_k
    title, pattern = MEASURES[measure]
    points = go.Scatter(
        x=known["n_segments"], y=known[measure], mode="lines+markers", showlegend=False,
        marker={"symbol": [BEST_SYMBOL if one else OTHER_SYMBOL for one in best], "size": [14 if one else 8 for one in best],
                "opacity": 1},
        hovertemplate=f"%{{x}}: %{{y:{pattern}}}<extra></extra>",
        meta={"meaning": ["attention" if one else "good" for one in best]})
    if measure == "gap":
        points.update(error_y={"type": "data", "array": known["gap_deviation"]})
    figure = go.Figure(points)
    ks = table["n_segments"]
    figure.update_layout(
        xaxis={"title": {"text": "Number of groups"}, "dtick": 1, "range": [ks.min() - 0.5, ks.max() + 0.5]},
        yaxis={"title": {"text": title}, "tickformat": pattern, "nticks": 6}, showlegend=False)
    return figure
