"""A column of numbers of one's own table, foreseen from the others: how far off, what makes it more, line by line."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from crm.analytics.prediction import amounts
from crm.jobs.own_prediction import Foreseen
from crm.ui import chart, page, words

METHODS = {
    "mean": "The same for all", "linear": "Weighted sum", "poisson": "Weighted product (Poisson)",
    "gamma": "Weighted product (Gamma)", "boosting": "Boosted trees", "boosting_poisson": "Boosted trees (Poisson)",
    "boosting_gamma": "Boosted trees (Gamma)",
}
NEARLY_ALL = 0.99  # nothing is explained wholly, and 100 % would say so
CHANGES = {"one_more": "{0}: one more", "doubled": "{0}: doubled", "quartiles": "{0}: from low to high", "yes": "{0}: yes",
           "known": "{0}: not known", "level": "{0}: {1}"}


def sentence(found: Foreseen) -> str:
    """How far off the foreseen amounts are, beside one mean for all lines."""
    compared, name = found.answer.comparison, words.plain(found.asked.target)
    off, mean_off = (_number(compared.judged[method].value("mae")) for method in (compared.proposed, "mean"))
    if not compared.beats_mean:
        return (f"**The other columns do not foresee “{name}”.** No model was surely better than saying the mean of all lines, "
                f"which is off by {mean_off}.")
    share = compared.judged[compared.proposed].value("r2_capped")
    explained = "more than 99 %" if share > NEARLY_ALL else words.share(share)
    return (f"**“{name}” can be foreseen: what the model says is off by {off} on average**; the mean of all lines would be off by "
            f"{mean_off}. It explains {explained} of the differences between lines.")


def cards(found: Foreseen, lines: Callable[[], object]) -> None:
    """The lines, predicted against actual, the formula's effects, and the models side by side."""
    compared = found.answer.comparison
    judged = compared.judged[compared.proposed]
    left, right = st.columns([3, 2])
    with left, page.card("The lines, the most first", key="own_table_foreseen"):
        lines()
    with right, page.card("Is it right?"):
        chart.show(amounts.charts.predicted_against_actual(judged, compared.tested, words=(
            "Foreseen", "In the table", "Right", "A line", "Mean of a tenth")), key="own_table_predicted", height=340,
            alt="What was foreseen against what is in the table, a point a line.")
    with st.expander("What makes it more or less", icon=":material/stacked_bar_chart:", key="own_table_effects",
                     on_change="rerun") as box:
        if box.open:
            _effects(found)
    with st.expander("Compare models", icon=":material/compare_arrows:", key="own_table_compare_amounts", on_change="rerun") as box:
        if box.open:
            _side_by_side(found)
            chart.show(amounts.charts.errors_by_level(judged, words=("Foreseen", "In the table, less foreseen", "Mean",
                                                                     "Eight of ten")), key="own_table_errors",
                       alt="By how much it was off, by what was foreseen.")
    with page.explanation("own_table_amounts_how"):
        st.markdown(
            f"The {words.count(compared.n_learned)} lines with a number are dealt into five parts; each part is foreseen by models "
            "that learned from the other four. The simplest model is taken whose error is within one standard error of the best. "
            "Models of products (Poisson, Gamma) need numbers of 0 or more, or above 0. Where models are chosen, the "
            "largest thousandth of the numbers counts as the largest of the others, so that no single line rules the choice. Intervals are 95 %, by drawing lines anew.")


def _effects(found: Foreseen) -> None:
    method = found.answer.model.method
    method = method if method in amounts.FORMULAS else "linear"
    table = amounts.coefficients(found.task.learn, method=method)
    labels = [CHANGES[row["change"]].format(row["column"], row["level"]) for row in table.to_dict("records")]
    chart.show(amounts.charts.effects(table, labels=labels, word="Changes it by", is_share=method != "linear"),
               key="own_table_effects_chart", alt="How the number changes with each column alone, with its range.")
    st.caption("All other columns being equal, by a formula that can be read. Grey may be luck. It says what goes together, not what "
               "would come of changing it.")


def _side_by_side(found: Foreseen) -> None:
    compared = found.answer.comparison
    rows = []
    for method, judged in compared.judged.items():
        figures = judged.metrics.set_index("metric")
        rows.append({"model": METHODS[method], "mae": _ranged(figures, "mae"), "rmse": _ranged(figures, "rmse"),
                     "r2": _ranged(figures, "r2"), "taken": "taken" if method == compared.proposed else ""})
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt="Every model with its errors", column_config={
        "model": st.column_config.TextColumn("Model", width="medium"),
        "mae": st.column_config.TextColumn("Off by", help="Mean distance of what was foreseen and what is (MAE)."),
        "rmse": st.column_config.TextColumn("Off by, squared", help="Root of the mean squared error (RMSE): large errors weigh more."),
        "r2": st.column_config.TextColumn("Explained", help="Share of the squared differences between lines that it explains (R²)."),
        "taken": st.column_config.TextColumn("", width=60)})
    for method, why in compared.failed.items():
        st.caption(f"{METHODS[method]} was not tried: {words.plain(why)}")


def _ranged(figures: pd.DataFrame, metric: str) -> str:
    value, low, high = figures.loc[metric, ["value", "low", "high"]]
    write = words.share if metric == "r2" else _number
    return f"{write(value)} ({write(low)}–{write(high)})" if low == low else write(value)


def _number(value: float) -> str:
    return "–" if value != value else f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"
