"""Effect: published intervals, true effects covered as often as promised, nothing told too early or from too few."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics.churn.effect import (
    MIN_GROUP,
    STATES,
    VERDICTS,
    measure,
    needed_size,
    newcombe,
    sizing,
    visible_difference,
    wilson,
)
from crm.analytics.churn.effect_chart import stayed
from crm.errors import InvalidInput

START, DAYS = dt.date(2026, 1, 10), 60
KNOWN = START + dt.timedelta(days=DAYS)  # the first day on which the effect can be told


def members(n: int, held_out: int, probability=0.5) -> pd.DataFrame:
    ids = np.arange(1, n + 1)
    return pd.DataFrame({"customer_id": ids, "is_holdout": ids > n - held_out, "probability": probability})


def orders(rows: list[tuple]) -> pd.DataFrame:
    """(customer_id, days after the start, net amount); below 0 is a pure credit note."""
    ids, days, amount = (np.array(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    day = np.datetime64(START, "D") + np.array(days, dtype="timedelta64[D]")
    amount = np.array(amount, dtype=float)
    return pd.DataFrame({"customer_id": np.array(ids, dtype="int64"), "ordered_on": day.astype("datetime64[us]"),
                         "is_purchase": amount > 0, "net_amount": amount})


@pytest.mark.parametrize(("counts", "interval"), [
    ((56, 70, 48, 80), (0.0524, 0.3339)), ((9, 10, 3, 10), (0.1705, 0.8090)), ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)), ((0, 10, 0, 20), (-0.1611, 0.2775)), ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0000)), ((10, 10, 0, 10), (0.6075, 1.0000)),
])
def test_intervals_are_those_of_newcombes_table_of_examples(counts, interval):
    assert newcombe(*counts) == pytest.approx(interval, abs=5e-5)  # Newcombe 1998, table II, method 10


@pytest.mark.parametrize("counts", [(3, 17, 9, 40), (31, 33, 2, 90), (250, 1_000, 130, 700)])
def test_intervals_agree_with_statsmodels(counts):
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    assert newcombe(*counts) == pytest.approx(proportion.confint_proportions_2indep(*counts, method="newcomb"), abs=1e-9)
    assert wilson(*counts[:2]) == pytest.approx(proportion.proportion_confint(*counts[:2], method="wilson"), abs=1e-9)


def test_the_interval_holds_the_truth_about_as_often_as_promised():
    rng = np.random.default_rng(4)
    for contacted, held_out, shares in ((80, 20, (0.6, 0.4)), (40, 15, (0.95, 0.9)), (300, 60, (0.3, 0.3))):
        draws = zip(rng.binomial(contacted, shares[0], 1_500), rng.binomial(held_out, shares[1], 1_500), strict=True)
        ends = np.array([newcombe(one, contacted, other, held_out) for one, other in draws])
        covered = ((ends[:, 0] <= shares[0] - shares[1]) & (shares[0] - shares[1] <= ends[:, 1])).mean()
        assert 0.93 <= covered <= 0.98, (contacted, held_out, covered)


def test_those_contacted_are_compared_with_those_held_out():
    bought = [(customer, 5, 20.0) for customer in (*range(1, 57), *range(71, 119))]
    found = measure(members(150, 80, probability=0.3), orders(bought), started_on=START, horizon_days=DAYS, as_of=KNOWN,
                    contact_cost=1.5)
    assert found.state == "measured" and found.verdict == "helped"
    assert (found.contacted.customers, found.contacted.stayed, found.held_out.customers, found.held_out.stayed) == (70, 56, 80, 48)
    assert (found.difference, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert (found.kept, found.kept_low, found.kept_high) == pytest.approx((14.0, 70 * 0.0524, 70 * 0.3339), abs=0.01)
    assert found.contacted.expected_share == pytest.approx(0.7)
    assert found.money_difference == pytest.approx(20 * 0.2) and found.money_low < 4.0 < found.money_high
    assert found.cost == 105.0 and found.profit == pytest.approx(70 * 4 - 105)
    assert (found.profit_low, found.profit_high) == pytest.approx((70 * found.money_low - 105, 70 * found.money_high - 105))


def test_a_round_that_did_nothing_is_not_shown_to_have_helped_and_harm_is_told():
    everybody = orders([(customer, 3, 10.0) for customer in range(1, 101, 2)])
    nothing = measure(members(100, 50), everybody, started_on=START, horizon_days=DAYS, as_of=KNOWN)
    assert nothing.verdict == "not_shown" and nothing.low < 0 < nothing.high
    harm = measure(members(100, 50), orders([(customer, 3, 10.0) for customer in range(51, 101)]), started_on=START,
                   horizon_days=DAYS, as_of=KNOWN)
    assert harm.verdict == "harmed" and harm.high < 0 and harm.profit < 0
    assert {nothing.verdict, harm.verdict} <= set(VERDICTS)


def test_money_of_the_horizon_counts_net_of_what_came_back():
    rows = [(1, 0, 50.0), (1, DAYS - 1, -20.0), (1, -1, 1_000.0), (1, DAYS, 1_000.0), (2, 10, -5.0)]
    found = measure(members(40, 20), orders(rows), started_on=START, horizon_days=DAYS, as_of=KNOWN)
    assert found.contacted.money == pytest.approx((50 - 20 - 5) / 20)
    assert found.contacted.stayed == 1, "the day of the start counts, a credit note is no order"


def test_what_lies_outside_the_horizon_or_after_the_day_changes_nothing():
    rows = [(customer, 5, 20.0) for customer in range(1, 30)]
    later = [(customer, DAYS + days, 900.0) for customer in range(1, 101) for days in (0, 30)]
    one, other = (measure(members(100, 50), orders(given), started_on=START, horizon_days=DAYS, as_of=KNOWN)
                  for given in (rows, [*rows, *later, (60, -3, 500.0)]))
    assert one == other
    early = dt.date(2026, 1, 20)
    one, other = (measure(members(100, 50), orders(given), started_on=START, horizon_days=DAYS, as_of=early)
                  for given in (rows[:3], [*rows, *later]))
    assert str(one) == str(other)


def test_before_the_horizon_has_passed_only_the_day_to_wait_for_is_told():
    bought = orders([(customer, 1, 20.0) for customer in range(1, 60)])
    found = measure(members(100, 40), bought, started_on=START, horizon_days=DAYS, as_of=KNOWN - dt.timedelta(days=1))
    assert found.state == "too_early" and found.measured_on == KNOWN and found.verdict is None
    assert (found.contacted.customers, found.held_out.customers) == (60, 40)
    assert np.isnan([found.difference, found.contacted.stayed_share, found.contacted.money, found.profit]).all()
    assert found.contacted.stayed == 0


def test_without_a_hold_out_nothing_is_measured_but_what_was_expected_is_told():
    found = measure(members(50, 0, probability=[0.4] * 25 + [np.nan] * 25), orders([(1, 1, 5.0)]), started_on=START,
                    horizon_days=DAYS, as_of=KNOWN)
    assert found.state == "no_hold_out" and np.isnan(found.difference) and found.verdict is None
    assert found.contacted.stayed_share == 0.02 and found.contacted.expected_share == pytest.approx(0.6)
    assert np.isnan(found.held_out.stayed_share)


@pytest.mark.parametrize(("n", "held_out"), [(50, MIN_GROUP - 1), (MIN_GROUP + 8, MIN_GROUP), (2, 1)])
def test_too_small_sides_tell_no_difference(n, held_out):
    found = measure(members(n, held_out), orders([(1, 1, 5.0)]), started_on=START, horizon_days=DAYS, as_of=KNOWN)
    assert found.state == "too_few" and np.isnan(found.difference) and found.held_out.customers == held_out
    assert found.state in STATES


def test_nobody_bought_and_nobody_is_in_it_are_told_without_figures():
    found = measure(members(60, 30), orders([]), started_on=START, horizon_days=DAYS, as_of=KNOWN, contact_cost=2)
    assert found.state == "measured" and found.difference == 0 and found.money_difference == 0 and found.profit == -60
    empty = measure(members(0, 0), orders([]), started_on=START, horizon_days=DAYS, as_of=KNOWN)
    assert empty.state == "no_hold_out" and np.isnan(empty.contacted.stayed_share)
    with pytest.raises(InvalidInput, match="0 days"):
        measure(members(60, 30), orders([]), started_on=START, horizon_days=0, as_of=KNOWN)


def test_the_same_answer_twice_and_in_any_sequence():
    rng = np.random.default_rng(6)
    bought = orders([(int(customer), int(day), float(amount)) for customer, day, amount in zip(
        rng.integers(1, 121, 200), rng.integers(0, 90, 200), rng.lognormal(3, 1, 200), strict=True)])
    how = {"started_on": START, "horizon_days": DAYS, "as_of": KNOWN}
    one = measure(members(120, 40), bought, **how)
    shuffled = measure(members(120, 40).sample(frac=1, random_state=1), bought.sample(frac=1, random_state=2), **how)
    assert one == measure(members(120, 40), bought, **how)
    assert (one.state, one.low, one.high, one.contacted.stayed) == (
        "measured", shuffled.low, shuffled.high, shuffled.contacted.stayed)
    assert (one.money_low, one.money_high) == pytest.approx((shuffled.money_low, shuffled.money_high))


def test_the_interval_of_money_holds_the_truth_about_as_often_as_promised():
    rng = np.random.default_rng(8)
    covered = []
    for _ in range(120):
        spent = rng.lognormal(3, 0.8, 200) * (rng.random(200) < 0.5)
        bought = orders([(place + 1, 1, amount) for place, amount in enumerate(spent) if amount > 0])
        found = measure(members(200, 60), bought, started_on=START, horizon_days=DAYS, as_of=KNOWN)
        covered.append(found.money_low <= 0 <= found.money_high)
    assert 0.88 <= np.mean(covered) <= 1.0


def test_needed_sizes_are_the_published_ones():
    assert needed_size(0.5, 0.1) == 2 * 388 and needed_size(0.1, 0.1) == 2 * 199  # Fleiss, without continuity correction
    assert needed_size(0.5, 0.1) == needed_size(0.5, -0.1) and needed_size(0.5, 0.1, holdout_share=0.2) > needed_size(0.5, 0.1)
    assert needed_size(0.5, 0.0) is None and needed_size(0.95, 0.1) is None and needed_size(0.5, 0.1, holdout_share=0.0) is None


def test_groups_of_the_needed_size_see_the_effect_four_times_of_five():
    rng = np.random.default_rng(5)
    base, difference, share = 0.5, 0.15, 0.25
    n = needed_size(base, difference, holdout_share=share)
    held = round(n * share)
    seen = [newcombe(one, n - held, other, held)[0] > 0 for one, other in zip(
        rng.binomial(n - held, base + difference, 2_000), rng.binomial(held, base, 2_000), strict=True)]
    assert np.mean(seen) == pytest.approx(0.8, abs=0.04)


def test_the_visible_difference_is_the_one_that_needs_just_these_groups():
    seen = visible_difference(300, 100, base_share=0.4)
    assert needed_size(0.4, seen, holdout_share=0.25) <= 400 < needed_size(0.4, seen - 0.002, holdout_share=0.25)
    assert np.isnan(visible_difference(3, 2, base_share=0.5)), "five customers show nothing"
    assert np.isnan(visible_difference(10, 0, base_share=0.5)) and np.isnan(visible_difference(10, 10, base_share=1.0))


def test_before_a_round_its_size_is_advised():
    small = sizing(np.full(100, 0.5), success_rate=0.2, holdout_share=0.2)
    assert (small.contacted, small.held_out, small.expected_difference) == (80, 20, pytest.approx(0.1))
    assert not small.is_enough and small.needed > 1_000 and small.visible_difference > 0.3
    assert sizing(np.full(small.needed, 0.5), success_rate=0.2, holdout_share=0.2).is_enough
    nobody = sizing(np.array([]), success_rate=0.2, holdout_share=0.2)
    assert nobody.needed is None and np.isnan(nobody.expected_difference)
    assert sizing(np.full(10, 0.5), success_rate=0.2, holdout_share=0.0).needed is None
    with pytest.raises(InvalidInput):
        sizing(np.full(10, 0.5), success_rate=0.2, holdout_share=1.0)


def test_the_picture_shows_both_sides_and_what_was_expected():
    bought = orders([(customer, 5, 20.0) for customer in range(1, 60)])
    figure = stayed(measure(members(100, 40, probability=0.3), bought, started_on=START, horizon_days=DAYS, as_of=KNOWN))
    seen, expected = figure.data
    assert list(seen.y) == ["Held out", "Contacted"] and seen.meta["meaning"] == ["comparison", "good"]
    assert list(expected.x) == pytest.approx([0.7, 0.7]) and (np.array(seen.error_x.array) >= 0).all()
    early = measure(members(100, 40), bought, started_on=START, horizon_days=DAYS, as_of=START)
    assert len(stayed(early).data) == 0
