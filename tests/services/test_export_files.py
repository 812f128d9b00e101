"""In every form a table says the same: typed where the form knows types, harmless where a spreadsheet would run texts."""

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from crm.errors import InvalidInput
from crm.services import export, table_files, workbook

TEXTS = ["=1+1", "+49 170 1", "-3", "@x", "007", "#N/A", "  two ", "a\r\nb\rc\nd", "<&>\"'", "λ 😀", "_x0041_", "1E5", "TRUE"]


def read_back(content: bytes) -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(io.BytesIO(content)).active


def of_one(contents, dtype=None) -> list[openpyxl.cell.Cell]:
    sheet = read_back(export.as_file(pd.DataFrame({"n": pd.Series(contents, dtype=dtype)}), "xlsx"))
    return [sheet.cell(row, 1) for row in range(2, len(contents) + 2)]


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_a_text_stays_a_text_in_a_workbook(dtype):
    cells = of_one(TEXTS, dtype)
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    shown = [cell.value for cell in cells]
    assert shown[:7] == TEXTS[:7] and shown[7] == "a\nb\nc\nd" and shown[8:10] == TEXTS[8:10]
    with zipfile.ZipFile(io.BytesIO(export.as_file(pd.DataFrame({"n": TEXTS}), "xlsx"))) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_numbers_days_and_moments_are_such_in_a_workbook():
    frame = pd.DataFrame({
        "whole": pd.array([1, None], dtype="Int64"), "amount": [12.345, np.nan], "yes": pd.array([True, None], "boolean"),
        "on": [date(2026, 2, 28), None], "at": pd.to_datetime(pd.Series([datetime(2026, 2, 28, 9, 30, 15), None])),
        "small": np.array([7, 8], dtype="int32"), "exact": [Decimal("1.5"), None]})
    sheet = read_back(export.as_file(frame, "xlsx"))
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[1] == (1, 12.345, True, datetime(2026, 2, 28), datetime(2026, 2, 28, 9, 30, 15), 7, 1.5)
    assert rows[2] == (None, None, None, None, None, 8, None)
    assert [cell.is_date for cell in sheet[2]] == [False, False, False, True, True, False, False]
    assert sheet["D2"].number_format == "yyyy\\-mm\\-dd" and [cell.data_type for cell in sheet[2]][:3] == ["n", "n", "b"]


def test_what_a_spreadsheet_would_get_wrong_is_text():
    assert of_one([date(1899, 1, 1), date(1900, 3, 1)])[0].value == "1899-01-01"
    assert of_one([datetime(1850, 1, 1, 12), datetime(1900, 3, 1)], "datetime64[us]")[0].value == "1850-01-01 12:00:00"
    assert [cell.value for cell in of_one([10**15, 10**14])] == [str(10**15), 10**14]
    assert of_one([pd.Timestamp("2026-01-01 10:00", tz="UTC")])[0].value == "2026-01-01 10:00:00+00:00"
    assert of_one([float("inf")])[0].value == "inf"


def test_a_workbooks_names_are_bold_and_stay_in_sight():
    sheet = read_back(export.as_file(pd.DataFrame({"name": ["x" * 200, "y"], "=n": [1, 2]}), "xlsx"))
    assert sheet.freeze_panes == "A2" and sheet["A1"].font.b and sheet["B1"].value == "=n" and not sheet["A2"].font.b
    assert sheet.column_dimensions["A"].width == workbook.WIDEST
    assert sheet.column_dimensions["B"].width == workbook.NARROWEST + 2


def test_other_readers_read_the_workbook_too():
    frame = pd.DataFrame({"code": ["007", None], "amount": [0.1, 2.0], "at": pd.to_datetime(["2026-01-02", None])})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(export.as_file(frame, "xlsx"))).get_sheet_by_index(0).to_python()
    assert rows == [["code", "amount", "at"], ["007", 0.1, date(2026, 1, 2)], ["", 2.0, ""]]


def test_characters_that_no_workbook_holds_are_written_as_spreadsheets_do():
    assert [cell.value for cell in of_one(["a\x00b\x1f", "\ud800"], "object")] == ["a_x0000_b_x001F_", "_xD800_"]


