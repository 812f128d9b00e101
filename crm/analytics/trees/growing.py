"""How is a tree grown? Level by level: count labels in every step of every column, take each node's best split.

What a split is worth is said by the method: gini.py (CART) or gain_ratio.py (C4.5). Rows are only counted, so that their
order does not matter; one count over all nodes of a level costs about the same as looking at the table once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from crm.analytics.trees.reading import Bins

MOST_CELLS = 4_000_000  # counts held at once (32 MB): with more, nodes are looked at in turns


@dataclass(frozen=True, eq=False)
class Split:
    """A question to one column.

    column: its place in the bins.
    branch: (width of the column) the branch of each of its steps; -1: the row stays in the node.
    branches: how many there are.
    gain: what it is worth over all rows of the node, in the measure of the method.
    """

    column: int
    branch: np.ndarray
    branches: int
    gain: float


@dataclass(eq=False)
class Node:
    """counts: (k,) rows of each label that came here while growing. A leaf has no split."""

    counts: np.ndarray
    depth: int = 0
    split: Split | None = None
    branches: list[Node] = field(default_factory=list)

    @property
    def label(self) -> int:
        """The most frequent label; of equally frequent ones the first."""
        return int(self.counts.argmax())

    @property
    def rows(self) -> int:
        return int(self.counts.sum())

    @property
    def errors(self) -> int:
        """Rows that do not have its label."""
        return int(self.counts.sum() - self.counts.max())

    def walk(self) -> Iterator[Node]:
        """It and all below it, from the top."""
        yield self
        for branch in self.branches:
            yield from branch.walk()

    @property
    def leaves(self) -> int:
        return sum(branch.leaves for branch in self.branches) if self.split else 1

    def cut(self) -> None:
        """Make it a leaf."""
        self.split, self.branches = None, []


Criterion = Callable[..., list[Split | None]]  # (counts (m, steps, k), bins, *, min_rows) -> a split for each of m nodes


def grow(bins: Bins, labels: np.ndarray, rows: np.ndarray, *, n_labels: int, criterion: Criterion, max_levels: int,
         min_rows: int) -> Node:
    """The full tree on these rows: until a node has one label, too few rows or no split that gains anything."""
    codes, own = bins.codes[rows], labels[rows]
    root = Node(np.bincount(own, minlength=n_labels))
    level, place = [root], np.zeros(len(rows), dtype=np.int64)
    for depth in range(1, max_levels + 1):
        splits = _splits(level, codes, own, place, bins=bins, criterion=criterion, min_rows=min_rows)
        if not any(splits):
            break
        place, below = _go_down(splits, codes, place, bins=bins)
        stays = place < 0
        codes, own, place = (codes[~stays], own[~stays], place[~stays]) if stays.any() else (codes, own, place)
        counts = np.bincount(place * n_labels + own, minlength=below * n_labels).reshape(below, n_labels)
        children = [Node(counts[child], depth) for child in range(below)]
        taken = 0
        for node, split in zip(level, splits, strict=True):
            if split:
                node.split, node.branches = split, children[taken:taken + split.branches]
                taken += split.branches
        level = children
    return root


def _splits(level: list[Node], codes: np.ndarray, own: np.ndarray, place: np.ndarray, *, bins: Bins,
            criterion: Criterion, min_rows: int) -> list[Split | None]:
    n_labels = len(level[0].counts)
    found: list[Split | None] = [None] * len(level)
    open_ = [number for number, node in enumerate(level) if node.errors and node.rows >= 2 * min_rows]
    at_once = max(1, MOST_CELLS // max(1, bins.total * n_labels))
    for start in range(0, len(open_), at_once):
        turn = open_[start:start + at_once]
        number_in_turn = np.full(len(level), -1, dtype=np.int64)
        number_in_turn[turn] = np.arange(len(turn))
        mine = number_in_turn[place]
        seen = mine >= 0
        cells = (mine[seen, None] * bins.total + codes[seen]) * n_labels + own[seen, None]
        counts = np.bincount(cells.ravel(), minlength=len(turn) * bins.total * n_labels)
        counts = counts.reshape(len(turn), bins.total, n_labels)
        for number, split in zip(turn, criterion(counts, bins, min_rows=min_rows), strict=True):
            found[number] = split
    return found


def _go_down(splits: list[Split | None], codes: np.ndarray, place: np.ndarray, *, bins: Bins) -> tuple[np.ndarray, int]:
    """Every row's node on the next level, -1 where it has come to its end; and how many nodes there are."""
    width = int(bins.widths.max())
    target = np.full((len(splits), width), -1, dtype=np.int64)
    column, start = np.zeros(len(splits), np.int64), np.zeros(len(splits), np.int64)
    below = 0
    for number, split in enumerate(splits):
        if split:
            target[number, :len(split.branch)] = np.where(split.branch >= 0, split.branch + below, -1)
            column[number], start[number] = split.column, bins.starts[split.column]
            below += split.branches
    asked = codes[np.arange(len(codes)), column[place]] - start[place]
    return target[place, asked], below


def ends(root: Node, codes: np.ndarray, starts: np.ndarray) -> dict[int, np.ndarray]:
    """id(node) -> positions in `codes` of the rows that come to that node."""
    found: dict[int, np.ndarray] = {}
    waiting = [(root, np.arange(len(codes)))]
    while waiting:
        node, rows = waiting.pop()
        found[id(node)] = rows
        if node.split:
            branch = node.split.branch[codes[rows, node.split.column] - starts[node.split.column]]
            waiting += [(child, rows[branch == number]) for number, child in enumerate(node.branches)]
    return found


def predict(root: Node, codes: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The label of every row of `codes`: that of the last node it comes to."""
    labels = np.empty(len(codes), dtype=np.int64)
    reached = ends(root, codes, starts)
    for node in root.walk():  # from the top: what lies deeper has the last word
        labels[reached[id(node)]] = node.label
    return labels
