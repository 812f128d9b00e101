"""Late payers: what counts as late, who looks worse, and that few bills are no verdict."""

import datetime as dt

import pandas as pd
import pytest

from crm.errors import InvalidInput
from tests.analytics.risk.small_company import AS_OF, assess, of_customer


def billed(customer: int, days_late: list[float], *, first_order: int, ago: int = 40) -> tuple[list, list]:
    """Orders and payments of a customer, one bill a day, due at `ago` and paid so many days later."""
    orders, payments = [], []
    for place, late in enumerate(days_late):
        orders.append((first_order + place, customer, ago + 14 + place, 100.0))
        payments.append((customer, first_order + place, ago + place - late, ago + place, 100.0))
    return orders, payments


def joined(*companies) -> tuple[list, list]:
    return [row for orders, _ in companies for row in orders], [row for _, payments in companies for row in payments]


def test_bills_are_counted_by_hand():
    orders, payments = joined(billed(1, [-3, 0, 10, 30, 20], first_order=1, ago=60))
    payments[3] = payments[3][:4] + (300.0,)  # of the bill that came 30 days late
    row = of_customer(assess(orders, payments).payments.customers, 1)
    assert (row["bills"], row["late_bills"], row["median_days_late"], row["worst_days_late"]) == (5, 3, 20, 30)
    assert row["weighted_days_late"] == pytest.approx((100 * 10 + 300 * 30 + 100 * 20) / 700)


def test_a_bill_paid_on_its_due_day_is_not_late_and_days_of_grace_are_the_owners_choice():
    orders, payments = joined(billed(1, [0, 1, 3, 4], first_order=1))
    late = [int(of_customer(assess(orders, payments, grace_days=grace).payments.customers, 1)["late_bills"])
            for grace in (0, 1, 3)]
    assert late == [3, 2, 1]


def test_one_late_bill_of_one_is_not_worse_than_nine_of_twelve():
    others = [billed(10 + place, [-2] * 8, first_order=1_000 * (place + 1)) for place in range(6)]
    orders, payments = joined(billed(1, [20], first_order=1), billed(2, [20] * 9 + [-2] * 3, first_order=100), *others)
    found = assess(orders, payments)
    share = found.payments.customers.set_index("customer_id")["share_late"]
    assert 0 < share[10] < share[1] < share[2] < 9 / 12
    points = found.customers.set_index("customer_id")["late"]
    assert points[10] == 0 < points[1] < points[2]


def test_one_of_one_is_not_worse_even_where_nearly_everybody_pays_late():
    others = [billed(10 + place, [20] * 8, first_order=1_000 * (place + 1)) for place in range(6)]
    orders, payments = joined(billed(1, [20], first_order=1), billed(2, [20] * 9 + [-2] * 3, first_order=100), *others)
    share = assess(orders, payments).payments.customers.set_index("customer_id")["share_late"]
    assert share[1] < share[2]


def test_part_payments_of_one_bill_are_one_bill():
    orders = [(1, 1, 60, 100.0), (2, 1, 60, 100.0)]
    payments = [(1, 1, 50, 46, 40.0), (1, 1, 36, 46, 60.0), (1, 2, 50, 46, 100.0)]
    row = of_customer(assess(orders, payments).payments.customers, 1)
    assert (row["bills"], row["late_bills"], row["worst_days_late"]) == (2, 1, 10)


def test_money_that_goes_back_is_no_bill():
    orders = [(1, 1, 60, 100.0)]
    before = assess(orders, [(1, 1, 50, 46, 100.0)]).payments.customers
    after = assess(orders, [(1, 1, 50, 46, 100.0), (1, 1, 5, 46, -100.0)]).payments.customers
    assert of_customer(after, 1)["bills"] == of_customer(before, 1)["bills"] == 1
    assert of_customer(after, 1)["late_bills"] == 0


def test_who_has_not_paid_at_all_does_not_look_better_than_who_paid_late():
    paid_late = billed(1, [-1, -1, -1, 35], first_order=1, ago=50)
    orders, payments = billed(2, [-1, -1, -1, 35], first_order=10, ago=50)
    orders, payments = joined(paid_late, (orders, payments[:-1]))
    table = assess(orders, payments).payments.customers
    paid, unpaid = of_customer(table, 1), of_customer(table, 2)
    assert unpaid["late_bills"] == paid["late_bills"] == 1 and unpaid["bills"] == paid["bills"] == 4
    assert unpaid["worst_days_late"] == 53 and unpaid["overdue_amount"] == 100


