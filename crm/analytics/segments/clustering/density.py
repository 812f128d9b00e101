"""Density: where do customers lie so close together that they form a group, and who stands alone?

DBSCAN (Ester, Kriegel, Sander & Xu 1996): whoever has `min_samples` customers (himself included) within `eps` is core; cores
within `eps` of one another are one group; others belong to the group of the nearest core within `eps`, or to none.
HDBSCAN (Campello, Moulavi & Sander 2013) does so for all eps at once and keeps the groups that last longest.
"""

import numpy as np

from crm.analytics.segments.clustering.distances import directed, for_tree, from_tree, tree_norm
from crm.analytics.segments.clustering.found import Found
from crm.analytics.segments.clustering.ordering import Distinct, distinct, sample_rows
from crm.errors import InvalidInput

NEIGHBOURS_A_COLUMN = 2  # min_samples = 2 d (Sander, Ester, Kriegel & Xu 1998)
NEIGHBOURS_A_LOG = 2  # and at least 2 ln n: with four neighbours, the fringe of 20,000 customers broke into 70 tiny groups
FENCE = 1.5  # quartile distances above the upper quartile (Tukey 1977)
# A search tree finds the neighbours of 100,000 customers in 2 s with five columns, in 15 s with ten
MOST_COLUMNS_EXACT = {"euclidean": 5, "cosine": 5, "manhattan": 4}
EXACT_UP_TO = 10_000  # DBSCAN with any columns, and HDBSCAN, whose cost grows with the square: a second or two
SAMPLE = 5_000  # agreed with exact DBSCAN of 100,000 to an adjusted Rand of .997 in six trials of six; groups that all but touch may join
MOST_DISTANCES = 5_000_000  # neighbours kept at once: 80 MB
SMALLEST_GROUP_SHARE = 0.02  # a group of less than a fiftieth is not worth a treatment of its own
SMALLEST_GROUP = 5  # nor are four customers


def neighbours_needed(points: np.ndarray) -> int:
    """min_samples where none is given: two customers a column, at least twice the logarithm of all customers."""
    n_customers, n_columns = points.shape
    return min(max(NEIGHBOURS_A_COLUMN * n_columns, round(NEIGHBOURS_A_LOG * np.log(n_customers)), 2), n_customers)


def _rows(points: np.ndarray, *, is_quick: bool, min_samples: int | None, random_state: int) -> np.ndarray:
    """All rows, or a seeded sample where all would take too long or too many neighbours are asked for to keep them all."""
    n_customers = len(points)
    fits = n_customers * (min_samples or 1) <= MOST_DISTANCES
    rows = sample_rows(n_customers, at_most=n_customers if is_quick and fits else SAMPLE, random_state=random_state)
    if min_samples is not None and min_samples > len(rows):
        raise InvalidInput(f"The number of neighbours is {min_samples:,}; with {len(rows):,} customers looked at it can be at "
                           f"most {len(rows):,}.", field="min_samples")
    return rows


def dbscan(points: np.ndarray, *, metric: str, eps: float | None, min_samples: int | None, random_state: int) -> Found:
    """Groups of connected dense places; `points` in fixed order.

    Exact up to 5 columns or 10,000 customers. Above, or where thousands of neighbours are asked for, a seeded sample of
    5,000 is grouped, eps and min_samples being those of the sample; all others belong to the group of its nearest core within
    eps. details: eps, min_samples, k_distances (ascending: the distance within which each customer of those grouped has
    min_samples, himself included).
    """
    ready = directed(points, metric)
    norm = tree_norm(metric)
    is_quick = len(points) <= EXACT_UP_TO or points.shape[1] <= MOST_COLUMNS_EXACT[metric]
    rows = _rows(points, is_quick=is_quick, min_samples=min_samples, random_state=random_state)
    different = distinct(ready[rows])
    min_samples = min_samples or neighbours_needed(points[rows])
    distances, neighbours = _nearest_few(different, min_samples, norm=norm)
    reach = _reach(different, distances, neighbours, min_samples=min_samples)
    curve = np.sort(np.repeat(reach, different.counts))
    tree_eps = _eps(curve, different, norm=norm) if eps is None else for_tree(eps, metric)
    is_core = reach <= tree_eps
    labels = np.full(len(points), -1)
    if is_core.any():
        one, rank = np.nonzero((distances <= tree_eps) & is_core[neighbours] & is_core[:, None])
        position = np.cumsum(is_core) - 1
        cores = different.points[is_core]
        parts = connected(cores, eps=tree_eps, norm=norm, links=(position[one], position[neighbours[one, rank]]))
        labels = _nearest(cores, parts, ready, within=tree_eps, norm=norm)
    details = {"eps": float(from_tree(tree_eps, metric)), "min_samples": int(min_samples),
               "k_distances": from_tree(curve, metric)}
    return Found(labels, "sample" if len(rows) < len(points) else "", details)


def _nearest_few(different: Distinct, n_neighbours: int, *, norm: int) -> tuple[np.ndarray, np.ndarray]:
    """(m, j) distances and positions of the nearest among the m different customers, oneself first; j <= n_neighbours."""
    from scipy.spatial import cKDTree

    ranks = np.arange(1, min(n_neighbours, len(different.points)) + 1)
    return cKDTree(different.points).query(different.points, k=ranks, p=norm, workers=-1)


