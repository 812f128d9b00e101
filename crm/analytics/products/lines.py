"""Which order lines count for a product, in whole steps of money so that no sum depends on the sequence of the rows?"""

import datetime as dt

import numpy as np
import pandas as pd

MONEY_STEPS = 10_000  # as the records keep money: sums of such whole numbers are exact


def counted(order_lines: pd.DataFrame, *, as_of: dt.date, since: dt.date | None = None) -> pd.DataFrame:
    """The lines that name a product, from the day `since` (None: the first) up to and including `as_of`."""
    day = order_lines["ordered_on"].to_numpy()
    kept = (order_lines["product_id"].to_numpy() > 0) & (day < np.datetime64(as_of, "D") + 1)
    if since is not None:
        kept &= day >= np.datetime64(since, "D")
    return order_lines if kept.all() else order_lines[kept]  # a copy of a million lines costs more than most of the sums


def is_sale(lines: pd.DataFrame) -> np.ndarray:
    """Lines by which pieces were sold: no returns, no cancellations, no corrections of an amount."""
    return (lines["kind"] == "sale").to_numpy() & (lines["quantity"].to_numpy() > 0)


def steps(amounts: pd.Series | np.ndarray) -> np.ndarray:
    """Amounts of money in whole 1/10,000 (float64; NaN stays NaN)."""
    return np.rint(np.asarray(amounts, dtype="float64") * MONEY_STEPS)


def months_of(days: pd.Series | np.ndarray) -> np.ndarray:
    """Each day's month, as whole months since January 1970 (int64)."""
    return np.asarray(days).astype("datetime64[M]").astype("int64")


def first_days(months: np.ndarray) -> np.ndarray:
    """The first days of months that are counted as by `months_of` (datetime64[us])."""
    return np.asarray(months, dtype="int64").astype("datetime64[M]").astype("datetime64[us]")


def last_whole_month(as_of: dt.date) -> int:
    """The latest month that is over on `as_of`, counted as by `months_of`.

    >>> int(last_whole_month(dt.date(2026, 3, 30))) == int(last_whole_month(dt.date(2026, 2, 28)))
    True
    """
    return int((np.datetime64(as_of, "D") + 1).astype("datetime64[M]").astype("int64")) - 1


def different(of: np.ndarray, what: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each pair of a code (0 or more) and a whole number once, sorted by both: what is sorted is told apart faster than hashed.

    >>> different(np.array([1, 0, 1, 1]), np.array([7, 9, 7, -3]))
    (array([0, 1, 1]), array([ 9, -3,  7]))
    """
    if not len(of):
        return np.array([], dtype="int64"), np.array([], dtype="int64")
    what = np.asarray(what, dtype="int64")
    lowest = int(what.min())
    span = int(what.max()) - lowest + 1
    keys = np.sort(np.asarray(of, dtype="int64") * span + (what - lowest))
    keys = keys[np.append(True, keys[1:] != keys[:-1])]
    return keys // span, keys % span + lowest
