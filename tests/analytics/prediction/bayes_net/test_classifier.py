"""Does the network foresee as well as was measured, quickly, and whatever a new table holds?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction.bayes_net import BayesNetClassifier, query
from crm.errors import InvalidInput, NotEnoughData


def table(n, *, seed=0):
    rng = np.random.default_rng(seed)
    silent = rng.exponential(60, n)
    channel = pd.Series(rng.choice(["shop", "web", "phone"], n), dtype="str")
    happy = np.where(rng.random(n) < 0.4, np.nan, rng.random(n))
    late = rng.random(n) < 0.2
    leaves = rng.random(n) < 1 / (1 + np.exp(-(silent / 40 - 2 + 1.5 * late - np.nan_to_num(happy, nan=0.5) + (channel == "web"))))
    return pd.DataFrame({"silent": silent, "channel": channel, "happy": happy, "late": late}), np.asarray(leaves)


def area(target, probability):
    from sklearn.metrics import roc_auc_score

    return roc_auc_score(target, probability)


@pytest.mark.parametrize("graph", ["augmented", "selected", "tree", "free"])
def test_it_foresees_on_rows_that_it_has_not_seen(graph):
    model = BayesNetClassifier(graph=graph).fit(*table(4000))
    frame, target = table(4000, seed=1)
    probability = model.probability(frame)
    assert probability.shape == (4000,) and (probability > 0).all() and (probability < 1).all()
    assert area(target, probability) > 0.75
    assert abs(probability.mean() - target.mean()) < 0.03


def test_shuffled_outcomes_are_not_foreseen():
    frame, target = table(4000)
    target = np.random.default_rng(3).permutation(target)
    model = BayesNetClassifier().fit(frame, target)
    other, outcome = table(4000, seed=1)
    outcome = np.random.default_rng(4).permutation(outcome)
    assert abs(area(outcome, model.probability(other)) - 0.5) < 0.03


def test_telco_is_foreseen_as_well_as_was_measured(datasets):
    telco = pd.read_csv(datasets / "telco_churn" / "telco_customer_churn.csv")
    target = (telco.pop("Churn") == "Yes").to_numpy()
    frame = telco.drop(columns="customerID").assign(TotalCharges=pd.to_numeric(telco["TotalCharges"], errors="coerce"))
    part = np.random.default_rng(0).integers(0, 3, len(frame))
    probability = np.empty(len(frame))
    for one in range(3):
        model = BayesNetClassifier().fit(frame[part != one], target[part != one])
        probability[part == one] = model.probability(frame[part == one])
    assert 0.83 < area(target, probability) < 0.855


def test_the_same_answer_twice_and_in_any_order_of_the_rows():
    frame, target = table(1500)
    turned = np.random.default_rng(5).permutation(1500)
    first = BayesNetClassifier().fit(frame, target).probability(frame)
    assert np.array_equal(first, BayesNetClassifier().fit(frame, target).probability(frame))
    other = BayesNetClassifier().fit(frame.iloc[turned], target[turned])
    assert np.allclose(first, other.probability(frame))
    assert np.array_equal(other.probability(frame)[turned], other.probability(frame.iloc[turned]))


def test_columns_may_stand_in_any_sequence_and_others_beside_them():
    frame, target = table(1000)
    model = BayesNetClassifier().fit(frame, target)
    turned = frame[frame.columns[::-1]].assign(extra=1.0)
    assert np.array_equal(model.probability(frame), model.probability(turned))


def test_what_was_never_seen_counts_as_not_known():
    frame, target = table(2000)
    model = BayesNetClassifier().fit(frame, target)
    odd = frame.head(3).assign(channel=pd.Series(["carrier pigeon", None, "web"], dtype="str"), silent=[10.0, np.nan, 10.0])
    network = model.network_
    outcome = network.variables[network.target].name
    given = [{"silent": 10.0}, {}, {"silent": 10.0, "channel": "web"}]
    expected = [query(network, outcome, {**own, "happy": frame["happy"].iloc[row], "late": bool(frame["late"].iloc[row])}).of(True)[0]
                for row, own in enumerate(given)]
    assert np.allclose(model.probability(odd), expected)
    assert np.allclose(model.probability(frame.head(3)[["silent"]]),
                       [query(network, outcome, {"silent": value}).of(True)[0] for value in frame["silent"].head(3)])


def test_each_row_is_foreseen_as_a_single_question_would_be():
    frame, target = table(1000)
    model = BayesNetClassifier(graph="augmented").fit(frame, target)
    network = model.network_
    for row in range(5):
        given = {name: frame[name].iloc[row] for name in frame}
        assert model.probability(frame.iloc[[row]])[0] == pytest.approx(query(network, network.names[network.target], given).of(True)[0])


def test_a_text_column_of_many_words_and_constant_columns_do_no_harm():
    frame, target = table(3000)
    odd = frame.assign(name=[f"customer {place}" for place in range(3000)], country="UK", empty=np.nan)
    other, outcome = table(3000, seed=1)
    model = BayesNetClassifier().fit(odd, target)
    assert area(outcome, model.probability(other.assign(name="new", country="FR", empty=1.0))) > 0.75


@pytest.mark.parametrize(("n", "outcome", "error", "told"), [
    (10, [True, False] * 5, NotEnoughData, "at least 30 rows; there are 10"),
    (100, [False] * 100, NotEnoughData, "same outcome"),
    (100, [True] * 99, InvalidInput, "100 rows and 99 outcomes")])
def test_too_little_is_told_in_a_sentence(n, outcome, error, told):
    with pytest.raises(error, match=told):
        BayesNetClassifier().fit(table(n)[0], np.array(outcome))


def test_only_constant_columns_give_the_base_rate_or_say_so():
    with pytest.raises(NotEnoughData, match="No column differs"):
        BayesNetClassifier().fit(pd.DataFrame({"x": [1.0] * 40}), np.array([True, False] * 20))


def test_no_rows_give_no_probabilities():
    frame, target = table(200)
    assert BayesNetClassifier().fit(frame, target).probability(frame.head(0)).shape == (0,)


def test_it_is_stored_and_loaded_with_its_own_types_alone():
    import skops.io

    frame, target = table(500)
    model = BayesNetClassifier().fit(frame, target)
    stored = skops.io.dumps(model)
    own = skops.io.get_untrusted_types(data=stored)
    assert all(one.startswith("crm.analytics.prediction.bayes_net.") for one in own)
    assert np.array_equal(skops.io.loads(stored, trusted=own).probability(frame), model.probability(frame))
