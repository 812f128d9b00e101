"""How do rows of a table become points whose distances mean something? Chosen columns, gaps, logs, scales, words as 0/1.

Works for customers' features and for any other table. Each column, of numbers or of words, then counts about alike:

- numbers that a few rows have many times over are compared by orders of magnitude (log scale), then all are scaled;
- a column of words becomes one 0/1 column a word, weighted so that together they vary as much as the middle one of the
  number columns (on the standard scale: 1), and so do not outweigh a number by being many. Two rows with different words
  are equally far from each other whichever words. The variance of 0/1 columns is 1 - sum of squared shares (Gini's), and
  as weight it is taken as at least 1/2: a word that hardly any row has would else be as far out as a great whale.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm.analytics.segments import feature_catalogue
from crm.analytics.segments.preparing_columns import MOST_WORDS, RARE_SHARE, Column, kinds_of, read_column
from crm.analytics.segments.preparing_missing import MISSING, fill
from crm.analytics.segments.preparing_scales import SCALINGS, centre_and_scale, from_log_scale, is_lopsided, log_scale
from crm.errors import InvalidInput, NotEnoughData

__all__ = ["MISSING", "OTHERS", "SCALINGS", "Column", "Prepared", "in_units", "kinds_of", "prepare", "read_column",
           "twins"]

FEWEST_ROWS = 2  # between fewer there is no distance
LEAST_VARIETY = 0.5  # Gini's of two equally frequent words; see above
TWINS_FROM = 0.95  # correlation; nine tenths of what one varies is what the other varies
OTHERS = "(others)"  # the rare words of a column, together
_REASONS = {"constant": "always the same", "empty": "empty", "text": "names or free text"}


@dataclass(frozen=True, eq=False)
class Prepared:
    """Points for n rows in d dimensions, and what was done to get them.

    points: (n, d) float64 without NaN. rows: (n,) positions of the rows in the table. columns: (d,) names, "income" or
    "channel=Web shop". sources: (d,) the table's columns they come from. logged: columns on a log scale. filled: column ->
    missing values filled in (a missing word lies in the middle between all words). left_out: "missing_rows" -> rows left
    out since something is missing in them (only where there are any). dropped: column -> "constant", "empty" or "text".
    centre, scale: (d,) value = points * scale + centre, then `from_log_scale` where logged; see `in_units`. clipped:
    column -> rows whose amount below 0 is taken as 0. rare: column -> words put together under "(others)". filled_by:
    column -> the column of words by which it was filled in.
    """

    points: np.ndarray
    rows: np.ndarray
    columns: tuple[str, ...]
    sources: tuple[str, ...]
    logged: tuple[str, ...]
    filled: dict[str, int]
    left_out: dict[str, int]
    dropped: dict[str, str]
    centre: np.ndarray
    scale: np.ndarray
    clipped: dict[str, int] = field(default_factory=dict)
    rare: dict[str, int] = field(default_factory=dict)
    filled_by: dict[str, str] = field(default_factory=dict)


def prepare(
    table: pd.DataFrame,
    *,
    columns: Sequence[str],
    log: str | tuple[str, ...] = "auto",
    scaling: str = "standard",
    missing: str = "median",
) -> Prepared:
    """The rows of `table` as points.

    columns: which to compare by; numbers, days (as days before the last one) or words; texts that are numbers are read as
    numbers, infinities and numbers beyond 1e100 count as missing. Constant, empty and free text columns are dropped.

    log: the columns of numbers on a log scale, log(1 + x). "auto": the known features as the catalogue advises, others
    where `is_lopsided`. Amounts of customers (net of returns) below 0 are taken as 0 there, other numbers below 0 keep
    their sign: -log(1 - x).

    scaling: "standard", "robust", "range" or "none", see `preparing_scales.centre_and_scale`; each column's own.

    missing: "median" or "mean" of the column; "group": the median of the rows that are alike in that column of words, of
    all in the table, that tells most about the number; "leave_out": rows with a gap in any column are left out.

    Raises InvalidInput for a choice that is none and where no chosen column can be compared by; NotEnoughData below two
    rows.
    """
    columns = tuple(dict.fromkeys(columns))
    _check(columns, log=log, scaling=scaling, missing=missing)
    read = {name: read_column(table, name) for name in columns}
    dropped = {name: column.kind for name, column in read.items() if column.kind in ("text", "empty")}
    used = {name: column for name, column in read.items() if name not in dropped}
    rows = np.arange(len(table))
    if missing == "leave_out" and used:
        rows = np.flatnonzero(~np.any([column.is_missing for column in used.values()], axis=0))
        used = {name: column.rows(rows) for name, column in used.items()}
    if len(rows) < FEWEST_ROWS:
        raise NotEnoughData(_too_few(len(table), len(rows), len(columns)))
    dropped |= {name: "constant" for name, column in used.items() if column.is_constant}
    used = {name: column for name, column in used.items() if name not in dropped}
    _refuse_words_on_log_scale(used, log)

    made = {"filled": {}, "filled_by": {}, "clipped": {}, "rare": {}}
    numbers, logged = {}, []
    alike = _columns_of_words(table, rows=rows) if missing == "group" and any(
        column.kind == "number" and column.is_missing.any() for column in used.values()) else []
    for name, column in used.items():
        if column.kind == "number":
            numbers[name], on_log = _on_scale(name, column, log=log, missing=missing, alike=alike, made=made)
            logged += [name] if on_log else []
    for name in [name for name, scaled in numbers.items() if scaled.min() == scaled.max()]:
        dropped[name] = "constant"  # all that differed was below 0, or beyond what floats tell apart
        del used[name], numbers[name]
    if not used:
        reasons = ", ".join(f"“{name}” ({_REASONS[dropped[name]]})" for name in columns)
        raise InvalidInput(f"None of the chosen columns tells one row from another: {reasons}. Choose columns of numbers, or "
                           "of a few words that repeat.", field="columns")
    blocks = {name: _scaled(name, part, scaling=scaling) for name, part in numbers.items()}
    variance = float(np.median([np.sort(block.points[:, 0]).var() for block in blocks.values()])) if blocks else 1.0
    for name, column in used.items():
        if column.kind == "category":
            blocks[name] = _as_yes_no(name, column, variance=variance, is_centred=scaling in ("standard", "robust"), made=made)
    ordered = [(name, blocks[name]) for name in used]
    kept_only = {what: {name: count for name, count in counts.items() if name in used} for what, counts in made.items()}
    return Prepared(
        points=np.ascontiguousarray(np.hstack([block.points for _, block in ordered])), rows=rows,
        columns=tuple(label for _, block in ordered for label in block.labels),
        sources=tuple(name for name, block in ordered for _ in block.labels),
        logged=tuple(name for name in logged if name in used), left_out=_left_out(len(table) - len(rows)),
        dropped={name: dropped[name] for name in columns if name in dropped},
        centre=np.concatenate([block.centre for _, block in ordered]),
        scale=np.concatenate([block.scale for _, block in ordered]), **kept_only)


def in_units(prepared: Prepared, points: np.ndarray) -> np.ndarray:
    """Points (m, d) or (d,) such as centres of groups in the table's own units; 0/1 columns as shares of the rows."""
    values = points * prepared.scale + prepared.centre
    on_log = np.isin(prepared.sources, prepared.logged)
    return np.where(on_log, from_log_scale(np.where(on_log, values, 0.0)), values)


