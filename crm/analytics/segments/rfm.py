"""RFM: which of seven named groups does a customer belong to, by recency, frequency and net spend?

Scores run from 1 to 5 by fifths of the customers (Hughes 1994), 5 being best, or by the owner's own borders in days,
orders and money. Value is the mean of the frequency and the spend score. The groups, which the owner may call otherwise:

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

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from crm.analytics.segments.names import RFM_GROUPS
from crm.errors import InvalidInput

N_SCORES = 5  # fifths, the custom of the trade: fine enough to tell groups apart, coarse enough to remember
RECENT_SCORE = 4  # the more recent two fifths
HIGH_VALUE = 4.0  # the upper two fifths, taking orders and spend together
MIDDLE_VALUE = 3.0  # the middle fifth or better

WORDS = {"recency_days": "days since the last order", "orders": "orders", "money": "money"}
Names = Mapping[str, str] | Iterable[tuple[str, str]]  # a group's own name -> what the owner calls it


class Cuts(NamedTuple):
    """The borders between the scores, four ascending numbers a measure; None: by fifths of the customers given.

    recency_days: at most so many days since the last purchase for a score of 5, 4, 3 and 2 (more: 1).
    orders, money: from so many purchases, so much net spend on for a score of 2, 3, 4 and 5 (less: 1).
    """

    recency_days: tuple[float, ...] | None = None
    orders: tuple[float, ...] | None = None
    money: tuple[float, ...] | None = None


def fair_scores(measure: pd.Series) -> np.ndarray:
    """Scores 1..5 by fifths, 5 for the largest; equal customers get equal scores (all equal: all 3).

    A tie takes the fifth in which its middle member lies, so that no tie is split.

    >>> fair_scores(pd.Series([1, 1, 1, 1, 9])).tolist()
    [3, 3, 3, 3, 5]
    """
    # Twice the mean rank is whole, so that a customer exactly on a border never falls by a rounding error.
    twice_rank = np.rint(2 * measure.rank(method="average").to_numpy()).astype("int64")
    return (twice_rank - 1) * N_SCORES // (2 * len(measure)) + 1


def fifths(customers: pd.DataFrame) -> Cuts:
    """The borders that give these customers their `fair_scores`, and others the score that they would have among them.

    A score that nobody has leaves its border where the next one is, or at infinity where there is none.

    >>> fifths(pd.DataFrame({"recency_days": [1, 2, 3, 4, 5], "frequency": [1, 1, 1, 1, 9], "monetary": [5., 1., 2., 3., 4.]}))
    Cuts(recency_days=(1.0, 2.0, 3.0, 4.0), orders=(1.0, 1.0, 9.0, 9.0), money=(2.0, 3.0, 4.0, 5.0))
    """
    return Cuts(tuple(-border for border in reversed(_lowest_of_scores(-customers["recency_days"]))),
                _lowest_of_scores(customers["frequency"]), _lowest_of_scores(customers["monetary"]))


def rfm_scores(customers: pd.DataFrame, *, cuts: Cuts | tuple | None = None) -> pd.DataFrame:
    """The customers with r_score, f_score, m_score (int 1..5; 5 = latest, most orders, largest net spend).

    cuts: the owner's own borders, by fifths of these customers where none are given. Raises InvalidInput for borders
    that are not four ascending numbers.
    """
    own = checked_cuts(cuts)
    recency, frequency, monetary = (customers[name] for name in ("recency_days", "frequency", "monetary"))
    return customers.assign(
        r_score=fair_scores(-recency) if own.recency_days is None else scores_of_days(recency, own.recency_days),
        f_score=fair_scores(frequency) if own.orders is None else scores_from(frequency, own.orders),
        m_score=fair_scores(monetary) if own.money is None else scores_from(monetary, own.money),
    )


def scores_of_days(recency_days: np.ndarray, borders: tuple[float, ...]) -> np.ndarray:
    """Scores 1..5: 5 up to the first border (that day included), 1 beyond the last."""
    return N_SCORES - np.searchsorted(borders, np.asarray(recency_days, dtype=float), side="left")


def scores_from(measure: np.ndarray, borders: tuple[float, ...]) -> np.ndarray:
    """Scores 1..5: 1 below the first border, 5 from the last one on."""
    return 1 + np.searchsorted(borders, np.asarray(measure, dtype=float), side="right")


def rfm_segments(scored: pd.DataFrame, *, names: Names = ()) -> np.ndarray:
    """The group's name of every row (array of str); every combination of scores has exactly one group.

    names: what the owner calls the groups that have another name than in the table above.
    """
    called = dict(names)
    codes = group_codes(scored["r_score"], scored["f_score"], scored["m_score"], scored["frequency"])
    return np.array([called.get(group, group) for group in RFM_GROUPS], dtype=object)[codes]


def group_codes(r_score: np.ndarray, f_score: np.ndarray, m_score: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """The group of every customer as its place in RFM_GROUPS (int8)."""
    recency = np.asarray(r_score)
    value = (np.asarray(f_score) + np.asarray(m_score)) / 2
    once = np.asarray(frequency) == 1
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
    return np.select([rule for rule, _ in rules], [np.int8(RFM_GROUPS.index(name)) for _, name in rules],
                     default=np.int8(RFM_GROUPS.index("Lost")))


def checked_cuts(cuts: Cuts | tuple | None) -> Cuts:
    """The borders as Cuts. Raises InvalidInput where one is not four numbers that nowhere fall."""
    own = Cuts() if cuts is None else Cuts(*cuts)
    for name, borders in own._asdict().items():
        if borders is not None and (len(borders) != N_SCORES - 1 or not all(
                low <= high for low, high in zip(borders, borders[1:], strict=False))):
            raise InvalidInput(f"The borders of {WORDS[name]} must be four numbers, each larger than the one before.",
                               field=name)
    return own


def _lowest_of_scores(measure: pd.Series) -> tuple[float, ...]:
    """From which size on a customer has a score of 2, 3, 4 and 5."""
    scores, sizes = fair_scores(measure), measure.to_numpy(dtype=float)
    return tuple(float(sizes[scores >= score].min(initial=np.inf)) for score in range(2, N_SCORES + 1))
