"""Silhouettes: how much nearer are customers to their own group than to the next one?"""

from collections.abc import Sequence

import numpy as np

ROWS_AT_ONCE = 500  # distances of 500 rows to 5,000 fit the cache


def silhouettes(points: np.ndarray, labelings: Sequence[np.ndarray], *, weights: np.ndarray | None = None) -> list[float]:
    """Mean silhouette of each labelling of the same points, -1..1, higher = clearer (Rousseeuw 1987).

    All labellings share one pass over the distances. weights: how many equal customers each point stands for. Who is alone
    in his group counts 0, as Rousseeuw has it; NaN where a labelling has fewer than two groups.
    """
    from scipy.spatial.distance import cdist

    weights = np.ones(len(points)) if weights is None else weights.astype(float)
    coded = [np.unique(labels, return_inverse=True)[1] for labels in labelings]
    members = [np.eye(codes.max() + 1)[codes] * weights[:, None] for codes in coded]
    edges = np.cumsum([0] + [one_hot.shape[1] for one_hot in members])
    stacked = np.hstack(members)
    starts = range(0, len(points), ROWS_AT_ONCE)
    sums = np.vstack([cdist(points[start : start + ROWS_AT_ONCE], points) @ stacked for start in starts])
    return [
        _silhouette(sums[:, edges[i] : edges[i + 1]], codes, members[i].sum(axis=0), weights)
        for i, codes in enumerate(coded)
    ]


def _silhouette(distance_sums: np.ndarray, codes: np.ndarray, sizes: np.ndarray, weights: np.ndarray) -> float:
    if len(sizes) < 2:
        return float("nan")
    rows = np.arange(len(codes))
    own_size = sizes[codes]
    within = distance_sums[rows, codes] / np.maximum(own_size - 1, 1)
    between = distance_sums / sizes
    between[rows, codes] = np.inf
    nearest = between.min(axis=1)
    widest = np.maximum(within, nearest)
    score = np.where((own_size > 1) & (widest > 0), (nearest - within) / np.where(widest > 0, widest, 1.0), 0.0)
    return float(np.average(score, weights=weights))
