"""At a glance: by which groupings do customers differ most in how happy they are?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.effects import effect_sizes, size_of
from crm.analytics.satisfaction.groups import FEWEST, MOST_GROUPS, SIGNIFICANT
from crm.analytics.satisfaction.members import Counted, Labels, gather, join_small
from crm.analytics.satisfaction.robust import group_means
from crm.analytics.satisfaction.significance import all_tests

COLUMNS = ["grouping", "groups", "persons", "omega_squared", "effect", "test", "p_value", "q_value", "different",
           "happiest", "happiest_mean", "happiest_n", "least_happy", "least_happy_mean", "least_happy_n"]


def at_a_glance(
    counted: Counted, groupings: dict[str, Labels], *, fewest: int = FEWEST, random_state: int = 0
) -> pd.DataFrame:
    """One row a grouping with two groups of `fewest` persons and more, what explains most first, the sure before the unsure.

    grouping, groups, persons, omega_squared (0..1) and effect (its size in a word), test ("welch", or "kruskal" where a
    group agrees exactly), p_value, q_value (corrected for looking at so many groupings, Benjamini & Hochberg 1995),
    different (q below .05), then the groups with the highest and the lowest mean: happiest, happiest_mean, happiest_n,
    least_happy, least_happy_mean, least_happy_n. Groupings in which all scores are equal are left out.
    """
    rows = []
    for name, labels in groupings.items():
        labels, _, _ = join_small(counted, labels, fewest=fewest, most=MOST_GROUPS, others=None)
        if len(labels.names) < 2:
            continue
        members = gather(counted, labels)
        if members.score.min() == members.score.max():
            continue
        samples = members.samples()
        groups = group_means(members)
        tests = all_tests(list(samples.values()), groups=groups, random_state=random_state).set_index("test")["p_value"]
        used = "kruskal" if np.isnan(tests["welch"]) else "welch"
        omega_squared = effect_sizes(list(samples.values()))[1]
        best, worst = int(groups.mean.argmax()), int(groups.mean.argmin())
        rows.append((name, len(samples), len(members.times()), omega_squared, size_of(omega_squared), used,
                     float(tests[used]), np.nan, False, *(figure for place in (best, worst) for figure in (
                         members.names[place], float(groups.mean[place]), int(groups.n[place])))))
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["q_value"] = benjamini_hochberg(table["p_value"].to_numpy(dtype=float))
    table["different"] = table["q_value"] < SIGNIFICANT
    return table.sort_values(["different", "omega_squared", "grouping"], ascending=[False, False, True], ignore_index=True)


def benjamini_hochberg(p_value: np.ndarray) -> np.ndarray:
    """p corrected so that of what is called a difference at most the level is none (Benjamini & Hochberg 1995).

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    order = np.argsort(-p_value, kind="stable")
    rank = np.arange(len(p_value), 0, -1)
    corrected = np.empty(len(p_value))
    corrected[order] = np.minimum.accumulate(np.minimum(p_value[order] * len(p_value) / rank, 1)) if len(p_value) else []
    return corrected
