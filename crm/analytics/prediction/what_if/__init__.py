"""What would the model say of such a case if some of its columns were different?"""

from crm.analytics.prediction.what_if.changing import NO_RULES, Rules, changed, curve, what_if
from crm.analytics.prediction.what_if.controls import Control, controls
from crm.analytics.prediction.what_if.customers import CUSTOMERS

__all__ = ["CUSTOMERS", "NO_RULES", "Control", "Rules", "changed", "controls", "curve", "what_if"]
