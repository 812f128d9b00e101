"""The next orders in detail: every model beside the others, what makes amounts more or less, and the spend of a year."""

import hashlib

import pandas as pd
import streamlit as st

from crm.analytics.prediction import amounts
from crm.jobs.next_orders import AmountDetails, NextOrders, Spend
from crm.ui import chart, page, run, words
from crm.ui.next_orders_words import AMOUNT_METHODS, about

BUYING_METHODS = {"rule": "Who ordered last", "logistic": "Logistic regression", "tree": "Decision tree", "forest": "Random forest",
                  "boosting": "Boosted trees", "svm": "Support vectors", "naive_bayes": "Naive Bayes", "bayes_net": "Bayesian network"}
WAITING_METHODS = {"rule": "Last order and usual gap", "recency": "Who ordered last", "weibull": "Weibull formula",
                   "steps": "In steps of time"}
FEATURES = {
    "days_silent": "Days since last order", "recency": "Lately ordered", "frequency": "Orders", "purchase_days": "Days with an order",
    "tenure_days": "Days since first order", "average_order": "Average order", "last_order": "Last order", "silence_ratio": "Silence against own rhythm",
    "has_returned": "Has returned goods", "monetary": "Spent so far", "spent_before": "Spent in the time before",
    "complaints_open": "Open complaints", "complaints_recent": "Recent complaints", "first_answer_hours": "Hours to first answer",
    "unanswered_3_days": "Waited three days for an answer", "satisfaction_last": "Last satisfaction",
    "satisfaction_known": "Has answered a survey",
}
SPANS = {"3 months": 90, "6 months": 180, "1 year": 365}
QUESTIONS = {"Who orders": "buying", "How much": "amount", "When": "waiting"}
SHOWN = 100


def question() -> str:
    """Which models are compared."""
    chosen = st.segmented_control("Compare", list(QUESTIONS), default="Who orders", required=True, key="next_compare",
                                  label_visibility="collapsed")
    return QUESTIONS[chosen or "Who orders"]


def buying_table(found, *, proposed: str) -> None:
    """Models of who orders, on the later time."""
    table = pd.DataFrame([{
        "model": _named(BUYING_METHODS, method, proposed), "auc": _with_range(judged, "roc_auc", 3),
        "found": _percent(judged.value("found_in_first_30_percent")), "error": _percent(judged.value("calibration_error"), 1),
        "brier": _decimal(judged.value("brier"))} for method, judged in found.judged.items()])
    st.dataframe(table, hide_index=True, height="content", placeholder="–", alt="Models of who orders", column_config={
        "model": st.column_config.TextColumn("Model", width=180),
        "auc": st.column_config.TextColumn("Told apart (AUC)", width=170),
        "found": st.column_config.TextColumn("Found in first 30 %", width=130),
        "error": st.column_config.TextColumn("Chances off by", width=110),
        "brier": st.column_config.TextColumn("Squared error (Brier)", width=140)})
    _failed(found.failed, BUYING_METHODS)
    st.caption(f"On {words.count(found.n_tested)} customers of a later time; {words.share(found.base_rate)} of them ordered. In "
               "brackets the 95 % range.")


def waiting_table(result: NextOrders) -> None:
    """Models of when, on the later time."""
    found = result.waiting
    if found is None:
        st.caption(words.plain(result.waiting_missing or "The days cannot be told yet."))
        return
    table = pd.DataFrame([{
        "model": _named(WAITING_METHODS, method, found.proposed), "pairs": _with_range(judged, "concordance", 3),
        "error": _percent(judged.value("calibration_error"), 1), "ratio": _with_range(judged, "total_ratio", 2),
        "median": _percent(judged.value("came_by_median"))} for method, judged in found.judged.items()])
    st.dataframe(table, hide_index=True, height="content", placeholder="–", alt="Models of the days to the next order",
                 column_config={
                     "model": st.column_config.TextColumn("Model", width=180),
                     "pairs": st.column_config.TextColumn("Pairs in the right sequence", width=180),
                     "error": st.column_config.TextColumn("Chances off by", width=110),
                     "ratio": st.column_config.TextColumn("Expected / came", width=150),
                     "median": st.column_config.TextColumn("Came by the expected day", width=160)})
    st.caption(f"On {words.count(found.n_tested)} customers of a later time, of whom {words.count(found.n_came)} ordered within "
               f"{found.within_days} days. A coin puts half of the pairs in the right sequence; half should have come by their "
               "expected day.")


