"""Horizon: after how many days without an order has a customer of this company really gone quiet?"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.snapshots.cutoffs import HORIZONS, needed_history
from crm.analytics.snapshots.history import Events, read_history
from crm.errors import NotEnoughData

SHARE_WITHIN = 0.8  # of the gaps: waiting for the rare long ones would tell of a leaver when it is too late
FEWEST_OPEN = 20  # gaps still running: beyond the day with fewer, single customers would decide


@dataclass(frozen=True)
class Horizon:
    """A horizon in days (one of HORIZONS) and the figures behind it.

    reason: "rhythm" (the shortest one within which at least 80 % of the repeat buyers' gaps lie; 365 where none is), or
    "short history" (for that one, rhythm_days, the orders do not reach back far enough; this is the longest that fits, or 30).
    usual_gap_days: half of the gaps are shorter. share_within: 0..1 of the gaps within `days`. customers: who bought on two
    days at least. gaps: between their purchase days. known_days: from the first purchase to as_of.
    """

    days: int
    reason: str
    rhythm_days: int
    usual_gap_days: float
    share_within: float
    customers: int
    gaps: int
    known_days: int


def proposed_horizon(orders: pd.DataFrame, *, as_of: dt.date) -> Horizon:
    """The horizon that the customers' own rhythms propose, up to and including `as_of`; later orders change nothing.

    Every repeat buyer counts once, however often he buys. The gap since the last purchase counts as not ended yet (Kaplan
    and Meier 1958), or long rhythms would seem short; who has left never comes back, so that gaps are told as shares of
    those that do end (Maller and Zhou 1996). Raises NotEnoughData where nobody bought on two days.
    """
    past = orders[(orders["ordered_on"] < pd.Timestamp(as_of) + pd.Timedelta(days=1)).to_numpy()]
    history = read_history(past)
    last_day = int(np.datetime64(as_of, "D").astype("int64"))
    length, ended, weight = _gaps(history.purchases, history.days, last_day)
    if not ended.any():
        raise NotEnoughData(
            "The horizon follows the days between two purchases of a customer; nobody has bought on two different days yet."
        )
    day, share = _ended_within(length, ended, weight)

    def within(days: int) -> float:
        return float(share[np.searchsorted(day, days, side="right") - 1]) if days >= day[0] else 0.0

    rhythm_days = next((days for days in HORIZONS if within(days) >= SHARE_WITHIN), HORIZONS[-1])
    known_days = last_day - int(history.purchases.day.min())
    fitting = [days for days in HORIZONS if needed_history(days) <= known_days and days <= rhythm_days]
    days = max(fitting, default=HORIZONS[0])
    return Horizon(
        days=days,
        reason="rhythm" if days == rhythm_days else "short history",
        rhythm_days=rhythm_days,
        usual_gap_days=float(day[np.searchsorted(share, 0.5)]),
        share_within=within(days),
        customers=int((~ended).sum()),
        gaps=int(ended.sum()),
        known_days=known_days,
    )


def _gaps(purchases: Events, days: np.ndarray, last_day: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Length in days, whether it has ended, and weight of every gap of the repeat buyers; one open gap each."""
    code = np.repeat(np.arange(len(purchases.starts) - 1), np.diff(purchases.starts))
    new_day = np.diff(days) > 0
    day, code = purchases.day[new_day], code[new_day]
    n_days = np.bincount(code)
    repeats = n_days[code] > 1
    day, code = day[repeats], code[repeats]
    ended = np.append(code[1:] == code[:-1], False) if len(code) else np.zeros(0, dtype=bool)
    until = np.where(ended, np.append(day[1:], last_day), last_day) if len(code) else day
    return until - day, ended, 1.0 / (n_days[code] - 1)


def _ended_within(length: np.ndarray, ended: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days, rising, and the share of the gaps that end at all which have ended by then; the last one is 1."""
    n_days = int(length.max()) + 1
    all_weight = np.bincount(length, weights=weight, minlength=n_days)
    end_weight = np.bincount(length, weights=weight * ended, minlength=n_days)
    running = np.cumsum(np.bincount(length, minlength=n_days)[::-1])[::-1]
    at_risk = np.cumsum(all_weight[::-1])[::-1]
    still_open = np.cumprod(1.0 - np.divide(end_weight, at_risk, out=np.zeros(n_days), where=at_risk > 0))
    day = np.flatnonzero(end_weight > 0)
    if (running[day] >= FEWEST_OPEN).any():
        day = day[running[day] >= FEWEST_OPEN]
    closed = 1.0 - still_open[day]
    return day, closed / closed[-1]
