"""How do the planned rows reach the database? In bulk, in the caller's transaction, with a look up every
50,000 rows."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from sqlalchemy import Table
from sqlalchemy.orm import Session

from crm.db.bulk import insert_rows, reserve_ids
from crm.imports import changing
from crm.imports.matching import Known
from crm.imports.planning import KINDS, Plan
from crm.imports.steps import Steps
from crm.imports.vocabulary import CUSTOMER_FIELDS
from crm.models import Customer, Order, OrderLine, Product
from crm.services.changes import record
from crm.services.search import search_text
from crm.services.totals import set_totals

ROWS_A_STEP = 50_000  # a cancel is heard within half a second
SHARES = {
    "customers": 0.45,
    "products": 0.48,
    "orders": 0.5,
    "order_lines": 0.55,
    "end": 0.99,
}  # of the progress bar


def write_plan(
    session: Session, plan: Plan, *, source: str, batch_id: int, steps: Steps
) -> dict[str, dict[str, int]]:
    """Write everything, remembering what stored records held; returns {"created" | "updated" | "restored":
    {table: rows}}. The caller commits."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    born = {"version": 1, "created_at": now, "updated_at": now, "import_batch_id": batch_id}
    steps.at(SHARES["customers"], "customers")
    _change(session, plan, batch_id)
    customer_ids = _create_customers(session, plan, born, steps)
    product_ids = _create_products(session, plan, born, steps)
    order_ids = _create_orders(session, plan, customer_ids, {"source": source, **born}, steps)
    _create_lines(session, plan, order_ids, product_ids, batch_id, steps)
    set_totals(session, plan.summed_anew)
    restored = {table: len(ids) for table, ids in plan.restored.items()}
    return {"created": plan.created, "updated": plan.updated, "restored": restored}


def _change(session: Session, plan: Plan, batch_id: int) -> None:
    tables = {table.name: table for table in (Customer.__table__, Product.__table__)}
    came_back = {
        name: {key: ({"deleted_at": was}, {"deleted_at": None}) for key, was in ids.items()}
        for name, ids in plan.restored.items()
    }
    for name, changed in came_back.items():
        changing.restore(session, tables[name], [*changed])
    changing.apply_to_customers(session, plan.customer_changes, plan.customers.stored)
    changing.apply(session, Product.__table__, plan.product_changes)
    changing.apply(session, Order.__table__, plan.order_changes)
    changing.apply(session, OrderLine.__table__, plan.line_changes)
    changing.extend_orders(session, plan.orders[plan.orders["order_id"] > 0])
    every = [*came_back.items(), ("customers", plan.customer_changes), ("products", plan.product_changes),
             ("orders", plan.order_changes), ("order_lines", plan.line_changes)]
    record(
        session,
        ((name, key, before, after) for name, changed in every for key, (before, after) in changed.items()),
        import_batch_id=batch_id,
    )


def moment_texts(moments: np.ndarray) -> list[str | None]:
    """datetime64 as the databases take it, "2010-12-01 08:26:00.000000"; None for NaT."""
    codes, different = pd.factorize(np.asarray(moments).astype("datetime64[us]"))
    texts = [
        text.replace("T", " ")
        for text in np.datetime_as_string(np.asarray(different, dtype="datetime64[us]"))
    ]
    return np.append(np.array(texts, dtype=object), None)[codes].tolist()


def _create_customers(session: Session, plan: Plan, born: dict, steps: Steps) -> range:
    frame = plan.parsed.customers.iloc[plan.customers.new_rows]
    ids = reserve_ids(session, Customer.__table__, len(frame))
    fields = {field: _plain(frame[field]) for field in CUSTOMER_FIELDS.values()}
    codes = frame["code"].tolist()
    kinds = [
        "company" if company and not name else "person"
        for company, name in zip(fields["company"], fields["name"], strict=True)
    ]
    fields["name"] = [
        name or company or email or code
        for name, company, email, code in zip(
            fields["name"], fields["company"], fields["email"], codes, strict=True
        )
    ]
    searched = zip(fields["name"], fields["company"], fields["email"], codes, fields["phone"], strict=True)
    found = [
        search_text(name=name, company=company, email=email, code=code, phone=phone)
        for name, company, email, code, phone in searched
    ]
    days = np.datetime_as_string(frame["since_at"].to_numpy().astype("datetime64[D]")).tolist()
    _insert(
        session,
        Customer.__table__,
        "customers",
        "products",
        {
            "id": ids,
            "code": codes,
            "kind": kinds,
            **fields,
            "since_on": days,
            "search_text": found,
            "custom_fields": [json.dumps(own) for own in frame["custom_fields"]]
            if "custom_fields" in frame
            else ["{}"] * len(frame),
            **_constants(len(frame), {"stage": "customer", **born}),
        },
        steps,
    )
    return ids


