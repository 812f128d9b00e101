"""How do two records of one customer become one, and two again? Nothing is lost, and every merge can be taken back.

What belongs to the other customer (orders, payments, contacts, tickets, answers, deals, tasks, campaign memberships, saved
scores, referrals, tags, custom fields) goes to the kept one; the other is hidden with a note of where it went. Where both
have what only one may have, nothing is dropped either:

- an order number that both have from one source: the other's order is kept under its number with the other's code
  (`number_after_merge`), for a number may come once a customer;
- a campaign that reached both: the other's membership stays with the hidden record, and what it says (sent first, answered)
  goes into the kept one's;
- a run of scores that has both: the other's score stays with the hidden record, for a customer has one score a run;
- a referral: a customer is brought once and not by himself, so the other's referrer, or that the two brought each other,
  stays with the hidden record;
- a tag that both have: it is there once;
- a snapshot of customers (segment): the other's place in it stays with the hidden record, and the kept one is in it too.

Later imports that name the old code ask `merged_into`. What was merged is remembered with crm.services.changes, so that
`unmerge` puts back what nobody edited since, also in the middle of a chain of merges.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from crm.db import one_at_a_time
from crm.db.revisions import note_change
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import (
    Base,
    CampaignMember,
    Correction,
    Customer,
    CustomerScore,
    CustomerTag,
    Order,
    RecordChange,
    Referral,
)
from crm.models.base import now
from crm.services import audit, changes, merge_fields, not_duplicates, segments
from crm.services.merge_fields import MergeField
from crm.services.search import search_text

# Tables that name a customer and need rules of their own; every other one is moved as it is.
_BY_RULE = ("customer_tags", "referrals", "not_duplicates", "campaign_members", "customer_scores", "orders",
            "segment_members")
CHUNK = 5_000  # values in one IN list


@dataclass(frozen=True)
class MergePreview:
    """What merging would give. `versions` of the kept and the other customer belong to `merge`; `records`: one row a table
    that has some of either: table, keep, other (how many)."""

    keep_id: int
    other_id: int
    keep_code: str
    other_code: str
    versions: tuple[int, int]
    fields: tuple[MergeField, ...]
    records: pd.DataFrame


@dataclass(frozen=True)
class Unmerged:
    """`restored`: {table: records} that went back; `kept`: table, record_id, field of what was edited since and stays."""

    keep_id: int
    other_id: int
    restored: dict[str, int]
    kept: pd.DataFrame


def contacts(session: Session) -> pd.DataFrame:
    """What finding doubles starts from, one row a customer: customer_id, name, company, kind, email, phone, address,
    postal_code, city, country, gender (None unknown), birth_year (NaN unknown)."""
    columns = [Customer.name, Customer.company, Customer.kind, Customer.email, Customer.phone, Customer.address,
               Customer.postal_code, Customer.city, Customer.country, Customer.gender, Customer.birth_year]
    # Past the cost of a row object for each of a hundred thousand customers.
    result = session.connection().execute(select(Customer.id, *columns).where(Customer.deleted_at.is_(None))
                                          .order_by(Customer.id))
    cells = list(zip(*result.cursor.fetchall(), strict=True)) or [()] * (len(columns) + 1)
    result.close()
    names = ("customer_id", *(column.key for column in columns))
    return pd.DataFrame({name: np.array(column, dtype=object) for name, column in zip(names, cells, strict=True)}).astype(
        {"customer_id": "int64", "birth_year": "float64"})


def preview(session: Session, keep_id: int, other_id: int, *, choices: dict[str, str] | None = None) -> MergePreview:
    """Both customers side by side, with the merged values as proposed or chosen. Raises NotFound and InvalidInput."""
    keep, other = _both(session, keep_id, other_id)
    fields = _fields(session, keep, other, choices)
    tables = [(Order.__table__, "customer_id"), *_tables(), (CampaignMember.__table__, "customer_id")]
    counts = [(table.name, *(_number(session, table, column, customer_id) for customer_id in (keep_id, other_id)))
              for table, column in tables]
    records = pd.DataFrame([row for row in counts if row[1] or row[2]], columns=["table", "keep", "other"])
    return MergePreview(keep_id, other_id, keep.code, other.code, (keep.version, other.version), tuple(fields), records)


def merge(session: Session, keep_id: int, other_id: int, *, versions: tuple[int, int],
          choices: dict[str, str] | None = None) -> int:
    """Make the two one and return the correction's id. `versions`: of the kept and the other one, as they were shown.

    Raises Conflict when one of them was changed since, NotFound, InvalidInput; nothing is written then.
    """
    one_at_a_time(session, "merges")
    keep, other = _both(session, keep_id, other_id, lock=True)
    if (keep.version, other.version) != tuple(versions):
        raise Conflict("One of the two customers was changed in the meantime, perhaps by you in another window. "
                       "Nothing was merged; look at the new values and merge again.")
    correction_id = changes.begin_correction(session, "merge", {})
    noted = _carry_out(session, session.get(Correction, correction_id), keep, other, choices)
    audit.record(session, "customer", keep_id, "merged", {**noted, "merged_from": (None, other.code)})
    audit.record(session, "customer", other_id, "merged_away", {"merged_into": (None, keep.code)})
    return correction_id


def unmerge(session: Session, correction_id: int) -> Unmerged:
    """Make two of one again: everything that came from the other goes back, as far as nobody edited it since.

    What was added to the kept customer after merging stays there. Later merges of the same customers are taken apart first
    and made again afterwards, so that any merge of a chain can be taken back. Raises NotFound and InvalidInput.
    """
    one_at_a_time(session, "merges")
    correction = changes.of_correction(session, correction_id)
    if correction.kind != "merge":
        raise InvalidInput("This correction is no merge; take it back where it was made.")
    keep_id, other_id = correction.details["keep_id"], correction.details["other_id"]
    later = _later(session, correction)
    edited = {one.id: _take_apart(session, one).kept for one in reversed(later)}
    done = _take_apart(session, correction)
    correction.status, correction.undone_at = "undone", now()
    for one in later:
        _make_again(session, one, edited[one.id])
    codes = dict(session.execute(select(Customer.id, Customer.code).where(Customer.id.in_((keep_id, other_id)))).all())
    audit.record(session, "customer", keep_id, "unmerged", {"merged_from": (codes[other_id], None)})
    audit.record(session, "customer", other_id, "unmerged", {"merged_into": (codes[keep_id], None)})
    return Unmerged(keep_id, other_id, done.restored, done.kept)


def merged_into(session: Session, codes: list[str]) -> dict[str, str]:
    """{code: code of the customer that it was merged into, at the end of the chain}, of those codes that were."""
    into = _into(session)
    ids = {*into, *into.values()}
    code_of = {customer_id: code for chunk in _chunks(sorted(ids)) for customer_id, code in session.execute(
        select(Customer.id, Customer.code).where(Customer.id.in_(chunk))).all()}
    wanted = set(codes)
    return {code_of[other_id]: code_of[_end(into, other_id)] for other_id in into if code_of[other_id] in wanted}


def number_after_merge(number: str, code: str) -> str:
    """What an order's number becomes where the kept customer has that number too; `code` is the other's.

    >>> number_after_merge("1001", "C00012")
    '1001 (C00012)'
    """
    return f"{number} ({code})"


def listing(session: Session, *, limit: int = 50) -> pd.DataFrame:
    """The merges, the newest first: correction_id, keep_id, keep_code, keep_name, other_id, other_code, other_name,
    created_at and undone_at (UTC; NaT: still merged)."""
    merges = session.scalars(select(Correction).where(Correction.kind == "merge")
                             .order_by(Correction.id.desc()).limit(limit)).all()
    ids = {one.details[side] for one in merges for side in ("keep_id", "other_id")}
    called = known(session, sorted(ids)).reindex(sorted(ids))
    rows = [(one.id, *(cell for side in ("keep_id", "other_id") for cell in (
        one.details[side], *called.loc[one.details[side]])), one.created_at, one.undone_at) for one in merges]
    return pd.DataFrame(rows, columns=["correction_id", "keep_id", "keep_code", "keep_name", "other_id", "other_code",
                                       "other_name", "created_at", "undone_at"])


def hidden(session: Session, customer_ids: list[int]) -> set[int]:
    """Which of them are deleted or merged into another by now."""
    return {customer_id for chunk in _chunks(customer_ids) for customer_id in session.scalars(
        select(Customer.id).where(Customer.id.in_(chunk), Customer.deleted_at.is_not(None)))}


def known(session: Session, customer_ids: list[int]) -> pd.DataFrame:
    """What they are called, deleted ones included: code and name, indexed by customer_id."""
    rows = [tuple(row) for chunk in _chunks(customer_ids) for row in session.execute(
        select(Customer.id, Customer.code, Customer.name).where(Customer.id.in_(chunk)))]
    return pd.DataFrame(rows, columns=["customer_id", "code", "name"]).set_index("customer_id")


def by_codes(session: Session, first: str, second: str) -> tuple[int, int]:
    """The ids of two customers named by their codes. Raises NotFound and InvalidInput."""
    found = dict(session.execute(select(Customer.code, Customer.id).where(
        Customer.code.in_((first, second)), Customer.deleted_at.is_(None))).all())
    for code in (first, second):
        if code not in found:
            raise NotFound(f"There is no customer with the code “{code}”; look it up on the customer's page.")
    if first == second:
        raise InvalidInput("Choose two customers; this is one and the same.")
    return found[first], found[second]


def _both(session: Session, keep_id: int, other_id: int, *, lock: bool = False) -> tuple[Customer, Customer]:
    if keep_id == other_id:
        raise InvalidInput("Choose two customers; this is one and the same.")
    query = select(Customer).where(Customer.id.in_((keep_id, other_id)), Customer.deleted_at.is_(None)).order_by(Customer.id)
    found = {customer.id: customer for customer in session.scalars(
        (query.with_for_update() if lock else query).execution_options(populate_existing=True))}
    if len(found) < 2:
        raise NotFound("One of the two customers is not there any more; it may have been merged or deleted.")
    return found[keep_id], found[other_id]


def _fields(session: Session, keep: Customer, other: Customer, choices: dict[str, str] | None) -> list[MergeField]:
    return merge_fields.merged_fields(keep, other, keep_tags=_tags(session, keep.id), other_tags=_tags(session, other.id),
                                      choices=choices)


def _carry_out(session: Session, correction: Correction, keep: Customer, other: Customer,
               choices: dict[str, str] | None) -> dict:
    """Merges under this correction; returns the changed fields of the kept one as {field: (old, new)}."""
    fields = _fields(session, keep, other, choices)
    wanted = merge_fields.contents(keep, other, fields)
    noted = {name: (getattr(keep, name), content) for name, content in wanted.items() if getattr(keep, name) != content}
    keep_id, other_id = keep.id, other.id
    was_apart = tuple(sorted((keep_id, other_id))) in not_duplicates.pairs(session)
    not_duplicates.drop(session, [sorted((keep_id, other_id))])
    _move_orders(session, correction.id, keep_id, other)
    for table, column in _tables():
        _move(session, correction.id, table, column, keep_id, other_id)
    _move_referrals(session, correction.id, keep_id, other_id)
    _move_scores(session, correction.id, keep_id, other_id)
    correction.details = {
        "keep_id": keep_id, "other_id": other_id,
        "choices": choices or {},
        "tags": _add_tags(session, keep_id, other_id), "members": _join_members(session, keep_id, other_id),
        "segments": segments.join(session, keep_id=keep_id, other_id=other_id),
        "apart": not_duplicates.move(session, from_id=other_id, to_id=keep_id), "was_apart": was_apart}
    went = f"Merged into {keep.code} ({wanted['name']})."
    changes.apply(session, Customer.__table__, other_id, {
        "deleted_at": now(), "note": "\n".join(filter(None, (other.note, went)))}, correction_id=correction.id)
    changes.apply(session, Customer.__table__, keep_id, wanted, correction_id=correction.id)
    note_change(session, Order.__table__)  # whose orders count is part of what analyses read of the sales
    _refresh(session, keep_id, other_id)
    return noted


def _take_apart(session: Session, correction: Correction) -> changes.TakenBack:
    """Undoes a merge's changes; the correction stays as it is."""
    details = correction.details
    keep_id, other_id = details["keep_id"], details["other_id"]
    session.execute(select(Customer.id).where(Customer.id.in_((keep_id, other_id))).order_by(Customer.id).with_for_update())
    done = changes.take_back(session, correction_id=correction.id)
    _drop_tags(session, keep_id, details["tags"])
    _part_members(session, keep_id, other_id, details["members"])
    segments.part(session, keep_id=keep_id, joined=details.get("segments", []))  # older merges know of none
    not_duplicates.drop(session, details["apart"])
    if details["was_apart"]:
        not_duplicates.put(session, keep_id, other_id)
    note_change(session, Order.__table__)
    _refresh(session, keep_id, other_id)
    # The other one may have been brought back by hand before: then there is nothing left to tell.
    there = set(session.scalars(select(Customer.id).where(Customer.id == other_id, Customer.deleted_at.is_(None))))
    kept = done.kept[~((done.kept["field"] == "deleted_at") & done.kept["record_id"].isin(there))]
    return changes.TakenBack(done.restored, kept.reset_index(drop=True))


