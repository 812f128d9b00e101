"""Does any table survive being written and read, and can no bytes at all end in anything but a table or a sentence?"""

import bz2
import csv
import gzip
import io
import json
import lzma
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from crm.errors import CrmError
from crm.imports.detection import FileFormat
from crm.imports.files import open_source, open_sources
from crm.imports.tables import read_head, read_table, sheets, table_of_columns

few = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

# Texts that can be written in the encoding; what no file of text holds (NUL, control characters) is left out.
ALPHABETS = {
    "utf-8": st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")),
    "utf-16": st.characters(codec="utf-16", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffd"),
    "cp1252": st.characters(codec="cp1252", exclude_categories=("Cc",)),
    "gb18030": st.sampled_from("曾惠许安杭州内江，。ab1 \"';\\"),
}
CHARACTERS = {
    encoding: st.one_of(letters, st.sampled_from("ab1,.;|\t\"'\\ \r\n")) for encoding, letters in ALPHABETS.items()
}


@st.composite
def tables_of_texts(draw, characters, *, min_columns=2):
    """Lines of texts, all as wide; the first field is never empty, so that no line is."""
    width = draw(st.integers(min_columns, 6))
    text = st.text(characters, max_size=12)
    line = st.tuples(st.text(st.sampled_from("xyz"), min_size=1, max_size=3), *[text] * (width - 1))
    return [list(row) for row in draw(st.lists(line, min_size=1, max_size=12))]


def lines_of(table) -> list[list[str]]:
    return table.lines.astype(object).to_numpy().tolist()


@few
@given(data=st.data())
def test_a_csv_gives_back_the_texts_that_were_written(data):
    encoding = data.draw(st.sampled_from(sorted(CHARACTERS)))
    delimiter = data.draw(st.sampled_from(",;\t|"))
    quote = data.draw(st.sampled_from("\"'"))
    end = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    # Python's writer quotes a line break only where it is its own end of a line.
    quoting = data.draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL] if end == "\r\n" else [csv.QUOTE_ALL]))
    lines = data.draw(tables_of_texts(CHARACTERS[encoding]))
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, quotechar=quote, lineterminator=end, quoting=quoting).writerows(lines)
    source = open_source(written.getvalue().encode(encoding))
    asked = FileFormat(encoding=encoding, delimiter=delimiter, quote=quote, has_header=False, skip_rows=0)
    table = read_table(source, asked=asked)
    assert lines_of(table) == lines and not len(table.ragged) and table.notes == {}
    assert lines_of(read_head(source, asked=asked, lines=3)) == lines[:3]


@few
@given(
    lines=tables_of_texts(st.sampled_from("abcXYZäöü曾 .-'"), min_columns=3),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_plain_file_needs_no_hint(lines, delimiter, encoding):
    header = [f"field {place}" for place in range(len(lines[0]))]
    numbered = [[f"A-{number}", *line] for number, line in enumerate(lines)]
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows([["code", *header], *numbered])
    table = read_table(open_source(written.getvalue().encode(encoding)))
    assert table.format.delimiter == delimiter and list(table.lines.columns) == ["code", *header]
    assert lines_of(table) == numbered and table.notes == {}


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=12),
)


