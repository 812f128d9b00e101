"""The Data page: files in with progress and a result, tables out, the company's settings, the way from the demo."""

import sqlite3
import time

import pytest
from sqlalchemy import delete

from crm import db, transfers
from crm.models import Customer
from crm.services import customers, listing, settings
from crm.ui import import_review, work
from tests.pages.conftest import open_page, words_of

LINES = b"order,date,customer,product,quantity,price\n1,2026-01-02,Ada,Tea,2,4.50\n2,2026-01-03,=Bo,Mug,1,9.90\n"
GERMAN = b"Beleg;Tag;Ware;Stueck;Preis;Wer\n1;2.1.2026;Tee;2;4,50;Ada\n2;3.1.2026;Tee;1;4,50;Bo\n"


def chosen(app, *files: tuple[bytes, str]):
    """The page after these files were chosen."""
    for content, name in files:
        app.file_uploader[0].upload(name, content)
    return app.run()


def awaited(app):
    """The page when the work behind it is done."""
    running = work.find(f"import into {db.own().url}")
    until = time.monotonic() + 60
    while not running.is_done and time.monotonic() < until:
        time.sleep(0.05)
    return app.run()


def rehearsed(app):
    return awaited(app.button(key="rehearse").click().run())


def brought_in(app):
    return awaited(app.button(key="bring_in").click().run())


def becomes(app, **columns: str):
    """Correct what columns become, by the label that the table shows."""
    (draft,) = app.session_state["import_drafts_own"]
    looked = next(reversed(app.session_state[f"import_look_{draft.token}"].values()))
    names = [column.column for column in looked.guess.columns]
    grid = f"import_{draft.token}_columns_{looked.guess.kind}_{import_review._mark(looked)}"
    app.session_state[grid] = {"edited_rows": {names.index(name): {"Becomes": label} for name, label in columns.items()},
                               "added_rows": [], "deleted_rows": []}
    return app.run()


def rows_of(workspace):
    with db.reading(workspace) as session:
        return listing.page(session, as_of=settings.today(session)).rows


@pytest.fixture(autouse=True)
def nothing_runs():
    yield
    work.forget(f"import into {db.own().url}")


def test_a_file_is_looked_at_rehearsed_brought_in_and_taken_back(own_company):
    app = chosen(open_page("data"), (LINES, "orders.csv"))
    assert "“orders.csv” holds order lines" in words_of(app) and "Columns that come in: 6 of 6" in words_of(app)
    app = rehearsed(app)
    assert "**Lines read: 2.** To bring in: 2. Known already: 0. Rejected: 0." in words_of(app)
    assert rows_of(own_company).empty, "a rehearsal writes nothing"
    app = brought_in(app)
    assert not app.exception and "**Lines read: 2.** Imported: 2. Known already: 0. Rejected: 0." in words_of(app)
    assert rows_of(own_company)["name"].tolist() == ["=Bo", "Ada"]
    app.button(key="undo_result").click().run()
    assert "Taken back." in words_of(app) and rows_of(own_company).empty
    again = brought_in(rehearsed(chosen(app, (LINES, "orders.csv"))))
    assert "Imported: 2. Known already: 0." in words_of(again)


def test_the_same_file_again_has_nothing_to_bring_in(own_company):
    app = brought_in(rehearsed(chosen(open_page("data"), (LINES, "orders.csv"))))
    app.button(key="another_import").click().run()
    again = rehearsed(chosen(app, (LINES, "orders.csv")))
    assert "To bring in: 0. Known already: 2." in words_of(again)
    assert "Nothing of this is new" in words_of(again) and "bring_in" not in [button.key for button in again.button]


@pytest.mark.parametrize(("content", "name"), [
    (b"", "empty.csv"), (b"order,date,customer,product,quantity,price\n", "header.csv"),
    (b"\x00\x01\x02\xff" * 500, "picture.csv"), (b"PK\x03\x04 broken", "broken.xlsx"), (b"not a zip", "broken.zip"),
])
def test_a_file_that_cannot_be_read_is_told_in_a_sentence_and_leaves_nothing(own_company, content, name):
    app = chosen(open_page("data"), (content, name))
    told = [box.value for box in (*app.error, *app.info)]
    assert not app.exception and told and max(map(len, told)) > 20 and "inside the program" not in "".join(told)
    assert all(button.disabled for button in app.button if button.key == "rehearse")
    assert rows_of(own_company).empty


def test_columns_with_other_names_are_chosen_and_remembered(own_company):
    app = chosen(open_page("data"), (GERMAN, "german.csv"))
    kind = next(box for box in app.selectbox if box.label == "It holds")
    app = kind.set_value("order_lines").run()
    app = becomes(app, Beleg="Order number", Tag="Order date", Ware="Product name", Stueck="Quantity",
                  Preis="Price of one", Wer="Customer name")
    app = brought_in(rehearsed(app))
    assert "Imported: 2." in words_of(app), words_of(app)
    assert sorted(rows_of(own_company)["spent"]) == [4.5, 9.0]
    app.button(key="another_import").click().run()
    again = chosen(app, (GERMAN.replace(b"1;2.1.2026", b"3;4.1.2026"), "later.csv"))
    assert "brought in before" in words_of(again)
    assert "To bring in: 1. Known already: 1." in words_of(rehearsed(again))


