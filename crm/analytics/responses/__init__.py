"""Responses: how many of those who were asked answered, how soon, and who does not?"""

from crm.analytics.responses import charts
from crm.analytics.responses.groups import ResponseGroups, compare
from crm.analytics.responses.rates import Responses, measure
from crm.analytics.responses.situation import ORDERS, last_order_then, revenue_then

__all__ = ["ORDERS", "ResponseGroups", "Responses", "charts", "compare", "last_order_then", "measure", "revenue_then"]
