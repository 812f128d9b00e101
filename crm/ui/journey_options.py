"""What can be chosen on the page of journeys? Since when, what is compared, and what few want to change."""

from datetime import date, timedelta

import streamlit as st

from crm.analytics import journey
from crm.services import scores
from crm.ui import run

SINCE = {"As the records allow": "auto", "All": "all", "The last 12 months": 365, "The last 2 years": 730, "The last 3 years": 1095}
COMPARED = {"How they came": "entry", "Won through": "channel", "Country": "country", "Region": "region", "Person or company": "kind"}
GROUPS = "Groups"  # of the newest saved result of the Groups page
SILENT_AFTER = {"As their own rhythm says": None, "30 days": 30, "60 days": 60, "90 days": 90, "180 days": 180, "A year": 365}
LEFT_OUT = {"Complaints": "complaint", "Solutions": "solution", "Low scores": "low_score", "High scores": "high_score"}


def draw(as_of: date) -> dict:
    """The controls in their row; the day and the customers come before them. What the job is asked with, beside these."""
    since = st.selectbox("Journeys that began", list(SINCE), key="since", bind="query-params", width=190,
                         help="By the first thing that is on record of a customer.")
    saved_run = run.fresh(scores.newest_run, analysis="segments")
    offered = COMPARED if saved_run is None else {**COMPARED, GROUPS: "segment"}
    compared_by = st.selectbox("Compare by", list(offered), key="compare_by", bind="query-params", width=180)
    with st.popover("More options", icon=":material/tune:"):
        silent = st.selectbox("Count as silent after", list(SILENT_AFTER), key="silent")
        steps = st.slider("Steps in the picture", 1, 6, journey.USUAL_STEPS, key="steps",
                          help="With more than three a phone has no room for their names.")
        left_out = st.multiselect("Leave out of the ways", list(LEFT_OUT), key="left_out", placeholder="Nothing",
                                  help="What is left out is no step of a way any more; where customers stop is counted as before.")
    chosen = SINCE[since]
    return {
        "since": chosen if isinstance(chosen, str) else (as_of - timedelta(days=chosen)).isoformat(),
        "silence_days": SILENT_AFTER[silent], "steps": steps, "without": ",".join(sorted(LEFT_OUT[name] for name in left_out)),
        "group_by": offered[compared_by], "segments_run": saved_run if offered[compared_by] == "segment" else None}
