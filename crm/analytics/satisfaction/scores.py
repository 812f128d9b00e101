"""Scores: how satisfied are customers with each thing, and how sure is that figure?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.answers import FEW_ANSWERS, METRICS, Scores, on_common_scale

Z = 1.959963984540054  # two-sided 95 % of the normal distribution
PROMOTER_FROM = 9  # of 10 (Reichheld 2003)
DETRACTOR_TO = 6


@dataclass(frozen=True)
class Score:
    """A mean score and the share of top-two-box answers (0 to 1), each with its 95 % interval.

    mean_low/high by Student's t; None where all answers are equal or there is only one. top_low/high by
    Wilson (1927). All answers are taken as independent. `few`: fewer than 30 answers.
    """

    n: int
    not_applicable: int
    mean: float
    median: float
    standard_deviation: float | None
    mean_low: float | None
    mean_high: float | None
    top_count: int
    top_share: float
    top_low: float
    top_high: float
    scale_min: float
    scale_max: float
    few: bool


@dataclass(frozen=True)
class NetPromoter:
    """Promoters (9, 10) minus detractors (0 to 6) in percent of all: -100 to 100 (Reichheld 2003).

    standard_error = 100 * sqrt((p + d - (p - d)^2) / n); low, high: 95 % interval. All three are None where
    every answer falls into one class, for the formula would then claim certainty.
    """

    n: int
    not_applicable: int
    promoters: int
    passives: int
    detractors: int
    score: float
    standard_error: float | None
    low: float | None
    high: float | None
    few: bool


def wilson(hits: np.ndarray | int, n: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a share (Wilson 1927): inside 0 to 1 and never of no width; NaN where n is 0.

    >>> [round(float(end), 4) for end in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    n = np.where(np.asarray(n) > 0, n, np.nan).astype(float)
    share = hits / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def promoter_figures(promoters: np.ndarray, detractors: np.ndarray, n: np.ndarray) -> dict[str, np.ndarray]:
    """score, standard_error, low, high of NetPromoter for counts of any shape; NaN where None there."""
    n = np.where(n > 0, n, np.nan).astype(float)
    up, down = promoters / n, detractors / n
    spread = up + down - (up - down) ** 2
    # Exactly zero in theory when all answers agree, a rounding error away from it in floats.
    error = np.where(spread > 1e-12, 100 * np.sqrt(np.maximum(spread, 0) / n), np.nan)
    score = 100 * (up - down)
    low, high = np.clip(score - Z * error, -100, 100), np.clip(score + Z * error, -100, 100)
    return {"score": score, "standard_error": error, "low": low, "high": high}


def item_tables(scores: Scores) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Satisfaction.items, figures of an item without answers NaN, and Satisfaction.shares."""
    count = len(scores.items)
    every = np.ones(len(scores.score), dtype=bool)
    score, low, high = on_common_scale(scores, scores.item, every, keys=count)
    figures = describe(score, scores.item, scores.top, keys=count, low=low, high=high)
    table = pd.concat([scores.items, figures.assign(scale_min=low, scale_max=high)], axis=1)
    return table, score_shares(scores, score)


def describe(
    score: np.ndarray, key: np.ndarray, top: np.ndarray, *, keys: int, low: np.ndarray, high: np.ndarray
) -> pd.DataFrame:
    """n, mean, median, standard_deviation, mean_low/high, top_count, top_share, top_low/high, few by key.

    `low`, `high`: the ends of each key's scale; an interval never leaves them.
    """
    from scipy.special import stdtrit

    n = np.bincount(key, minlength=keys)
    # Sorted, so that the order of rows cannot change a last digit; few keys are sorted by their digits.
    order = np.argsort(key.astype(np.uint16) if keys < 2**16 else key, kind="stable")
    parts = [np.sort(part) for part in np.split(score[order], np.cumsum(n)[:-1])] if keys else []
    mean = np.array([part.mean() if len(part) else np.nan for part in parts])
    median = np.array([np.median(part) if len(part) else np.nan for part in parts])
    spread = np.array([part.std(ddof=1) if len(part) > 1 else np.nan for part in parts])
    equal = np.array([len(part) > 0 and part[0] == part[-1] for part in parts], dtype=bool)
    spread = np.where(equal & (n > 1), 0.0, spread)
    some = np.maximum(n, 2)
    half = np.where(spread > 0, stdtrit(some - 1, 0.975) * spread / np.sqrt(some), np.nan)
    top_count = np.bincount(key[top], minlength=keys)
    top_low, top_high = wilson(top_count, n)
    return pd.DataFrame(
        {
            "n": n,
            "mean": mean,
            "median": median,
            "standard_deviation": spread,
            "mean_low": np.maximum(mean - half, low),
            "mean_high": np.minimum(mean + half, high),
            "top_count": top_count,
            "top_share": np.where(n > 0, top_count / np.maximum(n, 1), np.nan),
            "top_low": top_low,
            "top_high": top_high,
            "few": n < FEW_ANSWERS,
        }
    )


