"""Ratings by hand: kept on their scale, audited, and taken back."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from crm import db, frames
from crm.errors import InvalidInput, NotFound
from crm.models import AuditEntry, SurveyAnswer
from crm.services import check, customers, products, ratings

DAY = date(2026, 3, 1)


@pytest.fixture
def session(workspace):
    """One transaction, at whose end the database must be sound."""
    with db.transaction(workspace) as opened:
        yield opened
        assert check.findings(opened) == []


def ann_and_teapot(session) -> dict:
    return {"customer_id": customers.create(session, name="Ann"), "product_id": products.create(session, name="Teapot")}


def test_a_rating_is_kept_audited_and_read_by_analyses(session):
    both = ann_and_teapot(session)
    first = ratings.record(session, **both, score=2, comment=" drips ", rated_on=DAY)
    later = ratings.record(session, **both, score=5, rated_on=DAY + timedelta(days=1))
    found = frames.ratings(session, until=DAY + timedelta(days=9))
    assert found["rating"].tolist() == [1.0]  # the later one counts
    assert frames.ratings(session, until=DAY)["rating"].tolist() == [0.25]
    listed = ratings.of_customer(session, both["customer_id"])
    assert listed["rating_id"].tolist() == [later, first] and listed["product_name"].tolist() == ["Teapot", "Teapot"]
    assert listed["comment"].tolist()[1] == "drips" and listed["rated_on"].tolist()[1] == DAY
    assert ratings.of_product(session, both["product_id"])["customer_name"].tolist() == ["Ann", "Ann"]
    entry = session.scalar(select(AuditEntry).where(AuditEntry.entity == "survey_answer", AuditEntry.entity_id == first))
    assert entry.action == "created" and entry.changes["score"] == [None, 2.0]
    assert entry.changes["rated_on"] == [None, "2026-03-01"]


def test_it_is_taken_back_once_and_the_audit_keeps_what_it_said(session):
    both = ann_and_teapot(session)
    rating = ratings.record(session, **both, score=9, scale_min=0, scale_max=10)
    ratings.take_back(session, rating)
    assert session.scalar(select(SurveyAnswer.id)) is None and ratings.of_customer(session, both["customer_id"]).empty
    entry = session.scalars(select(AuditEntry).where(AuditEntry.entity == "survey_answer").order_by(AuditEntry.id)).all()[-1]
    assert entry.action == "deleted" and entry.changes["score"] == [9.0, None] and entry.changes["scale"] == ["0 to 10", None]
    with pytest.raises(NotFound, match="taken back already"):
        ratings.take_back(session, rating)


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"score": 6}, "6 is not on the scale from 1 to 5"), ({"score": float("nan")}, "not on the scale"),
    ({"score": 3, "scale_min": 5, "scale_max": 5}, "scale from 5 to 5"), ({"score": 3, "rated_on": date(1800, 1, 1)}, "1800"),
    ({"score": 3, "rated_on": date(2999, 1, 1)}, "2999")])
def test_what_cannot_be_is_refused_with_its_reason(session, wrong, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        ratings.record(session, **ann_and_teapot(session), **wrong)


def test_nobody_and_nothing_cannot_be_rated_and_an_answer_about_no_product_is_no_rating(session):
    both = ann_and_teapot(session)
    for lacking in ("customer_id", "product_id"):
        with pytest.raises(NotFound):
            ratings.record(session, **{**both, lacking: 999}, score=3)
    answer = SurveyAnswer(metric="likert", item="Seat", score=3, scale_min=1, scale_max=5, answered_at=datetime(2026, 3, 1),
                          customer_id=both["customer_id"])
    session.add(answer)
    session.flush()
    with pytest.raises(NotFound):
        ratings.take_back(session, answer.id)
