"""Churn features: what was known about each customer at the end of a given day?"""

import datetime as dt

import numpy as np
import pandas as pd

from crm.analytics.churn.history import OrderHistory, read_history
from crm.analytics.churn.service import add_service_features

# A quarter against the quarter before: short enough to be news, long enough to hold orders
RECENT_DAYS, OLDER_DAYS = 90, 180


def features(
    orders: pd.DataFrame,
    *,
    as_of: dt.date,
    tickets: pd.DataFrame | None = None,
    answers: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row a customer with a purchase up to `as_of`, sorted by customer_id; later events are ignored.

    customer_id; days_silent (since the last purchase); frequency (purchase orders); purchase_days (different
    days with a purchase); tenure_days (since the first purchase); mean_gap_days (between purchase days, NaN
    below two of them); silence_ratio (days_silent in mean gaps, at least a day each; NaN without a gap);
    monetary (net spend, may be < 0); average_order (monetary / frequency); recent_orders (last 90 days),
    earlier_orders (the 90 days before them); trend (their difference over their sum, -1..1, NaN when there
    are none); returned_share (0..1 of what was charged); has_returned (bool).

    With tickets: complaints_open, complaints_recent (opened in the last 180 days), first_answer_hours (mean
    over the tickets answered so far, NaN without one). With answers: satisfaction_last, satisfaction_mean
    (0..1 of the scale, CSAT and NPS, NaN without an answer), satisfaction_known (bool).
    """
    frame = order_features(read_history(orders), as_of_day=day_number(as_of))
    return add_service_features(frame, as_of=as_of, tickets=tickets, answers=answers)


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01.

    >>> day_number(dt.date(1970, 1, 3))
    2
    """
    return int(np.datetime64(day, "D").astype("int64"))


def order_features(history: OrderHistory, *, as_of_day: int) -> pd.DataFrame:
    """The features that orders alone give; see `features`. `as_of_day` counts from 1970-01-01."""
    n_customers = len(history.customer_ids)
    past = history.day <= as_of_day
    bought = past & history.is_purchase
    code, day = history.code[bought], history.day[bought]
    # Rows are sorted by customer and day: a customer's first and last rows, and each new day, are where
    # values change.
    starts = np.flatnonzero(np.diff(code, prepend=-1))
    ends = np.flatnonzero(np.diff(code, append=-1))
    present = code[starts]
    new_day = np.flatnonzero((np.diff(code, prepend=-1) != 0) | (np.diff(day, prepend=-1) != 0))

    def count(rows: np.ndarray) -> np.ndarray:
        return np.bincount(rows, minlength=n_customers)[present]

    def total(amount: np.ndarray) -> np.ndarray:
        sums = np.bincount(history.code[past], weights=amount[past], minlength=n_customers)
        return history.in_currency(sums[present])

    frequency, purchase_days = count(code), count(code[new_day])
    first_day, last_day = day[starts], day[ends]
    days_silent = as_of_day - last_day
    gap = np.where(purchase_days > 1, (last_day - first_day) / np.maximum(purchase_days - 1, 1), np.nan)
    gross, returned = total(history.gross), total(history.returned)
    monetary = total(history.net)
    recent = count(code[day > as_of_day - RECENT_DAYS])
    earlier = count(code[day > as_of_day - OLDER_DAYS]) - recent
    return pd.DataFrame(
        {
            "customer_id": history.customer_ids[present],
            "days_silent": days_silent,
            "frequency": frequency,
            "purchase_days": purchase_days,
            "tenure_days": as_of_day - first_day,
            "mean_gap_days": gap,
            "silence_ratio": days_silent / np.maximum(gap, 1.0),
            "monetary": monetary,
            "average_order": monetary / frequency,
            "recent_orders": recent,
            "earlier_orders": earlier,
            "trend": np.where(
                recent + earlier > 0, (recent - earlier) / np.maximum(recent + earlier, 1), np.nan
            ),
            "returned_share": np.clip(returned / np.where(gross > 0, gross, np.nan), 0.0, 1.0),
            "has_returned": returned > 0,
        }
    )


def stayed_away(
    history: OrderHistory, customer_ids: np.ndarray, *, cutoff_day: int, horizon_days: int
) -> np.ndarray:
    """True where a customer bought nothing in the `horizon_days` days after `cutoff_day` (credits apart)."""
    within = (history.day > cutoff_day) & (history.day <= cutoff_day + horizon_days) & history.is_purchase
    came_back = np.zeros(len(history.customer_ids), dtype=bool)
    came_back[history.code[within]] = True
    return ~came_back[np.searchsorted(history.customer_ids, customer_ids)]
