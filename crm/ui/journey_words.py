"""What does the page of journeys say? Who buys again and how soon, where customers stop, what groups do."""

import pandas as pd

from crm.analytics.journey import AGAIN, ENOUGH_JUDGED, STAGES, Groups, Journey, Waiting
from crm.ui import words

NAMES = {"contact": "First contact", "first_order": "First order", "second_order": "Second order", "later_order": "Later orders",
         "complaint": "Complaint", "solution": "Solved", "low_score": "Unhappy", "high_score": "Happy", "other": "Other",
         "silent": "Silent", "early": "Too early", "more": "Goes on"}
ENTRIES = {"referral": "Brought by a customer", "campaign": "Answered a campaign", "inquiry": "Asked something",
           "message": "Wrote or called", "order": "Ordered at once", "other": "Otherwise"}
AFTER = {"contact": "after the first contact", "first_order": "after the first order", "second_order": "after the second order",
         "later_order": "after the third order"}
FOR_TABLE = NAMES | {"later_order": "Third order", "solution": "Complaint solved", "low_score": "Low score", "high_score": "High score"}
STAND = {"contact": "No order yet", "first_order": "One order", "second_order": "Two orders", "later_order": "Three or more"}
FEW_CUSTOMERS = 30  # below, a share of them is worth a warning


def sentence(result: Journey) -> str:
    """Who buys again, how soon, after which step most do not order, and whether anybody is lost."""
    return " ".join(part for part in (_again(result.to_second_order), _weakest(result), _silent(result), _doubt(result.to_second_order)) if part)


def _again(found: Waiting | None) -> str:
    if found is None:
        return "**It is too early to say whether customers come back:** fewer than ten have ordered."
    if found.within_days is None:
        return (f"**It is too early to say whether customers come back:** of {words.count(found.customers)} who ordered, fewer than "
                "ten did so 30 days ago or longer.")
    share, low, high = (of_100(part) for part in (found.share, found.low, found.high))
    if found.share == 0:
        return f"**Nobody who bought once has bought again within {span(found.within_days)}** (likely 0 to {high} of 100)."
    return (f"**Of 100 customers who buy once, {share} buy again within {span(found.within_days)}** ({low} to {high}), half of them "
            f"within {days(found.half_days)}.")


def _weakest(result: Journey) -> str | None:
    if result.weakest is None:
        return None
    row = result.dropouts.set_index("kind").loc[result.weakest]
    head = (f"{AFTER[result.weakest].capitalize()} {of_100(row['share'])} of 100 do not order within {span(result.silence_days)} "
            f"({of_100(row['low'])} to {of_100(row['high'])}).")
    others = result.dropouts[(result.dropouts["judged"] > 0) & (result.dropouts["kind"] != result.weakest)]
    orders, larger = others[others["kind"].isin(STAGES)], others[others["share"] > row["share"]]
    # Of the steps with enough customers this is the weakest, so that a weaker order has too few.
    unsure = [AFTER[kind] for kind in larger["kind"] if kind in STAGES]
    if orders.empty:
        return head
    if len(unsure) == 1:
        return f"{head} The larger share in the picture, {unsure[0]}, is of fewer than {ENOUGH_JUDGED} customers: too few to be sure."
    if unsure:
        return f"{head} The larger shares in the picture, {' and '.join(unsure)}, are of fewer than {ENOUGH_JUDGED} customers each: too few to be sure."
    aside = "" if larger.empty else ", complaints and scores aside"
    if result.weakest_is_clear:
        return f"{head} That is clearly the largest share from the first contact to the third order{aside}."
    return (f"{head} That is the largest share from the first contact to the third order{aside}, but another step may be as weak: "
            "the figures lie close together.")


