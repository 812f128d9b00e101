"""Clustering: which customers belong together, by eight methods, at any size?

K-means, hierarchies (Ward, average, complete), DBSCAN, HDBSCAN, spectral clustering and Gaussian mixtures, each exact where
that is quick enough and on weighted micro-clusters or a seeded sample where it is not; the answer says which.
"""

from dataclasses import dataclass

import numpy as np

from crm.analytics.segments.clustering import density
from crm.analytics.segments.clustering.checking import (
    FIND_THEIR_NUMBER,
    FREE_METRIC,
    METHODS,
    METRICS,
    check_choice,
    check_number,
    checked_points,
    one_thread,
)
from crm.analytics.segments.clustering.cutting import begin
from crm.analytics.segments.clustering.found import Found
from crm.analytics.segments.clustering.ordering import distinct, fixed_order, numbered

__all__ = ["FIND_THEIR_NUMBER", "FREE_METRIC", "METHODS", "METRICS", "Grouping", "group"]


@dataclass(frozen=True, eq=False)
class Grouping:
    """Customers in groups.

    labels: (n,) int, 0..k-1 by size, largest first (equal sizes by the position of their centroid); -1 belongs to no group,
        which only DBSCAN and HDBSCAN say.
    k: number of groups; may be 0 or 1 for those two, and less than asked for where a cloud of a mixture is nobody's likeliest
        or customers differ by less than a billionth of what others do.
    approximated: "" exact, "micro" (found on about 500 weighted micro-clusters) or "sample" (found on a seeded sample, the
        rest by what was found there).
    details, by method:
        kmeans: inertia. ward, average, complete: linkage (m - 1, 4) as scipy's, leaf_sizes (m,) customers, leaf_labels (m,).
        dbscan: eps, min_samples, k_distances (ascending). hdbscan: min_cluster_size, min_samples, probabilities (n,).
        spectral: eigenvalues, separation (-1..1, see spectral.py). mixture: bic, covariance, probabilities (n,): 0..1, how surely the customer belongs there.
    """

    labels: np.ndarray
    method: str
    k: int
    approximated: str
    details: dict


def group(points: np.ndarray, *, method: str = "kmeans", k: int | None = None, metric: str = "euclidean",
          eps: float | None = None, min_samples: int | None = None, min_cluster_size: int | None = None,
          random_state: int = 0) -> Grouping:
    """Group the rows of (n, d) points; the order of the rows changes nothing.

    k: number of groups, for all methods but DBSCAN and HDBSCAN. metric: "euclidean" for all, "manhattan" and "cosine" for
    average, complete, dbscan and hdbscan. eps and min_samples (dbscan, hdbscan): None takes Tukey's fence of the
    k-distances and the larger of 2 d and 2 ln n. min_cluster_size (hdbscan): None takes 2 % of the customers, at least 5.

    Raises InvalidInput for an unknown or contradictory choice and for missing values, NotEnoughData for fewer than two
    customers or when all are equal.
    """
    check_choice(method=method, metric=metric, k=k, eps=eps, min_samples=min_samples, min_cluster_size=min_cluster_size,
                 k_needed=True)
    points = checked_points(points, metric=metric)
    order = fixed_order(points)
    ordered = points[order]
    with one_thread():
        if method == "dbscan":
            found = density.dbscan(ordered, metric=metric, eps=eps, min_samples=min_samples, random_state=random_state)
        elif method == "hdbscan":
            found = density.hdbscan(ordered, metric=metric, min_cluster_size=min_cluster_size, min_samples=min_samples,
                                    random_state=random_state)
        else:
            check_number(k, n_customers=len(points), n_different=len(distinct(ordered).counts), metric=metric)
            cuts = begin(ordered, method=method, metric=metric, largest_k=k, random_state=random_state)
            found = cuts.cut(k)
    return numbered_grouping(ordered, order, found, method=method)


def numbered_grouping(ordered: np.ndarray, order: np.ndarray, found: Found, *, method: str) -> Grouping:
    """What was found in the `ordered` points, numbered, with the rows in the caller's order: order[i] is where row i was."""
    numbers = numbered(ordered, found.labels)
    details = dict(found.details)
    if "leaf_labels" in details:
        number_of = np.empty(found.labels.max() + 1, dtype="int64")
        number_of[found.labels] = numbers
        details["leaf_labels"] = number_of[details["leaf_labels"]]
    for name, of_customer in found.of_customer.items():
        details[name] = _put_back(of_customer, order)
    return Grouping(_put_back(numbers, order), method, int(numbers.max()) + 1, found.approximated, details)


def _put_back(of_row: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Values of the rows in fixed order, in the caller's order."""
    back = np.empty_like(of_row)
    back[order] = of_row
    return back
