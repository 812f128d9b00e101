"""Which lines does the file hold? Text in columns, not yet understood; what fits no column is kept with its
reason."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from crm.errors import InvalidInput
from crm.imports import detection, encodings, json_lines, parquet_files, workbooks
from crm.imports.detection import FileFormat, Layout
from crm.imports.files import MAX_BYTES, WORKBOOKS, SourceFile, too_large, too_many_columns, too_many_lines
from crm.imports.steps import Steps
from crm.imports.values import text_of

MAX_LINE_BYTES = 16 * 2**20  # no order line is longer; a missing closing quote makes one that is
MAX_LINES = 5_000_000  # what fits the memory of a small laptop; see also files.MAX_BYTES
MAX_COLUMNS = 1_000  # wider is a matrix, not a list of order lines
HEAD_BYTES = 2**20  # of a file, for its first lines; more than what the layout is told from
_RECORDS_A_CHUNK = 20_000
_SHOWN_OF_A_LONG_LINE = 200  # bytes
_DAMAGED = "\ufffd"
_LONG_LINE = "The line is longer than {} MB and was not read; a closing quote may be missing."
_REPEATED_HEADER = "The line repeats the header."


@dataclass(frozen=True)
class Table:
    """A file's lines as text.

    lines: one row a line, its number in the file as index (`row`, the header counted), every column a
    categorical of the texts that occur, so that each different text is understood once. ragged: `row`,
    `text`, `reason` of the lines that have too few or too many fields or could not be read. notes: what was found and
    is no line: `title_lines`, `second_header_rows` (neither is counted as read), `hidden_rows`, `hidden_columns`,
    `merged_cells`, `formula_cells_without_value`, `error_cells` (all of them read), `lines_too_long` (among the
    ragged), `lines_of_another_encoding` (read in theirs), `damaged_characters` (shown as �); only what is not 0.
    """

    lines: pd.DataFrame
    ragged: pd.DataFrame
    format: FileFormat
    notes: dict[str, int] = field(default_factory=dict)

    @property
    def lines_read(self) -> int:
        return len(self.lines) + len(self.ragged)

    @property
    def damaged_characters(self) -> int:
        return self.notes.get("damaged_characters", 0)


def read_table(source: SourceFile, *, asked: FileFormat | None = None, steps: Steps | None = None) -> Table:
    """Split a file into lines and columns.

    Raises InvalidInput for what is no table, holds no lines, or too many, and Cancelled.
    """
    return _read(source, asked or FileFormat(), steps or Steps(), only_lines=None)


def read_head(source: SourceFile, *, asked: FileFormat | None = None, lines: int = 100) -> Table:
    """The first lines of a file, understood as `read_table` understands them, without reading the rest.

    Counts and notes are those of these lines; of a file whose lines are very long there may be fewer. Raises as
    `read_table` does.
    """
    return _read(source, asked or FileFormat(), Steps(), only_lines=lines)


def table_of_columns(names: Sequence[str], columns: Sequence[Sequence[object | None]], *, name: str) -> Table:
    """The table of values in memory, such as the rows of another database; one sequence a column, all as long.

    Raises InvalidInput where there are no columns or lines, or too many, and for bytes that are no text.
    """
    damage = _Damage()
    arrays = []
    _check_size(name, lines=len(columns[0]) if columns else 0, columns=len(names))
    for theirs, values in zip(names, columns, strict=True):
        try:
            texts = [text_of(value) for value in values]
        except UnicodeDecodeError:
            raise InvalidInput(
                f"“{name}”: the column “{theirs}” holds binary data, which is no text; leave it out."
            ) from None
        arrays.append(damage.mended(pa.array(damage.encodable(texts), pa.string()).dictionary_encode()))
    return _table_of_arrays(damage.names(names), arrays, [], FileFormat(has_header=True), damage.notes(), name=name)


def sheets(source: SourceFile) -> list[str]:
    """The names of a workbook's sheets, none for other files. Raises InvalidInput for a damaged workbook."""
    if source.form not in WORKBOOKS:
        return []
    return workbooks.sheet_names(source.content, form=source.form, name=source.name)


