"""Checks: can these points be grouped in the way that was asked for, and if not, what is to be corrected?"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from crm.analytics.segments.clustering.distances import directed
from crm.errors import InvalidInput, NotEnoughData

METHODS = ("kmeans", "ward", "average", "complete", "dbscan", "hdbscan", "spectral", "mixture")
FIND_THEIR_NUMBER = ("dbscan", "hdbscan")  # the others are told how many groups to make
METRICS = ("euclidean", "manhattan", "cosine")
FREE_METRIC = ("average", "complete", "dbscan", "hdbscan")  # the others are defined by means and variances
LARGEST, SMALLEST = 1e100, 1e-100  # beyond, the squares of values and of differences leave the range of floats
DIRECTION_DIGITS = 12  # floats have 16; the last ones are the division's own
NAMES = {
    "kmeans": "K-means",
    "ward": "Ward's method",
    "average": "Average linkage",
    "complete": "Complete linkage",
    "dbscan": "DBSCAN",
    "hdbscan": "HDBSCAN",
    "spectral": "Spectral clustering",
    "mixture": "A Gaussian mixture",
}


@contextmanager
def one_thread() -> Iterator[None]:
    """Numbers are crunched in one thread: many tiny fits on a busy machine took 40 s instead of 1 s with threads that
    wait for one another, and sums of several threads differ in their last digits from run to run."""
    import sklearn.cluster  # noqa: F401  only libraries that are loaded already can be limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


def checked_points(points: np.ndarray, *, metric: str = "euclidean") -> np.ndarray:
    """The points as (n, d) float64, for "cosine" their directions.

    NotEnoughData below two customers or when all are equal (by cosine: all in one direction), InvalidInput for gaps.
    """
    points = np.asarray(points)
    if points.ndim != 2 or points.shape[1] == 0:
        raise InvalidInput("Groups need a table with at least one column of numbers.", field="columns")
    try:
        points = points.astype("float64") + 0.0  # -0.0 would sort and compare as another number
    except (TypeError, ValueError):
        raise InvalidInput("Groups need numbers; one of the columns holds text.", field="columns") from None
    if len(points) < 2:
        raise NotEnoughData(f"Groups need at least 2 customers; there {'is 1' if len(points) else 'are 0'}.")
    unusable = int((~(np.abs(points) < LARGEST)).sum())
    if unusable:
        raise InvalidInput(
            f"{unusable:,} values are missing or infinite; fill them in or leave those customers out.", field="missing")
    if np.ptp(points, axis=0).max() < SMALLEST:
        raise NotEnoughData(
            f"All {len(points):,} customers are equal in the chosen columns, so there are no groups; choose other columns.")
    if metric == "cosine":
        # Twice the same figures are the same direction, whatever the last digits of the division say
        points = np.round(directed(points, metric), DIRECTION_DIGITS) + 0.0
        if (points == points[0]).all():
            raise NotEnoughData(f"All {len(points):,} customers have the same proportions, and cosine compares nothing else; "
                                "choose another distance or other columns.")
    return points


def check_choice(*, method: str, metric: str = "euclidean", k: int | None = None, eps: float | None = None,
                 min_samples: int | None = None, min_cluster_size: int | None = None, k_needed: bool = False) -> None:
    """InvalidInput when the method is unknown or is given a setting that it does not have."""
    if method not in METHODS:
        raise InvalidInput(f"The method is {method!r}; choose one of {', '.join(METHODS)}.", field="method")
    if metric not in METRICS:
        raise InvalidInput(f"The distance is {metric!r}; choose one of {', '.join(METRICS)}.", field="metric")
    if metric != "euclidean" and method not in FREE_METRIC:
        raise InvalidInput(f"{NAMES[method]} works with Euclidean distances only; {metric!r} was asked for.", field="metric")
    if method in FIND_THEIR_NUMBER:
        if k is not None:
            raise InvalidInput(f"{NAMES[method]} finds the number of groups itself; leave the number out.", field="n_segments")
    elif k is None and k_needed:
        raise InvalidInput(f"{NAMES[method]} must be told how many groups to make.", field="n_segments")
    elif k is not None and k < 2:
        raise InvalidInput(f"{k} groups were asked for; at least 2 are needed to tell customers apart.", field="n_segments")
    if eps is not None and method != "dbscan":
        raise InvalidInput("The neighbourhood distance belongs to DBSCAN; leave it out.", field="eps")
    if eps is not None and not (np.isfinite(eps) and eps > 0):
        raise InvalidInput(f"The neighbourhood distance is {eps:g}; it must be above 0.", field="eps")
    if min_samples is not None and method not in FIND_THEIR_NUMBER:
        raise InvalidInput("The number of neighbours belongs to DBSCAN and HDBSCAN; leave it out.", field="min_samples")
    if min_samples is not None and min_samples < 1:
        raise InvalidInput(f"The number of neighbours is {min_samples}; it must be at least 1.", field="min_samples")
    if min_cluster_size is not None and method != "hdbscan":
        raise InvalidInput("The smallest group belongs to HDBSCAN; leave it out.", field="min_cluster_size")
    if min_cluster_size is not None and min_cluster_size < 2:
        raise InvalidInput(f"The smallest group has {min_cluster_size} customers; it must have at least 2.",
                           field="min_cluster_size")


def check_number(k: int, *, n_customers: int, n_different: int, metric: str) -> None:
    """InvalidInput when more groups are asked for than there are different customers."""
    if k > n_different and metric == "cosine":
        raise InvalidInput(
            f"{k} groups were asked for, but the {n_customers:,} customers have only {n_different} different proportions of "
            f"the chosen columns, and cosine compares nothing else; ask for at most {n_different}.", field="n_segments")
    if k > n_different:
        raise InvalidInput(
            f"{k} groups were asked for, but the {n_customers:,} customers have only {n_different} different combinations "
            f"of the chosen columns; ask for at most {n_different}.", field="n_segments")
