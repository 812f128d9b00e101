"""Trend: does satisfaction rise or fall from month to month?"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.answers import FEW_ANSWERS, Scores
from crm.analytics.satisfaction.scores import DETRACTOR_TO, PROMOTER_FROM, promoter_figures, wilson


def monthly(scores: Scores, *, as_of: dt.date) -> pd.DataFrame:
    """A row a metric and month, from its first to its last answer: the columns of Satisfaction.trend.

    csat: share of top-two-box answers (0 to 1, Wilson interval); nps: -100 to 100. A month without answers
    stays with n = 0 and no figure; one with fewer than 30 is flagged `few`; one that `as_of` cuts short is
    not `complete`.
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
    return pd.concat(parts, ignore_index=True)


def count_months(month: np.ndarray, hit: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """The first month, and for each month from there the hits and the answers."""
    if len(month) == 0:
        return 0, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    first = int(month.min())
    n = np.bincount(month - first)
    return first, np.bincount(month[hit] - first, minlength=len(n)), n


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
