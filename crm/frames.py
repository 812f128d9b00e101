"""What do analyses start from? SQL in, one documented DataFrame out; money in the workspace's currency.

Order lines and orders are kept as columnar files beside the databases, one a revision of the sales tables: read in
milliseconds while nothing has changed, made anew when it has, never the only copy.
"""

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Select, Text, case, cast, func, select
from sqlalchemy.orm import Session

from crm import config
from crm.db import revisions_of
from crm.models import LINE_KINDS, Customer, Order, OrderLine, Product, SurveyAnswer, Ticket
from crm.models.counting import counts
from crm.money import UNITS

ROWS_AT_ONCE = 500  # more at once set off the garbage collector, which walks the whole program: twice the time
KIND_CODES = {kind: code for code, kind in enumerate(LINE_KINDS)}


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
    wanted = case((Product.kind == "fee", 0), (Product.is_discontinued.is_(True), 0), else_=1)
    return _read(session, select(Product.id, Product.code, Product.name, Product.category, Product.price_e4, wanted)
                 .where(Product.deleted_at.is_(None)).order_by(Product.id),
                 product_id=_whole, code=_text, name=_text, category=_text, price=_money, recommendable=_yes_no)


def customers(session: Session) -> pd.DataFrame:
    """One row a customer: customer_id, code, name, company, kind, channel, country, region, stage, birth_year, gender."""
    columns = ("code", "name", "company", "kind", "channel", "country", "region", "stage", "gender")
    return _read(session, select(Customer.id, *(getattr(Customer, name) for name in columns), Customer.birth_year)
                 .where(Customer.deleted_at.is_(None)).order_by(Customer.id),
                 customer_id=_whole, **dict.fromkeys(columns, _text), birth_year=_numbers)


def tickets(session: Session, *, until: date) -> pd.DataFrame:
    """One row a ticket opened up to `until`: ticket_id, customer_id, kind, priority, status and its three moments.

    What happened after `until` is blank: a ticket answered later was unanswered then.
    """
    frame = _read(session, select(Ticket.id, Ticket.customer_id, Ticket.kind, Ticket.priority, Ticket.status,
                                  Ticket.opened_at, Ticket.first_answered_at, Ticket.resolved_at)
                  .where(Ticket.deleted_at.is_(None), Ticket.opened_at < _end(until)).order_by(Ticket.id),
                  ticket_id=_whole, customer_id=_whole, kind=_text, priority=_text, status=_text, opened_at=_moments,
                  first_answered_at=_moments, resolved_at=_moments)
    later = {name: frame[name].where(frame[name] < pd.Timestamp(_end(until)))
             for name in ("first_answered_at", "resolved_at")}
    return frame.assign(**later)


def answers(session: Session, *, until: date) -> pd.DataFrame:
    """One row a survey answer up to `until`: answer_id, customer_id (0: not known), metric, item, score (NaN: not
    applicable), scale_min, scale_max, answered_on (midnight), comment."""
    return _read(session, select(
        SurveyAnswer.id, func.coalesce(SurveyAnswer.customer_id, 0), SurveyAnswer.metric, SurveyAnswer.item,
        SurveyAnswer.score, SurveyAnswer.scale_min, SurveyAnswer.scale_max, SurveyAnswer.answered_at,
        SurveyAnswer.comment).where(SurveyAnswer.answered_at < _end(until)).order_by(SurveyAnswer.id),
        answer_id=_whole, customer_id=_whole, metric=_text, item=_text, score=_numbers, scale_min=_numbers,
        scale_max=_numbers, answered_on=_days, comment=_text)


def _read_orders(session: Session) -> pd.DataFrame:
    frame = _read(session, select(Order.id, Order.customer_id, Order.ordered_at, Order.charged_amount_e4,
                                  Order.net_amount_e4)
                  .join(Customer, Customer.id == Order.customer_id)
                  .where(counts(session), Customer.deleted_at.is_(None)),
                  order_id=_whole, customer_id=_whole, ordered_on=_days, charged=_whole, net=_whole)
    charged, net = frame.pop("charged"), frame.pop("net")
    frame = frame.assign(is_purchase=charged > 0, gross_amount=charged / UNITS, returned_amount=(charged - net) / UNITS,
                         net_amount=net / UNITS)
    return frame.sort_values(["ordered_on", "order_id"], kind="stable", ignore_index=True)


def _read_order_lines(session: Session) -> pd.DataFrame:
    owner = case((Customer.deleted_at.is_(None), func.coalesce(Order.customer_id, 0)), else_=0)
    heads = _read(session, select(Order.id, owner, Order.ordered_at)
                  .outerjoin(Customer, Customer.id == Order.customer_id)
                  .where(counts(session), Order.status != "cancelled"),
                  order_id=_whole, customer_id=_whole, ordered_on=_days)
    heads = heads.sort_values(["ordered_on", "order_id"], kind="stable", ignore_index=True)
    lines = _read(session, select(OrderLine.order_id, func.coalesce(OrderLine.product_id, 0), OrderLine.kind,
                                  OrderLine.quantity, OrderLine.amount_e4),
                  order_id=_whole, product_id=_whole, kind=_kinds, quantity=_numbers, amount=_money)
    # The join is made here: the database would look every line's order up one by one. `place` is where the line's
    # order stands in time, -1 where it does not count.
    place = pd.Index(heads["order_id"]).get_indexer(lines["order_id"])
    sequence = np.argsort(place, kind="stable")[(place < 0).sum():]
    found = heads.take(place[sequence])
    lines = lines.take(sequence)
    return pd.DataFrame({
        "order_id": lines["order_id"].to_numpy(), "customer_id": found["customer_id"].to_numpy(),
        "product_id": lines["product_id"].to_numpy(), "ordered_on": found["ordered_on"].to_numpy(),
        "kind": pd.Categorical.from_codes(lines["kind"].to_numpy(), categories=list(LINE_KINDS)),
        "quantity": lines["quantity"].to_numpy(), "amount": lines["amount"].to_numpy()})


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
                with contextlib.suppress(OSError):  # somebody is reading it; the next change drops it
                    older.unlink()
        return frame
    try:
        return pd.read_parquet(file)
    except FileNotFoundError:  # another process wrote a newer one in between
        return read(session)


