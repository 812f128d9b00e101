"""Every method of grouping: are planted groups found, and does the answer depend on nothing but the data?"""

import numpy as np
import pytest

from crm.analytics.segments.clustering import FIND_THEIR_NUMBER, FREE_METRIC, METHODS, METRICS, group
from crm.analytics.segments.comparing import adjusted_rand
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.segments.planted import blobs, even, moons

WITH_METRICS = [(method, metric) for method in METHODS for metric in METRICS
                if metric == "euclidean" or method in FREE_METRIC]


def number(method: str, k: int) -> int | None:
    return None if method in FIND_THEIR_NUMBER else k


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("columns", [2, 6])
def test_groups_far_apart_are_found(method, columns):
    points, truth = blobs((200, 160, 130, 110), columns=columns)
    found = group(points, method=method, k=number(method, 4))
    assert found.k == 4
    assert adjusted_rand(found.labels, truth) > 0.95
    assert found.approximated == ""


@pytest.mark.parametrize(("method", "columns"), [*((method, 6) for method in METHODS), ("dbscan", 3)])
def test_groups_far_apart_are_found_among_many_customers(method, columns):
    points, truth = blobs((5_000, 4_000, 3_000), columns=columns, apart=12)
    found = group(points, method=method, k=number(method, 3))
    assert found.k == 3
    assert adjusted_rand(found.labels, truth) > 0.95
    exact = method == "kmeans" or (method == "dbscan" and columns == 3)
    assert found.approximated == ("" if exact else "micro" if method in ("ward", "average", "complete", "spectral") else "sample")


@pytest.mark.parametrize("method", ["dbscan", "hdbscan", "spectral"])
@pytest.mark.parametrize("n", [600, 12_000])
def test_two_moons_are_told_apart(method, n):
    points, truth = moons(n)
    found = group(points, method=method, k=number(method, 2))
    assert adjusted_rand(found.labels, truth) > 0.95


def test_round_groups_cannot_be_moons():
    points, truth = moons()
    assert adjusted_rand(group(points, method="kmeans", k=2).labels, truth) < 0.6


@pytest.mark.parametrize(("method", "metric"), WITH_METRICS)
def test_the_order_of_the_rows_and_the_run_change_nothing(method, metric):
    points = np.random.default_rng(1).normal(size=(150, 3))
    shuffle = np.random.default_rng(2).permutation(len(points))
    untouched = points.copy()
    first, again, shuffled = (group(rows, method=method, k=number(method, 3), metric=metric, random_state=5)
                              for rows in (points, points, points[shuffle]))
    assert (first.labels == again.labels).all()
    assert (first.labels[shuffle] == shuffled.labels).all()
    assert (points == untouched).all()
    if "probabilities" in first.details:
        assert first.details["probabilities"][shuffle] == pytest.approx(shuffled.details["probabilities"])


@pytest.mark.parametrize("method", ["kmeans", "ward", "dbscan", "hdbscan", "mixture"])
def test_the_order_of_many_rows_changes_nothing(method):
    points = even(10_500, columns=6)
    shuffle = np.random.default_rng(2).permutation(len(points))
    first, shuffled = (group(rows, method=method, k=number(method, 3)) for rows in (points, points[shuffle]))
    assert (first.labels[shuffle] == shuffled.labels).all()


@pytest.mark.parametrize(("method", "metric"), WITH_METRICS)
def test_equal_customers_are_in_one_group(method, metric):
    points = np.random.default_rng(3).integers(0, 4, size=(600, 2)).astype(float) + 1
    found = group(points, method=method, k=number(method, 3), metric=metric)
    for row in np.unique(points, axis=0):
        assert len(set(found.labels[(points == row).all(axis=1)])) == 1


@pytest.mark.parametrize("method", METHODS)
def test_groups_are_numbered_by_size_and_equal_sizes_by_place(method):
    points, _ = blobs((40, 90, 40, 60))
    labels = group(points, method=method, k=number(method, 4), min_samples=5 if method in FIND_THEIR_NUMBER else None).labels
    sizes = np.bincount(labels[labels >= 0])
    assert sorted(sizes, reverse=True) == sizes.tolist()
    places = [points[labels == label].mean(axis=0).tolist() for label in np.flatnonzero(sizes == 40)]
    assert sorted(places) == places


@pytest.mark.parametrize("method", [method for method in METHODS if method not in FIND_THEIR_NUMBER])
def test_there_may_be_as_many_groups_as_different_customers_but_no_more(method):
    points = np.repeat([[0.0, 0.0], [4.0, 1.0], [9.0, 9.0], [1.0, 7.0]], [9, 3, 1, 2], axis=0)
    found = group(points, method=method, k=4)
    assert found.labels.tolist() == [0] * 9 + [1] * 3 + [3] + [2] * 2
    with pytest.raises(InvalidInput, match="5 groups were asked for, but the 15 customers have only 4 different"):
        group(points, method=method, k=5)


