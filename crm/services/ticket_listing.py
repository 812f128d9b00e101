"""Which tickets fit, in which order, and how many wait? Narrowed, sorted and paged by the database's indexes.

A list of a million is not paged to its end: beyond COUNTED tickets the list says "more", and wants to be narrowed.
"""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import ColumnElement, DateTime, Select, and_, case, func, literal_column, or_, select
from sqlalchemy.orm import Session

from crm import money
from crm.db import reads
from crm.errors import InvalidInput
from crm.models import PRIORITIES, TICKET_KINDS, TICKET_STATUSES, Customer, Order, Ticket
from crm.models.service import NEXT_DUE
from crm.services import search
from crm.services.tickets import reference

PAGE_SIZE = 25  # what fits one laptop screen
COUNTED = 10_000  # four hundred pages: nobody turns so many
COUNTED_STATES = 100_000  # of one state; beyond, the exact number changes nothing and costs more than the page
WORDS = 10  # of a search
LATELY = 20_000  # tickets of which the topics and people are offered
BOARD_SIZE = 20  # cards of a column
NOBODY = ""  # as `agent` or `topic`: tickets without one
# The word is written out: sent apart as a value, the databases would not see that the index of what is due holds these alone.
NOT_RESOLVED = and_(Ticket.status != literal_column("'resolved'"), Ticket.deleted_at.is_(None))
SHOWS = ("all", "unresolved", "waiting", "overdue", *TICKET_STATUSES, "deleted")
SORTS = ("due", "opened", "resolved")
_next_due = literal_column(NEXT_DUE, DateTime)
_COLUMNS = (Ticket.id, Ticket.version, Ticket.code, Ticket.customer_id, Customer.name.label("customer"), Ticket.order_id,
            Order.number.label("order_number"), Ticket.kind, Ticket.topic, Ticket.priority, Ticket.status, Ticket.agent,
            Ticket.channel, Ticket.subject, Ticket.opened_at, Ticket.first_answered_at, Ticket.resolved_at,
            Ticket.reopened_at, Ticket.times_reopened, Ticket.answer_due_at, Ticket.solution_due_at, Ticket.cost_e4)
_MOMENTS = ("opened_at", "first_answered_at", "resolved_at", "reopened_at", "answer_due_at", "solution_due_at")


@dataclass(frozen=True)
class Page:
    """`rows`: one a ticket: id, version, reference, code, customer_id, customer, order_id, order_number, kind, topic, priority,
    status, agent, channel, subject, opened_at, first_answered_at, resolved_at, reopened_at, times_reopened, answer_due_at,
    solution_due_at, cost (NaN: not noted), due_at (what is due next; NaT: nothing), due ("answer", "solution", or None) and
    is_overdue; `total`: how many fit, COUNTED at most; `is_more`: there are more than that."""

    rows: pd.DataFrame
    total: int
    is_more: bool


@dataclass(frozen=True)
class Counts:
    """How many tickets are in each state, and how many of those that are not resolved are overdue; each COUNTED_STATES at most,
    which then means "or more"."""

    open: int
    answered: int
    reopened: int
    resolved: int
    overdue: int

    @property
    def unresolved(self) -> int:
        return self.open + self.answered + self.reopened

    @property
    def waiting(self) -> int:
        """For the company: open and reopened."""
        return self.open + self.reopened


@dataclass(frozen=True)
class Column:
    """A column of the board: `rows` as of Page, `total` at most COUNTED_STATES."""

    rows: pd.DataFrame
    total: int


