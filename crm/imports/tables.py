"""Which lines does the file hold? Text in columns, not yet understood; what fits no column is kept with its
reason."""

import csv
import io
import re
from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa
import pyarrow.csv

from crm.errors import InvalidInput
from crm.imports import detection, workbooks
from crm.imports.detection import FileFormat
from crm.imports.files import SourceFile, too_many_columns, too_many_lines
from crm.imports.steps import Steps

MAX_LINE_BYTES = 16 * 2**20  # no order line is longer; a missing closing quote makes one that is
MAX_LINES = 5_000_000  # what fits the memory of a small laptop; see also files.MAX_BYTES
MAX_COLUMNS = 1_000  # wider is a matrix, not a list of order lines
_DAMAGED = "\ufffd".encode()


@dataclass(frozen=True)
class Table:
    """A file's lines as text.

    lines: one row a line, its number in the file as index (`row`, the header counted), every column a
    categorical of the texts that occur, so that each different text is understood once. ragged: `row`,
    `text`, `reason` of the lines that have too few or too many fields.
    """

    lines: pd.DataFrame
    ragged: pd.DataFrame
    format: FileFormat
    damaged_characters: int = 0

    @property
    def lines_read(self) -> int:
        return len(self.lines) + len(self.ragged)


def read_table(source: SourceFile, *, asked: FileFormat | None = None, steps: Steps | None = None) -> Table:
    """Split a file into lines and columns.

    Raises InvalidInput for what is no table, holds no lines, or too many, and Cancelled.
    """
    asked = asked or FileFormat()
    text, wanted, damaged = _text(source, asked, steps or Steps())
    layout = detection.detect_layout(text, wanted, name=source.name)
    names, rows_before = _names(text, layout, source.name)
    lines, ragged = _split(text, layout, names, source.name)
    if asked.quote is None and text.count(b'"') % 2 and len(ragged):
        # A stray quote swallows the lines up to the next one; read without quoting when that keeps more of
        # them.
        plain = replace(layout, quote="")
        plain_lines, plain_ragged = _split(text, plain, names, source.name)
        if len(plain_ragged) <= len(ragged) and len(plain_lines) > len(lines):
            lines, ragged, layout = plain_lines, plain_ragged, plain
    lines = lines[lines.index > rows_before]
    ragged = ragged[ragged["row"] > rows_before].reset_index(drop=True)
    if not len(lines) and not len(ragged):
        raise InvalidInput(f"“{source.name}” has a header but no lines below it.")
    if not len(lines):
        raise InvalidInput(
            f"“{source.name}”: {ragged['reason'][0]} No line fits the header (lines: {len(ragged):,}); "
            "check the delimiter.",
            field="delimiter",
        )
    return Table(lines, ragged, layout, damaged)


def _text(source: SourceFile, asked: FileFormat, steps: Steps) -> tuple[bytes, FileFormat, int]:
    """UTF-8 without NUL, how it was written, and how many characters are damaged."""
    if source.is_workbook:
        text, sheet = workbooks.as_csv(
            source.content,
            sheet=asked.sheet,
            name=source.name,
            max_lines=MAX_LINES,
            max_columns=MAX_COLUMNS,
            steps=steps,
        )
        wanted = replace(asked, sheet=sheet, encoding="utf-8", delimiter=",", quote='"')
        damaged = 0
    else:
        text, encoding, damaged = detection.decode(source.content, encoding=asked.encoding, name=source.name)
        wanted = replace(asked, encoding=encoding)
    if nuls := text.count(b"\x00"):
        # A server refuses NUL in texts; it is a damaged character like any other, and counted as one.
        text, damaged = text.replace(b"\x00", _DAMAGED), damaged + nuls
    return text.lstrip(b"\r\n"), wanted, damaged


