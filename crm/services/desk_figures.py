"""What must the owner see first thing in the morning: who waits, since when, and which deadlines are missed?"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from crm.db import reads
from crm.models import Ticket
from crm.services import ticket_listing
from crm.services.ticket_listing import COUNTED_STATES, Counts


@dataclass(frozen=True)
class DeskFigures:
    """`open_complaints`: complaints not resolved, and `oldest_complaint_at`, when the oldest of them was opened; `overdue`: tickets
    not resolved whose next deadline is over; `waiting`: tickets that wait for the company, `oldest_waiting_at` and
    `oldest_waiting_id` of the one that waits longest, since it was opened or, where it came back, since it was reopened. None
    where there is none; counts end at COUNTED_STATES."""

    open_complaints: int
    oldest_complaint_at: datetime | None
    overdue: int
    waiting: int
    oldest_waiting_at: datetime | None
    oldest_waiting_id: int | None
    counts: Counts


@reads("service")
def figures(session: Session, *, now: datetime) -> DeskFigures:
    """The desk at that local moment. To keep the answer for a while, cut `now` to the minute."""
    complaint = [*_state("open", "answered", "reopened"), Ticket.kind == "complaint"]
    complaints = ticket_listing.capped(session, complaint, COUNTED_STATES)
    counts = ticket_listing.counts(session, now=now)
    oldest_complaint = _oldest(session, ("open", "answered", "reopened"), Ticket.kind == "complaint") if complaints else None
    waits = [(first.opened_at, first.id) for first in (_oldest(session, ("open",)), _first_reopened(session)) if first is not None]
    since, oldest = min(waits, default=(None, None))
    return DeskFigures(complaints, oldest_complaint and oldest_complaint.opened_at, counts.overdue, counts.waiting, since, oldest, counts)


def _first_reopened(session: Session):
    """Of those that came back the one that waits longest; an imported one may not say since when. No index has that moment, but
    few tickets are reopened at one time."""
    since = func.coalesce(Ticket.reopened_at, Ticket.opened_at)
    return session.execute(select(Ticket.id, since.label("opened_at")).where(*_state("reopened")).order_by(since, Ticket.id)
                           .limit(1)).one_or_none()


def _state(*statuses: str) -> list:
    return [Ticket.deleted_at.is_(None), Ticket.status.in_(statuses)]


def _oldest(session: Session, statuses: tuple[str, ...], *conditions):
    """The ticket of these states that was opened first: the first of each state stands first in the index."""
    firsts = [select(Ticket.id, Ticket.opened_at).where(*_state(status), *conditions).order_by(*ticket_listing.in_order(Ticket.opened_at))
              .limit(1).subquery() for status in statuses]
    each = union_all(*(select(first.c.id, first.c.opened_at) for first in firsts)).subquery()
    return session.execute(select(each.c.id, each.c.opened_at).order_by(each.c.opened_at, each.c.id).limit(1)).one_or_none()
