"""What becomes of a question or a complaint: opened, answered, resolved, reopened, with deadlines that fit what was promised?

Moments are local and naive, as the workspace's clocks show them. A ticket waits for the company while it is "open" or
"reopened"; "answered" waits for the customer or for its solution. Deadlines follow crm.services.service_policy.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import money
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import CONTACT_CHANNELS, PRIORITIES, TICKET_KINDS, Customer, Interaction, Order, Ticket
from crm.models.base import now
from crm.services import audit, orders, service_policy

SUBJECT_LIMIT = 500  # characters
TEXT_LIMIT = 100_000
WORD_LIMIT = 100  # of a topic, of a name
EARLIEST = datetime(1970, 1, 1)
CLOCKS_DIFFER = timedelta(hours=1)  # as far as a moment may lie ahead: clocks go back, and are not all right
EDITABLE = ("customer_id", "order_id", "kind", "topic", "channel", "agent", "priority", "subject", "body", "opened_at", "cost")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # no text, and PostgreSQL keeps no NUL


@dataclass(frozen=True)
class TicketDetails:
    """One ticket. `reference`: its number for letters, the source's own or T and the id; `cost` in the workspace's currency,
    None: not noted. `contacts`: one row each, in time: id, channel, direction ("in" or "out"), subject, body, happened_at."""

    id: int
    version: int
    reference: str
    source: str
    code: str | None
    customer_id: int
    customer: str
    customer_code: str
    customer_email: str | None
    order_id: int | None
    order_number: str | None
    kind: str
    topic: str | None
    channel: str | None
    agent: str | None
    priority: str
    status: str
    subject: str
    body: str | None
    opened_at: datetime
    first_answered_at: datetime | None
    resolved_at: datetime | None
    reopened_at: datetime | None
    times_reopened: int
    answer_due_at: datetime | None
    solution_due_at: datetime | None
    cost: Decimal | None
    contacts: pd.DataFrame

    @property
    def due_at(self) -> datetime | None:
        """What is due next: the first answer, else the solution; None: nothing is, or nothing was promised."""
        if self.status == "resolved":
            return None
        return self.answer_due_at if self.first_answered_at is None and self.answer_due_at else self.solution_due_at


def reference(ticket_id: int, code: str | None) -> str:
    """The ticket's number for letters.

    >>> reference(7, None), reference(7, "2026-113")
    ('T7', '2026-113')
    """
    return code or f"T{ticket_id}"


def get(session: Session, ticket_id: int) -> TicketDetails:
    """The ticket with what was said about it. Raises NotFound where there is none, or it was deleted."""
    ticket = _existing(session, ticket_id)
    person = session.execute(select(Customer.name, Customer.code, Customer.email).where(Customer.id == ticket.customer_id)).one()
    number = None if ticket.order_id is None else session.scalar(select(Order.number).where(Order.id == ticket.order_id))
    query = (select(Interaction.id, Interaction.channel, Interaction.direction, Interaction.subject, Interaction.body,
                    Interaction.happened_at)
             .where(Interaction.ticket_id == ticket_id, Interaction.deleted_at.is_(None))
             .order_by(Interaction.happened_at, Interaction.id))
    contacts = pd.DataFrame(session.execute(query).all(), columns=[column.key for column in query.selected_columns])
    return TicketDetails(
        ticket.id, ticket.version, reference(ticket.id, ticket.code), ticket.source, ticket.code, ticket.customer_id, person.name,
        person.code, person.email, ticket.order_id, number, ticket.kind, ticket.topic, ticket.channel, ticket.agent,
        ticket.priority, ticket.status, ticket.subject, ticket.body, ticket.opened_at, ticket.first_answered_at,
        ticket.resolved_at, ticket.reopened_at, ticket.times_reopened, ticket.answer_due_at, ticket.solution_due_at,
        None if ticket.cost_e4 is None else money.from_e4(ticket.cost_e4),
        contacts.assign(happened_at=pd.to_datetime(contacts["happened_at"])))


def orders_to_link(session: Session, customer_id: int, *, limit: int = 25) -> pd.DataFrame:
    """The customer's newest orders: id, number, ordered_at, status, channel, currency, amount, lines."""
    return orders.of_customer(session, customer_id, limit=limit)


