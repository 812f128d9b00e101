"""Into which few states does a column fall, so that a table of chances over them can be read?

Numbers are cut where the outcome changes (Fayyad & Irani 1993) or into parts of equal size, at borders that people read; words
stay as they are, rare ones together; what is missing is a state of its own where it was ever missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.errors import InvalidInput

MOST_STATES = 5  # more rows in a table than anybody reads, and too few cases in each
EQUAL_PARTS = 4  # where no outcome says where to cut
MOST_WORDS = 8  # of a text column; the rest is "other"
RAREST = 0.01  # of the rows; a rarer word or number has too few cases for a chance of its own
FEWEST_CASES = 10  # in a state, for the same reason
STEPS = 256  # quantiles at which a cut may lie: a border is rounded more coarsely than that anyway
ROUNDING = 0.02  # of the rows may change sides so that a border becomes a round number
UNKNOWN = -1  # the code of a value that no past row had: nothing is known then


@dataclass(frozen=True)
class State:
    """One state of a column, as a fact that can be worded.

    kind: "below" (less than high), "between" (low to below high), "at_least" (low or more), "equal" (the number low), "any" (every
    number), "yes", "no", "word" (text), "other" (any rarer word), "missing". whole: the column holds whole numbers.
    """

    kind: str
    low: float | None = None
    high: float | None = None
    text: str = ""
    whole: bool = False


@dataclass(frozen=True, eq=False)
class Coding:
    """How a column's values become state numbers 0, 1, ...

    kind: "number", "yes_no" or "word". borders: (states - 1,) ascending; a value on a border belongs to the upper state. words:
    the text of each state. other: one more state for all other words. missing: one more, the last, for no value. lowest,
    highest: of the numbers seen. whole: all of them were whole.
    """

    name: str
    kind: str
    borders: tuple[float, ...] = ()
    words: tuple[str, ...] = ()
    other: bool = False
    missing: bool = False
    lowest: float = math.nan
    highest: float = math.nan
    whole: bool = False

    @property
    def states(self) -> tuple[State, ...]:
        """All states in the sequence of their numbers."""
        if self.kind == "number":
            own = self._ranges()
        elif self.kind == "yes_no":
            own = [State("no"), State("yes")]
        else:
            own = [State("word", text=word) for word in self.words] + [State("other")] * self.other
        return (*own, *[State("missing")] * self.missing)

    @property
    def size(self) -> int:
        """How many states there are, at least 1."""
        own = {"number": len(self.borders) + 1, "yes_no": 2, "word": len(self.words) + self.other}[self.kind]
        return max(own + self.missing, 1)

    def codes(self, values: pd.Series) -> np.ndarray:
        """(n,) int16: the state of every value, UNKNOWN (-1) for a value that is none of them."""
        if self.kind == "number":
            number = _numbers(values)
            code = np.searchsorted(self.borders, number, side="right").astype(np.int16)
            empty = np.isnan(number)
        elif self.kind == "yes_no":
            flags = _flags(values)
            code, empty = np.maximum(flags, 0).astype(np.int16), flags < 0
        else:
            text, empty = _texts(values)
            code = pd.Index(self.words, dtype=object).get_indexer(pd.Index(text, dtype=object)).astype(np.int16)
            code[code < 0] = len(self.words) if self.other else UNKNOWN
        code[empty] = self.size - 1 if self.missing else UNKNOWN
        return code

    def code_of(self, fact: object) -> int:
        """The state's number of a State, or of any value of the column. Raises InvalidInput for one that it cannot be."""
        if isinstance(fact, State):
            if fact in self.states:
                return self.states.index(fact)
            raise InvalidInput(f"{self.name} has no such state.")
        dtype = object if self.kind != "number" else None
        try:
            code = int(self.codes(pd.Series([fact], dtype=dtype))[0])
        except (TypeError, ValueError):
            code = UNKNOWN
        if code == UNKNOWN:
            known = {"number": "a number", "yes_no": "yes or no", "word": "one of " + ", ".join(self.words)}[self.kind]
            raise InvalidInput(f"{self.name} is never “{fact}” in the past rows; it is {known}.")
        return code

    def _ranges(self) -> list[State]:
        edges = [-math.inf, *self.borders, math.inf]
        if len(edges) == 2:
            return [State("equal", self.lowest, self.lowest, whole=self.whole) if self.lowest == self.highest
                    else State("any", self.lowest, self.highest, whole=self.whole)]
        return [_range(max(low, self.lowest) if self.whole else low, min(high, self.highest + 1) if self.whole else high,
                       whole=self.whole, first=low == -math.inf, last=high == math.inf)
                for low, high in zip(edges[:-1], edges[1:], strict=True)]


def _range(low: float, high: float, *, whole: bool, first: bool, last: bool) -> State:
    if whole and high - low == 1:
        return State("equal", low, low, whole=True)
    if first:
        return State("below", high=high, whole=whole)
    if last:
        return State("at_least", low=low, whole=whole)
    return State("between", low, high, whole=whole)


