"""Which groups of customers are wanted? The owner's rules, or groups found in chosen features."""

from datetime import date

import streamlit as st

from crm import jobs
from crm.analytics.segments import RHYTHM_ONLY
from crm.services import rfm_settings
from crm.ui import feature_words, group_choices, run

WAYS = ("Clear rules", "Found in the data")


def way() -> str:
    """By clear rules, or found in the data."""
    return st.segmented_control("Groups by", list(WAYS), default=WAYS[0], required=True, key="way",
                                bind="query-params") or WAYS[0]


def found(as_of: date) -> dict:
    """What is grouped by, into how many, by which method: arguments of jobs.segments.run."""
    usual = jobs.segments.RFM_FEATURES.split(",")
    known = list(dict.fromkeys([*usual, *run.cached(jobs.features.available, as_of=as_of)["feature"]]))
    kind = group_choices.method("groups")
    number = group_choices.number("groups") if kind in group_choices.WITH_A_NUMBER else None
    features = st.multiselect("Group by", known, default=usual, format_func=feature_words.label, key="group_features",
                              help="What makes customers alike. The three usual ones: how long silent, how often, how much.")
    return {"method": kind, "n_segments": number, "features": tuple(features),
            **group_choices.fine_points("groups", chosen=kind)}


def rules() -> dict:
    """The owner's borders and names of the RFM groups, as arguments of jobs.segments.run."""
    return {"method": "rfm", "rules": run.fresh(rfm_settings.read)}


def question_for(how: dict):
    """The job that answers it: features of people and service are asked again when those records change."""
    only_orders = set(how.get("features", ())) <= RHYTHM_ONLY
    return jobs.segments.run if only_orders else jobs.segments.run_on_features
