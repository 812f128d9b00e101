"""How is the text written? Its encoding, delimiter, quoting and header, told from the bytes themselves."""

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace

from crm.errors import InvalidInput

SAMPLE_BYTES = 256 * 1024  # thousands of lines; more changes no verdict
SAMPLE_LINES = 200
DELIMITERS = (",", ";", "\t", "|")
BLANKS = " "  # the delimiter's name for “one or more blanks”
EVEN_ENOUGH = 0.8  # of the sampled lines have the same number of fields: titles and broken lines are the rest
CHINESE_SHARE = 0.8  # of the two-byte signs lie in GB2312's square; Western accents before a letter never do
DAMAGED_SHARE = 0.05  # fewer broken than sound characters: damaged UTF-8, not another encoding

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_NUMBER_OR_DATE = re.compile(r"[-+(]?[^\w\s]?\s*\d[\d.,:/\-\s'T年月日%)]*[^\W\d]?")


@dataclass(frozen=True)
class FileFormat:
    """How a file is written; None means: to be detected.

    `encoding` is a Python codec, `delimiter` one character (" " for runs of blanks), `quote` a character or
    "" for none, `date_order` one of "ymd", "dmy", "mdy", `decimal_mark` "." or ",", `sheet` a workbook's
    sheet.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    has_header: bool | None = None
    date_order: str | None = None
    decimal_mark: str | None = None
    sheet: str | None = None

    def __post_init__(self) -> None:
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except LookupError:
                raise InvalidInput(
                    f"“{self.encoding}” is no known encoding; use utf-8, gb18030, cp1252 or utf-16.",
                    field="encoding",
                ) from None
        if self.delimiter is not None and (len(self.delimiter) != 1 or not self.delimiter.isascii()):
            raise InvalidInput(
                f"“{self.delimiter}” is no delimiter; use one character such as , ; | or a tab.",
                field="delimiter",
            )
        if self.quote is not None and (len(self.quote) > 1 or not self.quote.isascii()):
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


def decode(content: bytes, *, encoding: str | None, name: str) -> tuple[bytes, str, int]:
    """The text as UTF-8 without a mark, the encoding's name, and how many characters were beyond repair.

    Raises InvalidInput for binary data and for text that is in none of the encodings known here.
    """
    chosen = encoding or detect_encoding(content, name=name)
    if chosen in ("utf-8", "utf-8-sig"):
        content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode(chosen)
    except UnicodeDecodeError as error:
        if encoding is None and chosen == "utf-8":
            text = content.decode("utf-8", errors="replace")
            return text.encode(), chosen, text.count("\ufffd")
        line = content[: error.start].count(b"\n") + 1
        raise InvalidInput(
            f"“{name}” is not written in {chosen}: line {line} holds bytes that are no character there. "
            "Name another encoding.",
            field="encoding",
        ) from None
    return (content if chosen == "utf-8" else text.encode(errors="replace")), chosen, 0


def detect_encoding(content: bytes, *, name: str) -> str:
    """utf-8, utf-8-sig, utf-16, gb18030 or cp1252. Raises InvalidInput for binary data."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return encoding
    if b"\x00" in content[:SAMPLE_BYTES]:
        raise InvalidInput(f"“{name}” is no text: it holds binary data. Export the table as CSV or .xlsx.")
    try:
        content.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        pass
    repaired = content.decode("utf-8", errors="replace")
    damaged, sound = repaired.count("\ufffd"), sum(not sign.isascii() for sign in repaired)
    if damaged <= DAMAGED_SHARE * (sound - damaged):
        return "utf-8"
    return "gb18030" if _looks_chinese(content) else "cp1252"


def _looks_chinese(content: bytes) -> bool:
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return False
    pairs = _PAIR.findall(content, 0, 4 * SAMPLE_BYTES)
    square = sum(pair[0] >= 0xA1 and pair[1] >= 0xA1 for pair in pairs)
    return square >= CHINESE_SHARE * len(pairs)


def sample_rows(text: bytes, *, delimiter: str, quote: str = '"') -> list[list[str]]:
    """The first lines, split; what csv cannot read (a line cut off by the sample's end) is left out."""
    sample = text[:SAMPLE_BYTES].decode(errors="replace").lstrip("\r\n")
    csv.field_size_limit(2**24)
    settings = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    if delimiter == BLANKS:
        return [line.split() for line in sample.splitlines()[:SAMPLE_LINES] if line.strip()]
    rows = []
    for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, **settings):
        if row:
            rows.append(row)
        if len(rows) >= SAMPLE_LINES:
            break
    return rows if len(text) <= SAMPLE_BYTES or len(rows) >= SAMPLE_LINES else rows[:-1]


def detect_layout(text: bytes, asked: FileFormat, *, name: str) -> FileFormat:
    """Delimiter, quote and header, where they were not given. Raises InvalidInput when no delimiter gives a
    table."""
    quote = '"' if asked.quote is None else asked.quote
    delimiter = asked.delimiter or _detect_delimiter(text, quote, name)
    rows = sample_rows(text, delimiter=delimiter, quote=quote)
    has_header = is_header(rows) if asked.has_header is None else asked.has_header
    return replace(asked, delimiter=delimiter, quote=quote, has_header=has_header)


def _detect_delimiter(text: bytes, quote: str, name: str) -> str:
    best, best_score = None, 0.0
    for delimiter in (*DELIMITERS, BLANKS):
        rows = sample_rows(text, delimiter=delimiter, quote=quote)
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
        raise InvalidInput(
            f"“{name}” does not look like a table: no comma, semicolon, tab or bar splits its lines into "
            "the same number of columns.",
            field="delimiter",
        )
    return best


def is_header(rows: list[list[str]]) -> bool:
    """Whether the first row names the columns: no number or date stands in it, and its names differ.

    >>> is_header([["id", "day"], ["7", "2024-01-02"]])
    True
    >>> is_header([["7", "2024-01-02"], ["8", "2024-01-03"]])
    False
    """
    first = [cell.strip() for cell in rows[0]] if rows else []
    named = [cell for cell in first if cell]
    if not named or len(set(named)) < len(named):
        return False
    return not any(_NUMBER_OR_DATE.fullmatch(unicodedata.normalize("NFKC", cell)) for cell in named)


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
            name = f"{plain} ({times})"
        names.append(name)
    return names
