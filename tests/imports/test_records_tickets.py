"""Do tickets of a help desk get in with their topics, people, costs and deadlines, and forms with the time they took?"""

from datetime import datetime

import pytest
from sqlalchemy import update

from crm import db
from crm.imports.guessing import guess
from crm.models import SurveyAnswer, Ticket
from crm.services import service_policy, settings, tickets
from crm.services.service_policy import Promise
from tests.imports.test_guessing import head
from tests.imports.test_records_road import bring_in, rows

NAMED = {
    "ticket_code": "No", "customer_code": "Who", "subject": "What", "topic": "Topic", "channel": "Via", "agent": "By",
    "priority": "Prio", "opened_at": "Opened", "first_answered_at": "Answered", "resolved_at": "Solved",
    "reopened_at": "Again", "times_reopened": "Times", "answer_due_at": "Answer until", "solution_due_at": "Solve until",
    "cost": "Cost",
}
HEADER = ",".join(NAMED.values())
DUE = (Ticket.answer_due_at, Ticket.solution_due_at)


def test_all_that_a_help_desk_knows_is_kept(workspace):
    text = (f"{HEADER}\n"
            "T1,7,Late,Delivery,Live chat,Kim,high,2026-03-04 10:00,2026-03-04 11:00,2026-03-04 12:00,2026-03-05 09:00,2,"
            "2026-03-04 13:00,2026-03-06 10:00,12.50\n"
            "T2,7,Lost,,,,low,2026-03-04 10:00,,,,,,,\n")
    assert bring_in(workspace, text, "tickets", NAMED).created["tickets"] == 2
    assert rows(workspace, Ticket.code, Ticket.topic, Ticket.channel, Ticket.agent, Ticket.status, Ticket.times_reopened,
                Ticket.reopened_at, Ticket.cost_e4) == [
        ("T1", "Delivery", "chat", "Kim", "reopened", 2, datetime(2026, 3, 5, 9), 125_000),
        ("T2", None, None, None, "open", 0, None, None)]


def test_deadlines_that_the_file_does_not_name_are_what_is_promised(workspace):
    with db.transaction(workspace) as session:
        settings.save_company(session, name="Acme", currency="EUR", time_zone="Europe/Berlin")
        service_policy.save(session, week=[[(540, 1020)]] * 5 + [[], []], promises={"high": Promise(2, 8), "normal": Promise(None, 16)})
    text = (f"{HEADER}\n"
            "T1,7,Late,,,,high,2026-03-06 16:00,,,,,,,\n"
            "T2,7,Lost,,,,high,2026-03-06 16:00,,,,,2026-03-20 12:00,,\n"
            "T3,7,Gone,,,,,2026-03-06 16:00,,2026-03-09 10:00,2026-03-10 09:00,,,,\n"
            "T4,7,Late,,,,low,2026-03-06 16:00,,,,,,,\n")
    bring_in(workspace, text, "tickets", NAMED)
    assert rows(workspace, Ticket.code, *DUE) == [
        ("T1", datetime(2026, 3, 9, 10), datetime(2026, 3, 9, 16)),
        ("T2", datetime(2026, 3, 20, 12), datetime(2026, 3, 9, 16)),
        ("T3", None, datetime(2026, 3, 11, 17)),  # counted from its reopening
        ("T4", None, None)]


def test_a_known_ticket_of_another_priority_gets_other_deadlines_until_it_is_resolved(workspace):
    header, opened = "No,Who,What,Prio,Opened", "2026-03-04 10:00"
    named = {name: NAMED[name] for name in ("ticket_code", "customer_code", "subject", "priority", "opened_at")}
    bring_in(workspace, f"{header}\n" + "".join(f"T{one},7,Late,high,{opened}\n" for one in (1, 2, 3)), "tickets", named)
    with db.transaction(workspace) as session:
        tickets.answer(session, 2, version=1, moment=datetime(2026, 3, 4, 11), text="Soon.")
        tickets.resolve(session, 3, version=1, moment=datetime(2026, 3, 4, 11))
    text = f"{header}\n" + "".join(f"T{one},7,Late,low,{opened}\n" for one in (1, 2, 3))
    bring_in(workspace, text, "tickets", named, on_known="overwrite")
    with db.reading(workspace) as session:
        low, solution_low = service_policy.deadlines_of(session, opened_at=datetime(2026, 3, 4, 10), priority="low")
        high, solution_high = service_policy.deadlines_of(session, opened_at=datetime(2026, 3, 4, 10), priority="high")
    assert rows(workspace, Ticket.code, Ticket.priority, *DUE) == [
        ("T1", "low", low, solution_low), ("T2", "low", high, solution_low), ("T3", "low", high, solution_high)]
    again = bring_in(workspace, text, "tickets", named, on_known="overwrite")
    assert again.updated == {} and again.created == {}


