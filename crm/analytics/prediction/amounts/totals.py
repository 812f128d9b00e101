"""Totals: how much will come of all together, how sure is that, and what would have been said before?

A sum over many customers is surer than each of them by itself, but not as sure as if they were all that could go wrong: a season or
a campaign moves all of them together. How much was seen when the same models foretold a time that has passed, and in how far
past times differed.
"""

from dataclasses import dataclass

import numpy as np

Z_80 = 1.2816  # eight of ten, of what is due to many customers' chances
# And of the error that all share. It is known from a single test and a handful of months, so that Student's t with 2 degrees of
# freedom is taken: of 16 totals of a real shop (orders and money of 30 and 60 days) 15 lay in these ranges, with 1.28 only 12.
T_80 = 1.8856


@dataclass(frozen=True)
class Total:
    """expected; low, high: eight of ten cases; chance_deviation: what customers' own chances make of it."""

    expected: float
    low: float
    high: float
    chance_deviation: float


@dataclass(frozen=True)
class TestedTotal:
    """What would have been expected on an earlier day, and what came. error: relative, beyond what chance explains."""

    expected: float
    actual: float
    error: float


def expected_count(chance: np.ndarray) -> tuple[float, float]:
    """Mean and variance of how many of these come, each with its own chance."""
    return float(chance.sum()), float((chance * (1.0 - chance)).sum())


def expected_sum(chance: np.ndarray, amount: np.ndarray, deviation: np.ndarray) -> tuple[float, float]:
    """Mean and variance of the sum, where each comes with its chance and then brings amount +- deviation."""
    mean = chance * amount
    return float(mean.sum()), float((chance * (deviation**2 + amount**2) - mean**2).sum())


def tested_total(mean: float, variance: float, actual: float, *, comparable: float | None = None) -> TestedTotal:
    """How far off the expectation was, beyond chance. comparable: what came without the excess of single enormous amounts, where
    these are to be told but not to be expected again."""
    beyond = max(((actual if comparable is None else comparable) - mean) ** 2 - variance, 0.0)
    return TestedTotal(mean, actual, float(np.sqrt(beyond) / mean) if mean > 0 else float("nan"))


def total(mean: float, variance: float, *, error: float) -> Total:
    """The sum with its range; `error` is relative and moves all together."""
    shared = 0.0 if np.isnan(error) else error * mean
    half = np.hypot(Z_80 * np.sqrt(variance), T_80 * shared)
    return Total(float(mean), float(max(mean - half, 0.0)), float(mean + half), float(np.sqrt(variance)))


def swing(outcome: np.ndarray, cutoff: np.ndarray) -> float:
    """How much past times differed: the deviation of the mean outcome of each cutoff, relative; NaN below two of them.

    >>> swing(np.array([1.0, 1.0, 3.0, 3.0]), np.array([1, 1, 2, 2]))
    0.5
    """
    place = np.unique(cutoff, return_inverse=True)[1]
    means = np.bincount(place, weights=outcome) / np.bincount(place)
    return float(means.std() / means.mean()) if len(means) > 1 and means.mean() > 0 else float("nan")
