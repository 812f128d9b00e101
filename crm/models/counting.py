"""Which orders may sums add? Those not deleted, in the workspace's own currency."""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from crm.models.orders import Order
from crm.models.records import Setting

DEFAULT_CURRENCY = "EUR"  # until the owner names one


def own_currency(session: Session) -> str:
    """The workspace's currency, ISO 4217."""
    return session.scalar(select(Setting.content).where(Setting.name == "currency")) or DEFAULT_CURRENCY


def counts(session: Session) -> ColumnElement[bool]:
    """The condition on orders; other currencies are counted apart and told, never added."""
    return and_(Order.deleted_at.is_(None), or_(Order.currency.is_(None), Order.currency == own_currency(session)))
