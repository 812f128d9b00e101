"""Distances: how far apart are two customers, and which one is nearest?

Euclidean, Manhattan, or cosine. Cosine is computed from the points' directions u: 1 - cos = |u - v|^2 / 2, so that all that
is known about Euclidean neighbours serves it too. A customer at the very average has no direction; the same formula puts it
at 1/2 from every other one.
"""

import numpy as np


def directed(points: np.ndarray, metric: str) -> np.ndarray:
    """The points, or for "cosine" their directions (length 1; a point at 0 stays there)."""
    if metric != "cosine":
        return points
    length = np.sqrt((points**2).sum(axis=1, keepdims=True))
    return points / np.where(length > 0, length, 1.0)


def between(points: np.ndarray, metric: str) -> np.ndarray:
    """Condensed distances (n * (n - 1) / 2,) in the order of scipy's pdist."""
    from scipy.spatial.distance import pdist

    if metric == "cosine":
        return pdist(directed(points, metric), "sqeuclidean") / 2
    return pdist(points, {"euclidean": "euclidean", "manhattan": "cityblock"}[metric])


def tree_norm(metric: str) -> int:
    """The p of the Minkowski distance in which a search tree over `directed` points looks for neighbours."""
    return 1 if metric == "manhattan" else 2


def from_tree(distances: np.ndarray | float, metric: str) -> np.ndarray | float:
    """Distances that such a tree tells, in the metric's own units."""
    return distances**2 / 2 if metric == "cosine" else distances


def for_tree(distance: float, metric: str) -> float:
    """A distance in the metric's own units, as such a tree wants it."""
    return float(np.sqrt(2 * distance)) if metric == "cosine" else distance
