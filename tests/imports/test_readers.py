"""Does every form of file give the same table: packed or not, workbook, JSON, Parquet, memory; and nothing unsaid?"""

import bz2
import gzip
import io
import json
import lzma
import os
import struct
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from crm.errors import Cancelled, CrmError, InvalidInput
from crm.imports import encodings, files, tables, workbooks
from crm.imports.detection import FileFormat, count_title_lines
from crm.imports.files import open_source, open_sources
from crm.imports.steps import Steps
from crm.imports.tables import ragged_fields, read_head, read_table, sheets, table_of_columns

ORDERS = [["order", "date", "price"], ["A1", "2024-01-02", "17850"], ["A2", "2024-01-03", "2.5"]]
LINES = "\n".join(",".join(row) for row in ORDERS).encode() + b"\n"


def table_of(content: bytes, **asked):
    return read_table(open_source(content, file_name="shop.csv"), asked=FileFormat(**asked))


def texts_of(table) -> list[list[str]]:
    """The columns' names and the lines."""
    return [list(table.lines.columns), *table.lines.astype(object).to_numpy().tolist()]


def refusal(content: bytes, **asked) -> str:
    with pytest.raises(InvalidInput) as refused:
        table_of(content, **asked)
    return str(refused.value)


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


# --- workbooks, written by hand where no program here writes them ---


