"""How does a table become an Excel workbook? One sheet, written piece by piece; texts stay texts, nothing is a formula.

The sheet's XML is written here: the package that the importer reads workbooks with needs four minutes for a million
lines of sixteen columns and keeps the whole server busy meanwhile.
"""

import math
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO

import numpy as np
import pandas as pd
from openpyxl.xml.constants import CONTYPES_NS, PKG_REL_NS, REL_NS, SHEET_MAIN_NS

from crm.errors import InvalidInput

MOST_ROWS = 1_048_575      # a sheet has 1,048,576, the first holds the columns' names
MOST_COLUMNS = 16_384
MOST_CHARACTERS = 32_767   # of one cell
MOST_DIGITS = 15           # a spreadsheet's numbers are floats: longer ones would lose their end
ROWS_A_PIECE = 20_000
ROWS_MEASURED = 200        # for the widths of columns and for the size of the file
NARROWEST, WIDEST = 8, 50  # characters
# An archive must know beforehand whether a part may exceed 2 GB, and not every reader likes it to say so without need.
LARGE_BYTES = 1_400_000_000
# Spreadsheets count days from here and take 1900 for a leap year: from March 1900 on they are right.
_FIRST_DAY, _FIRST_RIGHT_DAY = datetime(1899, 12, 30), datetime(1900, 3, 1)
_DAY_US = 86_400_000_000
_PLAIN, _BOLD, _DAY, _MOMENT = range(4)  # places in the styles below
_DELICATE = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_x[0-9A-Fa-f]{4}_")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_LOOKS_ESCAPED = re.compile(r"_(x[0-9A-Fa-f]{4}_)")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{CONTYPES_NS}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_TYPE}.styles+xml"/></Types>'),
    "_rels/.rels": (
        f'<Relationships xmlns="{PKG_REL_NS}">'
        f'<Relationship Id="rId1" Type="{REL_NS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'),
    "xl/workbook.xml": (
        f'<workbook xmlns="{SHEET_MAIN_NS}" xmlns:r="{REL_NS}">'
        '<sheets><sheet name="Table" sheetId="1" r:id="rId1"/></sheets></workbook>'),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{PKG_REL_NS}">'
        f'<Relationship Id="rId1" Type="{REL_NS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{REL_NS}/styles" Target="styles.xml"/></Relationships>'),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{SHEET_MAIN_NS}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
        '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'),
}


def write(frame: pd.DataFrame, target: BinaryIO) -> None:
    """The table as a workbook: the names bold and frozen above, numbers, days and moments as such, all else as text.

    Days before March 1900 and numbers of more than 15 digits, which spreadsheets get wrong, are written as text.
    Raises InvalidInput for a table, or a text, that no spreadsheet can hold.
    """
    _check_size(frame)
    measured = sum(map(len, _sheet(frame.iloc[:ROWS_MEASURED])))
    large = measured / ROWS_MEASURED * len(frame) > LARGE_BYTES
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, content in _PARTS.items():
            archive.writestr(name, _HEAD + content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=large) as sheet:
            for piece in _sheet(frame):
                sheet.write(piece.encode())


def fits(rows: int) -> bool:
    """Whether a spreadsheet can hold so many rows."""
    return rows <= MOST_ROWS


def _check_size(frame: pd.DataFrame) -> None:
    if not fits(len(frame)):
        raise InvalidInput(f"This table has {len(frame):,} rows, and a spreadsheet holds {MOST_ROWS:,} at most; "
                           "take it as CSV or Parquet.")
    if len(frame.columns) > MOST_COLUMNS:
        raise InvalidInput(f"This table has {len(frame.columns):,} columns, and a spreadsheet holds {MOST_COLUMNS:,} at "
                           "most; take it as CSV or Parquet.")


def _sheet(frame: pd.DataFrame) -> Iterator[str]:
    letters = [_letters(place) for place in range(len(frame.columns))]
    yield (f'{_HEAD}<worksheet xmlns="{SHEET_MAIN_NS}"><sheetViews><sheetView tabSelected="1" workbookViewId="0">'
           '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>')
    if letters:
        widths = (f'<col min="{place}" max="{place}" width="{_width(frame, place - 1)}" customWidth="1"/>'
                  for place in range(1, len(letters) + 1))
        yield f"<cols>{''.join(widths)}</cols>"
    names = (_text_cell(f"{letter}1", str(name), str(name), _BOLD)
             for letter, name in zip(letters, frame.columns, strict=True))
    yield f'<sheetData><row r="1">{"".join(names)}</row>'
    for start in range(0, len(frame), ROWS_A_PIECE):
        piece = frame.iloc[start:start + ROWS_A_PIECE]
        columns = [_cells(piece.iloc[:, place], letter, start + 2) for place, letter in enumerate(letters)]
        yield "".join(f'<row r="{number}">{"".join(cells)}</row>'
                      for number, cells in enumerate(zip(*columns, strict=True), start + 2))
    yield "</sheetData></worksheet>"