def page(session: Session, *, now: datetime, show: str = "unresolved", kind: str | None = None, priority: str | None = None,
         agent: str | None = None, topic: str | None = None, customer_id: int | None = None, order_id: int | None = None,
         query: str = "", in_text: bool = False, sort: str | None = None, descending: bool = False, number: int = 1,
         size: int = PAGE_SIZE) -> Page:
    """Page `number` (from 1) of the tickets that fit.

    `show`: one of SHOWS: "waiting" are open and reopened ones, "overdue" those whose next deadline is before `now` (local).
    `agent`, `topic`: NOBODY for tickets without one. `query`: words, each of which occurs in the subject, the number or the
    customer's name, company or e-mail; `in_text`: or in what was written. `sort`: one of SORTS; None: what is due next
    first, and the newest first where resolved ones are shown. Only tickets that are not resolved can be sorted by what is due.
    Raises InvalidInput for an unknown word, and for a page beyond the first COUNTED tickets.
    """
    if (number - 1) * size >= COUNTED:
        raise InvalidInput(f"Only the first {COUNTED:,} tickets are listed; narrow the list by a filter or a search.")
    not_resolved = show in ("unresolved", "waiting", "overdue", "open", "answered", "reopened")
    if sort is None:
        sort, descending = ("due", False) if not_resolved else ("opened", True)
    if sort not in SORTS:
        raise InvalidInput(f"Tickets cannot be sorted by “{sort}”.")
    if sort == "due" and not not_resolved:
        raise InvalidInput("Only tickets that are not resolved have something due; sort these by when they were opened.")
    conditions = _conditions(show, kind, priority, agent, topic, customer_id, order_id, now, by_due=sort == "due")
    key = {"due": _next_due, "opened": Ticket.opened_at, "resolved": Ticket.resolved_at}[sort]
    if sort == "resolved":
        conditions.append(Ticket.resolved_at.is_not(None))
    if query.strip():
        if not not_resolved:  # hardly any index narrows this: reading the table through is twice as quick as by an index
            conditions[0] = case((conditions[0], 1), else_=0) == 1
        conditions += _matching(session, query, in_text)
    order = in_order(key, descending=descending)
    ids, total, is_more = _found(session, conditions, key, order, descending, number, size, is_search=bool(query.strip()))
    return Page(_rows(session, ids, now), total, is_more)


def counts(session: Session, *, now: datetime) -> Counts:
    """How many tickets are in each state."""
    found = {status: capped(session, [Ticket.deleted_at.is_(None), Ticket.status == status], COUNTED_STATES)
             for status in TICKET_STATUSES}
    return Counts(**found, overdue=capped(session, [NOT_RESOLVED, _next_due < now], COUNTED_STATES))


def board(session: Session, *, now: datetime, resolved_since: datetime, size: int = BOARD_SIZE) -> dict[str, Column]:
    """One column a state, "open", "answered", "reopened" and "resolved": the oldest first, of resolved ones the latest of those
    since `resolved_since`."""
    columns = {}
    for status in TICKET_STATUSES:
        conditions = [Ticket.deleted_at.is_(None)]
        if status == "resolved":
            conditions.append(Ticket.resolved_at >= resolved_since)
            order = in_order(Ticket.resolved_at, descending=True)
        else:
            conditions.append(Ticket.status == status)
            order = in_order(Ticket.opened_at)
        ids = session.scalars(select(Ticket.id).where(*conditions).order_by(*order).limit(size)).all()
        columns[status] = Column(_rows(session, ids, now), capped(session, conditions, COUNTED_STATES))
    return columns


def in_order(key, *, descending: bool = False) -> tuple:
    """How an index on deleted_at, the key and the id is read from one end: PostgreSQL sorts all rows where deleted_at is not
    named, though it is the same in all of them."""
    columns = (Ticket.deleted_at, key, Ticket.id)
    return tuple(column.desc() for column in columns) if descending else columns


def capped(session: Session, conditions, most: int) -> int:
    """How many tickets fulfil the conditions, `most` at most: the rest is not read."""
    some: Select = select(literal_column("1")).select_from(Ticket).where(*conditions).limit(most)
    return session.scalar(select(func.count()).select_from(some.subquery()))


@reads("service")
def topics(session: Session) -> list[str]:
    """The topics of the newest LATELY tickets, the most frequent first."""
    return _words(session, Ticket.topic)


@reads("service")
def agents(session: Session) -> list[str]:
    """Who works on the newest LATELY tickets, who has the most first."""
    return _words(session, Ticket.agent)


def of_customer(session: Session, customer_id: int, *, now: datetime, limit: int = 5) -> Page:
    """The customer's tickets: those that are not resolved first, then the newest first."""
    conditions = [Ticket.deleted_at.is_(None), Ticket.customer_id == customer_id]
    ids = session.scalars(select(Ticket.id).where(*conditions)
                          .order_by((Ticket.status == "resolved"), Ticket.opened_at.desc(), Ticket.id.desc()).limit(limit)).all()
    total = capped(session, conditions, COUNTED + 1)
    return Page(_rows(session, ids, now), min(total, COUNTED), total > COUNTED)


def _words(session: Session, column, most: int = 200) -> list[str]:
    lately = (select(column.label("word")).where(Ticket.deleted_at.is_(None)).order_by(*in_order(Ticket.opened_at, descending=True))
              .limit(LATELY).subquery())
    return list(session.scalars(select(lately.c.word).where(lately.c.word.is_not(None)).group_by(lately.c.word)
                                .order_by(func.count().desc(), lately.c.word).limit(most)))


