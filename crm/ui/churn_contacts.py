"""Whom does a contact pay for? The list by expected profit, and what is done with it: tasks, a segment, a file."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from crm import jobs
from crm.analytics.churn.planning import ContactPlan
from crm.analytics.churn.planning_chart import profit_curve
from crm.jobs.churn import Leaving
from crm.services import contact_costs, contact_rounds
from crm.services.contact_costs import ContactCosts
from crm.ui import (
    audience,
    chart,
    churn_actions,
    churn_costs,
    churn_round_form,
    page,
    reason_words,
    run,
    segment_saving,
    words,
)

SHOWN = 100  # nobody calls more people in a week
EXPLAINED = 500  # reasons in a download; those of 100,000 would take minutes


@dataclass(frozen=True, eq=False)
class Planned:
    """Whom a contact pays for by these costs, among the customers chosen; busy: who is in a round that still runs, and so no
    part of the plan (as contact_rounds.in_running_rounds gives them)."""

    plan: ContactPlan
    costs: ContactCosts
    busy: pd.DataFrame


def planned(result: Leaving, among: audience.Audience | None) -> Planned:
    """The plan by the owner's figures."""
    costs, busy = run.fresh(contact_costs.read), run.fresh(contact_rounds.in_running_rounds, on=result.as_of)
    return Planned(jobs.churn.plan(result, costs, among=None if among is None else among.customer_ids,
                                   busy=busy["customer_id"].to_numpy() if len(busy) else None), costs, busy)


def draw(result: Leaving, asked: Planned, among: audience.Audience | None, currency: str) -> dict | None:
    """The card: one sentence, the list, and the buttons. Returns the row that was marked, None where none is."""
    audience.note(among)
    plan = asked.plan
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(sentence(plan, currency))
        churn_costs.button()
    st.caption(churn_costs.sentence(asked.costs, currency))
    rows, chosen = listed(result, plan), None
    if rows.empty:
        st.info("There is nobody to show here.", icon=":material/group_off:")
    else:
        chosen = _table(result, rows, currency)
    _busy_note(asked.busy)
    _buttons(result, asked, rows, among, currency)
    return chosen


def sentence(plan: ContactPlan, currency: str) -> str:
    """How many to contact, and what that brings against nobody and everybody."""
    everybody = _whole(plan.profit_everybody, currency)
    if plan.contacted == 0:
        if plan.unknown == len(plan.customers) and plan.unknown:
            return ("**Nobody can be proposed:** what a kept customer is worth is not known. Say so under “What a contact costs”.")
        return (f"**By these figures no contact pays for itself.** Contacting everybody would bring {everybody}. Below are those "
                "who come nearest.")
    people = "1 customer" if plan.contacted == 1 else f"{words.count(plan.contacted)} customers"
    return (f"**Contact {people}: expected gain {_whole(plan.profit, currency)}**, against {_whole(0, currency)} for "
            f"contacting nobody and {everybody} for everybody.")


def _whole(amount: float, currency: str) -> str:
    """Money without cents: an expectation is not known to the cent."""
    return page.amount(float(round(amount)), currency).removesuffix(".00")


def listed(result: Leaving, plan: ContactPlan) -> pd.DataFrame:
    """The first rows of the plan with facts, reasons, actions and names: those it pays to contact, else the nearest."""
    first = plan.customers.head(min(max(plan.contacted, 10), SHOWN))
    ids = first["customer_id"].tolist()
    if not ids:
        return first
    known = run.cached(jobs.churn.facts, as_of=result.as_of, customer_ids=tuple(ids))
    told = int(pd.util.hash_pandas_object(known, index=False).sum()), tuple(first["expected_profit"])
    rows = _described(run.current().url, result.mark, tuple(ids), told, result, first, known)
    return rows.merge(run.cached(jobs.names.customers), on="customer_id", how="inner")


# What the list says of a hundred customers, some dozen kilobytes; putting it together takes longer than drawing it.
@st.cache_data(max_entries=64, show_spinner=False)
def _described(url: str, mark: str, customer_ids: tuple[int, ...], told: tuple, _result: Leaving, _first: pd.DataFrame,
               _known: pd.DataFrame) -> pd.DataFrame:
    codes = jobs.churn.reasons_known(_result, list(customer_ids))
    unexplained = codes[["reason_1", "reason_2", "reason_3"]].isna().all(axis=1)
    if unexplained.any():
        _, _, found = jobs.churn.why(_result, customer_ids=tuple(codes.loc[unexplained, "customer_id"].tolist()))
        codes.loc[unexplained, ["reason_1", "reason_2", "reason_3"]] = found.to_numpy()
    return jobs.churn.described(_result, _first, _known, codes)


def why(result: Leaving, customer_ids: tuple[int, ...]) -> tuple[np.ndarray, float, pd.DataFrame]:
    """What each column adds for these customers (jobs.churn.why), kept as long as the result is the same."""
    return _why(run.current().url, result.mark, customer_ids, result)


# A list of a hundred customers is some kilobytes.
@st.cache_data(max_entries=64, show_spinner=False)
def _why(url: str, mark: str, customer_ids: tuple[int, ...], _result: Leaving):
    return jobs.churn.why(_result, customer_ids=customer_ids)


