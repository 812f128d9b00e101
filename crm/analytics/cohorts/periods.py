"""Periods: in which calendar month, quarter or year does a day lie, and which of them are over?"""

import numpy as np

MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
MOST_COHORTS = 24  # rows of a triangle that are still read at a glance: two years of months, six of quarters
SMALL_COHORT = 10  # below it one customer more or less moves a share by more than ten points
FEWEST_COHORTS = 3  # with fewer rows there is nothing to compare from one to the next


def period_of(day: np.ndarray, *, by: str) -> np.ndarray:
    """The calendar period of every day (days from 1970-01-01), counted from the one that holds 1970-01-01.

    >>> period_of(np.array([0, 31, 365]), by="month").tolist(), period_of(np.array([0, 31, 365]), by="year").tolist()
    ([0, 1, 12], [0, 0, 1])
    """
    months = np.asarray(day).astype("datetime64[D]").astype("datetime64[M]").astype("int64")
    return months // MONTHS_IN[by]


def starts_on(period: np.ndarray, *, by: str) -> np.ndarray:
    """The first day of every period, as datetime64[us].

    >>> str(starts_on(np.array([5]), by="quarter")[0])[:10]
    '1971-04-01'
    """
    months = np.asarray(period) * MONTHS_IN[by]
    return months.astype("datetime64[M]").astype("datetime64[us]")


def last_whole(as_of_day: int, *, by: str) -> int:
    """The last period that is over at the end of `as_of_day`; its last day may be that day itself.

    >>> last_whole(30, by="month"), last_whole(29, by="month")
    (0, -1)
    """
    return int(period_of(np.array([as_of_day + 1]), by=by)[0]) - 1


def readable_grain(first_day: np.ndarray, *, as_of_day: int) -> str:
    """The finest of month, quarter, year with at most 24 whole cohorts, most of them of ten customers or more.

    Where that would leave fewer than three cohorts, size gives way to number: many small rows, marked as uncertain,
    still show more than two large ones.
    """
    fitting = []
    for by in MONTHS_IN:
        cohorts, sizes = np.unique(period_of(first_day, by=by), return_counts=True)
        whole = cohorts <= last_whole(as_of_day, by=by)
        if whole.sum() > MOST_COHORTS:
            continue
        if whole.sum() < FEWEST_COHORTS and fitting:
            break
        fitting.append(by)
        if whole.any() and np.median(sizes[whole]) >= SMALL_COHORT:
            return by
    return fitting[0] if fitting else "year"
