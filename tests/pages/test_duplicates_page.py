"""The page of doubles, driven as a user would: found, compared, merged, kept apart, taken back."""

from datetime import datetime

import pytest

from crm import db
from crm.services import check, customers, merging, not_duplicates, orders, products
from crm.ui import duplicate_list
from tests.pages.conftest import open_page, words_of


@pytest.fixture
def shop(own_company):
    with db.transaction(own_company) as session:
        tea = products.create(session, name="Tea", price=4.5)
        ids = {
            "ada": customers.create(session, name="Ada Ample", email="ada@example.com", city="Ghent"),
            "ampel": customers.create(session, name="Ample, Ada", email="ADA@example.com", phone="+44 1632 960001",
                                      note="Likes *tea*."),
            "bo": customers.create(session, name="Bo Brass", phone="+44 1632 960002"),
            "bob": customers.create(session, name="Bo Bras", phone="01632/960002", country="United Kingdom"),
            "cleo": customers.create(session, name="Cleo Cask", city="Ghent")}
        orders.create(session, customer_id=ids["ampel"], ordered_at=datetime(2026, 1, 5),
                      lines=[orders.LineInput(tea, 2, 4.5)])
    return ids


def compare(one: int, other: int):
    return open_page("duplicates", first=str(one), second=str(other))


def side_by_side(app) -> dict[str, list[str]]:
    return {row[0].strip("*≠ "): list(row[1:]) for row in app.table[0].value.itertuples(index=False)}


def names(workspace) -> list[str]:
    with db.reading(workspace) as session:
        assert check.findings(session) == []
        return merging.contacts(session)["name"].tolist()


def test_it_says_how_many_are_here_twice_and_lists_them(shop, own_company):
    app = open_page("duplicates")
    assert "2 of your 5 customers" in words_of(app)
    assert app.dataframe[0].value["who"].tolist() == ["Ada Ample · Ample, Ada", "Bo Brass · Bo Bras"]
    assert "same e-mail" in app.dataframe[0].value["why"].iloc[0]


def test_the_surest_pair_is_shown_side_by_side_with_the_fuller_record_staying(shop, own_company):
    app = open_page("duplicates")
    shown = side_by_side(app)
    assert [cell.replace("\u200b", "") for cell in shown["Name"]] == ["✓ Ample, Ada", "Ada Ample", "Ample, Ada"]
    assert shown["Orders"] == ["1", "0", "1"] and shown["Address"][1] == "✓ Ghent"


def test_differences_are_marked_by_a_sign(shop, own_company):
    labels = open_page("duplicates").table[0].value.iloc[:, 0].tolist()
    assert "**≠ Name**" in labels and "Phone" in labels


def test_merging_takes_one_click_and_one_to_take_it_back(shop, own_company):
    app = open_page("duplicates")
    app.button(key=f"merge_{shop['ampel']}_{shop['ada']}").click().run()
    assert not app.error, words_of(app)
    assert names(own_company) == ["Ample, Ada", "Bo Brass", "Bo Bras", "Cleo Cask"]
    assert "was merged into" in words_of(app) and "One of your 4 customers" in words_of(app)
    app.button(key="undo_merge").click().run()
    assert not app.error and len(names(own_company)) == 5 and "2 of your 5 customers" in words_of(app)


def test_a_merge_can_be_taken_back_later_from_the_list(shop, own_company):
    app = open_page("duplicates")
    app.button(key=f"merge_{shop['ampel']}_{shop['ada']}").click().run()
    app = open_page("duplicates")
    assert "Merged before" in words_of(app)
    app.button(key="unmerge_1").click().run()
    assert len(names(own_company)) == 5 and "Taken back" in words_of(app)


def test_the_other_record_stays_where_the_owner_says_so(shop, own_company):
    app = open_page("duplicates")
    control = app.segmented_control(key=f"stays_{shop['ada']}_{shop['ampel']}")
    control.set_value(shop["ada"]).run()
    assert side_by_side(app)["Name"][0] == "✓ Ada Ample"
    app.button(key=f"merge_{shop['ada']}_{shop['ampel']}").click().run()
    assert "Ada Ample" in names(own_company) and "Ample, Ada" not in names(own_company)


def test_a_field_is_chosen_from_the_other_side(shop, own_company):
    app = open_page("duplicates")
    app.radio(key=f"choice_name_{shop['ampel']}_{shop['ada']}").set_value("other").run()
    assert side_by_side(app)["Name"] == ["Ample, Ada", "✓ Ada Ample", "Ada Ample"]
    app.button(key=f"merge_{shop['ampel']}_{shop['ada']}").click().run()
    assert "Ada Ample" in names(own_company)


