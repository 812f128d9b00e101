"""How is leaving foretold? Method, formulas, windows with the user's own dates, limits and sources."""

import pandas as pd
import streamlit as st

from crm.jobs.churn import Leaving
from crm.ui import churn_words, reason_words, words
from crm.ui.model_view import METHODS

FORMULAS = {
    "logistic": r"P(\text{leaves}) = \frac{1}{1 + e^{-(\beta_0 + \beta_1 x_1 + \dots + \beta_m x_m)}}",
    "boosting": r"\ln\frac{p}{1-p} = F_0 + \eta \sum_{t=1}^{T} f_t(x)",
}
HOW = {
    "logistic": "a weighted sum of the features (logistic regression), taken to a chance",
    "tree": "a pruned decision tree: a few questions, one after the other",
    "forest": "many decision trees on drawn customers and features (random forest, Breiman 2001), whose shares are averaged",
    "boosting": "many small trees, each correcting those before it (gradient boosting on histograms, Friedman 2001)",
    "svm": "a border with the widest margin between those who left and those who stayed (support vectors), taken to chances by "
           "a curve learned on customers it had not seen",
    "naive_bayes": "how often each feature goes with leaving, as if the features were independent (naive Bayes), taken to "
                   "chances by a curve learned on customers it had not seen",
    "bayes_net": "how features and leaving go together, with the features' own dependences (Bayesian network)",
}


def draw(result: Leaving, currency: str) -> None:
    """How it was computed and tested, with the figures of this result."""
    compared = result.comparison
    st.markdown(_leaving(result))
    st.markdown(
        f"**The model** in use is {HOW[result.method]}. It looks only at what was known on each day: "
        f"{', '.join(reason_words.label(column).lower() for column in result.model.columns)}. Of the models compared "
        f"({_names(compared)}) the simplest is taken whose error on five parts of the past is within one standard error of the "
        "best (Breiman et al. 1984); the later time that it is tested on has no say in that.")
    if result.method in FORMULAS:
        st.latex(FORMULAS[result.method])
    _figures(result)
    st.markdown(
        "Intervals are 95 %, by drawing customers anew (bootstrap); a customer who is in several windows counts once. Nothing "
        "is resampled or reweighted, so a chance of 70 % means: of ten such customers, seven left.")
    st.markdown(
        "**Whom to contact** follows from what it brings, not from a chance of one half (Elkan 2001). With the chance *p*, the "
        "share *s* of leavers whom a contact makes stay, the worth *v* of a kept customer and the cost *c*:")
    st.latex(r"\text{expected gain} = p \cdot s \cdot v - c, \qquad \text{contact where } p > \frac{c}{s \cdot v}")
    st.markdown(
        "**Why** is told by Shapley values (Strumbelj & Kononenko 2014): what each fact adds to this customer's chance against "
        "all others, in every sequence in which the facts could be learned. It explains what the model says, not what causes "
        "leaving. **What would change it** shows what the model says of another such customer, not what would happen.")
    st.markdown(
        "**Whether acting helped** is told by those who were held out at random: the share that stayed, contacted less held "
        "out, with Newcombe's interval (1998). **Whether a kept model still fits** is told by the population stability index "
        "(Siddiqi 2006) and by what has happened since.")
    st.markdown(_limits(result))


def _leaving(result: Leaving) -> str:
    if result.kind == "given":
        field = words.plain(churn_words.field_name(result.leaving))
        return (f"**Leaving** is what the field “{field}” says. It knows no days, so the model cannot be tested on a later time: "
                "every customer is told by a model that was made without him, on five parts. Orders are not looked at, for who "
                f"has left orders no more. {_left_out(result)}")
    what = ("no order in the" if result.kind == "silence"
            else f"the day in “{words.plain(churn_words.field_name(result.leaving))}” lies in the")
    first, last = min(result.train_cutoffs), max(result.train_cutoffs)
    learned = words.day(last) if first == last else f"{words.day(first)} to {words.day(last)}"
    return (f"**Leaving** means: {what} {result.horizon_days} days after a day. It is learned from {_days(result.train_cutoffs)} "
            f"({learned}), {words.count(result.comparison.n_learned)} situations of "
            f"{words.count(result.n_customers_learned)} customers, and tested on the {result.horizon_days} days after "
            f"**{words.day(result.test_cutoff)}**, which it has not seen. The model in use is then made anew from what is known by "
            f"{words.day(result.as_of)}. {_left_out(result)}")


def _days(cutoffs: tuple) -> str:
    return "1 past day" if len(cutoffs) == 1 else f"{words.count(len(cutoffs))} past days"


def _left_out(result: Leaving) -> str:
    telling = [name for name, why in result.parameters.get("left_out", {}).items() if why == "gives it away"]
    if not telling:
        return ""
    names = ", ".join(f"“{words.plain(churn_words.field_name(name))}”" for name in telling)
    return f"Left out, for it gives the answer away: {names}." if len(telling) == 1 else f"Left out, for they give the answer away: {names}."


def _names(compared) -> str:
    return ", ".join(METHODS[method].split(" (")[0].lower() for method in compared.judged)


def _figures(result: Leaving) -> None:
    compared = result.comparison
    model, rule = ({} if judged is None else {row.metric: row for row in judged.metrics.itertuples()}
                   for judged in (compared.judged[compared.proposed], compared.judged.get("rule")))
    lines = [("Told apart (ROC AUC; 0.5 is a coin, 1 is perfect)", "roc_auc", False),
             ("Purity of the top (PR AUC)", "pr_auc", False),
             ("Leavers found in the riskiest 30 %", "found_in_first_30_percent", True),
             ("Error of the chances (10 bins)", "calibration_error", True), ("Squared error (Brier)", "brier", False)]
    table = pd.DataFrame([{"figure": name, "model": _figure(model, metric, share), "rule": _figure(rule, metric, share)}
                          for name, metric, share in lines]
                         + [{"figure": "Customers who left", "rule": "",
                             "model": f"{words.share(compared.base_rate)} of {words.count(compared.n_tested)}"}])
    st.dataframe(table, hide_index=True, height="content", alt="The model's figures beside the simple rule's", column_config={
        "figure": st.column_config.TextColumn("On the later time" if compared.tested_on == "later" else "On five parts", width=300),
        "model": st.column_config.TextColumn("Model", width=200), "rule": st.column_config.TextColumn("Longest silent first", width=200)})


def _figure(metrics: dict, metric: str, is_share: bool) -> str:
    found = metrics.get(metric)
    if found is None or found.value != found.value:
        return ""
    value, low, high = (words.share(number, 1) if is_share else f"{number:.3f}" for number in (found.value, found.low, found.high))
    return f"{value} ({low} to {high})" if found.low == found.low else value


def _limits(result: Leaving) -> str:
    gone = ("Who has been silent for more than a year has left already and is no part of it. " if result.kind == "silence" else "")
    return (f"**Limits.** {gone}What never happened before cannot be learned: a new competitor, a move, a change of prices. "
            "Fields of the customers are as they are today, whatever they were. The chance says who is likely to leave, not what "
            "would keep them.")


