"""Words of names and descriptions, in any script, and how telling each word is."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Written without blanks: Thai and Lao, Myanmar, Khmer, kana, Han with its extensions. Hangul has blanks.
WITHOUT_BLANKS = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x31F0, 0x31FF), (0x3400, 0x4DBF),
                  (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


def words(text: str | None) -> list[str]:
    """The words of a text, in small letters; where a script has no blanks, each two neighbouring characters.

    >>> words("Tea pot, 2 l")
    ['tea', 'pot', '2', 'l']
    >>> words("青花茶壶 XL")
    ['青花', '花茶', '茶壶', 'xl']
    """
    if not isinstance(text, str):
        return []
    found = []
    for kind, characters in groupby(unicodedata.normalize("NFKC", text).casefold(), _kind):
        run = "".join(characters)
        if kind == "word":
            found.append(run)
        elif kind == "run":
            found += [run[place : place + 2] for place in range(len(run) - 1)] or [run]
    return found


@lru_cache(maxsize=10_000)
def _kind(character: str) -> str:
    # Marks belong to the word: the vowels of Hindi are marks.
    if unicodedata.category(character)[0] not in "LNM":
        return ""
    return "run" if any(low <= ord(character) <= high for low, high in WITHOUT_BLANKS) else "word"


def telling(texts: Sequence[str | None]) -> csr_matrix:
    """Texts x words: how often a word occurs (damped) times how rare it is among the texts; each row of length 1.

    TF-IDF (Sparck Jones 1972; Salton & Buckley 1988) with 1 + ln(times) and 1 + ln((1 + texts) / (1 + texts with it)). A
    text without words has an empty row. Words in alphabetical order.
    """
    from scipy.sparse import csr_matrix

    split = [words(text) for text in texts]
    vocabulary = {word: place for place, word in enumerate(sorted({word for text in split for word in text}))}
    column = np.array([vocabulary[word] for text in split for word in text], dtype=np.int64)
    row = np.repeat(np.arange(len(split)), [len(text) for text in split])
    times = csr_matrix((np.ones(len(row)), (row, column)), shape=(len(split), len(vocabulary)))
    times.sum_duplicates()
    documents = np.bincount(times.indices, minlength=len(vocabulary))
    rarity = 1 + np.log((1 + len(split)) / (1 + documents))
    times.data = (1 + np.log(times.data)) * rarity[times.indices]
    return unit_rows(times)


def unit_rows(table: csr_matrix) -> csr_matrix:
    """Each row with length 1; empty rows stay empty."""
    from scipy.sparse import csr_matrix

    length = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    entry = np.repeat(length, np.diff(table.indptr))
    return csr_matrix((table.data / np.where(entry > 0, entry, 1), table.indices, table.indptr), shape=table.shape)
