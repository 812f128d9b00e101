"""Why is a product offered? In a few words for a list, and in whole sentences for one customer.

A row is one of crm.analytics.recommendations.lists with `because_name` (the product that speaks for it) and `group` (the
customer's group, a code as crm.jobs.recommendations.groups writes it). Words for a list are plain text; sentences are Markdown.
"""

from collections.abc import Mapping

from crm.ui import words

GENDERS = {"female": "women", "male": "men", "f": "women", "m": "men"}
KINDS = {"company": "companies", "person": "people"}
FEW = 5  # customers; what fewer bought is no best seller


def in_brief(row: Mapping) -> str:
    """For a cell of a table."""
    reason, because = row["reason"], _name(row)
    if reason == "goes_with" and because:
        return f"Goes with {because}: {words.share(row['share'])} of its buyers have it"
    if reason == "similar_customers":
        return f"{words.count(row['n_1'])} of the {words.count(row['n_2'])} most similar customers have it"
    if reason == "group":
        return f"{words.share(row['share'])} of {group_name(row.get('group'))} have it"
    if reason == "recent":
        return f"Sells best of late: {words.share(row['share'])} of the latest customers bought it"
    if reason == "content" and because:
        return f"Like {because}"
    if reason == "again":
        return _rhythm(row)
    if row["n_1"] < FEW:
        return f"Bought by {words.count(row['n_1'])} of {words.count(row['n_2'])} customers"
    return f"A best seller: {words.share(row['share'])} of all customers have it"


def sentence(row: Mapping) -> str:
    """The whole reason, as Markdown."""
    reason, because = row["reason"], words.plain(_name(row))
    if reason == "goes_with" and because:
        return (f"It goes with **{because}**, bought{_since(row)}: {words.share(row['share'])} of the {words.count(row['n_2'])} "
                f"customers who bought that have this too{_lift(row)}.")
    if reason == "similar_customers":
        return (f"Of the {words.count(row['n_2'])} customers who bought most alike, {words.count(row['n_1'])} have it"
                f"{_lift(row)}.")
    if reason == "group":
        return (f"Of {words.count(row['n_2'])} {words.plain(group_name(row.get('group')))} who bought anything, {words.count(row['n_1'])} "
                f"have it{_lift(row)}.")
    if reason == "recent":
        return f"It sells best of late: {words.count(row['n_1'])} of the latest {words.count(row['n_2'])} customers bought it."
    if reason == "content" and because:
        return (f"It is like **{because}**, bought{_since(row)}, in its category and its description." if row["same_category"] else
                f"It is like **{because}**, bought{_since(row)}, in its description.")
    if reason == "again":
        return _again(row)
    if row["n_1"] < FEW:
        return (f"It was bought by {words.count(row['n_1'])} of {words.count(row['n_2'])} customers. Nothing that is known of this customer "
                "speaks for another product.")
    return (f"It is a best seller: {words.count(row['n_1'])} of {words.count(row['n_2'])} customers have it. Nothing that is known "
            "of this customer speaks for another one.")


def for_a_task(row: Mapping) -> str:
    """The same as plain text for a task's note."""
    return f"{in_brief(row)}."


def group_name(code: object) -> str:
    """A group's code in words, plain text.

    >>> group_name("kind=person|gender=female|age=30"), group_name("kind=company|country=Spain"), group_name(None)
    ('women of 30 to 39', 'companies in Spain', 'customers of this kind')
    """
    if not isinstance(code, str) or not code:
        return "customers of this kind"
    if code.startswith("segment="):
        return f"customers in “{code.removeprefix('segment=')}”"
    known = dict(part.split("=", 1) for part in code.split("|") if "=" in part)
    who = GENDERS.get(known.get("gender", "").casefold(), KINDS.get(known.get("kind", ""), "customers"))
    if "age" in known:
        decade = int(known["age"])
        who += " below 20" if decade < 20 else f" of {decade} to {decade + 9}" if decade < 80 else " of 80 and older"
    return f"{who} in {known['country']}" if "country" in known else who


def _rhythm(row: Mapping) -> str:
    ago, times = words.count(row["days_since"]), words.count(row["times_bought"])
    if _unknown(row["usual_gap_days"]):
        return f"Bought once, {ago} days ago" if row["times_bought"] == 1 else f"Bought on {times} days, the last {ago} days ago"
    gap = words.count(max(round(row["usual_gap_days"]), 1))
    if row["times_bought"] == 1:
        return f"Bought once, {ago} days ago; others again after {gap} days"
    return f"Bought on {times} days, the last {ago} days ago, usually every {gap} days"


def _again(row: Mapping) -> str:
    ago = f"{words.count(row['days_since'])} days ago"
    bought = f"Bought once, {ago}." if row["times_bought"] == 1 else f"Bought on {words.count(row['times_bought'])} days, the last time {ago}."
    if _unknown(row["usual_gap_days"]):
        return bought
    days = words.count(max(round(row["usual_gap_days"]), 1))
    return (f"{bought} This customer usually buys it every {days} days." if row["gap_is_own"] else
            f"{bought} Who buys it again usually does so after {days} days.")


def _since(row: Mapping) -> str:
    return "" if _unknown(row.get("because_on")) else f" on {words.day(row['because_on'])}"


def _lift(row: Mapping) -> str:
    return f", {row['times']:.1f} times the usual share" if not _unknown(row["times"]) and row["times"] >= 1.1 else ""


def _name(row: Mapping) -> str:
    name = row.get("because_name")
    return name if isinstance(name, str) else ""


def _unknown(content: object) -> bool:
    return content is None or content != content