def test_paying_in_advance_is_neither_late_nor_lost():
    found = assess([(1, 1, 10, 80.0)], [(1, 1, 20, 10, 80.0)])
    row = of_customer(found.payments.customers, 1)
    assert (row["bills"], row["late_bills"], row["overdue_orders"]) == (1, 0, 0)
    assert found.open_amount == 0 and of_customer(found.customers, 1)["late"] == 0


def test_what_is_paid_at_once_is_known_to_be_in_time_without_a_due_day():
    found = assess([(1, 1, 30, 50.0), (2, 1, 20, 50.0)], [(1, 1, 30, None, 50.0), (1, 2, 19, None, 50.0)])
    assert of_customer(found.payments.customers, 1)["at_once"] == 2
    assert of_customer(found.customers, 1)["late"] == 0


def test_without_due_days_nobody_is_called_late_or_in_time():
    found = assess([(1, 1, 60, 50.0), (2, 1, 50, 50.0)], [(1, 1, 20, None, 50.0), (1, 2, 10, None, 50.0)])
    assert of_customer(found.payments.customers, 1)["bills"] == 0 if len(found.payments.customers) else True
    assert pd.isna(of_customer(found.customers, 1)["late"])
    assert found.payments.with_due_day == 0 and pd.isna(found.payments.usual_late.mean)


def test_the_owners_days_to_pay_stand_in_where_no_due_day_is_recorded():
    rows = [(1, 1, 60, 50.0), (2, 1, 50, 50.0), (3, 1, 40, 50.0)], [(1, 1, 20, None, 50.0), (1, 2, 40, 41, 50.0)]
    row = of_customer(assess(*rows, terms_days=14).payments.customers, 1)
    # Order 1 was due 46 days ago and paid 26 days later; order 2 keeps its own day; order 3 is due for 26 days.
    assert (row["bills"], row["late_bills"], row["worst_days_late"], row["overdue_days"]) == (3, 3, 26, 26)


def test_payments_after_as_of_do_not_count():
    orders, payments = joined(billed(1, [-2, 5, 9], first_order=1, ago=60))
    orders.append((50, 1, 40, 100.0))  # due 26 days ago, as the others were after 14 days
    later = [*payments, (1, 50, -1, 26, 100.0), (2, 0, -1, 100, 100.0)]
    known, told = assess(orders, payments), assess([*orders, (99, 2, -1, 500.0)], later)
    pd.testing.assert_frame_equal(told.payments.customers, known.payments.customers)
    pd.testing.assert_frame_equal(told.customers, known.customers)
    assert known.overdue_amount == 100 == told.overdue_amount and told.payments.payments == 3
    paid_today = assess(orders, [*payments, (1, 50, 0, 26, 100.0)])
    assert paid_today.overdue_amount == 0


def test_before_any_payment_nothing_is_said_of_payments():
    orders, payments = joined(billed(1, [5, 5, 5], first_order=1, ago=60))
    found = assess(orders, payments, as_of=AS_OF - dt.timedelta(days=72))
    assert found.payments.payments == 0 and found.payments.first_on is None
    assert pd.isna(found.overdue_amount) and pd.isna(found.open_amount)
    assert found.customers["late"].isna().all() and found.customers["score"].notna().all()


def test_the_trend_sets_this_year_against_the_year_before():
    this_year, before = billed(1, [20, 20, -1], first_order=1, ago=100), billed(1, [-1, -1, 6, -1], first_order=10, ago=500)
    trend = assess(*joined(this_year, before)).payments.trend.set_index("period")
    assert trend.loc["year", ["bills", "late"]].tolist() == [3, 2]
    assert trend.loc["before", ["bills", "late"]].tolist() == [4, 1]
    assert trend.loc["before", "share_late"] == 0.25 and trend.loc["before", "weighted_days_late"] == 1.5
    row = of_customer(assess(*joined(this_year, before)).payments.customers, 1)
    assert (row["bills_year"], row["late_year"], row["bills_before"], row["late_before"]) == (3, 2, 4, 1)


def test_a_year_without_bills_has_no_share():
    trend = assess(*joined(billed(1, [20, 20], first_order=1, ago=100))).payments.trend.set_index("period")
    assert trend.loc["before", "bills"] == 0 and pd.isna(trend.loc["before", "share_late"])


@pytest.mark.parametrize("choices", [{"terms_days": -1}, {"terms_days": 400}, {"grace_days": 366}])
def test_days_out_of_range_are_refused(choices):
    with pytest.raises(InvalidInput, match="choose 0 to 365"):
        assess([(1, 1, 5, 10.0)], **choices)
