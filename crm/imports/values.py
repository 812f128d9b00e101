"""How is a value of another program written as text? As people write it: 17850 and not 17850.0, days as ISO."""

import json
import re
from collections.abc import Mapping, Set
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

_WHOLE_FLOATS = 1e15  # beyond it a float's digits are no longer all its own
_ZEROS = re.compile(r"(?:(\.\d*[1-9])|\.)0+(?=$|Z|[+-]\d)")
_EXPONENTS = range(-60, 60)  # 1e999999 written out would fill the memory


def text_of(value: object) -> str:
    """A value in memory as text; what is missing is empty.

    Raises UnicodeDecodeError for bytes that are no text.

    >>> [text_of(value) for value in (17850.0, True, None, date(2024, 1, 2), datetime(2024, 1, 2, 8, 30))]
    ['17850', 'TRUE', '', '2024-01-02', '2024-01-02 08:30:00']
    >>> text_of({"size": [1, 2.50, None]})
    '{"size": [1, 2.5, null]}'
    """
    if isinstance(value, str):
        return str(value)
    if value is None or value is NotImplemented:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float, Decimal)):
        return number_text(value)
    if isinstance(value, (date, time, timedelta)):
        return _time_text(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8")
    if isinstance(value, (Mapping, list, tuple, Set)):
        return json_text(value)
    if isinstance(value, UUID):
        return str(value)
    plain = value.item() if hasattr(value, "item") else value
    return text_of(plain) if plain is not value else str(value)


def number_text(number: int | float | Decimal) -> str:
    """All digits of a number, without a fraction of zeros; empty where it is none.

    >>> [number_text(number) for number in (1e-07, Decimal("12.50"), 12345678901234567890, float("nan"), -0.0)]
    ['0.0000001', '12.50', '12345678901234567890', '', '0']
    """
    if isinstance(number, int):
        return str(int(number))
    if isinstance(number, float):
        if number.is_integer() and abs(number) < _WHOLE_FLOATS:
            return str(int(number))
        number = Decimal(repr(float(number)))
    if number.is_nan():
        return ""
    if number.is_infinite() or number.as_tuple().exponent not in _EXPONENTS:
        return str(number)
    whole, _, fraction = format(number, "f").partition(".")
    if fraction.strip("0"):
        return f"{whole}.{fraction}"
    return "0" if whole == "-0" else whole


def _time_text(value: date | time | timedelta) -> str:
    if value != value:  # pandas' missing moment
        return ""
    if isinstance(value, datetime):
        return day_or_moment(value.isoformat(sep=" "))
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        sign, seconds = "-" * (seconds < 0), abs(seconds)
        return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return value.isoformat()


def day_or_moment(text: str) -> str:
    """A moment's ISO text without what says nothing: a clock at midnight, a fraction of zeros.

    >>> day_or_moment("2024-01-02 00:00:00.000"), day_or_moment("2024-01-02 08:30:00.500000Z")
    ('2024-01-02', '2024-01-02 08:30:00.5Z')
    """
    return _ZEROS.sub(r"\1", text).removesuffix(" 00:00:00")


def json_text(value: object) -> str:
    """A nested value as JSON with the digits that it came with."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json_text(str(key))}: {json_text(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, (list, tuple, Set)):
        return "[" + ", ".join(json_text(inner) for inner in value) + "]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float, Decimal)):
        return number_text(value) or "null"
    return json.dumps(text_of(value), ensure_ascii=False)
