"""Why does a model say what it says of one case? What each column adds, and the strongest of them as codes."""

from crm.analytics.prediction.reasons.codes import MIN_REASON, N_REASONS, pooled, reasons
from crm.analytics.prediction.reasons.drivers import drivers
from crm.analytics.prediction.reasons.shapley import compared_with, contributions

__all__ = ["MIN_REASON", "N_REASONS", "compared_with", "contributions", "drivers", "pooled", "reasons"]
