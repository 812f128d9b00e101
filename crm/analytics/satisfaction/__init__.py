"""Satisfaction: how happy are customers, with what, since when, who more than others, and what does it mean for sales?"""

from crm.analytics.satisfaction import charts
from crm.analytics.satisfaction.answers import read_scores
from crm.analytics.satisfaction.at_risk import AtRisk, at_risk, at_risk_of
from crm.analytics.satisfaction.change_points import Course, course
from crm.analytics.satisfaction.customers import by_customer
from crm.analytics.satisfaction.groups import GroupComparison, compare
from crm.analytics.satisfaction.model import Satisfaction, measure
from crm.analytics.satisfaction.repeat import AfterAnswers, after_answers, after_answers_of
from crm.analytics.satisfaction.scores import NetPromoter, Score, are_apart, ranked

__all__ = ["AfterAnswers", "AtRisk", "Course", "GroupComparison", "NetPromoter", "Satisfaction", "Score", "after_answers",
           "after_answers_of", "are_apart", "at_risk", "at_risk_of", "by_customer", "charts", "compare", "course", "measure", "ranked",
           "read_scores"]