def test_how_a_file_is_written_is_remembered_with_its_columns(own_company):
    content = b"order,date,customer,product,quantity,price\n1,03/04/2026,Ada,Tea,2,4.50\n"
    app = chosen(open_page("data"), (content, "first.csv"))
    order = next(box for box in app.selectbox if box.label == "Dates are written as")
    app = order.set_value("2").run()
    app = brought_in(rehearsed(app))
    app.button(key="another_import").click().run()
    app = chosen(app, (content.replace(b"\n1,03/04", b"\n2,05/06"), "second.csv"))
    assert app.dataframe[-1].value.filter(like="Order date").iloc[0, 0] == "2026-05-06"


def test_a_pasted_table_comes_in_like_a_file(own_company):
    app = open_page("data")
    next(one for one in app.get("button_group") if one.key == "import_from").set_value("Paste a table").run()
    app.text_area[0].set_value(LINES.decode().replace(",", "\t")).run()
    app.button(key="look_at_paste").click().run()
    assert "“Pasted table” holds order lines" in words_of(app)
    assert "To bring in: 2." in words_of(rehearsed(app))


def test_a_table_of_another_database_comes_in_is_kept_and_synced(own_company, tmp_path):
    shop = tmp_path / "shop.db"
    with sqlite3.connect(shop) as file:
        file.execute("create table clients (client_id text, name text, email text)")
        file.execute("insert into clients values ('7', 'Ada', 'ada@example.com'), ('8', 'Bo', null)")
    app = open_page("data")
    next(one for one in app.get("button_group") if one.key == "import_from").set_value("Another database").run()
    app.selectbox(key="import_database").set_value("A SQLite file").run()
    app.text_input(key="import_sqlite").set_value(str(shop)).run()
    app.button(key="look_at_table").click().run()
    app = rehearsed(app)
    app.text_input(key="connection_name").set_value("Shop").run()
    app = brought_in(app)
    assert "Imported: 2." in words_of(app), words_of(app)
    with sqlite3.connect(shop) as file:
        file.execute("update clients set email = 'bo@example.com' where client_id = '8'")
        file.execute("insert into clients values ('9', 'Cy', null)")
    app.button(key="another_import").click().run()
    assert "**Shop**" in words_of(app)
    synced = next(button for button in app.button if (button.key or "").startswith("sync_"))
    app = awaited(synced.click().run())
    assert "Imported: 2. Known already: 1." in words_of(app)
    assert set(rows_of(own_company)["email"].dropna()) == {"ada@example.com", "bo@example.com"}


def test_the_demo_sends_the_owner_to_a_company_of_their_own(in_demo):
    app = open_page("data")
    assert not app.file_uploader and app.button(key="begin_here")


def test_the_company_is_begun_in_three_questions(tmp_path, monkeypatch, demo_folder):
    (tmp_path / "demo.db").write_bytes((demo_folder / "demo.db").read_bytes())
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    app = open_page("overview")
    app.button(key="begin").click().run()
    app.text_input(key="begin_name").set_value("Mine")
    app.selectbox(key="begin_currency").set_value("USD")
    next(item for item in app.button if item.label == "Begin").click().run()
    assert not app.exception and "no orders yet" in words_of(app)
    with db.reading(db.own()) as session:
        assert settings.company(session).currency == "USD"


def test_settings_are_saved_and_wrong_ones_told(own_company):
    app = open_page("data")
    next(item for item in app.text_input if item.label == "Name").set_value("New name")
    next(item for item in app.button if item.label == "Save").click().run()
    with db.reading(own_company) as session:
        assert settings.company(session).name == "New name"
    next(item for item in app.text_input if item.label == "Name").set_value(" ")
    next(item for item in app.button if item.label == "Save").click().run()
    assert "Give your company a name" in app.error[0].value


def test_all_rejected_lines_can_be_downloaded_not_only_the_first(own_company):
    wrong = b"".join(b"%d,never,Ada,Tea,1,1\n" % number for number in range(3000))
    app = brought_in(rehearsed(chosen(open_page("data"), (LINES + wrong, "orders.csv"))))
    assert "Rejected: 3,000." in words_of(app)
    rejects = work.find(f"import into {db.own().url}").result[0].rejects_path
    assert len(rejects.read_text(encoding="utf-8-sig").splitlines()) == 3001
    app.button(key="another_import").click().run()
    assert not rejects.exists()


