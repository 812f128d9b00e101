"""How are orders kept: entered, corrected, deleted, with totals that always equal their lines?"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import money
from crm.db import one_at_a_time
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import LINE_KINDS, ORDER_STATUSES, Customer, Order, OrderLine, Product
from crm.models.base import now
from crm.services import audit

TAKEN_BACK = ("return", "cancellation")


@dataclass(frozen=True)
class LineInput:
    """One line as typed. `unit_price` in the currency, `discount` a share 0..1; `id` names the line it corrects."""

    product_id: int | None
    quantity: float
    unit_price: Decimal | float
    kind: str = "sale"
    description: str | None = None
    discount: float | None = None
    id: int | None = None


@dataclass(frozen=True)
class OrderDetails:
    """One order with `lines`: id, product_id, code, product, kind, description, quantity, unit_price, discount, amount."""

    id: int
    version: int
    source: str
    number: str
    customer_id: int | None
    ordered_at: datetime
    status: str
    currency: str | None
    channel: str | None
    note: str | None
    net_amount: Decimal
    lines: pd.DataFrame


def get(session: Session, order_id: int) -> OrderDetails:
    """The order with its lines. Raises NotFound where there is none, or it was deleted."""
    order = _existing(session, order_id)
    query = (select(OrderLine.id, OrderLine.product_id, Product.code, Product.name.label("product"), OrderLine.kind,
                    OrderLine.description, OrderLine.quantity, OrderLine.unit_price_e4, OrderLine.discount,
                    OrderLine.amount_e4)
             .outerjoin(Product).where(OrderLine.order_id == order_id).order_by(OrderLine.id))
    lines = pd.DataFrame(session.execute(query).mappings().all(), columns=[c.key for c in query.selected_columns])
    lines = lines.assign(unit_price=lines.pop("unit_price_e4").astype(float) / money.UNITS,
                         amount=lines.pop("amount_e4").astype(float) / money.UNITS)
    return OrderDetails(order.id, order.version, order.source, order.number, order.customer_id, order.ordered_at,
                        order.status, order.currency, order.channel, order.note,
                        money.from_e4(order.net_amount_e4), lines)


def count_of_customer(session: Session, customer_id: int) -> int:
    """How many orders the customer has."""
    return session.scalar(select(func.count()).where(Order.customer_id == customer_id, Order.deleted_at.is_(None)))


def of_customer(session: Session, customer_id: int, *, limit: int | None = None) -> pd.DataFrame:
    """The customer's orders, or the newest `limit` of them, the newest first: id, number, ordered_at, status, channel, currency, amount, lines."""
    lines = (select(func.count()).where(OrderLine.order_id == Order.id).correlate(Order).scalar_subquery()
             .label("lines"))
    query = (select(Order.id, Order.number, Order.ordered_at, Order.status, Order.channel, Order.currency,
                    Order.net_amount_e4, lines)
             .where(Order.customer_id == customer_id, Order.deleted_at.is_(None))
             .order_by(Order.ordered_at.desc(), Order.id.desc()).limit(limit))
    frame = pd.DataFrame(session.execute(query).mappings().all(), columns=[c.key for c in query.selected_columns])
    return frame.assign(ordered_at=pd.to_datetime(frame["ordered_at"]),
                        amount=frame.pop("net_amount_e4").astype(float) / money.UNITS)


def create(session: Session, *, customer_id: int | None, ordered_at: datetime, lines: list[LineInput],
           number: str | None = None, channel: str | None = None, note: str | None = None,
           status: str = "completed", currency: str | None = None) -> int:
    """Enter an order typed by hand and return its id; a number is made where none is given. Raises InvalidInput."""
    if customer_id is not None and (found := session.get(Customer, customer_id)) is None or (
            customer_id is not None and found.deleted_at is not None):
        raise NotFound("The customer of this order is not there any more.")
    order = Order(source="manual", number=(number or "").strip() or _next_number(session, ordered_at),
                  customer_id=customer_id, ordered_at=ordered_at, channel=_text(channel), note=_text(note),
                  status=_status(status), currency=currency)
    _check_number(session, order)
    session.add(order)
    session.flush()
    _write_lines(session, order, lines)
    audit.record(session, "order", order.id, "created",
                 {"number": (None, order.number), "net_amount": (None, money.from_e4(order.net_amount_e4))})
    return order.id