def _names(text: bytes, layout: FileFormat, name: str) -> tuple[list[str], int]:
    """The columns' names, and how many rows stand before the first line (the header)."""
    rows = detection.sample_rows(text, delimiter=layout.delimiter, quote=layout.quote)
    if not rows:
        raise InvalidInput(
            f"“{name}”: its first line is longer than {detection.SAMPLE_BYTES // 1024} kB, which no "
            "header is; a closing quote may be missing."
        )
    widths = [len(row) for row in rows[1:]] or [len(rows[0])]
    common = max(set(widths), key=widths.count)
    evenly = widths.count(common) >= detection.EVEN_ENOUGH * len(widths)
    # Some programs end every line but the header with a delimiter; then the lines tell the width.
    width = common if evenly and common > len(rows[0]) else len(rows[0])
    if width > MAX_COLUMNS:
        raise too_many_columns(name, columns=width, most=MAX_COLUMNS)
    return detection.column_names(rows[0] if layout.has_header else None, width=width), int(layout.has_header)


def _split(text: bytes, layout: FileFormat, names: list[str], name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    delimiter, quote = layout.delimiter, layout.quote
    if delimiter == detection.BLANKS:
        text, delimiter, quote = (
            re.sub(rb"[ \t]+", b"\t", re.sub(rb"(?m)^[ \t]+|[ \t\r]+$", b"", text)),
            "\t",
            "",
        )
    ragged: list[tuple[int, str, int]] = []

    def set_aside(row) -> str:
        ragged.append((row.number, row.text, row.actual_columns))
        return "skip"

    as_texts = pa.dictionary(pa.int32(), pa.string())
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(text),
            # One thread: only then does a ragged line tell its number.
            read_options=pa.csv.ReadOptions(column_names=names, use_threads=False, block_size=MAX_LINE_BYTES),
            parse_options=pa.csv.ParseOptions(
                delimiter=delimiter,
                quote_char=quote or False,
                newlines_in_values=bool(quote) and b'"' in text,
                escape_char="\\" if quote and _escapes_quotes(text, delimiter) else False,
                invalid_row_handler=set_aside,
            ),
            convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, as_texts)),
        )
    except pa.ArrowInvalid as error:
        if "straddl" in str(error):
            raise InvalidInput(
                f"“{name}” holds a line longer than {MAX_LINE_BYTES // 2**20} MB; a closing quote may be "
                "missing."
            ) from None
        raise InvalidInput(f"“{name}” cannot be read as a table: {error}.") from None
    if table.num_rows + len(ragged) > MAX_LINES:
        raise too_many_lines(name, most=MAX_LINES)
    lines = table.unify_dictionaries().combine_chunks().to_pandas()
    aside = _ragged_frame(ragged, width=len(names))
    numbers = pd.RangeIndex(1, len(lines) + len(aside) + 1, name="row")
    lines.index = numbers.difference(aside["row"], sort=False) if len(aside) else numbers
    lines.index.name = "row"
    return lines, aside


def _escapes_quotes(text: bytes, delimiter: str) -> bool:
    # A backslash before a closing quote is text (a path, a size); one before a quote inside the field escapes
    # it.
    return re.search(rb'\\"[^"\r\n' + re.escape(delimiter.encode()) + rb"]", text) is not None


def _ragged_frame(ragged: list[tuple[int, str, int]], *, width: int) -> pd.DataFrame:
    reasons = [
        f"The line has 1 field where the table has {width} columns."
        if fields == 1
        else f"The line has {fields} fields where the table has {width} columns."
        for _, _, fields in ragged
    ]
    return pd.DataFrame(
        {
            "row": pd.Series([row for row, _, _ in ragged], dtype="int64"),
            "text": pd.Series([text for _, text, _ in ragged], dtype="str"),
            "reason": pd.Series(reasons, dtype="str"),
        }
    )


def ragged_fields(text: str, layout: FileFormat, *, width: int) -> list[str]:
    """The fields of a ragged line, cut or filled up to `width`; what is beyond stays joined in the last
    one."""
    if layout.delimiter == detection.BLANKS:
        fields = text.split()
    else:
        settings = {"quotechar": layout.quote} if layout.quote else {"quoting": csv.QUOTE_NONE}
        fields = next(csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter, **settings), [])
    kept = fields[:width] + [""] * (width - len(fields))
    if len(fields) > width:
        kept[-1] = layout.delimiter.join(fields[width - 1 :])
    return kept