def test_a_solved_ticket_that_comes_again_reopened_waits_again(workspace):
    named = {name: NAMED[name] for name in ("ticket_code", "customer_code", "subject", "opened_at", "reopened_at")}
    bring_in(workspace, "No,Who,What,Opened,Again\nT1,7,Late,2026-03-04 10:00,\n", "tickets", named)
    with db.transaction(workspace) as session:
        session.execute(update(Ticket).values(status="resolved"))
    bring_in(workspace, "No,Who,What,Opened,Again\nT1,7,Late,2026-03-04 10:00,2026-03-09 10:00\n", "tickets", named)
    assert rows(workspace, Ticket.status, Ticket.reopened_at, Ticket.solution_due_at) == [
        ("reopened", datetime(2026, 3, 9, 10), datetime(2026, 3, 16, 10))]


def test_what_cannot_be_right_is_rejected_with_a_sentence(workspace):
    text = (f"{HEADER}\n"
            "T1,7,a,,,,,2026-03-04,,,2026-03-03,,,,\n"
            "T2,7,a,,,,,2026-03-04,,,,1.5,,,\n"
            "T3,7,a,,,,,2026-03-04,,,,,,,-3\n"
            f"T4,7,a,{'x' * 201},,,,2026-03-04,,,,,,,\n"
            "T5,7,a,,pigeon,,,2026-03-04,,,,,,,\n")
    reasons = bring_in(workspace, text, "tickets", NAMED).reasons
    assert reasons[2] == "The ticket was reopened on “2026-03-03”, before the opening."
    assert reasons[3] == "“1.5” in the column “Times” is no number of times."
    assert reasons[4] == "The cost “-3” is below 0."
    assert reasons[5] == "The text in the column “Topic” is longer than 200 characters, which is no word to sort by."
    assert reasons[6].startswith("“pigeon” in the column “Via” is not known here")
    assert rows(workspace, Ticket.id) == []


def test_a_topic_stands_in_for_a_missing_subject(workspace):
    named = {"customer_code": "Who", "topic": "Topic", "opened_at": "Opened"}
    bring_in(workspace, "Who,Topic,Opened\n7,Delivery,2026-03-04\n", "tickets", named)
    assert rows(workspace, Ticket.subject, Ticket.topic) == [("Delivery", "Delivery")]


@pytest.mark.parametrize("kind", ["answers_long", "answers_wide"])
def test_the_time_that_a_form_took_is_kept_on_each_of_its_answers(workspace, kind):
    named = {"response_code": "No", "customer_code": "Who", "answered_at": "When", "seconds_taken": "Seconds"}
    if kind == "answers_long":
        text = "No,Who,When,Seconds,Question,Score\nR1,7,2026-03-04,61.5,Taste,4\nR1,7,2026-03-04,61.5,Price,3\nR2,8,2026-03-04,,Taste,2\nR3,9,2026-03-04,-1,Taste,2\n"
        done = bring_in(workspace, text, kind, named | {"item": "Question", "score": "Score"})
        row = 5
    else:
        text = "No,Who,When,Seconds,Taste,Price\nR1,7,2026-03-04,61.5,4,3\nR2,8,2026-03-04,,2,\nR3,9,2026-03-04,-1,2,2\n"
        done = bring_in(workspace, text, kind, named, items=["Taste", "Price"])
        row = 4
    assert done.reasons == {row: "The time taken “-1” is below 0."}
    assert sorted(rows(workspace, SurveyAnswer.response_code, SurveyAnswer.item, SurveyAnswer.seconds_taken), key=str) == [
        ("R1", "Price", 61.5), ("R1", "Taste", 61.5), ("R2", "Taste", None)]


def test_a_help_desks_own_names_are_understood():
    found = guess(head("""
Ticket ID,Customer ID,Subject,Category,Channel,Assignee,Priority,Created at,First response due,Due by,Reopens,Cost
T1,7,Late parcel,Delivery,Email,Kim,High,2026-03-04 10:00,2026-03-04 12:00,2026-03-06 12:00,0,12.50
T2,8,Broken mug,Quality,Phone,Lee,Low,2026-03-05 10:00,2026-03-05 12:00,2026-03-09 12:00,2,3.00
"""))
    assert found.kind == "tickets"
    assert {each.column: each.ours for each in found.columns} == {
        "Ticket ID": "ticket_code", "Customer ID": "customer_code", "Subject": "subject", "Category": "topic", "Channel": "channel",
        "Assignee": "agent", "Priority": "priority", "Created at": "opened_at", "First response due": "answer_due_at",
        "Due by": "solution_due_at", "Reopens": "times_reopened", "Cost": "cost"}