def _later(session: Session, correction: Correction) -> list[Correction]:
    """Merges made since that build on this one: of the customer that was kept, and of whom that one was merged into."""
    touched = {correction.details["keep_id"]}
    found = []
    for one in session.scalars(select(Correction).where(
            Correction.kind == "merge", Correction.status == "done", Correction.id > correction.id)
            .order_by(Correction.id).with_for_update()):
        both = {one.details["keep_id"], one.details["other_id"]}
        if both & touched:
            touched |= both
            found.append(one)
    return found


def _make_again(session: Session, correction: Correction, edited: pd.DataFrame) -> None:
    """Merges once more what was taken apart for the sake of an earlier merge, under the same correction."""
    details = correction.details
    session.execute(delete(RecordChange).where(RecordChange.correction_id == correction.id))
    mine = edited[(edited["table"] == "customers") & (edited["record_id"] == details["keep_id"])]
    renamed = {"address" if field in merge_fields.PLACE else field for field in mine["field"]}
    # What the owner typed since the first time is the kept one's own, whatever was chosen then.
    choices = details["choices"] | dict.fromkeys(renamed & merge_fields.CHOOSABLE, "keep")
    keep, other = (session.get(Customer, details[side], populate_existing=True) for side in ("keep_id", "other_id"))
    _carry_out(session, correction, keep, other, choices)


