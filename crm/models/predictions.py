"""Which models did the owner train, name and keep, and which of them is the one in use?"""

from datetime import date

from sqlalchemy import JSON, Index, LargeBinary, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Edited

# What a kept model foretells. No check in the database: a further purpose needs no migration.
PURPOSES = ("leaving", "ending", "given", "buying")


class TrainedModel(Edited, Base):
    """A model as it was trained on one day; scores are made with the promoted one of a purpose.

    The table is in no group: keeping or promoting a model makes no analysis stale. Whoever asks for an answer that a model
    gives names the model's id as a parameter, and a new model is a new question.
    """

    __tablename__ = "trained_models"
    __table_args__ = (
        # What was deleted gives its name free.
        Index("ix_trained_models_name", "name", unique=True, sqlite_where=text("deleted_at is null"),
              postgresql_where=text("deleted_at is null")),
        # Two models in use for one purpose would be two answers to one question.
        Index("ix_trained_models_promoted", "purpose", unique=True, sqlite_where=text("is_promoted and deleted_at is null"),
              postgresql_where=text("is_promoted and deleted_at is null")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)  # of PURPOSES
    method: Mapped[str] = mapped_column(Text)  # of crm.analytics.prediction
    horizon_days: Mapped[int | None]  # how far it looks ahead; none where a label has no days
    as_of: Mapped[date]  # the last day that counted when it was trained
    parameters: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    quality: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")  # on the later time of its test
    about: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")  # columns, rows, cutoffs it learned from
    versions: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")  # of the libraries that made it
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)  # lists of models do without these megabytes
    is_promoted: Mapped[bool] = mapped_column(default=False, server_default=false())