def _conditions(show, kind, priority, agent, topic, customer_id, order_id, now, *, by_due: bool) -> list[ColumnElement[bool]]:
    for given, known, what in ((show, SHOWS, "way to show tickets"), (kind, TICKET_KINDS, "kind of ticket"),
                               (priority, PRIORITIES, "priority")):
        if given is not None and given not in known:
            raise InvalidInput(f"“{given}” is no {what}; choose one of {', '.join(known)}.")
    wanted = [Ticket.deleted_at.is_not(None) if show == "deleted" else Ticket.deleted_at.is_(None)]
    if by_due or show in ("unresolved", "overdue"):
        wanted.append(NOT_RESOLVED)
    if show == "overdue":
        wanted.append(_next_due < now)
    elif show == "waiting":
        wanted.append(Ticket.status.in_(("open", "reopened")))
    elif show in TICKET_STATUSES:
        wanted.append(Ticket.status == show)
    for column, given in ((Ticket.kind, kind), (Ticket.priority, priority), (Ticket.customer_id, customer_id),
                          (Ticket.order_id, order_id)):
        if given is not None:
            wanted.append(column == given)
    for column, given in ((Ticket.agent, agent), (Ticket.topic, topic)):
        if given is not None:
            wanted.append(column.is_(None) if given == NOBODY else column == given)
    return wanted


def _matching(session: Session, query: str, in_text: bool) -> list[ColumnElement[bool]]:
    """Each word in the subject, the topic, the number or the customer."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    columns = (Ticket.subject, Ticket.code, Ticket.topic, *((Ticket.body,) if in_text else ()))
    found = []
    for word in query.split()[:WORDS]:
        # SQLite's "like" folds the case of ASCII letters only (and at half the price of lower()): other words are looked for in
        # the ways in which people write them.
        ways = {word} if word.isascii() or not is_sqlite else {word, word.lower(), word.upper(), word.capitalize()}
        digits = word.lstrip("#tT")
        by_id = [Ticket.id == int(digits)] if digits.isascii() and digits.isdigit() and len(digits) < 10 else []
        found.append(or_(*by_id, *((column.contains(way, autoescape=True) if is_sqlite else column.icontains(way, autoescape=True))
                                   for column in columns for way in sorted(ways)),
                         Ticket.customer_id.in_(select(Customer.id).where(search.matches(word)))))
    return found


def _found(session: Session, conditions, key, order, descending: bool, number: int, size: int, *,
           is_search: bool) -> tuple[list[int], int, bool]:
    """The ids of the page, how many fit, and whether there are more."""
    first = (number - 1) * size
    if is_search:
        # Words are found by reading: once, up to as many as are listed, instead of once for the page and once for the count.
        some = session.execute(select(Ticket.id, key).where(*conditions).limit(COUNTED + 1)).all()
        if len(some) <= COUNTED:
            some.sort(key=lambda row: (str(row[1]), row[0]), reverse=descending)
            return [row[0] for row in some[first:first + size]], len(some), False
        ids = session.scalars(select(Ticket.id).where(*conditions).order_by(*order).limit(size).offset(first)).all()
        return list(ids), COUNTED, True
    ids = session.scalars(select(Ticket.id).where(*conditions).order_by(*order).limit(size).offset(first)).all()
    if len(ids) < size and (ids or not first):
        return list(ids), first + len(ids), False
    total = capped(session, conditions, COUNTED + 1)
    return list(ids), min(total, COUNTED), total > COUNTED


def _rows(session: Session, ids: list[int], now: datetime) -> pd.DataFrame:
    """The tickets of these ids, in their sequence."""
    rows = {row.id: row for row in session.execute(
        select(*_COLUMNS).select_from(Ticket).join(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(Order, Order.id == Ticket.order_id).where(Ticket.id.in_(ids)))} if ids else {}
    frame = pd.DataFrame([rows[ticket_id] for ticket_id in ids], columns=[column.key for column in _COLUMNS])
    frame = frame.assign(**{name: pd.Series(frame[name], dtype="datetime64[us]") for name in _MOMENTS},
                         cost=frame.pop("cost_e4").astype(float) / money.UNITS)
    frame.insert(2, "reference", [reference(ticket_id, code) for ticket_id, code in zip(frame["id"], frame["code"], strict=True)])
    not_resolved = frame["status"] != "resolved"
    of_answer = not_resolved & frame["first_answered_at"].isna() & frame["answer_due_at"].notna()
    due_at = frame["answer_due_at"].where(of_answer, frame["solution_due_at"].where(not_resolved))
    due = pd.Series("solution", index=frame.index, dtype=object).mask(of_answer, "answer").where(due_at.notna(), None)
    return frame.assign(due_at=due_at, due=due, is_overdue=(due_at < pd.Timestamp(now)).astype(bool))
