"""How is a result written down? Its table, its figures, its saved scores."""

import pandas as pd
from sqlalchemy.orm import Session

from crm.jobs.churn.result import Leaving
from crm.jobs.names import named
from crm.services import scores

# Lists and customers show "churn" as the chance of leaving; the others stand beside it under their own names.
SAVED_AS = {"silence": "churn", "ends": "ending", "given": "given"}


def table(customers: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Leaving.customers, or some of its rows, with customer_code and customer_name; the sequence is kept."""
    return named(customers, names)


def quality(result: Leaving) -> dict:
    """How good the model is on what it has not seen, as plain figures, beside the rule: NaN where it has none.

    recency_... are those of the simple rule (longest silent first); difference_low, difference_high: 95 % of the ROC AUC less
    the rule's.
    """
    compared = result.comparison
    model = compared.judged[compared.proposed]
    figures: dict = {"method": compared.proposed}
    for row in model.metrics.itertuples():
        figures |= {row.metric: row.value, f"{row.metric}_low": row.low, f"{row.metric}_high": row.high}
    rule = compared.judged.get("rule")
    for metric in ("roc_auc", "pr_auc", "found_in_first_30_percent", "lift_first_10_percent"):
        figures[f"recency_{metric}"] = float("nan") if rule is None else rule.value(metric)
    figures |= {
        "difference_low": compared.difference_low, "difference_high": compared.difference_high,
        "beats_rule": compared.beats_rule, "base_rate": compared.base_rate, "base_rate_learned": compared.base_rate_learned,
        "n_tested": compared.n_tested, "n_leavers": compared.n_positive, "n_learned": compared.n_learned,
        "n_customers_learned": result.n_customers_learned, "tested_on": compared.tested_on,
        "horizon_days": result.horizon_days}
    return figures


def save(session: Session, result: Leaving) -> int:
    """Keep every customer's chance of leaving; returns the run's id."""
    return scores.save(session, result.customers[["customer_id", "probability"]].rename(columns={"probability": "number"}),
                       analysis=SAVED_AS[result.kind], as_of=result.as_of,
                       parameters={**result.parameters, "test_cutoff": result.test_cutoff}, quality=quality(result))
