"""How is the text laid out? Its delimiter, quoting, title lines and header, told from its first lines."""

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from crm.errors import InvalidInput
from crm.imports.encodings import SAMPLE_BYTES

SAMPLE_LINES = 200
DELIMITERS = (",", ";", "\t", "|")
BLANKS = " "  # the delimiter's name for “one or more blanks”
EVEN_ENOUGH = 0.8  # of the sampled lines have the same number of fields: titles and broken lines are the rest
MAX_TITLE_LINES = 20  # above a header; more are no title but another table
MAX_SKIPPED_ROWS = 1_000
PROSE_SHARE = 0.2  # more lines than this that read like sentences: no table of one column

_THOUSANDS_MARKS = (",", ".", "'", "’", " ", "\u00a0", "\u202f", "_")
_NUMBER_OR_DATE = re.compile(r"[-+(]?[^\w\s]?\s*\d[\d.,:/\-\s'T年月日%)]*[^\W\d]?")
_HINT = re.compile(rb"(?i)sep=([^\r\n])\r?\n")  # a first line by which spreadsheet programs tell the delimiter
_RULE = re.compile(r":?-{2,}:?|={2,}")
_UNIT = re.compile(
    r"(?i)\(.{1,20}\)|\[.{1,20}\]|%|[€$£¥₹]|"
    r"EUR|USD|GBP|CHF|CNY|JPY|k?g|mg|t|lbs?|oz|[mck]?m|km|[mc]?l|h|hours?|min|s|sec|days?|weeks?|months?|years?|"
    r"pcs|pc|pieces?|units?|St(?:ü|ue)?ck|Stk|Tage|Std|元|个|件|天|"
    r"str(?:ing)?|text|char|varchar|int(?:eger)?|bigint|float|double|decimal|number|numeric|date|datetime|timestamp|"
    r"bool(?:ean)?|yyyy-mm-dd|dd[./-]mm[./-]yyyy|mm/dd/yyyy"
)


