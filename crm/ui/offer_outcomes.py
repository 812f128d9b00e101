"""What became of the offers? Of the accepted ones, what was bought since; and what was dismissed, with the way back."""

from datetime import date

import pandas as pd
import streamlit as st

from crm import jobs
from crm.jobs.recommendations import Outcomes
from crm.services import offers
from crm.ui import page, run, words

SHOWN = 200  # rows on the page; the download has all
QUESTIONS = {"new": "Something new", "repeat": "Buy again"}


def draw(as_of: date, currency: str) -> None:
    """Both lists, whatever question they answered."""
    found = run.cached(jobs.recommendations.outcomes, as_of=as_of)
    st.markdown(sentence(found, currency))
    if found.accepted:
        _accepted(found, currency)
    _dismissed()


def sentence(found: Outcomes, currency: str) -> str:
    """How many of the accepted were bought, with the range, and how long it took."""
    if not found.accepted:
        return ("No offer was accepted yet. Accept offers, or make tasks of them: then it is told here which of them were bought, and "
                "after how long.")
    number = words.count(found.accepted)
    waited = "" if found.accepted == found.bought else (
        f"waiting for {_days(found.median_days_waited)}" if found.accepted - found.bought == 1 else
        f"waiting for {_days(found.median_days_waited)} (the middle one)")
    expected = "" if not found.with_chance else (
        f" Had each of these customers ordered once since, about {found.expected:.1f} of the offers would have been bought.")
    if not found.bought:
        head = "**The accepted offer was not bought yet**" if found.accepted == 1 else f"**None of the {number} accepted offers was bought yet**"
        return f"{head}, {waited}.{expected}"
    head = f"**{words.count(found.bought)} of {number} accepted offers {'was' if found.bought == 1 else 'were'} bought since**"
    others = f" The others are {waited}." if waited else ""
    return (f"{head}: {words.share(found.share)} ({words.share(found.low)} to {words.share(found.high)}). They brought "
            f"{page.amount(found.amount, currency)}; half of them came within {_days(found.median_days_until_bought)}.{others}{expected} "
            "Some would have bought without an offer: only customers who are left alone could tell how many.")


def _days(number: float) -> str:
    return "1 day" if round(number) == 1 else f"{words.count(round(number))} days"


def _accepted(found: Outcomes, currency: str) -> None:
    table = found.table
    shown = table.head(SHOWN)
    event = st.dataframe(
        pd.DataFrame({"customer": shown["customer_name"], "product": shown["product_name"], "on": shown["decided_on"],
                      "bought": shown["bought_on"], "days": shown["days_waited"].where(shown["bought_on"].notna()),
                      "amount": shown["amount"], "question": shown["question"].map(QUESTIONS)}),
        key=f"offers_accepted_{run.current().key}_{hash(tuple(shown['decision_id']))}", hide_index=True,
        height="content" if len(shown) <= 10 else 35 * 11, placeholder="–", on_select="rerun", selection_mode="multi-row",
        alt="Accepted offers, the newest first", column_config={
            "customer": st.column_config.TextColumn("Customer", width=170), "product": st.column_config.TextColumn("Product", width=200),
            "on": st.column_config.DateColumn("Accepted", format="D MMM YYYY", width=100),
            "bought": st.column_config.DateColumn("Bought", format="D MMM YYYY", width=100),
            "days": st.column_config.NumberColumn("After days", format="%d", width=85),
            "amount": st.column_config.NumberColumn("For", format=f"{words.sign(currency)} %,.2f", width=90),
            "question": st.column_config.TextColumn("Offer", width=120)})
    with st.container(horizontal=True, vertical_alignment="center"):
        _take_back(shown.iloc[event["selection"]["rows"] if event else []], key="accepted")
        page.download(lambda session: for_download(table), file_name="accepted_offers.csv", key="download_outcomes")


def _dismissed() -> None:
    gone = run.fresh(offers.decided, decision="dismissed")
    st.markdown("**Not for them**")
    if gone.empty:
        st.caption("No offer was dismissed. What you mark with “Not for them” stands here, and can be taken back.")
        return
    shown = gone.head(SHOWN)
    event = st.dataframe(
        pd.DataFrame({"customer": shown["customer_name"], "product": shown["product_name"], "on": pd.to_datetime(shown["decided_on"]),
                      "question": shown["question"].map(QUESTIONS)}),
        key=f"offers_dismissed_{run.current().key}_{hash(tuple(shown['decision_id']))}", hide_index=True,
        height="content" if len(shown) <= 10 else 35 * 11, on_select="rerun", selection_mode="multi-row",
        alt="Dismissed offers, the newest first", column_config={
            "customer": st.column_config.TextColumn("Customer", width=200), "product": st.column_config.TextColumn("Product", width=240),
            "on": st.column_config.DateColumn("Dismissed", format="D MMM YYYY", width=110),
            "question": st.column_config.TextColumn("Offer", width=140)})
    _take_back(shown.iloc[event["selection"]["rows"] if event else []], key="dismissed")


def _take_back(marked: pd.DataFrame, *, key: str) -> None:
    """Both lists are marked at their left; what is meant is turned into ids before anything is drawn anew."""
    label = "Take back" if marked.empty else f"Take {words.count(len(marked))} back"
    st.button(label, key=f"take_back_{key}", icon=":material/undo:", disabled=marked.empty,
              help="Mark lines at the left of the table first.", on_click=_taken, args=(marked["decision_id"].tolist(),))


def _taken(decision_ids: list[int]) -> None:
    if run.command(_all_back, decision_ids) is not run.FAILED:
        st.session_state["toast"] = "Taken back."


def _all_back(session, decision_ids: list[int]) -> None:
    for decision_id in decision_ids:
        offers.take_back(session, decision_id)


def for_download(table: pd.DataFrame) -> pd.DataFrame:
    """All accepted offers with what was bought."""
    return table.drop(columns=["decision_id", "customer_id", "product_id"]).rename(columns={
        "decided_on": "accepted_on", "amount": "bought_for"}).assign(question=table["question"].map(QUESTIONS))
