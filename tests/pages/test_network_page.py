"""The page of the network and the card on a customer's page, driven as a user would."""

from datetime import date, datetime

import pytest
from sqlalchemy import select

from crm import db
from crm.models import Referral
from crm.services import check, customers, orders, products, referrals
from tests.pages.conftest import open_page, words_of


@pytest.fixture
def shop(own_company):
    """Ada brought Bo and Cleo, Bo brought Di; Ed and Fay are of one company; Gus is linked to nobody."""
    with db.transaction(own_company) as session:
        tea = products.create(session, name="Tea", price=10)
        names = {"ada": "Ada *Ample*", "bo": "Bo Brass", "cleo": "Cleo Cask", "di": "Di Dell", "gus": "Gus Gold"}
        ids = {key: customers.create(session, name=name) for key, name in names.items()}
        ids |= {key: customers.create(session, name=name, company="Pan Ltd") for key, name in (("ed", "Ed"), ("fay", "Fay"))}
        for referrer, referred in (("ada", "bo"), ("ada", "cleo"), ("bo", "di")):
            referrals.set_referrer(session, referred_id=ids[referred], referrer_id=ids[referrer], referred_on=date(2026, 1, 2))
        for key, quantity in (("ada", 1), ("bo", 2), ("di", 3), ("gus", 4)):
            orders.create(session, customer_id=ids[key], ordered_at=datetime(2026, 1, 5),
                          lines=[orders.LineInput(tea, quantity, 10.0)])
    return ids


def open_customer(customer_id: int):
    return open_page("customer", customer=str(customer_id))


def recorded(workspace) -> set[tuple]:
    with db.reading(workspace) as session:
        assert check.findings(session) == []
        return {tuple(row) for row in session.execute(select(Referral.referrer_id, Referral.referred_id))}


def field(app, kind: str, name: str):
    return next(item for item in getattr(app, kind) if (item.key or "").startswith(f"{name}_"))


def search(app, query: str):
    return field(app, "text_input", "referrer").set_value(query).run()


def press(app, name: str):
    return field(app, "button", name).click().run()


def test_it_says_who_brought_how_many_and_what_they_spent_as_of_a_day(shop):
    app = open_page("network", as_of="2026-01-31")
    assert "2 customers brought 3 others, who spent € 50.00**: 50 % of revenue" in words_of(app)
    assert app.dataframe[0].value.to_dict("records") == [
        {"customer": "Ada *Ample*", "brought": 3, "spent": 50.0, "directly": 2, "generations": 2},
        {"customer": "Bo Brass", "brought": 1, "spent": 30.0, "directly": 1, "generations": 1}]
    assert "there are 0 and 0" in words_of(app)
    assert "from the customer who was brought to the one who brought" in words_of(app)
    assert any("p_i" in item.value for item in app.latex)
    app.date_input(key="as_of").set_value(date(2026, 1, 1)).run()
    assert "Nobody is on record" in words_of(app) and "2 customers on record as belonging" in words_of(app)


def test_nobody_linked_is_advice(own_company):
    app = open_page("network")
    assert "0 customers are linked" in app.info[0].value and "who brought them" in app.info[0].value


def test_at_first_the_one_who_brought_most_is_shown_and_a_search_shows_any_other(shop):
    app = open_page("network", as_of="2026-01-31")
    assert r"**Ada *Ample*** spent € 10.00. Brought 3 others, who spent € 50.00." in words_of(app)
    app.text_input(key="around_search").set_value("di").run()
    assert "**Di Dell** spent € 30.00. Was brought by Bo Brass." in words_of(app)
    app.text_input(key="around_search").set_value("fay").run()
    assert "Belongs to Pan Ltd." in words_of(app)
    app.text_input(key="around_search").set_value("gus").run()
    assert "Nobody is linked to Gus Gold" in words_of(app)
    app.text_input(key="around_search").set_value("zzz").run()
    assert "No customer fits" in words_of(app) and not app.error
    app.text_input(key="around_search").set_value("d").run()
    choice = next(item for item in app.selectbox if item.label == "Which one?")
    assert len(choice.options) == 5
    choice.set_value(shop["di"]).run()
    assert "**Di Dell** spent" in words_of(app)


def test_a_click_on_a_point_shows_its_surroundings(shop):
    app = open_page("network", as_of="2026-01-31")
    app.text_input(key="around_search").set_value("gus").run()
    app.session_state["families_0"] = {"selection": {"points": [{"customdata": [shop["bo"]]}]}}
    app.run()
    assert "**Bo Brass** spent" in words_of(app) and app.text_input(key="around_search").value == ""
    app.session_state["families_1"] = {"selection": {"points": [{"customdata": -1}]}}
    app.run()
    assert "**Bo Brass** spent" in words_of(app) and not app.exception


