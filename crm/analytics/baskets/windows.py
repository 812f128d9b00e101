"""What do customers buy new in the weeks after a day on which they bought something new, and what was to be expected?

A window opens on each day on which a customer bought something for the first time, and stays open for as many days as are
asked about. What was to be expected in it depends on who the customer is: windows are compared with windows in which as
many new things were bought, by customers with as long a history, at the same time of the year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm.analytics.baskets.first_days import FirstDays

WINDOWS_A_PERIOD = 1_000  # so many share a calendar period; fewer would not tell what is usual in it
MOST_PERIODS = 12  # three years in quarters, one in months
HISTORIES = 3  # short, middling and long ones
MOST_DOUBLINGS = 6  # 64 and more new things in one window are one class


@dataclass(frozen=True, eq=False)
class Windows:
    """One entry a window that had closed by the last day, by customer and day.

    opened_by: for each entry of FirstDays its window's place, -1 where that was still open. begins, has, gets: what the
    customer had when the window opened are the entries begins to has of FirstDays, what was new in it has to gets.
    stratum: windows of one stratum are comparable; strata: how many.
    """

    opened_by: np.ndarray
    begins: np.ndarray
    has: np.ndarray
    gets: np.ndarray
    stratum: np.ndarray
    strata: int

    @property
    def new(self) -> np.ndarray:
        """How many things were new in each window."""
        return self.gets - self.has


def read_windows(first: FirstDays, *, within_days: int) -> Windows:
    """The windows of `within_days` that closed by the last day that counts."""
    opens = np.ones(len(first.day), dtype=bool)
    opens[1:] = (first.customer[1:] != first.customer[:-1]) | (first.day[1:] != first.day[:-1])
    number = np.cumsum(opens) - 1
    at = np.flatnonzero(opens)
    closed = first.day[at] + within_days <= first.as_of
    place = np.where(closed, np.cumsum(closed) - 1, -1)
    at = at[closed]
    key = key_of(first, first.customer, first.day, within_days=within_days)
    begins = np.searchsorted(first.customer, first.customer[at], side="left")
    has = np.searchsorted(key, key[at], side="right")
    gets = np.searchsorted(key, key[at] + within_days, side="right")
    stratum, strata = strata_of(first.day[at], new=gets - has, had=has - begins)
    return Windows(opened_by=place[number], begins=begins, has=has, gets=gets, stratum=stratum, strata=strata)


def key_of(first: FirstDays, customer: np.ndarray, day: np.ndarray, *, within_days: int) -> np.ndarray:
    """One whole number a customer and day; a customer's last one plus a window stays below the next customer's first."""
    start = int(first.day.min())
    return customer * (first.as_of - start + within_days + 1) + (day - start)


def strata_of(day: np.ndarray, *, new: np.ndarray, had: np.ndarray) -> tuple[np.ndarray, int]:
    """The class of each window: new things in it (by doublings), length of history, time of the calendar."""
    if not len(day):
        return np.zeros(0, dtype=np.int64), 0
    doublings = np.minimum(np.frexp(np.maximum(new, 1))[1] - 1, MOST_DOUBLINGS)
    history = class_of(had, classes=HISTORIES)
    period = class_of(day, classes=int(np.clip(len(day) // WINDOWS_A_PERIOD, 1, MOST_PERIODS)))
    codes, stratum = np.unique((period * HISTORIES + history) * (MOST_DOUBLINGS + 1) + doublings, return_inverse=True)
    return stratum.ravel(), len(codes)


def class_of(value: np.ndarray, *, classes: int) -> np.ndarray:
    """At most `classes` classes, 0 ..., ascending and of about equal size; equal values share one.

    >>> class_of(np.array([5, 1, 3, 9, 7, 2]), classes=3).tolist()
    [1, 0, 1, 2, 2, 0]
    """
    ordered = np.sort(value)
    edges = ordered[(np.arange(1, classes) * len(value)) // classes]
    return np.searchsorted(edges, value, side="right")


def entries(begin: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All numbers of begin[i] ... end[i] - 1 one after another, and the i of each.

    >>> numbers, of = entries(np.array([3, 0]), np.array([5, 1]))
    >>> numbers.tolist(), of.tolist()
    ([3, 4, 0], [0, 0, 1])
    """
    length = end - begin
    of = np.repeat(np.arange(len(begin)), length)
    return np.arange(len(of)) - np.repeat(np.cumsum(length) - length - begin, length), of
