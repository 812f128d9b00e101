"""What can be chosen on the page of leaving? How far ahead, what counts as leaving, which model."""

import json
from dataclasses import dataclass
from datetime import date

import streamlit as st

from crm import jobs
from crm.jobs.churn import PROPOSED, SILENCE, Label, Leaving
from crm.ui import churn_words, run, words
from crm.ui.model_view import METHODS

HORIZONS = {"30 days": 30, "60 days": 60, "90 days": 90, "180 days": 180, "1 year": 365}
BY_ORDERS = "No order for so long"  # leaving of customers without a contract


@dataclass(frozen=True)
class Choice:
    """What was chosen; hashable. `how`: the arguments of jobs.churn.run."""

    as_of: date
    horizon_days: int
    leaving: str = SILENCE
    positive: str = ""
    method: str = PROPOSED
    settings: str = ""  # of the model, as JSON; none: the usual ones

    @property
    def how(self) -> dict:
        """As arguments of jobs.churn.run and, without the model, of what compares all."""
        return {**self.asked, "method": self.method, "settings": self.settings}

    @property
    def asked(self) -> dict:
        return {"as_of": self.as_of, "horizon_days": self.horizon_days, "leaving": self.leaving, "positive": self.positive}

    @property
    def question(self):
        """The job whose answer holds as long as what it reads does not change."""
        return jobs.churn.run if self.leaving == SILENCE else jobs.churn.of_field


def horizon_days(as_of: date) -> int:
    """How far ahead; at first as the customers' own rhythms propose."""
    found = run.cached(jobs.churn.proposed_horizon, as_of=as_of)
    proposed = 90 if found is None else found.days
    label = next(name for name, days in HORIZONS.items() if days == proposed)
    told = f"Proposed for your customers: {label}. " if found is not None else ""
    chosen = st.segmented_control("Looking ahead", list(HORIZONS), default=label, required=True, key="horizon",
                                  bind="query-params", help=f"{told}{_rhythm(found)}".strip() or None)
    return HORIZONS[chosen or label]


def _rhythm(found) -> str:
    if found is None:
        return ""
    usual = f"Half of the gaps between two orders of a customer are shorter than {words.count(found.usual_gap_days)} days"
    within = f"{words.share(found.share_within)} end within {words.count(found.days)} days"
    if found.reason == "short history":
        return f"{usual}, {within}. With a longer history, {words.count(found.rhythm_days)} days would suit them."
    return f"{usual}, {within}: who is silent for longer has probably left."


def use(method: str, parameters: dict) -> None:
    """Make this the page's model, with these settings; for a callback."""
    st.session_state["churn_model"] = method
    st.session_state["churn_tuned"] = (method, json.dumps(parameters, sort_keys=True) if parameters else "")


def more() -> tuple[str, str, str, str]:
    """In a popover: what counts as leaving (and which content of a field means it), the model, and its settings."""
    with st.popover("More options", icon=":material/tune:"):
        labels = {label.column: label for label in run.cached(jobs.churn.labels)}
        leaving = st.selectbox(
            "A customer has left", [SILENCE, *labels], key=f"churn_leaving_{run.current().key}",
            format_func=lambda column: _named(labels.get(column)),
            help="By orders, or by one of your own fields: a day on which customers ended, or a yes and no.")
        positive = ""
        if leaving in labels and not labels[leaving].is_told:
            positive = st.selectbox("Has left who has", labels[leaving].contents, key=f"churn_positive_{leaving}")
        if not labels:
            st.caption("Where a contract has an end, keep its day, or a yes and no, as a field of your customers: it can be "
                       "chosen here then.")
        method = st.selectbox("Model", [PROPOSED, *(name for name in METHODS if name != "rule")],
                              key="churn_model", format_func=lambda name: METHODS.get(name, "The best, by itself"),
                              help="By itself: the one that foretold past orders best; of equally good ones the simplest.")
        tuned_method, settings = st.session_state.get("churn_tuned", ("", ""))
        is_tuned = bool(settings) and tuned_method == method and st.checkbox("With the settings that were tuned", value=True,
                                                                             key="churn_with_tuned")
    return leaving, positive, method, settings if is_tuned else ""


def horizon_note(result: Leaving) -> None:
    """Where another horizon than the chosen one suits the customers better."""
    found = result.horizon
    if found is None or result.horizon_days is None or found.days == result.horizon_days or result.kind != "silence":
        return
    page_words = (f"Your customers' own rhythm proposes {words.count(found.days)} days: {words.share(found.share_within)} of the gaps "
                  "between two orders are shorter.")
    if result.horizon_days < found.days:
        page_words += " With fewer days, many who only pause count as leaving, and the gains below come out too high."
    st.caption(page_words)


def _named(label: Label | None) -> str:
    if label is None:
        return BY_ORDERS
    name = churn_words.field_name(label.column)
    return f"By the day in “{name}”" if label.kind == "ends" else f"By “{name}”"


