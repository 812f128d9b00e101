"""Eclat: frequent itemsets from the set of orders of each product (Zaki 2000), kept as bits.

The pairs are counted at once. Everything longer is searched product by product, the rarest first: its orders
alone are numbered anew and packed 64 to a word, so the words of its partners are few. Later partners are at least as
frequent, so its orders x partners never exceed the number of lines, and neither does the memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.baskets.bits import ones, pack, padded, runs, spans
from crm.analytics.baskets.collecting import Collector, Steps
from crm.analytics.baskets.pairs import frequent_pairs

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

CHUNK = 1 << 18  # words joined at once: 2 MB, so that they stay in the processor's cache


def eclat(table: csr_matrix, *, min_count: int, max_length: int, found: Collector, steps: Steps) -> None:
    """Add every frequent group of two columns and more; columns are frequent ones, ascending in frequency."""
    first, second = frequent_pairs(table, min_count=min_count, found=found)
    if max_length < 3:
        return
    columns = table.shape[1]
    by_column = table.tocsc()
    begin, size = by_column.indptr[:-1].astype(np.int64), np.diff(by_column.indptr).astype(np.int64)
    row_begin, row_size = table.indptr[:-1].astype(np.int64), np.diff(table.indptr).astype(np.int64)
    lines = np.bincount(table.indices, weights=np.repeat(row_size, row_size), minlength=columns)  # of a product's orders
    start = np.searchsorted(first, np.arange(columns + 1))
    partners_of = np.diff(start)
    place = np.full(columns, -1, dtype=np.int64)  # of a column among the partners of the product at hand
    number = np.full(table.shape[0], -1, dtype=np.int64)  # of an order among the orders of the product at hand
    for column in np.flatnonzero(partners_of > 1).tolist():
        steps.at(column / columns)
        partners = second[start[column] : start[column + 1]]
        n = len(partners)
        place[partners] = np.arange(n)
        # A triple is possible only where its other two products are a frequent pair as well.
        degree = partners_of[partners]
        j = place[second[runs(start[partners], degree)]]
        i = np.repeat(np.arange(n), degree)[j >= 0]
        if len(i):
            orders = by_column.indices[begin[column] : begin[column] + size[column]]
            width = padded(len(orders))
            # Which partner lies in which order: from the orders' lines or the partners' orders, whichever are fewer.
            if lines[column] < size[partners].sum():
                partner = place[table.indices[runs(row_begin[orders], row_size[orders])]]
                cells = partner * width + np.repeat(np.arange(len(orders)), row_size[orders])
                cells = cells[partner >= 0]
            else:
                number[orders] = np.arange(len(orders))
                inside = number[by_column.indices[runs(begin[partners], size[partners])]]
                cells = (np.repeat(np.arange(n) * width, size[partners]) + inside)[inside >= 0]
                number[orders] = -1
            words = pack(cells, sets=n, orders=len(orders))
            branch = Branch(column, partners, min_count, max_length, found, steps, column / columns)
            branch.join(np.arange(n)[:, None], words, i, j[j >= 0])
        place[partners] = -1


@dataclass
class Branch:
    """The groups that begin with one column; `partners`: the later columns that are frequent beside it."""

    column: int
    partners: np.ndarray
    min_count: int
    max_length: int
    found: Collector
    steps: Steps
    share: float

    def join(self, groups: np.ndarray, words: np.ndarray, i: np.ndarray, j: np.ndarray) -> None:
        """Count the groups i + the last place of j, add the frequent ones, and go on with those.

        `groups` (n, length) are places among the partners with their `words`; i is sorted, and all candidates of one i
        stand together: they are the whole class of groups that can be joined again.
        """
        candidates = np.bincount(i, minlength=len(groups))
        ends = np.cumsum(candidates)
        for low, high in spans(candidates, limit=max(1, CHUNK // len(words))):
            chosen = slice(ends[low] - candidates[low], ends[high - 1])
            both = words[:, i[chosen]]
            both &= words[:, j[chosen]]
            count = ones(both)
            kept = np.flatnonzero(count >= self.min_count)
            if len(kept):
                longer = np.column_stack([groups[i[chosen][kept]], groups[j[chosen][kept], -1]])
                lead = np.full((len(kept), 1), self.column)
                self.found.add(np.hstack([lead, self.partners[longer]]), count[kept])
                if longer.shape[1] + 1 < self.max_length and len(kept) > 1:
                    self.extend(longer, both[:, kept])

    def extend(self, groups: np.ndarray, words: np.ndarray) -> None:
        """Join every two groups that differ in their last place only."""
        n = len(groups)
        new = np.flatnonzero((groups[1:, :-1] != groups[:-1, :-1]).any(axis=1)) + 1
        edges = np.concatenate([[0], new, [n]])
        siblings = np.repeat(edges[1:], np.diff(edges)) - np.arange(n) - 1  # those after it in its class
        for low, high in spans(siblings, limit=CHUNK):
            self.steps.at(self.share)
            row = np.arange(low, high)
            i, j = np.repeat(row, siblings[low:high]), runs(row + 1, siblings[low:high])
            if len(i):
                self.join(groups, words, i, j)
