"""The list and the page of customers, driven as a user would."""

from datetime import datetime

import pytest

from crm import db
from crm.models import Product
from crm.services import customers, listing, orders, products, scores, settings
from tests.conftest import ROOT
from tests.pages.conftest import open_page, words_of


@pytest.fixture
def shop(own_company):
    with db.transaction(own_company) as session:
        first = customers.create(session, name="Ada Ample", email="ada@example.com")
        second = customers.create(session, name="Bo *Brass*")
        tea = products.create(session, name="Tea", price=4.5)
        order = orders.create(session, customer_id=first, ordered_at=datetime(2026, 1, 5),
                              lines=[orders.LineInput(tea, 2, 4.5)])
    return {"first": first, "second": second, "tea": tea, "order": order}


def names(workspace) -> list[str]:
    with db.reading(workspace) as session:
        return listing.page(session, as_of=settings.today(session)).rows["name"].tolist()


def open_customer(customer_id: int):
    app = open_page("customer")
    app.query_params["customer"] = str(customer_id)
    return app.run()


def field(app, kind: str, name: str):
    return next(item for item in getattr(app, kind) if (item.key or "").startswith(f"{name}_"))


def test_a_customer_is_added_in_the_dialog(own_company):
    app = open_page("customers")
    app.button(key="add_customer").click().run()
    field(app, "text_input", "name").set_value("Cleo Cask")
    next(item for item in app.button if item.label == "Add customer" and item.key != "add_customer").click().run()
    assert not app.exception and names(own_company) == ["Cleo Cask"]


def test_a_wrong_address_is_told_and_nothing_is_lost(own_company):
    app = open_page("customers")
    app.button(key="add_customer").click().run()
    field(app, "text_input", "name").set_value("Cleo Cask")
    field(app, "text_input", "email").set_value("wrong")
    next(item for item in app.button if item.label == "Add customer" and item.key != "add_customer").click().run()
    assert "no e-mail address" in app.error[0].value and names(own_company) == []
    assert field(app, "text_input", "name").value == "Cleo Cask"


def test_search_and_filters_choose_rows(shop, own_company):
    app = open_page("customers")
    assert len(app.dataframe[0].value) == 2
    app.text_input(key="search").set_value("ada").run()
    assert app.dataframe[0].value["name"].tolist() == ["Ada Ample"]
    app.text_input(key="search").set_value("").run()
    app.pills(key="show").set_value("No order yet").run()
    assert app.dataframe[0].value["name"].tolist() == ["Bo *Brass*"]
    app.text_input(key="search").set_value("nobody of that name").run()
    assert "No customer fits" in app.info[0].value


def test_a_form_that_another_window_overtook_overwrites_nothing(shop, own_company):
    app = open_customer(shop["first"])
    with db.transaction(own_company) as session:
        customers.update(session, shop["first"], version=1, city="Ghent")
    field(app, "text_input", "city").set_value("Bruges")
    next(item for item in app.button if item.label == "Save").click().run()
    assert "Nothing was overwritten" in app.error[0].value
    with db.reading(own_company) as session:
        assert customers.get(session, shop["first"]).city == "Ghent"


def test_a_change_is_saved(shop, own_company):
    app = open_customer(shop["first"])
    field(app, "text_input", "city").set_value("Ghent")
    next(item for item in app.button if item.label == "Save").click().run()
    assert not app.error and "Ghent" in words_of(app)


def test_an_order_typed_in_is_saved_with_the_products_price(shop, own_company):
    app = open_customer(shop["second"])
    app.button(key="add_order").click().run()
    token = app.session_state[f"token_own_order_{shop['second']}_new"]
    app.session_state[f"lines_{token}_0"] = {"edited_rows": {0: {"product": "Tea · P0001", "quantity": "3"}},
                                             "deleted_rows": [], "added_rows": []}
    app.button(key=f"save_{token}").click().run()
    assert not app.exception and not app.error, words_of(app)
    with db.reading(own_company) as session:
        assert orders.of_customer(session, shop["second"])["amount"].tolist() == [13.5]


