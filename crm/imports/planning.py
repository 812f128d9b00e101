"""What will the import change? New customers, products, orders and lines, additions to what is there, and
duplicates."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm.imports import amounts, line_words, matching
from crm.imports.matching import Known
from crm.imports.order_lines import OrderLines

KINDS = ("sale", "return", "cancellation", "fee", "adjustment")
_SALE, _RETURN, _CANCELLATION, _FEE, _ADJUSTMENT = range(len(KINDS))
_STATUSES = ("completed", "open", "cancelled")


@dataclass(frozen=True)
class Plan:
    """What to write; reading it changes nothing.

    lines: one row a NEW line: order (row of `orders`), product (key, 0 none), kind (place in KINDS),
    description (None where it is the product's name), quantity, unit_price_e4, amount_e4, discount, cost_e4,
    ordered_at.
    orders: one row an order that gets new lines: order_id (0 new), number, customer (key, 0 none), ordered_at
    (earliest, stored lines included), stored_at and stored_status (missing for a new one), net_amount_e4 and
    charged_amount_e4 (of the new lines; 0 for a new order that is cancelled), status, currency, channel,
    country, shipped_at.
    customers, products: Known; a key > 0 is an id, a key < 0 is -(row + 1) of the parsed frame.
    duplicates: how many lines the database has already.
    """

    parsed: OrderLines
    customers: Known
    products: Known
    orders: pd.DataFrame
    lines: pd.DataFrame
    duplicates: int
    found: dict[str, int]


def plan_import(session: Session, parsed: OrderLines, *, source: str) -> Plan:
    """Match a file against the database. Nothing is written; on PostgreSQL the tables are locked against
    other writers."""
    matching.lock_tables(session)
    customers = matching.known_customers(session, parsed.customers)
    products = matching.known_products(session, parsed.products)
    lines = parsed.lines.assign(
        customer=np.append(customers.keys, 0)[parsed.lines["customer"]],
        product=np.append(products.keys, 0)[parsed.lines["product"]],
        kind=_kinds(parsed, products),
    )
    order_of_line, orders = _orders(lines)
    found = {
        "numbers_of_several_customers": int(orders["number"][orders["number"].duplicated()].nunique()),
        "orders_with_several_moments": _several_moments(lines, order_of_line, len(orders)),
        **{
            f"lines_{kind}": int(number)
            for kind, number in zip(KINDS, np.bincount(lines["kind"], minlength=len(KINDS)), strict=True)
        },
    }
    orders = _with_stored(session, orders, source)
    lines = lines.assign(order=order_of_line, order_id=orders["order_id"].to_numpy()[order_of_line])
    stored = matching.lines_of(session, orders["order_id"][orders["order_id"] > 0].to_numpy())
    duplicate, found["lines_cancelled_since"] = _duplicates(
        lines, stored.rename(columns={"product_id": "product"})
    )
    fresh = lines[~duplicate]
    found |= _conflicts(session, source, parsed, customers, orders)
    is_cancelled = (orders["stored_status"] == "cancelled").to_numpy(dtype=bool)
    found["lines_of_cancelled_orders"] = int(is_cancelled[fresh["order"]].sum())
    touched = pd.unique(fresh["order"])
    place = np.full(len(orders), -1, dtype="int64")
    place[touched] = np.arange(len(touched))
    fresh = fresh.assign(order=place[fresh["order"]], description=_own_descriptions(fresh, parsed, products))
    return Plan(
        parsed,
        customers,
        products,
        _order_facts(orders.iloc[touched].reset_index(drop=True), fresh),
        fresh,
        int(duplicate.sum()),
        found,
    )


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


def _kinds(parsed: OrderLines, products: Known) -> np.ndarray:
    """A place in KINDS, one a line. What the owner made of a known product (a fee or none) counts more than
    its name."""
    by_word = {"fee": _FEE, "adjustment": _ADJUSTMENT}
    fee = np.array([by_word.get(word, -1) for word in parsed.products["fee_kind"]] + [-1])
    for row, kind in zip(products.known_rows, products.stored_rows["kind"], strict=True):
        fee[row] = (fee[row] if fee[row] >= 0 else _FEE) if kind == "fee" else -1
    movement, fee = parsed.lines["movement"].to_numpy(), fee[parsed.lines["product"]]
    # A cancelled fee is a cancellation first: what came back is no income of another kind.
    return np.select(
        [movement == amounts.CANCELLATION, movement == amounts.STOCK, fee >= 0, movement == amounts.RETURN],
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


def _several_moments(lines: pd.DataFrame, order: np.ndarray, count: int) -> int:
    moments = lines["ordered_at"].to_numpy().astype("int64")
    first = np.zeros(count, dtype="int64")
    first[order[::-1]] = moments[::-1]
    return len(pd.unique(order[moments != first[order]]))


def _with_stored(session: Session, orders: pd.DataFrame, source: str) -> pd.DataFrame:
    """The orders with `order_id` (0: not in the database), `stored_at` and `stored_status`."""
    possible = orders["number"][orders["customer"] >= 0].unique().tolist()  # a new customer has no orders yet
    stored = matching.known_orders(session, source=source, numbers=possible)
    ours = {
        "id": "order_id",
        "customer_id": "customer",
        "ordered_at": "stored_at",
        "status": "stored_status",
    }
    merged = orders.merge(
        stored.rename(columns=ours),
        on=["number", "customer"],
        how="left",
    )
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


def _order_facts(orders: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """Moments, sums and words of each order from its new lines."""
    order, count = fresh["order"].to_numpy(), len(orders)
    first = np.full(count, np.iinfo("int64").max)
    np.minimum.at(first, order, fresh["ordered_at"].to_numpy().astype("int64"))
    first_at = first.astype("datetime64[us]")
    stored_at = orders["stored_at"].to_numpy().astype("datetime64[us]")
    amount = fresh["amount_e4"].to_numpy()
    net, charged = np.zeros(count, dtype="int64"), np.zeros(count, dtype="int64")
    np.add.at(net, order, amount)
    np.add.at(charged, order, np.where(fresh["kind"].to_numpy() != _CANCELLATION, np.maximum(amount, 0), 0))
    status = _order_statuses(order, fresh["status"].array, count)
    void = (orders["order_id"] == 0).to_numpy() & (status == "cancelled")
    facts = {
        name: _first_texts(order, fresh[name].array, count) for name in ("currency", "channel", "country")
    }
    return orders.assign(
        ordered_at=np.where(np.isnat(stored_at), first_at, np.fmin(first_at, stored_at)),
        net_amount_e4=np.where(void, 0, net),
        charged_amount_e4=np.where(void, 0, charged),
        status=status,
        shipped_at=_first_moments(order, fresh["shipped_at"].to_numpy(), count),
        **facts,
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
    session: Session, source: str, parsed: OrderLines, customers: Known, orders: pd.DataFrame
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
    return {"customers_named_otherwise": int(named), "deleted_orders_entered_anew": len(deleted)}