@dataclass(frozen=True)
class FileFormat:
    """How a file is written; None means: to be detected.

    `encoding` is a Python codec, `delimiter` one character (" " for runs of blanks), `quote` a character or
    "" for none, `date_order` one of "ymd", "dmy", "mdy", `decimal_mark` "." or ",", `sheet` a workbook's
    sheet, `thousands_mark` the character between groups of three digits or "" for none, `null_words` the texts that
    mean nothing (such as "NULL"), `skip_rows` how many rows above the header are no table, empty lines not counted.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    has_header: bool | None = None
    date_order: str | None = None
    decimal_mark: str | None = None
    sheet: str | None = None
    thousands_mark: str | None = None
    null_words: tuple[str, ...] | None = None
    skip_rows: int | None = None

    def __post_init__(self) -> None:
        if self.encoding is not None and not _is_encoding(self.encoding):
            raise InvalidInput(
                f"“{self.encoding}” is no known encoding; use utf-8, gb18030, cp1252 or utf-16.", field="encoding"
            )
        if self.delimiter == "blanks":  # as a report writes it
            object.__setattr__(self, "delimiter", BLANKS)
        if self.delimiter is not None and not _is_mark(self.delimiter):
            raise InvalidInput(
                f"“{self.delimiter}” is no delimiter; use one character such as , ; | or a tab.", field="delimiter"
            )
        if self.quote and (not _is_mark(self.quote) or self.quote == self.delimiter):
            raise InvalidInput(
                f"“{self.quote}” is no quote mark; use one character, or nothing.", field="quote"
            )
        if self.date_order not in (None, "ymd", "dmy", "mdy"):
            raise InvalidInput(
                f"“{self.date_order}” is no order of a date; use ymd, dmy or mdy.", field="date_order"
            )
        if self.decimal_mark not in (None, ".", ","):
            raise InvalidInput(
                f"“{self.decimal_mark}” is no decimal mark; use a point or a comma.", field="decimal_mark"
            )
        if self.thousands_mark not in (None, "", *_THOUSANDS_MARKS):
            raise InvalidInput(
                f"“{self.thousands_mark}” is no thousands mark; use a comma, a point, an apostrophe, a blank or nothing.",
                field="thousands_mark",
            )
        if self.thousands_mark and self.thousands_mark == self.decimal_mark:
            raise InvalidInput(
                "The thousands mark and the decimal mark are the same; choose two that differ.", field="thousands_mark"
            )
        if self.null_words is not None:
            if isinstance(self.null_words, str) or not all(isinstance(word, str) for word in self.null_words):
                raise InvalidInput("Name the texts that mean nothing one by one.", field="null_words")
            object.__setattr__(self, "null_words", tuple(self.null_words))
        if self.skip_rows is not None and not 0 <= self.skip_rows <= MAX_SKIPPED_ROWS:
            raise InvalidInput(
                f"{self.skip_rows} rows cannot be skipped; at most {MAX_SKIPPED_ROWS:,} can.", field="skip_rows"
            )


@dataclass(frozen=True)
class Layout:
    """A text's first lines understood. `start`: where in the text, in bytes, the table's lines begin.

    `header`: the header's fields as written, None without one. `names`: one a column, all different. `rows_before`:
    rows above the first line, header and titles counted. notes: `title_lines`, `second_header_rows`.
    """

    format: FileFormat
    names: list[str]
    header: list[str] | None
    start: int
    rows_before: int
    notes: dict[str, int]


def detect_layout(text: bytes, asked: FileFormat, *, name: str) -> Layout:
    """Delimiter, quote, title lines and header, where they were not given.

    text: UTF-8 without empty lines at its start. Raises InvalidInput when no delimiter gives a table.
    """
    quote = '"' if asked.quote is None else asked.quote
    hint = _HINT.match(text[:10])
    hinted = hint[1].decode("ascii", "ignore") if hint else ""
    delimiter = asked.delimiter or (hinted if _is_mark(hinted) and hinted != quote else "")
    if not delimiter:
        delimiter = _detect_delimiter(text, quote, name)
    most = SAMPLE_LINES + (asked.skip_rows or 0)
    read = list(_records(text, delimiter=delimiter, quote=quote, most=most))
    rows = [row for row, _ in read]
    if len(rows) <= (asked.skip_rows or 0):
        if asked.skip_rows and len(text) <= SAMPLE_BYTES:
            raise InvalidInput(
                f"“{name}” has only {len(rows):,} rows; {asked.skip_rows:,} cannot be skipped.", field="skip_rows"
            )
        raise InvalidInput(
            f"“{name}”: its first line is longer than {SAMPLE_BYTES // 1024} kB, which no "
            "header is; a closing quote may be missing."
        )
    hints = 1 if hint and not asked.skip_rows else 0
    skipped = asked.skip_rows
    if skipped is None:
        skipped = min(hints, len(rows) - 1)
        skipped += count_title_lines(rows[skipped:], has_header=asked.has_header)
    table = rows[skipped:]
    has_header = is_header(table) if asked.has_header is None else asked.has_header
    second = int(has_header and _has_second_header(table))
    before = skipped + has_header + second
    notes = {"title_lines": skipped, "second_header_rows": second}
    return Layout(
        replace(asked, delimiter=delimiter, quote=quote, has_header=has_header, skip_rows=skipped),
        column_names(table[0] if has_header else None, width=_width(table)),
        table[0] if has_header else None,
        read[before - 1][1] if before else 0,
        before,
        {code: number for code, number in notes.items() if number},
    )


def end_of_rows(text: bytes, layout: Layout, *, lines: int, is_whole: bool) -> int:
    """Where in the text, in bytes, the first so many lines of the table end.

    Of a text that is not whole, the last line may be cut off; it is left out.
    """
    rest = text[layout.start :]
    delimiter, quote = layout.format.delimiter, layout.format.quote
    rows = _records(rest, delimiter=delimiter, quote=quote, most=lines, most_bytes=len(rest) + is_whole - 1)
    return layout.start + max((end for _, end in rows), default=0)


def sample_rows(text: bytes, *, delimiter: str, quote: str = '"') -> list[list[str]]:
    """The first lines, split; a line that is cut off by the sample's end is left out."""
    return [row for row, _ in _records(text, delimiter=delimiter, quote=quote)]


