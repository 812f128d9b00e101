"""What are payments, deals, tickets and interactions made of, and what makes two of them the same?"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Table

from crm.imports.records.values import Values
from crm.models import Deal, Interaction, Payment, Ticket


@dataclass(frozen=True)
class Event:
    """One kind of events. `code`: our field of the source's number; `columns`: {our field: column}; `alike`: what makes
    two without a number the same, beside the customer; `defaults`: what a new one has where the file says nothing.

    `owner`, `detail`: columns by which several with one number are told apart: those that always belong to it, and
    those that may be corrected where there is only one.
    """

    table: Table
    code: str
    columns: Mapping[str, str]
    alike: tuple[str, ...]
    defaults: Mapping[str, object]
    owner: tuple[str, ...] = ()
    detail: tuple[str, ...] = ()


EVENTS = {
    "payments": Event(
        Payment.__table__,
        "payment_code",
        {
            "paid_on": "paid_on",
            "due_on": "due_on",
            "amount": "amount_e4",
            "currency": "currency",
            "method": "method",
            "note": "note",
        },
        ("paid_on", "amount_e4", "method"),
        {},
        # A number may come again with another customer, and with another amount: a part payment, money sent back.
        owner=("customer_id",),
        detail=("paid_on", "amount_e4"),
    ),
    "deals": Event(
        Deal.__table__,
        "deal_code",
        {
            "title": "title",
            "stage": "stage",
            "amount": "amount_e4",
            "probability": "probability",
            "opened_on": "opened_on",
            "expected_on": "expected_on",
            "closed_on": "closed_on",
            "lost_reason": "lost_reason",
        },
        ("title", "opened_on", "amount_e4"),
        {},
    ),
    "tickets": Event(
        Ticket.__table__,
        "ticket_code",
        {
            "ticket_kind": "kind",
            "priority": "priority",
            "status": "status",
            "topic": "topic",
            "channel": "channel",
            "agent": "agent",
            "subject": "subject",
            "body": "body",
            "opened_at": "opened_at",
            "first_answered_at": "first_answered_at",
            "resolved_at": "resolved_at",
            "reopened_at": "reopened_at",
            "times_reopened": "times_reopened",
            "answer_due_at": "answer_due_at",
            "solution_due_at": "solution_due_at",
            "cost": "cost_e4",
        },
        ("opened_at", "subject", "body"),
        {"kind": "inquiry", "priority": "normal", "status": "open", "times_reopened": 0},
    ),
    "interactions": Event(
        Interaction.__table__,
        "interaction_code",
        {
            "channel": "channel",
            "direction": "direction",
            "subject": "subject",
            "body": "body",
            "happened_at": "happened_at",
        },
        # Several messages of one conversation have its number.
        ("happened_at", "subject", "body"),
        {"channel": "other", "direction": "in"},
        detail=("happened_at",),
    ),
}


@dataclass
class Lines:
    """The lines of a file of events: what each says of its record, and why some are refused in view of the records."""

    columns: dict[str, Values]
    custom: dict[str, Values]
    code: Values
    refused: np.ndarray
