"""What was sold? Orders, their lines, payments and products; money in the workspace's currency.

Order lines and orders are kept as columnar files beside the databases, one a revision of the sales tables: read in
milliseconds while nothing has changed, made anew when it has, never the only copy.
"""

from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from crm.frames import reading
from crm.models import LINE_KINDS, Customer, Order, OrderLine, Payment, Product
from crm.models.counting import counts, own_currency
from crm.money import UNITS


def orders(session: Session, *, until: date) -> pd.DataFrame:
    """One row an order of a known customer, ordered by day and id, up to and including `until`.

    order_id, customer_id int64; ordered_on datetime64[us] (midnight); is_purchase bool (something was charged);
    gross_amount >= 0, returned_amount >= 0, net_amount = gross - returned, in the currency.
    """
    return reading.until_day(reading.stored(session, "orders", _read_orders), until)


def order_lines(session: Session, *, until: date) -> pd.DataFrame:
    """One row an order line, anonymous orders included, ordered by day and order, up to and including `until`.

    order_id, customer_id (0: not known), product_id (0: none) int64; ordered_on datetime64[us] (midnight); kind
    category of LINE_KINDS; quantity, amount and cost float64, signed, net, in the currency; cost is NaN where neither
    the line nor its product names one.
    """
    return reading.until_day(reading.stored(session, "order_lines", _read_order_lines), until)


def products(session: Session) -> pd.DataFrame:
    """One row a product: product_id, code, name, category, description, price and cost (NaN unknown; in the currency),
    is_fee (postage, bank charges: no goods), is_discontinued, is_sold_out, is_excluded, recommendable (none of these)."""
    offered = case((or_(Product.kind == "fee", Product.is_discontinued, Product.is_sold_out, Product.is_excluded), 0), else_=1)
    return reading.read(session, select(
        Product.id, Product.code, Product.name, Product.category, Product.description, Product.price_e4, Product.cost_e4,
        case((Product.kind == "fee", 1), else_=0), Product.is_discontinued, Product.is_sold_out, Product.is_excluded, offered)
                        .where(Product.deleted_at.is_(None)).order_by(Product.id),
                        product_id=reading.whole, code=reading.text, name=reading.text, category=reading.text,
                        description=reading.text, price=reading.money, cost=reading.money, is_fee=reading.yes_no,
                        is_discontinued=reading.yes_no, is_sold_out=reading.yes_no, is_excluded=reading.yes_no,
                        recommendable=reading.yes_no)


def payments(session: Session, *, until: date) -> pd.DataFrame:
    """One row a payment up to `until`: payment_id, customer_id, order_id (0: none named), paid_on, due_on (NaT: none
    named), amount (below 0: money that went back)."""
    ours = or_(Payment.currency.is_(None), Payment.currency == own_currency(session))
    return reading.read(
        session, select(Payment.id, Payment.customer_id, func.coalesce(Payment.order_id, 0), Payment.paid_on,
                        Payment.due_on, Payment.amount_e4)
        .where(Payment.deleted_at.is_(None), ours, Payment.paid_on <= until).order_by(Payment.paid_on, Payment.id),
        payment_id=reading.whole, customer_id=reading.whole, order_id=reading.whole, paid_on=reading.moments,
        due_on=reading.moments, amount=reading.money)


def _read_orders(session: Session) -> pd.DataFrame:
    frame = reading.read(session, select(Order.id, Order.customer_id, Order.ordered_at, Order.charged_amount_e4,
                                  Order.net_amount_e4)
                  .join(Customer, Customer.id == Order.customer_id)
                  .where(counts(session), Customer.deleted_at.is_(None)),
                         order_id=reading.whole, customer_id=reading.whole, ordered_on=reading.days, charged=reading.whole,
                         net=reading.whole)
    charged, net = frame.pop("charged"), frame.pop("net")
    frame = frame.assign(is_purchase=charged > 0, gross_amount=charged / UNITS, returned_amount=(charged - net) / UNITS,
                         net_amount=net / UNITS)
    return frame.sort_values(["ordered_on", "order_id"], kind="stable", ignore_index=True)


def _read_order_lines(session: Session) -> pd.DataFrame:
    owner = case((Customer.deleted_at.is_(None), func.coalesce(Order.customer_id, 0)), else_=0)
    heads = reading.read(session, select(Order.id, owner, Order.ordered_at)
                  .outerjoin(Customer, Customer.id == Order.customer_id)
                  .where(counts(session), Order.status != "cancelled"),
                  order_id=reading.whole, customer_id=reading.whole, ordered_on=reading.days)
    heads = heads.sort_values(["ordered_on", "order_id"], kind="stable", ignore_index=True)
    lines = reading.read(session, select(OrderLine.order_id, func.coalesce(OrderLine.product_id, 0), OrderLine.kind,
                                  OrderLine.quantity, OrderLine.amount_e4, OrderLine.cost_e4),
                         order_id=reading.whole, product_id=reading.whole, kind=reading.kinds, quantity=reading.numbers,
                         amount=reading.money, cost=reading.money)
    # The join is made here: the database would look every line's order up one by one. `place` is where the line's
    # order stands in time, -1 where it does not count.
    place = pd.Index(heads["order_id"]).get_indexer(lines["order_id"])
    sequence = np.argsort(place, kind="stable")[(place < 0).sum():]
    found = heads.take(place[sequence])
    lines = lines.take(sequence)
    each = reading.read(session, select(Product.id, Product.cost_e4).where(Product.cost_e4.is_not(None)),
                        product_id=reading.whole, cost=reading.money).set_index("product_id")["cost"]
    usual = lines["quantity"] * each.reindex(lines["product_id"]).to_numpy()
    return pd.DataFrame({
        "order_id": lines["order_id"].to_numpy(), "customer_id": found["customer_id"].to_numpy(),
        "product_id": lines["product_id"].to_numpy(), "ordered_on": found["ordered_on"].to_numpy(),
        "kind": pd.Categorical.from_codes(lines["kind"].to_numpy(), categories=list(LINE_KINDS)),
        "quantity": lines["quantity"].to_numpy(), "amount": lines["amount"].to_numpy(),
        "cost": lines["cost"].fillna(usual).to_numpy()})
