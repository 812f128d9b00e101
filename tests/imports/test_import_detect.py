"""Is a file's writing told rightly: encoding, delimiter, header, and what is no table?"""

import gzip
import io
import lzma
import zipfile

import pytest

from crm.errors import InvalidInput, NotFound
from crm.imports import files, tables
from crm.imports.detection import FileFormat, column_names, is_header
from crm.imports.encodings import detect_encoding
from crm.imports.files import open_source
from crm.imports.tables import read_table

LINES = b"order,date,item,price,quantity\nA1,2024-01-02,Mug,2.50,1\nA2,2024-01-03,Cup,3.00,2\n"


def table_of(content: bytes, **asked):
    return read_table(open_source(content), asked=FileFormat(**asked))


def texts_of(table, column):
    return table.lines[column].astype(str).tolist()


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("name;city\nZoë;Köln\n", "utf-8", "utf-8"),
        ("name;city\nZoë;Köln\n", "utf-8-sig", "utf-8-sig"),
        ("name;city\nZoë;Köln\n", "utf-16", "utf-16"),
        ("name;city\nZoë Müller;Köln\nJürgen Groß;Fürth\nÅse Øster;Malmö\n", "cp1252", "cp1252"),
        ("姓名;城市\n曾惠;杭州\n许安;内江\n", "gb18030", "gb18030"),
        ("name;city\nPlain;Ascii\n", "ascii", "utf-8"),
    ],
)
def test_the_encoding_is_told_from_the_bytes(text, encoding, expected):
    content = text.encode(encoding)
    assert detect_encoding(content, name="f") == expected
    table = table_of(content)
    header, first = text.splitlines()[0].split(";"), text.splitlines()[1].split(";")
    assert list(table.lines.columns) == header
    assert table.lines.iloc[0].astype(str).tolist() == first


