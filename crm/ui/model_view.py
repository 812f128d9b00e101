"""Models side by side: which is proposed and why, every figure of each with its range, pictures, and what was tried.

    model_view.side_by_side(compared, found, subject)     what is compared, of whom: in `subject`
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from crm.analytics.prediction import Comparison, charts, why_charts
from crm.analytics.prediction.importance import Importance
from crm.analytics.prediction.learning_curve import LEVELLED_OFF, MORE_HELPS, LearningCurve
from crm.jobs.model_questions import Compared
from crm.ui import chart, words

METHODS = {
    "rule": "Simple rule", "logistic": "Weighted sum (logistic regression)", "tree": "Decision tree",
    "forest": "Random forest", "boosting": "Boosted trees", "svm": "Support vectors",
    "naive_bayes": "Naive Bayes", "bayes_net": "Bayesian network",
}
EFFORTS = {"As they are": 0, "Tuned, up to 1 minute": 60, "Tuned, up to 5 minutes": 300}
METRICS = {  # metric -> (heading, form)
    "roc_auc": ("Told apart", "number"), "pr_auc": ("Found rightly", "number"), "brier": ("Squared error", "number"),
    "log_loss": ("Log loss", "number"), "calibration_error": ("Error of chances", "share"), "accuracy": ("Right", "share"),
    "precision": ("Precision", "share"), "recall": ("Recall", "share"), "f1": ("F1", "number"),
    "found_in_first_30_percent": ("In first 30 %", "share"), "lift_first_10_percent": ("Lift", "number"),
}
PICTURES = {"Calibration": "calibration", "Found": "gain", "Lift": "lift", "ROC": "roc", "Precision and recall": "pr"}
LINES_HELP = {  # what the figures say of any table's yes and no
    "roc_auc": "ROC AUC: how often a line with a yes gets a higher chance than one with a no; 0.5 is a coin, 1 is perfect.",
    "pr_auc": "PR AUC: how pure the top of the list is; the base rate is what chance reaches.",
    "brier": "Brier: mean squared error of the chances; less is better.",
    "log_loss": "Punishes chances that are sure and wrong; less is better.",
    "calibration_error": "How far the chances are from what is so, over ten bins; less is better. Chance alone makes some of it, "
                         "so the range lies below the figure.",
    "accuracy": "Share called rightly, at the threshold that calls as many a yes as there usually are.",
    "precision": "Of those called a yes, so many are.", "recall": "Of those with a yes, so many were called.",
    "f1": "Harmonic mean of precision and recall.",
    "found_in_first_30_percent": "Of those with a yes, found among the 30 % with the highest chance.",
    "lift_first_10_percent": "Times as many with a yes among the 10 % with the highest chance as by luck.",
}


@dataclass(frozen=True)
class Subject:
    """What a page's models are about. key: prefix of its widgets. helps: metric -> what it says there. label: column -> words.
    said, came, cases: of the calibration's axes and of its counts."""

    key: str
    helps: Mapping[str, str]
    label: Callable[[str], str] = str
    said: str = "Said"
    came: str = "Came true"
    cases: str = "Lines"


def effort(subject: Subject) -> int:
    """For how many seconds settings are tried before models are compared; 0: not at all."""
    chosen = st.segmented_control("Settings", list(EFFORTS), default="As they are", required=True, key=f"{subject.key}_effort",
                                  help="Tuned: settings are tried on the rows that the models learn from, and the ones that "
                                       "foresee best are taken.")
    return EFFORTS[chosen or "As they are"]


def sentence(compared: Comparison) -> str:
    """Which model is proposed, and whether that is more than luck."""
    name = METHODS[compared.proposed]
    best = max((judged.value("roc_auc"), method) for method, judged in compared.judged.items() if method != "rule")[1]
    head = f"**Proposed: {name}**, the simplest of the models that foresee about as well as the best."
    if best != compared.proposed:
        head += f" {METHODS[best]} told apart a little better; that may be luck."
    if compared.beats_rule is None:
        return head
    range_ = f"{compared.difference_low:+.3f} to {compared.difference_high:+.3f}".replace("-", "−")
    return (f"{head} It is better than the simple rule: {range_} in telling apart." if compared.beats_rule
            else f"{head} It is not surely better than the simple rule ({range_} in telling apart).")


def side_by_side(compared: Comparison, found: Compared | None, subject: Subject) -> None:
    """The proposed one, one figure as a picture, all figures as a table, and the settings that were tried."""
    if found is None:
        st.caption("So far only the models of the first answer are here.")
    st.markdown(sentence(compared))
    metric = st.selectbox("Figure", list(METRICS), key=f"{subject.key}_metric", format_func=lambda name: METRICS[name][0])
    st.caption(subject.helps[metric])
    chart.show(charts.compared(compared.judged, metric=metric, base_rate=compared.base_rate, names=METHODS,
                               proposed=compared.proposed), key=f"{subject.key}_compared", alt=f"{METRICS[metric][0]} of every model with its range.")
    _table(compared, subject)
    for method, why in compared.failed.items():
        st.caption(f"{METHODS[method]} could not be made: {words.plain(why)}")
    if found is not None and found.searches:
        _settings(found, subject)
        if compared.tested_on == "parts":
            st.caption("There is no later time here: settings were chosen on the same rows that the models are judged on, which "
                       "flatters tuned ones a little.")


