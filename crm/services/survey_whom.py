"""Whom should a survey ask? Who bought lately, and who was asked already not long ago."""

from datetime import date, datetime, time, timedelta

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.models import Customer, Order, SurveyInvitation
from crm.models.counting import counts
from crm.services.among import read_ids


def bought_lately(session: Session, *, as_of: date, days: int) -> np.ndarray:
    """Customers with an order in the last `days` up to `as_of`, sorted ids (int64)."""
    begin, end = (datetime.combine(day, time()) for day in (as_of - timedelta(days=days - 1), as_of + timedelta(days=1)))
    return read_ids(session, select(Order.customer_id).join(Customer, Customer.id == Order.customer_id).where(
        counts(session), Customer.deleted_at.is_(None), Order.status != "cancelled", Order.charged_amount_e4 > 0,
        Order.ordered_at >= begin, Order.ordered_at < end).distinct().order_by(Order.customer_id))


def asked_lately(session: Session, *, as_of: date, days: int) -> np.ndarray:
    """Customers whom any survey asked in the last `days` up to `as_of`, sorted ids (int64): too many questions tire."""
    begin, end = (datetime.combine(day, time()) for day in (as_of - timedelta(days=days - 1), as_of + timedelta(days=1)))
    return read_ids(session, select(SurveyInvitation.customer_id).where(
        SurveyInvitation.deleted_at.is_(None), SurveyInvitation.invited_at >= begin, SurveyInvitation.invited_at < end)
        .distinct().order_by(SurveyInvitation.customer_id))
