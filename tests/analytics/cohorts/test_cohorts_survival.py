"""Survival curves and log-rank tests: published figures, a second implementation, and the ends where formulas fail."""

import numpy as np
import pytest
from scipy.stats import binomtest

from crm.analytics.cohorts.survival import RiskTable, holm, kaplan_meier, log_rank, risk_table

# Freireich et al. 1963 as printed by Gehan (1965): weeks of remission, 6-MP and placebo; a minus: still in remission.
TREATED = [6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def weeks(written):
    return np.abs(written), np.array(written) > 0


def some_lives(seed=3, n=400, n_groups=3):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, n_groups, n)
    life, seen = rng.geometric(0.02 + 0.01 * group), rng.integers(1, 120, n)
    return np.minimum(life, seen), life <= seen, group


def test_the_curve_of_the_leukaemia_trial_is_the_published_one():
    curve = kaplan_meier(*weeks(TREATED))
    at = curve.at([6, 7, 10, 13, 16, 22, 23])
    assert at["survival"].round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert at["standard_error"].round(4).tolist() == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert at["low"].round(4).tolist() == [0.6197, 0.5631, 0.5032, 0.4316, 0.3675, 0.2678, 0.1881]
    assert at["high"].round(4).tolist() == [0.9516, 0.9228, 0.8894, 0.8491, 0.8049, 0.7468, 0.6801]
    assert curve.quantile(0.5)[0] == 23 and np.isnan(curve.quantile(0.75)[0])


def test_the_log_rank_test_of_the_trial_is_the_published_one():
    (treated, treated_ended), (placebo, placebo_ended) = weeks(TREATED), weeks(PLACEBO)
    table = risk_table(np.concatenate([treated, placebo]), np.concatenate([treated_ended, placebo_ended]),
                       np.repeat([0, 1], [len(treated), len(placebo)]), n_groups=2)
    test = log_rank(table)
    assert round(test.statistic, 2) == 16.79 and test.df == 1 and test.p_value == pytest.approx(4.17e-5, rel=1e-2)


def test_curves_and_tests_agree_with_statsmodels():
    from statsmodels.duration.survfunc import SurvfuncRight, survdiff

    days, happened, group = some_lives()
    ours, theirs = kaplan_meier(days, happened), SurvfuncRight(days, happened)
    at = ours.at(theirs.surv_times)
    np.testing.assert_allclose(at["survival"], theirs.surv_prob, rtol=1e-12)
    np.testing.assert_allclose(at["standard_error"], theirs.surv_prob_se, rtol=1e-9)
    for share in (0.25, 0.5, 0.75):
        assert ours.quantile(share)[0] == theirs.quantile(share)
    low, high = theirs.quantile_ci(0.5, method="cloglog")
    assert ours.quantile(0.5)[1:] == (low, high)
    statistic, p_value = survdiff(days, happened, group)
    test = log_rank(risk_table(days, happened, group, n_groups=3))
    assert test.df == 2 and (test.statistic, test.p_value) == pytest.approx((statistic, p_value), rel=1e-9)


def test_without_censoring_the_curve_is_the_plain_share():
    days = np.array([2, 2, 3, 5, 5, 5, 9, 9])
    at = kaplan_meier(days, np.ones(8, dtype=bool)).at([0, 1, 2, 4, 5, 8])
    assert at["survival"].round(9).tolist() == [1, 1, 0.75, 0.625, 0.25, 0.25]


def test_who_is_last_seen_on_a_day_was_still_at_risk_on_it():
    curve = kaplan_meier(np.array([5, 5]), np.array([True, False]))
    assert curve.at_risk.tolist() == [2] and curve.survival.tolist() == [0.5]


def test_an_event_on_the_first_day_lets_the_curve_begin_below_one():
    at = kaplan_meier(np.array([0, 0, 4, 7]), np.array([True, True, True, False])).at([0, 4])
    assert at["survival"].tolist() == [0.5, 0.25]


def test_where_nothing_happened_the_interval_is_the_exact_one_not_a_point():
    curve = kaplan_meier(np.full(40, 30), np.zeros(40, dtype=bool))
    at = curve.at([10, 30]).iloc[1]
    exact = binomtest(0, 40).proportion_ci(method="exact")
    assert at["survival"] == 1 and at["high"] == 1
    assert 1 - at["low"] == pytest.approx(exact.high)
    assert np.isnan(curve.quantile(0.25)[0])


def test_where_everybody_had_it_the_interval_is_the_exact_one():
    at = kaplan_meier(np.full(25, 3), np.ones(25, dtype=bool)).at([3]).iloc[0]
    assert at["survival"] == 0 and at["low"] == 0
    assert at["high"] == pytest.approx(binomtest(0, 25).proportion_ci(method="exact").high)


def test_beyond_the_longest_watched_nothing_is_said():
    at = kaplan_meier(*weeks(TREATED)).at([35, 36])
    assert at["survival"].notna().tolist() == [True, False] and at["low"].notna().tolist() == [True, False]
    assert at["followed"].tolist() == [1, 0]


def test_the_band_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(8)
    inside = []
    for _ in range(400):
        life, seen = rng.geometric(0.02, 120), rng.integers(10, 150, 120)
        at = kaplan_meier(np.minimum(life, seen), life <= seen).at([40]).iloc[0]
        inside.append(at["low"] <= 0.98**40 <= at["high"])
    assert 0.92 <= np.mean(inside) <= 0.98


def test_equal_groups_are_called_different_as_often_as_chance_allows():
    rng = np.random.default_rng(4)
    p_values = []
    for _ in range(400):
        life, seen = rng.geometric(0.03, 150), rng.integers(1, 90, 150)
        table = risk_table(np.minimum(life, seen), life <= seen, rng.integers(0, 3, 150), n_groups=3)
        p_values.append(log_rank(table).p_value)
    assert 0.03 <= np.mean(np.array(p_values) < 0.05) <= 0.08


def test_a_pair_of_groups_is_tested_as_if_the_third_were_not_there():
    days, happened, group = some_lives()
    whole = risk_table(days, happened, group, n_groups=3)
    two = group != 1
    alone = risk_table(days[two], happened[two], (group[two] == 2).astype(int), n_groups=2)
    assert log_rank(whole.only([0, 2])).statistic == pytest.approx(log_rank(alone).statistic, rel=1e-12)


def test_a_test_without_events_has_no_p_value():
    empty = risk_table(np.array([4, 5]), np.zeros(2, dtype=bool), np.array([0, 1]), n_groups=2)
    assert np.isnan(log_rank(empty).p_value)
    assert np.isnan(log_rank(RiskTable(np.array([[1, 0]]), np.array([[3, 0]]))).p_value)


def test_holm_agrees_with_statsmodels_and_skips_what_is_unknown():
    from statsmodels.stats.multitest import multipletests

    p_values = np.array([0.04, 0.001, 0.03, 0.5, 0.012])
    np.testing.assert_allclose(holm(p_values), multipletests(p_values, method="holm")[1])
    assert holm(np.array([np.nan, 0.02])).tolist()[1] == 0.02
