"""When is the company open, and when is something due that takes some hours of opening time?

Moments here are local and naive, as the records keep them. Between two of them lies the time that really passes: on the
night when clocks go forward an hour is missing, on the night when they go back one comes twice. A local time that never
was (02:30 on the night forward) counts as the moment an hour later that clocks showed instead; one that came twice counts
as the first of the two (PEP 495, fold 0). Something that is due within the repeated hour carries its local time.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from crm.errors import InvalidInput

DAY_MINUTES = 24 * 60
NEVER = np.datetime64("NaT", "us")
# Clocks of these years can be reckoned with; a typing error of the year 9999 is due never.
FIRST, LAST = np.datetime64("1900-01-01", "us"), np.datetime64("2400-01-01", "us")
MOST_DAYS = 36_525  # a century: a slip of the keys, not a promise
_DAY = np.timedelta64(1, "D")
_MINUTE = 60_000_000  # microseconds, the unit of all reckoning here
_HOUR = 60 * _MINUTE
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Calendar:
    """When the company is open. `week`: Monday to Sunday, each day's openings as (from, to) in minutes after midnight, 1,440
    being the end of the day, in their sequence and apart; `closed`: days on which it is not, whatever the week says;
    `zone`: an IANA name. Hashable; make it by `calendar`, which checks."""

    week: tuple[tuple[tuple[int, int], ...], ...]
    closed: frozenset[date] = frozenset()
    zone: str = "UTC"

    @property
    def week_hours(self) -> float:
        """Hours of a usual week, 0..168."""
        return sum(end - begin for day in self.week for begin, end in day) / 60

    @property
    def is_never_open(self) -> bool:
        return self.week_hours == 0


def calendar(week: Iterable[Iterable[tuple[int, int]]], *, closed: Iterable[date] = (), zone: str = "UTC") -> Calendar:
    """A calendar, its openings sorted and those that touch joined. Raises InvalidInput for anything but seven days, an opening
    that ends before it begins or lies outside the day, openings of a day that overlap, or an unknown time zone.

    >>> calendar([[(540, 1020)]] * 5 + [[], []], zone="Europe/Berlin").week_hours
    40.0
    """
    days = [sorted((int(begin), int(end)) for begin, end in day) for day in week]
    if len(days) != 7:
        raise InvalidInput(f"A week has seven days; opening hours of {len(days)} were given.", field="week")
    if zone not in available_timezones():
        raise InvalidInput(f"“{zone}” is no time zone; use a name such as Europe/Berlin.", field="time_zone")
    return Calendar(tuple(_joined(day) for day in days), frozenset(closed), zone)


def always(zone: str = "UTC") -> Calendar:
    """Open at any time of any day."""
    return Calendar((((0, DAY_MINUTES),),) * 7, frozenset(), zone)


def due(calendar: Calendar, opened_at, hours) -> np.ndarray:
    """When so many hours of opening time have passed since each moment: datetime64[us], local and naive.

    `opened_at`: local moments (datetime64, Series or a list of datetimes), NaT where there is none; `hours`: one for all or
    one each, NaN where nothing is promised. What is used up exactly at closing time is due then, not the next morning;
    0 hours are due at once. NaT where either is missing, where the company is never open, and for moments outside the years
    1900 to 2399. Raises InvalidInput for hours below 0, and for so many that they would last longer than a lifetime.
    """
    opened = _moments(opened_at)
    hours = np.broadcast_to(np.asarray(hours, dtype="float64"), opened.shape)
    if (hours < 0).any():
        raise InvalidInput("A promise cannot be below 0 hours.")
    result = np.full(opened.shape, NEVER)
    known = _within(opened) & np.isfinite(hours)
    if not known.any() or calendar.is_never_open:
        return result
    longest = float(hours[known].max())
    # As many whole weeks as the longest promise takes, and one for each day that is closed besides: surely enough.
    days = 7 * (int(longest / calendar.week_hours) + 2) + 7 * len(calendar.closed)
    if days > MOST_DAYS:
        raise InvalidInput(f"With {calendar.week_hours:g} opening hours a week, {longest:g} hours would last longer than a lifetime. "
                           "Promise fewer hours, or open longer.")
    span = _Span(calendar, opened[known].min(), opened[known].max() + days * _DAY)
    begun = span.utc(opened[known])
    wanted = span.passed(begun) + np.rint(hours[known] * _HOUR).astype("int64")
    result[known] = span.local(np.maximum(span.when(wanted), begun))
    return result


def open_hours_between(calendar: Calendar, begin, end) -> np.ndarray:
    """Hours of opening time from one local moment to the other, one each (float64): below 0 where the end comes first, NaN
    where a moment is missing or lies outside the years 1900 to 2399."""
    begins, ends = np.broadcast_arrays(_moments(begin), _moments(end))
    result = np.full(begins.shape, np.nan)
    known = _within(begins) & _within(ends)
    if not known.any():
        return result
    if calendar.is_never_open:
        return np.where(known, 0.0, np.nan)
    span = _Span(calendar, min(begins[known].min(), ends[known].min()), max(begins[known].max(), ends[known].max()))
    result[known] = (span.passed(span.utc(ends[known])) - span.passed(span.utc(begins[known]))) / _HOUR
    return result


class _Span:
    """The clocks and the openings of some days, in microseconds of UTC since 1970."""

    def __init__(self, calendar: Calendar, first: np.datetime64, last: np.datetime64) -> None:
        # A day more on either side: no zone is further from UTC.
        days = np.arange(first.astype("datetime64[D]") - 2 * _DAY, last.astype("datetime64[D]") + 3 * _DAY)
        self._turns, self._offsets = _clock_changes(calendar.zone, int(days[0].astype("int64")), int(days[-1].astype("int64")))
        begins, ends = self._openings(calendar, days)
        self._begins, self._ends = begins, ends
        self._before = np.concatenate([[0], np.cumsum(ends - begins)])  # opening time passed before each opening

    def _openings(self, calendar: Calendar, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where openings begin and end; those that touch stay apart, which changes no sum."""
        midnights = days.astype("datetime64[us]").astype("int64")
        weekday = (days.astype("int64") + 3) % 7  # 1970 began on a Thursday
        is_open = ~np.isin(days, np.array(sorted(calendar.closed), dtype="datetime64[D]"))
        begins, ends = [], []
        for place, openings in enumerate(calendar.week):
            mine = midnights[is_open & (weekday == place)]
            for begin, end in openings:
                begins.append(self._edge(mine + begin * _MINUTE, is_end=False))
                ends.append(self._edge(mine + end * _MINUTE, is_end=True))
        begin, end = np.concatenate(begins), np.concatenate(ends)
        order = np.argsort(begin, kind="stable")
        begin, end = begin[order], end[order]
        begin[1:] = np.maximum(begin[1:], np.maximum.accumulate(end)[:-1])  # a repeated hour may let two overlap
        kept = end > begin
        return begin[kept], end[kept]

    def _edge(self, local: np.ndarray, *, is_end: bool) -> np.ndarray:
        """Where an opening begins or ends: in an hour that never was, when it was left out; in one that came twice, the first
        time it begins and the last time it ends."""
        utc = self.utc(local)
        if not len(self._turns):
            return utc
        place = np.searchsorted(self._turns, utc, side="right")
        last_turn = self._turns[np.maximum(place - 1, 0)]
        never_was = (place > 0) & (self.local_number(utc) != local)
        utc = np.where(never_was, last_turn, utc)
        if is_end:
            later = local - self._offsets[np.minimum(place + 1, len(self._offsets) - 1)]
            again = ~never_was & (later > utc) & (self.local_number(later) == local)
            utc = np.where(again, later, utc)
        return utc

    def utc(self, local: np.ndarray) -> np.ndarray:
        """Naive local moments (datetime64[us] or their numbers) as numbers of UTC; see the module for odd hours."""
        numbers = local.astype("int64")
        turned = self._turns + np.maximum(self._offsets[:-1], self._offsets[1:])
        return numbers - self._offsets[np.searchsorted(turned, numbers, side="right")]

    def local_number(self, utc: np.ndarray) -> np.ndarray:
        return utc + self._offsets[np.searchsorted(self._turns, utc, side="right")]

    def local(self, utc: np.ndarray) -> np.ndarray:
        return self.local_number(utc).astype("datetime64[us]")

    def passed(self, utc: np.ndarray) -> np.ndarray:
        """Opening time from the beginning of the span to each moment."""
        place = np.searchsorted(self._begins, utc, side="right")
        whole = self._before[place]
        in_last = np.maximum(self._ends[np.maximum(place - 1, 0)] - utc, 0)  # of the opening that began last, what is left
        return whole - np.where(place > 0, in_last, 0)

    def when(self, passed: np.ndarray) -> np.ndarray:
        """When so much opening time has passed: the first such moment."""
        place = np.searchsorted(self._before[1:], passed, side="left")
        return self._begins[place] + passed - self._before[place]


