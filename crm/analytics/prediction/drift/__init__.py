"""Are the rows that are scored today still like those that the model was trained for, and does it still say right?"""

from crm.analytics.prediction.drift.comparing import MOVED_FROM, WATCH_FROM, Drift, Outcomes, drift
from crm.analytics.prediction.drift.profiles import profile

__all__ = ["MOVED_FROM", "WATCH_FROM", "Drift", "Outcomes", "drift", "profile"]