def shown(value) -> str:
    """What stands in the table for a plain value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    return value


@few
@given(
    records=st.lists(st.dictionaries(st.sampled_from("abcd"), SCALARS, min_size=1), min_size=1, max_size=12),
    is_list=st.booleans(),
)
def test_json_gives_back_the_values_that_were_written(records, is_list):
    text = json.dumps(records) if is_list else "\n".join(json.dumps(line, ensure_ascii=False) for line in records)
    table = read_table(open_source(text.encode()))
    assert table.lines_read == len(records) and not len(table.ragged)
    for line, record in zip(table.lines.astype(object).to_dict("records"), records, strict=True):
        for key, text in line.items():
            value = shown(record.get(key))
            assert text == value or (not isinstance(value, str) and float(text) == float(value))
            assert not isinstance(value, int) or text == str(value)
    names = list(table.lines.columns)
    columns = [[record.get(name) for record in records] for name in names]
    same = table_of_columns(names, columns, name="memory")
    assert lines_of(same) == lines_of(table)


SHEET_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=12
).filter(lambda text: not text.startswith("=") and "_x" not in text)


@settings(few, max_examples=20)
@given(lines=st.lists(st.tuples(st.text("xyz", min_size=1), SHEET_TEXT, SHEET_TEXT), min_size=1, max_size=8))
def test_a_workbook_gives_back_the_texts_that_were_written(lines):
    book = Workbook()
    for place, line in enumerate(lines, 1):
        for column, text in enumerate(line, 1):
            cell = book.active.cell(place, column, text or None)
            cell.data_type = "s" if text else cell.data_type
    packed = io.BytesIO()
    book.save(packed)
    table = read_table(open_source(packed.getvalue()), asked=FileFormat(has_header=False, skip_rows=0))
    filled = [list(line) + [""] * (len(table.lines.columns) - 3) for line in lines]
    assert lines_of(table) == [line[: len(table.lines.columns)] for line in filled]


def understood(content: bytes) -> None:
    """Everything that a person can ask of a file; a sentence is an answer, too."""
    try:
        sources = open_sources(content, file_name="any")
    except CrmError:
        return
    for source in sources:
        for read in (read_table, read_head, sheets):
            try:
                read(source)
            except CrmError as error:
                assert str(error).endswith(".") and source.name in str(error)


STARTS = st.sampled_from(
    [b"", b"a,b\n", b"\xef\xbb\xbf", b"\xff\xfe", b"PK\x03\x04", b"PAR1", b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\x00", b"[{",
     b'{"', b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"sep=;\n"]
)  # fmt: skip


@settings(few, max_examples=300)
@given(start=STARTS, rest=st.one_of(st.binary(max_size=300), st.text("ab1 ,;|\t\"'\r\n\\{}[]:.", max_size=120).map(str.encode)))
@example(start=b"", rest=b'"')
@example(start=b"sep=", rest=b'"\n1"2\n')
@example(start=b"", rest=b",")
def test_any_bytes_end_in_a_table_or_a_sentence(start, rest):
    understood(start + rest)


def _sound_files() -> list[bytes]:
    lines = b'id,day,"na\nme"\n1,2024-01-02,"x, ""y"""\n2,2024-01-03,Zo\xc3\xab\n'
    book, packed, columns = Workbook(), io.BytesIO(), io.BytesIO()
    for row in (["id", "name"], [1, "=A1"], [2, "x"], [None, "y"]):
        book.active.append(row)
    book.active.merge_cells("A3:A4")
    book.save(packed)
    pq.write_table(pa.table({"a": [1, None], "b": ["x", "y"], "c": [[1], None], "d": [1.5, 2.0]}), columns)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        members.writestr("a.csv", lines)
        members.writestr("b.json", b'{"a": 1}\n{"a": [2, {"b": null}]}')
    sheet = zipfile.ZipFile(sheets_archive := io.BytesIO(), "w")
    sheet.writestr("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")
    sheet.writestr(
        "content.xml",
        b'<o:d xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        b'xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        b'xmlns:x="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><t:table t:name="S"><t:table-row>'
        b'<t:table-cell t:number-columns-repeated="2"><x:p>a</x:p></t:table-cell></t:table-row>'
        b'<t:table-row t:number-rows-repeated="3"><t:table-cell o:value-type="float" o:value="1"/></t:table-row>'
        b"</t:table></o:d>",
    )
    sheet.close()
    found = [lines, lines.decode().encode("utf-16"), archive.getvalue(), packed.getvalue(), columns.getvalue()]
    return [*found, sheets_archive.getvalue(), gzip.compress(lines), lzma.compress(lines), bz2.compress(lines)]


SOUND_FILES = _sound_files()
CHANGES = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 3), st.binary(min_size=1, max_size=6)), max_size=6
)


@settings(few, max_examples=200)
@given(which=st.integers(0, len(SOUND_FILES) - 1), changes=CHANGES)
def test_any_damage_to_a_file_ends_in_a_table_or_a_sentence(which, changes):
    content = bytearray(SOUND_FILES[which])
    for share, kind, piece in changes:
        place = int(share * len(content))
        if kind == 0:
            content[place : place + len(piece)] = piece
        elif kind == 1:
            content[place:place] = piece
        elif kind == 2:
            del content[place : place + 16 * len(piece)]
        else:
            del content[max(place, 1) :]
    understood(bytes(content))
