"""Pairs: in how many orders do any two products lie together?

Two ways to count. Where orders are short, every two products of an order are written down as one number, sorted, and
counted in runs; where they are long, that list would be, and a sparse product X'X adds up in place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.analytics.baskets.bits import runs, spans
from crm.analytics.baskets.collecting import Collector, TooMany
from crm.errors import InvalidInput

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from crm.analytics.baskets.orders import Baskets

MAX_PAIRS = 40_000_000  # cells with both directions: 320 MB; beyond, goods go with everything
BLOCK = 8_000_000  # products of two lines counted at once: 100 MB at most while they are added up
SHORT = 8  # pairs to write down a line, below which sorting is the quicker way (half the time at 3, a loss at 25)


@dataclass(frozen=True, eq=False)
class Pairs:
    """together: csr (m, m), symmetric, int32: orders that hold both products; its diagonal: orders that hold the one.

    Products in the order of product_ids (ascending); names: Series product_id -> name; orders: all of them.
    """

    together: csr_matrix
    orders: int
    product_ids: np.ndarray
    names: pd.Series = field(repr=False)

    def beside(self, product_id: int) -> tuple[np.ndarray, np.ndarray]:
        """Ids of the products that ever lay beside this one, and in how many orders, most first."""
        place = int(np.searchsorted(self.product_ids, product_id))
        if place == len(self.product_ids) or self.product_ids[place] != product_id:
            raise InvalidInput("No order holds this product; choose one that was sold.", field="product_id")
        low, high = self.together.indptr[place : place + 2]
        other, count = self.together.indices[low:high], self.together.data[low:high]
        other, count = other[other != place], count[other != place]
        order = np.lexsort([other, -count])
        return self.product_ids[other[order]], count[order]


def pairs_of(baskets: Baskets) -> Pairs:
    """Every pair of products and its number of orders (exact below 16 million).

    Raises InvalidInput where nearly every product lay beside every other, so that the table would fill the memory.
    """
    from scipy.sparse import csr_matrix

    table = baskets.table
    length = np.diff(table.indptr).astype(np.int64)
    products = table.shape[1]
    if min(int((length * length).sum()), products * products) > MAX_PAIRS:
        raise InvalidInput(f"{products:,} products lie together in too many ways to list every pair; choose fewer "
                           "products or a shorter period.")
    if orders_are_short(table):
        first, second, count = pairs_by_sorting(table)
        start = np.searchsorted(first, np.arange(products + 1))
        upper = csr_matrix((count.astype(np.int32), second.astype(np.int32), start), shape=(products, products))
        alone = np.bincount(table.indices, minlength=products).astype(np.int32)
        own = csr_matrix((alone, np.arange(products), np.arange(products + 1)), shape=upper.shape)
        together = upper + upper.T.tocsr() + own
    else:
        by_column = (table.T.tocsr() @ table).tocsc()  # so its rows are sorted; it is symmetric
        together = csr_matrix((by_column.data.astype(np.int32), by_column.indices, by_column.indptr), shape=by_column.shape)
    return Pairs(together, table.shape[0], baskets.product_ids, baskets.names)


def counts_beside(baskets: Baskets, product_id: int) -> np.ndarray:
    """(m,) int64: orders that hold the product and this other one; at its own place, all orders that hold it."""
    inside = baskets.table[baskets.table[:, [baskets.column(product_id)]].nonzero()[0]]
    return np.bincount(inside.indices, minlength=baskets.table.shape[1])


def frequent_pairs(table: csr_matrix, *, min_count: int, found: Collector) -> tuple[np.ndarray, np.ndarray]:
    """Columns first < second (sorted) that share at least `min_count` rows; they are added to `found`, too.

    Raises TooMany, with the number of orders from which on they are not too many.
    """
    room = found.limit - found.total
    if orders_are_short(table):
        first, second, count = pairs_by_sorting(table)
        often = count >= min_count
        first, second, count = first[often], second[often], count[often]
        if len(first) > room:
            raise TooMany(at_least=count_above(np.bincount(count), room))
    else:
        first, second, count = pairs_by_product(table, min_count=min_count, room=room)
    found.add(np.column_stack([first, second]), count)
    return first, second


def pairs_by_product(table: csr_matrix, *, min_count: int, room: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns first < second, sorted, of at least `min_count` orders, and those; TooMany where they are more than `room`.

    Stretch by stretch of the first columns: little more than the upper half is counted, and never much of it at once.
    Where there are too many, the counting goes on to the end, to say from how many orders on there are not.
    """
    work = np.bincount(table.indices, weights=later_in_order(table) + 1, minlength=table.shape[1])
    by_column = table.tocsc()
    tally = np.zeros(1, dtype=np.int64)  # [c]: pairs that share c orders
    kept = []
    for low, high in spans(work, limit=BLOCK):
        together = by_column[:, low:high].T @ (table[:, low:] if low else table)
        first = np.repeat(np.arange(low, high), np.diff(together.indptr))
        second = together.indices.astype(np.int64) + low
        chosen = np.flatnonzero((together.data >= min_count) & (first < second))
        count = together.data[chosen].astype(np.int64)
        tally = added(tally, np.bincount(count))
        if tally.sum() <= room:
            order = np.lexsort([second[chosen], first[chosen]])
            kept.append((first[chosen][order], second[chosen][order], count[order]))
    if tally.sum() > room:
        raise TooMany(at_least=count_above(tally, room))
    first, second, count = (np.concatenate(part) for part in zip(*kept, strict=True))
    return first, second, count


def orders_are_short(table: csr_matrix) -> bool:
    """Whether sorting is the way to count this table's pairs."""
    length = np.diff(table.indptr).astype(np.int64)
    return int((length * (length - 1)).sum()) // 2 <= SHORT * table.nnz


def later_in_order(table: csr_matrix) -> np.ndarray:
    """How many products come after each line (nnz,) in its order."""
    return np.repeat(table.indptr[1:].astype(np.int64), np.diff(table.indptr)) - np.arange(table.nnz) - 1


def pairs_by_sorting(table: csr_matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns first < second, sorted, and their numbers of orders: every pair that ever lay together.

    The table's columns ascend in each row.
    """
    products = table.shape[1]
    later = later_in_order(table)
    size = np.uint32 if products * products < 2**32 else np.uint64  # half as many bytes are sorted twice as fast
    column = table.indices.astype(size)
    pair = np.repeat(column * size(products), later) + column[runs(np.arange(1, table.nnz + 1), later)]
    pair.sort()
    begin = np.flatnonzero(np.concatenate([[True], pair[1:] != pair[:-1]])) if len(pair) else np.zeros(0, dtype=np.int64)
    count = np.diff(np.append(begin, len(pair)))
    first, second = np.divmod(pair[begin].astype(np.int64), products)
    return first, second, count


def count_above(tally: np.ndarray, room: int) -> int:
    """The smallest number of orders that at most `room` pairs reach; tally[c]: pairs that share c orders.

    >>> count_above(np.array([0, 5, 3, 1]), 4)
    2
    """
    as_often = np.cumsum(tally[::-1])[::-1]
    return int(np.argmax(np.append(as_often, 0) <= room))


def added(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The sum of two tallies of different length."""
    total = np.zeros(max(len(one), len(other)), dtype=np.int64)
    total[: len(one)] += one
    total[: len(other)] += other
    return total
