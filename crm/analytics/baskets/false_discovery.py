"""How many discoveries are chance when many were looked for? Benjamini & Hochberg's correction (1995), and Bonferroni's."""

from __future__ import annotations

import numpy as np

SURE = 0.05  # of what is called more than chance, at most one in twenty is


def corrected(p_values: np.ndarray, *, tried: int) -> np.ndarray:
    """The q-values (n,) of p-values (n,) out of `tried` >= n comparisons; NaN stays NaN.

    Comparisons that were looked at and are not given (they were too rare to be shown) count as if their p-value were 1:
    leaving them out because of what was found would make the others look surer than they are.

    >>> corrected(np.array([0.01, 0.04, np.nan]), tried=10).round(3).tolist()
    [0.1, 0.2, nan]
    """
    p_values = np.asarray(p_values, dtype=float)
    q_values = np.full(len(p_values), np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    stepwise = p_values[order] * (tried / np.arange(1, len(order) + 1))
    q_values[order] = np.minimum(np.minimum.accumulate(stepwise[::-1])[::-1], 1.0)
    return q_values


FEWEST_ORDERS = 5  # of each product of a pair; rarer ones cannot show anything, and would only make others less sure


def corrected_pairs(p_values: np.ndarray, both: np.ndarray, *, in_orders: np.ndarray) -> np.ndarray:
    """The q-values (n,) of pairs of products that share `both` orders (n,): times the number of all pairs (Bonferroni).

    `in_orders` (m,): the orders that hold each product; pairs of products in 5 orders or more count, and all where the pair
    itself shares fewer. It depends on nothing but the pair and the shop: a pair has the same verdict in every list, whatever
    else that list shows. What it calls sure, Benjamini & Hochberg over all pairs calls sure, too.
    """
    often, every = int((in_orders >= FEWEST_ORDERS).sum()), len(in_orders)
    tried = np.where(both >= FEWEST_ORDERS, often * (often - 1) // 2, every * (every - 1) // 2)
    return np.minimum(p_values * tried, 1.0)
