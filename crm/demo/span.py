"""Span: which days does the demo cover, how busy is each, and how are its moments written?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from crm.demo import planted

DAY = 86_400
HOUR = 3_600


@dataclass(frozen=True)
class Span:
    """Seconds count from midnight of the first day; `busyness` is the cumulative share of ordinary days, one a day."""

    first_on: date
    today: date
    last_second: int  # nothing happens later
    busyness: np.ndarray

    def month(self, day: int) -> int:
        return (self.first_on + timedelta(days=day)).month

    def weekday(self, day: int) -> int:
        """Monday is 0."""
        return (self.first_on.weekday() + day) % 7

    def on(self, day: int) -> date:
        return self.first_on + timedelta(days=day)

    def later(self, second: float, ordinary_days: float) -> float:
        """The second that lies so many ordinary days after `second`; busy seasons pass more of them a day."""
        day, within = divmod(second, DAY)
        here = np.interp(day + within / DAY, np.arange(len(self.busyness)), self.busyness)
        wanted = here + ordinary_days
        if wanted >= self.busyness[-1]:
            return float(self.last_second + 1)
        after = int(np.searchsorted(self.busyness, wanted, side="right"))
        share = (wanted - self.busyness[after - 1]) / (self.busyness[after] - self.busyness[after - 1])
        return (after - 1 + share) * DAY


def span(today: date) -> Span:
    """The three years that end this morning."""
    first_on = today - timedelta(days=planted.HISTORY_DAYS)
    daily = []
    for day in range(planted.HISTORY_DAYS + 1):
        on = first_on + timedelta(days=day)
        season = planted.SEASON[on.month - 1]
        if on.month == 12 and on.day >= 23:
            season = planted.AFTER_CHRISTMAS
        daily.append(season * planted.WEEKDAY[on.weekday()])
    return Span(first_on, today, planted.HISTORY_DAYS * DAY + planted.LAST_HOUR * HOUR,
                np.concatenate([[0.0], np.cumsum(daily)]))


def moments(period: Span, seconds: Iterable[float]) -> list[str | None]:
    """Seconds as the database writes moments; NaN becomes None."""
    start = np.datetime64(datetime.combine(period.first_on, time()), "s")
    given = np.asarray(seconds, dtype=float)
    missing = np.isnan(given)
    texts = np.datetime_as_string(start + np.where(missing, 0, given).astype("timedelta64[s]"), unit="s").tolist()
    return [None if lost else f"{text[:10]} {text[11:]}.000000"
            for text, lost in zip(texts, missing.tolist(), strict=True)]


def days(period: Span, numbers: Iterable[float]) -> list[str | None]:
    """Day numbers as the database writes dates; NaN becomes None."""
    return [None if text is None else text[:10]
            for text in moments(period, np.asarray(numbers, dtype=float) * DAY)]