@pytest.mark.parametrize(("price", "amount"), [("6,90", 6.9), ("6.90", 6.9), ("1.234,50", 1234.5), ("€ 7", 7.0)])
def test_a_price_is_understood_with_comma_and_point(shop, own_company, price, amount):
    app = open_customer(shop["second"])
    app.button(key="add_order").click().run()
    token = app.session_state[f"token_own_order_{shop['second']}_new"]
    app.session_state[f"lines_{token}_0"] = {"edited_rows": {0: {"product": "Tea · P0001", "unit_price": price}},
                                             "deleted_rows": [], "added_rows": []}
    app.button(key=f"save_{token}").click().run()
    assert not app.error, words_of(app)
    with db.reading(own_company) as session:
        assert orders.of_customer(session, shop["second"])["amount"].tolist() == [amount]


def test_a_price_that_may_be_read_in_two_ways_is_asked_about(shop, own_company):
    app = open_customer(shop["second"])
    app.button(key="add_order").click().run()
    token = app.session_state[f"token_own_order_{shop['second']}_new"]
    app.session_state[f"lines_{token}_0"] = {"edited_rows": {0: {"product": "Tea · P0001", "unit_price": "1,234"}},
                                             "deleted_rows": [], "added_rows": []}
    app.button(key=f"save_{token}").click().run()
    assert "Line 1" in words_of(app) and "a thousand or a fraction" in words_of(app)


def test_a_product_added_on_the_way_leaves_what_was_typed(shop, own_company):
    app = open_customer(shop["second"])
    app.button(key="add_order").click().run()
    token = app.session_state[f"token_own_order_{shop['second']}_new"]
    app.session_state[f"lines_{token}_0"] = {"edited_rows": {0: {"product": "Tea · P0001", "quantity": "3"}},
                                             "deleted_rows": [], "added_rows": []}
    app.run()
    app.text_input(key=f"product_name_{token}_0").set_value("Cake")
    app.text_input(key=f"product_price_{token}_0").set_value("2,50")
    app.button(key=f"add_product_{token}_0").click().run()
    assert not app.error, words_of(app)
    app.text_input(key=f"product_name_{token}_1").set_value("cake")
    app.button(key=f"add_product_{token}_1").click().run()
    assert "a product of that name already" in words_of(app)
    app.button(key=f"save_{token}").click().run()
    with db.reading(own_company) as session:
        assert orders.of_customer(session, shop["second"])["amount"].tolist() == [3 * 4.5 + 2.5]


def test_an_order_without_lines_is_told(shop, own_company):
    app = open_customer(shop["second"])
    app.button(key="add_order").click().run()
    token = app.session_state[f"token_own_order_{shop['second']}_new"]
    app.button(key=f"save_{token}").click().run()
    assert "at least one line" in app.error[0].value


def test_a_deleted_customer_comes_back_by_undo(shop, own_company):
    app = open_customer(shop["second"])
    app.button(key="delete_customer").click().run()
    assert names(own_company) == ["Ada Ample"]
    app.switch_page(str(ROOT / "pages" / "customers.py")).run()  # where the browser is by now
    app.button(key="undo_delete").click().run()
    assert names(own_company) == ["Ada Ample", "Bo *Brass*"]


def test_rows_edited_in_the_table_are_saved(shop, own_company):
    app = open_page("customers")
    app.toggle(key="edit_in_table").set_value(True).run()
    token = next(item for item in app.button if item.label == "Save changes").key.removeprefix("save_")
    app.session_state[f"grid_{token}"] = {"edited_rows": {0: {"country": "Belgium"}}, "added_rows": [],
                                          "deleted_rows": []}
    app.run()
    next(item for item in app.button if item.label == "Save 1 changed row").click().run()
    assert not app.error
    with db.reading(own_company) as session:
        assert customers.get(session, shop["first"]).country == "Belgium"


