"""Who are the customers, how can they be reached, and who brought whom?"""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Edited, Moment, now, one_of

CUSTOMER_KINDS = ("person", "company")
STAGES = ("lead", "prospect", "customer", "former")


class Customer(Edited, Base):
    __tablename__ = "customers"
    __table_args__ = (
        one_of("kind", CUSTOMER_KINDS),
        one_of("stage", STAGES),
        CheckConstraint("birth_year is null or birth_year between 1850 and 2200", name="birth_year"),
        # The casefolded name first; whole texts would not fit PostgreSQL's index pages.
        Index("ix_customers_by_name", "deleted_at", text("substr(search_text, 1, 100)"), "id"),
        {"info": {"group": "customers"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text, default="person", server_default="person")
    name: Mapped[str] = mapped_column(Text)
    company: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    postal_code: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    channel: Mapped[str | None] = mapped_column(Text)  # how the customer was won
    stage: Mapped[str] = mapped_column(Text, default="customer", server_default="customer")
    since_on: Mapped[date | None]
    birth_year: Mapped[int | None] = mapped_column(SmallInteger)
    gender: Mapped[str | None] = mapped_column(Text)
    yearly_income_e4: Mapped[int | None] = mapped_column(BigInteger)
    education: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    custom_fields: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    email_consent: Mapped[bool | None]  # None: never asked
    email_consent_at: Mapped[datetime | None] = mapped_column(Moment)
    # Casefolded by Python, for the database folds ASCII only; holds name, company, e-mail, code and phone digits.
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class CustomerTag(Base):
    __tablename__ = "customer_tags"
    __table_args__ = ({"info": {"group": "customers"}},)

    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(Text, primary_key=True, index=True)


class Referral(Base):
    """One customer brought another; nobody is brought twice, nor by himself."""

    __tablename__ = "referrals"
    __table_args__ = (
        UniqueConstraint("referred_id"),
        CheckConstraint("referrer_id <> referred_id", name="not_oneself"),
        Index("ix_referrals_referrer_id", "referrer_id"),
        {"info": {"group": "customers"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    referrer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    referred_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    referred_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(Moment, default=now)


class NotDuplicate(Base):
    """Two customers that look alike and are not the same, by the owner's word; the lower id first."""

    __tablename__ = "not_duplicates"
    __table_args__ = (
        CheckConstraint("first_id < second_id", name="order"),
        Index("ix_not_duplicates_second_id", "second_id"),
    )

    first_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True)
    second_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True)
    decided_at: Mapped[datetime] = mapped_column(Moment, default=now)
