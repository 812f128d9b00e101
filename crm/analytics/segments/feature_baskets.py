"""Baskets: how large are a customer's orders, what is in them, and how much of it comes back?"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from crm.analytics.segments.feature_catalogue import SHARE
from crm.analytics.segments.features import MONEY_STEPS

SIZES = ("lines_per_order", "products_per_order")
RETURNS = ("returned_share", "returns")
LARGEST_CATEGORIES = 6  # with more, categories outnumber everything else that is known of a customer
GOODS = ("sale", "return", "cancellation")  # fees and adjustments are no taste
DENSE_UP_TO = 8  # times as many numbers as rows: a table of them is smaller and faster than a search


def returned(orders: pd.DataFrame, customer_place: np.ndarray, n_customers: int, *, as_of: dt.date) -> dict[str, np.ndarray]:
    """The features in RETURNS, one float64 a customer.

    returned_share: what was given back or credited over what was charged, 0..1, all orders together; NaN where nothing
    was charged. returns: the number of orders and credit notes in which something was given back.
    """
    counted = _until(orders["ordered_on"], as_of) & (customer_place >= 0)
    place = customer_place[counted]
    charged, back = (np.rint(orders[name].to_numpy()[counted] * MONEY_STEPS) for name in ("gross_amount", "returned_amount"))
    all_charged = np.bincount(place, weights=charged, minlength=n_customers)
    all_back = np.bincount(place, weights=back, minlength=n_customers)
    share = np.clip(all_back / np.where(all_charged > 0, all_charged, np.nan), 0.0, 1.0)
    return {"returned_share": share, "returns": np.bincount(place[back > 0], minlength=n_customers).astype(float)}


def basket_sizes(lines: pd.DataFrame, customer_place: np.ndarray, n_customers: int, *, as_of: dt.date) -> dict[str, np.ndarray]:
    """The features in SIZES, one float64 a customer, NaN where no order of theirs has a line of a sale.

    lines_per_order: lines of sales in the mean order. products_per_order: different products in the mean order.
    """
    counted = _of_kinds(lines["kind"], ("sale",)) & _until(lines["ordered_on"], as_of) & (customer_place >= 0)
    place = customer_place[counted]
    order, n_orders = _numbered(lines["order_id"].to_numpy()[counted])
    product, n_products = _numbered(lines["product_id"].to_numpy()[counted])
    owner = np.full(n_orders, -1)
    owner[order] = place
    orders = np.bincount(owner[owner >= 0], minlength=n_customers).astype(float)
    orders[orders == 0] = np.nan
    has_product = lines["product_id"].to_numpy()[counted] > 0
    pair = np.sort((order * n_products + product)[has_product])
    pair = pair[np.diff(pair, prepend=-1) != 0]
    different = np.bincount(owner[pair // max(n_products, 1)], minlength=n_customers)
    return {"lines_per_order": np.bincount(place, minlength=n_customers) / orders,
            "products_per_order": np.where(different > 0, different, np.nan) / orders}


def category_shares(lines: pd.DataFrame, customer_place: np.ndarray, n_customers: int, *, as_of: dt.date, products: pd.DataFrame,
                    wanted: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """"share.<category>" for each category `wanted` (None: the largest by all these customers' spend, at most six).

    One float64 a customer, 0..1: the net spend on products of the category over the net spend on all goods, products of
    no category among them; NaN where that is not above 0. Categories that no product has are left out.
    """
    kept = _of_kinds(lines["kind"], GOODS) & _until(lines["ordered_on"], as_of) & (customer_place >= 0)
    place = customer_place[kept]
    amount = np.rint(lines["amount"].to_numpy()[kept] * MONEY_STEPS)
    code, names = pd.factorize(products["category"], sort=True)
    n_categories = len(names)
    product = pd.Index(products["product_id"]).get_indexer(lines["product_id"].to_numpy()[kept])
    category = np.append(code, -1)[product]  # -1 for a product that is not among them, as for one of no category
    category[category < 0] = n_categories
    goods = np.bincount(place, weights=amount, minlength=n_customers).astype(float)
    goods[goods <= 0] = np.nan
    if wanted is None:
        spend = np.bincount(category, weights=amount, minlength=n_categories + 1)[:n_categories]
        largest = np.argsort(-spend, kind="stable")[:LARGEST_CATEGORIES]  # equal ones by name
        chosen = [place for place in largest if spend[place] > 0]
    else:
        chosen = [place for place, name in enumerate(names) if str(name) in set(wanted)]
    shares = {}
    for number in chosen:
        ours = category == number
        net = np.bincount(place[ours], weights=amount[ours], minlength=n_customers)
        shares[f"{SHARE}{names[number]}"] = np.clip(net / goods, 0.0, 1.0)
    return shares


def _until(days: pd.Series, as_of: dt.date) -> np.ndarray:
    return days.to_numpy() < np.datetime64(as_of, "D") + np.timedelta64(1, "D")


def _of_kinds(kind: pd.Series, wanted: tuple[str, ...]) -> np.ndarray:
    if isinstance(kind.dtype, pd.CategoricalDtype):
        return np.append(kind.cat.categories.isin(wanted), False)[kind.cat.codes.to_numpy()]
    return kind.isin(wanted).to_numpy()


def _numbered(ids: np.ndarray) -> tuple[np.ndarray, int]:
    """The ids as numbers from 0 and how many numbers there are; some may stand for nothing."""
    if len(ids) == 0:
        return ids, 0
    lowest, highest = int(ids.min()), int(ids.max())
    if highest - lowest < DENSE_UP_TO * len(ids):
        return ids - lowest, highest - lowest + 1
    code, names = pd.factorize(ids)
    return code, len(names)
