"""Baskets in one's own table: however they are written, the same rules; and what was understood is told."""

import random

import pandas as pd
import pytest

from crm.errors import InvalidInput, NotEnoughData
from crm.imports import FileFormat, of_file
from crm.imports.typed import read_own_table
from crm.jobs import own_baskets
from crm.jobs.own_baskets import Layout
from tests.pages.conftest import open_page, words_of

GOODS = ["whole milk", "rolls/buns", "yogurt", "soda", "root vegetables", "sausage", "butter"]


def shopping(n: int = 300) -> list[list[str]]:
    """Baskets in which yogurt draws whole milk, and nothing else draws anything."""
    rng, found = random.Random(4), []
    for _ in range(n):
        basket = rng.sample(GOODS[3:], rng.choice([1, 1, 2, 2, 3]))
        found.append(basket + (["yogurt", "whole milk"] if rng.random() < 0.25 else []))
    return found


BASKETS = shopping()


def long() -> str:
    lines = [f"{100 + number},{item},{1}" for number, basket in enumerate(BASKETS) for item in basket]
    return "order,item,quantity\n" + "\n".join(lines)


def flags(yes: str, no: str) -> str:
    return ",".join(["till", *GOODS]) + "\n" + "\n".join(
        ",".join([str(place % 3), *(yes if item in basket else no for item in GOODS)]) for place, basket in enumerate(BASKETS))


WRITTEN = {
    "one product a line": long(),
    "no heading, two columns": "\n".join(f"{7000 + n};{item}" for n, basket in enumerate(BASKETS) for item in basket),
    "lines of different lengths": "\n".join(",".join(basket) for basket in BASKETS),
    "lines of numbers": "\n".join(" ".join(str(GOODS.index(item) * 37 + 11) for item in basket) for basket in BASKETS),
    "lines filled up with commas": "\n".join(",".join(basket + [""] * (5 - len(basket))) for basket in BASKETS),
    "in one cell": "ticket;items\n" + "\n".join(f"{n};{', '.join(basket)}" for n, basket in enumerate(BASKETS)),
    "as a written list": "id\tproducts\n" + "\n".join(f"{n}\t{basket!r}" for n, basket in enumerate(BASKETS)),
    "in columns": "Item(s),Item 1,Item 2,Item 3,Item 4,Item 5\n" + "\n".join(
        ",".join([str(len(basket)), *basket, *[""] * (5 - len(basket))]) for basket in BASKETS),
    "0 and 1": flags("1", "0"), "True and False": flags("True", "False"), "t and ?": flags("t", "?"),
}


def chosen(content: str):
    app = open_page("own_table")
    app.session_state["own_table_task"] = "What is bought together"
    app.file_uploader[0].upload("baskets.csv", content.encode()).run()
    assert not app.exception, app.exception
    return app


def understood(content: str) -> own_baskets.Understood:
    """As the page does: the lines of the file where they say more than the table."""
    lines = own_baskets.baskets_of_lines(content.encode(), name="baskets.csv")
    try:
        table = read_own_table(of_file(content.encode(), file_name="baskets.csv")[0], FileFormat())
    except InvalidInput:
        table = lines
    if lines is not None and own_baskets.better_as_lines(table, lines):
        table = lines
    layout = own_baskets.propose(table.frame, "cells") if table is lines else own_baskets.guess(table.frame)
    return own_baskets.understand(table.frame, layout)


@pytest.mark.parametrize("way", WRITTEN)
def test_however_they_are_written_the_baskets_are_the_same(way):
    found = understood(WRITTEN[way])
    assert (found.baskets.orders, found.baskets.mixed) == (len(BASKETS), sum(len(basket) > 1 for basket in BASKETS))
    assert int(found.baskets.table.sum()) == sum(map(len, BASKETS)) and found.left_out == {}
    top = own_baskets.rules(found).rules.iloc[0]
    pair = {"whole milk", "yogurt"} if way != "lines of numbers" else {"11", "85"}
    assert {*top["antecedent_names"], *top["consequent_names"]} >= pair and top["q_value"] < 1e-6


def test_a_file_whose_lines_have_different_lengths_is_read_and_opens_with_this_task(own_company):
    app = open_page("own_table")
    app.file_uploader[0].upload("groceries.csv", WRITTEN["lines of different lengths"].encode()).run()
    assert not app.exception and not app.error and app.session_state["own_table_task"] == "What is bought together"
    said = words_of(app)
    assert "Who buys" in said and "300 baskets" in said and "each line of the file is a basket" in said
    app.button(key="own_table_again").click().run()
    assert not app.exception and app.file_uploader and "own_table_as_lines" not in app.session_state


def transactions() -> str:
    """With returns, a cancelled line, postage, and lines that name no basket or no product."""
    lines = [f"{100 + number},{item},1,paid" for number, basket in enumerate(BASKETS) for item in basket]
    lines += ["100,soda,-1,paid", "101,soda,0,paid", "102,butter,1,cancelled", "103,Postage,1,paid", ",soda,1,paid", "104,,1,paid"]
    return "order number,product,quantity,status\n" + "\n".join(lines)


