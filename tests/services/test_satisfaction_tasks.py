"""Tasks to answer unhappy customers: one each, never twice, nobody who is not there; and what is asked for the Money tab."""

from datetime import date, datetime, time

import pandas as pd
import pytest
from sqlalchemy import insert, select

from crm import db, jobs
from crm.errors import InvalidInput, NotEnoughData
from crm.models import AuditEntry, SurveyAnswer, Task
from crm.services import customers, orders, satisfaction_tasks, tasks

AS_OF = date(2026, 6, 30)


@pytest.fixture
def shop(workspace):
    with db.transaction(workspace) as session:
        for name in ("Ada", "Ben", "Cem"):
            customers.create(session, name=name)
    return workspace


def wanted(*ids) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": list(ids), "title": [f"Ask {number}" for number in ids], "note": None})


def make(shop, *ids, **more):
    with db.transaction(shop) as session:
        return satisfaction_tasks.make(session, customers=wanted(*ids), **more)


def test_each_customer_gets_one_task_and_who_has_one_is_left_out(shop):
    assert make(shop, 1, 2, due_on=AS_OF) == satisfaction_tasks.MadeTasks(2, 0)
    assert make(shop, 2, 3, 99) == satisfaction_tasks.MadeTasks(1, 2)
    with db.reading(shop) as session:
        rows = session.scalars(select(Task).order_by(Task.id)).all()
        assert [(row.customer_id, row.title, row.due_on, row.origin) for row in rows] == [
            (1, "Ask 1", AS_OF, "satisfaction"), (2, "Ask 2", AS_OF, "satisfaction"), (3, "Ask 3", None, "satisfaction")]
        assert satisfaction_tasks.open_for(session) == {1, 2, 3}
        assert session.scalars(select(AuditEntry).where(AuditEntry.entity == "task")).all()
    with pytest.raises(InvalidInput, match="open task already"):
        make(shop, 1)


def test_a_deleted_task_may_be_made_again(shop):
    make(shop, 1)
    with db.transaction(shop) as session:
        tasks.delete(session, session.scalar(select(Task.id)))
    assert make(shop, 1).made == 1


def test_nobody_and_too_many_are_told(shop):
    with pytest.raises(InvalidInput, match="at least one customer"):
        make(shop)
    with pytest.raises(InvalidInput, match="101 tasks at once"):
        make(shop, *range(1, 102))


def answer(customer_id, on, score, comment=None, **more) -> dict:
    return {"customer_id": customer_id, "metric": "csat", "item": "Overall", "score": score, "scale_min": 1, "scale_max": 5,
            "answered_at": datetime.combine(on, time(12)), "comment": comment} | more


def test_the_unhappy_come_with_what_they_wrote_and_the_course_with_one_survey_or_all(shop):
    with db.transaction(shop) as session:
        for customer_id, on in ((1, date(2025, 1, 5)), (2, date(2025, 1, 6)), (1, date(2025, 3, 1))):
            orders.create(session, customer_id=customer_id, ordered_at=datetime.combine(on, time(9)), status="completed", lines=[
                orders.LineInput(product_id=None, description="Tea", quantity=1, unit_price=20, kind="sale")])
        rows = [answer(1, date(2025, 2, 1), 5), answer(2, date(2025, 2, 1), 1), answer(2, date(2026, 3, 1), 2, "Never came"),
                answer(2, date(2026, 3, 1), 2, "No reply")]
        for row in rows:  # one by one, so that their numbers are in this sequence
            session.execute(insert(SurveyAnswer), [row])
    with db.reading(shop) as session:
        found = jobs.satisfaction.money.run(session, as_of=AS_OF, horizon_days=90)
        only = jobs.satisfaction.money.run(session, as_of=AS_OF, horizon_days=90, among=[1])
        table = jobs.satisfaction.money.table(found, jobs.names.customers(session))
        assert jobs.satisfaction.measured(session, as_of=AS_OF).answers == 4
        assert jobs.satisfaction.asked_about(session, as_of=AS_OF).empty
        with pytest.raises(NotEnoughData):
            jobs.satisfaction.measured(session, as_of=AS_OF, survey_id=7)
        with pytest.raises(NotEnoughData, match="there are 3 on 2 days"):
            jobs.satisfaction.course(session, as_of=AS_OF)
    assert found.after.rows.set_index("label")["n"].to_dict() == {"1": 1, "5": 1, "": 0}  # all had answered soon
    assert table[["customer_name", "comment", "answered"]].values.tolist() == [["Ben", "Never came / No reply", False]]
    assert only.risk.customers == 0 and only.after.customers == 1
    assert jobs.satisfaction.money.quality(found)["unhappy"] == 1