def open_ticket(session: Session, *, customer_id: int, subject: str, opened_at: datetime, kind: str = "inquiry",
                priority: str = "normal", body: str | None = None, topic: str | None = None, channel: str | None = None,
                agent: str | None = None, order_id: int | None = None, cost: Decimal | float | None = None) -> int:
    """Enter a ticket and return its id; its deadlines are what is promised now. Raises InvalidInput, and NotFound for a
    customer or an order who is not there."""
    clean = _clean(session, {"customer_id": customer_id, "subject": subject, "opened_at": opened_at, "kind": kind,
                             "priority": priority, "body": body, "topic": topic, "channel": channel, "agent": agent,
                             "order_id": order_id, "cost": cost})
    _check_order(session, clean["order_id"], customer_id)
    ticket = Ticket(**clean)
    ticket.answer_due_at, ticket.solution_due_at = service_policy.deadlines_of(
        session, opened_at=ticket.opened_at, priority=ticket.priority)
    session.add(ticket)
    session.flush()
    audit.record(session, "ticket", ticket.id, "created",
                 {name: (None, getattr(ticket, name)) for name in ("kind", "priority", "subject", "opened_at")})
    return ticket.id


def update(session: Session, ticket_id: int, *, version: int, **changes) -> int:
    """Change the fields given, any of EDITABLE, and return the new version. Another priority or moment of opening brings other
    deadlines, as long as the ticket is not resolved (nor, for the first answer, answered).

    Raises Conflict when `version` is no longer the ticket's, NotFound, InvalidInput; nothing is written then.
    """
    ticket = _existing(session, ticket_id, version=version)
    clean = _clean(session, changes)
    order_id, customer_id = clean.get("order_id", ticket.order_id), clean.get("customer_id", ticket.customer_id)
    if (order_id, customer_id) != (ticket.order_id, ticket.customer_id):
        _check_order(session, order_id, customer_id)
    opened_at = clean.get("opened_at", ticket.opened_at)
    for moment in (ticket.first_answered_at, ticket.resolved_at, ticket.reopened_at):
        if moment is not None and opened_at > moment:
            raise InvalidInput(f"It cannot have been opened after {moment:%Y-%m-%d %H:%M}, when it was answered, resolved or reopened.",
                               field="opened_at")
    noted = {name: (getattr(ticket, name), content) for name, content in clean.items() if getattr(ticket, name) != content}
    for name, (_, content) in noted.items():
        setattr(ticket, name, content)
    if noted.keys() & {"priority", "opened_at"} and ticket.status != "resolved":
        noted |= _promise_again(session, ticket)
    if noted:
        if "customer_id" in noted:  # what was said about it was said by the same customer
            for contact in session.scalars(select(Interaction).where(Interaction.ticket_id == ticket_id).with_for_update()):
                contact.customer_id = customer_id
        _touch(session, ticket, "updated", _readable(noted))
    return ticket.version


def answer(session: Session, ticket_id: int, *, version: int, moment: datetime, text: str | None = None,
           channel: str | None = None, subject: str | None = None, agent: str | None = None) -> int:
    """Record that the customer was answered, with the words that were sent, and return the new version.

    `channel`: None for the ticket's own, or e-mail; `agent`: who answered, kept as the ticket's where it has none. A resolved
    ticket stays resolved. Raises Conflict, NotFound and InvalidInput.
    """
    ticket = _existing(session, ticket_id, version=version)
    moment = _happened(session, ticket, moment)
    before = _state(ticket)
    contact = _contact(ticket, "out", moment, text, channel, subject)
    session.add(contact)
    if ticket.first_answered_at is None or moment < ticket.first_answered_at:
        ticket.first_answered_at = moment
    if ticket.status in ("open", "reopened"):
        ticket.status = "answered"
    if ticket.agent is None:
        ticket.agent = _word(agent, "agent")
    return _touch(session, ticket, "answered", _changed(before, ticket))


def note_reply(session: Session, ticket_id: int, *, version: int, moment: datetime, text: str | None = None,
               channel: str | None = None, subject: str | None = None) -> int:
    """Record what the customer wrote back, and return the new version: an answered ticket waits for the company again, a
    resolved one stays resolved (see `reopen`). Raises Conflict, NotFound and InvalidInput."""
    ticket = _existing(session, ticket_id, version=version)
    moment = _happened(session, ticket, moment)
    before = _state(ticket)
    session.add(_contact(ticket, "in", moment, text, channel, subject))
    if ticket.status == "answered":
        ticket.status = "reopened" if ticket.times_reopened else "open"
    return _touch(session, ticket, "customer_replied", _changed(before, ticket))


