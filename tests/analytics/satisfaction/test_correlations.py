"""Correlations of questions: pairwise, by scores or ranks, and told apart from chance."""

import numpy as np
import pytest
from scipy import stats

from crm.analytics.satisfaction import correlations
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.satisfaction.making_forms import likert

NAMES = ["A", "B", "C", "D"]


def gaps():
    score = likert(150, 4, seed=6)
    score[np.random.default_rng(1).random(score.shape) < 0.2] = np.nan
    return score


@pytest.mark.parametrize(("method", "reference"), [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)])
def test_each_pair_is_what_scipy_finds_among_the_forms_that_answer_both(method, reference):
    score = gaps()
    found = correlations.correlate(score, NAMES, method=method)
    for row in found.pairs.itertuples():
        a, b = score[:, NAMES.index(row.item_a)], score[:, NAMES.index(row.item_b)]
        both = ~np.isnan(a) & ~np.isnan(b)
        expected = reference(a[both], b[both])
        assert row.n == both.sum() and row.correlation == pytest.approx(expected.statistic, abs=1e-12)
        assert row.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    place = [found.items.index(name) for name in NAMES]
    first = found.pairs.iloc[0]
    assert found.matrix[place][:, place][NAMES.index(first.item_a), NAMES.index(first.item_b)] == first.correlation


def test_the_interval_is_fishers():
    row = correlations.correlate(gaps(), NAMES).pairs.iloc[0]
    a, b = (gaps()[:, NAMES.index(name)] for name in (row.item_a, row.item_b))
    both = ~np.isnan(a) & ~np.isnan(b)
    expected = stats.pearsonr(a[both], b[both]).confidence_interval(0.95)
    assert (row.low, row.high) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_the_correction_is_scipys_and_hardly_any_unrelated_pair_is_called_clear():
    p = np.random.default_rng(0).random(40) ** 3
    np.testing.assert_allclose(correlations.benjamini_hochberg(p), stats.false_discovery_control(p))
    rng = np.random.default_rng(3)
    false = [correlations.correlate(rng.integers(1, 6, (80, 6)).astype(float), list("ABCDEF")).pairs["clear"].any() for _ in range(100)]
    assert np.mean(false) <= 0.1


def test_questions_without_spread_have_no_correlation_and_the_rest_keeps_its_own():
    score = likert(50, 4)
    score[:, 3] = 2
    found = correlations.correlate(score, NAMES)
    pairs = found.pairs.set_index(["item_a", "item_b"])
    assert np.isnan(pairs.loc[("A", "D"), "correlation"]) and not pairs.loc[("A", "D"), "clear"]
    assert pairs.loc[("A", "B"), "clear"]


def test_what_cannot_be_told_is_refused():
    with pytest.raises(NotEnoughData):
        correlations.correlate(likert(9, 3), NAMES[:3])
    with pytest.raises(InvalidInput, match="no correlation"):
        correlations.correlate(likert(50, 3), NAMES[:3], method="kendall")


def test_alike_questions_stand_beside_each_other():
    rng = np.random.default_rng(5)
    one, two = rng.standard_normal((2, 300, 1))
    score = np.hstack([one, two, one, two]) + 0.4 * rng.standard_normal((300, 4))
    order = "".join(correlations.correlate(score, NAMES).items)
    assert "AC" in order or "CA" in order