def test_what_does_not_count_is_told_and_left_out_on_choice(own_company):
    app = chosen(transactions())
    said = words_of(app)
    assert "the basket is told by “order number”, the product by “product”" in said
    for told in ("no basket is named: 1", "no product is named: 1", "the quantity is 0 or less: 2", "cancelled: 1",
                 "postage, discounts and the like: 1 (Postage)"):
        assert told in said, told
    app.toggle(key="own_baskets_returns").set_value(False)
    app.toggle(key="own_baskets_fees").set_value(False).run()
    assert "cancelled" not in words_of(app) and "Postage" not in words_of(app) and not app.exception
    frame = read_own_table(of_file(transactions().encode(), file_name="t.csv")[0], FileFormat()).frame
    found = own_baskets.understand(frame, own_baskets.guess(frame), without_returns=False, without_fees=False)
    assert found.left_out == {"no_basket": 1, "no_product": 1} and "Postage" in set(found.baskets.names)


def test_the_columns_can_be_changed_and_a_wrong_choice_is_a_sentence(own_company, files):
    app = chosen(WRITTEN["one product a line"])
    assert app.dataframe[0].value["count"][0] > 50 and files["own_baskets_download"][1]().decode("utf-8-sig").startswith("antecedents,")
    app.selectbox(key=next(item.key for item in app.selectbox if str(item.key).startswith("own_baskets_item"))).set_value("order").run()
    assert not app.exception and "cannot be the basket and the product at once" in app.error[0].value
    app.selectbox(key=next(item.key for item in app.selectbox if str(item.key).startswith("own_baskets_way"))).set_value("flags").run()
    assert not app.exception and (app.error or app.info)


def test_a_first_line_that_was_taken_for_a_heading_is_a_basket_again():
    text = "\n".join(["bread,milk", "bread,diapers,beer,eggs", "milk,diapers,beer,cola", "bread,milk,diapers,beer",
                      "bread,milk,diapers,cola"] * 4)
    assert understood(text).baskets.orders == 20  # the table that it was read as has 16 lines and a heading
    frame = pd.DataFrame({"milk": ["bread", "milk", "cola"] * 5, "bread": ["cola", "bread", "milk"] * 5})
    layout = own_baskets.guess(frame)
    assert layout.heading_is_basket and own_baskets.understand(frame, layout).baskets.orders == 16


def test_a_member_and_a_day_together_are_a_basket():
    lines = [f"{1000 + n % 50},{n % 28 + 1:02d}-07-2015,{item}" for n, basket in enumerate(BASKETS) for item in basket]
    found = understood("Member_number,Date,itemDescription\n" + "\n".join(lines))
    assert found.layout.basket == ("Member_number", "Date") and found.layout.item == "itemDescription"
    assert found.baskets.orders == len({tuple(line.split(",")[:2]) for line in lines})


def test_counts_of_products_are_in_the_basket_from_one_on():
    rows = "\n".join(",".join(str(random.Random(n).randint(1, 4)) if item in basket else "0" for item in GOODS)
                     for n, basket in enumerate(BASKETS))
    found = understood(",".join(GOODS) + "\n" + rows)
    assert found.layout.kind == "flags" and int(found.baskets.table.sum()) == sum(map(len, BASKETS))


@pytest.mark.parametrize(("frame", "layout", "error", "sentence"), [
    ({"a": ["x"] * 30, "b": ["y"] * 30}, Layout("long", ("a",), "b"), NotEnoughData, "10 orders with two products"),
    ({"a": [*"xy"] * 15}, Layout("long", (), "a"), InvalidInput, "which column names the basket"),
    ({"a": ["x, y"] * 30}, Layout("cells", item="a"), InvalidInput, "what separates"),
    ({"a": ["x"] * 30}, Layout("columns"), InvalidInput, "hold the products"),
    ({"a": [1.0] * 30}, Layout("flags", columns=("a",)), InvalidInput, "at least two columns"),
    ({"a": [1.0] * 30, "b": [-1.0] * 30}, Layout("flags", columns=("a", "b")), InvalidInput, "“b” holds more than yes and no"),
    ({"a": ["x", None] * 15}, Layout("cells", item="a", separator=","), NotEnoughData, "Look at how the table is read")])
def test_bad_input_gets_a_sentence_that_helps(frame, layout, error, sentence):
    with pytest.raises(error, match=sentence):
        own_baskets.understand(pd.DataFrame(frame), layout)
    own_baskets.guess(pd.DataFrame(frame))  # never an error


@pytest.mark.parametrize("text", ["", "name,age\nAnn,3\nBob,4\n", "Dear Ann,\nthank you for your letter.\nBob", "\x00\x01"])
def test_what_is_no_list_of_baskets_is_not_taken_for_one(text):
    assert own_baskets.baskets_of_lines(text.encode(), name="letter.txt") is None


def test_real_order_lines_are_read_as_the_records_are(datasets):
    origin = of_file(datasets / "classicmodels" / "OrderDetails.txt")[0]
    frame = read_own_table(origin, FileFormat()).frame
    found = own_baskets.understand(frame, own_baskets.guess(frame))
    assert (found.baskets.orders, len(found.baskets.names), int(found.baskets.table.sum())) == (326, 109, 2996)
