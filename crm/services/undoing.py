"""How is an import taken back? What it created goes, what it changed becomes what it was, and what somebody built on
since stays and is named."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Table,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    union,
    update,
)
from sqlalchemy.orm import Session

from crm.db.revisions import note_change
from crm.errors import InvalidInput, NotFound
from crm.models import (
    AuditEntry,
    Base,
    Correction,
    CustomerScore,
    CustomerTag,
    ImportBatch,
    NotDuplicate,
    Order,
    OrderLine,
    RecordChange,
    SegmentMember,
    SurveyAnswer,
)
from crm.models.base import now
from crm.services import audit, changes
from crm.services.totals import CHUNK, set_totals

# What the audit calls a record of each table; lines and members are corrected with their order and campaign.
ENTITIES = {
    "customers": "customer", "products": "product", "orders": "order", "payments": "payment", "deals": "deal",
    "tickets": "ticket", "interactions": "interaction", "survey_answers": "survey_answer", "campaigns": "campaign",
}
# What names a record to the owner.
_NAMES = {
    "customers": "code", "products": "code", "orders": "number", "payments": "code", "deals": "title",
    "tickets": "subject", "interactions": "subject", "survey_answers": "item", "campaigns": "name",
}
# Said about a record by the program or beside it, and worth nothing without it.
_GO_ALONG = (CustomerScore.__table__, CustomerTag.__table__, NotDuplicate.__table__, SegmentMember.__table__)
# Noted by the audit and no edit: what is deleted or brought back is the same as before, merges are told apart as
# corrections, and what imports wrote is remembered beside.
_NO_EDIT = ("deleted", "restored", "merged", "merged_away", "unmerged", "imported")
_BY_KEY = "custom_fields"


@dataclass(frozen=True)
class Undone:
    """removed: {table: rows}; restored: {table: records}. kept: table, record (its code, name or number) and reason:
    "edited" by hand since, "corrected" by a merge or a fix, "later_import" (changed or added to by one), "used" (by
    something that stays)."""

    removed: dict[str, int]
    restored: dict[str, int]
    kept: pd.DataFrame


def undo_import(session: Session, batch_id: int) -> Undone:
    """Take an import back and mark it undone; it can be imported again. Raises NotFound and InvalidInput."""
    _lock(session)
    batch = _standing(session, batch_id)
    undoing = _Undoing(batch_id, batch.created_at, _in_merges(session))
    orders, lines = Order.__table__, OrderLine.__table__
    _hand_over(session, batch_id)
    grown = session.scalars(
        select(lines.c.order_id).distinct().join(orders, orders.c.id == lines.c.order_id)
        .where(lines.c.import_batch_id == batch_id, orders.c.import_batch_id.is_distinct_from(batch_id))
    ).all()
    removed = {table.name: _remove(session, undoing, table) for table in reversed(Base.metadata.sorted_tables)
               if _is_created(table)}
    kept = [*_kept_records(session, undoing), *_keep_changes(session, undoing)]
    _compare_by_key(session, batch_id)
    changed = _changed(session, batch_id, "orders")
    changed_lines = _changed(session, batch_id, "order_lines")
    done = changes.take_back(session, import_batch_id=batch_id)
    kept += _kept_fields(session, done.kept)
    _untag(session, batch.details.get("tags", []))
    _moments_as_before(session, changed)
    touched = {*grown, *changed, *_orders_of(session, changed_lines)}
    touched.update(session.scalars(select(orders.c.id).where(orders.c.import_batch_id == batch_id)))
    set_totals(session, [*touched])
    if "customers" in done.restored:
        note_change(session, orders)  # whose orders count is part of what analyses read of the sales
    _hand_over_orders(session, undoing)
    removed = {name: rows for name, rows in removed.items() if rows}
    frame = pd.DataFrame(kept, columns=["table", "record", "reason"]).drop_duplicates(ignore_index=True)
    batch.status, batch.undone_at = "undone", now()
    batch.details = batch.details | {
        "undone": {"removed": removed, "restored": done.restored, "kept": len(frame)}
    }
    audit.record(session, "import_batch", batch_id, "undone",
                 {f"removed_{name}": (rows, None) for name, rows in removed.items()})
    session.flush()
    return Undone(removed, done.restored, frame)


@dataclass(frozen=True)
class _Undoing:
    """The conditions under which a row of the import may go."""

    batch_id: int
    since: datetime
    in_merges: frozenset[int]  # customers

    def own(self, table: Table) -> ColumnElement[bool]:
        return table.c.import_batch_id == self.batch_id

    def goes(self, table: Table) -> ColumnElement[bool]:
        """Created by the import, touched by nobody since, and nothing that stays belongs to it."""
        if table.name == "order_lines":
            return and_(self.own(table), table.c.order_id.not_in(select(Order.id).where(self.stays_whole())))
        if table.name == "campaign_members":
            campaigns = Base.metadata.tables["campaigns"]
            edited = select(campaigns.c.id).where(self.edited(campaigns))
            return and_(self.own(table), table.c.campaign_id.not_in(edited))
        return and_(self.own(table), ~self.edited(table), ~self.corrected(table), ~self.changed_later(table),
                    ~_is_referred_to(table))

    def stays_whole(self) -> ColumnElement[bool]:
        """Orders that keep every line: somebody corrected them, or something other than lines belongs to them."""
        orders, lines = Order.__table__, OrderLine.__table__
        of_others = exists().where(lines.c.order_id == orders.c.id, lines.c.import_batch_id.is_distinct_from(self.batch_id))
        return or_(self.by_hand(), and_(self.own(orders), or_(_is_referred_to(orders, but=lines),
                                                             and_(self.changed_later(orders), ~of_others))))

    def by_hand(self) -> ColumnElement[bool]:
        """Orders that somebody corrected since, themselves or in one of their lines."""
        orders, lines = Order.__table__, OrderLine.__table__
        of_lines = select(lines.c.order_id).where(self.corrected(lines))
        return or_(self.edited(orders), self.corrected(orders), orders.c.id.in_(of_lines))

    def edited(self, table: Table) -> ColumnElement[bool]:
        """Changed by hand since; what was deleted by hand may go for good."""
        entry = AuditEntry.__table__
        return exists().where(entry.c.entity == ENTITIES.get(table.name, ""), entry.c.entity_id == table.c.id,
                              entry.c.happened_at > self.since, entry.c.action.not_in(_NO_EDIT))

    def corrected(self, table: Table) -> ColumnElement[bool]:
        changed = table.c.id.in_(
            select(RecordChange.record_id).join(Correction, Correction.id == RecordChange.correction_id)
            .where(RecordChange.table_name == table.name, Correction.status == "done",
                   Correction.created_at > self.since))
        return or_(changed, table.c.id.in_(self.in_merges)) if table.name == "customers" else changed

    def changed_later(self, table: Table) -> ColumnElement[bool]:
        return table.c.id.in_(
            select(RecordChange.record_id).join(ImportBatch, ImportBatch.id == RecordChange.import_batch_id)
            .where(RecordChange.table_name == table.name, ImportBatch.status == "imported",
                   ImportBatch.id > self.batch_id))


def _lock(session: Session) -> None:
    """On PostgreSQL nobody may add to what is being removed; SQLite's writer is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(
            "lock table customers, products, orders, order_lines, payments, deals, tickets, interactions, "
            "survey_answers, campaigns, campaign_members, tasks, referrals in share row exclusive mode"))


