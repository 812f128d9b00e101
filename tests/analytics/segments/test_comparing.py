"""Comparing groupings: counted by hand, and against the reference."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_score

from crm.analytics.segments.clustering import METHODS, group
from crm.analytics.segments.clustering.silhouettes import silhouettes
from crm.analytics.segments.comparing import adjusted_rand, compare, silhouette, stability
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.segments.planted import blobs, even


def test_the_flow_counts_every_customer_once():
    found = compare(["Best", "Best", "Lost", "Lost", "Lost"], [0, 1, 1, 1, -1])
    assert found.flow.to_dict("list") == {
        "first": ["Best", "Best", "Lost", "Lost"], "second": [0, 1, -1, 1], "customers": [1, 1, 1, 2]}
    assert found.adjusted_rand == pytest.approx(adjusted_rand_score([0, 0, 1, 1, 1], [0, 1, 1, 1, 2]))


def test_other_names_for_the_same_groups_are_the_same_groups():
    assert compare(["a", "a", "b"], [7, 7, 3]).adjusted_rand == 1.0
    assert compare([1, 1, 1], [2, 2, 2]).adjusted_rand == 1.0
    assert compare([1], [2]).adjusted_rand == 1.0


def test_the_adjusted_rand_index_is_scikit_learns():
    rng = np.random.default_rng(0)
    for _ in range(20):
        first, second = rng.integers(0, 5, 200), rng.integers(-1, 3, 200)
        assert adjusted_rand(first, second) == pytest.approx(adjusted_rand_score(first, second))
    first = rng.integers(0, 8, 100_000)
    assert adjusted_rand(first, first) == 1.0


def test_groupings_that_cannot_be_compared_are_refused_in_a_sentence():
    with pytest.raises(InvalidInput, match="one grouping has 2, the other 3"):
        compare([1, 2], [1, 2, 3])
    with pytest.raises(NotEnoughData, match="no customers"):
        compare([], [])
    with pytest.raises(InvalidInput, match="have no group"):
        compare(["a", None], [1, 2])


def test_silhouettes_are_scikit_learns():
    points = np.random.default_rng(1).normal(size=(700, 3))
    labelings = [np.random.default_rng(2).integers(0, 4, 700), (points[:, 0] > 0).astype(int), np.arange(700) // 699]
    expected = [silhouette_score(points, labels) for labels in labelings]
    assert silhouettes(points, labelings) == pytest.approx(expected, abs=1e-12)
    assert silhouette(points, labelings[0]) == pytest.approx(expected[0], abs=1e-12)


def test_a_weight_is_as_many_equal_customers():
    points, labels = blobs((20, 15, 10))
    weights = np.random.default_rng(0).integers(1, 5, len(points))
    each = silhouettes(np.repeat(points, weights, axis=0), [np.repeat(labels, weights)])
    assert silhouettes(points, [labels], weights=weights) == pytest.approx(each)


def test_customers_in_no_group_do_not_count_for_the_silhouette():
    points, labels = blobs()
    strangers = np.vstack([points, np.full((9, 2), 3.3)])
    assert silhouette(strangers, np.r_[labels, [-1] * 9]) == pytest.approx(silhouette(points, labels))
    assert np.isnan(silhouette(points, np.zeros(len(points), dtype=int)))
    assert np.isnan(silhouette(points, np.full(len(points), -1)))


def test_the_silhouette_of_many_is_a_sample_that_the_order_does_not_change():
    points, labels = blobs((3_000, 2_500), columns=3, apart=4)
    shuffle = np.random.default_rng(0).permutation(len(points))
    assert silhouette(points, labels) == silhouette(points[shuffle], labels[shuffle])
    assert silhouette(points, labels) == pytest.approx(silhouettes(points, [labels])[0], abs=0.01)


@pytest.mark.parametrize("method", METHODS)
def test_clear_groups_are_stable_and_chance_is_not(method):
    points, truth = blobs((150, 120, 100), columns=3)
    k = None if method in ("dbscan", "hdbscan") else 3
    found = group(points, method=method, k=k)
    assert stability(points, found.labels, method=method, k=k) > 0.95
    assert abs(stability(points, np.random.default_rng(0).permutation(truth), method=method, k=k)) < 0.1


def test_groups_of_evenly_spread_customers_change_with_chance():
    points = even(columns=5)
    for method in ("kmeans", "ward", "mixture"):
        assert stability(points, group(points, method=method, k=4).labels, method=method, k=4) < 0.75
    assert stability(points, group(points, method="hdbscan").labels, method="hdbscan") < 0.75


def test_a_distance_of_the_owners_own_is_kept_in_proportion():
    points, _ = blobs((400, 300, 200))
    usual = group(points, method="dbscan").details["eps"]
    found = group(points, method="dbscan", eps=1.3 * usual, min_samples=10)
    assert found.k == 3
    assert stability(points, found.labels, method="dbscan", eps=1.3 * usual, min_samples=10) > 0.95


def test_stability_of_too_few_is_unknown():
    assert np.isnan(stability(np.array([[0.0], [1.0], [9.0]]), np.array([0, 0, 1]), k=3))