def update(session: Session, order_id: int, *, version: int, lines: list[LineInput] | None = None, **changes) -> int:
    """Correct an order's ordered_at, number, channel, note, status or lines; `lines` replaces all that are there.

    Returns the new version. Raises Conflict when `version` is no longer the order's, NotFound, InvalidInput.
    """
    order = _existing(session, order_id, version=version)
    unknown = set(changes) - {"ordered_at", "number", "channel", "note", "status"}
    if unknown:
        raise InvalidInput(f"Orders have no field named {', '.join(sorted(unknown))}.")
    noted = {}
    for field, content in changes.items():
        content = {"status": _status, "ordered_at": lambda moment: moment}.get(field, _text)(content)
        if field == "number" and not content:
            raise InvalidInput("An order needs a number.", field="number")
        if getattr(order, field) != content:
            noted[field] = (getattr(order, field), content)
            setattr(order, field, content)
    if "number" in noted:
        _check_number(session, order)
    before = _snapshot(session, order_id)
    _write_lines(session, order, lines) if lines is not None else _set_totals(session, order)
    after = _snapshot(session, order_id)
    if before != after:
        noted["lines"] = (before, after)
    if noted:
        order.version += 1
        order.updated_at = now()
        audit.record(session, "order", order_id, "updated", noted)
    return order.version


def delete(session: Session, order_id: int, *, version: int) -> None:
    """Hide the order from every list and sum; `restore` brings it back."""
    order = _existing(session, order_id, version=version)
    order.deleted_at = now()
    order.version += 1
    audit.record(session, "order", order_id, "deleted")


def restore(session: Session, order_id: int) -> None:
    """Bring a deleted order back. Raises Conflict where its number was given to another order since."""
    order = session.get(Order, order_id, with_for_update=True)
    if order is None:
        raise NotFound(f"There is no order with the number {order_id}.")
    if order.deleted_at is not None:
        if _same_number(session, order) is not None:
            raise Conflict(f"There is another order numbered {order.number} now; change its number first.")
        order.deleted_at = None
        order.version += 1
        audit.record(session, "order", order_id, "restored")


def _existing(session: Session, order_id: int, *, version: int | None = None) -> Order:
    order = session.get(Order, order_id, with_for_update=version is not None, populate_existing=True)
    if order is None or order.deleted_at is not None:
        raise NotFound("This order is not there any more; it may have been deleted in another window.")
    if version is not None and order.version != version:
        raise Conflict("Somebody changed this order in the meantime, perhaps you in another window. "
                       "Nothing was overwritten; look at the new values and make your change again.")
    return order


def _write_lines(session: Session, order: Order, lines: list[LineInput]) -> None:
    if not lines:
        raise InvalidInput("An order needs at least one line; add a product, a quantity and a price.", field="lines")
    there = {line.id: line for line in session.scalars(select(OrderLine).where(OrderLine.order_id == order.id))}
    for given in lines:
        if given.id is not None and given.id not in there:
            raise Conflict("A line of this order was removed in the meantime; look at the order again.")
        session.add(_line(session, order, given, there.pop(given.id, None)))
    for removed in there.values():
        session.delete(removed)
    session.flush()
    _set_totals(session, order)


def _line(session: Session, order: Order, given: LineInput, line: OrderLine | None) -> OrderLine:
    if line is not None and _is_unchanged(line, given):
        return line  # an imported line stays as the file had it, even where nobody could type it so
    given = _checked(session, given)
    price = money.to_e4(given.unit_price)
    typed = (given.quantity, price, given.discount or None)
    if line is None:
        line = OrderLine(order_id=order.id)
    elif (line.quantity, line.unit_price_e4, line.discount or None) == typed:
        # The file's own amount is the truth as long as nobody corrects what it was made from.
        line.product_id, line.kind, line.description = given.product_id, given.kind, given.description
        return line
    line.product_id, line.kind, line.description = given.product_id, given.kind, given.description
    line.quantity, line.unit_price_e4, line.discount = typed
    line.amount_e4 = money.line_amount_e4(given.quantity, price, given.discount or 0.0)
    return line


