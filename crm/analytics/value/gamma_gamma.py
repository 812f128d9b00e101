"""Gamma-Gamma: what does a customer spend in a purchase? (Fader & Hardie 2013)

A customer's purchases vary around an own mean by Gamma(p, nu), and nu differs between customers by Gamma(q, gamma). The
more purchases were seen, the more a customer's own mean counts against everybody's. Spend and number of purchases are
taken to be unrelated, which `spend_against_frequency` checks.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.value.likelihood import Maximum, maximise
from crm.analytics.value.transactions import Histories

SMALLEST = np.array([1e-3, 1e-2, 1e-6])  # p, q and gamma in mean purchases
LARGEST = np.array([1e4, 1e4, 1e6])
# With q at most 1 the mean of all customers is infinite: a few enormous purchases rule the fit.
SMALLEST_Q = 1.05
# With q in the thousands all customers spend alike, and one's own purchases count for nothing.
LARGEST_Q = 1e3


@dataclass(frozen=True, eq=False)
class GammaGamma:
    """p, q, gamma (money) at the maximum of the likelihood; customers: how many it was fitted to."""

    p: float
    q: float
    gamma: float
    log_likelihood: float
    customers: int
    maximum: Maximum


def usable(customers: Histories) -> np.ndarray:
    """Who can tell about spend: bought again, and kept something of it."""
    return (customers.repeats > 0) & (np.nan_to_num(customers.repeat_spend) > 0)


def fit(repeats: np.ndarray, spend: np.ndarray, *, random_state: int = 0) -> GammaGamma:
    """The most likely p, q, gamma for customers of `repeats` >= 1 purchases with the mean `spend` > 0 each."""
    unit = float(np.exp(np.mean(np.log(spend))))  # money in typical purchases, so that gamma is near p and q
    found = maximise(_Likelihood(repeats, spend / unit), usual=np.array([2.0, 3.0, 3.0]), smallest=SMALLEST,
                     largest=LARGEST, n=len(spend), random_state=random_state)
    parameters = found.parameters * np.array([1.0, 1.0, unit])
    found = Maximum(parameters, float(found.log_likelihood - len(spend) * np.log(unit)), found.covariance, found.at_border)
    p, q, gamma = (float(parameter) for parameter in parameters)
    return GammaGamma(p=p, q=q, gamma=gamma, log_likelihood=found.log_likelihood, customers=len(spend), maximum=found)


class _Likelihood:
    """The log-likelihood and its slope; numbers of purchases are few, so their gamma functions are computed once each."""

    def __init__(self, repeats: np.ndarray, spend: np.ndarray) -> None:
        self._x = np.flatnonzero(np.bincount(repeats))
        self._by_x = np.bincount(repeats)[self._x].astype(float)
        self._repeats = repeats.astype(float)
        self._total = repeats * spend
        self._log_total = np.log(self._total)
        self._sum_log_spend = np.log(spend).sum()

    def __call__(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        from scipy.special import digamma, gammaln

        p, q, gamma = parameters
        x, by_x, n = self._x, self._by_x, len(self._total)
        log_sum = np.log(gamma + self._total)
        shapes = p * self._repeats + q
        value = (by_x @ (gammaln(p * x + q) - gammaln(p * x)) + n * (q * np.log(gamma) - gammaln(q))
                 + p * (self._repeats @ self._log_total) - self._sum_log_spend - shapes @ log_sum)
        slope = np.array([
            (by_x * x) @ (digamma(p * x + q) - digamma(p * x)) + self._repeats @ (self._log_total - log_sum),
            by_x @ digamma(p * x + q) + n * (np.log(gamma) - digamma(q)) - log_sum.sum(),
            n * q / gamma - (shapes / (gamma + self._total)).sum(),
        ])
        return float(value), slope


def bought_for(customers: Histories) -> np.ndarray:
    """Total net spend of the repeat purchases, at least 0: who gave back more than was bought spent nothing."""
    return np.maximum(np.nan_to_num(customers.repeat_spend), 0.0) * customers.repeats


def spend_against_frequency(customers: Histories) -> float:
    """Rank correlation -1..1 of spend a purchase with the number of purchases (Spearman 1904); NaN without variation.

    Ranks, because a single large customer makes or breaks the correlation of the figures themselves.
    """
    among = usable(customers)
    ranks = [pd.Series(figures[among]).rank().to_numpy() for figures in (customers.repeat_spend, customers.repeats)]
    if among.sum() < 3 or min(np.ptp(rank) for rank in ranks) == 0:
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1])
