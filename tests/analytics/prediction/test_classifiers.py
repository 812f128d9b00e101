"""Every model of the catalogue: right on known truth, honest, the same twice, and not upset by a table's quirks?"""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction import METHODS, SETTINGS, SIMPLEST, Rows, fit, settings
from crm.analytics.prediction.classifiers import boosting, methods, model
from crm.analytics.prediction.classifiers.support import SupportClassifier
from crm.analytics.prediction.evaluation import calibration_table, roc_auc
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.prediction.known_truth import shop_rows, shuffled

LEARNERS = METHODS[1:]
FEW_TREES = {"forest": {"n_estimators": 30}}  # enough for these tables, and a third of the time
every_learner = pytest.mark.parametrize("method", LEARNERS)


@cache
def learned_once(method):
    """Rows, copies of what they held before, and the model made of them."""
    rows, _ = shop_rows(200, rows_a_customer=2)
    before = Rows(rows.frame.copy(), rows.target.copy(), rows.groups.copy())
    return rows, before, learned(rows, method)


def learned(rows, method, **how):
    return fit(rows, method=method, parameters=FEW_TREES.get(method), **how)


def test_the_catalogue_is_whole():
    assert set(LEARNERS) == set(SETTINGS) == set(SIMPLEST) == set(model.CLASSIFIERS)


@every_learner
def test_probabilities_are_near_the_known_truth_and_calibrated(method):
    rows, _ = shop_rows(1800, seed=1)
    later, truth = shop_rows(2000, seed=2)
    chance = learned(rows, method, scales={"days_silent": "root"}).probability(later.frame)
    assert chance.shape == (2000,) and 0 <= chance.min() < chance.max() <= 1
    assert roc_auc(later.target, chance) > roc_auc(later.target, truth) - 0.08
    assert np.abs(chance - truth).mean() < 0.13
    table = calibration_table(later.target, chance)
    assert (table["cases"] * (table["predicted"] - table["observed"]).abs()).sum() / 2000 < 0.06


@every_learner
def test_of_shuffled_outcomes_nothing_is_foreseen(method):
    rng = np.random.default_rng(0)
    rows, _ = shop_rows(1200, seed=1, rows_a_customer=2)
    later, _ = shop_rows(2400, seed=2)
    guessed = Rows(rows.frame, rng.permutation(rows.target), rows.groups)
    chance = learned(guessed, method).probability(later.frame)
    # Standard error of an AUC of chance at 1,200 of each: .012
    assert roc_auc(rng.random(2400) < 0.5, chance) == pytest.approx(0.5, abs=0.045)
    assert chance.std() < 0.12


@every_learner
def test_neither_the_sequence_of_the_rows_nor_a_second_run_changes_anything(method):
    rows, _, made = learned_once(method)
    later, _ = shop_rows(100, seed=2)
    once = made.probability(later.frame)
    for again in (rows, shuffled(rows)[0]):
        assert np.array_equal(once, learned(again, method).probability(later.frame))


@every_learner
def test_the_table_stays_as_it_was(method):
    rows, before, made = learned_once(method)
    made.probability(rows.frame)
    pd.testing.assert_frame_equal(rows.frame, before.frame)
    assert np.array_equal(rows.target, before.target) and np.array_equal(rows.groups, before.groups)


@every_learner
def test_constant_empty_and_unknown_things_are_survived(method):
    rows, _ = shop_rows(300)
    odd = Rows(rows.frame.assign(same=5.0, empty=np.nan, word="a"), rows.target, rows.groups)
    made = learned(odd, method)
    later = odd.frame.head(4).assign(
        same=[5.0, 9.0, np.nan, np.inf], empty=[1.0, np.nan, 2.0, -1e200], word=["a", "b", None, ""],
        channel=["web", "smoke signals", None, "shop"], days_silent=[10.0, np.nan, 1e9, -3.0], has_returned=[True, False, True, False])
    chance = made.probability(later)
    assert np.isfinite(chance).all() and np.isfinite(made.log_odds(later)).all()
    assert (chance >= 0).all() and (chance <= 1).all()
    assert made.probability(later.iloc[:0]).shape == (0,)


