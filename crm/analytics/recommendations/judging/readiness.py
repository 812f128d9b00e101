"""Readiness: how much likelier is a product in a customer's next order, the oftener it was bought and the longer ago?

Learned from everybody's own last order: of all that a customer had bought before, what came again? Three factors are
multiplied: how often it was bought, which product it is, and how much of its expected gap has passed. Only how the products
of one order compare counts (each customer's expectations add up to what came again), so that whoever orders often does not
make what was bought lately look due: a Poisson regression conditional on the customer (McCullagh & Nelder 1989, 7), solved
by fitting one factor after the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm.analytics.recommendations.judging.history import read_history
from crm.analytics.recommendations.purchases import Purchases, distinct

TIMES_FROM = np.array([2, 3, 4, 6, 10])  # where the next step of "how often" begins
TIMES_ALONE = np.array([1.0, 2.0, 3.0, 4.7, 7.5, 14.0])  # the factor without evidence: as often as in the past
GAPS_FROM = np.array([0.125, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5])  # of the expected gap
STEP_IN_DOUBT = 20.0  # purchases that "no effect" weighs as, in a step of times or gaps
ROUNDS = 4  # of fitting; the factors no longer change by a hundredth then


@dataclass(frozen=True, eq=False)
class Readiness:
    """Factors: `often` (6,) by times bought, `product` (products,), `gap` (11,) by the share of the expected gap passed."""

    often: np.ndarray
    product: np.ndarray
    gap: np.ndarray

    def of(self, product: np.ndarray, times: np.ndarray, passed: np.ndarray) -> np.ndarray:
        """How ready each is to be bought again, comparable within one customer. passed: days since / expected gap."""
        return self.often[_often(times)] * self.product[product] * self.gap[_gap(passed)]


def learn_readiness(purchases: Purchases, *, product_in_doubt: float) -> Readiness:
    """From the last order day of every customer with two or more; with no such customer what was bought oftener is readier.

    product_in_doubt: expected purchases that "like any other product" weighs as beside the product's own.
    """
    last = np.full(len(purchases.customer_ids) + 1, np.iinfo(np.int64).min)
    known = purchases.customer >= 0
    day = purchases.day.astype(np.int64)
    np.maximum.at(last, purchases.customer[known], day[known])
    is_last = known & (day == last[purchases.customer])
    before = read_history(purchases, kept=~is_last)
    n_products = len(purchases.product_ids)
    had = before.customer * n_products + before.product
    bought = np.append(distinct(purchases.customer[is_last] * n_products + purchases.product[is_last]), -1)
    came = (bought[np.searchsorted(bought[:-1], had)] == had).astype(float)
    often = _often(before.times)
    gap = _gap((last[before.customer] - before.last) / before.gap_days)
    total = np.bincount(before.customer, came, len(purchases.customer_ids))

    factors = [TIMES_ALONE, np.ones(n_products), np.ones(len(GAPS_FROM) + 1)]
    start = [TIMES_ALONE, np.ones(n_products), np.ones(len(GAPS_FROM) + 1)]
    steps = [often, before.product, gap]
    doubts = [STEP_IN_DOUBT, product_in_doubt, STEP_IN_DOUBT]
    for _ in range(ROUNDS):
        for number in range(3):
            ready = factors[0][often] * factors[1][before.product] * factors[2][gap]
            all_ready = np.bincount(before.customer, ready, len(total))
            expected = ready * np.divide(total, all_ready, out=np.zeros(len(total)), where=all_ready > 0)[before.customer]
            # What would be expected, were there nothing special about this factor.
            plain = expected / factors[number][steps[number]] * start[number][steps[number]]
            size = len(factors[number])
            factors[number] = start[number] * (np.bincount(steps[number], came, size) + doubts[number]) / (
                np.bincount(steps[number], plain, size) + doubts[number])
    return Readiness(*factors)


def _often(times: np.ndarray) -> np.ndarray:
    return np.searchsorted(TIMES_FROM, times, side="right")


def _gap(passed: np.ndarray) -> np.ndarray:
    # Without any gap known, everything stands at its due day.
    return np.searchsorted(GAPS_FROM, np.where(np.isnan(passed), 1.0, passed), side="right")
