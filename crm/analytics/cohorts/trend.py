"""Trend: do newer customers come back more often than older ones did at the same age?

Two equally long stretches of first orders, the newer one ending so that everybody was watched for the whole time asked
about. Where two years are there, a year is compared with the year before it, so that Christmas is in both. The difference
has Newcombe's interval, widened by how much the months of one stretch differ beyond chance: customers of one month share a
campaign, a season, a delivery that came late, and treating each as a separate toss of a coin would find a trend anywhere.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from crm.analytics.cohorts.proportions import difference, spread_beyond_chance, wilson
from crm.analytics.cohorts.purchases import Purchases, as_date

YEAR_DAYS = 364  # thirteen times four weeks: both stretches hold the same weekdays and seasons
BLOCK_DAYS = 28
FEWEST_CUSTOMERS = 30  # in each stretch; below it the interval spans everything anyway


@dataclass(frozen=True)
class Stretch:
    """First orders from `from_day` to `to_day`: customers, share back in time (0..1), low, high (Wilson, 95 %)."""

    from_day: dt.date
    to_day: dt.date
    customers: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Trend:
    """Newer against older customers, each watched for `within_days`.

    difference: newer less older share, with low and high (95 %). verdict: "better" where low > 0, "worse" where high < 0,
    else "same": not distinguishable. dispersion: how much months differ beyond chance (1: not at all); the interval is
    widened by its root. is_whole_years: both stretches hold all seasons.
    """

    within_days: int
    older: Stretch
    newer: Stretch
    difference: float
    low: float
    high: float
    dispersion: float
    is_whole_years: bool

    @property
    def verdict(self) -> str:
        return "better" if self.low > 0 else "worse" if self.high < 0 else "same"


def trend(purchases: Purchases, rows: np.ndarray, *, within_days: int) -> Trend | None:
    """Newer against older of the customers `rows`; None where either would be fewer than 30."""
    ends = purchases.as_of_day - within_days
    watched = rows[purchases.first_day[rows] <= ends]
    if len(watched) < 2 * FEWEST_CUSTOMERS:
        return None
    first_day = purchases.first_day[watched]
    came = (purchases.second_gap[watched] > 0) & (purchases.second_gap[watched] <= within_days)
    known_days = ends - int(first_day.min()) + 1
    for length in (YEAR_DAYS, known_days // 2):
        if 2 * length > known_days:
            continue
        age = ends - first_day
        newer, older = age < length, (age >= length) & (age < 2 * length)
        if min(newer.sum(), older.sum()) >= FEWEST_CUSTOMERS:
            return _compared(came, age, older, newer, ends=ends, length=length, within_days=within_days)
    return None


def _compared(came: np.ndarray, age: np.ndarray, older: np.ndarray, newer: np.ndarray, *, ends: int, length: int,
              within_days: int) -> Trend:
    counted = older | newer
    # Blocks are cut within each stretch: the first block of the older one begins where the newer one stops.
    block = np.where(newer, age, age - length) // BLOCK_DAYS * 2 + older
    of = np.bincount(block[counted])
    back = np.bincount(block[counted & came], minlength=len(of))
    dispersion, quantile = spread_beyond_chance(back, of, np.arange(len(of)) % 2)
    z = quantile * dispersion**0.5
    counts = {side: (float((rows & came).sum()), float(rows.sum())) for side, rows in (("older", older), ("newer", newer))}
    (came_older, n_older), (came_newer, n_newer) = counts["older"], counts["newer"]
    moved, low, high = difference((came_older, came_newer), (n_older, n_newer), z=z)

    def stretch(side: str, youngest: int) -> Stretch:
        back_then, customers = counts[side]
        limits = [float(limit) for limit in wilson(back_then, customers)]
        return Stretch(as_date(ends - youngest - length + 1), as_date(ends - youngest), int(customers),
                       back_then / customers, *limits)

    return Trend(within_days, stretch("older", length), stretch("newer", 0), moved, low, high, dispersion,
                 length == YEAR_DAYS)
