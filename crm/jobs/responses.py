"""Responses: who was asked by the surveys, who answered, and who does not."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import responses as analysis
from crm.analytics import satisfaction
from crm.db import reads
from crm.errors import InvalidInput, NotEnoughData
from crm.services import scores

GROUPINGS = ("last_order", "revenue", "kind", "channel", "country", "region", "stage", "segment")


@dataclass(frozen=True, eq=False)
class Compared:
    """Either the comparison, or a sentence that says what it lacks."""

    found: analysis.ResponseGroups | None
    missing: str | None = None


@reads("surveys")
def run(session: Session, *, as_of: date, survey_id: int | None = None, days: int | None = None,
        random_state: int = 0) -> analysis.Responses:
    """What became of the askings of one survey or of all, of those of the last `days`."""
    return analysis.measure(_asked(session, as_of, survey_id), as_of=as_of, since=_since(as_of, days), random_state=random_state)


@reads("surveys", "customers", "sales")
def compare(session: Session, *, as_of: date, group_by: str = "last_order", survey_id: int | None = None, days: int | None = None,
            segments_run: int | None = None) -> Compared:
    """Who answers more often than others. last_order and revenue: as they were when a customer was asked last."""
    if group_by not in GROUPINGS:
        raise InvalidInput(f"Responses cannot be compared by “{group_by}”; choose one of {', '.join(GROUPINGS)}.")
    asked = _asked(session, as_of, survey_id)
    if days is not None:
        asked = asked[asked["invited_at"] >= pd.Timestamp(_since(as_of, days))]
    if group_by in ("last_order", "revenue"):
        of = analysis.last_order_then if group_by == "last_order" else analysis.revenue_then
        groups = of(asked, frames.orders(session, until=as_of))
    elif group_by == "segment":
        run_id = segments_run if segments_run is not None else scores.newest_run(session, analysis="segments")
        groups = scores.labels(session, run_id=run_id)
    else:
        groups = frames.customers(session).set_index("customer_id")[group_by].dropna()
    try:
        return Compared(analysis.compare(asked, as_of=as_of, groups=groups))
    except NotEnoughData as problem:
        return Compared(None, str(problem))


@reads("surveys")
def said(session: Session, *, as_of: date, survey_id: int) -> pd.DataFrame:
    """What was answered to each question of a survey: the columns of Satisfaction.items."""
    answers = frames.answers(session, until=as_of)
    return satisfaction.measure(answers[answers["survey_id"] == survey_id], as_of=as_of).items


def quality(result: analysis.Responses) -> dict:
    """The figures, as plain values."""
    return {"asked": result.asked, "answered": result.answered, "share": result.share, "low": result.low, "high": result.high,
            "waiting": result.waiting, "median_days": None if result.median_days != result.median_days else result.median_days}


def table(result: analysis.Responses) -> pd.DataFrame:
    """A row a survey."""
    return result.surveys


def _asked(session: Session, as_of: date, survey_id: int | None) -> pd.DataFrame:
    asked = frames.invitations(session, until=as_of)
    return asked if survey_id is None else asked[asked["survey_id"] == survey_id]


def _since(as_of: date, days: int | None) -> date | None:
    return None if days is None else as_of - timedelta(days=days - 1)
