"""RFM: which of seven named groups does a customer belong to, by recency, frequency and net spend?

Scores run from 1 to 5 by fifths of the customers (Hughes 1994), 5 being best. Value is the mean of the
frequency and the spend score. The groups:

    orders   recency score   value            group
    one      4-5             any              New
    one      2-3             any              Sleeping
    one      1               any              Lost
    several  4-5             4 or more        Champions
    several  3-5             3 or more        Loyal (unless Champions)
    several  3-5             below 3          Promising
    several  1-2             3 or more        At risk
    several  2               below 3          Sleeping
    several  1               below 3          Lost
"""

import numpy as np
import pandas as pd

N_SCORES = 5  # fifths, the custom of the trade: fine enough to tell groups apart, coarse enough to remember
RECENT_SCORE = 4  # the more recent two fifths
HIGH_VALUE = 4.0  # the upper two fifths, taking orders and spend together
MIDDLE_VALUE = 3.0  # the middle fifth or better


def fair_scores(measure: pd.Series) -> np.ndarray:
    """Scores 1..5 by fifths, 5 for the largest; equal customers get equal scores (all equal: all 3).

    A tie takes the fifth in which its middle member lies, so that no tie is split.

    >>> fair_scores(pd.Series([1, 1, 1, 1, 9])).tolist()
    [3, 3, 3, 3, 5]
    """
    # Twice the mean rank is whole, so that a customer exactly on a border never falls by a rounding error.
    twice_rank = np.rint(2 * measure.rank(method="average").to_numpy()).astype("int64")
    return (twice_rank - 1) * N_SCORES // (2 * len(measure)) + 1


def rfm_scores(customers: pd.DataFrame) -> pd.DataFrame:
    """The customers with r_score, f_score, m_score (int 1..5; 5 = latest, most orders, largest net spend)."""
    return customers.assign(
        r_score=fair_scores(-customers["recency_days"]),
        f_score=fair_scores(customers["frequency"]),
        m_score=fair_scores(customers["monetary"]),
    )


def rfm_segments(scored: pd.DataFrame) -> np.ndarray:
    """The group's name of every row (array of str); every combination of scores has exactly one group."""
    recency = scored["r_score"].to_numpy()
    value = (scored["f_score"].to_numpy() + scored["m_score"].to_numpy()) / 2
    once = scored["frequency"].to_numpy() == 1
    rules = [
        (once & (recency >= RECENT_SCORE), "New"),
        (once & (recency >= 2), "Sleeping"),
        (once, "Lost"),
        ((recency >= RECENT_SCORE) & (value >= HIGH_VALUE), "Champions"),
        ((recency >= 3) & (value >= MIDDLE_VALUE), "Loyal"),
        (recency >= 3, "Promising"),
        (value >= MIDDLE_VALUE, "At risk"),
        (recency == 2, "Sleeping"),
    ]
    return np.select([rule for rule, _ in rules], [name for _, name in rules], default="Lost").astype(object)
