"""The regression of the overall score against statsmodels, and fair shares against the average over all orders."""

import itertools

import numpy as np
import pytest

from crm.analytics.satisfaction import regression, shares
from crm.errors import NotEnoughData
from tests.analytics.satisfaction.making_forms import driven, likert

NAMES = ["A", "B", "C", "D"]


def test_coefficients_and_hc3_intervals_are_those_of_statsmodels():
    import statsmodels.api as sm

    score, overall = driven(300, noise=0.8)
    found = regression.regress(score, overall, NAMES, verdict=False)
    z = (score - score.mean(axis=0)) / score.std(axis=0, ddof=1)
    fit = sm.OLS((overall - overall.mean()) / overall.std(ddof=1), sm.add_constant(z)).fit(cov_type="HC3", use_t=True)
    np.testing.assert_allclose(found.table["standardised"], fit.params[1:], atol=1e-12)
    np.testing.assert_allclose(found.table[["low", "high"]], fit.conf_int()[1:], atol=1e-10)
    np.testing.assert_allclose(found.table["p_value"], fit.pvalues[1:], rtol=1e-6, atol=1e-300)
    assert found.explained == pytest.approx(fit.rsquared)
    raw = sm.OLS(overall, sm.add_constant(score)).fit(cov_type="HC3", use_t=True)
    np.testing.assert_allclose(found.table["per_point"], raw.params[1:], atol=1e-12)
    np.testing.assert_allclose(found.table["per_point_high"], raw.conf_int()[1:, 1], atol=1e-10)


def test_a_verdict_is_explained_by_the_logistic_regression_of_statsmodels():
    import statsmodels.api as sm

    score, overall = driven(400, noise=1.0)
    verdict = (overall >= 4).astype(float)
    found = regression.regress(score, verdict, NAMES, verdict=True)
    z = (score - score.mean(axis=0)) / score.std(axis=0, ddof=1)
    fit = sm.Logit(verdict, sm.add_constant(z)).fit(disp=0, cov_type="HC0")
    np.testing.assert_allclose(found.table["standardised"], fit.params[1:], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found.table[["low", "high"]], fit.conf_int()[1:], rtol=1e-5, atol=1e-5)
    assert found.explained == pytest.approx(fit.prsquared, abs=1e-8)
    effects = sm.Logit(verdict, sm.add_constant(score)).fit(disp=0).get_margeff().margeff
    np.testing.assert_allclose(found.table["per_point"], effects, rtol=1e-6, atol=1e-8)


def test_the_inflation_of_variance_is_one_over_what_the_others_do_not_tell():
    score, overall = driven(300)
    score[:, 1] = score[:, 0] + np.random.default_rng(1).normal(0, 0.3, 300)
    found = regression.regress(score, overall, NAMES, verdict=False)
    others = np.column_stack([np.ones(300), score[:, 1:]])
    left = score[:, 0] - others @ np.linalg.lstsq(others, score[:, 0], rcond=None)[0]
    assert found.table["variance_inflation"].iloc[0] == pytest.approx(score[:, 0].var() / left.var())


def test_a_verdict_that_follows_without_exception_is_refused():
    score = likert(100, 3)
    with pytest.raises(NotEnoughData, match="without exception"):
        regression.regress(score, (score[:, 0] > 3).astype(float), NAMES[:3], verdict=True)


def r_squared(score, overall, columns):
    if not columns:
        return 0.0
    design = np.column_stack([np.ones(len(score)), score[:, columns]])
    left = overall - design @ np.linalg.lstsq(design, overall, rcond=None)[0]
    return 1 - left.var() / overall.var()


def averaged_over_orders(score, overall):
    """What each question adds to R squared, averaged over all orders in which they could be asked (Lindeman et al. 1980)."""
    count = score.shape[1]
    added = np.zeros(count)
    orders = list(itertools.permutations(range(count)))
    for order in orders:
        for place, item in enumerate(order):
            added[item] += r_squared(score, overall, list(order[:place + 1])) - r_squared(score, overall, list(order[:place]))
    return added / len(orders)


def test_of_two_questions_the_fair_shares_are_exactly_the_average_over_both_orders():
    score, overall = driven(200)
    score[:, 1] = np.rint((score[:, 0] + score[:, 1]) / 2)
    found = shares.redraw(score[:, :2], overall, random_state=0)
    expected = averaged_over_orders(score[:, :2], overall)
    np.testing.assert_allclose(found.importance * found.explained, expected, atol=1e-10)


def test_of_more_they_are_close_to_it_and_sum_to_what_is_explained():
    score = likert(500, 4, seed=2)
    overall = score @ [0.5, 0.3, 0.1, 0.0] + np.random.default_rng(0).normal(0, 0.5, 500)
    found = shares.redraw(score, overall, random_state=0)
    assert found.importance.sum() == pytest.approx(1)
    assert found.explained == pytest.approx(r_squared(score, overall, [0, 1, 2, 3]))
    np.testing.assert_allclose(found.importance * found.explained, averaged_over_orders(score, overall), atol=0.03)


def test_blocks_redraw_as_widely_as_single_forms(monkeypatch):
    score, overall = driven(990, noise=0.8)
    single = shares.redraw(score, overall, random_state=0)
    monkeypatch.setattr(shares, "SINGLE_FORMS", 100)
    blocks = shares.redraw(score, overall, random_state=0)
    np.testing.assert_allclose(blocks.importance, single.importance, atol=1e-7)
    np.testing.assert_allclose(blocks.importance_drawn.std(axis=0), single.importance_drawn.std(axis=0), rtol=0.2)
    np.testing.assert_allclose(blocks.performance_drawn.std(axis=0), score.std(axis=0) / np.sqrt(990), rtol=0.15)
