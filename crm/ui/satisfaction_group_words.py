"""What does the tab "Who is happier" say? Verdicts, what to keep in mind, and how it is computed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from crm.analytics.satisfaction.groups import GroupComparison
from crm.analytics.satisfaction.two_way import FEWEST_IN_CELL, TwoWay
from crm.jobs.satisfaction.groups import CUSTOM, KEPT, MISSED, OTHERS, Happier
from crm.ui import words

METRICS = {"csat": "Satisfaction", "nps": "Would recommend", "ces": "Easy to deal with", "likert": "All other questions"}
NAMES = {"segment": "Saved group", "rfm": "Buying group", "channel": "Won through", "country": "Country", "region": "Region",
         "kind": "Person or company", "stage": "Stage", "gender": "Gender", "education": "Education", "age": "Age",
         "income": "Yearly income", "product": "Product", "category": "Product category", "survey": "Survey",
         "ticket_kind": "Kind of ticket", "ticket_topic": "Topic of the ticket", "ticket_priority": "Priority of the ticket",
         "ticket_channel": "How the ticket came in", "ticket_agent": "Who helped", "ticket_deadline": "Deadlines of the ticket"}
# The same inside a sentence: “a difference by ...”.
SPOKEN = {"segment": "saved group", "rfm": "buying group", "channel": "how they were won", "country": "country", "region": "region",
          "kind": "whether they are a person or a company", "stage": "stage", "gender": "gender", "education": "education",
          "age": "age", "income": "yearly income", "product": "product", "category": "product category", "survey": "survey",
          "ticket_kind": "the kind of their ticket", "ticket_topic": "the topic of their ticket",
          "ticket_priority": "the priority of their ticket", "ticket_channel": "how their ticket came in",
          "ticket_agent": "who helped them", "ticket_deadline": "whether the deadlines of their ticket were kept"}
LABELS: dict[str, dict[str, str]] = {
    "kind": {"person": "Persons", "company": "Companies"},
    "ticket_kind": {"inquiry": "Question", "complaint": "Complaint", "service_request": "Service request"},
    "ticket_priority": {"low": "Low", "normal": "Normal", "high": "High"},
    "ticket_channel": {"email": "E-mail", "phone": "Phone", "chat": "Chat", "visit": "Visit", "letter": "Letter",
                       "social": "Social media", "other": "Other way"},
    "ticket_deadline": {MISSED: "Deadline missed", KEPT: "Deadlines kept"},
    "stage": {"lead": "Lead", "prospect": "Prospect", "customer": "Customer", "former": "Former"}}
SIZES = {"tiny": "hardly any effect", "small": "a small effect", "medium": "a medium effect", "large": "a large effect"}
TESTS = {"welch": "Welch's test (recommended)", "classic": "Classic analysis of variance", "kruskal": "Ranks (Kruskal-Wallis)"}
WAYS = {"robust": "Robust (recommended)", "classic": "Classic analysis of variance"}
PAIRED = {"welch": "Games-Howell", "classic": "Tukey", "kruskal": "Mann-Whitney with Holm's correction"}
REAL, UNSURE, UNKNOWN = "Real", "Can't tell", "–"
GOOD, CARE = ":green[:material/check_circle:]", ":orange[:material/warning:]"
NAMED = 3  # at most, in a sentence


def measures(asked: pd.DataFrame) -> dict[str, tuple[str, str | None]]:
    """What can be compared: each kind of question as a whole, then each of its questions where it has several."""
    found: dict[str, tuple[str, str | None]] = {}
    for metric in asked["metric"].unique():
        found[METRICS[metric]] = (metric, None)
    for metric, part in asked.groupby("metric", sort=False):
        if len(part) > 1:
            for item in part["item"]:
                found[item if item not in found else f"{item} ({METRICS[metric]})"] = (metric, item)
    return found


def groupings(glance: pd.DataFrame) -> dict[str, str]:
    """What customers can be compared by, by the words of it; the usual ones first."""
    there = list(glance["grouping"])
    order = [name for name in NAMES if name in there] + sorted(name for name in there if name not in NAMES)
    found: dict[str, str] = {}
    for name in order:
        spoken = name_of(name)
        found[spoken if spoken not in found else f"{spoken} (own field)"] = name
    return found


def name_of(grouping: str | None) -> str:
    """A grouping in words."""
    return NAMES.get(grouping or "", (grouping or "").removeprefix(CUSTOM))


def spoken(grouping: str | None) -> str:
    """The same inside a sentence, escaped for Markdown."""
    return SPOKEN.get(grouping or "") or f"“{words.plain(name_of(grouping))}”"


def labels(grouping: str | None) -> Mapping[str, str]:
    """The program's own names of groups in words; the owner's stay as they are."""
    return {OTHERS: "All others", **LABELS.get(grouping or "", {})}


def label(grouping: str | None, name: str) -> str:
    return labels(grouping).get(name, name)


def axis(found: GroupComparison) -> str:
    return f"Mean score, {found.scale_min:g} to {found.scale_max:g}"


def between(low: float, high: float) -> str:
    """An interval of scores."""
    return UNKNOWN if np.isnan(low) or np.isnan(high) else f"{low:.2f} to {high:.2f}"


def verdict(found: GroupComparison, glance: pd.DataFrame) -> str:
    """Whether the groups differ, how much, and how large that is; then what else makes a difference."""
    return f"{_difference(found) if found.different else _no_difference(found)}\n\n{_elsewhere(found, glance)}"


def _difference(found: GroupComparison) -> str:
    by, told = found.group_name, found.pairs[found.pairs["different"].eq(True)]
    name = spoken(by)
    effect = (f"This explains {words.share(found.omega_squared)} of all differences between customers: "
              f"{SIZES[found.effect or 'tiny']}.")
    if found.omega_squared < 0.005:
        effect = f"It explains less than 1 % of all differences between customers: {SIZES[found.effect or 'tiny']}."
    if told.empty:
        return (f"**There is a real difference by {name}**, though no two groups can be told apart surely. "
                f"{effect}")
    row = told.loc[told["difference"].abs().idxmax()]
    best, worst = (row["group_a"], row["group_b"]) if row["difference"] > 0 else (row["group_b"], row["group_a"])
    figures = found.groups.set_index("group")
    return (f"**There is a real difference by {name}: “{words.plain(label(by, best))}” above “{words.plain(label(by, worst))}”.** "
            f"On average {figures.loc[best, 'mean']:.2f} against {figures.loc[worst, 'mean']:.2f} of {found.scale_max:g}, from "
            f"{words.count(figures.loc[best, 'n'])} and {words.count(figures.loc[worst, 'n'])} customers: more than "
            f"chance explains. {effect}")


def _no_difference(found: GroupComparison) -> str:
    name = spoken(found.group_name)
    inside = found.groups[found.groups["compared"]]
    head = (f"**There is no difference by {name} that chance would not explain.** The means of {words.count(len(inside))} groups with "
            f"{words.count(inside['n'].sum())} scores lie between {inside['mean'].min():.2f} and {inside['mean'].max():.2f} of "
            f"{found.scale_max:g}.")
    hint = found.pairs[found.pairs["different"].eq(True)]
    if len(hint):
        first, second = (words.plain(label(found.group_name, hint.iloc[0][side])) for side in ("group_a", "group_b"))
        return (f"{head} Taken by themselves “{first}” and “{second}” do differ; with no difference over all groups, take it as a "
                "hint.")
    reach = np.fmax(found.pairs["low"].abs(), found.pairs["high"].abs()).max()
    return head if np.isnan(reach) else f"{head} A true difference of up to {reach:.1f} points between two of them cannot be ruled out."


def _elsewhere(found: GroupComparison, glance: pd.DataFrame) -> str:
    others = glance[glance["different"] & (glance["grouping"] != found.group_name)]
    looked = words.count(len(glance))
    if len(glance) < 2:
        return "There is no other way to part your customers that has two groups with enough scores."
    if others.empty:
        return f"Of {looked} ways to part your customers, no other makes a difference that is more than chance."
    named = ", ".join(spoken(name) for name in others["grouping"].head(NAMED))
    if len(others) > NAMED:
        return (f"Of {looked} ways to part your customers, {words.count(len(others))} others make a difference too; most of all by "
                f"{named}.")
    return f"Of {looked} ways to part your customers, there is a difference also by {named}."


def trust(found: GroupComparison) -> list[tuple[str, str]]:
    """What to keep in mind: a sign and a sentence each; what needs care first."""
    checked = found.checked
    if checked is None:
        return []
    lines = [_test_line(found), _several_line(found), _size_line(found), _spread_line(found), _shape_line(found),
             _agreement_line(found), *_missing_lines(found)]
    if checked.anonymous:
        lines.append((CARE, "1 answer is anonymous; it counts as a person of its own." if checked.anonymous == 1 else
                      f"{words.count(checked.anonymous)} answers are anonymous. Each counts as a person of its own, for "
                      "nobody can tell who gave several."))
    return sorted((line for line in lines if line is not None), key=lambda line: line[0] != CARE)


def _test_line(found: GroupComparison) -> tuple[str, str] | None:
    agreeing = found.checked.agreeing
    if found.test == "kruskal" and agreeing:
        return CARE, (f"All scores are equal in {_some(found, agreeing)}. That leaves no spread to measure means by, so ranks are "
                      "compared.")
    if found.note is not None:
        return CARE, words.plain(found.note)
    if found.test != found.checked.recommended:
        return CARE, "You chose another test than the one that is recommended here, Welch's; see “More options”."
    return None


def _several_line(found: GroupComparison) -> tuple[str, str]:
    checked = found.checked
    if not checked.in_several:
        return GOOD, f"Each of {words.count(checked.persons)} customers counts once, however often he or she answered."
    told = f"{words.count(checked.in_several)} of {words.count(checked.persons)} customers are in more than one group"
    if found.test == "welch":
        return GOOD, f"{told}. The test knows that they are the same people."
    return CARE, f"{told}. This test takes them for different people; the recommended one does not."


def _size_line(found: GroupComparison) -> tuple[str, str]:
    few = found.checked.few
    if not few:
        return GOOD, "Every group has at least 30 customers."
    if len(few) == 1:
        return CARE, f"{_some(found, few)} has fewer than 30 customers, so its mean is rough."
    return CARE, f"{words.count(len(few))} groups have fewer than 30 customers, so their means are rough: {_some(found, few)}."


def _spread_line(found: GroupComparison) -> tuple[str, str]:
    checked = found.checked
    if not checked.spreads_differ:
        return GOOD, "The groups agree among themselves about equally well."
    if np.isnan(checked.spread_ratio):
        return (GOOD if found.test == "welch" else CARE), "Some groups agree among themselves far more than others."
    told = (f"Opinions are {checked.spread_ratio:.1f} times as far apart in {words.plain(label(found.group_name, checked.widest_group))} "
            f"as in {words.plain(label(found.group_name, checked.narrowest_group))}.")
    if found.test == "welch":
        return GOOD, f"{told} The test allows for that."
    return CARE, f"{told} This test takes them for alike, and may see what is not there; the recommended one does not."


def _shape_line(found: GroupComparison) -> tuple[str, str]:
    skewed = found.checked.skewed
    if not skewed:
        return GOOD, "No group is too lopsided for its size to have a meaningful mean."
    return CARE, f"Scores are lopsided for so few customers in {_some(found, skewed)}; look at “Compare methods” too."


def _agreement_line(found: GroupComparison) -> tuple[str, str]:
    if found.checked.tests_agree:
        return GOOD, "All three tests say the same."
    return CARE, "The three tests do not agree, so take this as a hint only; see “Compare methods”."


def _missing_lines(found: GroupComparison) -> list[tuple[str, str]]:
    lines = []
    if found.left_out:
        lines.append((CARE, f"Left out, for they are too small: {_some(found, found.left_out)}."))
    if found.joined:
        lines.append((GOOD, f"Put together, for they are small: {_some(found, found.joined)}."))
    if found.ungrouped:
        lines.append((CARE if found.ungrouped > found.checked.persons else GOOD,
                      "1 customer with a score is in none of these groups." if found.ungrouped == 1 else
                      f"{words.count(found.ungrouped)} customers with a score are in none of these groups."))
    return lines


def _some(found: GroupComparison, names: tuple[str, ...]) -> str:
    named = ", ".join(words.plain(label(found.group_name, name)) for name in names[:NAMED])
    return named if len(names) <= NAMED else f"{named} and {words.count(len(names) - NAMED)} more"


def pairs(found: GroupComparison) -> pd.DataFrame:
    """above, below, difference (0 and more), sure, range, often; the sure first, then the largest."""
    table, by = found.pairs, found.group_name
    turned = (table["difference"] < 0).to_numpy()
    low, high = np.where(turned, -table["high"], table["low"]), np.where(turned, -table["low"], table["high"])
    first, second = table["group_a"].to_numpy(dtype=object), table["group_b"].to_numpy(dtype=object)
    rows = pd.DataFrame({
        "above": [label(by, name) for name in np.where(turned, second, first)],
        "below": [label(by, name) for name in np.where(turned, first, second)],
        "difference": table["difference"].abs(),
        "sure": [UNKNOWN if one is None else REAL if one else UNSURE for one in table["different"]],
        "range": [between(start, stop) for start, stop in zip(low, high, strict=True)],
        "often": 100 * np.where(turned, 1 - table["superiority"], table["superiority"])})
    return rows.assign(order=rows["sure"] != REAL).sort_values(
        ["order", "difference"], ascending=[True, False], kind="stable", ignore_index=True).drop(columns="order")


def pairs_line(sure: int, pairs: int) -> str:
    if pairs == 1:
        return "The two groups differ surely." if sure else "The two groups cannot be told apart surely."
    if not sure:
        return f"None of {words.count(pairs)} pairs of groups can be told apart surely."
    return f"{words.count(sure)} of {words.count(pairs)} pairs of groups differ surely."


def glance_rows(glance: pd.DataFrame) -> pd.DataFrame:
    """grouping, explains (%), sure, happiest, least; all in words."""
    by = list(glance["grouping"])
    return pd.DataFrame({
        "grouping": [name_of(name) for name in by], "explains": glance["omega_squared"] * 100,
        "sure": [REAL if one else UNSURE for one in glance["different"]],
        "happiest": [label(one, name) for one, name in zip(by, glance["happiest"], strict=True)],
        "least": [label(one, name) for one, name in zip(by, glance["least_happy"], strict=True)]})


def two_way(found: TwoWay, glance: pd.DataFrame) -> list[str]:
    """What remains of each grouping when the other is held equal, whether one depends on the other, and on how many customers
    that rests beside those of each grouping alone (`glance`)."""
    first, second = spoken(found.first_name), spoken(found.second_name)
    effects = found.effects.set_index("effect")
    told = {effect: effects.loc[effect, "different"] for effect in ("first", "second", "both")}
    sentences = []
    if told["both"]:
        sentences.append(f"**The differences by {first} depend on {second}.** Look at the lines one by one: they do not run alike, "
                         "and an average over them says little.")
    if told["first"] is None:
        sentences.append(f"Whether there is a difference by {first}, with {second} held equal, cannot be told from so few customers.")
    elif told["first"]:
        sentences.append(f"**There is a real difference by {first}, also with {second} held equal.** It explains "
                         f"{words.share(effects.loc['first', 'partial_omega_squared'])} of the differences that are left: "
                         f"{SIZES[effects.loc['first', 'size'] or 'tiny']}.")
    else:
        sentences.append(f"**With {second} held equal, there is no difference by {first} that chance would not explain.**")
    if told["second"] is not None:
        sentences.append(f"There is a difference by {second} too, with {first} held equal." if told["second"]
                         else f"By {second} there is none of its own that chance would not explain.")
    if told["both"] is None:
        sentences.append("Whether one depends on the other cannot be told: too few customers are in both at once.")
    elif not told["both"]:
        sentences.append("Neither seems to depend on the other; the lines run about alike.")
    sentences.append(_rests_on(found, glance))
    return [" ".join(sentences), *([f":gray[{note}]"] if (note := _two_way_note(found)) else [])]


def _rests_on(found: TwoWay, glance: pd.DataFrame) -> str:
    """On how many customers the answer rests; fewer show less than each grouping alone."""
    alone = glance.set_index("grouping")["persons"].reindex([found.first_name, found.second_name]).dropna()
    more = alone[alone > found.persons]
    if more.empty:
        return f"This rests on {words.count(found.persons)} customers."
    alone = " and ".join(f"the difference by {spoken(name)} alone on {words.count(int(persons))}" for name, persons in more.items())
    return (f"This rests on the {words.count(found.persons)} customers who are in both groupings, {alone}. Fewer customers show less, so "
            "a difference that is real there may not show here.")


def _two_way_note(found: TwoWay) -> str:
    parts = []
    if found.note is not None:
        parts.append(words.plain(found.note))
    if found.thin and found.method == "robust":
        parts.append(f"Left out of the test: 1 combination of fewer than {FEWEST_IN_CELL} customers." if found.thin == 1 else
                     f"Left out of the test: {words.count(found.thin)} combinations of fewer than {FEWEST_IN_CELL} customers.")
    if found.empty:
        parts.append(f"Combinations without anybody: {words.count(found.empty)}.")
    if found.left_out:
        named = ", ".join(words.plain(name) for name in found.left_out[:NAMED])
        more = len(found.left_out) - NAMED
        parts.append(f"Groups left out: {named}." if more <= 0 else f"Groups left out: {named} and {words.count(more)} more.")
    if found.in_several:
        parts.append(f"{words.count(found.in_several)} of {words.count(found.persons)} customers are in several combinations"
                     + ("; the test knows it." if found.method == "robust" else "; this test takes them for different people."))
    return " ".join(parts)


def told_by_tests(found: GroupComparison) -> pd.DataFrame:
    """What each test says: test, sure, p_value (in words), statistic, df_between, df_within."""
    table = found.tests
    return pd.DataFrame({"test": [TESTS[name] for name in table["test"]], **_told(table)})


def two_way_tests(found: TwoWay) -> pd.DataFrame:
    """The same for both groupings at once, with the effect."""
    spoken = {"first": name_of(found.first_name), "second": name_of(found.second_name), "both": "One depends on the other"}
    return pd.DataFrame({"effect": [spoken[name] for name in found.tests["effect"]],
                         "test": [WAYS[name] for name in found.tests["method"]], **_told(found.tests)})


def _told(table: pd.DataFrame) -> dict:
    return {"sure": [UNKNOWN if np.isnan(p) else REAL if p < 0.05 else UNSURE for p in table["p_value"]],
            "p_value": [by_chance(p) for p in table["p_value"]], "statistic": table["statistic"],
            "df_between": table["df_between"], "df_within": table["df_within"]}


def by_chance(p_value: float) -> str:
    """How often chance does so much.

    >>> by_chance(0.0412), by_chance(1e-9), by_chance(float("nan"))
    ('4.1 %', 'below 0.1 %', '–')
    """
    return UNKNOWN if np.isnan(p_value) else "below 0.1 %" if p_value < 0.001 else words.share(p_value, 1)


def method(result: Happier, glance: pd.DataFrame) -> None:
    """The formulas, where they come from, and their limits; with the numbers of this comparison."""
    found = result.comparison
    row = found.tests.set_index("test").loc[found.test]
    st.markdown(
        "**Who counts.** Each customer counts once in each group, with the mean of his or her answers there; an anonymous form "
        "counts by itself. “Not applicable” is no score. Two answers of one customer are not two opinions, and the tests ask for "
        "independent ones.")
    st.markdown("**Welch's test** (1951) weighs every group by how sure its mean is, so that groups need not be equally large nor "
                "equally spread:")
    st.latex(r"F = \frac{\frac{1}{k-1}\sum_j w_j(\bar x_j-\tilde x)^2}{1+\frac{2(k-2)}{k^2-1}\sum_j\frac{(1-w_j/w)^2}{n_j-1}}"
             r"\qquad w_j=\frac{n_j}{s_j^2}")
    written = "unknown" if np.isnan(row["df_within"]) else f"{row['df_within']:.1f}"
    st.markdown(
        f"Here: {TESTS[found.test]}, statistic {found.statistic:.2f} with {row['df_between']:.0f} and {written} degrees of freedom, "
        f"p = {found.p_value:.2g}. Pairs by {PAIRED[found.test]}, corrected for looking at {words.count(len(found.pairs))} of them.")
    if found.shuffled:
        st.markdown(
            "Some groups are small, so p is told by dealing the scores out anew to the groups 999 times (Janssen 1997). With many "
            "small groups the formula alone alarms falsely in up to 14 % of simulated cases, this in 3 to 6 %.")
    st.markdown(
        "It is used whatever the spreads look like: to test the spreads first and choose by that alarms falsely more often "
        "(Zimmerman 2004). Where spreads and sizes differ, the classic test found a difference where there was none in 18 % of "
        "simulated cases, ranks in 15 %, Welch's in 5 %.")
    st.markdown(
        "**Customers in several groups** (of products, say) bring the covariance of the groups' means with them (Bell & McCaffrey "
        "2002), and F the degrees of freedom of Pustejovsky & Tipton (2018). In simulations this alarms falsely in 3 to 6 % of "
        "cases; tests that take them for different people miss most real differences.")
    st.latex(r"\omega^2=\frac{SS_b-(k-1)\,MS_w}{SS_t+MS_w}")
    st.markdown(
        f"**How large.** ω² = {found.omega_squared:.3f} (η² = {found.eta_squared:.3f}) is the share of all differences between "
        "customers that the groups explain. Below 1 % it is called hardly any effect, below 6 % small, below 14 % medium (Cohen 1988).")
    both = result.two_ways
    if both is not None:
        effects = both.effects.set_index("effect")["partial_eta_squared"]
        st.markdown(
            f"**Two groupings at once**: type {both.squares} sums of squares (Yates 1934), robust by Johansen (1980). Partial η²: "
            f"{effects['first']:.3f} and {effects['second']:.3f}, of one depending on the other {effects['both']:.3f}. With unequal "
            "spreads the classic analysis of variance found what was not there in 13 to 42 % of simulated cases, this one in 3 to 7 %.")
    st.markdown(
        f"**Looking at many groupings** finds some difference by luck alone: {words.count(len(glance))} were compared here, and "
        "“Real” in their list is corrected for that (Benjamini & Hochberg 1995). A difference between groups is no cause: who came "
        "through one channel may differ in much else.")
