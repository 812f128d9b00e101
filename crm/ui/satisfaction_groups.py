"""The tab "Who is happier": by what customers differ, the verdict on one comparison, and how far it can be trusted."""

from datetime import date

import pandas as pd
import streamlit as st

from crm.analytics.satisfaction import group_charts
from crm.analytics.satisfaction.groups import FEWEST
from crm.jobs.satisfaction import groups
from crm.services import scores
from crm.ui import audience, chart, page, run, satisfaction_group_words, words
from crm.ui.audience import Audience

TESTS = {"Recommended: Welch's test": "welch", "Classic analysis of variance": "classic", "Ranks: Kruskal-Wallis": "kruskal"}
WAYS = {"Recommended: robust": "robust", "Classic analysis of variance": "classic"}
SQUARES = {"Each with the other held equal (type II)": "II", "All cells weigh the same (type III)": "III"}
SMALL = {"Leave them out": 0, "Put them together": 1}
SHOWN_PAIRS, SHOWN_GROUPINGS = 10, 10  # rows before a table scrolls


def draw(*, as_of: date, among: Audience | None) -> None:
    """The whole tab."""
    with page.advice():
        asked = audience.ask(groups.asked, among, as_of=as_of)
        answer, controls = st.container(), page.controls()
        measures = satisfaction_group_words.measures(asked)
        if not measures:
            st.info("To see who is happier, bring in answers to a survey, or make a survey and ask your customers.",
                    icon=":material/lightbulb:")
            return
        with controls:
            measure = st.selectbox("What they said", list(measures), key="happier_measure", width=260)
        _compare(as_of, among, measures.get(measure) or next(iter(measures.values())), answer, controls)


def _compare(as_of: date, among: Audience | None, measure: tuple[str, str | None], answer, controls) -> None:
    metric, item = measure
    saved_run = run.fresh(scores.newest_run, analysis="segments")
    fewest = int(st.session_state.get("happier_fewest", FEWEST))
    asked = {"metric": metric, "item": item, "segments_run": saved_run, "fewest": fewest}
    glance = audience.ask(groups.glance, among, as_of=as_of, doing="Comparing your customers", **asked)
    offered = satisfaction_group_words.groupings(glance)
    if not offered:
        with controls:
            _fewest()
        st.info("There are not yet two groups of customers with enough scores to compare. Ask for a smaller group at least, or "
                "bring in more answers.", icon=":material/lightbulb:")
        return
    keys = list(offered.values())
    strongest = glance["grouping"].iloc[0]
    with controls:
        # By the measure, for each has its own strongest grouping to begin with.
        spoken = st.selectbox("Compare by", list(offered), index=keys.index(strongest), key=f"happier_by_{metric}_{item}", width=210)
        by = offered.get(spoken, strongest)
        second = st.selectbox("And also by", [name for name in offered if offered[name] != by], index=None,
                              key=f"happier_then_{metric}_{item}", placeholder="Nothing else", width=210,
                              help="Tells whether a difference remains when something else is held equal.")
        with st.popover("More options", icon=":material/tune:"):
            test = TESTS[st.selectbox("Test", list(TESTS), key="happier_test")]
            _fewest()
            join = SMALL[st.selectbox("Smaller groups", list(SMALL), key="happier_join")]
            method = WAYS[st.selectbox("Test of two groupings", list(WAYS), key="happier_method", disabled=second is None)]
            squares = SQUARES[st.selectbox("What is held equal", list(SQUARES), key="happier_squares", disabled=second is None)]
    result = audience.ask(groups.run, among, as_of=as_of, doing="Comparing your customers", by=by, then=offered.get(second),
                          test=test, method=method, squares=squares, join=join, **asked)
    with answer:
        page.answer(satisfaction_group_words.verdict(result.comparison, glance))
    _pictures(result.comparison)
    if second is not None:
        _second(result, glance)
    # Below one another: the names of groups are long, and half the page cuts them off.
    with page.card("Which groups differ", key="happier_pairs_card"):
        _pairs(result.comparison)
    with page.card("What tells happy customers apart", key="happier_glance_card"):
        _glance(glance)
    with st.expander("Compare methods", key="happier_methods", on_change="rerun") as box:
        if box.open:
            _methods(result)
    with st.expander("How this comparison is computed", icon=":material/function:", key="happier_method_text"):
        satisfaction_group_words.method(result, glance)


def _fewest() -> None:
    st.number_input("Fewest customers in a group", min_value=2, max_value=1000, value=FEWEST, step=1, key="happier_fewest",
                    help="The mean of a smaller group says little, and tests of it go wrong.")


def _pictures(found) -> None:
    left, right = st.columns([3, 2])
    name = satisfaction_group_words.name_of(found.group_name)
    with left, page.card(name, key="happier_means_card"):
        names = satisfaction_group_words.labels(found.group_name)
        chart.show(group_charts.means(found, names=names, axis=satisfaction_group_words.axis(found)), key="happier_means",
                   alt=f"Mean score by {name} with its 95 % interval and the number of customers, the happiest on top.")
        page.download(lambda _session: found.groups, file_name="happier.csv", key="download_happier")
    with right, page.card("How far to trust it", key="happier_trust_card"):
        for sign, sentence in satisfaction_group_words.trust(found):
            st.markdown(f"{sign} {sentence}")


