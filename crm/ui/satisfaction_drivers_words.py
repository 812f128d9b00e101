"""What does the tab “What drives it” say? Whole sentences from what was found."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from crm.analytics.satisfaction import careless as marks
from crm.analytics.satisfaction import overall, trying_out
from crm.analytics.satisfaction.correlations import Correlations
from crm.analytics.satisfaction.drivers import COLLINEAR, Drivers
from crm.analytics.satisfaction.priorities import Priorities
from crm.analytics.satisfaction.reliability import Reliability
from crm.analytics.satisfaction.shares import REDRAWS
from crm.analytics.satisfaction.what_drives import Choice, WhatDrives
from crm.ui import words

PLACES = {"mend first": "Mend first", "keep up": "Keep up", "possible overkill": "Possible overkill", "low priority": "Low priority"}
MEANT = {"mend first": "matters more than most, scores below most", "keep up": "matters more than most, scores above most",
         "possible overkill": "matters less than most, scores above most", "low priority": "matters less than most, scores below most"}
NEAR = "Overall score"
NEARBY = {"csat": "Satisfaction the same customers told around that time", "nps": "Recommendation the same customers gave around that time"}
IMPORTANCE_AXIS = {"shares": "Share of what is explained", "tried_out": "Foretold worse without it"}
IMPORTANCE_HELP = ("Fair shares divide what the questions explain together among them. Tried out: how "
                   "much worse forms kept aside are foretold once a question's answers are shuffled; it also sees effects that "
                   "are not straight, and is taken where these are large.")
CORRELATION_HELP = "Spearman looks only at which of two scores is higher, not by how much."
SURE_HELP = f"In how many of {REDRAWS} samples drawn anew from the forms the question has the same place."
OVERLAP_HELP = "Variance inflation: 1 is independent of the other questions; from 5 on a coefficient alone says little."
TOTAL_HELP = "Correlation with the sum of the other questions; below .3 it asks for something else."
WITHOUT_HELP = "Higher than the alpha of all: the rest belongs together better without this question."
LONGEST = 90  # characters of a question in a sentence; longer ones are cut there


def battery(choice: Choice, surveys: Mapping[int, str]) -> str:
    name = surveys.get(choice.survey_id) or f"“{clipped(choice.item, 30)}” …"
    return f"{name} ({words.count(choice.items)} questions, {words.count(choice.forms)} forms)"


def target(choice: Choice) -> str:
    name = NEARBY[choice.metric] if choice.how == "near" else clipped(choice.item, 60)
    return f"{name} ({words.count(choice.forms)} forms)"


def clipped(item: str, most: int = LONGEST) -> str:
    if not item:
        return "a question without words"
    return item if len(item) <= most else item[:most - 1].rstrip() + "…"


def short_names(found: WhatDrives) -> dict[str, str]:
    return {item: clipped(item) for item in found.items["item"]}


def named(item: str) -> str:
    """A question inside a sentence, which has a full stop of its own."""
    return f"“{words.plain(clipped(item).removesuffix('.'))}”"


def listed(items: tuple[str, ...]) -> str:
    return " or ".join(named(item) for item in items)


def explained(drivers: Drivers) -> str:
    return {"csat": "satisfaction", "nps": "recommendation"}[drivers.overall.metric] if drivers.overall.how == "near" \
        else named(drivers.overall.item)


def answer(found: WhatDrives) -> str:
    """What to mend first and how far to trust that."""
    drivers = found.drivers
    if drivers is None:
        head = "**1 form** answers" if found.n_used == 1 else f"**{words.count(found.n_used)} forms** answer"
        return f"{head} {words.count(len(found.items))} questions together. What drives satisfaction cannot be told from that yet."
    what = explained(drivers)
    if drivers.foretells is False:
        return (f"**These questions do not tell what makes {what} high or low.** On {words.count(drivers.tried_out.n)} forms that were kept "
                "aside they foretell nothing for certain, so nothing is named here to mend first.")
    trust = _trust(drivers, what)
    first = drivers.best
    if first.mend_first is None:
        return f"**Nothing stands out to mend:** what matters most for {what} already scores above the rest. {trust}"
    row = first.table.set_index("item").loc[first.mend_first]
    if not first.is_sure and len(first.contenders) < 2:
        return (f"**Mend first, perhaps: {named(first.mend_first)}.** It comes first in {words.share(row['first'])} of samples drawn anew; in "
                f"the others another question does, or nothing stands out. {trust}")
    if not first.is_sure:
        return (f"**Mend first, perhaps: {named(first.mend_first)}.** It comes first in {words.share(row['first'])} of samples drawn anew; "
                f"the forms cannot tell for certain whether it is {listed(first.contenders)}. {trust}")
    return (f"**Mend first: {named(first.mend_first)}.** It matters more than most for {what} and scores {row['performance']:.2f} of "
            f"{first.scale_max:g}, below the average question; it comes first in {words.share(row['first'])} of samples drawn anew. {trust}")


def _trust(drivers: Drivers, what: str) -> str:
    """How much is explained, whether the other way to tell what matters agrees, and that it is no proof."""
    cause = "What goes together need not be the cause."
    tried = drivers.tried_out
    together = (f"Together the questions explain {words.share(drivers.explained)} of the differences in {what} "
                f"({words.share(drivers.explained_low)} to {words.share(drivers.explained_high)}, {words.count(drivers.n)} forms). {cause}")
    if tried is None:
        return f"{together} That could not be tried out on forms kept aside, so take it as a hint."
    if drivers.recommended == "tried_out":
        return (f"A model that sees effects which are not straight foretells {words.share(tried.skill)} of the differences in {what} on "
                f"{words.count(tried.n)} forms it had not seen ({words.share(tried.low)} to {words.share(tried.high)}), a weighted sum only "
                f"{words.share(max(tried.skills['straight'], 0))}. {cause}")
    other = drivers.priorities_tried.mend_first
    if other is not None and other not in (drivers.priorities.mend_first, *drivers.priorities.contenders):
        return f"{together} Tried out on forms kept aside, {named(other)} comes first instead."
    return together


def places(found: Priorities) -> str:
    """The questions of each place, the most important first, with their numbers."""
    lines = []
    rows = found.table.sort_values("number")
    for place, name in PLACES.items():
        there = rows[rows["place"] == place]
        if len(there):
            items = "; ".join(f"{row.number} {words.plain(clipped(row.item, 60).removesuffix('.'))}" for row in there.itertuples())
            lines.append(f"**{name}** :gray[{MEANT[place]}]  \n{items}")
    other = rows[rows["place"].isna()]
    if len(other):
        items = "; ".join(f"{row.number} {words.plain(clipped(row.item, 60).removesuffix('.'))}" for row in other.itertuples())
        lines.append(f"**Runs the other way** :gray[high answers go with low overall scores: read its words]  \n{items}")
    return "\n\n".join(lines)


def cautions(drivers: Drivers) -> list[str]:
    """What was left out, and what should not be read too closely."""
    lines = []
    said = {"seldom": "Left out, for too few forms answer it: {}.", "constant": "Left out, for everybody gave the same score: {}.",
            "copy": "Left out, for it says the same as other questions: {}."}
    for reason, sentence in said.items():
        items = drivers.left_out.loc[drivers.left_out["reason"] == reason, "item"]
        if len(items):
            lines.append(sentence.format(", ".join(named(item) for item in items)))
    if drivers.collinear:
        lines.append(f"Answered so much like others that one point of it alone says little: "
                     f"{', '.join(named(item) for item in drivers.collinear)}. Their fair shares can be read.")
    if drivers.n < drivers.n_forms:
        lines.append(f"Shares and points rest on the {words.count(drivers.n)} of {words.count(drivers.n_forms)} forms that answer "
                     "all of these questions.")
    return lines


def point_help(drivers: Drivers) -> str:
    if drivers.regression.kind == "logistic":
        return "By how much the chance of a contented verdict differs where this question scores one point more and all others the same."
    return "By how many points the overall score differs where this question scores one point more and all others the same."


def point_title(drivers: Drivers) -> str:
    return "Chance of a contented verdict, for one point more" if drivers.regression.kind == "logistic" \
        else "Points of the overall score, for one point more"


def regression_line(drivers: Drivers) -> str:
    found = drivers.regression
    if found.kind == "logistic":
        return f"**Logistic regression** of {words.count(found.n)} forms; McFadden's R² is {found.explained:.2f}."
    return f"**Linear regression** of {words.count(found.n)} forms; it explains {words.share(found.explained)} of the differences."


def tried_line(drivers: Drivers) -> str:
    found = drivers.tried_out
    model = {"straight": "A weighted sum of the answers", "curved": "A model of boosted trees"}[found.kind]
    line = (f"**Tried out:** {model} foretells {words.share(max(found.skill, 0))} of the differences on {words.count(found.n)} forms it "
            f"had not seen ({words.share(found.low)} to {words.share(found.high)}).")
    if found.auc is not None:
        line += (f" It ranks a contented form above a discontented one in {words.share(found.auc)} of pairs "
                 f"({words.share(found.auc_low)} to {words.share(found.auc_high)}).")
    return line


def reliability(found: Reliability) -> str:
    """The verdict on alpha, what runs the other way, what costs forms."""
    if found.alpha >= 0.9:
        verdict = "**Yes, very well**; some of them ask nearly the same, so that fewer would do"
    elif found.alpha >= 0.8:
        verdict = "**Yes, well**; their mean may be read as one figure"
    elif found.alpha >= 0.7:
        verdict = "**Yes, well enough**; their mean may be read as one figure"
    elif found.alpha >= 0.6:
        verdict = "**Only loosely**; read the questions one by one rather than their mean"
    else:
        verdict = "**No**; their mean says nothing, read them one by one"
    lines = [f"{verdict}. Cronbach's alpha is {found.alpha:.2f} ({found.low:.2f} to {found.high:.2f}) from {words.count(found.n)} forms "
             f"that answer all of them{', which is few' if found.few else ''}."]
    against = found.items.loc[found.items["reversed"], "item"]
    if len(against):
        lines.append(f":material/swap_vert: Runs against the others: {', '.join(named(item) for item in against)}. If a high score is bad "
                     "there, turn it round in your file before you bring it in; nothing was turned here.")
    if found.scarcest is not None and found.n_without_it > 1.2 * found.n:
        lines.append(f"Without {named(found.scarcest)} it would be {words.count(found.n_without_it)} complete forms.")
    return "\n\n".join(lines)


def correlations(found: Correlations) -> str:
    known = found.pairs.dropna(subset=["correlation"])
    clear = int(known["clear"].sum())
    top = known.iloc[0]
    return (f"**{words.count(clear)} of {words.count(len(known))} pairs** are answered more alike, or more contrarily, than chance "
            f"explains. The most: {named(top['item_a'] or NEAR)} and {named(top['item_b'] or NEAR)} with {top['correlation']:.2f} "
            f"({top['low']:.2f} to {top['high']:.2f}, {words.count(top['n'])} forms).")


def careless(found: WhatDrives) -> list[str]:
    """Who ticked the same all the way, who was too fast."""
    seen = found.careless
    lines = []
    straight, doubtful, untold = int(seen.straight.sum()), int(seen.doubtful.sum()), int(seen.untold.sum())
    head = f"**{words.count(straight)} of {words.count(found.n_all)} forms** {'gives' if straight == 1 else 'give'} the same score all the way down"
    if not seen.judged:
        lines.append(f"With fewer than {marks.FEWEST_ITEMS} questions the same score all the way down is nothing remarkable.")
    elif not straight:
        lines.append(f"**None** of {words.count(found.n_all)} forms gives the same score all the way down.")
    else:
        told = [f"{head}."]
        if doubtful:
            told.append(f"{words.count(doubtful)} of them do so at scores where honest answers would hardly bring so many.")
        if untold and seen.too_many:
            told.append(f"With so many it cannot be told how many {'of the others ' if doubtful else ''}were filled in without reading, for what "
                        "honest answers look like is learned from these very forms. Look at them yourself: many with the same score from one "
                        "day or one file were hardly thought about.")
        elif untold:
            told.append("Whether any was filled in without reading cannot be told from so few forms.")
        elif not doubtful:
            told = [f"{head}, hardly more than honest answers bring, or at the best or worst score, where delight and anger look just so. "
                    "None is doubted."]
        lines.append(" ".join(told))
    if (counted := _counted(found)) is not None:
        lines.append(counted)
    if seen.median_seconds is None:
        lines.append(f"How fast they were filled in is judged from {marks.FEWEST_TIMED} timed forms on; there are {words.count(seen.timed)}.")
    else:
        fast = int(seen.speeder.sum())
        head = "**No form was**" if not fast else "**1 form was**" if fast == 1 else f"**{words.count(fast)} forms were**"
        lines.append(f"{head} filled in within less than a third of the usual time; half of {words.count(seen.timed)} timed forms took "
                     f"more than {words.count(seen.median_seconds)} seconds.")
    return lines


def _counted(found: WhatDrives) -> str | None:
    """Which of the forms judged here the cards above speak of, None where it is all of them."""
    rest = found.n_all if found.drivers is None else found.drivers.n
    if min(found.n_used, rest) == found.n_all:
        return None
    parts = f"All {words.count(found.n_all)} forms are judged here."
    if found.n_used < found.n_all:
        kept = "the newest of each customer and none that is careless" if found.is_left_out else "the newest of each customer"
        parts += f" Above count {words.count(found.n_used)} of them, {kept}."
    if rest < found.n_used:
        parts += (f" What matters rests on {words.count(rest)}: those that answer all of its questions and have an overall score.")
    return parts


def effect(found: WhatDrives) -> pd.DataFrame:
    """The figures with all forms and without careless ones, as text."""
    def column(figures) -> list[str]:
        return [words.count(figures.forms), f"{figures.mean:.2f}", "–" if figures.alpha is None else f"{figures.alpha:.2f}",
                words.share(figures.explained), clipped(figures.mend_first or "–", 60)]

    return pd.DataFrame({"Figure": ["Forms, one a customer", "Mean of all questions", "Cronbach's alpha", "Explained together",
                                    "Mend first, by fair shares"],
                         "With all": column(found.with_all), "Without them": column(found.without)})


def method(found: WhatDrives) -> None:
    """How all of it is computed, with the user's own numbers."""
    st.markdown(
        f"**Forms.** {words.count(found.n_all)} forms answer at least half of these {words.count(len(found.items))} questions up to "
        f"{words.day(found.as_of)}; {words.count(found.n_used)} count, of each known customer the newest one, for the forms of one person "
        "resemble each other. “Does not apply” is no score. Questions belong together where at least half of the forms that ask "
        "one ask the other too.")
    st.latex(r"\alpha = \frac{k}{k-1}\left(1 - \frac{\sum_i s_i^2}{s_{\text{sum}}^2}\right)")
    st.markdown("k questions with variances s² and the variance of their sum, from forms that answer all (Cronbach 1951); its 95 % range by "
                "Feldt (1965), of correlations by Fisher's z, for ranks by Bonett & Wright (2000). Pairs are called clear where their p value, "
                "corrected for the number of pairs (Benjamini & Hochberg 1995), is below .05.")
    drivers = found.drivers
    if drivers is not None:
        st.markdown(
            f"**What matters.** Fair shares are relative weights (Johnson 2000) of the {words.share(drivers.explained)} explained by all "
            f"questions together; questions answered alike share what they explain. Ranges, places and what comes first are from {REDRAWS} samples "
            "drawn anew (Efron 1979). The picture is the importance-performance analysis of Martilla & James (1977), cut at the mean of both; "
            "what to mend first has the largest product of share and distance from the best score among what matters and is weak.")
        kind = drivers.regression.kind if drivers.regression is not None else "linear"
        st.markdown({"linear": "**Regression**: least squares with intervals that allow for unequal spreads (HC3, MacKinnon & White 1985).",
                     "logistic": "**Regression**: logistic, for the overall score is a verdict, with robust intervals (White 1982); one point "
                                 "more is the mean change of the chance."}[kind]
                    + f" From a variance inflation of {COLLINEAR:g} on a single coefficient is not read.")
        if drivers.tried_out is not None:
            skills = drivers.tried_out.skills
            straight = f"a weighted sum foretold {words.share(skills['straight'])}"
            curved = "" if skills["curved"] != skills["curved"] else f", boosted trees {words.share(skills['curved'])}"
            st.markdown(
                f"**Tried out** on forms that the model had not seen ({straight}{curved}): the better of both is asked again with one "
                "question's answers shuffled (Breiman 2001; Fisher, Rudin & Dominici 2019). From "
                f"{words.count(trying_out.ONE_SPLIT_FROM)} forms on one part is kept aside, below five parts in turn. Where the questions "
                "foretell nothing for certain, no order is shown.")
        if drivers.overall.how == "near":
            st.markdown(f"The overall score is the one that the same customer gave nearest in time on another form, at most "
                        f"{overall.NEAR_DAYS} days away; asked on the same form it would tell more.")
    st.markdown(
        "**Without reading.** How many forms would be equal all the way down if everybody answered honestly comes from a model in which each "
        "answer follows one common attitude and something of its own; a score is doubted where more than twice as many forms are equal, and "
        "chance brings that in under 1 %. The best and the worst score are doubted only where a question runs the other way. Where more "
        f"than {words.share(marks.MOST_EQUAL)} of the forms are equal, the model takes that for usual, so none is called honest by it. Too fast is "
        "below a third of the median time of the same survey (Greszki, Meyer & Schoen 2015).")
    st.markdown("**Limits.** These are answers of those who answer, and what goes with what: nobody tried what happens when a thing is mended. "
                "Scores are taken as evenly spaced.")
