"""From the page any table leaves in any format, and everything as one zip that is made beside the page."""

import io
import zipfile

import pandas as pd
from streamlit.testing.v1 import AppTest

from crm import db
from crm.errors import InvalidInput
from crm.services import customers, export, whole_workspace, workbook
from crm.ui import export_forms, page, work
from tests.pages.conftest import words_of


def card() -> AppTest:
    def script():
        from crm.ui import export_forms

        export_forms.export_card()

    return AppTest.from_function(script, default_timeout=60)


def shown_list() -> AppTest:
    def script():
        import pandas as pd

        from crm.ui import page

        page.download(lambda session: pd.DataFrame({"name": ["=Ada"]}), file_name="shown.csv", key="shown", whole="customers")

    return AppTest.from_function(script, default_timeout=60)


def test_a_table_leaves_in_the_format_that_was_chosen(in_demo, files):
    app = card().run()
    name, content = files["export"]
    assert name == "customers.csv" and len(content().decode("utf-8-sig").splitlines()) == 2013
    app.selectbox(key="export_table").select("products")
    app.segmented_control(key="export_form").select("parquet").run()
    assert not app.exception
    name, content = files["export"]
    assert name == "products.parquet" and "product_code" in pd.read_parquet(io.BytesIO(content()))


def test_every_table_has_a_name_on_the_screen():
    assert list(export_forms.TABLES) == list(export.TABLES) and set(page.FORMATS) == set(export.FORMS)


def test_a_table_too_long_for_a_spreadsheet_is_told_beforehand(in_demo, files, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 100)
    app = card().run()
    assert "CSV or Parquet" not in words_of(app)
    app.segmented_control(key="export_form").select("xlsx").run()
    assert "This table has 2,012 rows, and a spreadsheet holds 100 at most. Take CSV or Parquet." in words_of(app)
    assert app.get("download_button")[0].proto.disabled


def test_a_list_leaves_as_shown_or_as_the_whole_table(in_demo, files):
    assert not shown_list().run().exception
    assert files["shown"][0] == "shown.csv" and files["shown"][1]().decode("utf-8-sig").splitlines() == ["name", "'=Ada"]
    assert files["shown_csv_plain"][1]() == b"name\n=Ada\n"
    assert files["shown_xlsx"][0] == "shown.xlsx" and files["shown_parquet"][0] == "shown.parquet"
    name, content = files["shown_whole_xlsx"]
    assert name == "customers.xlsx" and workbook_rows(content()) == 2013


def test_what_a_workbook_cannot_hold_is_said_where_the_user_looks(in_demo, files, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 100)
    shown_list().run()
    content = pd.read_excel(io.BytesIO(files["shown_whole_xlsx"][1]()), engine="openpyxl")
    assert "2,012 rows" in content.iloc[0, 0]


def workbook_rows(content: bytes) -> int:
    return len(pd.read_excel(io.BytesIO(content), header=None, engine="openpyxl"))


def test_everything_is_prepared_beside_the_page_and_comes_back(own_company, files, tmp_path):
    with db.transaction(own_company) as session:
        customers.create(session, name="Ada")
    app = card().run()
    app.button(key="prepare_everything").click().run()
    work.find(export_forms._key()).wait()
    app.run()
    assert not app.exception and "Ready:" in words_of(app) and "changed since" not in words_of(app)
    name, content = files["download_everything"]
    assert name.startswith("solo-crm-") and name.endswith(".zip")
    file = tmp_path / "all.zip"
    file.write_bytes(content())
    other = db.Workspace("own", f"sqlite:///{tmp_path / 'other.db'}")
    with db.transaction(other) as session:
        assert whole_workspace.read_back(session, file)["customers"] == 1
    db.dispose(other)

    with db.transaction(own_company) as session:
        customers.create(session, name="Bob")
    app.run()
    assert "Something has changed since" in words_of(app)
    former = work.find(export_forms._key()).result.file
    app.button(key="prepare_everything").click().run()
    work.find(export_forms._key()).wait()
    app.run()
    assert "changed since" not in words_of(app) and not former.exists()
    with zipfile.ZipFile(io.BytesIO(files["download_everything"][1]())) as archive:
        assert b"Bob" in archive.read("customers.csv")


def test_a_zip_that_cannot_be_made_is_told_and_can_be_tried_again(own_company, monkeypatch):
    def fail(session, file, **_watched):
        raise InvalidInput("There is no room for it.")

    monkeypatch.setattr(whole_workspace, "write", fail)
    app = card().run()
    app.button(key="prepare_everything").click().run()
    work.find(export_forms._key()).wait()
    app.run()
    assert "There is no room for it." in words_of(app)
    assert app.button(key="prepare_everything").label == "Prepare a new one"


def test_a_zip_belongs_to_the_company_that_was_open(in_demo):
    app = card().run()
    app.button(key="prepare_everything").click().run()
    done = work.find(f"everything of {in_demo.url}")
    done.wait()
    with zipfile.ZipFile(done.result.file) as archive:
        assert archive.read("customers.csv").count(b"\r\n") >= 2013
