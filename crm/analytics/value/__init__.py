"""Value: what did each customer bring, what will each spend, how much rests on a few, and what may a new one cost?"""

from crm.analytics.value import charts
from crm.analytics.value.concentration import Concentration, concentration
from crm.analytics.value.hold_out import HoldOut, hold_out
from crm.analytics.value.model import CustomerValue, estimate
from crm.analytics.value.newcomers import Newcomers, allowed_cost
from crm.analytics.value.past import PastValue, past

__all__ = ["Concentration", "CustomerValue", "HoldOut", "Newcomers", "PastValue", "allowed_cost", "charts",
           "concentration", "estimate", "hold_out", "past"]