def xlsx(rows, change=None) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def ods(rows: str, *, before: str = "", after: str = "", parts: dict[str, bytes] | None = None) -> bytes:
    names = {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    }
    declared = " ".join(f'xmlns:{key}="{name}"' for key, name in names.items())
    xml = (
        f"{before}<office:document-content {declared}>"
        f'<office:body><office:spreadsheet><table:table table:name="Sales">{rows}</table:table>{after}'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    members = {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": xml.encode()}
    return zipped(members | (parts or {}))


def ods_cell(text: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string" {more}><text:p>{text}</text:p></table:table-cell>'


def ods_row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


HEADER_OF_ODS = ods_row(*map(ods_cell, ORDERS[0]))


def record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def wide(text: str, length: str) -> bytes:
    units = text.encode("utf-16-le")
    return struct.pack(length, len(units) // 2) + b"\x01" + units


def xls_sheet(rows, *, more: bytes = b"") -> bytes:
    """A sheet's records; a date is written as its serial number in the style 1, an error as its number in a set."""
    cells = b""
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            place = struct.pack("<HH", row, column)
            if isinstance(value, str):
                cells += record(0x0204, place + b"\0\0" + wide(value, "<H"))
            elif isinstance(value, bool):
                cells += record(0x0205, place + struct.pack("<HBB", 0, value, 0))
            elif isinstance(value, set):
                cells += record(0x0205, place + struct.pack("<HBB", 0, *value, 1))
            elif isinstance(value, date):
                cells += record(0x0203, place + struct.pack("<Hd", 1, (value - date(1899, 12, 30)).days))
            elif isinstance(value, int):
                cells += record(0x027E, place + struct.pack("<Hi", 0, value << 2 | 2))
            elif value is not None:
                cells += record(0x0203, place + struct.pack("<Hd", 0, value))
    return record(0x0809, struct.pack("<HHQQ", 0x0600, 0x0010, 0, 0)[:16]) + more + cells + record(0x000A)


def xls(named_sheets: dict[str, bytes], *, version: int = 0x0600, more: bytes = b"", stream: str = "Workbook") -> bytes:
    styles = b"".join(record(0x00E0, struct.pack("<HH", 0, number) + bytes(16)) for number in (0, 14))
    begins = record(0x0809, struct.pack("<HHQQ", version, 0x0005, 0, 0)[:16]) + more + styles
    titles = [wide(title, "<B") for title in named_sheets]
    place = len(begins) + sum(10 + len(title) for title in titles) + 4
    for title, body in zip(titles, named_sheets.values(), strict=True):
        begins += record(0x0085, struct.pack("<IH", place, 0) + title)
        place += len(body)
    return compound(begins + record(0x000A) + b"".join(named_sheets.values()), stream)


def compound(stream: bytes, name: str) -> bytes:
    """The file around a stream: a header, one table of sectors, one sector of directory, the stream."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    size = max(len(stream), 4096)
    sectors = -(-size // 512)
    chain = [0xFFFFFFFD, end, *range(3, sectors + 2), end]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)

    def entry(title: str, kind: int, first: int, length: int) -> bytes:
        units = title.encode("utf-16-le")
        begins = units.ljust(64, b"\0") + struct.pack("<HBBIII", len(units) + 2, kind, 1, free, free, free)
        return begins + bytes(36) + struct.pack("<IQ", first, length)

    directory = entry("Root Entry", 5, end, 0) + entry(name, 2, 2, size)
    table = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    return header + table + directory.ljust(512, b"\0") + stream.ljust(sectors * 512, b"\0")


def parquet(**columns) -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written)
    return written.getvalue()


NUMBERS = [["order", "date", "price"], ["A1", date(2024, 1, 2), 17850.0], ["A2", date(2024, 1, 3), 2.5]]
FORMS = {
    "text": LINES,
    "xlsx": xlsx(NUMBERS),
    "xls": xls({"Sales": xls_sheet(NUMBERS)}),
    "ods": ods(
        HEADER_OF_ODS
        + ods_row(
            ods_cell("A1"),
            '<table:table-cell office:value-type="date" office:date-value="2024-01-02"/>',
            '<table:table-cell office:value-type="float" office:value="17850"/>',
        )
        + ods_row(
            ods_cell("A2"),
            '<table:table-cell office:value-type="date" office:date-value="2024-01-03T00:00:00"/>',
            '<table:table-cell office:value-type="currency" office:value="2.50"/>',
        )
    ),
    "jsonl": b'{"order": "A1", "date": "2024-01-02", "price": 17850.0}\n'
    b'{"order": "A2", "date": "2024-01-03", "price": 2.5}\n',
    "parquet": parquet(order=["A1", "A2"], date=[row[1] for row in NUMBERS[1:]], price=[17850.0, 2.5]),
}
PACKINGS = {
    "plain": bytes,
    "gz": gzip.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zip": lambda content: zipped({"folder/data": content}),
}


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_table_packed_or_not(form, packing):
    [source] = open_sources(PACKINGS[packing](FORMS[form]), file_name="shop")
    assert source.form == form and source.name == "shop"
    table = read_table(source)
    price = "2.50" if form == "ods" else "2.5"
    assert texts_of(table) == [*ORDERS[:2], ["A2", "2024-01-03", price]]
    assert table.notes == {} and not len(table.ragged)
    head = read_head(source, lines=1)
    assert texts_of(head) == ORDERS[:2] and head.format == table.format


def test_a_list_of_json_objects_reads_like_json_lines():
    records = [{"order": "A1", "price": 1}, {"order": "A2", "note": "new"}]
    expected = [["order", "price", "note"], ["A1", "1", ""], ["A2", "", "new"]]
    for text in (json.dumps(records), json.dumps(records, indent=2), "\n".join(map(json.dumps, records))):
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            assert texts_of(table_of(text.encode(encoding))) == expected
    spread = "\n".join(json.dumps(line, indent=1) for line in records)
    assert texts_of(table_of(spread.encode())) == expected


def test_json_numbers_keep_their_digits_and_nested_values_are_json():
    line = '{"id": 12345678901234567890123, "p": 17850.0, "q": 0.10, "e": 1e3, "t": true, "n": null, "x": NaN, ' + (
        '"deep": {"a": [1.50, "ä", null, false]}}'
    )
    table = table_of(line.encode() + b"\n" + line.encode())
    assert texts_of(table)[1] == [
        "12345678901234567890123", "17850", "0.10", "1000", "TRUE", "", "", '{"a": [1.50, "ä", null, false]}'
    ]  # fmt: skip


def test_a_damaged_line_of_json_is_set_aside_with_its_reason():
    table = table_of(b'{"a": 1}\n{"a": \n\n[1, 2]\n{"a": 2}\n')
    assert texts_of(table) == [["a"], ["1"], ["2"]] and table.lines.index.tolist() == [1, 4]
    assert table.ragged["row"].tolist() == [2, 3] and table.lines_read == 4
    assert table.ragged["text"].tolist() == ['{"a":', "[1, 2]"]
    assert set(table.ragged["reason"]) == {"The line is no JSON object."}
    assert ragged_fields(table.ragged["text"][0], table.format, width=1) == ['{"a":']


def test_a_damaged_list_of_json_names_its_line():
    assert "line 3 is no valid JSON" in refusal(b'[{"a": 1},\n{"a": 2},\n{"a" 3}]')
    assert "is no valid JSON" in refusal(b'[{"a": 1}, {"a": 2}')
    assert "is no valid JSON" in refusal(b'[{"a": ' + b"[" * 100_000)
    assert "holds no lines" in refusal(b"[]"), "an empty list"
    assert "holds no JSON objects" in refusal(b"[{}, {}]")


def test_json_keys_that_are_many_or_odd_are_handled(monkeypatch):
    table = table_of(b'{"a": "x\\u0000y", " a": "\\ud83d", "": "z"}\n{"a": "1"}')
    assert texts_of(table) == [["a", "a (2)", "column 3"], ["x�y", "�", "z"], ["1", "", ""]]
    assert table.notes == {"damaged_characters": 2}
    monkeypatch.setattr(tables, "MAX_COLUMNS", 2)
    assert "has 3 columns" in refusal(b'{"a": 1, "b": 1, "c": 1}')
    monkeypatch.setattr(tables, "MAX_LINES", 1)
    assert "more than 1 lines" in refusal(b'{"a": 1}\n{"a": 1}')


def test_columns_that_appear_late_are_empty_before(monkeypatch):
    monkeypatch.setattr(tables, "_RECORDS_A_CHUNK", 2)
    lines = [{"a": 1}, {"a": 2}, {"a": 3}, {"b": "x"}, {"c": True}]
    expected = [["a", "b", "c"], ["1", "", ""], ["2", "", ""], ["3", "", ""], ["", "x", ""], ["", "", "TRUE"]]
    assert texts_of(table_of("\n".join(map(json.dumps, lines)).encode())) == expected


def test_parquet_values_are_written_as_people_write_them():
    content = parquet(
        whole=pa.array([2**63, None], pa.uint64()),
        single=pa.array([0.1, float("nan")], pa.float32()),
        double=[17850.0, -0.0],
        exact=[Decimal("12.50"), Decimal("17850.00")],
        flag=[True, None],
        day=[date(1, 1, 1), date(9999, 12, 31)],
        at=[datetime(2024, 1, 2, 8, 30), datetime(2024, 1, 2)],
        fine=pa.array([1_704_182_400_000_000_001, None], pa.timestamp("ns")),
        zoned=pa.array([datetime(2024, 1, 2, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        clock=[time(8, 30), None],
        took=[timedelta(hours=26), None],
        text=pa.array(["曾 😀", "עברית"]).dictionary_encode(),
        raw=[b"caf\xc3\xa9", None],
        deep=[{"a": [1, None]}, None],
        nothing=pa.nulls(2),
    )
    header, first, second = texts_of(table_of(content))
    assert dict(zip(header, first, strict=True)) == {
        "whole": "9223372036854775808", "single": "0.1", "double": "17850", "exact": "12.50", "flag": "TRUE",
        "day": "0001-01-01", "at": "2024-01-02 08:30:00", "fine": "2024-01-02 08:00:00.000000001",
        "zoned": "2024-01-02 00:00:00Z", "clock": "08:30:00", "took": "26:00:00", "text": "曾 😀", "raw": "café",
        "deep": '{"a": [1, null]}', "nothing": "",
    }  # fmt: skip
    assert second == ["", "", "0", "17850", "", "9999-12-31", "2024-01-02", "", "", "", "", "עברית", "", "", ""]


def test_parquet_that_is_damaged_binary_or_too_large_is_refused(monkeypatch):
    assert "cannot be read as a Parquet file" in refusal(FORMS["parquet"][:-20])
    assert "the column “raw” holds binary data" in refusal(parquet(raw=[b"\xff\xfe\x00"]))
    assert "holds no lines" in refusal(parquet(a=pa.array([], pa.string())))
    monkeypatch.setattr(tables, "MAX_LINES", 1)
    assert "more than 1 lines" in refusal(FORMS["parquet"])
    monkeypatch.setattr(tables, "MAX_COLUMNS", 2)
    monkeypatch.setattr(tables, "MAX_LINES", 5)
    assert "has 3 columns" in refusal(FORMS["parquet"])


def test_a_small_parquet_file_of_a_million_equal_lines_declares_too_much(monkeypatch):
    content = parquet(a=pa.array(["x" * 100] * 300_000))
    monkeypatch.setattr(files, "MAX_BYTES", 2**19)
    assert len(content) < 2**16 and "more than 0 MB" in refusal(content)


# --- memory ---


def test_columns_in_memory_give_the_same_kind_of_table():
    table = table_of_columns(
        ["code", "code", ""],
        [
            ["A\x00", 17850.0, Decimal("1E+2"), None, True, 10**30, UUID(int=1), memoryview(b"x")],
            [date(1, 1, 1), datetime(2024, 1, 2), time(8, 30), float("nan"), {"a": [1]}, "b", "", "\ud800"],
            list("abababab"),
        ],
        name="orders",
    )
    assert texts_of(table) == [
        ["code", "code (2)", "column 3"],
        ["A�", "0001-01-01", "a"],
        ["17850", "2024-01-02", "b"],
        ["100", "08:30:00", "a"],
        ["", "", "b"],
        ["TRUE", '{"a": [1]}', "a"],
        ["1" + "0" * 30, "b", "b"],
        ["00000000-0000-0000-0000-000000000001", "", "a"],
        ["x", "�", "b"],
    ]
    assert table.lines.index.tolist() == list(range(1, 9)) and table.lines.index.name == "row"
    assert table.notes == {"damaged_characters": 2} and table.damaged_characters == 2
    assert table.lines["column 3"].dtype == table_of(b"a,b\n1,2\n").lines["a"].dtype.__class__(["a", "b"])


def test_columns_in_memory_that_are_no_table_are_refused(monkeypatch):
    with pytest.raises(InvalidInput, match="“orders” holds no lines"):
        table_of_columns(["a"], [[]], name="orders")
    with pytest.raises(InvalidInput, match="“orders” holds no lines"):
        table_of_columns([], [], name="orders")
    with pytest.raises(InvalidInput, match="the column “photo” holds binary data"):
        table_of_columns(["photo"], [[b"\x89PNG\xff"]], name="orders")
    monkeypatch.setattr(tables, "MAX_LINES", 1)
    with pytest.raises(InvalidInput, match="more than 1 lines"):
        table_of_columns(["a"], [[1, 2]], name="orders")


# --- archives and paths ---


def test_a_zip_gives_each_of_its_data_files():
    inner = {"a/orders.csv": LINES, "b/orders.csv": LINES, "people.xlsx": FORMS["xlsx"], "__MACOSX/x": b"x", "c/.x": b"x"}
    sources = open_sources(zipped(inner), file_name="shop.zip")
    assert [(source.name, source.form) for source in sources] == [
        ("orders.csv", "text"), ("orders.csv (2)", "text"), ("people.xlsx", "xlsx")
    ]  # fmt: skip
    assert all(texts_of(read_table(source)) == ORDERS for source in sources)
    assert sources[0].sha256 == open_source(LINES).sha256 != open_source(zipped({"a": LINES})).sha256
    with pytest.raises(InvalidInput, match="holds 3 files"):
        open_source(zipped(inner))


def test_a_file_of_a_zip_that_is_no_table_bars_no_other():
    sources = open_sources(zipped({"a.csv": LINES, "empty.csv": b"", "logo.png": b"\x89PNG\r\n\x1a\n\x00\x00"}))
    assert texts_of(read_table(sources[0])) == ORDERS
    for source in sources[1:]:
        with pytest.raises(InvalidInput, match=f"“{source.name}”"):
            read_table(source)


@pytest.mark.parametrize("path", ["../../evil.csv", "/etc/evil.csv", "..\\..\\evil.csv", "C:\\evil.csv", "a/b/evil.csv"])
def test_only_the_base_name_of_an_archives_member_is_used(path):
    assert [source.name for source in open_sources(zipped({path: LINES, "b.csv": LINES}))] == ["evil.csv", "b.csv"]


@pytest.mark.parametrize(
    "content",
    [
        zipped({"inner.zip": zipped({"a.csv": LINES})}),
        zipped({"inner.zip": zipped({"a.csv": LINES}), "b.csv": LINES}),
        zipped({"a.csv.gz": gzip.compress(LINES)}),
        gzip.compress(zipped({"a.csv": LINES})),
        gzip.compress(gzip.compress(LINES)),
    ],
    ids=["zip in zip", "zip beside a file", "gz in zip", "zip in gz", "gz in gz"],
)
def test_an_archive_within_an_archive_is_refused(content):
    assert "an archive within the archive" in refusal(content)


def test_a_password_is_named(monkeypatch):
    content = bytearray(zipped({"a.csv": LINES}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert "protected by a password" in refusal(bytes(content))
    assert "protected by a password" in refusal(compound(b"", "EncryptedPackage"))
    assert "protected by a password" in refusal(xls({"S": xls_sheet(ORDERS)}, more=record(0x002F, bytes(6))))
    manifest = {"META-INF/manifest.xml": b"<manifest:encryption-data/>"}
    assert "protected by a password" in refusal(ods("", parts=manifest))
    assert "protected by a password" in refusal(zipped({"encrypted-package": b"x", "mimetype": b"x"}))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><html><table>", "is a web page or XML"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><x/>', "is a web page or XML"),
        (zipped({"xl/workbook.bin": b"x"}), ".xlsb"),
        (zipped({"word/document.xml": b"x"}), "is a text document"),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"x"}), "is a text document"),
        (b"Rar!\x1a\x07", "is a RAR archive"),
        (gzip.compress(b"name".ljust(257, b"\0") + b"ustar"), "holds a tar archive"),
        (compound(b"", "WordDocument"), "no Excel workbook"),
        (xls({"S": xls_sheet(ORDERS)}, version=0x0500, stream="Book"), "older than 97"),
        (FORMS["xls"][:700], "cannot be read as an old Excel workbook (.xls)"),
        (FORMS["xls"][:1100], "cannot be read as an old Excel workbook (.xls)"),
        (zipped({"mimetype": b"x/spreadsheet", "content.xml": b"<a><b>"}), "cannot be read as a workbook"),
        (bytes(range(1, 9)) * 100, "binary data"),
        (bz2.compress(LINES)[:-9], "is damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_cannot_be_read_is_named(content, words):
    assert words in refusal(content)


def test_a_file_that_changes_while_it_is_read_is_not_taken(tmp_path, monkeypatch):
    path = tmp_path / "shop.csv"
    path.write_bytes(LINES)
    read_bytes = type(path).read_bytes

    def read_while_written(self):
        content = read_bytes(self)
        with path.open("ab") as more:
            more.write(b"A3,2024-01-04,1\n")
        return content

    monkeypatch.setattr(type(path), "read_bytes", read_while_written)
    with pytest.raises(InvalidInput, match="“shop.csv” was changed while it was read"):
        open_source(path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="Nothing is forbidden to this user.")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    path = tmp_path / "shop.csv"
    path.write_bytes(LINES)
    path.chmod(0)
    with pytest.raises(InvalidInput, match="“shop.csv” cannot be opened"):
        open_source(path)


def test_too_many_files_in_an_archive_are_refused(monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 2)
    assert "holds 3 files" in refusal(zipped(dict.fromkeys("abc", LINES)))


# --- workbooks ---


def test_the_sheets_of_a_workbook_are_named_hidden_ones_last():
    def hide(book):
        book.create_sheet("Two")
        book.active.sheet_state = "hidden"

    assert sheets(open_source(xlsx(ORDERS, hide))) == ["Two", "Sheet"]
    assert sheets(open_source(FORMS["ods"])) == ["Sales"] == sheets(open_source(FORMS["xls"]))
    assert sheets(open_source(LINES)) == [] == sheets(open_source(FORMS["jsonl"]))
    with pytest.raises(InvalidInput, match="cannot be read as a workbook"):
        sheets(open_source(zipped({"xl/workbook.xml": b"<x"})))


@pytest.mark.parametrize(
    "book",
    [
        xls({"Leer": xls_sheet([]), "Übersicht 😀": xls_sheet(ORDERS)}),
        ods("", after='<table:table table:name="Übersicht 😀">' + "".join(
            ods_row(*map(ods_cell, row)) for row in ORDERS) + "</table:table>"),
    ],
    ids=["xls", "ods"],
)  # fmt: skip
def test_the_first_sheet_that_holds_anything_is_read_unless_one_is_named(book):
    assert texts_of(table_of(book)) == ORDERS and table_of(book).format.sheet == "Übersicht 😀"
    assert texts_of(table_of(book, sheet="Übersicht 😀")) == ORDERS
    with pytest.raises(InvalidInput, match="it has: .*Übersicht") as refused:
        table_of(book, sheet="Three")
    assert refused.value.field == "sheet"


MERGED = [["region", "shop", "sales"], ["North", "A", 1], [None, "B", 2], [None, None, None], ["South", "C", 3]]
FILLED = [["region", "shop", "sales"], ["North", "A", "1"], ["North", "B", "2"], ["South", "C", "3"]]


def merge(book):
    book.active.merge_cells("A2:A4")
    book.active.merge_cells("B5:C5")
    book.active.row_dimensions[3].hidden = True
    book.active.column_dimensions["B"].hidden = True
    book.active.column_dimensions["Z"].hidden = True


def test_cells_merged_downwards_are_filled_and_hidden_ones_are_read_and_told():
    table = table_of(xlsx([*MERGED[:4], ["South", "C", None]], merge))
    assert texts_of(table) == [*FILLED[:3], ["South", "C", ""]]
    assert table.notes == {"merged_cells": 1, "hidden_rows": 1, "hidden_columns": 1}
    assert table.lines.index.tolist() == [2, 3, 5]


def test_merged_and_hidden_cells_of_an_old_workbook_are_told_too():
    marks = record(0x00E5, struct.pack("<H8H", 2, 1, 3, 0, 0, 4, 4, 1, 2))
    marks += record(0x0208, struct.pack("<8H", 2, 0, 3, 0, 0, 0, 0x20, 0))
    marks += record(0x007D, struct.pack("<6H", 1, 1, 0, 0, 1, 0)) + record(0x007D, struct.pack("<6H", 9, 255, 0, 0, 1, 0))
    table = table_of(xls({"S": xls_sheet(MERGED, more=marks)}))
    assert texts_of(table) == FILLED
    assert table.notes == {"merged_cells": 1, "hidden_rows": 1, "hidden_columns": 1}


def test_merged_and_hidden_cells_of_an_open_document_are_told_too():
    hidden = 'table:visibility="collapse"'
    covered = "<table:covered-table-cell/>"
    table = table_of(
        ods(
            f"<table:table-column/><table:table-column {hidden}/>"
            f'<table:table-column {hidden} table:number-columns-repeated="999"/>'
            + ods_row(*map(ods_cell, MERGED[0]))
            + ods_row(ods_cell("North", 'table:number-rows-spanned="3"'), ods_cell("A"), ods_cell("1"))
            + ods_row(covered, ods_cell("B"), ods_cell("2"), more=hidden)
            + ods_row(covered)
            + ods_row(ods_cell("South"), ods_cell("C"), ods_cell("3"))
            + ods_row("<table:table-cell/>", more=f'{hidden} table:number-rows-repeated="1000000"')
        )
    )
    assert texts_of(table) == FILLED
    assert table.notes == {"merged_cells": 1, "hidden_rows": 1, "hidden_columns": 2}


def test_errors_and_formulas_without_a_value_are_kept_as_text_and_counted():
    table = table_of(xlsx([["code", "price"], ["A", "=1+1"], ["B", "#N/A"], ["C", "#REF!"], ["D", 5]]))
    assert texts_of(table)[1:] == [["A", "=1+1"], ["B", "#N/A"], ["C", "#REF!"], ["D", "5"]]
    assert table.notes == {"formula_cells_without_value": 1, "error_cells": 2}
    failed = record(0x0006, struct.pack("<HHH", 1, 1, 0) + bytes([2, 0, 23, 0, 0, 0, 255, 255]) + bytes(8))
    said = record(0x0006, struct.pack("<HHH", 2, 1, 0) + bytes(6) + b"\xff\xff" + bytes(8)) + record(
        0x0207, wide("two", "<H")
    )
    rows = [["code", "price"], ["A", None], ["B", None], ["C", {42}], ["D", True]]
    table = table_of(xls({"S": xls_sheet(rows, more=failed + said)}))
    assert texts_of(table)[1:] == [["A", "#REF!"], ["B", "two"], ["C", "#N/A"], ["D", "TRUE"]]
    assert table.notes == {"error_cells": 2}


def test_the_cells_of_an_open_document_are_read_as_they_are_shown():
    formula = 'table:formula="of:=[.A1]"'
    row = ods_row(
        "<table:table-cell office:value-type='string'><office:annotation><text:p>secret</text:p></office:annotation>"
        "<text:p>a<text:s text:c='2'/>b<text:tab/><text:a>link</text:a></text:p><text:p>second</text:p></table:table-cell>",
        "<table:table-cell office:value-type='percentage' office:value='0.25'><text:p>25 %</text:p></table:table-cell>",
        "<table:table-cell office:value-type='date' office:date-value='2024-01-02T08:30:00'/>",
        "<table:table-cell office:value-type='time' office:time-value='PT26H30M05S'/>",
        "<table:table-cell office:value-type='boolean' office:boolean-value='true'/>",
        f"<table:table-cell {formula} office:value-type='string' office:string-value='' calcext:value-type='error'>"
        "<text:p>#N/A</text:p></table:table-cell>",
        f"<table:table-cell {formula}/>",
        "<table:table-cell table:number-columns-repeated='2' office:value-type='float' "
        "office:value='12345678901234567890'/>",
        "<table:table-cell table:number-columns-repeated='16000'/>",
    )
    table = table_of(ods(ods_row(*(ods_cell(letter) for letter in "abcdefghi")) + row))
    assert texts_of(table)[1] == [
        "a  b\tlink\nsecond", "0.25", "2024-01-02 08:30:00", "26:30:05", "TRUE", "#N/A", "=[.A1]",
        "12345678901234567890", "12345678901234567890",
    ]  # fmt: skip
    assert table.notes == {"error_cells": 1, "formula_cells_without_value": 1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (ods(ods_row(ods_cell("x", 'table:number-columns-repeated="1000000000"'))), "cannot be read as a workbook"),
        (ods(ods_row(ods_cell("x"), more='table:number-rows-repeated="1000000000"')), "cannot be read as a workbook"),
        (
            ods(ods_row(ods_cell("x" * 999), more='table:number-rows-repeated="1000000"')),
            "more than 1 MB",
        ),
        (ods("", before='<!DOCTYPE x [<!ENTITY a "aaaa">]>'), "cannot be read as a workbook"),
        (xls({"S": xls_sheet([["x"]], more=record(0x0203, struct.pack("<HHHd", 0, 9_999, 0, 1)))}), "(.xls)"),
    ],
    ids=["columns", "rows", "text", "entities", "xls column"],
)
def test_a_workbook_that_declares_more_than_it_holds_is_refused(content, words, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 2**20)
    assert words in refusal(content)


def test_an_old_workbook_damaged_anywhere_ends_in_a_table_or_a_sentence():
    content = FORMS["xls"]
    places = [place for place, byte in enumerate(content) if byte not in (0, 255) or place % 251 == 0]
    for place in places:
        for byte in (0, 127, 255):
            try:
                table_of(content[:place] + bytes([byte]) + content[place + 1 :])
            except InvalidInput as error:
                assert str(error).endswith(".") and "“shop.csv”" in str(error)


def test_shared_texts_of_an_old_workbook_go_on_in_further_records():
    said = "x" * 10 + "ä😀" * 5
    first = struct.pack("<II", 3, 3) + struct.pack("<HB", 5, 0) + b"plain" + struct.pack("<HB", 25, 0) + b"x" * 10
    rich = struct.pack("<HBHI", 2, 0b1101, 1, 3) + "曾惠".encode("utf-16-le") + bytes(4 + 3)
    texts = record(0x00FC, first) + record(0x003C, b"\x01" + ("ä😀" * 5).encode("utf-16-le") + rich)
    cells = b"".join(
        record(0x00FD, struct.pack("<HHHI", 1, column, 0, column)) for column in range(3)
    )
    table = table_of(xls({"S": xls_sheet([["a", "b", "c"]], more=cells)}, more=texts))
    assert texts_of(table)[1] == ["plain", said, "曾惠"]


def test_numbers_of_an_old_workbook_are_read_however_short_they_are_written():
    short = struct.pack("<I", struct.unpack("<Q", struct.pack("<d", 1.5))[0] >> 32 & 0xFFFFFFFC)
    cells = record(0x027E, struct.pack("<HHHi", 1, 0, 0, (12345 << 2) | 3))
    cells += record(0x00BD, struct.pack("<HHH", 1, 1, 0) + short + struct.pack("<HiH", 1, (45293 << 2) | 2, 2))
    table = table_of(xls({"S": xls_sheet([["a", "b", "c"]], more=cells)}))
    assert texts_of(table)[1] == ["123.45", "1.5", "2024-01-02"]


def test_a_cancel_is_heard_in_every_kind_of_workbook(monkeypatch):
    monkeypatch.setattr(workbooks, "ROWS_A_LOOK", 1)
    for form in files.WORKBOOKS:
        with pytest.raises(Cancelled):
            read_table(open_source(FORMS[form]), steps=Steps(cancelled=lambda: True))


# --- titles, headers, columns ---


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_title_lines_above_the_header_are_kept_out_and_told(delimiter):
    titles = f"Sales of all shops\n\nFrom{delimiter}2024-01-01\n"
    table = table_of((titles + LINES.decode().replace(",", delimiter)).encode())
    assert texts_of(table) == ORDERS and table.notes == {"title_lines": 2}
    assert table.lines.index.tolist() == [4, 5] and table.lines_read == 2
    assert table.format.skip_rows == 2 and table.format.has_header


def test_a_workbooks_title_and_group_names_are_no_lines():
    rows = [["Sales 2024"], [], [None, "Order", None, "Money"], ["id", "date", "city", "price"]]
    rows += [[f"A{number}", date(2024, 1, 2), "Rome", number] for number in range(5)]
    table = table_of(xlsx(rows))
    assert list(table.lines.columns) == rows[3] and len(table.lines) == 5 and table.notes == {"title_lines": 2}


def test_a_table_whose_last_column_is_mostly_empty_keeps_its_titles_out():
    table = table_of(b"Report of May\nid,day,note\n1,2024-05-01,\n2,2024-05-02,\n3,2024-05-03,late\n")
    assert list(table.lines.columns) == ["id", "day", "note"] and table.notes == {"title_lines": 1}


def test_more_titles_than_lines_hide_no_table():
    table = table_of(b"a\nb\nc\nd\ne\nf\n" + LINES + b"A3,2024-01-04,1\n")
    assert len(table.lines) == 3 and table.notes == {"title_lines": 6}


def test_a_title_above_lines_without_header_is_kept_out():
    table = table_of(b"My orders\nA1,2,3\nA2,4,5\nA3,6,7\n")
    assert table.lines.shape == (3, 3) and table.notes == {"title_lines": 1} and not table.format.has_header


@pytest.mark.parametrize(
    "content",
    [
        b"id,name,city\nA,Ann,Rome\n",
        b"id,,\n1,Ann,Rome\n2,Bob,Oslo\n",  # names of columns are missing, but no row names them
        b"A1\nA1,2,3\nA2,3,4\nA3,4,5\n",  # a first line that is broken
        b"id;name;city\n1,2,3\n4,5,6\n",  # a header with delimiters of its own
        b",name,city\n1,Ann,Rome\n2,Bob,Oslo\n",
    ],
)
def test_what_may_be_a_header_or_a_line_is_no_title(content):
    table = table_of(content)
    assert "title_lines" not in table.notes
    assert table.lines_read + bool(table.format.has_header) == content.count(b"\n")


def test_title_lines_can_be_named_or_denied():
    content = b"Report\n" + LINES
    assert texts_of(table_of(content, skip_rows=1)) == ORDERS
    denied = table_of(content, skip_rows=0, delimiter=",")
    assert denied.lines_read == 3 and "title_lines" not in denied.notes
    assert texts_of(table_of(LINES, skip_rows=1, has_header=False))[1:] == ORDERS[1:]
    assert "cannot be skipped" in refusal(LINES, skip_rows=9)
    assert count_title_lines([]) == 0


@pytest.mark.parametrize(
    "second", ["(text),(ISO),EUR", ",,[kg]", "-----,---,===", "string,date,decimal", "order,date,price"]
)
def test_a_second_header_row_is_kept_out_and_told(second):
    table = table_of(LINES.replace(b"price\n", b"price\n" + second.encode() + b"\n"))
    assert texts_of(table) == ORDERS and table.notes == {"second_header_rows": 1}
    assert table.lines.index.tolist() == [3, 4]


@pytest.mark.parametrize("first", ["A0,2024-01-01,n/a", "A0,,unknown", "EUR,kg,h"])
def test_a_first_line_that_is_merely_odd_stays_a_line(first):
    content = LINES.replace(b"price\n", b"price\n" + first.encode() + b"\n").replace(b"A2", first.encode()[:3].rstrip(b","))
    table = table_of(content)
    assert table.lines_read == 3 and table.notes == {}


def test_a_header_that_comes_again_is_rejected_with_its_reason():
    table = table_of(LINES + LINES)
    assert texts_of(table) == [*ORDERS, *ORDERS[1:]] and table.lines.index.tolist() == [2, 3, 5, 6]
    assert table.ragged.to_dict("list") == {
        "row": [4], "text": ["order,date,price"], "reason": ["The line repeats the header."]
    }  # fmt: skip


def test_headers_of_equal_names_are_told_apart():
    table = table_of(b"id,name,name\n1,Ann,Lee\n2,Bob,Ray\n")
    assert list(table.lines.columns) == ["id", "name", "name (2)"] and table.lines_read == 2


def test_the_hint_of_a_spreadsheet_program_tells_the_delimiter():
    table = table_of(b"sep=|\r\n" + LINES.replace(b",", b"|"))
    assert texts_of(table) == ORDERS and table.notes == {"title_lines": 1}


def test_a_list_of_one_column_is_a_table():
    table = table_of(b"email\nann@x.com\nbob@x.com\n")
    assert texts_of(table) == [["email"], ["ann@x.com"], ["bob@x.com"]]
    assert texts_of(table_of(b"WHITE HANGING HEART HOLDER\nRED MUG\n7\n", has_header=False))[1:] == [
        ["WHITE HANGING HEART HOLDER"], ["RED MUG"], ["7"]
    ]  # fmt: skip
    assert "does not look like a table" in refusal(b"Dear Ann\nthank you very much for this.\nIt is very nice of you.\n")
    assert texts_of(table_of(b"note\nthank you for all of it.\n", delimiter=","))[1:] == [["thank you for all of it."]]


def test_a_table_pasted_from_a_spreadsheet_is_read():
    pasted = "order\tdate\tprice\r\nA1\t2024-01-02\t17850\r\nA2\t2024-01-03\t2.5"
    table = read_table(open_source(pasted.encode(), file_name="pasted"))
    assert texts_of(table) == ORDERS and table.format.delimiter == "\t"


# --- encodings and damage ---


@pytest.mark.parametrize(("other", "text"), [("cp1252", "Björn “B” Ångström"), ("gb18030", "曾惠，杭州，许安")])
def test_a_few_lines_of_another_encoding_are_read_in_theirs(other, text):
    lines = [f"Zoë {number},Köln".encode() for number in range(50)]
    lines[10] = lines[30] = text.encode(other) + b",x"
    table = table_of(b"name,city\n" + b"\n".join(lines))
    assert table.lines["name"].tolist()[10] == table.lines["name"].tolist()[30] == text
    assert table.lines["city"].tolist()[9] == "Köln" and table.format.encoding == "utf-8"
    assert table.notes == {"lines_of_another_encoding": 2}


def test_a_few_lines_of_utf8_in_a_western_file_are_read_as_such():
    lines = ["Jürgen,Köln".encode("cp1252")] * 9 + ["Zoë,Malmö".encode()]
    table = table_of(b"name,city\n" + b"\n".join(lines))
    assert table.format.encoding == "cp1252" and texts_of(table)[-2:] == [["Jürgen", "Köln"], ["Zoë", "Malmö"]]
    assert table.notes == {"lines_of_another_encoding": 1}


def test_accents_side_by_side_are_not_taken_for_chinese():
    assert texts_of(table_of("Größe,Preis\n1,2\n".encode("cp1252")))[0] == ["Größe", "Preis"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", ["name,city\nZoë,Köln\nBob,Rome\n", "姓名,城市\n曾惠,杭州\n许安,内江\n"])
def test_text_of_two_bytes_a_character_is_read_without_a_mark(encoding, text):
    table = table_of(text.encode(encoding))
    assert texts_of(table) == [line.split(",") for line in text.split()]
    assert table.format.encoding == encoding


def test_nul_bytes_that_are_few_are_damaged_characters():
    table = table_of(LINES * 20 + b"A3,2024\x00,1\n")
    assert table.damaged_characters == 1 and texts_of(table)[-1] == ["A3", "2024�", "1"]


def test_the_line_that_is_too_long_is_rejected_alone_wherever_it_stands(monkeypatch):
    monkeypatch.setattr(tables, "MAX_LINE_BYTES", 2**16)
    long = b"x" * 2**17
    for line in (long, b"A9," + long + b",1", b'A9,"' + long + b'\nrest",1', b'A9,"' + long + b'",1'):
        table = table_of(LINES + line + b"\n" + b"A3,2024-01-04,1\n")
        assert [row[0] for row in texts_of(table)] == ["order", "A1", "A2", "A3"]
        assert table.ragged["row"].tolist() == [4] and table.notes == {"lines_too_long": 1}
        assert "was not read" in table.ragged["reason"][0] and len(table.ragged["text"][0]) < 300
    table = table_of(b"code\nA1\n" + long + b"\nA2\n" + long)
    assert texts_of(table) == [["code"], ["A1"], ["A2"]] and table.ragged["row"].tolist() == [3, 5]


def test_a_quote_that_is_never_closed_hides_no_lines(monkeypatch):
    monkeypatch.setattr(tables, "MAX_LINE_BYTES", 2**16)
    table = table_of(b'a,b\n1,"12 inch\n' + b"2,x\n" * 2**15)
    assert table.lines_read == 2**15 + 1 and texts_of(table)[1] == ["1", '"12 inch']
    with pytest.raises(InvalidInput, match="a closing quote may be missing"):
        table_of(b'a,b\n1,"12 inch\n' + b"2,x\n" * 2**15, quote='"')


# --- the first lines ---


def test_the_head_is_understood_as_the_whole_without_reading_it(monkeypatch):
    monkeypatch.setattr(tables, "HEAD_BYTES", 2**19)
    lines = b"".join(b"A%d,2024-01-02,1.5\n" % number for number in range(60_000))
    source = open_source(b"Report\n" + LINES + lines + "Zoë,2024-01-02,1\n".encode("cp1252"))
    head, whole = read_head(source, lines=7), read_table(source)
    assert head.lines_read == 7 and texts_of(head) == texts_of(whole)[:8]
    assert head.format == whole.format and head.format.encoding == "cp1252"
    assert head.lines.index.equals(whole.lines.index[:7])
    monkeypatch.setattr(encodings, "detect_encoding", lambda *_args, **_more: "utf-8")
    monkeypatch.setattr(tables.pa.csv, "read_csv", limited(tables.pa.csv.read_csv))
    assert read_head(source, lines=7).lines_read == 7


def limited(read_csv):
    """Arrow's reader, but only of small texts."""

    def read(stream, **options):
        assert stream.size() < 2**10
        return read_csv(stream, **options)

    return read


def test_the_head_of_long_lines_is_still_found(monkeypatch):
    monkeypatch.setattr(tables, "HEAD_BYTES", 2**10)
    monkeypatch.setattr(tables, "MAX_LINE_BYTES", 2**16)
    wide_line = b"A3," + b"x" * 2**12 + b",1\n"
    source = open_source(LINES.split(b"\n")[0] + b"\n" + wide_line * 3)
    assert read_head(source, lines=2).lines_read >= 1
    content = "姓名;城市\n".encode("utf-16") + ("曾惠;杭州\n" * 2_000).encode("utf-16-le")
    head = read_head(open_source(content), lines=5)
    assert texts_of(head) == [["姓名", "城市"], *[["曾惠", "杭州"]] * 5] and head.notes == {}


def test_the_head_of_json_stops_within_a_list(monkeypatch):
    monkeypatch.setattr(tables, "HEAD_BYTES", 2**10)
    records = [{"a": number, "b": "x" * 50} for number in range(500)]
    for text in (json.dumps(records), "\n".join(map(json.dumps, records))):
        head = read_head(open_source(text.encode()), lines=5)
        assert head.lines["a"].tolist() == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("content", [b"order,date,item\n", b"Report\norder,date,item\n"])
def test_a_header_without_lines_is_refused(content):
    with pytest.raises(CrmError, match="no lines|does not look like a table"):
        read_head(open_source(content))
    assert refusal(content)


# --- formats ---


@pytest.mark.parametrize(
    "wrong",
    [
        {"encoding": "base64"},
        {"encoding": "utf\x00"},
        {"delimiter": "\n"},
        {"quote": "\n"},
        {"thousands_mark": "x"},
        {"null_words": "NULL"},
        {"null_words": (1,)},
        {"skip_rows": -1},
        {"skip_rows": 10**6},
    ],
)
def test_an_impossible_choice_is_refused_by_its_field(wrong):
    with pytest.raises(InvalidInput) as refused:
        FileFormat(**wrong)
    assert refused.value.field == next(iter(wrong))


def test_marks_that_contradict_each_other_are_refused():
    with pytest.raises(InvalidInput, match="are the same") as refused:
        FileFormat(decimal_mark=",", thousands_mark=",")
    assert refused.value.field == "thousands_mark"
    with pytest.raises(InvalidInput, match="no quote mark"):
        FileFormat(delimiter=";", quote=";")


def test_choices_are_kept_in_the_tables_format():
    chosen = FileFormat(null_words=["NULL", "-"], thousands_mark="", date_order="mdy", delimiter=",")
    layout = read_table(open_source(LINES), asked=chosen).format
    assert layout.null_words == ("NULL", "-") and layout.thousands_mark == "" and layout.date_order == "mdy"
    assert read_table(open_source(LINES), asked=layout).format == layout
    assert FileFormat(delimiter="blanks").delimiter == " "


@pytest.mark.parametrize("name", ["أحمد بن علي", "דוד", "😀👩‍👩‍👧", "Ｗｉｄｅ", "e\u0301"])
def test_names_of_any_script_stay_as_they_are(name):
    content = f"name,born\n{name},0001-01-01\nx,9999-12-31\n".encode()
    assert texts_of(table_of(content))[1:] == [[name, "0001-01-01"], ["x", "9999-12-31"]]


def test_a_line_of_a_sheet_keeps_its_number_though_empty_rows_stand_above():
    workbook = Workbook()
    for place, row in ((1, ["Our customers"]), (3, ["code", "name", "city"]), (4, ["7", "Ann", "Leeds"]), (6, ["8", "Bo", "Hull"])):
        for column, text in enumerate(row, 1):
            workbook.active.cell(place, column, text)
    content = io.BytesIO()
    workbook.save(content)
    table = read_table(open_source(content.getvalue(), file_name="people.xlsx"))
    assert table.lines.index.tolist() == [4, 6] and table.lines["name"].tolist() == ["Ann", "Bo"]
