"""How happy are they? Scores and their course, who is happier, what drives it, what they write, and what it means for sales."""

import streamlit as st

from crm import jobs
from crm.ui import (
    audience,
    filters,
    page,
    satisfaction_comments,
    satisfaction_drivers,
    satisfaction_groups,
    satisfaction_method,
    satisfaction_money,
    satisfaction_scores,
    satisfaction_words,
)

TABS = {"Scores": satisfaction_scores.draw, "Who is happier": satisfaction_groups.draw, "What drives it": satisfaction_drivers.draw,
        "Comments": satisfaction_comments.draw, "Money": satisfaction_money.draw}

page.question("How happy are your customers?")
intro, controls = st.container(), page.controls()
with controls:
    as_of = filters.as_of()
    among = audience.chosen(as_of=as_of, help="For all figures of this page. Your saved segments, and the groups that were saved "
                                              "last on the Groups page.")
with intro:
    audience.note(among)
with page.advice():
    result = audience.ask(jobs.satisfaction.measured, among, as_of=as_of, doing="Reading the answers")
    with intro:
        page.answer(satisfaction_words.sentence(result))
    with controls:
        satisfaction_words.save_button(as_of)
    satisfaction_words.cards(result)
    # Only the open one is drawn, so that nothing is computed that nobody looks at.
    for tab, draw in zip(st.tabs(list(TABS), key="satisfaction_tab", bind="query-params"), TABS.values(), strict=True):
        if tab.open:
            with tab, page.advice():
                draw(as_of=as_of, among=among)
            if draw is satisfaction_scores.draw:  # the other tabs explain themselves
                with tab, page.explanation("satisfaction_method"):
                    satisfaction_method.draw(result)
