"""What is to be done, what may be won, and whom did a campaign reach?"""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Edited, Moment, now, one_of
from crm.models.service import CONTACT_CHANNELS

DEAL_STAGES = ("prospecting", "engaging", "offered", "won", "lost")
CAMPAIGN_STATUSES = ("draft", "running", "finished")


class Deal(Edited, Base):
    __tablename__ = "deals"
    __table_args__ = (
        one_of("stage", DEAL_STAGES),
        CheckConstraint("probability is null or (probability >= 0 and probability <= 1)", name="probability"),
        Index("ix_deals_customer_id", "customer_id"),
        Index("ix_deals_stage", "stage", "expected_on"),
        Index("ix_deals_known", "source", "code"),
        Index("ix_deals_product_id", "product_id"),
        {"info": {"group": "work"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text, default="manual", server_default="manual")
    code: Mapped[str | None] = mapped_column(Text)  # the source's own number of it
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"))
    title: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(Text, default="prospecting", server_default="prospecting")
    amount_e4: Mapped[int | None] = mapped_column(BigInteger)
    probability: Mapped[float | None]
    opened_on: Mapped[date | None]
    expected_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    lost_reason: Mapped[str | None] = mapped_column(Text)
    custom_fields: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class Campaign(Edited, Base):
    __tablename__ = "campaigns"
    __table_args__ = (
        one_of("channel", CONTACT_CHANNELS), one_of("status", CAMPAIGN_STATUSES),
        Index("ix_campaigns_origin", "origin", "started_on"), {"info": {"group": "work"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, default="draft", server_default="draft")
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    cost_e4: Mapped[int | None] = mapped_column(BigInteger)
    import_batch_id: Mapped[int | None]
    # Of a contact round, a campaign that an analysis proposed; see crm.services.contact_rounds.
    origin: Mapped[str | None] = mapped_column(Text)  # that analysis, "leaving"
    as_of: Mapped[date | None]  # the last day that counted when its customers were chosen
    horizon_days: Mapped[int | None]  # how long it is waited for an order before the effect is measured
    contact_cost_e4: Mapped[int | None] = mapped_column(BigInteger)  # of one contact
    success_rate: Mapped[float | None]  # 0..1 of the leavers, as the owner expected
    holdout_share: Mapped[float | None]  # 0..0.5, as the owner wished
    model_id: Mapped[int | None] = mapped_column(ForeignKey("trained_models.id"))  # the kept model that gave the chances


class CampaignMember(Base):
    __tablename__ = "campaign_members"
    __table_args__ = (Index("ix_campaign_members_customer_id", "customer_id"), {"info": {"group": "work"}})

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    is_holdout: Mapped[bool] = mapped_column(default=False, server_default=false())
    sent_at: Mapped[datetime | None]
    responded_at: Mapped[datetime | None]
    has_responded: Mapped[bool | None]  # None: not known; some results say yes or no without a day
    import_batch_id: Mapped[int | None]
    probability: Mapped[float | None]  # the chance that was expected when the round began
    value_e4: Mapped[int | None] = mapped_column(BigInteger)  # what keeping the customer is worth, as it was expected then


class Task(Edited, Base):
    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_due_on", "done_at", "due_on"),
        Index("ix_tasks_customer_id", "customer_id"),
        Index("ix_tasks_deal_id", "deal_id"),
        Index("ix_tasks_campaign_id", "campaign_id"),
        {"info": {"group": "work"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deals.id"))
    title: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    due_on: Mapped[date | None]
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    origin: Mapped[str | None] = mapped_column(Text)  # the analysis that proposed it
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"))  # the contact round that it belongs to


class Submission(Base):
    """A form's one-use token: a double click sends it twice, and the second time is refused."""

    __tablename__ = "submissions"

    token: Mapped[str] = mapped_column(Text, primary_key=True)
    submitted_at: Mapped[datetime] = mapped_column(Moment, default=now)
