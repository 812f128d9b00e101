"""Lists: what to offer whom, why, and what it may bring."""

from crm.analytics.recommendations.lists.choosing import LARGEST_TOP, QUESTIONS
from crm.analytics.recommendations.lists.listing import COLUMNS, Lister, make_lister
from crm.analytics.recommendations.lists.summary import Summary, summary
from crm.analytics.recommendations.lists.why import REASONS
from crm.analytics.recommendations.lists.worth import usual_amounts, usual_unit_prices

__all__ = [
    "COLUMNS",
    "LARGEST_TOP",
    "QUESTIONS",
    "REASONS",
    "Lister",
    "Summary",
    "make_lister",
    "summary",
    "usual_amounts",
    "usual_unit_prices",
]
