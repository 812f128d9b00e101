"""Baskets: what lay together in one order, as a sparse table of ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.errors import NotEnoughData

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MIN_BASKETS = 10  # orders with two products or more; below, every pair is an anecdote


@dataclass(frozen=True, eq=False)
class Baskets:
    """Order x product; `product_ids` ascending. `mixed` counts the orders with two products or more."""

    table: csr_matrix
    product_ids: np.ndarray
    mixed: int


def read_baskets(order_lines: pd.DataFrame, products: pd.DataFrame, *, as_of: dt.date) -> Baskets:
    """Orders up to `as_of` with at least one sold product; the same product twice in an order counts once.

    Orders of unknown customers count. Returns, cancellations, fees, adjustments and products that are not
    recommendable do not. Raises NotEnoughData below 10 orders with two products or more.
    """
    from scipy.sparse import csr_matrix

    recommendable = products.loc[products["recommendable"].to_numpy(dtype=bool), "product_id"].to_numpy()
    counted = (
        (order_lines["kind"] == "sale").to_numpy()
        & (order_lines["quantity"].to_numpy() > 0)
        & (order_lines["ordered_on"].to_numpy() < np.datetime64(as_of, "D") + 1)
        & np.isin(order_lines["product_id"].to_numpy(), recommendable[recommendable > 0])
    )
    row, order_ids = pd.factorize(order_lines["order_id"].to_numpy()[counted], sort=True)
    column, product_ids = pd.factorize(order_lines["product_id"].to_numpy()[counted], sort=True)
    shape = (len(order_ids), len(product_ids))
    table = csr_matrix((np.ones(len(row), dtype=np.float32), (row, column)), shape=shape)
    table.sum_duplicates()
    table.data[:] = 1
    mixed = int((np.diff(table.indptr) >= 2).sum())
    if mixed < MIN_BASKETS:
        raise NotEnoughData(
            f"Basket rules need {MIN_BASKETS} orders with two products or more; there are {mixed}."
        )
    return Baskets(table, product_ids, mixed)
