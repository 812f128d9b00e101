"""What is sold?"""

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Edited, one_of

PRODUCT_KINDS = ("product", "service", "fee")  # a fee (postage, bank charge, manual line) is never recommended


class Product(Edited, Base):
    __tablename__ = "products"
    __table_args__ = (
        one_of("kind", PRODUCT_KINDS),
        CheckConstraint("price_e4 is null or price_e4 >= 0", name="price"),
        {"info": {"group": "sales"}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text, default="product", server_default="product")
    category: Mapped[str | None] = mapped_column(Text)
    price_e4: Mapped[int | None] = mapped_column(BigInteger)
    cost_e4: Mapped[int | None] = mapped_column(BigInteger)
    description: Mapped[str | None] = mapped_column(Text)
    is_discontinued: Mapped[bool] = mapped_column(default=False, server_default=false())  # no longer sold at all
    is_sold_out: Mapped[bool] = mapped_column(default=False, server_default=false())  # not to be had at the moment
    is_excluded: Mapped[bool] = mapped_column(default=False, server_default=false())  # sold, but never to be offered
    custom_fields: Mapped[dict] = mapped_column(JSON, default=dict, server_default="{}")
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batches.id"))
