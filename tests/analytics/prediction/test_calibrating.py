"""Calibration: are scores turned into shares that happen, the ranking left as it is?"""

import numpy as np
import pytest
from scipy.special import expit

from crm.analytics.prediction.calibrating import ISOTONIC_FROM, learn_calibration, log_odds_of, probability_of


def scores(n, *, slope=3.0, shift=1.0, seed=0):
    """Scores that overstate: the truth is (score - shift) / slope."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(0, 3, n)
    truth = expit((margin - shift) / slope)
    return margin, rng.random(n) < truth, truth


@pytest.mark.parametrize("n, kind", [(ISOTONIC_FROM - 1, "sigmoid"), (ISOTONIC_FROM, "isotonic"), (5000, "isotonic")])
def test_overstated_scores_come_down_to_what_happens(n, kind):
    margin, happened, _ = scores(n)
    calibration = learn_calibration(margin, happened)
    assert calibration.kind == kind
    fresh, _, truth = scores(4000, seed=1)
    found = probability_of(calibration(fresh))
    assert np.abs(found - truth).mean() < 0.05 < 0.1 < np.abs(probability_of(fresh) - truth).mean()


def test_the_sigmoid_finds_slope_and_shift():
    margin, happened, _ = scores(999)
    calibration = learn_calibration(margin, happened)
    assert calibration.slope == pytest.approx(1 / 3, rel=0.25)
    assert calibration.intercept == pytest.approx(-1 / 3, abs=0.2)


@pytest.mark.parametrize("n", [200, 3000])
def test_the_ranking_stays_and_nothing_is_certain(n):
    margin, happened, _ = scores(n)
    calibration = learn_calibration(margin, happened)
    line = np.linspace(-50, 50, 400)
    found = probability_of(calibration(line))
    assert (np.diff(found) >= 0).all() and 0 < found.min() < found.max() < 1
    inside = np.sort(margin)[n // 10:-n // 10]
    if n < ISOTONIC_FROM:
        assert (np.diff(calibration(inside)) > 0).all()
    else:
        assert len(np.unique(calibration(inside))) > 0.9 * len(inside)


@pytest.mark.parametrize("n", [200, 3000])
def test_scores_that_say_nothing_or_the_contrary_give_everybody_about_the_base_rate(n):
    rng = np.random.default_rng(0)
    margin = rng.normal(size=n)
    happened = rng.random(n) < expit(-2 * margin)
    found = probability_of(learn_calibration(margin, happened)(margin))
    assert found == pytest.approx(happened.mean(), abs=0.02)


def test_equal_scores_and_one_sided_ends_are_survived():
    same = learn_calibration(np.zeros(100), np.arange(100) < 30)
    assert probability_of(same(np.zeros(3))) == pytest.approx(0.3, abs=0.01)
    perfect = learn_calibration(np.arange(2000.0), np.arange(2000) >= 1000)
    assert 0 < probability_of(perfect(np.array([-1.0])))[0] < 0.01 < 0.99 < probability_of(perfect(np.array([3000.0])))[0] < 1


def test_log_odds_and_probability_are_each_others_inverse_and_finite():
    chance = np.array([0.0, 1e-9, 0.2, 0.5, 0.9, 1.0])
    assert np.isfinite(log_odds_of(chance)).all()
    assert probability_of(log_odds_of(chance)) == pytest.approx(chance, abs=1e-5)


def test_a_few_lucky_ones_at_the_end_do_not_lift_all_others():
    """Three of the lowest scores without a yes say less than the hundreds after them, and must not set their least chance."""
    margin = np.arange(3000.0)
    happened = np.random.default_rng(0).random(3000) < np.where(margin < 1500, 0.03, 0.9)
    happened[:3] = False
    found = probability_of(learn_calibration(margin, happened)(margin))
    assert found[:1300].mean() == pytest.approx(happened[:1300].mean(), abs=0.01)
    assert found[100] < 0.06
