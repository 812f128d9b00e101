"""The page of products, driven as a user would: the list, one product, its forms and switches."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from crm import db
from crm.jobs import products as job
from crm.services import customers, orders, product_listing, products, ratings
from crm.ui import product_list
from tests.conftest import ROOT
from tests.pages.conftest import words_of


@pytest.fixture
def shop(own_company):
    with db.transaction(own_company) as session:
        ada = customers.create(session, name="Ada *Ample*")
        tea = products.create(session, name="Green *tea*", price=4.5, cost=2, category="Drinks")
        cup = products.create(session, name="Cup", code="CUP")
        post = products.create(session, name="Postage", kind="fee")
        orders.create(session, customer_id=ada, ordered_at=datetime(2026, 1, 5), lines=[
            orders.LineInput(tea, 20, 4.5), orders.LineInput(cup, 1, 10), orders.LineInput(post, 1, 3, kind="fee")])
        orders.create(session, customer_id=ada, ordered_at=datetime(2026, 1, 9), number="2", lines=[
            orders.LineInput(tea, 2, 4.0), orders.LineInput(cup, 2, 10, kind="return")])
    return {"ada": ada, "tea": tea, "cup": cup, "post": post}


def read(company, ask, *args, **choices):
    with db.reading(company) as session:
        return ask(session, *args, **choices)


def open_products(**query: str) -> AppTest:
    """As a link opens the page: no other page is drawn first."""
    app = AppTest.from_file(str(ROOT / "crm" / "ui" / "frame.py"), default_timeout=60)
    app.switch_page(str(ROOT / "pages" / "products.py"))
    for key, text in query.items():
        app.query_params[key] = text
    app.run()
    assert not app.exception, app.exception
    return app


def open_product(product_id: int | str) -> AppTest:
    return open_products(product=str(product_id))


def field(app, kind: str, name: str):
    return next(item for item in getattr(app, kind) if (item.key or "").startswith(f"{name}_"))


def press(app, label: str):
    next(item for item in app.button if item.label == label and item.key not in ("add_product", "edit_product")).click().run()
    return app


def listed(app) -> list[str]:
    return app.dataframe[0].value["name"].tolist()


def test_the_demos_list_answers_in_a_sentence_and_finds_products(in_demo):
    app = open_products()
    said = words_of(app)
    assert "products make 80 % of your revenue" in said and "53 %" in said and "Sales grew against the year before" in said
    assert len(listed(app)) == 25 and "Shipping" not in listed(app)
    assert "How this is computed" in [item.label for item in app.expander]
    assert {"letter", "change", "course", "rate"} <= set(app.dataframe[0].value)
    app.pills(key="product_class").set_value("C")
    app.selectbox(key="product_sort").set_value("Name")
    app.segmented_control(key="product_by").set_value("Margin").run()
    assert 5 < len(listed(app)) < 25 and set(app.dataframe[0].value["letter"]) == {"C"}
    assert listed(app) == sorted(listed(app), key=str.casefold)
    assert "of your margin" in words_of(app) and not app.exception


def test_a_search_finds_fees_too_and_says_where_nothing_fits(shop):
    app = open_products()
    app.text_input(key="product_search").set_value("POST").run()
    assert listed(app) == ["Postage"]
    app.text_input(key="product_search").set_value("no such thing").run()
    assert "No product fits" in words_of(app)


def test_a_click_opens_the_product_with_all_there_is_to_it(in_demo):
    app = open_products()
    key = next(key for key in (item.key for item in app.dataframe) if key.startswith("products_list"))
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [[3, "Product"]]}}
    name = listed(app)[3]
    app.run()
    assert not app.exception and app.query_params["product"]
    said = words_of(app)
    assert app.header[0].value == name and "place 4 of 60" in said and "came back for it" in said
    assert [metric.label for metric in app.metric] == ["Revenue", "Pieces", "Orders", "Margin", "Customers", "Given back"]
    cards = [item.value for item in app.subheader]
    assert cards == ["Sales by month", "What was paid for it", "Who buys it", "Details", "What goes with it",
                     "Which customers buy it more", "What customers say of it", "What was changed"]
    app.button(key="all_products").click().run()
    assert app.header[0].value.startswith("What do you sell")


def test_what_goes_with_a_planted_pair_is_found(in_demo):
    app = open_product(4)
    beside = next(item.value for item in app.dataframe if "size_lift" in item.value)
    assert app.header[0].value == "Stoneware teapot" and beside["name"].iloc[0] == "Tea tin" and beside["size_lift"].iloc[0] > 2
    app.segmented_control(key="product_measure").set_value("Margin").run()
    assert not app.exception


def test_names_are_shown_as_they_are_written_and_returns_lower_the_sum(shop):
    app = open_products()
    assert listed(app) == ["Green *tea*", "Cup"] and app.dataframe[0].value["revenue"].tolist() == [98, -10]
    assert "One product makes all of your revenue" in words_of(app) and "1 with more given back than sold (−€ 10.00)" in words_of(app)
    assert r"Green \*tea\*" in open_product(shop["tea"]).header[0].value
    assert "More was given back than sold" in words_of(open_product(shop["cup"]))


def test_every_sort_is_of_something_that_is_known_and_a_fee_has_no_buyers(shop, own_company):
    known = read(own_company, job.run, as_of=date(2026, 3, 1)).figures
    assert set(product_list.SORTS.values()) <= {*known, *product_listing.SORTS}
    app = open_product(shop["post"])
    assert "It brought € 3.00" in words_of(app) and "Who buys it" not in [item.value for item in app.subheader]


def test_an_empty_company_is_led_to_its_first_product(own_company):
    app = open_products()
    assert "No products yet" in app.info[0].value and not app.metric
    app.button(key="add_product").click().run()
    field(app, "text_input", "name").set_value("Cake")
    field(app, "text_input", "price").set_value("2,50")
    sent = next(item for item in app.button if item.label == "Add product" and item.key != "add_product")
    sent.click().run()
    assert not app.exception and not app.error, words_of(app)
    details = read(own_company, products.get, 1)
    assert (details.name, details.price) == ("Cake", 2.5) and app.header[0].value == "Cake"
    assert "Nothing was sold of it yet" in words_of(app) and "Added, Price: € 2.50" in words_of(app)
    app.query_params.clear()
    app.run()
    assert "You have 1 product." in words_of(app) and listed(app) == ["Cake"]


def test_a_wrong_price_is_told_and_nothing_is_lost(own_company):
    app = open_products()
    app.button(key="add_product").click().run()
    field(app, "text_input", "name").set_value("Cake")
    field(app, "text_input", "cost").set_value("cheap")
    next(item for item in app.button if item.label == "Add product" and item.key != "add_product").click().run()
    assert "The cost" in app.error[0].value and field(app, "text_input", "name").value == "Cake"
    assert read(own_company, products.choices).empty


def test_a_change_is_saved_once_and_shows_in_the_history(shop, own_company):
    app = open_product(shop["tea"])
    app.button(key="edit_product").click().run()
    field(app, "text_input", "price").set_value("5.25")
    press(app, "Save")
    assert not app.error and not app.exception
    details = read(own_company, products.get, shop["tea"])
    assert (details.price, details.version, details.name) == (5.25, 2, "Green *tea*")
    assert "Price: € 4.50 → € 5.25" in words_of(app).replace("**", "")


def test_a_form_that_another_window_overtook_overwrites_nothing(shop, own_company):
    app = open_product(shop["tea"])
    app.button(key="edit_product").click().run()
    with db.transaction(own_company) as session:
        products.update(session, shop["tea"], version=1, price=9)
    field(app, "text_input", "name").set_value("White tea")
    press(app, "Save")
    assert "Nothing was overwritten" in app.error[0].value and "changed in another window" in words_of(app)
    assert read(own_company, products.get, shop["tea"]).name == "Green *tea*"
    app.button(key=f"reload_product_{shop['tea']}").click().run()
    assert field(app, "text_input", "price").value == "9.00"


def test_a_switch_is_saved_and_another_windows_change_is_told(shop, own_company):
    app = open_product(shop["tea"])
    app.toggle(key=f"is_sold_out_{shop['tea']}_1").set_value(True).run()
    assert read(own_company, products.get, shop["tea"]).is_sold_out and app.toggle(key=f"is_sold_out_{shop['tea']}_2").value
    with db.transaction(own_company) as session:
        products.update(session, shop["tea"], version=2, is_sold_out=False)
    app.run()
    assert not app.toggle(key=f"is_sold_out_{shop['tea']}_3").value
    app.query_params.clear()
    app.run()
    app.selectbox(key="product_show").set_value("Sold out").run()
    assert "No product fits" in words_of(app)


def test_a_deleted_product_says_what_it_leaves_and_comes_back(shop, own_company):
    app = open_product(shop["tea"])
    app.button(key="delete_product").click().run()
    assert "2 order lines name it" in words_of(app) and listed(app) == ["Cup"]
    app.selectbox(key="product_show").set_value("Deleted").run()
    assert listed(app) == ["Green *tea*"]
    gone = open_product(shop["tea"])
    assert "This product was deleted" in words_of(gone) and not gone.metric
    gone.button(key="restore_product").click().run()
    assert read(own_company, products.get, shop["tea"]).version == 3 and gone.metric
    app.button(key="undo_product").click().run()
    assert not app.exception and read(own_company, products.get, shop["tea"]).version == 3


def test_a_company_whose_products_are_all_deleted_finds_them_again(own_company):
    with db.transaction(own_company) as session:
        products.delete(session, products.create(session, name="Cake"), version=1)
    app = open_products()
    app.button(key="deleted_1").click().run()
    assert "No order names it" in words_of(app) and app.header[0].value == "Cake"


@pytest.mark.parametrize("asked", ["0", "x", "9" * 30])
def test_a_link_to_no_product_is_told(shop, asked):
    app = open_product(asked)
    assert "Which product?" in words_of(app) and not app.error


def test_a_buyer_opens_as_a_customer_and_the_tables_can_be_downloaded(shop, files):
    app = open_product(shop["tea"])
    key = next(item.key for item in app.dataframe if (item.key or "").startswith("product_buyers"))
    name, content = files["download_buyers"]
    assert name == "buyers.csv" and "Ada *Ample*" in content().decode("utf-8-sig")
    app.query_params.clear()
    app.run()
    name, content = files["download_products"]
    text = content().decode("utf-8-sig")
    assert text.splitlines()[0].startswith("code") and "Green *tea*" in text and "course" not in text
    app = open_product(shop["tea"])
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [[0, "Customer"]]}}
    app.run()
    app.switch_page(str(ROOT / "pages" / "customer.py"))  # where the browser is by now
    assert not app.exception


def test_a_rating_is_recorded_once_shown_and_taken_back(shop, own_company):
    app = open_product(shop["tea"])
    assert "Nobody rated it yet." in words_of(app)
    field(app, "text_input", "rating_who").set_value("ada").run()
    field(app, "feedback", "rating_stars").set_value(3).run()
    assert not app.exception, app.exception
    press(app, "Save the rating")
    assert not app.exception and "One rating so far: 4.0 of 5 stars." in words_of(app)
    assert read(own_company, ratings.of_product, shop["tea"])[["customer_name", "score"]].to_numpy().tolist() == [["Ada *Ample*", 4.0]]
    press(app, "Take the last rating back")
    assert "Nobody rated it yet." in words_of(app) and read(own_company, ratings.of_product, shop["tea"]).empty


@pytest.fixture
def young(own_company):
    """One product, first sold yesterday."""
    yesterday = datetime.now() - timedelta(days=1)
    with db.transaction(own_company) as session:
        ada = customers.create(session, name="Ada")
        soap = products.create(session, name="Soap", price=6.5)
        orders.create(session, customer_id=ada, ordered_at=yesterday, lines=[orders.LineInput(soap, 1, 6.5)])
    return {"ada": ada, "soap": soap}


def test_one_product_is_told_in_the_singular_with_its_cents(young):
    app = open_products()
    said = words_of(app)
    assert "You sell one product." in said and "1 of 1 products" not in said
    assert "at least 5 products that sold; so far it is one" in said
    course = app.dataframe[0].value["course"].iloc[0]
    assert max(course) == 6.5 and len(course) == 12
    said = words_of(open_product(young["soap"]))
    assert "It brought € 6.50" in said and "place 1 of 1" not in said


def test_more_given_back_than_bought_leaves_a_course_that_can_be_drawn(young, own_company):
    with db.transaction(own_company) as session:
        orders.create(session, customer_id=young["ada"], ordered_at=datetime.now() - timedelta(days=1), number="back", lines=[
            orders.LineInput(young["soap"], 5, 6.5, kind="return")])
    shown = open_products().dataframe[0].value
    assert shown["revenue"].tolist() == [-26] and min(shown["course"].iloc[0]) == max(shown["course"].iloc[0]) == 0


def test_bars_never_reach_below_nothing():
    assert product_list.bars([-5.0, 3.0, float("nan")]) == [0, 3, 0] and product_list.bars(float("nan")) is None


@pytest.mark.parametrize("amounts, written", [([6.5, 250.0], "€ %,.2f"), ([250.0, 900.0], "€ %,.0f"), ([0.0, 250.0], "€ %,.0f"),
                                              ([6.5, 40_000.0], "€ %,.0f"), ([], "€ %,.0f")])
def test_small_amounts_in_a_column_have_cents(amounts, written):
    assert product_list.money_format(pd.Series(amounts, dtype=float), "EUR") == written
