"""How are products kept: added, corrected, deleted and brought back, and which can be chosen for an order?"""

from dataclasses import dataclass, fields
from datetime import datetime

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import money
from crm.db import one_at_a_time
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import PRODUCT_KINDS, Order, OrderLine, Product
from crm.models.base import now
from crm.services import audit
from crm.services.customers import CODE_LIMIT

CHOICES = 5000  # more names make a selection list slow in the browser
_MONEY = {"price": "price_e4", "cost": "cost_e4"}


@dataclass(frozen=True)
class ProductDetails:
    """One product as forms show it; `price` and `cost` of a piece in the workspace's currency, None: not known."""

    id: int
    version: int
    code: str
    name: str
    kind: str
    category: str | None
    description: str | None
    price: float | None
    cost: float | None
    is_discontinued: bool
    is_sold_out: bool
    is_excluded: bool
    custom_fields: dict
    is_deleted: bool
    created_at: datetime
    updated_at: datetime


EDITABLE = tuple(field.name for field in fields(ProductDetails)
                 if field.name not in ("id", "version", "custom_fields", "is_deleted", "created_at", "updated_at"))


@dataclass(frozen=True)
class Uses:
    """Where a product is named: `lines` of `orders` that are not deleted."""

    lines: int
    orders: int


def get(session: Session, product_id: int, *, deleted: bool = False) -> ProductDetails:
    """The product's details, of a deleted one only where `deleted` allows it. Raises NotFound."""
    product = session.get(Product, product_id)
    if product is None or (product.deleted_at is not None and not deleted):
        raise NotFound("This product is not there any more; it may have been deleted in another window.")
    plain = {name: getattr(product, name) for name in ProductDetails.__annotations__
             if name not in (*_MONEY, "is_deleted")}
    return ProductDetails(**plain, **{name: _amount(getattr(product, column)) for name, column in _MONEY.items()},
                          is_deleted=product.deleted_at is not None)


def create(session: Session, *, name: str, code: str | None = None, **others) -> int:
    """Add a product and return its id; `others` are further fields of EDITABLE. A code is made where none is given.

    Raises InvalidInput.
    """
    clean = _clean(session, {"name": name, "code": (code or "").strip() or None, **others}, product_id=None)
    if clean["code"] is None:
        one_at_a_time(session, "product codes")
        clean["code"] = _next_code(session)
    product = Product(**_stored(clean))
    session.add(product)
    session.flush()
    audit.record(session, "product", product.id, "created",
                 {field: (None, content) for field, content in clean.items() if content not in (None, False)})
    return product.id


def update(session: Session, product_id: int, *, version: int, **changes) -> int:
    """Change the fields given (of EDITABLE) and return the new version.

    Raises Conflict when `version` is no longer the product's, NotFound, InvalidInput; nothing is written then.
    """
    product = _existing(session, product_id, version=version)
    before = get(session, product_id)
    # What stays as it is is not judged: a name that was there twice before does not keep a price from being changed.
    given = {name: content for name, content in changes.items() if getattr(before, name, changes) != content}
    clean = _clean(session, given, product_id=product_id)
    changed = {field: (getattr(before, field), content) for field, content in clean.items()
               if getattr(before, field) != content}
    if changed:
        for column, content in _stored({field: after for field, (_, after) in changed.items()}).items():
            setattr(product, column, content)
        product.version += 1
        product.updated_at = now()
        audit.record(session, "product", product_id, "updated", changed)
    return product.version


def delete(session: Session, product_id: int, *, version: int) -> Uses:
    """Hide the product and say where it is named; these order lines stay as they are, and `restore` brings it back."""
    product = _existing(session, product_id, version=version)
    product.deleted_at = now()
    product.version += 1
    audit.record(session, "product", product_id, "deleted")
    return uses(session, product_id)