@pytest.mark.parametrize("asked", ["", "0", "999", "x", "-1", "1;drop", "9" * 30])
def test_a_link_to_nobody_is_told(shop, asked):
    app = open_page("customer")
    app.query_params["customer"] = asked
    app.run()
    assert not app.exception and "Which customer?" in words_of(app)


def test_a_name_is_shown_as_it_is_written(shop):
    app = open_customer(shop["second"])
    assert r"Bo \*Brass\*" in app.header[0].value and "Bo *Brass*" in words_of(app)


def test_saved_scores_show_on_the_customer(shop, own_company):
    import pandas as pd

    with db.transaction(own_company) as session:
        scores.save(session, pd.DataFrame({"customer_id": [shop["first"]], "number": [0.731]}), analysis="churn",
                    as_of=datetime(2026, 2, 1).date(), parameters={}, quality={"auc": float("nan")})
    assert "Chance of leaving **73 %**" in words_of(open_customer(shop["first"]))


def test_an_order_opened_before_another_windows_change_can_be_looked_at_anew(shop, own_company):
    app = open_customer(shop["first"])
    app.session_state["order_open"] = (shop["first"], shop["order"])
    app.run()
    with db.transaction(own_company) as session:
        orders.update(session, shop["order"], version=1, note="from elsewhere")
    token = app.session_state[f"token_own_order_{shop['first']}_{shop['order']}"]
    app.text_input(key=f"order_note_{token}").set_value("mine")
    app.button(key=f"save_{token}").click().run()
    assert "Nothing was overwritten" in words_of(app)
    app.button(key=f"reload_{token}").click().run()
    fresh = app.session_state[f"token_own_order_{shop['first']}_{shop['order']}"]
    assert app.text_input(key=f"order_note_{fresh}").value == "from elsewhere"
    app.button(key=f"save_{fresh}").click().run()
    assert not app.error and app.session_state["order_open"] is None


def test_correcting_an_order_keeps_a_product_that_is_sold_no_more(shop, own_company):
    with db.transaction(own_company) as session:
        session.get(Product, shop["tea"]).is_discontinued = True
    app = open_customer(shop["first"])
    app.session_state["order_open"] = (shop["first"], shop["order"])
    app.run()
    token = app.session_state[f"token_own_order_{shop['first']}_{shop['order']}"]
    app.text_input(key=f"order_note_{token}").set_value("noted")
    app.button(key=f"save_{token}").click().run()
    assert not app.error, words_of(app)
    with db.reading(own_company) as session:
        assert orders.get(session, shop["order"]).lines["product_id"].tolist() == [shop["tea"]]


def test_an_amount_in_another_currency_is_not_shown_in_ones_own(shop, own_company):
    with db.transaction(own_company) as session:
        orders.create(session, customer_id=shop["first"], ordered_at=datetime(2026, 2, 1), currency="USD",
                      lines=[orders.LineInput(shop["tea"], 1, 100)])
    table = open_customer(shop["first"]).dataframe[0].value
    assert table["currency"].fillna("").tolist() == ["USD", ""]


def test_what_was_typed_for_one_company_is_forgotten_in_the_other(own_company, demo_folder, tmp_path):
    """Both have a customer number 1; the form, the open order and the way back belong to one of them."""
    with db.transaction(own_company) as session:
        customers.create(session, name="Own first")
    (tmp_path / "demo.db").write_bytes((demo_folder / "demo.db").read_bytes())
    app = open_page("overview")
    app.selectbox(key="workspace").set_value("Demo company").run()
    app.switch_page(str(ROOT / "pages" / "customer.py"))
    app.query_params["customer"] = "1"
    app.run()
    theirs = field(app, "text_input", "name").value
    app.session_state["undo"] = ("customer", 1, theirs)
    app.selectbox(key="workspace").set_value("My company").run()
    app.query_params["customer"] = "1"
    app.run()
    assert field(app, "text_input", "name").value == "Own first" != theirs
    assert "undo" not in app.session_state or app.session_state["undo"] is None
    assert not [button for button in app.button if button.key == "undo_delete"]
