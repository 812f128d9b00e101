"""Horizon: do the customers' own rhythms propose it, whoever orders most, and is it said where the history is too short?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import snapshots
from crm.errors import NotEnoughData
from tests.analytics.simulate import AS_OF, later_orders, online_retail_orders, orders_frame


def rhythms(mean_days: float, *, customers: int = 300, days: int = 1_500, leave_chance: float = 0.0, seed: int = 1,
            first_id: int = 1) -> list[tuple]:
    """Everybody orders after exponential gaps of `mean_days`, and leaves for good after an order with this chance."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(first_id, first_id + customers):
        day = rng.uniform(0, min(mean_days, days))
        while day <= days:
            rows.append((customer, days - int(day), 9.0))
            if rng.random() < leave_chance:
                break
            day += max(rng.exponential(mean_days), 1)
    return rows


def proposed(rows: list[tuple], **choices) -> snapshots.Horizon:
    return snapshots.proposed_horizon(orders_frame(rows), **{"as_of": AS_OF, **choices})


@pytest.mark.parametrize(("mean_days", "days"), [(12, 30), (30, 60), (48, 90), (100, 180), (180, 365), (500, 365)])
def test_the_horizon_is_the_shortest_that_holds_most_gaps(mean_days, days):
    found = proposed(rhythms(mean_days))
    assert (found.days, found.reason, found.rhythm_days) == (days, "rhythm", days)
    assert found.usual_gap_days == pytest.approx(mean_days * np.log(2), rel=0.2)
    if mean_days < 500:
        assert found.share_within == pytest.approx(1 - np.exp(-days / mean_days), abs=0.05) and found.share_within >= 0.8


def test_leavers_do_not_lengthen_it():
    stays, leaves = proposed(rhythms(30)), proposed(rhythms(30, customers=600, leave_chance=0.3, seed=2))
    assert stays.days == leaves.days == 60
    assert leaves.usual_gap_days == pytest.approx(stays.usual_gap_days, rel=0.2)


def test_a_gap_that_has_not_ended_is_not_taken_for_a_short_one():
    # Over 400 days, long gaps are mostly still running: of the ended ones alone 90 days would hold 80 %.
    rows = rhythms(150, customers=800, days=400, seed=3)
    by_customer = pd.DataFrame(rows, columns=["customer_id", "days_ago", "amount"]).groupby("customer_id")["days_ago"]
    ended = -by_customer.diff().dropna()
    found = proposed(rows)
    assert found.usual_gap_days > 1.15 * ended.median() and found.rhythm_days == 365


def test_who_orders_every_week_counts_once():
    weekly = rhythms(7, customers=30, first_id=1_000)
    rest = rhythms(100, customers=120)
    assert len(weekly) > 3 * len(rest)
    assert proposed(weekly + rest).days == 180


def test_a_short_history_shortens_it_and_says_so():
    found = proposed(rhythms(100, days=300))
    assert (found.days, found.reason, found.rhythm_days) == (90, "short history", 180) and 295 <= found.known_days <= 300
    assert found.share_within < 0.8
    assert proposed(rhythms(40, days=80)).days == 30
    assert proposed(rhythms(10, days=80)).reason == "rhythm"


def test_figures_are_counted_by_hand():
    found = proposed([(1, 100, 9.0), (1, 100, 5.0), (1, 80, 9.0), (1, 20, 9.0), (2, 60, 9.0), (2, 50, -9.0), (3, 30, 9.0),
                      (3, 10, 9.0), (4, 5, -9.0)])
    assert (found.customers, found.gaps, found.known_days, found.usual_gap_days) == (2, 3, 100, 20.0)


def test_later_orders_and_the_sequence_change_nothing():
    orders = orders_frame(rhythms(40))
    found = snapshots.proposed_horizon(orders, as_of=AS_OF)
    assert found == snapshots.proposed_horizon(later_orders(orders), as_of=AS_OF)
    assert found == snapshots.proposed_horizon(orders.sample(frac=1, random_state=1), as_of=AS_OF)


@pytest.mark.parametrize("rows", [[(1, 9, 5.0)], [(1, 9, 5.0), (1, 9, 8.0), (2, 3, 5.0)], [(1, 9, 5.0), (1, 3, -5.0)]])
def test_without_a_second_purchase_there_is_no_rhythm(rows):
    with pytest.raises(NotEnoughData, match="nobody has bought on two different days yet"):
        proposed(rows)


def test_no_orders_show_no_rhythm():
    with pytest.raises(NotEnoughData, match="nobody has bought"):
        snapshots.proposed_horizon(orders_frame([(1, 9, 5.0)]).iloc[:0], as_of=AS_OF)


def test_two_orders_are_enough_for_a_proposal():
    found = proposed([(1, 400, 9.0), (1, 355, 9.0)])
    assert (found.days, found.usual_gap_days, found.share_within) == (60, 45.0, 1.0)


def test_the_real_shops_one_year_proposes_a_quarter(datasets):
    found = snapshots.proposed_horizon(online_retail_orders(), as_of=dt.date(2011, 12, 9))
    assert (found.days, found.reason, found.known_days) == (90, "short history", 373)
