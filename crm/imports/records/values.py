"""What do the lines of a column say? Each different content once, and which line says which."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

NOTHING = -1  # the code of a line that says nothing


@dataclass(frozen=True)
class Values:
    """`codes` int64, one a line: the place of its content in `different` (objects, all unlike), -1 for none."""

    codes: np.ndarray
    different: np.ndarray

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def given(self) -> np.ndarray:
        """Which lines say something."""
        return self.codes >= 0

    def at(self, places: np.ndarray) -> "Values":
        """The lines at these places (or of this mask)."""
        return Values(self.codes[places], self.different)

    def used(self) -> "Values":
        """The same, without contents that no line says."""
        places, codes = np.unique(self.codes, return_inverse=True)
        missing = int(len(places) > 0 and places[0] == NOTHING)
        return Values(codes.astype("int64") - missing, self.different[places[missing:]])

    def where(self, kept: np.ndarray) -> "Values":
        """The same lines; those outside the mask say nothing."""
        return Values(np.where(kept, self.codes, NOTHING), self.different)

    def objects(self) -> np.ndarray:
        """One content a line, None where it says nothing."""
        return self.spread(self.different)

    def spread(self, contents: Sequence) -> np.ndarray:
        """For each line what stands in `contents` at its place in `different`, None where it says nothing."""
        return _objects([*contents, None])[self.codes]

    def mapped(self, change: Callable) -> "Values":
        """Each different content changed; None makes its lines say nothing."""
        return of(self.codes, [change(content) for content in self.different])


def of(codes: np.ndarray, contents: Sequence) -> Values:
    """Lines that say `contents[code]` (code -1 nothing); equal contents become one, None says nothing.

    >>> of(np.array([0, 1, 2, -1]), ["a", None, "a"]).objects().tolist()
    ['a', None, 'a', None]
    """
    places: dict = {}
    lookup = np.array(
        [NOTHING if content is None else places.setdefault(content, len(places)) for content in contents] + [NOTHING],
        dtype="int64",
    )
    return Values(lookup[codes], _objects(list(places)))


def of_objects(contents: Sequence) -> Values:
    """One content a line, None for nothing."""
    return of(np.arange(len(contents)), contents)


def same(content: object, rows: int) -> Values:
    """Every line says the same."""
    return Values(np.zeros(rows, dtype="int64"), _objects([content]))


def nothing(rows: int) -> Values:
    """No line says anything."""
    return Values(np.full(rows, NOTHING, dtype="int64"), _objects([]))


def first_given(*columns: Values) -> Values:
    """Of several columns the first that says something, line by line."""
    return combine(lambda *contents: next((content for content in contents if content is not None), None), *columns)


def combine(function: Callable, *columns: Values) -> Values:
    """`function` of what the columns say on a line (None for nothing), asked once for each different combination."""
    key = places_of(*columns)
    count = int(key.max(initial=NOTHING)) + 1
    first = np.zeros(count, dtype="int64")
    first[key[::-1]] = np.arange(len(key))[::-1]
    contents = [column.at(first).objects() for column in columns]
    return of(key, [function(*each) for each in zip(*contents, strict=True)])


def places_of(*columns: Values) -> np.ndarray:
    """A number for each different combination, one a line, in the sequence of their first lines."""
    key = np.zeros(len(columns[0]), dtype="int64")
    for column in columns:
        # Numbered anew at every step, so that keys stay far inside 64 bits.
        key = pd.factorize(key * (len(column.different) + 1) + column.codes + 1)[0].astype("int64")
    return key


def _objects(contents: Sequence) -> np.ndarray:
    """An array of objects; of tuples numpy would make a table."""
    return np.fromiter(contents, dtype=object, count=len(contents))
