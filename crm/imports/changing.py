"""What may an import change of what is there? Empty fields are filled, or the file's own words win; orders grow;
deleted records come back; no more."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import pandas as pd
from sqlalchemy import Table, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from crm.imports.matching import CHUNK, ORDER_FACTS, Known
from crm.imports.vocabulary import CUSTOMER_FIELDS
from crm.models import Customer, Order, OrderLine
from crm.services.search import search_text

# {id of a record: (what its changed columns hold, what they shall hold)}
Changes = dict[int, tuple[dict, dict]]

_SEARCHED = ("name", "company", "email", "code", "phone")


def customer_changes(session: Session, known: Known, customers: pd.DataFrame, *, on_known: str) -> Changes:
    """What known customers get from the file's frame of customers.

    "fill": what their records lack; a name counts as lacking where it is only the code. "overwrite": whatever
    the file gives, except under the code of a customer that was merged into another. "skip": nothing.
    `since_on` moves to an earlier day only where it is the day of the first order that was known before, not
    where the owner wrote another.
    """
    if on_known == "skip" or not len(known.known_rows):
        return {}
    stored, given = known.stored_rows, customers.iloc[known.known_rows]
    ids, codes = stored.index.tolist(), _nones(stored["code"])
    wins = [on_known == "overwrite" and place not in known.merged for place in known.known_rows.tolist()]
    changes: Changes = {}
    for field in CUSTOMER_FIELDS.values():
        old, new = _nones(stored[field]), _nones(given[field])
        lacks = [not was for was in old]
        if field == "name":
            lacks = [was == code for was, code in zip(old, codes, strict=True)]
        _note(changes, ids, field, old, new, wins, lacks)
    since, first = _nones(stored["since_on"]), _earlier_since(session, stored, given)
    _note(changes, ids, "since_on", since, first, [False] * len(ids), [True] * len(ids))
    if "custom_fields" in customers:
        _note_custom(changes, ids, stored["custom_fields"].tolist(), given["custom_fields"].tolist(), wins)
    return changes


def product_changes(known: Known, products: pd.DataFrame, *, on_known: str) -> Changes:
    """The category that known products get from the file, by the same three words."""
    if on_known == "skip" or not len(known.known_rows):
        return {}
    stored, given = known.stored_rows, products.iloc[known.known_rows]
    old, changes = _nones(stored["category"]), {}
    _note(changes, stored.index.tolist(), "category", old, _nones(given["category"]),
          [on_known == "overwrite"] * len(old), [not was for was in old])
    return changes


def order_changes(orders: pd.DataFrame, *, on_known: str) -> Changes:
    """What known orders get from a file that tells about whole orders; their status changes with "overwrite" alone.

    orders: order_id, each of ORDER_FACTS and its stored_…, status, has_status and stored_status.
    """
    if on_known == "skip" or not len(orders):
        return {}
    ids, changes = orders["order_id"].tolist(), {}
    wins = [on_known == "overwrite"] * len(ids)
    for field in ORDER_FACTS:
        old = _nones(orders[f"stored_{field}"])
        _note(changes, ids, field, old, _nones(orders[field]), wins, [not was for was in old])
    told = _nones(orders["status"].where(orders["has_status"], None))
    _note(changes, ids, "status", orders["stored_status"].tolist(), told, wins, [False] * len(ids))
    return changes


def earlier_moments(orders: pd.DataFrame) -> Changes:
    """The moments of known orders that get an earlier line: order_id, stored_at and the earlier ordered_at."""
    return {
        key: ({"ordered_at": was.to_pydatetime()}, {"ordered_at": moment.to_pydatetime()})
        for key, was, moment in zip(
            orders["order_id"].tolist(),
            pd.to_datetime(orders["stored_at"]),
            pd.to_datetime(orders["ordered_at"]),
            strict=True,
        )
    }


def restore(session: Session, table: Table, ids: Sequence[int]) -> None:
    """Bring deleted records back: hidden ones would hide the sales that they get."""
    for start in range(0, len(ids), CHUNK):
        session.execute(
            update(table)
            .where(table.c.id.in_(ids[start : start + CHUNK]))
            .values(deleted_at=None, version=table.c.version + 1, updated_at=datetime.now(UTC))
        )


def apply_to_customers(session: Session, changes: Changes, stored: pd.DataFrame) -> None:
    """Write the changes; whoever gets another name, company, address or number is found by it."""
    named = stored.loc[[key for key, (_, after) in changes.items() if not after.keys().isdisjoint(_SEARCHED)]]
    searched = {}
    for key, *contents in zip(named.index.tolist(), *(_nones(named[name]) for name in _SEARCHED), strict=True):
        now = dict(zip(_SEARCHED, contents, strict=True)) | changes[key][1]
        searched[key] = {"search_text": search_text(**{name: now[name] for name in _SEARCHED})}
    apply(session, Customer.__table__, changes, besides=searched)


def apply(session: Session, table: Table, changes: Changes, *, besides: Mapping[int, dict] | None = None) -> None:
    """Write the changes, as many rows at once as change in the same columns; `besides`: more columns of some."""
    rows: dict[tuple[str, ...], list[dict]] = {}
    for key, (_, after) in changes.items():
        contents = after | (besides or {}).get(key, {})
        rows.setdefault(tuple(contents), []).append(contents | {"row_id": key})
    versioned = {"version": table.c.version + 1, "updated_at": datetime.now(UTC)} if "version" in table.c else {}
    for names, contents in rows.items():
        fields = {name: bindparam(name, type_=table.c[name].type) for name in names}
        session.connection().execute(
            update(table).where(table.c.id == bindparam("row_id")).values(**fields, **versioned), contents
        )


def extend_orders(session: Session, orders: pd.DataFrame) -> None:
    """The sums of known orders that get new lines grow by these; one that is cancelled comes to nothing.

    orders: order_id, stored_at, ordered_at, net_amount_e4 and charged_amount_e4 of the new lines.
    """
    if not len(orders):
        return
    table, lines = Order.__table__, OrderLine.__table__
    earlier = orders[orders["ordered_at"].to_numpy() < orders["stored_at"].to_numpy()]
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
    is_cancelled = table.c.status == "cancelled"
    statement = (
        update(table)
        .where(table.c.id == bindparam("row_id"))
        .values(
            net_amount_e4=case((is_cancelled, 0), else_=table.c.net_amount_e4 + bindparam("net")),
            charged_amount_e4=case((is_cancelled, 0), else_=table.c.charged_amount_e4 + bindparam("charged")),
            version=table.c.version + 1,
            updated_at=datetime.now(UTC),
        )
    )
    columns = (orders[name].tolist() for name in ("order_id", "net_amount_e4", "charged_amount_e4"))
    session.connection().execute(
        statement, [{"row_id": key, "net": net, "charged": charged} for key, net, charged in zip(*columns, strict=True)]
    )


def _note(
    changes: Changes, ids: list[int], field: str, old: list, new: list, wins: list[bool], lacks: list[bool]
) -> None:
    """Add what differs: a given content that `wins` over the stored one, or that the record `lacks`.

    Two records of a file may be one here: the first of them fills, the last wins.
    """
    for key, was, content, winner, lacking in zip(ids, old, new, wins, lacks, strict=True):
        if not content or content == was or not (winner or lacking):
            if winner and content and key in changes and field in changes[key][1]:
                _forget(changes, key, field)
            continue
        before, after = changes.setdefault(key, ({}, {}))
        if winner or field not in after:
            before[field], after[field] = was, content


def _note_custom(changes: Changes, ids: list[int], old: list, new: list, wins: list[bool]) -> None:
    for key, stored, given, winner in zip(ids, old, new, wins, strict=True):
        was = stored or {}
        now = changes[key][1].get("custom_fields", was) if key in changes else was
        wanted = now | (given if winner else {name: content for name, content in given.items() if name not in now})
        if wanted != was:
            before, after = changes.setdefault(key, ({}, {}))
            before["custom_fields"], after["custom_fields"] = stored, wanted
        elif wanted != now:
            _forget(changes, key, "custom_fields")


def _forget(changes: Changes, key: int, field: str) -> None:
    for contents in changes[key]:
        del contents[field]
    if not changes[key][1]:
        del changes[key]


def _earlier_since(session: Session, stored: pd.DataFrame, given: pd.DataFrame) -> list[date | None]:
    """The day of the first order, or as it was."""
    days = given["since_at"].to_numpy().astype("datetime64[D]").tolist()  # None in a file without dates
    since = _nones(stored["since_on"])
    candidates = [
        int(key)
        for key, old, new in zip(stored.index, since, days, strict=True)
        if old is not None and new is not None and new < old
    ]
    first_known: dict[int, datetime] = {}
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
        derived = new is not None and (
            old is None or (new < old and int(key) in first_known and first_known[int(key)].date() == old)
        )
        result.append(new if derived else old)
    return result


def _nones(column: pd.Series) -> list:
    """As Python holds it, None where missing."""
    plain = [None if content is None or content != content else content for content in column.tolist()]
    return [content.to_pydatetime() if isinstance(content, pd.Timestamp) else content for content in plain]
