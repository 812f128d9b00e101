"""Trend: does satisfaction rise or fall from month to month?"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.answers import FEW_ANSWERS, Scores, on_common_scale
from crm.analytics.satisfaction.scores import DETRACTOR_TO, PROMOTER_FROM, promoter_figures, wilson


def monthly(scores: Scores, *, as_of: dt.date) -> pd.DataFrame:
    """A row a metric and month, from its first to its last answer: the columns of Satisfaction.trend.

    csat: share of top-two-box answers (0 to 1, Wilson interval); nps: -100 to 100; ces and likert: the mean on
    the scale used most (t interval). A month without answers stays with n = 0 and no figure; one with fewer
    than 30 is flagged `few`; one that `as_of` cuts short is not `complete`.
    """
    csat, nps = scores.metric("csat"), scores.metric("nps")
    first, hits, n = count_months(scores.month[csat], scores.top[csat])
    low, high = wilson(hits, n)
    top_share = np.where(n > 0, hits / np.maximum(n, 1), np.nan)
    parts = [month_rows("csat", first, n, {"value": top_share, "low": low, "high": high}, as_of=as_of)]
    first, promoters, n = count_months(scores.month[nps], scores.score[nps] >= PROMOTER_FROM)
    _, detractors, _ = count_months(scores.month[nps], scores.score[nps] <= DETRACTOR_TO)
    figures = promoter_figures(promoters, detractors, n)
    figures["value"] = figures.pop("score")
    parts.append(month_rows("nps", first, n, figures, as_of=as_of))
    for metric in ("ces", "likert"):
        first, n, figures = monthly_means(scores, metric)
        parts.append(month_rows(metric, first, n, figures, as_of=as_of))
    return pd.concat(parts, ignore_index=True)


def count_months(month: np.ndarray, hit: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """The first month, and for each month from there the hits and the answers."""
    if len(month) == 0:
        return 0, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    first = int(month.min())
    n = np.bincount(month - first)
    return first, np.bincount(month[hit] - first, minlength=len(n)), n


def monthly_means(scores: Scores, metric: str) -> tuple[int, np.ndarray, dict[str, np.ndarray]]:
    """The first month, the answers of each month, and value, low and high: the mean score with its t interval."""
    from scipy.special import stdtrit

    chosen = scores.metric(metric)
    first, _, n = count_months(scores.month[chosen], np.zeros(int(chosen.sum()), dtype=bool))
    if len(n) == 0:
        return first, n, {name: np.zeros(0) for name in ("value", "low", "high")}
    every = np.zeros(len(scores.score), dtype=np.int64)
    score, low, high = on_common_scale(scores, every, chosen, keys=1)
    month, some = scores.month[chosen] - first, np.maximum(n, 2)
    mean = np.where(n > 0, np.bincount(month, weights=score) / np.maximum(n, 1), np.nan)
    squares = np.bincount(month, weights=(score - mean[month]) ** 2)
    half = np.where(n > 1, stdtrit(some - 1, 0.975) * np.sqrt(squares / (some - 1) / some), np.nan)
    # Answers that all agree have no spread to judge by; no interval rather than one of no width.
    half = np.where(half > 1e-12, half, np.nan)
    return first, n, {"value": mean, "low": np.maximum(mean - half, low[0]), "high": np.minimum(mean + half, high[0])}


def month_rows(
    metric: str, first: int, n: np.ndarray, figures: dict[str, np.ndarray], *, as_of: dt.date
) -> pd.DataFrame:
    """One metric's part of the table."""
    month = (np.datetime64("1970-01", "M") + first + np.arange(len(n))).astype("datetime64[us]")
    after = (month.astype("datetime64[M]") + 1).astype("datetime64[D]")
    return pd.DataFrame(
        {
            "metric": np.full(len(n), metric, dtype=object),
            "month": month,
            "n": n,
            "value": figures["value"],
            "low": figures["low"],
            "high": figures["high"],
            "few": n < FEW_ANSWERS,
            "complete": after <= np.datetime64(as_of, "D") + 1,
        }
    )
