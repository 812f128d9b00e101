"""What was said, asked and complained about, and how soon was it answered?"""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Edited, one_of

CONTACT_CHANNELS = ("email", "phone", "chat", "visit", "letter", "social", "other")
DIRECTIONS = ("in", "out")
TICKET_KINDS = ("inquiry", "complaint", "service_request")
PRIORITIES = ("low", "normal", "high")
TICKET_STATUSES = ("open", "answered", "resolved", "reopened")


class Interaction(Edited, Base):
    __tablename__ = "interactions"
    __table_args__ = (
        one_of("channel", CONTACT_CHANNELS),
        one_of("direction", DIRECTIONS),
        Index("ix_interactions_customer_id", "customer_id", "happened_at"),
        Index("ix_interactions_known", "source", "code"),
        {"info": {"group": "service"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text, default="manual", server_default="manual")
    code: Mapped[str | None] = mapped_column(Text)  # the source's own number of it
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
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
        Index("ix_tickets_status", "status", "opened_at"),
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
    priority: Mapped[str] = mapped_column(Text, default="normal", server_default="normal")
    status: Mapped[str] = mapped_column(Text, default="open", server_default="open")
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime]
    first_answered_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    custom_fields: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
