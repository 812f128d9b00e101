"""What does a sheet of an old Excel workbook (.xls) say? Its records (Microsoft's MS-XLS), read one by one.

Read here and not by a library: those at hand make room for whatever a damaged file declares, which ends the process.
"""

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from crm.errors import InvalidInput
from crm.imports.spreadsheets import Marks, Sheet, marked
from crm.imports.values import text_of

_COLUMNS = 256  # of a sheet; the format has no more
_END = 0xFFFFFFFE  # of a chain of sectors; above it, what is no sector
_NEWEST = 0x0600  # the version that Excel 97 and later write

# Of the whole workbook.
_BOF, _EOF, _FILEPASS, _BOUNDSHEET, _TEXTS, _CONTINUE = 0x0809, 0x000A, 0x002F, 0x0085, 0x00FC, 0x003C
_FORMAT, _STYLE, _EPOCH = 0x041E, 0x00E0, 0x0022
# Of a sheet.
_ROW, _COLINFO, _MERGED = 0x0208, 0x007D, 0x00E5
_LABEL, _RICH_LABEL, _SHARED_LABEL, _NUMBER, _SHORT, _SHORTS, _BOOLERR, _FORMULA, _STRING = (
    0x0204, 0x00D6, 0x00FD, 0x0203, 0x027E, 0x00BD, 0x0205, 0x0006, 0x0207
)  # fmt: skip
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
# Formats of dates that Excel of Chinese, Japanese and Korean has built in, and writes no text for.
_EASTERN_DATES = {*range(27, 37), *range(50, 59)}


@dataclass
class _Records:
    """What the records of one sheet say; cells is {row: {column: text}}, both from 0."""

    title: str
    start: int
    is_visible: bool
    is_sheet: bool
    marks: Marks = field(default_factory=Marks)
    cells: dict[int, dict[int, str]] = field(default_factory=dict)


@dataclass
class _Workbook:
    """What the workbook's own records say. texts: those that cells share; formats: the styles' formats, in sequence."""

    stream: bytes
    sheets: list[_Records] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    codes: dict[int, str] = field(default_factory=dict)
    formats: list[int] = field(default_factory=list)
    counts_from_1904: bool = False

    @cached_property
    def times(self) -> dict[int, bool]:
        """{style: whether it counts a duration} of the styles that show days or times."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

        codes = {
            style: self.codes.get(number) or BUILTIN_FORMATS.get(number, "")
            for style, number in enumerate(self.formats)
        }
        return {
            style: bool(is_timedelta_format(code))
            for style, code in codes.items()
            if self.formats[style] in _EASTERN_DATES or is_date_format(code)
        }

    def number(self, value: float, style: int) -> str:
        """A cell's number as text: a day or a moment where its style says so."""
        if style not in self.times:
            return text_of(value)
        from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

        try:
            epoch = MAC_EPOCH if self.counts_from_1904 else WINDOWS_EPOCH
            return text_of(from_excel(value, epoch, timedelta=self.times[style]))
        except (OverflowError, ValueError):
            return text_of(value)


def titles(content: bytes, *, name: str) -> list[str]:
    """The names of the sheets, hidden ones last.

    Raises InvalidInput for a protected workbook or one that is too old, ValueError for a damaged one.
    """
    found = [sheet for sheet in _workbook(content, name).sheets if sheet.is_sheet]
    return [sheet.title for sheet in sorted(found, key=lambda sheet: not sheet.is_visible)]


def sheets(content: bytes, wanted: list[str], *, name: str) -> Iterator[Sheet]:
    """The sheets of these names."""
    workbook = _workbook(content, name)
    told = {sheet.title: sheet for sheet in workbook.sheets}
    for title in wanted:
        sheet, notes = told[title], Counter()
        _read_sheet(workbook, sheet)
        yield Sheet(title, marked(_rows(sheet), sheet.marks, notes), notes, sheet.marks.hidden_columns)


def _rows(sheet: _Records) -> Iterator[list[str]]:
    for row in range(max(sheet.cells, default=-1) + 1):
        cells = sheet.cells.get(row, {})
        texts = [""] * (max(cells, default=-1) + 1)
        for column, text in cells.items():
            texts[column] = text
        yield texts