def test_a_click_on_a_line_opens_the_customer(shop):
    app = open_page("network", as_of="2026-01-31")
    key = next(item for item in app.session_state if item.startswith("referrers_"))
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [(1, "spent")]}}
    app.run()
    assert "Bo Brass" in app.header[0].value


def test_other_methods_wait_until_asked_for(shop):
    app = open_page("network", as_of="2026-01-31")
    assert len(app.dataframe) == 1
    app.session_state["network_methods"] = True
    app.run()
    table = app.dataframe[1].value
    assert table["by_value"].tolist()[:2] == ["Ada *Ample*", "Bo Brass"] and table["by_authority"].iloc[0] == "Ada *Ample*"


def test_the_card_shows_who_brought_a_customer_and_whom_the_customer_brought(shop):
    app = open_customer(shop["bo"])
    labels = [item.label for item in app.button]
    assert "Brought by Ada \\*Ample\\* on 2 Jan 2026" in labels and "Brought Di Dell on 2 Jan 2026" in labels
    app.button(key=f"network_referrer_{shop['ada']}").click().run()
    assert "Ada" in app.header[0].value and app.query_params["customer"] == str(shop["ada"])


def test_without_links_the_card_is_a_short_line_with_the_form(shop):
    app = open_customer(shop["gus"])
    assert "Nobody is on record as having brought this customer" in words_of(app)
    assert not app.get("plotly_chart") and field(app, "button", "save").disabled


def test_who_brought_a_customer_is_looked_for_and_saved(shop, own_company):
    app = search(open_customer(shop["gus"]), "cleo")
    assert app.selectbox(key=next(item.key for item in app.selectbox if "choice" in (item.key or ""))).value == shop["cleo"]
    press(app, "save")
    assert not app.error and (shop["cleo"], shop["gus"]) in recorded(own_company)
    assert "Brought by Cleo Cask" in [item.label for item in app.button]


def test_two_clicks_are_one(shop, own_company):
    app = search(open_customer(shop["gus"]), "cleo")
    token = app.session_state[f"token_own_referrer_{shop['gus']}"]
    press(app, "save")
    app.session_state[f"token_own_referrer_{shop['gus']}"] = token
    app.run()
    search(app, "di")
    press(app, "save")
    assert (shop["cleo"], shop["gus"]) in recorded(own_company) and not app.error


def test_a_circle_is_told_in_a_sentence(shop, own_company):
    before = recorded(own_company)
    app = press(search(open_customer(shop["ada"]), "di"), "save")
    assert "circle" in app.error[0].value and recorded(own_company) == before


def test_one_cannot_be_chosen_as_ones_own_referrer(shop):
    assert "No customer fits" in words_of(search(open_customer(shop["gus"]), "gus"))


def test_another_windows_word_is_shown_before_it_is_replaced(shop, own_company):
    app = search(open_customer(shop["gus"]), "cleo")
    with db.transaction(own_company) as session:
        referrals.set_referrer(session, referred_id=shop["gus"], referrer_id=shop["bo"])
    press(app, "save")
    assert "Nothing was overwritten" in app.error[0].value and (shop["bo"], shop["gus"]) in recorded(own_company)
    press(app, "save")
    assert not app.error and (shop["cleo"], shop["gus"]) in recorded(own_company)


def test_the_day_alone_is_corrected_and_the_referrer_taken_back(shop, own_company):
    app = open_customer(shop["cleo"])
    field(app, "date_input", "referred_on").set_value(date(2026, 1, 3))
    press(app, "save")
    assert "Brought by Ada \\*Ample\\* on 3 Jan 2026" in [item.label for item in app.button]
    press(app, "remove")
    assert not app.error and (shop["ada"], shop["cleo"]) not in recorded(own_company)


def test_a_referrer_in_a_field_of_a_file_is_told_as_such(shop, own_company):
    with db.transaction(own_company) as session:
        new = customers.create(session, name="Hal", custom_fields={"Referred by": "Gus Gold"})
    app = open_customer(new)
    assert "Brought by Gus Gold, by a field of this customer" in [item.label for item in app.button]


def test_a_deleted_referrer_breaks_nothing(shop, own_company):
    with db.transaction(own_company) as session:
        customers.delete(session, shop["ada"], version=1)
    app = open_page("network", as_of="2026-01-31")
    assert "1 customer brought 1 other, who spent € 30.00" in words_of(app)
    assert "Nobody is on record" in words_of(open_customer(shop["bo"]))
