"""Texts that are sent again and again: kept once each, filled in with what is known."""

import pytest

from crm import db
from crm.errors import Conflict, InvalidInput, NotFound
from crm.services import canned_answers
from crm.services.canned_answers import fill, unfilled

THANKS = {"title": "Thanks", "body": "Dear {customer}, thank you for {ticket}."}


def do(workspace, service, *args, **parameters):
    with db.transaction(workspace) as session:
        return service(session, *args, **parameters)


def titles(workspace, **wanted) -> list[str]:
    with db.reading(workspace) as session:
        return canned_answers.listing(session, **wanted)["title"].tolist()


def test_answers_are_listed_for_a_kind_of_ticket_and_for_all(workspace):
    assert titles(workspace) == []
    do(workspace, canned_answers.create, **THANKS)
    do(workspace, canned_answers.create, title="a Sorry", body="Sorry.", kind="complaint")
    assert titles(workspace) == ["a Sorry", "Thanks"]
    assert titles(workspace, kind="inquiry") == ["Thanks"]
    assert titles(workspace, kind="complaint") == ["a Sorry", "Thanks"]


def test_an_answer_is_changed_deleted_and_brought_back(workspace):
    answer_id = do(workspace, canned_answers.create, **THANKS)
    assert do(workspace, canned_answers.update, answer_id, version=1, body="Thanks!", kind="inquiry") == 2
    assert do(workspace, canned_answers.update, answer_id, version=2, body="Thanks!") == 2
    with pytest.raises(Conflict, match="in the meantime"):
        do(workspace, canned_answers.update, answer_id, version=1, title="Other")
    do(workspace, canned_answers.delete, answer_id, version=2)
    assert titles(workspace) == []
    with pytest.raises(NotFound):
        do(workspace, canned_answers.update, answer_id, version=3, title="Other")
    do(workspace, canned_answers.restore, answer_id)
    assert titles(workspace) == ["Thanks"]


def test_a_title_is_there_once(workspace):
    first = do(workspace, canned_answers.create, **THANKS)
    with pytest.raises(InvalidInput, match="titled “Thanks” already"):
        do(workspace, canned_answers.create, title=" Thanks ", body="Other.")
    do(workspace, canned_answers.delete, first, version=1)
    do(workspace, canned_answers.create, **THANKS)
    with pytest.raises(InvalidInput, match="titled “Thanks” already"):
        do(workspace, canned_answers.restore, first)


@pytest.mark.parametrize(("wanted", "sentence"), [
    ({"title": " "}, "Give the answer a title"), ({"body": "\n"}, "Write the text"),
    ({"title": "x" * 101}, "The title is 101 characters long"), ({"body": "x" * 20_001}, "The body is 20,001 characters long"),
    ({"body": "Dear {custmer}"}, "“{custmer}” stands for nothing; use {customer}, {ticket}, {order}."),
    ({"kind": "praise"}, "“praise” is no kind of ticket"),
])
def test_what_cannot_be_sent_is_refused(workspace, wanted, sentence):
    with pytest.raises(InvalidInput) as refused:
        do(workspace, canned_answers.create, **THANKS | wanted)
    assert sentence in str(refused.value)
    assert titles(workspace) == []


def test_what_is_filled_in_is_not_read_again():
    assert fill("Dear {customer}, {order}!", customer="{order} & {ticket}", order="7") == "Dear {order} & {ticket}, 7!"


def test_what_is_not_known_stays_to_be_seen():
    assert fill("Dear {customer}, about {order} {x} { } {1}", customer="Ada") == "Dear Ada, about {order} {x} { } {1}"
    assert unfilled("{order} of {customer} and {order} {x}") == ("order", "customer")
