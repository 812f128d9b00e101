"""What counts as a step, when, and how a journey began."""

from datetime import timedelta

import numpy as np
import pytest

from crm.analytics.journey import events
from tests.analytics.journey.conftest import DAY_ONE, answers, campaigns, contacts, orders, referrals, tickets

LAST = DAY_ONE + timedelta(days=1000)


def told(orders, *, as_of=LAST, **others) -> list[tuple]:
    """(customer, kind, day) of every event in its order."""
    found = events.read(orders, as_of=as_of, **others)
    first = int(np.datetime64(DAY_ONE, "D").astype(int))
    return [(int(found.customer_ids[code]), events.KINDS[kind], int(day) - first)
            for code, kind, day in zip(found.code, found.kind, found.day, strict=True)]


def began(orders, **others) -> list[str]:
    found = events.read(orders, as_of=LAST, **others)
    return [events.ENTRIES[entry] for entry in found.entry]


def test_orders_are_numbered_in_time_and_one_day_is_one_order():
    assert told(orders((1, 30), (1, 5), (1, 5), (1, 9), (2, 3))) == [
        (1, "first_order", 5), (1, "second_order", 9), (1, "later_order", 30), (2, "first_order", 3)]


def test_a_credit_note_is_no_order():
    assert told(orders((1, 5), (1, 8, -10.0))) == [(1, "first_order", 5)]


def test_the_first_contact_is_whichever_came_first_before_the_first_order():
    sold = orders((1, 50))
    everything = {"contacts": contacts((1, "in", 20)), "tickets": tickets((1, "inquiry", 15, None)), "campaigns": campaigns((1, 30)),
                  "referrals": referrals((1, 10))}
    assert told(sold, **everything)[0] == (1, "contact", 10) and began(sold, **everything) == ["referral"]
    del everything["referrals"]
    assert told(sold, **everything)[0] == (1, "contact", 15) and began(sold, **everything) == ["inquiry"]


@pytest.mark.parametrize(("source", "entry"), [
    ({"contacts": contacts((1, "in", 50))}, "message"), ({"campaigns": campaigns((1, 50))}, "campaign"),
    ({"contacts": contacts((1, "out", 40))}, "order"), ({"contacts": contacts((1, "in", 51))}, "order"),
    ({"referrals": referrals((1, None))}, "order"), ({"tickets": tickets((1, "complaint", 40, None))}, "other")])
def test_how_a_journey_began_is_known_from_its_first_step(source, entry):
    assert began(orders((1, 50)), **source) == [entry]


def test_who_only_asked_is_on_a_journey_too():
    assert told(orders((2, 1)), tickets=tickets((1, "inquiry", 4, None))) == [(1, "contact", 4), (2, "first_order", 1)]


def test_a_message_that_was_the_complaint_is_no_first_contact():
    found = told(orders((1, 50)), tickets=tickets((1, "complaint", 20, 22)), contacts=contacts((1, "in", 20)))
    assert found == [(1, "complaint", 20), (1, "solution", 22), (1, "first_order", 50)]


def test_a_contact_after_a_complaint_or_an_answer_is_not_the_first():
    assert "contact" not in [kind for _, kind, _ in told(orders((1, 50)), tickets=tickets((1, "complaint", 20, None)),
                                                         contacts=contacts((1, "in", 30)))]


@pytest.mark.parametrize(("given", "step"), [
    ([("csat", 2)], "low_score"), ([("csat", 3)], None), ([("csat", 4)], "high_score"), ([("nps", 6)], "low_score"), ([("nps", 7)], None),
    ([("nps", 9)], "high_score"), ([("ces", 1)], None), ([("csat", 0)], None), ([("csat", float("nan"))], None),
    ([("nps", 2), ("likert", 5), ("likert", 5)], "low_score"), ([("likert", 5), ("likert", 4), ("likert", 1)], "high_score")])
def test_a_day_of_answers_is_low_high_or_neither(given, step):
    found = told(orders((1, 1)), answers=answers(*((1, metric, score, 9) for metric, score in given)))
    assert [kind for _, kind, _ in found[1:]] == ([] if step is None else [step])


def test_answers_of_nobody_known_are_nobodys_steps():
    assert told(orders((1, 1)), answers=answers((0, "csat", 1, 9))) == [(1, "first_order", 1)]


def test_within_a_day_the_order_comes_before_the_complaint_and_after_the_contact():
    found = told(orders((1, 5)), tickets=tickets((1, "complaint", 5, 5)), campaigns=campaigns((1, 5)))
    assert [kind for _, kind, _ in found] == ["contact", "first_order", "complaint", "solution"]


def test_a_solution_before_its_complaint_is_a_slip_and_no_step():
    assert [kind for _, kind, _ in told(orders((1, 1)), tickets=tickets((1, "complaint", 9, 3)))] == ["first_order", "complaint"]


def test_days_before_1970_stay_in_order():
    early = orders((1, -25_000), (1, -24_990), (1, 3))
    assert [kind for _, kind, _ in told(early)] == ["first_order", "second_order", "later_order"]


def test_no_frame_is_changed_and_nothing_after_the_last_day_counts(company):
    before = {name: frame.copy() for name, frame in company.items()}
    day = DAY_ONE + timedelta(days=500)
    sold = company["orders"]
    known = told(sold, as_of=day, **{name: frame for name, frame in company.items() if name != "orders"})
    cut = {name: frame[frame[column] < np.datetime64(day) + 1] for name, column, frame in (
        (name, {"orders": "ordered_on", "tickets": "opened_at", "contacts": "happened_at", "answers": "answered_on",
                "campaigns": "responded_at", "referrals": "referred_on"}[name], frame) for name, frame in company.items())}
    assert known == told(cut.pop("orders"), as_of=day, **cut)
    assert len(known) < len(told(sold)) and all(before[name].equals(company[name]) for name in company)