def _silent(result: Journey) -> str | None:
    """Late is not lost: only who is silent for long against the usual wait is called so."""
    found, number = result.to_second_order, result.silent_now
    if found is None or found.within_days is None:
        return None
    if number == 0:
        return f"Nobody has been silent for {span(result.silence_days)}, so nobody is lost so far."
    head = f"{people(number).capitalize()} {'has' if number == 1 else 'have'} been silent for {span(result.silence_days)} or longer"
    if result.silence_is_long:
        return f"{head} and may be lost."
    if found.half_days != found.half_days:
        return f"{head}; whether that is only a pause cannot be told, for nobody has come back within {span(found.within_days)}."
    return f"{head}. Some may only pause, for half of those who order again take {days(found.half_days)} or longer." if number > 1 else (
        f"{head}. That may be only a pause, for half of those who order again take {days(found.half_days)} or longer.")


def _doubt(found: Waiting | None) -> str | None:
    if found is not None and found.customers < FEW_CUSTOMERS:
        return f"That rests on {people(found.customers)} only."
    return None


def silence_note(result: Journey) -> str:
    """Which days are used, and why these."""
    length = span(result.silence_days)
    change = "You can choose other days under “More options”."
    if result.silence_from == "rhythm":
        why = f"{length.capitalize()} are used because nine of ten pauses between two orders of your customers are at most that long."
    elif result.silence_from == "records":
        why = (f"{length.capitalize()} are used because your records are short: more than one in ten pauses between two orders is longer, but at most "
               "a third of the time on record leaves enough customers to look at.")
    elif result.silence_from == "longest":
        why = f"{length.capitalize()} are used, the longest time that is taken; more than one in ten pauses between two orders is longer."
    elif result.silence_from == "usual":
        why = (f"{length.capitalize()} are used, a usual length for the time on record: fewer than ten of your customers came back, too few "
               "to show a rhythm of their own.")
    else:
        return f"{length.capitalize()} are used, as you chose under “More options”."
    return f"{why} {change}"


def beginning_note(result: Journey) -> str | None:
    """Whose journeys are followed, where it is not everybody's."""
    if result.since is None:
        return None
    if result.since_from == "chosen":
        are = "is" if result.left_out == 1 else "are"
        return f"The {people(result.left_out)} who came before {words.day(result.since)} {are} left out." if result.left_out else None
    return (f"The {people(result.left_out)} who came before {words.day(result.since)} are left out: so many at once were probably "
            "customers before your records begin, and their first steps are not known. Choose “All” to count them.")


def contacts_note(result: Journey) -> str:
    """How well the first contacts are known, and whether the way to the first order can be trusted."""
    found = result.to_first_order
    if found is None:
        return "How many first contacts become customers needs ten contacts on record before an order; there are fewer."
    if found.is_drifting and found.older_share > found.newer_share:
        return (f"Careful with first contacts: of the older half {words.share(found.older_share)} ordered within 90 days, of the newer half "
                f"{words.share(found.newer_share)}. Contacts that came to nothing were probably not kept in earlier times, so that the "
                "curve shows too many orders.")
    if found.is_drifting:
        return (f"First contacts change over time: of the older half {words.share(found.older_share)} ordered within 90 days, of the newer half "
                f"{words.share(found.newer_share)}; the curve lies between both.")
    return f"From {people(found.customers)} whose first contact is on record; most customers order without one." if (
        found.customers * 2 < result.customers) else f"From {people(found.customers)} whose first contact is on record."


def streams_caption(result: Journey) -> str:
    """How the picture is read."""
    return (f"From left to right, step by step; as thick as customers went that way. Silent: nothing was heard for {result.silence_days} days. "
            f"Too early: they took this step, or were heard of, less than {result.silence_days} days ago. Rare steps are put together as "
            "“Other”.")


def steps_caption(result: Journey) -> str:
    """Whom the table of steps counts, and whose days the second order has."""
    once, found = "Each customer counts once a step, with the first time.", result.to_second_order
    if found is None or found.half_days != found.half_days:
        return once
    return f"{once} The days to the second order are those of the answer above: of all who order again within {span(found.within_days)}."