def twins(prepared: Prepared) -> list[tuple[str, str, float]]:
    """Pairs of number columns that say the same twice, and so count twice: their names and their correlation (Pearson's,
    on the scale of the points), -1..1, at least .95 in size; the closest first."""
    numbers = [place for place, (name, source) in enumerate(zip(prepared.columns, prepared.sources, strict=True))
               if name == source]
    if len(numbers) < 2:
        return []
    alike = np.corrcoef(prepared.points[:, numbers], rowvar=False)
    pairs = [(prepared.columns[numbers[one]], prepared.columns[numbers[other]], float(alike[one, other]))
             for one, other in zip(*np.triu_indices(len(numbers), k=1), strict=True) if abs(alike[one, other]) >= TWINS_FROM]
    return sorted(pairs, key=lambda pair: (-round(abs(pair[2]), 9), pair[:2]))


@dataclass(frozen=True, eq=False)
class _Block:
    """The points of one column: (n, width), and width labels, centres and scales."""

    points: np.ndarray
    labels: tuple[str, ...]
    centre: np.ndarray
    scale: np.ndarray


def _on_scale(name: str, column: Column, *, log: str | tuple[str, ...], missing: str, alike: Sequence[tuple[str, Column]],
              made: dict[str, dict]) -> tuple[np.ndarray, bool]:
    """The numbers filled in, on a log scale where that is wanted; and whether they are."""
    known = column.numbers[~np.isnan(column.numbers)]
    feature = None if name.startswith(feature_catalogue.CUSTOM) else feature_catalogue.known(name)
    feature = feature if feature is not None and feature.kind == "number" else None  # other tables have a “kind” too
    on_log = name in log if log != "auto" else feature.log if feature is not None else is_lopsided(np.sort(known))
    numbers, by = fill(column.numbers, missing=missing, alike=alike)
    if len(known) < len(numbers):
        made["filled"][name] = len(numbers) - len(known)
        made["filled_by"] |= {name: by} if by else {}
    if not on_log:
        return numbers, False
    if feature is not None and feature.unit == "money":
        below = int((numbers < 0).sum())
        made["clipped"] |= {name: below} if below else {}
        numbers = numbers.clip(min=0.0)
    return log_scale(numbers), True


