"""Churn: chances of leaving, their table, their saved scores."""

from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import churn as analysis
from crm.db import reads
from crm.jobs.names import named
from crm.jobs.results import plain
from crm.services import scores


@reads("sales", "service", "surveys")
def run(session: Session, *, as_of: date, horizon_days: int = 90,
          random_state: int = 0) -> analysis.ChurnResult:
    """Chances of not ordering in the next `horizon_days`; see crm.analytics.churn."""
    tickets, answers = frames.tickets(session, until=as_of), frames.answers(session, until=as_of)
    return analysis.estimate(
        frames.orders(session, until=as_of), as_of=as_of, horizon_days=horizon_days, random_state=random_state,
        tickets=tickets if len(tickets) else None, answers=answers if len(answers) else None)


def table(customers: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """ChurnResult.customers, or some of its rows, with customer_code and customer_name; the sequence is kept."""
    return named(customers, names)


def quality(result: analysis.ChurnResult) -> dict:
    """How good a result is, as plain figures, tables as lists of rows."""
    return plain(result.quality)


def save(session: Session, result: analysis.ChurnResult) -> int:
    """Keep every customer's chance of leaving; returns the run's id."""
    return scores.save(session, result.customers.rename(columns={"probability": "number"}), analysis="churn",
                       as_of=result.as_of, parameters=result.parameters, quality=quality(result))
