"""Which rows are put on which side, so that neither their sequence nor a customer in two places decides anything?"""

from dataclasses import replace

import numpy as np
import pandas as pd

from crm.analytics.prediction.task import Rows

N_PARTS = 5
TARGET_STRATA = 10  # amounts are dealt out by tenths of their size


def in_fixed_order(rows: Rows) -> tuple[Rows, np.ndarray]:
    """The same rows in a sequence that depends on what they hold alone, and the positions they were taken from.

    Sums of floats, dealt parts and seeded draws then come out the same however the caller's rows were sorted.
    """
    held = _held(rows)
    order = np.lexsort((held,)) if _is_own_group(rows.groups) else np.lexsort((held, rows.groups))
    return take(rows, order), order


def take(rows: Rows, chosen: np.ndarray) -> Rows:
    """The rows at these positions, or where this mask is True."""
    chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
    return replace(rows, frame=rows.frame.take(chosen).reset_index(drop=True), target=rows.target[chosen],
                   groups=rows.groups[chosen])


def parts(rows: Rows, *, n_parts: int = N_PARTS, random_state: int = 0) -> np.ndarray:
    """(n,) part 0..n_parts-1 of each row. All rows of a group lie in one part; parts are alike in their number of rows and
    of yeses (amounts: in their sizes). Does not depend on the sequence of the rows."""
    unit, key = _units(rows, random_state=random_state)
    n_rows = np.bincount(unit)
    total = np.bincount(unit, weights=rows.target.astype(float))
    if rows.target.dtype != bool:
        total = _strata(total / n_rows)
    part = np.empty(len(n_rows), dtype="int64")
    part[np.lexsort((key, n_rows, total))] = np.arange(len(n_rows)) % n_parts
    return part[unit]


def sample(rows: Rows, *, most_rows: int, random_state: int = 0) -> np.ndarray:
    """(n,) True for a share of the groups, drawn evenly, with about `most_rows` rows; all where there are no more."""
    if len(rows.target) <= most_rows:
        return np.ones(len(rows.target), dtype=bool)
    unit, key = _units(rows, random_state=random_state + 1)  # another draw than that of the parts
    order = np.argsort(key, kind="stable")
    drawn = np.zeros(len(key), dtype=bool)
    drawn[order] = np.cumsum(np.bincount(unit)[order]) <= most_rows
    return drawn[unit]


def n_groups(groups: np.ndarray) -> int:
    """How many different groups there are."""
    return len(pd.unique(groups))  # of 400,000 rows five times as quick as numpy's


def rows_a_group(rows: Rows) -> float:
    """Mean number of rows of a group; 1 where there are no rows."""
    return len(rows.groups) / max(n_groups(rows.groups), 1) if len(rows.groups) else 1.0


def _units(rows: Rows, *, random_state: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,) number of each row's group, and a random key a group that hangs on the group alone."""
    if _is_own_group(rows.groups):
        return np.arange(len(rows.groups)), _mixed(_held(rows), random_state)
    unit, ids = pd.factorize(rows.groups)
    return unit, _mixed(ids.astype("uint64"), random_state)


def _is_own_group(groups: np.ndarray) -> bool:
    """Each row is a group of its own; the ids are then often mere row numbers, which must not decide."""
    return n_groups(groups) == len(groups)


def _held(rows: Rows) -> np.ndarray:
    """(n,) uint64: a number that hangs on what the row holds, its target included."""
    held = pd.util.hash_pandas_object(rows.frame, index=False).to_numpy() if rows.frame.shape[1] else 0
    return _mixed(held + _mixed(rows.target.astype(float).view("uint64"), 0), 0)


def _mixed(key: np.ndarray, random_state: int) -> np.ndarray:
    """splitmix64 (Steele, Lea & Flood 2014): numbers that lie close end far apart."""
    with np.errstate(over="ignore"):
        mixed = key + np.uint64(0x9E3779B97F4A7C15) * np.uint64(random_state + 1)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))


def _strata(amount: np.ndarray) -> np.ndarray:
    edges = np.quantile(amount, np.linspace(0, 1, TARGET_STRATA + 1)[1:-1])
    return np.searchsorted(edges, amount)
