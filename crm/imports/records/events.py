"""What becomes of payments, deals, tickets and interactions? Known by their source's number, else by what they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Table
from sqlalchemy.orm import Session

from crm.imports.records import comparing, merging, people, references, stored, values
from crm.imports.records.comparing import Compared
from crm.imports.records.goods import plan_named as plan_named_products
from crm.imports.records.parsing import Records
from crm.imports.records.plans import Part, Planned
from crm.imports.records.values import Values
from crm.models import Deal, Interaction, Payment, Ticket


@dataclass(frozen=True)
class Event:
    """One kind of events. `code`: our field of the source's number; `columns`: {our field: column}; `alike`: what makes
    two without a number the same, beside the customer; `defaults`: what a new one has where the file says nothing.

    `owner`, `detail`: columns by which several with one number are told apart: those that always belong to it, and those
    that may be corrected where there is only one.
    """

    table: Table
    code: str
    columns: Mapping[str, str]
    alike: tuple[str, ...]
    defaults: Mapping[str, object]
    owner: tuple[str, ...] = ()
    detail: tuple[str, ...] = ()


EVENTS = {
    "payments": Event(Payment.__table__, "payment_code", {
        "paid_on": "paid_on", "due_on": "due_on", "amount": "amount_e4", "currency": "currency", "method": "method",
        "note": "note"}, ("paid_on", "amount_e4", "method"), {},
        # A number may come again with another customer, and with another amount: a part payment, money sent back.
        owner=("customer_id",), detail=("paid_on", "amount_e4")),
    "deals": Event(Deal.__table__, "deal_code", {
        "title": "title", "stage": "stage", "amount": "amount_e4", "probability": "probability", "opened_on": "opened_on",
        "expected_on": "expected_on", "closed_on": "closed_on", "lost_reason": "lost_reason"},
        ("title", "opened_on", "amount_e4"), {}),
    "tickets": Event(Ticket.__table__, "ticket_code", {
        "ticket_kind": "kind", "priority": "priority", "status": "status", "subject": "subject", "body": "body",
        "opened_at": "opened_at", "first_answered_at": "first_answered_at", "resolved_at": "resolved_at"},
        ("opened_at", "subject", "body"), {"kind": "inquiry", "priority": "normal", "status": "open"}),
    "interactions": Event(Interaction.__table__, "interaction_code", {
        "channel": "channel", "direction": "direction", "subject": "subject", "body": "body", "happened_at": "happened_at"},
        # Several messages of one conversation have its number.
        ("happened_at", "subject", "body"), {"channel": "other", "direction": "in"}, detail=("happened_at",)),
}


@dataclass
class _Lines:
    """The lines of a file of events: what each says of its record, and why some are refused in view of the records."""

    columns: dict[str, Values]
    custom: dict[str, Values]
    code: Values
    refused: np.ndarray


def plan(session: Session, records: Records, *, source: str, on_known: str) -> Planned:
    """Match a file of events with the records."""
    event, found = EVENTS[records.kind], {}
    customers = references.customers(session, records, by_company=True)
    products = references.products(session, records) if records.kind == "deals" else None
    lines = _lines(session, records, event, customers.key_of_line(), source, found)
    if products is not None:
        lines.columns["product_id"] = _keys(products.key_of_line())
        found["products_written_differently"] = products.differently
    group, keys = _matched(session, event, lines, source)
    compared = comparing.compare(
        session, event.table, group=group, keys=keys, columns=lines.columns, custom=lines.custom, on_known=on_known,
        fixed={*records.made_up, *event.owner}, also=("status", "opened_at", "first_answered_at", "resolved_at") if records.kind == "tickets" else ())
    if records.kind == "tickets":
        _refuse_impossible(compared, lines)
        _follow(compared, records)
    created = _created(keys, group, lines.refused)
    imported = comparing.imported_lines(compared, lines.columns, lines.custom, created) & (lines.refused == None)  # noqa: E711
    part = _part(compared, event, lines, np.flatnonzero(created), source)
    people_part, _, _ = people.plan_named(session, records, customers, on_known=on_known, profiles=False,
                                          needed=_needed(customers.keys, part, "customer_id"))
    parts = [people_part]
    if products is not None:
        parts.append(plan_named_products(session, records, products, needed=_needed(products.keys, part, "product_id")))
    found |= {"records_kept": compared.kept, "lines_overruled": merging.overruled(
        lines.columns | lines.custom, group, len(keys))}
    return Planned((*parts, part), imported, lines.refused, found)


def _lines(session: Session, records: Records, event: Event, customer: np.ndarray, source: str, found: dict) -> _Lines:
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
        refused[nobody] = [f"The order “{text}” is not known, and the line names no customer." if is_unknown
                           else f"The order “{text}” has no customer, and the line names none."
                           for text, is_unknown in zip(number.objects()[nobody], unknown[nobody], strict=True)]
    columns["customer_id"] = _keys(customer)
    code = records.fields.get(event.code) or values.nothing(len(records.rows))
    return _Lines({"customer_id": columns.pop("customer_id"), **columns}, custom, code, refused)


def _keys(keys: np.ndarray) -> Values:
    """Keys as contents, nothing for 0."""
    codes, different = pd.factorize(keys)
    return values.of(codes, [key or None for key in np.asarray(different).tolist()])


def _matched(session: Session, event: Event, lines: _Lines, source: str) -> tuple[np.ndarray, np.ndarray]:
    """Which record each line is of, and each record's id or -(place + 1)."""
    refused = lines.refused != None  # noqa: E711 - elementwise
    coded = lines.code.given & ~refused
    parts_of_code = [lines.code, *(lines.columns[name] for name in (*event.owner, *event.detail))]
    group = np.full(len(coded), -1, dtype="int64")
    group[coded] = pd.factorize(values.places_of(*parts_of_code)[coded])[0]
    count = int(group.max(initial=-1)) + 1
    plain = np.flatnonzero(~coded & ~refused)
    group[plain] = count + np.arange(len(plain))
    keys = np.zeros(count + len(plain), dtype="int64")
    first = merging.first_lines(group, len(keys))
    keys[:count] = _known_by_code(session, event, lines, first[:count], source)
    keys[count:] = _known_by_content(session, event, lines, plain, set(keys[:count].tolist()))
    return group, np.where(keys > 0, keys, -np.arange(len(keys)) - 1)


