"""Purchases: who bought what, and what lay in one order, as sparse tables of ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.errors import NotEnoughData

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MIN_PRODUCTS = 5  # with fewer, every customer can be shown the whole range and nothing is left to rank


@dataclass(frozen=True, eq=False)
class Sales:
    """Sold lines as codes: one entry a line; `customer` is -1 where the buyer is unknown.

    `customer_ids[customer]`, `product_ids[product]` give the ids back; `day` is a datetime64[D].
    """

    customer: np.ndarray
    order: np.ndarray
    product: np.ndarray
    day: np.ndarray
    customer_ids: np.ndarray
    product_ids: np.ndarray
    orders: int


def read_sales(order_lines: pd.DataFrame, products: pd.DataFrame, *, as_of: dt.date) -> Sales:
    """Keep what was sold up to `as_of` of products that may be recommended.

    Returns, cancellations, fees and adjustments are no purchases; lines of unknown customers stay, for their
    orders tell what is bought together. Raises NotEnoughData below 5 products.
    """
    recommendable = products.loc[products["recommendable"].to_numpy(dtype=bool), "product_id"].to_numpy()
    counted = (
        (order_lines["kind"] == "sale").to_numpy()
        & (order_lines["quantity"].to_numpy() > 0)
        & (order_lines["ordered_on"].to_numpy() < np.datetime64(as_of, "D") + 1)
        & np.isin(order_lines["product_id"].to_numpy(), recommendable[recommendable > 0])
    )
    product, product_ids = pd.factorize(order_lines["product_id"].to_numpy()[counted], sort=True)
    if len(product_ids) < MIN_PRODUCTS:
        raise NotEnoughData(
            f"Recommendations need {MIN_PRODUCTS} products that were sold; there are {len(product_ids)}."
        )
    buyers = order_lines["customer_id"].to_numpy()[counted]
    customer_ids = pd.unique(buyers[buyers > 0])
    customer_ids.sort()
    customer = np.full(len(buyers), -1, dtype=np.int64)
    customer[buyers > 0] = np.searchsorted(customer_ids, buyers[buyers > 0])
    order, order_ids = pd.factorize(order_lines["order_id"].to_numpy()[counted], sort=True)
    day = order_lines["ordered_on"].to_numpy()[counted].astype("datetime64[D]")
    return Sales(customer, order, product, day, customer_ids, product_ids, len(order_ids))


def only(sales: Sales, mask: np.ndarray) -> Sales:
    """The same customers, orders and catalogue with the lines of `mask` alone."""
    return replace(
        sales,
        customer=sales.customer[mask],
        order=sales.order[mask],
        product=sales.product[mask],
        day=sales.day[mask],
    )


def by_popularity(sales: Sales) -> tuple[Sales, np.ndarray]:
    """Number the products from the most to the least popular, and count the customers of each.

    Columns in this order break every tie for the more popular product, and make "what others buy" the answer
    wherever nothing is known of a customer. Where all buyers are unknown, orders are counted instead.
    """
    table = bought(sales) if len(sales.customer_ids) else baskets(sales)
    buyers = np.asarray(table.sum(axis=0)).ravel()
    ranking = np.lexsort((sales.product_ids, -buyers))
    position = np.empty(len(ranking), dtype=np.int64)
    position[ranking] = np.arange(len(ranking))
    ranked = replace(sales, product=position[sales.product], product_ids=sales.product_ids[ranking])
    return ranked, buyers[ranking]


def bought(sales: Sales, *, since: dt.date | None = None) -> csr_matrix:
    """Customer x product: 1 where this customer ever bought it (or bought it after the day `since`)."""
    counted = sales.customer >= 0
    if since is not None:
        counted &= sales.day > np.datetime64(since, "D")
    shape = (len(sales.customer_ids), len(sales.product_ids))
    return ones(sales.customer[counted], sales.product[counted], shape=shape)


def baskets(sales: Sales) -> csr_matrix:
    """Order x product: 1 where the order holds the product, orders of unknown customers included."""
    return ones(sales.order, sales.product, shape=(sales.orders, len(sales.product_ids)))


def ones(rows: np.ndarray, columns: np.ndarray, *, shape: tuple[int, int]) -> csr_matrix:
    """Sparse table with a 1 at each named cell, however often the cell is named."""
    from scipy.sparse import csr_matrix

    table = csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    table.sum_duplicates()
    table.data[:] = 1
    return table
