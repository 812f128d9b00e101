"""Returning: when does a new customer order a second time, and what share ever does?

Customers who have not are no failures but unfinished stories: they count as watched until `as_of` and are then left out
(censored), so that last week's newcomers do not pull the share down.
"""

import numpy as np
import pandas as pd

from crm.analytics.cohorts.periods import SMALL_COHORT, last_whole, period_of, starts_on
from crm.analytics.cohorts.proportions import wilson
from crm.analytics.cohorts.purchases import Purchases
from crm.analytics.cohorts.survival import Curve, kaplan_meier

LOOKED_AT_DAYS = (30, 60, 90, 180, 365)
QUARTILES = (0.25, 0.5, 0.75)
MOST_BARS = 30  # more are thinner than a finger on a phone
BAR_DAYS = (7, 14, 30, 91, 182)  # weeks first, for weekends repeat within them


def durations(purchases: Purchases, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the customers `rows`: days to the second order or to the last day, whether it came, days watched."""
    watched = purchases.as_of_day - purchases.first_day[rows]
    came = purchases.second_gap[rows] > 0
    return np.where(came, purchases.second_gap[rows], watched), came, watched


def coming_back(purchases: Purchases, rows: np.ndarray) -> Curve:
    """The curve of those who have not come back yet, from the first order on."""
    days, came, watched = durations(purchases, rows)
    return kaplan_meier(days, came, followed=watched)


def share_by(curve: Curve, days) -> pd.DataFrame:
    """Who is back within so many days: days, share (0..1), low, high (95 %), followed (customers watched that long),
    is_uncertain (fewer than ten); NaN where nobody was watched that long."""
    table = curve.at(days)
    return pd.DataFrame({"days": table["day"], "share": 1 - table["survival"], "low": 1 - table["high"],
                         "high": 1 - table["low"], "followed": table["followed"],
                         "is_uncertain": table["followed"] < SMALL_COHORT})


def quartiles(curve: Curve) -> pd.DataFrame:
    """After how many days a quarter, half and three quarters of all customers are back: share, days, low, high; NaN
    where that was not reached."""
    return pd.DataFrame([(share, *curve.quantile(share)) for share in QUARTILES], columns=["share", "days", "low", "high"])


def half_of_returners(curve: Curve, within_days: int) -> float:
    """Days by which half of those are back who come back within so many days; NaN where nobody does.

    Not the median of the gaps seen so far: that would forget the slow ones among the newest customers.
    """
    back = share_by(curve, [within_days])["share"].iloc[0]
    return curve.quantile(back / 2)[0] if back > 0 else float("nan")


def longest_sure(curve: Curve, days: tuple[int, ...]) -> int | None:
    """The longest of `days` for which at least ten customers were watched."""
    sure = [count for count in days if curve.followed_for(count) >= SMALL_COHORT]
    return max(sure, default=None)


def when_they_come(curve: Curve, *, until_day: int) -> pd.DataFrame:
    """What share of all customers comes back in which stretch of days: from_day, to_day (both inclusive), share (0..1).

    Steps of the curve, so that customers who are not back yet are reckoned with; at most 30 stretches.
    """
    width = next((days for days in BAR_DAYS if until_day <= days * MOST_BARS), None)
    if width is None:
        width = -(-until_day // MOST_BARS)
    ends = np.arange(0, max(until_day, 0) // width + 1) * width
    back = share_by(curve, ends)["share"].to_numpy()
    return pd.DataFrame({"from_day": ends[:-1] + 1, "to_day": ends[1:], "share": np.diff(back)})


def by_cohort(purchases: Purchases, rows: np.ndarray, *, by: str, within_days: int) -> pd.DataFrame:
    """Who came back within so many days, by cohort; only whole cohorts all of whose customers were watched that long.

    cohort (first day of the period), customers, share (0..1), low, high (Wilson, 95 %), is_small (fewer than ten).
    """
    gap, period = purchases.second_gap[rows], period_of(purchases.first_day[rows], by=by)
    cohorts, place = np.unique(period, return_inverse=True)
    customers = np.bincount(place, minlength=len(cohorts))
    came = np.bincount(place[(gap > 0) & (gap <= within_days)], minlength=len(cohorts))
    low, high = wilson(came, customers)
    table = pd.DataFrame({"cohort": starts_on(cohorts, by=by), "customers": customers, "share": came / customers,
                          "low": low, "high": high, "is_small": customers < SMALL_COHORT})
    # The last of a cohort came on the last day of its period; the cohort is ripe when that day was so long ago.
    ripe = cohorts <= last_whole(purchases.as_of_day - within_days, by=by)
    return table[ripe].reset_index(drop=True)