def withdraw_contact(session: Session, ticket_id: int, *, version: int, contact_id: int) -> int:
    """Take back an answer or a reply that was recorded by mistake, and return the new version; the ticket stands as if it had
    never been recorded. Raises Conflict, NotFound and InvalidInput."""
    ticket = _existing(session, ticket_id, version=version)
    contact = session.get(Interaction, contact_id, with_for_update=True, populate_existing=True)
    if contact is None or contact.ticket_id != ticket_id or contact.deleted_at is not None:
        raise NotFound("This message is not there any more.")
    before = _state(ticket)
    contact.deleted_at = now()
    contact.version += 1
    session.flush()
    if contact.direction == "out" and ticket.first_answered_at == contact.happened_at:
        ticket.first_answered_at = _first_answer(session, ticket) or ticket.resolved_at
    if ticket.status != "resolved":
        ticket.status = _standing(session, ticket)
    return _touch(session, ticket, "message_withdrawn", _changed(before, ticket))


def resolve(session: Session, ticket_id: int, *, version: int, moment: datetime, cost: Decimal | float | None = None) -> int:
    """Close the ticket and return its new version. Who was never answered is answered by the solution. `cost`: what it cost the
    company, None leaves what is noted. Raises Conflict, NotFound, and InvalidInput for one that is resolved already."""
    ticket = _existing(session, ticket_id, version=version)
    if ticket.status == "resolved":
        raise InvalidInput("This ticket is resolved already.")
    moment = _happened(session, ticket, moment)
    for earlier, what in ((ticket.first_answered_at, "first answered"), (ticket.reopened_at, "reopened")):
        if earlier is not None and moment < earlier:
            raise InvalidInput(f"The ticket was {what} at {earlier:%Y-%m-%d %H:%M}; it cannot have been resolved before.", field="moment")
    before = _state(ticket)
    ticket.status, ticket.resolved_at = "resolved", moment
    ticket.first_answered_at = ticket.first_answered_at or moment
    if cost is not None:
        ticket.cost_e4 = _cost(cost)
    return _touch(session, ticket, "resolved", _changed(before, ticket))


def unresolve(session: Session, ticket_id: int, *, version: int) -> int:
    """Take back a `resolve` that was a slip of the hand, and return the new version: unlike `reopen` it is not counted, and the
    deadlines stay. Raises Conflict, NotFound, and InvalidInput for one that is not resolved."""
    ticket = _existing(session, ticket_id, version=version)
    if ticket.status != "resolved":
        raise InvalidInput("This ticket is not resolved.")
    before = _state(ticket)
    resolved_at, ticket.resolved_at = ticket.resolved_at, None
    if ticket.first_answered_at is not None and ticket.first_answered_at == resolved_at:
        ticket.first_answered_at = _first_answer(session, ticket)  # the solution was the answer
    ticket.status = _standing(session, ticket)
    return _touch(session, ticket, "unresolved", _changed(before, ticket))


def reopen(session: Session, ticket_id: int, *, version: int, moment: datetime, text: str | None = None,
           channel: str | None = None) -> int:
    """The customer came back: the ticket waits again, its solution promised anew from `moment`. Returns the new version.

    `text`: what the customer wrote. Raises Conflict, NotFound, and InvalidInput for one that is not resolved.
    """
    ticket = _existing(session, ticket_id, version=version)
    if ticket.status != "resolved":
        raise InvalidInput("Only a resolved ticket can be reopened; this one is still open.")
    moment = _happened(session, ticket, moment)
    if ticket.resolved_at is not None and moment < ticket.resolved_at:
        raise InvalidInput(f"The ticket was resolved at {ticket.resolved_at:%Y-%m-%d %H:%M}; it cannot have been reopened before.",
                           field="moment")
    before = _state(ticket)
    if (text or "").strip():
        session.add(_contact(ticket, "in", moment, text, channel, None))
    ticket.status, ticket.reopened_at, ticket.resolved_at = "reopened", moment, None
    ticket.times_reopened += 1
    ticket.solution_due_at = service_policy.deadlines_of(
        session, opened_at=ticket.opened_at, priority=ticket.priority, since=moment)[1]
    return _touch(session, ticket, "reopened", _changed(before, ticket))


