"""Comparing: how alike are two groupings of the same customers, how far apart are the groups, and would others do as well?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.segments.clustering import checking, density
from crm.analytics.segments.clustering.cutting import begin
from crm.analytics.segments.clustering.ordering import distinct, fixed_order, sample_rows
from crm.analytics.segments.clustering.silhouettes import silhouettes
from crm.errors import InvalidInput, NotEnoughData

SILHOUETTE_SAMPLE = 5_000  # silhouettes are quadratic: 5,000 customers take 0.3 s and settle the second decimal
RESAMPLE = 2_000  # customers at most: enough to see the same groups, quick enough to look for them five times
N_RESAMPLES = 5  # tells stable (above .9) from unstable (below .75), no more is asked of it
RESAMPLE_SHARE = 0.632  # as many different customers as a bootstrap sample holds; repeated ones would be false neighbours


@dataclass(frozen=True, eq=False)
class Comparison:
    """adjusted_rand: 1 the same groups, about 0 no more alike than by chance, may be slightly negative (Hubert & Arabie 1985).
    flow: first, second (labels), customers: how many went from which to which; pairs without customers are left out."""

    adjusted_rand: float
    flow: pd.DataFrame


def compare(first_labels: Sequence, second_labels: Sequence) -> Comparison:
    """Two groupings of the same customers, one label (number or word) a customer in the same order."""
    first, second = pd.Series(np.asarray(first_labels)), pd.Series(np.asarray(second_labels))
    if len(first) != len(second):
        raise InvalidInput(f"Only the same customers can be compared; one grouping has {len(first):,}, the other {len(second):,}.")
    if first.isna().any() or second.isna().any():
        raise InvalidInput("Some customers have no group in one of the groupings; leave them out of both, or give them one.")
    if len(first) == 0:
        raise NotEnoughData("There are no customers to compare.")
    flow = pd.DataFrame({"first": first, "second": second}).groupby(["first", "second"], observed=True).size()
    return Comparison(adjusted_rand(first.to_numpy(), second.to_numpy()), flow.rename("customers").reset_index())


def adjusted_rand(first: np.ndarray, second: np.ndarray) -> float:
    """Share of pairs of customers on which two groupings agree, 0 = as many as by chance, 1 = all (Hubert & Arabie 1985).

    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([5, 5, 7, 7]))
    1.0
    """
    first, second = (np.unique(labels, return_inverse=True)[1] for labels in (first, second))
    n_second = int(second.max()) + 1
    together = _pairs(np.bincount(first * n_second + second))
    in_first, in_second = _pairs(np.bincount(first)), _pairs(np.bincount(second))
    all_pairs = _pairs(np.array([len(first)]))
    by_chance = in_first * in_second / all_pairs if all_pairs else 0.0
    at_most = (in_first + in_second) / 2
    if at_most == by_chance:  # everybody together, or everybody alone, in both
        return 1.0
    return float((together - by_chance) / (at_most - by_chance))


def _pairs(sizes: np.ndarray) -> float:
    sizes = sizes.astype(float)
    return float((sizes * (sizes - 1) / 2).sum())


def silhouette(points: np.ndarray, labels: np.ndarray, *, random_state: int = 0) -> float:
    """Mean silhouette, -1..1, higher = clearer groups (Rousseeuw 1987); customers with a label below 0 are left out.

    Of a seeded sample of 5,000; the order of the rows changes nothing. NaN with fewer than two groups.
    """
    inside = labels >= 0
    points, labels = points[inside], labels[inside]
    if len(points) < 2:
        return float("nan")
    order = np.lexsort((labels, *points.T[::-1]))
    rows = order[sample_rows(len(points), at_most=SILHOUETTE_SAMPLE, random_state=random_state)]
    return silhouettes(points[rows], [labels[rows]])[0]


def stability(points: np.ndarray, labels: np.ndarray, *, method: str = "kmeans", k: int | None = None,
              metric: str = "euclidean", eps: float | None = None, min_samples: int | None = None,
              min_cluster_size: int | None = None, random_state: int = 0) -> float:
    """Mean adjusted Rand index of `labels` and the groups found in resamples: 1 = others would give the same groups.

    labels: what clustering.group found in (n, d) points with the same choices. Below .75 the groups change with chance
    (Hennig 2007). NaN where the resamples are too small or too alike to be grouped.
    """
    checking.check_choice(method=method, metric=metric, k=k, eps=eps, min_samples=min_samples,
                          min_cluster_size=min_cluster_size, k_needed=True)
    points = checking.checked_points(points, metric=metric)
    order = fixed_order(points)
    with checking.one_thread():
        if method in checking.FIND_THEIR_NUMBER:
            regroup = _by_density(points[order], method=method, metric=metric, eps=eps, min_samples=min_samples,
                                  min_cluster_size=min_cluster_size, random_state=random_state)
        else:
            regroup = by_number([k], method=method, metric=metric, random_state=random_state)
        return stabilities(points[order], [np.asarray(labels)[order]], regroup=regroup, random_state=random_state)[0]


Regroup = Callable[[np.ndarray], list[np.ndarray | None]]


def stabilities(points: np.ndarray, labelings: Sequence[np.ndarray], *, regroup: Regroup, random_state: int) -> list[float]:
    """`stability` of several labellings at once; `points` in fixed order, `regroup` groups a part of them anew.

    Each resample is .632 of the customers, 2,000 at most, and the two groupings are compared on those (Ben-Hur, Elisseeff &
    Guyon 2002): no rule is needed for the customers outside, which methods without centres do not have.
    """
    rng = np.random.default_rng(random_state)
    size = min(max(1, round(RESAMPLE_SHARE * len(points))), RESAMPLE)
    agreement = []
    for _ in range(N_RESAMPLES):
        drawn = np.sort(rng.choice(len(points), size=size, replace=False))
        agreement.append([float("nan") if anew is None else adjusted_rand(labels[drawn], anew)
                          for labels, anew in zip(labelings, regroup(points[drawn]), strict=True)])
    return [float(np.mean(known)) if len(known := column[~np.isnan(column)]) else float("nan")
            for column in np.array(agreement).T]


def by_number(ks: Sequence[int], *, method: str, metric: str, random_state: int) -> Regroup:
    """Groups a part of the points into each of `ks` numbers of groups; None where too few of them differ."""
    def regroup(part: np.ndarray) -> list[np.ndarray | None]:
        n_different = len(distinct(part).counts)
        if n_different < 2:
            return [None] * len(ks)
        cuts = begin(part, method=method, metric=metric, largest_k=max(ks), random_state=random_state, quick=True)
        return [cuts.cut(k).labels if k <= n_different else None for k in ks]

    return regroup


def _by_density(points: np.ndarray, *, method: str, metric: str, eps: float | None, min_samples: int | None,
                min_cluster_size: int | None, random_state: int) -> Regroup:
    """The same for DBSCAN and HDBSCAN: a part is sparser, so eps and the smallest group stay what they are in proportion."""
    times_usual = None
    if eps is not None:
        found = density.dbscan(points, metric=metric, eps=eps, min_samples=min_samples, random_state=random_state)
        usual = density.usual_reach(found.details["k_distances"])
        times_usual = eps / usual if usual > 0 else None

    def regroup(part: np.ndarray) -> list[np.ndarray | None]:
        needed = None if min_samples is None else min(min_samples, len(part))
        if (part == part[0]).all():
            return [None]
        if method == "hdbscan":
            smallest = None if min_cluster_size is None else max(2, round(min_cluster_size * len(part) / len(points)))
            return [density.hdbscan(part, metric=metric, min_cluster_size=smallest, min_samples=needed,
                                    random_state=random_state).labels]
        found = density.dbscan(part, metric=metric, eps=None, min_samples=needed, random_state=random_state)
        usual = density.usual_reach(found.details["k_distances"])
        if times_usual is not None and usual > 0:
            found = density.dbscan(part, metric=metric, eps=times_usual * usual, min_samples=needed,
                                   random_state=random_state)
        return [found.labels]

    return regroup
