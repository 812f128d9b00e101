"""Rows whose truth is known, for the tests of judging and tuning."""

import numpy as np
import pandas as pd

from crm.analytics.prediction.task import Rows


def made_rows(*, n_groups: int = 300, rows_a_group: int = 2, seed: int = 5, effect: float = 1.5) -> Rows:
    """Two numbers that matter, one that does not, a word, and a number with gaps; rows of a group are alike."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(100, 100 + n_groups), rows_a_group)
    n = len(groups)
    own = np.repeat(rng.normal(size=n_groups), rows_a_group)
    first = own + 0.5 * rng.normal(size=n)
    second = rng.normal(size=n)
    word = rng.choice(["north", "south", "west"], n)
    margin = effect * first - 0.5 * second**2 + 0.8 * (word == "west")
    target = rng.random(n) < 1 / (1 + np.exp(-margin))
    frame = pd.DataFrame({"first": first, "second": second, "nothing": rng.normal(size=n), "word": word,
                          "gaps": np.where(rng.random(n) < 0.3, np.nan, first + rng.normal(size=n))})
    return Rows(frame, target, groups)


def shuffled(rows: Rows, *, seed: int = 1) -> Rows:
    order = np.random.default_rng(seed).permutation(len(rows.target))
    return Rows(rows.frame.iloc[order].reset_index(drop=True), rows.target[order], rows.groups[order])
