"""What follows when something about a customer were different? The columns of snapshots that follow from each other.

A longer silence is more of the customer's own gaps, makes the whole time longer and empties the last quarter; without a
score nobody has answered. What cannot be known from the row (which order fell into which quarter) is set to the plainest
thing that does not contradict it.
"""

import numpy as np

from crm.analytics.prediction.what_if.changing import Rules, Values

RECENT_DAYS, OLDER_DAYS = 90, 180  # the windows of recent_orders and earlier_orders, as crm.analytics.snapshots has them
COMPLAINT_DAYS = 180  # of complaints_recent
MIDDLE_OF_COMPLAINTS = 90.0  # days since a recent complaint of which no day is known


def _orders(before: Values, after: Values, given: frozenset) -> dict:
    """Other numbers of orders: as many more order days, and the spend at the average order."""
    if "frequency" not in given or "purchase_days" in given or "purchase_days" not in before:
        return {}
    more = after["frequency"] - before["frequency"]
    return {"purchase_days": np.clip(before["purchase_days"] + more, np.minimum(1.0, after["frequency"]), after["frequency"])}


def _spend(before: Values, after: Values, given: frozenset) -> dict:
    if not given & {"frequency", "average_order", "monetary"} or not {"frequency", "monetary", "average_order"} <= set(before):
        return {}
    if "monetary" in given:
        return {"average_order": after["monetary"] / np.maximum(after["frequency"], 1.0)}
    return {"monetary": after["average_order"] * after["frequency"]}


def _tenure(before: Values, after: Values, given: frozenset) -> dict:
    """Whose last order lies further back has been there longer, the orders being as they were."""
    if "days_silent" not in given or "tenure_days" not in before:
        return {}
    return {"tenure_days": before["tenure_days"] + after["days_silent"] - before["days_silent"]}


def _rhythm(before: Values, after: Values, given: frozenset) -> dict:
    """Other order days or another time as a customer: another usual gap."""
    if not given & {"frequency", "purchase_days", "tenure_days"}:
        return {}
    if not {"purchase_days", "tenure_days", "days_silent"} <= set(before):
        return {}
    gaps = after["purchase_days"] - 1
    ordered_over = np.maximum(after["tenure_days"] - after["days_silent"], 0.0)
    # Who has ordered on one day alone has no time over which more orders could lie: the gap stays unknown.
    told = (gaps > 0) & (ordered_over > 0)
    mean_gap = np.where(told, ordered_over / np.where(told, gaps, 1.0), np.nan)
    found = {"mean_gap_days": mean_gap}
    if "gap_spread" in before:
        found["gap_spread"] = np.where(gaps > 1, before["gap_spread"], np.nan)
    return found


def _silence(before: Values, after: Values, given: frozenset) -> dict:
    """The silence in usual gaps and in longest gaps."""
    if not given & {"days_silent", "mean_gap_days", "frequency", "purchase_days", "tenure_days"} or "days_silent" not in before:
        return {}
    silent, found = after["days_silent"], {}
    if "silence_ratio" in before:
        gap = after["mean_gap_days"] if "mean_gap_days" in before else _ratio(before["days_silent"], before["silence_ratio"])
        found["silence_ratio"] = silent / np.maximum(gap, 1.0)
    if "longest_silence_ratio" in before:
        longest = _ratio(before["days_silent"], before["longest_silence_ratio"])
        # Silent for no day yet: the longest gap is not in the row, the usual one is the nearest to it.
        usual = found.get("silence_ratio", before["longest_silence_ratio"])
        followed = np.where(np.isnan(longest), usual, silent / np.maximum(longest, 1.0))
        found["longest_silence_ratio"] = np.where(np.isnan(before["longest_silence_ratio"]), np.nan, followed)
    return found


