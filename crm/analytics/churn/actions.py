"""Actions: what could keep this customer, judging by what is known of him and by why the model expects him to leave?

Rules a good shopkeeper would follow, in the open: what is known of a customer (an open complaint, a rhythm that was missed)
proposes an action, and where the model names the same as a reason for leaving, the action gains weight. First mend, then sell:
whoever waits for an answer or has been let down gets neither a reminder nor an offer. That an action works is not said here;
a round with a hold-out measures it (crm.analytics.churn.effect).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

# Code -> what it means; a page words it in its own language.
ACTIONS = {
    "answer_ticket": "answer the open complaint or the ticket that waits, and settle it",
    "apologise_and_mend": "say sorry for what went wrong lately, and put it right",
    "ask_why": "ask what was not right: goods came back, or the customer never said how happy he is",
    "call": "call in person: a regular of worth has fallen silent",
    "remind_due": "remind that the next order is due, going by the customer's own rhythm",
    "offer": "make an offer that brings him back: silent for long, or buying less and less",
    "invite_again": "invite to a second order: he bought once",
}
# Code -> what was seen; the rule that led to an action.
RULES = {
    "complaint_open": "a complaint is not settled",
    "waits_for_answer": "a ticket had no first answer within three days",
    "complained_lately": "complained within the last half year",
    "score_low": "the last answer to a survey was in the lower half of the scale",
    "answered_slowly": "had to wait longer than two days for first answers, on average",
    "goods_returned": "returned goods, and the model names it as a reason",
    "never_asked": "a regular who has never answered a survey",
    "regular_of_worth_silent": "three orders or more, among the fifth of most worth, and overdue by the own rhythm",
    "just_due": "silent for one to two of the usual gaps",
    "long_overdue": "silent for more than two of the usual gaps",
    "buys_less": "fewer orders in the last 90 days than in the 90 days before",
    "bought_once": "ordered on one day only",
}
FIRST_MEND = ("answer_ticket", "apologise_and_mend")  # whoever gets one of these gets none of the next
SELLING = ("remind_due", "offer", "invite_again")
N_ACTIONS = 3  # what fits a task
SLOW_ANSWER_HOURS = 48  # two days: from then on people write again
LOW_SCORE = 0.5  # of the scale, 0..1
REGULAR_FROM = 3  # days with an order: two gaps make a rhythm
OVERDUE_FROM = 2.0  # own gaps; below it the next order may still be on its way
OF_WORTH = 0.8  # quantile: one person can call a fifth of the list
# A reason that the model names first weighs more than one it names third: enough to turn two rules that lie close together.
REASON_WEIGHT = (10.0, 6.0, 3.0)


@dataclass(frozen=True)
class _Rule:
    """`columns`: what it looks at, without which it is silent; `seen`: (n,) bool; `weight`: before the model's reasons;
    `reasons`: columns which, named as raising the chance of leaving, speak for it; `only_with_reason`: else it is silent."""

    code: str
    action: str
    weight: float
    columns: tuple[str, ...]
    seen: Callable[[pd.DataFrame], pd.Series]
    reasons: tuple[str, ...]
    only_with_reason: bool = False


_SILENT = ("days_silent", "silence_ratio", "longest_silence_ratio", "recency")
_COMPLAINTS = ("complaints_open", "complaints_recent", "days_since_complaint", "unanswered_3_days")
_RULES = (
    _Rule("complaint_open", "answer_ticket", 100.0, ("complaints_open",), lambda f: f["complaints_open"] > 0, _COMPLAINTS),
    _Rule("waits_for_answer", "answer_ticket", 90.0, ("unanswered_3_days",), lambda f: f["unanswered_3_days"] > 0, _COMPLAINTS),
    _Rule("score_low", "apologise_and_mend", 75.0, ("satisfaction_last",), lambda f: f["satisfaction_last"] < LOW_SCORE,
          ("satisfaction_last", "satisfaction_mean")),
    _Rule("complained_lately", "apologise_and_mend", 70.0, ("complaints_recent",), lambda f: f["complaints_recent"] > 0,
          _COMPLAINTS),
    _Rule("answered_slowly", "apologise_and_mend", 60.0, ("first_answer_hours",),
          lambda f: f["first_answer_hours"] > SLOW_ANSWER_HOURS, ("first_answer_hours",), only_with_reason=True),
    _Rule("goods_returned", "ask_why", 50.0, ("has_returned",), lambda f: f["has_returned"].astype(bool),
          ("has_returned", "returned_share"), only_with_reason=True),
    _Rule("regular_of_worth_silent", "call", 45.0, ("purchase_days", "silence_ratio", "monetary"),
          lambda f: (f["purchase_days"] >= REGULAR_FROM) & (f["silence_ratio"] > OVERDUE_FROM) & (f["monetary"] > 0)
          & (f["monetary"] >= f["monetary"].quantile(OF_WORTH)), (*_SILENT, "purchase_days")),
    _Rule("long_overdue", "offer", 30.0, ("silence_ratio",), lambda f: f["silence_ratio"] > OVERDUE_FROM, _SILENT),
    _Rule("just_due", "remind_due", 28.0, ("silence_ratio",), lambda f: f["silence_ratio"].between(1.0, OVERDUE_FROM), _SILENT),
    _Rule("bought_once", "invite_again", 25.0, ("purchase_days",), lambda f: f["purchase_days"] == 1,
          ("purchase_days", "frequency", *_SILENT)),
    _Rule("buys_less", "offer", 20.0, ("trend",), lambda f: f["trend"] < 0, ("trend", "recent_orders", "average_order")),
    _Rule("never_asked", "ask_why", 10.0, ("satisfaction_known", "purchase_days"),
          # Where nobody was ever asked, it is no sign of anything.
          lambda f: f["satisfaction_known"].any() & ~f["satisfaction_known"].astype(bool) & (f["purchase_days"] >= REGULAR_FROM),
          ("satisfaction_known",)),
)


def propose(features: pd.DataFrame, reasons: pd.DataFrame | None = None, *, n: int = N_ACTIONS) -> pd.DataFrame:
    """Up to `n` actions a customer, the weightiest first: customer_id, action_1.., rule_1.. (codes of ACTIONS and RULES; None
    where there are no more), in the rows' sequence.

    features: customer_id and what is known of each, as crm.analytics.snapshots.features gives it; columns that are missing
    keep their rules silent. reasons: customer_id, reason_1.. ("raises:COLUMN" speaks for an action, "lowers:COLUMN" does
    not), strongest first. Who is of worth is told among the customers given.
    """
    named = _named(features["customer_id"], reasons)
    weight = {action: np.zeros(len(features)) for action in ACTIONS}
    rule_of = {action: np.full(len(features), None, dtype=object) for action in ACTIONS}
    for rule in _RULES:
        if not set(rule.columns) <= set(features.columns):
            continue
        gained = np.maximum.reduce([named.get(column, np.zeros(len(features))) for column in rule.reasons])
        seen = rule.seen(features).fillna(False).to_numpy(dtype=bool)
        if rule.only_with_reason:
            seen = seen & (gained > 0)
        weighs = np.where(seen, rule.weight + gained, 0.0)
        is_better = weighs > weight[rule.action]
        weight[rule.action] = np.where(is_better, weighs, weight[rule.action])
        rule_of[rule.action] = np.where(is_better, rule.code, rule_of[rule.action])
    mends = np.logical_or.reduce([weight[action] > 0 for action in FIRST_MEND])
    for action in SELLING:
        weight[action] = np.where(mends, 0.0, weight[action])
    return _best(features["customer_id"], weight, rule_of, n)


def _named(customer_ids: pd.Series, reasons: pd.DataFrame | None) -> dict[str, np.ndarray]:
    """{column: weight (n,) of its being named as a reason for leaving}."""
    if reasons is None:
        return {}
    places = sorted(column for column in reasons.columns if column.startswith("reason_"))
    aligned = reasons.drop_duplicates("customer_id").set_index("customer_id")[places].reindex(customer_ids)
    found: dict[str, np.ndarray] = {}
    for place, column in enumerate(places):
        codes = aligned[column].to_numpy(dtype=object)
        for code in {code for code in codes if isinstance(code, str) and code.startswith("raises:")}:
            gained = np.where(codes == code, REASON_WEIGHT[min(place, len(REASON_WEIGHT) - 1)], 0.0)
            feature = code.removeprefix("raises:")
            found[feature] = np.maximum(found.get(feature, 0.0), gained)
    return found


def _best(customer_ids: pd.Series, weight: dict[str, np.ndarray], rule_of: dict[str, np.ndarray], n: int) -> pd.DataFrame:
    actions, rows = np.array(list(ACTIONS), dtype=object), np.arange(len(customer_ids))
    weights = np.column_stack([weight[action] for action in ACTIONS])
    rules = np.column_stack([rule_of[action] for action in ACTIONS])
    ranked = np.argsort(-weights, axis=1, kind="stable")
    found: dict[str, np.ndarray] = {"customer_id": customer_ids.to_numpy()}
    for place in range(n):
        chosen = ranked[:, place] if place < len(actions) else ranked[:, -1]
        is_there = (weights[rows, chosen] > 0) & (place < len(actions))
        found[f"action_{place + 1}"] = np.where(is_there, actions[chosen], None)
        found[f"rule_{place + 1}"] = np.where(is_there, rules[rows, chosen], None)
    # As objects: pandas would turn None into a missing text of its own.
    return pd.DataFrame({name: pd.Series(column, dtype=object if name != "customer_id" else None)
                         for name, column in found.items()})
