"""Splits: what is hidden from the methods, so that they can be asked for it?

Two ways. "last_order": of every customer drawn, all orders of the last day are hidden. Many customers can be measured, but
the others' orders run on beyond a hidden one, so that a fashion may be known before its time. "time": everything after one
day is hidden from everybody, as it really is when lists are made; fewer customers bought on both sides of it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.analytics.recommendations.purchases import Asked, Purchases, as_ones, ask, distinct, only
from crm.errors import InvalidInput, NotEnoughData

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SPLITS = ("last_order", "time")
MIN_CUSTOMERS = 20  # below, one customer moves the hit rate by more than five points
LATER_SHARE = 0.2  # of the orders, hidden by "time": enough to measure by, and most are left to learn from


@dataclass(frozen=True, eq=False)
class Split:
    """What the methods learn from, whom they are asked about, and what these customers then bought.

    training: everything but what is hidden. asked: the customers drawn (n), with what they owned before. hidden: (n x
    products of training) ones, what each bought in the hidden part. listed_on: (n,) datetime64[D], the day that a list is
    made for: the hidden order's own day, or the last day before the hidden time. may_be_listed: (products,) bool: may be
    offered, and was sold in training (nothing else ever reaches a list). eligible: customers who could have been drawn. cut_on:
    the last day that is not hidden ("time"), else None.
    """

    name: str
    training: Purchases
    asked: Asked
    hidden: csr_matrix
    listed_on: np.ndarray
    may_be_listed: np.ndarray
    eligible: int
    cut_on: dt.date | None

    def truth(self, question: str) -> csr_matrix:
        """(n x products) ones: what there was to find, among what may be offered: new to the customer, or bought again."""
        owned = as_ones(self.asked.owned)
        before = self.hidden.multiply(owned).tocsr()
        found = before if question == "repeat" else (self.hidden - before).tocsr()
        offered = np.flatnonzero(self.training.may_be_offered)
        found = _columns(found, offered)
        found.eliminate_zeros()
        return found


def split(purchases: Purchases, name: str, *, customers: int, groups: pd.Series | None = None,
          random_state: int = 0) -> Split:
    """Hide the last orders of up to `customers` customers drawn by chance ("last_order"), or all of the last fifth of the
    orders ("time"). Raises NotEnoughData where fewer than 20 customers bought on both sides of what is hidden."""
    if name == "last_order":
        return _last_order(purchases, customers=customers, groups=groups, random_state=random_state)
    if name == "time":
        return _time(purchases, customers=customers, groups=groups, random_state=random_state)
    raise InvalidInput(f"There is no split “{name}”; choose one of {', '.join(SPLITS)}.", field="split")


def _last_order(purchases: Purchases, *, customers: int, groups: pd.Series | None, random_state: int) -> Split:
    first, last = order_days(purchases)
    returning = np.flatnonzero(last > first)
    if len(returning) < MIN_CUSTOMERS:
        raise NotEnoughData(f"Measuring recommendations needs {MIN_CUSTOMERS} customers with orders on two days or more; "
                            f"so far there are {len(returning)}.")
    drawn = _drawn(returning, customers, random_state)
    is_drawn = np.append(np.zeros(len(purchases.customer_ids), dtype=bool), False)  # the last entry serves code -1
    is_drawn[drawn] = True
    hidden = is_drawn[purchases.customer] & (purchases.day.astype(np.int64) == np.append(last, 0)[purchases.customer])
    listed_on = last[drawn].astype("datetime64[D]")
    return _made("last_order", purchases, hidden, drawn, listed_on, eligible=len(returning), groups=groups)


def _time(purchases: Purchases, *, customers: int, groups: pd.Series | None, random_state: int) -> Split:
    cut = _cut(purchases)
    first, last = order_days(purchases)
    both = np.flatnonzero((first <= cut) & (last > cut))
    if len(both) < MIN_CUSTOMERS:
        day = cut.astype("datetime64[D]").item()
        raise NotEnoughData(f"Measuring over time needs {MIN_CUSTOMERS} customers who bought both up to {day:%d %B %Y} and "
                            f"after it; so far there are {len(both)}.")
    drawn = _drawn(both, customers, random_state)
    hidden = purchases.day.astype(np.int64) > cut
    listed_on = np.full(len(drawn), cut.astype("datetime64[D]"))
    return _made("time", purchases, hidden, drawn, listed_on, eligible=len(both), groups=groups,
                 cut_on=cut.astype("datetime64[D]").item())


def _made(name: str, purchases: Purchases, hidden: np.ndarray, drawn: np.ndarray, listed_on: np.ndarray, *, eligible: int,
          groups: pd.Series | None, cut_on: dt.date | None = None) -> Split:
    from scipy.sparse import csr_matrix

    training = only(purchases, ~hidden, as_of=cut_on)
    row = np.full(len(purchases.customer_ids) + 1, -1)
    row[drawn] = np.arange(len(drawn))
    column = np.empty(len(purchases.product_ids), dtype=np.int64)  # product here -> product in training
    column[np.argsort(purchases.product_ids)] = np.argsort(training.product_ids)
    counted = hidden & (row[purchases.customer] >= 0)
    cell = distinct(row[purchases.customer[counted]] * len(column) + column[purchases.product[counted]])
    indptr = np.searchsorted(cell // len(column), np.arange(len(drawn) + 1))
    bought = csr_matrix((np.ones(len(cell), dtype=np.float32), cell % len(column), indptr), shape=(len(drawn), len(column)))
    sold = np.bincount(training.product, minlength=len(column)) > 0
    return Split(
        name=name,
        training=training,
        asked=ask(training, training.customer_ids[drawn], groups),
        hidden=bought,
        listed_on=listed_on,
        may_be_listed=training.may_be_offered & sold,
        eligible=eligible,
        cut_on=cut_on,
    )


def most_popular(purchases: Purchases, products: int) -> Purchases:
    """The lines of the `products` most popular products, as if there were no others."""
    if len(purchases.product_ids) <= products:
        return purchases
    # Numbered by popularity, the products left out stand last, and without a line they stay there.
    fewer = only(purchases, purchases.product < products)
    return replace(fewer, product_ids=fewer.product_ids[:products], buyers=fewer.buyers[:products],
                   may_be_offered=fewer.may_be_offered[:products], catalogue=fewer.catalogue.iloc[:products])


def order_days(purchases: Purchases) -> tuple[np.ndarray, np.ndarray]:
    """First and last day (days since 1970) on which each known customer bought; a customer without a line has the largest
    and the smallest number, so that the last is not after the first."""
    known = purchases.customer >= 0
    day = purchases.day[known].astype(np.int64)
    first = np.full(len(purchases.customer_ids), np.iinfo(np.int64).max)
    last = np.full(len(purchases.customer_ids), np.iinfo(np.int64).min)
    np.minimum.at(first, purchases.customer[known], day)
    np.maximum.at(last, purchases.customer[known], day)
    return first, last


def _cut(purchases: Purchases) -> np.int64:
    """The day after which about a fifth of the known customers' orders lies (days since 1970)."""
    known = purchases.customer >= 0
    if not known.any():
        raise NotEnoughData(f"Measuring over time needs {MIN_CUSTOMERS} customers who bought twice; no order has a known customer.")
    day_of = np.full(purchases.orders, np.iinfo(np.int64).min)
    np.maximum.at(day_of, purchases.order[known], purchases.day[known].astype(np.int64))
    days, number = np.unique(day_of[day_of > np.iinfo(np.int64).min], return_counts=True)
    after = number.sum() - np.cumsum(number)
    return days[np.argmin(np.abs(after - LATER_SHARE * number.sum()))]


def _drawn(codes: np.ndarray, customers: int, random_state: int) -> np.ndarray:
    rng = np.random.default_rng(random_state)
    return np.sort(rng.choice(codes, size=min(customers, len(codes)), replace=False))


def _columns(table: csr_matrix, kept: np.ndarray) -> csr_matrix:
    """The table with every other column empty."""
    from scipy.sparse import diags_array

    keep = np.zeros(table.shape[1], dtype=np.float32)
    keep[kept] = 1
    return (table @ diags_array(keep)).tocsr()