def test_a_workbook_goes_on_over_its_pieces(monkeypatch):
    monkeypatch.setattr(workbook, "ROWS_A_PIECE", 3)
    frame = pd.DataFrame({"n": range(10), "t": list("abcdefghij"), "d": pd.date_range("2026-01-01", periods=10)})
    rows = list(read_back(export.as_file(frame, "xlsx")).iter_rows(values_only=True))
    assert rows == [("n", "t", "d"), *((row.n, row.t, row.d.to_pydatetime()) for row in frame.itertuples())]


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": [], "b": []}), pd.DataFrame({"a": [None]})])
@pytest.mark.parametrize("form", list(export.FORMS))
def test_an_empty_table_is_a_file_too(frame, form):
    content = export.as_file(frame, form)
    if form == "xlsx":
        assert read_back(content).max_column >= 1
    elif form == "parquet":
        assert pq.read_table(io.BytesIO(content)).column_names == list(frame.columns)
    else:
        assert content.decode("utf-8-sig").split("\n")[0] == ",".join(frame.columns) or frame.columns.empty


def test_more_rows_than_a_sheet_has_are_refused_with_a_way_out():
    with pytest.raises(InvalidInput, match="1,048,576 rows.*CSV or Parquet"):
        export.as_file(pd.DataFrame({"n": np.zeros(workbook.MOST_ROWS + 1, dtype="int8")}), "xlsx")
    with pytest.raises(InvalidInput, match="columns"):
        export.as_file(pd.DataFrame(np.zeros((1, workbook.MOST_COLUMNS + 1))), "xlsx")
    with pytest.raises(InvalidInput, match="“note” has 40,000 characters"):
        export.as_file(pd.DataFrame({"note": ["x" * 40_000]}), "xlsx")


def test_csv_for_spreadsheets_has_a_mark_and_no_formula():
    content = export.as_file(pd.DataFrame({"t": ["=1+1", "plain", None]}), "csv")
    assert content.startswith(b"\xef\xbb\xbf") and content.decode("utf-8-sig") == "t\n'=1+1\nplain\n\"\"\n"


def test_csv_for_programs_is_exact():
    content = export.as_file(pd.DataFrame({"t": ["=1+1", "+49 170", "a\"b"], "n": [0.1, -1, 2]}), "csv_plain")
    assert content.decode() == 't,n\n=1+1,0.1\n+49 170,-1.0\n"a""b",2.0\n'


def test_a_long_csv_is_one_table_with_its_names_once(monkeypatch):
    frame = pd.DataFrame({"n": range(10), "t": ["=x", "y"] * 5})
    whole = export.as_file(frame, "csv")
    monkeypatch.setattr(table_files, "ROWS_A_PIECE", 3)
    assert export.as_file(frame, "csv") == whole


def test_parquet_keeps_the_types():
    frame = pd.DataFrame({
        "code": ["=007", None], "whole": pd.array([1, None], dtype="Int64"), "amount": [1.5, np.nan],
        "yes": pd.array([True, None], "boolean"), "on": [date(2026, 1, 1), None],
        "at": pd.Series([datetime(2026, 1, 1), None], dtype="datetime64[us]"), "mixed": [1, "a"]})
    table = pq.read_table(io.BytesIO(export.as_file(frame, "parquet")))
    kinds = [table.schema.field(name).type for name in frame]
    assert kinds[1:6] == [pa.int64(), pa.float64(), pa.bool_(), pa.date32(), pa.timestamp("us")]
    assert table.column("code").to_pylist() == ["=007", None] and table.column("mixed").to_pylist() == ["1", "a"]
    assert table.column("whole").to_pylist() == [1, None] and table.column("amount").null_count == 1


def test_an_unknown_form_is_told():
    with pytest.raises(InvalidInput, match="csv, csv_plain, xlsx, parquet"):
        export.as_file(pd.DataFrame(), "pdf")
    with pytest.raises(InvalidInput, match=r"\.csv, \.xlsx, \.parquet"):
        export.form_of("customers.pdf")


def test_the_callers_table_is_not_changed():
    frame = pd.DataFrame({"t": ["=1"], "at": [datetime(2026, 1, 1, tzinfo=UTC)]})
    before = frame.copy()
    for form in export.FORMS:
        export.as_file(frame, form)
    pd.testing.assert_frame_equal(frame, before)
