"""What will the import change? New customers, products, orders and lines, additions to what is there, and
duplicates."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm.imports import amounts, changing, identities, line_words, matching
from crm.imports.changing import Changes
from crm.imports.matching import MONEY_KEY, Known
from crm.imports.order_lines import OrderLines, short
from crm.imports.report import CHANGES_SHOWN
from crm.models import Customer, Product
from crm.money import from_e4
from crm.services.merging import number_after_merge

KINDS = ("sale", "return", "cancellation", "fee", "adjustment")
_SALE, _RETURN, _CANCELLATION, _FEE, _ADJUSTMENT = range(len(KINDS))
_STATUSES = ("completed", "open", "cancelled")

_NO_ORDER = "The file has no dates, and no order {} is known; bring in the orders first."
_NO_ORDER_OF_CUSTOMER = "The file has no dates, and no order {} of this customer is known; bring in the orders first."
_SEVERAL_CUSTOMERS = "The order number {} serves several customers; add a column that says which of them."
_HAS_TOTAL = "Order {} came with its total from a file of orders; undo that import before its lines come in."
_NOTHING_REFUSED = pd.DataFrame({"row": pd.Series(dtype="int64"), "reason": pd.Series(dtype="str")})


@dataclass(frozen=True)
class Plan:
    """What to write; reading it changes nothing.

    lines: one row a NEW line: order (row of `orders`), product (key, 0 none), kind (place in KINDS),
    description (None where it is the product's name), quantity, unit_price_e4, amount_e4, discount, cost_e4,
    ordered_at.
    orders: one row an order that is new or gets new lines: order_id (0 new), number, customer (key, 0 none),
    ordered_at (earliest, stored lines included), stored_at and stored_status (missing for a new one),
    net_amount_e4 and charged_amount_e4 (of the new lines; 0 for a new order that is cancelled), status,
    currency, channel, country, note, shipped_at.
    customers, products: Known; a key > 0 is an id, a key < 0 is -(row + 1) of the parsed frame.
    customer_changes, product_changes, order_changes, line_changes: what stored records get. summed_anew: ids of
    orders whose sums are not those before and the new lines together. restored: {table: {id: when it was
    deleted}} of what comes back with new orders or lines.
    imported, duplicates: lines that do and do not change something, `new_rows` and `duplicate_rows` their
    numbers in the file. rejected: row, reason of lines that only the database refuses. created, updated:
    {table: rows}. changes: the first CHANGES_SHOWN of `changes_total` changed fields as texts: table, record,
    field, old, new. found: {code of a note: number}.
    """

    parsed: OrderLines
    customers: Known
    products: Known
    orders: pd.DataFrame
    lines: pd.DataFrame
    customer_changes: Changes
    product_changes: Changes
    order_changes: Changes
    line_changes: Changes
    summed_anew: list[int]
    restored: dict[str, dict]
    imported: int
    duplicates: int
    new_rows: np.ndarray
    duplicate_rows: np.ndarray
    rejected: pd.DataFrame
    created: dict[str, int]
    updated: dict[str, int]
    changes: pd.DataFrame
    changes_total: int
    found: dict[str, int]


def plan_import(
    session: Session, parsed: OrderLines, *, source: str, on_known: str = "fill", lock: bool = True
) -> Plan:
    """Match a file against the database. Nothing is written.

    on_known says what known records get: "fill" what they lack, "overwrite" what the file gives, "skip"
    nothing. lock: on PostgreSQL the tables are locked against other writers, for a plan that is to be written.
    """
    if lock:
        matching.lock_tables(session)
    return _planned(session, _match(session, parsed, source, refused=_NOTHING_REFUSED), source, on_known)


@dataclass(frozen=True)
class _Matched:
    """lines: as parsed, with keys for customer and product, `kind`, `order` (row of `orders`) and `order_id`.

    orders: all of the file, with what is stored of them; stored: their lines in the database. duplicate: which
    lines are stored, cancelled_since of them only as they were before they were cancelled.
    """

    parsed: OrderLines
    customers: Known
    products: Known
    lines: pd.DataFrame
    orders: pd.DataFrame
    stored: pd.DataFrame
    duplicate: np.ndarray
    cancelled_since: int
    refused: pd.DataFrame


def _match(session: Session, parsed: OrderLines, source: str, *, refused: pd.DataFrame) -> _Matched:
    """`refused` lines are known already; what is left is matched anew when there are more of them, for such a line
    may have been the only one of its customer."""
    customers = matching.known_customers(session, parsed.customers)
    products = matching.known_products(session, parsed.products)
    lines = parsed.lines.assign(
        customer=np.append(customers.keys, 0)[parsed.lines["customer"]],
        product=np.append(products.keys, 0)[parsed.lines["product"]],
    )
    if customers.merged:
        lines = _numbered_as_merged(session, lines, parsed, customers, source)
    lines, homeless = _joined(session, lines, parsed, source)
    if len(homeless):
        return _match(session, _without(parsed, homeless["row"]), source, refused=homeless)
    lines = lines.assign(kind=_kinds(parsed, lines, products))
    order_of_line, orders = _orders(lines)
    orders = _with_stored(session, orders, source, with_facts=parsed.is_orders)
    lines = lines.assign(order=order_of_line, order_id=orders["order_id"].to_numpy()[order_of_line])
    stored = matching.lines_of(session, orders["order_id"][orders["order_id"] > 0].to_numpy())
    stored = stored.rename(columns={"product_id": "product"})
    duplicate, cancelled_since = np.zeros(len(lines), dtype=bool), 0
    if parsed.has_amounts:
        duplicate, cancelled_since = _duplicates(lines, stored)
    twice = _NOTHING_REFUSED if parsed.is_orders else _refused(lines, _has_total(session, lines, duplicate), _HAS_TOTAL)
    if len(twice):
        both = pd.concat([refused, twice], ignore_index=True)
        return _match(session, _without(parsed, twice["row"]), source, refused=both)
    return _Matched(parsed, customers, products, lines, orders, stored, duplicate, cancelled_since, refused)


def _planned(session: Session, matched: _Matched, source: str, on_known: str) -> Plan:
    parsed, customers, products, lines = matched.parsed, matched.customers, matched.products, matched.lines
    kept, totals, another_total = _totals(session, matched, on_known)
    is_fresh = ~(matched.duplicate | kept) if parsed.has_amounts else np.zeros(len(lines), dtype=bool)
    orders = _order_facts(matched.orders, lines, is_fresh, whole=parsed.is_orders)
    is_new, grows = (orders["order_id"] == 0).to_numpy(), orders["grows"].to_numpy()
    order_changes = _order_changes(orders[~is_new], parsed, on_known)
    customer_changes = changing.customer_changes(session, customers, parsed.customers, on_known=on_known)
    product_changes = changing.product_changes(products, parsed.products, on_known=on_known)
    is_changed = np.isin(orders["order_id"], [*order_changes, *totals])
    imported = is_fresh.copy()
    _tell_first(imported, lines["order"].to_numpy(), is_new | is_changed)
    _tell_first(imported, parsed.lines["customer"].to_numpy(), np.isin(customers.keys, [*customer_changes]))
    _tell_first(imported, parsed.lines["product"].to_numpy(), np.isin(products.keys, [*product_changes]))

    written = np.flatnonzero(is_new | grows)
    place = np.full(len(orders), -1, dtype="int64")
    place[written] = np.arange(len(written))
    fresh = lines[is_fresh]
    found = _found(lines, orders, fresh, parsed) | _conflicts(session, source, parsed, customers, orders, on_known)
    fresh = fresh.assign(order=place[fresh["order"]], description=_own_descriptions(fresh, parsed, products))
    orders_written, row = orders.iloc[written].reset_index(drop=True), lines.index.to_numpy(dtype="int64")
    numbers = dict(zip(orders["order_id"].tolist(), orders["number"].tolist(), strict=True))
    changes, changes_total = _listed(
        ("customers", customer_changes, customers.stored["code"]),
        ("products", product_changes, products.stored["code"]),
        ("orders", order_changes, numbers),
        ("order_lines", {order: contents for order, (_, contents) in totals.items()}, numbers),
    )
    return Plan(
        parsed=parsed,
        customers=customers,
        products=products,
        orders=orders_written,
        lines=fresh,
        customer_changes=customer_changes,
        product_changes=product_changes,
        order_changes=order_changes,
        line_changes=dict(totals.values()),
        summed_anew=[*totals, *(key for key, (_, after) in order_changes.items() if "status" in after)],
        restored={
            "customers": matching.deleted(session, Customer.__table__, _ids(orders_written["customer"])),
            "products": matching.deleted(session, Product.__table__, _ids(fresh["product"])),
        },
        imported=int(imported.sum()),
        duplicates=int((~imported).sum()),
        new_rows=row[imported],
        duplicate_rows=row[~imported],
        rejected=matched.refused.sort_values("row").reset_index(drop=True),
        created={
            "customers": len(customers.new_rows),
            "products": len(products.new_rows),
            "orders": int(is_new.sum()),
            "order_lines": len(fresh),
        },
        updated={
            "customers": len(customer_changes),
            "products": len(product_changes),
            "orders": int((~is_new & (grows | is_changed)).sum()),
        },
        changes=changes,
        changes_total=changes_total,
        found=found
        | {"lines_cancelled_since": matched.cancelled_since, "orders_with_another_total": another_total},
    )


def _without(parsed: OrderLines, rows: pd.Series) -> OrderLines:
    """The file without these lines, and without the customers and products that no other line names."""
    lines = parsed.lines[~parsed.lines.index.isin(rows)]
    customer, customers = identities.number_anew(lines["customer"].to_numpy())
    product, products = identities.number_anew(lines["product"].to_numpy())
    return replace(
        parsed,
        lines=lines.assign(customer=customer, product=product),
        customers=parsed.customers.iloc[customers].reset_index(drop=True),
        products=parsed.products.iloc[products].reset_index(drop=True),
    )


def _joined(
    session: Session, lines: pd.DataFrame, parsed: OrderLines, source: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the file does not say of an order, its moment or whose it is, taken from the order that is known by its
    number; and the lines for which there is none, or no single one."""
    if parsed.has_dates and (parsed.has_customers or not parsed.has_numbers):
        return lines, _NOTHING_REFUSED
    order_of_line, orders = _orders(lines)
    known: dict[str, dict[int, pd.Timestamp]] = {}
    stored = matching.known_orders(session, source=source, numbers=orders["number"].unique().tolist())
    for number, customer, moment in zip(stored["number"], stored["customer_id"], stored["ordered_at"], strict=True):
        known.setdefault(number, {})[customer] = moment
    owners, moments, reasons = orders["customer"].to_numpy().copy(), [], np.full(len(orders), "", dtype=object)
    for place, (number, customer) in enumerate(zip(orders["number"], orders["customer"], strict=True)):
        there = known.get(number, {})
        if customer not in there and not customer and len(there) == 1:
            owners[place] = customer = next(iter(there))
        moments.append(there.get(customer, pd.NaT))
        if customer in there and (customer or len(there) == 1 or parsed.has_dates):
            continue
        if not customer and there:
            reasons[place] = _SEVERAL_CUSTOMERS
        elif not parsed.has_dates:
            reasons[place] = _NO_ORDER_OF_CUSTOMER if customer else _NO_ORDER
    lines = lines.assign(customer=owners[order_of_line])
    if not parsed.has_dates:
        found_at = pd.Series(moments, dtype="datetime64[us]").to_numpy()
        lines = lines.assign(ordered_at=found_at[order_of_line])
    refused = [_refused(lines, (reasons == sentence)[order_of_line], sentence)
               for sentence in (_NO_ORDER, _NO_ORDER_OF_CUSTOMER, _SEVERAL_CUSTOMERS)]
    return lines, pd.concat(refused, ignore_index=True)


def _numbered_as_merged(
    session: Session, lines: pd.DataFrame, parsed: OrderLines, customers: Known, source: str
) -> pd.DataFrame:
    """Where two customers that are one now had one order number, the order of the second is known by another."""
    place, number = parsed.lines["customer"].to_numpy(), lines["number"].astype(object).to_numpy(copy=True)
    concerned = np.flatnonzero(np.isin(place, [*customers.merged]))
    renamed = {
        (there, text): number_after_merge(text, customers.merged[there])
        for there, text in set(zip(place[concerned].tolist(), number[concerned].tolist(), strict=True))
    }
    stored = matching.known_orders(session, source=source, numbers=sorted(set(renamed.values())))
    known = set(zip(stored["number"], stored["customer_id"], strict=True))
    for line in concerned.tolist():
        wanted = renamed[place[line], number[line]]
        if (wanted, customers.keys[place[line]]) in known:
            number[line] = wanted
    return lines.assign(number=pd.Categorical(number))


def _refused(lines: pd.DataFrame, wrong: np.ndarray, sentence: str) -> pd.DataFrame:
    """row, reason of these lines; “{}” becomes the order's number."""
    chosen = lines["number"][wrong]
    return pd.DataFrame({
        "row": chosen.index.to_numpy(dtype="int64"),
        "reason": pd.Series([sentence.format(short(number)) for number in chosen], dtype="str"),
    })


def _has_total(session: Session, lines: pd.DataFrame, duplicate: np.ndarray) -> np.ndarray:
    """Which new lines belong to an order that came with its total: they would count twice."""
    order_id = np.where(duplicate, 0, lines["order_id"].to_numpy())
    found = matching.with_totals(session, np.unique(order_id[order_id > 0]).tolist())
    return np.isin(order_id, [*found])


def _totals(
    session: Session, matched: _Matched, on_known: str
) -> tuple[np.ndarray, dict[int, tuple[int, tuple[dict, dict]]], int]:
    """For a file of whole orders with their numbers: lines that are no further lines of an order that is known, but
    its total told again; {order: (its line, what changes)} where the file wins; and how many orders keep another
    total than the file's."""
    parsed, lines, orders, stored = matched.parsed, matched.lines, matched.orders, matched.stored
    if not (parsed.is_orders and parsed.has_amounts and parsed.has_numbers):
        return np.zeros(len(lines), dtype=bool), {}, 0
    count, order = len(orders), lines["order"].to_numpy()
    place = pd.Series(np.arange(count), index=orders["order_id"].to_numpy())
    place = place[place.index > 0]
    theirs = place.loc[stored["order_id"]].to_numpy() if len(stored) else np.empty(0, dtype="int64")
    given, there = np.bincount(order, minlength=count), np.bincount(theirs, minlength=count)
    equal = np.bincount(order, weights=matched.duplicate, minlength=count)
    has_products = np.bincount(theirs, weights=(stored["product"] > 0), minlength=count) > 0
    # More of the same kind than before, and all of the former among them: the order has grown.
    has_grown = ~has_products & (given > there) & (equal == there)
    kept = ((there > 0) & ~has_grown)[order] & ~matched.duplicate
    concerned = np.unique(order[kept])
    sums = np.zeros((2, count))
    np.add.at(sums[0], order, lines["amount_e4"].to_numpy())
    np.add.at(sums[1], theirs, stored["amount_e4"].to_numpy())
    differs = concerned[sums[0][concerned] != sums[1][concerned]]
    single = differs[~has_products[differs] & (given[differs] == 1) & (there[differs] == 1)]
    changed = _changed_totals(session, lines[kept], orders, single) if on_known == "overwrite" else {}
    return kept, changed, len(differs) - len(changed)


def _changed_totals(
    session: Session, lines: pd.DataFrame, orders: pd.DataFrame, places: np.ndarray
) -> dict[int, tuple[int, tuple[dict, dict]]]:
    known = matching.total_lines(session, orders["order_id"].iloc[places].tolist())
    changed = {}
    for line in lines[lines["order"].isin(places)].itertuples():
        before = known[line.order_id]
        line_id = before.pop("id")
        after = {name: getattr(line, name) for name in MONEY_KEY} | {"kind": KINDS[line.kind]}
        names = [name for name in after if after[name] != before[name]]
        changed[line.order_id] = (
            line_id, ({name: before[name] for name in names}, {name: after[name] for name in names})
        )
    return changed


def _order_changes(known: pd.DataFrame, parsed: OrderLines, on_known: str) -> Changes:
    changes = changing.order_changes(known, on_known=on_known) if parsed.is_orders else {}
    moved = known[known["grows"] & (known["ordered_at"] < known["stored_at"])]
    for key, (before, after) in changing.earlier_moments(moved).items():
        was, becomes = changes.setdefault(key, ({}, {}))
        was.update(before)
        becomes.update(after)
    return changes


def _tell_first(imported: np.ndarray, record: np.ndarray, wanted: np.ndarray) -> None:
    """Of each wanted record (`record`: its place, one a line, -1 none) that no imported line tells of, the first
    line counts as imported: it changes something."""
    told = np.zeros(len(wanted) + 1, dtype=bool)
    told[record[imported]] = True
    lines = np.flatnonzero(np.append(wanted & ~told[:-1], False)[record])
    _, first = np.unique(record[lines], return_index=True)
    imported[lines[first]] = True


def _found(lines: pd.DataFrame, orders: pd.DataFrame, fresh: pd.DataFrame, parsed: OrderLines) -> dict[str, int]:
    kinds = np.bincount(lines["kind"], minlength=len(KINDS)) * parsed.has_amounts  # a head is no line
    is_cancelled = (orders["stored_status"] == "cancelled").to_numpy(dtype=bool)
    several = int(orders["number"][orders["number"].duplicated()].nunique())
    return {
        "numbers_of_several_customers": several if parsed.has_numbers else 0,
        "orders_with_several_moments": _several_moments(lines, len(orders)),
        "orders_without_number": 0 if parsed.has_numbers else len(orders),
        "lines_without_customer": int((lines["customer"] == 0).sum()),
        "lines_of_cancelled_orders": int(is_cancelled[fresh["order"]].sum()),
        **{f"lines_{kind}": int(number) for kind, number in zip(KINDS, kinds, strict=True)},
    }


def _duplicates(lines: pd.DataFrame, stored: pd.DataFrame) -> tuple[np.ndarray, int]:
    """Which lines the database has, and how many of them only as they were before they were cancelled.

    Equal means: same order, product, quantity, price and amount. Not the description (the owner may rename a
    product), not the moment (an earlier line moves the order's), not the kind (the owner may make a product a
    fee).
    """
    by = ["order_id", "product", *matching.MONEY_KEY]
    duplicate = np.zeros(len(lines), dtype=bool)
    possible = (lines["order_id"] > 0).to_numpy()
    duplicate[possible] = matching.is_duplicate(lines[possible], stored, by=by)
    changed = ~duplicate & possible & (lines["amount_e4"] != lines["file_amount_e4"]).to_numpy()
    before = lines[changed].assign(amount_e4=lines["file_amount_e4"][changed])
    duplicate[changed] = matching.is_duplicate(before, stored, by=by)
    return duplicate, int(duplicate[changed].sum())


def _kinds(parsed: OrderLines, lines: pd.DataFrame, products: Known) -> np.ndarray:
    """A place in KINDS, one a line. What the owner made of a known product (a fee or none) counts more than
    its name."""
    by_word = {"fee": _FEE, "adjustment": _ADJUSTMENT}
    fee = np.array([by_word.get(word, -1) for word in parsed.products["fee_kind"]] + [-1])
    for row, kind in zip(products.known_rows, products.stored_rows["kind"], strict=True):
        fee[row] = (fee[row] if fee[row] >= 0 else _FEE) if kind == "fee" else -1
    # What was written off is nobody's; a piece that came back for nothing is somebody's, whom the file may not name.
    is_stock = (parsed.lines["movement"] == amounts.STOCK) & (lines["customer"] == 0)
    movement, fee = parsed.lines["movement"].to_numpy(), fee[parsed.lines["product"]]
    # A cancelled fee is a cancellation first: what came back is no income of another kind.
    return np.select(
        [movement == amounts.CANCELLATION, is_stock.to_numpy(), fee >= 0, np.isin(movement, (amounts.RETURN, amounts.STOCK))],
        [_CANCELLATION, _ADJUSTMENT, fee, _RETURN],
        _SALE,
    )


def _orders(lines: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Which order each line belongs to (number and customer together), and the orders in the file's
    sequence."""
    number = lines["number"].array
    customer, customers = pd.factorize(lines["customer"])
    order, pairs = pd.factorize(number.codes.astype("int64") * max(len(customers), 1) + customer)
    width = max(len(customers), 1)
    names = np.asarray(number.categories, dtype=object)
    return order, pd.DataFrame(
        {"number": names[pairs // width], "customer": np.asarray(customers)[pairs % width]}
    )


def _several_moments(lines: pd.DataFrame, count: int) -> int:
    order, moments = lines["order"].to_numpy(), lines["ordered_at"].to_numpy().astype("int64")
    first = np.zeros(count, dtype="int64")
    first[order[::-1]] = moments[::-1]
    return len(pd.unique(order[moments != first[order]]))


def _with_stored(session: Session, orders: pd.DataFrame, source: str, *, with_facts: bool) -> pd.DataFrame:
    """The orders with `order_id` (0: not in the database), `stored_at`, `stored_status` and the other facts."""
    possible = orders["number"][orders["customer"] >= 0].unique().tolist()  # a new customer has no orders yet
    stored = matching.known_orders(session, source=source, numbers=possible, with_facts=with_facts)
    ours = {"id": "order_id", "customer_id": "customer", "ordered_at": "stored_at"}
    ours |= {name: f"stored_{name}" for name in ("status", *matching.ORDER_FACTS)}
    merged = orders.merge(stored.rename(columns=ours), on=["number", "customer"], how="left")
    return merged.assign(order_id=merged["order_id"].fillna(0).astype("int64"))


def _own_descriptions(fresh: pd.DataFrame, parsed: OrderLines, products: Known) -> pd.Categorical:
    """The line's description where it is not its product's name, else missing."""
    column = fresh["description"].array
    places = {name: place for place, name in enumerate(column.categories.tolist())}
    stored_names = products.stored["name"].to_dict() if len(products.stored) else {}
    names = [
        stored_names.get(key, name) for key, name in zip(products.keys, parsed.products["name"], strict=True)
    ]
    same = np.array([places.get(name, -2) for name in names] + [-2])
    own = column.codes != same[parsed.lines["product"].loc[fresh.index]]
    return pd.Categorical.from_codes(np.where(own, column.codes, -1), dtype=column.dtype)


def _order_facts(
    orders: pd.DataFrame, lines: pd.DataFrame, is_fresh: np.ndarray, *, whole: bool
) -> pd.DataFrame:
    """Moments and sums of each order from its new lines, its words from these or, where each line is a whole order,
    from all; `grows`: it gets new lines; `has_status`: the file says what became of it."""
    count, is_new = len(orders), (orders["order_id"] == 0).to_numpy()
    fresh = lines[is_fresh]
    dated = lines[is_fresh | is_new[lines["order"]]]
    first = np.full(count, np.iinfo("int64").max)
    np.minimum.at(first, dated["order"].to_numpy(), dated["ordered_at"].to_numpy().astype("int64"))
    first_at = first.astype("datetime64[us]")
    stored_at = orders["stored_at"].to_numpy().astype("datetime64[us]")
    order, amount = fresh["order"].to_numpy(), fresh["amount_e4"].to_numpy()
    net, charged = np.zeros(count, dtype="int64"), np.zeros(count, dtype="int64")
    np.add.at(net, order, amount)
    np.add.at(charged, order, np.where(fresh["kind"].to_numpy() != _CANCELLATION, np.maximum(amount, 0), 0))
    telling = lines if whole else fresh
    place = telling["order"].to_numpy()
    status = _order_statuses(place, telling["status"].array, count)
    void = is_new & (status == "cancelled")
    texts = {
        name: _first_texts(place, telling[name].array, count) for name in ("currency", "channel", "country", "note")
    }
    return orders.assign(
        ordered_at=np.where(np.isnat(stored_at), first_at, np.fmin(first_at, stored_at)),
        net_amount_e4=np.where(void, 0, net),
        charged_amount_e4=np.where(void, 0, charged),
        grows=np.bincount(order, minlength=count) > 0,
        status=status,
        has_status=np.bincount(place, weights=telling["status"].array.codes >= 0, minlength=count) > 0,
        shipped_at=_first_moments(place, telling["shipped_at"].to_numpy(), count),
        **texts,
    )


def _first_texts(order: np.ndarray, column: pd.Categorical, count: int) -> np.ndarray:
    given = np.flatnonzero(column.codes >= 0)[::-1]
    first = np.full(count, -1, dtype="int64")
    first[order[given]] = column.codes[given]
    return np.append(np.asarray(column.categories, dtype=object), None)[first]


def _first_moments(order: np.ndarray, moments: np.ndarray, count: int) -> np.ndarray:
    given = np.flatnonzero(~np.isnat(moments))[::-1]
    first = np.full(count, np.datetime64("NaT", "us"))
    first[order[given]] = moments[given]
    return first


def _order_statuses(order: np.ndarray, column: pd.Categorical, count: int) -> np.ndarray:
    """Cancelled when all lines are, open when one is open, else completed."""
    words = np.array([_STATUSES.index(line_words.order_status(text)) for text in column.categories] + [0])
    status = words[column.codes]
    lines = np.bincount(order, minlength=count)
    cancelled = np.bincount(order, weights=status == 2, minlength=count) == lines
    is_open = np.bincount(order, weights=status == 1, minlength=count) > 0
    return np.select([cancelled, is_open], ["cancelled", "open"], "completed")


def _conflicts(
    session: Session, source: str, parsed: OrderLines, customers: Known, orders: pd.DataFrame, on_known: str
) -> dict[str, int]:
    """What the file says otherwise than the database, where the database is kept."""
    given = parsed.customers["name"].to_numpy(dtype=object)[customers.known_rows]
    stored = customers.stored_rows
    named = sum(
        isinstance(name, str) and known not in (name, code)
        for name, known, code in zip(given, stored["name"], stored["code"], strict=True)
    )
    new_numbers = orders["number"][orders["order_id"] == 0].unique().tolist()
    deleted = matching.deleted_orders(session, source=source, numbers=new_numbers)
    return {
        "customers_named_otherwise": 0 if on_known == "overwrite" else int(named),
        "deleted_orders_entered_anew": len(deleted),
    }


def _ids(keys: pd.Series) -> list[int]:
    """The ids of known records among these keys, each once."""
    known = np.unique(keys.to_numpy())
    return known[known > 0].tolist()


def _listed(*parts: tuple[str, Changes, Mapping[int, str]]) -> tuple[pd.DataFrame, int]:
    """The first changed fields as texts, and how many there are; each part: a table, its changes, {id: name}."""
    rows: list[tuple[str, str, str, str, str]] = []
    total = 0
    for table, changes, names in parts:
        for key, (before, after) in changes.items():
            fields = _fields(before, after)
            total += len(fields)
            if len(rows) < CHANGES_SHOWN:
                rows += [(table, names[key], field, _text(old), _text(new)) for field, old, new in fields]
    return pd.DataFrame(rows[:CHANGES_SHOWN], columns=["table", "record", "field", "old", "new"]), total


def _fields(before: dict, after: dict) -> list[tuple[str, object, object]]:
    """Field, old, new; each custom field is one of its own, and money is in the currency."""
    fields = []
    for name, new in after.items():
        if name == "custom_fields":
            old = before[name] or {}
            fields += [(key, old.get(key), new[key]) for key in new if old.get(key) != new[key]]
        elif name.endswith("_e4"):
            fields.append((name.removesuffix("_e4"), from_e4(before[name]), from_e4(new)))
        else:
            fields.append((name, before[name], new))
    return fields


def _text(content: object) -> str:
    if isinstance(content, datetime):
        return content.isoformat(sep=" ").removesuffix(" 00:00:00")
    return "" if content is None else str(content)
