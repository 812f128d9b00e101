"""What was known of every ticket at one moment: when it came, whether it was answered and solved, and what was promised?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from crm.errors import NotEnoughData

HOUR = 3_600_000_000  # microseconds
MOMENTS = ("opened_at", "first_answered_at", "resolved_at", "reopened_at", "answer_due_at", "solution_due_at")
Hours = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (from, to), datetime64[us], to hours >= 0


def clock_hours(begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Hours by the clock on the wall, from `begin` to `end` (datetime64[us])."""
    return (end - begin).astype("int64") / HOUR


@dataclass(frozen=True, eq=False)
class Waits:
    """hours (n,) until it was done, or up to now where it is not `done`; unknown: done, but nobody wrote down when. order:
    the places of those that are known, the shortest first."""

    hours: np.ndarray
    done: np.ndarray
    unknown: np.ndarray
    order: np.ndarray


@dataclass(frozen=True, eq=False)
class Desk:
    """All tickets opened before `until`, one element each; what happened later had not happened yet.

    opened, answered, solved, answer_due, solution_due: datetime64[us], NaT where it had not happened or is not known.
    is_solved: solved, and not open again; is_reopened: came back at least once. no_answer_time, no_solution_time: it was
    answered (solved), yet nobody wrote down when. `frame` has the other columns, row by row.
    """

    as_of: date
    until: np.datetime64
    frame: pd.DataFrame
    opened: np.ndarray
    answered: np.ndarray
    solved: np.ndarray
    answer_due: np.ndarray
    solution_due: np.ndarray
    is_solved: np.ndarray
    is_reopened: np.ndarray
    no_answer_time: np.ndarray
    no_solution_time: np.ndarray
    hours: Hours = clock_hours
    _kept: dict = field(default_factory=dict)  # what several figures start from, made once

    def __len__(self) -> int:
        return len(self.opened)

    @property
    def is_answered(self) -> np.ndarray:
        return ~np.isnat(self.answered)

    @property
    def is_open(self) -> np.ndarray:
        """Waiting for a solution; of those solved at a moment that nobody wrote down it is not known since when they are not."""
        return ~self.is_solved & ~self.no_solution_time

    def since(self, day: date | None, before: date | None = None) -> np.ndarray:
        """Which were opened on `day` or later, and before the day `before`."""
        chosen = np.ones(len(self), dtype=bool) if day is None else self.opened >= np.datetime64(day, "us")
        return chosen if before is None else chosen & (self.opened < np.datetime64(before, "us"))

    def codes(self, name: str) -> tuple[np.ndarray, pd.Index]:
        """A column of words as numbers (-1 not known) and the words, in their alphabet."""
        if name not in self._kept:
            column = self.frame[name] if name in self.frame else pd.Series([None] * len(self), dtype="str")
            codes, words = pd.factorize(column, sort=True)
            self._kept[name] = codes.astype("int64"), pd.Index(words)
        return self._kept[name]

    def waits(self, which: str) -> Waits:
        """How long each ticket waited for its "answer" or "solution", by the desk's hours."""
        if (which, "waits") not in self._kept:
            done, unknown = (self.answered, self.no_answer_time) if which == "answer" else (self.solved, self.no_solution_time)
            is_done = ~np.isnat(done)
            end = np.where(is_done, done, self.until)
            hours = self.hours(self.opened, end)
            # Clocks of the year 1200 cannot be reckoned with; the wall's are near enough.
            hours = np.maximum(np.where(np.isnan(hours), clock_hours(self.opened, end), hours), 0.0)
            order = np.argsort(hours, kind="stable")
            self._kept[which, "waits"] = Waits(hours, is_done, unknown, order[~unknown[order]])
        return self._kept[which, "waits"]


def desk_of(tickets: pd.DataFrame, *, as_of: date, moment: datetime | None = None, hours: Hours = clock_hours) -> Desk:
    """The tickets as they stood at the end of `as_of`, or at the `moment` of that day where it is not over yet.

    tickets: rows as crm.frames.tickets has them, of any later day too (status and times_reopened are of today: they are asked
    only where no moment tells). hours: how long it is from one moment to another; by default by the clock.
    Raises NotEnoughData where no ticket was opened by then.
    """
    until = np.datetime64(as_of + timedelta(days=1), "us")
    if moment is not None:
        until = min(until, np.datetime64(moment.replace(tzinfo=None), "us"))
    if len(tickets):
        here = tickets["opened_at"].to_numpy().astype("datetime64[us]") < until
        tickets = tickets if here.all() else tickets[here]
    if len(tickets) == 0:
        raise NotEnoughData("The figures of the service desk need at least one ticket; there are 0 by that day.")
    raw = {name: _moments(tickets, name) for name in MOMENTS}
    known = {name: _by_then(raw[name], until) for name in ("first_answered_at", "resolved_at", "reopened_at")}
    answered, solved, reopened = known.values()
    open_again = ~np.isnat(reopened) & (np.isnat(solved) | (reopened > solved))
    is_solved = ~np.isnat(solved) & ~open_again
    status = tickets["status"] if "status" in tickets else pd.Series("", index=tickets.index, dtype="str")
    no_solution_time = np.isnat(raw["resolved_at"]) & (status == "resolved").to_numpy(dtype=bool)
    # A solution is an answer; when the first one was, it does not tell.
    said = status.isin(["answered", "reopened"]).to_numpy(dtype=bool)
    no_answer_time = np.isnat(raw["first_answered_at"]) & (is_solved | no_solution_time | said)
    times = tickets["times_reopened"].to_numpy() if "times_reopened" in tickets else np.zeros(len(tickets), dtype="int64")
    is_reopened = ~np.isnat(reopened) | (np.isnat(raw["reopened_at"]) & (times > 0))
    return Desk(as_of=as_of, until=until, frame=tickets, opened=raw["opened_at"], answered=answered,
                solved=np.where(is_solved, solved, np.datetime64("NaT", "us")), answer_due=raw["answer_due_at"],
                solution_due=raw["solution_due_at"], is_solved=is_solved, is_reopened=is_reopened,
                no_answer_time=no_answer_time, no_solution_time=no_solution_time, hours=hours)


def _moments(tickets: pd.DataFrame, name: str) -> np.ndarray:
    if name not in tickets:
        return np.full(len(tickets), np.datetime64("NaT", "us"))
    return tickets[name].to_numpy().astype("datetime64[us]")


def _by_then(moments: np.ndarray, until: np.datetime64) -> np.ndarray:
    return np.where(moments < until, moments, np.datetime64("NaT", "us"))
