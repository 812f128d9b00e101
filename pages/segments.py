"""Who are your customers? Groups by clear rules or found in the data, what sets them apart, and how they change."""

import streamlit as st

from crm import jobs
from crm.services import settings
from crm.ui import (
    feature_cards,
    filters,
    group_view,
    page,
    rfm_editor,
    run,
    saved_segments,
    saving,
    segment_cards,
    segment_choices,
    segment_history,
    segment_words,
    words,
)

page.question("Who are your customers?")
currency = run.fresh(settings.company).currency
intro, controls = st.container(), page.controls()
with page.advice():
    with controls:
        as_of = filters.as_of()
        by_rules = segment_choices.way() == segment_choices.WAYS[0]
        if by_rules:
            rfm_editor.draw(as_of)
            how = segment_choices.rules()
        else:
            with st.popover("More options", icon=":material/tune:"):
                how = segment_choices.found(as_of)
    result = run.cached(segment_choices.question_for(how), as_of=as_of, **how, doing="Grouping your customers")
    with intro:
        page.answer(segment_words.sentence(result, currency))
    with controls:
        saving.button(jobs.segments.save, result, key="save_segments")
    titles = ["The groups", "What sets them apart", "Over time", "Compare methods", "Saved segments"]
    if not by_rules:
        titles.insert(2, "How many groups")
    tabs = dict(zip(titles, st.tabs(titles, key="segment_tabs", on_change="rerun"), strict=True))
    if tabs["The groups"].open:
        with tabs["The groups"]:
            segment_cards.groups(result, how, currency)
    if tabs["What sets them apart"].open:
        with tabs["What sets them apart"]:
            segment_cards.rules(result, how, as_of)
    if not by_rules and tabs["How many groups"].open:
        with tabs["How many groups"]:
            segment_cards.number(result)
    if tabs["Over time"].open:
        with tabs["Over time"]:
            if not by_rules:
                st.caption("Over time, the groups of the clear rules are followed.")
            segment_history.draw(as_of)
    if tabs["Compare methods"].open:
        with tabs["Compare methods"]:
            segment_cards.compare(result, how, as_of)
    if tabs["Saved segments"].open:
        with tabs["Saved segments"]:
            saved_segments.draw(as_of)
    if not by_rules:
        with st.expander("The features, one by one", icon=":material/bar_chart:", key="features", on_change="rerun") as features:
            if features.open:
                feature_cards.draw(result, currency)
    with page.explanation("segments_method"):
        segment_words.method(result, words.day(as_of))
        if result.groups is not None:
            group_view.measures(result.groups)
