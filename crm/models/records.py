"""What does the workspace remember about itself: settings, revisions, imports, changes, saved scores?"""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Moment, now, one_of

BATCH_STATUSES = ("imported", "undone")
CORRECTION_KINDS = ("merge", "fix")
CORRECTION_STATUSES = ("done", "undone")
ON_KNOWN = ("fill", "overwrite", "skip")  # what an import does with a record that is there already


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
    kind: Mapped[str] = mapped_column(Text, default="order_lines", server_default="order_lines")  # of crm.imports.KINDS
    status: Mapped[str] = mapped_column(Text, default="imported", server_default="imported")
    lines_read: Mapped[int]
    lines_imported: Mapped[int]
    lines_duplicate: Mapped[int]
    lines_rejected: Mapped[int]
    details: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)


class Correction(Base):
    """A merge of doubles or a fix of many values, which can be taken back: what it changed is in `record_changes`."""

    __tablename__ = "corrections"
    __table_args__ = (one_of("kind", CORRECTION_KINDS), one_of("status", CORRECTION_STATUSES))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default="done", server_default="done")
    details: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)


class RecordChange(Base):
    """What an import or a correction changed of one record: `before` and `after` hold the changed columns alone."""

    __tablename__ = "record_changes"
    __table_args__ = (Index("ix_record_changes_record_id", "table_name", "record_id"),)  # what happened to one record

    id: Mapped[int] = mapped_column(primary_key=True)
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"), index=True)
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("corrections.id"), index=True)
    table_name: Mapped[str] = mapped_column(Text)
    record_id: Mapped[int]
    before: Mapped[dict] = mapped_column(JSON)
    after: Mapped[dict] = mapped_column(JSON)


class ImportShape(Base):
    """How files with these columns are brought in: remembered from the last time, proposed the next."""

    __tablename__ = "import_shapes"

    fingerprint: Mapped[str] = mapped_column(Text, primary_key=True)  # of the columns' names
    kind: Mapped[str] = mapped_column(Text)
    choices: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")  # mapping, constants, format, source
    used_at: Mapped[datetime] = mapped_column(Moment, default=now)


class Connection(Base):
    """A table or a query of another database that is read again and again; its password stays in secrets.toml."""

    __tablename__ = "connections"
    __table_args__ = (one_of("on_known", ON_KNOWN),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    database: Mapped[str] = mapped_column(Text)  # a name of [connections] in secrets.toml, or a SQLite file's path
    table_name: Mapped[str | None] = mapped_column(Text)  # either this
    query: Mapped[str | None] = mapped_column(Text)  # or this
    kind: Mapped[str] = mapped_column(Text)
    choices: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")  # mapping, constants, format
    source: Mapped[str] = mapped_column(Text)
    on_known: Mapped[str] = mapped_column(Text, default="overwrite", server_default="overwrite")
    synced_at: Mapped[datetime | None] = mapped_column(Moment)
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
        Index("ix_customer_scores_product_id", "product_id", sqlite_where=text("product_id is not null"),
              postgresql_where=text("product_id is not null")),
        Index("ix_customer_scores_run_id", "run_id", "customer_id", "label"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("score_runs.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    label: Mapped[str | None] = mapped_column(Text)  # segment
    number: Mapped[float | None]  # probability, recommendation score
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"))
    position: Mapped[int | None]  # rank of a recommendation, from 1