def coded(values: pd.Series, *, outcome: np.ndarray | None = None, most_states: int = MOST_STATES) -> Coding:
    """The column's states, from its past values.

    outcome: (n,) bool or state numbers; given, numbers are cut where it changes most, as long as each cut pays for its own
    description (minimum description length, Fayyad & Irani 1993), at most into `most_states`; without one, or where no cut
    pays, into parts of equal size. The row order changes nothing.
    """
    name = str(values.name)
    if _is_yes_no(values):
        flags = _flags(values)
        return Coding(name, "yes_no", missing=bool((flags < 0).any()))
    if pd.api.types.is_numeric_dtype(values.dtype):
        return _number_coding(name, _numbers(values), outcome, most_states)
    return _word_coding(name, values)


def _number_coding(name: str, number: np.ndarray, outcome: np.ndarray | None, most_states: int) -> Coding:
    known = number[~np.isnan(number)]
    missing = len(known) < len(number)
    if not len(known):
        return Coding(name, "word", missing=missing)
    finite = known[np.isfinite(known)]
    whole = bool(len(finite) == len(known) and (known == np.floor(known)).all())
    ordered = np.sort(known)
    lowest, highest = float(ordered[0]), float(ordered[-1])
    different = np.unique(ordered)
    if len(different) <= most_states:
        borders = _each_value(ordered, different)
    else:
        cuts = []
        if outcome is not None:
            cuts = _informative_cuts(number, np.asarray(outcome).astype(np.intp), most_states)
        cuts = cuts or [place / EQUAL_PARTS for place in range(1, EQUAL_PARTS)]
        borders = _readable(ordered, cuts)
    return Coding(name, "number", borders=tuple(borders), missing=missing, lowest=lowest, highest=highest, whole=whole)


def _each_value(ordered: np.ndarray, different: np.ndarray) -> list[float]:
    """A state for each value, rare ones together with the next below: two customers with three complaints tell nothing."""
    n = len(ordered)
    least = min(max(RAREST * n, FEWEST_CASES), n / (2 * MOST_STATES))
    borders: list[float] = []
    end = n
    for value in different[:0:-1]:
        start = int(np.searchsorted(ordered, value, side="left"))
        if end - start >= least and start >= least:
            borders.append(float(value))
            end = start
    return borders[::-1]


