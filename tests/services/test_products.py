"""Rules on products: what is typed is checked, audited, never lost between two windows; lists find, sort and page."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import insert, select

from crm import db, frames
from crm.errors import AlreadyDone, Conflict, InvalidInput, NotFound
from crm.jobs import names
from crm.jobs import products as job
from crm.models import AuditEntry, ImportBatch, Product, RecordChange
from crm.services import changes, customers, orders, product_history, product_listing, products, submissions

AS_OF = date(2026, 6, 30)


def add(workspace, name="Tea", **fields) -> int:
    with db.transaction(workspace) as session:
        return products.create(session, name=name, **fields)


def change(workspace, product_id, version=1, **fields) -> int:
    with db.transaction(workspace) as session:
        return products.update(session, product_id, version=version, **fields)


def read(workspace, ask, *args, **choices):
    with db.reading(workspace) as session:
        return ask(session, *args, **choices)


def listed(workspace, **choices) -> list[str]:
    return read(workspace, product_listing.page, **choices).rows["name"].tolist()


def sell(workspace, product_id, *, quantity=2, price=4.5, day=datetime(2026, 6, 5), customer=None, kind="sale", **others) -> int:
    with db.transaction(workspace) as session:
        return orders.create(session, customer_id=customer, ordered_at=day,
                             lines=[orders.LineInput(product_id, quantity, price, kind=kind)], **others)


def test_a_new_product_gets_a_code_and_an_audit_entry_with_all_that_was_given(workspace):
    product_id = add(workspace, " Tea ", price=4.5, category=" Drinks ", is_excluded=True)
    details = read(workspace, products.get, product_id)
    assert (details.name, details.code, details.price, details.cost, details.category) == ("Tea", "P0001", 4.5, None, "Drinks")
    assert details.is_excluded and not details.is_sold_out and details.kind == "product" and details.version == 1
    entry = read(workspace, lambda session: session.scalars(select(AuditEntry)).one().changes)
    assert entry == {"name": [None, "Tea"], "code": [None, "P0001"], "price": [None, 4.5], "category": [None, "Drinks"],
                     "is_excluded": [None, True]}


WRONG = ({"name": " "}, {"kind": "robot"}, {"price": -1}, {"cost": -0.01}, {"code": "x" * 201}, {"code": "OLD"},
         {"name": "old TEA"})


def test_a_wrong_value_names_its_field_and_writes_nothing(workspace):
    add(workspace, "Old tea", code="OLD")
    other = add(workspace, "Other")
    for fields in WRONG:
        for write in (lambda fields=fields: add(workspace, **fields), lambda fields=fields: change(workspace, other, **fields)):
            with pytest.raises(InvalidInput) as told:
                write()
            assert {told.value.field} == set(fields)
    assert listed(workspace) == ["Old tea", "Other"] and read(workspace, products.get, other).version == 1


def test_a_made_code_never_is_one_that_is_taken(workspace):
    add(workspace, "First", code="P0002")
    assert read(workspace, products.get, add(workspace, "Second")).code == "P0003"


def test_a_change_keeps_old_and_new_in_the_audit_and_no_change_is_none(workspace):
    product_id = add(workspace, price=4.5)
    assert change(workspace, product_id, price=4.50004, name="Tea ") == 1
    assert change(workspace, product_id, price=5.25, cost=2, is_sold_out=True) == 2
    entry = read(workspace, lambda session: session.scalars(select(AuditEntry).where(AuditEntry.action == "updated")).one().changes)
    assert entry == {"price": [4.5, 5.25], "cost": [None, 2.0], "is_sold_out": [False, True]}
    with pytest.raises(InvalidInput, match="colour"):
        change(workspace, product_id, version=2, colour="red")


def test_a_name_that_was_there_twice_keeps_no_price_from_being_changed(workspace):
    product_id = add(workspace)
    with db.transaction(workspace) as session:
        session.add(Product(code="X", name="tea"))
    assert change(workspace, product_id, name="Tea", price=3) == 2


def test_the_second_window_is_told_and_overwrites_nothing(workspace):
    product_id = add(workspace, price=4.5)
    change(workspace, product_id, price=5)
    with pytest.raises(Conflict, match="Nothing was overwritten"):
        change(workspace, product_id, price=6)
    assert read(workspace, products.get, product_id).price == 5


def test_the_same_form_sent_twice_adds_one_product(workspace):
    for _ in range(2):
        try:
            with db.transaction(workspace) as session:
                submissions.use(session, "token")
                products.create(session, name="Tea")
        except AlreadyDone:
            pass
    assert listed(workspace) == ["Tea"]


def test_a_deleted_product_says_what_names_it_and_comes_back_as_it_was(workspace):
    product_id = add(workspace, code="T1", price=4.5)
    order = sell(workspace, product_id)
    sell(workspace, product_id, number="2")
    with db.transaction(workspace) as session:
        assert products.delete(session, product_id, version=1) == products.Uses(lines=2, orders=2)
        orders.delete(session, order, version=1)
    assert read(workspace, products.uses, product_id).orders == 1
    assert listed(workspace) == [] and listed(workspace, show="deleted") == ["Tea"]
    with pytest.raises(NotFound):
        read(workspace, products.get, product_id)
    assert read(workspace, products.get, product_id, deleted=True).is_deleted
    with pytest.raises(InvalidInput, match="was deleted"):
        add(workspace, "Another", code="T1")
    with db.transaction(workspace) as session:
        products.restore(session, product_id)
        products.restore(session, product_id)
    details = read(workspace, products.get, product_id)
    assert details.price == 4.5 and details.version == 3
    actions = read(workspace, product_history.changes, product_id)["action"]
    assert actions.drop_duplicates().tolist() == ["restored", "deleted", "created"]
    with pytest.raises(NotFound), db.transaction(workspace) as session:
        products.restore(session, 999)


def test_what_is_no_longer_sold_cannot_be_chosen_for_an_order(workspace):
    product_id = add(workspace)
    change(workspace, product_id, is_discontinued=True)
    assert read(workspace, products.choices).empty
    catalogue = read(workspace, frames.products)
    assert not catalogue["recommendable"].iloc[0] and catalogue["is_discontinued"].iloc[0]


def test_a_switch_makes_answers_about_sales_stale(workspace):
    product_id = add(workspace)
    before = read(workspace, db.revisions_of, ("sales",))
    change(workspace, product_id, is_sold_out=True)
    assert read(workspace, db.revisions_of, ("sales",)) != before


@pytest.fixture
def shelf(workspace):
    for name, fields in {"Grüner Tee": {"category": "Getränke", "price": 4.0, "code": "a9"}, "Straße 7": {"price": 9.0},
                         "龙井茶": {"category": "Tea", "code": "B1"}, "Émile cup": {"category": "Cups", "price": 1.0},
                         "Postage": {"kind": "fee"}}.items():
        add(workspace, name, **fields)
    return workspace


def test_a_search_finds_every_script_and_case(shelf):
    for query, found in {"GRÜNER": ["Grüner Tee"], "strasse": ["Straße 7"], "龙井": ["龙井茶"], "getränke tee": ["Grüner Tee"],
                         "A9": ["Grüner Tee"], "émile": ["Émile cup"], "100%": [],
                         "": ["Grüner Tee", "Postage", "Straße 7", "Émile cup", "龙井茶"]}.items():
        assert listed(shelf, query=query) == found


def test_filters_choose_products(shelf):
    change(shelf, 2, is_sold_out=True)
    change(shelf, 4, is_excluded=True)
    change(shelf, 3, is_discontinued=True)
    assert listed(shelf, show="sold_out") == ["Straße 7"] and listed(shelf, show="discontinued") == ["龙井茶"]
    assert listed(shelf, show="never_offered") == ["Émile cup"]
    assert listed(shelf, show="on_sale") == ["Grüner Tee", "Postage", "Émile cup"]
    assert listed(shelf, category="Cups") == ["Émile cup"] and listed(shelf, kind="fee") == ["Postage"]
    assert listed(shelf, among=[1, 5, 77]) == ["Grüner Tee", "Postage"]
    assert read(shelf, products.categories) == ["Cups", "Getränke", "Tea"]
    for wrong in ({"show": "everything"}, {"kind": "robot"}, {"sort": "colour"}):
        with pytest.raises(InvalidInput):
            listed(shelf, **wrong)


def test_what_has_no_figure_comes_last_whichever_way_the_rest_runs(shelf):
    figures = pd.DataFrame({"revenue": [5.0, np.nan, 7.0]}, index=[1, 2, 3])
    assert listed(shelf, figures=figures, sort="revenue") == ["Grüner Tee", "龙井茶", "Postage", "Straße 7", "Émile cup"]
    assert listed(shelf, figures=figures, sort="revenue", descending=True)[:2] == ["龙井茶", "Grüner Tee"]
    assert listed(shelf, sort="price")[:3] == ["Émile cup", "Grüner Tee", "Straße 7"]
    assert listed(shelf, sort="category")[-2:] == ["Postage", "Straße 7"]
    assert listed(shelf, sort="code", descending=True)[0] == "Postage"  # P0005


def test_pages_follow_each_other(shelf):
    first = read(shelf, product_listing.page, size=2)
    assert first.total == 5 and first.rows["name"].tolist() == ["Grüner Tee", "Postage"]
    assert listed(shelf, size=2, number=3) == ["龙井茶"] and listed(shelf, size=2, number=9) == []
    assert np.isnan(first.rows["price"].iloc[1]) and first.rows["price"].iloc[0] == 4.0


def test_list_prices_are_told_from_the_changes(workspace):
    product_id = add(workspace, price=4.5)
    change(workspace, product_id, price=5)
    change(workspace, product_id, version=2, name="Black tea", price=None)
    change(workspace, product_id, version=3, price=6)
    prices = read(workspace, product_history.list_prices, product_id)
    assert prices["price"].fillna(-1).tolist() == [4.5, 5, -1, 6] and prices["valid_from"].is_monotonic_increasing
    known = read(workspace, product_history.changes, product_id)
    assert known.loc[known["field"] == "name", "new"].tolist() == ["Black tea", "Tea"]
    assert known["action"].iloc[0] == "updated" and known["file"].isna().all()
    with pytest.raises(NotFound):
        read(workspace, product_history.list_prices, 99)


def test_a_files_price_is_in_the_history_until_it_is_taken_back(workspace):
    product_id = add(workspace, price=4.5)
    with db.transaction(workspace) as session:
        batch = session.scalar(insert(ImportBatch).values(
            file_name="new prices.csv", source="shop", lines_read=1, lines_imported=1, lines_duplicate=0,
            lines_rejected=0).returning(ImportBatch.id))
        changes.record(session, [("products", product_id, {"price_e4": 45_000, "name": "T"}, {"price_e4": 70_000, "name": "Tea"})],
                       import_batch_id=batch)
        session.get(Product, product_id).price_e4 = 70_000
    assert read(workspace, product_history.list_prices, product_id)["price"].tolist() == [4.5, 7.0]
    known = read(workspace, product_history.changes, product_id)
    assert known.loc[known["field"] == "price", "file"].tolist() == ["new prices.csv", None]
    with db.transaction(workspace) as session:
        session.get(ImportBatch, batch).status = "undone"
        session.get(Product, product_id).price_e4 = 45_000
    assert read(workspace, product_history.list_prices, product_id)["price"].tolist() == [4.5]
    assert read(workspace, lambda session: session.query(RecordChange).count()) == 1


def test_figures_of_all_products_add_up_to_the_orders(workspace):
    tea, cup, post = add(workspace, cost=2), add(workspace, "Cup"), add(workspace, "Postage", kind="fee")
    with db.transaction(workspace) as session:
        ada = customers.create(session, name="Ada")
    sell(workspace, tea, customer=ada)
    sell(workspace, cup, price=20, number="2", customer=ada)
    sell(workspace, cup, quantity=1, price=20, kind="return", number="3")
    sell(workspace, post, price=3, number="4")
    sell(workspace, tea, price=100, number="5", day=datetime(2026, 7, 1))
    result = read(workspace, job.run, as_of=AS_OF)
    figures = result.figures
    assert figures.loc[[tea, cup, post], "revenue"].tolist() == [9, 20, 6]
    assert figures.loc[[tea, cup, post], "letter"].tolist() == ["A", "A", "fee"] and result.classes.fee_amount == 6
    assert figures.loc[tea, "rate"] == pytest.approx(5 / 9) and np.isnan(figures.loc[cup, "margin"])
    assert result.margin.margin == 5 and result.margin.known_cost_share == pytest.approx(9 / 69)
    table = job.table(result, read(workspace, names.products))
    assert table["product_name"].tolist() == ["Cup", "Tea", "Postage"] and table["class"].tolist() == ["A", "A", "fee"]
    told = job.quality(result)
    assert (told["products"], told["class_A"], told["total"]) == (3, 2, 29.0)
    assert read(workspace, job.run, as_of=AS_OF, days=1).missing is not None
    with pytest.raises(InvalidInput):
        read(workspace, job.run, as_of=AS_OF, days=-1)


def test_one_products_figures_hold_its_buyers_prices_and_months(workspace):
    tea = add(workspace, price=4.5, cost=2)
    with db.transaction(workspace) as session:
        ada = customers.create(session, name="Ada", channel="web")
    sell(workspace, tea, customer=ada)
    sell(workspace, tea, customer=ada, price=4.0, day=datetime(2026, 5, 5), number="2")
    found = read(workspace, job.product, product_id=tea, as_of=AS_OF)
    assert found.months["revenue"].tolist() == [8, 9] and found.months["margin"].tolist() == [4, 5]
    assert found.paid["median"].tolist() == [4.0, 4.5] and found.levels["price_from"].tolist() == [4.0, 4.5]
    assert found.buyers.count == 1 and found.buyers.repeat == 1 and found.list_prices["price"].tolist() == [4.5]


def test_no_products_and_no_orders_is_told_without_a_zero(workspace):
    assert "are 0" in read(workspace, job.run, as_of=AS_OF).missing
    tea = add(workspace)
    result = read(workspace, job.run, as_of=AS_OF)
    assert result.classes is None and result.figures["letter"].tolist() == ["none"] and np.isnan(result.margin.margin)
    assert read(workspace, job.product, product_id=tea, as_of=AS_OF).months.empty
