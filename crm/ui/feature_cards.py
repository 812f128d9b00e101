"""What do the features look like, and what do the logarithm and the scale do to them? One small picture each."""

import streamlit as st

from crm.analytics import segments
from crm.ui import chart, feature_words, page


def draw(result: segments.Segmentation, currency: str) -> None:
    """Every feature of these groups: as it is, and as the grouping sees it."""
    with st.grid(min_column_width=300):
        for key in dict.fromkeys(result.groups.prepared.sources):
            with page.card(key=f"feature_{key}"):
                st.markdown(f"**{feature_words.label(key)}**")
                st.caption(feature_words.description(key))
                is_soft = key in result.groups.prepared.logged
                chart.show(segments.before_after(result.table, key, label=feature_words.axis(key, currency), log=is_soft,
                                                 scaling=result.parameters["scaling"]),
                           key=f"feature_picture_{key}", height=140,
                           alt="How many customers have which value: as it is, and as the grouping sees it.")
                if is_soft:
                    st.caption("Right: softened by the logarithm, so that a few large values do not decide alone.")
