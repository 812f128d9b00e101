"""How are groups of customers kept: named, described, renamed, taken anew, deleted and brought back?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from sqlalchemy import delete as sql_delete
from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import Session

from crm.db import one_at_a_time
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import SEGMENT_KINDS, Customer, Segment, SegmentMember
from crm.models.base import now
from crm.services import audit, segment_definitions
from crm.services.among import listed, read_ids
from crm.services.search import fold

NAME_LIMIT = 80  # characters: what a list of choices shows in one line
DESCRIPTION_LIMIT = 2_000


@dataclass(frozen=True)
class SavedSegment:
    """One saved segment. `members`: of a snapshot, how many of its customers are there today (None for a rule); `as_of`:
    the day they were looked at; `taken_at`: when a snapshot got them (UTC)."""

    id: int
    version: int
    name: str
    description: str | None
    kind: str
    definition: dict
    as_of: date
    taken_at: datetime | None
    created_at: datetime
    members: int | None


@dataclass(frozen=True)
class Refreshed:
    """What taking a snapshot anew changed: the new version, customers now, and how many came and went."""

    version: int
    members: int
    came: int
    went: int


def create(session: Session, *, name: str, description: str | None = None, kind: str, definition: dict,
           as_of: date, members: Iterable[int] | None = None) -> int:
    """Keep a segment and return its id: a "rule" by its definition, a "snapshot" with these `members`.

    Raises InvalidInput for an empty name, one that another segment has, or a definition that is not sound.
    """
    one_at_a_time(session, "names of segments")
    clean = _clean(session, name=name, description=description)
    rule = segment_definitions.checked(definition)
    if kind not in SEGMENT_KINDS:
        raise InvalidInput(f"“{kind}” is no kind of segment; choose one of {', '.join(SEGMENT_KINDS)}.", field="kind")
    if kind == "rule" and not segment_definitions.is_rule(rule):
        raise InvalidInput("No rule tells who belongs to these customers; save them as a snapshot.", field="kind")
    if kind == "snapshot" and members is None:
        raise InvalidInput("A snapshot needs its customers.", field="members")
    segment = Segment(**clean, kind=kind, definition=rule, as_of=as_of, taken_at=now() if kind == "snapshot" else None)
    session.add(segment)
    session.flush()
    taken = _take(session, segment.id, members) if kind == "snapshot" else None
    audit.record(session, "segment", segment.id, "created",
                 {"name": (None, segment.name), "kind": (None, kind), "members": (None, taken)})
    return segment.id


def update(session: Session, segment_id: int, *, version: int, name: str, description: str | None = None) -> int:
    """Give it another name or description; returns the new version. Raises Conflict, NotFound, InvalidInput."""
    one_at_a_time(session, "names of segments")
    segment = _existing(session, segment_id, version=version)
    clean = _clean(session, name=name, description=description, segment_id=segment_id)
    changed = {field: (getattr(segment, field), content) for field, content in clean.items()
               if getattr(segment, field) != content}
    if changed:
        for field, (_, content) in changed.items():
            setattr(segment, field, content)
        _touch(segment)
        audit.record(session, "segment", segment_id, "updated", changed)
    return segment.version


def refresh(session: Session, segment_id: int, *, version: int, members: Iterable[int], as_of: date) -> Refreshed:
    """Give a snapshot other members, those of the day `as_of`; the former are not kept. Raises Conflict, NotFound,
    InvalidInput."""
    segment = _existing(session, segment_id, version=version)
    if segment.kind != "snapshot":
        raise InvalidInput("A rule needs no refreshing: it is evaluated anew whenever it is used.")
    before = set(member_ids(session, segment_id).tolist())
    session.execute(sql_delete(SegmentMember).where(SegmentMember.segment_id == segment_id))
    _take(session, segment_id, members)
    after = set(member_ids(session, segment_id).tolist())
    segment.as_of, segment.taken_at = as_of, now()
    _touch(segment)
    audit.record(session, "segment", segment_id, "refreshed", {"members": (len(before), len(after))})
    return Refreshed(segment.version, len(after), len(after - before), len(before - after))


def delete(session: Session, segment_id: int, *, version: int) -> None:
    """Take it out of the lists; `restore` brings it back with its members. Its name is free from now on."""
    segment = _existing(session, segment_id, version=version)
    segment.deleted_at = now()
    _touch(segment)
    audit.record(session, "segment", segment_id, "deleted")


def restore(session: Session, segment_id: int) -> None:
    """Bring a deleted one back; one that is there stays as it is. Raises InvalidInput where its name was given anew."""
    one_at_a_time(session, "names of segments")
    segment = session.get(Segment, segment_id, with_for_update=True)
    if segment is None:
        raise NotFound("This segment is not there any more.")
    if segment.deleted_at is not None:
        _check_name(session, segment.name, segment_id)
        segment.deleted_at = None
        _touch(segment)
        audit.record(session, "segment", segment_id, "restored")


def get(session: Session, segment_id: int) -> SavedSegment:
    """The saved segment. Raises NotFound where there is none, or it was deleted."""
    segment = _existing(session, segment_id)
    return _saved(segment, _numbers(session, segment_id).get(segment_id, 0))


def listing(session: Session, *, counted: bool = True) -> list[SavedSegment]:
    """All that are kept, by name; without `counted` nobody counts the members, which are None then."""
    numbers = _numbers(session) if counted else {}
    found = session.scalars(select(Segment).where(Segment.deleted_at.is_(None))).all()
    return sorted((_saved(segment, numbers.get(segment.id, 0) if counted else None) for segment in found),
                  key=lambda one: (fold(one.name), one.id))


def member_ids(session: Session, segment_id: int) -> np.ndarray:
    """The customers of a snapshot who are there today (not deleted, not merged into another), sorted (int64)."""
    query = (select(SegmentMember.customer_id).join(Customer, Customer.id == SegmentMember.customer_id)
             .where(SegmentMember.segment_id == segment_id, Customer.deleted_at.is_(None))
             .order_by(SegmentMember.customer_id))
    session.flush()  # what was just taken is read past the session
    return read_ids(session, query)


def join(session: Session, *, keep_id: int, other_id: int) -> list[list]:
    """The kept customer of a merge joins the snapshots that the other is in; which: [[segment_id, when it was taken]]."""
    mine = select(SegmentMember.segment_id).where(SegmentMember.customer_id == keep_id)
    rows = session.execute(
        select(Segment.id, Segment.taken_at).join(SegmentMember, SegmentMember.segment_id == Segment.id)
        .where(SegmentMember.customer_id == other_id, Segment.id.not_in(mine)).order_by(Segment.id)).all()
    if rows:
        session.execute(insert(SegmentMember), [{"segment_id": segment_id, "customer_id": keep_id} for segment_id, _ in rows])
    return [[segment_id, _written(taken_at)] for segment_id, taken_at in rows]


def part(session: Session, *, keep_id: int, joined: list[list]) -> None:
    """Take back what `join` did; a snapshot that was taken anew since holds the customer in its own right."""
    for segment_id, taken_at in joined:
        if _written(session.scalar(select(Segment.taken_at).where(Segment.id == segment_id))) == taken_at:
            session.execute(sql_delete(SegmentMember).where(SegmentMember.segment_id == segment_id,
                                                            SegmentMember.customer_id == keep_id))


def _existing(session: Session, segment_id: int, *, version: int | None = None) -> Segment:
    segment = session.get(Segment, segment_id, with_for_update=version is not None, populate_existing=True)
    if segment is None or segment.deleted_at is not None:
        raise NotFound("This segment is not there any more; it may have been deleted in another window.")
    if version is not None and segment.version != version:
        raise Conflict("Somebody changed this segment in the meantime, perhaps you in another window. "
                       "Nothing was overwritten; look at it as it is now and make your change again.")
    return segment


def _clean(session: Session, *, name: str, description: str | None, segment_id: int | None = None) -> dict:
    name, description = " ".join((name or "").split()), (description or "").strip() or None
    if not name:
        raise InvalidInput("Give the segment a name.", field="name")
    if len(name) > NAME_LIMIT:
        raise InvalidInput(f"The name is {len(name)} characters long; at most {NAME_LIMIT} are allowed.", field="name")
    if description is not None and len(description) > DESCRIPTION_LIMIT:
        raise InvalidInput(f"The description is {len(description):,} characters long; at most {DESCRIPTION_LIMIT:,} are "
                           "allowed.", field="description")
    _check_name(session, name, segment_id)
    return {"name": name, "description": description}


def _check_name(session: Session, name: str, segment_id: int | None) -> None:
    # Names are compared as people compare them; databases fold ASCII only, and there are not many.
    rows = session.execute(select(Segment.id, Segment.name).where(Segment.deleted_at.is_(None)))
    if any(fold(taken) == fold(name) and other_id != segment_id for other_id, taken in rows):
        raise InvalidInput(f"There is a segment named “{name}” already; choose another name.", field="name")


def _take(session: Session, segment_id: int, members: Iterable[int]) -> int:
    """Put those of them into the snapshot who are there; how many."""
    wanted = select(literal(segment_id), Customer.id).where(Customer.deleted_at.is_(None),
                                                            Customer.id.in_(listed(session, members)))
    return session.execute(insert(SegmentMember).from_select(["segment_id", "customer_id"], wanted)).rowcount


def _touch(segment: Segment) -> None:
    segment.version += 1
    segment.updated_at = now()


def _numbers(session: Session, segment_id: int | None = None) -> dict[int, int]:
    """How many of their customers are there: {segment_id: number}, of one or of all."""
    query = (select(SegmentMember.segment_id, func.count()).join(Customer, Customer.id == SegmentMember.customer_id)
             .where(Customer.deleted_at.is_(None)).group_by(SegmentMember.segment_id))
    return dict(session.execute(query if segment_id is None else query.where(SegmentMember.segment_id == segment_id)).all())


def _saved(segment: Segment, members: int | None) -> SavedSegment:
    return SavedSegment(
        **{name: getattr(segment, name) for name in ("id", "version", "name", "description", "kind", "definition", "as_of",
                                                     "taken_at", "created_at")},
        members=members if segment.kind == "snapshot" else None)


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
