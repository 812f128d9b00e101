"""How many days lie between a customer's first purchases of two products?"""

from __future__ import annotations

import numpy as np

from crm.analytics.baskets.first_days import FirstDays
from crm.analytics.baskets.windows import entries


class Timing:
    """Who bought b how many days after a? Looked up for chosen pairs."""

    def __init__(self, first: FirstDays, *, within_days: int) -> None:
        self.first, self.within_days = first, within_days
        self.by_product = np.argsort(first.product, kind="stable")  # within a product by customer
        self.starts = np.searchsorted(first.product[self.by_product], np.arange(first.products + 1))
        self.key = first.customer[self.by_product] + first.product[self.by_product] * first.customers

    def buyers(self, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """For every buyer of each a: the pair's place, the entry of FirstDays, the day of a, and that of b (NaN: never)."""
        numbers, pair = entries(self.starts[a], self.starts[a + 1])
        entry = self.by_product[numbers]
        wanted = self.first.customer[entry] + b[pair] * self.first.customers
        place = np.minimum(np.searchsorted(self.key, wanted), len(self.key) - 1)
        day = np.where(self.key[place] == wanted, self.first.day[self.by_product[place]], np.nan)
        return pair, entry, self.first.day[entry], day

    def follows(self, day: np.ndarray, next_day: np.ndarray) -> np.ndarray:
        """Whether the second came on a later day within the window, and the window had closed by the last day."""
        gap = next_day - day
        return (gap > 0) & (gap <= self.within_days) & (day + self.within_days <= self.first.as_of)


def quartiles_of(group: np.ndarray, value: np.ndarray, *, groups: int) -> np.ndarray:
    """Quartiles (3, groups) of the values of each group, none of them empty; linear between two values."""
    order = np.lexsort((value, group))
    value = value[order]
    size = np.bincount(group, minlength=groups)
    start = np.cumsum(size) - size
    found = np.empty((3, groups))
    for row, share in enumerate((0.25, 0.5, 0.75)):
        at = share * (size - 1)
        low = np.floor(at).astype(np.int64)
        high = np.minimum(low + 1, size - 1)
        below, above = value[start + low] if len(value) else at, value[start + high] if len(value) else at
        found[row] = below + (above - below) * (at - low)
    return found
