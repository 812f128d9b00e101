"""What does a sheet of an OpenDocument workbook (.ods) say? Its XML read as a stream, row by row.

Read here and not by a library: a few hundred bytes of XML may declare a billion equal cells, and only the XML tells
hidden rows, merged cells and the text of an error.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

from crm.errors import InvalidInput
from crm.imports.spreadsheets import COLUMNS_OF_A_SHEET, ERROR, Sheet
from crm.imports.values import day_or_moment, number_text

_CHUNK = 2**16
_LONGEST_RUN = 1_048_576  # rows of a sheet

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0 "
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_ERROR_TYPE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_CELLS = (_TABLE + "table-cell", _TABLE + "covered-table-cell")
_HIDDEN = ("collapse", "filter")
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?T(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")


def titles(content: bytes, *, name: str) -> list[str]:
    """The names of the sheets, in their sequence. Raises InvalidInput for a protected workbook."""
    _check_open(content, name)
    found: list[str] = []

    def started(tag: str, attributes: dict[str, str]) -> None:
        if tag == _TABLE + "table" and _TABLE + "name" in attributes:
            found.append(attributes[_TABLE + "name"])

    parser = _parser()
    parser.StartElementHandler = started
    for _ in _fed(parser, content):
        pass
    return list(dict.fromkeys(found))


def sheets(content: bytes, wanted: list[str], *, name: str) -> Iterator[Sheet]:
    """The sheets of these names. Their rows raise ValueError or expat's error where the XML is damaged."""
    for title in wanted:
        notes: Counter = Counter()
        hidden_columns: list[tuple[int, int]] = []
        reader = _Reader(title, notes, hidden_columns)
        yield Sheet(title, _rows(content, reader), notes, hidden_columns)


