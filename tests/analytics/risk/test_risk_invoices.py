"""Open orders: only what the records allow is called open, and never more than is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.analytics.risk import invoices
from tests.analytics.risk.small_company import AS_OF, assess, day, of_customer, orders_of, payments_of, people_of


def open_rows(found) -> dict[int, float]:
    table = found.payments.invoices.table
    return dict(zip(table["order_id"], table["open_amount"], strict=True))


def test_an_order_that_no_payment_names_is_open_where_payments_name_orders():
    found = assess([(1, 1, 60, 100.0), (2, 1, 50, 80.0)], [(1, 1, 50, 46, 100.0)])
    assert open_rows(found) == {2: 80.0} and found.open_amount == 80


def test_a_part_payment_leaves_the_rest_open_and_names_the_due_day():
    found = assess([(1, 1, 60, 100.0)], [(1, 1, 50, 46, 30.0)])
    row = found.payments.invoices.table.iloc[0]
    assert (row["paid_amount"], row["open_amount"], row["due_from"], row["days_overdue"]) == (30, 70, "recorded", 46)
    assert row["due_on"] == day(46) and found.overdue_amount == 70 and found.overdue_customers == 1


def test_payments_that_name_no_order_leave_open_orders_unsaid():
    found = assess([(1, 1, 60, 100.0), (2, 1, 50, 80.0)], [(1, 0, 50, 46, 100.0)])
    assert found.payments.invoices.table.empty and found.payments.invoices.judged_from is None
    assert pd.isna(found.open_amount) and pd.isna(found.overdue_amount)
    assert found.customers[["open_amount", "overdue_amount"]].isna().all(axis=None)
    assert found.payments.invoices.on_account.to_dict() == {1: 80.0}


def test_orders_of_customers_without_any_payment_are_open_only_where_payments_are_usual():
    usual = [(number, number, 60, 50.0) for number in range(1, 10)], [(n, n, 50, 46, 50.0) for n in range(1, 10)]
    newcomer = (100, 77, 40, 500.0)
    assert open_rows(assess([*usual[0], newcomer], usual[1])) == {100: 500.0}
    shop = [(200 + number, 200 + number, 30, 20.0) for number in range(40)]
    found = assess([*usual[0], newcomer, *shop], usual[1])
    assert open_rows(found) == {}, "where most orders have no payment on record, none tells nothing"
    assert found.payments.invoices.unjudged_orders == 41
    assert found.payments.invoices.unjudged_amount == 500 + 40 * 20


def test_what_is_usual_is_asked_of_customers_of_the_same_kind():
    companies = [(n, n, 60, 50.0) for n in range(1, 10)], [(n, n, 50, 46, 50.0) for n in range(1, 10)]
    shop = [(200 + n, 200 + n, 30, 20.0) for n in range(40)]
    ids = [*range(1, 11), *range(200, 240)]
    people = people_of(ids, kind=["company"] * 10 + ["person"] * 40)
    found = assess([*companies[0], (10, 10, 40, 500.0), *shop], companies[1], people=people)
    assert open_rows(found) == {10: 500.0}


def test_orders_from_before_the_payments_begin_are_not_called_open():
    old = [(n, 1, 700 - n, 100.0) for n in range(5)]
    found = assess([*old, (50, 1, 100, 100.0), (51, 1, 60, 70.0)], [(1, 50, 90, 86, 100.0)])
    assert open_rows(found) == {51: 70.0}
    assert found.payments.invoices.judged_from == day(90)


def test_payments_that_begin_soon_after_the_orders_speak_for_all_of_them():
    found = assess([(1, 1, 100, 40.0), (2, 1, 90, 60.0)], [(1, 2, 80, 76, 60.0)])
    assert open_rows(found) == {1: 40.0}


def test_what_was_overpaid_credited_or_paid_without_an_order_covers_the_oldest_open_order():
    orders = [(1, 1, 90, 100.0), (2, 1, 60, 50.0), (3, 1, 30, 50.0), (4, 1, 25, -15.0)]
    payments = [(1, 1, 80, 76, 110.0), (1, 0, 20, None, 40.0)]  # 10 too much, 40 for nothing by name, 15 credited
    assert open_rows(assess(orders, payments)) == {3: pytest.approx(35.0)}


def test_a_credit_that_was_paid_out_covers_nothing():
    orders = [(1, 1, 90, 100.0), (2, 1, 60, 50.0), (3, 1, 40, -15.0)]
    payments = [(1, 1, 80, 76, 100.0), (1, 3, 35, None, -15.0)]
    assert open_rows(assess(orders, payments)) == {2: 50.0}


def test_money_sent_back_for_a_returned_order_opens_nothing():
    orders = [(1, 1, 90, 100.0), (2, 1, 60, -100.0)]
    payments = [(1, 1, 80, 76, 100.0), (1, 1, 55, None, -100.0)]
    found = assess(orders, payments)
    assert open_rows(found) == {} and found.open_amount == 0


def test_a_refund_without_a_return_on_record_opens_nothing():
    found = assess([(1, 1, 90, 100.0), (2, 1, 60, 50.0)], [(1, 1, 80, 76, 100.0), (1, 1, 55, None, -100.0)])
    assert open_rows(found) == {2: 50.0}


def test_a_refund_of_a_credit_leaves_no_credit_whichever_order_it_names():
    orders = [(1, 1, 90, 100.0), (2, 1, 60, 50.0), (3, 1, 40, -15.0)]
    for named in (0, 1, 3):
        assert open_rows(assess(orders, [(1, 1, 80, 76, 100.0), (1, named, 35, None, -15.0)])) == {2: 50.0}, named


def test_cash_discount_and_bank_charges_are_no_debt():
    assert open_rows(assess([(1, 1, 60, 100.0), (2, 1, 60, 100.0)],
                            [(1, 1, 50, 46, 97.0), (1, 2, 50, 46, 96.9)])) == {2: pytest.approx(3.1)}


def test_payments_with_tax_on_top_make_no_debts_and_hide_none():
    orders = [(n, n, 100 - n, 100.0) for n in range(1, 31)]
    payments = [(n, n, 80 - n, 86 - n, 119.0) for n in range(1, 30)]
    found = assess(orders, [*payments, (30, 29, 40, 50, 1.0)])
    assert found.payments.invoices.differ_by == pytest.approx(1.19)
    assert open_rows(found) == {30: 100.0}, "what others paid in tax is no credit"
    assert open_rows(assess([*orders, (99, 5, 20, 70.0)], payments)) == {30: 100.0, 99: 70.0}


def test_a_prepayment_for_an_order_to_come_pays_no_other_order():
    found = assess([(1, 1, 60, 100.0), (2, 1, 50, 100.0), (3, 1, -5, 100.0)],
                   [(1, 1, 55, 46, 100.0), (1, 3, 1, None, 100.0)])
    assert open_rows(found) == {2: 100.0}


def test_a_due_day_that_nobody_recorded_is_reckoned_from_the_own_bills_and_says_so():
    orders = [(n, 1, 200 - 10 * n, 50.0) for n in range(1, 5)]
    payments = [(1, n, 180 - 10 * n, 170 - 10 * n, 50.0) for n in range(1, 4)]  # each due after 30 days
    row = assess(orders, payments).payments.invoices.table.iloc[0]
    assert (row["order_id"], row["due_from"], row["days_overdue"]) == (4, "usual", 130.0)
    assert row["due_on"] == day(130)


def test_two_bills_are_too_few_to_reckon_a_due_day_from():
    orders = [(n, 1, 200 - 10 * n, 50.0) for n in range(1, 4)]
    payments = [(1, n, 180 - 10 * n, 170 - 10 * n, 50.0) for n in range(1, 3)]
    found = assess(orders, payments)
    row = found.payments.invoices.table.iloc[0]
    assert row["due_from"] == "" and pd.isna(row["due_on"]) and pd.isna(row["days_overdue"])
    assert pd.isna(found.overdue_amount) and found.open_amount == 50
    ageing = found.payments.ageing.set_index("bucket")["orders"]
    assert ageing["due day not known"] == 1 and ageing.sum() == 1


def test_a_newcomer_gets_the_term_that_nearly_all_of_the_kind_have():
    orders = [(n, n, 100, 50.0) for n in range(1, 31)]
    payments = [(n, n, 90, 86, 50.0) for n in range(1, 30)]
    table = assess(orders, payments).payments.invoices.table
    assert table[["order_id", "due_from", "days_overdue"]].to_numpy().tolist() == [[30, "usual", 86.0]]
    mixed = [(n, n, 90, 100 - n, 50.0) for n in range(1, 30)]
    assert assess(orders, mixed).payments.invoices.table["due_from"].tolist() == [""]


def test_the_owners_term_is_used_before_the_usual_one_and_after_the_recorded_one():
    orders = [(n, 1, 200 - 10 * n, 50.0) for n in range(1, 6)]
    payments = [(1, n, 180 - 10 * n, 170 - 10 * n, 50.0) for n in range(1, 4)] + [(1, 4, 150, 140, 20.0)]
    table = assess(orders, payments, terms_days=7).payments.invoices.table.set_index("order_id")
    assert table["due_from"].to_dict() == {4: "recorded", 5: "given"}
    assert table["days_overdue"].to_dict() == {4: 140.0, 5: 143.0}


def test_overdue_amounts_fall_into_their_ages():
    ages = (0, 1, 30, 31, 60, 61, 90, 91, 400)
    orders = [(n, n, age + 14, 10.0 * n) for n, age in enumerate(ages, start=1)]
    payments = [(n, n, age + 10, age, 5.0) for n, age in enumerate(ages, start=1)]
    ageing = assess(orders, payments).payments.ageing.set_index("bucket")
    assert ageing["orders"].to_dict() == {"0–30 days": 2, "31–60 days": 2, "61–90 days": 2, "over 90 days": 2,
                                          "not due yet": 1, "due day not known": 0}
    assert ageing.loc["31–60 days", "amount"] == 40 + 50 - 2 * 5


def test_payments_that_have_stopped_are_told():
    assert assess([(1, 1, 60, 9.0)], [(1, 1, 32, None, 9.0)]).payments.is_stale
    assert not assess([(1, 1, 60, 9.0)], [(1, 1, 31, None, 9.0)]).payments.is_stale


def oldest_first(orders: list[tuple], payments: list[tuple]) -> dict[int, float]:
    """The same by hand: named payments first, then the rest to the oldest open orders, in whole cents."""
    paid = {order: 0 for order, *_ in orders}
    good: dict[int, int] = {}
    for customer, order, _, _, amount in payments:
        if order in paid:
            paid[order] += round(amount * 100)
        else:
            good[customer] = good.get(customer, 0) + round(amount * 100)
    left = {}
    for order, customer, _, amount in orders:
        missing = round(amount * 100) - paid[order]
        if missing < 0:
            good[customer] = good.get(customer, 0) - missing
        elif missing > 3 * amount:
            left[order] = missing
    for order, customer, _, amount in sorted(orders, key=lambda row: (-row[2], row[0])):
        if order in left:
            used = min(left[order], good.get(customer, 0))
            good[customer] = good.get(customer, 0) - used
            left[order] -= used
            if left[order] <= 3 * amount + 1e-9:
                del left[order]
    return {order: cents / 100 for order, cents in left.items()}


KINDS = pd.Series(["company"] * 3, index=[1, 2, 3])
amounts = st.integers(1, 40).map(lambda tens: 10.0 * tens)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 300), amounts), min_size=3, max_size=12),
       st.lists(st.tuples(st.integers(0, 11), st.booleans(), amounts), max_size=14))
def test_open_amounts_agree_with_reckoning_by_hand(bought, sent):
    # Three customers with at most four orders each, of which one is paid: all of them can be judged.
    orders = [(place + 1, 1 + place % 3, ago, amount) for place, (ago, amount) in enumerate(bought)]
    payments = [(customer, order, 299, None, amount) for order, customer, _, amount in orders[:3]]
    for place, named, amount in sent:
        order, customer, *_ = orders[place % len(orders)]
        payments.append((customer, order if named else 0, 5, None, amount))
    table = invoices.open_orders(orders_of(orders), payments_of(payments), as_of=pd.Timestamp(AS_OF), kinds=KINDS,
                                 terms_days=None).table
    found = dict(zip(table["order_id"], table["open_amount"], strict=True))
    assert found == pytest.approx(oldest_first(orders, payments))


def test_the_sequence_of_rows_changes_nothing():
    rng = np.random.default_rng(5)
    orders = [(n, int(rng.integers(1, 9)), int(rng.integers(1, 500)), round(float(rng.uniform(5, 90)), 2))
              for n in range(1, 120)]
    payments = [(customer, order if rng.random() < 0.8 else 0, max(ago - int(rng.integers(0, 60)), 0), ago - 14,
                 round(amount * float(rng.choice([0.5, 1, 1, 1.1])), 2))
                for order, customer, ago, amount in orders if rng.random() < 0.8]
    one = assess(orders, payments)
    mixed = assess([orders[place] for place in rng.permutation(len(orders))], payments[::-1])
    pd.testing.assert_frame_equal(mixed.customers, one.customers, check_exact=True)
    pd.testing.assert_frame_equal(mixed.payments.customers, one.payments.customers, check_exact=True)
    pd.testing.assert_frame_equal(mixed.payments.invoices.table, one.payments.invoices.table)


def test_a_payment_for_another_customers_order_pays_that_order():
    found = assess([(1, 1, 60, 100.0), (2, 2, 60, 100.0)], [(2, 1, 50, 46, 100.0), (2, 2, 50, 46, 100.0)])
    assert open_rows(found) == {}
    assert of_customer(found.payments.customers, 2)["bills"] == 2
