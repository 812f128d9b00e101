"""Totals: as sure as chance lets them be, and no surer than the test was."""

import numpy as np
import pytest

from crm.analytics.prediction import amounts


def test_the_variance_of_a_sum_is_what_many_drawn_sums_show():
    rng = np.random.default_rng(1)
    chance, amount = rng.uniform(0, 1, 40), rng.uniform(10, 90, 40)
    deviation = amount * 0.7
    mean, variance = amounts.expected_sum(chance, amount, deviation)
    drawn = np.array([(amount_drawn * (rng.random(40) < chance)).sum()
                      for amount_drawn in rng.gamma((amount / deviation) ** 2, deviation**2 / amount, (8_000, 40))])
    assert mean == pytest.approx(drawn.mean(), rel=0.02) and variance == pytest.approx(drawn.var(), rel=0.06)
    assert amounts.expected_count(chance) == pytest.approx((chance.sum(), (chance * (1 - chance)).sum()))


def test_a_test_that_chance_explains_adds_no_error_and_one_that_it_does_not_widens_the_range():
    assert amounts.tested_total(100.0, 81.0, 95.0).error == 0
    off = amounts.tested_total(100.0, 100.0, 150.0)
    assert off.error == pytest.approx(np.sqrt(2500 - 100) / 100)
    sure, unsure = amounts.total(200.0, 100.0, error=0.0), amounts.total(200.0, 100.0, error=off.error)
    assert sure.high - sure.low == pytest.approx(2 * 1.2816 * 10) and unsure.high - unsure.low > 10 * (sure.high - sure.low)
    assert amounts.total(5.0, 100.0, error=0.5).low == 0 and amounts.total(5.0, 4.0, error=float("nan")).high > 5


def test_one_enormous_order_is_told_but_makes_no_error():
    tested = amounts.tested_total(1_000.0, 400.0, 90_000.0, comparable=1_010.0)
    assert tested.actual == 90_000.0 and tested.error == 0


def test_a_single_past_time_tells_nothing_of_how_times_differ():
    assert np.isnan(amounts.swing(np.array([1.0, 2.0]), np.array([1, 1])))
