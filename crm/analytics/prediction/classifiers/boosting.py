"""Boosting: many small trees, each mending what those before it left wrong (histograms; Friedman 2001, Ke et al. 2017)."""

import numpy as np
import pandas as pd

from crm.analytics.prediction.preparation import learn_preparation
from crm.analytics.prediction.sampling import n_groups, parts
from crm.analytics.prediction.task import Rows

FEW_TREES = 60  # with the usual learning rate; on 7,000 to 10,000 rows more trees learned single customers
MOST_TREES = 200
# From here on a tenth of the groups, held back, can tell when a further tree no longer helps; below, its own luck would
HELD_BACK_FROM_GROUPS = 20_000
PATIENCE = 10  # trees without a gain before it stops


class BoostingClassifier:
    """Settings as in SETTINGS. Gaps go to the side where they help; words are split in groups of words."""

    def __init__(self, *, learning_rate: float = 0.1, max_iter: int | None = None, max_leaf_nodes: int = 6,
                 min_samples_leaf: int = 40, l2_regularization: float = 5.0) -> None:
        self.learning_rate, self.max_iter, self.max_leaf_nodes = learning_rate, max_iter, max_leaf_nodes
        self.min_samples_leaf, self.l2_regularization = min_samples_leaf, l2_regularization

    def fit(self, rows: Rows, *, scales: dict[str, str] | None = None, random_state: int = 0) -> "BoostingClassifier":
        from sklearn.ensemble import HistGradientBoostingClassifier

        self.preparation = learn_preparation(rows, scales=scales)
        codes = self.preparation.codes(rows.frame)
        held_back = np.zeros(len(codes), dtype=bool)
        if self.max_iter is None and n_groups(rows.groups) >= HELD_BACK_FROM_GROUPS:
            held_back = parts(rows, n_parts=10, random_state=random_state) == 0
        self.fitted = HistGradientBoostingClassifier(
            learning_rate=self.learning_rate, max_leaf_nodes=self.max_leaf_nodes, min_samples_leaf=self.min_samples_leaf,
            l2_regularization=self.l2_regularization, random_state=random_state, n_iter_no_change=PATIENCE,
            max_iter=int(self.max_iter or (MOST_TREES if held_back.any() else FEW_TREES)), early_stopping=bool(held_back.any()),
            categorical_features=[column.kind == "text" for column in self.preparation.columns])
        if held_back.any():
            self.fitted.fit(codes[~held_back], rows.target[~held_back], X_val=codes[held_back], y_val=rows.target[held_back])
        else:
            self.fitted.fit(codes, rows.target)
        return self

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        return self.fitted.decision_function(self.preparation.codes(frame))
