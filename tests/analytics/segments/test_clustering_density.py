"""Density: is DBSCAN the textbook's, is eps chosen sensibly, and are those who stand alone left alone?"""

import numpy as np
import pytest
from sklearn.cluster import DBSCAN

from crm.analytics.segments.clustering import density, group
from crm.analytics.segments.clustering.density import usual_reach
from crm.analytics.segments.comparing import adjusted_rand
from tests.analytics.segments.planted import blobs, even


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine"])
@pytest.mark.parametrize("digits", [1, 6])
def test_cores_groups_and_loners_are_scikit_learns(metric, digits):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        points = np.round(rng.normal(size=(350, 3)), digits) + 0.05  # one digit: many equal customers
        eps = {"euclidean": 0.5, "manhattan": 0.8, "cosine": 0.03}[metric] * rng.uniform(0.6, 1.4) + 1e-4
        min_samples = int(rng.integers(2, 10))
        found = group(points, method="dbscan", metric=metric, eps=eps, min_samples=min_samples)
        reference = DBSCAN(eps=eps, min_samples=min_samples, metric=metric).fit(points)
        cores = reference.core_sample_indices_
        assert adjusted_rand(found.labels[cores], reference.labels_[cores]) == 1.0
        assert ((found.labels < 0) == (reference.labels_ < 0)).all()
        assert found.k == reference.labels_.max() + 1


def test_a_long_chain_is_one_group():
    points = np.arange(2_000.0)[:, None]
    assert group(points, method="dbscan", eps=1.0, min_samples=2).k == 1
    assert group(points, method="dbscan", eps=0.999, min_samples=2).k == 0


def test_a_customer_between_groups_goes_to_the_nearest_core():
    left, between, right = [0.0, 0.05, 0.1, 0.2, 0.3], [1.2], [2.0, 2.05, 2.1, 2.2, 2.3]
    points = np.array([*left, *between, *right])[:, None]
    labels = group(points, method="dbscan", eps=0.92, min_samples=6).labels  # the cores are 0.3 and 2.0
    assert labels[5] == labels[6] != labels[4]
    assert group(points, method="dbscan", eps=0.04, min_samples=2).labels.tolist() == [-1] * 11


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2])
@pytest.mark.parametrize("columns", [2, 5])
def test_the_usual_reach_finds_groups_amid_noise(noise, columns):
    points, truth = blobs((500, 400, 300), columns=columns)
    strangers = np.random.default_rng(9).uniform(-60, 60, size=(int(noise * len(points)), columns))
    found = group(np.vstack([points, strangers]), method="dbscan")
    assert adjusted_rand(found.labels[: len(points)], truth) > 0.95
    assert (found.labels[len(points):] < 0).mean() > 0.8 if noise else (found.labels < 0).mean() < 0.05
    assert found.details["eps"] == pytest.approx(usual_reach(found.details["k_distances"]))


def test_the_distances_to_the_neighbours_are_those_of_every_customer():
    points = np.array([[0.0], [1.0], [3.0], [7.0], [7.0]])
    found = group(points, method="dbscan", min_samples=2)
    assert found.details["k_distances"].tolist() == [0.0, 0.0, 1.0, 1.0, 2.0]
    assert found.details["min_samples"] == 2


def test_neighbours_asked_for_grow_with_columns_and_customers():
    assert density.neighbours_needed(np.ones((100, 12))) == 24  # 2 d
    assert density.neighbours_needed(np.ones((1_000, 2))) == 14  # 2 ln n
    assert density.neighbours_needed(np.ones((3, 9))) == 3


def test_places_with_many_equal_customers_are_groups_of_their_own():
    points = np.repeat([[0.0, 0.0], [3.0, 1.0], [5.0, 5.0]], [50, 40, 30], axis=0)
    assert np.bincount(group(points, method="dbscan").labels).tolist() == [50, 40, 30]


def test_a_sample_finds_what_all_customers_would():
    points, truth = blobs((5_000, 4_000, 3_000), columns=6, apart=9)
    strangers = np.random.default_rng(9).uniform(-60, 60, size=(300, 6))
    points = np.vstack([points, strangers])
    for method in ("dbscan", "hdbscan"):
        found = group(points, method=method)
        assert found.approximated == "sample"
        assert adjusted_rand(found.labels[: len(truth)], truth) > 0.95
        assert (found.labels[len(truth):] < 0).mean() > 0.8


def test_thousands_of_neighbours_are_looked_for_in_a_sample():
    points, truth = blobs((5_000, 4_000, 3_000))
    for method in ("dbscan", "hdbscan"):
        found = group(points, method=method, min_samples=500)
        assert found.approximated == "sample"
        assert adjusted_rand(found.labels, truth) > 0.9


def test_a_group_smaller_than_the_smallest_is_none():
    points, truth = blobs((300, 200, 20))
    assert group(points, method="hdbscan", min_cluster_size=15).k == 3
    assert group(points, method="hdbscan", min_cluster_size=40).k == 2


def test_evenly_spread_customers_are_no_groups_by_density():
    assert group(even(), method="dbscan").k == 1
    assert (group(even(), method="hdbscan").labels < 0).mean() > 0.5