@every_learner
def test_one_row_is_scored_as_it_is_among_others(method):
    rows, _, made = learned_once(method)
    one = made.probability(rows.frame.iloc[[7]])
    assert one == pytest.approx(made.probability(rows.frame)[[7]], abs=1e-9)


@every_learner
def test_columns_may_stand_anywhere_and_one_that_is_not_there_is_named(method):
    rows, _, made = learned_once(method)
    assert made.columns == tuple(rows.frame.columns)
    turned = rows.frame[rows.frame.columns[::-1]].assign(more="x")
    assert np.array_equal(made.probability(turned), made.probability(rows.frame))
    with pytest.raises(InvalidInput, match="“orders”, which this table does not have"):
        made.probability(rows.frame.drop(columns="orders"))


@every_learner
def test_one_outcome_alone_teaches_nothing(method):
    rows, _ = shop_rows(100)
    with pytest.raises(NotEnoughData, match="both are needed"):
        learned(Rows(rows.frame, np.ones(100, dtype=bool), rows.groups), method)


@every_learner
def test_the_model_tells_its_settings_and_refuses_others(method):
    rows, _, made = learned_once(method)
    assert made.parameters == settings(method, FEW_TREES.get(method), n_rows=200)
    with pytest.raises(InvalidInput, match="has no setting “colour”; it has"):
        fit(rows, method=method, parameters={"colour": 1})
    for name, setting in SETTINGS[method].items():
        for wrong in ("blue", -1.0 if setting.low is None else setting.low - 1, True):
            with pytest.raises(InvalidInput, match=f"“{name}” .* cannot be {wrong}; choose"):
                fit(rows, method=method, parameters={name: wrong})


def test_a_model_that_there_is_not_is_refused():
    rows, _ = shop_rows(100)
    with pytest.raises(InvalidInput, match="no model “oracle”"):
        fit(rows, method="oracle")


def test_the_rule_sorts_by_its_column_and_knows_no_probability():
    rows, _ = shop_rows(100)
    rule = fit(rows, method="rule", parameters={"column": "days_silent"})
    assert np.isnan(rule.probability(rows.frame)).all()
    assert np.array_equal(rule.classifier.score(rows.frame), rows.frame["days_silent"])
    with pytest.raises(InvalidInput, match="“channel”: it does not hold numbers"):
        fit(rows, method="rule", parameters={"column": "channel"}).classifier.score(rows.frame)
    with pytest.raises(InvalidInput, match="“age”, which this table does not have"):
        fit(rows, method="rule", parameters={"column": "age"}).classifier.score(rows.frame)


@pytest.mark.parametrize("criterion", ["gini", "entropy"])
def test_the_tree_is_pruned_to_what_the_rows_can_answer_for(criterion):
    rows, _ = shop_rows(1500)
    noise = Rows(rows.frame, np.random.default_rng(0).permutation(rows.target), rows.groups)
    parameters = {"criterion": criterion}
    assert fit(noise, method="tree", parameters=parameters).classifier.fitted.get_n_leaves() == 1
    made = fit(rows, method="tree", parameters=parameters).classifier
    unpruned = fit(rows, method="tree", parameters={**parameters, "ccp_alpha": 0.0}).classifier
    assert 3 <= made.fitted.get_n_leaves() < unpruned.fitted.get_n_leaves() / 2
    assert made.fitted.criterion == criterion and made.ccp_alpha_ > 0 == unpruned.ccp_alpha_
    assert len(made.preparation.split_columns()) == made.fitted.n_features_in_


def test_customers_with_many_rows_need_as_many_for_a_leaf():
    rows, _ = shop_rows(300)
    four_times = Rows(pd.concat([rows.frame] * 4), np.tile(rows.target, 4), np.tile(rows.groups, 4))
    for method in ("tree", "forest"):
        made = fit(four_times, method=method, parameters={"min_samples_leaf": 15} | FEW_TREES.get(method, {})).classifier.fitted
        assert made.min_samples_leaf == 60


def test_large_tables_hold_customers_back_to_stop_boosting_in_time(monkeypatch):
    monkeypatch.setattr(boosting, "HELD_BACK_FROM_GROUPS", 500)
    rows, _ = shop_rows(1500, rows_a_customer=2)
    noise = Rows(rows.frame, np.random.default_rng(0).permutation(rows.target), rows.groups)
    assert fit(noise, method="boosting").classifier.fitted.n_iter_ < 40
    assert fit(noise, method="boosting", parameters={"max_iter": 70}).classifier.fitted.n_iter_ == 70


