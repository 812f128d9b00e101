"""Survival: what share has not yet seen something happen after so many days, though some were watched only briefly?

The product-limit estimate of Kaplan & Meier (1958) with Greenwood's variance (1926) and pointwise 95 % intervals on the
log(-log) scale, which stay between 0 and 1 (Kalbfleisch & Prentice 2002, section 1.4); quantiles with the interval of
Brookmeyer & Crowley (1982); groups by the log-rank test (Mantel 1966; Peto & Peto 1972).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

Z_95 = 1.959963984540054  # two-sided, normal
ERROR_95 = 0.025  # on each side


@dataclass(frozen=True, eq=False)
class Curve:
    """A survival curve as steps: aligned arrays, one element a day on which somebody had the event or was last seen.

    day (>= 0, rising), at_risk (just before it), events (on it), survival (after it, 1..0), standard_error (Greenwood),
    low, high (95 %, pointwise). Beside it, aligned: watched_day (rising) and watched, how many of the n were or would have
    been watched for at least so long, whatever happened to them.
    """

    day: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    survival: np.ndarray
    standard_error: np.ndarray
    low: np.ndarray
    high: np.ndarray
    watched_day: np.ndarray
    watched: np.ndarray

    @property
    def n(self) -> int:
        return int(self.watched[0]) if len(self.watched) else 0

    @property
    def n_events(self) -> int:
        return int(self.events.sum())

    def followed_for(self, day: float) -> int:
        """How many were watched for at least so many days, whatever happened to them."""
        place = np.searchsorted(self.watched_day, day, side="left")
        return int(self.watched[place]) if place < len(self.watched) else 0

    def longest_for(self, n: int) -> int:
        """The longest time for which at least n were watched; -1 where there are not as many."""
        enough = np.flatnonzero(self.watched >= n)
        return int(self.watched_day[enough[-1]]) if len(enough) else -1

    def at(self, days) -> pd.DataFrame:
        """The curve after each of `days`: day, survival, standard_error, low, high, followed.

        NaN beyond the longest time that anybody was watched.
        """
        days = np.asarray(days)
        place = np.searchsorted(self.day, days, side="right") - 1
        before, found = place < 0, np.maximum(place, 0)
        followed = np.array([self.followed_for(day) for day in days])
        # Before the first day on which anybody was seen: nobody had the event yet.
        first = {"survival": 1.0, "standard_error": 0.0, "low": ERROR_95 ** (1 / max(self.n, 1)), "high": 1.0}
        table = {"day": days}
        for name, at_start in first.items():
            column = getattr(self, name)
            known = np.where(before, at_start, column[found]) if len(column) else np.full(len(days), at_start)
            table[name] = np.where(followed > 0, known, np.nan)
        return pd.DataFrame({**table, "followed": followed})

    def quantile(self, share: float) -> tuple[float, float, float]:
        """After how many days `share` (0..1) had the event, with its 95 % interval; NaN where that was not reached."""
        return tuple(self._first_day(curve, share) for curve in (self.survival, self.low, self.high))

    def _first_day(self, curve: np.ndarray, share: float) -> float:
        reached = np.flatnonzero(curve <= 1 - share + 1e-12)  # 1 - .25 is not always what a product of shares gives
        return float(self.day[reached[0]]) if len(reached) else float("nan")


def kaplan_meier(days: np.ndarray, happened: np.ndarray, *, followed: np.ndarray | None = None) -> Curve:
    """The curve of (n,) whole days >= 0 until the event, or until last seen where it has not `happened`.

    followed: (n,) for how many days each was watched or would have been; by default `days` itself. Who was last seen on
    a day is still at risk on it.
    """
    days, happened = np.asarray(days), np.asarray(happened, dtype=bool)
    when, place = np.unique(days, return_inverse=True)
    events = np.bincount(place[happened], minlength=len(when))
    leaving = np.bincount(place, minlength=len(when))
    at_risk = len(days) - np.concatenate([[0], np.cumsum(leaving)[:-1]]) if len(when) else leaving
    survival = np.cumprod(1 - events / np.maximum(at_risk, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        # Nobody left: the sum grows beyond bounds while the curve is 0, and their product is 0.
        growth = np.cumsum(np.where(events < at_risk, events / (at_risk * (at_risk - events)), np.inf))
        standard_error = np.where(survival > 0, survival * np.sqrt(growth), 0.0)
    low, high = _interval(survival, growth, events=events, at_risk=at_risk)
    watched_day, watched = np.unique(days if followed is None else followed, return_counts=True)
    return Curve(when, at_risk, events, survival, standard_error, low, high, watched_day, watched[::-1].cumsum()[::-1])


def _interval(survival: np.ndarray, growth: np.ndarray, *, events: np.ndarray,
              at_risk: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """S to the power of exp(±z s / |log S|), s² Greenwood's sum.

    Where nobody or everybody had the event the formula says nothing; there the exact binomial interval (Clopper &
    Pearson 1934) of those whose fate is known serves.
    """
    from scipy.special import betaincinv

    inside = (survival > 0) & (survival < 1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        reach = np.where(inside, Z_95 * np.sqrt(growth) / np.abs(np.log(survival)), 0.0)
        low, high = survival ** np.exp(reach), survival ** np.exp(-reach)
    known = np.maximum(np.cumsum(events) + at_risk - events, 1)
    # Nobody so far: (error)^(1/n) is where n in n would still happen by chance; everybody: the mirror image.
    bound = betaincinv(known, 1, ERROR_95)
    low = np.where(survival >= 1, np.where(at_risk > 0, bound, np.nan), low)
    high = np.where(survival <= 0, 1 - bound, high)
    return low, high


@dataclass(frozen=True)
class LogRank:
    """Do the groups' curves differ? statistic ~ chi-square with `df` degrees of freedom where they do not; p_value
    NaN where it cannot be computed (no events, or fewer than two groups at risk)."""

    statistic: float
    df: int
    p_value: float


@dataclass(frozen=True, eq=False)
class RiskTable:
    """Events and numbers at risk, (days, groups), on every day with an event; what log-rank tests are made from."""

    events: np.ndarray
    at_risk: np.ndarray

    def only(self, groups: list[int]) -> "RiskTable":
        return RiskTable(self.events[:, groups], self.at_risk[:, groups])


def risk_table(days: np.ndarray, happened: np.ndarray, group: np.ndarray, *, n_groups: int) -> RiskTable:
    """The risk table of (n,) days and events as in `kaplan_meier`; `group` is 0..n_groups - 1."""
    when, place = np.unique(days, return_inverse=True)
    cell, cells = place * n_groups + group, len(when) * n_groups
    events = np.bincount(cell[happened], minlength=cells).reshape(-1, n_groups)
    leaving = np.bincount(cell, minlength=cells).reshape(-1, n_groups)
    at_risk = leaving[::-1].cumsum(axis=0)[::-1]
    with_event = events.sum(axis=1) > 0
    return RiskTable(events[with_event], at_risk[with_event])


def log_rank(table: RiskTable) -> LogRank:
    """The log-rank test of all groups of the table, ties by the hypergeometric variance (Mantel 1966)."""
    from scipy.special import chdtrc

    n_groups = table.events.shape[1]
    df = n_groups - 1
    at_risk = table.at_risk.sum(axis=1).astype("float64")
    events = table.events.sum(axis=1).astype("float64")
    share = table.at_risk / np.maximum(at_risk, 1)[:, None]
    surprise = (table.events - share * events[:, None]).sum(axis=0)
    factor = np.where(at_risk > 1, events * (at_risk - events) / np.maximum(at_risk - 1, 1), 0.0)
    covariance = np.diag((factor[:, None] * share).sum(axis=0)) - (factor[:, None] * share).T @ share
    if df < 1 or np.linalg.matrix_rank(covariance[:df, :df]) < df:
        return LogRank(float("nan"), df, float("nan"))
    statistic = float(surprise[:df] @ np.linalg.solve(covariance[:df, :df], surprise[:df]))
    return LogRank(statistic, df, float(chdtrc(df, statistic)))


def holm(p_values: np.ndarray) -> np.ndarray:
    """P-values corrected for being several (Holm 1979); NaN stays NaN and counts for nothing.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    corrected = np.full(len(p_values), np.nan)
    order = [place for place in np.argsort(p_values, kind="stable") if p_values[place] == p_values[place]]
    largest = 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected
