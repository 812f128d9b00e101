"""What does the page of groups show? One function a tab: the groups, what sets them apart, their number, other methods."""

from datetime import date

import streamlit as st

from crm import jobs
from crm.analytics import segments
from crm.ui import chart, feature_words, group_choices, group_view, page, rule_words, run, segment_saving, segment_words

TREES = {"Few clear questions": "cart", "More branches at once": "c45"}
AXES = "Main differences"  # the plane on which the groups lie farthest apart


def groups(result: segments.Segmentation, how: dict, currency: str) -> None:
    """What the groups are, how many, what they bring, what is typical, where they lie."""
    with page.card("The groups", key="profile_card"):
        segment_words.profile_table(result, currency)
        page.download(lambda session: jobs.segments.table(result, jobs.names.customers(session)),
                      file_name="groups.csv", key="download_segments", label="Download all customers")
        segment_saving.of_groups(result, how)
    left, right = st.columns(2)
    with left, page.card("What they bring"):
        chart.show(segments.sizes(result, by="revenue"), key="sizes", height=320, currency_axis="x", currency=currency,
                   alt="Revenue of each group of customers.")
    with right, page.card("What is typical"):
        figure = segments.profile_heatmap(result) if result.groups is None else segments.heatmap(
            result.groups, names=result.names, labels=_labels(result))
        chart.show(figure, key="heatmap", height=320 if result.groups is None else None,
                   alt="What is typical of each group, darker where it differs more from the average.")
    if result.groups is None:
        with page.card("When and for how much"):
            chart.show(segments.scatter(result), key="scatter", height=360, currency_axis="y", currency=currency,
                       alt="Every customer by days since the last order and by spend, coloured by group.")
        return
    with page.card("Where they lie"):
        _plane(result)
        for note in group_view.prepared_notes(result.groups, feature_words.label):
            st.caption(note)


def rules(result: segments.Segmentation, how: dict, as_of: date) -> None:
    """The groups as rules that a person can read, with how often they are right."""
    with page.card("What sets them apart", key="rules_card"):
        tree = TREES[st.segmented_control("Rules", list(TREES), default=next(iter(TREES)), required=True,
                                          key="tree", label_visibility="collapsed")]
        found = run.cached(jobs.segments.explain, as_of=as_of, tree=tree, **dict(_fixed(how, result)),
                           doing="Looking for rules")
        rule_words.explanation(found, label=feature_words.label, key="segment_rules",
                               meanings={name: segments.colour_of(result, name) for name in result.profile["segment"]})
        segment_saving.of_rules(found, as_of=as_of)


def number(result: segments.Segmentation) -> None:
    """Why so many groups, and the picture that the method has of its own."""
    with page.card("How many groups", key="number_card"):
        if result.groups.choice is not None:
            group_view.how_many(result.groups.choice, key="segments")
        else:
            st.markdown(":gray[This kind finds the number of groups by itself.]" if not _has_number(result.parameters)
                        else ":gray[You chose the number. Choose “As many as fit best” to see how the others compare.]")
        group_view.joining(result.groups, result.names, key="segments")


def compare(result: segments.Segmentation, how: dict, as_of: date) -> None:
    """The same customers grouped in another way: how alike both are, and who goes where."""
    with page.card("Compare with another way", key="compare_card"):
        others = {"Clear rules": "rfm", **group_choices.METHODS}
        others = {name: method for name, method in others.items() if method != result.method}
        with page.controls():
            other = others[st.selectbox("Compare with", list(others), key="compare_with", width=280)]
        kept = {name: content for name, content in how.items() if name in ("features", "log", "scaling", "missing")}
        second = {"method": other} if other == "rfm" else {"method": other, **kept}
        found = run.cached(jobs.segments.compare, as_of=as_of, first=_fixed(how, result),
                           second=tuple(sorted(second.items())), doing="Grouping in both ways")
        st.markdown(segment_words.alike(found.adjusted_rand))
        chart.show(segments.flow(found, first_names=None, second_names=None), key="compare_flow",
                   alt="How the customers of each group on the left spread over the groups on the right.")
        st.caption("Left: the groups of this page. Right: the other way.")


def _plane(result: segments.Segmentation) -> None:
    features = [column for column in result.groups.prepared.sources if column in result.table]
    axes = list(dict.fromkeys(features))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        across = st.selectbox("Across", [AXES, *axes], format_func=lambda key: key if key == AXES else feature_words.label(key),
                              key="plane_x", width=240)
        up = across if across == AXES else st.selectbox("Up", [axis for axis in axes if axis != across] or axes,
                                                        format_func=feature_words.label, key="plane_y", width=240)
    x, y = (None, None) if across == AXES else (across, up)
    chart.show(segments.plane(result.groups, result.table, names=result.names, labels=_labels(result), x=x, y=y),
               key="plane", alt="Every customer as a point, coloured by group, with the centre of each group.")


def _labels(result: segments.Segmentation) -> dict[str, str]:
    return {column: feature_words.label(column) for column in
            {*result.groups.prepared.columns, *result.groups.prepared.sources}}


def _fixed(how: dict, result: segments.Segmentation) -> tuple:
    """The same arguments with the number of groups that was found, so that it is not looked for again."""
    known = {**how, "n_segments": result.parameters["n_segments"]} if _has_number(how) else how
    return tuple(sorted(known.items()))


def _has_number(how: dict) -> bool:
    return how.get("method") in group_choices.WITH_A_NUMBER
