"""What would missing numbers be? Filled in for an analysis, marked as filled, never written to the records."""

from crm.analytics.filling import charts
from crm.analytics.filling.fill import METHODS, Filled, fill

__all__ = ["METHODS", "Filled", "charts", "fill"]
