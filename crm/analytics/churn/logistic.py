"""Churn's formula: a logistic regression of staying away on a few features that a person can follow."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

LONGEST_RATIO = 10.0  # ten usual gaps of silence say as much as fifty
MIN_REASON = 0.1  # in log-odds, about 2 points of probability: less is no reason to name
N_REASONS = 3  # what fits a line of a list
# Left out on purpose: tenure, mean gap and net spend nearly follow from the others, and such twins turn each
# other's signs (a long silence that "lowers" the risk); trend and returned share made neither the ranking nor
# the calibration better on a real shop, once the silence is measured in the customer's own rhythm.
ORDER_COLUMNS = ("days_silent", "purchase_days", "average_order", "silence_ratio", "has_returned")
SERVICE_COLUMNS = (
    "complaints_open",
    "complaints_recent",
    "first_answer_hours",
    "satisfaction_last",
    "satisfaction_known",
)


@dataclass(frozen=True, eq=False)
class Logistic:
    """A fitted regression: columns, their means and deviations (model's scale), a coefficient a deviation.

    standard_errors: of the coefficients, from the curvature of the likelihood, widened for customers who are in
    the pooled windows several times and so tell less than their rows.
    """

    columns: tuple[str, ...]
    means: np.ndarray
    deviations: np.ndarray
    coefficients: np.ndarray
    standard_errors: np.ndarray
    intercept: float

    def contributions(self, frame: pd.DataFrame) -> np.ndarray:
        """(n, columns) log-odds that each feature adds, against the average customer; missing adds 0."""
        scaled = (on_model_scale(frame, self.columns) - self.means) / self.deviations
        return np.nan_to_num(scaled, nan=0.0) * self.coefficients

    def probability(self, frame: pd.DataFrame) -> np.ndarray:
        """Chance 0..1 that the customer does not order within the horizon."""
        return 1.0 / (1.0 + np.exp(-(self.intercept + self.contributions(frame).sum(axis=1))))


def model_columns(frame: pd.DataFrame) -> tuple[str, ...]:
    """The columns of a features frame that the model uses."""
    return tuple(column for column in (*ORDER_COLUMNS, *SERVICE_COLUMNS) if column in frame.columns)


def on_model_scale(frame: pd.DataFrame, columns: tuple[str, ...]) -> np.ndarray:
    """(n, columns) floats: root of days, log1p of counts, hours and money (below 0: 0); NaN stays missing."""
    scaled = []
    for column in columns:
        measure = frame[column].to_numpy(dtype=float)
        if column == "days_silent":
            # Between the plain days and their logarithm, which flattens after a month: best calibrated of the
            # three.
            scaled.append(np.sqrt(measure))
        elif column == "silence_ratio":
            scaled.append(np.minimum(measure, LONGEST_RATIO))
        elif column.startswith(("satisfaction", "has_")):
            scaled.append(measure)
        else:
            scaled.append(np.log1p(np.maximum(measure, 0.0)))
    return np.column_stack(scaled)


def fit(frame: pd.DataFrame, away: np.ndarray) -> Logistic:
    """Fit to rows of features and whether each stayed away; every row counts once, as it is.

    No resampling and no class weights: they would leave the ranking as it is and spoil the probabilities.
    """
    from sklearn.linear_model import LogisticRegression

    columns = model_columns(frame)
    scaled = on_model_scale(frame, columns)
    present = ~np.isnan(scaled)
    counts = np.maximum(present.sum(axis=0), 1)
    means = np.where(present, scaled, 0.0).sum(axis=0) / counts
    centred = np.where(present, scaled - means, 0.0)
    deviations = np.sqrt((centred**2).sum(axis=0) / counts)
    deviations = np.where(deviations > 0, deviations, 1.0)
    design = centred / deviations
    model = LogisticRegression(solver="newton-cholesky").fit(design, away)
    chance = model.predict_proba(design)[:, 1]
    errors = _standard_errors(design, chance, repeats=len(frame) / frame["customer_id"].nunique())
    return Logistic(columns, means, deviations, model.coef_[0], errors, float(model.intercept_[0]))


def _standard_errors(design: np.ndarray, chance: np.ndarray, *, repeats: float) -> np.ndarray:
    full = np.column_stack([np.ones(len(design)), design])
    curvature = full.T @ (full * (chance * (1 - chance))[:, None])
    curvature[1:, 1:] += np.eye(design.shape[1])  # the penalty of the fit (C = 1)
    return np.sqrt(np.diag(np.linalg.pinv(curvature))[1:] * repeats)


def reasons(contributions: np.ndarray, columns: tuple[str, ...]) -> pd.DataFrame:
    """reason_1..3: "raises:days_silent", "lowers:purchase_days" ..., strongest first; None where too weak."""
    strength = np.abs(contributions)
    strongest = np.argsort(-strength, axis=1, kind="stable")[:, :N_REASONS]
    rows = np.arange(len(contributions))
    raises = np.array([f"raises:{column}" for column in columns], dtype=object)
    lowers = np.array([f"lowers:{column}" for column in columns], dtype=object)
    named = {}
    for place in range(N_REASONS):
        column = strongest[:, place]
        code = np.where(contributions[rows, column] > 0, raises[column], lowers[column])
        named[f"reason_{place + 1}"] = np.where(strength[rows, column] >= MIN_REASON, code, None)
    return pd.DataFrame(named)
