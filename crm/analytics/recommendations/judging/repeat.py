"""Repeat: which of the products that a customer has had will be bought again?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from crm.analytics.recommendations.judging.history import History, entries_of, history_of
from crm.analytics.recommendations.judging.readiness import Readiness, learn_readiness
from crm.analytics.recommendations.methods.recommender import Recommender
from crm.analytics.recommendations.purchases import Asked, Purchases
from crm.errors import InvalidInput

REPEAT_METHODS = ("random", "popular", "own_count", "own_recent", "due")

# Settings worth trying, the first is the default.
REPEAT_GRIDS: dict[str, list[dict]] = {
    "random": [{}],
    "popular": [{}],
    "own_count": [{}],
    "own_recent": [{"half_life_days": 180}, {"half_life_days": 60}, {"half_life_days": 365}],
    "due": [{"product_in_doubt": 3.0}, {"product_in_doubt": 10.0}],
}


class Again(NamedTuple):
    """About products that customers have had, (n, top) each. times: days on which it was bought, 0 never. usual_gap_days:
    the customer's own mean gap, NaN where it was bought on one day only. expected_gap_days: the same, drawn towards the
    product's usual gap (what "due" goes by). days_since: since it was last bought; NaN never."""

    times: np.ndarray
    usual_gap_days: np.ndarray
    expected_gap_days: np.ndarray
    days_since: np.ndarray


@dataclass(frozen=True, eq=False)
class RepeatRecommender(Recommender):
    """Scores of what each customer has had; -inf for all else, and for what was bought less than `exclude_recent_days` ago.

    `value`: of each entry of the history, for the methods whose order does not depend on the day; `readiness` for "due".
    """

    history: History = None
    value: np.ndarray | None = None
    readiness: Readiness | None = None
    products: int = 0
    as_of: int = 0  # days since 1970
    exclude_recent_days: int = 0

    def scores(self, asked: Asked, on: np.ndarray | None = None) -> np.ndarray:
        """(n, products) float32. `on`: (n,) datetime64[D], the day that each list is made for; `as_of` if None."""
        row, entry = entries_of(self.history, asked.codes)
        days_since = self._days_since(row, entry, on)
        if self.readiness is None:
            value = self.value[entry]
        else:
            ready = self.readiness.of(self.history.product[entry], self.history.times[entry], days_since / self.history.gap_days[entry])
            # Four times in five orders means more than four times in fifty. It changes no customer's sequence.
            value = ready / self.history.order_days[self.history.customer[entry]]
        found = np.full((len(asked), self.products), -np.inf, dtype=np.float32)
        kept = days_since >= self.exclude_recent_days if self.exclude_recent_days > 0 else slice(None)
        found[row[kept], self.history.product[entry[kept]]] = value[kept]
        return found

    def again(self, asked: Asked, products: np.ndarray, on: np.ndarray | None = None) -> Again:
        """The figures of why, for each of `products` (n, top; -1 empty)."""
        row, entry = entries_of(self.history, asked.codes)
        cell = row * self.products + self.history.product[entry]  # ascending
        wanted = np.arange(len(asked), dtype=np.int64)[:, None] * self.products + products
        place = np.minimum(np.searchsorted(cell, wanted), max(len(cell) - 1, 0))
        had = (cell[place] == wanted) & (products >= 0) if len(cell) else np.zeros(products.shape, dtype=bool)
        which = entry[place[had]]
        times = np.zeros(products.shape, dtype=np.int64)
        times[had] = self.history.times[which]
        gap, expected, since = (np.full(products.shape, np.nan) for _ in range(3))
        gaps = self.history.times[which] - 1
        gap[had] = np.divide(self.history.last[which] - self.history.first[which], gaps, out=np.full(len(which), np.nan),
                             where=gaps > 0)
        expected[had] = self.history.gap_days[which]
        since[had] = self._days_since(np.nonzero(had)[0], which, on)
        return Again(times, gap, expected, since)

    def _days_since(self, row: np.ndarray, entry: np.ndarray, on: np.ndarray | None) -> np.ndarray:
        day = self.as_of if on is None else np.asarray(on).astype("datetime64[D]").astype(np.int64)[row]
        return day - self.history.last[entry]


def learn_repeat(purchases: Purchases, *, method: str, parameters: dict | None = None, exclude_recent_days: int = 0,
                 random_state: int = 0) -> RepeatRecommender:
    """What a method says of the products that each customer has had; settings not named are the defaults of REPEAT_GRIDS.

    "popular": by how many customers bought it. "own_count": by the share of the customer's order days on which it was
    bought. "own_recent": by those days, each counting half as much for every `half_life_days` that it lies back. "due": see
    `readiness`; how often, which product, and how much of the expected gap has passed. Equal scores go to the more popular product. Raises InvalidInput for an unknown method
    or an impossible setting.
    """
    if method not in REPEAT_METHODS:
        raise InvalidInput(f"There is no method “{method}” for what is bought again; choose one of {', '.join(REPEAT_METHODS)}.",
                           field="method")
    default = REPEAT_GRIDS[method][0]
    settings = {**default, **(parameters or {})}
    if unknown := sorted(set(settings) - set(default)):
        raise InvalidInput(f"The method “{method}” has no setting “{unknown[0]}”.", field="parameters")
    if impossible := [name for name, setting in settings.items() if not setting > 0]:
        raise InvalidInput(f"{impossible[0]} is {settings[impossible[0]]}; it must be above 0.", field="parameters")
    if exclude_recent_days < 0:
        raise InvalidInput(f"{exclude_recent_days} days cannot be left out; choose 0 or more.", field="exclude_recent_days")
    history = history_of(purchases)
    as_of = int(np.datetime64(purchases.as_of, "D").astype(np.int64))
    readiness = learn_readiness(purchases, **settings) if method == "due" else None
    value = None if method == "due" else VALUES[method](purchases, history, random_state=random_state, as_of=as_of, **settings)
    return RepeatRecommender(method, settings, history=history, value=value, readiness=readiness,
                             products=len(purchases.product_ids), as_of=as_of, exclude_recent_days=exclude_recent_days)


def _by_chance(purchases: Purchases, history: History, *, random_state: int, **_) -> np.ndarray:
    """Between 0 and 1 by customer, product and seed alone, whoever else is there."""
    with np.errstate(over="ignore"):
        mixed = (purchases.customer_ids[history.customer].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
                 ^ purchases.product_ids[history.product].astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
                 ^ np.uint64(random_state + 1) * np.uint64(0x165667B19E3779F9))
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64 (Steele et al. 2014)
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2 ** 53


def _by_popularity(purchases: Purchases, history: History, **_) -> np.ndarray:
    return purchases.share[history.product]


def _by_count(_purchases: Purchases, history: History, **_) -> np.ndarray:
    return history.times / history.order_days[history.customer]


def _by_late_count(_purchases: Purchases, history: History, *, half_life_days: float, as_of: int, **_) -> np.ndarray:
    if len(history.starts) == 0:
        return np.empty(0)
    return np.add.reduceat(0.5 ** ((as_of - history.days) / half_life_days), history.starts)


VALUES: dict[str, Callable[..., np.ndarray]] = {
    "random": _by_chance, "popular": _by_popularity, "own_count": _by_count, "own_recent": _by_late_count,
}
