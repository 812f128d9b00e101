"""How sure is a share, and do several shares differ beyond chance?"""

from __future__ import annotations

import numpy as np

FEW = 10  # below, one customer more or less changes the answer
Z_95 = 1.959963984540054  # two-sided, normal
ERROR_95 = 0.025  # on each side
LEAST_EXPECTED = 5.0  # in every cell, else the chi-square distribution is no good guide (Cochran 1954)
SHUFFLES = 9_999  # p-values down to .0001


def wilson(hits: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of the shares hits / of (Wilson 1927); NaN where `of` is 0.

    >>> low, high = wilson(np.array([10]), np.array([100]))
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.0552, 0.1744)
    """
    of = np.where(np.asarray(of) > 0, of, np.nan).astype(np.float64)
    share = hits / of
    middle, half = share + Z_95**2 / (2 * of), Z_95 * np.sqrt(share * (1 - share) / of + Z_95**2 / (4 * of**2))
    return np.clip((middle - half) / (1 + Z_95**2 / of), 0, 1), np.clip((middle + half) / (1 + Z_95**2 / of), 0, 1)


def differ(hits: np.ndarray, of: np.ndarray, *, random_state: int = 0) -> float:
    """Probability of shares hits / of (g,) at least so different if all groups were alike; NaN for fewer than two groups,
    or where all or none were hit.

    Pearson's chi-square; where a cell is expected to hold fewer than five, the same statistic against 9,999 tables with the
    same sums (Patefield 1981; Phipson & Smyth 2010: never 0).
    """
    from scipy.special import chdtrc

    hits, of = np.asarray(hits, dtype=np.int64)[np.asarray(of) > 0], np.asarray(of, dtype=np.int64)[np.asarray(of) > 0]
    total, n = int(hits.sum()), int(of.sum())
    if len(of) < 2 or total in (0, n):
        return float("nan")

    def statistic(found: np.ndarray) -> np.ndarray:
        expected = of * (total / n)
        return ((found - expected) ** 2 / expected).sum(axis=-1) * n / (n - total)

    seen = float(statistic(hits))
    if min(of.min() * total / n, of.min() * (n - total) / n) >= LEAST_EXPECTED:
        return float(chdtrc(len(of) - 1, seen))
    drawn = np.random.default_rng(random_state).multivariate_hypergeometric(of, total, size=SHUFFLES)
    return float((1 + (statistic(drawn) >= seen - 1e-9).sum()) / (1 + SHUFFLES))


def benjamini_hochberg(p_values: np.ndarray) -> np.ndarray:
    """P-values corrected for being many: the share of false finds up to each (Benjamini & Hochberg 1995); NaN stays NaN.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, np.nan])).round(3).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    corrected = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(np.asarray(p_values)[known], kind="stable")]
    raised = np.asarray(p_values)[order] * len(order) / np.arange(1, len(order) + 1)
    corrected[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1)
    return corrected
