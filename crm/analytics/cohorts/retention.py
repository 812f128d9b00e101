"""Retention: how many customers of a month, quarter or year still buy later, have come back, and what did they bring?"""

import numpy as np
import pandas as pd

from crm.analytics.cohorts.periods import SMALL_COHORT, last_whole, period_of, starts_on
from crm.analytics.cohorts.purchases import MONEY_STEPS, Purchases

SHOWN = ("returned_share", "active_share", "revenue_to_date_per_customer")


def triangle(purchases: Purchases, *, by: str, new_from_day: int | None = None) -> pd.DataFrame:
    """One row a cohort and age, cohorts rising, ages from 0 (the period of the first purchase) to the oldest one's.

    cohort (first day of the period of the first purchase); customers (in the cohort); is_small (fewer than ten);
    is_whole (the cohort's own period is over, so that it is complete); may_hold_older (it begins before `new_from_day`:
    some may have bought before the data begin); age (periods since); period (its first day); active (customers who
    bought in it), active_share (0..1; 1 at age 0); returned (customers with a second purchase day by its end),
    returned_share (0..1, never falls with age); revenue (net of returns, in that period), revenue_to_date_per_customer
    (net, up to its end, a customer of the cohort; may be < 0).

    What is not over, or not yet begun, is NaN.
    """
    cohort_of = period_of(purchases.first_day, by=by)
    cohorts, row_of, customers = np.unique(cohort_of, return_inverse=True, return_counts=True)
    current = int(period_of(np.array([purchases.as_of_day]), by=by)[0])
    n_ages = current - int(cohorts[0]) + 1
    shape = (len(cohorts), n_ages)

    def table_of(code: np.ndarray, day: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        age = period_of(day, by=by) - cohort_of[code]
        cells = np.bincount(row_of[code] * n_ages + age, weights=weights, minlength=shape[0] * n_ages)
        return cells.reshape(shape).astype("float64")

    period = period_of(purchases.day, by=by)
    new_cell = (np.diff(purchases.code, prepend=-1) != 0) | (np.diff(period, prepend=-1) != 0)
    active = table_of(purchases.code[new_cell], purchases.day[new_cell])
    again = np.flatnonzero(purchases.second_gap)
    returned = table_of(again, purchases.first_day[again] + purchases.second_gap[again]).cumsum(axis=1)
    revenue = table_of(purchases.paid_code, purchases.paid_day, purchases.paid_steps) / MONEY_STEPS

    ages = np.arange(n_ages)
    is_over = cohorts[:, None] + ages[None, :] <= last_whole(purchases.as_of_day, by=by)
    size = customers[:, None].astype("float64")
    measures = {"active": active, "active_share": active / size, "returned": returned, "returned_share": returned / size,
                "revenue": revenue, "revenue_to_date_per_customer": revenue.cumsum(axis=1) / size}
    begins = starts_on(cohorts, by=by)
    older = (np.zeros(len(cohorts), dtype=bool) if new_from_day is None
             else begins < np.datetime64(new_from_day, "D"))
    each = {"cohort": begins, "customers": customers, "is_small": customers < SMALL_COHORT, "is_whole": is_over[:, 0],
            "may_hold_older": older}
    return pd.DataFrame({
        **{name: np.repeat(content, n_ages) for name, content in each.items()},
        "age": np.tile(ages, len(cohorts)),
        "period": starts_on((cohorts[:, None] + ages[None, :]).ravel(), by=by),
        **{name: np.where(is_over, content, np.nan).ravel() for name, content in measures.items()}})


def wide(triangle: pd.DataFrame, *, shown: str) -> pd.DataFrame:
    """The triangle of one measure of SHOWN: one row a cohort (index: cohort), one column an age, NaN where not over."""
    return triangle.pivot(index="cohort", columns="age", values=shown)
