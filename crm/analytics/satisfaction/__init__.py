"""Satisfaction: how happy are customers, with what, and who more than others?"""

from crm.analytics.satisfaction import charts
from crm.analytics.satisfaction.customers import by_customer
from crm.analytics.satisfaction.groups import GroupComparison, compare
from crm.analytics.satisfaction.model import Satisfaction, measure
from crm.analytics.satisfaction.scores import NetPromoter, Score

__all__ = ["GroupComparison", "NetPromoter", "Satisfaction", "Score", "by_customer", "charts", "compare", "measure"]
