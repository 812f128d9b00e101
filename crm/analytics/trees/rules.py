"""Which rows does a rule mean? Conditions a person can read, and which rows of a table they hold for.

A tree is kept as plain dicts and lists (see plain.py). The conditions on the way from its root to a leaf are a rule; those
on the same column are one condition.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.trees import reading
from crm.errors import InvalidInput

OPERATORS = ("below", "at_least", "between", "is", "is_not", "known", "unknown")
N_THRESHOLDS = {"below": 1, "at_least": 1, "between": 2}


@dataclass(frozen=True)
class Condition:
    """What a rule asks of one column.

    operator and values: "below" (t,): less than t; "at_least" (t,): t or more; "between" (low, high): low or more, less
        than high; "is", "is_not" (words); "known", "unknown" ().
    or_unknown: it holds for rows without a value, too ("known" and "unknown" say it themselves).
    """

    column: str
    operator: str
    values: tuple = ()
    or_unknown: bool = False


def conditions_hold(conditions: Sequence[Condition], table: pd.DataFrame) -> np.ndarray:
    """Bool, one a row of the table: all conditions hold. No conditions hold for every row.

    InvalidInput where a column is missing.
    """
    holds = np.ones(len(table), dtype=bool)
    for condition in conditions:
        holds &= _holds(condition, column_of(table, condition.column))
    return holds


def column_of(table: pd.DataFrame, name: str) -> pd.Series:
    """The table's column; InvalidInput where there is none or several."""
    if name not in table.columns:
        raise InvalidInput(f'The table has no column "{name}".', field="columns")
    found = table[name]
    if isinstance(found, pd.DataFrame):
        raise InvalidInput(f'The table has several columns "{name}"; give each a name of its own.', field="columns")
    return found


def _holds(condition: Condition, series: pd.Series) -> np.ndarray:
    if condition.operator in N_THRESHOLDS:
        values = reading.numbers(series)
        known = ~np.isnan(values)
        low, high = {
            "below": lambda t: (-math.inf, t), "at_least": lambda t: (t, math.inf), "between": lambda low, high: (low, high),
        }[condition.operator](*condition.values)
        return np.where(known, (values >= low) & (values < high), condition.or_unknown)
    if condition.operator in ("is", "is_not"):
        words = reading.category(series, condition.column)
        meant = np.array([word in condition.values for word in words.words] + [False], dtype=bool)
        inside = meant[words.values] if condition.operator == "is" else ~meant[words.values]
        return np.where(words.known, inside, condition.or_unknown)
    known = reading.column(series, condition.column).known
    return known if condition.operator == "known" else ~known


@dataclass(frozen=True)
class _Range:
    """What one column may still be on the way down; None: no limit yet."""

    low: float = -math.inf
    high: float = math.inf
    only: frozenset | None = None
    without: frozenset = frozenset()
    unknown: bool = True
    known: bool = True

    def below(self, threshold: float, *, unknown: bool) -> _Range:
        return _Range(self.low, min(self.high, threshold), self.only, self.without, self.unknown and unknown, self.known)

    def at_least(self, threshold: float, *, unknown: bool) -> _Range:
        return _Range(max(self.low, threshold), self.high, self.only, self.without, self.unknown and unknown, self.known)

    def one_of(self, words: Sequence[str], *, unknown: bool) -> _Range:
        only = frozenset(words) if self.only is None else self.only & frozenset(words)
        return _Range(self.low, self.high, only - self.without, self.without, self.unknown and unknown, self.known)

    def none_of(self, words: Sequence[str], *, unknown: bool) -> _Range:
        only = None if self.only is None else self.only - frozenset(words)
        return _Range(self.low, self.high, only, self.without | frozenset(words), self.unknown and unknown, self.known)

    def is_known(self, known: bool) -> _Range:
        return _Range(self.low, self.high, self.only, self.without, self.unknown and not known, self.known and known)

    def condition(self, column: str) -> Condition:
        if not self.known:
            return Condition(column, "unknown")
        if self.only is not None and not self.only:  # no word is left: only rows without one
            return Condition(column, "unknown")
        if self.only is not None:
            return Condition(column, "is", tuple(sorted(self.only)), self.unknown)
        if self.without:
            return Condition(column, "is_not", tuple(sorted(self.without)), self.unknown)
        if self.low > -math.inf and self.high < math.inf:
            return Condition(column, "between", (self.low, self.high), self.unknown)
        if self.high < math.inf:
            return Condition(column, "below", (self.high,), self.unknown)
        if self.low > -math.inf:
            return Condition(column, "at_least", (self.low,), self.unknown)
        return Condition(column, "known")