def _standing(session: Session, batch_id: int) -> ImportBatch:
    batch = session.get(ImportBatch, batch_id, with_for_update=True)
    if batch is None:
        raise NotFound("This import is not there any more.")
    if batch.status == "undone":
        raise InvalidInput(f"The import of “{batch.file_name}” was undone already.")
    return batch


def _in_merges(session: Session) -> frozenset[int]:
    """The customers of every merge that stands: without one of them it could not be taken back."""
    merges = session.scalars(select(Correction.details).where(Correction.kind == "merge", Correction.status == "done"))
    return frozenset(details[side] for details in merges for side in ("keep_id", "other_id") if side in details)


def _untag(session: Session, tags: list) -> None:
    """Tags have no record of their own: the import names those that it gave to known customers."""
    if tags:
        table = CustomerTag.__table__
        session.connection().execute(
            delete(table).where(table.c.customer_id == bindparam("of"), table.c.tag == bindparam("called")),
            [{"of": customer_id, "called": tag} for customer_id, tag in tags])
        note_change(session, table)


def _is_created(table: Table) -> bool:
    """Whether imports create rows of this table."""
    return "import_batch_id" in table.c and table is not RecordChange.__table__


def _references(table: Table) -> Iterator[ColumnElement]:
    """The columns of other tables that name a record of this one."""
    for other in Base.metadata.sorted_tables:
        yield from (key.parent for key in other.foreign_keys if key.column.table is table)


