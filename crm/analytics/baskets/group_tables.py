"""Is the odds ratio the same in all groups? Fourfold tables of two sides, group by group and size by size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix, csr_matrix

LARGEST_ODDS = 1e6  # beyond it nothing can be told apart: the two lie always, or never, together
MOST_SIZES = 8  # classes of order size in a comparison; more would leave a few orders in each


@dataclass(frozen=True, eq=False)
class Tables:
    """Numbers of orders by stratum (group x size) and pair: left, right, both (strata, n); orders (strata,).

    group: of each stratum; stratum: of each order; both_in: csc (orders, n), ones where both sides lie.
    """

    left: np.ndarray
    right: np.ndarray
    both: np.ndarray
    orders: np.ndarray
    group: np.ndarray
    stratum: np.ndarray
    both_in: csc_matrix

    def by_group(self, cells: np.ndarray) -> np.ndarray:
        """Sums over the strata of each group: (groups, n)."""
        total = np.zeros((int(self.group.max()) + 1, cells.shape[1]), dtype=cells.dtype)
        np.add.at(total, self.group, cells)
        return total


def tables_of(table: csr_matrix, left: list[tuple[int, ...]], right: list[tuple[int, ...]], *, group: np.ndarray, groups: int,
              size: np.ndarray) -> Tables:
    """The fourfold tables of each left and right side (tuples of columns) in each group and class of order size."""
    from scipy.sparse import csr_matrix as sparse

    size = merged(size)
    sizes = int(size.max()) + 1
    stratum = group * sizes + size
    strata = groups * sizes
    counts = sparse((np.ones(len(stratum)), (stratum, np.arange(len(stratum)))), shape=(strata, len(stratum)))
    by_product = table.astype(np.float64).tocsc()
    in_left, in_right = holding(by_product, left), holding(by_product, right)
    both_in = in_left.multiply(in_right).tocsc()
    sums = [(counts @ held).toarray().round().astype(np.int64) for held in (in_left, in_right, both_in)]
    return Tables(*sums, orders=np.bincount(stratum, minlength=strata), group=np.repeat(np.arange(groups), sizes),
                  stratum=stratum, both_in=both_in)


def merged(size: np.ndarray) -> np.ndarray:
    """At most eight classes of about as many orders each, neighbours joined."""
    classes = np.bincount(size)
    if len(classes) <= MOST_SIZES:
        return size
    middle = np.cumsum(classes) - classes / 2
    joined = np.minimum((middle * MOST_SIZES / classes.sum()).astype(np.int64), MOST_SIZES - 1)
    return np.unique(joined, return_inverse=True)[1].ravel()[size]


def holding(by_product: csc_matrix, groups: list[tuple[int, ...]]) -> csc_matrix:
    """(orders, n): ones where an order holds all columns of a group."""
    length = max((len(group) for group in groups), default=1)
    # A shorter group names its last column again: a product with itself is itself.
    padded = np.array([group + group[-1:] * (length - len(group)) for group in groups], dtype=np.int64).reshape(-1, length)
    held = by_product[:, padded[:, 0]]
    for place in range(1, length):
        held = held.multiply(by_product[:, padded[:, place]]).tocsc()
    return held


def common_odds(tables: Tables) -> np.ndarray:
    """The odds ratio over all strata (n,), of Mantel & Haenszel (1959)."""
    orders = np.maximum(tables.orders, 1)[:, None]
    only_left, only_right = tables.left - tables.both, tables.right - tables.both
    neither = tables.orders[:, None] - tables.left - tables.right + tables.both
    above, below = (tables.both * neither / orders).sum(axis=0), (only_left * only_right / orders).sum(axis=0)
    odds = np.divide(above, below, out=np.full(len(above), LARGEST_ODDS), where=below > 0)
    return np.clip(odds, 1 / LARGEST_ODDS, LARGEST_ODDS)


def expected_of(tables: Tables, odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Orders with both sides in each stratum at this odds ratio, given how many hold each side; and their variance.

    The root of the quadratic equation that says that the odds ratio of the expected table is `odds` (Breslow & Day 1980).
    """
    left, right, orders = tables.left.astype(float), tables.right.astype(float), tables.orders[:, None].astype(float)
    square = 1 - odds
    linear = orders - left - right + odds * (left + right)
    product = odds * left * right
    # The form of the root without a difference of large numbers, which is right for odds of 1, too.
    root = np.sqrt(np.maximum(linear**2 + 4 * square * product, 0))
    both = np.divide(2 * product, linear + root, out=np.zeros_like(product), where=linear + root > 0)
    both = np.clip(both, np.maximum(left + right - orders, 0), np.minimum(left, right))
    cells = (both, left - both, right - both, orders - left - right + both)
    possible = np.all([cell > 1e-9 for cell in cells], axis=0)
    inverse = sum(1 / np.where(possible, cell, 1.0) for cell in cells)
    return both, np.where(possible, 1 / inverse, 0.0)


