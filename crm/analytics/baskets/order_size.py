"""Order size: how often would two things lie together only because some orders are large?

Where a few orders hold hundreds of products and most hold three, every two products lie together more often than
independence says: shuffle the products among such orders, keep each order's size, and nearly every pair still has a
lift of 2 or 3 and a Fisher p-value near 0. So orders are compared with orders of about their size only (stratified as by
Mantel & Haenszel 1959): what is left above that is the products' own doing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.baskets.counting import orders_with

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from crm.analytics.baskets.itemsets import Itemsets

ALIKE = 1.3  # orders up to 30 % larger are of about the same size
FEWEST = 50  # orders in a class; in smaller ones what is expected is nearly what was seen


def size_classes(size: np.ndarray) -> np.ndarray:
    """The class (n,) of each order by its number of products, 0 the smallest; none has fewer than 50 orders, if possible.

    >>> size_classes(np.repeat([1, 2, 3, 9], [60, 60, 10, 45])).tolist() == [0] * 60 + [1] * 60 + [2] * 55
    True
    """
    held = np.bincount(size)
    first, starts = 0, []  # a class begins at so many products
    for products in np.flatnonzero(held).tolist():
        if not starts or (products > first * ALIKE and held[first:products].sum() >= FEWEST):
            first = products
            starts.append(first)
    if len(starts) > 1 and held[starts[-1] :].sum() < FEWEST:
        starts.pop()
    return np.searchsorted(starts, size, side="right") - 1


def usual_lift(size: np.ndarray) -> float:
    """The lift that any two rare products have only because of the sizes of the orders; 1 where all are alike and large.

    Each product of an order has size - 1 others beside it: orders * sum(size * (size - 1)) / sum(size) ** 2.
    """
    size = size.astype(float)
    return float(len(size) * (size * (size - 1)).sum() / size.sum() ** 2)


class Sizes:
    """What is expected of the itemsets' rules, given how large the orders are that hold each side."""

    def __init__(self, table: csr_matrix, found: Itemsets, *, longest: int) -> None:
        """`longest`: products on one side of a rule at most."""
        group = size_classes(np.diff(table.indptr))
        self.found = found
        self.orders = np.bincount(group)
        by_class = [table[group == place] for place in range(len(self.orders))]
        # of each frequent group, class by class: (groups, classes)
        self.held = [np.column_stack([orders_with(part, groups) for part in by_class])
                     for groups, _ in found.levels[:longest]]

    def expected(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """(n,) orders with both sides if they were independent among orders of each size."""
        a, c = (self.held[side.shape[1] - 1] for side in (left, right))
        place_a, place_c = self.found.places(left), self.found.places(right)
        total = np.zeros(len(left))
        for group, orders in enumerate(self.orders.tolist()):
            total += a[place_a, group] * (c[place_c, group] / orders)
        return total


def size_tail(expected: np.ndarray, both: np.ndarray) -> np.ndarray:
    """P(at least `both` orders) where `expected` are, by Poisson's distribution.

    The true one is a sum of independent hypergeometric counts and so narrower: above its mean the chance is never larger
    than this (Hoeffding 1956), so that this errs on the side of caution.
    """
    from scipy.special import gammainc

    return gammainc(both, expected)
