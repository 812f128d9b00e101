"""What follows when columns of a case are changed, and what does the model say then?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm.errors import InvalidInput

Values = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Rules:
    """Which columns follow from others.

    follow: in sequence, (before, after, given) -> the columns of `after` that follow; before and after: column -> array, all
    of one length; given: columns that somebody set, which no rule changes. follows_from: column -> the one that it follows
    from: where both are there, only that one is offered to be changed.
    """

    follow: tuple[Callable[[Values, Values, frozenset], Mapping[str, np.ndarray]], ...] = ()
    follows_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NO_RULES = Rules()


def what_if(model, row: pd.DataFrame, changes: Mapping, *, rules: Rules = NO_RULES) -> float:
    """The probability 0..1 that the model gives to `row` (one row) with `changes` (column -> value) and what follows from
    them. It is what the model says of such a case, not what would happen if somebody changed it."""
    return float(np.asarray(model.probability(changed(row, changes, rules=rules)), dtype=float)[0])


def curve(model, row: pd.DataFrame, column: str, values, *, changes: Mapping | None = None,
          rules: Rules = NO_RULES) -> pd.DataFrame:
    """value, probability: what the model says of `row` (one row), with `changes`, for each of the `values` of one column
    (individual conditional expectation, Goldstein et al. 2015)."""
    values = list(values)
    tried = {**(changes or {}), column: values}
    return pd.DataFrame({"value": pd.Series(values, dtype=object),
                         "probability": np.asarray(model.probability(changed(row, tried, rules=rules)), dtype=float)})


def changed(row: pd.DataFrame, changes: Mapping, *, rules: Rules = NO_RULES) -> pd.DataFrame:
    """`row` (one row) with other values: a row for each where a change is a list, else one. None: not known.

    What follows by the rules is set too, unless it is given itself; columns that the row has not are left out. The kinds of
    the columns stay. Raises InvalidInput for a column that is not there and for words where numbers are.
    """
    if len(row) != 1:
        raise InvalidInput(f"One case can be changed at a time, not {len(row)}.")
    missing = [column for column in changes if column not in row]
    if missing:
        raise InvalidInput(f"There is no column “{missing[0]}” to change.")
    lists = [change for change in changes.values() if isinstance(change, list | tuple | np.ndarray)]
    n = len(lists[0]) if lists else 1
    if any(len(one) != n for one in lists):
        raise InvalidInput("Every list of changes must be of the same length.")
    many = row.iloc[np.zeros(n, dtype=int)].reset_index(drop=True)
    given = {column: _set(many[column], change) for column, change in changes.items()}
    before = {column: many[column].to_numpy() for column in many}
    after = before | {column: series.to_numpy() for column, series in given.items()}
    for rule in rules.follow:
        for column, values in rule(before, after, frozenset(given)).items():
            if column in before and column not in given:
                after[column] = values
    moved = {column: _set(many[column], values) for column, values in after.items()
             if column not in given and values is not before[column]}
    return many.assign(**given, **moved)


def _set(column: pd.Series, change) -> pd.Series:
    values = list(change) if isinstance(change, list | tuple | np.ndarray) else [change] * len(column)
    if pd.api.types.is_bool_dtype(column):
        return pd.Series([bool(value) for value in values], index=column.index, dtype=column.dtype)
    if not pd.api.types.is_numeric_dtype(column):
        return pd.Series([None if value is None or value != value else str(value) for value in values],
                         index=column.index, dtype=column.dtype)
    try:
        numbers = [np.nan if value is None else float(value) for value in values]
    except (TypeError, ValueError):
        raise InvalidInput(f"“{column.name}” holds numbers; “{values[0]}” is none.", field=str(column.name)) from None
    # Whole numbers become floats: a change may have decimals or be missing, and models read both alike.
    return pd.Series(numbers, index=column.index, dtype="float64")
