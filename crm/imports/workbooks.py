"""What does a workbook's sheet say? Its values as CSV text, so that a workbook takes the same road as every
text."""

import csv
import io
import zipfile
from datetime import date, datetime, time
from xml.etree.ElementTree import ParseError

from crm.errors import InvalidInput


def as_csv(content: bytes, *, sheet: str | None, name: str) -> tuple[bytes, str]:
    """UTF-8 CSV of one sheet (the first that holds anything, unless named) and that sheet's name.

    A formula gives the value that the spreadsheet program last computed, or its own text where none was
    saved. Raises InvalidInput for a damaged workbook, an unknown sheet, or no sheet with anything in it.
    """
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return _as_csv(content, sheet, name)
    except (
        InvalidFileException,
        zipfile.BadZipFile,
        KeyError,
        ParseError,
        ValueError,
        TypeError,
        OSError,
        EOFError,
    ):
        raise InvalidInput(
            f"“{name}” cannot be read as a workbook; open it in the spreadsheet program and save it "
            "again as .xlsx or CSV."
        ) from None


def _as_csv(content: bytes, sheet: str | None, name: str) -> tuple[bytes, str]:
    from openpyxl import load_workbook

    computed = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    names = [worksheet.title for worksheet in computed.worksheets]
    if sheet is not None and sheet not in names:
        raise InvalidInput(f"“{name}” has no sheet “{sheet}”; it has: {', '.join(names)}.", field="sheet")
    written = load_workbook(io.BytesIO(content), read_only=True) if _has_formulas(content) else None
    for title in [sheet] if sheet is not None else names:
        rows = computed[title].iter_rows(values_only=True)
        texts = ([_text(cell) for cell in row] for row in rows)
        if written is not None:
            formulas = written[title].iter_rows(values_only=True)
            texts = (
                [text or _text(formula) for text, formula in zip(row, asked, strict=False)]
                for row, asked in zip(texts, formulas, strict=False)
            )
        table = io.StringIO(newline="")
        lines = _square(texts)
        csv.writer(table, quoting=csv.QUOTE_ALL).writerows(lines)
        if lines:
            return table.getvalue().encode(errors="replace"), title
    raise InvalidInput(f"“{name}” is empty: none of its sheets holds anything.")


def _has_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.namelist():
            if part.startswith("xl/worksheets/"):
                with archive.open(part) as stream:
                    while chunk := stream.read(2**20):
                        if b"<f>" in chunk or b"<f " in chunk:
                            return True
    return False


def _square(rows) -> list[list[str]]:
    """Lines that hold something, without the empty columns to the right, all equally wide."""
    lines = [row for row in rows if any(row)]
    width = max((max(place for place, text in enumerate(row, 1) if text) for row in lines), default=0)
    return [row[:width] + [""] * (width - len(row)) for row in lines]


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