def _table(compared: Comparison, subject: Subject) -> None:
    rows = [_row(METHODS[method], judged.metrics.set_index("metric"), judged.fit_seconds)
            for method, judged in compared.judged.items()]
    base = {"Model": "Base rate alone", "Seconds": float("nan")}
    for metric, (heading, form) in METRICS.items():
        base[heading] = _form(charts.no_skill(metric, base_rate=compared.base_rate), form)
    st.dataframe(pd.DataFrame([*rows, base]), hide_index=True, height="content", placeholder="–",
                 alt="Every figure of every model with its 95 % range", column_config={
                     "Model": st.column_config.TextColumn("Model", width=230, pinned=True),
                     **{heading: st.column_config.TextColumn(heading, help=subject.helps[metric], width=165)
                        for metric, (heading, _) in METRICS.items()},
                     "Seconds": st.column_config.NumberColumn("Seconds", format="%.1f", width=70, help="To learn it once.")})


def _row(name: str, metrics: pd.DataFrame, seconds: float) -> dict:
    row: dict = {"Model": name}
    for metric, (heading, form) in METRICS.items():
        value, low, high = metrics.loc[metric, ["value", "low", "high"]] if metric in metrics.index else [float("nan")] * 3
        row[heading] = _form(value, form) + (f" ({_form(low, form)}–{_form(high, form)})" if low == low else "")
    return {**row, "Seconds": seconds}


def _form(value: float, form: str) -> str:
    if value != value:
        return "–"
    return words.share(value, 1) if form == "share" else f"{value:.3f}"


def _settings(found: Compared, subject: Subject) -> None:
    with st.expander("The settings that were tried", icon=":material/tune:", key=f"{subject.key}_tried"):
        method = st.selectbox("Model", list(found.searches), key=f"{subject.key}_tried_model", format_func=METHODS.get)
        search = found.searches[method]
        tries = search.tries.sort_values("log_loss", kind="stable")
        st.dataframe(pd.DataFrame({
            "what": [_settings_in_words(one) for one in tries["parameters"]],
            "chosen": ["taken" if one else "" for one in tries["is_chosen"]], "loss": tries["log_loss"], "auc": tries["roc_auc"],
            "seconds": tries["seconds"]}), hide_index=True, height="content" if len(tries) < 9 else 320, placeholder="–",
            alt="Settings tried, the best first", column_config={
                "what": st.column_config.TextColumn("Settings", width="large"), "chosen": st.column_config.TextColumn("", width=60),
                "loss": st.column_config.NumberColumn("Log loss", format="%.4f", width=80),
                "auc": st.column_config.NumberColumn("Told apart", format="%.3f", width=80),
                "seconds": st.column_config.NumberColumn("Seconds", format="%.1f", width=70)})
        if search.stopped_early:
            st.caption(f"The time ran out after {words.count(len(tries))} of {words.count(search.n_planned)} tries.")
        st.caption("Taken is the simplest whose log loss is as good as the best one's, as far as chance allows to tell.")


def _settings_in_words(parameters: dict) -> str:
    return ", ".join(f"{name} {value}" for name, value in parameters.items()) or "the usual ones"


def pictures(compared: Comparison, found: Compared | None, subject: Subject) -> None:
    """Chances against what came, who is found first, and the curves of ROC and precision, of the chosen models."""
    offered = PICTURES if found is not None else {name: code for name, code in PICTURES.items() if code not in ("roc", "pr")}
    name = st.segmented_control("Picture", list(offered), default="Calibration", required=True, key=f"{subject.key}_picture",
                                label_visibility="collapsed") or "Calibration"
    models = st.multiselect("Models", list(compared.judged), key=f"{subject.key}_models_{len(compared.judged)}",
                            format_func=METHODS.get, label_visibility="collapsed",
                            default=[method for method in ("rule", compared.proposed) if method in compared.judged])
    judged = {method: one for method, one in compared.judged.items() if method in models}
    if not judged:
        st.caption("Choose a model.")
        return
    how = {"names": METHODS, "proposed": compared.proposed}
    if offered[name] == "calibration":
        figure = charts.calibration(judged, perfect="Right", predicted=subject.said, observed=subject.came, cases=subject.cases, **how)
    elif offered[name] in ("gain", "lift"):
        figure = getattr(charts, offered[name])(judged, chance="By chance", **how)
    else:
        scores = {method: score for method, score in found.scores.items() if method in judged}
        figure = (charts.roc if offered[name] == "roc" else charts.precision_recall)(found.target, scores, chance="By chance", **how)
    chart.show(figure, key=f"{subject.key}_picture_{offered[name]}", height=340, alt=f"{name} of the chosen models.")


def lives_on(found: Importance, method: str, subject: Subject) -> None:
    """How much worse the model is without each column."""
    chart.show(why_charts.importance_bars(found, label=subject.label), key=f"{subject.key}_importance",
               alt="How much worse the model tells apart without each column.")
    st.caption(f"{METHODS[method]}, on {words.count(found.n_rows)} rows that it had not seen. Pale bars may be luck. Columns that "
               "follow from each other are shuffled together.")


def more_data(found: LearningCurve, subject: Subject) -> None:
    """Would more data help, and the curve that says so?"""
    st.markdown(more_data_sentence(found))
    chart.show(charts.learning(found, x_title=f"{subject.cases} learned from", y_title="Told apart"), key=f"{subject.key}_learning",
               alt="How well the model tells apart by how much it learned from.")


def more_data_sentence(found: LearningCurve) -> str:
    """The verdict of a learning curve."""
    gain = f"{found.gain_by_doubling:+.3f} ({found.gain_low:+.3f} to {found.gain_high:+.3f})".replace("-", "−")
    if found.verdict == MORE_HELPS:
        return f"**More data would help:** twice as much would bring {gain} in telling apart."
    if found.verdict == LEVELLED_OFF:
        return f"**More data would hardly help:** twice as much would bring {gain} in telling apart. New kinds of facts might."
    return f"**It cannot be said whether more data would help:** twice as much might bring {gain} in telling apart."
