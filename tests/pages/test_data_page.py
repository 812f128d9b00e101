"""The Data page: files in with progress and a result, tables out, the company's settings, the way from the demo."""

import time

import pytest

from crm import db
from crm.services import listing, settings
from crm.ui import work
from tests.pages.conftest import open_page, words_of

LINES = b"order,date,customer,product,quantity,price\n1,2026-01-02,Ada,Tea,2,4.50\n2,2026-01-03,=Bo,Mug,1,9.90\n"


def upload(app, content: bytes, name: str = "orders.csv"):
    app.file_uploader[0].upload(name, content).run()
    app.button(key="start_import").click().run()
    running = work.find(f"import into {db.own().url}")
    until = time.monotonic() + 60
    while not running.is_done and time.monotonic() < until:
        time.sleep(0.05)
    return app.run()


def test_a_file_comes_in_and_its_counts_are_told(own_company):
    app = upload(open_page("data"), LINES)
    assert not app.exception and "**Lines read: 2.** Imported: 2. Known already: 0. Rejected: 0." in words_of(app)
    with db.reading(own_company) as session:
        assert listing.page(session, as_of=settings.today(session)).rows["name"].tolist() == ["=Bo", "Ada"]
    app.button(key="another_import").click().run()
    again = upload(app, LINES)
    assert "Imported: 0. Known already: 2." in words_of(again)


@pytest.mark.parametrize(("content", "name"), [
    (b"", "empty.csv"), (b"order,date,customer,product,quantity,price\n", "header.csv"),
    (b"\x00\x01\x02\xff" * 500, "picture.csv"), (b"PK\x03\x04 broken", "broken.xlsx"), (b"not a zip", "broken.zip"),
    (b"one column\nonly\n", "one.csv"),
])
def test_a_file_that_cannot_be_read_is_told_in_a_sentence_and_leaves_nothing(own_company, content, name):
    app = upload(open_page("data"), content, name)
    assert not app.exception and app.error and len(app.error[0].value) > 20
    assert "inside the program" not in app.error[0].value
    with db.reading(own_company) as session:
        assert listing.page(session, as_of=settings.today(session)).total == 0


def test_columns_with_other_names_can_be_named(own_company):
    app = open_page("data")
    app.text_area(key="import_map").set_value(
        "Beleg = order_number\nTag = ordered_at\nStueck = quantity\nWare = product_name\nPreis = unit_price\nWer = customer_name")
    app = upload(app, b"Beleg;Tag;Ware;Stueck;Preis;Wer\n1;2.1.2026;Tee;2;4,50;Ada\n", "german.csv")
    assert "Imported: 1." in words_of(app), words_of(app)
    with db.reading(own_company) as session:
        assert listing.page(session, as_of=settings.today(session)).rows["spent"].tolist() == [9.0]


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
    app = upload(open_page("data"), LINES + wrong)
    assert "Rejected: 3,000." in words_of(app)
    rejects = work.find(f"import into {db.own().url}").result.rejects_path
    assert len(rejects.read_text(encoding="utf-8-sig").splitlines()) == 3001
    app.button(key="another_import").click().run()
    assert not rejects.exists()


def test_a_company_without_a_name_is_not_begun(tmp_path, monkeypatch, demo_folder):
    (tmp_path / "demo.db").write_bytes((demo_folder / "demo.db").read_bytes())
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    app = open_page("overview")
    app.button(key="begin").click().run()
    next(item for item in app.button if item.label == "Begin").click().run()
    assert "Give your company a name" in words_of(app) and not (tmp_path / "crm.db").exists()


def test_a_file_that_failed_is_tried_again_without_a_second_upload(own_company):
    app = upload(open_page("data"), b"Beleg;Tag;Ware;Stueck;Preis;Wer\n1;2.1.2026;Tee;2;4,50;Ada\n", "german.csv")
    assert app.error and "--map" not in words_of(app)
    app.text_area(key="import_map").set_value("Beleg: order_number")
    app.button(key="retry_import").click().run()
    assert "has no “=”" in words_of(app)
    app.text_area(key="import_map").set_value("Beleg = order_number\nTag = ordered_at\nWare = product_name\n"
                                              "Stueck = quantity\nPreis = unit_price\nWer = customer_name")
    app.button(key="retry_import").click().run()
    running = work.find(f"import into {db.own().url}")
    until = time.monotonic() + 60
    while not running.is_done and time.monotonic() < until:
        time.sleep(0.05)
    assert "Imported: 1." in words_of(app.run())
