"""Ahead: how often will each customer buy in the next weeks, and what will that come to?

Exact for given parameters, without simulation. While somebody is a customer, purchases come at a random rate, and after
each of them the customer may leave, so that at least n further purchases happen with probability

    P(N >= n) = P(alive) * P(M >= n) * (b + x)(b + x + 1)...(b + x + n - 2) / ((a + b + x)...(a + b + x + n - 2)),

where M, the purchases of somebody who never leaves, is negative binomial with shape r + x. Sums of these chances give the
mean (equal to equation 10 of Fader, Hardie & Lee 2005) and the variance, the chances themselves the range.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from crm.analytics.value.bgnbd import Distinct, alive
from crm.analytics.value.transactions import DAYS_A_WEEK

WEEKS_A_MONTH = 365.25 / 12 / DAYS_A_WEEK
WEEKS_A_YEAR = 365.25 / DAYS_A_WEEK
# A further purchase less likely than this is not followed up: a sum of 1,653 was off by .001.
NEGLIGIBLE = 1e-6
SHRINK_BELOW = 0.7  # when so few rows of a step are still followed, the others are set aside
RANGE = (0.1, 0.9)  # an 80 % range: in eight of ten cases what comes lies within
# Gauss-Legendre on 0..1; three points gave what twelve did to five millionths, for purchases over time flatten smoothly.
NODES, WEIGHTS = (np.polynomial.legendre.leggauss(3)[0] + 1) / 2, np.polynomial.legendre.leggauss(3)[1] / 2


@dataclass(frozen=True, eq=False)
class Ahead:
    """Further purchases of each history: mean, its second moment, and the 80 % range from low to high (whole numbers)."""

    mean: np.ndarray
    second_moment: np.ndarray
    low: np.ndarray
    high: np.ndarray


def chances(parameters: np.ndarray, seen: Distinct, weeks: float | np.ndarray, *,
            down_to: float = NEGLIGIBLE) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """For n = 1, 2, ...: n, the histories that still count, and their chance of at least n further purchases in `weeks`
    (one figure, or one a history). Ends when all chances are below `down_to`, or at a purchase every day."""
    r, alpha, a, b = parameters
    weeks = np.broadcast_to(np.asarray(weeks, dtype=float), seen.repeats.shape)
    rows = np.flatnonzero(weeks > 0)
    repeats = seen.repeats[rows].astype(float)
    known = alpha + seen.age_days[rows] / DAYS_A_WEEK
    ratio = weeks[rows] / (known + weeks[rows])
    shape = r + repeats
    # exactly n - 1 purchases of somebody who never leaves, and at least n; e^-700 is the smallest a float holds well
    exactly = np.exp(np.maximum(shape * np.log1p(-ratio), -700.0))
    at_least = 1.0 - exactly
    stays = alive(parameters, seen)[rows]
    for n in range(1, int(np.ceil(weeks.max(initial=0.0) * DAYS_A_WEEK)) + 1):
        chance = stays * np.maximum(at_least, 0.0)
        goes_on = chance > down_to
        if goes_on.mean() < SHRINK_BELOW:
            rows, repeats, ratio, shape = rows[goes_on], repeats[goes_on], ratio[goes_on], shape[goes_on]
            exactly, at_least, stays, chance = exactly[goes_on], at_least[goes_on], stays[goes_on], chance[goes_on]
        if len(rows) == 0:
            return
        yield n, rows, chance
        exactly = exactly * ratio * ((shape + (n - 1)) / n)
        at_least = at_least - exactly
        stays = stays * ((b + repeats + (n - 1)) / (a + b + repeats + (n - 1)))


def purchases(parameters: np.ndarray, seen: Distinct, weeks: float | np.ndarray) -> Ahead:
    """How many further purchases each history leads to."""
    mean, second_moment = np.zeros(len(seen.repeats)), np.zeros(len(seen.repeats))
    low, high = np.zeros(len(seen.repeats), dtype="int64"), np.zeros(len(seen.repeats), dtype="int64")
    for n, rows, chance in chances(parameters, seen, weeks):
        mean[rows] += chance
        second_moment[rows] += (2 * n - 1) * chance
        low[rows] += chance > 1 - RANGE[0]
        high[rows] += chance > 1 - RANGE[1]
    return Ahead(mean, second_moment, low, high)


def mean_purchases(parameters: np.ndarray, seen: Distinct, weeks: float | np.ndarray) -> np.ndarray:
    """The mean alone."""
    mean = np.zeros(len(seen.repeats))
    for _, rows, chance in chances(parameters, seen, weeks):
        mean[rows] += chance
    return mean


def discounted_purchases(parameters: np.ndarray, seen: Distinct, weeks: float, *, yearly_discount: float,
                         undiscounted: np.ndarray) -> np.ndarray:
    """Mean further purchases, each worth less the later it comes: 1 / (1 + yearly_discount) after a year.

    By parts: what comes by the end, discounted to the end, and the interest on what came before it.
    """
    if yearly_discount == 0:
        return undiscounted
    per_week = np.log1p(yearly_discount) / WEEKS_A_YEAR
    worth = np.exp(-per_week * weeks) * undiscounted
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        by_then = mean_purchases(parameters, seen, weeks * node)
        worth = worth + per_week * weeks * weight * np.exp(-per_week * weeks * node) * by_then
    return worth


def of_new_customer() -> Distinct:
    """The history of somebody who has bought for the first time today."""
    nothing = np.zeros(1, dtype="int64")
    return Distinct(repeats=nothing, last_days=nothing, age_days=nothing, customers=nothing + 1, place=nothing)
