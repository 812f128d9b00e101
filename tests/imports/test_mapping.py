"""Which of their columns fills which of ours, by the user's word, by a guess and by name, and what is refused."""

import pytest

from crm.errors import InvalidInput
from crm.imports import vocabulary
from crm.imports.kinds import CUSTOM, ITEM, KINDS, LEFT_OUT
from crm.imports.mapping import map_columns, missing_needs
from crm.models import (
    CONTACT_CHANNELS,
    DEAL_STAGES,
    DIRECTIONS,
    METRICS,
    PRIORITIES,
    PRODUCT_KINDS,
    STAGES,
    TICKET_KINDS,
    TICKET_STATUSES,
)

LINES = ["order", "date", "item", "quantity", "price", "amount"]


def test_columns_are_found_by_their_known_names_in_the_order_of_our_fields():
    found = map_columns(["Amount", "Item", "Date", "Order No.", "Colour"])
    assert found.columns == {"order_number": "Order No.", "ordered_at": "Date", "product_name": "Item",
                             "amount": "Amount"}
    assert list(found.columns) == [ours for ours in KINDS["order_lines"].fields if ours in found.columns]
    assert found.left_out == ("Colour",) and found.custom == found.items == () and found.constants == {}


@pytest.mark.parametrize(("kind", "theirs", "expected"), [
    ("customers", ["Kundennummer", "Vorname", "Nachname", "E-Mail", "PLZ"],
     ["customer_code", "first_name", "last_name", "customer_email", "postal_code"]),
    ("customers", ["客户编号", "姓名", "邮箱", "年收入(元)"],
     ["customer_code", "customer_name", "customer_email", "yearly_income"]),
    ("products", ["Référence", "Désignation", "Prix de vente"], ["product_code", "product_name", "price"]),
    ("payments", ["Cliente", "Fecha de pago", "Importe"], ["customer_name", "paid_on", "amount"]),
    ("deals", ["Opportunity Name", "Stage", "Close Date"], ["title", "stage", "closed_on"]),
    ("tickets", ["工单号", "客户", "创建时间"], ["ticket_code", "customer_name", "opened_at"]),
    ("interactions", ["Customer", "Date", "Notes"], ["customer_name", "happened_at", "body"]),
    ("answers_long", ["Question", "Score", "Submitted at"], ["item", "score", "answered_at"]),
    ("campaign_results", ["Campaign", "Email", "Responded"], ["campaign_name", "customer_email", "has_responded"]),
    ("orders", ["Order ID", "Order date", "Order total"], ["order_number", "ordered_at", "amount"]),
])
def test_every_kind_knows_names_in_several_languages(kind, theirs, expected):
    assert {ours: name for name, ours in zip(theirs, expected, strict=True)} == map_columns(theirs, kind=kind).columns


def test_the_users_word_wins_over_names_and_guesses():
    overrides = {"item": "product_code", "price": LEFT_OUT}
    guessed = {"order": "order_number", "date": "ordered_at", "item": "product_name", "price": "unit_price",
               "amount": "amount"}
    found = map_columns(LINES, overrides=overrides, guessed=guessed)
    assert found.columns["product_code"] == "item" and "product_name" not in found.columns
    assert "price" in found.left_out


def test_a_guess_says_all_that_the_user_does_not():
    guessed = {"order": "order_number", "item": "product_name", "amount": "amount", "date": LEFT_OUT}
    found = map_columns(LINES, guessed=guessed)
    assert found.columns == {"order_number": "order", "product_name": "item", "amount": "amount"}
    assert found.left_out == ("date", "quantity", "price")


def test_a_guess_gives_way_where_the_user_chose_its_field_or_the_column_is_gone():
    guessed = {"order": "order_number", "item": "product_name", "amount": "amount", "worth": "cost", "date": "no_field"}
    found = map_columns(LINES, overrides={"price": "amount"}, guessed=guessed)
    assert found.columns["amount"] == "price" and "amount" in found.left_out and "date" in found.left_out


def test_custom_fields_and_items_may_be_many():
    theirs = ["ID", "Age", "Class", "Seat", "Food", "Date"]
    overrides = {"Age": CUSTOM, "Class": CUSTOM, "Seat": ITEM, "Food": ITEM}
    found = map_columns(theirs, kind="answers_wide", overrides=overrides)
    assert found.custom == ("Age", "Class") and found.items == ("Seat", "Food")
    assert found.columns == {"response_code": "ID", "answered_at": "Date"} and found.left_out == ()


def test_a_constant_fills_a_field_for_all_lines_and_frees_its_column():
    found = map_columns(["ID", "Seat", "Date"], kind="answers_wide", overrides={"Seat": ITEM},
                        constants={"answered_at": " 2024-05-01 ", "metric": ""})
    assert found.constants == {"answered_at": "2024-05-01"} and found.left_out == ("Date",)


