"""Hierarchies: which two groups are joined next, until all are one?

Ward joins the two whose union raises the spread least (Ward 1963), average the two that lie nearest on average over all
their pairs (Sokal & Michener 1958), complete the two whose farthest pair is nearest. The tree is grown once and cut into any
number of groups. Up to 4,000 different customers it is exact; above, the leaves are weighted micro-clusters.
"""

import numpy as np

from crm.analytics.segments.clustering.distances import between, directed
from crm.analytics.segments.clustering.found import Found
from crm.analytics.segments.clustering.micro import summarise

EXACT_UP_TO = 4_000  # half a second and 130 MB of distances; both grow with the square


class Tree:
    """The tree over `points` (in fixed order), cut by `cut`.

    linkage (m - 1, 4) as scipy's: the two joined (leaves are 0..m-1, the i-th union m + i), its height, its customers.
    leaf_sizes (m,): customers of each leaf.
    """

    def __init__(self, points: np.ndarray, *, method: str, metric: str, random_state: int) -> None:
        from scipy.cluster.hierarchy import linkage

        if len(points) <= EXACT_UP_TO:
            self.linkage = linkage(between(points, metric), method)
            self.leaf_sizes, self.leaf_of_row = np.ones(len(points), dtype="int64"), np.arange(len(points))
            self.approximated = ""
            return
        leaves = summarise(directed(points, metric), exact_up_to=EXACT_UP_TO, random_state=random_state)
        self.linkage = weighted_linkage(leaves.centres, leaves.sizes, method=method, metric=metric)
        self.leaf_sizes, self.leaf_of_row = leaves.sizes, leaves.of_row
        self.approximated = "" if leaves.exact else "micro"

    def cut(self, k: int) -> Found:
        """Groups by undoing the last k - 1 unions."""
        leaf_labels = cut(self.linkage, k)
        details = {"linkage": self.linkage, "leaf_sizes": self.leaf_sizes, "leaf_labels": leaf_labels}
        return Found(leaf_labels[self.leaf_of_row], self.approximated, details)


def cut(linkage: np.ndarray, k: int) -> np.ndarray:
    """Group number 0..k-1 of every leaf after all unions but the last k - 1.

    Exactly k groups even where several unions have the same height; scipy's fcluster gives fewer there.

    >>> cut(np.array([[0.0, 1.0, 1.0, 2.0], [2.0, 3.0, 9.0, 3.0]]), 2).tolist()
    [0, 0, 1]
    """
    n_leaves = len(linkage) + 1
    group = np.full(2 * n_leaves - 1, -1, dtype="int64")
    n_groups = 0
    joined = linkage[:, :2].astype("int64").tolist()
    if k == 1:
        return np.zeros(n_leaves, dtype="int64")
    for node in range(2 * n_leaves - 2, -1, -1):
        if node >= n_leaves and node - n_leaves >= n_leaves - k:
            continue  # undone
        if group[node] < 0:
            group[node] = n_groups
            n_groups += 1
        if node >= n_leaves:
            group[joined[node - n_leaves]] = group[node]
    return np.unique(group[:n_leaves], return_inverse=True)[1]


def weighted_linkage(centres: np.ndarray, sizes: np.ndarray, *, method: str, metric: str = "euclidean") -> np.ndarray:
    """Linkage as scipy's, over leaves that stand for several customers each; with sizes of 1 it is scipy's.

    By chains of nearest neighbours (Murtagh 1983), distances to a union by Lance & Williams (1967): Ward's and average
    linkage weigh both parts by their customers. Leaves of unequal size start at Ward's distance
    sqrt(2 a b / (a + b)) * |c - d|, which is what their customers would have been joined at.
    """
    from scipy.spatial.distance import squareform

    n_leaves = len(centres)
    weights = sizes.astype(float)
    distance = squareform(between(centres, metric))
    if method == "ward":  # the update is linear in squares
        distance = distance**2 * (2 * weights[:, None] * weights / (weights[:, None] + weights))
    np.fill_diagonal(distance, np.inf)
    unions = np.empty((n_leaves - 1, 3))
    node_weight = weights.copy()
    chain: list[int] = []
    for step in range(n_leaves - 1):
        if not chain:
            chain = [int(np.argmax(node_weight > 0))]
        while True:
            last = chain[-1]
            nearest = int(np.argmin(distance[last]))
            # Of equally near ones the chain goes back to where it came from, or it would never end
            if len(chain) > 1 and distance[last, chain[-2]] <= distance[last, nearest]:
                nearest = chain[-2]
                break
            chain.append(nearest)
        chain = chain[:-2]
        first, second = sorted((last, nearest))
        height, a, b = distance[first, second], node_weight[first], node_weight[second]
        unions[step] = first, second, height
        if method == "ward":
            merged = ((a + node_weight) * distance[first] + (b + node_weight) * distance[second]
                      - node_weight * height) / (a + b + node_weight)
        elif method == "average":
            merged = (a * distance[first] + b * distance[second]) / (a + b)
        else:
            merged = np.maximum(distance[first], distance[second])
        merged[first] = merged[second] = np.inf
        distance[second] = distance[second, :] = merged
        distance[:, second] = merged
        distance[first] = np.inf
        distance[:, first] = np.inf
        node_weight[second], node_weight[first] = a + b, 0.0
    if method == "ward":
        unions[:, 2] = np.sqrt(np.maximum(unions[:, 2], 0.0))
    return _as_tree(unions[np.argsort(unions[:, 2], kind="stable")], weights)


def _as_tree(unions: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """scipy's linkage from unions sorted by height, each named by one leaf of either part."""
    n_leaves = len(weights)
    above = list(range(2 * n_leaves - 1))
    weight = np.r_[weights, np.zeros(n_leaves - 1)]
    linkage = np.empty((n_leaves - 1, 4))
    for step, (first, second, height) in enumerate(unions.tolist()):
        nodes = sorted((_top(above, int(first)), _top(above, int(second))))
        node = n_leaves + step
        above[nodes[0]] = above[nodes[1]] = node
        weight[node] = weight[nodes].sum()
        linkage[step] = *nodes, height, weight[node]
    return linkage


def _top(above: list[int], node: int) -> int:
    while above[node] != node:
        above[node] = above[above[node]]  # the next search is shorter
        node = above[node]
    return node