def clustering(tables: Tables, odds: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """How many times the variance of each group's (groups, n) orders with both sides exceeds that of independent orders,
    because the same customers buy alike again and again; at least 1.

    The squares of what each customer's orders hold beyond expectation, summed over customers, over the same sum with
    every order by itself.
    """
    from scipy.sparse import csr_matrix as sparse

    n_orders, strata = len(clusters), len(tables.orders)
    groups = int(tables.group.max()) + 1
    if not tables.both.size:
        return np.ones((groups, tables.both.shape[1]))
    rate = expected_of(tables, odds)[0] / np.maximum(tables.orders, 1)[:, None]
    # A customer's orders in two groups are two clusters: each group has a variance of its own.
    pairs = tables.group[tables.stratum] + groups * np.unique(clusters, return_inverse=True)[1].ravel().astype(np.int64)
    cluster = np.unique(pairs, return_inverse=True)[1].ravel()
    n_clusters = int(cluster.max()) + 1
    belongs = sparse((np.ones(n_orders), (cluster, np.arange(n_orders))), shape=(n_clusters, n_orders))
    held = (belongs @ tables.both_in).tocsc()  # clusters x pairs
    counts = sparse((np.ones(n_orders), (cluster, tables.stratum)), shape=(n_clusters, strata))
    group_of = np.zeros(n_clusters, dtype=np.int64)
    group_of[cluster] = tables.group[tables.stratum]
    pair = np.repeat(np.arange(held.shape[1]), np.diff(held.indptr))
    # (together - expected) ** 2 summed over clusters, term by term: most clusters hold none.
    expected_there = np.zeros(len(held.data))
    for start in range(0, len(pair), 200_000):
        some = slice(start, start + 200_000)
        expected_there[some] = np.asarray(counts[held.indices[some]].multiply(rate[:, pair[some]].T).sum(axis=1)).ravel()
    place = group_of[held.indices] * held.shape[1] + pair
    size = groups * held.shape[1]
    crossed = np.bincount(place, weights=held.data**2 - 2 * held.data * expected_there, minlength=size).astype(float).reshape(groups, -1)
    alone = tables.by_group(tables.both * (1 - 2 * rate) + tables.orders[:, None] * rate**2)
    for group in range(groups):
        own = np.flatnonzero(tables.group == group)
        of_group = counts[group_of == group][:, own]
        squares = (of_group.T @ of_group).toarray()
        crossed[group] += np.einsum("ik,ij,jk->k", rate[own], squares, rate[own])
    return np.maximum(np.divide(crossed, alone, out=np.ones_like(crossed), where=alone > 1e-12), 1.0)


def differences(tables: Tables, odds: np.ndarray, spread: np.ndarray, *, min_expected: float) -> dict[str, np.ndarray]:
    """statistic, p_value (n,): NaN unless two groups are expected to hold `min_expected` orders with both sides; expected,
    is_tested (groups, n)."""
    from scipy.stats import chi2

    expected, variance = (tables.by_group(values) for values in expected_of(tables, odds))
    together = tables.by_group(tables.both)
    is_tested = (expected >= min_expected) & (variance > 0)
    away = np.where(is_tested, together - expected, 0.0)
    weight = np.where(is_tested, variance, 0.0)
    safe = np.where(is_tested, variance * spread, 1.0)
    # Tarone's correction: what a better common odds ratio would take away.
    slope = (weight / spread).sum(axis=0)
    shift = np.divide((away / spread).sum(axis=0) ** 2, slope, out=np.zeros(len(slope)), where=slope > 0)
    tested_groups = is_tested.sum(axis=0)
    statistic = np.where(tested_groups >= 2, np.maximum((away**2 / safe).sum(axis=0) - shift, 0.0), np.nan)
    p_value = chi2.sf(statistic, np.maximum(tested_groups - 1, 1))
    return {"statistic": statistic, "p_value": p_value, "expected": expected, "is_tested": is_tested}
