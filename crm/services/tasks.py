"""What is to be done for a customer: made, taken back, brought back. Rounds of contacts make theirs in contact_rounds."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.errors import InvalidInput, NotFound
from crm.models import Customer, Task
from crm.models.base import now
from crm.services import audit

TITLE_LIMIT = 500  # characters
NOTE_LIMIT = 5_000


def create(session: Session, *, title: str, customer_id: int | None = None, note: str | None = None,
           due_on: date | None = None, origin: str | None = None) -> int:
    """Add a task and return its id. `origin`: the analysis that proposed it. Raises InvalidInput for an empty or too long
    title or note, NotFound for a customer who is not there."""
    clean = checked(title=title, note=note)
    if customer_id is not None and session.scalar(
            select(Customer.id).where(Customer.id == customer_id, Customer.deleted_at.is_(None))) is None:
        raise NotFound("This customer is not there any more; it may have been merged or deleted in another window.")
    task = Task(**clean, customer_id=customer_id, due_on=due_on, origin=origin)
    session.add(task)
    session.flush()
    audit.record(session, "task", task.id, "created", {"title": (None, task.title), "due_on": (None, due_on)})
    return task.id


def delete(session: Session, task_id: int) -> bool:
    """Take an open task away; one that is done stays, for it was done. Returns whether it went. Raises NotFound."""
    task = _there(session, task_id)
    if task.deleted_at is not None or task.done_at is not None:
        return False
    task.deleted_at = now()
    _touch(task)
    audit.record(session, "task", task_id, "deleted")
    return True


def restore(session: Session, task_id: int) -> None:
    """Bring a deleted one back; one that is there stays as it is. Raises NotFound."""
    task = _there(session, task_id)
    if task.deleted_at is not None:
        task.deleted_at = None
        _touch(task)
        audit.record(session, "task", task_id, "restored")


def checked(*, title: str, note: str | None = None) -> dict:
    """title and note, tidied. Raises InvalidInput."""
    clean, more = " ".join((title or "").split()), (note or "").strip() or None
    if not clean:
        raise InvalidInput("Say in a few words what is to be done.", field="title")
    if len(clean) > TITLE_LIMIT:
        raise InvalidInput(f"What is to be done is {len(clean):,} characters long; at most {TITLE_LIMIT} are allowed. "
                           "The rest belongs into the note.", field="title")
    if more is not None and len(more) > NOTE_LIMIT:
        raise InvalidInput(f"The note is {len(more):,} characters long; at most {NOTE_LIMIT:,} are allowed.", field="note")
    return {"title": clean, "note": more}


def _there(session: Session, task_id: int) -> Task:
    task = session.get(Task, task_id, with_for_update=True, populate_existing=True)
    if task is None:
        raise NotFound("This task is not there any more.")
    return task


def _touch(task: Task) -> None:
    task.version += 1
    task.updated_at = now()