def amount_details(details: AmountDetails, currency: str, *, used: str | None, key: str) -> None:
    """Models of amounts: figures, picture of errors, coefficients. used: the one that the page's amounts come from."""
    found = details.comparison
    used = used if used in found.judged else found.proposed
    st.dataframe(_amount_figures(found, currency, used=used), hide_index=True, height="content", placeholder="–", alt="Models of amounts",
                 column_config={
                     "model": st.column_config.TextColumn("Model", width=180),
                     "mae": st.column_config.TextColumn("Off on average", width=165),
                     "rmse": st.column_config.TextColumn("Root of squares", width=110),
                     "r2": st.column_config.TextColumn("Explained (R²)", width=150),
                     "d2": st.column_config.TextColumn("Explained (deviance)", width=150),
                     "ratio": st.column_config.TextColumn("Expected / came", width=135),
                     "covered": st.column_config.TextColumn("In the range", width=90)})
    _failed(found.failed, AMOUNT_METHODS)
    capped = page.amount(found.yardstick.capped_at, currency)
    st.caption(f"On {words.count(found.n_tested)} cases of a later time, with 95 % ranges in brackets. What is explained is told with "
               f"amounts above {capped} taken as that, so that no single one decides. “In the range”: eight of ten should lie there.")
    offered = {AMOUNT_METHODS[method]: method for method in found.judged if method not in ("mean", "rule")}
    usual = AMOUNT_METHODS[used]
    label = st.selectbox("Look at", list(offered), index=list(offered).index(usual), key=f"{key}_method", width=260)
    chosen = offered.get(label, used)
    _pictures(found, chosen, currency, key=key)
    if chosen in details.coefficients:
        _coefficients(details.coefficients[chosen], chosen, currency, key=key)
    else:
        st.caption("Trees have no coefficients; choose a regression to see what makes amounts more or less.")


def _amount_figures(found: amounts.AmountComparison, currency: str, *, used: str) -> pd.DataFrame:
    return pd.DataFrame([{
        "model": _named(AMOUNT_METHODS, method, used), "mae": _money_with_range(judged, "mae", currency),
        "rmse": _rounded(judged.value("rmse"), currency), "r2": _with_range(judged, "r2_capped", 2),
        "d2": _with_range(judged, "deviance_explained_capped", 2), "ratio": _with_range(judged, "total_ratio", 2),
        "covered": _percent(judged.value("covered"))} for method, judged in found.judged.items()])


def _pictures(found: amounts.AmountComparison, method: str, currency: str, *, key: str) -> None:
    judged = found.judged[method]
    left, right = st.columns(2)
    with left:
        figure = amounts.charts.predicted_against_actual(judged, found.tested, words=(
            f"Expected ({words.sign(currency)})", f"Came ({words.sign(currency)})", "Equal", "One case", "Mean of a tenth"))
        chart.show(figure, key=f"{key}_scatter", height=300, alt="Expected against actual amounts of a later time, with the means of tenths.")
        if figure.layout.meta["shown"] < figure.layout.meta["of"]:
            st.caption(f"{words.count(figure.layout.meta['shown'])} of {words.count(figure.layout.meta['of'])} cases.")
    with right:
        chart.show(amounts.charts.errors_by_level(judged, words=(
            f"Expected ({words.sign(currency)})", f"Came less expected ({words.sign(currency)})", "Mean error", "Eight of ten")),
            key=f"{key}_errors", height=300, alt="By how much expectations were off, by the height of what was expected.")


def _coefficients(table: pd.DataFrame, method: str, currency: str, *, key: str) -> None:
    is_share = method != "linear"
    labels = [_label(row) for row in table.to_dict("records")]
    if not labels:
        st.caption("No column tells one amount from another.")
        return
    st.markdown("**What makes an amount more or less**")
    figure = amounts.charts.effects(table, labels=labels, is_share=is_share, word=(
        "Change of the amount" if is_share else f"Change of the amount ({words.sign(currency)})"))
    chart.show(figure, key=f"{key}_effects", alt="What each column changes about the amount, with its range.")

    def told(value: float) -> str:
        return f"{value * 100:+.0f} %" if is_share else words.money(value, currency)

    rows = table.to_dict("records")
    st.dataframe(pd.DataFrame({
        "column": labels, "effect": [told(row["effect"]) for row in rows],
        "range": [f"{told(row['effect_low'])} to {told(row['effect_high'])}" for row in rows],
        "coefficient": [f"{row['coefficient']:.4g}" for row in rows],
        "interval": [f"{row['low']:.3g} to {row['high']:.3g}" for row in rows], "scale": [SCALES[row["scale"]] for row in rows]}),
        hide_index=True, height="content", alt="Coefficients with their ranges", column_config={
            "column": st.column_config.TextColumn("Change", width=330), "effect": st.column_config.TextColumn("Amount", width=80),
            "range": st.column_config.TextColumn("95 % range", width=150),
            "coefficient": st.column_config.TextColumn("Coefficient", width=90),
            "interval": st.column_config.TextColumn("95 % range of it", width=140),
            "scale": st.column_config.TextColumn("Taken as", width=100)})
    st.caption("What changes with the amount when this alone is different, all else alike; it says what goes together, not what "
               "would come of changing it. Grey: chance may explain it. Ranges allow for orders of one customer being alike.")


