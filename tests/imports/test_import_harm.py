"""Does a file made to harm, or damaged, end in a sentence or a rejected line instead of a crash?"""

import io
import tracemalloc
import zipfile

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from crm import db, imports
from crm.errors import Cancelled, InvalidInput, NotFound
from crm.imports import files, tables, workbooks
from crm.imports.files import open_source, printable
from crm.imports.steps import Steps
from crm.imports.tables import read_table
from crm.models import Customer, ImportBatch, Order, Product
from crm.services import check

HEADER = "order,date,customer id,customer,email,sku,item,quantity,price"
SOUND = "A1,2024-01-02,7,Ann,ann@x.com,MUG,Mug,1,2.50"
LONG = "ä" * 201


def bring_in(workspace, *lines, header=HEADER, **arguments):
    content = "\n".join([header, *lines]).encode()
    with db.transaction(workspace) as session:
        report = imports.import_file(session, content, kind="order_lines", **({"file_name": "shop.csv"} | arguments))
        assert check.findings(session) == []
        return report


def sheet_xml(workbook: bytes, xml: str) -> bytes:
    """The workbook with another text as its first sheet."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, xml if part == "xl/worksheets/sheet1.xml" else old.read(part))
    return changed.getvalue()


def sheet(rows: str, *, dimension: str = "A1:C3") -> bytes:
    packed = io.BytesIO()
    Workbook().save(packed)
    return sheet_xml(
        packed.getvalue(),
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>',
    )


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def lines_of_sheet(count: int) -> str:
    return "".join(f'<row r="{row}">{cell(f"A{row}", "x")}{cell(f"B{row}", "y")}</row>' for row in range(1, count + 1))


def test_a_sheet_that_declares_a_huge_size_takes_no_more_memory_than_its_cells():
    source = open_source(sheet(lines_of_sheet(3_000), dimension="A1:XFD3000"))
    tracemalloc.start()
    table = read_table(source)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert table.lines_read in (2_999, 3_000) and table.lines.shape[1] == 2
    assert peak_bytes < 40 * 2**20


def test_a_row_wider_or_a_sheet_longer_than_is_read_is_refused(monkeypatch):
    with pytest.raises(InvalidInput, match="has 16,384 columns; at most 1,000"):
        read_table(open_source(sheet(f'<row r="1">{cell("A1", "a")}{cell("XFD1", "z")}</row>')))
    monkeypatch.setattr(tables, "MAX_LINES", 2)
    with pytest.raises(InvalidInput, match="more than 2 lines"):
        read_table(open_source(sheet(lines_of_sheet(3))))


def test_a_row_numbered_beyond_every_sheet_is_refused():
    with pytest.raises(InvalidInput, match="more than 1,048,576 lines"):
        read_table(open_source(sheet(f'<row r="999999999999">{cell("A999999999999", "a")}</row>')))


def test_a_sheet_that_unfolds_to_more_text_than_is_read_is_refused(monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 2**20)
    rows = f'<row r="1">{cell("A1", "a")}{cell("ALL1", "z")}</row>' + "".join(
        f'<row r="{row}">{cell(f"A{row}", "x")}</row>' for row in range(2, 1_000)
    )
    with pytest.raises(InvalidInput, match="more than 1 MB"):
        read_table(open_source(sheet(rows)))


def test_a_cancel_is_heard_while_a_sheet_is_read(monkeypatch):
    monkeypatch.setattr(workbooks, "ROWS_A_LOOK", 10)
    asked = []

    def cancelled():
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        read_table(open_source(sheet(lines_of_sheet(100))), steps=Steps(cancelled=cancelled))
    assert len(asked) == 3


def test_rows_of_a_sheet_keep_their_empty_cells_and_gain_missing_ones():
    rows = [
        f'<row r="1">{cell("A1", "a")}{cell("B1", "b")}{cell("C1", "c")}</row>',
        f'<row r="3">{cell("B3", "x &quot;y&quot;")}</row>',
        f'<row r="4">{cell("A4", "1, 2")}</row>',
    ]
    table = read_table(open_source(sheet("".join(rows))))
    assert table.lines.astype(str).to_numpy().tolist() == [["", 'x "y"', ""], ["1, 2", "", ""]]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"{LONG},2024-01-02,7,Ann,,MUG,Mug,1,1", "The order number is longer than 200 characters."),
        (f"1,2024-01-02,{LONG},Ann,,MUG,Mug,1,1", "The customer code is longer than 200 characters."),
        (f"1,2024-01-02,7,Ann,,{LONG},Mug,1,1", "The product code is longer than 200 characters."),
        (
            f"1,2024-01-02,,Ann,{LONG}@x.com,MUG,Mug,1,1",
            "There is no customer code, and the e-mail address is longer than 200 characters.",
        ),
        (
            f"1,2024-01-02,,{LONG},,MUG,Mug,1,1",
            "There is no customer code, and the customer's name is longer than 200 characters.",
        ),
        (
            f"1,2024-01-02,7,Ann,,,{LONG},1,1",
            "There is no product code, and the product's name is longer than 200 characters.",
        ),
        # One sign that casefolding and one form of Unicode turn into eighteen.
        (
            f"1,2024-01-02,7,Ann,,,{'ﷺ' * 150},1,1",
            "There is no product code, and the product's name is longer than 200 characters.",
        ),
        (f"{'x' * 100_000},2024-01-02,7,Ann,,MUG,Mug,1,1", "The order number is longer than 200 characters."),
    ],
)
def test_what_is_too_long_to_be_found_by_is_rejected_with_its_reason(workspace, line, reason):
    report = bring_in(workspace, SOUND, line)
    assert report.lines["imported"] == 1 and report.rejects["reason"].tolist() == [reason]


def test_codes_of_the_greatest_length_and_long_names_beside_codes_get_in(workspace):
    code = "😀" * 200
    line = f"{code},2024-01-02,{code},{LONG * 20},{LONG}@x.com,{code},{LONG * 20},1,1"
    report = bring_in(workspace, line, source=code)
    assert report.lines["imported"] == 1
    assert bring_in(workspace, line, source=code).lines["duplicate"] == 1


@pytest.mark.parametrize(
    ("source", "words"),
    [("x" * 201, "longer than 200 characters"), ("a\x00b", "cannot be stored"), ("a\udcff", "cannot be stored")],
)
def test_a_source_that_cannot_be_stored_is_refused(workspace, source, words):
    with pytest.raises(InvalidInput, match=words) as refused:
        bring_in(workspace, SOUND, source=source)
    assert refused.value.field == "source"


def test_nul_characters_are_shown_as_damaged_and_counted(workspace, tmp_path):
    path = tmp_path / "rejects.csv"
    report = bring_in(
        workspace,
        "A1,2024-01-02,7\x00,Ann\x00Lee,,MUG,Mug,1,2.50",
        "A2,2024-01-02,8,B\x00b,,MUG,M\x00ug,1,x",
        "A3\x00,2024-01-02",
        header=HEADER + "\x00",
        file_format=imports.FileFormat(encoding="utf-8"),
        overrides={"price\ufffd": "unit_price"},
        rejects_path=path,
    )
    assert report.lines == {"read": 3, "imported": 1, "duplicate": 0, "rejected": 2}
    assert ("damaged_characters", 6) in {(note.code, note.count) for note in report.notes}
    with db.reading(workspace) as session:
        assert session.execute(select(Customer.code, Customer.name)).all() == [("7�", "Ann�Lee")]
    assert b"\x00" not in path.read_bytes()


def test_nul_far_into_a_file_damages_only_its_own_character(workspace):
    lines = [f"A{number},2024-01-02,7,Ann,,MUG,Mug,1,2.50" for number in range(8_000)]
    report = bring_in(workspace, *lines, "Z1,2024-01-02,7,Ann,,C\x00P,Cup,1,2.50")
    assert report.lines["imported"] == 8_001
    with db.reading(workspace) as session:
        assert session.scalars(select(Product.code).order_by(Product.code)).all() == ["C�P", "MUG"]
        assert len(session.scalars(select(Order.id)).all()) == 8_001


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("caf\udce9.csv", "caf�.csv"),
        ("caf\udcc3\udca9.csv", "café.csv"),
        ("a\ud800.csv", "a?.csv"),
        ("a\x00b.csv", "a�b.csv"),
        ("订单.csv", "订单.csv"),
    ],
)
def test_a_file_name_that_is_no_text_is_made_printable(workspace, name, shown):
    assert printable(name) == shown
    report = bring_in(workspace, SOUND, file_name=name)
    assert report.file_name == shown
    with db.reading(workspace) as session:
        assert session.scalar(select(ImportBatch.file_name)) == shown


def test_a_path_that_is_no_text_is_named_printably(tmp_path):
    with pytest.raises(NotFound) as refused:
        open_source(tmp_path / "caf\udce9.csv")
    assert "caf�.csv" in str(refused.value)


def test_the_total_below_a_list_is_no_record(workspace):
    content = b"code,name,city,spent\n7,Ann,Leeds,5\n8,Total,Hull,6\nTotal,,,11\n"
    with db.transaction(workspace) as session:
        report = imports.import_file(session, content, kind="customers", file_name="people.csv")
    assert report.lines == {"read": 3, "imported": 2, "duplicate": 0, "rejected": 1}
    assert report.rejects.iloc[0].tolist() == [4, "Total", "", "", "11", "The line looks like the total of the others."]