def _table(result: Leaving, rows: pd.DataFrame, currency: str) -> dict | None:
    told = rows.to_dict("records")
    money = f"{words.sign(currency)} %,.0f"
    event = st.dataframe(
        pd.DataFrame({
            "name": rows["customer_name"], "chance": rows["probability"] * 100, "year": rows["monetary_per_year"],
            "gain": rows["expected_profit"], "why": [reason_words.sentence(row, currency=currency) for row in told],
            "do": [churn_actions.do(row) for row in told]}),
        # What is listed is part of the key: another list is another widget, with nothing selected.
        key=f"churn_list_{run.current().key}_{hash(tuple(rows['customer_id']))}", hide_index=True,
        height="content" if len(rows) <= 10 else 35 * 12, placeholder="–", on_select="rerun", selection_mode="single-cell",
        alt="Customers whom it pays to contact, the largest expected gain first", column_config={
            "name": st.column_config.TextColumn("Customer", width=145),
            "chance": st.column_config.ProgressColumn("May leave", format="%.0f %%", min_value=0, max_value=100, width=110),
            "year": st.column_config.NumberColumn("A year", format=money, width=75, help="Net spend a year."),
            "gain": st.column_config.NumberColumn("Gain", format=money, width=65,
                                                  help="What a contact is expected to bring, less its cost."),
            "why": st.column_config.TextColumn("Why", width=400),
            "do": st.column_config.TextColumn("What to do", width=190)})
    st.caption("The largest expected gain first. Click a customer to see why, and what would change it. "
               + ("Who has been silent for more than a year counts as gone and is only in the download."
                  if result.kind == "silence" else "Who has left already is only in the download."))
    cells = event["selection"]["cells"] if event else []
    # A position becomes a customer at once: in another list it would mean somebody else.
    return told[cells[0][0]] if cells else None


def _busy_note(busy: pd.DataFrame) -> None:
    if len(busy):
        until = words.day(max(busy["measured_on"]))
        st.caption(f"Left out, for they are in a round that still runs (until {until}): {words.count(busy['customer_id'].nunique())} "
                   "customers.")


def _buttons(result: Leaving, asked: Planned, rows: pd.DataFrame, among: audience.Audience | None, currency: str) -> None:
    plan = asked.plan
    to_contact = plan.customers.loc[plan.customers["contact"], "customer_id"].to_numpy(dtype="int64")
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(rows) and result.kind == "silence":
            churn_round_form.button(result, rows, proposed=plan.contacted, costs=asked.costs, currency=currency)
        if len(to_contact):
            segment_saving.save_segment_button(
                definition=None, members=to_contact, proposed_name=f"To contact, {words.day(result.as_of)}",
                key="churn_segment", as_of=result.as_of)
        page.download(lambda session: for_download(result, plan, jobs.names.customers(session), among, currency),
                      file_name="leaving.csv", key="download_churn",
                      label="Download all customers" if among is None else "Download these customers")


def for_download(result: Leaving, plan: ContactPlan, names: pd.DataFrame, among: audience.Audience | None,
                 currency: str) -> pd.DataFrame:
    """Everybody with chance, silence, worth, expected gain and, for the first EXPLAINED, the reasons in words; whom it pays to
    contact first, as on the screen."""
    customers = audience.rows_of(result.customers, among)
    gains = plan.customers.set_index("customer_id")["expected_profit"]
    order = np.lexsort((-customers["probability"], -customers["customer_id"].map(gains).fillna(-np.inf)))
    customers = customers.iloc[order].reset_index(drop=True)
    first = customers["customer_id"].head(EXPLAINED)
    if len(first):
        codes_of_first = jobs.churn.why(result, customer_ids=tuple(first.tolist()))[2]
        customers.loc[:len(first) - 1, codes_of_first.columns] = codes_of_first.to_numpy()
    bought = result.features.reindex(customers["customer_id"]).reset_index(drop=True)
    told = pd.concat([customers.reset_index(drop=True), bought.drop(columns=[name for name in bought if name in customers])], axis=1)
    codes = [column for column in customers if column.startswith("reason_")]
    has_reason = customers["reason_1"].notna().to_numpy()
    whys = [reason_words.sentence(row, currency=currency) if known else ""
            for row, known in zip(told.to_dict("records"), has_reason, strict=True)] if len(customers) else []
    table = customers.drop(columns=codes).assign(
        expected_gain=customers["customer_id"].map(gains).round(2), probability=customers["probability"].round(4),
        monetary_per_year=customers["monetary_per_year"].round(2), usual_gap_days=customers["usual_gap_days"].round(1), at_stake=customers["at_stake"].round(2), why=whys)
    return jobs.churn.table(table, names)


def curve(plan: ContactPlan, currency: str) -> None:
    """What the first so many contacts bring altogether."""
    chart.show(profit_curve(plan), key="profit_curve", height=240, currency_axis="y", currency=currency,
               alt="Expected profit by the number of customers contacted; the proposed number is marked.")


def drivers(result: Leaving) -> pd.DataFrame:
    """What moves the chances (jobs.churn.drivers), kept as long as the result is the same."""
    return _drivers(run.current().url, result.mark, result)


@st.cache_data(max_entries=64, show_spinner=False)
def _drivers(url: str, mark: str, _result: Leaving) -> pd.DataFrame:
    return jobs.churn.drivers(_result)