def step_of(split: Mapping, branch: int, before: _Range | None = None) -> _Range:
    """What the column may be in this branch of a plain split."""
    before, unknown = before or _Range(), split["unknown"] == branch
    if split["kind"] == "known":
        return before.is_known(not unknown)
    if split["kind"] == "number":
        part = before.below if branch == 0 else before.at_least
        return part(split["threshold"], unknown=unknown)
    if branch == split["other"]:
        others = [word for place, words in enumerate(split["words"]) if place != branch for word in words]
        return before.none_of(others, unknown=unknown)
    return before.one_of(split["words"][branch], unknown=unknown)


def branch_condition(split: Mapping, branch: int) -> Condition:
    """The one condition between a node and its branch."""
    return step_of(split, branch).condition(split["column"])


def leaves(tree: Mapping) -> Iterator[tuple[tuple[Condition, ...], Mapping]]:
    """The conditions of each leaf, in the order in which columns are first asked, and the leaf's plain node."""

    def below(node: Mapping, ranges: dict[str, _Range]) -> Iterator:
        if not node.get("split"):
            yield tuple(range_.condition(column) for column, range_ in ranges.items()), node
            return
        split = node["split"]
        for number, branch in enumerate(node["branches"]):
            yield from below(branch, {**ranges, split["column"]: step_of(split, number, ranges.get(split["column"]))})

    yield from below(tree["root"], {})


def branch_of(split: Mapping, series: pd.Series) -> np.ndarray:
    """The branch of each row; -1: it stays (its word was never seen and no branch takes others, or no value was missing)."""
    unknown = -1 if split["unknown"] is None else split["unknown"]
    if split["kind"] == "known":
        known = reading.column(series, split["column"]).known
        return np.where(known, 1 - unknown, unknown)
    if split["kind"] == "number":
        values = reading.numbers(series)
        return np.where(np.isnan(values), unknown, np.where(values < split["threshold"], 0, 1))
    words = reading.category(series, split["column"])
    place = {word: number for number, group in enumerate(split["words"]) for word in group if number != split["other"]}
    other = -1 if split["other"] is None else split["other"]
    branch = np.array([place.get(word, other) for word in words.words] + [unknown], dtype=np.int64)
    return branch[words.values]


def rows_at(tree: Mapping, table: pd.DataFrame) -> list[tuple[Mapping, np.ndarray]]:
    """Every plain node, from the top, with the positions of the rows that come to it."""
    asked = {node["split"]["column"] for node in nodes(tree["root"]) if node.get("split")}
    columns = {name: _read_once(column_of(table, name)) for name in sorted(asked)}
    found = []

    def below(node: Mapping, rows: np.ndarray) -> None:
        found.append((node, rows))
        if node.get("split"):
            branch = branch_of(node["split"], columns[node["split"]["column"]].iloc[rows])
            for number, child in enumerate(node["branches"]):
                below(child, rows[branch == number])

    below(tree["root"], np.arange(len(table)))
    return found


def nodes(node: Mapping) -> Iterator[Mapping]:
    """A plain node and all below it."""
    yield node
    for branch in node.get("branches", ()):
        yield from nodes(branch)


def _read_once(series: pd.Series) -> pd.Series:
    """Text as a category, so that each different word is looked at once and not at every node."""
    if series.dtype == object or pd.api.types.is_string_dtype(series.dtype):
        try:
            return series.astype("category")
        except TypeError:  # lists and the like
            return series.astype(object).map(str).astype("category")
    return series


def apply(tree: Mapping, table: pd.DataFrame) -> np.ndarray:
    """The label that the tree gives to each row of the table, in the table's order.

    tree: `Explanation.tree`, or what `from_json` read. InvalidInput where a column is missing.
    """
    places = np.zeros(len(table), dtype=np.int64)
    for node, rows in rows_at(tree, table):  # from the top: what lies deeper has the last word
        places[rows] = node["label"]
    return as_array(tree["labels"])[places]


def as_array(labels: Sequence) -> np.ndarray:
    """Labels as one array: of their own type where they share one, else of objects."""
    if len({type(label) for label in labels}) == 1 and isinstance(labels[0], (int, float)):
        return np.array(labels)
    array = np.empty(len(labels), dtype=object)
    array[:] = list(labels)
    return array
