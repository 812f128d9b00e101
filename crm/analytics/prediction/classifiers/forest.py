"""Random forest: the mean of many trees, each grown on other rows and other columns (Breiman 2001)."""

import numpy as np
import pandas as pd

from crm.analytics.prediction.calibrating import log_odds_of
from crm.analytics.prediction.preparation import learn_preparation
from crm.analytics.prediction.sampling import rows_a_group
from crm.analytics.prediction.task import Rows

ROWS_A_CORE = 10_000  # fewer are asked at once
ROWS_A_TREE = 10_000  # a tree of more rows is deeper, not better, and slower to ask


class ForestClassifier:
    """Settings as in SETTINGS. Leaves are counted in groups: four rows of one customer tell little more than one."""

    def __init__(self, *, n_estimators: int = 100, min_samples_leaf: int = 20, max_features: str | float = "sqrt",
                 max_depth: int | None = None) -> None:
        self.n_estimators, self.min_samples_leaf = n_estimators, min_samples_leaf
        self.max_features, self.max_depth = max_features, max_depth

    def fit(self, rows: Rows, *, scales: dict[str, str] | None = None, random_state: int = 0) -> "ForestClassifier":
        from sklearn.ensemble import RandomForestClassifier

        self.preparation = learn_preparation(rows, scales=scales)
        self.fitted = RandomForestClassifier(
            n_estimators=int(self.n_estimators), min_samples_leaf=int(round(self.min_samples_leaf * rows_a_group(rows))),
            max_features=self.max_features, max_depth=self.max_depth, max_samples=min(len(rows.target), ROWS_A_TREE),
            random_state=random_state, n_jobs=-1)
        self.fitted.fit(self.preparation.splits(rows.frame), rows.target)
        # Asked on several cores, scikit-learn adds the trees up in the sequence in which they happen to finish
        self.fitted.set_params(n_jobs=1)
        return self

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        from joblib import Parallel, cpu_count, delayed

        matrix = self.preparation.splits(frame)
        parts = np.array_split(matrix, max(min(cpu_count(), len(matrix) // ROWS_A_CORE), 1))
        chances = Parallel(n_jobs=len(parts), backend="threading")(delayed(self.fitted.predict_proba)(part) for part in parts if len(part))
        return log_odds_of(np.concatenate([chance[:, 1] for chance in chances] or [np.empty(0)]))
