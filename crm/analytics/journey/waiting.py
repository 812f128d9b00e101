"""How long do customers wait before the next step, those counted who have not taken it yet?

The product-limit estimate of Kaplan & Meier (1958): who has not taken the step counts for as long as he was watched. Greenwood's
variance (1926), 95 % intervals on the log(-log) scale (Kalbfleisch & Prentice 2002, section 1.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.journey.shares import ERROR_95, FEW, Z_95, differ

LOOKED_AT_DAYS = (30, 90, 180, 365)
DRIFT_DAYS = 90  # within these the older half is compared with the newer one
ENOUGH_HALVES = 60  # customers watched so long, thirty a half
SURELY_DIFFERENT = 0.001  # a slow change is no reason to doubt the curve; a break in the records is


@dataclass(frozen=True, eq=False)
class Waiting:
    """When customers take a step.

    customers: who were watched; taken: how many have taken it by now. curve: day, share (0..1 have taken it by then), low,
    high (95 %, pointwise), waiting (not yet, just before), on the days on which somebody took it. by_days: the same after
    each of LOOKED_AT_DAYS, with followed (customers watched that long) instead of waiting; NaN where nobody was.
    within_days: the longest of them for which ten were watched, None where there is none; share, low, high: by then (NaN);
    half_days: days by which half of those have taken it who take it within `within_days` (NaN where nobody does); quarter_days,
    three_quarters_days: the same for a quarter and three quarters of them.
    median_days: by when half of all have taken it (NaN: not reached). older_share, newer_share: who took it within
    DRIFT_DAYS, of the half that was watched longer and of the other (NaN with fewer than sixty watched so long); is_drifting:
    they differ so much (p < .001) that one curve of both describes neither.
    """

    customers: int
    taken: int
    curve: pd.DataFrame
    by_days: pd.DataFrame
    within_days: int | None
    share: float
    low: float
    high: float
    quarter_days: float
    half_days: float
    three_quarters_days: float
    median_days: float
    older_share: float
    newer_share: float
    is_drifting: bool


def waiting(days: np.ndarray, taken: np.ndarray, watched: np.ndarray) -> Waiting | None:
    """From (n,) days until the step or, where it was not `taken`, until last seen, and for how many days each would have
    been `watched`. None with fewer than ten customers."""
    if len(days) < FEW:
        return None
    when, place = np.unique(days, return_inverse=True)
    events = np.bincount(place[taken], minlength=len(when))
    at_risk = np.bincount(place, minlength=len(when))[::-1].cumsum()[::-1]
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        growth = np.cumsum(np.where(events < at_risk, events / (at_risk * (at_risk - events)), np.inf))
        inside = (survival > 0) & (survival < 1)
        reach = np.where(inside, Z_95 * np.sqrt(growth) / np.abs(np.log(survival)), 0.0)
        low, high = survival ** np.exp(reach), survival ** np.exp(-reach)
    # Nobody or everybody: the formula says nothing; the exact interval of n out of n (Clopper & Pearson 1934) serves.
    bound = ERROR_95 ** (1 / np.maximum(np.cumsum(events) + at_risk - events, 1))
    low, high = np.where(survival >= 1, bound, low), np.where(survival <= 0, 1 - bound, high)
    steps = pd.DataFrame({"day": when, "share": 1 - survival, "low": 1 - high, "high": 1 - low, "waiting": at_risk})
    looked = _after(steps, np.sort(watched), LOOKED_AT_DAYS)
    sure = looked[looked["followed"] >= FEW]
    within = None if sure.empty else int(sure["day"].iloc[-1])
    share, lower, upper = (float("nan"),) * 3 if within is None else sure[["share", "low", "high"]].iloc[-1].tolist()
    older, newer, is_drifting = _halves(days, taken, watched)
    quarter, half, three_quarters = (_day_of(steps, share * part) if share > 0 else float("nan") for part in (0.25, 0.5, 0.75))
    return Waiting(len(days), int(taken.sum()), steps[events > 0].reset_index(drop=True), looked, within, share, lower, upper,
                   quarter_days=quarter, half_days=half, three_quarters_days=three_quarters, median_days=_day_of(steps, 0.5),
                   older_share=older, newer_share=newer, is_drifting=is_drifting)


def _halves(days: np.ndarray, taken: np.ndarray, watched: np.ndarray) -> tuple[float, float, bool]:
    judged = np.flatnonzero(watched >= DRIFT_DAYS)
    if len(judged) < ENOUGH_HALVES:
        return float("nan"), float("nan"), False
    is_older = watched[judged] > np.median(watched[judged])
    soon = taken[judged] & (days[judged] <= DRIFT_DAYS)
    hits, of = (np.array([(chosen & is_older).sum(), (chosen & ~is_older).sum()]) for chosen in (soon, np.ones_like(soon)))
    if of.min() == 0:
        return float("nan"), float("nan"), False
    return float(hits[0] / of[0]), float(hits[1] / of[1]), differ(hits, of) < SURELY_DIFFERENT


def _after(steps: pd.DataFrame, watched: np.ndarray, days: tuple[int, ...]) -> pd.DataFrame:
    place = np.searchsorted(steps["day"], days, side="right") - 1
    followed = len(watched) - np.searchsorted(watched, days, side="left")
    found = steps.loc[np.maximum(place, 0), ["share", "low", "high"]].to_numpy(dtype=np.float64)
    at_start = np.array([0.0, 0.0, 1 - ERROR_95 ** (1 / max(len(watched), 1))])
    found = np.where((place < 0)[:, None], at_start, found)
    found[followed == 0] = np.nan
    return pd.DataFrame({"day": days, "share": found[:, 0], "low": found[:, 1], "high": found[:, 2], "followed": followed})


def _day_of(steps: pd.DataFrame, share: float) -> float:
    reached = np.flatnonzero(steps["share"].to_numpy() >= share - 1e-12)  # 1 - .75 is not always .25
    return float(steps["day"].iloc[reached[0]]) if len(reached) else float("nan")
