"""Survey answers: which of them are scores, and on what scale?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

METRICS = ("csat", "nps", "ces", "likert")
USUAL_SCALES = {"csat": (1.0, 5.0), "nps": (0.0, 10.0), "ces": (1.0, 7.0), "likert": (1.0, 5.0)}
PROMOTER_SCALE_END = 10.0  # promoters and detractors are defined on 0 to 10 only (Reichheld 2003)
FEW_ANSWERS = 30  # below, an interval is wider than most differences that anybody acts on
SHORT_SCALE_STEPS = 2  # on three points or fewer, two boxes would be nearly everything: the top one counts
LONG_SCALE_STEPS = (
    10  # above, as on 0 to 100, two single points would be nearly nothing: the upper fifth counts
)


@dataclass(frozen=True, eq=False)
class Scores:
    """Answers that are scores, as arrays of one length, and the items they belong to.

    `item` indexes `items` (metric, item, not_applicable, outside_scale; sorted); `score` lies on the
    answer's own scale `low` to `high`; `top` marks the top two boxes; `month` counts months since January
    1970, `day` days since its first. `form` tells which answers were given together; where the frame does not
    say so (column `response`), each answer is a form of its own.
    """

    customer: np.ndarray
    item: np.ndarray
    score: np.ndarray
    low: np.ndarray
    high: np.ndarray
    top: np.ndarray
    month: np.ndarray
    items: pd.DataFrame
    day: np.ndarray
    form: np.ndarray

    def metric(self, name: str) -> np.ndarray:
        """Mask of the answers of one metric."""
        return (self.items["metric"] == name).to_numpy()[self.item]


def read_scores(answers: pd.DataFrame, *, as_of: dt.date) -> Scores:
    """Answers up to `as_of` with a score inside their scale.

    A missing score is "not applicable"; a score outside its scale (a 0 on 1 to 5) is no score either. Both
    are counted in `items` and used nowhere. Where an answer names no scale, the metric's usual one holds.
    """
    past = answers["answered_on"].to_numpy() < np.datetime64(as_of, "D") + 1
    metric = pd.Categorical(answers["metric"], categories=METRICS).codes
    used = past & (metric >= 0)
    metric = metric[used].astype(np.int64)
    name, names = pd.factorize(answers["item"][used], sort=True)
    item, keys = pd.factorize(
        metric * (len(names) + 1) + name + 1, sort=True
    )  # an item without a name is the 0th
    score = answers["score"].to_numpy(dtype=float)[used]
    low = filled(answers["scale_min"], used, metric, end=0)
    high = filled(answers["scale_max"], used, metric, end=1)
    missing = np.isnan(score)
    inside = (score >= low) & (score <= high) & (high > low)
    inside &= (metric != METRICS.index("nps")) | (high == PROMOTER_SCALE_END)
    items = pd.DataFrame(
        {
            "metric": [METRICS[key // (len(names) + 1)] for key in keys],
            "item": [
                "" if key % (len(names) + 1) == 0 else str(names[key % (len(names) + 1) - 1]) for key in keys
            ],
            "not_applicable": np.bincount(item[missing], minlength=len(keys)),
            "outside_scale": np.bincount(item[~missing & ~inside], minlength=len(keys)),
        }
    )
    on = answers["answered_on"].to_numpy()[used][inside].astype("datetime64[D]")
    form = answers["response"].to_numpy()[used][inside] if "response" in answers else np.flatnonzero(used)[inside]
    score, low, high = score[inside], low[inside], high[inside]
    customer = answers["customer_id"].to_numpy()[used][inside]
    return Scores(
        customer, item[inside], score, low, high, in_top_boxes(score, low, high),
        on.astype("datetime64[M]").astype(np.int64), items, on.astype(np.int64), form,
    )


def filled(column: pd.Series, used: np.ndarray, metric: np.ndarray, *, end: int) -> np.ndarray:
    """The scale's end of each answer, the usual one of its metric where none is given."""
    given = column.to_numpy(dtype=float)[used]
    usual = np.array([USUAL_SCALES[name][end] for name in METRICS])
    return np.where(np.isnan(given), usual[metric], given)


def in_top_boxes(score: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Whether a score is one of its scale's two best points.

    >>> in_top_boxes(np.array([3.0, 4.0, 5.0]), np.ones(3), np.full(3, 5.0)).tolist()
    [False, True, True]
    """
    steps = high - low
    boxes = np.where(steps <= SHORT_SCALE_STEPS, 0.0, np.where(steps > LONG_SCALE_STEPS, 0.2 * steps, 1.0))
    return score >= high - boxes


def on_common_scale(
    scores: Scores, key: np.ndarray, chosen: np.ndarray, *, keys: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of the `chosen` answers, each moved to the scale most used under its key.

    Returns the scores and, for each key, the lower and upper end of that scale (NaN without answers).
    """
    score, low, high, key = (values[chosen] for values in (scores.score, scores.low, scores.high, key))
    (low_code, lows), (high_code, highs) = coded(low), coded(high)
    scale = low_code * max(1, len(highs)) + high_code
    kinds = max(1, len(lows) * len(highs))
    counts = np.bincount(key * kinds + scale, minlength=keys * kinds).reshape(keys, kinds)
    common = counts.argmax(axis=1)
    empty = counts.sum(axis=1) == 0
    ends = [np.full(keys, np.nan), np.full(keys, np.nan)]
    if len(score):
        ends[0][~empty] = lows[common[~empty] // len(highs)]
        ends[1][~empty] = highs[common[~empty] % len(highs)]
    other = scale != common[key]
    if other.any():
        place = (score[other] - low[other]) / (high[other] - low[other])
        start, stop = ends[0][key[other]], ends[1][key[other]]
        score = score.copy()
        score[other] = start + place * (stop - start)
    return score, ends[0], ends[1]


def coded(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the values, sorted, each is; most surveys have one scale, which is seen at once."""
    if len(ends) and (ends == ends[0]).all():
        return np.zeros(len(ends), dtype=np.int64), ends[:1]
    return pd.factorize(ends, sort=True)
