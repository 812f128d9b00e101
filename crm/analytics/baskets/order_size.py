"""Order size: how often would two things lie together only because some orders are large?

Where a few orders hold hundreds of products and most hold three, every two products lie together more often than
independence says: shuffle the products among such orders, keep each order's size, and nearly every pair still has a
lift of 2 or 3 and a Fisher p-value near 0. So orders are compared with orders of about their size only (stratified as by
Mantel & Haenszel 1959): what is left above that is the products' own doing.

Within a class of size, the numbers of orders with either side are taken as given, as in Fisher's test, and so is the number
of places: an order of two products that holds the one has a single place left, for which all others compete. What is
expected of two products is n_a * n_b / orders - c_a * c_b, as in samples of fixed size (Hajek 1964; Deville & Tille 2005).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.baskets.counting import orders_with

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from crm.analytics.baskets.itemsets import Itemsets

ALIKE = 1.3  # orders up to 30 % larger are of about the same size
MOST_STEPS = 500  # to the fixed point; a handful where products are many
FEWEST = 50  # orders in a class; in smaller ones what is expected is nearly what was seen
SMALL_PART = 10  # ... or a tenth of all: in a small shop products are in many orders, and it takes fewer


def size_classes(size: np.ndarray) -> np.ndarray:
    """The class (n,) of each order by its number of products, 0 the smallest; none has fewer than 50 orders (a tenth
    of all, if that is less), if possible.

    Orders of one product are always a class of their own: nothing can lie together there.

    >>> size_classes(np.repeat([1, 2, 3, 9], [60, 60, 10, 45])).tolist() == [0] * 60 + [1] * 60 + [2] * 55
    True
    """
    held = np.bincount(size)
    fewest = min(FEWEST, len(size) / SMALL_PART)
    first, starts = 0, []  # a class begins at so many products
    for products in np.flatnonzero(held).tolist():
        if not starts or first == 1 or (products > first * ALIKE and held[first:products].sum() >= fewest):
            first = products
            starts.append(first)
    if len(starts) > 1 and held[starts[-1] :].sum() < fewest:
        starts.pop()
    return np.searchsorted(starts, size, side="right") - 1


def usual_lift(size: np.ndarray) -> float:
    """The lift that any two rare products have only because of the sizes of the orders; 1 where all are alike and large.

    Each product of an order has size - 1 others beside it: orders * sum(size * (size - 1)) / sum(size) ** 2.
    """
    size = size.astype(float)
    return float(len(size) * (size * (size - 1)).sum() / size.sum() ** 2)


class OrderSizes:
    """Numbers of orders, class by class of orders that hold about as many products, and what they lead to expect."""

    def __init__(self, table: csr_matrix) -> None:
        size = np.diff(table.indptr).astype(np.int64)
        self.group = size_classes(size)
        self.orders = np.bincount(self.group)
        self.largest = np.zeros(len(self.orders), dtype=np.int64)
        np.maximum.at(self.largest, self.group, size)
        held = self.held(table)
        places = np.bincount(self.group, weights=size * (size - 1.0))  # for ordered pairs of products
        smallest = np.full(len(self.orders), np.iinfo(np.int64).max)
        np.minimum.at(smallest, self.group, size)
        self.sign, self.pull = np.zeros(len(self.orders)), np.zeros(held.shape)
        for place, orders in enumerate(self.orders.tolist()):
            same_size = smallest[place] == self.largest[place]
            self.sign[place], self.pull[place] = pulls(held[place], orders, places=places[place], same_size=same_size)

    def parts(self, table: csr_matrix) -> list[csr_matrix]:
        """The table's rows of each class."""
        return [table[self.group == place] for place in range(len(self.orders))]

    def held(self, table: csr_matrix) -> np.ndarray:
        """(classes, columns): how many orders of each class hold each column."""
        row_class = np.repeat(self.group, np.diff(table.indptr)).astype(np.int64)
        size = len(self.orders) * table.shape[1]
        return np.bincount(row_class * table.shape[1] + table.indices, minlength=size).reshape(-1, table.shape[1])

    def expected(self, left: np.ndarray, right: np.ndarray, *, left_held: np.ndarray,
                 right_held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance (n,) of the orders with both sides if these had nothing to do with each other.

        left, right: (n or 1, products on the side) columns of the table; left_held, right_held: (classes, n or 1) orders of
        each class with the whole side. Of more than two products the places are taken one by one: exact where all are
        equally frequent and orders large, too many expected, and so cautious, in small ones.
        """
        n = np.broadcast_shapes((len(left),), (len(right),))[0]
        mean, variance = np.zeros(n), np.zeros(n)
        for place, (orders, sign) in enumerate(zip(self.orders.tolist(), self.sign.tolist(), strict=True)):
            if self.largest[place] < left.shape[1] + right.shape[1]:
                continue  # no order has places for both
            pull, a, c = self.pull[place], left_held[place], right_held[place]
            factor = np.ones(n)
            for one in left.T:
                for other in right.T:
                    crowded = sign * pull[one] * pull[other]
                    factor = factor + crowded if sign < 0 else factor * (1 + crowded)
            here = np.clip(a * (c / orders) * factor, 0, np.minimum(a, c))
            mean += here
            variance += here * ((1 - a / orders) * (1 - c / orders) * (orders / max(orders - 1, 1)))
        return mean, variance


def pulls(held: np.ndarray, orders: int, *, places: float, same_size: bool) -> tuple[float, np.ndarray]:
    """A sign and h (products,): two products are expected together held_a * held_b / orders * (1 + sign * h_a * h_b) times.

    `places`: ordered pairs of products in the orders of the class. In orders of one size the h make the number of each
    product's neighbours right (the fixed point of Deville & Tille 2005), else the number of all pairs.
    """
    held = held.astype(float)
    varies = held * (1 - held / orders)
    h = np.divide(varies, held, out=np.zeros(len(held)), where=held > 0)
    if same_size and varies.sum() > 0 and 2 * varies.max() < varies.sum():
        pull = varies / np.sqrt(varies.sum())
        for _ in range(MOST_STEPS):
            before, pull = pull, (pull + varies / (pull.sum() - pull)) / 2
            if np.abs(pull - before).max() <= 1e-4 * pull.max():
                return -1.0, np.divide(pull * np.sqrt(orders), held, out=np.zeros(len(held)), where=held > 0)
    apart = pairs_among(varies)
    g = (places * orders - pairs_among(held)) / apart if apart > 1e-9 else 0.0
    return float(np.sign(g)), h * np.sqrt(abs(g))


def pairs_among(held: np.ndarray) -> float:
    """Sum over every two different products, in both orders, of the product of their numbers."""
    return float(held.sum() ** 2 - (held**2).sum())


class Sizes:
    """What is expected of the itemsets' rules, given how large the orders are that hold each side."""

    def __init__(self, table: csr_matrix, found: Itemsets, *, longest: int) -> None:
        """`longest`: products on one side of a rule at most."""
        self.found, self.sizes = found, OrderSizes(table)
        parts = self.sizes.parts(table)
        # of each frequent group, class by class: (classes, groups)
        self.held = [np.vstack([orders_with(part, groups) for part in parts]) for groups, _ in found.levels[:longest]]

    def expected(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance (n,) of the orders with both sides if they were independent among orders of each size."""
        a, c = (self.held[side.shape[1] - 1] for side in (left, right))
        return self.sizes.expected(left, right, left_held=a[:, self.found.places(left)], right_held=c[:, self.found.places(right)])


def size_tail(expected: np.ndarray, variance: np.ndarray, both: np.ndarray) -> np.ndarray:
    """P(at least `both` orders) for a mean of `expected` and this variance (at most as large); 1 where nothing can vary.

    By Poisson's distribution of the same variance, moved to the same mean (Roellin 2005). Rare products, whose counts are
    Poisson's, are not moved; of frequent ones it is more skewed than their counts, and so errs on the side of caution.
    """
    from scipy.special import gammainc

    varies = variance > 1e-9
    above = both - (expected - variance)
    tail = gammainc(np.maximum(above, 1e-9), np.where(varies, variance, 1.0))
    return np.where((both == 0) | (above <= 0), 1.0, np.where(varies, tail, np.where(both > expected + 0.5, 0.0, 1.0)))


def beside(both: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """How many times as many orders as expected; infinitely many where none was."""
    return np.divide(both, expected, out=np.full(len(both), np.inf), where=expected > 0)