def _file(session: Session, name: str) -> Path:
    url = session.get_bind().engine.url.render_as_string(hide_password=True)
    place = hashlib.sha256(url.encode()).hexdigest()[:16]
    mark = "-".join(revisions_of(session, ("sales",)))
    return config.data_folder() / "columnar" / place / f"{name}.{mark}.parquet"


def _read(session: Session, query: Select, **convert: Callable[[tuple], np.ndarray]) -> pd.DataFrame:
    """The query's columns, named and converted piece by piece past the cost of a million row objects."""
    result = session.connection().execute(query)
    pieces: list[list[np.ndarray]] = [[] for _ in convert]
    while rows := result.cursor.fetchmany(ROWS_AT_ONCE):
        for column, function, cells in zip(pieces, convert.values(), zip(*rows, strict=True), strict=True):
            column.append(function(cells))
    result.close()
    frame = {name: np.concatenate(column) if column else function(())
             for (name, function), column in zip(convert.items(), pieces, strict=True)}
    return pd.DataFrame({name: pd.Series(cells, dtype="str") if cells.dtype == object else cells
                         for name, cells in frame.items()})


def _until(frame: pd.DataFrame, until: date) -> pd.DataFrame:
    end = frame["ordered_on"].searchsorted(pd.Timestamp(_end(until)))  # the frame is in the order of days
    return frame.iloc[:end].reset_index(drop=True)


def _end(until: date) -> datetime:
    return datetime.combine(until + timedelta(days=1), time.min)


def _whole(cells: tuple) -> np.ndarray:
    return np.array(cells, dtype=np.int64)


def _numbers(cells: tuple) -> np.ndarray:
    return np.array(cells, dtype=np.float64)  # None becomes NaN


def _money(cells: tuple) -> np.ndarray:
    return _numbers(cells) / UNITS


def _yes_no(cells: tuple) -> np.ndarray:
    return np.array(cells, dtype=bool)


def _text(cells: tuple) -> np.ndarray:
    texts = np.empty(len(cells), dtype=object)
    texts[:] = cells
    return texts


def _kinds(cells: tuple) -> np.ndarray:
    return np.array([KIND_CODES[cell] for cell in cells], dtype=np.int8)


def _moments(cells: tuple) -> np.ndarray:
    # SQLite's driver gives ISO text, PostgreSQL's datetimes; numpy reads both, and "NaT" as "not a time".
    return np.array([cell or "NaT" for cell in cells], dtype="datetime64[us]")


def _days(cells: tuple) -> np.ndarray:
    return np.array(cells, dtype="datetime64[us]").astype("datetime64[D]").astype("datetime64[us]")


GROUPED_BY = ("kind", "country", "region", "channel", "gender", "education")
NUMERIC_SHARE = 0.95  # of a custom field's contents are numbers: a stray "unknown" makes no text of the others
FEWEST_NUMBERS = 3  # different ones; with fewer it is a yes and no
_WRITTEN_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:[.]\d+|,\d{1,2})?")  # no codes with leading zeros, no 1,234


def customer_numbers(session: Session) -> pd.DataFrame:
    """One row a customer with every number that is kept of customers, as recorded: NaN where none is.

    customer_id int64; what they can be filled in by: since_on datetime64[us], kind, country, region, channel, gender,
    education; then float64: birth_year, yearly_income (in the currency), and "custom.<name>" for each custom field whose
    contents are numbers. crm.jobs.customer_numbers gives the same with gaps filled in as the owner chose.
    """
    frame = _read(session, select(
        Customer.id, Customer.since_on, *(getattr(Customer, name) for name in GROUPED_BY), Customer.birth_year,
        Customer.yearly_income_e4).where(Customer.deleted_at.is_(None)).order_by(Customer.id),
        customer_id=_whole, since_on=_moments, **dict.fromkeys(GROUPED_BY, _text), birth_year=_numbers,
        yearly_income=_money)
    rows = session.execute(select(Customer.id, Customer.custom_fields).where(
        Customer.deleted_at.is_(None), cast(Customer.custom_fields, Text).not_in(("{}", "null")))).all()
    contents: dict[str, dict[int, object]] = {}
    for customer_id, fields in rows:
        for name, content in (fields or {}).items():
            contents.setdefault(name, {})[customer_id] = content
    custom = {f"custom.{name}": numbers for name, known in sorted(contents.items())
              if (numbers := _as_numbers(known)) is not None}
    return frame.assign(**{name: frame["customer_id"].map(numbers).astype("float64")
                           for name, numbers in custom.items()})


def _as_numbers(known: dict[int, object]) -> dict[int, float] | None:
    """The contents of one custom field as numbers; None where it is no field of numbers."""
    filled = {customer_id: content for customer_id, content in known.items() if content not in (None, "")}
    numbers = {}
    for customer_id, content in filled.items():
        if isinstance(content, (int, float)) and not isinstance(content, bool):
            numbers[customer_id] = float(content)
        elif isinstance(content, str) and _WRITTEN_NUMBER.fullmatch(content.strip()):
            numbers[customer_id] = float(content.strip().replace(",", "."))
    is_numeric = len(numbers) >= NUMERIC_SHARE * len(filled) and len(set(numbers.values())) >= FEWEST_NUMBERS
    return numbers if is_numeric else None