def _read(source: SourceFile, asked: FileFormat, steps: Steps, *, only_lines: int | None) -> Table:
    if not source.content.strip():
        raise InvalidInput(f"“{source.name}” is empty: it holds no text.")
    if source.form == "jsonl":
        return _read_json(source, asked, steps, only_lines)
    if source.form == "parquet":
        return _read_parquet(source, asked, only_lines)
    if source.form in WORKBOOKS:
        return _read_workbook(source, asked, steps, only_lines)
    if only_lines is None:
        text, encoding, found = encodings.decode(source.content, encoding=asked.encoding, name=source.name)
        return _read_text(text, replace(asked, encoding=encoding), source.name, found)
    # Nearly always the first piece holds the lines that are asked for.
    for size in (HEAD_BYTES, 4 * MAX_LINE_BYTES, len(source.content)):
        piece, is_whole = _beginning(source.content, size)
        text, encoding, found = encodings.decode(
            piece, encoding=asked.encoding, name=source.name, whole=source.content
        )
        try:
            return _read_text(
                text, replace(asked, encoding=encoding), source.name, found, only_lines, is_whole=is_whole
            )
        except InvalidInput:
            if is_whole:
                raise
    raise AssertionError("The last piece is the whole file.")


def _beginning(content: bytes, size: int) -> tuple[bytes, bool]:
    if len(content) <= size:
        return content, True
    cut = content.rfind(b"\n", 0, size) + 1 or size
    # In encodings of two or four bytes a sign begins at a multiple of them; the last line goes anyway.
    return content[: cut // 4 * 4 if b"\x00" in content[:size] else cut], False


def _read_workbook(source: SourceFile, asked: FileFormat, steps: Steps, only_lines: int | None) -> Table:
    text, sheet, found, numbers = workbooks.as_csv(
        source.content,
        form=source.form,
        sheet=asked.sheet,
        name=source.name,
        max_lines=MAX_LINES,
        max_columns=MAX_COLUMNS,
        steps=steps,
        only_rows=None
        if only_lines is None
        else max(only_lines + (asked.skip_rows or 0) + detection.MAX_TITLE_LINES, detection.SAMPLE_LINES) + 2,
    )
    wanted = replace(asked, sheet=sheet, encoding="utf-8", delimiter=",", quote='"')
    table = _read_text(text, wanted, source.name, found, only_lines)
    in_sheet = np.array([0, *numbers], dtype="int64")  # the text has no empty rows, the sheet may
    lines = table.lines.set_axis(pd.Index(in_sheet[table.lines.index], name="row"))
    return replace(table, lines=lines, ragged=table.ragged.assign(row=in_sheet[table.ragged["row"]]))


def _read_json(source: SourceFile, asked: FileFormat, steps: Steps, only_lines: int | None) -> Table:
    piece, is_whole = source.content, True
    if only_lines is not None:
        piece, is_whole = _beginning(source.content, HEAD_BYTES)
    text, encoding, found = encodings.decode(piece, encoding=asked.encoding, name=source.name, whole=source.content)
    records = json_lines.records(text.decode(), name=source.name, is_whole=is_whole)
    return _table_of_records(
        islice(records, only_lines), replace(asked, encoding=encoding, has_header=True), found, source.name, steps
    )


def _table_of_records(
    records: Iterable[dict | str], layout: FileFormat, found: Counter, name: str, steps: Steps
) -> Table:
    """The table of dictionaries; their columns are all keys, in the sequence in which they first appear."""
    damage, chunks, columns = _Damage(), [], {}
    ragged: list[tuple[int, str, str]] = []
    number, taken = 0, 0
    pending: list[dict] = []

    def close_chunk() -> None:
        nonlocal pending
        steps.heed()
        texts = {key: [text_of(record.get(key)) for record in pending] for key in columns}
        chunks.append(
            {key: pa.array(damage.encodable(column), pa.string()).dictionary_encode() for key, column in texts.items()}
        )
        pending = []

    for number, record in enumerate(records, 1):
        if number > MAX_LINES:
            raise too_many_lines(name, most=MAX_LINES)
        if isinstance(record, str):
            ragged.append((number, record, "The line is no JSON object."))
            continue
        columns.update(dict.fromkeys(record))
        taken += len(columns)
        if len(columns) > MAX_COLUMNS:
            raise too_many_columns(name, columns=len(columns), most=MAX_COLUMNS)
        if 2 * taken > MAX_BYTES:  # as CSV, where each field takes two bytes at least
            raise too_large(name)
        pending.append(record)
        if len(pending) >= _RECORDS_A_CHUNK:
            close_chunk()
    close_chunk()
    sizes = [len(next(iter(chunk.values()), [])) for chunk in chunks]
    arrays = [
        damage.mended(_joined([chunk.get(key, size) for chunk, size in zip(chunks, sizes, strict=True)]))
        for key in columns
    ]
    if not number:
        raise InvalidInput(f"“{name}” holds no lines.")
    if not columns:
        raise InvalidInput(f"“{name}” holds no JSON objects; a table is a list of objects, or one object a line.")
    damage.count += found["damaged_characters"]
    return _table_of_arrays(damage.names(list(columns)), arrays, ragged, layout, found | damage.notes(), name=name)


def _joined(chunks: list[pa.DictionaryArray | int]) -> pa.DictionaryArray:
    """One array of many; a number stands for so many empty texts (of lines before a key appeared)."""
    filled = [
        pa.array([""] * chunk, pa.string()).dictionary_encode() if isinstance(chunk, int) else chunk
        for chunk in chunks
    ]
    return pa.chunked_array(filled).unify_dictionaries().combine_chunks()


def _read_parquet(source: SourceFile, asked: FileFormat, only_lines: int | None) -> Table:
    damage = _Damage()
    names, arrays = parquet_files.columns(
        source.content, name=source.name, max_lines=MAX_LINES, max_columns=MAX_COLUMNS, only_lines=only_lines
    )
    mended = [damage.mended(array) for array in arrays]
    layout = replace(asked, encoding="utf-8", has_header=True)
    return _table_of_arrays(damage.names(names), mended, [], layout, damage.notes(), name=source.name)


class _Damage:
    """Characters that no database takes (NUL, halves of characters), replaced by � and counted."""

    def __init__(self) -> None:
        self.count = 0

    def encodable(self, texts: list[str]) -> list[str]:
        """Texts without halves of characters."""
        try:
            "".join(texts).encode()
        except UnicodeEncodeError:
            return [self._whole(text) for text in texts]
        return texts

    def mended(self, array: pa.DictionaryArray) -> pa.DictionaryArray:
        """The texts without NUL, each different one once."""
        texts = array.dictionary.to_pylist()
        if not any("\x00" in text for text in texts):
            return array
        times = np.bincount(array.indices.to_numpy(zero_copy_only=False), minlength=len(texts))
        self.count += sum(text.count("\x00") * int(number) for text, number in zip(texts, times, strict=True))
        plain = pa.array([text.replace("\x00", _DAMAGED) for text in texts], pa.string()).dictionary_encode()
        return pa.DictionaryArray.from_arrays(plain.indices.take(array.indices), plain.dictionary)

    def names(self, names: Sequence[str]) -> list[str]:
        """Columns' names that can be stored, all different."""
        plain = [self._whole(str(name)).replace("\x00", _DAMAGED) for name in names]
        return detection.column_names(plain, width=len(plain))

    def notes(self) -> Counter:
        return +Counter(damaged_characters=self.count)

    def _whole(self, text: str) -> str:
        plain = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        self.count += plain.count(_DAMAGED) - text.count(_DAMAGED)
        return plain


def _check_size(name: str, *, lines: int, columns: int) -> None:
    if columns > MAX_COLUMNS:
        raise too_many_columns(name, columns=columns, most=MAX_COLUMNS)
    if lines > MAX_LINES:
        raise too_many_lines(name, most=MAX_LINES)


def _table_of_arrays(
    names: list[str],
    arrays: list[pa.DictionaryArray],
    ragged: list[tuple[int, str, str]],
    layout: FileFormat,
    notes: Counter,
    *,
    name: str,
) -> Table:
    """The table of columns that need no splitting; its lines count from 1."""
    if not names or not (len(arrays[0]) or ragged):
        raise InvalidInput(f"“{name}” holds no lines.")
    lines = pa.table(dict(zip(names, arrays, strict=True))).to_pandas()
    if not len(lines):
        raise InvalidInput(f"“{name}”: {ragged[0][2]} None of its lines is one (lines: {len(ragged):,}).")
    return Table(*_numbered(lines, _ragged_frame(ragged), rows_before=0), layout, dict(+notes))


def _read_text(
    text: bytes, wanted: FileFormat, name: str, found: Counter, only_lines: int | None = None, *, is_whole: bool = True
) -> Table:
    """The table of a text in UTF-8, or its first lines. A text that is not whole may end within a line."""
    text = text.rstrip(b"\x1a").lstrip(b"\r\n")  # old programs end a file with a sign of its own
    found = Counter(found)
    if nuls := text.count(b"\x00"):
        # A server refuses NUL in texts; it is a damaged character like any other, and counted as one.
        text = text.replace(b"\x00", _DAMAGED.encode())
        found["damaged_characters"] += nuls
    text, long_lines = _without_long_lines(text)
    found["lines_too_long"] = len(long_lines)

    def split(wanted: FileFormat) -> tuple[Layout, pd.DataFrame, list[tuple[int, str, str]], int]:
        layout = detection.detect_layout(text, wanted, name=name)
        if len(layout.names) > MAX_COLUMNS:
            raise too_many_columns(name, columns=len(layout.names), most=MAX_COLUMNS)
        end = len(text)
        if only_lines is not None:
            end = detection.end_of_rows(text, layout, lines=only_lines, is_whole=is_whole)
        lines, ragged = _split(pa.py_buffer(text)[layout.start : end], layout, name)
        return layout, lines, ragged, end

    quote = (wanted.quote or '"').encode()
    try:
        layout, lines, ragged, end = split(wanted)
    except _EndlessField:
        if wanted.quote is not None:
            raise InvalidInput(
                f"“{name}” holds a line longer than {MAX_LINE_BYTES // 2**20} MB; a closing quote may be missing."
            ) from None
        layout, lines, ragged, end = split(replace(wanted, quote=""))
    if wanted.quote is None and ragged and text.count(quote, 0, end) % 2:
        # A stray quote swallows the lines up to the next one; read without quoting when that keeps more of
        # them.
        plain, plain_lines, plain_ragged, _ = split(replace(wanted, quote=""))
        if len(plain_ragged) <= len(ragged) and len(plain_lines) > len(lines):
            layout, lines, ragged = plain, plain_lines, plain_ragged
    lines, aside = _numbered(lines, _ragged_frame(ragged), rows_before=layout.rows_before)
    lines, aside = _set_aside(lines, aside, _long_line_rows(lines, long_lines), layout.format)
    lines, aside = _set_aside(lines, aside, _repeated_header_rows(lines, layout), layout.format)
    aside = _with_beginnings(aside, long_lines)
    if not len(lines) and not len(aside):
        raise InvalidInput(f"“{name}” has a header but no lines below it.")
    if not len(lines):
        raise InvalidInput(
            f"“{name}”: {aside['reason'][0]} No line fits the header (lines: {len(aside):,}); "
            "check the delimiter.",
            field="delimiter",
        )
    return Table(lines, aside, layout.format, dict(+(found + Counter(layout.notes))))


def _without_long_lines(text: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The text with a mark in the place of each line that is too long to be read, and {mark: the line's beginning}."""
    step = max(MAX_LINE_BYTES // 2, 1)
    pieces: list[bytes] = []
    marks: dict[str, bytes] = {}
    done = 0
    for window in range(0, len(text), step):
        # A line that is too long fills one of these windows.
        ends = (text.find(sign, window, window + step) for sign in (b"\n", b"\r"))
        if window < done or max(ends) >= 0:
            continue
        start = max(text.rfind(b"\n", done, window), text.rfind(b"\r", done, window)) + 1 or done
        following = [place for sign in (b"\n", b"\r") if (place := text.find(sign, window)) >= 0]
        end = min(following, default=len(text))
        if end - start <= MAX_LINE_BYTES:
            continue
        mark = f"\x02line set aside {len(marks) + 1}\x02"
        marks[mark] = text[start : start + _SHOWN_OF_A_LONG_LINE]
        # A quote that the line opens or closes for its neighbours stays.
        opens = b'"' * (text.count(b'"', start, end) % 2)
        pieces += [text[done:start], opens + mark.encode().replace(b" ", b"_")]
        done = end
    if not marks:
        return text, {}
    return b"".join([*pieces, text[done:]]), {mark.replace(" ", "_"): beginning for mark, beginning in marks.items()}


def _long_line_rows(lines: pd.DataFrame, long_lines: dict[str, bytes]) -> np.ndarray:
    """Which lines hold the mark of a line that was not read (within a quoted field, or as their only one)."""
    found = np.zeros(len(lines), dtype=bool)
    if long_lines:
        for column in range(lines.shape[1]):
            values = lines.iloc[:, column].array
            marked = np.array([any(mark in text for mark in long_lines) for text in values.categories] + [False])
            found |= marked[values.codes]
    return found


def _repeated_header_rows(lines: pd.DataFrame, layout: Layout) -> np.ndarray:
    """Which lines say the header again, as files do that were put together from several."""
    if layout.header is None or lines.shape[1] < 2:
        return np.zeros(len(lines), dtype=bool)
    found = np.ones(len(lines), dtype=bool)
    for column in range(lines.shape[1]):
        said = layout.header[column] if column < len(layout.header) else ""
        values = lines.iloc[:, column].array
        code = values.categories.get_indexer([said])[0]
        if code < 0:
            return np.zeros(len(lines), dtype=bool)
        found &= values.codes == code
    # Where most lines are like the first, it is a line itself.
    return found if 2 * found.sum() < len(found) else np.zeros(len(lines), dtype=bool)


def _set_aside(
    lines: pd.DataFrame, aside: pd.DataFrame, rows: np.ndarray, layout: FileFormat
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Move lines to those that could not be read; what they repeat is the header, unless a mark says otherwise."""
    if not rows.any():
        return lines, aside
    written = io.StringIO()
    delimiter = "\t" if layout.delimiter == detection.BLANKS else layout.delimiter
    settings = {"quotechar": layout.quote} if layout.quote else {"quoting": csv.QUOTE_NONE, "escapechar": "\\"}
    texts = []
    for fields in lines[rows].astype(object).to_numpy():
        csv.writer(written, delimiter=delimiter, lineterminator="", **settings).writerow(fields)
        texts.append(written.getvalue())
        written.seek(0)
        written.truncate()
    moved = pd.DataFrame({"row": lines.index[rows], "text": texts, "reason": _REPEATED_HEADER}).astype(aside.dtypes)
    both = pd.concat([aside, moved]).sort_values("row", ignore_index=True)
    return lines[~rows], both


def _with_beginnings(aside: pd.DataFrame, long_lines: dict[str, bytes]) -> pd.DataFrame:
    """The lines that were too long, with how they begin instead of their mark, and with their reason."""
    if not long_lines:
        return aside
    texts, reasons = aside["text"].tolist(), aside["reason"].tolist()
    for place, text in enumerate(texts):
        mark = next((mark for mark in long_lines if mark in text), None)
        if mark is not None:
            texts[place] = long_lines[mark].decode(errors="ignore") + "…"
            reasons[place] = _LONG_LINE.format(MAX_LINE_BYTES // 2**20)
    return aside.assign(text=pd.Series(texts, dtype="str"), reason=pd.Series(reasons, dtype="str"))


class _EndlessField(Exception):
    """A quoted field goes on for longer than any line may."""


def _split(text: pa.Buffer, layout: Layout, name: str) -> tuple[pd.DataFrame, list[tuple[int, str, str]]]:
    """The lines of a text without its header, and (number, text, reason) of each that has other fields than it."""
    names, delimiter, quote = layout.names, layout.format.delimiter, layout.format.quote
    if delimiter == detection.BLANKS:
        plain = re.sub(rb"(?m)^[ \t]+|[ \t\r]+$", b"", text.to_pybytes())
        text, delimiter, quote = pa.py_buffer(re.sub(rb"[ \t]+", b"\t", plain)), "\t", ""
    if not text.size:
        return pd.DataFrame({name: pd.Categorical([], categories=pd.Index([], dtype="str")) for name in names}), []
    ragged: list[tuple[int, str, str]] = []

    def set_aside(row) -> str:
        ragged.append((row.number, row.text, _count_reason(row.actual_columns, width=len(names))))
        return "skip"

    as_texts = pa.dictionary(pa.int32(), pa.string())
    view = memoryview(text)
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(text),
            # One thread: only then does a ragged line tell its number.
            read_options=pa.csv.ReadOptions(column_names=names, use_threads=False, block_size=MAX_LINE_BYTES),
            parse_options=pa.csv.ParseOptions(
                delimiter=delimiter,
                quote_char=quote or False,
                newlines_in_values=bool(quote) and re.search(re.escape(quote.encode()), view) is not None,
                escape_char="\\" if quote and _escapes_quotes(view, delimiter, quote) else False,
                invalid_row_handler=set_aside,
            ),
            convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, as_texts)),
        )
    except pa.ArrowInvalid as error:
        if "straddl" in str(error):
            raise _EndlessField from None
        raise InvalidInput(f"“{name}” cannot be read as a table: {error}.") from None
    if layout.rows_before + table.num_rows + len(ragged) > MAX_LINES:
        raise too_many_lines(name, most=MAX_LINES)
    return table.unify_dictionaries().combine_chunks().to_pandas(), ragged


def _escapes_quotes(text: memoryview, delimiter: str, quote: str) -> bool:
    # A backslash before a closing quote is text (a path, a size); one before a quote inside the field escapes
    # it.
    sign = re.escape(quote.encode())
    return re.search(rb"\\" + sign + rb"[^" + sign + rb"\r\n" + re.escape(delimiter.encode()) + rb"]", text) is not None


def _count_reason(fields: int, *, width: int) -> str:
    if fields == 1:
        return f"The line has 1 field where the table has {width} columns."
    if width == 1:
        return f"The line has {fields} fields where the table has 1 column."
    return f"The line has {fields} fields where the table has {width} columns."


def _numbered(
    lines: pd.DataFrame, aside: pd.DataFrame, *, rows_before: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both with the numbers of their rows in the file."""
    numbers = pd.RangeIndex(1, len(lines) + len(aside) + 1, name="row")
    lines.index = numbers.difference(aside["row"], sort=False) if len(aside) else numbers
    lines.index = lines.index + rows_before
    lines.index.name = "row"
    return lines, aside.assign(row=aside["row"] + rows_before)


def _ragged_frame(ragged: list[tuple[int, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": pd.Series([row for row, _, _ in ragged], dtype="int64"),
            "text": pd.Series([text for _, text, _ in ragged], dtype="str"),
            "reason": pd.Series([reason for _, _, reason in ragged], dtype="str"),
        }
    )


def ragged_fields(text: str, layout: FileFormat, *, width: int) -> list[str]:
    """The fields of a ragged line, cut or filled up to `width`; what is beyond stays joined in the last
    one."""
    if layout.delimiter is None:  # of a file that has none, such as JSON
        fields = [text]
    elif layout.delimiter == detection.BLANKS:
        fields = text.split()
    else:
        settings = {"quotechar": layout.quote} if layout.quote else {"quoting": csv.QUOTE_NONE}
        fields = next(csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter, **settings), [])
    kept = fields[:width] + [""] * (width - len(fields))
    if len(fields) > width:
        kept[-1] = (layout.delimiter or "").join(fields[width - 1 :])
    return kept