def test_rejected_lines_mended_in_their_own_file_come_in_without_new_choices(own_company):
    app = brought_in(rehearsed(chosen(open_page("data"), (LINES + b"3,never,Cy,Tea,1,1\n", "orders.csv"))))
    rejects = work.find(f"import into {db.own().url}").result[0].rejects_path.read_bytes()
    app.button(key="another_import").click().run()
    app = rehearsed(chosen(app, (rejects.replace(b"never", b"2026-01-05"), "rejected.csv")))
    assert "To bring in: 1. Known already: 0. Rejected: 0." in words_of(app)


def test_an_import_in_the_list_is_taken_back(own_company):
    app = brought_in(rehearsed(chosen(open_page("data"), (LINES, "orders.csv"))))
    app.button(key="another_import").click().run()
    app.session_state["imports_1_0"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    app.button(key="undo_import").click().run()
    assert "Taken back." in words_of(app) and rows_of(own_company).empty


def test_a_company_without_a_name_is_not_begun(tmp_path, monkeypatch, demo_folder):
    (tmp_path / "demo.db").write_bytes((demo_folder / "demo.db").read_bytes())
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    app = open_page("overview")
    app.button(key="begin").click().run()
    next(item for item in app.button if item.label == "Begin").click().run()
    assert "Give your company a name" in words_of(app) and not (tmp_path / "crm.db").exists()


def test_a_whole_company_is_read_back_into_an_empty_one(own_company, tmp_path):
    with db.transaction(own_company) as session:
        customers.create(session, name="Ada")
    zipped = tmp_path / "everything.zip"
    transfers.write_everything(own_company, zipped)
    app = chosen(open_page("data"), (zipped.read_bytes(), "everything.zip"))
    app = awaited(app.button(key="read_back").click().run())
    assert "already" in words_of(app) or "empty" in words_of(app), "a company that is not empty is left alone"
    with db.transaction(own_company) as session:
        session.execute(delete(Customer))
    app.button(key="give_up_import").click().run()
    app = chosen(app, (zipped.read_bytes(), "everything.zip"))
    app = awaited(app.button(key="read_back").click().run())
    assert "The whole company is back." in words_of(app) and rows_of(own_company)["name"].tolist() == ["Ada"]


def test_orders_find_the_customers_of_a_file_chosen_with_them(own_company):
    people = b"customer id,name,email\n7,Ada,ada@example.com\n"
    orders = b"order,date,customer id,product,quantity,price\n1,2026-01-02,7,Tea,2,4.50\n"
    app = chosen(open_page("data"), (orders, "orders.csv"), (people, "people.csv"))
    app = rehearsed(app)
    assert "New customers" in [metric.label for metric in app.metric] and rows_of(own_company).empty
    assert [metric.value for metric in app.metric if metric.label == "New customers"] == ["1"]
    app = brought_in(app)
    assert not app.exception and rows_of(own_company)[["name", "email", "orders"]].values.tolist() == [
        ["Ada", "ada@example.com", 1]]


STATEMENTS = "I am happy with the help,The goods are worth their price,Delivery was quick,I would buy again"


def forms(scores, *, first: int = 1) -> bytes:
    lines = [f"Anna Berg {number},p{number}@x.com,2026-01-{number % 28 + 1:02},{','.join(map(str, line))}"
             for number, line in enumerate(scores, first)]
    return "\n".join([f"Name,E-mail,Answered on,{STATEMENTS}", *lines, ""]).encode()


def test_forms_name_their_customers_and_the_next_file_of_the_same_columns_is_recognised(own_company):
    varied = [[row % 5 + 1, (row + 1) % 5 + 1, (row * 2) % 5 + 1, (row + 3) % 5 + 1] for row in range(24)]
    app = brought_in(rehearsed(chosen(open_page("data"), (forms(varied), "forms.csv"))))
    assert "Imported: 24." in words_of(app) and "told from the scores: 1 to 5." in words_of(app)
    with db.reading(own_company) as session:
        people = session.query(Customer).all()
        assert {person.name for person in people} >= {"Anna Berg 1"} and not any(person.custom_fields for person in people)
    app.button(key="another_import").click().run()
    again = chosen(app, (forms([[4] * 4] * 24, first=101), "later.csv"))
    assert "has the columns of a file that you brought in before, as survey answers" in words_of(again)
    assert "Imported: 24." in words_of(brought_in(rehearsed(again)))


def test_a_file_of_which_no_line_can_be_read_says_so(own_company):
    broken = LINES.replace(b"2026-01-02", b"soon").replace(b"2026-01-03", b"late")
    app = rehearsed(chosen(open_page("data"), (broken, "broken.csv")))
    assert "Rejected: 2." in words_of(app) and "No line could be read" in words_of(app)
    assert "Nothing of this is new" not in words_of(app)


def test_the_columns_of_questions_are_asked_for_by_the_choices_own_words(own_company):
    app = chosen(open_page("data"), (b"Name,E-mail,Answered on,Colour\nAda,a@x.com,2026-01-02,red\n", "forms.csv"))
    app = next(box for box in app.selectbox if box.label == "It holds").set_value("answers_wide").run()
    assert "Choose **A question of the survey** in the table above" in words_of(app)
