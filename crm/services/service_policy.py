"""When are customers served, and how soon are they promised an answer and a solution? Kept in the settings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from crm import opening_hours
from crm.db import one_at_a_time
from crm.errors import Conflict, InvalidInput
from crm.models import PRIORITIES, Ticket
from crm.opening_hours import Calendar
from crm.services import audit, settings

SETTING = "service_policy"
MOST_HOURS = 2_000  # a working year: whoever promises less soon promises nothing
MOST_CLOSED = 1_000  # days: a hundred holidays for ten years
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)  # a closed day outside is a slip of the keys
CHUNK = 20_000  # tickets in one statement
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Week = tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True)
class Promise:
    """Opening hours until the first answer and until the solution; None: nothing is promised."""

    answer_hours: float | None = None
    solution_hours: float | None = None


# Office hours; an answer within the working day, a complaint within half of one. The solution takes a week, urgent ones two days.
OFFICE_HOURS: Week = (((9 * 60, 17 * 60),),) * 5 + ((), ())
USUAL = {"high": Promise(4, 16), "normal": Promise(8, 40), "low": Promise(16, 80)}


@dataclass(frozen=True)
class ServicePolicy:
    """`week`: Monday to Sunday, each day's openings as (from, to) in minutes after midnight, 1,440 being its end; `closed`: days
    without service, in their sequence; `promises`: one for each of PRIORITIES; `is_usual`: the owner has said nothing yet."""

    week: Week = OFFICE_HOURS
    closed: tuple[date, ...] = ()
    promises: Mapping[str, Promise] = field(default_factory=lambda: dict(USUAL))
    is_usual: bool = True


@dataclass(frozen=True)
class Saved:
    """`tickets`: how many are not resolved; `changed`: of how many a deadline is another one now."""

    tickets: int
    changed: int


def read(session: Session) -> ServicePolicy:
    """The owner's policy, or the usual one."""
    kept = settings.read(session, SETTING)
    if kept is None:
        return ServicePolicy()
    return ServicePolicy(
        tuple(tuple((begin, end) for begin, end in day) for day in kept["week"]),
        tuple(date.fromisoformat(day) for day in kept["closed"]),
        {priority: Promise(**kept["promises"].get(priority, {})) for priority in PRIORITIES}, is_usual=False)


def calendar(session: Session, policy: ServicePolicy | None = None) -> Calendar:
    """When the company is open, in the workspace's time zone."""
    policy = policy or read(session)
    return opening_hours.calendar(policy.week, closed=policy.closed, zone=settings.company(session).time_zone)


def local_now(session: Session) -> datetime:
    """This moment as the workspace's clocks show it: naive, whole seconds."""
    return datetime.now(ZoneInfo(settings.company(session).time_zone)).replace(tzinfo=None, microsecond=0)


def checked(*, week: Sequence[Iterable[tuple[int, int]]], closed: Iterable[date] = (),
            promises: Mapping[str, Promise] | None = None) -> ServicePolicy:
    """The policy, tidied. Raises InvalidInput for opening hours that cannot be (see opening_hours.calendar), no opening hours
    beside promised ones, hours that are not above 0, a solution promised before the answer, and too many closed days."""
    tidy = opening_hours.calendar(week)
    days = tuple(sorted(set(closed)))
    if len(days) > MOST_CLOSED:
        raise InvalidInput(f"{len(days):,} closed days are given; at most {MOST_CLOSED:,} can be kept. Leave the past ones out.",
                           field="closed")
    for day in days:
        if not FIRST_DAY <= day <= LAST_DAY:
            raise InvalidInput(f"{day} cannot be a closed day; choose days from {FIRST_DAY.year} to {LAST_DAY.year}.", field="closed")
    unknown = set(promises or {}) - set(PRIORITIES)
    if unknown:
        raise InvalidInput(f"“{sorted(unknown)[0]}” is no priority; choose from {', '.join(PRIORITIES)}.", field="promises")
    given = {priority: _checked_promise(priority, (promises or {}).get(priority, Promise())) for priority in PRIORITIES}
    if tidy.is_never_open and any(one != Promise() for one in given.values()):
        raise InvalidInput("Nothing can be promised without opening hours: enter when you are open, or promise nothing.", field="week")
    if 0 < tidy.week_hours < 1:
        raise InvalidInput("Enter at least one opening hour a week.", field="week")
    return ServicePolicy(tidy.week, days, given, is_usual=False)


def save(session: Session, *, week: Sequence[Iterable[tuple[int, int]]], closed: Iterable[date] = (),
         promises: Mapping[str, Promise] | None = None, shown: ServicePolicy | None = None) -> Saved:
    """Serve and promise so from now on. Tickets that are not resolved get the deadlines of the new promise; what was
    answered or resolved already is judged by the promise of its day.

    `shown`: the policy that was changed on the screen; Conflict is raised where it is no longer the one that is kept.
    Raises InvalidInput as `checked` does.
    """
    one_at_a_time(session, SETTING)
    before = read(session)
    if shown is not None and shown != before:
        raise Conflict("Somebody changed the opening hours or promises in the meantime, perhaps you in another window. "
                       "Nothing was overwritten; look at the new ones and make your change again.")
    after = checked(week=week, closed=closed, promises=promises)
    settings.write(session, SETTING, as_content(after))
    done = recompute(session, after)
    if after != before:
        old, new = as_content(before), as_content(after)
        audit.record(session, "company", None, SETTING, {name: (old[name], new[name]) for name in new if old[name] != new[name]}
                     | {"deadlines_changed": (None, done.changed)})
    return done


