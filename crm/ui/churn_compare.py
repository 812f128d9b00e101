"""Compare models of leaving: side by side, in pictures, what they live on, whether more data would help, what hangs together."""

import streamlit as st

from crm.jobs import churn as jobs
from crm.jobs.churn import Leaving
from crm.jobs.model_questions import Compared
from crm.ui import bayes_net_view, churn_options, long_work, model_view, reason_words
from crm.ui.churn_options import Choice
from crm.ui.model_view import METHODS

SIDE_BY_SIDE, PICTURES, LIVES_ON, MORE_DATA, TOGETHER = TABS = (
    "Side by side", "Pictures", "What it lives on", "Would more data help?", "What hangs together")
SUBJECT = model_view.Subject("churn", {
    "roc_auc": "ROC AUC: how often a leaver gets a higher chance than one who stays; 0.5 is a coin, 1 is perfect.",
    "pr_auc": "PR AUC: how pure the top of the list is; the base rate is what chance reaches.",
    "brier": "Brier: mean squared error of the chances; less is better.",
    "log_loss": "Punishes chances that are sure and wrong; less is better.",
    "calibration_error": "How far the chances are from what happened, over ten bins; less is better. Chance alone makes some of "
                         "it, so the range lies below the figure.",
    "accuracy": "Share called rightly, at the threshold that calls as many as usually leave.",
    "precision": "Of those called leavers, so many left.", "recall": "Of those who left, so many were called.",
    "f1": "Harmonic mean of precision and recall.",
    "found_in_first_30_percent": "Of the leavers, found among the riskiest 30 %.",
    "lift_first_10_percent": "Times as many leavers among the riskiest 10 % as by chance.",
}, label=reason_words.label, said="Said", came="Left", cases="Customers")


def draw(result: Leaving, choice: Choice, currency: str) -> None:
    """Everything that takes long waits behind a button of its own."""
    seconds = model_view.effort(SUBJECT)
    found = long_work.of_records(
        "compare_leaving", jobs.compare_all, label="Compare all models", names=METHODS, budget_seconds=seconds,
        note="Seven models beside the simple rule, on the same customers.", **choice.asked)
    tabs = dict(zip(TABS, st.tabs(list(TABS), key="compare_tabs", on_change="rerun"), strict=True))
    compared = result.comparison if found is None else found.comparison
    if tabs[SIDE_BY_SIDE].open:
        with tabs[SIDE_BY_SIDE]:
            model_view.side_by_side(compared, found, SUBJECT)
            if found is not None:
                _use(found)
    if tabs[PICTURES].open:
        with tabs[PICTURES]:
            model_view.pictures(compared, found, SUBJECT)
    if tabs[LIVES_ON].open:
        with tabs[LIVES_ON]:
            _lives_on(result, choice)
    if tabs[MORE_DATA].open:
        with tabs[MORE_DATA]:
            _more_data(result, choice)
    if tabs[TOGETHER].open:
        with tabs[TOGETHER]:
            _network(choice, currency)


def _use(found: Compared) -> None:
    """Any of the compared models can become the page's own, with the settings that were tried out for it."""
    made = [method for method in found.comparison.judged if method != "rule"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.selectbox("For this page", made, index=made.index(found.comparison.proposed), key="churn_use_which",
                              format_func=METHODS.get, width=300)
        tuned = found.searches[method].parameters if method in found.searches else {}
        st.button("Use this model", key="churn_use", icon=":material/check:", on_click=churn_options.use, args=(method, tuned))


def _lives_on(result: Leaving, choice: Choice) -> None:
    found = long_work.of_records(
        "importance_leaving", jobs.importance, label="Find out what it lives on", names=METHODS, method=result.method,
        note="Every column is shuffled in turn; what gets worse shows what the model needs it for.", **choice.asked)
    if found is not None:
        model_view.lives_on(found, result.method, SUBJECT)


def _more_data(result: Leaving, choice: Choice) -> None:
    found = long_work.of_records(
        "learning_leaving", jobs.learning, label="Find out whether more data would help", names=METHODS, method=result.method,
        note="The model learns from ever larger parts of your customers.", **choice.asked)
    if found is not None:
        model_view.more_data(found, SUBJECT)


def _network(choice: Choice, currency: str) -> None:
    found = long_work.of_records(
        "network_leaving", jobs.network, label="Draw what hangs together", names=METHODS,
        note="Which facts go together, and how the chance of leaving changes with what is known (a Bayesian network).",
        **choice.asked)
    if found is not None:
        labels = {column: reason_words.label(column) for column in found.names} | {jobs.LEAVES: "Leaves"}
        bayes_net_view.draw(found, target=jobs.LEAVES, words=labels, key="churn_network", outcome="leaving",
                            written=lambda column, number: reason_words.written(number, column, currency))
