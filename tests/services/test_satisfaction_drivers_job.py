"""The job behind “What drives it”: from kept answers to plain figures, the same on every database."""

import json
from datetime import date, datetime

import numpy as np
from sqlalchemy import insert

from crm import db
from crm.jobs.satisfaction import drivers as job
from crm.models import Survey, SurveyAnswer
from crm.services import customers

AS_OF = date(2026, 6, 15)
ITEMS = ("Price", "Speed", "Taste", "Look")


def fill(workspace, forms: int = 120) -> list[int]:
    """A yearly survey: price drives the overall score and scores low; returns the customers' ids."""
    rng = np.random.default_rng(0)
    score = np.clip(np.rint(np.array([2.5, 4, 4, 3]) + rng.standard_normal((forms, 4))), 1, 5)
    overall = np.clip(np.rint(1 + 0.9 * score[:, 0] + 0.3 * rng.standard_normal(forms)), 1, 5)
    with db.transaction(workspace) as session:
        survey = Survey(name="Yearly", title="How are we doing?")
        session.add(survey)
        session.flush()
        ids = [customers.create(session, name=f"Customer {place}") for place in range(forms)]
        session.execute(insert(SurveyAnswer), [
            {"customer_id": ids[form], "survey_id": survey.id, "metric": metric, "item": item, "score": float(points), "scale_min": 1.0,
             "scale_max": 5.0, "answered_at": datetime(2026, 5, 20, 9), "seconds_taken": 40.0}
            for form in range(forms)
            for metric, item, points in [*(("likert", item, score[form, place]) for place, item in enumerate(ITEMS)),
                                         ("csat", "Overall", overall[form])]])
    return ids


def test_kept_answers_become_plain_figures_a_table_and_those_of_some_customers_alone(workspace):
    ids = fill(workspace)
    with db.reading(workspace) as session:
        driven = job.run(session, as_of=AS_OF)
        part = job.run(session, as_of=AS_OF, among=np.array(ids[:60]))
        earlier = job.run(session, as_of=date(2026, 5, 20), correlation="spearman", leave_out=1)
    figures = job.quality(driven)
    assert figures["mend_first"] == "Price" and figures["mend_first_is_sure"] and figures["foretold"]["foretells"]
    assert figures["forms"] == 120 and figures["questions"] == 4 and "Yearly" in driven.surveys.values()
    assert json.loads(json.dumps(figures, allow_nan=False))["questions_table"][0]["item"] == "Look"
    table = job.table(driven)
    assert table["item"].tolist() == sorted(ITEMS) and abs(table["importance"].sum() - 1) < 1e-9
    assert table.loc[table["item"] == "Price", "place"].item() == "mend first"
    assert part.found.n_used == 60 and earlier.found.n_used == 120 and earlier.found.correlations.method == "spearman"