def deadlines(calendar: Calendar, promises: Mapping[str, Promise], *, opened_at, priority, since=None) -> pd.DataFrame:
    """What is promised to tickets, one row each: answer_due_at and solution_due_at (datetime64[us], NaT: nothing).

    `opened_at`: local moments; `priority`: a word of PRIORITIES each; `since`: from when the solution counts (when they were
    reopened), NaT: from the opening.
    """
    opened = pd.Series(opened_at).to_numpy(dtype="datetime64[us]")
    code = pd.Categorical(priority, categories=PRIORITIES).codes
    answer, solution = (_hours(promises, name)[code] for name in ("answer_hours", "solution_hours"))
    again = opened if since is None else pd.Series(since).to_numpy(dtype="datetime64[us]")
    counted = np.where(np.isnat(again), opened, again)
    return pd.DataFrame({"answer_due_at": opening_hours.due(calendar, opened, answer),
                         "solution_due_at": opening_hours.due(calendar, counted, solution)})


def deadlines_of(session: Session, *, opened_at: datetime, priority: str,
                 since: datetime | None = None) -> tuple[datetime | None, datetime | None]:
    """What is promised to one ticket by the policy in force: when an answer and when the solution is due; None: nothing."""
    policy = read(session)
    found = deadlines(calendar(session, policy), policy.promises, opened_at=[opened_at], priority=[priority], since=[since])
    return tuple(None if pd.isna(moment) else moment.to_pydatetime() for moment in found.iloc[0])


def recompute(session: Session, policy: ServicePolicy | None = None) -> Saved:
    """Give all tickets that are not resolved the deadlines of the policy. Their versions stay: nothing that a form shows for
    editing was changed."""
    policy = policy or read(session)
    session.flush()
    rows = session.execute(
        select(Ticket.id, Ticket.priority, Ticket.opened_at, Ticket.reopened_at, Ticket.first_answered_at, Ticket.answer_due_at,
               Ticket.solution_due_at)
        .where(Ticket.status != "resolved", Ticket.deleted_at.is_(None)).order_by(Ticket.id).with_for_update()).all()
    if not rows:
        return Saved(0, 0)
    kept = pd.DataFrame(rows, columns=["id", "priority", "opened_at", "reopened_at", "first_answered_at", "answer_due_at",
                                       "solution_due_at"])
    kept = kept.astype(dict.fromkeys([name for name in kept if name.endswith("_at")], "datetime64[us]"))
    wanted = deadlines(calendar(session, policy), policy.promises, opened_at=kept["opened_at"], priority=kept["priority"],
                       since=kept["reopened_at"])
    wanted["answer_due_at"] = wanted["answer_due_at"].where(kept["first_answered_at"].isna(), kept["answer_due_at"])
    names = ["answer_due_at", "solution_due_at"]
    differs = ((wanted[names] != kept[names]) & ~(wanted[names].isna() & kept[names].isna())).any(axis=1)
    changes = [{"ticket": int(ticket), "answer": _moment(answer), "solution": _moment(solution)} for ticket, answer, solution in zip(
        kept.loc[differs, "id"], wanted.loc[differs, names[0]], wanted.loc[differs, names[1]], strict=True)]
    table = Ticket.__table__
    statement = (update(table).where(table.c.id == bindparam("ticket"))
                 .values(answer_due_at=bindparam("answer"), solution_due_at=bindparam("solution")))
    for start in range(0, len(changes), CHUNK):
        session.connection().execute(statement, changes[start:start + CHUNK])
    session.expire_all()
    return Saved(len(kept), len(changes))


def _moment(moment) -> datetime | None:
    return None if pd.isna(moment) else moment.to_pydatetime()


def _hours(promises: Mapping[str, Promise], name: str) -> np.ndarray:
    """Hours by the code of the priority; NaN where nothing is promised, the last one for a priority that is not known."""
    given = [getattr(promises.get(priority, Promise()), name) for priority in PRIORITIES]
    return np.array([np.nan if hours is None else hours for hours in given] + [np.nan])


def _checked_promise(priority: str, given: Promise) -> Promise:
    for name, what in (("answer_hours", "first answer"), ("solution_hours", "solution")):
        hours = getattr(given, name)
        if hours is not None and not 0 < hours <= MOST_HOURS:  # NaN fails as well
            raise InvalidInput(f"The {what} for the priority “{priority}” is promised within {hours:g} hours; write more than 0 and at "
                               f"most {MOST_HOURS:,}, or leave it empty.", field="promises")
    if given.answer_hours is not None and given.solution_hours is not None and given.solution_hours < given.answer_hours:
        raise InvalidInput(f"For the priority “{priority}” the solution is promised within {given.solution_hours:g} hours, before the "
                           f"first answer within {given.answer_hours:g}; the solution cannot be due first.", field="promises")
    return Promise(*(None if hours is None else float(hours) for hours in (given.answer_hours, given.solution_hours)))


def as_content(policy: ServicePolicy) -> dict:
    """The policy as its setting holds it."""
    return {"week": [[list(opening) for opening in day] for day in policy.week], "closed": [str(day) for day in policy.closed],
            "promises": {priority: {"answer_hours": one.answer_hours, "solution_hours": one.solution_hours}
                         for priority, one in policy.promises.items()}}
