"""Baskets: what lies together in one order, and is it more than chance?"""

from crm.analytics.baskets import charts
from crm.analytics.baskets.rules import BasketRules, rules

__all__ = ["BasketRules", "charts", "rules"]
