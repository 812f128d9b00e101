"""Which records does a JSON file hold? One object a line, or a list of objects; their values as texts."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from crm.errors import InvalidInput

_SPACE = re.compile(r"[\s,]*")
_LONGEST_INTEGER = 4_000  # digits; Python refuses to count with more than 4,300


def records(text: str, *, name: str, is_whole: bool = True) -> Iterator[dict[str, object] | str]:
    """Every object in its sequence, and as text each line that is none; numbers keep their digits.

    A text that is not whole may end within an object, which is left out. Raises InvalidInput for a list whose
    JSON is damaged, and for JSON that is no list of objects.
    """
    text = text.lstrip("\ufeff \t\r\n")
    if text.startswith("["):
        return _listed(text, name, is_whole)
    beginning, is_cut, _ = text.partition("\n")
    if _object(beginning) is None and (is_cut or not is_whole):
        return _spread(text, name, is_whole)
    return _lines(text, is_whole)


def _lines(text: str, is_whole: bool) -> Iterator[dict[str, object] | str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        if end < 0:
            if not is_whole:
                return
            end = len(text)
        line = text[start:end].strip()
        start = end + 1
        if line:
            found = _object(line)
            yield line if found is None else found


def _object(line: str) -> dict[str, object] | None:
    try:
        found = _decoder.decode(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _spread(text: str, name: str, is_whole: bool) -> Iterator[dict[str, object] | str]:
    """Objects that are each written over several lines, one after the other, or lines of which the first is damaged."""
    try:
        _decoder.raw_decode(text)
    except RecursionError:
        raise _damaged(text, 0, name) from None
    except ValueError:
        yield from _lines(text, is_whole)
        return
    yield from _sequence(text, 0, name, is_whole, closed_by="")


def _listed(text: str, name: str, is_whole: bool) -> Iterator[dict[str, object] | str]:
    yield from _sequence(text, 1, name, is_whole, closed_by="]")


def _sequence(
    text: str, place: int, name: str, is_whole: bool, *, closed_by: str
) -> Iterator[dict[str, object] | str]:
    while True:
        place = _SPACE.match(text, place).end()
        if closed_by and text.startswith(closed_by, place):
            if text[place + 1 :].strip():
                raise _damaged(text, place, name)
            return
        if place >= len(text):
            if closed_by and is_whole:
                raise _damaged(text, place, name)
            return
        try:
            found, end = _decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            if not is_whole:
                return
            raise _damaged(text, place, name) from None
        yield found if isinstance(found, dict) else text[place:end]
        place = end


def _damaged(text: str, place: int, name: str) -> InvalidInput:
    line = text.count("\n", 0, place) + 1
    return InvalidInput(f"“{name}” is damaged: line {line:,} is no valid JSON. Export it again.")


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < _LONGEST_INTEGER else Decimal(digits)


def _fraction(digits: str) -> Decimal | str:
    try:
        return Decimal(digits)
    except InvalidOperation:  # an exponent beyond all bounds
        return digits


def _constant(word: str) -> str | None:
    return None if word == "NaN" else word


_decoder = json.JSONDecoder(parse_int=_integer, parse_float=_fraction, parse_constant=_constant)
