"""The gap statistic: are customers more clumped than customers without any groups would be?"""

from collections.abc import Sequence

import numpy as np

from crm.analytics.segments.clustering.distances import directed
from crm.analytics.segments.clustering.kmeans import KMeansCuts
from crm.analytics.segments.clustering.ordering import distinct, fixed_order, sample_rows

N_REFERENCES = 10  # data sets without groups; their mean is then known to a third of their deviation
GAP_SAMPLE = 500  # customers in each of them
STANDARD_ERRORS = 2  # the largest of eight gaps is an exception: with one error a third of even data was said to have groups
GAP_STARTS = 2  # of K-means there; a start more or less changes the gap by less than its deviation


def gap_statistic(points: np.ndarray, ks: Sequence[int], *, metric: str = "euclidean",
                  random_state: int) -> tuple[list[float], list[float], int | None]:
    """Gap and its deviation for each of `ks` (2, 3, ...), and the number of groups that they say (1: none).

    The gap is how much smaller log dispersion is than in data without groups, spread evenly over the box along the principal
    axes (Tibshirani, Walther & Hastie 2001, their choice b). It asks what the data hold, so that K-means, which minimises
    dispersion, answers it for every method. The number is the smallest whose gap is within two standard errors of the largest
    (after Dudoit & Fridlyand 2002): the first local peak, which Tibshirani took, said one group wherever two do not help yet,
    as with the five well-known groups of the mall's customers. None where it is the last one tried: it may grow further.
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
        gap_k = int(np.argmax(gaps >= gaps[largest] - STANDARD_ERRORS * deviations[largest])) + 1
    return gaps[1:].tolist(), deviations[1:].tolist(), gap_k if gap_k != ks[-1] else None


def _log_dispersions(points: np.ndarray, ks: Sequence[int], *, random_state: int) -> np.ndarray:
    """Log dispersion of one group and of ks K-means groups; NaN where there is none."""
    cuts = KMeansCuts(points, random_state=random_state, n_starts=GAP_STARTS)
    n_different = len(distinct(points[fixed_order(points)]).counts)
    dispersions = [((points - points.mean(axis=0)) ** 2).sum(),
                   *(cuts.cut(k).details["inertia"] if k < n_different else 0.0 for k in ks)]
    return np.log(np.where(np.array(dispersions) > 0, dispersions, np.nan))