def _is_referred_to(table: Table, *, but: Table | None = None) -> ColumnElement[bool]:
    found = [exists().where(column == table.c.id) for column in _references(table)
             if column.table is not but and column.table not in _GO_ALONG]
    return or_(literal(False, Boolean), *found)


def _remove(session: Session, undoing: _Undoing, table: Table) -> int:
    goes = undoing.goes(table)
    if "id" in table.c:
        ids = select(table.c.id).where(goes)
        for column in _references(table):
            if column.table in _GO_ALONG:
                session.execute(delete(column.table).where(column.in_(ids)))
        # SQLite gives the ids of removed rows to new ones, which no old change may reach.
        change = RecordChange.__table__
        if session.scalar(select(exists().where(change.c.table_name == table.name))):
            session.execute(delete(change).where(change.c.table_name == table.name, change.c.record_id.in_(ids)))
    return session.execute(delete(table).where(goes)).rowcount


def _hand_over(session: Session, batch_id: int) -> None:
    """Where a later import or correction changed a field again, that change shall lead back to what was there before
    this import: then both can be taken back in any sequence."""
    change = RecordChange.__table__
    ours = change.c.import_batch_id == batch_id
    stands = or_(
        change.c.import_batch_id.in_(select(ImportBatch.id).where(ImportBatch.status == "imported")),
        change.c.correction_id.in_(select(Correction.id).where(Correction.status == "done")),
    )
    told = select(change.c.table_name, change.c.record_id, change.c.id, change.c.before, change.c.after)
    first = select(func.min(change.c.id)).where(ours).scalar_subquery()
    since: dict[tuple[str, int], list] = {}
    for row in session.execute(
        told.where(stands, change.c.import_batch_id.is_distinct_from(batch_id), change.c.id > first,
                   change.c.record_id.in_(select(change.c.record_id).where(ours))).order_by(change.c.id)
    ):
        since.setdefault((row.table_name, row.record_id), []).append(row)
    if not since:
        return
    pairs = ((row, later) for row in session.execute(told.where(ours).order_by(change.c.id)).all()
             for later in since.get((row.table_name, row.record_id), ()) if later.id > row.id)
    held: dict[int, tuple[dict, dict]] = {}
    given: dict[int, tuple[dict, dict]] = {}
    for row, later in pairs:
        left, wrote = held.setdefault(row.id, (deepcopy(row.before), deepcopy(row.after)))
        then, becomes = given.setdefault(later.id, (deepcopy(later.before), deepcopy(later.after)))
        for field in left.keys() & then.keys():
            if field == _BY_KEY:
                for key in _differing(left[field], wrote[field]) & _differing(then[field], becomes[field]):
                    if then[field].get(key) == wrote[field].get(key):
                        _put(then[field], key, left[field])
                        _put(wrote[field], key, left[field])
            elif then[field] == wrote[field]:
                then[field] = left.pop(field)
                del wrote[field]
    _rewrite(session, held | given)


