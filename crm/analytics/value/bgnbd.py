"""BG/NBD: how often do customers buy, and when do they stop for good? (Fader, Hardie & Lee 2005)

While a customer is one, purchases come at random at an own rate; rates differ by Gamma(r, alpha). After each purchase the
customer leaves for good with an own probability; these differ by Beta(a, b). Time is in weeks.

The likelihood is summed over distinct histories (repeats, last_days, age_days) with their counts, and everything that
depends on a number of purchases or of days alone is computed once for each such number.
"""

from dataclasses import dataclass

import numpy as np

from crm.analytics.value.likelihood import Maximum, maximise
from crm.analytics.value.transactions import DAYS_A_WEEK, Histories

# Beyond these a parameter says nothing any more: everybody alike (r, alpha or a, b large), nobody leaves (a small).
SMALLEST = np.array([1e-4, 1e-3, 1e-5, 1e-4])
LARGEST = np.array([1e4, 1e6, 1e4, 1e4])


@dataclass(frozen=True, eq=False)
class Distinct:
    """Distinct histories, sorted; `customers` of each, and in `place` the history of every customer."""

    repeats: np.ndarray
    last_days: np.ndarray
    age_days: np.ndarray
    customers: np.ndarray
    place: np.ndarray


@dataclass(frozen=True, eq=False)
class BgNbd:
    """r, alpha (weeks), a, b at the maximum of the likelihood, with what `likelihood.Maximum` says about them."""

    r: float
    alpha: float
    a: float
    b: float
    maximum: Maximum

    @property
    def log_likelihood(self) -> float:
        return self.maximum.log_likelihood

    @property
    def parameters(self) -> np.ndarray:
        return self.maximum.parameters


def distinct(customers: Histories) -> Distinct:
    """The distinct histories among the customers."""
    days = int(customers.age_days.max()) + 1
    # One whole number for all three: sorting it is ten times quicker than sorting rows.
    key = (customers.repeats.astype("int64") * days + customers.last_days) * days + customers.age_days
    _, first, place, counts = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    return Distinct(repeats=customers.repeats[first], last_days=customers.last_days[first],
                    age_days=customers.age_days[first], customers=counts, place=place)


def fit(seen: Distinct, *, random_state: int = 0) -> BgNbd:
    """The most likely r, alpha, a, b for these histories; needs some customers with repeats."""
    likelihood = _Likelihood(seen)
    mean_weeks = max(np.average(seen.age_days, weights=seen.customers) / DAYS_A_WEEK, 1.0)
    usual = np.array([0.5, 0.5 * mean_weeks, 0.5, 2.0])
    found = maximise(likelihood, usual=usual, smallest=SMALLEST, largest=LARGEST, n=int(seen.customers.sum()),
                     random_state=random_state)
    r, alpha, a, b = (float(parameter) for parameter in found.parameters)
    return BgNbd(r=r, alpha=alpha, a=a, b=b, maximum=found)


class _Likelihood:
    """The log-likelihood and its slope, as stable as in Fader, Hardie & Lee's note of 2008."""

    def __init__(self, seen: Distinct) -> None:
        counts = seen.customers.astype(float)
        self._n = counts.sum()
        self._x = np.flatnonzero(np.bincount(seen.repeats))
        self._customers_by_x = np.bincount(seen.repeats, weights=counts)[self._x]
        self._days = np.unique(np.concatenate([seen.age_days, seen.last_days]))
        age, last = np.searchsorted(self._days, seen.age_days), np.searchsorted(self._days, seen.last_days)
        self._customers_by_age = np.bincount(age, weights=counts, minlength=len(self._days))
        self._repeats_by_age = np.bincount(age, weights=counts * seen.repeats, minlength=len(self._days))
        again = seen.repeats > 0
        self._counts, self._age, self._last = counts[again], age[again], last[again]
        self._repeats = seen.repeats[again].astype(float)
        self._x_place = np.searchsorted(self._x, seen.repeats[again])
        self._weeks = self._days / DAYS_A_WEEK

    def __call__(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        from scipy.special import digamma, gammaln

        r, alpha, a, b = parameters
        x, by_x = self._x, self._customers_by_x
        log_weeks, per_week = np.log(alpha + self._weeks), 1.0 / (alpha + self._weeks)
        exponents = r * self._customers_by_age + self._repeats_by_age
        # How much likelier it is that the customer left right after the last purchase than that all are still there.
        silent = log_weeks[self._age] - log_weeks[self._last]
        log_odds = (np.log(a) - np.log(np.maximum(b + x - 1, 1e-300))[self._x_place] + (r + self._repeats) * silent)
        small = np.exp(-np.abs(log_odds))
        left = np.where(log_odds >= 0, 1.0, small) / (1.0 + small) * self._counts
        value = (by_x @ (gammaln(r + x) - gammaln(r) + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x))
                 + self._n * r * np.log(alpha) - exponents @ log_weeks
                 + self._counts @ (np.maximum(log_odds, 0.0) + np.log1p(small)))
        shared = digamma(a + b) - digamma(a + b + x)
        left_by_x = np.bincount(self._x_place, weights=left, minlength=len(x))
        slope = np.array([
            by_x @ (digamma(r + x) - digamma(r)) + self._n * np.log(alpha) - self._customers_by_age @ log_weeks
            + left @ silent,
            self._n * r / alpha - exponents @ per_week
            + (left * (r + self._repeats)) @ (per_week[self._age] - per_week[self._last]),
            by_x @ shared + left.sum() / a,
            by_x @ (shared + digamma(b + x) - digamma(b)) - np.where(x > 0, left_by_x / np.maximum(b + x - 1, 1e-300), 0.0).sum(),
        ])
        return float(value), slope


def alive(parameters: np.ndarray, seen: Distinct) -> np.ndarray:
    """Probability 0..1 that customers of each history still are some. It is 1 for every one-time buyer, for the model
    lets people leave only after a repeat purchase: no score of leaving."""
    r, alpha, a, b = parameters
    repeats = seen.repeats
    silent = np.log((alpha + seen.age_days / DAYS_A_WEEK) / (alpha + seen.last_days / DAYS_A_WEEK))
    log_odds = np.log(a) - np.log(np.maximum(b + repeats - 1, 1e-300)) + (r + repeats) * silent
    return np.where(repeats > 0, np.exp(-np.logaddexp(0.0, log_odds)), 1.0)