def _records(
    text: bytes, *, delimiter: str, quote: str, most: int = SAMPLE_LINES, most_bytes: int = SAMPLE_BYTES
) -> Iterator[tuple[list[str], int]]:
    """The first rows that hold something, each with the place in bytes where it ends.

    The last of a text longer than most_bytes may be cut off there, and is left out.
    """
    is_whole = len(text) <= most_bytes
    sample = io.StringIO(text[:most_bytes].decode(errors="replace"), newline="")
    csv.field_size_limit(2**24)
    settings = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    place = 0

    def lines() -> Iterator[str]:
        nonlocal place
        for line in sample:
            place += len(line.encode())
            yield line

    if delimiter == BLANKS:
        rows = (line.split() for line in lines())
    else:
        rows = csv.reader(lines(), delimiter=delimiter, **settings)
    found = 0
    last: tuple[list[str], int] | None = None
    for row in rows:
        if not row:
            continue
        if last is not None:
            yield last
        last, found = (row, place), found + 1
        if found >= most:
            break
    if last is not None and (is_whole or (found >= most and place < most_bytes)):
        yield last


def _detect_delimiter(text: bytes, quote: str, name: str) -> str:
    best, best_score = None, 0.0
    samples = {
        delimiter: sample_rows(text, delimiter=delimiter, quote=quote) for delimiter in (*DELIMITERS, BLANKS)
    }
    for delimiter, rows in samples.items():
        widths = Counter(map(len, rows))
        width, lines = widths.most_common(1)[0] if widths else (1, 0)
        share = lines / max(len(rows), 1)
        # Prose splits at blanks too, so blanks count only where every line has as many fields.
        if width < 2 or share < (1.0 if delimiter == BLANKS else 0.5):
            continue
        score = share * (1 + width / 1000 if share >= EVEN_ENOUGH else 0.5)
        if delimiter == BLANKS and best is not None:
            continue
        if score > best_score:
            best, best_score = delimiter, score
    if best is None:
        best = next((delimiter for delimiter in DELIMITERS if _is_below_titles(samples[delimiter])), None)
    if best is None and _is_one_column(text, samples):
        best = DELIMITERS[0]
    if best is None:
        raise InvalidInput(
            f"“{name}” does not look like a table: no comma, semicolon, tab or bar splits its lines into "
            "the same number of columns.",
            field="delimiter",
        )
    return best


def _is_below_titles(rows: list[list[str]]) -> bool:
    """Whether a short table stands below more title lines than it has lines."""
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return False
    width = widths.most_common(1)[0][0]
    first = next(place for place, row in enumerate(rows) if len(row) == width)
    below = [len(row) for row in rows[first:]]
    return first <= MAX_TITLE_LINES and len(below) >= 3 and below.count(width) >= EVEN_ENOUGH * len(below)


def _is_one_column(text: bytes, samples: dict[str, list[list[str]]]) -> bool:
    """Whether every line is one field, and the lines do not read like sentences."""
    if any(len(row) > 1 for delimiter in DELIMITERS for row in samples[delimiter]):
        return False
    fields = [row[0].strip() for row in samples[DELIMITERS[0]]]
    if not fields or any(delimiter.encode() in text for delimiter in DELIMITERS if delimiter != ","):
        return False
    sentences = sum(
        len(text.split()) > 3 and (text[0].islower() or text[-1] in ".!?:…") for text in fields if text
    )
    return sentences <= PROSE_SHARE * len(fields)


def count_title_lines(rows: list[list[str]], *, has_header: bool | None = None) -> int:
    """How many rows above the header are no part of the table: titles, notes, names of groups of columns.

    Only rows that leave most columns empty are, and only above a row that fills them.

    >>> count_title_lines([["Sales 2024"], ["id", "day", "city"], ["7", "2024-01-02", "Rome"]])
    1
    >>> count_title_lines([["id", "day", ""], ["7", "2024-01-02", "Rome"]])
    0
    """
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0
    width = widths.most_common(1)[0][0]
    first = next((place for place, row in enumerate(rows) if not _may_stand_above(row, width)), 0)
    above, below = rows[:first], rows[first + 1 :]
    if not 1 <= first <= MAX_TITLE_LINES:
        return 0
    if below and sum(not _is_sparse(row, width) for row in below) < len(below) / 2:
        return 0
    singles = all(len(_filled(row)) <= 1 for row in above)
    if is_header(rows[first:]) if has_header is None else has_header:
        is_told = _names_numbers(rows[first], below)
        return first if is_told or (singles and (width > 2 or all(len(row) == 1 for row in above))) else 0
    # Above lines without a header only words that no other delimiter splits are a title; a code is a broken line.
    texts = [cell for row in above for cell in _filled(row)]
    is_title = singles and all(" " in cell and not any(sign in cell for sign in DELIMITERS) for cell in texts)
    return first if is_title and all(len(row) < width for row in above) else 0


