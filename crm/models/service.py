"""What was said, asked and complained about, and how soon was it answered?"""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Edited, one_of

CONTACT_CHANNELS = ("email", "phone", "chat", "visit", "letter", "social", "other")
DIRECTIONS = ("in", "out")
TICKET_KINDS = ("inquiry", "complaint", "service_request")
PRIORITIES = ("low", "normal", "high")
TICKET_STATUSES = ("open", "answered", "resolved", "reopened")
# What is due next of a ticket that is not resolved: its first answer, else its solution; without a promise it comes last. Lists are
# sorted by the same words, so that the database finds the index. Its lines are broken where PostgreSQL breaks them when it is
# asked for its index: Alembic compares the two letter by letter.
NEXT_DUE = """coalesce(
case
    when first_answered_at is null then answer_due_at
    else null
end, solution_due_at, '9999-12-31 00:00:00')"""


class Interaction(Edited, Base):
    __tablename__ = "interactions"
    __table_args__ = (
        one_of("channel", CONTACT_CHANNELS),
        one_of("direction", DIRECTIONS),
        Index("ix_interactions_customer_id", "customer_id", "happened_at"),
        Index("ix_interactions_known", "source", "code"),
        Index("ix_interactions_ticket_id", "ticket_id", sqlite_where=text("ticket_id is not null"),
              postgresql_where=text("ticket_id is not null")),
        {"info": {"group": "service"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text, default="manual", server_default="manual")
    code: Mapped[str | None] = mapped_column(Text)  # the source's own number of it
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))  # what it is about, where that is a ticket
    channel: Mapped[str] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    happened_at: Mapped[datetime]
    custom_fields: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class Ticket(Edited, Base):
    __tablename__ = "tickets"
    __table_args__ = (
        one_of("kind", TICKET_KINDS),
        one_of("priority", PRIORITIES),
        one_of("status", TICKET_STATUSES),
        CheckConstraint("first_answered_at is null or first_answered_at >= opened_at", name="answered_after_opened"),
        CheckConstraint("resolved_at is null or resolved_at >= opened_at", name="resolved_after_opened"),
        Index("ix_tickets_customer_id", "customer_id", "opened_at"),
        # A million tickets are listed and counted within milliseconds: the columns that lists are narrowed by lie in the index.
        Index("ix_tickets_by_status", "deleted_at", "status", "opened_at", "id", "kind", "priority", "agent", "topic"),
        Index("ix_tickets_by_opened", "deleted_at", "opened_at", "id", "status", "kind", "priority", "agent", "topic"),
        Index("ix_tickets_by_resolved", "deleted_at", "resolved_at", "id"),
        Index("ix_tickets_by_due", "deleted_at", text(NEXT_DUE), "id", "status", "kind", "priority", "agent", "topic",
              sqlite_where=text("status <> 'resolved'"), postgresql_where=text("status <> 'resolved'")),
        Index("ix_tickets_known", "source", "code"),
        Index("ix_tickets_order_id", "order_id"),
        {"info": {"group": "service"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text, default="manual", server_default="manual")
    code: Mapped[str | None] = mapped_column(Text)  # the source's own number of it
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[str] = mapped_column(Text)
    topic: Mapped[str | None] = mapped_column(Text)  # the owner's own word for what it is about
    channel: Mapped[str | None] = mapped_column(Text)  # how it came in, one of CONTACT_CHANNELS
    agent: Mapped[str | None] = mapped_column(Text)  # who works on it
    priority: Mapped[str] = mapped_column(Text, default="normal", server_default="normal")
    status: Mapped[str] = mapped_column(Text, default="open", server_default="open")
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime]
    first_answered_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    reopened_at: Mapped[datetime | None]  # the last time
    times_reopened: Mapped[int] = mapped_column(default=0, server_default="0")
    # Promised when it was opened, by priority and opening hours; None: nothing was promised.
    answer_due_at: Mapped[datetime | None]
    solution_due_at: Mapped[datetime | None]
    cost_e4: Mapped[int | None] = mapped_column(BigInteger)  # what it cost the company, as far as the owner noted it
    custom_fields: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class CannedAnswer(Edited, Base):
    """A text that is sent again and again; {customer}, {ticket} and {order} stand for what they name."""

    __tablename__ = "canned_answers"
    __table_args__ = (CheckConstraint("kind is null or kind in ('inquiry', 'complaint', 'service_request')", name="kind"),
                      {"info": {"group": "service"}})

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)  # of tickets that it is for; None: all
