"""Satisfaction: how happy customers are, since when, by group, and each of them.

What the tabs of the page ask is in the modules beside this one; `money`: what it means for sales.
"""

from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import satisfaction as analysis
from crm.db import reads
from crm.errors import InvalidInput
from crm.jobs.satisfaction import money
from crm.services import scores, surveys

__all__ = ["GROUPINGS", "asked_about", "course", "happiness", "measured", "money", "quality", "run", "save"]
MOST_PRODUCTS = 50  # offered to look at one by one, the most answered
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
    answers = _answers(session, as_of=as_of, among=among)
    return analysis.measure(answers, as_of=as_of, groups=groups, group_name=group_by, test=test,
                            random_state=random_state)


@reads("surveys")
def measured(session: Session, *, as_of: date, survey_id: int = 0, product_id: int = 0, random_state: int = 0,
             among: np.ndarray | None = None) -> analysis.Satisfaction:
    """The scores alone, without a comparison; only the answers to one survey or about one product where one is named."""
    answers = _answers(session, as_of=as_of, survey_id=survey_id, product_id=product_id, among=among)
    return analysis.measure(answers, as_of=as_of, random_state=random_state)


@reads("surveys")
def course(session: Session, *, as_of: date, metric: str = "csat", survey_id: int = 0, product_id: int = 0,
           random_state: int = 0, among: np.ndarray | None = None) -> analysis.Course:
    """The changes of one score over time; see crm.analytics.satisfaction.change_points."""
    answers = _answers(session, as_of=as_of, survey_id=survey_id, product_id=product_id, among=among)
    return analysis.course(answers, as_of=as_of, metric=metric, random_state=random_state)


@reads("surveys", "sales")
def asked_about(session: Session, *, as_of: date, among: np.ndarray | None = None) -> pd.DataFrame:
    """What answers are about, surveys before products, the most answered first: what ("survey" or "product"), id, name,
    answers. At most MOST_PRODUCTS products."""
    answers = _answers(session, as_of=as_of, among=among)
    parts = []
    for what, named in (("survey", surveys.listing(session).rename(columns={"survey_id": "id"})[["id", "name"]]),
                        ("product", frames.products(session).rename(columns={"product_id": "id"})[["id", "name"]])):
        whose = answers[f"{what}_id"].to_numpy()
        ids, count = np.unique(whose[whose > 0], return_counts=True)
        found = pd.DataFrame({"what": what, "id": ids, "answers": count}).merge(named, on="id", how="inner")
        parts.append(found.sort_values(["answers", "name"], ascending=[False, True]).head(MOST_PRODUCTS))
    return pd.concat(parts, ignore_index=True)[["what", "id", "name", "answers"]]


def _answers(session: Session, *, as_of: date, survey_id: int = 0, product_id: int = 0,
             among: np.ndarray | None = None) -> pd.DataFrame:
    answers = frames.answers(session, until=as_of)
    if survey_id:
        answers = answers[answers["survey_id"] == survey_id]
    if product_id:
        answers = answers[answers["product_id"] == product_id]
    return answers if among is None else answers[np.isin(answers["customer_id"].to_numpy(), among)]


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
