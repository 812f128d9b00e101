"""What of the file is in the database already? Customers, products and orders found again, lines matched as a
multiset."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import Table, select, text
from sqlalchemy.orm import Session

from crm.models import Customer, ImportBatch, Order, OrderLine, Product
from crm.services.merging import merged_into
from crm.services.search import fold

CHUNK = 5_000  # values in one IN list: SQLite takes 32,766 and PostgreSQL 65,535
CUSTOMER_COLUMNS = (
    "id",
    "code",
    "name",
    "email",
    "phone",
    "company",
    "address",
    "postal_code",
    "city",
    "region",
    "country",
    "since_on",
    "deleted_at",
)
PRODUCT_COLUMNS = ("id", "code", "name", "kind", "category", "deleted_at")
ORDER_FACTS = ("shipped_at", "channel", "country", "note")
MONEY_KEY = ("quantity", "unit_price_e4", "amount_e4")


@dataclass(frozen=True)
class Known:
    """Which records of the file exist: `keys` int64, one a record of the file: its id (> 0) or -(row + 1) for
    a new one.

    `stored`: the columns that matter of the existing rows, indexed by id, deleted ones included. `merged`: {record
    of the file: its code} of those whose customer was merged into the one that the key names.
    """

    keys: np.ndarray
    stored: pd.DataFrame
    merged: dict[int, str] = field(default_factory=dict)

    @property
    def new_rows(self) -> np.ndarray:
        """Rows of the file's frame that the database does not have."""
        return np.flatnonzero(self.keys < 0)

    @property
    def known_rows(self) -> np.ndarray:
        """Rows of the file's frame that the database has; `stored_rows` gives their records in the same
        sequence."""
        return np.flatnonzero(self.keys > 0)

    @property
    def stored_rows(self) -> pd.DataFrame:
        return self.stored.loc[self.keys[self.known_rows]]


