"""What does a column of any table say: numbers, words or nothing a rule could use?

Text that is numbers throughout is read as numbers, true and false are words. Blank text and infinite numbers are unknown.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

MOST_BINS = 255  # steps of a column of numbers while growing: finer ones move no more than .4 % of the rows (Ke 2017)
MOST_WORDS = 100  # different words of a column that may stand in a rule; the rest are "any other"


@dataclass(frozen=True, eq=False)
class Column:
    """One column as it was read.

    kind: "number" or "category".
    values: number: float64, NaN = unknown. Category: positions in `words`, -1 = unknown.
    words: category: the different words, sorted; number: empty.
    """

    name: str
    kind: str
    values: np.ndarray
    words: tuple[str, ...] = ()

    @property
    def known(self) -> np.ndarray:
        """Bool, one a row."""
        return ~np.isnan(self.values) if self.kind == "number" else self.values >= 0

    def part(self, rows: np.ndarray) -> "Column":
        """The same column, only these rows."""
        return Column(self.name, self.kind, self.values[rows], self.words)


def column(series: pd.Series, name: str) -> Column:
    """The column as numbers where it is numbers throughout, else as words."""
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype):
        return Column(name, "number", numbers(series))
    places, words = _places(series)
    parsed = _parsed(words)
    if len(words) and not np.isnan(parsed).any():
        return Column(name, "number", np.append(_finite(parsed), np.nan)[places])
    return Column(name, "category", places, words)


def numbers(series: pd.Series) -> np.ndarray:
    """float64; NaN where there is no number."""
    if pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_bool_dtype(series.dtype):
        return _finite(series.to_numpy(dtype="float64", na_value=np.nan))
    places, words = _places(series)
    return np.append(_finite(_parsed(words)), np.nan)[places]


def category(series: pd.Series, name: str) -> Column:
    """The column as words, whatever it holds."""
    return Column(name, "category", *_places(series))


def is_date(series: pd.Series) -> bool:
    """Days and spans of time: a rule about them would be true for one day only."""
    return pd.api.types.is_datetime64_any_dtype(series.dtype) or pd.api.types.is_timedelta64_dtype(series.dtype)


def _parsed(words: tuple[str, ...]) -> np.ndarray:
    return pd.to_numeric(pd.Series(words, dtype=object), errors="coerce").to_numpy("float64")


def _finite(values: np.ndarray) -> np.ndarray:
    # + 0.0 makes a copy, and -0.0 the same as 0.0
    return np.where(np.isfinite(values), values, np.nan) + 0.0


def _places(series: pd.Series) -> tuple[np.ndarray, tuple[str, ...]]:
    try:
        places, found = pd.factorize(series)
    except TypeError:  # lists and the like
        places, found = pd.factorize(series.astype(object).map(str))
    written = [str(word).strip() for word in found]
    words = sorted({word for word in written if word})
    place = {word: position for position, word in enumerate(words)}
    position = np.array([place.get(word, -1) for word in written] + [-1], dtype=np.int64)  # the last: unknown
    return position[places], tuple(words)


@dataclass(frozen=True, eq=False)
class Bins:
    """Columns cut into steps (numbers) and words (categories), so that a tree only has to count.

    codes: (n, d) step of every row in every column, counted through all columns; a column's first step is "unknown",
        a category's last is "any other word".
    starts, widths: (d,) first step and number of steps of each column.
    is_number: (d,) bool.
    lows: per column of numbers the lowest value of each step but the first; per category its words.
    """

    columns: tuple[Column, ...]
    codes: np.ndarray
    starts: np.ndarray
    widths: np.ndarray
    lows: tuple

    @property
    def is_number(self) -> np.ndarray:
        return np.array([column.kind == "number" for column in self.columns])

    @property
    def total(self) -> int:
        return int(self.widths.sum())


def binned(columns: list[Column], *, min_rows: int) -> tuple[Bins, dict[str, str]]:
    """The columns that can be used, in steps, and why others cannot: "empty", "constant" or "text"."""
    kept, codes, widths, lows, dropped = [], [], [], [], {}
    for one in columns:
        if not one.known.any():
            dropped[one.name] = "empty"
            continue
        code, low = _number_steps(one) if one.kind == "number" else _word_steps(one, min_rows=min_rows)
        if not len(low):
            dropped[one.name] = "text"
            continue
        if (code == code[0]).all():
            dropped[one.name] = "constant"
            continue
        kept.append(one)
        codes.append(code)
        lows.append(low)
        widths.append(len(low) + (1 if one.kind == "number" else 2))
    starts = np.concatenate([[0], np.cumsum(widths)[:-1]]).astype(np.int64) if kept else np.zeros(0, np.int64)
    table = np.column_stack(codes) + starts if kept else np.zeros((0, 0), np.int64)
    return Bins(tuple(kept), np.ascontiguousarray(table), starts, np.array(widths, dtype=np.int64), tuple(lows)), dropped


def _number_steps(one: Column) -> tuple[np.ndarray, np.ndarray]:
    known = one.known
    lows = np.unique(one.values[known])
    if len(lows) > MOST_BINS:  # steps of about equally many rows; equal values stay together
        ordered = np.sort(one.values[known])
        lows = np.unique(ordered[np.arange(MOST_BINS) * len(ordered) // MOST_BINS])
    code = np.searchsorted(lows, one.values, side="right")
    return np.where(known, code, 0), lows


def _word_steps(one: Column, *, min_rows: int) -> tuple[np.ndarray, tuple[str, ...]]:
    rows = np.bincount(one.values[one.known], minlength=len(one.words))
    most = np.argsort(-rows, kind="stable")[:MOST_WORDS]
    usable = np.sort(most[rows[most] >= min_rows])
    step = np.full(len(one.words) + 1, len(usable) + 1, dtype=np.int64)
    step[usable] = np.arange(1, len(usable) + 1)
    step[-1] = 0  # position -1: unknown
    return step[one.values], tuple(one.words[place] for place in usable)


def shuffled(columns: list[Column], labels: np.ndarray, *, random_state: int) -> np.ndarray:
    """The rows in a random order that depends on what they hold, not on where they stand."""
    digest = _mixed(labels.astype(np.uint64) + np.uint64(1))
    for place, one in enumerate(columns):
        values = one.values.view(np.uint64) if one.kind == "number" else one.values.astype(np.uint64)
        values = np.where(one.known, values, np.uint64(2**64 - 1))
        digest = digest + _mixed(values ^ np.uint64((place + 1) * 0x9E3779B97F4A7C15 % 2**64))
    ordered = np.argsort(_mixed(digest), kind="stable")  # equal digests are equal rows: any order will do
    return ordered[np.random.default_rng(random_state).permutation(len(ordered))]


def _mixed(bits: np.ndarray) -> np.ndarray:
    """Every bit decides over every other (splitmix64, Steele 2014)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