def _quarters(before: Values, after: Values, given: frozenset) -> dict:
    """Nobody who has been silent for a quarter has ordered in it, and who was silent for less has."""
    if "days_silent" not in given or "recent_orders" not in before:
        return {}
    silent, recent = after["days_silent"], before["recent_orders"]
    was_recent = before["days_silent"] < RECENT_DAYS
    is_recent = silent < RECENT_DAYS
    found = {"recent_orders": np.where(is_recent, np.maximum(recent, 1.0), 0.0)}
    if "earlier_orders" in before:
        moved = np.where(was_recent & ~is_recent, recent, before["earlier_orders"])
        found["earlier_orders"] = np.where(silent < OLDER_DAYS, moved, 0.0)
    if "recent_monetary" in before:
        first = before.get("average_order", np.zeros(len(silent)))
        found["recent_monetary"] = np.where(is_recent, np.where(was_recent, before["recent_monetary"], first), 0.0)
    return found


def _trend(before: Values, after: Values, given: frozenset) -> dict:
    if not {"recent_orders", "earlier_orders", "trend"} <= set(before):
        return {}
    if not given & {"recent_orders", "earlier_orders", "days_silent"}:
        return {}
    both = after["recent_orders"] + after["earlier_orders"]
    return {"trend": np.where(both > 0, (after["recent_orders"] - after["earlier_orders"]) / np.maximum(both, 1.0), np.nan)}


def _returns(before: Values, after: Values, given: frozenset) -> dict:
    if "returned_share" in given and "has_returned" in before:
        return {"has_returned": np.nan_to_num(after["returned_share"]) > 0}
    if "has_returned" in given and "returned_share" in before:
        return {"returned_share": np.where(after["has_returned"].astype(bool), before["returned_share"], 0.0)}
    return {}


def _complaints(before: Values, after: Values, given: frozenset) -> dict:
    since = before.get("days_since_complaint")
    if "complaints_recent" in given and since is not None:
        some = after["complaints_recent"] > 0
        was_recent = since < COMPLAINT_DAYS
        return {"days_since_complaint": np.where(some, np.where(was_recent, since, MIDDLE_OF_COMPLAINTS),
                                                 np.where(was_recent, np.nan, since))}
    if "days_since_complaint" in given and "complaints_recent" in before:
        is_recent = after["days_since_complaint"] < COMPLAINT_DAYS
        found = {"complaints_recent": np.where(is_recent, np.maximum(before["complaints_recent"], 1.0), 0.0)}
        if "complaints_open" in before:
            found["complaints_open"] = np.where(np.isnan(after["days_since_complaint"]), 0.0, before["complaints_open"])
        return found
    return {}


def _satisfaction(before: Values, after: Values, given: frozenset) -> dict:
    if "satisfaction_last" in given:
        last = after["satisfaction_last"]
        found = {"satisfaction_known": ~np.isnan(last)}
        if "satisfaction_mean" in before:
            mean = before["satisfaction_mean"]
            found["satisfaction_mean"] = np.where(np.isnan(last), np.nan, np.where(np.isnan(mean), last, mean))
        return found
    if "satisfaction_known" in given:
        known = after["satisfaction_known"].astype(bool)
        return {column: np.where(known, before[column], np.nan) for column in ("satisfaction_last", "satisfaction_mean")
                if column in before}
    return {}


def _ratio(whole: np.ndarray, times: np.ndarray) -> np.ndarray:
    """What goes `times` into the whole; NaN where it cannot be told."""
    return np.where(times > 0, whole / np.where(times > 0, times, 1.0), np.nan)


CUSTOMERS = Rules(
    # In this sequence: what a rule reads has been set by those before it.
    follow=(_orders, _spend, _tenure, _rhythm, _silence, _quarters, _trend, _returns, _complaints, _satisfaction),
    follows_from={
        "silence_ratio": ("days_silent",),
        "longest_silence_ratio": ("days_silent", "silence_ratio"),
        "trend": ("recent_orders",),
        "recent_orders": ("days_silent",),
        "earlier_orders": ("days_silent",),
        "recent_monetary": ("recent_orders", "days_silent"),
        "purchase_days": ("frequency",),
        "monetary": ("average_order",),
        "has_returned": ("returned_share",),
        "days_since_complaint": ("complaints_recent",),
        "satisfaction_known": ("satisfaction_last",),
        "satisfaction_mean": ("satisfaction_last",),
    },
)