def _check_open(content: bytes, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if "META-INF/manifest.xml" in archive.namelist():
            with archive.open("META-INF/manifest.xml") as stream:
                if b"encryption-data" in stream.read(2**20):
                    raise InvalidInput(f"“{name}” is protected by a password; save it without one.")


def _parser() -> "expat.XMLParserType":
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def refuse(*_declaration) -> None:
        raise ValueError("A sheet declares no document type; entities are made to harm.")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _fed(parser: "expat.XMLParserType", content: bytes) -> Iterator[None]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open("content.xml") as stream:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
        yield


def _rows(content: bytes, reader: "_Reader") -> Iterator[list[str]]:
    parser = _parser()
    parser.StartElementHandler = reader.started
    parser.EndElementHandler = reader.ended
    parser.CharacterDataHandler = reader.said
    for _ in _fed(parser, content):
        for row, times in reader.taken():
            for _ in range(times):
                yield list(row)
        if reader.is_done:
            return


class _Reader:
    """Rows of one sheet from the events of its XML."""

    def __init__(self, title: str, notes: Counter, hidden_columns: list[tuple[int, int]]) -> None:
        self.title, self.notes, self.hidden_columns = title, notes, hidden_columns
        self.is_done = False
        self._depth = 0  # of tables: 1 in the one that is read
        self._inside = 0  # elements inside a cell
        self._aside = 0  # where in the cell a comment or a drawing began
        self._in_text = 0  # where in the cell a paragraph began
        self._columns = 0
        self._read: list[tuple[list[str], int]] = []
        self._merges: dict[int, tuple[int, str]] = {}

    def taken(self) -> list[tuple[list[str], int]]:
        """The rows that are complete, each with how often it stands there; they are given once."""
        rows, self._read = self._read, []
        return rows

    def started(self, tag: str, attributes: dict[str, str]) -> None:
        if self.is_done:
            return
        if not self._depth:
            self._depth = int(tag == _TABLE + "table" and attributes.get(_TABLE + "name") == self.title)
        elif self._inside:
            self._started_inside(tag, attributes)
        elif tag == _TABLE + "table":
            self._depth += 1
        elif self._depth > 1:
            return
        elif tag == _TABLE + "table-column":
            self._column_started(attributes)
        elif tag == _TABLE + "table-row":
            self._row, self._row_attributes, self._empty = [], attributes, 0
            self._spans: list[tuple[int, int]] = []
        elif tag in _CELLS:
            self._inside, self._aside, self._in_text = 1, 0, 0
            self._cell, self._paragraphs = attributes, []
            self._is_covered = tag == _CELLS[1]

    def said(self, text: str) -> None:
        if self._in_text and not self._aside:
            self._paragraphs[-1] += text

    def ended(self, tag: str) -> None:
        if self.is_done or not self._depth:
            return
        if self._inside:
            self._inside -= 1
            if self._inside < self._in_text:
                self._in_text = 0
            if self._inside < self._aside:
                self._aside = 0
            if not self._inside:
                self._cell_ended()
        elif tag == _TABLE + "table":
            self._depth -= 1
            self.is_done = not self._depth
        elif tag == _TABLE + "table-row" and self._depth == 1:
            self._row_ended()

    def _started_inside(self, tag: str, attributes: dict[str, str]) -> None:
        self._inside += 1
        if self._aside:
            return
        if tag == _TEXT + "p" and not self._in_text:
            self._in_text = self._inside
            self._paragraphs.append("")
        elif self._in_text and tag == _TEXT + "s":
            self.said(" " * min(_number(attributes, _TEXT + "c"), 1_000))
        elif self._in_text and tag in (_TEXT + "tab", _TEXT + "line-break"):
            self.said("\t" if tag == _TEXT + "tab" else "\n")
        elif not self._in_text:
            self._aside = self._inside

    def _column_started(self, attributes: dict[str, str]) -> None:
        first = self._columns + 1
        self._columns += _number(attributes, _TABLE + "number-columns-repeated")
        if attributes.get(_TABLE + "visibility") in _HIDDEN:
            self.hidden_columns.append((first, self._columns))

    def _cell_ended(self) -> None:
        text, times = self._text(), _number(self._cell, _TABLE + "number-columns-repeated")
        if not text:
            # Empty cells to the right of a table are declared by the thousand; they count when one with text follows.
            first = len(self._row) + self._empty + 1
            if self._is_covered:
                self._spans += [(place, 0) for place in range(first, min(first + times, COLUMNS_OF_A_SHEET))]
            self._empty += times
            return
        width = len(self._row) + self._empty + times
        if width > COLUMNS_OF_A_SHEET:
            raise ValueError("A row is wider than any sheet.")
        self._row += [""] * self._empty + [text] * times
        self._empty = 0
        self.notes["error_cells"] += times * bool(ERROR.fullmatch(text))
        rows, columns = (_number(self._cell, _TABLE + f"number-{what}-spanned") for what in ("rows", "columns"))
        if rows > 1 and columns == 1:
            self._spans.append((width, rows))

    def _row_ended(self) -> None:
        times = _number(self._row_attributes, _TABLE + "number-rows-repeated")
        if times > _LONGEST_RUN:
            raise ValueError("A sheet has more rows than any program writes.")
        self._merges = {place: (rows - 1, text) for place, (rows, text) in self._merges.items() if rows > 1}
        if self._row:
            if self._row_attributes.get(_TABLE + "visibility") in _HIDDEN:
                self.notes["hidden_rows"] += times
            for place, rows in self._spans:
                if not rows and place in self._merges:
                    self._row.extend([""] * (place - len(self._row)))
                    self._row[place - 1] = self._merges[place][1]
                    self.notes["merged_cells"] += 1
            self._read.append((self._row, times))
        for place, rows in self._spans:
            if rows:
                self._merges[place] = (rows, self._row[place - 1])

    def _text(self) -> str:
        cell, shown = self._cell, "\n".join(self._paragraphs)
        kind = cell.get(_OFFICE + "value-type")
        formula = cell.get(_TABLE + "formula")
        if cell.get(_ERROR_TYPE) == "error" or (formula and ERROR.fullmatch(shown)):
            return shown
        if kind in ("float", "percentage", "currency"):
            try:
                return number_text(Decimal(cell.get(_OFFICE + "value", "")))
            except InvalidOperation:
                return shown
        if kind == "date":
            return day_or_moment(cell.get(_OFFICE + "date-value", shown).replace("T", " "))
        if kind == "time":
            return _clock(cell.get(_OFFICE + "time-value", "")) or shown
        if kind == "boolean":
            return cell.get(_OFFICE + "boolean-value", shown).upper()
        text = shown or cell.get(_OFFICE + "string-value", "")
        if formula and kind is None and not text:
            self.notes["formula_cells_without_value"] += _number(cell, _TABLE + "number-columns-repeated")
            return formula.partition(":")[2] or formula
        return text


def _number(attributes: dict[str, str], key: str) -> int:
    return max(int(attributes.get(key, "1")), 1)


def _clock(duration: str) -> str:
    """A duration as hours, minutes and seconds, empty where it is none.

    >>> _clock("PT08H30M00S"), _clock("P1DT02H00M05S")
    ('08:30:00', '26:00:05')
    """
    parts = _DURATION.fullmatch(duration)
    if parts is None:
        return ""
    sign, days, hours, minutes, seconds = parts.groups()
    return f"{sign}{int(days or 0) * 24 + int(hours):02}:{int(minutes):02}:{int(seconds):02}"