def _compare_by_key(session: Session, batch_id: int) -> None:
    """Custom fields are one column, and each is taken back alone: the change is told anew from what is there now. What a
    search looks through follows from the others."""
    change = RecordChange.__table__
    told: dict[int, tuple[dict, dict]] = {}
    for name in session.scalars(select(change.c.table_name).distinct().where(change.c.import_batch_id == batch_id)):
        table = Base.metadata.tables[name]
        if _BY_KEY not in table.c:
            continue
        query = (select(change.c.id, change.c.before, change.c.after, table.c[_BY_KEY])
                 .join(table, table.c.id == change.c.record_id)
                 .where(change.c.import_batch_id == batch_id, change.c.table_name == name))
        for key, before, after, current in session.execute(query):
            was, wrote = ({field: content for field, content in contents.items() if field != "search_text"}
                          for contents in (before, after))
            if _BY_KEY in wrote and wrote[_BY_KEY] != current:
                wanted = dict(current)
                for field in _differing(was[_BY_KEY], wrote[_BY_KEY]):
                    if current.get(field) == wrote[_BY_KEY].get(field):
                        _put(wanted, field, was[_BY_KEY])
                was[_BY_KEY], wrote[_BY_KEY] = wanted, current
            if wrote != after:
                told[key] = (was, wrote)
    _rewrite(session, told)


def _differing(before: dict, after: dict) -> set[str]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _put(contents: dict, key: str, like: dict) -> None:
    """What `like` holds under the key, nothing where it holds none."""
    contents.pop(key, None)
    if key in like:
        contents[key] = like[key]


def _rewrite(session: Session, told: dict[int, tuple[dict, dict]]) -> None:
    table = RecordChange.__table__
    kinds = {"before": bindparam("was", type_=table.c.before.type), "after": bindparam("becomes", type_=table.c.after.type)}
    rows = [{"row_id": key, "was": before, "becomes": after} for key, (before, after) in told.items() if after]
    if rows:
        session.connection().execute(update(table).where(table.c.id == bindparam("row_id")).values(kinds), rows)
    for chunk in _chunks([key for key, (_, after) in told.items() if not after]):
        session.execute(delete(table).where(table.c.id.in_(chunk)))


def _hand_over_orders(session: Session, undoing: _Undoing) -> None:
    """An order that stays for the lines of a later import alone is that import's now, and goes with it."""
    orders, lines = Order.__table__, OrderLine.__table__
    of_order = lines.c.order_id == orders.c.id
    owner = select(func.min(lines.c.import_batch_id)).where(of_order).correlate(orders).scalar_subquery()
    session.execute(
        update(orders)
        .where(undoing.own(orders), exists().where(of_order), ~exists().where(of_order, undoing.own(lines)))
        .values(import_batch_id=owner))


def _keep_changes(session: Session, undoing: _Undoing) -> list[tuple[str, str, str]]:
    """Changes that are not taken back: orders that somebody corrected since stay as they are, and a customer or product
    that came back for this import stays where something newer belongs to it. Who is kept so."""
    change, orders, lines, rated = RecordChange.__table__, Order.__table__, OrderLine.__table__, SurveyAnswer.__table__
    ours = change.c.import_batch_id == undoing.batch_id
    by_hand = select(orders.c.id).where(undoing.by_hand())
    kept = [("orders", number, "edited") for number in session.scalars(select(orders.c.number).where(
        undoing.by_hand(), orders.c.id.in_(select(change.c.record_id).where(ours, change.c.table_name == "orders"))))]
    session.execute(delete(change).where(ours, change.c.table_name == "orders", change.c.record_id.in_(by_hand)))
    session.execute(delete(change).where(ours, change.c.table_name == "order_lines", change.c.record_id.in_(
        select(lines.c.id).where(lines.c.order_id.in_(by_hand)))))
    newer = {
        "customers": select(orders.c.customer_id).where(orders.c.created_at > undoing.since, orders.c.deleted_at.is_(None)),
        "products": union(
            select(lines.c.product_id).where(lines.c.import_batch_id > undoing.batch_id),
            select(rated.c.product_id).where(rated.c.created_at > undoing.since, rated.c.product_id.is_not(None))),
    }
    for name, used in newer.items():
        came_back = select(change.c.id, change.c.record_id, change.c.before).where(
            ours, change.c.table_name == name, change.c.record_id.in_(used))
        rows = [row for row in session.execute(came_back) if list(row.before) == ["deleted_at"]]
        for chunk in _chunks([row.id for row in rows]):
            session.execute(delete(change).where(change.c.id.in_(chunk)))
        names = _names(session, Base.metadata.tables[name], [row.record_id for row in rows])
        kept += [(name, names[row.record_id], "used") for row in rows if row.record_id in names]
    return kept