def test_not_the_same_person_is_remembered_and_can_be_taken_back(shop, own_company):
    app = open_page("duplicates")
    app.button(key=f"apart_{shop['ada']}_{shop['ampel']}").click().run()
    assert "One of your 5 customers" in words_of(app) and len(names(own_company)) == 5
    app = open_page("duplicates")
    app.button(key=f"together_{shop['ada']}_{shop['ampel']}").click().run()
    assert "2 of your 5 customers" in words_of(app)


def test_a_pair_in_the_address_is_shown(shop, own_company):
    app = compare(shop["ada"], shop["cleo"])
    assert "do not look like one customer" in words_of(app) and "✓ Ada Ample" in side_by_side(app)["Name"]
    app = compare(shop["bob"], shop["bo"])
    assert side_by_side(app)["Name"][:2] == ["✓ Bo Bras", "Bo Brass"]


def test_a_pair_that_is_gone_is_told_and_leads_back(shop, own_company):
    with db.transaction(own_company) as session:
        customers.delete(session, shop["ada"], version=1)
    app = compare(shop["ada"], shop["ampel"])
    assert "not there any more" in words_of(app) and not app.table
    app.button(key="surest").click().run()
    assert len(app.table) == 1


def test_two_others_are_compared_by_their_codes(shop, own_company):
    app = open_page("duplicates")
    app.text_input(key="first_code").set_value("C00001")
    app.text_input(key="second_code").set_value("C9")
    next(item for item in app.button if item.label == "Compare").click().run()
    assert "no customer with the code “C9”" in words_of(app)
    app.text_input(key="second_code").set_value("C00005")
    next(item for item in app.button if item.label == "Compare").click().run()
    assert "do not look like one customer" in words_of(app)


def test_a_change_in_another_window_is_not_merged_over(shop, own_company):
    app = open_page("duplicates")
    with db.transaction(own_company) as session:
        customers.update(session, shop["ada"], version=1, city="Bruges")
    app.button(key=f"merge_{shop['ampel']}_{shop['ada']}").click().run()
    assert "merge again" in app.error[0].value and len(names(own_company)) == 5


def test_three_records_of_one_customer_are_one_line(shop, own_company):
    with db.transaction(own_company) as session:
        customers.create(session, name="Ada Ample", email="ada@example.com", phone="+44 1632 960001")
    app = open_page("duplicates")
    assert app.dataframe[0].value["who"].iloc[0].endswith("(3 records)")
    assert len(next(item for item in app.selectbox if item.label == "Which two?").options) == 3
    assert "3 of your 6 customers" in words_of(app)


def test_a_click_on_a_line_shows_its_pair(shop, own_company):
    app = open_page("duplicates")
    key = next(item for item in app.session_state if item.startswith("duplicates_list_"))
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [(1, "who")]}}
    app.run()
    assert side_by_side(app)["Name"][:2] == ["✓ Bo Bras", "Bo Brass"]
    app.query_params["first"], app.query_params["second"] = str(shop["ada"]), str(shop["cleo"])
    app.run()
    assert "✓ Ada Ample" in side_by_side(app)["Name"]


def test_a_long_list_is_not_made_anew_after_every_merge(shop, own_company, monkeypatch):
    monkeypatch.setattr(duplicate_list, "AT_ONCE", 3)
    app = open_page("duplicates")
    app.button(key=f"merge_{shop['ampel']}_{shop['ada']}").click().run()
    assert "were changed since this list was made" in words_of(app)
    assert app.dataframe[0].value["who"].tolist() == ["Bo Brass · Bo Bras"]
    app.button(key="look_again").click().run()
    assert "were changed since" not in words_of(app) and "One of your 4 customers" in words_of(app)


def test_what_was_edited_since_is_told_when_a_merge_is_taken_back(shop, own_company):
    app = open_page("duplicates")
    app.button(key=f"merge_{shop['ampel']}_{shop['ada']}").click().run()
    with db.transaction(own_company) as session:
        version = customers.get(session, shop["ampel"]).version
        customers.update(session, shop["ampel"], version=version, city="Bruges")
    app.button(key="undo_merge").click().run()
    assert "edited since" in app.warning[0].value and "Address" in app.warning[0].value


def test_a_company_without_doubles_is_told_so(own_company):
    with db.transaction(own_company) as session:
        customers.create(session, name="Ada Ample")
    app = open_page("duplicates")
    assert "Nobody seems to be here twice" in words_of(app) and not app.table


def test_an_empty_company_gets_advice(own_company):
    assert "No customers yet" in open_page("duplicates").info[0].value


def test_how_it_is_computed_is_told(in_demo):
    app = open_page("duplicates")
    assert "How this is computed" in [item.label for item in app.expander]
    assert any("Fellegi" in item.value for item in app.markdown)


def test_names_of_other_people_do_no_formatting(shop, own_company):
    with db.transaction(own_company) as session:
        one, other = (customers.create(session, name=name) for name in ("*Dot* | Dew", "_Dot_ Dew"))
        not_duplicates.add(session, one, other)
    assert "*Dot* | Dew" in words_of(open_page("duplicates"))
