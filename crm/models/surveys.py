"""How happy did customers say they are?"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Moment, now, one_of

METRICS = ("csat", "nps", "ces", "likert")


class SurveyAnswer(Base):
    """One answer to one item; `score` is empty for "not applicable", which is no score."""

    __tablename__ = "survey_answers"
    __table_args__ = (
        one_of("metric", METRICS),
        CheckConstraint("scale_min < scale_max", name="scale"),
        CheckConstraint("score is null or (score >= scale_min and score <= scale_max)", name="score"),
        Index("ix_survey_answers_customer_id", "customer_id", "answered_at"),
        # What refers to a record is looked up when the record is deleted; most answers belong to no ticket.
        Index("ix_survey_answers_ticket_id", "ticket_id", sqlite_where=text("ticket_id is not null"),
              postgresql_where=text("ticket_id is not null")),
        Index("ix_survey_answers_product_id", "product_id", sqlite_where=text("product_id is not null"),
              postgresql_where=text("product_id is not null")),
        Index("ix_survey_answers_metric", "metric", "answered_at"),
        {"info": {"group": "surveys"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"))  # what is judged, where it is a product
    source: Mapped[str] = mapped_column(Text, default="manual", server_default="manual")
    response_code: Mapped[str | None] = mapped_column(Text)  # the source's own number of the filled-in form
    metric: Mapped[str] = mapped_column(Text)
    item: Mapped[str] = mapped_column(Text)
    score: Mapped[float | None]
    scale_min: Mapped[float]
    scale_max: Mapped[float]
    comment: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
