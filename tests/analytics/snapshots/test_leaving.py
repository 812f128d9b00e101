"""Leaving: do rows to learn from know the past alone, are their labels right, and is too little told as such?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import snapshots
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.simulate import AS_OF, later_orders, online_retail_orders, orders_frame, shop_orders
from tests.analytics.snapshots.service_records import answer, answers_frame, ticket, tickets_frame

HORIZON = 90


def day(days_ago: int) -> dt.date:
    return AS_OF - dt.timedelta(days=days_ago)


def ids(rows: pd.DataFrame) -> set:
    return set(rows["customer_id"])


def same_window(one: snapshots.Window, other: snapshots.Window) -> None:
    pd.testing.assert_frame_equal(one.frame, other.frame, check_exact=True)
    np.testing.assert_array_equal(one.target, other.target)


def same_windows(one: snapshots.Windows, other: snapshots.Windows) -> None:
    for part in ("train", "test", "refit"):
        same_window(getattr(one, part), getattr(other, part))
    pd.testing.assert_frame_equal(one.now, other.now, check_exact=True)
    assert (one.columns, one.scales, one.train_cutoffs) == (other.columns, other.scales, other.train_cutoffs)


@pytest.fixture(scope="module")
def shop():
    """Orders, tickets and answers of a shop whose last half year holds late answers and complaints."""
    orders, _ = shop_orders(n_customers=400)
    tickets = tickets_frame(*[ticket(1 + i % 150, opened=5 * i, answered=5 * i - i % 7, resolved=5 * i - 20)
                              for i in range(1, 140)])
    answers = answers_frame(*[answer(i, 1 + i % 160, score=1.0 + i % 5, answered=3 * i) for i in range(200)])
    return orders, tickets, answers


def leaving(shop, **choices):
    orders, tickets, answers = shop
    return snapshots.leaving(orders, **{"as_of": AS_OF, "horizon_days": HORIZON, "tickets": tickets, "answers": answers,
                                        **choices})


@pytest.fixture(scope="module")
def windows(shop):
    return leaving(shop)


def test_nothing_after_as_of_changes_anything(shop, windows):
    orders, tickets, answers = shop
    later_tickets = pd.concat([tickets_frame(ticket(1, opened=-1), ticket(2, opened=-2, answered=-3)), tickets])
    later_answers = pd.concat([answers, answers_frame(answer(900, 1, score=1.0, answered=-1))])
    same_windows(windows, leaving((later_orders(orders), later_tickets, later_answers)))


def test_nothing_after_the_tests_cutoff_changes_what_is_learned_from(shop, windows):
    orders, tickets, answers = shop
    cutoff = np.datetime64(windows.test_cutoff, "D") + 1
    known_orders = orders[(orders["ordered_on"] < cutoff) | (orders["customer_id"] % 2 == 0)]
    known_tickets = tickets[tickets["opened_at"] < cutoff]
    known_tickets = known_tickets.assign(**{name: known_tickets[name].where(known_tickets[name] < cutoff)
                                            for name in ("first_answered_at", "resolved_at")})
    found = leaving((known_orders, known_tickets, answers[answers["answered_on"] < cutoff]))
    same_window(windows.train, found.train)
    pd.testing.assert_frame_equal(windows.test.frame, found.test.frame, check_exact=True)
    assert found.test.target.mean() > windows.test.target.mean() and found.columns == windows.columns


def test_features_of_a_cutoff_know_nothing_of_what_came_after_it(shop, windows):
    orders, tickets, answers = shop
    for cutoff in windows.train_cutoffs:
        moment = np.datetime64(cutoff, "D") + 1
        rows = windows.train.frame[windows.train.frame["cutoff"] == np.datetime64(cutoff, "s")]
        then = snapshots.features(orders[orders["ordered_on"] < moment], as_of=cutoff,
                                  tickets=tickets[tickets["opened_at"] < moment],
                                  answers=answers[answers["answered_on"] < moment])
        then = then[then["customer_id"].isin(rows["customer_id"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(rows.drop(columns="cutoff").reset_index(drop=True), then, check_exact=True)


def test_no_label_learned_from_reaches_into_the_test(windows):
    horizon = dt.timedelta(days=HORIZON)
    assert windows.test_cutoff == AS_OF - horizon and len(windows.train_cutoffs) == len(windows.refit_cutoffs) == 4
    assert max(windows.train_cutoffs) + horizon <= windows.test_cutoff
    assert max(windows.refit_cutoffs) + horizon <= AS_OF and windows.test_cutoff in windows.refit_cutoffs
    for window, cutoffs in ((windows.train, windows.train_cutoffs), (windows.refit, windows.refit_cutoffs)):
        assert set(window.frame["cutoff"]) == set(pd.to_datetime(list(cutoffs)))
        assert window.frame["cutoff"].dtype == "datetime64[s]" and len(window.frame) == len(window.target)
        assert not window.frame.duplicated(["customer_id", "cutoff"]).any()


def test_the_sequence_of_the_rows_changes_nothing_and_the_frames_stay_as_they_were(shop, windows):
    before = [table.copy() for table in shop]
    same_windows(windows, leaving([table.sample(frac=1, random_state=2) for table in shop]))
    for table, was in zip(shop, before, strict=True):
        pd.testing.assert_frame_equal(table, was)


def test_who_buys_on_the_last_day_of_the_horizon_has_stayed():
    others = [(1_000 + i, days_ago, 9.0) for i in range(60) for days_ago in range(2 + i % 4, 150, 20 if i < 30 else 200)]
    others += [(2_000 + i, days_ago, 9.0) for i in range(40) for days_ago in range(60 + i % 9, 150, 25)]
    rows = [(1, 40, 5.0), (1, 0, 5.0), (2, 40, 5.0), (2, 30, 5.0), (3, 40, 5.0), (3, 5, -2.0), (4, 40, 5.0), (4, -1, 5.0)]
    found = snapshots.leaving(orders_frame(rows + others), as_of=AS_OF, horizon_days=30)
    left = dict(zip(found.test.frame["customer_id"], found.test.target, strict=True))
    assert [left[customer] for customer in (1, 2, 3, 4)] == [False, True, True, True]
    assert found.test.target.dtype == bool and found.target == "leaves"


def test_who_was_silent_for_a_year_has_gone_already():
    orders, _ = shop_orders(n_customers=150)
    gone = orders_frame([(9_001, 700, 5.0), (9_002, 366, 5.0), (9_003, 365, 5.0)])
    found = snapshots.leaving(pd.concat([orders, gone], ignore_index=True), as_of=AS_OF, horizon_days=HORIZON)
    now = found.now.set_index("customer_id")["is_gone"]
    assert now[[9_001, 9_002, 9_003]].tolist() == [True, True, False]
    silent = found.test.frame.set_index("customer_id")["days_silent"]
    assert silent.max() <= 365 and 9_001 not in silent.index and {9_002, 9_003} <= set(silent.index)
    assert not {"cutoff", "is_gone"} & (set(found.now) ^ {"is_gone"}) and "is_gone" not in found.train.frame


def test_columns_are_there_and_tell_something(shop, windows):
    assert windows.rule in windows.columns and set(windows.scales) == set(windows.columns)
    assert {"complaints_open", "unanswered_3_days", "satisfaction_last"} <= set(windows.columns)
    for frame in (windows.train.frame, windows.test.frame, windows.refit.frame, windows.now):
        assert set(windows.columns) < set(frame)
    empty = leaving(shop, tickets=tickets_frame(), answers=answers_frame())
    assert empty.columns == ("days_silent", "purchase_days", "average_order", "silence_ratio", "has_returned")
    alike = shop[0].assign(gross_amount=5.0, returned_amount=0.0, net_amount=5.0, is_purchase=True)
    assert leaving((alike, None, None)).columns == ("days_silent", "purchase_days", "silence_ratio")


def test_the_real_shop_is_read_as_it_was(datasets):
    found = snapshots.leaving(online_retail_orders(), as_of=dt.date(2011, 12, 9), horizon_days=90)
    assert (found.test_cutoff, len(found.test.frame), len(found.train.frame)) == (dt.date(2011, 9, 10), 3_370, 9_577)
    assert found.test.target.mean() == pytest.approx(0.42997, abs=1e-5)
    assert auc(found.test.frame["days_silent"].to_numpy(), found.test.target) == pytest.approx(0.6834, abs=1e-4)


def auc(score: np.ndarray, target: np.ndarray) -> float:
    rank = pd.Series(score).rank().to_numpy()
    return (rank[target].mean() - (target.sum() + 1) / 2) / (~target).sum()


def test_orders_that_do_not_reach_back_far_enough_are_told_with_what_would(shop):
    recent = shop[0][shop[0]["ordered_on"] >= np.datetime64(day(200))]
    with pytest.raises(NotEnoughData, match="Churn over 90 days needs orders that reach back 270 days; these reach back 200. "
                                            "Choose at most 66 days, or bring in older orders."):
        leaving((recent, None, None))
    assert leaving((recent, None, None), horizon_days=66).horizon_days == 66
    short = shop[0][shop[0]["ordered_on"] >= np.datetime64(day(80))]
    with pytest.raises(NotEnoughData) as told:
        leaving((short, None, None), horizon_days=30)
    assert str(told.value).endswith("these reach back 80. Bring in older orders.")
    with pytest.raises(NotEnoughData, match="there are 0 that count so far"):
        leaving((shop[0].iloc[:0], None, None))


def test_too_few_who_left_are_told_with_their_number_and_what_helps():
    loyal = [(customer, days_ago, 10.0) for customer in range(1, 41) for days_ago in range(0, 700, 20)]
    gone = [(customer, 399, 10.0) for customer in range(101, 104)]
    with pytest.raises(NotEnoughData) as told:
        snapshots.leaving(orders_frame(loyal + gone), as_of=AS_OF, horizon_days=90)
    assert str(told.value) == ("Churn needs 20 customers who left in the months it learns from; there are 3. "
                               "Choose a shorter horizon.")
    with pytest.raises(NotEnoughData) as told:
        snapshots.leaving(orders_frame(loyal + gone), as_of=AS_OF, horizon_days=30)
    assert "shorter" not in str(told.value) and str(told.value).endswith("So few are better judged one by one.")
    young = [row for row in loyal if row[1] <= 120]
    with pytest.raises(NotEnoughData, match="there are 0. Bring in older orders."):
        snapshots.leaving(orders_frame(young), as_of=AS_OF, horizon_days=30)


def test_too_few_who_stayed_are_told_with_a_longer_horizon_where_one_fits():
    few = [(customer, days_ago, 10.0) for customer in range(1, 6) for days_ago in range(0, 400, 20)]
    gone = [(customer, 390, 10.0) for customer in range(101, 151)]
    for horizon_days, advice in ((90, "So few are better judged one by one."), (60, "Choose a longer horizon.")):
        with pytest.raises(NotEnoughData, match="20 customers who stayed .*; there are 5") as told:
            snapshots.leaving(orders_frame(few + gone), as_of=AS_OF, horizon_days=horizon_days)
        assert str(told.value).endswith(advice)


def test_missing_orders_are_not_taken_for_everybody_leaving(shop):
    known = shop[0][shop[0]["ordered_on"] < np.datetime64(day(100))]
    with pytest.raises(NotEnoughData, match="There are no orders in the 90 days up to 2024-12-31"):
        leaving((known, None, None))


@pytest.mark.parametrize("rows", [
    [(1, days_ago, 9.0) for days_ago in range(0, 400, 10)],
    [(1 + i % 3, 5 * i, 9.0) for i in range(80)],
    [(i, i, 9.0) for i in range(1, 400)],
    [(1 + i % 50, i, -9.0) for i in range(400)],
], ids=["one customer", "three customers", "one order each", "credits alone"])
def test_what_cannot_be_learned_from_is_told(rows):
    with pytest.raises(NotEnoughData, match="needs"):
        snapshots.leaving(orders_frame(rows), as_of=AS_OF, horizon_days=90)


@pytest.mark.parametrize("horizon_days", [0, -3, 731])
def test_a_horizon_out_of_range_is_refused(shop, horizon_days):
    with pytest.raises(InvalidInput, match=f"{horizon_days} days; choose 1 to 730") as refused:
        leaving(shop, horizon_days=horizon_days)
    assert refused.value.field == "horizon_days"
