"""Decision tree: a few questions, one after the other, as few as the rows can answer for (CART: Breiman et al. 1984).

Grown by Gini's impurity or by entropy, then pruned: of the sequence of ever smaller trees, each the best for its price of a
leaf, the smallest one whose log loss on unseen groups lies within one standard error of the best.
"""

import numpy as np
import pandas as pd

from crm.analytics.prediction.calibrating import log_odds_of
from crm.analytics.prediction.classifiers.pruning import collapse_prices, pruned_losses
from crm.analytics.prediction.preparation import learn_preparation
from crm.analytics.prediction.sampling import N_PARTS, parts, rows_a_group
from crm.analytics.prediction.task import Rows

MOST_LEAVES = 1000  # nobody reads more, and pruning rarely leaves a tenth of them
SMOOTHED_BY = 2.0  # cases of the usual outcome added to each leaf: no leaf says never or always


class TreeClassifier:
    """Settings as in SETTINGS. After `fit`: fitted (the pruned tree of scikit-learn; its columns: `split_columns()` of the
    preparation), ccp_alpha_ (the price that pruned it)."""

    def __init__(self, *, criterion: str = "gini", min_samples_leaf: int = 20, max_depth: int | None = None,
                 ccp_alpha: float | None = None) -> None:
        self.criterion, self.min_samples_leaf, self.max_depth = criterion, min_samples_leaf, max_depth
        self.ccp_alpha = ccp_alpha

    def fit(self, rows: Rows, *, scales: dict[str, str] | None = None, random_state: int = 0) -> "TreeClassifier":
        self.preparation = learn_preparation(rows, scales=scales)
        matrix, target = self.preparation.splits(rows.frame), rows.target
        least = max(int(round(self.min_samples_leaf * rows_a_group(rows))), len(target) // MOST_LEAVES)
        self.base_rate = float(target.mean())
        self.ccp_alpha_ = self.ccp_alpha
        if self.ccp_alpha is None:
            self.ccp_alpha_ = self._best_price(matrix, rows, least=least, random_state=random_state)
        self.fitted = self._grown(matrix, target, least=least, random_state=random_state, price=self.ccp_alpha_)
        return self

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        chance = leaf_chances(self.fitted.tree_, base_rate=self.base_rate)
        return log_odds_of(chance[self.fitted.apply(self.preparation.splits(frame))])

    def _grown(self, matrix: np.ndarray, target: np.ndarray, *, least: int, random_state: int, price: float = 0.0):
        from sklearn.tree import DecisionTreeClassifier

        tree = DecisionTreeClassifier(criterion=self.criterion, min_samples_leaf=least, random_state=random_state,
                                      max_depth=None if self.max_depth is None else int(self.max_depth), ccp_alpha=price)
        return tree.fit(matrix, target)

    def _best_price(self, matrix: np.ndarray, rows: Rows, *, least: int, random_state: int) -> float:
        whole = self._grown(matrix, rows.target, least=least, random_state=random_state)
        prices = candidate_prices(whole.tree_)
        part = parts(rows, n_parts=N_PARTS, random_state=random_state)
        losses = []
        for number in np.unique(part):
            learned, held = part != number, part == number
            tree = self._grown(matrix[learned], rows.target[learned], least=max(int(least * learned.mean()), 1),
                               random_state=random_state)
            chance = leaf_chances(tree.tree_, base_rate=float(rows.target[learned].mean()))
            losses.append(pruned_losses(tree.tree_, chance, leaves=tree.apply(matrix[held]), target=rows.target[held],
                                        prices=prices))
        losses = np.array(losses)
        mean, error = losses.mean(axis=0), losses.std(axis=0, ddof=1) / np.sqrt(len(losses))
        best = int(mean.argmin())
        return float(prices[mean <= mean[best] + error[best]].max())


def leaf_chances(tree, *, base_rate: float) -> np.ndarray:
    """(nodes,) share of yes in each node of a tree of scikit-learn, drawn a little to the base rate."""
    n_rows = tree.weighted_n_node_samples
    share = tree.value[:, 0, 1] if tree.value.shape[2] == 2 else np.full(len(n_rows), base_rate)
    return (share * n_rows + SMOOTHED_BY * base_rate) / (n_rows + SMOOTHED_BY)


def candidate_prices(tree) -> np.ndarray:
    """Prices of a leaf between those at which the tree changes, 0 (nothing pruned) first and the root alone last (as
    Breiman et al. 1984, 3.4: the geometric mean of neighbours, where other samples' trees change elsewhere)."""
    steps = np.unique(collapse_prices(tree))
    steps = steps[np.isfinite(steps)]
    if len(steps) == 0:
        return np.zeros(1)
    return np.concatenate([[0.0], np.sqrt(np.maximum(steps[:-1], 0.0) * steps[1:]), [steps[-1] * 1.001]])
