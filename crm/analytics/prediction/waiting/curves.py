"""Curves: with which chance has somebody ordered again by which day?"""

from dataclasses import dataclass, replace

import numpy as np

SUREST = 1e-9  # nobody is that sure to order, or not to


@dataclass(frozen=True, eq=False)
class Curves:
    """days: (k,) rising from 0; hazard: (n, k) cumulative hazard up to each of them, rising from 0: the chance of having ordered by
    then is 1 - exp(-hazard). Between two days it rises evenly. Nothing is said of what comes after the last one: nobody had been
    followed for longer."""

    days: np.ndarray
    hazard: np.ndarray

    @property
    def longest_days(self) -> float:
        return float(self.days[-1])

    def chance(self, within_days: float) -> np.ndarray:
        """(n,) chance 0..1 of an order in so many days; NaN beyond the longest wait that was followed."""
        return -np.expm1(-self._hazard_at(within_days))

    def day_of(self, chance: float) -> np.ndarray:
        """(n,) days until the order has come with that chance (.5: the median); NaN where that is later than anybody was
        followed."""
        wanted = -np.log1p(-chance)
        after = (self.hazard < wanted).sum(axis=1)  # the first day that reaches it
        found = np.full(len(self.hazard), np.nan)
        rows = np.flatnonzero(after < len(self.days))
        to = np.maximum(after[rows], 1)
        below, above = self.hazard[rows, to - 1], self.hazard[rows, to]
        share = (wanted - below) / np.maximum(above - below, 1e-300)
        found[rows] = self.days[to - 1] + np.clip(share, 0.0, 1.0) * (self.days[to] - self.days[to - 1])
        return found

    def mean_within(self) -> np.ndarray:
        """(n,) expected days without an order up to the longest wait: who waits longer has more; what customers are sorted by."""
        waiting = np.exp(-self.hazard)
        return ((waiting[:, 1:] + waiting[:, :-1]) / 2 * np.diff(self.days)).sum(axis=1)

    def agreeing_with(self, chance: np.ndarray, *, within_days: float) -> "Curves":
        """The same curves, bent so that each reaches `chance` in `within_days`: two answers to one question must not differ.

        Before that day the share of the chance that has passed is kept, after it the share of the remaining that is left. Rows
        whose chance is NaN stay as they are.
        """
        if within_days > self.longest_days:
            return self
        days = np.union1d(self.days, [float(within_days)])
        hazard = np.column_stack([self._hazard_at(day) for day in days])
        place = int(np.searchsorted(days, within_days))
        own = np.maximum(-np.expm1(-hazard[:, place]), SUREST)
        wanted = np.clip(np.where(np.isfinite(chance), chance, own), SUREST, 1.0 - SUREST)
        reached = -np.expm1(-hazard)
        before = -np.log1p(-np.minimum(reached * (wanted / own)[:, None], 1.0 - SUREST))
        after = hazard - hazard[:, [place]] - np.log1p(-wanted)[:, None]
        bent = np.where(np.arange(len(days)) <= place, before, after)
        return replace(self, days=days, hazard=np.where(np.isfinite(chance)[:, None], bent, hazard))

    def take(self, chosen: np.ndarray) -> "Curves":
        return replace(self, hazard=self.hazard[chosen])

    def _hazard_at(self, day: float) -> np.ndarray:
        if day > self.longest_days:
            return np.full(len(self.hazard), np.nan)
        to = int(np.clip(np.searchsorted(self.days, day), 1, len(self.days) - 1))
        share = (day - self.days[to - 1]) / (self.days[to] - self.days[to - 1])
        return self.hazard[:, to - 1] + share * (self.hazard[:, to] - self.hazard[:, to - 1])
