"""Purchases: on which days did each customer buy, and what remained of it after returns?

A purchase here is a day on which a customer bought: several orders of one day are one purchase, for the models of repeat
buying know no two purchases at the same moment.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.errors import NotEnoughData

# Money is whole 1/10,000 of the currency: whole sums do not depend on the order of the rows.
MONEY_STEPS = 10_000
DAYS_A_WEEK = 7


@dataclass(frozen=True, eq=False)
class PurchaseDays:
    """Aligned arrays, one element a customer and purchase day, sorted by both; `customer_ids[code]` is the customer.

    day counts from 1970-01-01; net is money, returns deducted (a pure credit note lowers the last purchase before it, or
    the first one where none was before it). starts: where each customer's first purchase stands. as_of_day: the last day
    that counts.
    """

    customer_ids: np.ndarray
    code: np.ndarray
    day: np.ndarray
    net: np.ndarray
    starts: np.ndarray
    as_of_day: int


@dataclass(frozen=True, eq=False)
class Histories:
    """What the models need, one element a customer in the order of PurchaseDays.customer_ids.

    repeats: purchases after the first (x). last_days: days from the first to the last purchase (t_x, 0 for one-time
    buyers). age_days: days from the first purchase to the last day that counts (T). repeat_spend: mean net spend of a
    purchase after the first (NaN for one-time buyers; may be <= 0 where more was given back than bought).
    """

    repeats: np.ndarray
    last_days: np.ndarray
    age_days: np.ndarray
    repeat_spend: np.ndarray


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01.

    >>> day_number(dt.date(1970, 1, 3))
    2
    """
    return int(np.datetime64(day, "D").astype("int64"))


def until(frame: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """The rows up to the end of that day."""
    return frame[frame["ordered_on"].to_numpy() < np.datetime64(as_of + dt.timedelta(days=1), "us")]


def with_gifts(orders: pd.DataFrame, lines: pd.DataFrame | None) -> pd.DataFrame:
    """The orders, those for nothing marked as purchases where goods went out: whoever takes a free sample is a customer.

    Cancelled orders come to nothing too, but have no lines in `lines`.
    """
    if lines is None:
        return orders
    for_nothing = ~orders["is_purchase"].to_numpy(dtype=bool) & (orders["returned_amount"].to_numpy() == 0)
    if not for_nothing.any():
        return orders
    given = lines.loc[lines["order_id"].isin(orders["order_id"].to_numpy()[for_nothing])]
    given = given.loc[(given["kind"] == "sale") & (given["quantity"] > 0), "order_id"]
    return orders.assign(is_purchase=orders["is_purchase"] | (for_nothing & orders["order_id"].isin(given)))


def purchase_days(orders: pd.DataFrame, *, as_of: dt.date) -> PurchaseDays:
    """The purchases up to `as_of` of everybody who has bought; later rows are ignored.

    Raises NotEnoughData where nobody has bought.
    """
    orders = until(orders, as_of)
    bought = orders["is_purchase"].to_numpy(dtype=bool)
    buyers = np.unique(orders["customer_id"].to_numpy()[bought])
    if len(buyers) == 0:
        raise NotEnoughData("What customers are worth needs customers who have bought; there are 0.")
    place = np.searchsorted(buyers, orders["customer_id"].to_numpy())
    of_buyer = buyers[np.minimum(place, len(buyers) - 1)] == orders["customer_id"].to_numpy()
    code, bought = place[of_buyer], bought[of_buyer]
    day = orders["ordered_on"].to_numpy()[of_buyer].astype("datetime64[D]").astype("int64")
    net = np.rint(orders["net_amount"].to_numpy()[of_buyer] * MONEY_STEPS)
    # Purchases before credit notes of the same day, so that a note finds the purchase of its own day.
    order = np.lexsort((~bought, day, code))
    code, day, net, bought = code[order], day[order], net[order], bought[order]
    bought_rows = np.flatnonzero(bought)
    is_new = (np.diff(code[bought_rows], prepend=-1) != 0) | (np.diff(day[bought_rows], prepend=-1) != 0)
    first_rows = bought_rows[is_new]  # the first row of each purchase day
    starts = np.flatnonzero(np.diff(code[first_rows], prepend=-1))
    begins = np.zeros(len(code), dtype="int64")
    begins[first_rows] = 1
    belongs_to = np.maximum(np.cumsum(begins) - 1, starts[code])
    return PurchaseDays(
        customer_ids=buyers.astype("int64"), code=code[first_rows], day=day[first_rows],
        net=np.bincount(belongs_to, weights=net, minlength=len(first_rows)) / MONEY_STEPS, starts=starts,
        as_of_day=day_number(as_of))


def histories(purchases: PurchaseDays) -> Histories:
    """Recency, frequency, age and mean spend of every customer, as BG/NBD and Gamma-Gamma take them."""
    n_customers = len(purchases.customer_ids)
    bought = np.bincount(purchases.code, minlength=n_customers)
    first_day = purchases.day[purchases.starts]
    last_day = purchases.day[purchases.starts + bought - 1]
    repeats = bought - 1
    repeat_net = np.rint(purchases.net * MONEY_STEPS)
    repeat_net[purchases.starts] = 0.0
    total = np.bincount(purchases.code, weights=repeat_net, minlength=n_customers) / MONEY_STEPS
    return Histories(
        repeats=repeats, last_days=last_day - first_day, age_days=purchases.as_of_day - first_day,
        repeat_spend=np.where(repeats > 0, total / np.maximum(repeats, 1), np.nan))
