"""Are answers exact: as published, and as plain enumeration gives them?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction.bayes_net import Network, inference, learn, query
from crm.analytics.prediction.bayes_net.elimination import Factor, sum_out
from crm.analytics.prediction.bayes_net.inference import row_chances
from crm.errors import InvalidInput
from tests.analytics.prediction.bayes_net.small_networks import joint, random_network, rows_of


@pytest.mark.parametrize(("wanted", "given", "published"), [
    ("dyspnoea", {}, 0.435971), ("xray", {}, 0.11029), ("lung_cancer", {"dyspnoea": "yes"}, 0.102759)])
def test_asia_answers_as_published(asia, wanted, given, published):
    assert query(asia, wanted, given).of("yes")[0] == pytest.approx(published, abs=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_any_question_is_answered_as_by_enumeration(seed):
    rng = np.random.default_rng(seed)
    network = random_network(rng, n=7)
    everything = joint(network)
    order = rng.permutation(7)
    wanted, known = order[:int(rng.integers(1, 4))], order[4:4 + int(rng.integers(0, 4))]
    state = {int(one): int(rng.integers(network.sizes[one])) for one in known}
    answer = query(network, [f"v{one}" for one in wanted], {f"v{one}": f"s{value}" for one, value in state.items()})
    sliced = everything[tuple(slice(value, value + 1) if (value := state.get(axis)) is not None else slice(None) for axis in range(7))]
    marginal = np.moveaxis(sliced, wanted, range(len(wanted))).reshape(*(network.sizes[one] for one in wanted), -1).sum(axis=-1)
    assert np.allclose(answer.probability, marginal / marginal.sum(), atol=1e-12)
    assert answer.facts_probability == pytest.approx(marginal.sum())


@pytest.mark.parametrize("seed", range(6))
def test_whole_tables_are_answered_as_single_questions(seed):
    rng = np.random.default_rng(100 + seed)
    network = random_network(rng, n=6)
    frame = rows_of(network, 40, rng=rng)
    codes = network.codes(frame)
    codes[rng.random(codes.shape) < 0.3] = -1
    wanted = int(rng.integers(6))
    found = row_chances(network, wanted, codes)
    for row in range(0, 40, 3):
        given = {f"v{one}": f"s{code}" for one, code in enumerate(codes[row]) if code >= 0 and one != wanted}
        assert np.allclose(found[row], query(network, f"v{wanted}", given).probability, atol=1e-12)


def test_what_would_take_too_long_is_answered_with_the_most_frequent_states(monkeypatch, asia):
    frame = rows_of(asia, 2000, rng=np.random.default_rng(0))
    network = learn(frame)
    monkeypatch.setattr(inference, "MOST_WORK", 1)
    found = row_chances(network, network.number("smoking"), network.codes(pd.DataFrame({"dyspnoea": ["yes"]})))
    usual = {name: frame[name].mode()[0] for name in frame if name != "smoking"} | {"dyspnoea": "yes"}
    assert np.allclose(found[0], query(network, "smoking", usual).probability)


def test_what_is_known_is_certain(asia):
    answer = query(asia, ["smoking", "xray"], {"smoking": "no"})
    assert answer.probability[0].tolist() == [0, 0]
    assert answer.probability[1].sum() == pytest.approx(1)
    assert answer.probability[1, 0] == pytest.approx(query(asia, "xray", {"smoking": "no"}).of("yes")[0])


def test_facts_that_cannot_be_true_together_are_told(asia):
    with pytest.raises(InvalidInput, match="cannot be true together: tuberculosis: yes, either: no"):
        query(asia, "xray", {"tuberculosis": "yes", "either": "no"})


@pytest.mark.parametrize(("wanted", "given", "told"), [
    ("cough", {}, "has no cough"), ("xray", {"cough": "yes"}, "has no cough"), ("xray", {"asia": "maybe"}, "asia is never “maybe”"),
    ([], {}, "Name what"), (["xray", "xray"], {}, "each column once")])
def test_a_wrong_question_is_told(asia, wanted, given, told):
    with pytest.raises(InvalidInput, match=told):
        query(asia, wanted, given)


def test_a_network_by_hand_knows_no_cases_and_no_interval(asia):
    answer = query(asia, "xray")
    assert answer.cases is None and answer.is_seen is None and np.isnan(answer.low).all()


@pytest.mark.parametrize(("tables", "told"), [
    ({"a": (("x", "y"), ("b",), [0.5, 0.5])}, "not in the network"),
    ({"a": (("x", "y"), (), [0.5, 0.6])}, "sum to 1"),
    ({"a": (("x", "y"), (), [[0.5, 0.5]])}, "shape"),
    ({"a": (("x", "y"), ("b",), [[0.5, 0.5]] * 2), "b": (("x", "y"), ("a",), [[0.5, 0.5]] * 2)}, "circle")])
def test_a_wrong_network_is_told(tables, told):
    with pytest.raises(InvalidInput, match=told):
        Network.from_tables(tables)


def test_log_likelihood_is_that_of_the_product(asia):
    row = pd.DataFrame([dict.fromkeys(asia.names, "no"), {**dict.fromkeys(asia.names, "no"), "asia": "perhaps"}])
    found = asia.log_likelihood(row)
    assert np.exp(found[0]) == pytest.approx(0.99 * 0.5 * 0.99 * 0.99 * 0.7 * 1 * 0.95 * 0.9)
    assert np.isnan(found[1])


def test_many_hints_do_not_become_too_small_to_be_held():
    # 400 children, each of a chance of 1e-4: their product is below the smallest float.
    factors = [Factor((0,), np.array([[1e-4, 2e-4]])) for _ in range(400)]
    values, scale = sum_out(factors, (0,))
    assert values[0, 0] / values[0, 1] == pytest.approx(2.0**-400)
    assert scale[0] + np.log(values.sum()) == pytest.approx(400 * np.log(2e-4))


def test_what_does_not_fit_into_memory_is_told_instead_of_tried():
    factors = [Factor(tuple(range(12)), np.broadcast_to(np.ones(1), (1, *[5] * 12)))]
    with pytest.raises(InvalidInput, match="use fewer"):
        sum_out(factors, (0,))
