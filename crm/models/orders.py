"""What was ordered, by whom, when, what did it come to, and was it paid?"""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Edited, one_of

ORDER_STATUSES = ("open", "completed", "cancelled")
LINE_KINDS = ("sale", "return", "cancellation", "fee", "adjustment")


class Order(Edited, Base):
    """One order; known by source, number and customer together, for order numbers alone repeat in real files.

    `net_amount_e4` and `charged_amount_e4` are sums of its lines, written with them in the same transaction, so that
    lists and analyses need not read a million lines: charged is what the lines above 0 come to (cancellations
    excepted), net is everything. `python -m crm check` compares both with the lines.
    """

    __tablename__ = "orders"
    __table_args__ = (
        one_of("status", ORDER_STATUSES),
        CheckConstraint("charged_amount_e4 >= 0", name="charged_amount"),
        Index("uq_orders_known", "source", "number", "customer_id", unique=True,
              sqlite_where=text("deleted_at is null and customer_id is not null"),
              postgresql_where=text("deleted_at is null and customer_id is not null")),
        Index("uq_orders_anonymous", "source", "number", unique=True,
              sqlite_where=text("deleted_at is null and customer_id is null"),
              postgresql_where=text("deleted_at is null and customer_id is null")),
        # Covers the sums by customer and by day, so that neither reads the table.
        Index("ix_orders_by_customer", "customer_id", "deleted_at", "ordered_at", "currency", "net_amount_e4",
              "charged_amount_e4"),
        Index("ix_orders_by_day", "deleted_at", "ordered_at", "currency", "net_amount_e4", "charged_amount_e4",
              "customer_id"),
        {"info": {"group": "sales"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text, default="manual", server_default="manual")
    number: Mapped[str] = mapped_column(Text)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))  # None: bought without a name
    ordered_at: Mapped[datetime]  # as given, in the workspace's time zone
    status: Mapped[str] = mapped_column(Text, default="completed", server_default="completed")
    currency: Mapped[str | None] = mapped_column(Text)  # ISO 4217; None: the workspace's own
    channel: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    shipped_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)
    custom_fields: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    net_amount_e4: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    charged_amount_e4: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"), index=True)


class OrderLine(Base):
    __tablename__ = "order_lines"
    __table_args__ = (
        one_of("kind", LINE_KINDS),
        CheckConstraint("discount is null or (discount >= 0 and discount <= 1)", name="discount"),
        Index("ix_order_lines_order_id", "order_id"),
        Index("ix_order_lines_product_id", "product_id"),
        {"info": {"group": "sales"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("products.id"))
    kind: Mapped[str] = mapped_column(Text, default="sale", server_default="sale")
    description: Mapped[str | None] = mapped_column(Text)  # only where it differs from the product's name
    quantity: Mapped[float]  # signed; whole numbers stay exact
    unit_price_e4: Mapped[int] = mapped_column(BigInteger)
    amount_e4: Mapped[int] = mapped_column(BigInteger)  # signed; the file's own amount where it has one
    discount: Mapped[float | None]  # share 0..1 already taken off the amount
    cost_e4: Mapped[int | None] = mapped_column(BigInteger)  # of the whole line
    line_at: Mapped[datetime | None]  # only where it differs from the order's moment
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))


class Payment(Edited, Base):
    """Money that came in (or went back, below 0); known by its source and code, where the source gives one."""

    __tablename__ = "payments"
    __table_args__ = (
        Index("ix_payments_customer_id", "customer_id", "paid_on"),
        Index("ix_payments_known", "source", "code"),
        Index("ix_payments_order_id", "order_id"),
        {"info": {"group": "sales"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text, default="manual", server_default="manual")
    code: Mapped[str | None] = mapped_column(Text)  # the source's own number of it
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    paid_on: Mapped[date]
    due_on: Mapped[date | None]
    amount_e4: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(Text)  # ISO 4217; None: the workspace's own
    method: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    custom_fields: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