def _tables() -> list[tuple[Table, str]]:
    """All tables whose rows belong to a customer and can simply be given to another one, with the column that says whose."""
    return [(key.parent.table, key.parent.name) for table in Base.metadata.sorted_tables if table.name not in _BY_RULE
            for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
            if key.column.table is Customer.__table__]


def _move(session: Session, correction_id: int, table: Table, column: str, keep_id: int, other_id: int,
          *conditions) -> None:
    """Gives the rows of the one to the other, remembering whose they were."""
    ids = session.scalars(select(table.c.id).where(table.c[column] == other_id, *conditions).order_by(table.c.id)
                          .with_for_update()).all()
    contents = {column: keep_id}
    if "version" in table.c:
        contents |= {"version": table.c.version + 1, "updated_at": now()}
    for chunk in _chunks(ids):
        session.execute(update(table).where(table.c.id.in_(chunk)).values(contents))
    if ids:
        changes.record(session, [(table.name, record_id, {column: other_id}, {column: keep_id}) for record_id in ids],
                       correction_id=correction_id)


def _move_orders(session: Session, correction_id: int, keep_id: int, other: Customer) -> None:
    kept = aliased(Order)
    clashes = session.execute(
        select(Order.id, Order.source, Order.number)
        .join(kept, (kept.source == Order.source) & (kept.number == Order.number) & (kept.customer_id == keep_id))
        .where(Order.customer_id == other.id, Order.deleted_at.is_(None), kept.deleted_at.is_(None))
        .order_by(Order.id)).all()
    for order_id, source, number in clashes:
        wanted, further = number_after_merge(number, other.code), 1
        while session.scalar(select(Order.id).where(Order.customer_id.in_((keep_id, other.id)), Order.source == source,
                                                    Order.number == wanted).limit(1)) is not None:
            further += 1
            wanted = number_after_merge(number, f"{other.code}-{further}")
        changes.apply(session, Order.__table__, order_id, {"number": wanted, "customer_id": keep_id},
                      correction_id=correction_id)
    _move(session, correction_id, Order.__table__, "customer_id", keep_id, other.id)