def _reach(different: Distinct, distances: np.ndarray, neighbours: np.ndarray, *, min_samples: int) -> np.ndarray:
    """(m,) distance within which each has min_samples customers, himself and equal ones included."""
    enough = np.cumsum(different.counts[neighbours], axis=1) >= min_samples
    return distances[np.arange(len(distances)), enough.argmax(axis=1)]


def usual_reach(curve: np.ndarray) -> float:
    """Tukey's upper fence of the k-distances: beyond it a customer's neighbours are unusually far away.

    Where a picture's knee is looked for by eye (Ester 1996), this finds the same place by rule. Of the rules tried, the point
    farthest from the chord cut the tails off clean groups, and the 95th percentile joined all groups where a tenth of the
    customers were noise; the fence held from 0 to 20 % of noise.

    >>> usual_reach(np.array([1.0, 1.0, 2.0, 2.0, 9.0]))
    3.5
    """
    low, high = np.quantile(curve, [0.25, 0.75])
    return float(high + FENCE * (high - low))


def _eps(curve: np.ndarray, different: Distinct, *, norm: int) -> float:
    """The usual reach; where most customers have so many equals that it is 0, less than to anybody who differs."""
    from scipy.spatial import cKDTree

    usual = usual_reach(curve)
    if usual > 0:
        return usual
    if len(different.points) == 1:  # all exceptions are outside the sample
        return float(np.finfo(float).tiny)
    to_next = cKDTree(different.points).query(different.points, k=[2], p=norm, workers=-1)[0]
    return float(to_next.min()) / 2


def connected(points: np.ndarray, *, eps: float, norm: int, links: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Part number of every point: two belong together when a chain of steps of at most `eps` leads from one to the other.

    links: pairs of points known to be within eps; the more, the less is left to do. Exact, without listing all pairs (in a
    dense place every customer has thousands of neighbours): the parts that the links make are split in halves by each
    binary digit of their number, and whatever lies within eps of the other half is joined, until nothing does. Any two
    parts differ in some digit.
    """
    from scipy.spatial import cKDTree

    within = np.nextafter(eps, np.inf)  # the search tree takes what is nearer than the bound, eps itself counts
    parts = _joined(np.arange(len(points)), *links)
    while True:
        before = parts.max()
        digit = 1
        while digit <= parts.max():
            upper = np.flatnonzero(parts & digit)
            lower = np.flatnonzero(parts & digit == 0)
            distances, neighbours = cKDTree(points[lower]).query(points[upper], p=norm, distance_upper_bound=within,
                                                                 workers=-1)
            met = np.flatnonzero(np.isfinite(distances))
            if len(met):
                parts = _joined(parts, upper[met], lower[neighbours[met]])
            digit *= 2
        if parts.max() == before:
            return parts


def _joined(parts: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Parts 0..m-1 after joining those of points `one` with those of points `other`."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n_parts = int(parts.max()) + 1
    links = coo_array((np.ones(len(one)), (parts[one], parts[other])), shape=(n_parts, n_parts))
    return connected_components(links, directed=False)[1][parts]


def _nearest(known: np.ndarray, labels: np.ndarray, points: np.ndarray, *, norm: int, within: float = np.inf) -> np.ndarray:
    """The label of the nearest known point, -1 where none lies within."""
    from scipy.spatial import cKDTree

    bound = np.nextafter(within, np.inf)
    distances, nearest = cKDTree(known).query(points, p=norm, distance_upper_bound=bound, workers=-1)
    return np.where(np.isfinite(distances), np.append(labels, -1)[nearest], -1)


def hdbscan(points: np.ndarray, *, metric: str, min_cluster_size: int | None, min_samples: int | None,
            random_state: int) -> Found:
    """Groups that last longest while the density asked for rises; `points` in fixed order.

    Exact up to 10,000 customers. Above, a seeded sample of 5,000 is grouped, min_samples being that of the sample and
    min_cluster_size in proportion; all others are what the nearest customer of the sample is. By cosine, densities are those
    of the directions.
    """
    from sklearn.cluster import HDBSCAN

    n_customers = len(points)
    min_cluster_size = min_cluster_size or min(max(SMALLEST_GROUP, round(SMALLEST_GROUP_SHARE * n_customers)), n_customers)
    if min_cluster_size > n_customers:
        raise InvalidInput(f"The smallest group has {min_cluster_size:,} customers, but there are only {n_customers:,}.",
                           field="min_cluster_size")
    ready = directed(points, metric)
    rows = _rows(points, is_quick=n_customers <= EXACT_UP_TO, min_samples=min_samples, random_state=random_state)
    min_samples = min_samples or neighbours_needed(points[rows])
    model = HDBSCAN(min_cluster_size=max(2, round(min_cluster_size * len(rows) / n_customers)), min_samples=min_samples,
                    metric="manhattan" if metric == "manhattan" else "euclidean", copy=True).fit(ready[rows])
    details = {"min_cluster_size": int(min_cluster_size), "min_samples": int(min_samples)}
    labels, probabilities = model.labels_, model.probabilities_
    if len(rows) < n_customers:
        nearest = _nearest(ready[rows], np.arange(len(rows)), ready, norm=tree_norm(metric))
        labels, probabilities = labels[nearest], probabilities[nearest]
    return Found(labels, "sample" if len(rows) < n_customers else "", details, {"probabilities": probabilities})
