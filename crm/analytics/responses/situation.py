"""Situation: what was known of the customers when they were asked last? As groups that responses are compared between."""

from __future__ import annotations

import numpy as np
import pandas as pd

NO_ORDER = "No order before"
RECENCY = ((30, "Up to 30 days before"), (90, "31 to 90 days before"), (365, "91 to 365 days before"), (np.inf, "More than a year before"))
FIFTHS = ("Least", "Little", "Middle", "Much", "Most")
# In which sequence the labels are read.
ORDERS = {"last_order": (*(name for _, name in RECENCY), NO_ORDER), "revenue": (NO_ORDER, *FIFTHS)}


def last_order_then(invitations: pd.DataFrame, orders: pd.DataFrame) -> pd.Series:
    """How long ago the last order was when the customer was asked last, as a label, by customer_id.

    Only orders before the asking count: what came after it may come from it.
    """
    then = _last_asking(invitations)
    bought = orders[orders["is_purchase"]][["customer_id", "ordered_on"]].sort_values("ordered_on", kind="stable")
    joined = pd.merge_asof(then, bought, left_on="asked_on", right_on="ordered_on", by="customer_id", allow_exact_matches=False)
    days = (joined["asked_on"] - joined["ordered_on"]).dt.days.to_numpy(dtype=float)
    label = np.full(len(joined), NO_ORDER, dtype=object)
    before = -1.0
    for border, name in RECENCY:
        label[(days > before) & (days <= border)] = name
        before = border
    return pd.Series(label, index=joined["customer_id"].to_numpy())


def revenue_then(invitations: pd.DataFrame, orders: pd.DataFrame) -> pd.Series:
    """Into which fifth of the asked customers somebody falls by what was bought before the last asking, by customer_id.

    Who bought nothing before is a group apart; equal customers stay together.
    """
    then = _last_asking(invitations)
    sums = orders.sort_values("ordered_on", kind="stable")[["customer_id", "ordered_on", "net_amount"]]
    sums = sums.assign(so_far=sums.groupby("customer_id")["net_amount"].cumsum())[["customer_id", "ordered_on", "so_far"]]
    joined = pd.merge_asof(then, sums, left_on="asked_on", right_on="ordered_on", by="customer_id", allow_exact_matches=False)
    spent = joined["so_far"].to_numpy(dtype=float)
    label = np.full(len(joined), NO_ORDER, dtype=object)
    some = spent > 0
    if some.any():
        borders = np.quantile(spent[some], [0.2, 0.4, 0.6, 0.8])
        label[some] = np.array(FIFTHS, dtype=object)[np.searchsorted(borders, spent[some], side="left")]
    return pd.Series(label, index=joined["customer_id"].to_numpy())


def _last_asking(invitations: pd.DataFrame) -> pd.DataFrame:
    """customer_id, asked_on (midnight), one row a customer, in time."""
    asked_on = invitations.groupby("customer_id")["invited_at"].max().dt.normalize().astype("datetime64[us]")
    return asked_on.rename("asked_on").reset_index().sort_values("asked_on", kind="stable")
