"""Silence: for how long do customers go on buying before they fall silent?

A customer falls silent with the order after which the first pause of more than H days begins; H days without an order must
have passed before that can be known. So nobody's last order can be judged in the H days up to `as_of`: whoever has not
fallen silent by then is watched until H days before `as_of` and then left out (censored). Taking each customer's last order
as the end of watching instead would count people as at risk at times when no end can be seen, and flatter the curve.

Silent is not gone: the share of those who ordered again later is given beside it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.cohorts.periods import SMALL_COHORT
from crm.analytics.cohorts.purchases import Purchases
from crm.analytics.cohorts.survival import Curve, kaplan_meier

PAUSES_SHORTER = 0.9  # nine of ten pauses of customers who do come back are shorter than H
ROUND_DAYS = (30, 45, 60, 90, 120, 150, 180, 270, 365, 540, 730)  # lengths that people can remember
FEWEST_REPEATERS = 10  # rhythms from fewer customers are anecdotes
MOST_OF_HISTORY = 3  # H is at most a third of the time that is known: two thirds must be left to watch customers in
LOOKED_AT_DAYS = (0, 90, 180, 365, 730)


@dataclass(frozen=True, eq=False)
class Staying:
    """How long customers go on buying.

    curve: share still buying by days since the first order (at day 0 it falls by those who never ordered again in time).
    silence_days: H. pauses_shorter: share of the pauses seen so far that are shorter than H or as long, every customer who
    came back counting once (NaN where nobody did). by_days: days, share (0..1 still buying), low, high (95 %), followed, is_uncertain (fewer than ten).
    quartiles: share (of all customers fallen silent), days, low, high. came_back_share: of those who fell silent, who
    ordered again later (0..1, NaN where nobody fell silent). customers: who could be judged.
    """

    curve: Curve
    silence_days: int
    pauses_shorter: float
    by_days: pd.DataFrame
    quartiles: pd.DataFrame
    came_back_share: float
    customers: int


@dataclass(frozen=True, eq=False)
class _Pauses:
    """Pauses between two purchase days: different lengths, rising, and the share of pauses up to each of them."""

    lengths: np.ndarray
    share_up_to: np.ndarray
    customers: int


def _pauses(purchases: Purchases) -> _Pauses:
    same = purchases.code[1:] == purchases.code[:-1]
    pause, owner = np.diff(purchases.day)[same], purchases.code[1:][same]
    pauses_each = np.bincount(owner, minlength=len(purchases.customer_ids))
    # Every customer counts once, or the few who order every week would set the rhythm for all.
    lengths, place = np.unique(pause, return_inverse=True)
    reached = np.cumsum(np.bincount(place, weights=1 / pauses_each[owner], minlength=len(lengths)))
    return _Pauses(lengths, reached / reached[-1] if len(reached) else reached, int((pauses_each > 0).sum()))


def usual_silence(purchases: Purchases) -> int | None:
    """H from the customers' own rhythms: nine of ten pauses are shorter, every customer who came back counting once.

    Rounded up to a length that people remember, 30 to 730 days, but at most a third of the time since the first purchase;
    None with fewer than ten customers who came back.
    """
    pauses = _pauses(purchases)
    if pauses.customers < FEWEST_REPEATERS:
        return None
    usual = pauses.lengths[np.searchsorted(pauses.share_up_to, PAUSES_SHORTER - 1e-12)]
    known_days = purchases.as_of_day - int(purchases.first_day.min())
    possible = [days for days in ROUND_DAYS if days * MOST_OF_HISTORY <= known_days] or [ROUND_DAYS[0]]
    return next((days for days in possible if usual <= days), possible[-1])


def durations(purchases: Purchases, rows: np.ndarray, *, silence_days: int) -> tuple[np.ndarray, ...]:
    """Of the customers `rows` who can be judged: which of `rows` they are, days until they fell silent or were last
    watched, whether they fell silent, days watched, whether they ordered again after it."""
    judged_until = purchases.as_of_day - silence_days
    last_of_customer = np.diff(purchases.code, append=-1) != 0
    pause = np.append(np.diff(purchases.day), 0)
    ends = np.where(last_of_customer, purchases.day <= judged_until, pause > silence_days)
    first_end = np.full(len(purchases.customer_ids), -1)
    places = np.flatnonzero(ends)
    earliest = places[np.diff(purchases.code[places], prepend=-1) != 0]
    first_end[purchases.code[earliest]] = earliest
    judged = np.flatnonzero(purchases.first_day[rows] <= judged_until)
    customers = rows[judged]
    end = first_end[customers]
    fell_silent = end >= 0
    first_day = purchases.first_day[customers]
    days = np.where(fell_silent, purchases.day[end], judged_until) - first_day
    return judged, days, fell_silent, judged_until - first_day, fell_silent & ~last_of_customer[end]


def staying(purchases: Purchases, rows: np.ndarray, *, silence_days: int) -> Staying | None:
    """How long the customers `rows` go on buying; None where fewer than ten can be judged."""
    _, days, fell_silent, watched, came_again = durations(purchases, rows, silence_days=silence_days)
    if len(days) < SMALL_COHORT:
        return None
    curve = kaplan_meier(days, fell_silent, followed=watched)
    table = curve.at(LOOKED_AT_DAYS)
    by_days = pd.DataFrame({"days": table["day"], "share": table["survival"], "low": table["low"], "high": table["high"],
                            "followed": table["followed"], "is_uncertain": table["followed"] < SMALL_COHORT})
    quartiles = pd.DataFrame([(share, *curve.quantile(share)) for share in (0.25, 0.5, 0.75)],
                             columns=["share", "days", "low", "high"])
    silent, pauses = int(fell_silent.sum()), _pauses(purchases)
    place = int(np.searchsorted(pauses.lengths, silence_days, side="right"))
    shorter = float("nan") if not pauses.customers else float(pauses.share_up_to[place - 1]) if place else 0.0
    return Staying(curve, silence_days, shorter, by_days, quartiles, float(came_again.sum() / silent) if silent else float("nan"),
                   len(days))
