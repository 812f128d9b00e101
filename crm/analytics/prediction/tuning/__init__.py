"""Tuning: which settings of a model foresee best rows that it has not learned from?"""

from crm.analytics.prediction.tuning.grids import GRIDS
from crm.analytics.prediction.tuning.searching import Search, search

__all__ = ["GRIDS", "Search", "search"]
