"""Recommendations: which products should each customer be offered next, and how good is that advice?"""

from crm.analytics.recommendations import charts
from crm.analytics.recommendations.evaluate import Evaluation, evaluate
from crm.analytics.recommendations.model import RecommendationModel, Recommendations, fit, recommend
from crm.analytics.recommendations.similar import METHODS

__all__ = [
    "METHODS",
    "Evaluation",
    "RecommendationModel",
    "Recommendations",
    "charts",
    "evaluate",
    "fit",
    "recommend",
]
