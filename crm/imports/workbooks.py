"""What does a workbook's sheet say? Its values as CSV text, so that a workbook takes the same road as every
text."""

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import zip_longest
from xml.etree.ElementTree import ParseError

from crm.errors import InvalidInput
from crm.imports import files
from crm.imports.steps import Steps

ROWS_OF_A_SHEET = 1_048_576  # no spreadsheet program has more; a row numbered beyond is made to harm
_EMPTY_FIELD = ',""'
ROWS_A_LOOK = 1_000  # a cancel is heard within a tenth of a second


def as_csv(
    content: bytes, *, sheet: str | None, name: str, max_lines: int, max_columns: int, steps: Steps
) -> tuple[bytes, str]:
    """UTF-8 CSV of one sheet (the first that holds anything, unless named) and that sheet's name.

    A formula gives the value that the spreadsheet program last computed, or its own text where none was
    saved. Raises InvalidInput for a damaged workbook, an unknown sheet, no sheet with anything in it, or more
    lines, columns or text than are read; and Cancelled.
    """
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        for title, rows in _sheets(content, sheet, name):
            text = _csv(rows, name, max_lines, max_columns, steps)
            if text:
                return text, title
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ParseError,
        ValueError,
        TypeError,
        IndexError,
        zlib.error,
        OSError,
        EOFError,
    ):
        raise InvalidInput(
            f"“{name}” cannot be read as a workbook; open it in the spreadsheet program and save it "
            "again as .xlsx or CSV."
        ) from None
    raise InvalidInput(f"“{name}” is empty: none of its sheets holds anything.")


def _sheets(content: bytes, sheet: str | None, name: str) -> Iterator[tuple[str, Iterable[list[str]]]]:
    """Every sheet's title and its rows as texts, or those of the one that is named."""
    from openpyxl import load_workbook

    computed = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    names = [worksheet.title for worksheet in computed.worksheets]
    if sheet is not None and sheet not in names:
        raise InvalidInput(f"“{name}” has no sheet “{sheet}”; it has: {', '.join(names)}.", field="sheet")
    written = load_workbook(io.BytesIO(content), read_only=True) if _has_formulas(content) else None
    for title in [sheet] if sheet is not None else names:
        texts = _rows(computed[title])
        if written is not None:
            texts = (
                [text or formula or "" for text, formula in zip_longest(row, asked)]
                for row, asked in zip(texts, _rows(written[title]), strict=False)
            )
        yield title, texts


def _rows(worksheet) -> Iterator[list[str]]:
    # The size that a sheet declares may be any; openpyxl would fill up every row to it.
    worksheet.reset_dimensions()
    for row in worksheet.iter_rows(values_only=True):
        width = next((place for place in range(len(row), 0, -1) if row[place - 1] is not None), 0)
        yield [_text(cell) for cell in row[:width]]


def _csv(rows: Iterable[list[str]], name: str, max_lines: int, max_columns: int, steps: Steps) -> bytes:
    """The rows that hold something as CSV, all as wide as the widest; nothing where no row does."""
    lines: list[str] = []
    widths: list[int] = []
    size = 0
    for place, row in enumerate(rows, 1):
        if place % ROWS_A_LOOK == 0:
            steps.heed()
        width = next((width for width in range(len(row), 0, -1) if row[width - 1]), 0)
        if place > ROWS_OF_A_SHEET:
            raise files.too_many_lines(name, most=ROWS_OF_A_SHEET)
        if not width:
            continue
        if width > max_columns:
            raise files.too_many_columns(name, columns=width, most=max_columns)
        lines.append(",".join('"' + text.replace('"', '""') + '"' for text in row[:width]))
        widths.append(width)
        size += len(lines[-1])
        if len(lines) > max_lines:
            raise files.too_many_lines(name, most=max_lines)
        if size > files.MAX_BYTES:
            raise files.too_large(name)
    widest = max(widths, default=0)
    if size + len(_EMPTY_FIELD) * (widest * len(widths) - sum(widths)) > files.MAX_BYTES:
        raise files.too_large(name)
    whole = (
        line + _EMPTY_FIELD * (widest - width) + "\r\n" for line, width in zip(lines, widths, strict=True)
    )
    return "".join(whole).encode(errors="replace")


def _has_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.namelist():
            if part.startswith("xl/worksheets/"):
                with archive.open(part) as stream:
                    while chunk := stream.read(2**20):
                        if b"<f>" in chunk or b"<f " in chunk:
                            return True
    return False


def _text(cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return str(cell.date()) if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        # A cell holds 17850 as 17850.0; nobody sees the .0 in the spreadsheet program.
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(getattr(cell, "text", cell))  # an array formula carries its text
