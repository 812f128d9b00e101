"""Choosing: how many groups are there, or is it a continuum without any?

For each number from 2 to 8: how clear (silhouette, Calinski-Harabasz), how much tighter than in data without groups (gap), how
large the smallest group, and would other customers give the same groups (stability)? The clearest number that is sound is
recommended. The elbow is not looked at (Schubert 2023 shows why).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.segments.clustering import checking
from crm.analytics.segments.clustering.cutting import WORK_SHARED, Cuts, begin
from crm.analytics.segments.clustering.ordering import distinct, fixed_order, means, sample_rows
from crm.analytics.segments.clustering.silhouettes import silhouettes
from crm.analytics.segments.clustering.spectral import CLEAR_FROM as CLEAR_SEPARATION_FROM
from crm.analytics.segments.comparing import SILHOUETTE_SAMPLE, by_number, silhouette, stabilities
from crm.analytics.segments.gap import gap_statistic
from crm.errors import InvalidInput, NotEnoughData

__all__ = ["LARGEST_K", "SMALLEST_K", "Choice", "choose", "is_continuum", "silhouette"]

SMALLEST_K, LARGEST_K = 2, 8  # more groups than eight cannot be treated differently by one person
FEWEST_DIFFERENT = 3  # two groups of three customers who differ: the least that can be chosen from
STABLE_FROM = 0.75  # adjusted Rand between resamples; below it, groups change with chance (Hennig 2007)
CLEAR_FROM = 0.50  # mean silhouette; up to .50 the structure is weak and may be artificial (Kaufman & Rousseeuw 1990)
SMALLEST_SHARE = 0.01  # a group below 1 % of the customers is a handful of exceptions, not a segment
MIXTURE_SAMPLE = 2_000  # customers that mixtures are compared on; each takes up to a hundred passes over them
LEAST_CLEAR = -1.0  # stands for a silhouette that is unknown since only one group shows in the sample
CHANCE = 0.01  # clearness that differs by less may as well be equal


@dataclass(frozen=True, eq=False)
class Choice:
    """How many groups to make.

    by_k: one row a number of groups: n_segments, silhouette (-1..1), calinski_harabasz (>= 0, higher = clearer), gap and
        gap_deviation (see `gap_statistic`), smallest_share (0..1 of the customers), stability (adjusted Rand, 1 =
        unchanged by resampling, NaN unknown); for mixtures also bic (lower is better), for spectral clustering separation
        (the silhouette among its eigenvectors, by which it is chosen there: groups may be bent).
    recommended_k: the clearest that is stable and has no group below 1 %; where none is, the clearest once tiny groups are
        left aside.
    gap_k: the number that the gap statistic says, 1 = no groups; None where it grows to the end.
    continuum: True = no clear groups, the borders are a convenience.
    """

    by_k: pd.DataFrame
    recommended_k: int
    gap_k: int | None
    continuum: bool


def choose(points: np.ndarray, *, method: str = "kmeans", metric: str = "euclidean", largest_k: int = LARGEST_K,
           random_state: int = 0) -> Choice:
    """Compare 2..largest_k groups of (n, d) points, fewer where fewer customers differ; the order of rows changes nothing.

    Raises InvalidInput for DBSCAN and HDBSCAN, which find their number themselves, NotEnoughData below three customers who
    differ.
    """
    checking.check_choice(method=method, metric=metric)
    if method in checking.FIND_THEIR_NUMBER:
        raise InvalidInput(f"{checking.NAMES[method]} finds the number of groups itself; there is nothing to choose.",
                           field="method")
    if largest_k < SMALLEST_K:
        raise InvalidInput(f"At most {largest_k} groups were asked for; compare at least {SMALLEST_K}.", field="largest_k")
    points = checking.checked_points(points, metric=metric)
    ordered = points[fixed_order(points)]
    with checking.one_thread():
        cuts = begin(ordered, method=method, metric=metric, largest_k=largest_k, random_state=random_state)
        return choose_from(ordered, cuts, method=method, metric=metric, largest_k=largest_k, random_state=random_state)


def choose_from(points: np.ndarray, cuts: Cuts, *, method: str, metric: str, largest_k: int, random_state: int) -> Choice:
    """`choose` for points in fixed order of which `cuts` are begun; everything is measured on seeded samples."""
    rows = sample_rows(len(points), at_most=MIXTURE_SAMPLE if method == "mixture" else SILHOUETTE_SAMPLE,
                       random_state=random_state)
    sample = points[rows]
    n_different = len(distinct(sample).counts)
    if n_different < FEWEST_DIFFERENT:
        raise NotEnoughData(f"Choosing a number of groups needs at least {FEWEST_DIFFERENT} customers who differ; the "
                            f"{len(sample):,} looked at have only {n_different} different combinations of the chosen columns.")
    candidates = list(range(SMALLEST_K, min(largest_k, n_different - 1) + 1))
    if method in WORK_SHARED:
        found = [cuts.cut(k) for k in candidates]
        labelings = [grouping.labels[rows] for grouping in found]
    else:
        sample_cuts = begin(sample, method=method, metric=metric, largest_k=candidates[-1], random_state=random_state, quick=True)
        found = [sample_cuts.cut(k) for k in candidates]
        labelings = [grouping.labels for grouping in found]
    gap, deviation, gap_k = gap_statistic(sample, candidates, metric=metric, random_state=random_state)
    by_k = pd.DataFrame({
        "n_segments": candidates,
        "silhouette": silhouettes(sample, labelings),
        "calinski_harabasz": [calinski_harabasz(sample, labels) for labels in labelings],
        "gap": gap,
        "gap_deviation": deviation,
        "smallest_share": [smallest_share(grouping.labels) for grouping in found],
        "stability": stabilities(sample, labelings, random_state=random_state,
                                 regroup=by_number(candidates, method=method, metric=metric, random_state=random_state)),
    })
    if method == "mixture":
        by_k["bic"] = [grouping.details["bic"] for grouping in found]
    if method == "spectral":
        by_k["separation"] = [grouping.details["separation"] for grouping in found]
    usual = by_k["silhouette"].copy()
    for place in np.flatnonzero(by_k["smallest_share"] < SMALLEST_SHARE):
        usual[place] = silhouette(sample, without_tiny(labelings[place]))
    best = _best(by_k, usual)
    return Choice(by_k, int(best["n_segments"]), gap_k,
                  is_continuum(silhouette=usual[best.name], stability=best["stability"], gap_k=gap_k,
                               separation=best.get("separation")))


def _best(by_k: pd.DataFrame, usual: pd.Series) -> pd.Series:
    """The row to recommend: the clearest sound one.

    usual: for each row the silhouette without tiny groups, by which it is chosen where exceptions spoil every number (of
    equally clear ones the one with fewest groups): one giant customer makes any two groups "clear" (on raw spend a
    silhouette of .98 for 8 customers against all others). Spectral clustering: of those as separate as the best but for
    chance the one with most groups, since parts that do not touch are fully separate in any union.
    """
    stable = by_k["stability"] >= STABLE_FROM
    sound = stable & (by_k["smallest_share"] >= SMALLEST_SHARE)
    for among in (sound, stable & usual.notna(), usual.notna(), by_k["n_segments"] > 0):
        if among.any():
            break
    if "separation" in by_k:
        clear = by_k["separation"][among].fillna(LEAST_CLEAR)
        return by_k.loc[clear.index[clear >= clear.max() - CHANCE][-1]]
    if sound.any():
        return by_k.loc[by_k["silhouette"][among].idxmax()]
    clear = usual[among].fillna(LEAST_CLEAR)
    return by_k.loc[clear.index[clear >= clear.max() - CHANCE][0]]


def without_tiny(labels: np.ndarray) -> np.ndarray:
    """The labels with -1 for the groups below 1 % of the customers.

    >>> without_tiny(np.array([4] * 199 + [7])).min()
    np.int64(-1)
    """
    codes = np.unique(labels, return_inverse=True)[1]
    return np.where(np.bincount(codes)[codes] >= SMALLEST_SHARE * len(codes), labels, -1)


def is_continuum(*, silhouette: float, stability: float, gap_k: int | None = None, separation: float | None = None) -> bool:
    """Whether to say that there are no clear groups: True unless every check says that there are.

    Whoever hears "groups" treats them as real, so each check may object: a silhouette below .5 (Kaufman & Rousseeuw 1990),
    or one that is unknown since all but a few exceptions are in one group; groups that change with chance (Hennig 2007); a
    gap statistic that finds one group only (Tibshirani 2001). Groups of spectral clustering may be bent, which a silhouette
    does not see: their `separation` stands for it, from .75 on.
    silhouette: of the groups of at least 1 % (see `without_tiny`).
    """
    is_clear = silhouette >= CLEAR_FROM
    if separation is not None:
        is_clear = separation >= CLEAR_SEPARATION_FROM and not np.isnan(silhouette)
    return not (is_clear and stability >= STABLE_FROM and gap_k != 1)


def calinski_harabasz(points: np.ndarray, labels: np.ndarray) -> float:
    """Spread between groups over spread within, per degree of freedom (Calinski & Harabasz 1974), below 0 left out.

    NaN with fewer than two groups, with as many groups as customers, and where all are at their centre.
    """
    inside = labels >= 0
    points, codes = points[inside], np.unique(labels[inside], return_inverse=True)[1]
    k = int(codes.max()) + 1 if len(codes) else 0
    if not 1 < k < len(points):
        return float("nan")
    within = dispersion(points, codes)
    total = float(((points - points.mean(axis=0)) ** 2).sum())
    return (total - within) / (k - 1) / (within / (len(points) - k)) if within > 0 else float("nan")


def dispersion(points: np.ndarray, codes: np.ndarray) -> float:
    """Sum of squared distances to the centroid of the own group; codes 0..k-1."""
    centroids = means(points, codes, int(codes.max()) + 1)
    return float(((points - centroids[codes]) ** 2).sum())


def smallest_share(labels: np.ndarray) -> float:
    """The smallest group's share of all customers, those in no group (below 0) included; NaN without a group."""
    sizes = np.unique(labels[labels >= 0], return_counts=True)[1]
    return float(sizes.min() / len(labels)) if len(sizes) else float("nan")
