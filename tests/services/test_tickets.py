"""Tickets: opened, answered, resolved, reopened, corrected and taken back, each within two windows and with its deadlines."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm import db
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import AuditEntry, Interaction, Ticket
from crm.services import customers, orders, service_policy, tickets
from crm.services.orders import LineInput

WEDNESDAY = datetime(2026, 3, 4, 10)
HOUR = timedelta(hours=1)


@pytest.fixture
def desk(workspace):
    """Two customers with an order each; one ticket of the first."""
    with db.transaction(workspace) as session:
        for name in ("Ada", "Ben"):
            customer_id = customers.create(session, name=name)
            orders.create(session, customer_id=customer_id, ordered_at=datetime(2026, 3, 1), number=f"A-{name}",
                          lines=[LineInput(product_id=None, description="Mug", quantity=1, unit_price=9)])
        tickets.open_ticket(session, customer_id=1, subject="  My mug\n broke ", body="It fell.", kind="complaint",
                            priority="high", opened_at=WEDNESDAY, channel="phone", topic="Breakage")
    return workspace


def do(desk, service, *args, **parameters):
    with db.transaction(desk) as session:
        return service(session, *args, **parameters)


def get(desk, ticket_id=1) -> tickets.TicketDetails:
    with db.reading(desk) as session:
        return tickets.get(session, ticket_id)


def test_a_ticket_is_kept_with_what_is_promised_to_it(desk):
    found = get(desk)
    assert (found.subject, found.body, found.kind, found.status, found.customer, found.reference) == (
        "My mug broke", "It fell.", "complaint", "open", "Ada", "T1")
    assert (found.answer_due_at, found.solution_due_at) == (datetime(2026, 3, 4, 14), datetime(2026, 3, 6, 10))
    assert found.due_at == found.answer_due_at and found.contacts.empty


def test_an_answer_is_kept_as_a_contact_and_the_ticket_waits_for_the_customer(desk):
    version = do(desk, tickets.answer, 1, version=1, moment=WEDNESDAY + HOUR, text="We send another one.", agent="Kim")
    found = get(desk)
    assert (found.version, found.status, found.first_answered_at, found.agent) == (version, "answered", WEDNESDAY + HOUR, "Kim")
    contact = found.contacts.iloc[0]
    assert (contact["direction"], contact["channel"], contact["subject"], contact["body"]) == (
        "out", "phone", "My mug broke", "We send another one.")
    assert found.due_at == found.solution_due_at
    do(desk, tickets.answer, 1, version=version, moment=WEDNESDAY + 3 * HOUR, text="It is on its way.", channel="email")
    assert get(desk).first_answered_at == WEDNESDAY + HOUR and len(get(desk).contacts) == 2


def test_a_reply_makes_an_answered_ticket_wait_for_the_company_again(desk):
    do(desk, tickets.answer, 1, version=1, moment=WEDNESDAY + HOUR, text="Sent.")
    do(desk, tickets.note_reply, 1, version=2, moment=WEDNESDAY + 2 * HOUR, text="Not here.")
    assert get(desk).status == "open" and get(desk).first_answered_at == WEDNESDAY + HOUR
    do(desk, tickets.resolve, 1, version=3, moment=WEDNESDAY + 3 * HOUR)
    do(desk, tickets.note_reply, 1, version=4, moment=WEDNESDAY + 4 * HOUR, text="Thanks!")
    assert get(desk).status == "resolved"


def test_who_resolves_without_an_answer_answers_with_the_solution(desk):
    do(desk, tickets.resolve, 1, version=1, moment=WEDNESDAY + 2 * HOUR, cost=12.5)
    found = get(desk)
    assert (found.status, found.first_answered_at, found.resolved_at, found.cost, found.due_at) == (
        "resolved", WEDNESDAY + 2 * HOUR, WEDNESDAY + 2 * HOUR, Decimal("12.5"), None)
    do(desk, tickets.unresolve, 1, version=2)
    found = get(desk)
    assert (found.status, found.first_answered_at, found.resolved_at, found.times_reopened) == ("open", None, None, 0)


def test_to_take_back_a_resolution_leaves_the_answer(desk):
    do(desk, tickets.answer, 1, version=1, moment=WEDNESDAY + HOUR, text="Sent.")
    do(desk, tickets.resolve, 1, version=2, moment=WEDNESDAY + HOUR)
    do(desk, tickets.unresolve, 1, version=3)
    assert (get(desk).status, get(desk).first_answered_at) == ("answered", WEDNESDAY + HOUR)


def test_a_reopened_ticket_is_promised_a_solution_anew(desk):
    do(desk, tickets.resolve, 1, version=1, moment=WEDNESDAY + HOUR)
    do(desk, tickets.reopen, 1, version=2, moment=datetime(2026, 3, 9, 10), text="It broke again.")
    found = get(desk)
    assert (found.status, found.times_reopened, found.reopened_at, found.resolved_at) == (
        "reopened", 1, datetime(2026, 3, 9, 10), None)
    assert found.solution_due_at == datetime(2026, 3, 11, 10) and found.first_answered_at == WEDNESDAY + HOUR
    assert found.contacts["direction"].tolist() == ["in"]
    do(desk, tickets.answer, 1, version=3, moment=datetime(2026, 3, 9, 11), text="Sorry.")
    assert get(desk).status == "answered"
    do(desk, tickets.note_reply, 1, version=4, moment=datetime(2026, 3, 9, 12), text="And?")
    assert get(desk).status == "reopened"


@pytest.mark.parametrize("resolved", [False, True])
def test_an_answer_that_was_recorded_by_mistake_can_be_withdrawn(desk, resolved):
    do(desk, tickets.answer, 1, version=1, moment=WEDNESDAY + HOUR, text="For somebody else.")
    do(desk, tickets.answer, 1, version=2, moment=WEDNESDAY + 2 * HOUR, text="For Ada.")
    if resolved:
        do(desk, tickets.resolve, 1, version=3, moment=WEDNESDAY + 3 * HOUR)
    first, second = get(desk).contacts["id"]
    do(desk, tickets.withdraw_contact, 1, version=3 + resolved, contact_id=int(first))
    assert get(desk).first_answered_at == WEDNESDAY + 2 * HOUR
    do(desk, tickets.withdraw_contact, 1, version=4 + resolved, contact_id=int(second))
    found = get(desk)
    assert (found.status, found.first_answered_at) == (("resolved", WEDNESDAY + 3 * HOUR) if resolved else ("open", None))
    assert found.contacts.empty
    with pytest.raises(NotFound, match="message"):
        do(desk, tickets.withdraw_contact, 1, version=5 + resolved, contact_id=int(second))


def test_another_priority_brings_other_deadlines_while_the_ticket_is_not_settled(desk):
    do(desk, tickets.answer, 1, version=1, moment=WEDNESDAY + HOUR, text="Sent.")
    do(desk, tickets.update, 1, version=2, priority="low", subject="Broken mug")
    found = get(desk)
    assert (found.priority, found.subject) == ("low", "Broken mug")
    assert (found.answer_due_at, found.solution_due_at) == (datetime(2026, 3, 4, 14), datetime(2026, 3, 18, 10))
    do(desk, tickets.resolve, 1, version=3, moment=WEDNESDAY + 2 * HOUR)
    do(desk, tickets.update, 1, version=4, priority="high")
    assert get(desk).solution_due_at == datetime(2026, 3, 18, 10)


def test_an_order_is_linked_where_it_is_the_customers_own(desk):
    with db.reading(desk) as session:
        assert tickets.orders_to_link(session, 1)["number"].tolist() == ["A-Ada"]
    do(desk, tickets.update, 1, version=1, order_id=1)
    assert get(desk).order_number == "A-Ada"
    with pytest.raises(InvalidInput, match="A-Ben belongs to another customer"):
        do(desk, tickets.update, 1, version=2, order_id=2)
    with pytest.raises(InvalidInput, match="A-Ada belongs to another customer"):
        do(desk, tickets.update, 1, version=2, customer_id=2)
    do(desk, tickets.answer, 1, version=2, moment=WEDNESDAY + HOUR, text="Sent.")
    do(desk, tickets.update, 1, version=3, customer_id=2, order_id=None)
    with db.reading(desk) as session:
        assert session.scalars(select(Interaction.customer_id)).all() == [2]  # what was said went with it


def test_a_deleted_ticket_is_hidden_and_comes_back(desk):
    do(desk, tickets.delete, 1, version=1)
    with pytest.raises(NotFound):
        get(desk)
    do(desk, tickets.restore, 1)
    do(desk, tickets.restore, 1)
    assert get(desk).version == 3


@pytest.mark.parametrize("change", [
    lambda session: tickets.update(session, 1, version=1, topic="Glass"),
    lambda session: tickets.answer(session, 1, version=1, moment=WEDNESDAY + HOUR, text="Sent."),
    lambda session: tickets.resolve(session, 1, version=1, moment=WEDNESDAY + HOUR),
    lambda session: tickets.delete(session, 1, version=1),
], ids=["update", "answer", "resolve", "delete"])
def test_of_two_windows_the_second_is_told_and_changes_nothing(desk, change):
    do(desk, tickets.update, 1, version=1, agent="Kim")
    with pytest.raises(Conflict, match="in the meantime"):
        do(desk, change)
    assert get(desk).version == 2 and get(desk).contacts.empty


@pytest.mark.parametrize(("service", "wanted", "sentence"), [
    (tickets.answer, {"moment": WEDNESDAY - HOUR}, "The ticket was opened at 2026-03-04 10:00; nothing can have happened"),
    (tickets.answer, {"moment": WEDNESDAY, "channel": "pigeon"}, "“pigeon” is no channel of a ticket"),
    (tickets.answer, {"moment": WEDNESDAY, "text": "x" * 100_001}, "100,001 characters long; at most 100,000"),
    (tickets.resolve, {"moment": datetime(2999, 1, 1)}, "2999-01-01 00:00 cannot be right"),
    (tickets.resolve, {"moment": WEDNESDAY + HOUR, "cost": -1}, "cannot be below 0"),
    (tickets.reopen, {"moment": WEDNESDAY + HOUR}, "Only a resolved ticket can be reopened"),
    (tickets.unresolve, {}, "This ticket is not resolved."),
    (tickets.update, {"subject": " \n"}, "Say in a few words"),
    (tickets.update, {"priority": None}, "Choose one of low, normal, high."),
    (tickets.update, {"kind": "praise"}, "“praise” is no kind of a ticket"),
    (tickets.update, {"topic": "x" * 101}, "The topic is 101 characters long; at most 100"),
    (tickets.update, {"status": "resolved"}, "Tickets have no field named status"),
])
def test_what_cannot_be_is_refused_with_a_sentence(desk, service, wanted, sentence):
    with pytest.raises(InvalidInput) as refused:
        do(desk, service, 1, version=1, **wanted)
    assert sentence in str(refused.value)
    assert get(desk).version == 1 and get(desk).contacts.empty


def test_the_sequence_of_moments_holds(desk):
    do(desk, tickets.answer, 1, version=1, moment=WEDNESDAY + 2 * HOUR, text="Sent.")
    with pytest.raises(InvalidInput, match="first answered at 2026-03-04 12:00"):
        do(desk, tickets.resolve, 1, version=2, moment=WEDNESDAY + HOUR)
    with pytest.raises(InvalidInput, match="cannot have been opened after"):
        do(desk, tickets.update, 1, version=2, opened_at=WEDNESDAY + 3 * HOUR)
    do(desk, tickets.resolve, 1, version=2, moment=WEDNESDAY + 4 * HOUR)
    with pytest.raises(InvalidInput, match="resolved already"):
        do(desk, tickets.resolve, 1, version=3, moment=WEDNESDAY + 4 * HOUR)
    with pytest.raises(InvalidInput, match="cannot have been reopened before"):
        do(desk, tickets.reopen, 1, version=3, moment=WEDNESDAY + 3 * HOUR)


def test_nobody_opens_a_ticket_for_who_is_not_there(desk):
    with db.transaction(desk) as session:
        customers.delete(session, 2, version=1)
    for customer_id in (2, 77):
        with pytest.raises(NotFound, match="This customer is not there any more"):
            do(desk, tickets.open_ticket, customer_id=customer_id, subject="Where?", opened_at=WEDNESDAY)
    with pytest.raises(NotFound, match="This order is not there any more"):
        do(desk, tickets.open_ticket, customer_id=1, subject="Where?", opened_at=WEDNESDAY, order_id=77)


def test_long_texts_and_markup_are_kept_as_they_were_written(desk):
    text = "<b>破了</b>\n" + "x" * 99_000
    ticket_id = do(desk, tickets.open_ticket, customer_id=1, subject="<script>", body=f"\x00{text}\x07", opened_at=WEDNESDAY)
    found = get(desk, ticket_id)
    assert found.body == text and found.subject == "<script>"


def test_the_history_tells_who_changed_what_without_customers_words(desk):
    do(desk, tickets.answer, 1, version=1, moment=WEDNESDAY + HOUR, text="Secret words.")
    do(desk, tickets.update, 1, version=2, cost=3, body="Other words.")
    with db.reading(desk) as session:
        noted = session.execute(select(AuditEntry.action, AuditEntry.changes).where(AuditEntry.entity == "ticket")
                                .order_by(AuditEntry.id)).all()
    actions, changes = zip(*noted, strict=True)
    assert actions == ("created", "answered", "updated")
    assert changes[1]["status"] == ["open", "answered"]
    assert changes[2] == {"cost": [None, "3"], "body_characters": [8, 12]}
    assert "words" not in str(changes)


def test_now_is_what_the_companys_clocks_show(desk):
    with db.reading(desk) as session:
        here = service_policy.local_now(session)
    assert here.tzinfo is None and abs(here - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=5)


def test_the_revision_of_the_service_tables_rises(desk):
    with db.reading(desk) as session:
        before = db.revisions_of(session, ("service",))
    do(desk, tickets.update, 1, version=1, agent="Kim")
    with db.reading(desk) as session:
        assert db.revisions_of(session, ("service",)) != before
        assert session.scalar(select(Ticket.agent)) == "Kim"
