"""Order size: what is each customer's next purchase worth, and how far can single purchases lie from it?

Two answers with the same questions: Gamma-Gamma, and each customer's own mean where Gamma-Gamma has too little to go by.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from crm.analytics.value.credibility import credible_means
from crm.analytics.value.gamma_gamma import GammaGamma, bought_for
from crm.analytics.value.transactions import Histories, PurchaseDays

# Below a shape of 2 the variance of a mean purchase is infinite; a quarter above it keeps ranges finite, and wide.
LEAST_ABOVE_TWO = 0.25
# (customers, their purchases in each case: customers x cases) -> what these come to
Sums = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class FromEverybody:
    """Gamma-Gamma: a customer's own mean, drawn towards everybody's the fewer purchases were seen."""

    fit: GammaGamma
    customers: Histories
    _rate: np.ndarray = field(init=False)
    mean: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rate", self.fit.gamma + bought_for(self.customers))
        object.__setattr__(self, "mean", self._mean_with(self.fit.maximum.parameters))

    def _mean_with(self, parameters: np.ndarray) -> np.ndarray:
        p, q, gamma = parameters
        shape = np.maximum(p * self.customers.repeats + q - 1, 0.05)  # nearby parameters may reach below 1
        return p * (gamma + bought_for(self.customers)) / shape

    def nearby(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The means with parameters one standard deviation to both sides, along each axis of their uncertainty."""
        return [(self._mean_with(above), self._mean_with(below)) for above, below in self.fit.maximum.nearby()]

    def second_moments(self) -> tuple[np.ndarray, np.ndarray]:
        """c, d of each customer: the mean square of what N purchases come to is c mean(N) + d mean(N squared)."""
        p, shape = self.fit.p, self.fit.p * self.customers.repeats + self.fit.q
        each = self._rate**2 / ((shape - 1) * np.maximum(shape - 2, LEAST_ABOVE_TWO))
        return p * each, p * p * each

    def sums(self, sequences: tuple[np.ndarray, np.ndarray]) -> Sums:
        """What numbers of purchases come to, evenly over all that can be.

        Given the number of purchases, their sum is a gamma variable over another one. Both are taken at evenly spaced
        quantiles in the two given sequences, so that nothing is drawn, and each quantile is computed once.
        """
        from scipy.special import gammaincinv

        cases = len(sequences[0])
        levels = (np.arange(cases) + 0.5) / cases
        repeats, place = np.unique(self.customers.repeats, return_inverse=True)
        of_customer = gammaincinv(self.fit.p * repeats[:, None] + self.fit.q, levels[sequences[1]])
        of_purchases = np.zeros((1, cases))

        def come_to(rows: np.ndarray, purchases: np.ndarray) -> np.ndarray:
            nonlocal of_purchases
            known, most = len(of_purchases), int(purchases.max(initial=0))
            if most >= known:
                more = gammaincinv(self.fit.p * np.arange(known, most + 1)[:, None], levels[sequences[0]])
                of_purchases = np.vstack([of_purchases, more])
            sums = np.take(of_purchases.ravel(), purchases * cases + np.arange(cases))
            return sums / of_customer[place[rows]] * self._rate[rows][:, None]

        return come_to


@dataclass(frozen=True, eq=False)
class FromOneself:
    """Each customer's own mean of the repeat purchases, drawn towards everybody's as far as it may be chance, and at least 0;
    taken as certain. within: variance of single purchases around it."""

    customers: Histories
    mean: np.ndarray
    within: float

    @classmethod
    def of(cls, purchases: PurchaseDays, customers: Histories) -> "FromOneself":
        again = np.ones(len(purchases.day), dtype=bool)
        again[purchases.starts] = False
        found = credible_means(purchases.code[again], purchases.net[again], np.ones(again.sum()),
                               n_customers=len(customers.repeats))
        return cls(customers, np.maximum(found.of_each, 0.0), float(np.nan_to_num(found.within)))

    def nearby(self) -> list[tuple[np.ndarray, np.ndarray]]:
        return []

    def second_moments(self) -> tuple[np.ndarray, np.ndarray]:
        return np.full(len(self.mean), self.within), self.mean**2

    def sums(self, sequences: tuple[np.ndarray, np.ndarray]) -> Sums:
        return lambda rows, purchases: purchases * self.mean[rows][:, None]


OrderSize = FromEverybody | FromOneself
