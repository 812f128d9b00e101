"""How is a question shown to be answered here? As the owner sees it, when an answer is noted by hand or looked at before."""

import streamlit as st

from crm.services.survey_answering import NOT_APPLICABLE
from crm.services.surveys import Question
from crm.ui import words


def draw(questions: tuple[Question, ...], *, key: str, disabled: bool = False) -> dict[int, str]:
    """The questions with their scales; returns {place from 0: what was chosen or written}, those answered alone."""
    given = {}
    for place, one in enumerate(questions):
        label = f"{place + 1}. {words.plain(one.item)}{'' if one.is_required else ' :gray[(need not be answered)]'}"
        if one.kind == "comment":
            said = st.text_area(label, key=f"{key}_{place}", height=90, disabled=disabled)
        else:
            points = [str(point) for point in range(int(one.scale_min), int(one.scale_max) + 1)]
            options = [*points, NOT_APPLICABLE] if one.may_not_apply else points
            said = st.segmented_control(label, options, key=f"{key}_{place}", disabled=disabled,
                                        format_func=lambda option: "Does not apply" if option == NOT_APPLICABLE else option)
            if one.low_label or one.high_label:
                st.caption(f"{points[0]}: {words.plain(one.low_label or '–')} · {points[-1]}: {words.plain(one.high_label or '–')}")
        if said:
            given[place] = said
    return given
