"""Spectral clustering: which customers hang together by chains of similar ones, whatever shape the group has?

Customers are joined by similarities exp(-d^2 / (s_i s_j)), s being the distance to the seventh neighbour (Zelnik-Manor &
Perona 2004: one scale for all would be wrong for dense or for sparse groups); the leading eigenvectors of the normalised
similarities are grouped by K-means (Ng, Jordan & Weiss 2001). Exact up to 1,000 different customers; above, on weighted
micro-clusters.
"""

import numpy as np

from crm.analytics.segments.clustering.found import Found
from crm.analytics.segments.clustering.kmeans import N_STARTS
from crm.analytics.segments.clustering.micro import summarise
from crm.analytics.segments.clustering.silhouettes import silhouettes

EXACT_UP_TO = 1_000  # 0.1 s; the cost of eigenvectors grows with the cube
CLEAR_FROM = 0.75  # separation; even, normal and skewed data without groups came to .4 to .75, planted groups to .8 and more
SCALE_NEIGHBOUR = 7  # as in the paper, which found it good for every shape it tried


class Embedding:
    """The eigenvectors of `points` (in fixed order) once, grouped into any number of groups by `cut`."""

    def __init__(self, points: np.ndarray, *, largest_k: int, random_state: int, n_starts: int = N_STARTS) -> None:
        from scipy.linalg import eigh

        leaves = summarise(points, exact_up_to=EXACT_UP_TO, random_state=random_state)
        normalised = _normalised_similarity(leaves.centres, leaves.sizes)
        n_leaves = len(normalised)
        values, vectors = eigh(normalised, subset_by_index=(max(n_leaves - largest_k, 0), n_leaves - 1))
        self.values = values[::-1]
        # Equal customers share one coordinate, so the weight goes out again
        self.vectors = vectors[:, ::-1] / np.sqrt(leaves.sizes)[:, None]
        self.leaves, self.random_state, self.n_starts = leaves, random_state, n_starts

    def cut(self, k: int) -> Found:
        """k groups; details: eigenvalues (largest first, 1 = a part of its own), separation (silhouette in the plane of the
        eigenvectors, where groups of any shape are compact; see CLEAR_FROM)."""
        from sklearn.cluster import KMeans

        rows = self.vectors[:, :k]
        length = np.sqrt((rows**2).sum(axis=1, keepdims=True))
        rows = rows / np.where(length > 0, length, 1.0)
        model = KMeans(k, n_init=self.n_starts, random_state=self.random_state).fit(rows, sample_weight=self.leaves.sizes)
        separation = silhouettes(rows, [model.labels_], weights=self.leaves.sizes)[0]
        return Found(model.labels_[self.leaves.of_row], "" if self.leaves.exact else "micro",
                     {"eigenvalues": self.values, "separation": separation})


def _normalised_similarity(centres: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The matrix whose eigenvectors those of all customers are, if everybody stood at the centre of his leaf.

    With d_c = sum_j n_j W_cj it is sqrt(n_c n_j) W_cj / sqrt(d_c d_j); the customers of one leaf are fully alike.
    """
    from scipy.spatial.distance import pdist, squareform

    squared = squareform(pdist(centres, "sqeuclidean"))
    neighbour = min(SCALE_NEIGHBOUR, len(centres) - 1)
    scale = np.sqrt(np.partition(squared, neighbour, axis=1)[:, neighbour])
    similarity = np.exp(-squared / (scale[:, None] * scale))
    weights = sizes.astype(float)
    np.fill_diagonal(similarity, (weights - 1) / weights)  # to oneself none, to those at the same place full
    degree = similarity @ weights
    factor = np.sqrt(weights / np.maximum(degree, np.finfo(float).tiny))
    return similarity * factor[:, None] * factor
