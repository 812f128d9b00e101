"""Your own table: any file is looked at, grouped and handed back labelled; nothing of it is stored."""

import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
from openpyxl import Workbook
from sqlalchemy import func, select

from crm import db, jobs
from crm.models import Customer, Setting
from tests.pages.conftest import open_page, words_of


def people() -> bytes:
    """Sixty young who spend much, sixty old who spend little."""
    rng = np.random.default_rng(3)
    rows = [(f"P{number}", rng.normal(25, 2), rng.normal(900, 30), "north") for number in range(60)]
    rows += [(f"Q{number}", rng.normal(60, 2), rng.normal(100, 30), "south") for number in range(60)]
    lines = [f"{name},{age:.0f},{spent:.2f},{town}" for name, age, spent, town in rows]
    return ("name,age,spent,town\n" + "\n".join(lines) + "\n").encode()


def chosen(content: bytes, name: str = "people.csv"):
    app = open_page("own_table")
    app.file_uploader[0].upload(name, content).run()
    assert not app.exception
    return app


def test_a_file_is_grouped_at_once_and_what_tells_lines_apart_is_left_out(own_company):
    app = chosen(people())
    assert "120 lines fall into 2 groups" in words_of(app)
    assert app.multiselect[0].value == ["age", "spent"]
    profile = app.dataframe[0].value
    assert profile["group"].tolist() == ["Group 1", "Group 2"] and profile["customers"].tolist() == [60, 60]
    assert sorted(profile["age"].round(-1).tolist()) == [20, 60] or sorted(profile["age"].round().tolist())[0] < 30


def test_a_handful_of_lines_is_no_proof_of_groups(own_company):
    lines = people().decode().splitlines()
    app = chosen("\n".join(lines[:6] + lines[-5:]).encode())
    assert "take them as a hint" in words_of(app) and "clearly apart" not in words_of(app)


def test_columns_and_the_number_of_groups_are_chosen(own_company):
    app = chosen(people())
    app.multiselect[0].set_value(["spent"]).run()
    app.selectbox(key="own_table_number").set_value("3").run()
    assert "in 3 groups" in words_of(app) or "into 3 groups" in words_of(app)
    assert "age" not in app.dataframe[0].value


def test_a_workbook_is_read_too_and_its_sheet_is_chosen(own_company):
    book = Workbook()
    book.active.append(["nothing"])
    sheet = book.create_sheet("People")
    for row in pd.read_csv(io.BytesIO(people())).itertuples(index=False):
        sheet.append(list(row))
    sheet.insert_rows(1)
    for place, title in enumerate(("name", "age", "spent", "town"), start=1):
        sheet.cell(1, place, title)
    written = io.BytesIO()
    book.save(written)
    app = chosen(written.getvalue(), "people.xlsx")
    app.selectbox(key="own_table_sheet").set_value("People").run()
    app.button(key="own_table_look").click().run()
    assert not app.exception and "120 lines" in words_of(app)


def test_nothing_of_it_is_stored(own_company):
    with db.reading(own_company) as session:
        before = session.scalar(select(func.count()).select_from(Setting))
    app = chosen(people())
    app.button(key="own_table_again").click().run()
    with db.reading(own_company) as session:
        assert session.scalar(select(func.count()).select_from(Customer)) == 0
        assert session.scalar(select(func.count()).select_from(Setting)) == before
    assert "own_table" not in app.session_state and app.file_uploader


def test_what_is_no_table_is_told_and_another_can_be_chosen(own_company):
    app = chosen(b"\x00\x01\x02", "picture.csv")
    assert "no text" in words_of(app) and app.file_uploader


def test_a_table_of_equal_lines_gets_a_sentence(own_company):
    app = chosen(b"a,b\n" + b"1,2\n" * 30)
    assert not app.exception and (app.error or app.info)


def test_rules_tell_what_sets_the_groups_apart(own_company):
    app = chosen(people())
    app.expander(key="own_table_rules")  # it is there, and computed when it is opened
    app.session_state["own_table_rules"] = True
    app.run()
    assert not app.exception


def test_the_shopping_centre_falls_into_the_five_groups_of_the_textbooks(own_company, datasets):
    app = chosen((datasets / "mall_customers" / "Mall_Customers.csv").read_bytes(), "Mall_Customers.csv")
    app.multiselect[0].set_value(["Annual Income (k$)", "Spending Score (1-100)"]).run()
    assert "5 groups" in words_of(app)


def test_whole_numbers_leave_as_they_came():
    frame = pd.DataFrame({"age": [19.0, 21.0, 20.0], "spent": [1.5, 2.0, np.nan], "visits": [4.0, np.nan, 6.0]})
    found = SimpleNamespace(rows=np.array([0, 2]), labels=np.array([0, 1]))
    leaves = jobs.own_table.labelled(frame, found, {0: "Group 1", 1: "Group 2"})
    assert leaves.to_csv(index=False).splitlines() == ["age,spent,visits,group", "19,1.5,4,Group 1", "21,2.0,,", "20,,6,Group 2"]
