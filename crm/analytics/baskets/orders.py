"""Baskets: what lay together in one order, as a sparse table of ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.errors import InvalidInput, NotEnoughData

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MIN_BASKETS = 10  # orders with two products or more; below, every pair is an anecdote


@dataclass(frozen=True, eq=False)
class Baskets:
    """Orders x products: a one where the product lay in the order.

    table: csr (n orders, m products), float32 ones, columns ascending in each row; every order holds a product.
    order_ids (n,) ascending; product_ids (m,) ascending; day (n,) datetime64[D] (NaT unknown); customer_ids (n,),
    0 unknown. names: Series product_id -> name, in the order of product_ids. recommendable (m,): may be proposed;
    the others tell about taste only. mixed: orders with two products or more.
    """

    table: csr_matrix
    order_ids: np.ndarray
    product_ids: np.ndarray
    day: np.ndarray
    customer_ids: np.ndarray
    mixed: int
    names: pd.Series = field(repr=False)
    recommendable: np.ndarray = field(repr=False)

    @property
    def orders(self) -> int:
        """How many orders there are."""
        return self.table.shape[0]

    def column(self, product_id: int) -> int:
        """The column of a product; InvalidInput where no order holds it."""
        place = int(np.searchsorted(self.product_ids, product_id))
        if place == len(self.product_ids) or self.product_ids[place] != product_id:
            raise InvalidInput("No order holds this product; choose one that was sold.", field="product_id")
        return place


def read_baskets(order_lines: pd.DataFrame, products: pd.DataFrame, *, as_of: dt.date, since: dt.date | None = None,
                 customer_ids: np.ndarray | None = None, months: Sequence[int] | None = None) -> Baskets:
    """Orders from `since` to `as_of` (both days count) with at least one sold product.

    The same product twice in an order counts once. Orders of unknown customers count; returns, cancellations, fees and
    adjustments do not, and no fee among the products (where the frame has no is_fee: none that is not recommendable).
    `customer_ids`: only orders of these; `months`: only orders of these months of the year, 1 to 12. Raises
    NotEnoughData below 10 orders with two products or more, InvalidInput for impossible months or a period that ends
    before it begins.
    """
    day = order_lines["ordered_on"].to_numpy()
    product = order_lines["product_id"].to_numpy()
    sold = (order_lines["kind"] == "sale").to_numpy() & (order_lines["quantity"].to_numpy() > 0)
    asked = day < np.datetime64(as_of, "D") + 1
    if since is not None:
        if since > as_of:
            raise InvalidInput(f"The period begins on {since} and ends on {as_of}; choose an earlier first day.", field="since")
        asked &= day >= np.datetime64(since, "D")
    if customer_ids is not None:
        asked &= np.isin(order_lines["customer_id"].to_numpy(), np.asarray(customer_ids))
    if months is not None:
        if not len(months) or not set(months) <= set(range(1, 13)):
            raise InvalidInput("Choose one month or more, each a number from 1 to 12.", field="months")
        asked &= np.isin(day.astype("datetime64[M]").astype(np.int64) % 12 + 1, np.asarray(months))
    catalogue = products.drop_duplicates("product_id").set_index("product_id")
    may_be_offered = catalogue["recommendable"].astype(bool)
    goods = ~catalogue["is_fee"].astype(bool) if "is_fee" in catalogue else may_be_offered
    goods_ids = catalogue.index[goods.to_numpy()].to_numpy()
    counted = np.flatnonzero(sold & asked & np.isin(product, goods_ids[goods_ids > 0]))
    row, order_ids = pd.factorize(order_lines["order_id"].to_numpy()[counted], sort=True)
    column, product_ids = pd.factorize(product[counted], sort=True)
    # An order's first day and its customer, whatever the order of the lines.
    first_day = np.full(len(order_ids), np.datetime64("9999-01-01", "D"))
    np.minimum.at(first_day, row, day[counted].astype("datetime64[D]"))
    owner = np.zeros(len(order_ids), dtype=np.int64)
    np.maximum.at(owner, row, order_lines["customer_id"].to_numpy()[counted])
    baskets = Baskets(
        table=table_of(row, column, shape=(len(order_ids), len(product_ids))), order_ids=order_ids,
        product_ids=product_ids, day=first_day, customer_ids=owner, mixed=0,
        names=catalogue["name"].reindex(product_ids), recommendable=may_be_offered.reindex(product_ids).to_numpy(dtype=bool))
    chosen = since is not None or customer_ids is not None or months is not None
    return enough(counted_mixed(baskets), sold=int((sold & asked).sum()), seen=int(asked.sum()), chosen=chosen)


def of_pairs(basket: np.ndarray | pd.Series, item: np.ndarray | pd.Series) -> Baskets:
    """Baskets of a table of one's own: one entry a line says that `item` (any label) lay in `basket` (any label).

    Lines without a basket or without an item are left out; labels that differ by blanks around them only are one. Items
    are numbered from 1 in the order of their labels, the label is the name; baskets likewise. Days are NaT and customers
    0. Raises NotEnoughData below 10 baskets with two items or more, InvalidInput for columns of different length.

    >>> baskets = of_pairs([*range(10), *range(10)], ["tea"] * 10 + [" milk"] * 10)
    >>> baskets.names.to_dict(), baskets.mixed
    ({1: 'milk', 2: 'tea'}, 10)
    """
    basket, item = pd.Series(basket).reset_index(drop=True), pd.Series(item).reset_index(drop=True)
    if len(basket) != len(item):
        raise InvalidInput(f"The column of baskets has {len(basket):,} lines and that of items {len(item):,}; both need "
                           "one entry a line.")
    row, _ = labels_of(basket)
    column, names = labels_of(item)
    filled = (row >= 0) & (column >= 0)
    row, kept_baskets = pd.factorize(row[filled], sort=True)
    column, kept = pd.factorize(column[filled], sort=True)
    product_ids = np.arange(1, len(kept) + 1)
    n = len(kept_baskets)
    baskets = Baskets(
        table=table_of(row, column, shape=(n, len(kept))), order_ids=np.arange(1, n + 1), product_ids=product_ids,
        day=np.full(n, np.datetime64("NaT"), dtype="datetime64[D]"), customer_ids=np.zeros(n, dtype=np.int64), mixed=0,
        names=pd.Series(names[kept], index=pd.Index(product_ids, name="product_id"), name="name", dtype=object),
        recommendable=np.ones(len(kept), dtype=bool))
    return enough(counted_mixed(baskets), sold=int(filled.sum()), seen=len(basket))


def only(baskets: Baskets, chosen: np.ndarray) -> Baskets:
    """The orders that `chosen` (n,) bool or places names, with the same products and columns, however few they are."""
    return counted_mixed(replace(baskets, table=baskets.table[chosen], order_ids=baskets.order_ids[chosen],
                                 day=baskets.day[chosen], customer_ids=baskets.customer_ids[chosen]))


def table_of(row: np.ndarray, column: np.ndarray, *, shape: tuple[int, int]) -> csr_matrix:
    """The sparse table of ones; a cell that is named twice is one cell."""
    from scipy.sparse import csr_matrix

    table = csr_matrix((np.ones(len(row), dtype=np.float32), (row, column)), shape=shape)
    table.sum_duplicates()
    table.data[:] = 1
    return table


def counted_mixed(baskets: Baskets) -> Baskets:
    """The same with `mixed` counted."""
    return replace(baskets, mixed=int((np.diff(baskets.table.indptr) >= 2).sum()))


def enough(baskets: Baskets, *, sold: int, seen: int, chosen: bool = False) -> Baskets:
    """The same, or NotEnoughData that says what is there instead: nothing sold, one product only, all single."""
    if baskets.mixed >= MIN_BASKETS:
        return baskets
    orders, products = baskets.table.shape
    if not orders:
        reason = (f" None of the {seen:,} lines is the sale of a product: returns, cancellations and fees do not count."
                  if seen and not sold else " There is no sale of a product in what was chosen." if chosen else "")
    elif products == 1:
        reason = f" All {orders:,} hold the same one product." if orders > 1 else " The only one holds one product."
    elif not baskets.mixed:
        reason = f" Each of the {orders:,} holds one product only, so nothing was bought together."
    else:
        reason = f" {orders - baskets.mixed:,} more hold one product only." if orders > baskets.mixed else ""
    raise NotEnoughData(f"Basket rules need {MIN_BASKETS} orders with two products or more; there are "
                        f"{baskets.mixed}.{reason}")


def labels_of(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """A code for each entry (-1 empty) and the labels as text, in the order of numbers or else of letters."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        codes, values = pd.factorize(column, sort=True)
        values = np.asarray(values)
        if values.dtype.kind == "f" and np.isfinite(values).all() and (values == np.floor(values)).all():
            values = values.astype(np.int64)  # a column with gaps is read as floats: 12.0 is article 12
        return codes, values.astype(str).astype(object)
    raw, values = pd.factorize(column)
    text = pd.Series([str(value).strip() for value in values], dtype=object)
    codes, labels = pd.factorize(text.where(text != ""), sort=True)
    return np.where(raw >= 0, np.append(codes, -1)[raw], -1), np.asarray(labels, dtype=object)
