"""Logistic regression: which few weights, that a person can follow, foresee the outcome, and how sure is each?"""

import numpy as np
import pandas as pd

from crm.analytics.prediction.preparation import learn_preparation
from crm.analytics.prediction.task import Rows
from crm.errors import InvalidInput

Z_95 = 1.96  # two-sided, normal


class LogisticClassifier:
    """A sum of weights, one a column of the design, through the logistic curve.

    No resampling and no class weights: they would leave the ranking as it is and spoil the probabilities.
    """

    DEFAULTS = {"C": 1.0}  # about one made-up row against each weight: stops a split without exception, moves nothing else

    def __init__(self, *, C: float = 1.0) -> None:  # noqa: N803
        self.C = C

    def fit(self, rows: Rows, *, scales: dict[str, str] | None = None, random_state: int = 0) -> "LogisticClassifier":
        from sklearn.linear_model import LogisticRegression

        self.preparation = learn_preparation(rows, scales=scales)
        design = self.preparation.design(rows.frame)
        fitted = LogisticRegression(solver="newton-cholesky", C=self.C, max_iter=200).fit(design, rows.target)
        self.weights = fitted.coef_[0]
        self.intercept = float(fitted.intercept_[0])
        self.deviations = design.std(axis=0)
        self.errors = robust_errors(design, rows.target, self.weights, self.intercept, groups=rows.groups, C=self.C)
        return self

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) log-odds."""
        return self.intercept + (self.preparation.design(frame) * self.weights).sum(axis=1)

    def contributions(self, frame: pd.DataFrame) -> np.ndarray:
        """(n, columns of the table) log-odds that each column adds, against the average row; missing adds 0 unless the gap
        itself tells something."""
        added = self.preparation.design(frame) * self.weights
        names = [name for name, _ in self.preparation.design_columns()]
        return np.column_stack([added[:, [made == column.name for made in names]].sum(axis=1)
                                for column in self.preparation.columns])


def robust_errors(design: np.ndarray, target: np.ndarray, weights: np.ndarray, intercept: float, *, groups: np.ndarray,
                  C: float) -> np.ndarray:  # noqa: N803
    """Standard errors of the weights that hold though the rows of a group resemble each other.

    The sandwich of Liang & Zeger (1986) around the curvature of the penalised likelihood, times G / (G - 1) for G groups.
    """
    full = np.column_stack([np.ones(len(design)), design])
    chance = 1.0 / (1.0 + np.exp(-np.clip(intercept + design @ weights, -500, 500)))
    curvature = full.T @ (full * (chance * (1 - chance))[:, None])
    curvature[1:, 1:] += np.eye(design.shape[1]) / C
    unit, _ = pd.factorize(groups)
    scores = full * (target - chance)[:, None]
    by_group = np.column_stack([np.bincount(unit, weights=column) for column in scores.T])
    n_groups = len(by_group)
    bread = np.linalg.pinv(curvature)
    spread = bread @ (by_group.T @ by_group) @ bread * (n_groups / max(n_groups - 1, 1))
    return np.sqrt(np.maximum(np.diag(spread)[1:], 0.0))


def drivers(model, rows: Rows | None = None) -> pd.DataFrame:
    """What a logistic Model says raises or lowers the log-odds, the strongest first.

    column, level (a word of a column of text, MISSING for its gaps; None: the column itself), effect (log-odds a standard
    deviation of that column of the design, so that all compare), low, high (95 %, robust for rows of one group),
    coefficient (log-odds a standard deviation of a number on its scale, of a yes against a no, of a word against the mean of
    the column's words). The weights and errors are those of the rows the model was made of; `rows` is not needed. Raises
    InvalidInput for another kind of model.
    """
    fitted = model.classifier
    if not isinstance(fitted, LogisticClassifier):
        raise InvalidInput("Only the logistic regression has one weight a column; choose that model.", field="method")
    made = fitted.preparation.design_columns()
    effect, half = fitted.weights * fitted.deviations, Z_95 * fitted.errors * fitted.deviations
    table = pd.DataFrame({"column": [name for name, _ in made], "level": pd.Series([level for _, level in made], dtype=object),
                          "effect": effect, "low": effect - half, "high": effect + half, "coefficient": fitted.weights})
    return table.sort_values("effect", key=lambda effect: -effect.abs(), kind="stable", ignore_index=True)
