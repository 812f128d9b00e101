"""Waiting: on which day will each customer order next, with which chance by when, and how far can that be trusted?"""

from crm.analytics.prediction.waiting import charts
from crm.analytics.prediction.waiting.comparing import (
    RULES,
    WaitAnswer,
    WaitComparison,
    answer_waiting,
    compare_waiting,
)
from crm.analytics.prediction.waiting.curves import Curves
from crm.analytics.prediction.waiting.judging import Concordance, JudgedWaits, concordance
from crm.analytics.prediction.waiting.models import METHODS, WaitModel, fit
from crm.analytics.prediction.waiting.waits import WaitingTask, Waits, check

__all__ = ["METHODS", "RULES", "Concordance", "Curves", "JudgedWaits", "WaitAnswer", "WaitComparison", "WaitModel", "WaitingTask",
           "Waits", "answer_waiting", "charts", "check", "compare_waiting", "concordance", "fit"]
