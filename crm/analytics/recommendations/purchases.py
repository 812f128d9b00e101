"""Purchases: who bought what, when and in which order, as codes and as sparse tables; and whom lists are made for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.errors import NotEnoughData

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MIN_PRODUCTS = 5  # with fewer, every customer can be shown the whole range and nothing is left to rank


@dataclass(frozen=True, eq=False)
class Purchases:
    """Sold lines as codes, one entry a line, beside the catalogue that they came from.

    A line: `customer` (place in `customer_ids`; -1 unknown), `order` (0 to `orders` - 1), `product` (place in
    `product_ids`), `day` (datetime64[D]), `amount` (money of the line). A product, from the most to the least popular
    (ties by id): `product_ids`, `buyers` (customers who bought it; orders, where no customer is known), `may_be_offered`,
    and the rows of `catalogue` (product_id, name, category, description, price). `as_of` is the last day that counts.
    """

    customer: np.ndarray
    order: np.ndarray
    product: np.ndarray
    day: np.ndarray
    amount: np.ndarray
    customer_ids: np.ndarray
    product_ids: np.ndarray
    orders: int
    buyers: np.ndarray
    may_be_offered: np.ndarray
    catalogue: pd.DataFrame
    as_of: dt.date

    @cached_property
    def days_bought(self) -> csr_matrix:
        """Customers x products: the number of days on which it was bought. Shared by all who ask: never change it."""
        return _days(self, self.customer >= 0)

    @property
    def share(self) -> np.ndarray:
        """Share of the known customers who bought each product (of orders, where no customer is known), 0 to 1."""
        return self.buyers / max(1, len(self.customer_ids) or self.orders)


@dataclass(frozen=True, eq=False)
class Asked:
    """Whom lists are made for, one row a customer.

    `owned` (n x products, number of days on which bought), `codes` (place among the customers learned from, -1 not among
    them), `group` (place in `labels`, -1 no group), `customer_ids`.
    """

    owned: csr_matrix
    codes: np.ndarray
    group: np.ndarray
    customer_ids: np.ndarray
    labels: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.codes)

    def part(self, rows: slice | np.ndarray) -> Asked:
        """Only these rows: lists for many customers are made a block at a time."""
        return Asked(self.owned[rows], self.codes[rows], self.group[rows], self.customer_ids[rows], self.labels)


def read(order_lines: pd.DataFrame, products: pd.DataFrame, *, as_of: dt.date, since: dt.date | None = None) -> Purchases:
    """Keep what was sold of goods up to `as_of` (from the day `since` on).

    Returns, cancellations, fees and adjustments are no purchases. Lines of unknown customers stay, for their orders
    tell what is bought together; discontinued and sold-out goods stay, for they tell about taste, and are never offered.
    Frames as crm.frames makes them; without a column is_fee only what is recommendable counts. Raises NotEnoughData
    below 5 products.
    """
    recommendable = products["recommendable"].to_numpy(dtype=bool)
    goods = ~products["is_fee"].to_numpy(dtype=bool) if "is_fee" in products else recommendable
    known = products["product_id"].to_numpy()
    counted = (
        (order_lines["kind"] == "sale").to_numpy(dtype=bool)
        & (order_lines["quantity"].to_numpy() > 0)
        & (order_lines["ordered_on"].to_numpy() < np.datetime64(as_of, "D") + 1)
        & np.isin(order_lines["product_id"].to_numpy(), known[goods & (known > 0)])
    )
    if since is not None:
        counted &= order_lines["ordered_on"].to_numpy() >= np.datetime64(since, "D")
    product, product_ids = pd.factorize(order_lines["product_id"].to_numpy()[counted], sort=True)
    if len(product_ids) < MIN_PRODUCTS:
        raise NotEnoughData(
            f"Recommendations need {MIN_PRODUCTS} different products that were sold; so far there are {len(product_ids)}."
        )
    buyer = order_lines["customer_id"].to_numpy()[counted]
    customer_ids = pd.unique(buyer[buyer > 0])
    customer_ids.sort()
    customer = np.where(buyer > 0, np.searchsorted(customer_ids, buyer), -1)
    order, order_ids = pd.factorize(order_lines["order_id"].to_numpy()[counted], sort=True)
    row = pd.Index(known).get_indexer(product_ids)
    catalogue = pd.DataFrame({"product_id": product_ids})
    for column in ("name", "category", "description", "price"):
        catalogue[column] = products[column].to_numpy()[row] if column in products else None
    read_so_far = Purchases(
        customer=customer,
        order=order,
        product=product,
        day=order_lines["ordered_on"].to_numpy()[counted].astype("datetime64[D]"),
        amount=order_lines["amount"].to_numpy()[counted] if "amount" in order_lines else np.full(len(product), np.nan),
        customer_ids=customer_ids,
        product_ids=product_ids,
        orders=len(order_ids),
        buyers=np.zeros(len(product_ids)),
        may_be_offered=(goods & recommendable)[row],
        catalogue=catalogue,
        as_of=as_of,
    )
    return _numbered(read_so_far)


def only(purchases: Purchases, mask: np.ndarray, *, as_of: dt.date | None = None) -> Purchases:
    """The lines of `mask` alone: same customers, orders and products, but the products numbered anew by their popularity
    there, so that nothing outside the mask shows. Bring columns of the two together by `places`."""
    return _numbered(replace(
        purchases,
        customer=purchases.customer[mask],
        order=purchases.order[mask],
        product=purchases.product[mask],
        day=purchases.day[mask],
        amount=purchases.amount[mask],
        as_of=as_of or purchases.as_of,
    ))


def counts(purchases: Purchases, *, since: dt.date | None = None) -> csr_matrix:
    """Customers x products: the number of days on which it was bought (from the day `since` on). Never change it."""
    if since is None:
        return purchases.days_bought
    return _days(purchases, (purchases.customer >= 0) & (purchases.day >= np.datetime64(since, "D")))


def ones(purchases: Purchases, *, since: dt.date | None = None) -> csr_matrix:
    """Customers x products: 1 where this customer bought it (from the day `since` on)."""
    return as_ones(counts(purchases, since=since))


def baskets(purchases: Purchases) -> csr_matrix:
    """Orders x products: 1 where the order holds the product, orders of unknown customers included."""
    key = distinct(purchases.order * len(purchases.product_ids) + purchases.product)
    return _table(key, np.ones(len(key), dtype=np.float32), (purchases.orders, len(purchases.product_ids)))


def as_ones(table: csr_matrix) -> csr_matrix:
    """The same cells, each 1."""
    from scipy.sparse import csr_matrix

    return csr_matrix((np.ones(len(table.data), dtype=np.float32), table.indices, table.indptr), shape=table.shape)


def places(ids: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each wanted id stands in `ids` (in any order, without doubles); -1 where it does not."""
    return pd.Index(ids).get_indexer(np.asarray(wanted))


