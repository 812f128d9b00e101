"""Redundant rules: which ones say no more than a simpler rule does?

"Tea and cups also biscuits" adds nothing where "tea also biscuits" holds at least as often (Bayardo, Agrawal & Gunopulos
1999: a rule's improvement over its simpler rules is not above 0).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from crm.analytics.baskets.itemsets import Itemsets


def redundant(itemsets: Itemsets, left: np.ndarray, right: np.ndarray, *, left_count: np.ndarray,
              count: np.ndarray) -> np.ndarray:
    """(n,) bool: a rule with a proper part of `left` and the same `right` has at least the rule's confidence.

    left (n, a) and right (n, c): columns, ascending in each row; their rules must come from `itemsets`. Compared in whole
    numbers, so that equal confidences are equal.
    """
    found = np.zeros(len(left), dtype=bool)
    for length in range(1, left.shape[1]):
        for places in combinations(range(left.shape[1]), length):
            part = left[:, places]
            simpler = itemsets.counts(np.sort(np.hstack([part, right]), axis=1))
            found |= simpler * left_count >= count * itemsets.counts(part)
    return found
