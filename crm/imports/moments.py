"""Which day is meant? One order of day, month and year for a whole column, told from all its dates
together."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

EARLIEST_YEAR, LATEST_YEAR = 1900, 2199  # outside it is a typing error or a program's zero date

_CLOCK = (
    r"(?:[T,\s]+(?P<half1>上午|下午)?\s*(?P<hour>\d{1,2})[:.时](?P<minute>\d{2})(?:[:.分](?P<second>\d{2})"
    r"(?:[.,](?P<fraction>\d{1,9}))?秒?)?\s*"
    r"(?P<half2>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|(?:UTC|GMT)(?:[+-]\d{1,2}(?::?\d{2})?)?|[+-]\d{2}:?\d{2})?)?"
)
_YEAR_FIRST = re.compile(r"(?P<a>\d{4})\s*[-/.年]\s*(?P<b>\d{1,2})\s*[-/.月]\s*(?P<c>\d{1,2})日?" + _CLOCK)
_YEAR_LAST = re.compile(r"(?P<a>\d{1,2})\s*[-/.\s]\s*(?P<b>\d{1,2})\s*[-/.\s]\s*(?P<c>\d{4}|\d{2})" + _CLOCK)
_COMPACT = re.compile(
    r"(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?"
)
_DAY_NAMED = re.compile(
    r"(?P<a>\d{1,2})(?:st|nd|rd|th)?[-/.\s]*(?P<b>[A-Za-z]{3,9})\.?[-/,\s]*(?P<c>\d{4}|\d{2})" + _CLOCK
)
_MONTH_NAMED = re.compile(
    r"(?P<b>[A-Za-z]{3,9})\.?[-/\s]*(?P<a>\d{1,2})(?:st|nd|rd|th)?[-/,\s]+(?P<c>\d{4})" + _CLOCK
)
_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?"
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}


@dataclass(frozen=True)
class Moments:
    """`moments` datetime64[us], NaT where the text is no date, one a text; `order` is "ymd", "dmy" or "mdy".

    `is_assumed`: no date of the column tells day from month, so the order is a guess; `with_zone`: texts that
    name a time zone, whose clock is kept as written.
    """

    moments: np.ndarray
    order: str
    is_assumed: bool
    with_zone: int


def parse_moments(texts: Sequence[str], *, order: str | None = None) -> Moments:
    """Read a column's dates; where "03/04/2024" is ambiguous, the whole column decides.

    A first number above 12 proves day-first, a second above 12 month-first; the majority wins and the others
    are no dates. Without proof: am/pm means month-first, points mean day-first, else the order that spans
    fewer days.
    """
    found = np.full(len(texts), np.datetime64("NaT", "us"))
    column = pd.Series(list(texts), dtype="str")
    iso = column.str.fullmatch(_ISO).to_numpy(dtype=bool)
    if iso.any():
        found[iso] = pd.to_datetime(column[iso], format="ISO8601", errors="coerce").to_numpy("datetime64[us]")
    rest = {place: match for place in np.flatnonzero(~iso) if (match := _match(texts[place])) is not None}
    ambiguous = {place: match for place, match in rest.items() if match.re is _YEAR_LAST}
    decided, is_assumed = (
        _decide_order(list(ambiguous.values())) if order in (None, "ymd") else (order, False)
    )
    for place, match in rest.items():
        found[place] = _moment(match, decided)
    years = found.astype("datetime64[Y]").astype("int64") + 1970
    found[(years < EARLIEST_YEAR) | (years > LATEST_YEAR)] = np.datetime64("NaT", "us")
    with_zone = sum(bool(match.groupdict().get("zone")) for match in rest.values())
    return Moments(found, decided if ambiguous else "ymd", is_assumed and bool(ambiguous), with_zone)


def _match(text: str) -> re.Match | None:
    plain = unicodedata.normalize("NFKC", text).strip()
    for pattern in (_YEAR_LAST, _YEAR_FIRST, _COMPACT, _DAY_NAMED, _MONTH_NAMED):
        if match := pattern.fullmatch(plain):
            return match
    return None


def _decide_order(matches: list[re.Match]) -> tuple[str, bool]:
    day_first = sum(int(match["a"]) > 12 for match in matches)
    month_first = sum(int(match["b"]) > 12 for match in matches)
    if day_first != month_first:
        return ("dmy" if day_first > month_first else "mdy"), False
    if any(match["half2"] for match in matches):
        return "mdy", True
    if any("." in match.string[: match.start("c")] for match in matches):
        return "dmy", True
    spans = {}
    for order in ("dmy", "mdy"):
        days = np.array([_moment(match, order) for match in matches], dtype="datetime64[us]")
        days = days[~np.isnat(days)]
        spans[order] = days.max() - days.min() if len(days) else np.timedelta64(0, "us")
    return ("mdy" if spans["mdy"] < spans["dmy"] else "dmy"), True


def _moment(match: re.Match, order: str) -> np.datetime64:
    parts = match.groupdict()
    first, second, third = parts["a"], parts["b"], parts["c"]
    if match.re in (_YEAR_FIRST, _COMPACT):
        year, month, day = int(first), int(second), int(third)
    else:
        year = int(third) if len(third) == 4 else 2000 + int(third) - (100 if int(third) > 68 else 0)
        if match.re is _YEAR_LAST:
            day, month = (int(first), int(second)) if order != "mdy" else (int(second), int(first))
        else:
            day, month = int(first), _MONTHS.get(second[:3].lower(), 0)
    hour = _hour(int(parts["hour"] or 0), parts.get("half1") or parts.get("half2") or "")
    fraction = (parts.get("fraction") or "")[:6].ljust(6, "0")
    try:
        return np.datetime64(
            f"{year:04}-{month:02}-{day:02}T{hour:02}:{parts['minute'] or '00'}:"
            f"{parts['second'] or '00'}.{fraction}",
            "us",
        )
    except ValueError:
        return np.datetime64("NaT", "us")


def _hour(hour: int, half: str) -> int:
    if half[:1].lower() == "p" or half == "下午":
        return hour if hour >= 12 else hour + 12
    if half[:1].lower() == "a" or half == "上午":
        return 0 if hour == 12 else hour
    return hour