def _move_referrals(session: Session, correction_id: int, keep_id: int, other_id: int) -> None:
    table = Referral.__table__
    _move(session, correction_id, table, "referrer_id", keep_id, other_id, table.c.referred_id != keep_id)
    if session.scalar(select(table.c.id).where(table.c.referred_id == keep_id)) is None:
        _move(session, correction_id, table, "referred_id", keep_id, other_id, table.c.referrer_id != keep_id)


def _move_scores(session: Session, correction_id: int, keep_id: int, other_id: int) -> None:
    table = CustomerScore.__table__
    kept = select(table.c.run_id).where(table.c.customer_id == keep_id)
    _move(session, correction_id, table, "customer_id", keep_id, other_id, table.c.run_id.not_in(kept))


def _tags(session: Session, customer_id: int) -> tuple[str, ...]:
    return tuple(session.scalars(select(CustomerTag.tag).where(CustomerTag.customer_id == customer_id)
                                 .order_by(CustomerTag.tag)))


def _add_tags(session: Session, keep_id: int, other_id: int) -> list[str]:
    """The other's tags stay with the hidden record; the kept one gets those that it lacks. Returns these."""
    known = _tags(session, keep_id)
    wanted = [tag for tag in _tags(session, other_id) if tag not in known]
    if wanted:
        session.execute(insert(CustomerTag), [{"customer_id": keep_id, "tag": tag} for tag in wanted])
    return wanted


