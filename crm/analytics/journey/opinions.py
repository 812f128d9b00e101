"""Was a customer happy that day? One verdict a customer and day from all scores given on it."""

from __future__ import annotations

import numpy as np
import pandas as pd

METRICS = ("csat", "nps", "likert")  # ces asks about effort, not about being content
OVERALL = 2  # the metrics before this place ask about the whole; where one was answered, single items do not count beside it
USUAL_SCALES = {"csat": (1.0, 5.0), "nps": (0.0, 10.0), "likert": (1.0, 5.0)}
NPS_LOW, NPS_HIGH = 6.0, 9.0  # detractors up to 6, promoters from 9 (Reichheld 2003)
LOW_BELOW, HIGH_FROM = 0.5, 0.75  # of the scale: 1 and 2 of five points are low, 4 and 5 high, 3 is neither


def opinions(answers: pd.DataFrame, *, last: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """(customer_id, day) of every answer day of a known customer up to day `last` (from 1970-01-01), and its verdict:
    -1 low, 1 high, 0 neither.

    A day is low where more scores were low than high. Scores outside their scale and "not applicable" are none, but the
    day stays a sign of life.
    """
    days = pd.to_datetime(answers["answered_on"]).to_numpy().astype("datetime64[D]")
    customer = answers["customer_id"].to_numpy(dtype=np.int64)
    # NaT is the smallest number of all, so it must be left out by name.
    used = (customer > 0) & ~np.isnat(days) & (days.astype(np.int64) <= last)
    customer, day = customer[used], days[used].astype(np.int64)
    named = pd.Categorical(answers["metric"].array[used])
    metric = np.append(pd.Index(METRICS).get_indexer(named.categories), -1)[named.codes]  # -1: another metric, or none
    score = answers["score"].to_numpy(dtype=np.float64)[used]
    low, high = (np.where(np.isnan(ends), np.array([USUAL_SCALES[name][end] for name in METRICS])[metric], ends)
                 for end, ends in enumerate(answers[name].to_numpy(dtype=np.float64)[used] for name in ("scale_min", "scale_max")))
    is_nps = metric == METRICS.index("nps")
    counts = (metric >= 0) & (score >= low) & (score <= high) & (high > low) & (~is_nps | (high == USUAL_SCALES["nps"][1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        place = (score - low) / (high - low)
    is_low = counts & np.where(is_nps, score <= NPS_LOW, place < LOW_BELOW)
    is_high = counts & np.where(is_nps, score >= NPS_HIGH, place >= HIGH_FROM)
    said = is_high.astype(np.int64) - is_low
    each, where = _each(customer, day)
    overall = counts & (metric < OVERALL)
    has_overall = np.bincount(where[overall], minlength=each.shape[1]) > 0
    weighed = np.where(has_overall[where] & ~overall, 0, said)
    return (each[0], each[1]), np.sign(np.bincount(where, weights=weighed, minlength=each.shape[1])).astype(np.int64)


def _each(customer: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different pairs of customer and day as (2, pairs), and which of them each answer belongs to."""
    first = int(day.min()) if len(day) else 0
    span = int(day.max()) - first + 1 if len(day) else 1
    pairs, where = np.unique(customer * span + day - first, return_inverse=True)
    return np.stack([pairs // span, pairs % span + first]), where
