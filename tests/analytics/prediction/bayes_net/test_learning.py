"""Does the search find the network that the rows came from, and does it survive what tables hold?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction.bayes_net import learn, learning
from crm.analytics.prediction.bayes_net.network import sequence
from crm.analytics.prediction.bayes_net.scores import Scores, counts
from crm.analytics.prediction.bayes_net.structure import climb, information
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.prediction.bayes_net.small_networks import noisy_network, rows_of


def pairs(network):
    return {frozenset((network.names[above], network.names[child])) for above, child in network.edges}


def colliders(network):
    """Two arrows that meet at one variable whose ends are not joined: with the pairs, what can be told from rows at all."""
    joined = pairs(network)
    return {(frozenset((network.names[a], network.names[b])), network.names[child])
            for child, parents in enumerate(network.parents) for a in parents for b in parents
            if a < b and frozenset((network.names[a], network.names[b])) not in joined}


@pytest.mark.parametrize("score", ["bdeu", "bic"])
def test_the_network_that_made_the_rows_is_found(score):
    truth = noisy_network()
    network = learn(rows_of(truth, 20_000, rng=np.random.default_rng(3)), score=score)
    assert pairs(network) == pairs(truth)
    assert colliders(network) == colliders(truth) and len(colliders(truth)) == 2


def test_independent_columns_stay_apart():
    rng = np.random.default_rng(0)
    drawn = 0
    for _ in range(10):
        frame = pd.DataFrame({name: rng.random(3000) < 0.4 for name in "abcde"})
        drawn += len(learn(frame).edges) + len(learn(frame, "a").edges)
    assert drawn <= 4  # of 200 pairs


def test_the_search_reaches_the_score_of_the_true_graph(asia):
    frame = rows_of(asia, 5000, rng=np.random.default_rng(1))
    codes = asia.codes(frame)
    scores = Scores(codes, asia.sizes)
    found = sum(scores.family(child, parents) for child, parents in enumerate(climb(scores)))
    assert found >= sum(scores.family(child, parents) for child, parents in enumerate(asia.parents)) - 1e-9


@pytest.mark.parametrize("graph", ["augmented", "selected", "tree", "free"])
def test_the_same_network_twice_and_in_any_order_of_the_rows(graph):
    frame = shop(np.random.default_rng(0), 2000)
    turned = frame.iloc[np.random.default_rng(9).permutation(len(frame))]
    first, again, other = (learn(one, "leaves", graph=graph) for one in (frame, frame, turned))
    assert first.parents == again.parents == other.parents
    assert all(np.array_equal(a, b) for a, b in zip(first.tables, other.tables, strict=True))


def test_a_sample_for_the_arrows_does_not_depend_on_the_order_of_the_rows(monkeypatch):
    monkeypatch.setattr(learning, "STRUCTURE_ROWS", 500)
    frame = shop(np.random.default_rng(0), 2000)
    turned = frame.iloc[np.random.default_rng(9).permutation(len(frame))]
    assert learn(frame, "leaves").parents == learn(turned, "leaves").parents
    assert learn(frame, "leaves").n_cases == 2000


def test_arrows_lead_away_from_the_target_and_never_in_a_circle():
    frame = shop(np.random.default_rng(2), 3000)
    for graph in ("augmented", "selected", "tree", "free"):
        network = learn(frame, "leaves", graph=graph)
        assert network.parents[network.target] == ()
        assert sequence(network.parents) is not None
        assert network.edges


def test_forbidden_arrows_are_not_drawn_and_required_ones_are():
    frame = shop(np.random.default_rng(2), 3000)[["silent", "complained", "channel"]]
    network = learn(frame, forbidden=[("silent", "complained"), ("complained", "silent")], required=[("channel", "silent")])
    arrows = {(network.names[above], network.names[child]) for above, child in network.edges}
    assert ("channel", "silent") in arrows
    assert not arrows & {("silent", "complained"), ("complained", "silent")}


def test_no_variable_has_more_parents_than_allowed():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({f"c{place}": rng.random(4000) < 0.5 for place in range(5)})
    frame["sum"] = frame.sum(axis=1) + (rng.random(4000) < 0.2)
    assert max(len(parents) for parents in learn(frame, most_parents=2).parents) == 2
    assert max(len(parents) for parents in learn(frame, most_parents=1).parents) == 1


def test_chances_are_those_of_the_rows():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"leaves": rng.random(20_000) < 0.3})
    frame["complained"] = rng.random(20_000) < np.where(frame["leaves"], 0.6, 0.1)
    network = learn(frame, "leaves")
    table = network.tables[1]
    assert table[1, 1] == pytest.approx(frame.loc[frame["leaves"], "complained"].mean(), abs=1e-3)
    assert table[0, 1] == pytest.approx(frame.loc[~frame["leaves"], "complained"].mean(), abs=1e-3)
    assert np.allclose(table.sum(axis=-1), 1)


def test_what_hardly_ever_happened_says_nothing_extreme():
    frame = pd.DataFrame({"leaves": [False, True] * 500, "legal_threat": [False] * 999 + [True]})
    network = learn(frame, "leaves", graph="tree")
    assert (np.concatenate([table.ravel() for table in network.tables]) > 0).all()


def test_a_column_of_one_value_is_joined_to_nothing():
    frame = shop(np.random.default_rng(6), 500).assign(country="UK", nothing=np.nan)
    for target in (None, "leaves"):
        network = learn(frame, target)
        lonely = {network.number("country"), network.number("nothing")}
        assert not lonely & {one for edge in network.edges for one in edge}


def test_with_many_columns_those_are_kept_that_tell_most():
    frame = shop(np.random.default_rng(7), 3000)
    noise = np.random.default_rng(8).random((3000, 12))
    frame = pd.concat([frame, pd.DataFrame(noise, columns=[f"noise {place}" for place in range(12)])], axis=1)
    assert set(learn(frame, "leaves", most_columns=2).names) == {"leaves", "silent", "complained"}


def test_a_target_of_several_states_is_foreseen_too():
    rng = np.random.default_rng(9)
    group = rng.integers(0, 3, 3000)
    frame = pd.DataFrame({"group": np.array(["gold", "silver", "bronze"])[group], "spent": rng.normal(group * 3.0)})
    network = learn(frame, "group")
    assert network.parents[1] == (0,) and len(network.variables[1].borders) >= 2


@pytest.mark.parametrize(("make", "error", "told"), [
    (lambda frame: learn(frame.head(12), "leaves"), NotEnoughData, "at least 30 rows; there are 12"),
    (lambda frame: learn(frame.assign(leaves=True), "leaves"), NotEnoughData, "leaves is the same in all 200 rows"),
    (lambda frame: learn(frame[["leaves"]], "leaves"), NotEnoughData, "No column differs"),
    (lambda frame: learn(frame, "gone"), InvalidInput, "no column gone"),
    (lambda frame: learn(frame, "leaves", graph="web"), InvalidInput, "no graph “web”"),
    (lambda frame: learn(frame, graph="tree"), InvalidInput, "needs a column"),
    (lambda frame: learn(frame, required=[("silent", "mood")]), InvalidInput, "no column mood"),
    (lambda frame: learn(frame, required=[("silent", "channel"), ("channel", "silent")]), InvalidInput, "circle"),
    (lambda frame: learn(frame, required=[("silent", "channel")], forbidden=[("silent", "channel")]), InvalidInput, "both"),
    (lambda frame: learn(frame.rename(columns={"channel": "silent"})), InvalidInput, "same name"),
])
def test_bad_input_is_told_in_a_sentence(make, error, told):
    with pytest.raises(error, match=told):
        make(shop(np.random.default_rng(0), 200))


def test_the_frame_is_not_changed():
    frame = shop(np.random.default_rng(0), 300)
    before = frame.copy()
    learn(frame, "leaves")
    pd.testing.assert_frame_equal(frame, before)


def test_bdeu_is_that_of_its_definition():
    # Two binary columns in four rows, equivalent sample size 4: by hand, with every parameter of the prior 1 (or 2 without a parent).
    codes = np.array([[0, 0], [0, 0], [1, 1], [1, 0]])
    scores = Scores(codes, (2, 2), prior_rows=4.0)
    assert scores.family(0, ()) == pytest.approx(np.log(2 * 3 * 2 * 3 / (4 * 5 * 6 * 7)))
    assert scores.family(1, (0,)) == pytest.approx(np.log(1 * 2 / (2 * 3) * 1 * 1 / (2 * 3)))


def test_equivalent_graphs_have_the_same_bdeu():
    codes = np.random.default_rng(0).integers(0, 3, (500, 2))
    scores = Scores(codes, (3, 3))
    assert scores.family(0, ()) + scores.family(1, (0,)) == pytest.approx(scores.family(1, ()) + scores.family(0, (1,)))


def test_information_and_counts():
    left, right = np.array([0, 0, 1, 1] * 5), np.array([0, 1, 0, 1] * 5)
    both = left ^ right
    columns = [left, right, both]
    assert counts(columns, (2, 2, 2), 2, (0, 1)).tolist() == [[[5, 0], [0, 5]], [[0, 5], [5, 0]]]
    assert information(columns, (2, 2, 2), 2, 0) == pytest.approx(0)
    assert information(columns, (2, 2, 2), 2, 0, (1,)) == pytest.approx(1)


def shop(rng, n):
    """Customers who leave more often after long silence and complaints; the channel says nothing."""
    silent = rng.exponential(60, n).round()
    complained = rng.random(n) < 0.2
    leaves = rng.random(n) < 1 / (1 + np.exp(-(silent / 40 - 2.5 + 2 * complained)))
    satisfied = np.where(rng.random(n) < 0.3, np.nan, np.where(complained, 0.3, 0.8) + rng.normal(0, 0.1, n))
    return pd.DataFrame({"leaves": leaves, "silent": silent, "complained": complained, "satisfied": satisfied,
                         "channel": rng.choice(["shop", "web", "phone"], n)})
