"""Assumptions: what do the tests of groups take for granted, and does it hold here?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.satisfaction.answers import FEW_ANSWERS
from crm.analytics.satisfaction.effects import sums_of_squares
from crm.analytics.satisfaction.members import Members
from crm.analytics.satisfaction.robust import upper_tail_of_f

LEVEL = 0.05
# A mean is normal enough for a t interval from 25 times the squared skewness on (Cochran 1977, p. 42).
COCHRAN = 25
MANY_IN_SEVERAL = 0.05  # of the persons; below, it moves no figure that anybody sees


@dataclass(frozen=True, eq=False)
class Assumptions:
    """What holds in the groups compared, and which test is therefore recommended ("welch" or "kruskal").

    spreads_differ: Brown & Forsythe (1974) below .05, with spread_statistic and spread_p_value (NaN where it cannot be
    told). spread_ratio: the largest standard deviation over the smallest, of the groups widest_group and narrowest_group
    (NaN with one of 0). skewed: groups with fewer persons than their skewness asks for. few: groups below 30. agreeing:
    groups in which all scores are equal. persons; in_several: those who are in more than one group, and share_in_several;
    anonymous: forms of unknown persons, each of which counts as a person. shape: group, n, skewness (NaN without
    spread), needed (persons), enough. tests_agree: whether all tests that could be computed say the same at 5 %.
    """

    recommended: str
    spreads_differ: bool
    spread_statistic: float
    spread_p_value: float
    spread_ratio: float
    widest_group: str
    narrowest_group: str
    skewed: tuple[str, ...]
    few: tuple[str, ...]
    agreeing: tuple[str, ...]
    persons: int
    in_several: int
    share_in_several: float
    many_in_several: bool
    anonymous: int
    shape: pd.DataFrame
    tests_agree: bool


def check(samples: dict[str, np.ndarray], members: Members, *, tests: pd.DataFrame) -> Assumptions:
    """Look at the groups (each of two persons and more) before their means are compared.

    Welch's test is recommended whatever the spreads look like: to choose between tests by a first test of the spreads
    alarms falsely more often than to take Welch's at once (Zimmerman 2004). Ranks are, only where a group has no spread.
    """
    spread = np.array([0.0 if sample.min() == sample.max() else sample.std(ddof=1) for sample in samples.values()])
    names = list(samples)
    agreeing = tuple(name for name, size in zip(names, spread, strict=True) if size == 0)
    statistic, p_value = brown_forsythe(list(samples.values()))
    shape = shapes(samples)
    p_values = tests["p_value"].dropna()
    times = members.times()
    in_several = int((times > 1).sum())
    return Assumptions(
        recommended="kruskal" if agreeing else "welch",
        spreads_differ=bool(p_value < LEVEL),
        spread_statistic=statistic,
        spread_p_value=p_value,
        spread_ratio=float(spread.max() / spread.min()) if spread.min() > 0 else np.nan,
        widest_group=names[int(spread.argmax())],
        narrowest_group=names[int(spread.argmin())],
        skewed=tuple(shape.loc[~shape["enough"], "group"]),
        few=tuple(name for name, sample in samples.items() if len(sample) < FEW_ANSWERS),
        agreeing=agreeing,
        persons=len(times),
        in_several=in_several,
        share_in_several=in_several / len(times),
        many_in_several=in_several > MANY_IN_SEVERAL * len(times),
        anonymous=members.anonymous,
        shape=shape,
        tests_agree=(p_values < LEVEL).nunique() <= 1,
    )


def brown_forsythe(samples: list[np.ndarray]) -> tuple[float, float]:
    """F and p of equal spreads: Fisher's F on the distances from each group's median; NaN where these have no spread."""
    distances = [np.abs(sample - np.median(sample)) for sample in samples]
    if all(distance.min() == distance.max() for distance in distances):
        return np.nan, np.nan
    between, within = sums_of_squares(distances)
    free, inside = len(samples) - 1, sum(len(sample) for sample in samples) - len(samples)
    statistic = (between / free) / (within / inside)
    return float(statistic), upper_tail_of_f(statistic, free, inside)


def shapes(samples: dict[str, np.ndarray]) -> pd.DataFrame:
    """The columns of Assumptions.shape."""
    rows = []
    for name, sample in samples.items():
        skewness = skewness_of(sample)
        needed = 0 if np.isnan(skewness) else int(np.ceil(COCHRAN * skewness**2))
        rows.append((name, len(sample), skewness, needed, len(sample) >= needed))
    return pd.DataFrame(rows, columns=["group", "n", "skewness", "needed", "enough"])


def skewness_of(sample: np.ndarray) -> float:
    """The third standardised moment; NaN without spread.

    >>> round(skewness_of(np.array([1.0, 1, 1, 5])), 3)
    1.155
    """
    if sample.min() == sample.max():
        return np.nan
    rest = sample - sample.mean()
    return float((rest**3).mean() / (rest**2).mean() ** 1.5)
