"""Whom should one product be offered to? The customers who want it most, with why; as tasks, a segment or a file."""

from datetime import timedelta

import numpy as np
import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from crm import jobs
from crm.jobs import recommendations
from crm.jobs.recommendations import Recommendations
from crm.services import offers, settings
from crm.ui import (
    audience,
    dialogs,
    offer_customer,
    offer_memory,
    offer_reasons,
    page,
    run,
    segment_saving,
    words,
)

TOP = 100  # customers; nobody calls more in a week
FORM = "offer_product_tasks"


def draw(answer: offer_memory.Answer, among: audience.Audience | None, currency: str) -> None:
    """The card: choose a product, see whom to offer it, act."""
    audience.note(among)
    learned = answer.learned
    sold = learned.known.purchases
    catalogue = sold.catalogue[sold.may_be_offered]  # the best-selling first
    if catalogue.empty:
        st.info("No product may be offered at present: all are sold out, discontinued or excluded.", icon=":material/inventory_2:")
        return
    names = dict(zip(catalogue["product_id"].tolist(), catalogue["name"].tolist(), strict=True))
    product_id = st.selectbox("Product", list(names), format_func=lambda one: names.get(one, "?"), key=f"offer_product_{run.current().key}",
                              width=420)
    table = _wanted(answer.lists_mark, product_id, None if among is None else repr(among), answer,
                    None if among is None else among.customer_ids)
    table = table.merge(run.cached(jobs.names.customers), on="customer_id", how="inner")
    if table.empty:
        st.info("Nobody is left to offer it to: all of them have it, or it was dismissed for them." if learned.question == "new" else
                "Nobody may buy it again: nobody had it before the days that are left out under “More options”.",
                icon=":material/group_off:")
        return
    open_tasks = run.fresh(lambda session: offers.decided(session, question=learned.question, decision="accepted", product_id=int(product_id)))
    st.markdown(sentence(table, names[product_id], currency))
    marked = _table(table, open_tasks, product_id, currency)
    _buttons(answer, table, marked, product_id, names[product_id], currency)


def sentence(table: pd.DataFrame, name: str, currency: str) -> str:
    """How many are listed, and what they may bring together."""
    head = f"**{words.count(len(table))} customers to offer {words.plain(name)}**, the most promising first."
    known = table["expected_amount"].dropna()
    if known.empty:
        return head
    return (f"{head} If each of them orders once more, about {words.count(max(round(table['chance'].sum()), 0)) if table['chance'].sum() >= 1 else 'less than one'} "
            f"of these orders will hold it: {page.amount(known.sum(), currency)}.")


@st.cache_data(max_entries=32, show_spinner="Looking for customers")
def _wanted(mark: tuple, product_id: int, among: str | None, _answer: offer_memory.Answer, _ids: np.ndarray | None) -> pd.DataFrame:
    return recommendations.for_product(_answer.learned, product_id, never=_answer.never, customer_ids=_ids, top=TOP)


def _table(table: pd.DataFrame, accepted: pd.DataFrame, product_id: int, currency: str) -> pd.DataFrame:
    told = table.to_dict("records")
    is_accepted = table["customer_id"].isin(accepted["customer_id"])
    rows = pd.DataFrame({
        "name": table["customer_name"].where(~is_accepted, "✓ " + table["customer_name"]),
        "why": [offer_reasons.in_brief(row) for row in told], "chance": table["chance"] * 100, "expected": table["expected_amount"]})
    if rows["chance"].isna().all():
        rows = rows.drop(columns=["chance", "expected"])
    event = st.dataframe(
        rows, key=f"offer_wanted_{run.current().key}_{product_id}_{hash(tuple(table['customer_id']))}", hide_index=True,
        height="content" if len(rows) <= 10 else 35 * 12, placeholder="–", on_select="rerun", selection_mode="multi-row",
        alt="Customers to offer this product, one a row", column_config={
            "name": st.column_config.TextColumn("Customer", width=200, help="✓: accepted already."),
            "why": st.column_config.TextColumn("Why", width=520),
            "chance": st.column_config.NumberColumn("Chance", format="%.1f %%", width=80, help="That the next order holds it."),
            "expected": st.column_config.NumberColumn("Expected", format=f"{words.sign(currency)} %,.2f", width=90)})
    return table.iloc[event["selection"]["rows"] if event else []]


def _buttons(answer: offer_memory.Answer, table: pd.DataFrame, marked: pd.DataFrame, product_id: int, name: str, currency: str) -> None:
    st.caption("Mark customers at the left of the table to make tasks or a segment of them alone; else the buttons mean all of the list.")
    meant = marked if len(marked) else table
    who = f"{words.count(len(meant))} marked" if len(marked) else f"all {words.count(len(meant))}"
    with st.container(horizontal=True, vertical_alignment="center"):
        dialogs.button(f"Make tasks for {who}", key="offer_product_task", title="Make tasks", icon=":material/add_task:", form=FORM,
                       draw=lambda: _form(answer, meant, name, currency))
        segment_saving.save_segment_button(
            definition=None, members=meant["customer_id"].to_numpy(dtype="int64"), proposed_name=f"To offer: {name}",
            key="offer_segment", as_of=answer.learned.known.as_of, label=f"Save {who} as a segment")
        page.download(lambda session: for_download(session, answer, table), file_name="to_whom.csv", key="download_wanted",
                      label="Download this list")


def _form(answer: offer_memory.Answer, meant: pd.DataFrame, name: str, currency: str) -> None:
    token = run.token(FORM)
    day = max(answer.learned.known.as_of, run.fresh(settings.as_of))
    people = "1 customer" if len(meant) == 1 else f"{words.count(len(meant))} customers"
    st.markdown(f"One task each for **{people}**: offer {words.plain(name)}. The offers count as accepted, so that it can be told later "
                "what was bought.")
    due_on = st.date_input("Until", value=day + timedelta(days=7), min_value=day, key=f"tasks_due_{token}", format="YYYY-MM-DD")
    if st.button("Make the tasks", key=f"tasks_sent_{token}", type="primary"):
        told = meant.to_dict("records")
        wanted = meant[["customer_id", "product_id", "chance", "expected_amount"]].assign(
            title=[offer_customer.task_title(row, row["customer_name"]) for row in told],
            note=[offer_customer.task_note(row, currency) for row in told])
        made = run.command(offers.make_tasks, form=FORM, offers=wanted, question=answer.learned.question, decided_on=day, due_on=due_on,
                           method=answer.learned.method)
        if made is not run.FAILED:
            dialogs.close()
            # None: a second click on the same button
            st.session_state["toast"] = "Made." if made is None else _made(made)
            st.rerun()


def _made(made: offers.MadeTasks) -> str:
    said = "1 task made." if made.made == 1 else f"{words.count(made.made)} tasks made."
    return f"{said} Had one already: {words.count(made.left_out)}." if made.left_out else said


def for_download(session: Session, answer: offer_memory.Answer, table: pd.DataFrame) -> pd.DataFrame:
    """The list with the reasons in words."""
    told = table.drop(columns=["customer_code", "customer_name"]).assign(
        reason=[offer_reasons.in_brief(row) for row in table.to_dict("records")])
    learned = answer.learned
    result = Recommendations(told, learned.method, learned.parameters, learned.question, learned.comparison, learned.known.as_of, TOP,
                             learned.lister.exclude_recent_days, len(told), 1)
    written = recommendations.table(result, jobs.names.customers(session), jobs.names.products(session))
    return written.sort_values("rank", kind="stable", ignore_index=True)