def _second(result: groups.Happier, glance: pd.DataFrame) -> None:
    found = result.two_ways
    if found is None:
        st.info(words.plain(result.missing), icon=":material/lightbulb:")
        return
    name = satisfaction_group_words.name_of
    with page.card(f"{name(found.first_name)} and {name(found.second_name)}", key="happier_two_card"):
        for sentence in satisfaction_group_words.two_way(found, glance):
            st.markdown(sentence)
        left, right = st.columns([3, 2])
        with left:
            chart.show(group_charts.two_ways(found, first_names=satisfaction_group_words.labels(found.first_name),
                                             second_names=satisfaction_group_words.labels(found.second_name)),
                       key="happier_two", alt="Mean score by both groupings; parallel lines mean that neither depends on the other.")
        with right:
            _adjusted(found)


def _adjusted(found) -> None:
    """The first grouping's means as they are, and with the second one held equal."""
    rows = found.adjusted[found.adjusted["factor"] == "first"].sort_values("adjusted", ascending=False)
    names = satisfaction_group_words.labels(found.first_name)
    st.dataframe(pd.DataFrame({
        "group": [names.get(one, one) for one in rows["group"]], "mean": rows["mean"], "adjusted": rows["adjusted"],
        "range": [satisfaction_group_words.between(low, high) for low, high in zip(rows["low"], rows["high"], strict=True)]}), hide_index=True, height="content" if len(rows) <= 10 else 388, key="happier_adjusted",
        alt="Means with the other grouping held equal", column_config={
        "group": st.column_config.TextColumn("Group", width=110),
        "mean": st.column_config.NumberColumn("Mean", format="%.2f", width=60),
        "adjusted": st.column_config.NumberColumn("Held equal", format="%.2f", width=85,
                                                  help="The mean that the group would have with the same mix of the other grouping "
                                                       "as everybody"),
        "range": st.column_config.TextColumn("Surely within", width=100, help="The 95 % interval of the mean held equal")})


def _pairs(found) -> None:
    pairs = satisfaction_group_words.pairs(found)
    sure = int((pairs["sure"] == satisfaction_group_words.REAL).sum())
    st.caption(satisfaction_group_words.pairs_line(sure, len(pairs)))
    st.dataframe(pairs, hide_index=True, height="content" if len(pairs) <= SHOWN_PAIRS else 388, key="happier_pairs",
                 alt="Every two groups, those that differ surely first", placeholder="–", column_config={
        "above": st.column_config.TextColumn("Happier", width=180), "below": st.column_config.TextColumn("Less happy", width=180),
        "difference": st.column_config.NumberColumn("Difference", format="%.2f", width=80, help="Points of the scale between the two means"),
        "sure": st.column_config.TextColumn("Real?", width=68, help="More than chance explains, all pairs taken together"),
        "range": st.column_config.TextColumn("Surely within", width=98,
                                             help="The 95 % interval of the difference, all pairs taken together"),
        "often": st.column_config.NumberColumn("Of 100 pairs", format="%.0f", width=92,
                                               help="Take one customer of each group by chance, 100 times: in so many of these pairs "
                                                    "the first is the happier one; 50 is no difference")})


def _glance(glance: pd.DataFrame) -> None:
    st.caption("Every way to part your customers, the largest difference first.")
    rows = satisfaction_group_words.glance_rows(glance)
    st.dataframe(rows, hide_index=True, height="content" if len(rows) <= SHOWN_GROUPINGS else 388, key="happier_glance",
                 alt="Every grouping with what it explains", column_config={
        "grouping": st.column_config.TextColumn("Grouping", width=180),
        "explains": st.column_config.NumberColumn("Explains", format="%.0f %%", width=62,
                                                  help="Of all differences between customers"),
        "sure": st.column_config.TextColumn("Real?", width=72,
                                            help="More than chance explains, though so many ways were looked at"),
        "happiest": st.column_config.TextColumn("Happiest", width=180),
        "least": st.column_config.TextColumn("Least happy", width=180)})


def _methods(result: groups.Happier) -> None:
    st.dataframe(satisfaction_group_words.told_by_tests(result.comparison), hide_index=True, height="content", key="happier_tests",
                 placeholder="–", alt="What each test says", column_config=_test_columns())
    if result.two_ways is not None:
        st.dataframe(satisfaction_group_words.two_way_tests(result.two_ways), hide_index=True, height="content",
                     key="happier_two_tests", placeholder="–", alt="What each test of both groupings says",
                     column_config={"effect": st.column_config.TextColumn("Of", width=200), **_test_columns()})


def _test_columns() -> dict:
    return {"test": st.column_config.TextColumn("Test", width=230), "sure": st.column_config.TextColumn("Real?", width=80),
            "p_value": st.column_config.TextColumn("By chance in", width=110,
                                                   help="How often chance alone would show so much, if there were no difference"),
            "statistic": st.column_config.NumberColumn("Statistic", format="%.2f", width=80),
            "df_between": st.column_config.NumberColumn("Degrees of freedom", format="%.0f", width=140),
            "df_within": st.column_config.NumberColumn("within", format="%.1f", width=80)}
