"""What does the workspace remember about itself: settings, revisions, imports, changes, saved scores?"""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Moment, now, one_of

BATCH_STATUSES = ("imported", "undone")


class Setting(Base):
    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    content: Mapped[dict | list | str | int | float | bool | None] = mapped_column(JSON)


class Revision(Base):
    """How often a group of tables has changed; `stamp` is new each time, so that a restored backup is no old friend."""

    __tablename__ = "revisions"

    table_group: Mapped[str] = mapped_column(Text, primary_key=True)
    revision: Mapped[int] = mapped_column(default=0)
    stamp: Mapped[str] = mapped_column(Text, default="")


class ImportBatch(Base):
    __tablename__ = "import_batches"
    __table_args__ = (one_of("status", BATCH_STATUSES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default="imported", server_default="imported")
    lines_read: Mapped[int]
    lines_imported: Mapped[int]
    lines_duplicate: Mapped[int]
    lines_rejected: Mapped[int]
    details: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class AuditEntry(Base):
    """Who changed what from what to what: `changes` is {field: [old, new]}."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_entity", "entity", "entity_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(Text)
    entity_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(Text)
    changes: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    happened_at: Mapped[datetime] = mapped_column(Moment, default=now)


class ScoreRun(Base):
    """One saved result of an analysis; the newest of an analysis is the one that counts."""

    __tablename__ = "score_runs"
    __table_args__ = (Index("ix_score_runs_analysis", "analysis", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    analysis: Mapped[str] = mapped_column(Text)
    as_of: Mapped[date]
    parameters: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    quality: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class CustomerScore(Base):
    """One saved figure or word about a customer, of one run."""

    __tablename__ = "customer_scores"
    __table_args__ = (
        Index("ix_customer_scores_customer_id", "customer_id", "run_id"),
        Index("ix_customer_scores_run_id", "run_id", "customer_id", "label"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("score_runs.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    label: Mapped[str | None] = mapped_column(Text)  # segment
    number: Mapped[float | None]  # probability, recommendation score
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"))
    position: Mapped[int | None]  # rank of a recommendation, from 1
