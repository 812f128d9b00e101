"""What do analyses start from? SQL in, one documented DataFrame out; money in the workspace's currency.

Order lines and orders are kept as columnar files beside the databases, one a revision of the sales tables: read in
milliseconds while nothing has changed, made anew when it has, never the only copy.
"""

import hashlib
import os
import secrets
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from crm import config
from crm.db import revisions_of
from crm.models import LINE_KINDS, Customer, Order, OrderLine, Product, SurveyAnswer, Ticket
from crm.models.counting import counts
from crm.money import UNITS


def orders(session: Session, *, until: date) -> pd.DataFrame:
    """One row an order of a known customer, ordered by day and id, up to and including `until`.

    order_id, customer_id int64; ordered_on datetime64[us] (midnight); is_purchase bool (something was charged);
    gross_amount >= 0, returned_amount >= 0, net_amount = gross - returned, in the currency.
    """
    return _until(_stored(session, "orders", _read_orders), until)


def order_lines(session: Session, *, until: date) -> pd.DataFrame:
    """One row an order line, anonymous orders included, ordered by day and order, up to and including `until`.

    order_id, customer_id (0: not known), product_id (0: none) int64; ordered_on datetime64[us] (midnight); kind
    category of LINE_KINDS; quantity and amount float64, signed, net, in the currency.
    """
    return _until(_stored(session, "order_lines", _read_order_lines), until)


def products(session: Session) -> pd.DataFrame:
    """One row a product: product_id, code, name, category, price (NaN unknown), recommendable (no fee, not discontinued)."""
    rows = _columns(session, select(
        Product.id, Product.code, Product.name, Product.category, Product.price_e4,
        case((Product.kind == "fee", 0), (Product.is_discontinued.is_(True), 0), else_=1))
        .where(Product.deleted_at.is_(None)).order_by(Product.id))
    return pd.DataFrame({
        "product_id": np.array(rows[0], dtype=np.int64), "code": _text(rows[1]), "name": _text(rows[2]),
        "category": _text(rows[3]), "price": _numbers(rows[4]) / UNITS,
        "recommendable": np.array(rows[5], dtype=bool)})


def customers(session: Session) -> pd.DataFrame:
    """One row a customer: customer_id, code, name, company, kind, channel, country, region, stage, birth_year, gender."""
    columns = ("code", "name", "company", "kind", "channel", "country", "region", "stage", "birth_year", "gender")
    rows = _columns(session, select(Customer.id, *(getattr(Customer, name) for name in columns))
                    .where(Customer.deleted_at.is_(None)).order_by(Customer.id))
    frame = {"customer_id": np.array(rows[0], dtype=np.int64)}
    for name, content in zip(columns, rows[1:], strict=True):
        frame[name] = _numbers(content) if name == "birth_year" else _text(content)
    return pd.DataFrame(frame)


def tickets(session: Session, *, until: date) -> pd.DataFrame:
    """One row a ticket opened up to `until`: ticket_id, customer_id, kind, priority, status and its three moments.

    What happened after `until` is blank: a ticket answered later was unanswered then.
    """
    rows = _columns(session, select(Ticket.id, Ticket.customer_id, Ticket.kind, Ticket.priority, Ticket.status,
                                    Ticket.opened_at, Ticket.first_answered_at, Ticket.resolved_at)
                    .where(Ticket.deleted_at.is_(None), Ticket.opened_at < _end(until)).order_by(Ticket.id))
    frame = pd.DataFrame({
        "ticket_id": np.array(rows[0], dtype=np.int64), "customer_id": np.array(rows[1], dtype=np.int64),
        "kind": _text(rows[2]), "priority": _text(rows[3]), "status": _text(rows[4]), "opened_at": _moments(rows[5]),
        "first_answered_at": _moments(rows[6]), "resolved_at": _moments(rows[7])})
    later = {name: frame[name].where(frame[name] < pd.Timestamp(_end(until)))
             for name in ("first_answered_at", "resolved_at")}
    return frame.assign(**later)


def answers(session: Session, *, until: date) -> pd.DataFrame:
    """One row a survey answer up to `until`: answer_id, customer_id (0: not known), metric, item, score (NaN: not
    applicable), scale_min, scale_max, answered_on (midnight), comment."""
    rows = _columns(session, select(
        SurveyAnswer.id, func.coalesce(SurveyAnswer.customer_id, 0), SurveyAnswer.metric, SurveyAnswer.item,
        SurveyAnswer.score, SurveyAnswer.scale_min, SurveyAnswer.scale_max, SurveyAnswer.answered_at,
        SurveyAnswer.comment).where(SurveyAnswer.answered_at < _end(until)).order_by(SurveyAnswer.id))
    return pd.DataFrame({
        "answer_id": np.array(rows[0], dtype=np.int64), "customer_id": np.array(rows[1], dtype=np.int64),
        "metric": _text(rows[2]), "item": _text(rows[3]), "score": _numbers(rows[4]),
        "scale_min": _numbers(rows[5]), "scale_max": _numbers(rows[6]),
        "answered_on": _moments(rows[7]).astype("datetime64[D]").astype("datetime64[us]"), "comment": _text(rows[8])})


