"""Cuts: the same customers in 2, 3, 4 ... groups, by any method that is told how many.

What does not depend on the number (the tree, the eigenvectors) is worked out once.
"""

from typing import Protocol

import numpy as np

from crm.analytics.segments.clustering.found import Found
from crm.analytics.segments.clustering.hierarchical import Tree
from crm.analytics.segments.clustering.kmeans import KMeansCuts
from crm.analytics.segments.clustering.mixture import MixtureCuts
from crm.analytics.segments.clustering.spectral import Embedding

QUICK_STARTS = 4  # where groupings are only compared, the last thousandth of the spread decides nothing
QUICK_MIXTURE = {"n_starts": 2, "most_rounds": 20}  # a mixture takes ten times as long as K-means
WORK_SHARED = ("ward", "average", "complete", "spectral")  # another number of groups costs next to nothing


class Cuts(Protocol):
    """Something that can be cut into k groups, 2 <= k <= the number of different customers."""

    def cut(self, k: int) -> Found: ...


def begin(points: np.ndarray, *, method: str, metric: str, largest_k: int, random_state: int, quick: bool = False) -> Cuts:
    """Ready to be cut into 2..largest_k groups; `points` in fixed order; quick: fewer starts, for comparisons."""
    if method == "mixture":
        return MixtureCuts(points, random_state=random_state, **(QUICK_MIXTURE if quick else {}))
    starts = {"n_starts": QUICK_STARTS} if quick else {}
    if method == "kmeans":
        return KMeansCuts(points, random_state=random_state, **starts)
    if method == "spectral":
        return Embedding(points, largest_k=largest_k, random_state=random_state, **starts)
    return Tree(points, method=method, metric=metric, random_state=random_state)