def test_a_few_damaged_bytes_do_not_turn_utf8_into_another_encoding():
    content = ("name;city\n" + "Zoë;Köln\n" * 50).encode() + "Björn;Århus, Åå".encode()[:-1] + b"\n"
    table = table_of(content)
    assert table.format.encoding == "utf-8"
    assert table.damaged_characters == 1 and table.notes == {"damaged_characters": 1}
    assert texts_of(table, "city")[49:] == ["Köln", "Århus, Å�"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_splits_evenly(delimiter):
    content = LINES.replace(b",", delimiter.encode())
    table = table_of(content)
    assert table.format.delimiter == delimiter
    assert table.lines.shape == (2, 5)


def test_commas_inside_quotes_and_decimal_commas_are_no_delimiter():
    content = b'order;item;price\nA;"Mug, blue";2,50\nB;"Cup, red, small";3,00\n'
    table = table_of(content)
    assert table.format.delimiter == ";"
    assert texts_of(table, "item") == ["Mug, blue", "Cup, red, small"]


def test_blanks_delimit_where_nothing_else_does():
    table = table_of(b" 00004 0001 19970101  2   29.33\n 00004 0001 19970118  2   29.73\n")
    assert table.format.delimiter == " " and not table.format.has_header
    assert list(table.lines.columns) == ["1", "2", "3", "4", "5"]
    assert texts_of(table, "5") == ["29.33", "29.73"]


def test_quoted_line_breaks_and_doubled_quotes_stay_in_their_field():
    table = table_of(b'a,b,c\r\n1,"x\r\ny",3\r\n4,"say ""hi""",6\r\n')
    assert texts_of(table, "b") == ["x\r\ny", 'say "hi"']


def test_a_backslash_escapes_a_quote_only_inside_a_field():
    assert texts_of(table_of(b'a,b\n1,"say \\"hi\\" now"\n2,x\n'), "b") == ['say "hi" now', "x"]
    assert texts_of(table_of(b'a,b\n1,"C:\\dir\\"\n2,"x"\n'), "b") == ["C:\\dir\\", "x"]


def test_a_stray_quote_swallows_no_lines():
    content = b'a,b,c\n1,"12 inch,3\n4,5,6\n7,8,9\n'
    table = table_of(content)
    assert table.lines_read == 3 and len(table.lines) == 3
    assert texts_of(table, "b")[0] == '"12 inch'


def test_old_mac_line_ends_are_read():
    assert table_of(LINES.replace(b"\n", b"\r")).lines.shape == (2, 5)


def test_ragged_lines_are_set_aside_with_their_number_and_reason():
    table = table_of(b"a,b,c\n1,2,3\n4,5\n\n6,7,8\n9,10,11,12\n")
    assert table.lines.index.tolist() == [2, 4]
    assert table.ragged["row"].tolist() == [3, 5]
    assert table.ragged["reason"].tolist() == [
        "The line has 2 fields where the table has 3 columns.",
        "The line has 4 fields where the table has 3 columns.",
    ]


def test_lines_that_all_end_with_a_delimiter_fit_a_header_that_does_not():
    table = table_of(b"a,b\n1,2,\n3,4,\n5,6,\n")
    assert list(table.lines.columns) == ["a", "b", "column 3"] and not len(table.ragged)


def test_a_first_line_with_numbers_or_dates_is_no_header():
    assert is_header([["order", "date"]])
    assert not is_header([["10100", "S18"], ["10101", "S19"]])
    assert not is_header([["A", "2024-01-02"]]) and not is_header([["A", "€ 1.234,50"]])
    assert column_names(["a", "a", ""], width=3) == ["a", "a (2)", "column 3"]


def test_detected_values_can_be_overridden():
    table = table_of(b"a,b\nc,d\n", has_header=False, delimiter=",")
    assert table.lines.shape == (2, 2) and list(table.lines.columns) == ["1", "2"]
    assert texts_of(table_of("a;b\nü;1\n".encode("cp850"), encoding="cp850"), "a") == ["ü"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"encoding": "klingon"},
        {"delimiter": ",,"},
        {"date_order": "dym"},
        {"decimal_mark": "x"},
        {"quote": "''"},
    ],
)
def test_an_impossible_format_is_refused(wrong):
    with pytest.raises(InvalidInput) as refused:
        FileFormat(**wrong)
    assert refused.value.field == next(iter(wrong))


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_packed_files_read_like_plain_ones(pack):
    assert open_source(pack(LINES)).content == LINES


def zipped(**files_inside) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files_inside.items():
            archive.writestr(name.replace("__", "/"), content)
    return packed.getvalue()


def test_an_archive_with_one_data_file_is_read():
    assert (
        open_source(zipped(**{"orders.csv": LINES, "/MACOSX__._orders.csv".replace("/", "__"): b"x"})).content
        == LINES
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty (0 bytes)"),
        (b" \r\n \n", "it holds no text"),
        (gzip.compress(b""), "it holds no text"),
        (b"order,date,item\n", "has a header but no lines"),
        (b"\x89PNG\r\n\x1a\n123", "is a picture"),
        (b"%PDF-1.7 abc", "is a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "save it as .xlsx"),
        (b"SQLite format 3\x00abc", "SQLite database"),
        (b"PAR1abc", "Parquet"),
        (b"a,b\n1,\x002\n", "it holds binary data"),
        (b"just a word\nand some more words here\nand then\n", "does not look like a table"),
        (gzip.compress(LINES)[:-12], "is damaged"),
        (lzma.compress(LINES)[:-12], "is damaged"),
        (zipped(**{"orders.csv": LINES})[:-30], "is damaged"),
        (zipped(), "holds 0 files"),
        (zipped(**{"a.csv": LINES, "b.csv": LINES}), "holds 2 files (a.csv, b.csv)"),
    ],
    # Packed bytes hold the time of packing; a test's name must be the same in every process.
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_what_is_no_table_is_refused_in_a_sentence(content, words):
    with pytest.raises(InvalidInput) as refused:
        read_table(open_source(content, file_name="shop.csv"))
    assert words in str(refused.value) and "“shop.csv”" in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NotFound, match="no file"):
        open_source(tmp_path / "absent.csv")


