"""Features: what was known about each customer at the end of a given day?"""

import datetime as dt

import numpy as np
import pandas as pd

from crm.analytics.snapshots.history import MONEY_STEPS, OrderHistory, read_history
from crm.analytics.snapshots.service import ServiceHistory, read_service

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

    customer_id (int64), is_... and has_... bool, all else float64: days_silent (since the last purchase); frequency
    (purchase orders); purchase_days (different days with a purchase); tenure_days (since the first purchase);
    mean_gap_days (between purchase days, NaN below two of them); gap_spread (standard deviation of the gaps in mean gaps,
    NaN below two gaps); silence_ratio (days_silent in mean gaps, at least a day each; NaN without a gap);
    longest_silence_ratio (days_silent in longest gaps so far; NaN without a gap); monetary (net spend, may be < 0);
    average_order (monetary / frequency); last_order (charged by the latest purchase order); recent_orders (last 90 days),
    earlier_orders (the 90 days before them); trend (their difference over their sum, -1..1, NaN when there are none);
    recent_monetary (net spend of the last 90 days); returned_share (0..1 of what was charged); has_returned.

    With tickets: complaints_open, complaints_recent (opened in the last 180 days), days_since_complaint (NaN without one),
    unanswered_3_days (tickets of the last 180 days that had no first answer within 3 days), first_answer_hours (mean over
    the tickets answered so far, NaN without one). With answers: satisfaction_last, satisfaction_mean (0..1 of the scale,
    CSAT and NPS, NaN without an answer), satisfaction_known (bool).
    """
    history = read_history(orders)
    service = read_service(history.customer_ids, tickets=tickets, answers=answers)
    places, found = all_features(history, service, last_day=day_number(as_of))
    return pd.DataFrame({"customer_id": history.customer_ids[places]} | found)


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01.

    >>> day_number(dt.date(1970, 1, 3))
    2
    """
    return int(np.datetime64(day, "D").astype("int64"))


def all_features(
    history: OrderHistory, service: ServiceHistory, *, last_day: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Places in `history.customer_ids` of those who had bought by `last_day`, and each feature of theirs."""
    places = np.flatnonzero(history.purchases.reached(last_day) > history.purchases.starts[:-1])
    return places, order_features(history, places, last_day=last_day) | service.features(places, last_day=last_day)


def order_features(history: OrderHistory, places: np.ndarray, *, last_day: int) -> dict[str, np.ndarray]:
    """The features that orders alone give, of customers who had bought by then; see `features`."""
    start, end = history.purchases.starts[:-1][places], history.purchases.reached(last_day)[places]
    first_day, latest_day = history.purchases.day[start], history.purchases.day[end - 1]
    days_silent = (last_day - latest_day).astype(float)
    frequency = (end - start).astype(float)
    purchase_days = (history.days[end] - history.days[start]).astype(float)
    recent_from = history.purchases.reached(last_day - RECENT_DAYS)[places]
    recent = end - recent_from
    earlier = recent_from - history.purchases.reached(last_day - OLDER_DAYS)[places]

    gaps = np.where(purchase_days > 1, purchase_days - 1, np.nan)
    mean_gap = (latest_day - first_day) / gaps
    # The sum starts after the first row, which holds no gap.
    variance = (history.squared_gaps[end] - history.squared_gaps[start]) / gaps - mean_gap**2
    longest_gap = np.where(purchase_days > 1, history.longest_gap[end - 1], np.nan)

    first_order, after = history.orders.starts[:-1][places], history.orders.reached(last_day)[places]
    recent_order = history.orders.reached(last_day - RECENT_DAYS)[places]

    def total(sums: np.ndarray, since: np.ndarray = first_order) -> np.ndarray:
        return (sums[after] - sums[since]) / MONEY_STEPS

    gross, returned, monetary = total(history.gross), total(history.returned), total(history.net)
    return {
        "days_silent": days_silent,
        "frequency": frequency,
        "purchase_days": purchase_days,
        "tenure_days": (last_day - first_day).astype(float),
        "mean_gap_days": mean_gap,
        "gap_spread": np.where(gaps > 1, np.sqrt(np.maximum(variance, 0.0)) / mean_gap, np.nan),
        "silence_ratio": days_silent / np.maximum(mean_gap, 1.0),
        "longest_silence_ratio": days_silent / np.maximum(longest_gap, 1.0),
        "monetary": monetary,
        "average_order": monetary / frequency,
        "last_order": history.amount[end - 1],
        "recent_orders": recent.astype(float),
        "earlier_orders": earlier.astype(float),
        "trend": np.where(recent + earlier > 0, (recent - earlier) / np.maximum(recent + earlier, 1), np.nan),
        "recent_monetary": total(history.net, recent_order),
        "returned_share": np.clip(returned / np.where(gross > 0, gross, np.nan), 0.0, 1.0),
        "has_returned": returned > 0,
    }
