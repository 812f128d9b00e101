"""How is a missing number filled in? By the mean or the median of a group, or between its neighbours in time.

Filling a column with its mean or median keeps the middle and understates the spread (Little & Rubin 2019, section 4.2),
so whoever uses filled numbers sees which they are.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.errors import InvalidInput

METHODS = ("none", "mean", "median", "interpolation")
FEWEST_KNOWN = 3  # a group with fewer known numbers takes the number of all: one person is no group


@dataclass(frozen=True)
class Filled:
    """`values`: the numbers, float64, NaN where nothing could be filled in; `is_filled`: bool, same index."""

    values: pd.Series
    is_filled: pd.Series


def fill(numbers: pd.Series, *, method: str, by: pd.Series | None = None, order: pd.Series | None = None) -> Filled:
    """Fill the NaN of `numbers` in; known numbers stay what they are.

    `method`: "none"; "mean" or "median" of the known numbers of the same group in `by` (of all where the group is blank or
    has fewer than 3); "interpolation": on the straight line between the neighbours in `order` (numbers or moments), inside
    the group, and the nearest known number before the first and after the last. `by` and `order` have the index of
    `numbers`. Raises InvalidInput for another method, and for interpolation without an order.

    >>> done = fill(pd.Series([1.0, None, 4.0]), method="interpolation", order=pd.Series([0, 1, 3]))
    >>> done.values.tolist(), done.is_filled.tolist()
    ([1.0, 2.0, 4.0], [False, True, False])
    """
    if method not in METHODS:
        raise InvalidInput(f"“{method}” is no way to fill numbers in; choose one of {', '.join(METHODS)}.", field="method")
    if method == "interpolation" and order is None:
        raise InvalidInput("Filling in between neighbours needs an order, such as a date.", field="method")
    known = pd.to_numeric(numbers, errors="coerce").astype("float64")
    if method == "none":
        values = known
    elif method == "interpolation":
        values = _between(known, _places(order), by)
    else:
        values = known.fillna(_of_groups(known, method, by)).fillna(_middle(known, method))
    return Filled(values.rename(numbers.name), (values.notna() & known.isna()).rename(numbers.name))


def _of_groups(known: pd.Series, method: str, by: pd.Series | None) -> pd.Series:
    if by is None:
        return pd.Series(np.nan, index=known.index)
    grouped = known.groupby(by, observed=True)
    return grouped.transform(method).where(grouped.transform("count") >= FEWEST_KNOWN)


def _middle(known: pd.Series, method: str) -> float:
    return getattr(known, method)() if known.notna().any() else np.nan


def _between(known: pd.Series, places: pd.Series, by: pd.Series | None) -> pd.Series:
    groups = [known.index] if by is None else [
        index for _, index in known.groupby(by.reindex(known.index), dropna=False, observed=True).groups.items()]
    filled = known.copy()
    for index in groups:
        ours, where = known[index], places[index]
        gap = ours.isna() & where.notna()
        # Several known numbers at one place count as their mean.
        line = ours[ours.notna() & where.notna()].groupby(where).mean()
        if len(line) and gap.any():
            filled[index[gap]] = np.interp(where[gap], line.index.to_numpy(dtype=float), line.to_numpy())
    return filled


def _places(order: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(order):
        return order.astype("float64")
    moments = pd.to_datetime(order, errors="coerce")
    return (moments - pd.Timestamp(0)) / pd.Timedelta(days=1)
