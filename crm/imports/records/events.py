"""What becomes of payments, deals, tickets and interactions, and of those whom they name?"""

from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm.imports.records import comparing, goods, merging, people, references, ticket_rules, values
from crm.imports.records.comparing import Compared
from crm.imports.records.event_kinds import EVENTS, Event, Lines
from crm.imports.records.parsing import Records
from crm.imports.records.plans import Part, Planned
from crm.imports.records.sameness import matched
from crm.imports.records.values import Values


def plan(session: Session, records: Records, *, source: str, on_known: str) -> Planned:
    """Match a file of events with the records."""
    event, found = EVENTS[records.kind], {}
    customers = references.customers(session, records, by_company=True)
    products = references.products(session, records) if records.kind == "deals" else None
    lines = _lines(session, records, event, customers.key_of_line(), source, found)
    if products is not None:
        lines.columns["product_id"] = _keys(products.key_of_line())
        found["products_written_differently"] = products.differently
    group, keys = matched(session, event, lines, source)
    compared = comparing.compare(
        session,
        event.table,
        group=group,
        keys=keys,
        columns=lines.columns,
        custom=lines.custom,
        on_known=on_known,
        fixed={*records.made_up, *event.owner},
        also=ticket_rules.ALSO if records.kind == "tickets" else (),
    )
    if records.kind == "tickets":
        ticket_rules.refuse_impossible(compared, lines)
        ticket_rules.follow(compared, records)
        ticket_rules.promise_again(session, compared)
    created = _created(keys, group, lines.refused)
    imported = comparing.imported_lines(compared, lines.columns, lines.custom, created)
    part = _part(compared, event, lines, np.flatnonzero(created), source)
    if records.kind == "tickets":
        ticket_rules.promise(session, part.rows)
    people_part, _, _ = people.plan_named(
        session,
        records,
        customers,
        on_known=on_known,
        profiles=False,
        needed=_needed(customers.keys, part, "customer_id"),
    )
    parts = [people_part]
    if products is not None:
        parts.append(goods.plan_named(session, records, products, needed=_needed(products.keys, part, "product_id")))
    found |= {
        "records_kept": compared.kept,
        "lines_overruled": merging.overruled(lines.columns | lines.custom, group, len(keys)),
    }
    return Planned((*parts, part), imported, lines.refused, found)


def _lines(session: Session, records: Records, event: Event, customer: np.ndarray, source: str, found: dict) -> Lines:
    columns = {column: records.fields[ours] for ours, column in event.columns.items() if ours in records.fields}
    custom = dict(records.custom)
    refused = np.full(len(records.rows), None, dtype=object)
    if "order_number" in records.fields:
        number = records.fields["order_number"]
        order, owner = references.orders(session, records, customer, source=source)
        unknown = number.given & (order == 0)
        customer = np.where(customer == 0, owner, customer)
        columns["order_id"] = _keys(order)
        if unknown.any():
            # The number is worth keeping: the order may come with a later file.
            custom[records.names["order_number"]] = number.where(unknown)
            found["orders_not_known"] = int((unknown & (customer != 0)).sum())
        nobody = customer == 0
        refused[nobody] = [
            f"The order “{text}” is not known, and the line names no customer."
            if is_unknown
            else f"The order “{text}” has no customer, and the line names none."
            for text, is_unknown in zip(number.objects()[nobody], unknown[nobody], strict=True)
        ]
    columns["customer_id"] = _keys(customer)
    code = records.fields.get(event.code) or values.nothing(len(records.rows))
    return Lines({"customer_id": columns.pop("customer_id"), **columns}, custom, code, refused)


def _keys(keys: np.ndarray) -> Values:
    """Keys as contents, nothing for 0."""
    codes, different = pd.factorize(keys)
    return values.of(codes, [key or None for key in np.asarray(different).tolist()])


def _created(keys: np.ndarray, group: np.ndarray, refused: np.ndarray) -> np.ndarray:
    has_lines = np.zeros(len(keys), dtype=bool)
    has_lines[group[(group >= 0) & (refused == None)]] = True  # noqa: E711 - elementwise
    return (keys < 0) & has_lines


def _part(compared: Compared, event: Event, lines: Lines, created: np.ndarray, source: str) -> Part:
    rows = {name: final.at(created).objects() for name, final in compared.finals.items()}
    code = merging.last_words(lines.code, compared.group, len(compared.keys))
    empty = np.full(len(created), None, dtype=object)
    defaults = dict(event.defaults)
    if "status" in defaults:
        rows["status"] = np.array(
            [
                said or _status(resolved, reopened, answered) or defaults["status"]
                for said, resolved, reopened, answered in zip(
                    *(rows.get(name, empty) for name in ("status", "resolved_at", "reopened_at", "first_answered_at")),
                    strict=True,
                )
            ],
            dtype=object,
        )
    for name, content in defaults.items():
        rows[name] = np.array([content if said is None else said for said in rows.get(name, empty)], dtype=object)
    rows |= {
        "source": np.full(len(created), source, dtype=object),
        "code": code.at(created).objects(),
        comparing.CUSTOM: comparing.custom_of(compared, created),
    }
    refers = {name: part for name, part in (("customer_id", "customers"), ("product_id", "products")) if name in rows}
    return Part(
        event.table,
        compared.keys,
        created,
        rows,
        refers,
        tuple(compared.changes()),
        (),
        {},
        comparing.labels_of(compared),
    )


def _status(resolved: datetime | None, reopened: datetime | None, answered: datetime | None) -> str | None:
    """What the moments of a ticket tell of its state; None: nothing."""
    if resolved and not (reopened and reopened > resolved):
        return "resolved"
    return "reopened" if reopened else "answered" if answered else None


def _needed(keys: np.ndarray, part: Part, column: str) -> np.ndarray:
    """Which of the records named by the lines the new and changed events belong to."""
    used = set(part.rows.get(column, ())) | {after[column] for _, _, _, after in part.changes if column in after}
    return np.array([key in used for key in keys.tolist()], dtype=bool)
