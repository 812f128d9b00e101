"""Churn: who is likely not to order in the next H days, why, and how far can that be trusted?"""

from crm.analytics.churn.charts import FEATURE_LABELS, calibration, drivers, gain, risk_histogram
from crm.analytics.churn.features import features
from crm.analytics.churn.model import MIN_LEAVERS, ChurnResult, estimate
from crm.analytics.churn.profit import ContactPlan, contact_plan

__all__ = [
    "FEATURE_LABELS",
    "MIN_LEAVERS",
    "ChurnResult",
    "ContactPlan",
    "calibration",
    "contact_plan",
    "drivers",
    "estimate",
    "features",
    "gain",
    "risk_histogram",
]
