"""Disputes: complaints that are open, unanswered, repeated, opened again, and the money that they are about."""

import datetime as dt

import pandas as pd
import pytest

from crm.analytics import risk
from tests.analytics.risk.small_company import (
    AS_OF,
    assess,
    goods_of,
    lines_of,
    of_customer,
    orders_of,
    payments_of,
    people_of,
    tickets_of,
)

TEN_ORDERS = [(number, customer, 100 + number, 20.0) for customer in (1, 2, 3)
              for number in range(10 * customer, 10 * customer + 10)]


def test_complaints_are_counted_by_hand():
    tickets = [(1, "complaint", "resolved", 300, 299, 290), (1, "complaint", "answered", 20, 18, None),
               (1, "complaint", "open", 5, None, None), (1, "inquiry", "open", 5, None, None),
               (2, "complaint", "reopened", 50, 48, 40), (3, "service_request", "open", 2, None, None)]
    table = assess(TEN_ORDERS, tickets=tickets).disputes.customers
    assert table["customer_id"].tolist() == [1, 2]
    row = of_customer(table, 1)
    assert (row["orders"], row["complaints"], row["open"], row["unanswered"], row["open_days"]) == (10, 3, 2, 1, 21)
    again = of_customer(table, 2)
    assert (again["complaints"], again["open"], again["reopened"], again["unanswered"]) == (1, 1, 1, 0)


def test_points_rise_from_settled_over_answered_to_unanswered():
    tickets = [(1, "complaint", "resolved", 30, 29, 28), (2, "complaint", "answered", 30, 29, None),
               (3, "complaint", "open", 30, None, None)]
    points = assess(TEN_ORDERS, tickets=tickets).customers.set_index("customer_id")["disputes"]
    assert 0 <= points[1] < points[2] < points[3] <= 20
    assert points[2] - points[1] == pytest.approx(5) and points[3] - points[1] == pytest.approx(10)


def test_a_complaint_in_each_order_is_worse_than_one_in_ten():
    often = [(1, "complaint", "resolved", 100 + place, 99, 98) for place in range(8)]
    found = assess(TEN_ORDERS, tickets=[*often, (2, "complaint", "resolved", 100, 99, 98)])
    points = found.customers.set_index("customer_id")["disputes"]
    assert points[3] == points[2] == 0 < points[1]


def test_no_ticket_at_all_leaves_complaints_unknown_and_another_kind_makes_them_known():
    assert assess(TEN_ORDERS).customers["disputes"].isna().all()
    known = assess(TEN_ORDERS, tickets=[(1, "inquiry", "open", 5, None, None)])
    assert known.disputes.is_recorded and (known.customers["disputes"] == 0).all()


def test_what_happens_to_a_ticket_later_is_not_known_yet():
    tickets = [(1, "complaint", "resolved", 40, 5, 3), (2, "complaint", "reopened", 40, 5, None),
               (3, "complaint", "open", 4, None, None)]
    early = AS_OF - dt.timedelta(days=20)
    table = assess(TEN_ORDERS, tickets=tickets, as_of=early).disputes.customers
    assert table[["customer_id", "open", "unanswered", "reopened"]].to_numpy().tolist() == [[1, 1, 1, 0], [2, 1, 1, 0]]


def test_old_complaints_count_only_while_they_are_open():
    tickets = [(1, "complaint", "resolved", 800, 799, 790), (2, "complaint", "open", 800, None, None)]
    table = assess(TEN_ORDERS, tickets=tickets).disputes.customers
    assert table["customer_id"].tolist() == [2]


def test_the_money_of_an_open_complaint_is_that_of_its_order_once():
    tickets = tickets_of([(1, "complaint", "open", 5, None, None), (1, "complaint", "answered", 4, 3, None),
                          (2, "complaint", "resolved", 5, 4, 3), (3, "complaint", "open", 5, None, None)])
    tickets = tickets.assign(order_id=[10, 10, 20, 0])
    found = risk.assess(orders_of(TEN_ORDERS), order_lines=lines_of([(1, 1, 9, "sale", 20.0)]), payments=payments_of([]),
                        tickets=tickets, customers=people_of([1, 2, 3]), products=goods_of({1: "Tea"}), as_of=AS_OF)
    assert found.disputed_amount == 20
    table = found.disputes.customers.set_index("customer_id")["disputed_amount"]
    assert table[1] == 20 and table[[2, 3]].isna().all()


def test_without_orders_on_tickets_the_money_is_not_known():
    assert pd.isna(assess(TEN_ORDERS, tickets=[(1, "complaint", "open", 5, None, None)]).disputed_amount)
