"""How does a list become tasks? A form over the page: how many, from which day, and whether some are held out to measure it."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from crm.analytics.churn.effect import sizing
from crm.jobs.churn import Leaving
from crm.services import contact_rounds, settings
from crm.services.contact_costs import ContactCosts
from crm.ui import churn_actions, dialogs, run, words

FORM = "churn_round"
A_WEEK = 50  # contacts that one person makes beside all other work
HOLD_OUT = {"Nobody": 0.0, "1 in 10": 0.1, "1 in 5": 0.2, "1 in 3": 1 / 3, "Half": 0.5}
# Code of contact_rounds.CONTACT_CHANNELS -> its word; what keeps customers best comes first
CHANNELS = {"phone": "Telephone", "email": "E-mail", "letter": "Letter", "visit": "Visit", "chat": "Chat",
            "social": "Social media", "other": "Other"}


def button(result: Leaving, rows: pd.DataFrame, *, proposed: int, costs: ContactCosts, currency: str) -> None:
    """The button that opens the form; `rows` are those that the list shows, the largest expected gain first, and `proposed`
    is for how many of all a contact pays."""
    dialogs.button("Make tasks", key="make_round", title="Make tasks of this list", icon=":material/add_task:", form=FORM,
                   draw=lambda: _form(result, rows, proposed, costs, currency))


def _form(result: Leaving, rows: pd.DataFrame, proposed: int, costs: ContactCosts, currency: str) -> None:
    token = run.token(FORM)
    today = max(result.as_of, run.fresh(settings.as_of))
    usual = min(max(proposed, 1), len(rows), A_WEEK)
    number = int(st.number_input("How many customers, from the top of the list", min_value=1, max_value=len(rows), value=usual,
                                 key=f"round_number_{token}"))
    first = rows.head(number)
    held = st.segmented_control("Hold out, to measure whether it helps", list(HOLD_OUT), default="Nobody", required=True,
                                key=f"round_holdout_{token}",
                                help="Those held out are drawn at random, alike from all chances, and are not contacted. Only "
                                     "with them can be told later what the contacts brought.") or "Nobody"
    st.caption(_size_note(first, success_rate=costs.success_rate, share=HOLD_OUT[held]))
    left, right = st.columns(2)
    with left:
        begins = st.date_input("Begins on", value=today, min_value=result.as_of, max_value=today + timedelta(days=365),
                               key=f"round_begins_{token}", format="YYYY-MM-DD")
    with right:
        channel = st.selectbox("By", list(CHANNELS), key=f"round_channel_{token}", format_func=CHANNELS.get)
    name = st.text_input("Name of this round", value=f"Keep customers, {words.day(begins or today)}",
                         key=f"round_name_{token}_{begins}", max_chars=contact_rounds.NAME_LIMIT)
    if st.button("Make the tasks", key=f"round_sent_{token}", type="primary"):
        made = run.command(
            contact_rounds.create, form=FORM, customers=_customers(first, currency), name=name, channel=channel,
            started_on=begins or today, as_of=result.as_of, horizon_days=result.horizon_days, cost=costs.cost,
            success_rate=costs.success_rate, holdout_share=HOLD_OUT[held])
        if made is not run.FAILED:
            dialogs.close()
            # None: a second click on the same button
            st.session_state["toast"] = "Made." if made is None else _made(made)
            st.rerun()


def _customers(rows: pd.DataFrame, currency: str) -> pd.DataFrame:
    told = rows.to_dict("records")
    return pd.DataFrame({
        "customer_id": rows["customer_id"], "probability": rows["probability"], "value": rows["value"],
        "title": [churn_actions.do(row) for row in told], "note": [churn_actions.note(row, currency) for row in told]})


def _size_note(rows: pd.DataFrame, *, success_rate: float, share: float) -> str:
    if share == 0:
        return "Everybody is contacted. Whether it helped cannot be measured then."
    size = sizing(rows["probability"], success_rate=success_rate, holdout_share=share)
    people = f"{words.count(size.contacted)} are contacted, {words.count(size.held_out)} held out."
    if size.is_enough:
        return f"{people} That is enough to see an effect as large as you expect."
    if size.needed is None:
        return f"{people} An effect as large as you expect could not be seen with any number."
    needed = (f"To see an effect as large as you expect ({words.share(size.expected_difference, 1)} more stay), about "
              f"{words.count(size.needed)} customers would be needed.")
    if size.visible_difference != size.visible_difference:
        return f"{people} {needed} With these, no effect can be seen."
    return f"{people} {needed} With these, one from about {words.share(size.visible_difference)} on is seen."


def _made(made: contact_rounds.Created) -> str:
    parts = ["1 task made." if made.contacted == 1 else f"{words.count(made.contacted)} tasks made."]
    if made.held_out:
        parts.append(f"Held out: {words.count(made.held_out)}.")
    if made.left_out:
        parts.append(f"In another round already: {words.count(made.left_out)}.")
    return " ".join(parts)
