"""Concentration: does the revenue come from everybody, or from a few?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

CURVE_POINTS = 200  # finer than a screen shows
TOP_SHARE = 0.2
FEWEST_FOR_A_FIFTH = 5


@dataclass(frozen=True, eq=False)
class Concentration:
    """gini: 0 all equal, up to 1 one customer buys all (Gini 1912; NaN below two customers or without revenue).
    top_fifth_share: 0..1 of the revenue that comes from the fifth of customers who bring most (NaN below five customers).
    curve (Lorenz 1905): customers, amount, both 0..1, from the smallest to the largest. counted_as_nothing: customers who
    got more back than they paid, taken as 0 here."""

    gini: float
    top_fifth_share: float
    curve: pd.DataFrame
    counted_as_nothing: int


def concentration(amounts: np.ndarray) -> Concentration:
    """How unequal the amounts are, one a customer.

    >>> concentration(np.array([0.0, 0.0, 0.0, 10.0])).gini
    0.75
    """
    counted = np.sort(np.maximum(amounts, 0.0))
    n, total = len(counted), counted.sum()
    below = int((amounts < 0).sum())
    if total <= 0 or n < 2:
        return Concentration(float("nan"), float("nan"), pd.DataFrame({"customers": [], "amount": []}), below)
    people, amount = np.arange(n + 1) / n, np.append(0.0, np.cumsum(counted)) / total
    gini = 2 * (np.arange(1, n + 1) @ counted) / (n * total) - (n + 1) / n
    top_fifth = 1 - float(np.interp(1 - TOP_SHARE, people, amount)) if n >= FEWEST_FOR_A_FIFTH else float("nan")
    points = np.unique(np.linspace(0, n, min(n, CURVE_POINTS) + 1).round().astype(int))
    return Concentration(float(gini), top_fifth, pd.DataFrame({"customers": people[points], "amount": amount[points]}),
                         below)
