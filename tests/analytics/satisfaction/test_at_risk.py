"""Unhappy customers: who counts, who was answered, and when money at risk may be told at all."""

import datetime as dt

import pandas as pd
import pytest

from crm.analytics import satisfaction
from crm.analytics.satisfaction.repeat import Difference
from tests.analytics.satisfaction.test_repeat import AS_OF, bought, said

SURE, UNSURE = Difference(0.2, 0.1, 0.3, 500), Difference(0.2, -0.05, 0.45, 40)


def risk(answers, orders, *, excess=SURE, metric="csat", **more):
    return satisfaction.at_risk(answers, orders, as_of=AS_OF, metric=metric, excess=excess, **more)


def contacts(*rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "direction", "happened_at"])
    return frame.assign(happened_at=pd.to_datetime(frame["happened_at"]).astype("datetime64[us]"))


def tickets(*rows) -> pd.DataFrame:
    names = ["opened_at", "first_answered_at", "resolved_at"]
    frame = pd.DataFrame(rows, columns=["customer_id", *names])
    return frame.assign(**{name: pd.to_datetime(frame[name]).astype("datetime64[us]") for name in names})


def test_the_latest_score_counts_where_it_is_low_and_not_older_than_a_year():
    answers = said((1, "2026-01-01", 5), (1, "2026-02-01", 1), (2, "2026-01-01", 1), (2, "2026-02-01", 5), (3, "2025-01-01", 1),
                   (4, "2026-03-01", 3), (5, "2026-03-01", 2))
    assert sorted(risk(answers, bought((1, "2025-01-01"))).unhappy["customer_id"]) == [1, 5]


def test_revenue_at_risk_is_that_of_twelve_months_times_the_excess_and_nobody_owes_below_nothing():
    answers = said((1, "2026-02-01", 1), (2, "2026-02-01", 1))
    orders = bought((1, "2025-07-02", 300.0), (1, "2025-06-30", 999.0), (2, "2026-01-01", 50.0), (2, "2026-01-05", -80.0))
    found = risk(answers, orders)
    assert (found.revenue, found.lost) == (300.0, pytest.approx(60.0))
    assert (found.lost_low, found.lost_high) == pytest.approx((30.0, 90.0))
    assert found.unhappy.set_index("customer_id")["lifetime_revenue"].to_dict() == {1: 1299.0, 2: -30.0}


def test_no_money_at_risk_is_told_where_the_difference_may_be_chance_or_is_not_known():
    answers, orders = said((1, "2026-02-01", 1)), bought((1, "2026-01-02"))
    for excess in (UNSURE, None, Difference(-0.2, -0.3, -0.1, 500)):
        found = risk(answers, orders, excess=excess)
        assert found.lost is None and found.lost_low is None and found.revenue == 100


def test_a_contact_of_ours_or_an_answered_ticket_on_a_later_day_is_an_answer():
    answers = said(*[(customer, "2026-02-01", 1) for customer in range(1, 7)])
    calls = contacts((1, "out", "2026-02-02 09:00"), (2, "in", "2026-02-05 09:00"), (3, "out", "2026-02-01 18:00"),
                     (6, "out", "2026-07-01 09:00"))
    asked = tickets((4, "2026-01-20 10:00", "2026-01-21 10:00", "2026-02-03 10:00"), (5, "2026-02-02 10:00", None, None))
    found = risk(answers, bought((1, "2026-01-02")), contacts=calls, tickets=asked).unhappy.set_index("customer_id")
    assert found["answered"].to_dict() == {1: True, 2: False, 3: False, 4: True, 5: False, 6: False}
    assert found.loc[4, "answered_on"] == pd.Timestamp("2026-02-03") and pd.isna(found.loc[2, "answered_on"])
    assert found["has_open_ticket"].to_dict() == {1: False, 2: False, 3: False, 4: False, 5: True, 6: False}


def test_unanswered_come_first_and_then_those_who_bought_most():
    answers = said(*[(customer, "2026-02-01", 1) for customer in (1, 2, 3)])
    orders = bought((1, "2026-01-01", 900.0), (2, "2026-01-01", 10.0), (3, "2026-01-01", 500.0), (3, "2026-02-02", 20.0))
    found = risk(answers, orders, contacts=contacts((1, "out", "2026-02-02")))
    assert found.unhappy["customer_id"].tolist() == [3, 2, 1]
    assert (found.customers, found.unanswered, found.unanswered_revenue) == (3, 2, 530.0)
    assert found.unhappy["ordered_since"].tolist() == [True, False, False]


def test_detractors_are_unhappy_by_recommendation_and_nobody_where_none_was_asked():
    answers = said((1, "2026-02-01", 6), (2, "2026-02-01", 7), metric="nps", scale=(0, 10))
    assert risk(answers, bought((1, "2026-01-01")), metric="nps").unhappy["customer_id"].tolist() == [1]
    nobody = risk(answers, bought(), metric="csat")
    assert nobody.customers == 0 and nobody.revenue == 0 and nobody.unhappy.empty


def test_what_came_after_changes_nothing():
    answers, orders = said((1, "2026-02-01", 1)), bought((1, "2026-01-01"))
    first = risk(answers, orders, contacts=contacts((1, "in", "2026-02-02")), tickets=tickets((1, "2026-02-02", None, None)))
    after = AS_OF + dt.timedelta(days=1)
    second = risk(pd.concat([answers, said((1, after, 5))]), pd.concat([orders, bought((1, after, 70.0))]),
                  contacts=contacts((1, "in", "2026-02-02"), (1, "out", after)),
                  tickets=tickets((1, "2026-02-02", after, after), (1, after, None, None)))
    pd.testing.assert_frame_equal(first.unhappy, second.unhappy)
    assert first.lost == second.lost