def _known_by_code(session: Session, event: Event, lines: _Lines, first: np.ndarray, source: str) -> np.ndarray:
    """The id of each record with a number, 0 unknown; `first`: its first line."""
    table, apart = event.table, (*event.owner, *event.detail)
    names = ["id", "code", *apart]
    codes = lines.code.at(first).objects()
    known = stored.rows(session, table, names, table.c.source == source, table.c.deleted_at.is_(None), by="code",
                        wanted=pd.unique(codes).tolist()).sort_values("id", kind="stable")
    wanted = list(zip(codes, *(lines.columns[name].at(first).objects() for name in apart), strict=True))
    return _joined(wanted, list(known.itertuples(index=False)), whose=1 + len(event.owner))


def _joined(wanted: Sequence[tuple], known: Sequence[tuple], *, whose: int) -> np.ndarray:
    """For each number with what tells it apart the id of the same, 0 none; what then is left of a number (and owner: the
    first `whose` of each), one here and one there, is one whose details were corrected."""
    exact: dict[tuple, list[int]] = {}
    for key, *content in known:
        exact.setdefault(tuple(content), []).append(key)
    ids = np.array([exact[each].pop(0) if exact.get(each) else 0 for each in wanted], dtype="int64")
    left: dict[tuple, list[int]] = {}
    for content, keys in exact.items():
        left.setdefault(content[:whose], []).extend(keys)
    unknown: dict[tuple, list[int]] = {}
    for place in np.flatnonzero(ids == 0).tolist():
        unknown.setdefault(wanted[place][:whose], []).append(place)
    for owner, places in unknown.items():
        if len(places) == 1 and len(left.get(owner, ())) == 1:
            ids[places[0]] = left[owner][0]
    return ids


def _known_by_content(session: Session, event: Event, lines: _Lines, plain: np.ndarray, taken: set[int]) -> np.ndarray:
    """The id of the record that each line without a number equals, 0 none; as in a multiset, each record once."""
    if not len(plain):
        return np.empty(0, dtype="int64")
    table = event.table
    customer = lines.columns["customer_id"]
    names = ["customer_id", *event.alike]
    read = ["id", *names, *(["order_id"] if "order_id" in table.c else [])]
    known = stored.rows(session, table, read, table.c.deleted_at.is_(None), by="customer_id",
                        wanted=[key for key in customer.different.tolist() if key > 0])
    if not customer.given[plain].all():
        without = stored.rows(session, table, read, table.c.deleted_at.is_(None), table.c.customer_id.is_(None))
        known = pd.concat([part for part in (known, without) if len(part)] or [known])
    known = known[~known["id"].isin(taken)].sort_values("id", kind="stable").reset_index(drop=True)
    said = {name: lines.columns[name].at(plain) if name in lines.columns else values.nothing(len(plain)) for name in read[1:]}
    ids = np.zeros(len(plain), dtype="int64")
    if "order_id" not in read:
        _pair(ids, known, said, names)
        return ids
    # An order that one side does not name may be the other's.
    _pair(ids, known, said, [*names, "order_id"])
    _pair(ids, known[known["order_id"].isna()], said, names)
    _pair(ids, known, said, names, only=~said["order_id"].given)
    return ids