@pytest.mark.parametrize(("kind", "theirs", "settings", "words", "field"), [
    ("order_lines", LINES, {"overrides": {"nowhere": "amount"}},
     "The file has no column “nowhere”; it has: order, date", "overrides"),
    ("order_lines", LINES, {"overrides": {"item": "colour"}}, "“colour” is no column that can be filled", "overrides"),
    ("order_lines", LINES, {"overrides": {"item": ITEM}}, "“item” is no column that can be filled", "overrides"),
    ("order_lines", LINES, {"overrides": {"item": "cost", "price": "cost"}}, "Two columns are mapped to cost",
     "overrides"),
    ("answers_long", ["a", "b", "Score", "Date"], {"overrides": {"a": ITEM, "b": ITEM}},
     "Two columns are mapped to item", "overrides"),
    ("order_lines", LINES, {"constants": {"colour": "red"}}, "“colour” cannot be the same on every line", "constants"),
    ("answers_wide", ["a", "Date"], {"constants": {ITEM: "5"}}, "“item” cannot be the same on every line", "constants"),
    ("order_lines", LINES, {"overrides": {"item": "product_name"}, "constants": {"product_name": "x"}},
     "product_name is given both by a column and", "constants"),
    ("order_lines", ["Ref"], {}, "an order number or a date; a product (code or name) or an amount", "overrides"),
    ("customers", ["Colour"], {}, "Customers need a customer (code, name, company or e-mail)", "overrides"),
    ("payments", ["Customer", "Amount"], {}, "Payments need a date of payment", "overrides"),
    ("deals", ["Deal name"], {}, "Deals need a stage", "overrides"),
    ("answers_wide", ["ID", "Date"], {}, "at least one column of answers", "overrides"),
    ("campaign_results", ["Email"], {}, "a campaign's name", "overrides"),
    ("letters", ["a"], {}, "“letters” is no kind of file", "kind"),
])
def test_what_cannot_be_mapped_is_refused_in_a_sentence(kind, theirs, settings, words, field):
    with pytest.raises(InvalidInput) as refused:
        map_columns(theirs, kind=kind, **settings)
    assert words in str(refused.value) and refused.value.field == field


def test_lines_may_lack_a_date_a_customer_or_a_product_but_not_all_that_they_are_known_by():
    assert map_columns(["order", "sku", "price"]).columns.keys() == {"order_number", "product_code", "unit_price"}
    assert map_columns(["date", "customer", "amount"]).columns.keys() == {"ordered_at", "customer_name", "amount"}
    orders = map_columns(["customer id", "date", "dollars"], kind="orders")
    assert orders.columns == {"customer_code": "customer id", "ordered_at": "date", "amount": "dollars"}


def test_the_total_of_an_order_is_no_amount_of_its_lines():
    theirs = ["order", "date", "item", "quantity", "price", "Total"]
    assert "Total" in map_columns(theirs).left_out
    assert map_columns(theirs, overrides={"Total": "amount"}).columns["amount"] == "Total"
    guessed = {"order": "order_number", "item": "product_name", "Total": "amount"}
    assert map_columns(theirs, guessed=guessed).columns["amount"] == "Total"
    # Without a product a line's worth is known by the total alone, and of an order it is the very amount.
    assert map_columns(["order", "date", "quantity", "price", "Total"]).columns["amount"] == "Total"
    assert map_columns(theirs, kind="orders").columns["amount"] == "Total"


def test_missing_needs_are_told_in_the_kinds_order():
    found = map_columns(["ID", "Seat"], kind="answers_wide", overrides={"Seat": ITEM},
                        constants={"answered_at": "2024"})
    assert missing_needs("answers_wide", found) == []
    assert missing_needs("tickets", found) == [KINDS["tickets"].needs[0], ("opened_at",), KINDS["tickets"].needs[2]]


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_vocabulary_names_no_field_that_a_kind_lacks_and_no_name_twice(kind):
    assert set(vocabulary.NAMES[kind]) <= set(KINDS[kind].fields)
    names = {(vocabulary.normalised(name), ours) for ours, known in vocabulary.NAMES[kind].items() for name in known}
    # A product's type is a kind or a category: its texts decide.
    different = {(name, ours) for name, ours in names if name != "producttype"}
    assert len({name for name, _ in different}) == len(different)


@pytest.mark.parametrize(("choices", "ours"), [
    ("customer_stage", STAGES), ("product_kind", PRODUCT_KINDS), ("deal_stage", DEAL_STAGES),
    ("ticket_kind", TICKET_KINDS),
    ("priority", PRIORITIES), ("ticket_status", TICKET_STATUSES), ("contact_channel", CONTACT_CHANNELS),
    ("direction", DIRECTIONS), ("metric", METRICS),
])
def test_words_of_choices_stand_for_ours_and_for_one_only(choices, ours):
    words = vocabulary.CHOICES[choices]
    assert tuple(words) == ours
    meant = [(vocabulary.normalised(word), one) for one, others in words.items() for word in {one, *others}]
    assert len({word for word, _ in set(meant)}) == len(set(meant))


def test_every_choice_of_every_kind_has_its_words():
    for kind in KINDS.values():
        for name, field in kind.fields.items():
            assert bool(field.choices) == (field.type == "choice"), (kind.key, name)


def test_accents_case_blanks_and_brackets_make_no_other_name():
    assert len({vocabulary.normalised(name) for name in ("N° Client", "n°client", "N°_CLIENT (interne)")}) == 1
    assert vocabulary.normalised("Téléphone") == vocabulary.normalised("TELEPHONE")
