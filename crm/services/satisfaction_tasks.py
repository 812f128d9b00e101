"""Who should answer an unhappy customer? A task for each, one at a time, and who has an open one."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from crm.db import bulk, one_at_a_time
from crm.errors import InvalidInput
from crm.models import Customer, Task
from crm.services import audit, tasks
from crm.services.among import listed

LOCK = "satisfaction tasks"
ORIGIN = "satisfaction"
MOST_TASKS = 100  # nobody calls more people in a week


@dataclass(frozen=True)
class MadeTasks:
    """How many tasks were made; `left_out`: how many customers have an open one already, or are not there any more."""

    made: int
    left_out: int


def make(session: Session, *, customers: pd.DataFrame, due_on: date | None = None) -> MadeTasks:
    """A task for each customer: customer_id, title and note (None: none).

    Who has an open one from here is left out, so that nobody is called twice. Raises InvalidInput for nobody, for more than
    MOST_TASKS, and where nobody is left.
    """
    one_at_a_time(session, LOCK)
    given = customers.drop_duplicates("customer_id")
    if given.empty:
        raise InvalidInput("Choose at least one customer.")
    if len(given) > MOST_TASKS:
        raise InvalidInput(f"{len(given):,} tasks at once are more than anybody can do; choose at most {MOST_TASKS}. "
                           "Save the customers as a segment instead.")
    wanted = [(int(row.customer_id), tasks.checked(title=row.title, note=row.note)) for row in given.itertuples()]
    ids = np.array([customer_id for customer_id, _ in wanted], dtype="int64")
    there = set(session.scalars(select(Customer.id).where(Customer.id.in_(listed(session, ids)), Customer.deleted_at.is_(None))))
    free = there - open_for(session)
    wanted = [one for one in wanted if one[0] in free]
    if not wanted:
        raise InvalidInput("Each of these customers has an open task already, or is not there any more.")
    numbers = bulk.reserve_ids(session, Task.__table__, len(wanted))
    session.execute(insert(Task), [{"id": number, "customer_id": customer_id, **text, "due_on": due_on, "origin": ORIGIN}
                                   for number, (customer_id, text) in zip(numbers, wanted, strict=True)])
    audit.record(session, "task", None, "created", {
        "origin": (None, ORIGIN), "tasks": (None, len(wanted)), "customer_ids": (None, [customer_id for customer_id, _ in wanted])})
    return MadeTasks(len(wanted), len(given) - len(wanted))


def open_for(session: Session) -> set[int]:
    """The customers with an open task that was made here."""
    session.flush()
    return set(session.scalars(select(Task.customer_id).where(
        Task.origin == ORIGIN, Task.deleted_at.is_(None), Task.done_at.is_(None), Task.customer_id.is_not(None))))
