"""Which model has which colour and line? The same one in every picture of a page."""

from collections.abc import Iterable, Mapping

RULE = "rule"
OTHERS = ("group1", "group3", "group4", "group5", "group6", "group7")  # group0 and group2 look like "good" and "comparison"
DASHES = ("solid", "dash", "dashdot", "longdash")  # the second sign beside the colour
TALL, TALL_FROM = 360, 5  # from so many lines on their names take several rows above the picture


def meanings(methods: Iterable[str], *, proposed: str | None) -> dict[str, dict]:
    """method -> {"meaning", "dash"}: the proposed model (without one, the first) stands out, the rule is a comparison."""
    methods = list(methods)
    if proposed not in methods:
        proposed = next((method for method in methods if method != RULE), None)
    others = [method for method in methods if method not in (proposed, RULE)]
    styles = {method: {"meaning": OTHERS[place % len(OTHERS)], "dash": DASHES[1 + place % (len(DASHES) - 1)]}
              for place, method in enumerate(others)}
    styles[proposed] = {"meaning": "good", "dash": "solid"}
    styles[RULE] = {"meaning": "comparison", "dash": "solid"}
    return {method: styles[method] for method in methods}


def name_of(method: str, names: Mapping[str, str] | None) -> str:
    return (names or {}).get(method, method)
