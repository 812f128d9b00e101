"""What is one line of a product usually worth, and what does one piece of it cost?"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from crm.analytics.recommendations.lists.medians import medians
from crm.analytics.recommendations.purchases import Purchases

LAST_DAYS = 365  # prices of older years mislead, and a year holds every season
FEWEST_LINES = 3  # of a product; the one line of a bulk order (or a slip of the keyboard) is no usual amount


def usual_amounts(purchases: Purchases, *, days: int = LAST_DAYS) -> np.ndarray:
    """Median money of a sold line of each product in the last `days` days up to as_of.

    Of fewer than three lines: the product's price, NaN where that is not kept.

    A median, so that one order of a thousand pieces does not raise everybody's expectation. Returns are no sales and change
    nothing; lines of nothing (gifts, samples) say nothing about money and are left out.
    """
    since = np.datetime64(purchases.as_of - dt.timedelta(days=days), "D")
    counted = (purchases.day > since) & np.isfinite(purchases.amount) & (purchases.amount > 0)
    size = len(purchases.product_ids)
    usual = medians(purchases.amount[counted], purchases.product[counted], size=size)
    enough = np.bincount(purchases.product[counted], minlength=size) >= FEWEST_LINES
    return np.where(enough, usual, pd.to_numeric(purchases.catalogue["price"], errors="coerce").to_numpy(dtype=float))


def usual_unit_prices(order_lines: pd.DataFrame, *, as_of: dt.date, days: int = LAST_DAYS) -> pd.Series:
    """Median money of one piece of each product (index product_id) sold in the last `days` days up to as_of.

    For products whose price is not kept: give it to make_lister. Order lines as crm.frames makes them.
    """
    day = order_lines["ordered_on"].to_numpy()
    end = np.datetime64(as_of, "D") + 1
    quantity, amount = order_lines["quantity"].to_numpy(), order_lines["amount"].to_numpy()
    counted = (
        (order_lines["kind"] == "sale").to_numpy(dtype=bool)
        & (quantity > 0) & (amount > 0)
        & (day < end) & (day >= end - days)
        & (order_lines["product_id"].to_numpy() > 0)
    )
    product, product_ids = pd.factorize(order_lines["product_id"].to_numpy()[counted], sort=True)
    price = medians(amount[counted] / quantity[counted], product, size=len(product_ids))
    return pd.Series(price, index=pd.Index(product_ids, name="product_id"), name="unit_price")


def prices(purchases: Purchases, unit_prices: pd.Series | None = None) -> np.ndarray:
    """The kept price of each product, else its usual price of one piece; NaN where neither is known."""
    kept = pd.to_numeric(purchases.catalogue["price"], errors="coerce").to_numpy(dtype=float, copy=True)
    if unit_prices is not None and len(unit_prices):
        usual = unit_prices[~unit_prices.index.duplicated()].reindex(purchases.product_ids).to_numpy(dtype=float)
        kept = np.where(np.isnan(kept), usual, kept)
    return kept