def delete(session: Session, ticket_id: int, *, version: int) -> None:
    """Hide the ticket from every list and figure; what was said stays with the customer. `restore` brings it back."""
    ticket = _existing(session, ticket_id, version=version)
    ticket.deleted_at = now()
    _touch(session, ticket, "deleted", {})


def restore(session: Session, ticket_id: int) -> None:
    """Bring a deleted ticket back; one that is there stays as it is. Raises NotFound."""
    ticket = session.get(Ticket, ticket_id, with_for_update=True, populate_existing=True)
    if ticket is None:
        raise NotFound("This ticket is not there any more.")
    if ticket.deleted_at is not None:
        ticket.deleted_at = None
        _touch(session, ticket, "restored", {})


def _existing(session: Session, ticket_id: int, *, version: int | None = None) -> Ticket:
    ticket = session.get(Ticket, ticket_id, with_for_update=version is not None, populate_existing=True)
    if ticket is None or ticket.deleted_at is not None:
        raise NotFound("This ticket is not there any more; it may have been deleted in another window.")
    if version is not None and ticket.version != version:
        raise Conflict("Somebody changed this ticket in the meantime, perhaps you in another window. "
                       "Nothing was overwritten; look at the new values and make your change again.")
    return ticket


def _touch(session: Session, ticket: Ticket, action: str, noted: dict) -> int:
    ticket.version += 1
    ticket.updated_at = now()
    audit.record(session, "ticket", ticket.id, action, noted)
    return ticket.version


_STATE = ("status", "first_answered_at", "resolved_at", "reopened_at", "times_reopened", "solution_due_at", "agent", "cost_e4")


def _state(ticket: Ticket) -> dict:
    return {name: getattr(ticket, name) for name in _STATE}


def _changed(before: dict, ticket: Ticket) -> dict:
    return _readable({name: (old, getattr(ticket, name)) for name, old in before.items() if old != getattr(ticket, name)})


def _readable(noted: dict) -> dict:
    """As the audit keeps it: money in the currency; of a text, what customers wrote, only that it changed."""
    plain = {name: pair for name, pair in noted.items() if name not in ("cost_e4", "body")}
    if "cost_e4" in noted:
        plain["cost"] = tuple(None if units is None else money.from_e4(units) for units in noted["cost_e4"])
    if "body" in noted:
        plain["body_characters"] = tuple(len(text or "") for text in noted["body"])
    return plain


def _promise_again(session: Session, ticket: Ticket) -> dict:
    answer_due, solution_due = service_policy.deadlines_of(session, opened_at=ticket.opened_at, priority=ticket.priority,
                                                           since=ticket.reopened_at)
    wanted = {"solution_due_at": solution_due} | ({"answer_due_at": answer_due} if ticket.first_answered_at is None else {})
    noted = {name: (getattr(ticket, name), moment) for name, moment in wanted.items() if getattr(ticket, name) != moment}
    for name, moment in wanted.items():
        setattr(ticket, name, moment)
    return noted


def _first_answer(session: Session, ticket: Ticket) -> datetime | None:
    return session.scalar(select(func.min(Interaction.happened_at)).where(
        Interaction.ticket_id == ticket.id, Interaction.direction == "out", Interaction.deleted_at.is_(None)))


def _standing(session: Session, ticket: Ticket) -> str:
    """The state of a ticket that is not resolved: who spoke last decides who is waited for."""
    since = [] if ticket.reopened_at is None else [Interaction.happened_at >= ticket.reopened_at]
    last = session.scalar(select(Interaction.direction).where(
        Interaction.ticket_id == ticket.id, Interaction.deleted_at.is_(None), *since)
        .order_by(Interaction.happened_at.desc(), Interaction.id.desc()).limit(1))
    if last == "out" or (last is None and ticket.first_answered_at is not None and not since):
        return "answered"  # an imported ticket may be answered without any message on record
    return "reopened" if ticket.times_reopened else "open"


