"""History: on which days did each customer buy each product, and after what gaps?"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from crm.analytics.recommendations.purchases import Purchases, distinct

GAPS_IN_DOUBT = 3.0  # gaps that the wider average weighs as, beside a customer's or a product's own few


@dataclass(frozen=True, eq=False)
class History:
    """One entry a customer and product, by customer and then product; `begins[c]:begins[c + 1]` are those of customer c.

    product; times (days on which it was bought); first, last (days since 1970); gap_days: how long the customer is expected
    to wait before buying it again: the mean of the own gaps, drawn towards the product's usual gap, which is drawn towards
    everybody's (both count as three gaps); NaN where nobody ever bought anything on two days. days: every such day, in
    sequence; `starts`: where an entry's days begin. order_days: (customers,) days on which the customer bought anything.
    """

    begins: np.ndarray
    customer: np.ndarray
    product: np.ndarray
    times: np.ndarray
    first: np.ndarray
    last: np.ndarray
    gap_days: np.ndarray
    days: np.ndarray
    starts: np.ndarray
    order_days: np.ndarray


def history_of(purchases: Purchases) -> History:
    """The history of all lines, read once for all who ask about the same purchases."""
    if purchases not in _READ:
        _READ[purchases] = read_history(purchases)
    return _READ[purchases]


_READ: WeakKeyDictionary[Purchases, History] = WeakKeyDictionary()  # forgotten with the purchases


def read_history(purchases: Purchases, *, kept: np.ndarray | None = None) -> History:
    """The history of the known customers, from the lines of the mask `kept` (all, if None)."""
    known = purchases.customer >= 0
    if kept is not None:
        known &= kept
    n_products = len(purchases.product_ids)
    n_customers = len(purchases.customer_ids)
    cell = purchases.customer[known] * n_products + purchases.product[known]
    day = purchases.day[known].astype(np.int64)
    earliest = day.min() if len(day) else 0
    span = day.max() - earliest + 1 if len(day) else 1
    key = distinct(cell * span + (day - earliest))
    cell, day = key // span, key % span + earliest
    begins_here = np.flatnonzero(np.diff(cell, prepend=-1))  # where another customer or product begins
    starts, ends = begins_here, np.append(begins_here, len(cell))[1:]
    customer, product = cell[starts] // n_products, cell[starts] % n_products
    order_days = np.bincount(distinct(cell // n_products * span + (day - earliest)) // span, minlength=n_customers)
    times, first, last = ends - starts, day[starts], day[ends - 1]
    return History(
        begins=np.searchsorted(customer, np.arange(n_customers + 1)),
        customer=customer, product=product, times=times, first=first, last=last,
        gap_days=_expected_gaps(product, times - 1, last - first, n_products),
        days=day, starts=starts, order_days=order_days,
    )


def _expected_gaps(product: np.ndarray, gaps: np.ndarray, spanned: np.ndarray, n_products: int) -> np.ndarray:
    if gaps.sum() == 0:
        return np.full(len(product), np.nan)
    everybody = spanned.sum() / gaps.sum()
    usual = (np.bincount(product, spanned, n_products) + GAPS_IN_DOUBT * everybody) / (
        np.bincount(product, gaps, n_products) + GAPS_IN_DOUBT)
    return (spanned + GAPS_IN_DOUBT * usual[product]) / (gaps + GAPS_IN_DOUBT)


def entries_of(history: History, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row among `codes` and entry of the history, for everything that these customers ever bought; a code of -1 has none."""
    known = np.flatnonzero(codes >= 0)
    begin, end = history.begins[codes[known]], history.begins[codes[known] + 1]
    length = end - begin
    row = np.repeat(known, length)
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    return row, np.repeat(begin, length) + within