def ranked(items: pd.DataFrame) -> pd.DataFrame:
    """The answered items of Satisfaction.items, the lowest first, with the place of their mean on their scale (0 to 1; place_low,
    place_high: its 95 % range, NaN where it has none), so that items of different scales can be compared."""
    answered = items[items["n"] > 0]
    width = answered["scale_max"] - answered["scale_min"]
    places = {name: (answered[column] - answered["scale_min"]) / width
              for name, column in (("place", "mean"), ("place_low", "mean_low"), ("place_high", "mean_high"))}
    return answered.assign(**places).sort_values(["place", "item"], kind="stable", ignore_index=True)


def are_apart(lower: pd.Series, higher: pd.Series) -> bool:
    """Whether the ranges of two rows of `ranked` do not touch; an unknown range touches every other."""
    return bool(lower["place_high"] < higher["place_low"])


def metric_score(scores: Scores, metric: str) -> Score | None:
    """All items of one metric together, on its most used scale; None without answers."""
    chosen = scores.metric(metric)
    if not chosen.any():
        return None
    key = np.zeros(len(scores.score), dtype=np.int64)
    score, low, high = on_common_scale(scores, key, chosen, keys=1)
    row = describe(score, key[chosen], scores.top[chosen], keys=1, low=low, high=high).iloc[0]
    of_metric = scores.items["metric"] == metric
    return Score(
        n=int(row["n"]),
        not_applicable=int(scores.items.loc[of_metric, "not_applicable"].sum()),
        mean=float(row["mean"]),
        median=float(row["median"]),
        standard_deviation=known(row["standard_deviation"]),
        mean_low=known(row["mean_low"]),
        mean_high=known(row["mean_high"]),
        top_count=int(row["top_count"]),
        top_share=float(row["top_share"]),
        top_low=float(row["top_low"]),
        top_high=float(row["top_high"]),
        scale_min=float(low[0]),
        scale_max=float(high[0]),
        few=bool(row["few"]),
    )


def net_promoter(scores: Scores) -> NetPromoter | None:
    """The net promoter score over all its answers; None without any."""
    score = scores.score[scores.metric("nps")]
    if len(score) == 0:
        return None
    promoters, detractors = int((score >= PROMOTER_FROM).sum()), int((score <= DETRACTOR_TO).sum())
    figures = promoter_figures(np.array(promoters), np.array(detractors), np.array(len(score)))
    of_metric = scores.items["metric"] == "nps"
    return NetPromoter(
        n=len(score),
        not_applicable=int(scores.items.loc[of_metric, "not_applicable"].sum()),
        promoters=promoters,
        passives=len(score) - promoters - detractors,
        detractors=detractors,
        score=float(figures["score"]),
        standard_error=known(figures["standard_error"]),
        low=known(figures["low"]),
        high=known(figures["high"]),
        few=len(score) < FEW_ANSWERS,
    )


def known(figure: float | np.ndarray) -> float | None:
    """None instead of NaN."""
    return None if np.isnan(figure) else float(figure)


def score_shares(scores: Scores, score: np.ndarray) -> pd.DataFrame:
    """How the answers, `score` on their item's scale, spread: metric, item, score (whole), count, share of the item's answers."""
    count = len(scores.items)
    point = np.rint(score).astype(np.int64)
    lowest = int(point.min(initial=0))
    width = int(point.max(initial=0)) - lowest + 1
    table = np.bincount(scores.item * width + point - lowest, minlength=count * width).reshape(count, width)
    item, place = np.nonzero(table)
    return pd.DataFrame(
        {
            "metric": pd.Categorical(scores.items["metric"].to_numpy()[item], categories=METRICS),
            "item": scores.items["item"].to_numpy()[item],
            "score": place + lowest,
            "count": table[item, place],
            "share": table[item, place] / table.sum(axis=1)[item],
        }
    )
