"""Intervals: how far could a figure lie from the truth, had other customers been drawn?"""

from __future__ import annotations

import numpy as np

RESAMPLES = 1_000  # of customers; the ends of a 95 % interval then rest on 25 draws each
LEVEL = 0.95
Z_95 = 1.959964  # standard errors to each side that hold 95 % of a normal distribution
BLOCK_CELLS = 2_000_000  # draws held at once: 16 MB


def resampled_weights(customers: int, *, resamples: int = RESAMPLES, random_state: int = 0) -> np.ndarray:
    """(resamples, customers) float32: how often each customer is drawn when as many are drawn with replacement."""
    rng = np.random.default_rng(random_state)
    weights = np.empty((resamples, customers), dtype=np.float32)
    step = max(1, BLOCK_CELLS // customers)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = rng.integers(0, customers, size=(rows, customers)) + np.arange(rows)[:, None] * customers
        weights[start:start + rows] = np.bincount(drawn.ravel(), minlength=rows * customers).reshape(rows, customers)
    return weights


def mean_and_interval(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, low and high (95 %, bootstrap) of each column of `values` (customers x figures), over the customers who have
    that figure (not NaN); NaN where nobody has."""
    has = ~np.isnan(values)
    filled = np.where(has, values, 0.0)
    count = has.sum(axis=0)
    mean = np.divide(filled.sum(axis=0), count, out=np.full(len(count), np.nan), where=count > 0)
    total = weights @ filled.astype(np.float32)
    drawn = weights @ has.astype(np.float32)
    means = np.divide(total, drawn, out=np.full(total.shape, np.nan, dtype=np.float32), where=drawn > 0)
    low, high = np.full(len(count), np.nan), np.full(len(count), np.nan)
    known = count > 0
    if known.any():
        low[known], high[known] = np.nanquantile(means[:, known].astype(float), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return mean, np.minimum(low, mean), np.maximum(high, mean)


def gain_and_interval(gain: np.ndarray, *, tried: int) -> tuple[float, float, float]:
    """Mean of each customer's gain, low and high: 95 % for the whole number of methods tried at once (Bonferroni).

    The best of several looks better than it is, so each interval is widened for their number. Its ends then lie so far
    out that 1,000 resamples would leave them to one or two draws: they are Student's t.

    >>> low_one, low_ten = (gain_and_interval(np.array([0.1, 0.2, 0.0, 0.3]), tried=n)[1] for n in (1, 10))
    >>> low_ten < low_one
    True
    """
    from scipy.special import stdtrit

    mean = float(gain.mean())
    error = standard_error(gain)
    reach = float(stdtrit(len(gain) - 1, 1 - (1 - LEVEL) / 2 / max(1, tried))) * error
    return mean, mean - reach, mean + reach


def standard_error(values: np.ndarray) -> float:
    """Of the mean of (customers,) values.

    >>> round(standard_error(np.array([0.0, 1.0, 0.0, 1.0])), 3)
    0.289
    """
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def wilson(share: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a share seen among `of` (Wilson 1927); 0 to 1 where there were none.

    >>> low, high = wilson(np.array([0.0]), np.array([10]))
    >>> round(low.item(), 3), round(high.item(), 3)
    (0.0, 0.278)
    """
    share, of = np.asarray(share, dtype=float), np.asarray(of, dtype=float)
    safe = np.maximum(of, 1)
    square = Z_95 ** 2
    middle = (share + square / (2 * safe)) / (1 + square / safe)
    reach = Z_95 / (1 + square / safe) * np.sqrt(share * (1 - share) / safe + square / (4 * safe ** 2))
    none = of <= 0
    return np.where(none, 0.0, np.maximum(middle - reach, 0)), np.where(none, 1.0, np.minimum(middle + reach, 1))
