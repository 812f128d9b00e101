"""What was offered to whom, and what was not wanted?"""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Edited, one_of

OFFER_QUESTIONS = ("new", "repeat")  # something the customer never bought, or something to buy again
OFFER_DECISIONS = ("accepted", "dismissed")  # it is going to be offered; it is not for this customer


class OfferDecision(Edited, Base):
    """What the owner decided about one product for one customer; taken back, it is deleted.

    The latest one counts: a merge of two customers may leave both with one about the same product.
    """

    __tablename__ = "offer_decisions"
    __table_args__ = (
        one_of("question", OFFER_QUESTIONS), one_of("decision", OFFER_DECISIONS),
        CheckConstraint("chance is null or (chance >= 0 and chance <= 1)", name="chance"),
        Index("ix_offer_decisions_customer_id", "customer_id", "product_id"),
        Index("ix_offer_decisions_product_id", "product_id"),
        Index("ix_offer_decisions_task_id", "task_id", sqlite_where=text("task_id is not null"),
              postgresql_where=text("task_id is not null")),
        {"info": {"group": "work"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    question: Mapped[str] = mapped_column(Text)  # of OFFER_QUESTIONS
    decision: Mapped[str] = mapped_column(Text)  # of OFFER_DECISIONS
    decided_on: Mapped[date]  # the last day that counted then; a purchase after it came after the offer
    method: Mapped[str | None] = mapped_column(Text)  # of crm.analytics.recommendations, None: chosen by hand
    chance: Mapped[float | None]  # 0..1 that the next order holds it, as it was expected then
    expected_e4: Mapped[int | None] = mapped_column(BigInteger)  # money that it was expected to bring
    task_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id"))  # what was to be done about it
