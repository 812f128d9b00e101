"""PageRank and HITS: the shares that networkx finds, whatever the graph looks like."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from crm.analytics.network import hits, pagerank
from tests.analytics.network.networks import graph

networkx = pytest.importorskip("networkx")


def matrix(graph) -> csr_matrix:
    return csr_matrix(networkx.to_scipy_sparse_array(graph, nodelist=list(graph), dtype=float, weight="weight"))


def trees(nodes: int, seed: int):
    """Everybody but the first was brought by somebody earlier."""
    draw = np.random.default_rng(seed)
    return networkx.DiGraph([(node, int(draw.integers(0, node) ** 1.2) % node) for node in range(1, nodes)])


def chain(nodes: int):
    return networkx.DiGraph([(node + 1, node) for node in range(nodes - 1)])


GRAPHS = {
    "random": networkx.gnp_random_graph(200, 0.03, seed=1, directed=True),
    "sparse with isolated ones": networkx.gnp_random_graph(200, 0.004, seed=2, directed=True),
    "scale-free": networkx.DiGraph(networkx.scale_free_graph(400, seed=3)),
    "tree": trees(500, seed=4), "chain": chain(1_000), "star": networkx.star_graph(300).to_directed(),
    "circle": networkx.DiGraph([(0, 1), (1, 2), (2, 0), (3, 0), (4, 3)]),
    "self loop": networkx.DiGraph([(0, 0), (1, 0), (2, 1), (2, 0)]),
    "pair": networkx.DiGraph([(0, 1)]),
}
WEIGHTED = networkx.DiGraph()
WEIGHTED.add_weighted_edges_from([(0, 1, 2.0), (0, 2, 1.0), (1, 2, 0.5), (3, 2, 1.0), (2, 0, 3.0)])
GRAPHS["weighted"] = WEIGHTED


@pytest.mark.parametrize("name", GRAPHS)
def test_pagerank_is_that_of_networkx(name):
    found = pagerank(matrix(GRAPHS[name]))
    wanted = networkx.pagerank(networkx.DiGraph(GRAPHS[name]), tol=1e-13, max_iter=2_000)
    np.testing.assert_allclose(found, list(wanted.values()), atol=1e-6, rtol=1e-5)
    assert found.sum() == pytest.approx(1)


@pytest.mark.parametrize("name", ["random", "scale-free", "circle", "weighted"])
def test_hits_is_that_of_networkx_where_there_is_one_answer(name):
    hubs, authorities = hits(matrix(GRAPHS[name]))
    wanted_hubs, wanted_authorities = networkx.hits(networkx.DiGraph(GRAPHS[name]), tol=1e-12)
    np.testing.assert_allclose(hubs, list(wanted_hubs.values()), atol=1e-6)
    np.testing.assert_allclose(authorities, list(wanted_authorities.values()), atol=1e-6)


def test_another_damping_is_that_of_networkx():
    found = pagerank(matrix(GRAPHS["random"]), damping=0.5)
    wanted = networkx.pagerank(networkx.DiGraph(GRAPHS["random"]), alpha=0.5, tol=1e-13)
    np.testing.assert_allclose(found, list(wanted.values()), atol=1e-7)


def test_two_stars_nearly_as_large_are_told_apart():
    links = [(f"a{i}", "A") for i in range(400)] + [(f"b{i}", "B") for i in range(399)] + [("a0", "B"), ("b0", "A")]
    wanted_hubs, wanted = networkx.hits(networkx.DiGraph(links), tol=1e-12)
    hubs, authorities = hits(matrix(networkx.DiGraph(links)))
    np.testing.assert_allclose(authorities, list(wanted.values()), atol=1e-6)
    np.testing.assert_allclose(hubs, list(wanted_hubs.values()), atol=1e-6)


def test_where_everybody_was_brought_once_authorities_are_who_brought_most():
    known = graph((1, 2), (1, 3), (4, 5), (4, 6), (7, 8))
    hubs, authorities = hits(known.matrix())
    by_id = dict(zip(known.customers.tolist(), authorities.tolist(), strict=True))
    assert by_id[1] == by_id[4] == 0.5 and by_id[7] == 0
    assert dict(zip(known.customers.tolist(), hubs.tolist(), strict=True))[5] == 0.25


def test_importance_flows_from_the_brought_to_who_brought_them():
    known = graph((1, 2), (1, 3), (2, 4))
    shares = dict(zip(known.customers.tolist(), pagerank(known.matrix()).tolist(), strict=True))
    assert shares[1] > shares[2] > shares[3] == pytest.approx(shares[4])


def test_a_network_of_nobody_has_no_shares():
    assert len(pagerank(csr_matrix((0, 0)))) == 0
    assert [len(part) for part in hits(csr_matrix((0, 0)))] == [0, 0]


def test_without_links_all_are_equally_important_and_nobody_is_an_authority():
    assert pagerank(csr_matrix((4, 4))).tolist() == [0.25] * 4
    assert hits(csr_matrix((4, 4)))[1].tolist() == [0] * 4
