"""Recommendations: which products should each customer be offered next, why, and how good is that advice?

`purchases` says who bought what; `methods` learn from it; `judging` tells which of them would have foreseen what was really
bought next, and how likely each place of a list is; `lists` puts the lists together, with reasons and expected money.
"""

from crm.analytics.recommendations.alike import similar
from crm.analytics.recommendations.methods import GRIDS, METHODS, Recommender, learn
from crm.analytics.recommendations.purchases import Asked, Purchases, ask, read
from crm.analytics.recommendations.ratings import judge_ratings, learn_ratings

__all__ = [
    "GRIDS",
    "METHODS",
    "Asked",
    "Purchases",
    "Recommender",
    "ask",
    "judge_ratings",
    "learn",
    "learn_ratings",
    "read",
    "similar",
]
