"""Judging: how good would each method's lists have been, and how likely is what they name?"""

from crm.analytics.recommendations.judging import charts
from crm.analytics.recommendations.judging.asking import QUESTIONS
from crm.analytics.recommendations.judging.chances import Chances, chances
from crm.analytics.recommendations.judging.comparing import Comparison, compare
from crm.analytics.recommendations.judging.measures import MEASURES
from crm.analytics.recommendations.judging.repeat import REPEAT_METHODS, Again, RepeatRecommender, learn_repeat
from crm.analytics.recommendations.judging.splits import SPLITS
from crm.analytics.recommendations.methods import METHODS

QUICK = ("random", "popular", "recent", "items", "linear")  # of "new": a first answer within seconds (with choose=False)
ALL = METHODS  # of "new": what "Compare methods" shows

__all__ = [
    "ALL",
    "MEASURES",
    "QUESTIONS",
    "QUICK",
    "REPEAT_METHODS",
    "SPLITS",
    "Again",
    "Chances",
    "Comparison",
    "RepeatRecommender",
    "chances",
    "charts",
    "compare",
    "learn_repeat",
]
