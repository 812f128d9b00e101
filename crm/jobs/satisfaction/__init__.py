"""Satisfaction: how happy customers are, by group, and each of them."""

from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import satisfaction as analysis
from crm.db import reads
from crm.errors import InvalidInput
from crm.services import scores

GROUPINGS = ("channel", "country", "region", "kind", "stage", "segment")


@reads("customers", "surveys")
def run(session: Session, *, as_of: date, group_by: str | None = None, segments_run: int | None = None,
        test: str = "welch", random_state: int = 0, among: np.ndarray | None = None) -> analysis.Satisfaction:
    """How happy customers are, compared between groups where `group_by` names a field of theirs; only those `among`
    these ids where some are given.

    "segment" compares the groups saved in the run `segments_run`, the newest where none is named. A page names it, for
    saved scores raise no revision and a cached answer would not notice newer ones.
    """
    groups = None
    if group_by == "segment":
        run_id = segments_run if segments_run is not None else scores.newest_run(session, analysis="segments")
        groups = scores.labels(session, run_id=run_id)
    elif group_by is not None:
        if group_by not in GROUPINGS:
            raise InvalidInput(f"Satisfaction cannot be compared by “{group_by}”; choose one of "
                               f"{', '.join(GROUPINGS)}.")
        groups = frames.customers(session).set_index("customer_id")[group_by].dropna()
    answers = frames.answers(session, until=as_of)
    if among is not None:
        answers = answers[answers["customer_id"].isin(among)]
    return analysis.measure(answers, as_of=as_of, groups=groups, group_name=group_by, test=test,
                            random_state=random_state)


@reads("surveys")
def happiness(session: Session, *, as_of: date) -> pd.DataFrame:
    """One row a customer with a score: customer_id, happiness 0..1, answers; see crm.analytics.satisfaction."""
    return analysis.by_customer(frames.answers(session, until=as_of), as_of=as_of)


def quality(result: analysis.Satisfaction) -> dict:
    """The figures and the comparison, as plain values."""
    figures = {name: None if score is None else vars(score)
               for name, score in (("csat", result.csat), ("nps", result.nps), ("ces", result.ces))}
    found = result.comparison
    compared = None if found is None else {
        "group_name": found.group_name, "test": found.test, "statistic": found.statistic, "p_value": found.p_value,
        "different": found.different, "omega_squared": found.omega_squared,
        "groups": found.groups.to_dict("records")}
    return {"answers": result.answers, "not_applicable": result.not_applicable,
            "outside_scale": result.outside_scale, **figures, "comparison": compared,
            "comparison_missing": result.comparison_missing}


def save(session: Session, result: pd.DataFrame, *, as_of: date) -> int:
    """Keep every customer's happiness, 0..1; returns the run's id."""
    return scores.save(session, result.rename(columns={"happiness": "number"}), analysis="satisfaction", as_of=as_of,
                       parameters={}, quality={"customers": len(result)})