def _kept_records(session: Session, undoing: _Undoing) -> list[tuple[str, str, str]]:
    """What of the import stays, after all else of it went: table, record, reason."""
    kept = []
    orders, lines = Order.__table__, OrderLine.__table__
    for name in _NAMES:
        table = Base.metadata.tables[name]
        later, left = undoing.changed_later(table), undoing.own(table)
        edited, corrected = undoing.edited(table), undoing.corrected(table)
        if table is orders:
            others = exists().where(lines.c.order_id == orders.c.id, lines.c.import_batch_id > undoing.batch_id)
            later = or_(later, others)
            left = or_(left, orders.c.id.in_(select(lines.c.order_id).where(undoing.own(lines))))
            corrected = or_(corrected, undoing.by_hand())
        reason = case((edited, "edited"), (corrected, "corrected"), (later, "later_import"), else_="used")
        for key, record, why in session.execute(
            select(table.c.id, table.c[_NAMES[name]], reason).where(left).order_by(table.c.id)
        ):
            kept.append((name, record or str(key), why))
    return kept


def _kept_fields(session: Session, kept: pd.DataFrame) -> list[tuple[str, str, str]]:
    """The records of which a field was edited since; a record that is gone is not kept."""
    found = []
    for name, rows in kept.groupby("table", sort=False):
        table = Base.metadata.tables[name]
        ids = rows["record_id"].drop_duplicates().tolist()
        if name == "order_lines":
            ids, name, table = _orders_of(session, ids), "orders", Order.__table__
        names = _names(session, table, ids)
        found += [(name, names[key], "edited") for key in ids if key in names]
    return found


def _names(session: Session, table: Table, ids: Sequence[int]) -> dict[int, str]:
    column, found = table.c[_NAMES[table.name]], {}
    for chunk in _chunks(ids):
        found |= {key: name or str(key) for key, name in
                  session.execute(select(table.c.id, column).where(table.c.id.in_(chunk)))}
    return found


def _changed(session: Session, batch_id: int, table_name: str) -> list[int]:
    """The records of a table that the import changed."""
    return list(session.scalars(select(RecordChange.record_id).distinct().where(
        RecordChange.import_batch_id == batch_id, RecordChange.table_name == table_name)))


def _orders_of(session: Session, line_ids: Sequence[int]) -> list[int]:
    found: set[int] = set()
    for chunk in _chunks(line_ids):
        found.update(session.scalars(select(OrderLine.order_id).where(OrderLine.id.in_(chunk))))
    return sorted(found)


def _moments_as_before(session: Session, order_ids: Sequence[int]) -> None:
    """Lines had a moment of their own only while their order's was an earlier one."""
    orders, lines = Order.__table__, OrderLine.__table__
    moment = select(orders.c.ordered_at).where(orders.c.id == lines.c.order_id).scalar_subquery()
    for chunk in _chunks(order_ids):
        session.execute(update(lines).where(lines.c.order_id.in_(chunk), lines.c.line_at == moment).values(line_at=None))


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