def stops_caption(result: Journey) -> str:
    """What the bars count, and whom they do not."""
    return (f"Of customers whose {result.silence_days} days after the step are over; each counts once a step, with the first. Low and high "
            "scores are from surveys. Some order later all the same: the download tells how many.")


def compared(found: Groups | None, silence_days: int) -> str:
    """Which groups differ, and where, in one or two sentences."""
    if found is None:
        return "There are no two groups of ten customers here that could be compared."
    differing = found.tests[found.tests["different"]]
    if differing.empty:
        return "**These groups stop at the same places, as far as can be told:** the differences are no larger than chance makes them."
    told = [_difference(row, found, silence_days) for row in differing.sort_values("corrected", kind="stable").head(3).itertuples()]
    return "**These groups differ beyond chance.** " + " ".join(told)


def _difference(row, found: Groups, silence_days: int) -> str:
    one, other = words.plain(label(found, row.highest)), words.plain(label(found, row.lowest))
    if row.kind == AGAIN:
        shares = found.table.set_index("group")["again_share"]
        return (f"Within {span(found.again_days)} of the first order {words.share(shares[row.highest])} buy again in the group {one}, "
                f"{words.share(shares[row.lowest])} in the group {other}.")
    shares = found.dropouts[found.dropouts["kind"] == row.kind].set_index("group")["share"]
    return (f"After “{FOR_TABLE[row.kind]}” {words.share(shares[row.highest])} of the group {one} do not order within {span(silence_days)}, "
            f"{words.share(shares[row.lowest])} of the group {other}.")


def compared_notes(found: Groups) -> str:
    """Who is missing, and when the groups prove only themselves."""
    told = []
    if found.unknown:
        told.append(f"{people(found.unknown).capitalize()} {'belongs' if found.unknown == 1 else 'belong'} to no known group.")
    if found.left_out:
        told.append(f"Only the six largest groups are compared; left out: {', '.join(words.plain(label(found, name)) for name in found.left_out)}.")
    if found.too_small:
        told.append("Left out, with fewer than 10 customers: "
                    f"{', '.join(words.plain(label(found, name)) for name in found.too_small)}.")
    if found.group_name == "segment":
        told.append("These groups were made from how often and how lately customers buy: that they differ here is how they were made.")
    told.append("A difference does not tell its cause: customers of one group may also differ in what they buy.")
    return " ".join(told)


def label(found: Groups, group: str) -> str:
    """A group as it is written."""
    return ENTRIES.get(group, group) if found.group_name == "entry" else {"person": "Person", "company": "Company"}.get(group, group) if (
        found.group_name == "kind") else group


def way(path: tuple[str, ...], end: str | None = None) -> str:
    """A way in words.

    >>> way(("first_order", "complaint"), "silent")
    'First order → Complaint → Silent'
    """
    return " → ".join(NAMES[kind] for kind in (*path, *([] if end is None else [end])))


def between(row: pd.Series) -> str:
    """The middle half of the days between two steps."""
    low, high = row["days_quarter"], row["days_three_quarters"]
    return "–" if low != low else f"{low:.0f} to {high:.0f}"


def people(number: int) -> str:
    return "1 customer" if number == 1 else f"{words.count(number)} customers"


def of_100(share: float) -> str:
    """A share as so many of a hundred, with a decimal where whole ones would say too little."""
    part = share * 100
    return "–" if part != part else f"{part:.1f}" if 0 < part < 9.95 and round(part, 1) != round(part) else f"{part:.0f}"


def days(number: float) -> str:
    return "–" if number != number else "the same day" if number == 0 else "1 day" if number == 1 else f"{words.count(number)} days"


def span(number: int) -> str:
    """A length of time as people say it."""
    return {365: "a year", 730: "two years"}.get(int(number), days(number))
