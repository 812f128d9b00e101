"""Which columns does a model live on, and which could it do without?"""

from crm.analytics.prediction.importance.permuting import Importance, importance
from crm.analytics.prediction.importance.twins import twins

__all__ = ["Importance", "importance", "twins"]
