"""Which missing numbers do analyses get filled in? One choice a number, seen before it is kept; records stay empty."""

import pandas as pd
import streamlit as st
from sqlalchemy.orm import Session

from crm import frames, jobs
from crm.analytics import filling as filling_analysis
from crm.db import reads
from crm.services import filling
from crm.ui import chart, page, run, words

METHODS = {"none": "Not at all", "median": "Median", "mean": "Mean", "interpolation": "Between neighbours in time"}
GROUPS = {None: "all customers", "kind": "the same kind", "country": "the same country", "region": "the same region",
          "channel": "the same channel", "gender": "the same gender", "education": "the same education"}
NAMES = {"birth_year": "Year of birth", "yearly_income": "Yearly income"}


@reads("customers")
def recorded(session: Session) -> pd.DataFrame:
    """The numbers as they were recorded."""
    return frames.customer_numbers(session)


def card() -> None:
    """Choose a number and a method, see what it gives, keep the choice; nothing where no number has a gap."""
    numbers = run.cached(recorded)
    gaps = {name: int(numbers[name].isna().sum()) for name in jobs.customer_numbers.fields(numbers)}
    partly = [name for name, missing in gaps.items() if 0 < missing < len(numbers)]
    if not partly:
        return
    chosen = run.fresh(filling.choices)
    with page.card("Missing numbers, for analyses only", key="filling_card"):
        st.markdown("Some analyses need a number for everybody. What you choose here is used by them and marked as filled in; "
                    "**the records themselves stay empty.**")
        with page.controls():
            name = st.selectbox("Number", partly, format_func=called, key="fill_number", width=200) or partly[0]
            now = chosen.get(name, filling.NOTHING)
            method = st.selectbox("Fill in", list(METHODS), format_func=METHODS.get, key=f"fill_method_{name}", width=220,
                                  index=list(METHODS).index(now["method"]))
            by = None
            if method in ("mean", "median"):
                by = st.selectbox("Of", list(GROUPS), format_func=GROUPS.get, key=f"fill_by_{name}", width=190,
                                  index=list(GROUPS).index(now["by"]))
            is_kept = now == {"method": method, "by": by}
            if st.button("Used by analyses" if is_kept else "Use it in analyses", key="keep_filling", type="primary",
                         disabled=is_kept, icon=":material/check:") and run.command(
                    filling.choose, name, method=method, by=by) is not run.FAILED:
                st.session_state["toast"] = "Analyses use it from now on. The records stay as they are."
                st.rerun()
        filled = jobs.customer_numbers.filled(numbers, name, method=method, by=by)
        st.markdown(_sentence(filled, gaps[name], len(numbers), method))
        chart.show(filling_analysis.charts.distribution(filled, unit=called(name)), key="filling", height=220,
                   alt="How many customers have each number: those known, and those filled in.")
        page.download(_marked, file_name="customer_numbers.csv", key="download_numbers",
                      label="Download the numbers, filled ones marked")


def called(name: str) -> str:
    """A number as people call it; a custom field by its own name."""
    return NAMES.get(name) or name.removeprefix("custom.")


def _sentence(filled: filling_analysis.Filled, missing: int, customers: int, method: str) -> str:
    added = int(filled.is_filled.sum())
    gap = f"**{words.count(missing)} of {words.count(customers)} customers have none.**"
    if method == "none":
        return f"{gap} Analyses leave them out."
    left = f" {words.count(missing - added)} stay open, for nothing near them is known." if added < missing else ""
    return f"{gap} {words.count(added)} are filled in for analyses.{left}"


def _marked(session: Session) -> pd.DataFrame:
    """One row a customer: code, name, every number, and beside it whether it was filled in."""
    numbers = jobs.customer_numbers.run(session)
    known = jobs.names.customers(session)
    table = known.merge(numbers, on="customer_id")
    fields = jobs.customer_numbers.fields(frames.customer_numbers(session))
    columns = {called(name): table[name] for name in fields}
    marks = {f"{called(name)} is": table[f"{name}_is_filled"].map({True: "filled in", False: ""}).where(
        table[name].notna(), "missing").replace("", "recorded") for name in fields}
    both = {label: column for name in columns for label, column in ((name, columns[name]), (f"{name} is", marks[f"{name} is"]))}
    return table[["customer_code", "customer_name"]].assign(**both)