def restore(session: Session, product_id: int) -> None:
    """Bring a deleted product back as it was; one that is there already stays as it is."""
    product = session.get(Product, product_id, with_for_update=True)
    if product is None:
        raise NotFound(f"There is no product with the number {product_id}.")
    if product.deleted_at is not None:
        product.deleted_at = None
        product.version += 1
        audit.record(session, "product", product_id, "restored")


def uses(session: Session, product_id: int) -> Uses:
    """How many order lines name the product, and of how many orders."""
    lines, orders = session.execute(
        select(func.count(), func.count(OrderLine.order_id.distinct())).select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.product_id == product_id, Order.deleted_at.is_(None))).one()
    return Uses(lines, orders)


def categories(session: Session) -> list[str]:
    """All categories that products have, the most frequent first."""
    return list(session.scalars(select(Product.category).where(Product.deleted_at.is_(None), Product.category != "")
                                .group_by(Product.category).order_by(func.count().desc(), Product.category)))


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


def _existing(session: Session, product_id: int, *, version: int) -> Product:
    product = session.get(Product, product_id, with_for_update=True, populate_existing=True)
    if product is None or product.deleted_at is not None:
        raise NotFound("This product is not there any more; it may have been deleted in another window.")
    if product.version != version:
        raise Conflict("Somebody changed this product in the meantime, perhaps you in another window. "
                       "Nothing was overwritten; look at the new values and make your change again.")
    return product


def _clean(session: Session, given: dict, *, product_id: int | None) -> dict:
    unknown = set(given) - set(EDITABLE)
    if unknown:
        raise InvalidInput(f"Products have no field named {', '.join(sorted(unknown))}.")
    clean = {field: (content.strip() or None) if isinstance(content, str) else content
             for field, content in given.items()}
    if "name" in clean:
        _check_name(session, clean["name"], product_id)
    if "kind" in clean and clean["kind"] not in PRODUCT_KINDS:
        raise InvalidInput(f"“{clean['kind']}” is no kind of product; choose one of {', '.join(PRODUCT_KINDS)}.", field="kind")
    for name in _MONEY:
        if clean.get(name) is not None:
            if clean[name] < 0:
                raise InvalidInput(f"A {name} must not be below 0.", field=name)
            clean[name] = _amount(money.to_e4(clean[name]))  # as it is kept: a fifth decimal is no change
    if "code" in clean:
        _check_code(session, clean["code"], product_id)
    return clean


def _check_name(session: Session, name: str | None, product_id: int | None) -> None:
    if not name:
        raise InvalidInput("A product needs a name.", field="name")
    taken = session.scalar(select(Product.code).where(func.lower(Product.name) == name.lower(), Product.id != (product_id or 0),
                                                      Product.deleted_at.is_(None)).limit(1))
    if taken is not None:
        raise InvalidInput(f"There is a product of that name already, with the code {taken}; choose it, or name this one "
                           "differently.", field="name")


def _check_code(session: Session, code: str | None, product_id: int | None) -> None:
    if not code and product_id is not None:
        raise InvalidInput("A product needs a code.", field="code")
    if code and len(code) > CODE_LIMIT:
        raise InvalidInput(f"The code is {len(code)} characters long; at most {CODE_LIMIT} are allowed.", field="code")
    taken = session.execute(select(Product.id, Product.deleted_at).where(Product.code == code)).first() if code else None
    if taken is not None and taken.id != product_id:
        whose = "another product" if taken.deleted_at is None else "a product that was deleted and can be brought back"
        raise InvalidInput(f"The code “{code}” belongs to {whose}; choose a different one.", field="code")


def _next_code(session: Session) -> str:
    number = (session.scalar(select(func.max(Product.id))) or 0) + 1
    while session.scalar(select(Product.id).where(Product.code == f"P{number:04d}")) is not None:
        number += 1
    return f"P{number:04d}"


def _stored(clean: dict) -> dict:
    """The fields as the table's columns hold them."""
    return {_MONEY.get(field, field): money.to_e4(content) if field in _MONEY and content is not None else content
            for field, content in clean.items()}


def _amount(units: int | None) -> float | None:
    return None if units is None else float(money.from_e4(units))