def test_by_cosine_only_proportions_count():
    angle = np.repeat([0.1, 0.8, 1.4], 30) + np.random.default_rng(0).uniform(-0.05, 0.05, 90)
    length = np.random.default_rng(1).uniform(1, 100, 90)
    points = length[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    for method in FREE_METRIC:
        found = group(points, method=method, k=number(method, 3), metric="cosine")
        assert adjusted_rand(found.labels, np.repeat([0, 1, 2], 30)) == 1.0
    with pytest.raises(InvalidInput, match="3 groups .* only 2 different proportions"):
        group(np.array([[1.0, 1], [2, 2], [3, 3], [1, 0]]), method="average", k=3, metric="cosine")
    with pytest.raises(NotEnoughData, match="All 3 customers have the same proportions"):
        group(np.array([[1.0, 1], [2, 2], [3, 3]]), method="average", k=2, metric="cosine")


def test_few_exceptions_among_thousands_of_equal_customers_are_found():
    points = np.vstack([np.zeros((30_000, 3)), [[5.0, 0, 0], [0, 7, 0]]])
    for method in ("kmeans", "ward", "average", "complete", "spectral", "mixture"):
        found = group(points, method=method, k=3)
        assert np.bincount(found.labels).tolist() == [30_000, 1, 1]


@pytest.mark.parametrize("method", METHODS)
def test_points_that_cannot_be_grouped_are_refused_in_a_sentence(method):
    k = number(method, 2)
    cases = [
        (np.empty((0, 2)), NotEnoughData, "at least 2 customers; there are 0"),
        (np.ones((1, 2)), NotEnoughData, "at least 2 customers; there is 1"),
        (np.ones((7, 2)), NotEnoughData, "All 7 customers are equal"),
        (np.array([[1.0, np.nan], [2, 3], [np.inf, 1]]), InvalidInput, "2 values are missing or infinite"),
        (np.array([["a", "b"], ["c", "d"]]), InvalidInput, "holds text"),
        (np.ones(5), InvalidInput, "at least one column"),
    ]
    for points, error, words in cases:
        with pytest.raises(error, match=words):
            group(points, method=method, k=k)


@pytest.mark.parametrize(("asked", "words"), [
    ({"method": "magic"}, "choose one of kmeans"),
    ({"k": 1}, "at least 2 are needed"),
    ({}, "must be told how many"),
    ({"method": "dbscan", "k": 3}, "finds the number of groups itself"),
    ({"metric": "taxi", "k": 2}, "choose one of euclidean"),
    ({"method": "ward", "metric": "manhattan", "k": 2}, "Euclidean distances only"),
    ({"k": 2, "eps": 1.0}, "belongs to DBSCAN"),
    ({"method": "dbscan", "eps": 0.0}, "must be above 0"),
    ({"method": "dbscan", "eps": float("nan")}, "must be above 0"),
    ({"method": "dbscan", "min_samples": 31}, "with 30 customers looked at it can be at most 30"),
    ({"method": "hdbscan", "min_samples": 0}, "at least 1"),
    ({"method": "hdbscan", "min_cluster_size": 31}, "only 30"),
    ({"method": "hdbscan", "min_cluster_size": 1}, "at least 2"),
    ({"method": "dbscan", "min_cluster_size": 5}, "belongs to HDBSCAN"),
    ({"k": 2, "min_samples": 5}, "belongs to DBSCAN and HDBSCAN"),
])
def test_contradictory_choices_are_refused_in_a_sentence(asked, words):
    with pytest.raises(InvalidInput, match=words):
        group(even(30), **asked)


@pytest.mark.parametrize("method", METHODS)
def test_the_smallest_and_the_strangest_tables_are_survived(method):
    spike = np.vstack([np.zeros((180, 3)), np.random.default_rng(0).normal(size=(20, 3))])
    whale = np.vstack([np.random.default_rng(0).normal(size=(100, 2)), [[1e9, 1e9]]])
    wide = np.random.default_rng(0).normal(size=(30, 60))
    for points in (np.array([[0.0], [1.0]]), spike, whale, wide, wide * 1e12, wide * 1e-12):
        found = group(points, method=method, k=number(method, 2))
        assert found.labels.shape == (len(points),)
        assert found.labels.min() >= (-1 if method in FIND_THEIR_NUMBER else 0)
        assert found.k == found.labels.max() + 1
