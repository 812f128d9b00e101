"""How soon are tickets answered and solved, in time or late, and does it get better?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm.analytics.service_desk import waiting
from crm.analytics.service_desk.promises import Kept, kept_of, outcomes, wilson
from crm.analytics.service_desk.tickets import Desk
from crm.analytics.service_desk.waiting import FEW_TICKETS, Waited

WEEKS_UP_TO_DAYS = 120  # shorter periods are shown by the week: months would be four points
MOST_MONTHS = 36  # of a course; older ones are no longer how one works


@dataclass(frozen=True, eq=False)
class Speed:
    """How soon tickets of a period were answered and solved.

    answer, solution: hours, those who wait counted (Waited). answer_kept, solution_kept: of promises. reopened: of `ever_solved`
    tickets that many came back, share reopened_share with its 95 % interval (None where none was solved yet). before: the
    same figures of the equally long period before, None where tickets do not reach back so far. course: one row a week or
    month (`every`) in which tickets were opened: begins (midnight), is_complete, tickets, answer_median, answer_low,
    answer_high, solution_median, solution_low, solution_high (hours), answer_share and solution_share (of promises kept),
    answer_decided, solution_decided; NaN where it cannot be told.
    """

    as_of: date
    since: date | None
    tickets: int
    answer: Waited
    solution: Waited
    answer_kept: Kept
    solution_kept: Kept
    ever_solved: int
    reopened: int
    reopened_share: float | None
    reopened_low: float | None
    reopened_high: float | None
    every: str
    course: pd.DataFrame
    before: Speed | None


def speed(desk: Desk, *, since: date | None = None) -> Speed:
    """Figures of the tickets opened from `since` on (None: all), and of those in the equally long time before."""
    now = _of(desk, desk.since(since), since=since)
    if since is None:
        return _with(now, desk, desk.since(None), before=None)
    days = (desk.as_of - since).days + 1
    first = since - timedelta(days=days)
    earlier = desk.since(first, before=since)
    reaches = len(desk) > 0 and desk.opened.min() < np.datetime64(first + timedelta(days=max(1, days // 10)), "us")
    # Seen from today, the tickets before had longer to be solved; both are told by the same curve, which counts who waits.
    before = _of(desk, earlier, since=first) if earlier.any() and reaches else None
    return _with(now, desk, desk.since(since), before=before)


def _of(desk: Desk, chosen: np.ndarray, *, since: date | None) -> Speed:
    ways = outcomes(desk)
    answer, solution = (waiting.waited(desk.waits(which), chosen) for which in ("answer", "solution"))
    kept = {name: kept_of(*(part & chosen for part in parts)) for name, parts in ways.items()}
    # One that is open again was solved before: else it could not have come back.
    ever = chosen & (desk.is_solved | desk.is_reopened | desk.no_solution_time)
    solved, again = int(ever.sum()), int((ever & desk.is_reopened).sum())
    low, high = wilson(again, solved) if solved else (None, None)
    return Speed(as_of=desk.as_of, since=since, tickets=int(chosen.sum()), answer=answer, solution=solution,
                 answer_kept=kept["answer"], solution_kept=kept["solution"], ever_solved=solved, reopened=again,
                 reopened_share=again / solved if solved else None, reopened_low=float(low) if solved else None,
                 reopened_high=float(high) if solved else None, every="month", course=pd.DataFrame(), before=None)


def _with(now: Speed, desk: Desk, chosen: np.ndarray, *, before: Speed | None) -> Speed:
    every, course = _course(desk, chosen, since=now.since)
    return replace(now, every=every, course=course, before=before)


def _course(desk: Desk, chosen: np.ndarray, *, since: date | None) -> tuple[str, pd.DataFrame]:
    opened = desk.opened[chosen]
    if not len(opened):
        return "month", pd.DataFrame()
    every, begins, ends, place = periods(opened, since=since, until=desk.until)
    group = np.full(len(desk), -1, dtype="int64")
    group[chosen] = place
    table = pd.DataFrame({"begins": begins, "is_complete": ends <= desk.until,
                          "tickets": np.bincount(place[place >= 0], minlength=len(begins))})
    if since is not None and begins[0] < np.datetime64(since, "us"):
        table.loc[0, "is_complete"] = False  # a part of a week or month
    for name in ("answer", "solution"):
        found = waiting.table(waiting.waited_by(desk.waits(name), group, n_groups=len(begins)),
                              ("median", "median_low", "median_high"))
        table = table.assign(**{f"{name}_median": found["median"], f"{name}_low": found["median_low"],
                                f"{name}_high": found["median_high"]})
    for name, (decided, kept, _) in outcomes(desk).items():
        number = np.bincount(group[decided & (group >= 0)], minlength=len(begins))
        good = np.bincount(group[kept & (group >= 0)], minlength=len(begins))
        table = table.assign(**{f"{name}_decided": number, f"{name}_share": np.where(number > 0, good / np.maximum(number, 1), np.nan)})
    return every, table.assign(few=table["tickets"] < FEW_TICKETS)


def periods(opened: np.ndarray, *, since: date | None, until: np.datetime64) -> tuple[str, np.ndarray, np.ndarray, np.ndarray]:
    """The weeks (from Monday) or months that moments fall into: "week" or "month", their first midnights, their ends
    (datetime64[us]), and the place of each moment (-1: earlier than the latest MOST_MONTHS)."""
    first = np.datetime64(since, "D") if since is not None else opened.min().astype("datetime64[D]")
    last = (until - np.timedelta64(1, "us")).astype("datetime64[D]")
    if (last - first).astype(int) <= WEEKS_UP_TO_DAYS:
        monday = first - ((first.astype("int64") + 3) % 7)  # the first day of 1970 was a Thursday
        number = int((last - monday).astype(int)) // 7 + 1
        edges = monday + 7 * np.arange(number + 1)
        place = (opened.astype("datetime64[D]") - monday).astype("int64") // 7
        return "week", edges[:-1].astype("datetime64[us]"), edges[1:].astype("datetime64[us]"), place
    ends = last.astype("datetime64[M]")
    begins = max(first.astype("datetime64[M]"), ends - (MOST_MONTHS - 1))
    edges = np.arange(begins, ends + 2)
    place = (opened.astype("datetime64[M]") - begins).astype("int64")
    return "month", edges[:-1].astype("datetime64[us]"), edges[1:].astype("datetime64[us]"), np.where(place < 0, -1, place)
