"""Churn features: is only the past known, and is it counted rightly?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import churn
from crm.analytics.churn.features import day_number, stayed_away
from crm.analytics.churn.history import read_history
from tests.analytics.simulate import AS_OF, later_orders, orders_frame, shop_orders


def moment(days_ago: float) -> pd.Timestamp:
    return pd.Timestamp(AS_OF) + pd.Timedelta(hours=9) - pd.Timedelta(days=days_ago)


def ticket(customer_id, *, kind="complaint", opened, answered=None, resolved=None):
    return {
        "ticket_id": 1,
        "customer_id": customer_id,
        "kind": kind,
        "priority": "normal",
        "status": "resolved",
        "opened_at": moment(opened),
        "first_answered_at": pd.NaT if answered is None else moment(answered),
        "resolved_at": pd.NaT if resolved is None else moment(resolved),
    }


def answer(answer_id, customer_id, *, metric="csat", score, scale=(1.0, 5.0), answered=10):
    return {
        "answer_id": answer_id,
        "customer_id": customer_id,
        "metric": metric,
        "item": "overall",
        "score": score,
        "scale_min": scale[0],
        "scale_max": scale[1],
        "answered_on": moment(answered).normalize(),
        "comment": None,
    }


def frame(rows, columns):
    dates = {name: "datetime64[us]" for name in columns if name.endswith(("_at", "_on"))}
    return pd.DataFrame(rows, columns=columns).astype(dates)


def tickets_frame(*rows):
    return frame(rows, list(ticket(1, opened=1)))


def answers_frame(*rows):
    return frame(rows, list(answer(1, 1, score=1.0)))


def test_features_are_counted_by_hand():
    rows = [(1, 200, 10.0), (1, 100, 10.0), (1, 100, 30.0), (1, 40, 50.0), (1, 30, -20.0), (2, 7, 9.0)]
    found = churn.features(orders_frame(rows), as_of=AS_OF)
    one, two = found.to_dict("records")
    assert one == {
        "customer_id": 1,
        "days_silent": 40,
        "frequency": 4,
        "purchase_days": 3,
        "tenure_days": 200,
        "mean_gap_days": 80.0,
        "silence_ratio": 0.5,
        "monetary": 80.0,
        "average_order": 20.0,
        "recent_orders": 1,
        "earlier_orders": 2,
        "trend": pytest.approx(-1 / 3),
        "returned_share": 0.2,
        "has_returned": True,
    }
    assert np.isnan(two["mean_gap_days"]) and np.isnan(two["silence_ratio"])
    assert two["frequency"] == 1 and two["returned_share"] == 0 and not two["has_returned"]


def test_two_orders_on_one_day_show_no_rhythm():
    found = churn.features(orders_frame([(1, 9, 10.0), (1, 9, 12.0)]), as_of=AS_OF)
    assert found["frequency"].item() == 2
    assert np.isnan(found["mean_gap_days"].item())


def test_a_refund_lowers_monetary_and_breaks_no_silence():
    before = churn.features(orders_frame([(1, 50, 80.0)]), as_of=AS_OF)
    after = churn.features(orders_frame([(1, 50, 80.0), (1, 2, -30.0)]), as_of=AS_OF)
    assert after["monetary"].item() == before["monetary"].item() - 30
    assert after["days_silent"].item() == before["days_silent"].item() == 50


def test_nobody_is_known_before_the_first_order():
    orders = orders_frame([(1, 5, 10.0), (2, 3, -10.0)])
    assert churn.features(orders, as_of=AS_OF - dt.timedelta(days=6)).empty
    assert churn.features(orders, as_of=AS_OF)["customer_id"].tolist() == [1]


def test_orders_tickets_and_answers_after_as_of_change_nothing():
    orders, _ = shop_orders(n_customers=60)
    tickets = tickets_frame(ticket(1, opened=20, answered=19, resolved=18), ticket(2, opened=5))
    answers = answers_frame(answer(1, 1, score=4.0), answer(2, 2, score=2.0))
    later_tickets = tickets_frame(ticket(1, opened=-1), ticket(2, opened=-2, answered=-3, resolved=-4))
    later_answers = answers_frame(answer(3, 1, score=1.0, answered=-1))
    known = churn.features(orders, as_of=AS_OF, tickets=tickets, answers=answers)
    with_later = churn.features(
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
    found = [churn.features(orders, as_of=AS_OF, tickets=tickets) for tickets in (still_open, answered_later)]
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
    one, two = churn.features(orders, as_of=AS_OF, tickets=tickets).to_dict("records")
    assert (one["complaints_open"], one["complaints_recent"], one["first_answer_hours"]) == (1, 2, 36.0)
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
    one, two = churn.features(orders, as_of=AS_OF, answers=answers).to_dict("records")
    assert (one["satisfaction_last"], one["satisfaction_mean"], one["satisfaction_known"]) == (1.0, 0.5, True)
    assert np.isnan(two["satisfaction_last"]) and not two["satisfaction_known"]


def test_only_a_purchase_within_the_horizon_is_a_return():
    orders = orders_frame(
        [(1, 100, 5.0), (1, 90, 5.0), (2, 100, 5.0), (2, 95, -5.0), (3, 100, 5.0), (3, 69, 5.0)]
    )
    cutoff_day = day_number(AS_OF) - 100
    away = stayed_away(read_history(orders), np.array([1, 2, 3]), cutoff_day=cutoff_day, horizon_days=30)
    assert away.tolist() == [False, True, True]
    longer = stayed_away(read_history(orders), np.array([1, 2, 3]), cutoff_day=cutoff_day, horizon_days=31)
    assert longer.tolist() == [False, True, False]
