"""Shares of few: the prior is found again where it is known, and few cases stay close to what is usual."""

import numpy as np
import pytest
from scipy import stats

from crm.analytics.risk.shares import usual

WIDE = {"least_weight": 0.5, "most_weight": 10_000.0}


@pytest.mark.parametrize(("mean", "weight"), [(0.1, 8.0), (0.3, 3.0), (0.5, 25.0)])
def test_a_known_prior_is_found_again(mean, weight):
    rng = np.random.default_rng(1)
    trials = rng.integers(2, 30, 8_000)
    hits = rng.binomial(trials, rng.beta(mean * weight, (1 - mean) * weight, len(trials)))
    found = usual(hits, trials, **WIDE)
    assert found.mean == pytest.approx(mean, rel=0.05)
    assert found.weight == pytest.approx(weight, rel=0.15)


def test_groups_that_are_all_alike_lean_on_each_other_as_far_as_allowed():
    rng = np.random.default_rng(2)
    trials = np.full(40, 12)
    assert usual(rng.binomial(6, 0.5, 40) * 0 + 3, trials, least_weight=4, most_weight=40).weight == 40


def test_what_is_drawn_lies_closer_to_the_truth_than_the_raw_share():
    rng = np.random.default_rng(3)
    truth, trials = rng.beta(1, 9, 3_000), rng.integers(1, 12, 3_000)
    hits = rng.binomial(trials, truth)
    drawn = usual(hits, trials, **WIDE).drawn(hits, trials)
    assert np.mean((drawn - truth) ** 2) < 0.5 * np.mean((hits / trials - truth) ** 2)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(4)
    truth, trials = rng.beta(2, 18, 4_000), rng.integers(5, 60, 4_000)
    hits = rng.binomial(trials, truth)
    low, high = usual(hits, trials, **WIDE).interval(hits, trials)
    assert 0.93 < np.mean((low <= truth) & (truth <= high)) < 0.97


def test_an_interval_is_that_of_the_beta_distribution():
    found = usual(np.array([1, 0, 2, 1, 0, 3]), np.array([4, 5, 6, 7, 8, 9]), least_weight=4, most_weight=40)
    low, high = found.interval(np.array([3]), np.array([10]))
    posterior = stats.beta(3 + found.mean * found.weight, 7 + (1 - found.mean) * found.weight)
    assert (low[0], high[0]) == pytest.approx(posterior.interval(0.95))


@pytest.mark.parametrize("hits", [[0, 0, 0], [2, 3, 4]])
def test_never_and_always_among_few_are_not_taken_for_certain(hits):
    found = usual(np.array(hits), np.array([2, 3, 4]), least_weight=4, most_weight=40)
    assert 0 < found.mean < 1 and found.weight == 4


def test_without_a_case_nothing_is_usual():
    assert np.isnan(usual(np.array([]), np.array([]), least_weight=4, most_weight=40).mean)