def test_a_given_encoding_that_does_not_fit_names_the_line():
    with pytest.raises(InvalidInput, match="line 3 holds bytes"):
        table_of("a,b\nx,1\nZoë,2\n".encode("cp1252"), encoding="utf-8")


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, lambda content: zipped(**{"a.csv": content})])
def test_a_bomb_is_refused_while_it_unpacks(pack, monkeypatch):
    monkeypatch.setattr(files, "RATIO_COUNTS_FROM", 2**20)
    with pytest.raises(InvalidInput, match="250 times its size"):
        open_source(pack(b"0" * (6 * 2**20)))


def test_more_data_than_fits_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(files, "MAX_BYTES", 2**20)
    big = tmp_path / "big.csv"
    big.write_bytes(b"a,b\n" * 2**19)
    for content in (big, big.read_bytes(), io.BytesIO(big.read_bytes()), gzip.compress(big.read_bytes())):
        with pytest.raises(InvalidInput, match="more than 1 MB"):
            open_source(content)


def test_too_many_lines_or_columns_are_refused(monkeypatch):
    monkeypatch.setattr(tables, "MAX_LINES", 2)
    with pytest.raises(InvalidInput, match="more than 2 lines"):
        table_of(LINES)
    monkeypatch.setattr(tables, "MAX_COLUMNS", 3)
    with pytest.raises(InvalidInput, match="has 5 columns"):
        table_of(LINES)


def test_a_line_longer_than_the_limit_is_rejected_alone(monkeypatch):
    monkeypatch.setattr(tables, "MAX_LINE_BYTES", 2**20)
    table = table_of(LINES + b'A3,2024-01-04,"' + b"x" * 2**21 + b'",1,1\nA4,2024-01-05,Jug,1.00,1\n')
    assert texts_of(table, "order") == ["A1", "A2", "A4"] and table.lines.index.tolist() == [2, 3, 5]
    assert table.ragged["row"].tolist() == [4] and table.notes == {"lines_too_long": 1}
    assert table.ragged["reason"][0].startswith("The line is longer than 1 MB and was not read")
    assert table.ragged["text"][0].startswith('A3,2024-01-04,"xxx') and len(table.ragged["text"][0]) < 300


def workbook(*sheets) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def test_a_workbook_gives_values_dates_and_harmless_formulas():
    from datetime import datetime

    rows = [
        ["order", "date", "price", "note"],
        ["A1", datetime(2024, 1, 2), 17850.0, "=cmd()"],
        ["A2", datetime(2024, 1, 3, 8, 30), 2.5, None],
        [None] * 4,
    ]
    table = table_of(workbook(("Leer", []), ("Sales", rows)))
    assert table.format.sheet == "Sales"
    assert texts_of(table, "date") == ["2024-01-02", "2024-01-03 08:30:00"]
    assert texts_of(table, "price") == ["17850", "2.5"]
    assert texts_of(table, "note") == ["=cmd()", ""]


def test_a_workbooks_sheet_can_be_named_and_must_exist():
    book = workbook(("One", [["a", "b"], ["x", "y"]]), ("Two", [["c", "d"], ["x", "y"]]))
    assert list(table_of(book, sheet="Two").lines.columns) == ["c", "d"]
    with pytest.raises(InvalidInput, match="it has: One, Two"):
        table_of(book, sheet="Three")


def test_an_empty_or_damaged_workbook_is_refused():
    with pytest.raises(InvalidInput, match="none of its sheets"):
        table_of(workbook(("Leer", [])))
    with pytest.raises(InvalidInput, match="cannot be read as a workbook"):
        table_of(zipped(**{"xl/workbook.xml": b"<nonsense"}))
