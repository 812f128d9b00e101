"""Sets of orders as bits: 64 orders a word, so that "in both" is one AND and "how many" one count of ones.

All arrays of words have the shape (words, sets): whatever the number of words, numpy then works along many sets at once.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BITS = 64


def pack(cells: np.ndarray, *, sets: int, orders: int) -> np.ndarray:
    """Words (orders / 64, sets) uint64 in which `cells` are set; a cell is set number * padded(orders) + order number.

    >>> ones(pack(np.array([0, 9, 64 + 3]), sets=2, orders=10)).tolist()
    [2, 1]
    """
    width = padded(orders)
    block = np.zeros(sets * width, dtype=bool)
    block[cells] = True
    return np.ascontiguousarray(np.packbits(block).view(np.uint64).reshape(sets, width // BITS).T)


def padded(orders: int) -> int:
    """`orders` rounded up to whole words."""
    return -(-orders // BITS) * BITS


def ones(words: np.ndarray) -> np.ndarray:
    """Orders in each set, int64."""
    return np.bitwise_count(words).sum(axis=0, dtype=np.int64)


def runs(start: np.ndarray, length: np.ndarray) -> np.ndarray:
    """The whole numbers start, start + 1, ... of each run, one run after another.

    >>> runs(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    ends = np.cumsum(length)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(start - ends + length, length)


def spans(sizes: np.ndarray, *, limit: int) -> Iterator[tuple[int, int]]:
    """Cut places into stretches low, high whose sizes add up to about `limit`: one place more at most.

    >>> list(spans(np.array([3, 3, 3, 9, 1]), limit=6))
    [(0, 1), (1, 3), (3, 5)]
    """
    block = np.cumsum(sizes) // limit
    cuts = np.flatnonzero(block[1:] != block[:-1]) + 1
    edges = [0, *cuts.tolist(), len(sizes)]
    return zip(edges[:-1], edges[1:], strict=True)
