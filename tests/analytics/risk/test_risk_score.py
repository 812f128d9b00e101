"""The score: a sum of named parts over what is known, levels, and the same answer whatever the sequence of rows."""

import inspect

import numpy as np
import pandas as pd
import pytest

from crm.analytics import risk
from crm.errors import InvalidInput, NotEnoughData
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


def shop(*, customers: int = 60, seed: int = 11) -> dict:
    """A company with everything on record; customer 1 pays late, 2 gives back, 3 complains, 4 brings a third."""
    rng = np.random.default_rng(seed)
    orders, payments, lines, tickets = [], [], [], []
    for customer in range(1, customers + 1):
        for _ in range(10):
            number, ago = len(orders) + 1, int(rng.integers(40, 600))
            amount = round(float(rng.uniform(20, 60)) * (30 if customer == 4 else 1), 2)
            orders.append((number, customer, ago, amount))
            late = int(rng.integers(25, 38)) if customer == 1 else -int(rng.integers(0, 9))
            payments.append((customer, number, ago - 14 - late, ago - 14, amount))
            lines.append((customer, 1, ago, "sale", amount))
            if rng.random() < (0.7 if customer == 2 else 0.03):
                lines.append((customer, 1, ago - 5, "return", -amount))
        if customer == 3:
            tickets += [(3, "complaint", "open", 6, None, None), *[(3, "complaint", "resolved", 90, 89, 88)] * 5]
    tickets.append((7, "complaint", "resolved", 90, 89, 88))
    return {"orders": orders, "payments": payments, "lines": lines, "tickets": tickets}


@pytest.fixture(scope="module")
def result():
    return assess(**shop())


def test_each_of_the_four_stands_out_in_its_own_part(result):
    customers = result.customers.set_index("customer_id")
    for customer, part in ((1, "late"), (2, "returns"), (3, "disputes"), (4, "dependence")):
        assert customers[part].idxmax() == customer, part
        assert customers.loc[customer, "level"] in ("watch", "high")
    assert customers.loc[1, "level"] == "high"
    assert (customers.drop([1, 2, 3, 4])["level"] == "low").all()


def test_with_all_parts_known_the_score_is_the_sum_of_their_points(result):
    customers = result.customers
    assert (customers["parts"] == 4).all() and (customers["possible"] == sum(risk.POINTS.values())).all()
    np.testing.assert_allclose(customers["score"], customers[list(risk.POINTS)].sum(axis=1), atol=1e-6)
    for part, most in risk.POINTS.items():
        assert customers[part].between(0, most).all()
    assert customers["score"].is_monotonic_decreasing


def test_a_part_that_is_not_known_is_left_out_and_not_taken_for_nothing():
    data = shop()
    customers = assess(**(data | {"tickets": [], "payments": []})).customers
    assert customers[["late", "disputes"]].isna().all(axis=None)
    assert (customers["parts"] == 2).all() and (customers["possible"] == 40).all()
    np.testing.assert_allclose(customers["score"], 100 * (customers["returns"] + customers["dependence"]) / 40, atol=1e-6)


def test_one_small_part_alone_makes_nobody_high():
    found = assess(lines=[(1, 1, 30, "sale", 90.0), (2, 1, 30, "sale", 10.0)])
    row = of_customer(found.customers, 1)
    assert (row["score"], row["parts"], row["level"]) == (100, 1, "watch")


def test_a_customer_of_whom_no_part_is_known_has_neither_score_nor_level():
    found = assess(payments=[(5, 0, 30, None, 20.0)])
    row = of_customer(found.customers, 5)
    assert pd.isna(row["score"]) and pd.isna(row["level"]) and row["parts"] == 0


def test_a_trifle_that_is_long_overdue_weighs_less_than_an_order():
    usual = [(n, n, 150, 100.0) for n in range(1, 30)], [(n, n, 140, 136, 100.0) for n in range(1, 30)]
    points = {amount: of_customer(assess([*usual[0], (99, 99, 150, amount)], usual[1]).customers, 99)["late"]
              for amount in (4.0, 100.0, 900.0)}
    assert points[4.0] < 20 and points[100.0] == points[900.0] == 40


