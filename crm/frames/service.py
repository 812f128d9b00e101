"""What was asked, complained about and answered?"""

from datetime import date

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.frames import reading
from crm.models import Customer, SurveyAnswer, Ticket


def tickets(session: Session, *, until: date) -> pd.DataFrame:
    """One row a ticket opened up to `until`: ticket_id, customer_id, order_id (0: none), kind, priority, status and its
    three moments.

    What happened after `until` is blank: a ticket answered later was unanswered then.
    """
    columns = (Ticket.id, Ticket.customer_id, func.coalesce(Ticket.order_id, 0), Ticket.kind, Ticket.priority, Ticket.status,
               Ticket.opened_at, Ticket.first_answered_at, Ticket.resolved_at)
    frame = reading.read(session, select(*columns).where(Ticket.deleted_at.is_(None), Ticket.opened_at < reading.end_of(until))
                         .order_by(Ticket.id), ticket_id=reading.whole, customer_id=reading.whole, order_id=reading.whole,
                         kind=reading.text, priority=reading.text, status=reading.text, opened_at=reading.moments,
                         first_answered_at=reading.moments, resolved_at=reading.moments)
    later = {name: frame[name].where(frame[name] < pd.Timestamp(reading.end_of(until)))
             for name in ("first_answered_at", "resolved_at")}
    return frame.assign(**later)


def answers(session: Session, *, until: date) -> pd.DataFrame:
    """One row a survey answer up to `until`: answer_id, customer_id (0: not known), metric, item, score (NaN: not
    applicable), scale_min, scale_max, answered_on (midnight), comment."""
    return reading.read(session, select(
        SurveyAnswer.id, func.coalesce(SurveyAnswer.customer_id, 0), SurveyAnswer.metric, SurveyAnswer.item,
        SurveyAnswer.score, SurveyAnswer.scale_min, SurveyAnswer.scale_max, SurveyAnswer.answered_at,
        SurveyAnswer.comment).where(SurveyAnswer.answered_at < reading.end_of(until)).order_by(SurveyAnswer.id),
        answer_id=reading.whole, customer_id=reading.whole, metric=reading.text, item=reading.text, score=reading.numbers,
        scale_min=reading.numbers, scale_max=reading.numbers, answered_on=reading.days, comment=reading.text)


def ratings(session: Session, *, until: date) -> pd.DataFrame:
    """What customers said of products up to `until`, one row a customer and product, the latest: customer_id, product_id,
    rating (0..1: where the score stands on its scale), rated_on (midnight). Items of one answer are averaged."""
    frame = reading.read(session, select(
        SurveyAnswer.customer_id, SurveyAnswer.product_id, SurveyAnswer.score, SurveyAnswer.scale_min, SurveyAnswer.scale_max,
        SurveyAnswer.answered_at)
        .join(Customer, Customer.id == SurveyAnswer.customer_id)
        .where(SurveyAnswer.product_id.is_not(None), SurveyAnswer.score.is_not(None), Customer.deleted_at.is_(None),
               SurveyAnswer.answered_at < reading.end_of(until)).order_by(SurveyAnswer.id),
        customer_id=reading.whole, product_id=reading.whole, score=reading.numbers, scale_min=reading.numbers,
        scale_max=reading.numbers, rated_on=reading.days)
    low = frame.pop("scale_min")
    frame = frame.assign(rating=(frame.pop("score") - low) / (frame.pop("scale_max") - low))
    each = frame.groupby(["customer_id", "product_id", "rated_on"], as_index=False)["rating"].mean()
    latest = each.drop_duplicates(["customer_id", "product_id"], keep="last", ignore_index=True)
    return latest[["customer_id", "product_id", "rating", "rated_on"]]