def _is_unchanged(line: OrderLine, given: LineInput) -> bool:
    # Percentages on the screen lose the last bits of a discount.
    return (line.product_id == given.product_id and line.kind == given.kind
            and line.description == _text(given.description) and line.quantity == given.quantity
            and line.unit_price_e4 == money.to_e4(given.unit_price)
            and abs((line.discount or 0.0) - (given.discount or 0.0)) < 1e-9)


def _checked(session: Session, line: LineInput) -> LineInput:
    if line.kind not in LINE_KINDS:
        raise InvalidInput(f"“{line.kind}” is no kind of line; choose one of {', '.join(LINE_KINDS)}.", field="lines")
    if line.product_id is not None and session.get(Product, line.product_id) is None:
        raise InvalidInput("A line names a product that is not there any more; choose another one.", field="lines")
    if line.product_id is None and not _text(line.description):
        raise InvalidInput("Every line needs a product or a description.", field="lines")
    quantity = float(line.quantity)
    if not 0 < abs(quantity) < 1e9:
        raise InvalidInput(f"The quantity {quantity:g} cannot be right; it must not be 0 and must be below a billion.",
                           field="lines")
    if line.kind == "sale" and quantity < 0:
        raise InvalidInput("A sale has a quantity above 0; choose “return” for what came back.", field="lines")
    if line.discount is not None and not 0 <= line.discount <= 1:
        raise InvalidInput(f"The discount is {line.discount:.0%}; it must lie between 0 % and 100 %.", field="lines")
    if line.kind != "adjustment" and float(line.unit_price) < 0:
        raise InvalidInput("A price must not be below 0; choose the kind “adjustment” for a credit.", field="lines")
    if line.kind in TAKEN_BACK:
        quantity = -abs(quantity)
    return replace(line, quantity=quantity, description=_text(line.description))


def _set_totals(session: Session, order: Order) -> None:
    """Sums over the lines; a cancelled order comes to nothing."""
    rows = session.execute(select(OrderLine.kind, OrderLine.amount_e4).where(OrderLine.order_id == order.id)).all()
    if order.status == "cancelled":
        rows = []
    order.net_amount_e4 = sum(row.amount_e4 for row in rows)
    order.charged_amount_e4 = sum(row.amount_e4 for row in rows if row.amount_e4 > 0 and row.kind != "cancellation")


def _snapshot(session: Session, order_id: int) -> list[list]:
    query = (select(OrderLine.product_id, OrderLine.kind, OrderLine.description, OrderLine.quantity,
                    OrderLine.unit_price_e4, OrderLine.discount, OrderLine.amount_e4)
             .where(OrderLine.order_id == order_id).order_by(OrderLine.id))
    return [list(row) for row in session.execute(query)]


def _status(status: str) -> str:
    if status not in ORDER_STATUSES:
        raise InvalidInput(f"“{status}” is no state of an order; choose one of {', '.join(ORDER_STATUSES)}.",
                           field="status")
    return status


def _check_number(session: Session, order: Order) -> None:
    if _same_number(session, order) is not None:
        raise InvalidInput(f"This customer has an order numbered {order.number} already; choose a different number.",
                           field="number")


def _same_number(session: Session, order: Order) -> int | None:
    with session.no_autoflush:
        return session.scalar(select(Order.id).where(
            Order.source == order.source, Order.number == order.number,
            Order.customer_id.is_not_distinct_from(order.customer_id), Order.deleted_at.is_(None),
            Order.id != (order.id or 0)))


def _next_number(session: Session, ordered_at: datetime) -> str:
    one_at_a_time(session, "order numbers")
    last = session.scalar(select(func.count()).select_from(Order).where(Order.source == "manual")) or 0
    while True:
        last += 1
        number = f"{ordered_at:%Y}-{last:05d}"
        if session.scalar(select(Order.id).where(Order.number == number, Order.source == "manual")) is None:
            return number


def _text(content: str | None) -> str | None:
    return (content or "").strip() or None