def test_large_tables_are_learned_from_a_sample_of_the_customers(monkeypatch):
    rows, truth = shop_rows(3000, rows_a_customer=2)
    monkeypatch.setitem(model.MOST_ROWS, "boosting", 1000)
    made = fit(rows, method="boosting")
    assert made.n_rows == 3000
    assert roc_auc(rows.target, made.probability(rows.frame)) > 0.7
    leaf_rows = made.classifier.fitted._predictors[0][0].nodes["count"][0]
    assert 900 < leaf_rows <= 1000


def test_the_approximate_machine_finds_what_the_exact_one_does():
    rows, _ = shop_rows(1200)
    later, _ = shop_rows(1500, seed=2)
    exact, approximate = (fit(rows, method="svm", parameters={"kernel": kernel}).probability(later.frame)
                          for kernel in ("exact", "landmarks"))
    assert np.corrcoef(exact, approximate)[0, 1] > 0.95
    assert roc_auc(later.target, approximate) == pytest.approx(roc_auc(later.target, exact), abs=0.02)


def test_a_machine_and_those_of_its_parts_are_of_one_kind(monkeypatch):
    """Else the parts' margins, that calibrate it, are of another size than its own."""
    monkeypatch.setattr(methods, "EXACT_ROWS", 900)
    rows, _ = shop_rows(1000)
    later, truth = shop_rows(1000, seed=2)
    made = fit(rows, method="svm")
    assert made.parameters["kernel"] == "landmarks"
    assert np.abs(made.probability(later.frame) - truth).mean() < 0.08
    assert settings("svm", n_rows=900)["kernel"] == "exact"


@pytest.mark.parametrize("kernel", ["exact", "landmarks"])
def test_the_machines_own_margin_is_that_of_scikit_learn(kernel):
    from sklearn.kernel_approximation import Nystroem
    from sklearn.svm import SVC, LinearSVC

    rows, _ = shop_rows(400)
    made = SupportClassifier(kernel=kernel, n_components=50).fit(rows)
    design = made.preparation.design(rows.frame)
    if kernel == "exact":
        expected = SVC(C=1.0, gamma=made.width).fit(design, rows.target).decision_function(design)
    else:
        mapped = Nystroem(gamma=made.width, n_components=50, random_state=0).fit_transform(design)
        expected = LinearSVC(dual=False, random_state=0).fit(mapped, rows.target).decision_function(mapped)
    assert made.margin(rows.frame) == pytest.approx(expected, abs=1e-6)


def test_naive_bayes_agrees_with_scikit_learn_on_numbers_and_on_words():
    from sklearn.naive_bayes import CategoricalNB, GaussianNB

    rng = np.random.default_rng(0)
    rows, _ = shop_rows(500)
    numbers = Rows(pd.DataFrame(rng.normal(size=(500, 2)) + rows.target[:, None], columns=["a", "b"]), rows.target, rows.groups)
    ours = model.CLASSIFIERS["naive_bayes"]().fit(numbers).margin(numbers.frame)
    theirs = GaussianNB().fit(numbers.frame, rows.target).predict_log_proba(numbers.frame)
    assert ours == pytest.approx(theirs[:, 1] - theirs[:, 0], abs=0.02)
    words = Rows(rows.frame[["channel"]], rows.target, rows.groups)
    ours = model.CLASSIFIERS["naive_bayes"]().fit(words).margin(words.frame)
    codes = words.frame["channel"].map({"web": 0, "shop": 1, "phone": 2}).to_numpy()[:, None]
    theirs = CategoricalNB().fit(codes, rows.target).predict_log_proba(codes)
    assert ours == pytest.approx(theirs[:, 1] - theirs[:, 0], abs=0.02)


def test_naive_bayes_hears_nothing_from_a_gap():
    rows, _ = shop_rows(400)
    made = model.CLASSIFIERS["naive_bayes"]().fit(Rows(rows.frame[["days_silent"]], rows.target, rows.groups))
    assert made.margin(pd.DataFrame({"days_silent": [np.nan]})) == pytest.approx([made.intercept])
