"""Significance: tests of several groups' means, how large the effect is, and which pairs differ."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.studentized import critical, upper_tail

TESTS = ("welch", "classic", "kruskal")
Samples = list[np.ndarray]


def all_tests(samples: Samples) -> pd.DataFrame:
    """test, statistic, df_between, df_within, p_value: Welch (1951), Fisher's F, Kruskal & Wallis (1952).

    A test that these samples do not allow has NaN figures. At least two samples of two, not all scores equal.
    """
    from scipy.stats import f_oneway, kruskal

    between = len(samples) - 1
    inside = sum(len(sample) for sample in samples) - len(samples)
    agreeing = [sample.min() == sample.max() for sample in samples]
    rows = []
    if any(agreeing):
        rows.append(("welch", np.nan, between, np.nan, np.nan))
    else:
        welch = f_oneway(*samples, equal_var=False)
        rows.append(("welch", welch.statistic, between, welch_df(samples), welch.pvalue))
    if all(agreeing):
        rows.append(("classic", np.nan, between, inside, np.nan))
    else:
        classic = f_oneway(*samples)
        rows.append(("classic", classic.statistic, between, inside, classic.pvalue))
    ranks = kruskal(*samples)
    rows.append(("kruskal", ranks.statistic, between, np.nan, ranks.pvalue))
    return pd.DataFrame(rows, columns=["test", "statistic", "df_between", "df_within", "p_value"]).astype(
        {"statistic": float, "p_value": float, "df_within": float}
    )


def welch_df(samples: Samples) -> float:
    """Degrees of freedom inside the groups, lowered for unequal spreads (Welch 1951)."""
    n = np.array([len(sample) for sample in samples])
    weight = n / np.array([sample.var(ddof=1) for sample in samples])
    lack = ((1 - weight / weight.sum()) ** 2 / (n - 1)).sum()
    return float((len(samples) ** 2 - 1) / (3 * lack))


def effect_sizes(samples: Samples) -> tuple[float, float]:
    """Eta squared and omega squared (Hays 1963), 0 to 1; omega takes off what chance alone would explain.

    >>> [round(size, 4) for size in effect_sizes([np.array([1.0, 2, 3]), np.array([3.0, 4, 5])])]
    [0.6, 0.4545]
    """
    everyone = np.concatenate(samples)
    grand = everyone.mean()
    total = ((everyone - grand) ** 2).sum()
    between = sum(len(sample) * (sample.mean() - grand) ** 2 for sample in samples)
    free = len(samples) - 1
    noise = (total - between) / (len(everyone) - len(samples))
    omega = (between - free * noise) / (total + noise)
    return float(np.clip(between / total, 0, 1)), float(np.clip(omega, 0, 1))


def pairwise(compared: dict[str, np.ndarray], *, test: str, level: float) -> pd.DataFrame:
    """The columns of GroupComparison.pairs by the comparison that belongs to `test`."""
    pairs = list(combinations(compared, 2))
    difference = [compared[a].mean() - compared[b].mean() for a, b in pairs]
    low, high, p_value = PAIR_TESTS[test](compared, level)
    return pd.DataFrame(
        {
            "group_a": [pair[0] for pair in pairs],
            "group_b": [pair[1] for pair in pairs],
            "difference": difference,
            "low": low,
            "high": high,
            "p_value": p_value,
            "different": pd.Series([None if np.isnan(p) else bool(p < level) for p in p_value], dtype=object),
        }
    )


PairFigures = tuple[np.ndarray, np.ndarray, np.ndarray]


def games_howell(compared: dict[str, np.ndarray], level: float) -> PairFigures:
    """Games & Howell (1976): each pair with its own spread; every group must have some."""
    first, second = np.triu_indices(len(compared), 1)
    n = np.array([len(sample) for sample in compared.values()])
    error = np.array([sample.var(ddof=1) for sample in compared.values()]) / n
    both = error[first] + error[second]
    df = both**2 / (error[first] ** 2 / (n[first] - 1) + error[second] ** 2 / (n[second] - 1))
    return range_figures(compared, level, error=both, df=df)


def tukey_kramer(compared: dict[str, np.ndarray], level: float) -> PairFigures:
    """Tukey (1949) & Kramer (1956): all pairs with the pooled spread; no figures where no group has any."""
    first, second = np.triu_indices(len(compared), 1)
    if all(sample.min() == sample.max() for sample in compared.values()):
        empty = np.full(len(first), np.nan)
        return empty, empty, empty
    n = np.array([len(sample) for sample in compared.values()])
    free = n.sum() - len(n)
    pooled = sum(sample.var() * len(sample) for sample in compared.values()) / free
    both = pooled * (1 / n[first] + 1 / n[second])
    return range_figures(compared, level, error=both, df=np.full(len(first), float(free)))


def range_figures(
    compared: dict[str, np.ndarray], level: float, *, error: np.ndarray, df: np.ndarray
) -> PairFigures:
    """Interval and p of each difference of means with the variance `error`, by the studentized range."""
    first, second = np.triu_indices(len(compared), 1)
    mean = np.array([sample.mean() for sample in compared.values()])
    difference = mean[first] - mean[second]
    # The range is measured in deviations of one mean, half the variance of a difference.
    unit = np.sqrt(error / 2)
    p_value = upper_tail(np.abs(difference) / unit, groups=len(compared), df=df)
    reach = critical(level, groups=len(compared), df=df) * unit
    return difference - reach, difference + reach, p_value


def rank_pairs(compared: dict[str, np.ndarray], level: float) -> PairFigures:
    """Mann & Whitney (1947), corrected by Holm (1979); ranks give no interval of the means."""
    from scipy.stats import mannwhitneyu

    p_value = np.array([mannwhitneyu(a, b).pvalue for a, b in combinations(compared.values(), 2)])
    order = np.argsort(p_value, kind="stable")
    left = np.arange(len(p_value), 0, -1)
    corrected = np.empty(len(p_value))
    corrected[order] = np.minimum(np.maximum.accumulate(p_value[order] * left), 1)
    empty = np.full(len(p_value), np.nan)
    return empty, empty, corrected


PAIR_TESTS: dict[str, Callable[[dict[str, np.ndarray], float], PairFigures]] = {
    "welch": games_howell,
    "classic": tukey_kramer,
    "kruskal": rank_pairs,
}