def lock_tables(session: Session) -> None:
    """On PostgreSQL no two imports may match against the same moment and write both; SQLite's writer is alone
    anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("lock table customers, products, orders, order_lines in share row exclusive mode")
        )


def known_customers(session: Session, customers: pd.DataFrame) -> Known:
    """Found by code, deleted ones included; those that the file knows by e-mail, name or company only, by that
    where it is unique."""
    columns = (*CUSTOMER_COLUMNS, "custom_fields") if "custom_fields" in customers else CUSTOMER_COLUMNS
    ways = (("email", "email"), ("name", "name"), ("company", "company"), ("company", "name"))
    known = _known(session, Customer.__table__, columns, customers, ways=ways)
    return _where_merged(session, known, columns)


def _where_merged(session: Session, known: Known, columns: Sequence[str]) -> Known:
    """Whoever was merged into another customer is that one now."""
    hidden = known.stored.index[known.stored["deleted_at"].notna()]
    into = merged_into(session, known.stored["code"].loc[hidden].tolist()) if len(hidden) else {}
    if not into:
        return known
    kept = _by_values(session, Customer.__table__, columns, "code", sorted(set(into.values()))).set_index("id")
    stored = pd.concat([known.stored, kept[~kept.index.isin(known.stored.index)]])
    id_of = {code: key for key, code in stored["code"].items()}
    keys, merged = known.keys.copy(), {}
    for place in known.known_rows.tolist():
        code = known.stored["code"].loc[keys[place]]
        if code in into:
            keys[place], merged[place] = id_of[into[code]], code
    return Known(keys, stored, merged)


def known_products(session: Session, products: pd.DataFrame) -> Known:
    """Found by code, deleted ones included; those without a code by name where it is unique."""
    return _known(session, Product.__table__, PRODUCT_COLUMNS, products, ways=(("name", "name"),))


def _known(
    session: Session, table: Table, columns: Sequence[str], records: pd.DataFrame, *,
    ways: Sequence[tuple[str, str]],
) -> Known:
    """`ways`: (what a record of the file is known by, the column to look for it in)."""
    stored = _by_values(session, table, columns, "code", records["code"].tolist())
    by_code = dict(zip(stored["code"], stored["id"], strict=True))
    keys = np.array(
        [by_code.get(code, -place - 1) for place, code in enumerate(records["code"])], dtype="int64"
    )
    for way, column_name in ways:
        unknown = np.flatnonzero((keys < 0) & (records["known_by"] == way).to_numpy(dtype=bool))
        if not len(unknown):
            continue
        column = table.c[column_name]
        rows = session.execute(
            select(table.c.id, column).where(table.c.deleted_at.is_(None), column.is_not(None))
        )
        found: dict[str, int] = {}
        for record_id, written in rows:
            key = fold(written)
            found[key] = 0 if key in found else record_id  # 0: several have it, so it names nobody
        for place in unknown:
            keys[place] = found.get(records["code"].iat[place]) or keys[place]
    missing = sorted(set(keys[keys > 0].tolist()) - set(stored["id"].tolist()))
    if missing:
        stored = pd.concat(
            [part for part in (stored, _by_values(session, table, columns, "id", missing)) if len(part)]
        )
    return Known(keys, stored.set_index("id"))


def known_orders(
    session: Session, *, source: str, numbers: Sequence[str], with_facts: bool = False
) -> pd.DataFrame:
    """Orders of this source with one of these numbers that are not deleted: id, number, customer_id (0 none),
    ordered_at, status, and where asked also ORDER_FACTS."""
    table = Order.__table__
    names = ["id", "number", "customer_id", "ordered_at", "status", *(ORDER_FACTS if with_facts else ())]
    found = []
    for chunk in _chunks(numbers):
        found += session.execute(
            select(*(table.c[name] for name in names)).where(
                table.c.source == source, table.c.deleted_at.is_(None), table.c.number.in_(chunk)
            )
        ).all()
    frame = _frame(found, names)
    return frame.assign(
        id=frame["id"].astype("int64"),
        customer_id=[known or 0 for known in frame["customer_id"]],
        ordered_at=frame["ordered_at"].astype("datetime64[us]"),
    )


def deleted(session: Session, table: Table, ids: Sequence[int]) -> dict[int, datetime]:
    """Which of these records the owner deleted, and when."""
    found: dict[int, datetime] = {}
    for chunk in _chunks(ids):
        found |= dict(
            session.execute(
                select(table.c.id, table.c.deleted_at).where(table.c.id.in_(chunk), table.c.deleted_at.is_not(None))
            ).all()
        )
    return found


def with_totals(session: Session, order_ids: Sequence[int]) -> set[int]:
    """Which of these orders came with their total alone, from a file of orders."""
    batches = session.scalars(select(ImportBatch.id).where(ImportBatch.kind == "orders")).all()
    table, found = OrderLine.__table__, set()
    for chunk in _chunks(order_ids) if batches else ():
        found.update(
            session.scalars(
                select(table.c.order_id).where(
                    table.c.order_id.in_(chunk),
                    table.c.import_batch_id.in_(batches),
                    table.c.product_id.is_(None),
                )
            )
        )
    return found


def deleted_orders(session: Session, *, source: str, numbers: Sequence[str]) -> set[str]:
    """Numbers of this source whose order the owner deleted."""
    table = Order.__table__
    found: set[str] = set()
    for chunk in _chunks(numbers):
        found.update(
            session.scalars(
                select(table.c.number).where(
                    table.c.source == source, table.c.deleted_at.is_not(None), table.c.number.in_(chunk)
                )
            )
        )
    return found


def lines_of(session: Session, order_ids: np.ndarray) -> pd.DataFrame:
    """The lines of these orders: order_id, product_id (0 none), quantity, unit_price_e4, amount_e4."""
    names = ["order_id", "product_id", *MONEY_KEY]
    table = OrderLine.__table__
    columns = [table.c[name] for name in names]
    ids, rows = np.sort(order_ids), []
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        first, last = int(chunk[0]), int(chunk[-1])
        # A file imported as a whole has consecutive orders: a range is read quicker than a list of ids.
        dense = last - first < 2 * len(chunk)
        condition = table.c.order_id.between(first, last) if dense else table.c.order_id.in_(chunk.tolist())
        rows += session.connection().execute(select(*columns).where(condition)).fetchall()
    if not rows:
        return pd.DataFrame(
            {name: np.empty(0, "float64" if name == "quantity" else "int64") for name in names}
        )
    order_id, product_id, *money = zip(*rows, strict=True)
    frame = pd.DataFrame(
        {
            "order_id": np.array(order_id, dtype="int64"),
            "product_id": np.array([known or 0 for known in product_id], dtype="int64"),
            "quantity": np.array(money[0], dtype="float64"),
            "unit_price_e4": np.array(money[1], dtype="int64"),
            "amount_e4": np.array(money[2], dtype="int64"),
        }
    )
    return frame[np.isin(frame["order_id"].to_numpy(), ids)]


def total_lines(session: Session, order_ids: Sequence[int]) -> dict[int, dict]:
    """{order: its line's id, quantity, unit_price_e4, amount_e4, kind} of orders of one line without a product."""
    table = OrderLine.__table__
    columns = [table.c[name] for name in ("id", *MONEY_KEY, "kind")]
    found: dict[int, dict] = {}
    for chunk in _chunks(order_ids):
        statement = select(table.c.order_id, *columns).where(table.c.order_id.in_(chunk), table.c.product_id.is_(None))
        for order_id, *contents in session.execute(statement):
            found[order_id] = dict(zip(("id", *MONEY_KEY, "kind"), contents, strict=True))
    return found


def is_duplicate(lines: pd.DataFrame, stored: pd.DataFrame, *, by: Sequence[str]) -> np.ndarray:
    """Which lines are stored already: of n equal lines against m stored ones the first min(n, m), as in a
    multiset.

    >>> twice = pd.DataFrame({"code": [7, 7, 8]})
    >>> is_duplicate(twice, pd.DataFrame({"code": [7]}), by=["code"]).tolist()
    [True, False, False]
    """
    if not len(stored):
        return np.zeros(len(lines), dtype=bool)
    key = np.zeros(len(lines) + len(stored), dtype="int64")
    for name in by:
        column = np.concatenate([lines[name].to_numpy(), stored[name].to_numpy()])
        codes, different = pd.factorize(column)
        key = pd.factorize(key * len(different) + codes)[0].astype("int64")
    ours, theirs = key[: len(lines)], key[len(lines) :]
    in_store = np.bincount(theirs, minlength=int(key.max(initial=0)) + 1)
    return _rank_among_equals(ours) < in_store[ours]


def _rank_among_equals(key: np.ndarray) -> np.ndarray:
    """0 for the first of equal keys, 1 for the second, and so on."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(key) else np.empty(0, "int64")
    rank = np.empty(len(key), dtype="int64")
    rank[order] = np.arange(len(key)) - np.repeat(starts, np.diff(np.r_[starts, len(key)]))
    return rank


def _by_values(
    session: Session, table: Table, columns: Sequence[str], by: str, wanted: Sequence
) -> pd.DataFrame:
    found = []
    for chunk in _chunks(wanted):
        found += session.execute(
            select(*(table.c[name] for name in columns)).where(table.c[by].in_(chunk))
        ).all()
    return _frame(found, columns)


def _frame(rows: Sequence, names: Sequence[str]) -> pd.DataFrame:
    """Rows of the database as columns of objects; much quicker than handing pandas the rows."""
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pd.DataFrame(
        {name: pd.Series(column, dtype=object) for name, column in zip(names, columns, strict=True)}
    )


def _chunks(wanted: Sequence) -> Iterator[Sequence]:
    for start in range(0, len(wanted), CHUNK):
        yield wanted[start : start + CHUNK]
