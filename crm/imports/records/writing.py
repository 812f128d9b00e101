"""How do the planned records reach the database? In bulk, in the caller's transaction, heeding a stop on the way."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import repeat

import numpy as np
from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from crm.db.bulk import insert_rows, reserve_ids
from crm.db.revisions import note_change
from crm.imports.records.answer_rows import write_answers
from crm.imports.records.plans import MemberRows, Part, RecordPlan
from crm.imports.steps import Steps
from crm.imports.writing import ROWS_A_STEP
from crm.models import AuditEntry, CampaignMember, CustomerTag, Order
from crm.models.base import now
from crm.services import changes
from crm.services.changes import Change

_BEGIN, _END = 0.45, 0.99  # of the progress bar
_ENTITIES = {
    "customers": "customer",
    "products": "product",
    "payments": "payment",
    "deals": "deal",
    "tickets": "ticket",
    "interactions": "interaction",
    "campaigns": "campaign",
}


def write_records(
    session: Session, plan: RecordPlan, *, source: str, batch_id: int, steps: Steps
) -> dict:
    """Write everything; returns {"created" | "updated" | "restored": {table: rows}} and "tags", [customer's id, tag] of
    those that known customers got. The caller commits.

    What changes of known records is remembered (crm.services.changes), and audited. Raises Cancelled.
    """
    stamp = now()
    ids: dict[str, Mapping[int, int]] = {}
    tagged: list[tuple[int, str]] = []
    rows = sum(len(part.created) for part in plan.parts) + (len(plan.answers.answers) if plan.answers else 0)
    progress = _Progress(steps, max(rows, 1))
    for part in plan.parts:
        steps.at(progress.share, part.table.name)
        ids[part.table.name] = _create(session, part, ids, batch_id, stamp, progress)
        _change(session, part, ids, batch_id, stamp)
        tagged += _tag(session, part, ids)
    if plan.answers is not None:
        write_answers(
            session,
            plan.answers,
            ids["customers"],
            ids.get("products", {}),
            source=source,
            batch_id=batch_id,
            stamp=stamp,
            portions=progress.portions,
        )
    if plan.members is not None:
        _write_members(session, plan.members, ids, batch_id)
    return {
        "created": plan.created,
        "updated": plan.updated,
        "restored": {part.table.name: len(part.restored) for part in plan.parts if part.restored},
        "tags": tagged,
    }


class _Progress:
    """Tells how far the writing is; each portion of rows asks whether to go on."""

    def __init__(self, steps: Steps, rows: int) -> None:
        self._steps, self._rows, self._done = steps, rows, 0

    @property
    def share(self) -> float:
        return _BEGIN + (_END - _BEGIN) * min(self._done / self._rows, 1.0)

    def portions(self, rows: int, stage: str) -> Iterator[slice]:
        for start in range(0, rows, ROWS_A_STEP):
            self._steps.at(self.share, stage)
            yield slice(start, start + ROWS_A_STEP)
            self._done += min(ROWS_A_STEP, rows - start)


class _Ids(dict):
    """Keys of a part's records as ids: an id is itself, a new record's key what it was given."""

    def __missing__(self, key: int) -> int:
        return key


def _create(
    session: Session,
    part: Part,
    ids: Mapping[str, Mapping[int, int]],
    batch_id: int,
    stamp: datetime,
    progress: _Progress,
) -> Mapping[int, int]:
    if not len(part.created):
        return _Ids()
    table = part.table
    reserved = reserve_ids(session, table, len(part.created))
    columns: dict[str, Sequence] = {"id": list(reserved)}
    for name, contents in part.rows.items():
        if name in part.refers:
            contents = [ids[part.refers[name]][key] if key is not None else None for key in contents]
        columns[name] = _as_written(contents)
    moment = _text_of(stamp)
    constants = {"version": 1, "created_at": moment, "updated_at": moment, "import_batch_id": batch_id}
    names = [*columns, *constants]
    for portion in progress.portions(len(reserved), table.name):
        rows = zip(*(column[portion] for column in columns.values()), *map(repeat, constants.values()), strict=False)
        insert_rows(session, table, names, rows)
    return _Ids(zip(part.keys[part.created].tolist(), reserved, strict=True))


def _change(session: Session, part: Part, ids: Mapping[str, Mapping[int, int]], batch_id: int, stamp: datetime) -> None:
    """Change existing rows, remember what was there, and audit it."""
    if not part.changes:
        return
    table = part.table
    done: list[Change] = [
        (
            name,
            key,
            before,
            {
                column: ids[_REFERS[column]][content] if column in _REFERS and content is not None else content
                for column, content in after.items()
            },
        )
        for name, key, before, after in part.changes
    ]
    by_columns: dict[tuple[str, ...], list[dict]] = {}
    for _, key, _, after in done:
        row = {f"new_{column}": content for column, content in after.items()}
        by_columns.setdefault(tuple(after), []).append(row | {"row_id": key})
    for columns, rows in by_columns.items():
        session.connection().execute(
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values(
                {column: bindparam(f"new_{column}") for column in columns}
                | {"version": table.c.version + 1, "updated_at": stamp}
            ),
            rows,
        )
    if part.restored and table.name == "customers":
        note_change(session, Order.__table__)  # whose orders count is part of what analyses read of the sales
    changes.record(session, done, import_batch_id=batch_id)
    _audit(session, done, stamp)


_REFERS = {"customer_id": "customers", "product_id": "products"}


def _audit(session: Session, done: Sequence[Change], stamp: datetime) -> None:
    moment = _text_of(stamp)
    rows = [
        (
            _ENTITIES[name],
            key,
            "restored" if set(after) == {"deleted_at"} else "imported",
            json.dumps(
                {
                    column: [_plain(before[column]), _plain(after[column])]
                    for column in before
                    if column != "search_text"
                }
            ),
            moment,
        )
        for name, key, before, after in done
    ]
    insert_rows(session, AuditEntry.__table__, ["entity", "entity_id", "action", "changes", "happened_at"], rows)


def _tag(session: Session, part: Part, ids: Mapping[str, Mapping[int, int]]) -> list[tuple[int, str]]:
    """Add the tags; those that known customers got."""
    rows = [(ids[part.table.name][int(part.keys[place])], tag) for place, tags in part.tags.items() for tag in tags]
    if rows:
        insert_rows(session, CustomerTag.__table__, ["customer_id", "tag"], rows)
    return [(int(part.keys[place]), tag) for place, tags in part.tags.items() for tag in tags if part.keys[place] > 0]


def _write_members(session: Session, rows: MemberRows, ids: Mapping[str, Mapping[int, int]], batch_id: int) -> None:
    table = CampaignMember.__table__
    campaign = [ids["campaigns"][key] for key in rows.campaign.tolist()]
    customer = [ids["customers"][key] for key in rows.customer.tolist()]
    fresh = np.flatnonzero(~rows.is_known)
    columns = [_as_written(contents[fresh]) for contents in rows.rows.values()]
    owners = ([campaign[place] for place in fresh], [customer[place] for place in fresh])
    insert_rows(
        session,
        table,
        ["campaign_id", "customer_id", *rows.rows, "import_batch_id"],
        zip(*owners, *columns, repeat(batch_id), strict=False),
    )
    changed = [
        {
            "of_campaign": campaign[place],
            "of_customer": customer[place],
            **{f"new_{name}": contents[place] for name, contents in rows.rows.items()},
        }
        for place in np.flatnonzero(rows.is_known)
    ]
    if changed:
        session.connection().execute(
            update(table)
            .where(table.c.campaign_id == bindparam("of_campaign"), table.c.customer_id == bindparam("of_customer"))
            .values({name: bindparam(f"new_{name}") for name in rows.rows}),
            changed,
        )


def _as_written(contents: Sequence) -> list:
    """Contents as the database's driver takes them: days and moments as text; each different one is written once."""
    written: dict = {}
    return [
        content
        if not isinstance(content, date)
        else written.get(content) or written.setdefault(content, _text_of(content))
        for content in contents
    ]


def _text_of(moment: date | datetime) -> str:
    """ "2026-01-02", or "2026-01-02 10:00:00.000000" (UTC where the moment names a zone)."""
    if not isinstance(moment, datetime):
        return moment.isoformat()
    naive = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo is not None else moment
    return naive.isoformat(sep=" ", timespec="microseconds")


def _plain(content: object) -> object:
    return str(content) if isinstance(content, (date, datetime)) else content
