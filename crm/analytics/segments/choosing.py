"""Choosing: how many groups are there, or is it a continuum without any?

For each number from 2 to 8: how clear (silhouette, Calinski-Harabasz), how much tighter than in data without groups (gap), how
large the smallest group, and would other customers give the same groups (stability)? The clearest number that is sound is
recommended. The elbow is not looked at (Schubert 2023 shows why).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.segments.clustering import checking
from crm.analytics.segments.clustering.cutting import WORK_SHARED, Cuts, begin
from crm.analytics.segments.clustering.distances import directed
from crm.analytics.segments.clustering.kmeans import KMeansCuts
from crm.analytics.segments.clustering.ordering import distinct, fixed_order, means, sample_rows
from crm.analytics.segments.clustering.silhouettes import silhouettes
from crm.analytics.segments.clustering.spectral import CLEAR_FROM as CLEAR_SEPARATION_FROM
from crm.analytics.segments.comparing import SILHOUETTE_SAMPLE, by_number, silhouette, stabilities
from crm.errors import InvalidInput, NotEnoughData

__all__ = ["LARGEST_K", "SMALLEST_K", "Choice", "choose", "is_continuum", "silhouette"]

SMALLEST_K, LARGEST_K = 2, 8  # more groups than eight cannot be treated differently by one person
FEWEST_DIFFERENT = 3  # two groups of three customers who differ: the least that can be chosen from
STABLE_FROM = 0.75  # adjusted Rand between resamples; below it, groups change with chance (Hennig 2007)
CLEAR_FROM = 0.50  # mean silhouette; up to .50 the structure is weak and may be artificial (Kaufman & Rousseeuw 1990)
SMALLEST_SHARE = 0.01  # a group below 1 % of the customers is a handful of exceptions, not a segment
MIXTURE_SAMPLE = 2_000  # customers that mixtures are compared on; each takes up to a hundred passes over them
CHANCE = 0.01  # clearness that differs by less may as well be equal
N_REFERENCES = 10  # data sets without groups; their mean is then known to a third of their deviation
GAP_SAMPLE = 500  # customers in each of them
GAP_STARTS = 2  # of K-means there; a start more or less changes the gap by less than its deviation


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
    best = _best(by_k, labelings, sample)
    return Choice(by_k, int(best["n_segments"]), gap_k,
                  is_continuum(silhouette=best["silhouette"], stability=best["stability"], gap_k=gap_k,
                               separation=best.get("separation")))


def _best(by_k: pd.DataFrame, labelings: Sequence[np.ndarray], sample: np.ndarray) -> pd.Series:
    """The row to recommend: the clearest sound one.

    Spectral clustering: of those as separate as the best but for chance the one with most groups, since parts that do not
    touch are fully separate in any union. Where exceptions spoil every number: the clearest, and of equally clear ones the
    one with fewest groups, once tiny groups are left aside: one giant customer makes any two groups "clear" (on raw spend a
    silhouette of .98 for 8 customers against all others).
    """
    stable = by_k["stability"] >= STABLE_FROM
    sound = stable & (by_k["smallest_share"] >= SMALLEST_SHARE)
    candidates = by_k[sound if sound.any() else stable if stable.any() else stable | True]
    if "separation" in by_k:
        clear = candidates["separation"]
        return candidates.loc[clear.index[clear >= clear.max() - CHANCE][-1]]
    clear = candidates["silhouette"]
    if not sound.any():
        usual = pd.Series(_without_tiny(sample, [labelings[place] for place in candidates.index]), index=candidates.index)
        if usual.notna().any():
            return candidates.loc[usual.index[usual >= usual.max() - CHANCE][0]]
    return candidates.loc[clear.idxmax()]


def _without_tiny(points: np.ndarray, labelings: Sequence[np.ndarray]) -> list[float]:
    """Silhouettes of the customers in groups of at least 1 %; NaN where there are not two such groups."""
    clear = []
    for labels in labelings:
        codes = np.unique(labels, return_inverse=True)[1]
        usual = np.bincount(codes)[codes] >= SMALLEST_SHARE * len(codes)
        clear.append(silhouettes(points[usual], [codes[usual]])[0] if usual.any() else float("nan"))
    return clear


def is_continuum(*, silhouette: float, stability: float, gap_k: int | None = None, separation: float | None = None) -> bool:
    """Whether to say that there are no clear groups: True unless every check says that there are.

    Whoever hears "groups" treats them as real, so each check may object: a silhouette below .5 (Kaufman & Rousseeuw 1990),
    groups that change with chance (Hennig 2007), a gap statistic that finds one group only (Tibshirani 2001). Groups of
    spectral clustering may be bent and are judged by their `separation` instead of the silhouette and the gap.
    """
    if separation is not None:
        return not (separation >= CLEAR_SEPARATION_FROM and stability >= STABLE_FROM)
    return not (silhouette >= CLEAR_FROM and stability >= STABLE_FROM and gap_k != 1)


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


def gap_statistic(points: np.ndarray, ks: Sequence[int], *, metric: str = "euclidean",
                  random_state: int) -> tuple[list[float], list[float], int | None]:
    """Gap and its deviation for each of `ks` (2, 3, ...), and the number of groups that they say (1: none).

    The gap is how much smaller log dispersion is than in data without groups, spread evenly over the box along the principal
    axes (Tibshirani, Walther & Hastie 2001, their choice b). It asks what the data hold, so that K-means, which minimises
    dispersion, answers it for every method. The number is the smallest whose gap is within one standard error of the largest
    (Dudoit & Fridlyand 2002): the first local peak, which Tibshirani took, said one group wherever two do not help yet, as
    with the five well-known groups of the mall's customers. None where it is the last one tried: it may grow further.
    By cosine points are directions, and so are those without groups.
    """
    rng = np.random.default_rng(random_state)
    sample = points[sample_rows(len(points), at_most=GAP_SAMPLE, random_state=random_state)]
    middle = 0.0 if metric == "cosine" else sample.mean(axis=0)  # directions are seen from 0
    axes = np.linalg.svd(sample - middle, full_matrices=False)[2]
    along = (sample - middle) @ axes.T
    low, high = along.min(axis=0), along.max(axis=0)
    seen = _log_dispersions(along, ks, random_state=random_state)
    expected = np.array([
        _log_dispersions(directed(rng.uniform(low, high, size=along.shape), metric), ks, random_state=random_state)
        for _ in range(N_REFERENCES)])
    gaps = expected.mean(axis=0) - seen
    deviations = expected.std(axis=0) * np.sqrt(1 + 1 / N_REFERENCES)
    gap_k = None
    if np.isfinite(gaps).any():
        largest = int(np.nanargmax(gaps))
        gap_k = int(np.argmax(gaps >= gaps[largest] - deviations[largest])) + 1
    return gaps[1:].tolist(), deviations[1:].tolist(), gap_k if gap_k != ks[-1] else None


def _log_dispersions(points: np.ndarray, ks: Sequence[int], *, random_state: int) -> np.ndarray:
    """Log dispersion of one group and of ks K-means groups; NaN where there is none."""
    cuts = KMeansCuts(points, random_state=random_state, n_starts=GAP_STARTS)
    n_different = len(distinct(points[fixed_order(points)]).counts)
    dispersions = [((points - points.mean(axis=0)) ** 2).sum(),
                   *(cuts.cut(k).details["inertia"] if k < n_different else 0.0 for k in ks)]
    return np.log(np.where(np.array(dispersions) > 0, dispersions, np.nan))