def _is_sparse(row: list[str], width: int) -> bool:
    return width > 1 and len(_filled(row)) <= max(1, width // 2)


def _may_stand_above(row: list[str], width: int) -> bool:
    """Whether a row may be no part of the table: a title, or what was asked for (“From, 2024-01-01”)."""
    has_room = len(row) < width or not row[-1].strip()
    return _is_sparse(row, width) or (has_room and any(map(_is_number_or_date, _filled(row))))


def _filled(row: list[str]) -> list[str]:
    return [cell.strip() for cell in row if cell.strip()]


def _names_numbers(header: list[str], below: list[list[str]]) -> bool:
    """Whether a column below holds numbers or dates where this row does not: the proof that it is a header."""
    return any(
        cell.strip() and not _is_number_or_date(cell) and _is_numeric(below, place)
        for place, cell in enumerate(header)
    )


def _is_numeric(rows: list[list[str]], place: int) -> bool:
    cells = [row[place].strip() for row in rows if place < len(row) and row[place].strip()]
    return bool(cells) and sum(map(_is_number_or_date, cells)) >= EVEN_ENOUGH * len(cells)


def _is_number_or_date(cell: str) -> bool:
    return _NUMBER_OR_DATE.fullmatch(unicodedata.normalize("NFKC", cell.strip())) is not None


def _has_second_header(rows: list[list[str]]) -> bool:
    """Whether the row below the header holds units, types or a rule, and nothing that a line could hold."""
    if len(rows) < 3:
        return False
    second, below = rows[1], rows[2:]
    if rows[0] == second and len(second) > 1:
        return second not in below
    cells = _filled(second)
    if cells and all(_RULE.fullmatch(cell) for cell in cells):
        return True
    if not cells or not all(_UNIT.fullmatch(cell) for cell in cells) or not _names_numbers(second, below):
        return False
    return not any(
        cell.strip() and any(place < len(row) and row[place].strip() == cell.strip() for row in below)
        for place, cell in enumerate(second)
    )


def _width(rows: list[list[str]]) -> int:
    widths = [len(row) for row in rows[1:]] or [len(rows[0])]
    common = max(set(widths), key=widths.count)
    evenly = widths.count(common) >= EVEN_ENOUGH * len(widths)
    # Some programs end every line but the header with a delimiter; then the lines tell the width.
    return common if evenly and common > len(rows[0]) else len(rows[0])


def is_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: no number or date stands in it, and its names differ.

    Names that repeat are names only where the lines below them hold numbers or dates.

    >>> is_header([["id", "day"], ["7", "2024-01-02"]])
    True
    >>> is_header([["7", "2024-01-02"], ["8", "2024-01-03"]])
    False
    >>> is_header([["id", "name", "name"], ["7", "Ann", "Lee"]]), is_header([["Yes", "Yes"], ["No", "Yes"]])
    (True, False)
    """
    named = _filled(rows[0]) if rows else []
    if not named or any(map(_is_number_or_date, named)):
        return False
    return len(set(named)) == len(named) or _names_numbers(rows[0], rows[1:])


def column_names(header: list[str] | None, *, width: int) -> list[str]:
    """One name a column, all different: the header's, or positions "1", "2" where there is none.

    >>> column_names(["a", "", "a"], width=4)
    ['a', 'column 2', 'a (2)', 'column 4']
    """
    if header is None:
        return [str(place) for place in range(1, width + 1)]
    names: list[str] = []
    for place in range(1, width + 1):
        plain = header[place - 1].strip() if place <= len(header) else ""
        name, times = plain or f"column {place}", 1
        while name in names:
            times += 1
            name = f"{plain} ({times})" if plain else f"column {place} ({times})"
        names.append(name)
    return names


def _is_encoding(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except (LookupError, ValueError):
        return False
    try:
        b"text".decode(encoding)
    except LookupError:  # a codec of bytes, such as base64, is no encoding of text
        return False
    except ValueError:
        pass
    return True


def _is_mark(sign: str) -> bool:
    return len(sign) == 1 and sign.isascii() and sign not in "\r\n\x00"
