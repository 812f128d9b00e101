"""Is the database sound? Totals equal their lines, references lead somewhere, searches find everybody."""

from dataclasses import dataclass

from sqlalchemy import case, func, or_, select, text
from sqlalchemy.orm import Session

from crm.models import Customer, Order, OrderLine
from crm.services.search import search_text


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a sentence, and how many records it concerns."""

    sentence: str
    records: int


def findings(session: Session) -> list[Finding]:
    """Everything that is wrong, nothing when all is well."""
    found = [_wrong_totals(session), _orders_without_lines(session), _wrong_search_texts(session),
             *_broken_files(session)]
    return [finding for finding in found if finding.records]


def _wrong_totals(session: Session) -> Finding:
    counted = Order.status != "cancelled"
    net = func.coalesce(func.sum(case((counted, OrderLine.amount_e4), else_=0)), 0)
    charged = func.coalesce(func.sum(case(
        (counted & (OrderLine.amount_e4 > 0) & (OrderLine.kind != "cancellation"), OrderLine.amount_e4), else_=0)), 0)
    wrong = (select(Order.id).outerjoin(OrderLine).group_by(Order.id)
             .having(or_(func.max(Order.net_amount_e4) != net, func.max(Order.charged_amount_e4) != charged)))
    return Finding("Orders whose total is not the sum of their lines.", _count(session, wrong))


def _orders_without_lines(session: Session) -> Finding:
    # A file of orders may come before the file of their lines; such an order comes to 0 until then.
    empty = select(Order.id).where(Order.deleted_at.is_(None), Order.import_batch_id.is_(None),
                                   ~select(OrderLine.id).where(OrderLine.order_id == Order.id).exists())
    return Finding("Orders without a line.", _count(session, empty))


def _wrong_search_texts(session: Session) -> Finding:
    rows = session.execute(select(Customer.search_text, Customer.name, Customer.company, Customer.email, Customer.code,
                                  Customer.phone))
    wrong = sum(row.search_text != search_text(name=row.name, company=row.company, email=row.email, code=row.code,
                                               phone=row.phone) for row in rows)
    return Finding("Customers whom a search would not find under their present name.", wrong)


def _broken_files(session: Session) -> list[Finding]:
    if session.get_bind().dialect.name != "sqlite":
        return []  # a server checks references and its own files
    broken = session.execute(text("pragma foreign_key_check")).all()
    integrity = [row for row in session.scalars(text("pragma integrity_check")) if row != "ok"]
    return [Finding("Records that refer to something that is not there.", len(broken)),
            Finding("Damages in the database file; restore a backup.", len(integrity))]


def _count(session: Session, query) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery()))
