"""Hierarchies: are they scipy's, do micro-clusters count with their customers, and is every cut the number asked for?"""

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from crm.analytics.segments.clustering import group
from crm.analytics.segments.clustering.hierarchical import EXACT_UP_TO, cut, weighted_linkage
from crm.analytics.segments.comparing import adjusted_rand
from tests.analytics.segments.planted import blobs

LINKAGES = ("ward", "average", "complete")
SCIPY_METRIC = {"euclidean": "euclidean", "manhattan": "cityblock", "cosine": "cosine"}


@pytest.mark.parametrize(("method", "metric"), [("ward", "euclidean"), *((method, metric) for method in ("average", "complete")
                                                                         for metric in SCIPY_METRIC)])
def test_groups_and_heights_are_scipys(method, metric):
    points = np.random.default_rng(0).normal(size=(300, 4))
    reference = linkage(pdist(points, SCIPY_METRIC[metric]), method)
    for k in (2, 3, 7, 20):
        found = group(points, method=method, k=k, metric=metric)
        assert adjusted_rand(found.labels, fcluster(reference, k, "maxclust")) == 1.0
        assert found.details["linkage"][:, 2] == pytest.approx(reference[:, 2], abs=1e-9)


@pytest.mark.parametrize("method", LINKAGES)
def test_our_own_linkage_is_scipys_where_every_leaf_is_one_customer(method):
    points = np.random.default_rng(1).normal(size=(120, 3))
    ours, reference = weighted_linkage(points, np.ones(120, dtype=int), method=method), linkage(points, method)
    assert ours == pytest.approx(reference)


@pytest.mark.parametrize("method", LINKAGES)
def test_a_leaf_of_several_customers_counts_as_all_of_them(method):
    points = np.random.default_rng(2).normal(size=(80, 3))
    sizes = np.random.default_rng(3).integers(1, 6, 80)
    ours = weighted_linkage(points, sizes, method=method)
    each = linkage(np.repeat(points, sizes, axis=0), method)
    assert ours[:, 2] == pytest.approx(each[-79:, 2])  # the others join equal customers at height 0
    assert ours[-1, 3] == sizes.sum()


def test_weights_decide_whom_ward_joins():
    points = np.array([[0.0], [1.0], [2.1]])
    assert weighted_linkage(points, np.array([1, 1, 1]), method="ward")[0, :2].tolist() == [0, 1]
    assert weighted_linkage(points, np.array([50, 50, 1]), method="ward")[0, :2].tolist() == [1, 2]


@pytest.mark.parametrize("method", LINKAGES)
def test_ties_still_give_the_number_of_groups_asked_for(method):
    grid = np.array([(x, y) for x in range(6) for y in range(6)], dtype=float)
    for k in range(2, 12):
        found = group(grid, method=method, k=k)
        assert found.k == k == len(set(found.labels))


def test_a_cut_undoes_the_last_unions():
    tree = linkage(np.array([[0.0], [1.0], [10.0], [12.0], [50.0]]), "ward")
    assert cut(tree, 1).tolist() == [0] * 5
    assert len(set(cut(tree, 5))) == 5
    assert adjusted_rand(cut(tree, 3), np.array([0, 0, 1, 1, 2])) == 1.0


@pytest.mark.parametrize("method", LINKAGES)
def test_micro_clusters_find_what_the_exact_tree_finds(method):
    points, _ = blobs((1_500, 1_200, 900, 300), columns=4, apart=6)
    points = np.vstack([points, points[:200] + 1e-3])
    assert len(points) > EXACT_UP_TO
    found = group(points, method=method, k=4)
    assert found.approximated == "micro"
    exact = fcluster(linkage(points, method), 4, "maxclust")
    assert adjusted_rand(found.labels, exact) > 0.95


def test_the_tree_has_what_a_picture_needs():
    points, _ = blobs((3_000, 2_000), columns=3)
    found = group(points, method="ward", k=2)
    tree, sizes, labels = (found.details[name] for name in ("linkage", "leaf_sizes", "leaf_labels"))
    assert tree.shape == (len(sizes) - 1, 4)
    assert sizes.sum() == tree[-1, 3] == len(points)
    assert (np.diff(tree[:, 2]) >= 0).all()
    assert np.bincount(labels, weights=sizes).tolist() == np.bincount(found.labels).tolist()


def test_many_equal_customers_are_exact_at_any_size():
    points = np.random.default_rng(0).integers(0, 5, size=(9_000, 3)).astype(float)
    found = group(points, method="ward", k=3)
    assert found.approximated == ""
    assert len(found.details["leaf_sizes"]) == 125
