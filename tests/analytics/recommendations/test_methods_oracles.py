"""Each formula against a plain dense calculation by numpy, scipy or scikit-learn."""

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import cdist

from crm.analytics.recommendations import purchases
from crm.analytics.recommendations.methods import factors, learn
from crm.analytics.recommendations.methods.linear import linear_weights
from crm.analytics.recommendations.methods.popularity import prior_customers
from crm.analytics.recommendations.methods.recommender import largest_entries
from crm.analytics.recommendations.methods.together import likeness
from tests.analytics.recommendations.methods_shop import shop


@pytest.fixture(scope="module")
def table():
    chance = np.random.default_rng(1).random((90, 1)) * 0.3
    return sparse.csr_matrix((np.random.default_rng(0).random((90, 30)) < chance).astype(np.float32))


def plain(measure, dense):
    """Column x column likeness where two columns have a row in common, else 0."""
    if measure == "cosine":
        found = 1 - cdist(dense.T, dense.T, "cosine")
    elif measure == "jaccard":
        found = 1 - cdist(dense.T.astype(bool), dense.T.astype(bool), "jaccard")
    else:
        found = np.corrcoef(dense.T)
    found = np.where(dense.T @ dense > 0, found, 0)
    np.fill_diagonal(found, 0)
    return found


@pytest.mark.parametrize("measure", ["cosine", "jaccard", "pearson"])
def test_likeness_of_products_equals_the_plain_measure(table, measure):
    found = likeness(table, measure=measure, neighbours=30, shrinkage=0).toarray()
    assert found == pytest.approx(plain(measure, table.toarray()), abs=2e-6)


def test_each_candidate_keeps_the_products_most_like_it(table):
    whole = likeness(table, measure="cosine", neighbours=30, shrinkage=0).toarray()
    kept = likeness(table, measure="cosine", neighbours=4, shrinkage=0).toarray()
    for candidate in range(30):
        edge = np.sort(whole[:, candidate])[-4]
        assert (kept[:, candidate] == np.where(whole[:, candidate] >= edge, whole[:, candidate], 0)).all()


@pytest.mark.parametrize("measure", ["cosine", "jaccard", "pearson"])
def test_neighbours_of_a_customer_are_those_of_the_plain_measure_and_never_oneself(measure):
    read = shop()
    ones = purchases.ones(read).toarray()
    whole = np.maximum(plain(measure, ones.T), 0)
    found = learn(read, method="users", parameters={"measure": measure, "neighbours": 8})
    asked = purchases.ask(read, read.customer_ids)
    nearest = found.neighbours(asked).toarray()
    assert (nearest.diagonal() == 0).all()
    assert (np.count_nonzero(nearest, axis=1) == 8).all()
    assert np.sort(nearest, axis=1)[:, -8:] == pytest.approx(np.sort(whole, axis=1)[:, -8:], abs=2e-6)
    assert found.scores(asked) == pytest.approx(nearest @ ones, abs=1e-5)
    products = np.tile(np.arange(5), (len(asked), 1))
    bought, of = found.similar_buyers(asked, products)
    assert (bought == ((nearest > 0).astype(int) @ ones)[:, :5]).all() and (of == 8).all()


def test_the_linear_weights_solve_the_penalised_least_squares(table):
    dense = table.toarray().astype(float)
    gram = dense.T @ dense
    inverse = np.linalg.inv(gram + 4 * gram.diagonal().mean() * np.eye(30))
    expected = -inverse / inverse.diagonal()
    np.fill_diagonal(expected, 0)
    assert linear_weights((table.T @ table).toarray(), penalty=4, neighbours=30).toarray() == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize("columns", [30, 250])
def test_singular_vectors_equal_numpys_up_to_their_sign(columns):
    dense = (np.random.default_rng(3).random((300, columns)) < np.linspace(0.5, 0.02, columns)).astype(np.float32)
    vectors, values = factors.right_vectors(sparse.csr_matrix(dense), count=6)
    _, expected_values, expected = np.linalg.svd(dense.astype(float), full_matrices=False)
    assert values == pytest.approx(expected_values[:6], rel=1e-4)
    assert np.abs((vectors * expected[:6].T).sum(axis=0)) == pytest.approx(np.ones(6), abs=2e-2)
    assert vectors.T @ vectors == pytest.approx(np.eye(6), abs=1e-3)


def test_scores_by_factors_are_the_table_of_that_rank():
    read = shop()
    dense = purchases.ones(read).toarray().astype(float)
    left, values, right = np.linalg.svd(dense, full_matrices=False)
    expected = (left[:, :4] * values[:4]) @ right[:4]
    found = learn(read, method="svd", parameters={"factors": 4}).scores(purchases.ask(read, read.customer_ids))
    assert found == pytest.approx(expected, abs=1e-3)


def test_non_negative_factors_come_as_close_as_scikit_learns():
    from sklearn.decomposition import NMF

    table = purchases.ones(shop())
    tastes = factors.parts(table, count=4, rng=np.random.default_rng(0))
    share = factors.shares(table, tastes, rounds=200)
    assert tastes.min() >= 0 and share.min() >= 0
    reference = NMF(4, init="nndsvda", random_state=0, max_iter=500).fit(table)
    assert np.linalg.norm(table.toarray() - share @ tastes) < 1.02 * reference.reconstruction_err_


def test_a_group_is_drawn_to_everybody_by_how_little_groups_differ():
    rng = np.random.default_rng(0)
    size = np.full(40, 50.0)
    share = np.linspace(0.05, 0.5, 60)
    alike = rng.binomial(50, share, (40, 60))
    differing = rng.binomial(50, rng.beta(share * 10, (1 - share) * 10, (40, 60)))
    assert prior_customers(differing, size) == pytest.approx(10, rel=0.2)
    assert prior_customers(alike, size) > 500


def test_the_share_in_a_group_lies_between_its_own_and_everybodys():
    import pandas as pd

    read = shop()
    groups = pd.Series(np.where(read.customer_ids % 2, "odd", "even"), index=read.customer_ids)
    found = learn(read, method="group", groups=groups)
    asked = purchases.ask(read, np.array([9_999, 1]), pd.concat([groups, pd.Series(["odd"], index=[9_999])]))
    ones = purchases.ones(read).toarray()
    own, everybody = ones[read.customer_ids % 2 == 1].mean(axis=0), ones.mean(axis=0)
    scores = found.scores(asked)[0]
    assert (np.abs(scores - own) <= np.abs(everybody - own) + 1e-6).all() and 0 < found.prior < 20
    assert ((scores > everybody) == (own > everybody))[np.abs(own - everybody) > 1e-6].all()


def test_the_largest_entry_of_a_row_is_the_first_among_equals():
    table = sparse.csr_matrix(np.array([[0, 2, 3, 3], [-1, 0, -2, 0], [0, 0, 0, 0], [0, 1, 0, 0]], dtype=float))
    assert largest_entries(table).tolist() == [2, -1, -1, 1]
