"""How happy did customers say they are, what were they asked, and who was asked?"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Edited, Moment, now, one_of

METRICS = ("csat", "nps", "ces", "likert")
QUESTION_KINDS = (*METRICS, "comment")
SURVEY_STATUSES = ("draft", "open", "closed")


class Survey(Edited, Base):
    """A form that customers fill in. What was answered keeps its own words and scales: see SurveyAnswer."""

    __tablename__ = "surveys"
    __table_args__ = (one_of("status", SURVEY_STATUSES), CheckConstraint("valid_days > 0", name="valid_days"),
                      {"info": {"group": "surveys"}})

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)  # the owner's word for it
    title: Mapped[str] = mapped_column(Text)  # what the customer reads at the top
    intro: Mapped[str | None] = mapped_column(Text)
    thanks: Mapped[str | None] = mapped_column(Text)  # shown when it is sent
    status: Mapped[str] = mapped_column(Text, default="draft", server_default="draft")
    after_tickets: Mapped[bool] = mapped_column(default=False, server_default=false())  # offered when a ticket is closed
    valid_days: Mapped[int] = mapped_column(default=30, server_default="30")  # how long a personal link can be used


class SurveyQuestion(Base):
    """One question; a comment has no scale."""

    __tablename__ = "survey_questions"
    __table_args__ = (
        one_of("kind", QUESTION_KINDS),
        CheckConstraint("kind = 'comment' or scale_min is not null", name="scale_where_scored"),
        CheckConstraint("(scale_min is null) = (scale_max is null)", name="scale_whole"),
        CheckConstraint("scale_min is null or scale_min < scale_max", name="scale"),
        Index("ix_survey_questions_survey_id", "survey_id", "position"),
        {"info": {"group": "surveys"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id", ondelete="CASCADE"))
    position: Mapped[int]  # from 1
    kind: Mapped[str] = mapped_column(Text)
    item: Mapped[str] = mapped_column(Text)  # its words
    scale_min: Mapped[float | None]
    scale_max: Mapped[float | None]
    low_label: Mapped[str | None] = mapped_column(Text)  # what the ends of the scale mean
    high_label: Mapped[str | None] = mapped_column(Text)
    is_required: Mapped[bool] = mapped_column(default=True, server_default=true())
    may_not_apply: Mapped[bool] = mapped_column(default=False, server_default=false())  # "does not apply to me" is offered


class SurveyInvitation(Edited, Base):
    """One customer asked once. The link's secret is not kept, only its SHA-256: nobody who reads the database can answer."""

    __tablename__ = "survey_invitations"
    __table_args__ = (
        CheckConstraint("answered_at is null or answered_at >= invited_at", name="answered_after_invited"),
        CheckConstraint("seconds_taken is null or seconds_taken >= 0", name="seconds_taken"),
        Index("ix_survey_invitations_survey_id", "survey_id", "invited_at"),
        Index("ix_survey_invitations_customer_id", "customer_id", "invited_at"),
        Index("ix_survey_invitations_ticket_id", "ticket_id", sqlite_where=text("ticket_id is not null"),
              postgresql_where=text("ticket_id is not null")),
        Index("ix_survey_invitations_secret", "secret_sha256", unique=True, sqlite_where=text("secret_sha256 is not null"),
              postgresql_where=text("secret_sha256 is not null")),
        {"info": {"group": "surveys"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    secret_sha256: Mapped[str | None] = mapped_column(Text)  # None: asked without a link
    invited_at: Mapped[datetime]
    expires_on: Mapped[date | None]  # the last day on which the link can be used
    answered_at: Mapped[datetime | None]
    seconds_taken: Mapped[float | None]  # from seeing the form to sending it


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
        Index("ix_survey_answers_survey_id", "survey_id", sqlite_where=text("survey_id is not null"),
              postgresql_where=text("survey_id is not null")),
        Index("ix_survey_answers_invitation_id", "invitation_id", sqlite_where=text("invitation_id is not null"),
              postgresql_where=text("invitation_id is not null")),
        Index("ix_survey_answers_metric", "metric", "answered_at"),
        {"info": {"group": "surveys"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"))  # what is judged, where it is a product
    survey_id: Mapped[int | None] = mapped_column(ForeignKey("surveys.id"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("survey_invitations.id"))
    source: Mapped[str] = mapped_column(Text, default="manual", server_default="manual")
    response_code: Mapped[str | None] = mapped_column(Text)  # the source's own number of the filled-in form
    metric: Mapped[str] = mapped_column(Text)
    item: Mapped[str] = mapped_column(Text)
    score: Mapped[float | None]
    scale_min: Mapped[float]
    scale_max: Mapped[float]
    comment: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime]
    seconds_taken: Mapped[float | None]  # of the whole form, on each of its answers
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
