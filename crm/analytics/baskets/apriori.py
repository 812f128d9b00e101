"""Apriori: frequent itemsets length by length (Agrawal & Srikant 1994).

A group can be frequent only if all its parts are: each length proposes the next one, and one pass over the orders counts
the proposals. Slower than Eclat on most data; kept as a check on it and as a choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.baskets.bits import runs, spans
from crm.analytics.baskets.collecting import Collector, Steps
from crm.analytics.baskets.counting import orders_with

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

COUNTERS = 8_000_000  # held at once: 64 MB
PROPOSALS = 200_000  # counted in one pass


def apriori(table: csr_matrix, *, min_count: int, max_length: int, found: Collector, steps: Steps) -> None:
    """Add every frequent group of two columns and more; all columns are frequent themselves."""
    groups = count_pairs(table, min_count=min_count, found=found, steps=steps)
    for length in range(3, max_length + 1):
        known = groups
        parts = []
        for proposed in proposals(known, columns=table.shape[1]):
            steps.at((length - 2) / (max_length - 1))
            count = orders_with(table, proposed)
            parts.append(proposed[count >= min_count])
            found.add(parts[-1], count[count >= min_count])
        groups = np.concatenate([np.zeros((0, length), dtype=np.int64), *parts])
        if len(groups) < length + 1:  # a group has so many parts of this length
            return


def count_pairs(table: csr_matrix, *, min_count: int, found: Collector, steps: Steps) -> np.ndarray:
    """The second pass: a counter for each pair of columns, and every two products of an order raise theirs by one."""
    columns = table.shape[1]
    column = table.indices.astype(np.int64)
    later = np.repeat(table.indptr[1:].astype(np.int64), np.diff(table.indptr)) - np.arange(table.nnz) - 1
    kept = [np.zeros((0, 2), dtype=np.int64)]
    width = max(1, COUNTERS // columns)
    for low in range(0, columns, width):
        counters = np.zeros(min(width, columns - low) * columns, dtype=np.int64)
        lines = np.flatnonzero((column >= low) & (column < low + width))
        for begin, end in spans(later[lines], limit=COUNTERS) if len(lines) else ():
            steps.at(low / columns / 2)
            some = lines[begin:end]
            pair = np.repeat((column[some] - low) * columns, later[some]) + column[runs(some + 1, later[some])]
            counters += np.bincount(pair, minlength=len(counters))
        frequent = np.flatnonzero(counters >= min_count)
        kept.append(np.column_stack([frequent // columns + low, frequent % columns]))
        found.add(kept[-1], counters[frequent])
    return np.concatenate(kept)


def proposals(groups: np.ndarray, *, columns: int) -> Iterator[np.ndarray]:
    """Join groups that differ in their last column, and keep what has no infrequent part; some at a time, sorted."""
    n, length = groups.shape
    if n < 2:
        return
    new = np.flatnonzero((groups[1:, :-1] != groups[:-1, :-1]).any(axis=1)) + 1
    edges = np.concatenate([[0], new, [n]])
    siblings = np.repeat(edges[1:], np.diff(edges)) - np.arange(n) - 1
    known = {tuple(group) for group in groups.tolist()} if length > 2 else None
    pair_keys = groups[:, 0] * columns + groups[:, 1]
    for low, high in spans(siblings, limit=PROPOSALS):
        row = np.arange(low, high)
        i, j = np.repeat(row, siblings[low:high]), runs(row + 1, siblings[low:high])
        joined = np.column_stack([groups[i], groups[j, -1]])
        if known is None:
            kept = np.isin(joined[:, 1] * columns + joined[:, 2], pair_keys)
        else:
            kept = np.ones(len(joined), dtype=bool)
            for left_out in range(length - 1):  # without the last or the last but one it is one of the two joined
                parts = np.delete(joined, left_out, axis=1).tolist()
                kept &= np.fromiter((tuple(part) in known for part in parts), dtype=bool, count=len(parts))
        if kept.any():
            yield joined[kept]