def _read_orders(session: Session) -> pd.DataFrame:
    rows = _columns(session, select(Order.id, Order.customer_id, Order.ordered_at, Order.charged_amount_e4,
                                    Order.net_amount_e4)
                    .join(Customer, Customer.id == Order.customer_id)
                    .where(counts(session), Customer.deleted_at.is_(None)))
    charged, net = (np.array(rows[n], dtype=np.int64) for n in (3, 4))
    frame = pd.DataFrame({
        "order_id": np.array(rows[0], dtype=np.int64), "customer_id": np.array(rows[1], dtype=np.int64),
        "ordered_on": _days(rows[2]), "is_purchase": charged > 0, "gross_amount": charged / UNITS,
        "returned_amount": (charged - net) / UNITS, "net_amount": net / UNITS})
    return frame.sort_values(["ordered_on", "order_id"], kind="stable", ignore_index=True)


def _read_order_lines(session: Session) -> pd.DataFrame:
    owner = case((Customer.deleted_at.is_(None), func.coalesce(Order.customer_id, 0)), else_=0)
    heads = _columns(session, select(Order.id, owner, Order.ordered_at)
                     .outerjoin(Customer, Customer.id == Order.customer_id)
                     .where(counts(session), Order.status != "cancelled").order_by(Order.id))
    order_ids, owners = (np.array(heads[n], dtype=np.int64) for n in (0, 1))
    days = _days(heads[2])
    code = case(*((OrderLine.kind == kind, place) for place, kind in enumerate(LINE_KINDS)))
    # The join is made here: the database would look every line's order up one by one.
    rows = _columns(session, select(OrderLine.order_id, func.coalesce(OrderLine.product_id, 0), code,
                                    OrderLine.quantity, OrderLine.amount_e4))
    line_orders = np.array(rows[0], dtype=np.int64)
    place = np.searchsorted(order_ids, line_orders)
    known = (place < len(order_ids)) & (order_ids[np.minimum(place, max(len(order_ids) - 1, 0))] == line_orders
                                        if len(order_ids) else False)
    place = place[known]
    frame = pd.DataFrame({
        "order_id": line_orders[known], "customer_id": owners[place],
        "product_id": np.array(rows[1], dtype=np.int64)[known], "ordered_on": days[place],
        "kind": pd.Categorical.from_codes(np.array(rows[2], dtype=np.int8)[known], categories=list(LINE_KINDS)),
        "quantity": np.array(rows[3], dtype=np.float64)[known],
        "amount": np.array(rows[4], dtype=np.int64)[known] / UNITS})
    return frame.sort_values(["ordered_on", "order_id"], kind="stable", ignore_index=True)


def _stored(session: Session, name: str, read: Callable[[Session], pd.DataFrame]) -> pd.DataFrame:
    """The frame from its columnar file, made by `read` where there is none of this revision."""
    file = _file(session, name)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f"{secrets.token_hex(8)}.unfinished")
        frame = read(session)
        # Lightly packed: half the size of plain, and read just as fast.
        frame.to_parquet(unfinished, index=False, compression="lz4", row_group_size=len(frame) or None)
        os.replace(unfinished, file)
        for older in file.parent.glob(f"{name}.*.parquet"):
            if older != file:
                older.unlink(missing_ok=True)
        return frame
    return pd.read_parquet(file)


def _file(session: Session, name: str) -> Path:
    url = session.get_bind().engine.url.render_as_string(hide_password=True)
    place = hashlib.sha256(url.encode()).hexdigest()[:16]
    mark = "-".join(revisions_of(session, ("sales",)))
    return config.data_folder() / "columnar" / place / f"{name}.{mark}.parquet"


def _columns(session: Session, query: Select) -> list[list]:
    """The query's columns as lists of what the driver gives, past the cost of making a million row objects."""
    result = session.connection().execute(query)
    width = len(result.keys())
    rows = result.cursor.fetchall()
    result.close()
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _until(frame: pd.DataFrame, until: date) -> pd.DataFrame:
    return frame.loc[frame["ordered_on"] < pd.Timestamp(_end(until))].reset_index(drop=True)


def _end(until: date) -> datetime:
    return datetime.combine(until + timedelta(days=1), time.min)


def _days(moments: list) -> np.ndarray:
    return _moments(moments).astype("datetime64[D]").astype("datetime64[us]")


def _moments(moments: list) -> np.ndarray:
    # SQLite's driver gives ISO text, PostgreSQL's datetimes; numpy reads both, and None as "not a time".
    return np.array([moment or "NaT" for moment in moments], dtype="datetime64[us]")


def _numbers(values: list) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _text(values: list) -> pd.Series:
    return pd.Series(values, dtype="str")
