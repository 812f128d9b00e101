"""Whom does a segment take in? A definition is plain JSON; here is what it may say and whether it is sound.

    {"type": "rfm", "groups": ["Champions", ...], "cuts": null | {"recency_days": ..., "orders": ..., "money": ...}}
        customers in these RFM groups; without cuts, by the owner's borders of that day (crm.services.rfm_settings)
    {"type": "conditions", "all": [{"column": ..., "operator": ..., "value": ...}, ...]}
        customers whose features meet every condition; operators and their values:
        "<=", "<", ">", ">=" a number; "between" [low, high], low < x <= high; "in", "not_in" a list of words or numbers;
        "is_missing", "is_known" none. "or_missing": true lets in whom nothing is known of, too
    {"type": "filter", "query": ..., "show": ..., "segment": ..., "country": ..., "tag": ...}
        what the list of customers shows with these filters; those that are absent do not matter
    {"type": "all", "of": [definition, ...]}
        customers whom every one of them takes in
    {"type": "members"}
        no rule: the members of a snapshot came from somewhere that no rule tells
"""

import json
import math

from crm.errors import InvalidInput

TYPES = ("rfm", "conditions", "filter", "all", "members")
BORDERS = ("<=", "<", ">", ">=")
LISTS = ("in", "not_in")
BARE = ("is_missing", "is_known")
FILTERS = ("query", "show", "segment", "country", "tag")
CUTS = ("recency_days", "orders", "money")
DEEPEST = 5  # one "all" in another; nobody combines more on the screen
LONGEST = 100_000  # characters of JSON; a list of a rule's words that is longer is no rule


def as_text(definition: dict) -> str:
    """The definition as one text, the same for equal ones: what answers can be remembered by."""
    return json.dumps(definition, sort_keys=True, ensure_ascii=False)


def from_text(text: str) -> dict:
    return json.loads(text)


def is_rule(definition: dict) -> bool:
    """Whether it can be evaluated anew, on another day."""
    if definition["type"] == "all":
        return all(is_rule(part) for part in definition["of"])
    return definition["type"] != "members"


def together(*definitions: dict | None) -> dict | None:
    """Whom all of them take in; None where none is given."""
    given = [definition for definition in definitions if definition is not None]
    return {"type": "all", "of": given} if len(given) > 1 else given[0] if given else None


def checked(definition: dict) -> dict:
    """The definition with nothing in it but what belongs there. Raises InvalidInput for one that is not sound."""
    try:
        clean = _checked(definition, DEEPEST)
        is_short = len(as_text(clean)) <= LONGEST
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise InvalidInput("This rule cannot be understood; choose the customers anew and save them again.",
                           field="definition") from None
    if not is_short:
        raise InvalidInput("This rule names too many things to be kept; save the customers as a snapshot.",
                           field="definition")
    return clean


def _checked(definition: dict, deepest: int) -> dict:
    kind = definition["type"]
    if kind not in TYPES or deepest == 0:
        raise ValueError(kind)
    if kind == "rfm":
        return {"type": kind, "groups": _words(definition["groups"]), "cuts": _cuts(definition.get("cuts"))}
    if kind == "conditions":
        return {"type": kind, "all": _some([_condition(one) for one in definition["all"]])}
    if kind == "filter":
        given = {name: definition[name] for name in FILTERS if definition.get(name)}
        return {"type": kind, **{name: _word(content) for name, content in given.items()}}
    if kind == "all":
        return {"type": kind, "of": _some([_checked(part, deepest - 1) for part in definition["of"]])}
    return {"type": kind}


def _condition(given: dict) -> dict:
    clean = {"column": _word(given["column"]), "operator": _word(given["operator"]),
             "value": _value(given["operator"], given.get("value"))}
    return {**clean, "or_missing": True} if given.get("or_missing") is True else clean


def _value(operator: str, value):
    if operator in BARE:
        return None
    if operator in BORDERS:
        return _number(value)
    if operator == "between":
        low, high = map(_number, value)
        return [low, high]
    if operator in LISTS and not isinstance(value, str):
        return _some([one if isinstance(one, str) else _number(one) for one in value])
    raise ValueError(operator)


def _cuts(given: dict | None) -> dict | None:
    if given is None:
        return None
    return {name: None if given.get(name) is None else [_number(border) for border in given[name]] for name in CUTS}


def _some(items: list) -> list:
    if not items:
        raise ValueError("nothing")
    return items


def _words(given) -> list[str]:
    return _some(sorted({_word(one) for one in given}))


def _word(given) -> str:
    if not isinstance(given, str):
        raise TypeError(given)
    return given


def _number(given) -> int | float:
    number = given.item() if hasattr(given, "item") else given  # numpy's numbers are no JSON
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
        raise ValueError(given)
    return number
