"""Whom does a segment take in, in words? Its definition as people read it."""

from crm.services.rfm_settings import Rfm
from crm.ui import feature_words, words

SHOWS = {"active": "ordered within 90 days", "new": "first order within 90 days",
         "silent": "ordered before, but not within 90 days", "no_order": "no order yet"}
PATTERNS = {"<=": "{0}: at most {1}", "<": "{0}: below {1}", ">": "{0}: more than {1}", ">=": "{0}: {1} or more",
            "between": "{0}: more than {1}, at most {2}", "in": "{0}: {1}", "not_in": "{0}: not {1}",
            "is_missing": "{0}: not known", "is_known": "{0}: known"}
OR_MISSING = "{0}, or not known"
BY_HAND = "The customers who were chosen; no rule tells who they are"


def in_words(definition: dict, *, rfm: Rfm, currency: str) -> list[str]:
    """What must all be true of a customer, one line each; plain text, to be escaped for Markdown."""
    kind = definition["type"]
    if kind == "all":
        return [line for part in definition["of"] for line in in_words(part, rfm=rfm, currency=currency)]
    if kind == "conditions":
        return [_condition(one, currency) for one in definition["all"]]
    if kind == "filter":
        return _filters(definition)
    if kind == "rfm":
        groups = ", ".join(rfm.called(group) for group in definition["groups"])
        own = "" if definition["cuts"] is None else ", by the borders of the day it was saved"
        return [f"In the groups {groups}{own}" if len(definition["groups"]) > 1 else f"In the group {groups}{own}"]
    return [BY_HAND]


def _condition(one: dict, currency: str) -> str:
    column, operator, value = one["column"], one["operator"], one["value"]
    given = [] if value is None else value if operator == "between" else [value]
    written = [" / ".join(str(word) for word in part) if isinstance(part, list)
               else feature_words.written(part, column, currency) for part in given]
    line = PATTERNS[operator].format(feature_words.label(column), *written)
    return OR_MISSING.format(line) if one.get("or_missing") else line


def _filters(definition: dict) -> list[str]:
    lines = [] if "show" not in definition else [f"Shown as: {SHOWS.get(definition['show'], definition['show'])}"]
    for name, pattern in (("segment", "In the saved group {0}"), ("country", "Country: {0}"), ("tag", "Tag: {0}"),
                          ("query", "Found by: {0}")):
        if name in definition:
            lines.append(pattern.format(definition[name]))
    return lines or ["All customers"]


def kind(of: str) -> str:
    """What a segment of that kind is called."""
    return {"rule": "Rule", "snapshot": "Snapshot"}[of]


def people(number: int) -> str:
    """So many customers."""
    return "1 customer" if number == 1 else f"{words.count(number)} customers"
