"""Risk: what could hurt the business - late payers, returns, disputes, and depending on few?"""

from crm.analytics.risk import charts
from crm.analytics.risk.model import HIGH_FROM, HIGH_NEEDS, LEVELS, POINTS, WATCH_FROM, Risk, assess
from crm.analytics.risk.payments import NOT_DUE

__all__ = ["HIGH_FROM", "HIGH_NEEDS", "LEVELS", "NOT_DUE", "POINTS", "WATCH_FROM", "Risk", "assess", "charts"]
