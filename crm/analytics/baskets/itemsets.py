"""Frequent itemsets: which groups of products lie together in at least so many orders?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.analytics.baskets.apriori import apriori
from crm.analytics.baskets.collecting import MAX_ITEMSETS, Collector, Level, Steps, TooMany
from crm.analytics.baskets.eclat import eclat
from crm.analytics.baskets.fpgrowth import fpgrowth
from crm.errors import InvalidInput

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from crm.analytics.baskets.orders import Baskets

SEARCHES = {"eclat": eclat, "apriori": apriori, "fpgrowth": fpgrowth}
METHODS = tuple(SEARCHES)  # all find the same; the first is quick on short and on long orders
LONGEST = 5  # products in a group; longer ones repeat what their parts say
ADVISED = MAX_ITEMSETS // 4  # groups that an advised support gives at most: room to breathe, and quickly tried
NEARER = 2  # tries to find a lower support that works, between one that does and one that does not


class TooManyGroups(InvalidInput):
    """The answer would explode. `min_count` (orders) or `max_length` is a choice that was tried and works, else None."""

    def __init__(self, message: str, *, field: str | None = None, min_count: int | None = None,
                 max_length: int | None = None) -> None:
        super().__init__(message, field=field)
        self.min_count, self.max_length = min_count, max_length


@dataclass(frozen=True, eq=False)
class Itemsets:
    """Groups of products that lie together in at least `min_count` of `orders` orders.

    levels[k]: the groups of k + 1 products, (n, k + 1) columns of the baskets' table, each row ascending, rows sorted,
    and their numbers of orders (n,). product_ids: the id of each column.
    """

    levels: list[Level]
    orders: int
    product_ids: np.ndarray
    min_count: int
    max_length: int
    method: str
    keys: list[np.ndarray] = field(repr=False)  # of each level, ascending: place of all but the last column, last column

    def __len__(self) -> int:
        return sum(len(counts) for _, counts in self.levels)

    def places(self, groups: np.ndarray) -> np.ndarray:
        """Where each of the groups (n, length), rows ascending, stands in its level; each must be a frequent one."""
        place = np.searchsorted(self.keys[0], groups[:, 0])
        for level, column in enumerate(groups.T[1:], start=1):
            place = np.searchsorted(self.keys[level], place * len(self.product_ids) + column)
        return place

    def counts(self, groups: np.ndarray) -> np.ndarray:
        """Orders with each of the groups (n, length), rows ascending; each must be a frequent one."""
        return self.levels[groups.shape[1] - 1][1][self.places(groups)]

    def table(self) -> pd.DataFrame:
        """items (tuple of product ids, ascending), length, count (orders), support; shortest first, then by ids."""
        counts = [np.zeros(0, dtype=np.int64), *(counts for _, counts in self.levels)]
        count = np.concatenate(counts)
        lengths = np.repeat(np.arange(len(counts)), [len(part) for part in counts])
        items = [tuple(row) for groups, _ in self.levels for row in self.product_ids[groups].tolist()]
        return pd.DataFrame({"items": pd.Series(items, dtype=object), "length": lengths, "count": count,
                             "support": count / self.orders})


def frequent(baskets: Baskets, *, min_support: float | None = None, min_count: int | None = None, max_length: int = 3,
             method: str = "eclat", progress: Callable[[float, str], None] | None = None,
             cancelled: Callable[[], bool] | None = None) -> Itemsets:
    """All groups of 1 to `max_length` products (at most 5) with at least this support.

    `min_support`: a float is a share of all orders (above 0, at most 1), an int a number of orders; `min_count` is always
    a number of orders. All methods (eclat, apriori, fpgrowth) find the same. progress(share 0..1, stage) and cancelled()
    are asked at most ten times a second. Raises InvalidInput for an impossible choice, TooManyGroups before the answer
    explodes (over 200,000 groups), with a support that works; Cancelled.
    """
    orders = baskets.orders
    if (min_support is None) == (min_count is None):
        raise InvalidInput("Name the support either as a share or as a number of orders.", field="min_support")
    count = count_threshold(int(min_count) if min_support is None else min_support, orders=orders)
    if min_support is not None and count > orders:
        raise InvalidInput(f"A support of {count:,} orders, and there are {orders:,} only; choose fewer.", field="min_support")
    if not 1 <= max_length <= LONGEST:
        raise InvalidInput(f"Groups of {max_length} products; choose up to {LONGEST}.", field="max_length")
    if method not in SEARCHES:
        raise InvalidInput(f"There is no method {method}; choose one of {', '.join(METHODS)}.", field="method")
    steps = Steps(progress, cancelled)
    try:
        levels = search(baskets.table, min_count=count, max_length=max_length, method=method, steps=steps,
                        limit=MAX_ITEMSETS)
    except TooMany as stopped:
        raise advice(baskets.table, min_count=count, max_length=max_length, at_least=stopped.at_least,
                     steps=steps) from None
    return Itemsets(levels, orders, baskets.product_ids, count, max_length, method,
                    keys_of(levels, products=len(baskets.product_ids)))


def search(table: csr_matrix, *, min_count: int, max_length: int, method: str, steps: Steps, limit: int) -> list[Level]:
    """The levels of Itemsets; TooMany beyond `limit` groups."""
    buyers = np.bincount(table.indices, minlength=table.shape[1])
    columns = np.flatnonzero(buyers >= min_count)
    # Rare products first: they have many partners but few orders, which keeps the tables of each search small.
    columns = columns[np.argsort(buyers[columns], kind="stable")]
    found = Collector(max_length=max_length, limit=limit)
    found.add(np.arange(len(columns))[:, None], buyers[columns])
    if max_length > 1 and len(columns) > 1:
        narrow = table[:, columns]
        narrow = narrow[np.diff(narrow.indptr) > 1]
        narrow.sort_indices()
        if narrow.shape[0] >= min_count:
            SEARCHES[method](narrow, min_count=min_count, max_length=max_length, found=found, steps=steps)
    return found.levels(columns)


def advice(table: csr_matrix, *, min_count: int, max_length: int, at_least: int, steps: Steps) -> TooManyGroups:
    """What to choose instead; only what was tried: a support at which something lies together, else a shorter length."""
    orders = table.shape[0]
    so_many = f"More than {MAX_ITEMSETS:,} groups of products lie together in {min_count:,} or more of {orders:,} orders."
    failed, count, works = min_count, min_count, None
    while works is None and count < orders:
        failed, count = count, rounded(max(2 * count, at_least), orders=orders)
        works, at_least = attempt(table, min_count=count, max_length=max_length, steps=steps)
    for _ in range(NEARER if works is not None else 0):
        between = rounded(int(np.sqrt(failed * count)), orders=orders)
        if not failed < between < count:
            break
        found, _ = attempt(table, min_count=between, max_length=max_length, steps=steps)
        if found is None:
            failed = between
        else:
            count, works = between, found
    if works is not None and len(works) > 1:
        share = 100 * count / orders
        return TooManyGroups(f"{so_many} A support of {share:.{0 if share >= 10 else 2}{'f' if share >= 10 else 'g'}} % "
                             f"({count:,} orders) works: it gives {sum(works):,} groups.", field="min_support", min_count=count)
    for length in range(max_length - 1, 1, -1):
        found, _ = attempt(table, min_count=min_count, max_length=length, steps=steps)
        if found is not None:
            return TooManyGroups(f"{so_many} No higher support leaves a useful number; groups of up to {length} products work: "
                                 f"there are {sum(found):,}.", field="max_length", max_length=length)
    return TooManyGroups(f"{so_many} No higher support leaves a useful number; choose fewer products, or a part of the "
                         "orders.", field="min_support")


def attempt(table: csr_matrix, *, min_count: int, max_length: int, steps: Steps) -> tuple[list[int] | None, int]:
    """How many groups of each length (None: over ADVISED), and from how many orders on the pairs are not too many."""
    steps.at(0.0)
    try:
        levels = search(table, min_count=min_count, max_length=max_length, method="eclat", steps=steps, limit=ADVISED)
    except TooMany as stopped:
        return None, stopped.at_least
    return [len(counts) for _, counts in levels], 0


def rounded(count: int, *, orders: int) -> int:
    """The next number of orders whose share of all has two digits, as people choose it; at most all of them.

    >>> rounded(123, orders=10_000), rounded(9, orders=12), rounded(20, orders=12)
    (130, 9, 12)
    """
    if count >= orders:
        return orders
    digits = 1 - int(np.floor(np.log10(count / orders)))
    share = Fraction(-((-count * 10**digits) // orders), 10**digits)
    return min(orders, max(count, -((-share.numerator * orders) // share.denominator)))


def keys_of(levels: list[Level], *, products: int) -> list[np.ndarray]:
    """One whole number a group, ascending: the place of its beginning one level below, and its last column.

    Far below 2 ** 63 whatever the catalogue: there are 200,000 beginnings at most.
    """
    keys: list[np.ndarray] = []
    for groups, _ in levels:
        key = groups[:, 0]
        for level in range(1, groups.shape[1]):
            place = np.searchsorted(keys[level - 1], key)
            key = place * products + groups[:, level]
        keys.append(key)
    return keys


def exact_share(share: float, *, name: str, field: str) -> Fraction:
    """The share as people write it: 0.3 is 3/10, not the float next to it."""
    if not 0 < share <= 1:
        raise InvalidInput(f"The {name} is {share:g}; it lies above 0 and is at most 1.", field=field)
    return Fraction(repr(float(share))).limit_denominator(1_000_000)


def count_threshold(min_support: float, *, orders: int) -> int:
    """Orders that a group needs: the int itself, or the share of `orders` rounded up exactly.

    >>> count_threshold(0.3, orders=10), count_threshold(3, orders=10), count_threshold(0.31, orders=10)
    (3, 3, 4)
    """
    if isinstance(min_support, (int, np.integer)):
        if min_support < 1:
            raise InvalidInput(f"A support of {min_support} orders; at least 1 is needed.", field="min_support")
        return int(min_support)
    share = exact_share(min_support, name="support", field="min_support")
    return max(1, -((-share.numerator * orders) // share.denominator))
