"""A model that was learned from rows, and what it says of others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from crm.analytics.prediction.calibrating import Calibration, learn_calibration, probability_of
from crm.analytics.prediction.classifiers.bayes_network import BayesNetworkClassifier
from crm.analytics.prediction.classifiers.boosting import BoostingClassifier
from crm.analytics.prediction.classifiers.forest import ForestClassifier
from crm.analytics.prediction.classifiers.methods import settings
from crm.analytics.prediction.classifiers.naive_bayes import NaiveBayesClassifier
from crm.analytics.prediction.classifiers.rule import RuleClassifier
from crm.analytics.prediction.classifiers.support import SupportClassifier
from crm.analytics.prediction.classifiers.tree import TreeClassifier
from crm.analytics.prediction.logistic import LogisticClassifier
from crm.analytics.prediction.sampling import in_fixed_order, parts, sample, take
from crm.analytics.prediction.task import Rows
from crm.analytics.prediction.threads import few_threads
from crm.errors import NotEnoughData

CLASSIFIERS = {"logistic": LogisticClassifier, "tree": TreeClassifier, "forest": ForestClassifier,
               "boosting": BoostingClassifier, "svm": SupportClassifier, "naive_bayes": NaiveBayesClassifier,
               "bayes_net": BayesNetworkClassifier}

# Rows, drawn by group, that a model learns from at most. On 400,000 simulated rows the full number moved no AUC by .001
MOST_ROWS = {"tree": 50_000, "forest": 100_000, "boosting": 100_000, "svm": 15_000, "bayes_net": 100_000}
# Their scores are distances or overstated chances. The others' own probabilities came out better than calibrated ones, on a
# shop's later window and on Telco alike: a curve learned on a part of the rows costs more than it mends.
CALIBRATED = ("svm", "naive_bayes", "bayes_net")
UNSEEN_ROWS = 40_000  # rows for calibration and choice: a log loss is then known to .003, a curve to less than a point


class Classifier(Protocol):
    """What the models have in common: settings by keyword, learn from rows in a fixed order, and a score for others."""

    def fit(self, rows: Rows, *, scales: dict[str, str] | None, random_state: int) -> "Classifier": ...

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) log-odds of a yes as far as the classifier knows; what is not a probability, calibration makes one of."""


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted model. parameters: all its settings. columns: of the table that it looks at. classifier: what was fitted.
    calibration: None where the classifier's own probabilities hold. base_rate: share of yes in the rows learned from.
    n_rows: how many these were."""

    method: str
    parameters: dict
    columns: tuple[str, ...]
    classifier: Classifier
    calibration: Calibration | None
    base_rate: float
    n_rows: int

    def log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) float, finite (the rule: NaN); 0 is one in two. Raises InvalidInput where a column is missing."""
        if len(frame) == 0:
            return np.empty(0)
        with few_threads(len(frame)):
            margin = self.classifier.margin(frame)
        return margin if self.calibration is None else self.calibration(margin)

    def probability(self, frame: pd.DataFrame) -> np.ndarray:
        """(n,) float 0..1 (the rule: NaN)."""
        return probability_of(self.log_odds(frame))


def fit(rows: Rows, *, method: str, parameters: dict | None = None, scales: dict[str, str] | None = None,
        random_state: int = 0) -> Model:
    """Learn from the rows, each counting once as it is; the same whatever their sequence.

    parameters: as in SETTINGS, the usual ones where left out. scales: as in Task. "rule" has nothing to learn: its
    parameters are {"column": the one to sort by}. Large tables are sampled by group (MOST_ROWS). Raises InvalidInput for a
    model or setting that there is not.
    """
    if method == "rule":
        rule = RuleClassifier(**(parameters or {}))
        return Model("rule", {"column": rule.column}, (rule.column,), rule, None, float(rows.target.mean()), len(rows.target))
    how = {"method": method, "parameters": settings(method, parameters, n_rows=len(rows.target)), "scales": scales,
           "random_state": random_state}
    rows, _ = in_fixed_order(rows)
    if method not in CALIBRATED:
        return finish(rows, **how)
    few = few_enough(rows, random_state=random_state)
    return finish(rows, **how, unseen=(unseen_margins(few, parts(few, random_state=random_state), **how), few.target))


def finish(rows: Rows, *, method: str, parameters: dict, scales: dict[str, str] | None, random_state: int,
           unseen: tuple[np.ndarray, np.ndarray] | None = None) -> Model:
    """The model of all the rows (in a fixed order), calibrated on `unseen` margins and their targets where it needs that."""
    learned = take(rows, sample(rows, most_rows=MOST_ROWS.get(method, len(rows.target)), random_state=random_state))
    classifier = _learn(learned, method=method, parameters=parameters, scales=scales, random_state=random_state)
    calibration = learn_calibration(*unseen) if method in CALIBRATED and unseen is not None else None
    return Model(method, parameters, tuple(rows.frame.columns), classifier, calibration,
                 float(rows.target.mean()), len(rows.target))


def few_enough(rows: Rows, *, method: str | None = None, random_state: int) -> Rows:
    """The rows that calibration and the choice between models are made on: all, or a sample of the groups."""
    most_rows = min(UNSEEN_ROWS, MOST_ROWS.get(method, UNSEEN_ROWS))
    return take(rows, sample(rows, most_rows=most_rows, random_state=random_state))


def unseen_margins(rows: Rows, part: np.ndarray, *, method: str, parameters: dict, scales: dict[str, str] | None, random_state: int,
                   before_each: Callable[[], None] = lambda: None) -> np.ndarray:
    """(n,) the margin of each row (in a fixed order), by a classifier made of the other parts, of at most 40,000 rows of them.
    part: (n,) of each row, as `sampling.parts` deals them. before_each: called before each part; may raise to stop.
    """
    from joblib import Parallel, cpu_count, delayed

    numbers = np.unique(part)

    def of_part(number: int) -> np.ndarray:
        before_each()
        learned = few_enough(take(rows, part != number), method=method, random_state=random_state)
        classifier = _learn(learned, method=method, parameters=parameters, scales=scales, random_state=random_state)
        with few_threads(len(learned.target)):
            return classifier.margin(rows.frame[part == number])

    margins = Parallel(n_jobs=min(len(numbers), cpu_count()), backend="threading")(delayed(of_part)(number) for number in numbers)
    margin = np.empty(len(part))
    for number, found in zip(numbers, margins, strict=True):
        margin[part == number] = found
    return margin


def _learn(rows: Rows, *, method: str, parameters: dict, scales: dict[str, str] | None, random_state: int) -> Classifier:
    if rows.target.all() or not rows.target.any():
        raise NotEnoughData("All rows have the same outcome; to learn what tells them apart, both are needed.")
    with few_threads(len(rows.target)):
        return CLASSIFIERS[method](**parameters).fit(rows, scales=scales, random_state=random_state)
