"""Buying, the next order's amount, spend and the time to the next order: right on orders counted by hand, and the past alone?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import snapshots
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.simulate import AS_OF, later_orders, orders_frame, shop_orders

QUESTIONS = (snapshots.buying, snapshots.next_order, snapshots.spend, snapshots.waiting)
HORIZON = 60
# At the test's cutoff, 60 days ago: one bought twice later, one on a day with two orders, one got money back, one did nothing
ROWS = [(1, 100, 30.0), (1, 70, 10.0), (1, 55, 25.0), (1, 3, 8.0), (2, 90, 12.0), (2, 40, 7.0), (2, 40, 90.0),
        (3, 80, 50.0), (3, 20, -20.0), (4, 61, 9.0), (5, 60, 9.0), (6, 59, 9.0)]


@pytest.fixture(scope="module")
def orders():
    """The shop's orders and those of the few that are counted by hand."""
    known, _ = shop_orders(n_customers=160)
    by_hand = orders_frame([(9_000 + customer, days_ago, amount) for customer, days_ago, amount in ROWS])
    return pd.concat([known, by_hand.assign(order_id=by_hand["order_id"] + 1_000_000)], ignore_index=True)


def found_by_hand(rows: pd.DataFrame, column) -> dict:
    return {customer - 9_000: each for customer, each in zip(rows["customer_id"], column, strict=True) if customer > 9_000}


def asked(question, orders, **choices):
    return question(orders, **{"as_of": AS_OF, "horizon_days": HORIZON, **choices})


def test_buyers_are_those_who_do_not_leave(orders):
    buys, leaves = asked(snapshots.buying, orders), asked(snapshots.leaving, orders)
    np.testing.assert_array_equal(buys.test.target, ~leaves.test.target)
    assert found_by_hand(buys.test.frame, buys.test.target.tolist()) == {1: True, 2: True, 3: False, 4: False, 5: False}


def test_the_simple_rule_of_buying_puts_who_bought_last_first(orders):
    buys = asked(snapshots.buying, orders)
    assert buys.rule == "recency" and "recency" in buys.columns and "days_silent" not in buys.columns
    rows = buys.now.sort_values("days_silent")
    assert rows["recency"].is_monotonic_decreasing and rows["recency"].between(0, 1).all()
    assert rows["recency"].tolist() == pytest.approx((180 / (180 + rows["days_silent"])).tolist())


def test_the_next_order_is_the_first_one_after_the_cutoff(orders):
    found = asked(snapshots.next_order, orders)
    assert found_by_hand(found.test.frame, found.test.target.tolist()) == {1: 25.0, 2: 7.0}
    assert found.target == "next_order" and (found.train.target > 0).all() and found.rule == "average_order"
    assert set(found.now["customer_id"]) == set(orders.loc[orders["is_purchase"], "customer_id"])


def test_spend_is_net_of_what_went_back_and_nothing_is_a_real_zero(orders):
    found = asked(snapshots.spend, orders)
    spent = found_by_hand(found.test.frame, found.test.target.tolist())
    assert spent == {1: 33.0, 2: 97.0, 3: -20.0, 4: 0.0, 5: 0.0}
    before = found_by_hand(found.test.frame, found.test.frame["spent_before"].tolist())
    assert before == {1: 40.0, 2: 12.0, 3: 50.0, 4: 9.0, 5: 9.0} and found.rule == "spent_before"
    assert found_by_hand(found.now, found.now["spent_before"].tolist()) == {1: 33.0, 2: 97.0, 3: -20.0, 4: 0.0, 5: 0.0, 6: 9.0}


def test_who_has_not_bought_yet_is_still_waiting(orders):
    found = asked(snapshots.waiting, orders)
    assert found_by_hand(found.test.frame, zip(found.test.days.tolist(), found.test.bought.tolist(), strict=True)) == {
        1: (5, True), 2: (20, True), 3: (60, False), 4: (60, False), 5: (60, False)}
    assert found.test.days.min() >= 1 and found.test.days.max() == HORIZON
    known = (np.datetime64(found.test_cutoff) - found.train.frame["cutoff"].to_numpy()).astype("timedelta64[D]").astype(int)
    assert (found.train.days <= known).all() and (found.train.days == known)[~found.train.bought].all()
    assert found.train.days.max() > HORIZON and set(found.scales) == set(found.columns)


