"""How often does each word occur in which comments? Distinct texts in the rows, words in the columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.comments.reading import Reading
from crm.analytics.comments.units import units

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

PAIR_SHARE = 0.3  # of the rarer word's texts in which its neighbour stands beside it; below, the two only met
FEWEST_PAIRS = 3  # texts


@dataclass(frozen=True, eq=False)
class Words:
    """counts: texts x words (csr, how often); words: their keys, sorted; shown: as they are mostly written.

    pairs: two words that often stand side by side ("web shop"): texts x pairs (csr, 1 where there); halves: the columns of
    `words` that each pair is made of (pairs x 2); pairs_shown: as they are mostly written.
    """

    counts: csr_matrix
    words: tuple[str, ...]
    shown: tuple[str, ...]
    pairs: csr_matrix
    halves: np.ndarray
    pairs_shown: tuple[str, ...]


def counted(readings: Sequence[Reading]) -> Words:
    """The telling words of each text, and what often stands together. The columns do not depend on the texts' sequence."""
    from scipy.sparse import csr_matrix

    texts, places, keys, otherwise = [], [], [], {}
    for text, reading in enumerate(readings):
        for place, key, shown in units(reading):
            texts.append(text)
            places.append(place)
            keys.append(key)
            if shown != key:
                otherwise[len(keys) - 1] = shown
    words = sorted(set(keys))
    column = {word: place for place, word in enumerate(words)}
    text = np.array(texts, dtype=np.int64)
    word = np.array([column[key] for key in keys], dtype=np.int64)
    counts = csr_matrix((np.ones(len(word)), (text, word)), shape=(len(readings), len(words)))
    counts.sum_duplicates()
    shown = _mostly_written(words, np.bincount(word, minlength=len(words)), ((keys[one], other) for one, other in otherwise.items()))
    pairs, halves, first = _side_by_side(text, np.array(places, dtype=np.int64), word, counts)
    # How a pair is written is taken from one text: the plural of both is rarely apart.
    pairs_shown = tuple(f"{otherwise.get(one, keys[one])} {otherwise.get(one + 1, keys[one + 1])}" for one in first.tolist())
    return Words(counts, tuple(words), shown, pairs, halves, pairs_shown)


def _side_by_side(text: np.ndarray, place: np.ndarray, word: np.ndarray, counts: csr_matrix) -> tuple[csr_matrix, np.ndarray, np.ndarray]:
    """Pairs by texts, the columns of their words, and where each pair is written first."""
    from scipy.sparse import csr_matrix

    texts, whole = counts.shape
    beside = np.flatnonzero((np.diff(text) == 0) & (np.diff(place) == 1))
    codes, first, pair = np.unique(word[beside] * max(1, whole) + word[beside + 1], return_index=True, return_inverse=True)
    there = csr_matrix((np.ones(len(beside)), (text[beside], pair)), shape=(texts, len(codes)))
    there.sum_duplicates()
    there.data[:] = 1.0
    halves = np.column_stack([codes // max(1, whole), codes % max(1, whole)]).astype(np.int64)
    with_word = np.bincount(counts.indices, minlength=whole)
    with_pair = np.bincount(there.indices, minlength=len(codes))
    rarer = with_word[halves].min(axis=1) if len(codes) else np.zeros(0)
    kept = np.flatnonzero((with_pair >= FEWEST_PAIRS) & (with_pair >= PAIR_SHARE * rarer))
    return there[:, kept].tocsr(), halves[kept], beside[first[kept]]


def _mostly_written(words: list[str], times: np.ndarray, otherwise) -> tuple[str, ...]:
    others = Counter(otherwise)
    left = dict(zip(words, times.tolist(), strict=True))
    for (key, _), count in others.items():
        left[key] -= count
    # A key such as "not fit" is nobody's writing, and a singular may not have occurred.
    best = {key: (-count, key) for key, count in left.items() if count > 0}
    for (key, shown), count in others.items():
        # Of two that are as usual, the first in the alphabet: the same whatever the sequence of the comments.
        if key not in best or (-count, shown) < best[key]:
            best[key] = (-count, shown)
    return tuple(best[word][1] for word in words)
