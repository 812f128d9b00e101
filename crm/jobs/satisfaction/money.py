"""Satisfaction and money: what customers do after an answer, and what may be lost with the unhappy ones."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import satisfaction as analysis
from crm.db import reads
from crm.jobs.names import named


@dataclass(frozen=True, eq=False)
class Money:
    """after: what customers did after an answer (analysis.AfterAnswers); risk: the unhappy ones (analysis.AtRisk), whose table
    also says `comment`: what they wrote on that day (None: nothing)."""

    after: analysis.AfterAnswers
    risk: analysis.AtRisk


@reads("sales", "surveys", "service")
def run(session: Session, *, as_of: date, horizon_days: int = 180, leaving_days: int = 365, metric: str | None = None,
        random_state: int = 0, among: np.ndarray | None = None) -> Money:
    """Returning and leaving by score, and the unhappy customers; only those `among` these ids where some are given.

    metric: csat, nps, likert or ces; the one most known customers answered where none is named.
    """
    answers, orders = frames.answers(session, until=as_of), frames.orders(session, until=as_of)
    contacts, tickets = frames.contacts(session, until=as_of), frames.tickets(session, until=as_of)
    if among is not None:
        answers, orders, contacts, tickets = (frame[np.isin(frame["customer_id"].to_numpy(), among)]
                                              for frame in (answers, orders, contacts, tickets))
    said = analysis.read_scores(answers, as_of=as_of)  # once for both
    after = analysis.after_answers_of(said, orders, as_of=as_of, horizon_days=horizon_days, leaving_days=leaving_days,
                                      metric=metric, random_state=random_state)
    risk = analysis.at_risk_of(said, orders, as_of=as_of, metric=after.metric, excess=after.adjusted or after.difference, contacts=contacts,
                               tickets=tickets)
    return Money(after, _with_comments(session, risk))


def _with_comments(session: Session, risk: analysis.AtRisk) -> analysis.AtRisk:
    written = frames.comments(session, until=risk.as_of)
    written = written[written["customer_id"].isin(risk.unhappy["customer_id"])].sort_values("answer_id")
    joined = written.groupby(["customer_id", "answered_on"])["comment"].agg(" / ".join).rename("comment").reset_index()
    unhappy = risk.unhappy.merge(joined, left_on=["customer_id", "said_on"], right_on=["customer_id", "answered_on"], how="left",
                                 suffixes=("", "_written"))
    return replace(risk, unhappy=unhappy.drop(columns="answered_on_written"))


def quality(result: Money) -> dict:
    """The figures of both, as plain values."""
    def of(difference) -> dict | None:
        return None if difference is None else vars(difference)

    after, risk = result.after, result.risk
    return {"metric": after.metric, "horizon_days": after.horizon_days, "customers": after.customers,
            "came_back": after.rows.to_dict("records"), "trend_p_value": after.trend_p_value, "difference": of(after.difference),
            "adjusted": of(after.adjusted), "unhappy": risk.customers, "unanswered": risk.unanswered, "revenue": risk.revenue,
            "lost": risk.lost, "lost_low": risk.lost_low, "lost_high": risk.lost_high}


def table(result: Money, names: pd.DataFrame) -> pd.DataFrame:
    """The unhappy customers with their names, the most urgent first."""
    return named(result.risk.unhappy, names)
