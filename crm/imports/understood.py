"""How are the first lines understood? Each text as the import will read it, what cannot be read marked."""

import numpy as np
import pandas as pd

from crm.imports import numerals
from crm.imports.detection import FileFormat
from crm.imports.kinds import KINDS
from crm.imports.mapping import ColumnMap
from crm.imports.moments import parse_moments
from crm.imports.order_lines import tidy, without_float_tails
from crm.imports.tables import Table

UNREADABLE = "⚠ "  # before a text that the import would refuse or leave aside
_NUMERIC = ("money", "number", "share", "year")


def understood(head: Table, columns: ColumnMap, *, kind: str, asked: FileFormat, lines: int = 100) -> pd.DataFrame:
    """The first lines as texts, one column a field of ours (or an item, or a custom field), "" where nothing is given.

    Dates as 2026-11-22 (and 08:30), amounts with two decimals or more; UNREADABLE stands before what is none.
    """
    fields = KINDS[kind].fields
    texts = {ours: tidy(head.lines[theirs].array) for ours, theirs in columns.columns.items() if theirs in head.lines}
    mark = asked.decimal_mark or numerals.detect_decimal_mark(
        [texts[ours].categories.tolist() for ours in texts if fields[ours].type in _NUMERIC])
    shown = {}
    for ours, column in texts.items():
        if fields[ours].type == "code":
            column = without_float_tails(column)
        read = _reader(fields[ours].type, asked, mark)
        shown[ours] = _lookup(column, read(column.categories.tolist()), lines)
    for ours, text in columns.constants.items():
        shown.setdefault(ours, [text] * min(lines, len(head.lines)))
    for theirs in (*columns.items, *columns.custom):
        column = tidy(head.lines[theirs].array)
        shown[theirs] = _lookup(column, column.categories.tolist(), lines)
    return pd.DataFrame(shown, dtype=object)


def unreadable(frame: pd.DataFrame) -> dict[str, int]:
    """{column: lines} of what could not be read, in the order of the columns."""
    marked = {name: int(frame[name].str.startswith(UNREADABLE).sum()) for name in frame.columns}
    return {name: lines for name, lines in marked.items() if lines}


def _reader(kind: str, asked: FileFormat, mark: str):
    if kind in ("date", "moment"):
        return lambda texts: _moments(texts, asked)
    if kind == "money":
        return lambda texts: _amounts(texts, mark)
    if kind in ("number", "year"):
        return lambda texts: _numbers(texts, numerals.quantities(texts, decimal_mark=mark))
    if kind == "share":
        return lambda texts: _shares(texts, numerals.shares(texts, decimal_mark=mark))
    return lambda texts: texts


def _moments(texts: list[str], asked: FileFormat) -> list[str]:
    found = parse_moments(texts, order=asked.date_order).moments
    written = np.datetime_as_string(found, unit="m") if len(found) else []
    return [UNREADABLE + text if np.isnat(moment) else as_text.replace("T", " ").removesuffix(" 00:00")
            for text, moment, as_text in zip(texts, found, written, strict=True)]


def _amounts(texts: list[str], mark: str) -> list[str]:
    read = numerals.amounts(texts, decimal_mark=mark)
    return [f"{units / 10_000:,.4f}".removesuffix("00") if is_number else UNREADABLE + text
            for text, units, is_number in zip(texts, read.units_e4.tolist(), read.is_number, strict=True)]


def _numbers(texts: list[str], numbers: np.ndarray) -> list[str]:
    return [UNREADABLE + text if number != number else f"{number:.15g}"
            for text, number in zip(texts, numbers.tolist(), strict=True)]


def _shares(texts: list[str], shares: np.ndarray) -> list[str]:
    return [UNREADABLE + text if share != share else f"{share * 100:.10g} %"
            for text, share in zip(texts, shares.tolist(), strict=True)]


def _lookup(column: pd.Categorical, texts: list[str], lines: int) -> list[str]:
    return np.append(np.array(texts, dtype=object), "")[column.codes[:lines]].tolist()