SCALES = {"plain": "it is", "log": "logarithm", "root": "square root", "capped": "at most 10"}


def _label(row: dict) -> str:
    name, change = FEATURES.get(row["column"], row["column"]), row["change"]
    if change == "one_more":
        return f"{name}: one more"
    if change == "doubled":
        return f"{name}: doubled ({words.count(row['from_value'])} to {words.count(row['to_value'])})"
    if change == "quartiles":
        return f"{name}: {_short(row['from_value'])} to {_short(row['to_value'])}"
    if change == "yes":
        return f"{name}: yes, not no"
    if change == "known":
        return f"{name}: not known"
    return f"{name}: {row['level']}, not {row['reference']}"


def _short(value: float) -> str:
    return words.count(value) if abs(value) >= 10 else f"{value:.2g}"


def span_days() -> int:
    """Over how long the spend is foretold; shorter spans need less history."""
    chosen = st.segmented_control("Over", list(SPANS), default="1 year", required=True, key="next_span")
    return SPANS[chosen or "1 year"]


def spend(result: Spend, listed: pd.DataFrame, names: pd.DataFrame, currency: str) -> None:
    """What each will spend, net of returns."""
    found, total = result.comparison, result.total
    people = words.count(len(result.customers))
    trusted = ("It is closer than “as much as in the time before”." if found.beats_rule else
               "It is no closer than “as much as in the time before” beyond chance.")
    st.markdown(f"**Your {people} customers will spend about {about(total.expected, currency)} in the next {result.horizon_days} days** "
                f"({about(total.low, currency)} to {about(total.high, currency)} in eight of ten cases). For the "
                f"{result.horizon_days} days after {words.day(result.tested_on)} it would have said {about(result.tested.expected, currency)}; "
                f"{about(result.tested.actual, currency)} came. {trusted}")
    first = listed.head(SHOWN).merge(names, on="customer_id", how="inner")
    money = f"{words.sign(currency)} %,.0f"
    columns = {"customer_name": st.column_config.TextColumn("Customer", width=170),
               "expected_spend": st.column_config.NumberColumn("Expected", format=money, width=100),
               "spend_low": st.column_config.NumberColumn("From", format=money, width=90),
               "spend_high": st.column_config.NumberColumn("To", format=money, width=90),
               "spent_before": st.column_config.NumberColumn("Before", format=money, width=100)}
    mark = hashlib.sha256(repr((result.as_of, first["customer_id"].tolist(), run.current().key)).encode()).hexdigest()[:12]
    st.dataframe(first[list(columns)], key=f"spend_list_{mark}", hide_index=True, height=420, placeholder="–", column_config=columns,
                 alt="Customers, those who are expected to spend most first")
    st.caption("Net of returns; the range holds in eight of ten cases. Before: in as many days up to today.")


def spend_for_download(table: pd.DataFrame) -> pd.DataFrame:
    """Amounts to the cent."""
    return table.assign(**{name: table[name].round(2) for name in ("expected_spend", "spend_low", "spend_high", "spent_before")})


def _named(names: dict[str, str], method: str, proposed: str) -> str:
    return f"{names.get(method, method)} ✓" if method == proposed else names.get(method, method)


def _failed(failed: dict[str, str], names: dict[str, str]) -> None:
    for method, why in failed.items():
        st.caption(f"{words.plain(names.get(method, method))} is left out. {words.plain(why)}")


def _figures(judged, metric: str) -> tuple[float, float, float] | None:
    rows = judged.metrics[judged.metrics["metric"] == metric]
    if not len(rows) or rows["value"].iloc[0] != rows["value"].iloc[0]:
        return None
    return tuple(rows[["value", "low", "high"]].iloc[0])


def _with_range(judged, metric: str, digits: int) -> str | None:
    found = _figures(judged, metric)
    if found is None:
        return None
    value, low, high = (f"{round(each, digits) + 0.0:.{digits}f}" for each in found)  # + 0.0: nothing is less than nothing
    return value if low == "nan" else f"{value} ({low} to {high})"


def _money_with_range(judged, metric: str, currency: str) -> str | None:
    found = _figures(judged, metric)
    if found is None:
        return None
    value, low, high = (_rounded(each, currency) for each in found)
    return value if low == "–" else f"{value} ({low} to {high})"


def _rounded(amount: float, currency: str) -> str:
    """Three digits, for a table (where a dollar sign starts no formula)."""
    return about(amount, currency).replace(r"\$", "$")


def _percent(share: float, digits: int = 0) -> str | None:
    return None if share != share else words.share(share, digits)


def _decimal(value: float) -> str | None:
    return None if value != value else f"{value:.3f}"
