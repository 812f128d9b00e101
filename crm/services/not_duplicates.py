"""Which customers look alike and are not the same, by the owner's word? They are never proposed again."""

import pandas as pd
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, aliased

from crm.db.revisions import note_change
from crm.errors import InvalidInput, NotFound
from crm.models import Customer, NotDuplicate
from crm.services import audit


def add(session: Session, first_id: int, second_id: int) -> None:
    """Remember that the two are not the same; said twice, it counts once. Raises NotFound and InvalidInput."""
    if first_id == second_id:
        raise InvalidInput("Choose two customers; this is one and the same.")
    first, second = sorted((first_id, second_id))
    codes = dict(session.execute(select(Customer.id, Customer.code).where(
        Customer.id.in_((first, second)), Customer.deleted_at.is_(None)).order_by(Customer.id).with_for_update()).all())
    if len(codes) < 2:
        raise NotFound("One of the two customers is not there any more; it may have been merged or deleted.")
    if session.get(NotDuplicate, (first, second)) is None:
        session.add(NotDuplicate(first_id=first, second_id=second))
        _changed(session, first, {"not_the_same": (None, codes[second])})


def remove(session: Session, first_id: int, second_id: int) -> None:
    """Take it back: the two may be proposed again."""
    first, second = sorted((first_id, second_id))
    found = session.get(NotDuplicate, (first, second), with_for_update=True)
    if found is not None:
        code = session.scalar(select(Customer.code).where(Customer.id == second))
        session.delete(found)
        _changed(session, first, {"not_the_same": (code, None)})


def pairs(session: Session) -> set[tuple[int, int]]:
    """All of them, the lower id first."""
    return {(first, second) for first, second in session.execute(select(NotDuplicate.first_id, NotDuplicate.second_id))}


def listing(session: Session, *, limit: int = 100) -> pd.DataFrame:
    """The newest first: first_id, second_id, first_name, second_name, decided_at (UTC); only of customers that are there."""
    first, second = aliased(Customer), aliased(Customer)
    query = (select(NotDuplicate.first_id, NotDuplicate.second_id, first.name.label("first_name"),
                    second.name.label("second_name"), NotDuplicate.decided_at)
             .join(first, first.id == NotDuplicate.first_id).join(second, second.id == NotDuplicate.second_id)
             .where(first.deleted_at.is_(None), second.deleted_at.is_(None))
             .order_by(NotDuplicate.decided_at.desc(), NotDuplicate.first_id, NotDuplicate.second_id).limit(limit))
    return pd.DataFrame(session.execute(query).all(), columns=[column.key for column in query.selected_columns])


def move(session: Session, *, from_id: int, to_id: int) -> list[list[int]]:
    """Who is not the one is not the other either, once the two are merged. Returns the pairs that this added."""
    known = pairs(session)
    others = {a if b == from_id else b for a, b in known if from_id in (a, b)} - {to_id}
    wanted = sorted({(min(to_id, other), max(to_id, other)) for other in others} - known)
    session.add_all(NotDuplicate(first_id=first, second_id=second) for first, second in wanted)
    session.flush()
    return [list(pair) for pair in wanted]


def put(session: Session, first_id: int, second_id: int) -> None:
    """Write a pair as it was before; no word of the owner, so no entry."""
    first, second = sorted((first_id, second_id))
    if session.get(NotDuplicate, (first, second)) is None:
        session.add(NotDuplicate(first_id=first, second_id=second))


def drop(session: Session, given: list[list[int]]) -> None:
    """Take back what `move` added."""
    for first, second in given:
        session.execute(delete(NotDuplicate).where(NotDuplicate.first_id == first, NotDuplicate.second_id == second))


def _changed(session: Session, customer_id: int, noted: dict) -> None:
    note_change(session, Customer.__table__)  # which doubles are proposed is part of what is read of the customers
    audit.record(session, "customer", customer_id, "updated", noted)
