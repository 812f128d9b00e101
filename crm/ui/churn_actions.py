"""What could keep a customer? The proposed actions and what led to them, in words."""

from collections.abc import Mapping

from crm.ui import reason_words, words

# Code of crm.analytics.churn.actions -> what to do, as a list and a task say it
DO = {
    "answer_ticket": "Settle the open request",
    "apologise_and_mend": "Say sorry and put it right",
    "ask_why": "Ask what was not right",
    "call": "Call in person",
    "remind_due": "Remind of the next order",
    "offer": "Make an offer",
    "invite_again": "Invite to a second order",
}
NOTHING_SEEN = "Get in touch"
# Code -> what was seen that led to it
SEEN = {
    "complaint_open": "a complaint is not settled",
    "waits_for_answer": "a request had no answer within three days",
    "complained_lately": "a complaint within the last half year",
    "score_low": "the last score was low",
    "answered_slowly": "first answers took longer than two days",
    "goods_returned": "goods came back",
    "never_asked": "a regular who was never asked",
    "regular_of_worth_silent": "a regular of worth has fallen silent",
    "just_due": "the next order is due",
    "long_overdue": "the next order is long overdue",
    "buys_less": "fewer orders than in the quarter before",
    "bought_once": "ordered on one day only",
}


def do(row: Mapping) -> str:
    """The first proposed action."""
    return DO.get(row.get("action_1"), NOTHING_SEEN)


def all_of(row: Mapping) -> list[str]:
    """All proposed actions, each with what led to it."""
    found = []
    for place in (1, 2, 3):
        action, rule = row.get(f"action_{place}"), row.get(f"rule_{place}")
        if action in DO:
            found.append(f"{DO[action]}: {SEEN[rule]}" if rule in SEEN else DO[action])
    return found or [NOTHING_SEEN]


def note(row: Mapping, currency: str) -> str:
    """What the task tells of the customer: the chance, why, what else could be done."""
    parts = [f"Chance of leaving {words.share(row['probability'])}."]
    if why := reason_words.sentence(row, currency=currency):
        parts.append(f"{why[:1].upper()}{why[1:]}.")
    parts += [f"{action}." for action in all_of(row)[1:]]
    return " ".join(parts)