def _workbook(content: bytes, name: str) -> _Workbook:
    streams = _streams(content)
    if "EncryptedPackage" in streams:
        raise InvalidInput(f"“{name}” is protected by a password; save it without one.")
    if "Workbook" not in streams and "Book" not in streams:
        raise InvalidInput(
            f"“{name}” is a document of an old Office program but no Excel workbook; save its table as .xlsx or CSV."
        )
    workbook = _Workbook(streams.get("Workbook") or streams["Book"])
    shared: list[bytes] = []
    last = 0
    for kind, data in _records(workbook.stream, 0):
        if kind == _BOF and _word(data, 0) != _NEWEST:
            raise InvalidInput(
                f"“{name}” was saved by an Excel older than 97; open it in a spreadsheet program and save it as "
                ".xlsx or CSV."
            )
        if kind == _FILEPASS:
            raise InvalidInput(f"“{name}” is protected by a password; save it without one.")
        if kind == _BOUNDSHEET:
            start, state, sheet_kind, length = struct.unpack_from("<IBBB", data)
            title = _characters(data, 7, length)
            workbook.sheets.append(_Records(title, start, state & 3 == 0, sheet_kind == 0))
        elif kind == _TEXTS or (kind == _CONTINUE and last == _TEXTS):
            shared.append(data)
            kind = _TEXTS
        elif kind == _FORMAT:
            workbook.codes[_word(data, 0)] = _characters(data, 4, _word(data, 2))
        elif kind == _STYLE:
            workbook.formats.append(_word(data, 2))
        elif kind == _EPOCH:
            workbook.counts_from_1904 = _word(data, 0) == 1
        last = kind
    if not workbook.sheets:
        raise ValueError("The workbook names no sheet.")
    if shared:
        workbook.texts = _shared_texts(shared)
    return workbook


def _read_sheet(workbook: _Workbook, sheet: _Records) -> None:
    formula: tuple[int, int] | None = None
    for kind, data in _records(workbook.stream, sheet.start):
        if kind == _STRING and formula is not None:
            sheet.cells.setdefault(formula[0], {})[formula[1]] = _characters(data, 2, _word(data, 0))
        elif kind == _ROW and _word(data, 12) & 0x20:
            sheet.marks.hidden_rows.add(_word(data, 0) + 1)
        elif kind == _COLINFO and _word(data, 8) & 1:
            sheet.marks.hidden_columns.append((_word(data, 0) + 1, min(_word(data, 2), _COLUMNS) + 1))
        elif kind == _MERGED:
            for number in range(_word(data, 0)):
                first_row, last_row, first_column, last_column = struct.unpack_from("<HHHH", data, 2 + 8 * number)
                sheet.marks.merge(first_row + 1, last_row + 1, first_column + 1, last_column + 1)
        else:
            for row, column, text in _cells(workbook, kind, data):
                if column >= _COLUMNS:
                    raise ValueError("A cell lies beyond the last column.")
                sheet.cells.setdefault(row, {})[column] = text
                # What a formula says in words follows in a record of its own.
                formula = (row, column) if kind == _FORMULA else None


