"""Which choices do pages share? The day that counts, the days ahead; kept in the address."""

from datetime import date

import streamlit as st

from crm.services import settings
from crm.ui import run

HORIZONS = {"30 days": 30, "60 days": 60, "90 days": 90, "180 days": 180}


def as_of() -> date:
    """The last day that counts; today, or the last order's day where that is long ago."""
    proposed = run.fresh(settings.as_of)
    chosen = st.date_input("As of", value=proposed, min_value=date(1990, 1, 1), max_value=date(2100, 1, 1),
                           key="as_of", format="YYYY-MM-DD", bind="query-params", width=150,
                           help="The last day that counts: nothing after it is looked at.")
    return chosen or proposed


def horizon_days() -> int:
    """How far ahead a prediction looks."""
    chosen = st.segmented_control("Looking ahead", list(HORIZONS), default="90 days", required=True, key="horizon",
                                  bind="query-params")
    return HORIZONS[chosen or "90 days"]