def _pair(ids: np.ndarray, known: pd.DataFrame, said: Mapping[str, Values], names: Sequence[str], *,
          only: np.ndarray | None = None) -> None:
    """Give lines without a record the id of an equal one that no other line has; `only`: of these lines."""
    known = known[~known["id"].isin(ids)]
    open_lines = np.flatnonzero((ids == 0) & (True if only is None else only))
    ours, theirs = np.zeros(len(open_lines), dtype="int64"), np.zeros(len(known), dtype="int64")
    for name in names:
        column = said[name].at(open_lines)
        places = {content: place for place, content in enumerate(column.different.tolist())} | {None: -1}
        stranger = len(places)
        there = np.array([places.get(None if content is None or content != content else content, stranger)
                          for content in known[name].tolist()], dtype="int64")
        both = pd.factorize(np.concatenate([ours * (stranger + 2) + column.codes + 1, theirs * (stranger + 2) + there + 1]))[0]
        ours, theirs = both[: len(open_lines)].astype("int64"), both[len(open_lines):].astype("int64")
    partner = merging.paired(ours, theirs)
    hit = partner >= 0
    ids[open_lines[hit]] = known["id"].to_numpy()[partner[hit]].astype("int64")


def _refuse_impossible(compared: Compared, lines: _Lines) -> None:
    """No ticket can get an answer before its opening, be that in the records or on another of its lines."""
    lines_of = np.bincount(compared.group[compared.group >= 0], minlength=len(compared.keys))
    told = {name: compared.finals[name].objects() for name in ("opened_at", *_AFTER_OPENING) if name in compared.finals}
    for place in np.flatnonzero((compared.keys < 0) & (lines_of > 1)).tolist():
        _refuse(compared, lines, place, {name: contents[place] for name, contents in told.items()}, 0)
    for place in list(compared.after):
        _refuse(compared, lines, place, compared.stored.loc[place].to_dict() | compared.after[place], 1)


def _refuse(compared: Compared, lines: _Lines, place: int, row: Mapping, known: int) -> None:
    for column, sentences in _AFTER_OPENING.items():
        then = row.get(column)
        if then is not None and then == then and then < row["opened_at"]:
            lines.refused[(compared.group == place) & (lines.refused == None)] = sentences[known]  # noqa: E711 - elementwise
            compared.forget([place])
            return


_AFTER_OPENING = {  # what cannot be before the opening: why a new ticket is refused, and why a known one's change is
    "first_answered_at": ("The lines of this ticket contradict each other: its first answer would be before its opening.",
                          "The first answer would be before the opening in your records."),
    "resolved_at": ("The lines of this ticket contradict each other: its solution would be before its opening.",
                    "The solution would be before the opening in your records."),
}


def _follow(compared: Compared, records: Records) -> None:
    """A ticket that gets its answer or its solution is answered or resolved, where the file has no word on it."""
    if "status" in records.fields:
        return
    for place, after in list(compared.after.items()):
        status = compared.stored.at[place, "status"]
        if after.get("resolved_at") is not None and status in ("open", "answered"):
            compared.put(place, "status", status, "resolved")
        elif after.get("first_answered_at") is not None and status == "open":
            compared.put(place, "status", status, "answered")


def _created(keys: np.ndarray, group: np.ndarray, refused: np.ndarray) -> np.ndarray:
    has_lines = np.zeros(len(keys), dtype=bool)
    has_lines[group[(group >= 0) & (refused == None)]] = True  # noqa: E711 - elementwise
    return (keys < 0) & has_lines


def _part(compared: Compared, event: Event, lines: _Lines, created: np.ndarray, source: str) -> Part:
    rows = {name: final.at(created).objects() for name, final in compared.finals.items()}
    code = merging.last_words(lines.code, compared.group, len(compared.keys))
    empty = np.full(len(created), None, dtype=object)
    defaults = dict(event.defaults)
    if "status" in defaults:
        rows["status"] = np.array([
            said or ("resolved" if resolved else "answered" if answered else defaults["status"])
            for said, resolved, answered in zip(*(rows.get(name, empty) for name in
                                                  ("status", "resolved_at", "first_answered_at")), strict=True)],
            dtype=object)
    for name, content in defaults.items():
        rows[name] = np.array([content if said is None else said for said in rows.get(name, empty)], dtype=object)
    rows |= {"source": np.full(len(created), source, dtype=object), "code": code.at(created).objects(),
             comparing.CUSTOM: comparing.custom_of(compared, created)}
    refers = {name: part for name, part in (("customer_id", "customers"), ("product_id", "products")) if name in rows}
    return Part(event.table, compared.keys, created, rows, refers, tuple(compared.changes()), (), {},
                comparing.labels_of(compared))


def _needed(keys: np.ndarray, part: Part, column: str) -> np.ndarray:
    """Which of the records named by the lines the new and changed events belong to."""
    used = set(part.rows.get(column, ())) | {after[column] for _, _, _, after in part.changes if column in after}
    return np.array([key in used for key in keys.tolist()], dtype=bool)
