"""What has each customer done with each product so far, and how long is it usually until the next time?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from crm.analytics.recommendations.judging import history as judged
from crm.analytics.recommendations.lists.medians import medians
from crm.analytics.recommendations.purchases import Purchases

GAPS_OF_A_RHYTHM = 2  # of one customer and product: one gap alone may have been any
GAPS_OF_A_PRODUCT = 5  # over all its buyers, before their median is called usual


@dataclass(frozen=True, eq=False)
class History:
    """One entry a customer and product, ascending by `cell` = customer code * products + column.

    times: days on which bought; last: the latest of them (datetime64[D]); gap: days from one to the next as is usual, NaN
    unknown: the customer's own mean from the third purchase on, else the median of all who bought the product again, else
    the customer's one gap; gap_is_own: it is the customer's own. order_days: (customers,) days with any purchase.
    """

    products: int
    cell: np.ndarray
    times: np.ndarray
    last: np.ndarray
    gap: np.ndarray
    gap_is_own: np.ndarray
    order_days: np.ndarray

    def find(self, customer: np.ndarray, product: np.ndarray) -> np.ndarray:
        """The entry of each pair of codes; -1 where never bought, or where a code is -1."""
        if len(self.cell) == 0:
            return np.full(np.shape(product), -1, dtype=np.int64)
        wanted = np.asarray(customer, dtype=np.int64) * self.products + product
        place = np.minimum(np.searchsorted(self.cell, wanted), len(self.cell) - 1)
        found = (self.cell[place] == wanted) & (np.asarray(customer) >= 0) & (np.asarray(product) >= 0)
        return np.where(found, place, -1)

    def days_since(self, entry: np.ndarray, on: dt.date) -> np.ndarray:
        """Days from the last purchase of each entry to the day `on`; NaN for -1."""
        since = np.datetime64(on, "D") - self.last_on(entry)
        return np.where(np.isnat(since), np.nan, since.astype(float))

    def last_on(self, entry: np.ndarray) -> np.ndarray:
        """The day of the last purchase of each entry; NaT for -1."""
        return at(self.last, entry, np.datetime64("NaT"))


def at(values: np.ndarray, entry: np.ndarray, otherwise) -> np.ndarray:
    """`values[entry]`, and `otherwise` where an entry is -1."""
    if len(values) == 0:
        return np.full(entry.shape, otherwise, dtype=values.dtype)
    return np.where(entry >= 0, values[np.maximum(entry, 0)], np.array(otherwise, dtype=values.dtype))


def read_history(purchases: Purchases, known: judged.History | None = None) -> History:
    """The history of all known customers; `known`: what judging read of the same purchases already."""
    read = judged.read_history(purchases) if known is None else known
    products = len(purchases.product_ids)
    gaps = np.diff(read.days)
    within = np.ones(len(gaps), dtype=bool)
    within[read.starts[1:] - 1] = False  # from one entry's last day to the next entry's first
    of_product = np.repeat(read.product, read.times)[1:][within]
    usual = medians(gaps[within], of_product, size=products)
    usual[np.bincount(of_product, minlength=products) < GAPS_OF_A_PRODUCT] = np.nan
    usual = usual[read.product]
    own = (read.last - read.first) / np.maximum(read.times - 1, 1)
    is_own = (read.times > GAPS_OF_A_RHYTHM) | ((read.times == 2) & np.isnan(usual))
    return History(
        products=products,
        cell=read.customer * products + read.product,
        times=read.times,
        last=read.last.astype("datetime64[D]"),
        gap=np.where(is_own, own, usual),
        gap_is_own=is_own,
        order_days=read.order_days,
    )
