"""Measures of lists against figures worked out by hand, against a plain loop, and against simulated truth."""

import math

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from crm.analytics.recommendations.judging.intervals import (
    gain_and_interval,
    mean_and_interval,
    resampled_weights,
    wilson,
)
from crm.analytics.recommendations.judging.listing import best
from crm.analytics.recommendations.judging.measures import MEASURES, coverage, hits, measured, surprise_of


def by_a_plain_loop(listed, bought, surprise, top):
    """One customer's measures, in the words of their definitions."""
    listed = [product for product in listed if product >= 0]
    relevant = len(bought)
    found = [product in bought for product in listed]
    gained = sum(1 / math.log2(place + 2) for place, is_hit in enumerate(found) if is_hit)
    best_possible = sum(1 / math.log2(place + 2) for place in range(min(relevant, top)))
    precisions = [sum(found[:place + 1]) / (place + 1) for place, is_hit in enumerate(found) if is_hit]
    return [
        float(any(found)), sum(found) / top,
        sum(found) / relevant if relevant else math.nan,
        gained / best_possible if relevant else math.nan,
        sum(precisions) / min(relevant, top) if relevant else math.nan,
        sum(surprise[product] for product in listed) / len(listed) if listed else math.nan,
    ]


def test_the_measures_of_two_lists_are_those_worked_out_by_hand():
    truth = csr_matrix(np.array([[0, 1, 0, 0, 1, 1], [1, 0, 0, 0, 0, 0]], dtype=float))
    places = np.array([[4, 2, 1], [3, 2, -1]])
    hit, precision, recall, ndcg, average, novelty = measured(places, truth, np.arange(6.0), top=3).T
    assert hit.tolist() == [1, 0] and precision == pytest.approx([2 / 3, 0]) and recall == pytest.approx([2 / 3, 0])
    assert ndcg == pytest.approx([(1 + 1 / 2) / (1 + 1 / np.log2(3) + 1 / 2), 0])
    # Hits at places 1 and 3: precisions 1/1 and 2/3, of three possible.
    assert average == pytest.approx([(1 + 2 / 3) / 3, 0])
    assert novelty == pytest.approx([(4 + 2 + 1) / 3, (3 + 2) / 2])


def test_the_measures_agree_with_a_plain_loop_on_random_lists():
    rng = np.random.default_rng(5)
    for products, top in ((12, 5), (30, 10), (6, 6)):
        truth = (rng.random((80, products)) < 0.15).astype(float)
        places = np.array([rng.permutation(products)[:top] for _ in range(80)])
        places[np.arange(top)[None, :] >= rng.integers(0, top + 1, 80)[:, None]] = -1
        surprise = rng.random(products) * 8
        slow = np.array([by_a_plain_loop(listed, set(np.flatnonzero(bought)), surprise, top)
                         for listed, bought in zip(places, truth, strict=True)])
        np.testing.assert_allclose(measured(places, csr_matrix(truth), surprise, top=top), slow, rtol=1e-12)


def test_nothing_bought_means_no_hit_and_no_made_up_recall():
    figures = dict(zip(MEASURES, measured(np.array([[0, 1]]), csr_matrix((1, 3)), np.ones(3), top=2)[0], strict=True))
    assert figures["hit_rate"] == 0 and figures["precision"] == 0
    assert all(np.isnan(figures[name]) for name in ("recall", "ndcg", "map"))
    assert not hits(np.array([[0, -1]]), csr_matrix((1, 3))).any()


def test_what_fewer_bought_is_more_surprising_and_what_nobody_bought_has_a_figure():
    surprise = surprise_of(np.array([7, 3, 1, 0]), 7)
    assert surprise.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("top", [3, 40])
def test_lists_hold_the_highest_scores_and_the_more_popular_of_equals(top):
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 6, (50, 60)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.4] = -np.inf
    scores[7] = -np.inf
    places, values = best(scores.copy(), top)
    for row in range(50):
        wanted = sorted((-score, place) for place, score in enumerate(scores[row]) if np.isfinite(score))[:top]
        assert places[row].tolist() == [place for _, place in wanted] + [-1] * (top - len(wanted))
        assert values[row][:len(wanted)].tolist() == [-score for score, _ in wanted]


def test_coverage_counts_every_product_on_any_list_once():
    share, low, high = coverage(np.array([[0, 1], [1, 2], [1, -1]]), 6)
    assert share == 0.5 and 0 <= low < share < high <= 1
    everybody_the_same = coverage(np.zeros((50, 1), dtype=int), 10)
    assert everybody_the_same == (0.1, 0.1, 0.1)


def test_the_interval_of_coverage_holds_what_other_customers_would_have_covered():
    rng = np.random.default_rng(0)
    liking = 1 / np.arange(1, 301)
    lists = np.array([rng.choice(300, size=5, replace=False, p=liking / liking.sum()) for _ in range(4_000)])
    shares = [coverage(lists[start:start + 200], 300) for start in range(0, 4_000, 200)]
    expected = np.mean([share for share, _, _ in shares])
    held = np.mean([low <= expected <= high for _, low, high in shares])
    assert held >= 0.9


def test_the_interval_of_a_mean_holds_the_truth_about_19_times_in_20():
    rng = np.random.default_rng(3)
    held = []
    for seed in range(120):
        mean, low, high = mean_and_interval((rng.random((150, 1)) < 0.3).astype(float), resampled_weights(150, random_state=seed))
        assert low[0] <= mean[0] <= high[0]
        held.append(low[0] <= 0.3 <= high[0])
    assert 0.88 <= np.mean(held) <= 0.99


def test_a_figure_that_some_customers_lack_is_the_mean_of_the_others():
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [3.0, np.nan]])
    mean, low, high = mean_and_interval(values, resampled_weights(3))
    assert mean[0] == 2 and low[0] == 1 and high[0] == 3
    assert np.isnan([mean[1], low[1], high[1]]).all()


def test_every_customer_is_drawn_as_often_as_any_other():
    weights = resampled_weights(7, resamples=4_000)
    assert (weights.sum(axis=1) == 7).all() and np.abs(weights.mean(axis=0) - 1).max() < 0.06
    assert np.array_equal(weights, resampled_weights(7, resamples=4_000))


def test_the_gain_of_one_of_many_methods_is_held_to_a_wider_interval():
    gain = np.random.default_rng(2).normal(0.1, 1, 400)
    error = gain.std(ddof=1) / 20
    mean, low, high = gain_and_interval(gain, tried=1)
    # Quantiles of Student's t with 399 degrees of freedom: .975 and .9975.
    assert (low, high) == pytest.approx((mean - 1.965927 * error, mean + 1.965927 * error))
    assert gain_and_interval(gain, tried=10)[1:] == pytest.approx((mean - 2.822732 * error, mean + 2.822732 * error))


def test_a_share_of_none_seen_is_not_certainly_nought():
    low, high = wilson(np.array([0.0, 0.5]), np.array([100, 0]))
    assert low.tolist() == [0, 0] and high[0] == pytest.approx(0.037, abs=0.001) and high[1] == 1
