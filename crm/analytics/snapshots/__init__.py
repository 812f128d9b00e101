"""Snapshots: what was known about every customer on a past day, and what happened after it?"""

from crm.analytics.snapshots.cutoffs import HORIZONS, MIN_LEAVERS
from crm.analytics.snapshots.ending import ending
from crm.analytics.snapshots.features import features
from crm.analytics.snapshots.given import Given, given
from crm.analytics.snapshots.horizon import Horizon, proposed_horizon
from crm.analytics.snapshots.purchases import buying, leaving, next_order, on_day, spend
from crm.analytics.snapshots.waiting import Spells, Waiting, waiting
from crm.analytics.snapshots.windows import Window, Windows

__all__ = [
    "HORIZONS",
    "MIN_LEAVERS",
    "Given",
    "Horizon",
    "Spells",
    "Waiting",
    "Window",
    "Windows",
    "buying",
    "ending",
    "features",
    "given",
    "leaving",
    "next_order",
    "on_day",
    "proposed_horizon",
    "spend",
    "waiting",
]
