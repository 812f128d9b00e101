"""What does a sheet of an Excel workbook (.xlsx) say? Its values, and what its XML tells beside them."""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest

from crm.imports.spreadsheets import Marks, Sheet, marked
from crm.imports.values import text_of

# Tags are at most this long, so that a text made of nothing but their beginnings is not searched again and again.
_HIDDEN = re.compile(rb"<(?:\w+:)?(row|col)\b([^<>]{0,500}\bhidden=[\"'](?:1|true)[\"'][^<>]{0,500})>")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^<>]{0,100}\bref=[\"']([A-Z]+)(\d+):([A-Z]+)(\d+)[\"']")
_ATTRIBUTE = re.compile(rb"\b(r|min|max)=[\"'](\d{1,7})[\"']")
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_LONGEST_TAG = 1_200


def titles(content: bytes, *, name: str) -> list[str]:
    """The names of the sheets, hidden ones last. Raises anything for a damaged workbook."""
    from openpyxl import load_workbook

    sheets = load_workbook(io.BytesIO(content), read_only=True).worksheets
    return [sheet.title for sheet in sorted(sheets, key=lambda sheet: sheet.sheet_state != "visible")]


def sheets(content: bytes, wanted: list[str], *, name: str) -> Iterator[Sheet]:
    """The sheets of these names.

    A formula gives the value that the spreadsheet program last computed, or its own text where none was saved.
    """
    from openpyxl import load_workbook

    computed = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    written = None
    for title in wanted:
        notes: Counter = Counter()
        # Only here openpyxl tells which part of the archive the sheet is.
        marks, has_formulas = _marks(content, computed[title]._worksheet_path)
        texts = _rows(computed[title])
        if has_formulas:
            written = written or load_workbook(io.BytesIO(content), read_only=True)
            texts = _with_formulas(texts, _rows(written[title]), notes)
        yield Sheet(title, marked(texts, marks, notes), notes, marks.hidden_columns)


def _rows(worksheet) -> Iterator[list[str]]:
    # The size that a sheet declares may be any; openpyxl would fill up every row to it.
    worksheet.reset_dimensions()
    for row in worksheet.iter_rows(values_only=True):
        width = next((place for place in range(len(row), 0, -1) if row[place - 1] is not None), 0)
        # An array formula carries its text.
        yield [text_of(getattr(cell, "text", cell)) for cell in row[:width]]


def _with_formulas(
    computed: Iterator[list[str]], written: Iterator[list[str]], notes: Counter
) -> Iterator[list[str]]:
    """The computed values, and the formula's own text where none was saved."""
    for row, asked in zip(computed, written, strict=False):
        if len(asked) > len(row) or "" in row:
            pairs = list(zip_longest(row, asked, fillvalue=""))
            notes["formula_cells_without_value"] += sum(not text and formula != "" for text, formula in pairs)
            row = [text or formula for text, formula in pairs]
        yield row


def _marks(content: bytes, part: str) -> tuple[Marks, bool]:
    """Merged cells, hidden rows and columns of a sheet, and whether it has formulas; read as text, once."""
    marks, has_formulas, rest = Marks(), False, b""
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(part) as stream:
        while chunk := stream.read(2**20):
            text = rest + chunk
            # A tag that the chunk cuts off is looked at with the next one.
            cut = text.rfind(b"<")
            cut = len(text) if cut < 0 or len(text) - cut > _LONGEST_TAG else cut
            piece, rest = text[:cut], text[cut:]
            has_formulas = has_formulas or _FORMULA.search(piece) is not None
            _read_marks(piece, marks)
    _read_marks(rest, marks)
    return marks, has_formulas


def _read_marks(piece: bytes, marks: Marks) -> None:
    if b"hidden=" in piece:
        for tag, attributes in _HIDDEN.findall(piece):
            numbers = {key: int(number) for key, number in _ATTRIBUTE.findall(attributes)}
            if tag == b"row" and b"r" in numbers:
                marks.hidden_rows.add(numbers[b"r"])
            elif tag == b"col" and {b"min", b"max"} <= set(numbers):
                marks.hidden_columns.append((numbers[b"min"], numbers[b"max"]))
    if b"mergeCell" in piece:
        for first_column, first_row, last_column, last_row in _MERGED.findall(piece):
            marks.merge(int(first_row), int(last_row), _column(first_column), _column(last_column))


def _column(letters: bytes) -> int:
    """A column's place from its letters.

    >>> _column(b"A"), _column(b"XFD")
    (1, 16384)
    """
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place
