"""What is promised to customers: kept, checked, and carried over to the tickets that wait."""

from datetime import date, datetime

import pytest
from sqlalchemy import select

from crm import db
from crm.errors import Conflict, InvalidInput
from crm.models import AuditEntry, Ticket
from crm.services import customers, service_policy, settings, tickets
from crm.services.service_policy import OFFICE_HOURS, Promise

WEDNESDAY = datetime(2026, 3, 4, 10)
DAILY = [[(480, 1200)]] * 7  # eight to eight, every day


@pytest.fixture
def desk(workspace):
    with db.transaction(workspace) as session:
        settings.save_company(session, name="Acme", currency="EUR", time_zone="Europe/Berlin")
        customers.create(session, name="Ada")
        for priority in ("high", "normal", "low"):
            tickets.open_ticket(session, customer_id=1, subject=priority, priority=priority, opened_at=WEDNESDAY)
    return workspace


def kept(desk, ticket_id=1) -> tuple:
    with db.reading(desk) as session:
        return tuple(session.execute(select(Ticket.answer_due_at, Ticket.solution_due_at, Ticket.version)
                               .where(Ticket.id == ticket_id)).one())


def save(desk, **wanted) -> service_policy.Saved:
    with db.transaction(desk) as session:
        return service_policy.save(session, **wanted)


def test_without_a_word_of_the_owner_the_usual_promise_holds(desk):
    with db.reading(desk) as session:
        policy = service_policy.read(session)
    assert policy.is_usual and policy.week == OFFICE_HOURS
    assert kept(desk, 1)[:2] == (datetime(2026, 3, 4, 14), datetime(2026, 3, 6, 10))
    assert kept(desk, 3)[:2] == (datetime(2026, 3, 6, 10), datetime(2026, 3, 18, 10))


def test_another_promise_brings_other_deadlines_to_tickets_that_are_not_resolved(desk):
    with db.transaction(desk) as session:
        tickets.answer(session, 1, version=1, moment=datetime(2026, 3, 4, 12), text="Soon.")
        tickets.resolve(session, 2, version=1, moment=datetime(2026, 3, 4, 12))
    before = kept(desk, 2)
    done = save(desk, week=DAILY, promises={"high": Promise(1, 2), "low": Promise(None, 12)})
    assert (done.tickets, done.changed) == (2, 2)
    assert kept(desk, 1) == (datetime(2026, 3, 4, 14), datetime(2026, 3, 4, 12), 2)  # the answer keeps the promise of its day
    assert kept(desk, 2) == before
    assert kept(desk, 3) == (None, datetime(2026, 3, 5, 10), 1)  # nothing is promised for the answer any more
    assert save(desk, week=DAILY, promises={"high": Promise(1, 2), "low": Promise(None, 12)}).changed == 0
    with db.reading(desk) as session:
        noted = session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "service_policy")).all()
    assert len(noted) == 1 and noted[0]["deadlines_changed"] == [None, 2]


def test_a_reopened_ticket_counts_from_its_reopening(desk):
    with db.transaction(desk) as session:
        tickets.resolve(session, 1, version=1, moment=datetime(2026, 3, 4, 11))
        tickets.reopen(session, 1, version=2, moment=datetime(2026, 3, 9, 10))
    save(desk, week=DAILY, promises={"high": Promise(1, 3)})
    assert kept(desk, 1)[1] == datetime(2026, 3, 9, 13)


def test_what_was_saved_is_read_again(desk):
    save(desk, week=[[(540, 720), (780, 1440)], *[[]] * 6], closed=[date(2026, 12, 25), date(2026, 12, 24)],
         promises={"high": Promise(2.5, 8)})
    with db.reading(desk) as session:
        policy = service_policy.read(session)
        assert service_policy.calendar(session).zone == "Europe/Berlin"
    assert policy.week[0] == ((540, 720), (780, 1440)) and policy.closed == (date(2026, 12, 24), date(2026, 12, 25))
    assert policy.promises == {"low": Promise(), "normal": Promise(), "high": Promise(2.5, 8.0)} and not policy.is_usual


def test_two_windows_do_not_overwrite_each_other(desk):
    with db.reading(desk) as session:
        shown = service_policy.read(session)
    save(desk, week=DAILY, shown=shown)
    with pytest.raises(Conflict, match="in the meantime"):
        save(desk, week=OFFICE_HOURS, shown=shown)


@pytest.mark.parametrize(("wanted", "sentence"), [
    ({"promises": {"high": Promise(0, 4)}}, "The first answer for the priority “high” is promised within 0 hours"),
    ({"promises": {"high": Promise(1, float("nan"))}}, "The solution for the priority “high” is promised within nan hours"),
    ({"promises": {"low": Promise(1, 2_001)}}, "at most 2,000"),
    ({"promises": {"high": Promise(8, 4)}}, "the solution cannot be due first"),
    ({"promises": {"urgent": Promise(8, 4)}}, "“urgent” is no priority; choose from low, normal, high"),
    ({"week": [[]] * 7, "promises": {"high": Promise(8, 9)}}, "Nothing can be promised without opening hours"),
    ({"week": [[(0, 30)]] + [[]] * 6}, "at least one opening hour a week"),
    ({"closed": [date(1026, 12, 24)]}, "1026-12-24 cannot be a closed day"),
    ({"closed": [date.fromordinal(735_000 + day) for day in range(1_001)]}, "1,001 closed days are given"),
    ({"week": [[(540, 500)]] * 7}, "an opening ends after it begins"),
])
def test_a_policy_that_cannot_be_kept_is_refused(wanted, sentence):
    with pytest.raises(InvalidInput) as refused:
        service_policy.checked(**{"week": OFFICE_HOURS} | wanted)
    assert sentence in str(refused.value)


def test_who_is_never_open_promises_nothing_and_is_late_with_nothing(desk):
    assert save(desk, week=[[]] * 7).changed == 3
    assert kept(desk, 1)[:2] == (None, None)
