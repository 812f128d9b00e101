"""How well does a model foresee, beside the simple rule and the base rate?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Judged:
    """One model on rows that it has not seen.

    metrics: one row a metric: metric, value, low, high (95 % bootstrap by groups). Metrics: roc_auc, pr_auc, brier, log_loss,
    calibration_error (10 bins of equal width), accuracy, precision, recall, f1 (at `threshold`), found_in_first_30_percent,
    lift_first_10_percent. The rule has no probability: brier, log_loss and calibration_error are NaN there.
    calibration: from_probability, to_probability, cases, predicted, observed. gain: contacted, found, lift (101 rows).
    probability: (n,) what it said of the tested rows, in their sequence (NaN for the rule). threshold: from which on it is
    taken as a yes: so that as many are called a yes as the base rate of the rows learned from, unless one was given.
    fit_seconds: processor time of one fit.
    """

    method: str
    parameters: dict
    metrics: pd.DataFrame
    calibration: pd.DataFrame
    gain: pd.DataFrame
    probability: np.ndarray
    threshold: float
    fit_seconds: float

    def value(self, metric: str) -> float:
        """The metric's value; NaN where it cannot be computed."""
        found = self.metrics.loc[self.metrics["metric"] == metric, "value"]
        return float(found.iloc[0]) if len(found) else float("nan")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several models on the same rows.

    judged: by method, in the sequence of METHODS; "rule" only where the task names one. choice: one row a model (not the
    rule): method, log_loss, standard_error (mean and its error over five parts of the rows learned from, never of the test),
    chosen (bool). proposed: the simplest model whose log loss lies within one standard error of the best. difference_low,
    difference_high: 95 % of the proposed model's ROC AUC less the rule's (the same resamples; NaN without a rule).
    beats_rule: the whole of it lies above 0 (None without a rule). tested_on: "later" or "parts". failed: method -> sentence,
    for models that could not be made.
    """

    judged: dict[str, Judged]
    choice: pd.DataFrame
    proposed: str
    difference_low: float
    difference_high: float
    beats_rule: bool | None
    base_rate: float
    n_tested: int
    n_positive: int
    n_learned: int
    base_rate_learned: float
    tested_on: str
    failed: dict[str, str]
