"""How many tickets were not solved at the end of each day, and how old are those that are not solved now?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from crm.analytics.service_desk.tickets import Desk

AGES = (1, 3, 7, 30)  # days: today, before the weekend, within the week, within the month
STATES = ("unanswered", "answered", "reopened")


@dataclass(frozen=True, eq=False)
class Backlog:
    """days: one row a day: day (midnight), opened, solved, waiting (at its end; on the last day, at the moment looked at).
    ages: one row a class of days since it was opened, youngest first: from_days, to_days (inf: without end), then how
    many were unanswered, answered or reopened, and how many are late. waiting: how many in all; late: an answer or a
    solution was due and is not there; oldest_days: since the first of them was opened, None where there is none; no_solution_time:
    solved at a moment that nobody wrote down, which are not counted."""

    as_of: date
    days: pd.DataFrame
    ages: pd.DataFrame
    waiting: int
    late: int
    oldest_days: float | None
    no_solution_time: int


def backlog(desk: Desk, *, since: date | None = None) -> Backlog:
    """From `since` on (None: from the first ticket on) up to the moment that is looked at.

    A ticket that came back counts as waiting from its opening to its last solution.
    """
    first_opened = desk.opened.min().astype("datetime64[D]")
    first = first_opened if since is None else max(np.datetime64(since, "D"), first_opened)
    last = (desk.until - np.timedelta64(1, "us")).astype("datetime64[D]")
    first = min(first, last)
    number = int((last - first).astype(int)) + 1
    tells = ~desk.no_solution_time
    opened = _by_day(desk.opened[tells], first, number)
    solved = _by_day(desk.solved[tells & desk.is_solved], first, number)
    days = pd.DataFrame({"day": (first + np.arange(number)).astype("datetime64[us]"), "opened": opened[1:], "solved": solved[1:],
                         "waiting": (np.cumsum(opened) - np.cumsum(solved))[1:]})
    open_now = np.flatnonzero(desk.is_open)
    age = (desk.until - desk.opened[open_now]).astype("int64") / 86_400e6
    state = np.where(desk.is_reopened[open_now], 2, np.where(desk.is_answered[open_now] | desk.no_answer_time[open_now], 1, 0))
    late = _late(desk, open_now)
    band = np.searchsorted(AGES, age, side="right")
    counts = np.bincount(band * len(STATES) + state, minlength=(len(AGES) + 1) * len(STATES)).reshape(-1, len(STATES))
    ages = pd.DataFrame({"from_days": [0.0, *map(float, AGES)], "to_days": [*map(float, AGES), np.inf],
                         **{name: counts[:, place] for place, name in enumerate(STATES)},
                         "late": np.bincount(band[late], minlength=len(AGES) + 1)})
    return Backlog(as_of=desk.as_of, days=days, ages=ages, waiting=len(open_now), late=int(late.sum()),
                   oldest_days=float(age.max()) if len(age) else None, no_solution_time=int(desk.no_solution_time.sum()))


def _late(desk: Desk, open_now: np.ndarray) -> np.ndarray:
    answer = desk.answer_due[open_now]
    no_answer = ~(desk.is_answered[open_now] | desk.no_answer_time[open_now])
    solution = desk.solution_due[open_now]
    return (no_answer & ~np.isnat(answer) & (answer < desk.until)) | (~np.isnat(solution) & (solution < desk.until))


def _by_day(moments: np.ndarray, first: np.datetime64, number: int) -> np.ndarray:
    """How many before the first day, then on each day."""
    place = (moments.astype("datetime64[D]") - first).astype("int64") + 1
    return np.bincount(np.maximum(place, 0), minlength=number + 1)[:number + 1]