def _create_products(session: Session, plan: Plan, born: dict, steps: Steps) -> range:
    frame = plan.parsed.products.iloc[plan.products.new_rows]
    ids = reserve_ids(session, Product.__table__, len(frame))
    _insert(
        session,
        Product.__table__,
        "products",
        "orders",
        {
            "id": ids,
            "code": frame["code"].tolist(),
            "name": frame["name"].tolist(),
            "kind": ["fee" if isinstance(word, str) else "product" for word in frame["fee_kind"]],
            "category": _plain(frame["category"]),
            "price_e4": _whole(frame["price_e4"]),
            **_constants(len(frame), {"is_discontinued": False, **born}),
        },
        steps,
    )
    return ids


def _create_orders(
    session: Session, plan: Plan, new_customers: range, born: dict, steps: Steps
) -> np.ndarray:
    """The id of every order of the plan."""
    is_new = (plan.orders["order_id"] == 0).to_numpy()
    orders = plan.orders[is_new]
    reserved = reserve_ids(session, Order.__table__, len(orders))
    ids = plan.orders["order_id"].to_numpy().copy()
    ids[is_new] = np.arange(reserved.start, reserved.stop)
    customer = _ids(orders["customer"].to_numpy(), new_customers, plan.customers)
    _insert(
        session,
        Order.__table__,
        "orders",
        "order_lines",
        {
            "id": reserved,
            "number": orders["number"].tolist(),
            "customer_id": [number or None for number in customer],
            "ordered_at": moment_texts(orders["ordered_at"]),
            "status": orders["status"].tolist(),
            "currency": _plain(orders["currency"]),
            "channel": _plain(orders["channel"]),
            "country": _plain(orders["country"]),
            "note": _plain(orders["note"]),
            "shipped_at": moment_texts(orders["shipped_at"]),
            "net_amount_e4": orders["net_amount_e4"].tolist(),
            "charged_amount_e4": orders["charged_amount_e4"].tolist(),
            **_constants(len(orders), born),
        },
        steps,
    )
    return ids


def _create_lines(
    session: Session, plan: Plan, order_ids: np.ndarray, new_products: range, batch_id: int, steps: Steps
) -> None:
    # In the order of their orders: the database's index then grows at its end, and reading an order reads one
    # place.
    lines = plan.lines.iloc[np.argsort(plan.lines["order"].to_numpy(), kind="stable")]
    order = lines["order"].to_numpy()
    ids = reserve_ids(session, OrderLine.__table__, len(lines))
    product = _ids(lines["product"].to_numpy(), new_products, plan.products)
    description = lines["description"].array
    moments = lines["ordered_at"].to_numpy().astype("datetime64[us]")
    same = moments == plan.orders["ordered_at"].to_numpy().astype("datetime64[us]")[order]
    _insert(
        session,
        OrderLine.__table__,
        "order_lines",
        "end",
        {
            "id": ids,
            "order_id": order_ids[order].tolist(),
            "product_id": [number or None for number in product],
            "kind": np.array(KINDS, dtype=object)[lines["kind"].to_numpy()].tolist(),
            "description": np.append(np.asarray(description.categories, dtype=object), None)[
                description.codes
            ].tolist(),
            "quantity": lines["quantity"].tolist(),
            "unit_price_e4": lines["unit_price_e4"].tolist(),
            "amount_e4": lines["amount_e4"].tolist(),
            "discount": _numbers(lines["discount"]),
            "cost_e4": _whole(lines["cost_e4"]),
            "line_at": moment_texts(np.where(same, np.datetime64("NaT", "us"), moments)),
            **_constants(len(lines), {"import_batch_id": batch_id}),
        },
        steps,
    )


def _insert(
    session: Session, table: Table, stage: str, following: str, columns: Mapping[str, Sequence], steps: Steps
) -> None:
    count = len(next(iter(columns.values())))
    begin, end = SHARES[stage], SHARES[following]
    for start in range(0, count, ROWS_A_STEP):
        steps.at(begin + (end - begin) * start / count, stage)
        # Rows are made a step at a time: a million of them at once would be walked by every garbage collection, and a
        # page that shows the progress sets one off each time.
        portion = (column[start : start + ROWS_A_STEP] for column in columns.values())
        insert_rows(session, table, list(columns), zip(*portion, strict=True))


def _ids(keys: np.ndarray, new_ids: range, known: Known) -> list[int]:
    """Keys of a plan (id, -(row + 1) for a new one, 0 none) as ids, 0 none."""
    by_row = known.keys.copy()
    by_row[known.new_rows] = np.arange(new_ids.start, new_ids.stop)
    ids = keys.copy()
    ids[keys < 0] = by_row[-keys[keys < 0] - 1]
    return ids.tolist()


def _constants(rows: int, values: Mapping[str, object]) -> dict[str, Sequence]:
    return {name: [content] * rows for name, content in values.items()}


def _plain(column: pd.Series) -> list[str | None]:
    """Texts, None where missing (pandas would hand a NaN to the database)."""
    return [text if isinstance(text, str) else None for text in column.tolist()]


def _whole(column: pd.Series) -> list[int | None]:
    return [None if number != number else int(number) for number in column.tolist()]


def _numbers(column: pd.Series) -> list[float | None]:
    return [None if number != number else number for number in column.tolist()]
