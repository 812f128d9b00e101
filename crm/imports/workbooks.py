"""What does a workbook's sheet say? Its values as CSV text, so that a workbook takes the same road as every
text."""

from collections import Counter
from collections.abc import Iterable

from crm.errors import CrmError, InvalidInput
from crm.imports import files, new_workbooks, old_workbooks, open_documents
from crm.imports.steps import Steps

ROWS_OF_A_SHEET = 1_048_576  # no spreadsheet program has more; a row numbered beyond is made to harm
_EMPTY_FIELD = ',""'
ROWS_A_LOOK = 1_000  # a cancel is heard within a tenth of a second
_READERS = {"xlsx": new_workbooks, "xls": old_workbooks, "ods": open_documents}

def as_csv(
    content: bytes,
    *,
    form: str,
    sheet: str | None,
    name: str,
    max_lines: int,
    max_columns: int,
    steps: Steps,
    only_rows: int | None = None,
) -> tuple[bytes, str, Counter, list[int]]:
    """UTF-8 CSV of one sheet (the first visible one that holds anything, unless named), its name and its notes; and the
    number of each of its rows in the sheet, for empty ones are left out.

    A formula gives the value that the spreadsheet program last computed, or its own text where none was
    saved. only_rows: no more rows that hold something are read. Raises InvalidInput for a damaged workbook, an
    unknown sheet, no sheet with anything in it, or more lines, columns or text than are read; and Cancelled.
    """
    try:
        titles = _READERS[form].titles(content, name=name)
        if sheet is not None and sheet not in titles:
            raise InvalidInput(f"“{name}” has no sheet “{sheet}”; it has: {', '.join(titles)}.", field="sheet")
        wanted = [sheet] if sheet is not None else titles
        for found in _READERS[form].sheets(content, wanted, name=name):
            text, columns, numbers = _csv(found.rows, name, max_lines, max_columns, steps, only_rows)
            if text:
                return text, found.title, found.notes_of(columns=columns), numbers
    except CrmError:
        raise
    except Exception:
        # A damaged workbook fails anywhere in the libraries that read it, and in any way.
        raise _damaged(name, form) from None
    raise InvalidInput(f"“{name}” is empty: none of its sheets holds anything.")


def sheet_names(content: bytes, *, form: str, name: str) -> list[str]:
    """The names of a workbook's sheets, hidden ones last. Raises InvalidInput for a damaged one."""
    try:
        return _READERS[form].titles(content, name=name)
    except CrmError:
        raise
    except Exception:
        raise _damaged(name, form) from None


def _damaged(name: str, form: str) -> InvalidInput:
    if form == "xls":
        return InvalidInput(
            f"“{name}” cannot be read as an old Excel workbook (.xls); open it in the spreadsheet program and save it "
            "as .xlsx or CSV."
        )
    return InvalidInput(
        f"“{name}” cannot be read as a workbook; open it in the spreadsheet program and save it again as .xlsx or CSV."
    )


def _csv(
    rows: Iterable[list[str]], name: str, max_lines: int, max_columns: int, steps: Steps, only_rows: int | None
) -> tuple[bytes, int, list[int]]:
    """The rows that hold something as CSV, all as wide as the widest, that width, and their numbers; nothing where no
    row does."""
    lines: list[str] = []
    numbers: list[int] = []
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
        numbers.append(place)
        size += len(lines[-1])
        if len(lines) > max_lines:
            raise files.too_many_lines(name, most=max_lines)
        if size > files.MAX_BYTES:
            raise files.too_large(name)
        if only_rows is not None and len(lines) >= only_rows:
            break
    widest = max(widths, default=0)
    if size + len(_EMPTY_FIELD) * (widest * len(widths) - sum(widths)) > files.MAX_BYTES:
        raise files.too_large(name)
    whole = (
        line + _EMPTY_FIELD * (widest - width) + "\r\n" for line, width in zip(lines, widths, strict=True)
    )
    return "".join(whole).encode(errors="replace"), widest, numbers