@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_after_as_of_changes_anything(orders, question):
    assert_same(asked(question, orders), asked(question, later_orders(orders)))


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_sequence_of_the_rows_changes_nothing(orders, question):
    was = orders.copy()
    assert_same(asked(question, orders), asked(question, orders.sample(frac=1, random_state=5)))
    pd.testing.assert_frame_equal(orders, was)


@pytest.mark.parametrize("question", QUESTIONS)
def test_nothing_after_the_tests_cutoff_is_learned_from(orders, question):
    cutoff = AS_OF - dt.timedelta(days=HORIZON)
    kept = (orders["ordered_on"] <= np.datetime64(cutoff)) | (orders["customer_id"] % 4 > 0)
    one, other = asked(question, orders), asked(question, orders[kept])
    assert_same_part(one.train, other.train)
    assert max(one.train_cutoffs) + dt.timedelta(days=HORIZON) <= one.test_cutoff == cutoff


def assert_same(one, other) -> None:
    for part in ("train", "test", "refit"):
        assert_same_part(getattr(one, part), getattr(other, part))
    pd.testing.assert_frame_equal(one.now, other.now, check_exact=True)
    assert one.columns == other.columns


def assert_same_part(one, other) -> None:
    pd.testing.assert_frame_equal(one.frame, other.frame, check_exact=True)
    for name in ("target", "days", "bought"):
        if hasattr(one, name):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("question", QUESTIONS)
def test_models_find_their_columns_and_rule(orders, question):
    found = asked(question, orders)
    for frame in (found.train.frame, found.test.frame, found.refit.frame, found.now):
        assert set(found.columns) <= set(frame)
    assert getattr(found, "rule", None) in (None, *found.columns) and set(found.scales) == set(found.columns)


@pytest.mark.parametrize(("question", "told"), [
    (snapshots.buying, "Who buys next needs 20 customers who bought again"),
    (snapshots.next_order, "The amount of the next order needs 20 customers who bought again"),
    (snapshots.spend, "Spend needs 20 customers who bought again"),
    (snapshots.waiting, "The time to the next order needs 20 customers who bought again"),
])
def test_too_few_buyers_are_told(question, told):
    once = orders_frame([(customer, customer, 9.0) for customer in range(1, 400)] + [(401, days, 9.0) for days in range(0, 399, 9)])
    with pytest.raises(NotEnoughData, match=f"{told} in the months it learns from; there are 1. Choose a longer horizon."):
        asked(question, once)
    with pytest.raises(NotEnoughData, match="over 60 days needs orders that reach back 180 days; there are 0 that count so far"):
        asked(question, once.iloc[:0])
    with pytest.raises(InvalidInput, match="0 days; choose 1 to 730"):
        asked(question, once, horizon_days=0)


def test_a_years_spend_takes_two_years_and_a_half():
    orders, _ = shop_orders(n_customers=100, days=920)
    found = snapshots.spend(orders, as_of=AS_OF)
    assert found.horizon_days == 365 and len(found.train_cutoffs) >= 1
    with pytest.raises(NotEnoughData, match="needs orders that reach back 910 days"):
        snapshots.spend(orders[orders["ordered_on"] > np.datetime64(AS_OF - dt.timedelta(days=900))], as_of=AS_OF)


def test_a_model_that_is_there_already_finds_its_customers_on_any_day(orders):
    day = snapshots.on_day(orders, as_of=AS_OF, horizon_days=HORIZON)
    for question in (snapshots.leaving, *QUESTIONS):
        now = asked(question, orders).now
        pd.testing.assert_frame_equal(day[now.columns], now, check_exact=True)
    pd.testing.assert_frame_equal(day, snapshots.on_day(later_orders(orders), as_of=AS_OF, horizon_days=HORIZON))
    few = orders[orders["ordered_on"] >= np.datetime64(AS_OF)]
    assert len(snapshots.on_day(few, as_of=AS_OF, horizon_days=HORIZON)) == few.loc[few["is_purchase"], "customer_id"].nunique()
    nobody = snapshots.on_day(orders.iloc[:0], as_of=AS_OF, horizon_days=HORIZON)
    assert nobody.empty and nobody.columns.tolist() == day.columns.tolist()
