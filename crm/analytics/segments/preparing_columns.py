"""What does a column of any table hold: numbers, days, a few words that repeat, or nothing to compare by?"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.segments.preparing_numerals import BLANK, LARGEST, as_numbers, proven_mark
from crm.errors import InvalidInput

RARE_SHARE = 0.02  # of the rows; fewer than one in fifty make no group, and their 0/1 column would be all but constant
MOST_WORDS = 10  # of a column stand for themselves; more 0/1 columns say little each and cost time
FEWEST_REPEATS = 2  # rows a word in the mean; below, words are names or sentences
RUNNING_FROM = 20  # rows; among fewer, ages may well be all different and without a gap
_DAY = r"[12]\d{3}([-/.])\d{1,2}\1\d{1,2}(?:[ T]\d{1,2}:\d{2}(?::\d{2})?.*)?"  # the year first: the one way with one reading


@dataclass(frozen=True, eq=False)
class Column:
    """A column as it can be compared.

    kind: "number" (`numbers`: float64, NaN missing), "category" (`codes`: int, -1 missing, `words`: what they stand for,
    in alphabetical order), "text" (names, notes) or "empty". is_date: the numbers are days before the column's last day.
    """

    kind: str
    numbers: np.ndarray | None = None
    codes: np.ndarray | None = None
    words: tuple[str, ...] = ()
    is_date: bool = False

    @property
    def is_missing(self) -> np.ndarray:
        """(rows,) bool."""
        return np.isnan(self.numbers) if self.numbers is not None else self.codes < 0

    @property
    def is_constant(self) -> bool:
        """Whether at most one value is known: it tells no row from another."""
        if self.numbers is not None:
            known = self.numbers[~np.isnan(self.numbers)]
            return len(known) == 0 or known.min() == known.max()
        return self.codes is not None and len(np.unique(self.codes[self.codes >= 0])) < 2

    def rows(self, kept: np.ndarray) -> "Column":
        """The same column with these rows only."""
        return Column(self.kind, None if self.numbers is None else self.numbers[kept],
                      None if self.codes is None else self.codes[kept], self.words, self.is_date)


def read_column(table: pd.DataFrame, name: str) -> Column:
    """The column as it can be compared. Texts that are numbers are read as such; infinities count as missing.

    Raises InvalidInput where the table has no such column, or several.
    """
    if name not in table:
        raise InvalidInput(f"The table has no column “{name}”; choose among its columns.", field="columns")
    values = table[name]
    if isinstance(values, pd.DataFrame):
        raise InvalidInput(f"The table has {values.shape[1]} columns “{name}”; give each a name of its own.", field="columns")
    return _read(values, lambda: proven_mark(_different(table[other])[1] for other in dict.fromkeys(table.columns)
                                             if isinstance(table[other], pd.Series) and _is_text(table[other])))


def kinds_of(table: pd.DataFrame) -> dict[str, str]:
    """What can be done with each column: "number", "category", or what speaks against it: "constant", "empty", "text" or
    "running number" (1, 2, 3 ... in any order: it names the row)."""
    found = {}
    for name in dict.fromkeys(map(str, table.columns)):
        column = read_column(table, name)
        found[name] = ("constant" if column.kind in ("number", "category") and column.is_constant
                       else "running number" if _is_running(column) else column.kind)
    return found


def _read(values: pd.Series, mark: Callable[[], str | None]) -> Column:
    kind = values.dtype
    if pd.api.types.is_bool_dtype(kind) and not isinstance(kind, pd.CategoricalDtype):
        return _words(*_different(values.astype("str").where(values.notna())))
    if isinstance(kind, pd.DatetimeTZDtype) or pd.api.types.is_datetime64_dtype(kind):
        return _days(values)
    if pd.api.types.is_timedelta64_dtype(kind):
        return _number((values / pd.Timedelta(days=1)).to_numpy(dtype=float, na_value=np.nan))
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind):
        return _number(values.to_numpy(dtype=float, na_value=np.nan))
    codes, texts = _different(values)
    if len(texts) == 0:
        return Column("empty")
    numbers = as_numbers(texts)
    if numbers is not None:
        if _could_be_either(texts) and (proven := mark()) is not None:
            numbers = as_numbers(texts, mark=proven)
        return _number(np.append(numbers, np.nan)[codes])
    if texts.str.fullmatch(_DAY).all():
        days = pd.to_datetime(texts.str.extract(r"^([\d/.-]+)")[0].str.replace(r"[/.]", "-", regex=True), format="%Y-%m-%d",
                              errors="coerce")
        if days.notna().all():
            return _days(pd.Series(np.append(days.to_numpy(dtype="datetime64[s]"), np.datetime64("NaT"))[codes]))
    return _words(codes, texts)


def _is_text(values: pd.Series) -> bool:
    return not (pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype))


def _could_be_either(texts: pd.Series) -> bool:
    """Whether every mark in these numbers could be the decimal one or part thousands."""
    marked = texts[texts.str.contains(r"[.,]", regex=True)]
    return len(marked) > 0 and proven_mark([marked]) is None


def _different(values: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """Codes (-1 missing) and the different texts behind them, alphabetical, blanks around them taken off."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes, different = values.cat.codes.to_numpy(), pd.Series(values.cat.categories)
    else:
        # Cells may be anything, lists too, which cannot be compared as they are.
        codes, different = pd.factorize(values if values.dtype == "str" else values.astype("str").where(values.notna()))
        different = pd.Series(different)
    texts = different.astype("str").str.strip()
    texts = texts.where(~texts.str.casefold().isin(BLANK))
    new, sorted_texts = pd.factorize(texts, sort=True)
    codes = np.append(new, -1)[codes]
    used = np.bincount(codes[codes >= 0], minlength=len(sorted_texts)) > 0  # a category may have lost its rows
    renumbered = np.append(np.where(used, np.cumsum(used) - 1, -1), -1)
    return renumbered[codes], pd.Series(sorted_texts, dtype="str")[used].reset_index(drop=True)


def _number(numbers: np.ndarray, *, is_date: bool = False) -> Column:
    with np.errstate(invalid="ignore"):
        numbers = np.where(np.abs(numbers) < LARGEST, numbers, np.nan)
    return Column("empty") if np.isnan(numbers).all() else Column("number", numbers=numbers, is_date=is_date)


def _days(moments: pd.Series) -> Column:
    """Whole days before the last one: how long ago, a number like any other."""
    days = moments.dt.normalize()
    ago = (days.max() - days) / pd.Timedelta(days=1)
    return _number(ago.to_numpy(dtype=float, na_value=np.nan), is_date=True)


def _words(codes: np.ndarray, texts: pd.Series) -> Column:
    if len(texts) == 0:
        return Column("empty")
    rows = np.bincount(codes[codes >= 0], minlength=len(texts))
    known = rows.sum()
    in_common_words = rows[rows >= max(RARE_SHARE * known, FEWEST_REPEATS)].sum()
    repeats = len(texts) == 1 or (len(texts) * FEWEST_REPEATS <= known and 2 * in_common_words >= known)
    return Column("category" if repeats else "text", codes=codes, words=tuple(texts))


def _is_running(column: Column) -> bool:
    if column.kind != "number" or column.is_date or len(column.numbers) < RUNNING_FROM:
        return False
    ordered = np.sort(column.numbers)
    return bool((np.diff(ordered) == 1).all() and float(ordered[0]).is_integer())
