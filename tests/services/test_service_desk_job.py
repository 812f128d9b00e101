"""The service desk's figures from the records: real hours over summer time, opening hours, chosen customers, complaints."""

from datetime import date, datetime

import numpy as np
import pytest

from crm import db
from crm.errors import InvalidInput, NotEnoughData
from crm.jobs import service_desk as job
from crm.services import customers, service_policy, settings, tickets

AS_OF = date(2026, 3, 31)


@pytest.fixture
def desk(workspace):
    with db.transaction(workspace) as session:
        settings.save_company(session, name="Test", currency="EUR", time_zone="Europe/Berlin")
        ada, bob = (customers.create(session, name=name) for name in ("Ada", "Bob"))
        for customer, kind in ((ada, "inquiry"), (bob, "complaint")):
            # Over the night in which an hour is left out: from Saturday noon to Monday 10:00.
            ticket = tickets.open_ticket(session, customer_id=customer, subject="Late", kind=kind, opened_at=datetime(2026, 3, 28, 12),
                                         topic="Parcel", body="Where is it?", cost=2)
            tickets.resolve(session, ticket, version=1, moment=datetime(2026, 3, 30, 10))
    return workspace, ada, bob


def ask(desk, question, **choices):
    with db.reading(desk[0]) as session:
        return question(session, as_of=AS_OF, **choices)


def test_hours_are_those_that_pass_or_those_of_opening(desk):
    passed = ask(desk, job.run)
    assert passed.speed.answer.median == 45  # 46 by the clock on the wall, an hour of which never was
    assert passed.speed.answer_kept.share == 1 and passed.volume.hours[5, 12] == 2
    assert ask(desk, job.run, counting="open").speed.answer.median == 1  # from nine on Monday
    figures = job.quality(passed)
    assert figures["tickets"] == 2 and figures["waiting"] == 0 and len(job.table(passed)) == len(passed.speed.course)


def test_only_the_tickets_of_chosen_customers_and_of_the_time_before_the_moment_count(desk):
    _, ada, bob = desk
    assert ask(desk, job.run, among=np.array([ada])).speed.tickets == 1
    assert ask(desk, job.grouped, by="kind", among=np.array([ada, bob])).groups["group"].tolist() == ["complaint", "inquiry"]
    with db.reading(desk[0]) as session:
        early = job.run(session, as_of=date(2026, 3, 30), moment="2026-03-30T09:00")
    assert early.backlog.waiting == 2 and early.speed.answer.done == 0


def test_complaints_are_told_with_their_cost_and_too_few_have_no_themes(desk):
    found = ask(desk, job.complaints)
    assert (found.complaints, found.noted_cost, found.topics["topic"].tolist()) == (1, 2.0, ["Parcel"])
    assert ask(desk, job.themes).missing is not None
    with pytest.raises(NotEnoughData, match="0 complaints"):
        ask(desk, job.complaints, among=np.array([desk[1]]))


def test_a_wrong_choice_is_told_with_what_to_correct(desk):
    for choices, told in (({"days": -1}, "choose 1 or more"), ({"counting": "beats"}, "choose one of clock, open"),
                          ({"moment": "noon"}, "write it like")):
        with pytest.raises(InvalidInput, match=told):
            ask(desk, job.run, **choices)
    with db.transaction(desk[0]) as session:
        service_policy.save(session, week=[()] * 7)
    with pytest.raises(InvalidInput, match="You have no opening hours"):
        ask(desk, job.run, counting="open")
