"""What does the page of leaving say? How far to trust it, whom to contact, why, and the method."""

import pandas as pd
import streamlit as st

from crm.analytics.churn import FEATURE_LABELS, ChurnResult
from crm.ui import page, words

LIKELY = 0.5  # more likely than not
SHOWN = 100  # nobody calls more people in a week


def sentence(result: ChurnResult, currency: str) -> str:
    """How many may leave, what they are worth, and whether the model is better than the simple rule."""
    present = result.customers[~result.customers["is_gone"]]
    likely = present[present["probability"] > LIKELY]
    yearly = page.amount(likely["monetary_per_year"].clip(lower=0).sum(), currency)
    people, of = words.count(len(likely)), words.count(len(present))
    found, rule = (words.share(result.quality[name])
                   for name in ("found_in_first_30_percent", "found_in_first_30_percent_rule"))
    head = (f"**Likely to leave: {people} of the {of} customers who ordered within a year, worth {yearly} a year.** It is "
            f"more likely than not that they order nothing in the next {result.horizon_days} days.")
    if not result.quality["beats_rule"]:
        return (f"{head} On later orders the model was no better than calling the longest silent first, "
                "so simply call those.")
    if found == rule:
        return (f"{head} On later orders the model told them apart a little better than the rule “longest silent "
                f"first”, but the first 30 % of calls found {found} of the leavers either way.")
    return (f"{head} On later orders, calling the riskiest 30 % found {found} of the leavers; "
            f"calling the longest silent first found {rule}.")


def contact_first(result: ChurnResult) -> pd.DataFrame:
    """Those with most at stake who are likely to leave and have not left already."""
    customers = result.customers
    likely = customers[~customers["is_gone"] & (customers["probability"] > LIKELY)]
    return likely.sort_values("at_stake", ascending=False, kind="stable").head(SHOWN)


def contact_table(table: pd.DataFrame, currency: str) -> None:
    """Whom to contact: chance, worth, why."""
    st.dataframe(spelled_out(table)[["customer_name", "probability", "monetary_per_year", "why"]], hide_index=True,
                 height=590, alt="Customers, those with most at stake first", column_config={
                     "customer_name": st.column_config.TextColumn("Customer", width=140),
                     "probability": st.column_config.ProgressColumn("May leave", format="%.0f %%", min_value=0,
                                                                    max_value=100, width=130),
                     "monetary_per_year": st.column_config.NumberColumn(
                         "A year", format=f"{words.sign(currency)} %,.0f", width=75),
                     "why": st.column_config.TextColumn("Why", width="medium")})
    st.caption("Who is more likely than not to leave, in the order of what is at stake: chance times spend a year. Who has "
               "been silent for more than a year counts as gone and is only in the download.")


def spelled_out(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the reasons in words, rounded as people read them."""
    codes = [column for column in table.columns if column.startswith("reason_")]
    why = [_why(row) for row in table.to_dict("records")]
    return table.drop(columns=codes).assign(probability=(table["probability"] * 100).round(), why=why)


def _why(row: dict) -> str:
    silent, gap = row["days_silent"], row["usual_gap_days"]
    others = [REASONS[row[name]] for name in ("reason_1", "reason_2", "reason_3") if row[name] in REASONS]
    if gap == gap and gap >= 1:
        return "; ".join([f"silent {silent:.0f} days, usual gap {gap:.0f}", *others])
    others = [reason for reason in others if reason != REASONS["raises:purchase_days"]]
    return "; ".join([f"ordered once, {silent:.0f} days ago", *others])


# What speaks for leaving; silence is in every reason's first words already.
REASONS = {
    "raises:complaints_open": "open complaint", "raises:complaints_recent": "complained lately",
    "raises:first_answer_hours": "waited long for answers", "raises:satisfaction_last": "last score low",
    "raises:has_returned": "returned goods", "raises:purchase_days": "few orders so far",
    "raises:average_order": "small orders",
}


def method(result: ChurnResult) -> None:
    """How it was computed and tested, with the figures of this result."""
    quality, used = result.quality, result.parameters
    st.markdown(
        f"**Leaving** means no order in the {result.horizon_days} days after a day. A logistic regression learns it from "
        f"past days on which it is known how it went on (the last on {words.day(used['train_cutoffs'][0])}), looking only "
        "at what was known on each of them. It is then tested on a later time that it has not seen: the "
        f"{result.horizon_days} days after **{words.day(used['test_cutoff'])}**.")
    st.latex(r"P(\text{leaves}) = \frac{1}{1 + e^{-(\beta_0 + \beta_1 x_1 + \dots + \beta_m x_m)}}")
    figures = pd.DataFrame({
        "figure": ["Told apart (AUC; 0.5 is a coin, 1 is perfect)", "Leavers found in the riskiest 30 %",
                   "Error of the chances (calibration, 10 bins)", "Squared error (Brier)", "Customers who left"],
        "model": [f"{quality['auc']:.3f} ({quality['auc_low']:.3f} to {quality['auc_high']:.3f})",
                  words.share(quality["found_in_first_30_percent"]), words.share(quality["calibration_error"], 1),
                  f"{quality['brier']:.3f}",
                  f"{words.share(quality['base_rate'])} of {words.count(quality['n_test'])}"],
        "rule": [f"{quality['auc_rule']:.3f} ({quality['auc_rule_low']:.3f} to {quality['auc_rule_high']:.3f})",
                 words.share(quality["found_in_first_30_percent_rule"]), "", "", ""]})
    st.dataframe(figures, hide_index=True, height="content", column_config={
        "figure": st.column_config.TextColumn("On the later time", width="medium"), "model": "Model",
        "rule": "Longest silent first"})
    features = ", ".join(FEATURE_LABELS.get(name, name).lower() for name in used["features"])
    st.markdown(
        f"The model looks at: {features}. It learned from {words.count(quality['n_train'])} past situations of "
        f"{words.count(quality['n_train_customers'])} customers who had ordered within a year. Intervals are 95 %, by bootstrap. Nothing is resampled or "
        "reweighted, so a chance of 70 % means: of ten such customers, seven left. It says who is likely to leave, not "
        "what would keep them.")
