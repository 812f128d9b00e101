"""FP-growth: frequent itemsets from a tree in which orders that begin alike share a branch (Han, Pei & Yin 2000).

Orders list their products from the most frequent to the rarest. A node of the tree is a beginning that orders share; it
is kept as the place of one order that has it, so the way up from a node is simply that order's list. Slower than Eclat
on most data; kept as a check on it and as a choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.baskets.bits import runs
from crm.analytics.baskets.collecting import Collector, Steps

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, eq=False)
class Tree:
    """Nodes sorted by item: `header` says where each item's begin. `above`: items between a node and the root.

    The way down to a node is items[begin : begin + above], in terms of the tree's own items; label: their columns.
    """

    items: np.ndarray
    begin: np.ndarray
    above: np.ndarray
    count: np.ndarray
    header: np.ndarray
    label: np.ndarray


def fpgrowth(table: csr_matrix, *, min_count: int, max_length: int, found: Collector, steps: Steps) -> None:
    """Add every frequent group of two columns and more; columns are frequent ones, ascending in frequency."""
    columns = table.shape[1]
    label = np.arange(columns)[::-1]  # item 0 is the last column, the most frequent one
    items = columns - 1 - table.indices.astype(np.int64)
    row = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    items = items[np.lexsort([items, row])]
    tree = grow(items, np.diff(table.indptr), np.ones(table.shape[0], dtype=np.int64), label)
    for item in range(columns - 1, -1, -1):
        steps.at(1 - item / columns)
        mine(tree, item, np.zeros(0, dtype=np.int64), min_count=min_count, max_length=max_length, found=found)


def grow(items: np.ndarray, length: np.ndarray, weight: np.ndarray, label: np.ndarray) -> Tree:
    """The tree of lists of items (ascending), one after another, each `length` long and seen `weight` times."""
    begin = np.cumsum(length) - length
    branch = np.zeros(len(length), dtype=np.int64)  # the node that a list has come to
    alive = np.flatnonzero(length > 0)
    depth = 0
    nodes: list[tuple[np.ndarray, ...]] = []  # item, begin, above, count
    while len(alive):
        item = items[begin[alive] + depth]
        _, one, node, lists = np.unique(branch[alive] * len(label) + item, return_index=True, return_inverse=True,
                                        return_counts=True)
        count = np.bincount(node, weights=weight[alive]).astype(np.int64)
        nodes.append((item[one], begin[alive[one]], np.full(len(one), depth), count))
        branch[alive] = node
        depth += 1
        lone = lists[node] == 1  # from here on the list has its branch to itself: no need to go level by level
        rest = length[alive[lone]] - depth
        above = runs(np.full(len(rest), depth), rest)
        start = np.repeat(begin[alive[lone]], rest)
        nodes.append((items[start + above], start, above, np.repeat(weight[alive[lone]], rest)))
        alive = alive[~lone]
        alive = alive[length[alive] > depth]
    item, start, above, count = (np.concatenate(part) for part in zip(*nodes, strict=True))
    order = np.argsort(item, kind="stable")
    header = np.searchsorted(item[order], np.arange(len(label) + 1))
    return Tree(items, start[order], above[order], count[order], header, label)


def mine(tree: Tree, item: int, suffix: np.ndarray, *, min_count: int, max_length: int, found: Collector) -> None:
    """Add the frequent groups suffix + item + one or more items above it; `suffix` are columns."""
    nodes = slice(tree.header[item], tree.header[item + 1])
    begin, above, count = tree.begin[nodes], tree.above[nodes], tree.count[nodes]
    way = tree.items[runs(begin, above)]  # the conditional pattern base
    orders = np.bincount(way, weights=np.repeat(count, above), minlength=item).astype(np.int64)
    frequent = np.flatnonzero(orders >= min_count)
    if len(frequent) == 0:
        return
    suffix = np.append(suffix, tree.label[item])
    found.add(np.column_stack([np.tile(suffix, (len(frequent), 1)), tree.label[frequent]]), orders[frequent])
    if len(suffix) + 1 == max_length or len(frequent) == 1:
        return
    number = np.full(max(item, 1), -1, dtype=np.int64)
    number[frequent] = np.arange(len(frequent))
    way = number[way]
    length = np.bincount(np.repeat(np.arange(len(above)), above)[way >= 0], minlength=len(above))
    conditional = grow(way[way >= 0], length, count, tree.label[frequent])
    for place in range(len(frequent) - 1, 0, -1):  # above the first one nothing is left
        mine(conditional, place, suffix, min_count=min_count, max_length=max_length, found=found)