def ask(purchases: Purchases, customer_ids: Iterable[int], groups: pd.Series | None = None) -> Asked:
    """Whom to make lists for, in the order given; an unknown customer has an empty row and the code -1.

    `groups`: a label a customer (index customer_id), from a segment or a profile; give `learn` the same.
    """
    from scipy.sparse import csr_matrix

    wanted = np.fromiter(customer_ids, dtype=np.int64) if not isinstance(customer_ids, np.ndarray) else customer_ids
    codes = places(purchases.customer_ids, wanted)
    found = counts(purchases)[codes[codes >= 0]]
    length = np.zeros(len(codes) + 1, dtype=np.int64)
    length[1:][codes >= 0] = np.diff(found.indptr)
    owned = csr_matrix((found.data, found.indices, np.cumsum(length)), shape=(len(codes), len(purchases.product_ids)))
    group, labels = grouped(groups, wanted)
    return Asked(owned, codes, group, wanted, labels)


def grouped(groups: pd.Series | None, customer_ids: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """The group of each customer as a place in the sorted labels, -1 for none; and the labels."""
    if groups is None or len(groups) == 0:
        return np.full(len(customer_ids), -1), ()
    named = groups[groups.notna() & ~groups.index.duplicated()]
    place, given = pd.factorize(named)
    labels = tuple(sorted({str(label) for label in given}))
    code = {label: number for number, label in enumerate(labels)}
    own = np.append(np.array([code[str(label)] for label in given], dtype=np.int64)[place], -1)
    return own[places(named.index.to_numpy(), customer_ids)], labels


def distinct(codes: np.ndarray) -> np.ndarray:
    """Each code once, ascending: ten times as quick as numpy.unique on a million whole numbers."""
    ordered = np.sort(codes)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def _numbered(purchases: Purchases) -> Purchases:
    """Products from the most to the least popular: lower columns win every tie, and "what others buy" is the answer
    wherever nothing is known."""
    known = purchases.customer >= 0
    size = len(purchases.product_ids)
    who = purchases.customer[known] if len(purchases.customer_ids) else purchases.order
    what = purchases.product[known] if len(purchases.customer_ids) else purchases.product
    buyers = np.bincount(distinct(who * size + what) % size, minlength=size)
    ranking = np.lexsort((purchases.product_ids, -buyers))
    position = np.empty(size, dtype=np.int64)
    position[ranking] = np.arange(size)
    return replace(
        purchases,
        product=position[purchases.product],
        product_ids=purchases.product_ids[ranking],
        buyers=buyers[ranking],
        may_be_offered=purchases.may_be_offered[ranking],
        catalogue=purchases.catalogue.iloc[ranking].reset_index(drop=True),
    )


def _days(purchases: Purchases, counted: np.ndarray) -> csr_matrix:
    size = len(purchases.product_ids)
    cell = purchases.customer[counted] * size + purchases.product[counted]
    day = purchases.day[counted].astype(np.int64)
    first = day.min(initial=0) if len(day) else 0
    span = int(day.max() - first + 1) if len(day) else 1
    each = distinct(cell * span + (day - first)) // span
    begins = np.flatnonzero(np.append(True, np.diff(each) > 0)) if len(each) else each
    number = np.diff(np.append(begins, len(each)))
    return _table(each[begins], number.astype(np.float32), (len(purchases.customer_ids), size))


def _table(key: np.ndarray, values: np.ndarray, shape: tuple[int, int]) -> csr_matrix:
    """Sparse table of ascending cells row * columns + column."""
    from scipy.sparse import csr_matrix

    rows = np.bincount(key // shape[1], minlength=shape[0])
    return csr_matrix((values, (key % shape[1]).astype(np.int32), np.append(0, np.cumsum(rows)).astype(np.int32)), shape=shape)
