"""Pruning: is every smaller tree of the sequence the one that scikit-learn cuts at that price?"""

import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.tree import DecisionTreeClassifier

from crm.analytics.prediction.classifiers.pruning import collapse_prices, pruned_losses
from crm.analytics.prediction.classifiers.tree import candidate_prices, leaf_chances
from crm.analytics.prediction.preparation import learn_preparation
from tests.analytics.prediction.known_truth import shop_rows


@pytest.mark.parametrize("criterion", ["gini", "entropy"])
def test_prices_and_losses_are_those_of_trees_pruned_one_by_one(criterion):
    rows, _ = shop_rows(500)
    prepared = learn_preparation(rows)
    matrix = prepared.splits(rows.frame)
    learned, held = np.arange(500) < 350, np.arange(500) >= 350
    how = {"criterion": criterion, "min_samples_leaf": 7, "random_state": 0}
    whole = DecisionTreeClassifier(**how).fit(matrix[learned], rows.target[learned])
    path = DecisionTreeClassifier(**how).cost_complexity_pruning_path(matrix[learned], rows.target[learned])
    steps = np.unique(collapse_prices(whole.tree_))
    assert np.unique(np.append(0.0, steps[np.isfinite(steps)]).round(12)) == pytest.approx(np.unique(path.ccp_alphas.round(12)))

    prices = candidate_prices(whole.tree_)
    base_rate = rows.target[learned].mean()
    losses = pruned_losses(whole.tree_, leaf_chances(whole.tree_, base_rate=base_rate), leaves=whole.apply(matrix[held]),
                           target=rows.target[held], prices=prices)
    for price, loss in zip(prices, losses, strict=True):
        one = DecisionTreeClassifier(**how, ccp_alpha=price).fit(matrix[learned], rows.target[learned])
        chance = leaf_chances(one.tree_, base_rate=base_rate)[one.apply(matrix[held])]
        assert loss == pytest.approx(log_loss(rows.target[held], chance), abs=1e-9)
    assert one.get_n_leaves() == 1 < whole.get_n_leaves()


def test_a_tree_that_is_one_leaf_has_nothing_to_prune():
    leaf = DecisionTreeClassifier(max_depth=1, min_samples_leaf=10).fit(np.zeros((20, 1)), np.arange(20) < 5)
    assert candidate_prices(leaf.tree_).tolist() == [0.0]
    chance = leaf_chances(leaf.tree_, base_rate=0.25)
    losses = pruned_losses(leaf.tree_, chance, leaves=np.zeros(8, dtype=int), target=np.arange(8) < 2, prices=np.zeros(1))
    assert losses == pytest.approx([-(0.25 * np.log(0.25) + 0.75 * np.log(0.75))])
