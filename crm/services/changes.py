"""What did an import or a correction change, and how is it taken back? Field by field, as far as nobody edited it since."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from crm.db.bulk import insert_rows
from crm.errors import InvalidInput, NotFound
from crm.models import Base, Correction, RecordChange
from crm.models.base import Moment, now
from crm.services.search import search_text

CHUNK = 5_000  # values in one IN list
# (table, id of the record, {column: before}, {column: after}) as the database's columns hold them
Change = tuple[str, int, dict, dict]


@dataclass(frozen=True)
class TakenBack:
    """`restored`: {table: records}; `kept`: one row a field that was edited since: table, record_id, field."""

    restored: dict[str, int]
    kept: pd.DataFrame


def record(session: Session, changes: Iterable[Change], *, import_batch_id: int | None = None,
           correction_id: int | None = None) -> int:
    """Remember changes of existing records, so that they can be taken back; how many."""
    rows = [(import_batch_id, correction_id, table, record_id, json.dumps(_plain(before)), json.dumps(_plain(after)))
            for table, record_id, before, after in changes]
    insert_rows(session, RecordChange.__table__,
                ["import_batch_id", "correction_id", "table_name", "record_id", "before", "after"], rows)
    return len(rows)


def begin_correction(session: Session, kind: str, details: dict) -> int:
    """A new correction ("merge" or "fix"); its changes are recorded with its id. `details` is plain JSON."""
    correction = Correction(kind=kind, details=details)
    session.add(correction)
    session.flush()
    return correction.id


def of_correction(session: Session, correction_id: int) -> Correction:
    """The correction, locked, not yet undone. Raises NotFound and InvalidInput."""
    correction = session.get(Correction, correction_id, with_for_update=True)
    if correction is None:
        raise NotFound("This correction is not there any more.")
    if correction.status == "undone":
        raise InvalidInput("This was taken back already.")
    return correction


def undo_correction(session: Session, correction_id: int) -> TakenBack:
    """Restore what a correction changed and mark it undone. Raises NotFound and InvalidInput."""
    correction = of_correction(session, correction_id)
    done = take_back(session, correction_id=correction_id)
    correction.status, correction.undone_at = "undone", now()
    return done


def take_back(session: Session, *, import_batch_id: int | None = None, correction_id: int | None = None) -> TakenBack:
    """Put every field back that still holds what the change wrote; a field edited since is kept and named."""
    owner = (RecordChange.import_batch_id == import_batch_id if correction_id is None
             else RecordChange.correction_id == correction_id)
    rows = session.execute(select(RecordChange.table_name, RecordChange.record_id, RecordChange.before,
                                  RecordChange.after).where(owner).order_by(RecordChange.id.desc())).all()
    restored: dict[str, set[int]] = {}
    kept: list[tuple[str, int, str]] = []
    for table_name in dict.fromkeys(row.table_name for row in rows):
        table = Base.metadata.tables[table_name]
        mine = [row for row in rows if row.table_name == table_name]
        current = _current(session, table, mine)
        updates: dict[tuple[str, ...], list[dict]] = {}
        for row in mine:  # the newest first, so that what was changed twice goes back step by step
            stored = current.get(row.record_id, {})
            same = tuple(name for name in row.before if name in stored and stored[name] == row.after[name])
            kept += [(table_name, row.record_id, name) for name in row.before if name not in same]
            if same:
                stored.update({name: row.before[name] for name in same})
                updates.setdefault(same, []).append(
                    {"row_id": row.record_id} | {f"to_{name}": _typed(table, name, row.before[name]) for name in same})
                restored.setdefault(table_name, set()).add(row.record_id)
        for names, contents in updates.items():
            versioned = {"version": table.c.version + 1, "updated_at": now()} if "version" in table.c else {}
            session.connection().execute(
                update(table).where(table.c.id == bindparam("row_id"))
                .values(**{name: bindparam(f"to_{name}", type_=table.c[name].type) for name in names}, **versioned),
                contents)
        if table_name == "customers":
            _find_again(session, table, restored.get(table_name, set()))
    session.expire_all()
    return TakenBack({name: len(ids) for name, ids in restored.items()},
                     pd.DataFrame(kept, columns=["table", "record_id", "field"]))


def _current(session: Session, table: Table, rows: list) -> dict[int, dict]:
    """{id: {column: as JSON holds it}} of the columns that were changed, locked."""
    names = sorted({name for row in rows for name in row.before})
    ids = sorted({row.record_id for row in rows})
    found = {}
    for start in range(0, len(ids), CHUNK):
        query = (select(table.c.id, *(table.c[name] for name in names))
                 .where(table.c.id.in_(ids[start:start + CHUNK])).order_by(table.c.id).with_for_update())
        for record_id, *contents in session.execute(query):
            found[record_id] = _plain(dict(zip(names, contents, strict=True)))
    return found


def _find_again(session: Session, table: Table, ids: set[int]) -> None:
    """Customers are searched by a text made of several columns: it follows what became of these."""
    ordered, named = sorted(ids), ("code", "name", "company", "email", "phone")
    for start in range(0, len(ordered), CHUNK):
        rows = session.execute(select(table.c.id, table.c.search_text, *(table.c[name] for name in named))
                               .where(table.c.id.in_(ordered[start:start + CHUNK]))).mappings().all()
        texts = [{"row_id": row["id"], "text": search_text(**{name: row[name] for name in named})} for row in rows]
        wrong = [text for text, row in zip(texts, rows, strict=True) if text["text"] != row["search_text"]]
        if wrong:
            session.connection().execute(update(table).where(table.c.id == bindparam("row_id"))
                                         .values(search_text=bindparam("text")), wrong)


def apply(session: Session, table: Table, record_id: int, contents: dict, *, correction_id: int) -> None:
    """Change one record's columns as part of a correction, remembering what was there."""
    current = session.execute(select(*(table.c[name] for name in contents)).where(table.c.id == record_id)
                              .with_for_update()).one()
    before = dict(zip(contents, current, strict=True))
    changed = {name: content for name, content in contents.items() if before[name] != content}
    if not changed:
        return
    versioned = {"version": table.c.version + 1, "updated_at": now()} if "version" in table.c else {}
    session.execute(update(table).where(table.c.id == record_id).values(**changed, **versioned))
    session.execute(insert(RecordChange).values(
        correction_id=correction_id, table_name=table.name, record_id=record_id,
        before=_plain({name: before[name] for name in changed}), after=_plain(changed)))


def _plain(contents: dict) -> dict:
    """As JSON holds it: days and moments as text."""
    return {name: content.isoformat() if isinstance(content, (date, datetime)) else content
            for name, content in contents.items()}


def _typed(table: Table, name: str, content):
    column = table.c[name].type
    kind = datetime if isinstance(column, Moment) else column.python_type
    if isinstance(content, str) and kind in (date, datetime):
        return kind.fromisoformat(content)
    return content
