"""Are the lines that were not taken given back whole, harmless, and in words that are right for any number?"""

import csv
import io

import pytest

from crm import db, imports
from crm.errors import InvalidInput
from crm.imports import report as reports

SOUND = "A1,2024-01-02,Mug,1.00"


def bring_in(workspace, *lines, header="order,date,item,amount", **arguments):
    with db.transaction(workspace) as session:
        return imports.import_file(session, "\n".join([header, *lines]).encode(), kind="order_lines", **arguments)


def written(path):
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("order,date,item,amount,row,reason", ["row (import)", "reason (import)"]),
        ("order,date,item,amount,Row,colour", ["row (import)", "reason"]),
        ("order,date,item,amount,reason,reason (import)", ["row", "reason (import 2)"]),
    ],
)
def test_columns_of_the_file_named_row_or_reason_stay_apart_from_ours(workspace, tmp_path, header, names):
    path = tmp_path / "rejects.csv"
    report = bring_in(workspace, SOUND + ",3,gift", "A2,soon,Mug,1.00,4,none", "A3", header=header, rejects_path=path)
    columns = list(report.rejects.columns)
    assert columns == [names[0], *header.split(","), names[1]] and len(set(columns)) == len(columns)
    assert report.rejects[names[0]].tolist() == [3, 4]
    assert report.rejects[header.split(",")[-1]].tolist() == ["none", ""]
    assert "is no date" in report.rejects[names[1]][0] and written(path)[0] == columns


def test_a_file_of_which_nothing_is_understood_says_why_also_when_it_has_a_reason_of_its_own(workspace):
    with pytest.raises(InvalidInput, match="“soon” is no date"):
        bring_in(workspace, "A1,soon,Mug,1.00,gift", header="order,date,item,amount,reason")


def test_no_name_and_no_cell_of_the_rejects_runs_as_a_formula(workspace, tmp_path):
    path = tmp_path / "rejects.csv"
    header = "order,date,item,amount,=cmd|'/c calc'!A1,@x,-x"
    report = bring_in(workspace, SOUND + ",1,2,3", "A2,soon,=1,-2.50,+1+1,@2,-", header=header, rejects_path=path)
    assert written(path) == [
        ["row", "order", "date", "item", "amount", "'=cmd|'/c calc'!A1", "'@x", "'-x", "reason"],
        ["3", "A2", "soon", "'=1", "-2.50", "'+1+1", "'@2", "'-", report.rejects["reason"][0]],
    ]
    assert list(report.rejects.columns)[5] == "=cmd|'/c calc'!A1"


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_the_file_of_rejects_holds_all_and_the_report_says_where_it_is(workspace, tmp_path, kind):
    path = tmp_path / "rejects.csv"
    report = bring_in(workspace, SOUND, *["A2,soon,Mug,1"] * 700, *["A3"] * 700, rejects_path=kind(path))
    assert report.rejects_path == path and len(written(path)) == 1_401
    assert len(report.rejects) == 1_000 and report.lines["rejected"] == 1_400


def test_a_report_names_no_file_of_rejects_where_none_was_written(workspace, tmp_path):
    path = tmp_path / "rejects.csv"
    assert bring_in(workspace, SOUND, rejects_path=path).rejects_path is None and not path.exists()
    assert bring_in(workspace, SOUND, "A2,soon,Mug,1").rejects_path is None


@pytest.mark.parametrize("number", [1, 2, 1_234])
def test_a_notes_sentence_is_right_for_one_and_for_many(number):
    codes = set(reports._SENTENCES) - {"date_order_assumed", "scale_assumed"}
    notes = reports.notes_of(dict.fromkeys(codes, number))
    assert {note.code for note in notes} == codes
    # The number stands behind a colon, so that no word before or after it must agree with it.
    assert all(f": {number:,}" in note.text and note.text.endswith(".") for note in notes)


@pytest.mark.parametrize(
    ("header", "line", "reason"),
    [
        ("order,date,item,quantity,price", "A2,2024-01-02,Mug,1,", "The price is empty."),
        ("order,date,item,amount", "A2,2024-01-02,Mug,", "The amount is empty."),
        ("order,date,item,quantity,price,amount", "A2,2024-01-02,Mug,1,,", "The price and the amount are empty."),
        ("order,date,item,amount", "A2,2024-01-02,Mug,x", "The amount “x” is no number, or more than a trillion."),
        ("order,date,item,amount", "A2", "The line has 1 field where the table has 4 columns."),
    ],
)
def test_a_reason_is_a_whole_sentence(workspace, header, line, reason):
    sound = ",".join(["A1", "2024-01-02", "Mug", "1", "2", "2"][: header.count(",") + 1])
    report = bring_in(workspace, sound, line, header=header)
    assert report.rejects.iloc[:, -1].tolist() == [reason]