def _contact(ticket: Ticket, direction: str, moment: datetime, text: str | None, channel: str | None,
             subject: str | None) -> Interaction:
    return Interaction(
        customer_id=ticket.customer_id, ticket_id=ticket.id, direction=direction, happened_at=moment,
        channel=_one_of(channel, CONTACT_CHANNELS, "channel") or ticket.channel or "email",
        subject=_text(subject, SUBJECT_LIMIT, "subject") or ticket.subject, body=_text(text, TEXT_LIMIT, "text"))


def _happened(session: Session, ticket: Ticket, moment: datetime) -> datetime:
    moment = _moment(session, moment, "moment")
    if moment < ticket.opened_at:
        raise InvalidInput(f"The ticket was opened at {ticket.opened_at:%Y-%m-%d %H:%M}; nothing can have happened to it before.",
                           field="moment")
    return moment


def _clean(session: Session, given: dict) -> dict:
    unknown = set(given) - set(EDITABLE)
    if unknown:
        raise InvalidInput(f"Tickets have no field named {', '.join(sorted(unknown))} that can be changed.")
    clean = {}
    for name, content in given.items():
        if name == "customer_id":
            clean[name] = _customer(session, content)
        elif name == "cost":
            clean["cost_e4"] = _cost(content)
        elif name == "opened_at":
            clean[name] = _moment(session, content, name)
        elif name in _CHOICES:
            clean[name] = _one_of(content, _CHOICES[name], name)
            if clean[name] is None and name != "channel":
                raise InvalidInput(f"Choose one of {', '.join(_CHOICES[name])}.", field=name)
        elif name in ("topic", "agent"):
            clean[name] = _word(content, name)
        elif name == "order_id":
            clean[name] = content
        else:
            clean[name] = _text(content, SUBJECT_LIMIT if name == "subject" else TEXT_LIMIT, name)
    if "subject" in clean:
        clean["subject"] = " ".join((clean["subject"] or "").split())
        if not clean["subject"]:
            raise InvalidInput("Say in a few words what the ticket is about.", field="subject")
    return clean


_CHOICES = {"kind": TICKET_KINDS, "priority": PRIORITIES, "channel": CONTACT_CHANNELS}


def _customer(session: Session, customer_id: int) -> int:
    if session.scalar(select(Customer.id).where(Customer.id == customer_id, Customer.deleted_at.is_(None))) is None:
        raise NotFound("This customer is not there any more; it may have been merged or deleted in another window.")
    return customer_id


def _check_order(session: Session, order_id: int | None, customer_id: int) -> None:
    if order_id is None:
        return
    order = session.execute(select(Order.number, Order.customer_id).where(Order.id == order_id, Order.deleted_at.is_(None))).one_or_none()
    if order is None:
        raise NotFound("This order is not there any more; choose another one.")
    if order.customer_id not in (None, customer_id):
        raise InvalidInput(f"The order {order.number} belongs to another customer; choose one of this customer's.", field="order_id")


def _moment(session: Session, moment: datetime, field: str) -> datetime:
    if moment is None:
        raise InvalidInput("Say when it was.", field=field)
    moment = moment.replace(tzinfo=None)
    latest = service_policy.local_now(session) + CLOCKS_DIFFER
    if not EARLIEST <= moment <= latest:
        raise InvalidInput(f"{moment:%Y-%m-%d %H:%M} cannot be right; choose a moment that is not ahead, from {EARLIEST.year} on.",
                           field=field)
    return moment


def _cost(amount: Decimal | float | None) -> int | None:
    if amount is None:
        return None
    units = money.to_e4(amount)
    if units < 0:
        raise InvalidInput("What a ticket cost cannot be below 0.", field="cost")
    return units


def _one_of(content: str | None, words: tuple[str, ...], field: str) -> str | None:
    if content is not None and content not in words:
        raise InvalidInput(f"“{content}” is no {field} of a ticket; choose one of {', '.join(words)}.", field=field)
    return content


def _word(content: str | None, field: str) -> str | None:
    clean = " ".join(_CONTROL.sub("", content or "").split())
    if len(clean) > WORD_LIMIT:
        raise InvalidInput(f"The {field} is {len(clean)} characters long; at most {WORD_LIMIT} are allowed.", field=field)
    return clean or None


def _text(content: str | None, limit: int, field: str) -> str | None:
    clean = _CONTROL.sub("", content or "").strip()
    if len(clean) > limit:
        raise InvalidInput(f"This is {len(clean):,} characters long; at most {limit:,} are allowed.", field=field)
    return clean or None