def _drop_tags(session: Session, keep_id: int, tags: list[str]) -> None:
    for chunk in _chunks(tags):
        session.execute(delete(CustomerTag).where(CustomerTag.customer_id == keep_id, CustomerTag.tag.in_(chunk)))


def _join_members(session: Session, keep_id: int, other_id: int) -> dict:
    """Campaigns: those that reached the other alone, and what the kept one's memberships learn from the other's.

    These rows have no number of their own, so the merge itself remembers them: {"moved": [campaign_id], "learned":
    [[campaign_id, {column: before}, {column: after}]]}, moments as text.
    """
    table = CampaignMember.__table__
    rows = session.execute(select(table).where(table.c.customer_id.in_((keep_id, other_id)))
                           .order_by(table.c.campaign_id).with_for_update()).all()
    mine = {row.campaign_id: row for row in rows if row.customer_id == keep_id}
    moved, learned = [], []
    for row in rows:
        if row.customer_id == other_id and row.campaign_id not in mine:
            moved.append(row.campaign_id)
        elif row.customer_id == other_id:
            before = {name: getattr(mine[row.campaign_id], name) for name in _LEARNED}
            after = {name: _LEARNED[name](before[name], getattr(row, name)) for name in _LEARNED}
            after = {name: content for name, content in after.items() if content != before[name]}
            if after:
                _set_member(session, row.campaign_id, keep_id, after)
                learned.append([row.campaign_id, *({name: _text(side[name]) for name in after}
                                                   for side in (before, after))])
    for chunk in _chunks(moved):
        session.execute(update(table).where(table.c.customer_id == other_id, table.c.campaign_id.in_(chunk))
                        .values(customer_id=keep_id))
    return {"moved": moved, "learned": learned}


