"""The median of each group, all groups in one sort."""

from __future__ import annotations

import numpy as np


def medians(values: np.ndarray, groups: np.ndarray, *, size: int) -> np.ndarray:
    """Median of the values of each group 0 to `size` - 1; NaN where a group has none.

    >>> medians(np.array([5.0, 1.0, 3.0, 8.0]), np.array([0, 0, 0, 2]), size=3).tolist()
    [3.0, nan, 8.0]
    """
    order = np.lexsort((values, groups))
    ordered = values[order]
    number = np.bincount(groups, minlength=size)
    start = np.cumsum(number) - number
    found = np.full(size, np.nan)
    filled = number > 0
    low = start[filled] + (number[filled] - 1) // 2
    high = start[filled] + number[filled] // 2
    found[filled] = (ordered[low] + ordered[high]) / 2
    return found
