"""Which groups of customers did the owner name and keep?"""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Edited, Moment, one_of

SEGMENT_KINDS = ("rule", "snapshot")


class Segment(Edited, Base):
    """A saved group: a rule is evaluated anew whenever it is used, a snapshot keeps the members that it was given."""

    __tablename__ = "segments"
    __table_args__ = (
        one_of("kind", SEGMENT_KINDS),
        # What was deleted gives its name free.
        Index("ix_segments_name", "name", unique=True, sqlite_where=text("deleted_at is null"),
              postgresql_where=text("deleted_at is null")),
        {"info": {"group": "work"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    definition: Mapped[dict] = mapped_column(JSON)  # of crm.services.segment_definitions
    as_of: Mapped[date]  # the day on which a snapshot's members, or what a rule gave at first, were looked at
    taken_at: Mapped[datetime | None] = mapped_column(Moment)  # when a snapshot got its present members


class SegmentMember(Base):
    """A customer of a snapshot."""

    __tablename__ = "segment_members"
    __table_args__ = (Index("ix_segment_members_customer_id", "customer_id"), {"info": {"group": "work"}})

    segment_id: Mapped[int] = mapped_column(ForeignKey("segments.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True)
