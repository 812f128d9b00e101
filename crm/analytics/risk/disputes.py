"""Who complains, again and again, and who is still waiting for an answer?"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.risk.shares import Usual, usual
from crm.analytics.risk.sums import counts, total

LOOKBACK_DAYS = 730
LEAST_WEIGHT, MOST_WEIGHT, MOST_MEAN = 5.0, 200.0, 0.5  # orders


@dataclass(frozen=True, eq=False)
class Disputes:
    """Complaints of the two years up to as_of, and older ones that are still open.

    customers: one row a customer who complained: customer_id, orders (of the two years), complaints, open, unanswered
        (open, and nobody answered yet), reopened (open, and had been answered before), share (complaints an order,
        drawn towards the usual), open_days (of the longest open one; NaN: none), disputed_amount (net of the orders
        that open ones are about; NaN where tickets name no order).
    usual_share: what is usual among customers who ordered.
    is_recorded: whether there is any ticket at all, of whatever kind.
    """

    customers: pd.DataFrame
    usual_share: Usual
    is_recorded: bool


def measure(tickets: pd.DataFrame, orders: pd.DataFrame, *, as_of: dt.date) -> Disputes:
    """Complaints by customer; `tickets` and `orders` hold nothing after `as_of`, and tickets no later moment.

    What a ticket's status says is not dated. Only "reopened" is read from it, and only where an answer came by `as_of`:
    before that nothing can have been reopened.
    """
    today = pd.Timestamp(as_of)
    since = today - pd.Timedelta(days=LOOKBACK_DAYS)
    complaints = tickets[tickets["kind"].astype("str") == "complaint"]
    reopened = ((complaints["status"].astype("str") == "reopened") & complaints["first_answered_at"].notna()).to_numpy()
    is_open = complaints["resolved_at"].isna().to_numpy() | reopened
    kept = is_open | (complaints["opened_at"] > since).to_numpy()
    complaints, is_open, reopened = complaints[kept], is_open[kept], reopened[kept]
    bought = orders[orders["is_purchase"].to_numpy(dtype=bool) & (orders["ordered_on"] > since).to_numpy()]
    ordering = bought["customer_id"].to_numpy()
    of, customer_ids = pd.factorize(np.concatenate([complaints["customer_id"].to_numpy(), ordering]), sort=True)
    size, of_ticket = len(customer_ids), of[:len(complaints)]
    number, bought_orders = counts(of_ticket, size), counts(of[len(complaints):], size)
    # Several complaints about one order are one order that went wrong.
    hits = np.minimum(number, np.maximum(bought_orders, 1))
    habits = usual(hits, np.maximum(bought_orders, 1), least_weight=LEAST_WEIGHT, most_weight=MOST_WEIGHT,
                   most_mean=MOST_MEAN)
    unanswered = is_open & complaints["first_answered_at"].isna().to_numpy()
    open_rows = complaints[is_open]
    waiting = (today + pd.Timedelta(days=1) - open_rows["opened_at"]).dt.days.groupby(open_rows["customer_id"]).max()
    table = pd.DataFrame({
        "customer_id": customer_ids, "orders": bought_orders, "complaints": number,
        "open": counts(of_ticket, size, where=is_open), "unanswered": counts(of_ticket, size, where=unanswered),
        "reopened": counts(of_ticket, size, where=reopened & is_open),
        "share": habits.drawn(hits, np.maximum(bought_orders, 1)),
        "open_days": waiting.reindex(customer_ids).to_numpy(dtype="float64"),
        "disputed_amount": _disputed(open_rows, orders).reindex(customer_ids).to_numpy(dtype="float64")})
    return Disputes(table[table["complaints"] > 0].reset_index(drop=True), habits, is_recorded=len(tickets) > 0)


def _disputed(open_rows: pd.DataFrame, orders: pd.DataFrame) -> pd.Series:
    """By customer_id, the net amount of the orders that open complaints are about, each order once."""
    if "order_id" not in open_rows or open_rows.empty:
        return pd.Series(dtype="float64")
    about = open_rows.loc[open_rows["order_id"] > 0, ["customer_id", "order_id"]].drop_duplicates("order_id")
    about = about.merge(orders[["order_id", "net_amount"]], on="order_id")
    return about["net_amount"].clip(lower=0).groupby(about["customer_id"]).agg(total)
