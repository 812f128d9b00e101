"""How are products kept, and which can be chosen for an order?"""

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import money
from crm.db import one_at_a_time
from crm.errors import InvalidInput
from crm.models import PRODUCT_KINDS, OrderLine, Product
from crm.services import audit
from crm.services.customers import CODE_LIMIT

CHOICES = 5000  # more names make a selection list slow in the browser


def create(session: Session, *, name: str, code: str | None = None, price: float | None = None,
           cost: float | None = None, category: str | None = None, kind: str = "product",
           description: str | None = None) -> int:
    """Add a product and return its id; a code is made where none is given. Raises InvalidInput."""
    name, code = name.strip(), (code or "").strip()
    if not name:
        raise InvalidInput("A product needs a name.", field="name")
    taken = session.scalar(select(Product.code).where(func.lower(Product.name) == name.lower(),
                                                      Product.deleted_at.is_(None)))
    if taken is not None:
        raise InvalidInput(f"There is a product of that name already, with the code {taken}; choose it, or name this one "
                           "differently.", field="name")
    if kind not in PRODUCT_KINDS:
        raise InvalidInput(f"“{kind}” is no kind of product; choose one of {', '.join(PRODUCT_KINDS)}.", field="kind")
    if price is not None and price < 0:
        raise InvalidInput("A price must not be below 0.", field="price")
    if len(code) > CODE_LIMIT:
        raise InvalidInput(f"The code is {len(code)} characters long; at most {CODE_LIMIT} are allowed.", field="code")
    if not code:
        one_at_a_time(session, "product codes")
    code = code or f"P{(session.scalar(select(func.max(Product.id))) or 0) + 1:04d}"
    if session.scalar(select(Product.id).where(Product.code == code)) is not None:
        raise InvalidInput(f"The code “{code}” belongs to another product; choose a different one.", field="code")
    product = Product(code=code, name=name, kind=kind, category=(category or "").strip() or None,
                      description=(description or "").strip() or None,
                      price_e4=None if price is None else money.to_e4(price),
                      cost_e4=None if cost is None else money.to_e4(cost))
    session.add(product)
    session.flush()
    audit.record(session, "product", product.id, "created", {"code": (None, code), "name": (None, name)})
    return product.id


def choices(session: Session, *, limit: int = CHOICES) -> pd.DataFrame:
    """Products that can be ordered, the most sold first: id, code, name, price (NaN unknown, in the currency)."""
    sold = (select(OrderLine.product_id, func.count().label("lines")).group_by(OrderLine.product_id)
            .subquery("sold"))
    query = (select(Product.id, Product.code, Product.name, Product.price_e4)
             .outerjoin(sold, sold.c.product_id == Product.id)
             .where(Product.deleted_at.is_(None), Product.is_discontinued.is_(False))
             .order_by(func.coalesce(sold.c.lines, 0).desc(), Product.id).limit(limit))
    frame = pd.DataFrame(session.execute(query).all(), columns=["id", "code", "name", "price_e4"])
    return frame.assign(price=frame.pop("price_e4").astype(float) / money.UNITS)
