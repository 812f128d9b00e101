"""A company written down in a few rows, for the tests of risk: frames as crm.frames gives them."""

import datetime as dt

import pandas as pd

from crm.analytics import risk

AS_OF = dt.date(2025, 6, 30)
LINE_KINDS = ("sale", "return", "cancellation", "fee", "adjustment")


def day(days_ago: float) -> pd.Timestamp:
    """Midnight of the day so many days before AS_OF."""
    return pd.Timestamp(AS_OF) - pd.Timedelta(days=days_ago)


def orders_of(rows: list[tuple]) -> pd.DataFrame:
    """Orders from (order_id, customer_id, days ago, net amount)."""
    frame = pd.DataFrame(rows, columns=["order_id", "customer_id", "ago", "net_amount"])
    net = frame["net_amount"].astype("float64")
    return pd.DataFrame({
        "order_id": frame["order_id"].astype("int64"), "customer_id": frame["customer_id"].astype("int64"),
        "ordered_on": moments(frame["ago"]), "is_purchase": net > 0, "gross_amount": net.clip(lower=0),
        "returned_amount": (-net).clip(lower=0), "net_amount": net})


def payments_of(rows: list[tuple]) -> pd.DataFrame:
    """Payments from (customer_id, order_id, days ago, due so many days ago or None, amount)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "order_id", "ago", "due", "amount"])
    return pd.DataFrame({
        "payment_id": range(1, len(frame) + 1), "customer_id": frame["customer_id"].astype("int64"),
        "order_id": frame["order_id"].astype("int64"), "paid_on": moments(frame["ago"]), "due_on": moments(frame["due"]),
        "amount": frame["amount"].astype("float64")})


def lines_of(rows: list[tuple]) -> pd.DataFrame:
    """Order lines from (customer_id, product_id, days ago, kind, amount)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "product_id", "ago", "kind", "amount"])
    return pd.DataFrame({
        "order_id": range(1, len(frame) + 1), "customer_id": frame["customer_id"].astype("int64"),
        "product_id": frame["product_id"].astype("int64"), "ordered_on": moments(frame["ago"]),
        "kind": pd.Categorical(frame["kind"], categories=list(LINE_KINDS)), "quantity": 1.0,
        "amount": frame["amount"].astype("float64"), "cost": float("nan")})


def tickets_of(rows: list[tuple]) -> pd.DataFrame:
    """Tickets from (customer_id, kind, status, opened, answered, resolved: days ago or None)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "kind", "status", "opened", "answered", "resolved"])
    return pd.DataFrame({
        "ticket_id": range(1, len(frame) + 1), "customer_id": frame["customer_id"].astype("int64"),
        "kind": frame["kind"].astype("str"), "priority": "normal", "status": frame["status"].astype("str"),
        "opened_at": moments(frame["opened"]), "first_answered_at": moments(frame["answered"]),
        "resolved_at": moments(frame["resolved"])})


def people_of(ids, **columns) -> pd.DataFrame:
    """Customers with these ids; kind "company" unless told otherwise."""
    ids = sorted(ids)
    known = {"kind": "company", "channel": None, "country": None, **columns}
    return pd.DataFrame({"customer_id": pd.Series(ids, dtype="int64"),
                         **{name: pd.Series(content if isinstance(content, list) else [content] * len(ids), dtype="str")
                            for name, content in known.items()}})


def goods_of(categories: dict[int, str | None]) -> pd.DataFrame:
    """Products from product_id: category; named "Product 7"."""
    return pd.DataFrame({"product_id": pd.Series(list(categories), dtype="int64"),
                         "name": pd.Series([f"Product {item}" for item in categories], dtype="str"),
                         "category": pd.Series(list(categories.values()), dtype="str")})


def moments(days_ago: pd.Series) -> pd.Series:
    ago = pd.to_numeric(days_ago, errors="coerce").astype("float64")
    return (pd.Timestamp(AS_OF) - pd.to_timedelta(ago, unit="D")).astype("datetime64[us]")


def assess(orders=(), payments=(), lines=None, tickets=(), *, categories=None, people=None, as_of=AS_OF, **choices):
    """risk.assess on such rows; without `lines`, each order is one line of product 1, and the other way round."""
    if lines is not None and not orders:
        orders = [(place, customer, ago, amount) for place, (customer, _, ago, _, amount) in enumerate(lines, start=1)
                  if customer]
    order_frame = orders_of(list(orders))
    if lines is None:
        lines = [(customer, 1, ago, "sale" if net > 0 else "return", net) for _, customer, ago, net in orders]
    line_frame, paid, asked = lines_of(list(lines)), payments_of(list(payments)), tickets_of(list(tickets))
    ids = {*order_frame["customer_id"], *line_frame["customer_id"], *paid["customer_id"], *asked["customer_id"]} - {0}
    return risk.assess(
        order_frame, order_lines=line_frame, payments=paid, tickets=asked,
        customers=people_of(ids) if people is None else people,
        products=goods_of(categories or {1: "Tea"}), as_of=as_of, **choices)


def of_customer(frame: pd.DataFrame, customer_id: int) -> pd.Series:
    """The customer's row."""
    return frame.set_index("customer_id").loc[customer_id]
