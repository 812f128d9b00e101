"""Prediction: which model foresees an outcome, how far can it be trusted, and why does it say what it says?

Its folders (charts, tuning, bayes_net, importance, reasons, what_if, drift, stored, amounts, waiting) and learning_curve are
imported by their own names.
"""

from crm.analytics.prediction.answering import Answer, answer
from crm.analytics.prediction.checks import MIN_POSITIVE, check, giveaways, refuse_giveaways
from crm.analytics.prediction.classifiers.methods import FIRST, METHODS, SETTINGS, SIMPLEST, settings
from crm.analytics.prediction.classifiers.model import Model, fit
from crm.analytics.prediction.comparing import compare
from crm.analytics.prediction.evaluation import difference, judge
from crm.analytics.prediction.logistic import drivers
from crm.analytics.prediction.results import Comparison, Judged
from crm.analytics.prediction.targets import known_answers, make_target
from crm.analytics.prediction.task import Rows, Task

__all__ = [
    "FIRST",
    "METHODS",
    "MIN_POSITIVE",
    "SETTINGS",
    "SIMPLEST",
    "Answer",
    "Comparison",
    "Judged",
    "Model",
    "Rows",
    "Task",
    "answer",
    "check",
    "compare",
    "difference",
    "drivers",
    "fit",
    "giveaways",
    "judge",
    "known_answers",
    "make_target",
    "refuse_giveaways",
    "settings",
]
