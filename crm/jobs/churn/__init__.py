"""Leaving: who may leave, how far that can be trusted, why, and what to do about it.

    answering.py   the first answer: run, why, proposed_horizon, labels
    asking.py      from frames to a question that models can learn
    deeper.py      what takes long and is asked for on its own: all models, tuning, importance, learning curve
    acting.py      whom to contact, and what could keep each one
    result.py  written.py   the result; its table, figures and saved scores
"""

from crm.jobs.churn.acting import described, facts, plan, reasons_known
from crm.jobs.churn.answering import PROPOSED, drivers, labels, of_field, proposed_horizon, run, why
from crm.jobs.churn.asking import USUAL_HORIZON, Label
from crm.jobs.churn.deeper import LEAVES, compare_all, importance, learning, network
from crm.jobs.churn.result import SILENCE, Leaving
from crm.jobs.churn.written import quality, save, table

__all__ = ["LEAVES", "PROPOSED", "SILENCE", "USUAL_HORIZON", "Label", "Leaving", "compare_all", "described", "drivers", "facts",
           "importance", "labels", "learning", "network", "of_field", "plan", "proposed_horizon", "quality", "reasons_known", "run",
           "save", "table", "why"]
