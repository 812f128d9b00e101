"""On a customer's page: what this customer said in surveys."""

import pandas as pd
import streamlit as st

from crm.services import customer_answers
from crm.ui import page, run

AT_FIRST = 6


def card(customer_id: int) -> None:
    """The newest answers, all of them one click away; nothing where there are none."""
    said = run.fresh(customer_answers.of_customer, customer_id=customer_id)
    if said.empty:
        return
    with page.card("What this customer said", key="said_by_customer"):
        _table(said.head(AT_FIRST))
        if len(said) > AT_FIRST:
            with st.expander("Show all answers", key="all_said_by_customer"):
                _table(said)


def _table(said: pd.DataFrame) -> None:
    asked = said["item"].where(said["product"].isna(), said["item"] + " (" + said["product"].fillna("") + ")")
    score = [None if row.score != row.score else f"{row.score:g} of {row.scale_max:g}" for row in said.itertuples()]
    shown = pd.DataFrame({"on": said["answered_at"].dt.date, "item": asked, "score": score, "comment": said["comment"]})
    if shown["comment"].isna().all():
        shown = shown.drop(columns="comment")
    st.dataframe(shown, hide_index=True, height="content", placeholder="–", alt="What this customer said", column_config={
        "on": st.column_config.DateColumn("Day", format="D MMM YYYY", width=90),
        "item": st.column_config.TextColumn("Question", width=190),
        "score": st.column_config.TextColumn("Score", width=65),
        "comment": st.column_config.TextColumn("In their own words", width=230)})