def _first(one, other):
    return min((moment for moment in (one, other) if moment is not None), default=None)


def _either(one: bool | None, other: bool | None) -> bool | None:
    return True if one or other else one if one is not None else other


def _own(one: float | None, other: float | None) -> float | None:
    return other if one is None else one


# Who was written to under one of the two names was written to; who answered, answered; held out is who got nothing. What was
# expected of the kept one stays, and where nothing was, what was expected of the other is known.
_LEARNED = {"is_holdout": lambda one, other: one and other, "sent_at": _first, "responded_at": _first,
            "has_responded": _either, "probability": _own, "value_e4": _own}


def _part_members(session: Session, keep_id: int, other_id: int, members: dict) -> None:
    table = CampaignMember.__table__
    for campaign_id, before, after in members["learned"]:
        row = session.execute(select(table).where(table.c.campaign_id == campaign_id, table.c.customer_id == keep_id)
                              .with_for_update()).one_or_none()
        same = {} if row is None else {name: _moment(before[name]) for name in after
                                       if _text(getattr(row, name)) == after[name]}
        if same:
            _set_member(session, campaign_id, keep_id, same)
    for chunk in _chunks(members["moved"]):
        session.execute(update(table).where(table.c.customer_id == keep_id, table.c.campaign_id.in_(chunk))
                        .values(customer_id=other_id))


def _text(content):
    return content.isoformat() if isinstance(content, datetime) else content


def _moment(content):
    return datetime.fromisoformat(content) if isinstance(content, str) else content


def _set_member(session: Session, campaign_id: int, customer_id: int, contents: dict) -> None:
    table = CampaignMember.__table__
    session.execute(update(table).where(table.c.campaign_id == campaign_id, table.c.customer_id == customer_id)
                    .values(contents))


def _refresh(session: Session, *customer_ids: int) -> None:
    """What a search looks through, after names and numbers changed; and nothing remembered of how they were."""
    session.flush()
    for row in session.execute(select(Customer.id, Customer.name, Customer.company, Customer.email, Customer.code,
                                      Customer.phone, Customer.search_text).where(Customer.id.in_(customer_ids))).all():
        wanted = search_text(name=row.name, company=row.company, email=row.email, code=row.code, phone=row.phone)
        if wanted != row.search_text:
            session.execute(update(Customer.__table__).where(Customer.__table__.c.id == row.id)
                            .values(search_text=wanted))
    session.expire_all()


def _into(session: Session) -> dict[int, int]:
    """{id: id it was merged into}, of merges that hold; who was brought back by hand since is somebody of his own."""
    merges = session.scalars(select(Correction.details).where(
        Correction.kind == "merge", Correction.status == "done").order_by(Correction.id)).all()
    into = {details["other_id"]: details["keep_id"] for details in merges}
    gone = hidden(session, sorted(into))
    return {other_id: keep_id for other_id, keep_id in into.items() if other_id in gone}


def _end(into: dict[int, int], customer_id: int) -> int:
    seen = set()
    while customer_id in into and customer_id not in seen:
        seen.add(customer_id)
        customer_id = into[customer_id]
    return customer_id


def _number(session: Session, table: Table, column: str, customer_id: int) -> int:
    there = [table.c.deleted_at.is_(None)] if "deleted_at" in table.c else []
    return session.scalar(select(func.count()).select_from(table).where(table.c[column] == customer_id, *there))


def _chunks(values: list) -> list[list]:
    return [values[start:start + CHUNK] for start in range(0, len(values), CHUNK)]
