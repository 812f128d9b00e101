"""How is a value written as text so that exactly the same value comes back?

Texts (and JSON) always stand in quotation marks, everything else never does; nothing between two commas is "no value",
`""` is an empty text. PostgreSQL's COPY reads and writes the same. No apostrophe is put before what a spreadsheet might
run, as tables for people have it: who reads this back must get what was there.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TextIO

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Float,
    Integer,
    LargeBinary,
    Text,
    cast,
)

from crm.models.base import Moment

LINE_END = "\r\n"              # RFC 4180
LARGEST_INTEGER = 2**63        # what databases hold in 64 bits
LONGEST_RECORD = 64 * 2**20    # characters; the largest model kept has fewer, a file made to fill the memory more
BYTES = "\\x"                   # before their hexadecimal digits, as PostgreSQL writes them
PIECE = 2**20                  # characters read at once
# An import gives thousands of records the same moment, and most custom fields are {}: worth remembering.
REPEATED = ("JSON", "day", "moment", "moment in UTC")
_CELL = re.compile(r'("[^"]*(?:""[^"]*)*"|[^",\r\n]*),')


def kind_of(column: Column) -> str:
    """What a column holds, in a word of the manifest."""
    for known, word in ((Moment, "moment in UTC"), (DateTime, "moment"), (Date, "day"), (Boolean, "true or false"),
                        (Integer, "whole number"), (Float, "number"), (JSON, "JSON"), (Text, "text"),
                        (LargeBinary, "bytes")):
        if isinstance(column.type, known):
            return word
    raise TypeError(f"{column}: nobody said yet how a {column.type!r} is written.")


def selected(column: Column) -> ColumnElement:
    """The column as `writer` expects it: JSON as the very text that the database keeps, so that a JSON null is no NULL."""
    return cast(column, Text).label(column.name) if kind_of(column) == "JSON" else column


def writer(column: Column) -> Callable[[object], str]:
    """From a value, or None, to the cell's text."""
    write = _WRITERS[kind_of(column)]
    return lambda content: "" if content is None else write(content)


def reader(column: Column, dialect: Dialect) -> Callable[[str], object]:
    """From the cell's text to what the database itself keeps, None for no value; raises ValueError for what does not fit."""
    kind, bind = kind_of(column), None
    if kind != "JSON":  # its text goes in as it is
        bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    read = _READERS[kind]
    made = read if bind is None else lambda cell: bind(read(cell))
    if kind in REPEATED:
        made = lru_cache(maxsize=4_096)(made)
    return lambda cell: made(cell) if cell else None


def records(lines: TextIO) -> Iterator[list[str]]:
    """The cells of each record, as they stand, with their quotation marks. Raises ValueError for what is no CSV."""
    taken, length, marks = [], 0, 0
    while piece := lines.readline(PIECE):
        taken.append(piece)
        marks += piece.count('"')
        length += len(piece)
        if length > LONGEST_RECORD:
            raise ValueError("a record is longer than any that was ever written")
        if marks % 2 == 0 and piece.endswith("\n"):
            yield _cells("".join(taken).removesuffix("\n").removesuffix("\r"))
            taken, length, marks = [], 0, 0
    if taken:
        yield _cells("".join(taken))


def _cells(record: str) -> list[str]:
    cells = _CELL.findall(record + ",")
    if sum(map(len, cells)) + len(cells) != len(record) + 1:
        raise ValueError("something stands beside a quotation mark")
    return cells


def quoted(content: str) -> str:
    return '"' + content.replace('"', '""') + '"'


def _unquoted(cell: str) -> str:
    if cell[0] != '"':
        raise ValueError("a text without quotation marks")
    return cell[1:-1].replace('""', '"')


def _json_text(cell: str) -> str:
    content = _unquoted(cell)
    json.loads(content)
    return content


def _whole_number(cell: str) -> int:
    number = int(cell)
    if not -LARGEST_INTEGER <= number < LARGEST_INTEGER:
        raise ValueError("a number that no column holds")
    return number


def _truth(cell: str) -> bool:
    if cell not in ("true", "false"):
        raise ValueError("neither true nor false")
    return cell == "true"


def _moment(cell: str) -> datetime:
    moment = datetime.fromisoformat(cell)
    if moment.tzinfo is not None:
        raise ValueError("a moment with a time zone")
    return moment


def _utc_moment(cell: str) -> datetime:
    if not cell.endswith("Z"):
        raise ValueError("a moment without its Z")
    return datetime.fromisoformat(cell[:-1]).replace(tzinfo=UTC)


def _bytes_text(content: bytes) -> str:
    return f"{BYTES}{bytes(content).hex()}"


def _bytes(cell: str) -> bytes:
    if not cell.startswith(BYTES):
        raise ValueError("bytes without their mark")
    return bytes.fromhex(cell.removeprefix(BYTES))


_WRITERS: dict[str, Callable[..., str]] = {
    "text": quoted, "JSON": quoted, "whole number": str, "number": repr, "day": date.isoformat,
    "true or false": lambda content: "true" if content else "false", "moment": datetime.isoformat,
    "moment in UTC": lambda content: content.replace(tzinfo=None).isoformat() + "Z", "bytes": _bytes_text}
_READERS: dict[str, Callable[[str], object]] = {
    "text": _unquoted, "JSON": _json_text, "whole number": _whole_number, "number": float, "day": date.fromisoformat,
    "true or false": _truth, "moment": _moment, "moment in UTC": _utc_moment,
    "bytes": _bytes}
