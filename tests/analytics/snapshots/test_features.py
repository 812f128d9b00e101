"""Features: is only the past known, and is it counted rightly?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import snapshots
from tests.analytics.simulate import AS_OF, later_orders, orders_frame, shop_orders
from tests.analytics.snapshots.service_records import answer, answers_frame, ticket, tickets_frame


def test_features_are_counted_by_hand():
    rows = [(1, 200, 10.0), (1, 100, 10.0), (1, 100, 30.0), (1, 40, 50.0), (1, 30, -20.0), (2, 7, 9.0)]
    found = snapshots.features(orders_frame(rows), as_of=AS_OF)
    one, two = found.to_dict("records")
    assert one == {
        "customer_id": 1,
        "days_silent": 40,
        "frequency": 4,
        "purchase_days": 3,
        "tenure_days": 200,
        "mean_gap_days": 80.0,
        "gap_spread": 0.25,
        "silence_ratio": 0.5,
        "longest_silence_ratio": 0.4,
        "monetary": 80.0,
        "average_order": 20.0,
        "last_order": 50.0,
        "recent_orders": 1,
        "earlier_orders": 2,
        "trend": pytest.approx(-1 / 3),
        "recent_monetary": 30.0,
        "returned_share": 0.2,
        "has_returned": True,
    }
    assert all(np.isnan(two[name]) for name in ("mean_gap_days", "gap_spread", "silence_ratio", "longest_silence_ratio"))
    assert two["frequency"] == 1 and two["returned_share"] == 0 and not two["has_returned"]


def test_two_orders_on_one_day_show_no_rhythm():
    found = snapshots.features(orders_frame([(1, 9, 10.0), (1, 9, 12.0)]), as_of=AS_OF)
    assert found["frequency"].item() == 2
    assert np.isnan(found["mean_gap_days"].item()) and np.isnan(found["longest_silence_ratio"].item())


def test_one_gap_alone_has_no_spread():
    found = snapshots.features(orders_frame([(1, 90, 10.0), (1, 30, 12.0), (2, 9, 1.0)]), as_of=AS_OF)
    assert found["mean_gap_days"].tolist()[0] == 60 and found["gap_spread"].isna().all()


def test_a_longest_gap_is_the_customers_own():
    rows = [(1, 300, 1.0), (1, 100, 1.0), (1, 90, 1.0), (2, 60, 1.0), (2, 40, 1.0), (2, 30, 1.0), (3, 8, 1.0), (3, 4, 1.0)]
    found = snapshots.features(orders_frame(rows), as_of=AS_OF)
    assert found["longest_silence_ratio"].tolist() == [90 / 200, 30 / 20, 4 / 4]


def test_a_refund_lowers_monetary_and_breaks_no_silence():
    before = snapshots.features(orders_frame([(1, 50, 80.0)]), as_of=AS_OF)
    after = snapshots.features(orders_frame([(1, 50, 80.0), (1, 2, -30.0)]), as_of=AS_OF)
    assert after["monetary"].item() == before["monetary"].item() - 30
    assert after["days_silent"].item() == before["days_silent"].item() == 50


def test_nobody_is_known_before_the_first_order():
    orders = orders_frame([(1, 5, 10.0), (2, 3, -10.0)])
    assert snapshots.features(orders, as_of=AS_OF - dt.timedelta(days=6)).empty
    assert snapshots.features(orders, as_of=AS_OF)["customer_id"].tolist() == [1]


def test_orders_tickets_and_answers_after_as_of_change_nothing():
    orders, _ = shop_orders(n_customers=60)
    tickets = tickets_frame(ticket(1, opened=20, answered=19, resolved=18), ticket(2, opened=5))
    answers = answers_frame(answer(1, 1, score=4.0), answer(2, 2, score=2.0))
    later_tickets = tickets_frame(ticket(1, opened=-1), ticket(2, opened=-2, answered=-3, resolved=-4))
    later_answers = answers_frame(answer(3, 1, score=1.0, answered=-1))
    known = snapshots.features(orders, as_of=AS_OF, tickets=tickets, answers=answers)
    with_later = snapshots.features(
        later_orders(orders),
        as_of=AS_OF,
        tickets=pd.concat([later_tickets, tickets], ignore_index=True),
        answers=pd.concat([later_answers, answers], ignore_index=True),
    )
    pd.testing.assert_frame_equal(known, with_later, check_exact=True)


def test_what_happens_to_a_ticket_after_as_of_is_not_known_yet():
    orders = orders_frame([(1, 50, 80.0)])
    still_open = tickets_frame(ticket(1, opened=3))
    answered_later = tickets_frame(ticket(1, opened=3, answered=-1, resolved=-2))
    found = [snapshots.features(orders, as_of=AS_OF, tickets=tickets) for tickets in (still_open, answered_later)]
    pd.testing.assert_frame_equal(*found, check_exact=True)
    assert found[0]["complaints_open"].item() == 1
    assert np.isnan(found[0]["first_answer_hours"].item())


def test_tickets_are_counted_by_hand():
    orders = orders_frame([(1, 50, 80.0), (2, 50, 80.0)])
    tickets = tickets_frame(
        ticket(1, opened=300, answered=299, resolved=298),
        ticket(1, opened=20, answered=18, resolved=10),
        ticket(1, opened=2),
        ticket(1, kind="inquiry", opened=2),
        ticket(3, opened=2),
    )
    one, two = snapshots.features(orders, as_of=AS_OF, tickets=tickets).to_dict("records")
    assert (one["complaints_open"], one["complaints_recent"], one["first_answer_hours"]) == (1, 2, 36.0)
    assert (one["days_since_complaint"], one["unanswered_3_days"]) == (2, 0)
    assert np.isnan(two["days_since_complaint"]) and two["unanswered_3_days"] == 0
    assert (two["complaints_open"], two["complaints_recent"]) == (0, 0)
    assert np.isnan(two["first_answer_hours"])


def test_missing_and_inapplicable_answers_are_no_satisfaction():
    orders = orders_frame([(1, 50, 80.0), (2, 50, 80.0)])
    answers = answers_frame(
        answer(2, 1, score=5.0, answered=5),
        answer(1, 1, score=1.0, answered=30),
        answer(3, 1, score=float("nan"), answered=1),
        answer(4, 1, metric="ces", score=1.0, answered=1),
        answer(5, 0, score=1.0, answered=1),
        answer(6, 1, metric="nps", score=5.0, scale=(0.0, 10.0), answered=9),
    )
    one, two = snapshots.features(orders, as_of=AS_OF, answers=answers).to_dict("records")
    assert (one["satisfaction_last"], one["satisfaction_mean"], one["satisfaction_known"]) == (1.0, 0.5, True)
    assert np.isnan(two["satisfaction_last"]) and not two["satisfaction_known"]


def test_an_answer_is_late_after_three_days_and_only_once_they_have_passed():
    orders = orders_frame([(customer, 50, 80.0) for customer in (1, 2, 3, 4, 5)])
    tickets = tickets_frame(
        ticket(1, opened=10, answered=6.5),
        ticket(1, kind="inquiry", opened=9),
        ticket(2, opened=10, answered=7.5),
        ticket(3, opened=2),
        ticket(4, opened=200),
        ticket(5, opened=4, answered=-5),
    )
    found = snapshots.features(orders, as_of=AS_OF, tickets=tickets)
    assert found["unanswered_3_days"].tolist() == [2, 0, 0, 0, 1]


def test_a_day_is_counted_to_its_end():
    orders = orders_frame([(1, 50, 80.0), (1, 0, 5.0)])
    tickets = tickets_frame(ticket(1, opened=-0.6), ticket(1, opened=0.3))
    assert tickets["opened_at"].dt.day.tolist() == [31, 31]
    found = snapshots.features(orders, as_of=AS_OF, tickets=tickets)
    assert (found["days_silent"].item(), found["complaints_open"].item(), found["days_since_complaint"].item()) == (0, 2, 0)


def test_the_sequence_of_rows_changes_nothing_and_the_frames_stay_as_they_were():
    orders, _ = shop_orders(n_customers=60)
    tickets = tickets_frame(*[ticket(1 + i % 9, opened=i, answered=i - 1.3) for i in range(2, 40)])
    answers = answers_frame(*[answer(i, 1 + i % 9, score=1.0 + i % 5, answered=i // 3) for i in range(40)])
    before = [table.copy() for table in (orders, tickets, answers)]
    known = snapshots.features(orders, as_of=AS_OF, tickets=tickets, answers=answers)
    mixed = [table.sample(frac=1, random_state=3) for table in before]
    again = snapshots.features(mixed[0], as_of=AS_OF, tickets=mixed[1], answers=mixed[2])
    pd.testing.assert_frame_equal(known, again, check_exact=True)
    for table, was in zip((orders, tickets, answers), before, strict=True):
        pd.testing.assert_frame_equal(table, was)


def test_every_number_is_a_float_and_every_yes_a_bool():
    orders, _ = shop_orders(n_customers=20)
    found = snapshots.features(orders, as_of=AS_OF, tickets=tickets_frame(ticket(1, opened=3)), answers=answers_frame())
    kinds = found.drop(columns="customer_id").dtypes
    assert set(kinds[["has_returned", "satisfaction_known"]]) == {np.dtype(bool)}
    assert set(kinds.drop(["has_returned", "satisfaction_known"])) == {np.dtype("float64")}


def test_nothing_is_known_without_orders():
    found = snapshots.features(orders_frame([(1, 5, 10.0)]).iloc[:0], as_of=AS_OF, tickets=tickets_frame(ticket(1, opened=3)),
                               answers=answers_frame(answer(1, 1, score=3.0)))
    assert found.empty and {"days_silent", "complaints_open", "satisfaction_last"} <= set(found)
