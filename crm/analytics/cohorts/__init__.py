"""Cohorts: do customers come back, when, for how long, and is it getting better?"""

from crm.analytics.cohorts import charts
from crm.analytics.cohorts.comparison import MOST_GROUPS, Comparison, compare
from crm.analytics.cohorts.model import MIN_CUSTOMERS, Cohorts, analyse
from crm.analytics.cohorts.retention import SHOWN, wide
from crm.analytics.cohorts.silence import Staying
from crm.analytics.cohorts.survival import Curve, kaplan_meier, log_rank, risk_table
from crm.analytics.cohorts.trend import Trend

__all__ = ["MIN_CUSTOMERS", "MOST_GROUPS", "SHOWN", "Cohorts", "Comparison", "Curve", "Staying", "Trend", "analyse", "charts", "compare",
           "kaplan_meier", "log_rank", "risk_table", "wide"]