def _scaled(name: str, numbers: np.ndarray, *, scaling: str) -> _Block:
    ordered = np.sort(numbers)  # sums in one order, whatever that of the rows
    centre, scale = centre_and_scale(ordered, scaling=scaling)
    scale = scale if scale > 0 else float(ordered[-1] - ordered[0])  # squares of tiny differences are 0
    return _Block(((numbers - centre) / scale)[:, None], (name,), np.array([centre]), np.array([scale]))


def _as_yes_no(name: str, column: Column, *, variance: float, is_centred: bool, made: dict[str, dict]) -> _Block:
    """One 0/1 column a word, weighted; the rows without a word lie in the middle of all."""
    codes, words = _rare_together(column, name, made)
    is_known = codes >= 0
    if not is_known.all():
        made["filled"][name] = int((~is_known).sum())
    share = np.bincount(codes[is_known], minlength=len(words)) / is_known.sum()
    yes_no = np.vstack([np.eye(len(words)), share])[codes]  # the last row of all is that of the missing, -1
    scale = np.sqrt(max(1 - (share**2).sum(), LEAST_VARIETY) / variance)
    centre = share if is_centred else np.zeros(len(words))
    labels = tuple(f"{name}={word}" for word in words)
    return _Block((yes_no - centre) / scale, labels, centre, np.full(len(words), scale))


def _rare_together(column: Column, name: str, made: dict[str, dict]) -> tuple[np.ndarray, list[str]]:
    """Codes and words with the rare ones as "(others)", the last; a single rare one keeps its name."""
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.words))
    by_size = np.argsort(-counts, kind="stable")
    rank = np.empty(len(counts), dtype=int)
    rank[by_size] = np.arange(len(counts))
    is_rare = (counts < RARE_SHARE * counts.sum()) | (rank >= MOST_WORDS)
    is_rare &= counts > 0
    if is_rare.sum() == 1 and rank[is_rare] < MOST_WORDS:
        is_rare[:] = False
    kept = np.flatnonzero(~is_rare & (counts > 0))
    new = np.full(len(counts) + 1, -1)
    new[kept] = np.arange(len(kept))
    words = [column.words[place] for place in kept]
    if is_rare.any():
        made["rare"][name] = int(is_rare.sum())
        new[:-1][is_rare] = len(kept)
        words.append(OTHERS)
    return new[column.codes], words


def _columns_of_words(table: pd.DataFrame, *, rows: np.ndarray) -> list[tuple[str, Column]]:
    columns = [(str(name), read_column(table, name)) for name in dict.fromkeys(table.columns)
               if isinstance(table[name], pd.Series) and not pd.api.types.is_numeric_dtype(table[name].dtype)]
    return [(name, column.rows(rows)) for name, column in columns if column.kind == "category"]


def _check(columns: tuple[str, ...], *, log: str | tuple[str, ...], scaling: str, missing: str) -> None:
    if not columns:
        raise InvalidInput("Choose at least one column to compare by.", field="columns")
    if scaling not in SCALINGS:
        raise InvalidInput(f"“{scaling}” is no scaling; choose one of {', '.join(SCALINGS)}.", field="scaling")
    if missing not in MISSING:
        raise InvalidInput(f"“{missing}” is no way to treat gaps; choose one of {', '.join(MISSING)}.", field="missing")
    if isinstance(log, str):
        if log != "auto":
            raise InvalidInput(f"The log scale is “auto” or a list of columns, not “{log}”.", field="log")
        return
    for name in log:
        if name not in columns:
            raise InvalidInput(f"“{name}” is to be on a log scale but is not among the chosen columns.", field="log")


def _refuse_words_on_log_scale(used: dict[str, Column], log: str | tuple[str, ...]) -> None:
    for name, column in used.items():
        if log != "auto" and name in log and column.kind != "number":
            raise InvalidInput(f"“{name}” holds words; only numbers can be on a log scale.", field="log")


def _too_few(n_rows: int, n_kept: int, n_columns: int) -> str:
    if n_rows < FEWEST_ROWS:
        return f"Comparing needs at least {FEWEST_ROWS} rows; there are {n_rows}."
    return (f"Comparing needs at least {FEWEST_ROWS} rows without gaps; {n_kept} of the {n_rows} rows have all {n_columns} "
            "chosen columns. Have the gaps filled in, or choose fewer columns.")


def _left_out(missing_rows: int) -> dict[str, int]:
    return {"missing_rows": missing_rows} if missing_rows else {}
