"""How long does one wait? Half and nine of ten, with ranges, those who still wait counted too.

Who looks only at answered tickets finds himself quick: the slow ones are not answered yet. Here a waiting ticket counts as
"at least so long" (the product-limit estimate of Kaplan & Meier 1958, Greenwood's variance 1926, intervals of a quantile by
Brookmeyer & Crowley 1982 on the log(-log) scale).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.service_desk.tickets import Waits

Z = 1.959963984540054  # two-sided 95 % of the normal distribution
FEW_TICKETS = 30  # a figure of fewer is marked
SAME = 1e-12  # two shares that differ by less are one


@dataclass(frozen=True)
class Waited:
    """Hours until it was done: after `median` hours half were, after `ninety` hours nine of ten; each with its 95 %
    interval, None where not as many are done yet (an upper end: where it cannot be told).

    n = done + waiting tickets; unknown: done, but nobody wrote down when, so they are left out. Where that are more than are
    known, nothing is told (`is_told`) and all times are None: those that are left would speak for the others, mostly ones
    that still wait.
    """

    n: int
    done: int
    waiting: int
    unknown: int
    median: float | None
    median_low: float | None
    median_high: float | None
    ninety: float | None
    ninety_low: float | None
    ninety_high: float | None
    few: bool

    @property
    def is_told(self) -> bool:
        return self.unknown <= self.n


def waited(waits: Waits, chosen: np.ndarray) -> Waited:
    """The figures of the `chosen` tickets (n,) bool."""
    places = waits.order[chosen[waits.order]]
    return _of_sorted(waits.hours[places], waits.done[places], int((chosen & waits.unknown).sum()))


def waited_by(waits: Waits, group: np.ndarray, *, n_groups: int) -> list[Waited]:
    """The figures of each group 0..n_groups - 1; a ticket of group -1 belongs to none."""
    kind = np.int16 if n_groups < 30_000 else np.int64  # small numbers are sorted by counting
    mine = group[waits.order].astype(kind)
    places = waits.order[np.argsort(mine, kind="stable")]
    ends = np.cumsum(np.bincount(mine + 1, minlength=n_groups + 1))
    unknown = np.bincount(group[waits.unknown & (group >= 0)], minlength=n_groups)
    return [_of_sorted(waits.hours[places[begin:end]], waits.done[places[begin:end]], int(left_out))
            for begin, end, left_out in zip(ends[:-1], ends[1:], unknown, strict=True)]


def table(found: list[Waited], names: tuple[str, ...] = ("n", "done", "median", "median_low", "median_high", "ninety")) -> pd.DataFrame:
    """The figures as columns, NaN where None."""
    return pd.DataFrame({name: np.array([getattr(one, name) for one in found], dtype="float64") for name in names})


def _of_sorted(hours: np.ndarray, done: np.ndarray, unknown: int) -> Waited:
    n, happened = len(hours), int(done.sum())
    figures = dict.fromkeys(("median", "median_low", "median_high", "ninety", "ninety_low", "ninety_high"))
    if happened and unknown <= n:
        first = np.flatnonzero(np.concatenate([[True], hours[1:] != hours[:-1]]))
        when, at_risk = hours[first], n - first
        events = np.add.reduceat(done.astype("int64"), first)
        survival = np.cumprod(1 - events / at_risk)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            spread = np.cumsum(np.where(events < at_risk, events / (at_risk * (at_risk - events)), np.inf))
            inside = (survival > SAME) & (survival < 1)
            reach = np.where(inside, Z * np.sqrt(spread) / np.abs(np.log(np.where(inside, survival, 0.5))), 0.0)
            low, high = survival ** np.exp(reach), survival ** np.exp(-reach)
        for name, left in (("median", 0.5), ("ninety", 0.1)):
            figures |= {name: _quantile(when, survival, events, left), f"{name}_low": _first(when, low, left),
                        # After the last one is done nothing is left, whatever the formula says of a share of 0.
                        f"{name}_high": _first(when, np.where(survival > SAME, high, 1.0), left)}
    return Waited(n=n, done=happened, waiting=n - happened, unknown=unknown, few=n < FEW_TICKETS, **figures)


def _first(when: np.ndarray, curve: np.ndarray, left: float) -> float | None:
    reached = np.flatnonzero(curve <= left + SAME)
    return float(when[reached[0]]) if len(reached) else None


def _quantile(when: np.ndarray, survival: np.ndarray, events: np.ndarray, left: float) -> float | None:
    """When only the share `left` still waits; where that holds from one event to the next, the middle of both, as the
    ordinary median has it."""
    reached = np.flatnonzero(survival <= left + SAME)
    if not len(reached):
        return None
    place = reached[0]
    if abs(survival[place] - left) <= 1e-9:  # sums of a million shares are that exact
        later = np.flatnonzero(events[place + 1:] > 0)
        if len(later):
            return float((when[place] + when[place + 1 + later[0]]) / 2)
    return float(when[place])
