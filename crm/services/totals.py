"""What do many orders come to? Their sums, set anew from their lines in one statement each few thousand."""

from collections.abc import Sequence

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from crm.models import Order, OrderLine

CHUNK = 5_000  # values in one IN list: SQLite takes 32,766 and PostgreSQL 65,535


def set_totals(session: Session, order_ids: Sequence[int]) -> None:
    """Net and charged amounts of these orders; a cancelled one comes to nothing."""
    orders, lines = Order.__table__, OrderLine.__table__
    counts = (lines.c.amount_e4 > 0) & (lines.c.kind != "cancellation")
    sums = {
        "net_amount_e4": lines.c.amount_e4,
        "charged_amount_e4": case((counts, lines.c.amount_e4), else_=0),
    }
    contents = {
        name: case((orders.c.status == "cancelled", 0), else_=select(func.coalesce(func.sum(amount), 0))
                   .where(lines.c.order_id == orders.c.id).correlate(orders).scalar_subquery())
        for name, amount in sums.items()
    }
    ids = sorted(order_ids)
    for start in range(0, len(ids), CHUNK):
        session.execute(update(orders).where(orders.c.id.in_(ids[start : start + CHUNK])).values(contents))
