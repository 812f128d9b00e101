"""Which customers meet all of these conditions? One condition a column: at most, more than, between, one of, not known."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from crm.errors import InvalidInput

OPERATORS = ("<=", "<", ">", ">=", "between", "in", "not_in", "is_missing", "is_known")


def meets(table: pd.DataFrame, conditions: Iterable[Mapping]) -> np.ndarray:
    """Whether each row meets every condition (n, bool); without conditions all do.

    A condition is {"column", "operator", "value"}: "<=", "<", ">", ">=" a number; "between" [low, high], low < x <=
    high; "in", "not_in" a list of words or numbers; "is_missing" and "is_known" no value. What is not known meets
    "is_missing" and conditions with "or_missing" true, nothing else. Raises InvalidInput for a column that is not in the table, an operator that is not in OPERATORS,
    or a border for a column of words.
    """
    met = np.ones(len(table), dtype=bool)
    for condition in conditions:
        found = _meets(table, condition["column"], condition["operator"], condition.get("value"))
        if condition.get("or_missing"):
            found = found | table[condition["column"]].isna().to_numpy()
        met &= found
    return met


def _meets(table: pd.DataFrame, column: str, operator: str, value) -> np.ndarray:
    if column not in table:
        raise InvalidInput(f"There is no column “{column}” any more, which this rule asks for.", field="column")
    contents = table[column]
    known = contents.notna().to_numpy()
    if operator == "is_missing":
        return ~known
    if operator == "is_known":
        return known
    if operator in ("in", "not_in"):
        found = _isin(contents, value)
        return known & (found if operator == "in" else ~found)
    if operator not in OPERATORS:
        raise InvalidInput(f"“{operator}” compares nothing; choose one of {', '.join(OPERATORS)}.", field="operator")
    if not pd.api.types.is_numeric_dtype(contents):
        raise InvalidInput(f"“{column}” holds words, so it is neither more nor less than a number.", field="column")
    numbers = contents.to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(invalid="ignore"):  # what is not known compares as false
        if operator == "between":
            low, high = value
            return (numbers > low) & (numbers <= high)
        return {"<=": np.less_equal, "<": np.less, ">": np.greater, ">=": np.greater_equal}[operator](numbers, value)


def _isin(contents: pd.Series, wanted: Iterable) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(contents):
        return contents.isin([one for one in wanted if not isinstance(one, str)]).to_numpy()
    return contents.astype(object).isin([str(one) for one in wanted]).to_numpy()