def _moments(given) -> np.ndarray:
    return np.atleast_1d(np.asarray(given, dtype="datetime64[us]"))


def _within(moments: np.ndarray) -> np.ndarray:
    return (moments >= FIRST) & (moments < LAST)


def _joined(day: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for begin, end in day:
        if not 0 <= begin < end <= DAY_MINUTES:
            raise InvalidInput(f"It cannot be open from {_clock(begin)} to {_clock(end)}; an opening ends after it begins, at 24:00 "
                               "at the latest.", field="week")
        if found and begin < found[-1][1]:
            raise InvalidInput(f"Openings overlap: one lasts until {_clock(found[-1][1])}, the next begins at {_clock(begin)}.",
                               field="week")
        if found and begin == found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return tuple(found)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@lru_cache(maxsize=32)
def _clock_changes(zone: str, first_day: int, last_day: int) -> tuple[np.ndarray, np.ndarray]:
    """When clocks were changed between two days (numbers since 1970), in UTC, and the offsets from UTC before, between and
    after (one more), all in microseconds. No zone has changed its clocks twice within a day and back."""
    clocks = ZoneInfo(zone)
    utc = ZoneInfo("UTC")

    def offset(second: int) -> int:
        moment = datetime(1970, 1, 1, tzinfo=utc) + timedelta(seconds=second)
        return int(moment.astimezone(clocks).utcoffset() / timedelta(microseconds=1))

    seconds = range(first_day * 86_400, (last_day + 1) * 86_400 + 1, 86_400)
    offsets = [offset(second) for second in seconds]
    turns, kept = [], [offsets[0]]
    for second, before, after in zip(seconds, offsets, offsets[1:], strict=False):
        if before != after:
            turn = bisect_right(range(second, second + 86_400), False, key=lambda each, old=before: offset(each) != old) + second
            turns.append(turn * 1_000_000)
            kept.append(after)
    return np.array(turns, dtype="int64"), np.array(kept, dtype="int64")
