"""What a cached question keeps: answers and lasting refusals, never a passing failure."""

import pytest

from crm import db
from crm.errors import CrmError, NotEnoughData
from crm.ui import run


@pytest.fixture
def company(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(run, "current", db.own)
    db.make_ready(db.own())
    yield
    db.dispose(db.own())


def failing(error: Exception):
    """A question that fails every time, and the list of its calls."""
    calls = []

    @db.reads("sales")
    def question(session):
        calls.append(1)
        raise error

    return question, calls


def ask(question) -> None:
    with pytest.raises(CrmError):
        run.cached(question)


def test_too_little_data_is_an_answer_and_kept(company):
    question, calls = failing(NotEnoughData("Too little; there are 3."))
    ask(question)
    ask(question)
    assert len(calls) == 1


def test_a_database_that_does_not_answer_is_asked_again(company):
    question, calls = failing(CrmError("The database did not answer."))
    question.__qualname__ = "another_question"
    ask(question)
    ask(question)
    assert len(calls) == 2
