"""Is a tree cut back as the books say, and never to something worse than no tree?"""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from crm.analytics import trees
from crm.analytics.trees import gini
from crm.analytics.trees.growing import Node, Split
from crm.analytics.trees.pruning import (
    pessimistic_errors,
    prune_pessimistically,
    prune_to,
    stratified,
    weakest_links,
)
from tests.analytics.trees.small_tables import customers
from tests.analytics.trees.test_growing import full_tree


def node(counts, *branches):
    split = Split(0, np.arange(len(branches)), len(branches), 0.0) if branches else None
    return Node(np.array(counts), split=split, branches=list(branches))


def test_pessimistic_errors_are_those_of_quinlans_book():
    seen = [pessimistic_errors(rows, wrong) / rows for rows, wrong in ((6, 0), (9, 0), (1, 0), (16, 1))]
    assert seen == pytest.approx([0.206, 0.143, 0.750, 0.157], abs=0.0005)


def test_the_votes_of_quinlans_book_are_pruned_to_one_leaf():
    education = node([15, 1], node([6, 0]), node([9, 0]), node([0, 1]))
    adoption = node([167, 1], node([151, 0]), node([1, 0]), education)
    assert sum(pessimistic_errors(leaf.rows, leaf.errors) for leaf in education.branches) == pytest.approx(3.273, abs=0.001)
    assert prune_pessimistically(education) == pytest.approx(2.512, abs=0.01)  # the book multiplies rounded figures
    assert education.split is None
    assert prune_pessimistically(adoption) == pytest.approx(2.610, abs=0.001)
    assert adoption.split is None


def test_a_branch_that_tells_labels_apart_is_kept():
    root = node([30, 30], node([29, 1]), node([1, 29]))
    assert prune_pessimistically(root) < pessimistic_errors(60, 30)
    assert root.split is not None


def test_prices_of_cost_complexity_are_scikit_learns():
    iris = load_iris(as_frame=True)
    table, labels = iris.frame[iris.feature_names], iris.target.to_numpy()
    root, _, _ = full_tree(table, labels, criterion=gini.best_splits, max_levels=3)
    reference = DecisionTreeClassifier(max_depth=3, random_state=0).cost_complexity_pruning_path(table, labels).ccp_alphas
    steps = weakest_links(root, cost=lambda one: one.rows - (one.counts ** 2).sum() / one.rows)
    assert [price / len(table) for price, _ in steps] == pytest.approx(reference[reference > 0].tolist())


def test_the_price_of_a_leaf_is_counted_by_hand():
    # 40 errors as a leaf; 20 with the first question, 5 with all three: 15 / 1 for the lower, then (40 - 20) / 1
    lower = node([20, 40], node([20, 5]), node([0, 35]))
    root = node([80, 40], node([60, 0]), lower)
    assert [(price, len(nodes)) for price, nodes in weakest_links(root)] == [(15.0, 1), (20.0, 1)]
    prune_to(root, 2)
    assert root.leaves == 2 and lower.split is None


@pytest.mark.parametrize("method", trees.METHODS)
@pytest.mark.parametrize("seed", range(6))
def test_a_pruned_tree_is_never_worse_than_the_most_frequent_label(method, seed):
    table, label = customers(n=120, seed=seed, noise=0.3 + 0.1 * seed)
    found = trees.explain(table, label, columns=list(table), method=method)
    majority = np.unique(label, return_counts=True)[1].max() / len(label)
    assert (trees.apply(found.tree, table) == label).mean() >= majority


@pytest.mark.parametrize("method", trees.METHODS)
def test_labels_by_chance_are_not_explained(method):
    table, _ = customers(n=3_000)
    label = np.random.default_rng(9).choice(["a", "b", "c"], 3_000, p=[0.5, 0.3, 0.2])
    found = trees.explain(table, label, columns=list(table), method=method)
    assert abs(found.accuracy - found.majority_share) < 3 * found.accuracy_deviation
    if method == "cart":
        assert found.rules["conditions"].tolist() == [()]


def test_folds_are_even_and_every_label_is_spread_over_them():
    labels = np.repeat([0, 1, 2], [50, 31, 7])
    folds = stratified(labels, n_folds=10, random_state=0)
    assert np.ptp(np.bincount(folds, minlength=10)) <= 1
    for label in (0, 1, 2):
        assert np.ptp(np.bincount(folds[labels == label], minlength=10)) <= 1
    assert (folds == stratified(labels, n_folds=10, random_state=0)).all()
    assert (folds != stratified(labels, n_folds=10, random_state=1)).any()


def test_the_smallest_tree_within_one_standard_error_is_taken():
    table, label = customers(n=2_000, noise=0.1)
    found = trees.explain(table, label, columns=list(table))
    assert len(found.rules) == 3  # the truth: silent or not, by phone or not


@pytest.mark.parametrize("method", trees.METHODS)
def test_no_more_rules_or_levels_than_asked_for(method):
    rng = np.random.default_rng(4)
    table, _ = customers(n=4_000)
    label = (table["days_silent"] // 40).to_numpy() * 2 + (table["luck"] > 0) * 1
    for levels, rules in ((4, 12), (2, 12), (4, 3), (6, 40)):
        found = trees.explain(table.assign(more=rng.normal(size=4_000)), label, columns=["days_silent", "luck"], method=method,
                              max_levels=levels, max_rules=rules)
        assert 2 <= len(found.rules) <= min(rules, 2 ** levels)