def test_money_at_risk_is_that_of_the_high_who_are_still_there(result):
    high = result.customers[(result.customers["level"] == "high") & result.customers["is_present"]]
    assert result.high_customers == len(high) > 0
    assert result.high_revenue == pytest.approx(high["revenue_year"].clip(lower=0).sum())
    gone = assess([(n, 1, 500 + n, 50.0) for n in range(5)], [(1, n, 430 + n, 486 + n, 50.0) for n in range(5)])
    row = of_customer(gone.customers, 1)
    assert row["level"] == "high" and not row["is_present"] and gone.high_customers == 0


def test_later_rows_change_nothing(result):
    data = shop()
    told = assess(orders=[*data["orders"], (9_001, 1, -1, 900.0), (9_002, 5_000, -1, 900.0)],
                  payments=[*data["payments"], (2, 1, -1, 400, 500.0), (5_000, 9_002, -2, 9, 5.0)],
                  lines=[*data["lines"], (1, 1, -1, "sale", 900.0), (4, 1, -1, "return", -500.0)],
                  tickets=[*data["tickets"], (9, "complaint", "open", -1, None, None)])
    pd.testing.assert_frame_equal(told.customers, result.customers)
    assert told.overdue_amount == result.overdue_amount and told.high_revenue == result.high_revenue


def test_the_sequence_of_rows_changes_nothing_and_the_same_call_answers_the_same(result):
    data = shop()
    rng = np.random.default_rng(1)
    mixed = {name: [rows[place] for place in rng.permutation(len(rows))] for name, rows in data.items()}
    for again in (assess(**mixed), assess(**data, random_state=9)):
        pd.testing.assert_frame_equal(again.customers, result.customers, check_exact=True)
        pd.testing.assert_frame_equal(again.returns.customers, result.returns.customers, check_exact=True)
        pd.testing.assert_frame_equal(again.concentration.by, result.concentration.by, check_exact=True)


def test_the_callers_frames_stay_as_they_are():
    data = shop(customers=6)
    frames = {"orders": orders_of(data["orders"]), "order_lines": lines_of(data["lines"]),
              "payments": payments_of(data["payments"]), "tickets": tickets_of(data["tickets"]),
              "customers": people_of(range(1, 8)), "products": goods_of({1: "Tea"})}
    before = {name: frame.copy(deep=True) for name, frame in frames.items()}
    risk.assess(**frames, as_of=AS_OF)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_nothing_at_all_is_told_with_the_number():
    with pytest.raises(NotEnoughData, match="there are 0 up to 2025-06-30"):
        assess()


def test_customers_who_are_all_alike_get_the_same_score():
    rows = [(n, n, 100, 50.0) for n in range(1, 31)], [(n, n, 90, 86, 50.0) for n in range(1, 31)]
    assert assess(*rows).customers["score"].nunique() == 1


def test_a_deleted_customers_payments_and_complaints_are_nobodys():
    found = assess([(1, 1, 60, 50.0)], [(1, 1, 50, 46, 50.0), (2, 0, 30, 46, 50.0)],
                   tickets=[(2, "complaint", "open", 5, None, None)], people=people_of([1]))
    assert found.customers["customer_id"].tolist() == [1] and found.payments.payments == 1


def test_text_instead_of_amounts_is_told_in_a_sentence():
    with pytest.raises(InvalidInput, match="amounts of the payments are no numbers"):
        risk.assess(orders_of([(1, 1, 5, 10.0)]), order_lines=lines_of([(1, 1, 5, "sale", 10.0)]),
                    payments=payments_of([(1, 1, 4, None, 10.0)]).assign(amount=["ten"]), tickets=tickets_of([]),
                    customers=people_of([1]), products=goods_of({1: "Tea"}), as_of=AS_OF)


def test_everything_after_the_orders_is_named():
    kinds = {name: argument.kind for name, argument in inspect.signature(risk.assess).parameters.items()}
    assert kinds.pop("orders") == inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert set(kinds.values()) == {inspect.Parameter.KEYWORD_ONLY}
