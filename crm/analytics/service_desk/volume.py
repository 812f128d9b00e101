"""How many tickets come, of which kind, on which weekday and at which hour?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from crm.analytics.service_desk.speed import periods
from crm.analytics.service_desk.tickets import Desk
from crm.errors import NotEnoughData

DAY_US = 86_400_000_000


@dataclass(frozen=True, eq=False)
class Volume:
    """by_kind: one row a week or month (`every`) and kind: begins (midnight), is_complete, kind, tickets. hours: 7 x 24, tickets
    that came on that weekday (0 Monday) in that hour; weekdays: (7,) all of a weekday. weeks: how many the period has.
    without_hour: tickets with a day but no time of day, which `hours` leaves out."""

    as_of: date
    since: date | None
    tickets: int
    every: str
    by_kind: pd.DataFrame
    hours: np.ndarray
    weekdays: np.ndarray
    weeks: float
    without_hour: int


def volume(desk: Desk, *, since: date | None = None) -> Volume:
    """Tickets opened from `since` on (None: all). Raises NotEnoughData where there is none."""
    chosen = desk.since(since)
    opened = desk.opened[chosen]
    if not len(opened):
        raise NotEnoughData("No ticket was opened in this period: there are 0. Choose a longer one.")
    every, begins, ends, place = periods(opened, since=since, until=desk.until)
    codes, kinds = desk.codes("kind")
    kind = codes[chosen]
    here = (place >= 0) & (kind >= 0)
    table = np.bincount(place[here] * len(kinds) + kind[here], minlength=len(begins) * len(kinds)).reshape(len(begins), -1)
    complete = ends <= desk.until
    if since is not None and begins[0] < np.datetime64(since, "us"):
        complete[0] = False
    by_kind = pd.DataFrame({"begins": np.repeat(begins, len(kinds)), "is_complete": np.repeat(complete, len(kinds)),
                            "kind": np.tile(kinds.to_numpy(dtype=object), len(begins)), "tickets": table.ravel()})
    number = opened.astype("int64")
    weekday = (number // DAY_US + 3) % 7  # the first day of 1970 was a Thursday
    hour = number % DAY_US // 3_600_000_000
    timed = number % DAY_US != 0
    # A ticket at the stroke of midnight is one whose hour nobody wrote down, unless the others show that hours are kept
    # and some come at night.
    hours = np.bincount((weekday * 24 + hour)[timed], minlength=168).reshape(7, 24)
    first = np.datetime64(since, "us") if since is not None else opened.min()
    return Volume(as_of=desk.as_of, since=since, tickets=len(opened), every=every, by_kind=by_kind, hours=hours,
                  weekdays=np.bincount(weekday, minlength=7), weeks=max(float((desk.until - first).astype("int64")) / DAY_US / 7, 1 / 7),
                  without_hour=int((~timed).sum()))