def _cells(workbook: _Workbook, kind: int, data: bytes) -> Iterator[tuple[int, int, str]]:
    """Row, column (from 0) and text of each cell of a record; nothing where the record holds no cell."""
    if kind not in (_LABEL, _RICH_LABEL, _SHARED_LABEL, _NUMBER, _SHORT, _SHORTS, _BOOLERR, _FORMULA):
        return
    row, column, style = struct.unpack_from("<HHH", data)
    if kind in (_LABEL, _RICH_LABEL):
        yield row, column, _characters(data, 8, _word(data, 6))
    elif kind == _SHARED_LABEL:
        yield row, column, workbook.texts[struct.unpack_from("<I", data, 6)[0]]
    elif kind == _NUMBER:
        yield row, column, workbook.number(struct.unpack_from("<d", data, 6)[0], style)
    elif kind == _SHORT:
        yield row, column, workbook.number(_short_number(data, 6), style)
    elif kind == _SHORTS:
        for place in range((len(data) - 6) // 6):
            style = _word(data, 4 + 6 * place)
            yield row, column + place, workbook.number(_short_number(data, 6 + 6 * place), style)
    elif kind == _BOOLERR:
        yield row, column, _ERRORS.get(data[6], "#N/A") if data[7] else text_of(bool(data[6]))
    elif data[12:14] != b"\xff\xff":
        yield row, column, workbook.number(struct.unpack_from("<d", data, 6)[0], style)
    else:
        results = {1: text_of(bool(data[8])), 2: _ERRORS.get(data[8], "#N/A")}
        yield row, column, results.get(data[6], "")


def _short_number(data: bytes, place: int) -> float:
    """A number in four bytes: 30 bits of a whole number or of a float, perhaps a hundred times what is meant."""
    bits = struct.unpack_from("<i", data, place)[0]
    number = float(bits >> 2) if bits & 2 else struct.unpack("<d", struct.pack("<iI", 0, bits & 0xFFFFFFFC))[0]
    return number / 100 if bits & 1 else number


def _characters(data: bytes, place: int, length: int) -> str:
    """The text whose flags stand at a place: one byte a character, or two."""
    if data[place] & 1:
        return data[place + 1 : place + 1 + 2 * length].decode("utf-16-le", errors="replace")
    return data[place + 1 : place + 1 + length].decode("latin-1")


def _shared_texts(pieces: list[bytes]) -> list[str]:
    """The texts of the table of texts, which goes on in further records, also in the middle of a text."""
    texts: list[str] = []
    count = struct.unpack_from("<I", pieces[0], 4)[0]
    piece, place = 0, 8

    def taken(length: int) -> bytes:
        """The next bytes, wherever records end among them."""
        nonlocal piece, place
        found = b""
        while len(found) < length:
            if place >= len(pieces[piece]):
                piece, place = piece + 1, 0
            part = pieces[piece][place : place + length - len(found)]
            found, place = found + part, place + len(part)
        return found

    while len(texts) < count and (piece < len(pieces) - 1 or place < len(pieces[piece])):
        length, flags = struct.unpack("<HB", taken(3))
        runs = _word(taken(2), 0) if flags & 8 else 0
        extra = struct.unpack("<I", taken(4))[0] if flags & 4 else 0
        said = ""
        while True:
            width = 1 + (flags & 1)
            room = (len(pieces[piece]) - place) // width
            part = taken(min(length - len(said), room) * width)
            # A character beyond 65,535 is two here, and counted as two.
            said += part.decode("latin-1") if width == 1 else "".join(map(chr, struct.unpack(f"<{len(part) // 2}H", part)))
            if len(said) >= length:
                break
            # Each further record tells anew how wide its characters are.
            piece, place = piece + 1, 1
            flags = flags & 0xFE | pieces[piece][0] & 1
        texts.append(said.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        taken(4 * runs + extra)
    return texts


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """The records from a place in the stream to the end of the sheet (or of the workbook's own) that begins there."""
    place, depth = start, 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        data = stream[place + 4 : place + 4 + length]
        place += 4 + length
        depth += (kind == _BOF) - (kind == _EOF)  # a chart within a sheet has records of its own
        if depth == 1:
            yield kind, data
        if depth <= 0:
            return


def _word(data: bytes, place: int) -> int:
    return struct.unpack_from("<H", data, place)[0]


def _streams(content: bytes) -> dict[str, bytes]:
    """{name: bytes} of the streams in a compound file (Microsoft's MS-CFB) that can matter here."""
    sector_bytes, small_bytes = 1 << min(_word(content, 30), 12), 1 << min(_word(content, 32), 12)
    first_directory, _, small_below, first_small, _, first_table, tables = struct.unpack_from("<IIIIIII", content, 48)
    numbers = list(struct.unpack_from("<109I", content, 76))
    sector = first_table
    for _ in range(min(tables, len(content) // sector_bytes)):
        more = struct.unpack_from(f"<{sector_bytes // 4}I", content, (sector + 1) * sector_bytes)
        numbers, sector = numbers + list(more[:-1]), more[-1]
    chains: list[int] = []
    for number in numbers[: len(content) // sector_bytes]:
        if number < _END - 3:
            table = content[(number + 1) * sector_bytes : (number + 2) * sector_bytes]
            chains += struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])

    def chained(first: int) -> bytes:
        return b"".join(
            content[(number + 1) * sector_bytes : (number + 2) * sector_bytes] for number in _chain(chains, first)
        )

    directory = chained(first_directory)
    small_table = chained(first_small) if first_small < _END else b""
    small_chains = list(struct.unpack(f"<{len(small_table) // 4}I", small_table[: len(small_table) // 4 * 4]))
    streams, small, has_root = {}, b"", False
    for place in range(0, len(directory) - 127, 128):
        entry = directory[place : place + 128]
        length, kind = _word(entry, 64), entry[66]
        first, size = struct.unpack_from("<II", entry, 116)
        if kind == 5:
            has_root = True
            small = chained(first)[:size] if first < _END else b""
        title = entry[: max(length - 2, 0)].decode("utf-16-le", errors="replace")
        if kind != 2 or title not in ("Workbook", "Book", "EncryptedPackage"):
            continue
        if title == "EncryptedPackage":
            streams[title] = b""
        elif size < small_below:
            pieces = (small[number * small_bytes : (number + 1) * small_bytes] for number in _chain(small_chains, first))
            streams[title] = b"".join(pieces)[:size]
        else:
            streams[title] = chained(first)[:size]
    if not has_root:
        raise ValueError("The file has no directory.")
    return streams


def _chain(chains: list[int], first: int) -> Iterator[int]:
    number = first
    for _ in range(len(chains)):  # a chain that is longer runs in a circle
        if number >= len(chains):
            return
        yield number
        number = chains[number]
