"""Amounts whose truth is known: what a customer's next order comes to, from what was known before."""

import numpy as np
import pandas as pd

from crm.analytics.prediction import Rows, Task

CUTOFFS = 3
LOG_SLOPE, YES_EFFECT = 0.8, 0.5  # of log(1 + before), and of a yes, on the logarithm of the amount
SHAPE = 2.0  # of the gamma that amounts vary by: a coefficient of variation of .7


def rows(*, n_customers: int = 400, cutoffs: int = CUTOFFS, seed: int = 1, level: float = 0.5) -> Rows:
    """Each customer at several cutoffs: before (money, skewed), loyal (bool), region (text), days, of which days says nothing.

    The mean is exp(level + .8 log(1 + before) + .5 loyal); the amount is gamma around it.
    """
    rng = np.random.default_rng(seed)
    n = n_customers * cutoffs
    who = np.repeat(np.arange(n_customers), cutoffs)
    before = np.exp(rng.normal(4.0, 1.0, n_customers))[who] * np.exp(rng.normal(0.0, 0.2, n))
    loyal = (rng.random(n_customers) < 0.3)[who]
    frame = pd.DataFrame({"before": before, "loyal": loyal, "days": rng.uniform(0, 300, n),
                          "region": np.array(["north", "south", "east"], dtype=object)[rng.integers(0, 3, n)]})
    mean = np.exp(level + LOG_SLOPE * np.log1p(before) + YES_EFFECT * loyal)
    return Rows(frame.astype({"region": "str"}), rng.gamma(SHAPE, mean / SHAPE), who.astype("int64"))


def task(*, seed: int = 1, level_later: float = 0.5, **how) -> Task:
    """Learn and test on different customers."""
    later = rows(n_customers=300, cutoffs=1, seed=seed + 100, level=level_later)
    return Task(rows(seed=seed, **how), Rows(later.frame, later.target, later.groups + 1_000_000), rule="before",
                scales={"before": "log"})


def shuffled(of: Rows, *, seed: int = 5) -> Rows:
    """The same rows in another sequence."""
    order = np.random.default_rng(seed).permutation(len(of.target))
    return Rows(of.frame.iloc[order].reset_index(drop=True), of.target[order], of.groups[order])