def _readable(ordered: np.ndarray, cuts: list[float]) -> list[float]:
    """Round numbers near these shares of the sorted values, none of them leaving a state (nearly) empty."""
    n = len(ordered)
    fewest = min(FEWEST_CASES, max(n // (2 * MOST_STATES), 1))
    borders: list[float] = []
    for cut in sorted(cuts):
        low = ordered[max(math.floor((cut - ROUNDING) * n), 0)]
        middle = ordered[min(math.floor(cut * n), n - 1)]
        high = ordered[min(math.ceil((cut + ROUNDING) * n), n - 1)]
        border = roundest(float(low), float(high), near=float(middle))
        if border <= ordered[0]:  # many equal values at the lower end: the cut lies above all of them
            above = ordered[np.searchsorted(ordered, ordered[0], side="right"):]
            if not len(above):
                continue
            border = float(above[0])
        below = np.searchsorted(ordered, border, side="left")
        before = np.searchsorted(ordered, borders[-1], side="left") if borders else 0
        if below - before >= fewest and n - below >= fewest:
            borders.append(border)
    return borders


def roundest(low: float, high: float, *, near: float) -> float:
    """The number from low to high with the fewest digits; among equally round ones that nearest to `near`.

    >>> roundest(27.3, 34.9, near=31.0), roundest(0.0312, 0.0347, near=0.033), roundest(7.0, 7.0, near=7.0)
    (30.0, 0.032, 7.0)
    """
    if not (math.isfinite(low) and math.isfinite(high)) or low >= high:
        return near
    if low <= 0 <= high:
        return 0.0 if low < 0 else roundest(high / 100, high, near=max(near, high / 100))
    power = math.floor(math.log10(max(abs(low), abs(high)))) + 1
    for exponent in range(power, power - 12, -1):
        for step in (10.0**exponent, 5 * 10.0 ** (exponent - 1), 2 * 10.0 ** (exponent - 1)):
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            if first <= last:
                times = min(max(round(near / step), first), last)
                return float(f"{times * step:.12g}")
    return near


def _informative_cuts(number: np.ndarray, outcome: np.ndarray, most_states: int) -> list[float]:
    """Shares of the sorted known values at which to cut, by Fayyad & Irani's criterion; the best cuts first taken."""
    known = ~np.isnan(number)
    number, outcome = number[known], outcome[known]
    different, place = np.unique(number, return_inverse=True)
    if len(different) > STEPS:
        # Equal values stay together, and so the sequence of the rows changes nothing.
        ends = np.cumsum(np.bincount(place)) * STEPS // (len(number) + 1)
        place = np.unique(ends, return_inverse=True)[1][place]
    kinds = int(outcome.max(initial=0)) + 1
    counts = np.bincount(place * kinds + outcome, minlength=(place.max() + 1) * kinds).reshape(-1, kinds)
    total = np.vstack([np.zeros((1, kinds), dtype=np.int64), np.cumsum(counts, axis=0)])
    parts, cuts = [(0, len(counts))], []
    offers = {part: _best_cut(total, *part) for part in parts}
    while len(parts) < most_states:
        paying = [(offers[part][0], part) for part in parts if offers[part] is not None]
        if not paying:
            break
        _, part = max(paying)
        cut = offers[part][1]
        cuts.append(float(total[cut].sum() / len(number)))
        parts.remove(part)
        for half in ((part[0], cut), (cut, part[1])):
            parts.append(half)
            offers[half] = _best_cut(total, *half)
    return sorted(cuts)


def _best_cut(total: np.ndarray, start: int, end: int) -> tuple[float, int] | None:
    """(bits gained, place) of the best cut of the steps start..end; None where none pays for itself."""
    if end - start < 2:
        return None
    inside = total[start + 1:end] - total[start]
    outside = total[end] - total[start + 1:end]
    whole = total[end] - total[start]
    n = whole.sum()
    enough = (inside.sum(axis=1) >= FEWEST_CASES) & (outside.sum(axis=1) >= FEWEST_CASES)
    if not enough.any():
        return None
    entropy, low, high = _entropy(whole[None])[0], _entropy(inside), _entropy(outside)
    gain = entropy - (inside.sum(axis=1) * low + outside.sum(axis=1) * high) / n
    best = int(np.argmax(np.where(enough, gain, -1)))
    classes, low_classes, high_classes = (np.count_nonzero(part) for part in (whole, inside[best], outside[best]))
    cost = (math.log2(max(n - 1, 1)) + math.log2(3**classes - 2)
            - (classes * entropy - low_classes * low[best] - high_classes * high[best])) / n
    return (float(gain[best] * n), start + 1 + best) if gain[best] > cost else None


def _entropy(counts: np.ndarray) -> np.ndarray:
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return -(share * np.log2(np.where(share > 0, share, 1))).sum(axis=1)


def _word_coding(name: str, values: pd.Series) -> Coding:
    text, empty = _texts(values)
    found = pd.Series(text[~empty]).value_counts()
    # Sorted by count and then by word: the sequence of the rows changes nothing.
    found = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    least = max(RAREST * len(values), min(FEWEST_CASES, len(values) / (2 * MOST_WORDS)))
    frequent = [word for word, count in found if count >= least][:MOST_WORDS]
    return Coding(name, "word", words=tuple(sorted(frequent)), other=len(found) > len(frequent), missing=bool(empty.any()))


def _is_yes_no(values: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(values.dtype):
        return True
    if values.dtype != object:
        return False
    known = values.dropna()
    return len(known) > 0 and all(isinstance(one, bool | np.bool_) for one in known.unique()[:3])


def _flags(values: pd.Series) -> np.ndarray:
    """1 yes, 0 no, -1 not known."""
    if values.dtype == bool:
        return values.to_numpy(np.int8)
    number = pd.to_numeric(values.astype(object).where(values.notna(), None), errors="coerce").to_numpy(float, na_value=np.nan)
    return np.where(np.isnan(number), -1, number != 0).astype(np.int8)


def _numbers(values: pd.Series) -> np.ndarray:
    return values.to_numpy(dtype=float, na_value=np.nan)


def _texts(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    empty = values.isna().to_numpy()
    text = values.to_numpy(dtype=object)
    if not pd.api.types.is_string_dtype(values.dtype) or values.dtype == object:
        text = np.array([None if none else str(one) for one, none in zip(text, empty, strict=True)], dtype=object)
    return text, empty


def in_signs(state: State, *, missing: str = "?", other: str = "…", yes: str = "yes", no: str = "no") -> str:
    """The state in signs that need no translation.

    >>> [in_signs(State(*what)) for what in (("below", None, 30.0), ("between", 1.5, 1200.0), ("at_least", 7.0), ("word", None, None, "DSL"))]
    ['< 30', '1.5 – < 1,200', '≥ 7', 'DSL']
    >>> in_signs(State("between", 30.0, 90.0, whole=True))
    '30 – 89'
    """
    if state.kind in ("below", "between", "at_least", "equal", "any"):
        low, high = (None if border is None else f"{border:,.12g}".replace("-", "−") for border in (state.low, state.high))
        if state.kind == "between" and state.whole:
            return f"{low} – {f'{state.high - 1:,.12g}'.replace('-', '−')}"
        return {"below": f"< {high}", "between": f"{low} – < {high}", "at_least": f"≥ {low}", "equal": f"{low}",
                "any": f"{low} – {high}"}[state.kind]
    return {"yes": yes, "no": no, "missing": missing, "other": other, "word": state.text}[state.kind]