def _cells(column: pd.Series, letter: str, first_row: int) -> Iterator[str]:
    if pd.api.types.is_datetime64_any_dtype(column) and column.dt.tz is None:
        return _moment_cells(column, letter, first_row)
    known = column.astype(object).where(column.notna(), None)
    return (_cell(f"{letter}{row}", content, column.name) for row, content in enumerate(known.tolist(), first_row))


def _cell(place: str, content, name: object) -> str:
    """One cell by what it holds; an empty one is left out."""
    writer = _WRITERS.get(type(content))
    if writer is not None:
        return writer(place, content, name)
    if hasattr(content, "item"):  # numpy's own numbers
        return _cell(place, content.item(), name)
    return _text_cell(place, str(content), name)


def _text_cell(place: str, content: str, name: object, style: int = _PLAIN) -> str:
    if len(content) > MOST_CHARACTERS:
        raise InvalidInput(f"A text in “{name}” has {len(content):,} characters, and a spreadsheet's cell holds "
                           f"{MOST_CHARACTERS:,} at most; take the table as CSV or Parquet.")
    if _DELICATE.search(content):
        content = _escaped(content)
    styled = f' s="{style}"' if style else ""
    return f'<c r="{place}"{styled} t="inlineStr"><is><t xml:space="preserve">{content}</t></is></c>'


def _escaped(content: str) -> str:
    # A cell's lines end in a line feed alone; what XML cannot hold is written as spreadsheets themselves write it.
    content = _LOOKS_ESCAPED.sub(r"_x005F_\1", content.replace("\r\n", "\n").replace("\r", "\n"))
    content = _UNWRITABLE.sub(lambda found: f"_x{ord(found.group()):04X}_", content)
    return content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _number_cell(place: str, content: int | float | Decimal, name: object) -> str:
    if isinstance(content, int):
        if abs(content) >= 10**MOST_DIGITS:
            return _text_cell(place, str(content), name)
    elif math.isnan(content):
        return ""
    elif math.isinf(content):
        return _text_cell(place, str(content), name)
    return f'<c r="{place}"><v>{content}</v></c>'


def _moment_cells(column: pd.Series, letter: str, first_row: int) -> Iterator[str]:
    moments = column.to_numpy().astype("datetime64[us]")
    days = (moments - np.datetime64(_FIRST_DAY, "us")).astype("int64") / _DAY_US
    written = moments >= np.datetime64(_FIRST_RIGHT_DAY, "us")
    for row, (is_right, serial, moment) in enumerate(zip(written.tolist(), days.tolist(), moments, strict=True),
                                                     first_row):
        if is_right:
            yield f'<c r="{letter}{row}" s="{_MOMENT}"><v>{serial!r}</v></c>'
        elif np.isnat(moment):
            yield ""
        else:
            yield _text_cell(f"{letter}{row}", str(moment.item()), column.name)


def _moment_cell(place: str, content: datetime, name: object) -> str:
    if content.tzinfo is not None or content < _FIRST_RIGHT_DAY:  # a cell's moment has no zone
        return _text_cell(place, str(content), name)
    return f'<c r="{place}" s="{_MOMENT}"><v>{(content - _FIRST_DAY) / _A_DAY!r}</v></c>'


def _day_cell(place: str, content: date, name: object) -> str:
    if content < _FIRST_RIGHT_DAY.date():
        return _text_cell(place, content.isoformat(), name)
    return f'<c r="{place}" s="{_DAY}"><v>{(content - _FIRST_DAY.date()).days}</v></c>'


def _truth_cell(place: str, content: bool, _name: object) -> str:
    return f'<c r="{place}" t="b"><v>{int(content)}</v></c>'


def _no_cell(_place: str, _content: None, _name: object) -> str:
    return ""


_A_DAY = datetime(1970, 1, 2) - datetime(1970, 1, 1)
_WRITERS: dict[type, Callable[..., str]] = {
    str: _text_cell, bool: _truth_cell, int: _number_cell, float: _number_cell, Decimal: _number_cell,
    datetime: _moment_cell, pd.Timestamp: _moment_cell, date: _day_cell, type(None): _no_cell}


def _width(frame: pd.DataFrame, place: int) -> int:
    first = frame.iloc[:ROWS_MEASURED, place]
    longest = max((len(str(content)) for content in first[first.notna()]), default=0)
    return min(max(longest, len(str(frame.columns[place])), NARROWEST) + 2, WIDEST)


def _letters(place: int) -> str:
    """The name of a column, counted from 0.

    >>> _letters(0), _letters(25), _letters(26), _letters(16383)
    ('A', 'Z', 'AA', 'XFD')
    """
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
