"""What may an import change of what is there? Empty fields are filled, orders grow, deleted records come
back; no more."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
from sqlalchemy import Table, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from crm.imports.matching import CHUNK, Known
from crm.imports.planning import Plan
from crm.imports.vocabulary import CUSTOMER_FIELDS
from crm.models import Customer, Order, OrderLine, Product
from crm.services.search import search_text


def restore(session: Session, table: Table, known: Known, needed: pd.Series) -> int:
    """Deleted records that new orders or lines belong to are restored: hidden ones would hide the sales. How
    many."""
    if not len(known.stored):
        return 0
    deleted = known.stored.index[known.stored["deleted_at"].notna()]
    ids = [int(key) for key in deleted if key in set(needed[needed > 0])]
    for start in range(0, len(ids), CHUNK):
        session.execute(
            update(table)
            .where(table.c.id.in_(ids[start : start + CHUNK]))
            .values(deleted_at=None, version=table.c.version + 1, updated_at=datetime.now(UTC))
        )
    return len(ids)


def fill_customers(session: Session, plan: Plan) -> int:
    """Give known customers what their records lack; nothing that is written there is changed. How many were
    changed.

    A name counts as lacking where it is only the code. `since_on` moves to an earlier day only where it is
    the day of the first order that was known before, not where the owner wrote another.
    """
    table, known = Customer.__table__, plan.customers
    stored, given = known.stored_rows, plan.parsed.customers.iloc[known.known_rows]
    fields = list(CUSTOMER_FIELDS.values())
    filled = {field: _filled(stored[field], given[field]) for field in fields}
    nameless = (
        (stored["name"].to_numpy() == stored["code"].to_numpy())
        & np.array([isinstance(name, str) for name in given["name"]], dtype=bool)
        & (given["name"].to_numpy(dtype=object) != stored["name"].to_numpy())
    )
    filled["name"] = np.where(nameless, given["name"].to_numpy(dtype=object), stored["name"].to_numpy())
    filled["since_on"] = _earlier_since(session, stored, given)
    changed = np.zeros(len(stored), dtype=bool)
    for field, contents in filled.items():
        changed |= np.array(
            [new is not old and new != old for new, old in zip(contents, _nones(stored[field]), strict=True)],
            dtype=bool,
        )
    rows = []
    for place in np.flatnonzero(changed):
        row = {field: contents[place] for field, contents in filled.items()}
        code = stored["code"].iat[place]
        rows.append(
            row
            | {
                "row_id": int(stored.index[place]),
                "search_text": search_text(
                    code=code, **{field: row[field] for field in ("name", "company", "email", "phone")}
                ),
            }
        )
    _update_rows(session, table, rows)
    return len(rows)


def fill_products(session: Session, plan: Plan) -> int:
    """Give known products the category that they lack. How many were changed."""
    stored, given = plan.products.stored_rows, plan.parsed.products.iloc[plan.products.known_rows]
    contents = _filled(stored["category"], given["category"])
    rows = [
        {"row_id": int(key), "category": new}
        for key, new, old in zip(stored.index, contents, _nones(stored["category"]), strict=True)
        if new != old
    ]
    _update_rows(session, Product.__table__, rows)
    return len(rows)


def extend_orders(session: Session, orders: pd.DataFrame) -> int:
    """Known orders that get new lines: their sums grow, and their moment is that of their earliest line. How
    many.

    An order that is cancelled comes to nothing, whatever lines it gets.
    """
    lines = OrderLine.__table__
    stored_at, ordered_at = orders["stored_at"].to_numpy(), orders["ordered_at"].to_numpy()
    earlier = orders[ordered_at < stored_at]
    if len(earlier):
        # Lines without a moment of their own had the order's; they keep it when the order's moves.
        statement = (
            update(lines)
            .where(lines.c.order_id == bindparam("row_id"), lines.c.line_at.is_(None))
            .values(line_at=bindparam("was_at"))
        )
        session.connection().execute(
            statement,
            [
                {"row_id": int(key), "was_at": was.to_pydatetime()}
                for key, was in zip(earlier["order_id"], pd.to_datetime(earlier["stored_at"]), strict=True)
            ],
        )
    table = Order.__table__
    is_cancelled = table.c.status == "cancelled"
    if len(orders):
        statement = (
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values(
                net_amount_e4=case((is_cancelled, 0), else_=table.c.net_amount_e4 + bindparam("net")),
                charged_amount_e4=case(
                    (is_cancelled, 0), else_=table.c.charged_amount_e4 + bindparam("charged")
                ),
                version=table.c.version + 1,
                ordered_at=bindparam("moment"),
                updated_at=datetime.now(UTC),
            )
        )
        session.connection().execute(
            statement,
            [
                {"row_id": key, "net": net, "charged": charged, "moment": moment.to_pydatetime()}
                for key, net, charged, moment in zip(
                    orders["order_id"].tolist(),
                    orders["net_amount_e4"].tolist(),
                    orders["charged_amount_e4"].tolist(),
                    pd.to_datetime(orders["ordered_at"]),
                    strict=True,
                )
            ],
        )
    return len(orders)


def _earlier_since(session: Session, stored: pd.DataFrame, given: pd.DataFrame) -> list:
    """The day of the first order, as text or as it was."""
    days = given["since_at"].to_numpy().astype("datetime64[D]").tolist()
    since = _nones(stored["since_on"])
    candidates = [
        int(key)
        for key, old, new in zip(stored.index, since, days, strict=True)
        if old is not None and new < old
    ]
    first_known: dict[int, object] = {}
    for start in range(0, len(candidates), CHUNK):
        first_known |= dict(
            session.execute(
                select(Order.customer_id, func.min(Order.ordered_at))
                .where(Order.customer_id.in_(candidates[start : start + CHUNK]), Order.deleted_at.is_(None))
                .group_by(Order.customer_id)
            ).all()
        )
    result = []
    for key, old, new in zip(stored.index, since, days, strict=True):
        derived = old is None or (
            new < old and int(key) in first_known and first_known[int(key)].date() == old
        )
        result.append(new if derived else old)
    return result


def _filled(stored: pd.Series, given: pd.Series) -> np.ndarray:
    """The stored text, or the given one where there is none."""
    return np.array(
        [old if old else new for old, new in zip(_nones(stored), _nones(given), strict=True)], dtype=object
    )


def _nones(column: pd.Series) -> list:
    return [None if content is None or content != content else content for content in column.tolist()]


def _update_rows(session: Session, table: Table, rows: list[dict]) -> None:
    if rows:
        fields = {name: bindparam(name) for name in rows[0] if name != "row_id"}
        session.connection().execute(
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values(**fields, version=table.c.version + 1, updated_at=datetime.now(UTC)),
            rows,
        )
