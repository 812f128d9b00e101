"""Frequent itemsets: which groups of products lie together in at least so many orders?

Eclat (Zaki 2000) on small dense tables: the orders of one product, cut down to its frequent partners, give
the counts of all its triples in one matrix product; longer groups repeat the step inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm.errors import InvalidInput

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MAX_ITEMSETS = 200_000  # nobody reads more, and each longer level may multiply them again

Level = tuple[np.ndarray, np.ndarray]  # groups (one a row, columns ascending), and their numbers of orders


class Collector:
    """Gathers the groups of each length and stops the search when they explode."""

    def __init__(self, *, orders: int, min_count: int, max_length: int) -> None:
        self.orders, self.min_count, self.max_length = orders, min_count, max_length
        self.groups: list[list[np.ndarray]] = [[] for _ in range(max_length)]
        self.counts: list[list[np.ndarray]] = [[] for _ in range(max_length)]
        self.total = 0

    def add(self, groups: np.ndarray, counts: np.ndarray) -> None:
        """Keep groups of one length (one a row); InvalidInput once there are too many."""
        self.total += len(groups)
        if self.total > MAX_ITEMSETS:
            raise InvalidInput(
                f"More than {MAX_ITEMSETS:,} groups of products lie together in {self.min_count:,} of "
                f"{self.orders:,} orders; choose a higher support than {self.min_count / self.orders:.2%}.",
                field="min_support",
            )
        self.groups[groups.shape[1] - 1].append(groups)
        self.counts[groups.shape[1] - 1].append(counts)

    def levels(self, columns: np.ndarray) -> list[Level]:
        """Groups in terms of `columns`, sorted; one entry a length, up to the longest that was found."""
        found = []
        for groups, counts in zip(self.groups, self.counts, strict=True):
            if not groups:
                break
            group = np.sort(columns[np.concatenate(groups)], axis=1)
            count = np.concatenate(counts)
            order = np.lexsort(group.T[::-1])
            found.append((group[order], count[order]))
        return found


def frequent(table: csr_matrix, *, min_count: int, max_length: int) -> list[Level]:
    """All groups of up to `max_length` columns that share a 1 in at least `min_count` rows."""
    buyers = np.asarray(table.sum(axis=0)).ravel().astype(np.int64)
    columns = np.flatnonzero(buyers >= min_count)
    # Rare products first: they have many partners but few orders, so every table below stays small.
    columns = columns[np.argsort(buyers[columns], kind="stable")]
    collector = Collector(orders=table.shape[0], min_count=min_count, max_length=max_length)
    collector.add(np.arange(len(columns))[:, None], buyers[columns])
    if max_length > 1 and len(columns) > 1:
        narrow = table[:, columns].tocsr()
        narrow.sort_indices()
        first, second, count = pairs(narrow, min_count=min_count)
        collector.add(np.column_stack([first, second]), count)
        if max_length > 2:
            extend(narrow, first, second, collector)
    return collector.levels(columns)


def pairs(table: csr_matrix, *, min_count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequent pairs of columns (first < second, sorted by first) and their counts, by a sparse X'X."""
    together = (table.T @ table).tocsr()
    together.sort_indices()
    first = np.repeat(np.arange(together.shape[0]), np.diff(together.indptr))
    kept = (first < together.indices) & (together.data >= min_count)
    return first[kept], together.indices[kept].astype(np.int64), together.data[kept].astype(np.int64)


def extend(table: csr_matrix, first: np.ndarray, second: np.ndarray, collector: Collector) -> None:
    """Groups of three and more: for each product, look inside its own orders at its later partners.

    Later partners are at least as frequent, so a product's orders x partners never exceed the number of
    lines.
    """
    by_column = table.tocsc()
    start = np.searchsorted(first, np.arange(table.shape[1] + 1))
    for column in range(table.shape[1]):
        partners = second[start[column] : start[column + 1]]
        if len(partners) > 1:
            rows = by_column.indices[by_column.indptr[column] : by_column.indptr[column + 1]]
            search(dense(table, rows, partners), partners, np.array([column]), collector)


def search(block: np.ndarray, partners: np.ndarray, prefix: np.ndarray, collector: Collector) -> None:
    """Add every frequent group `prefix` + two or more of `partners`.

    `block` holds a row for each order with the whole prefix and a column of ones and zeros for each partner;
    float32 counts exactly up to 16 million.
    """
    together = block.T @ block
    a, b = np.nonzero(np.triu(together >= collector.min_count, 1))
    if len(a) == 0:
        return
    groups = np.column_stack([np.tile(prefix, (len(a), 1)), partners[a], partners[b]])
    collector.add(groups, together[a, b].astype(np.int64))
    if len(prefix) + 3 > collector.max_length:
        return
    for place in np.unique(a):
        later = b[a == place]
        if len(later) > 1:
            inside = block[block[:, place] > 0][:, later]
            search(inside, partners[later], np.append(prefix, partners[place]), collector)


def dense(table: csr_matrix, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The cells of `rows` x `columns` (ascending) as float32."""
    chosen = table[rows]
    place = np.full(table.shape[1], -1, dtype=np.int64)
    place[columns] = np.arange(len(columns))
    column = place[chosen.indices]
    row = np.repeat(np.arange(len(rows)), np.diff(chosen.indptr))
    block = np.zeros((len(rows), len(columns)), dtype=np.float32)
    block[row[column >= 0], column[column >= 0]] = 1
    return block
