"""Lists of tickets: who comes first, who fits, how many wait, and that the database's indexes do the work."""

from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import event, insert, update

from crm import db
from crm.errors import InvalidInput
from crm.models import Ticket
from crm.models.base import now as moment_now
from crm.services import customers, desk_figures, orders, ticket_listing
from crm.services.orders import LineInput

NOW = datetime(2026, 3, 10, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROWS = {  # subject: kind, priority, status, agent, topic, opened, first answered, resolved, answer due, solution due
    "Broken mug": ("complaint", "high", "open", "Kim", "Breakage", NOW - 2 * DAY, None, None, NOW - DAY, NOW + DAY),
    "Where is it?": ("inquiry", "normal", "open", None, "Delivery", NOW - HOUR, None, None, NOW + 3 * HOUR, NOW + 2 * DAY),
    "Größe 40": ("inquiry", "low", "answered", "Kim", None, NOW - 5 * DAY, NOW - 4 * DAY, None, NOW - 4 * DAY, NOW - HOUR),
    "Again broken": ("complaint", "normal", "reopened", "Lee", "Breakage", NOW - 9 * DAY, NOW - 8 * DAY, None, NOW, NOW + HOUR),
    "No promise": ("service_request", "low", "open", None, None, NOW - 3 * DAY, None, None, None, None),
    "Settled": ("complaint", "high", "resolved", "Kim", "Breakage", NOW - 7 * DAY, NOW - 6 * DAY, NOW - 2 * DAY, NOW, NOW),
    "Long settled": ("inquiry", "low", "resolved", None, None, NOW - 90 * DAY, NOW - 89 * DAY, NOW - 88 * DAY, None, None),
    "Deleted": ("complaint", "high", "open", None, None, NOW - DAY, None, None, NOW - HOUR, NOW),
}
QUEUE = ["Broken mug", "Größe 40", "Again broken", "Where is it?", "No promise"]
NAMES = ("kind", "priority", "status", "agent", "topic", "opened_at", "first_answered_at", "resolved_at", "answer_due_at",
         "solution_due_at")


@pytest.fixture
def desk(workspace):
    with db.transaction(workspace) as session:
        for name in ("Ada Lovelace", "Ben"):
            customers.create(session, name=name)
        orders.create(session, customer_id=2, ordered_at=NOW - 30 * DAY, number="A-7",
                      lines=[LineInput(product_id=None, description="Mug", quantity=1, unit_price=9)])
        for place, (subject, row) in enumerate(ROWS.items()):
            session.add(Ticket(customer_id=1 + place % 2, subject=subject, body="Please help.", code=f"K{place}",
                               order_id=1 if subject == "Settled" else None, cost_e4=25_000 if subject == "Settled" else None,
                               **dict(zip(NAMES, row, strict=True))))
        session.flush()
        session.execute(update(Ticket).where(Ticket.subject == "Deleted").values(deleted_at=moment_now()))
    return workspace


def page(desk, **wanted) -> ticket_listing.Page:
    with db.reading(desk) as session:
        return ticket_listing.page(session, now=NOW, **wanted)


def subjects(desk, **wanted) -> list[str]:
    found = page(desk, **wanted)
    assert len(found.rows) == min(found.total, 25) and not found.is_more
    return found.rows["subject"].tolist()


def test_what_is_due_next_comes_first_and_what_nothing_is_promised_to_last(desk):
    found = page(desk).rows.set_index("subject")
    assert found.index.tolist() == QUEUE
    assert found["is_overdue"].tolist() == [True, True, False, False, False]
    assert found["due"].tolist() == ["answer", "solution", "solution", "answer", None]
    assert found.loc["Größe 40", "due_at"] == NOW - HOUR and np.isnat(found.loc["No promise", "due_at"].to_datetime64())
    assert found.loc["Broken mug", "reference"] == "K0" and found.loc["Broken mug", "customer"] == "Ada Lovelace"


NARROWED = [  # what is wanted, and whose subjects come, in this sequence
    ({"show": "waiting"}, ["Broken mug", "Again broken", "Where is it?", "No promise"]),
    ({"show": "overdue"}, ["Broken mug", "Größe 40"]),
    ({"show": "open"}, ["Broken mug", "Where is it?", "No promise"]),
    ({"show": "answered"}, ["Größe 40"]),
    ({"show": "reopened"}, ["Again broken"]),
    ({"show": "resolved"}, ["Settled", "Long settled"]),
    ({"show": "deleted"}, ["Deleted"]),
    ({"show": "all"}, ["Where is it?", "Broken mug", "No promise", "Größe 40", "Settled", "Again broken", "Long settled"]),
    ({"show": "all", "sort": "opened"}, ["Long settled", "Again broken", "Settled", "Größe 40", "No promise", "Broken mug", "Where is it?"]),
    ({"show": "all", "sort": "resolved", "descending": True}, ["Settled", "Long settled"]),
    ({"descending": True, "sort": "due"}, QUEUE[::-1]),
    ({"kind": "complaint"}, ["Broken mug", "Again broken"]),
    ({"priority": "low"}, ["Größe 40", "No promise"]),
    ({"agent": "Kim"}, ["Broken mug", "Größe 40"]),
    ({"agent": ticket_listing.NOBODY}, ["Where is it?", "No promise"]),
    ({"topic": "Breakage", "show": "all"}, ["Broken mug", "Settled", "Again broken"]),
    ({"topic": ticket_listing.NOBODY, "kind": "inquiry"}, ["Größe 40"]),
    ({"customer_id": 2}, ["Again broken", "Where is it?"]),
    ({"order_id": 1, "show": "all"}, ["Settled"]),
    ({"kind": "complaint", "priority": "high", "agent": "Lee"}, []),
    ({"query": "BROKEN"}, ["Broken mug", "Again broken"]),
    ({"query": "broken lovelace"}, ["Broken mug"]),
    ({"query": "GRÖSSE"}, []),
    ({"query": "größe"}, ["Größe 40"]),
    ({"query": "k3"}, ["Again broken"]),
    ({"query": "T2"}, ["Where is it?"]),
    ({"query": "100%"}, []),
    ({"query": "help", "show": "all"}, []),
    ({"query": "help", "in_text": True, "kind": "complaint"}, ["Broken mug", "Again broken"]),
    ({"query": "broken", "show": "all", "sort": "opened"}, ["Again broken", "Broken mug"]),
]


def test_the_list_is_narrowed_and_sorted(desk):
    assert [(wanted, subjects(desk, **wanted)) for wanted, _ in NARROWED] == NARROWED


def test_pages_follow_each_other(desk):
    assert [page(desk, number=number, size=2).rows["subject"].tolist() for number in (1, 2, 3, 4)] == [QUEUE[:2], QUEUE[2:4], QUEUE[4:], []]
    assert {page(desk, number=number, size=2).total for number in (1, 2, 3, 4)} == {5}


def test_a_long_list_says_that_there_is_more(desk, monkeypatch):
    monkeypatch.setattr(ticket_listing, "COUNTED", 4)
    for query in ("", "e"):
        found = page(desk, size=2, query=query)
        assert (found.total, found.is_more, found.rows["subject"].tolist()) == (4, True, QUEUE[:2])
    with pytest.raises(InvalidInput, match="Only the first 4 tickets are listed"):
        page(desk, size=2, number=3)


@pytest.mark.parametrize(("wanted", "sentence"), [
    ({"show": "lost"}, "“lost” is no way to show tickets"), ({"kind": "praise"}, "“praise” is no kind of ticket"),
    ({"priority": "urgent"}, "“urgent” is no priority"), ({"sort": "mood"}, "cannot be sorted by “mood”"),
    ({"show": "all", "sort": "due"}, "Only tickets that are not resolved have something due"),
])
def test_a_wrong_word_is_told(desk, wanted, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        page(desk, **wanted)


def test_counts_and_the_board_agree_with_the_list(desk):
    with db.reading(desk) as session:
        counts = ticket_listing.counts(session, now=NOW)
        board = ticket_listing.board(session, now=NOW, resolved_since=NOW - 7 * DAY, size=2)
        assert ticket_listing.topics(session) == ["Breakage", "Delivery"] and ticket_listing.agents(session) == ["Kim", "Lee"]
    assert (counts.open, counts.answered, counts.reopened, counts.resolved, counts.overdue) == (3, 1, 1, 2, 2)
    assert (counts.unresolved, counts.waiting) == (5, 4)
    assert {status: (column.rows["subject"].tolist(), column.total) for status, column in board.items()} == {
        "open": (["No promise", "Broken mug"], 3), "answered": (["Größe 40"], 1), "reopened": (["Again broken"], 1),
        "resolved": (["Settled"], 1)}
    assert board["resolved"].rows["cost"].tolist() == [2.5] and board["resolved"].rows["order_number"].tolist() == ["A-7"]


def test_the_morning_figures_are_those_of_the_lists(desk):
    with db.reading(desk) as session:
        found = desk_figures.figures(session, now=NOW)
    assert (found.open_complaints, found.oldest_complaint_at, found.overdue) == (2, NOW - 9 * DAY, 2)
    assert (found.waiting, found.oldest_waiting_at, found.oldest_waiting_id) == (4, NOW - 9 * DAY, 4)


def test_who_came_back_waits_since_then_and_not_since_the_first_opening(desk):
    for again, expected in ((NOW - HOUR, (NOW - 3 * DAY, 5)), (NOW - 4 * DAY, (NOW - 4 * DAY, 4))):
        with db.transaction(desk) as session:
            session.execute(update(Ticket).where(Ticket.subject == "Again broken").values(reopened_at=again))
        with db.reading(desk) as session:
            found = desk_figures.figures(session, now=NOW)
        assert (found.oldest_waiting_at, found.oldest_waiting_id) == expected


def test_an_empty_desk_has_no_figures_to_invent(workspace):
    with db.reading(workspace) as session:
        found = desk_figures.figures(session, now=NOW)
        assert ticket_listing.page(session, now=NOW).total == 0
        assert ticket_listing.topics(session) == []
    assert (found.open_complaints, found.oldest_complaint_at, found.oldest_waiting_at, found.oldest_waiting_id) == (0, None, None, None)


def test_a_customers_open_tickets_come_first(desk):
    with db.reading(desk) as session:
        found = ticket_listing.of_customer(session, 2, now=NOW)
    assert found.rows["subject"].tolist() == ["Where is it?", "Again broken", "Settled"] and found.total == 3


def test_a_deleted_customers_tickets_stay_in_the_list(desk):
    with db.transaction(desk) as session:
        customers.delete(session, 1, version=1)
    assert subjects(desk) == QUEUE


@pytest.mark.parametrize("wanted", [{}, {"show": "overdue"}, {"kind": "complaint"}, {"show": "all"}, {"show": "resolved"}, {"agent": "Kim"}],
                         ids=str)
def test_the_first_page_is_read_from_an_index_without_sorting(desk, wanted):
    """What makes a million tickets as quick as a hundred: no statement of the list sorts, or reads all rows."""
    if desk.file is None:
        pytest.skip("PostgreSQL plans by the number of rows; a handful is quicker read whole.")
    statements = []
    with db.reading(desk) as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *given: statements.append(given[2:4]))
        ticket_listing.page(session, now=NOW, size=1, **wanted)
        lists = [each for each in statements if "FROM tickets" in each[0] and "JOIN" not in each[0]]
        assert len(lists) == 2  # the page, and how many there are
        for statement, values in lists:
            plan = [row[3] for row in session.connection().exec_driver_sql(f"explain query plan {statement}", values)]
            assert any("ix_tickets_by_" in step for step in plan) and "TEMP B-TREE" not in str(plan), plan


def test_all_tickets_are_counted_up_to_the_limit(desk):
    with db.transaction(desk) as session:
        session.execute(insert(Ticket), [
            {"customer_id": 1, "kind": "inquiry", "subject": f"No {place}", "opened_at": NOW - place * HOUR, "solution_due_at": NOW}
            for place in range(300)])
    found = page(desk)
    assert (found.total, found.is_more, len(found.rows)) == (305, False, 25)
