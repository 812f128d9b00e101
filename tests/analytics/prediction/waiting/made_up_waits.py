"""Waits whose truth is known: Weibull, with features that make them longer, and cut off where following ended."""

import numpy as np
import pandas as pd

from crm.analytics.prediction import waiting
from crm.analytics.prediction.waiting import Waits

SHAPE = 0.8
INTERCEPT, GAP_EFFECT, LOYAL_EFFECT = 3.2, 0.5, -0.7  # of log days, by a deviation of gap, and where loyal


def waits(*, n: int = 2_000, followed_days: float | None = 120.0, seed: int = 1, only_noise: bool = False) -> Waits:
    """mean_gap_days (some missing), days_silent, loyal, days_since (a feature that says nothing)."""
    rng = np.random.default_rng(seed)
    z, loyal = rng.normal(size=n), rng.random(n) < 0.4
    frame = pd.DataFrame({"mean_gap_days": np.exp(3.4 + 0.6 * z), "days_silent": rng.exponential(30, n), "loyal": loyal,
                          "days_since": rng.uniform(0, 100, n)})
    logs = INTERCEPT + GAP_EFFECT * z + LOYAL_EFFECT * loyal + np.log(-np.log(rng.random(n))) / SHAPE
    days = np.exp(logs) if not only_noise else np.exp(rng.permutation(logs))
    followed = np.full(n, np.inf) if followed_days is None else rng.uniform(0.5, 1.0, n) * followed_days
    return Waits(frame, np.maximum(np.minimum(days, followed), 0.01), days <= followed, np.arange(n))


def true_chance(of: Waits, within_days: float) -> np.ndarray:
    """The chance of an order within so many days, as it was made."""
    z = (np.log(of.frame["mean_gap_days"].to_numpy()) - 3.4) / 0.6
    logs = INTERCEPT + GAP_EFFECT * z + LOYAL_EFFECT * of.frame["loyal"].to_numpy()
    return -np.expm1(-(np.exp(np.log(within_days) - logs)) ** SHAPE)


def task(*, seed: int = 1, within_days: int = 30, **how) -> waiting.WaitingTask:
    """The later waits are followed for `within_days` days, all of them."""
    later = waits(n=1_500, followed_days=None, seed=seed + 50, **{name: how[name] for name in how if name == "only_noise"})
    is_seen = later.days <= within_days
    test = Waits(later.frame, np.minimum(later.days, within_days), is_seen, later.groups)
    return waiting.WaitingTask(waits(seed=seed, **how), test, within_days, scales={"mean_gap_days": "log"},
                               columns=("mean_gap_days", "loyal", "days_since"))


def shuffled(of: Waits, *, seed: int = 3) -> Waits:
    return of.take(np.random.default_rng(seed).permutation(len(of.days)))
