"""Do orders get in from files that say less than order lines do, or tell about whole orders?"""

from datetime import date, datetime

import pytest
from sqlalchemy import func, select, update

from crm import db
from crm.imports.detection import FileFormat
from crm.imports.order_lines import numbers_of_moments
from crm.models import Customer, Order, OrderLine, Product, RecordChange
from crm.services import check
from tests.imports.small_files import bring_in, parsed, rows, whole

LINES = "order,sku,quantity,price"
HEADS = "order,date,customer id,status,ship date,note"
TOTALS = "order,date,customer id,status,amount"


def heads(workspace, *lines, header=HEADS, **arguments):
    return bring_in(workspace, *lines, header=header, kind="orders", **arguments)


def lines(workspace, *lines, header=LINES, **arguments):
    return bring_in(workspace, *lines, header=header, **arguments)


def totals(workspace):
    return rows(workspace, Order.number, Order.status, Order.net_amount_e4)


def test_lines_without_a_product_are_kept_without_one_and_told(workspace):
    done = lines(workspace, "A1,2024-01-02,7,12.50", header="order,date,customer id,amount")
    assert rows(workspace, OrderLine.product_id, OrderLine.quantity, OrderLine.amount_e4) == [(None, 1.0, 125_000)]
    assert done.plan.parsed.found["lines_without_product"] == 1 and rows(workspace, Product.id) == []


def test_a_price_alone_is_one_piece(workspace):
    lines(workspace, "A1,2024-01-02,MUG,2.50", header="order,date,sku,price")
    assert rows(workspace, OrderLine.quantity, OrderLine.amount_e4) == [(1.0, 25_000)]


def test_without_a_number_a_customers_lines_of_one_moment_are_one_order(workspace):
    header = "date,customer id,sku,quantity,price"
    content = ("1997-01-01,7,MUG,1,2", "1997-01-01,7,CUP,1,3", "1997-01-01 08:30,7,CUP,1,3", "1997-01-01,8,CUP,1,3")
    done = lines(workspace, *content, header=header)
    with db.reading(workspace) as session:
        assert sorted(session.execute(select(Order.number, Customer.code, Order.net_amount_e4).join(Customer)).all()) == [
            ("1997-01-01T08:30", "7", 30_000), ("19970101", "7", 50_000), ("19970101", "8", 30_000)]
    assert done.plan.found["orders_without_number"] == 3 and not done.plan.found["numbers_of_several_customers"]
    assert lines(workspace, *content, header=header).counts == (0, 4, 0)
    later = lines(workspace, *content[1:], "1997-01-02,8,CUP,1,3", header=header)
    assert later.counts == (1, 3, 0) and later.plan.created["orders"] == 1


@pytest.mark.parametrize(
    ("moment", "number"),
    [("1997-01-01", "19970101"), ("1997-01-01T08:30", "1997-01-01T08:30"), ("1997-01-01T08:30:05", "1997-01-01T08:30:05"),
     ("1997-01-01T08:30:05.25", "1997-01-01T08:30:05.250000"), ("1997-01-01T00:00:10", "1997-01-01T00:00:10")],
)
def test_a_number_made_of_a_moment_is_as_short_as_it_can_be(moment, number):
    assert list(numbers_of_moments([datetime.fromisoformat(moment)])) == [number]


def test_lines_without_dates_belong_to_the_orders_that_are_known(workspace):
    heads(workspace, "10100,2003-01-06,363,Shipped,2003-01-10,", "10101,2003-01-09,128,Cancelled,,Check it.")
    done = lines(workspace, "10100,S18,30,136.0", "10101,S18,1,5", "10102,S99,1,5")
    assert done.counts == (2, 0, 1)
    assert done.plan.rejected.values.tolist() == [
        [4, "The file has no dates, and no order 10102 is known; bring in the orders first."]]
    with db.reading(workspace) as session:
        assert sorted(session.execute(select(
            Order.number, Customer.code, Order.ordered_at, Order.net_amount_e4, OrderLine.line_at
        ).select_from(OrderLine).join(Order).join(Customer)).all()) == [
            ("10100", "363", datetime(2003, 1, 6), 40_800_000, None), ("10101", "128", datetime(2003, 1, 9), 0, None)]
    assert rows(workspace, Product.code) == [("S18",)]  # nothing is created by a line that is refused
    again = lines(workspace, "10100,S18,30,136.0", "10101,S18,1,5", "10102,S99,1,5")
    assert again.counts == (0, 2, 1) and not any(again.plan.created.values())


def test_lines_without_dates_of_nothing_that_is_known_are_all_refused(workspace):
    done = lines(workspace, "10100,S18,30,136.0", "10101,S18,1,5")
    assert done.counts == (0, 0, 2) and not any(done.plan.created.values()) and rows(workspace, Product.id) == []


def test_lines_of_a_number_that_serves_several_customers_are_refused(workspace):
    heads(workspace, "1,2024-01-02,7,,,", "1,2024-01-02,8,,,", "2,2024-01-02,8,,,")
    done = lines(workspace, "1,MUG,1,2", "2,MUG,1,2")
    assert done.plan.rejected["reason"].tolist() == [
        "The order number 1 serves several customers; add a column that says which of them."]
    named = lines(workspace, "1,8,MUG,1,2", "1,9,MUG,1,2", header="order,customer id,sku,quantity,price")
    assert named.counts == (1, 0, 1) and "of this customer is known" in named.plan.rejected["reason"][0]
    assert set(rows(workspace, Customer.code)) == {("7",), ("8",)}


def test_lines_with_dates_and_without_customers_join_a_known_order_or_are_nobodys(workspace):
    heads(workspace, "1,2024-01-02,7,,,")
    header = "order,date,sku,quantity,price"
    content = ("1,2024-01-02,MUG,1,2", "2,2024-01-03,MUG,1,2")
    assert lines(workspace, *content, header=header).plan.created["orders"] == 1
    with db.reading(workspace) as session:
        assert sorted(session.execute(select(Order.number, Customer.code).select_from(OrderLine).join(Order)
                                      .outerjoin(Customer)).all()) == [("1", "7"), ("2", None)]
    assert lines(workspace, *content, header=header).counts == (0, 2, 0)


def test_heads_of_orders_get_in_without_lines_and_once(workspace):
    content = ("10100,2003-01-06,363,Shipped,2003-01-10,", "10101,2003-01-09,128,In Process,,Check it.")
    done = heads(workspace, *content)
    assert done.counts == (2, 0, 0)
    assert done.plan.created == {"customers": 2, "products": 0, "orders": 2, "order_lines": 0}
    assert not any(done.plan.found[f"lines_{kind}"] for kind in ("sale", "return"))
    assert rows(workspace, Order.number, Order.status, Order.shipped_at, Order.note, Order.net_amount_e4) == [
        ("10100", "completed", datetime(2003, 1, 10), None, 0), ("10101", "open", None, "Check it.", 0)]
    assert rows(workspace, Customer.code, Customer.since_on) == [("128", date(2003, 1, 9)), ("363", date(2003, 1, 6))]
    again = heads(workspace, *content)
    assert again.counts == (0, 2, 0) and not any((again.plan.created | again.plan.updated).values())


def test_the_head_of_an_order_told_twice_in_a_file_is_one_order(workspace):
    done = heads(workspace, "1,2024-01-02,7,,,", "1,2024-01-02,7,,,")
    assert done.counts == (1, 1, 0) and done.plan.created["orders"] == 1


@pytest.mark.parametrize(
    ("on_known", "expected", "counts"),
    [
        ("fill", ("open", datetime(2024, 1, 5), "soon"), (1, 1, 0)),
        ("overwrite", ("completed", datetime(2024, 1, 5), "late"), (1, 1, 0)),
        ("skip", ("open", None, "soon"), (0, 2, 0)),
    ],
)
def test_a_head_that_says_more_changes_a_known_order_as_the_user_chose(workspace, on_known, expected, counts):
    heads(workspace, "1,2024-01-02,7,open,,soon", "2,2024-01-02,7,open,,")
    done = heads(workspace, "1,2024-01-02,7,paid,2024-01-05,late", "2,2024-01-02,7,open,,", on_known=on_known)
    assert done.counts == counts and done.plan.updated["orders"] == counts[0]
    with db.reading(workspace) as session:
        first = session.execute(select(Order.status, Order.shipped_at, Order.note).where(Order.number == "1")).one()
    assert tuple(first) == expected


def test_what_changes_is_listed_before_it_is_written(workspace):
    heads(workspace, "1,2024-01-02,7,open,,")
    done = heads(workspace, "1,2024-01-02,7,paid,2024-01-05,", on_known="overwrite")
    assert done.plan.changes.values.tolist() == [
        ["orders", "1", "shipped_at", "", "2024-01-05"], ["orders", "1", "status", "open", "completed"]]
    assert done.plan.changes_total == 2


def test_an_order_that_a_head_cancels_comes_to_nothing_and_back(workspace):
    heads(workspace, "1,2024-01-02,7,paid,,")
    lines(workspace, "1,MUG,2,2.50")
    heads(workspace, "1,2024-01-02,7,cancelled,,", on_known="overwrite")
    assert totals(workspace) == [("1", "cancelled", 0)]
    heads(workspace, "1,2024-01-02,7,paid,,", on_known="overwrite")
    assert totals(workspace) == [("1", "completed", 50_000)]


def test_a_total_is_one_line_without_a_product(workspace):
    content = ("1,2024-01-02,7,paid,12.50", "2,2024-01-02,7,paid,-2")
    done = heads(workspace, *content, header=TOTALS)
    assert done.plan.created["order_lines"] == 2 and not done.plan.parsed.found["lines_without_product"]
    assert rows(workspace, OrderLine.amount_e4, OrderLine.kind, OrderLine.product_id) == [
        (-20_000, "return", None), (125_000, "sale", None)]
    assert heads(workspace, *content, header=TOTALS).counts == (0, 2, 0)


def test_a_total_told_again_for_an_order_that_has_its_lines_counts_once(workspace):
    heads(workspace, "1,2024-01-02,7,paid,,")
    lines(workspace, "1,MUG,2,2.50", "1,CUP,1,1")
    done = heads(workspace, "1,2024-01-02,7,paid,6.00", header=TOTALS)
    assert done.counts == (0, 1, 0) and done.plan.found["orders_with_another_total"] == 0
    other = heads(workspace, "1,2024-01-02,7,paid,9.00", header=TOTALS, on_known="overwrite")
    assert other.counts == (0, 1, 0) and other.plan.found["orders_with_another_total"] == 1
    assert totals(workspace) == [("1", "completed", 60_000)]


def test_another_total_is_kept_out_or_put_in_place_of_the_former_but_never_added(workspace):
    heads(workspace, "1,2024-01-02,7,paid,12.50", header=TOTALS)
    kept = heads(workspace, "1,2024-01-02,7,paid,10.00", header=TOTALS)
    assert kept.counts == (0, 1, 0) and kept.plan.found["orders_with_another_total"] == 1
    assert totals(workspace) == [("1", "completed", 125_000)]
    done = heads(workspace, "1,2024-01-02,7,paid,10.00", header=TOTALS, on_known="overwrite")
    assert done.counts == (1, 0, 0) and totals(workspace) == [("1", "completed", 100_000)]
    assert done.plan.changes.values.tolist() == [
        ["order_lines", "1", "unit_price", "12.5", "10"], ["order_lines", "1", "amount", "12.5", "10"]]
    assert heads(workspace, "1,2024-01-02,7,paid,10.00", header=TOTALS, on_known="overwrite").counts == (0, 1, 0)


def test_a_further_amount_of_an_order_is_added_beside_the_former(workspace):
    heads(workspace, "1,2024-01-02,7,paid,12.50", header=TOTALS)
    done = heads(workspace, "1,2024-01-02,7,paid,12.50", "1,2024-01-02,7,paid,-2.50", header=TOTALS)
    assert done.counts == (1, 1, 0) and totals(workspace) == [("1", "completed", 100_000)]


def test_two_purchases_of_one_day_without_numbers_both_count_also_from_two_files(workspace):
    header = "date,customer id,amount"
    heads(workspace, "1997-01-01,7,5", header=header)
    assert heads(workspace, "1997-01-01,7,6", header=header).counts == (1, 0, 0)
    assert heads(workspace, "1997-01-01,7,6", "1997-01-01,7,5", header=header).counts == (0, 2, 0)
    assert totals(workspace) == [("19970101", "completed", 110_000)]


def test_lines_of_an_order_that_came_with_its_total_are_refused_and_not_counted_twice(workspace):
    heads(workspace, "1,2024-01-02,7,paid,12.50", header=TOTALS)
    header = "order,date,customer id,sku,quantity,price"
    done = lines(workspace, "1,2024-01-02,7,MUG,5,2.50", "2,2024-01-02,7,CUP,1,3", header=header)
    assert done.counts == (1, 0, 1) and done.plan.rejected["reason"].tolist() == [
        "Order 1 came with its total from a file of orders; undo that import before its lines come in."]
    assert rows(workspace, Product.code) == [("CUP",)]
    assert totals(workspace) == [("1", "completed", 125_000), ("2", "completed", 30_000)]


def test_constants_fill_a_whole_column(workspace):
    lines(workspace, "1,2024-01-02,2.50", header="order,date,amount",
          constants={"currency": "eur", "channel": "market", "customer_name": "Walk-in"})
    assert rows(workspace, Order.currency, Order.channel) == [("EUR", "market")]
    assert rows(workspace, Customer.name, Customer.code) == [("Walk-in", "walk-in")]


def test_a_company_alone_names_the_customer(workspace):
    with db.transaction(workspace) as session:
        session.add(Customer(code="K1", name="Acme Ltd", search_text="acme ltd k1"))
    lines(workspace, "1,2024-01-02,ACME Ltd,2.50", "2,2024-01-02,Globex,2.50", header="order,date,company,amount")
    assert rows(workspace, Customer.code, Customer.name, Customer.kind) == [
        ("K1", "Acme Ltd", "person"), ("globex", "Globex", "company")]
    assert lines(workspace, "2,2024-01-02,Globex,2.50", header="order,date,company,amount").counts == (0, 1, 0)


CUSTOM = {"score": "custom", "member": "custom"}


def with_custom(workspace, *content, **arguments):
    return lines(workspace, *content, header="order,date,customer id,amount,score,member", columns=CUSTOM, **arguments)


def test_columns_of_no_field_become_custom_fields_of_the_customer(workspace):
    with_custom(workspace, "1,2024-01-02,7,2.50,3,0042", "2,2024-01-02,7,2.50,4.5,", "3,2024-01-02,8,2.50,,x", "4,soon,9,1,none,")
    assert sorted(rows(workspace, Customer.code)) == [("7",), ("8",)]
    with db.reading(workspace) as session:
        assert dict(session.execute(select(Customer.code, Customer.custom_fields)).all()) == {
            "7": {"score": 4.5, "member": "0042"}, "8": {"member": "x"}}


def test_custom_fields_are_filled_overwritten_or_left_like_other_fields(workspace):
    first, second = "1,2024-01-02,7,2.50,3,", "1,2024-01-02,7,2.50,4,gold"

    def now():
        with db.reading(workspace) as session:
            return session.scalar(select(Customer.custom_fields))

    with_custom(workspace, first)
    assert with_custom(workspace, second, on_known="skip").counts == (0, 1, 0) and now() == {"score": 3}
    done = with_custom(workspace, second)
    assert done.counts == (1, 0, 0) and now() == {"score": 3, "member": "gold"}
    assert done.plan.changes.values.tolist() == [["customers", "7", "member", "", "gold"]]
    with_custom(workspace, second, on_known="overwrite")
    assert now() == {"score": 4, "member": "gold"}
    with_custom(workspace, first, on_known="overwrite")
    assert now() == {"score": 3, "member": "gold"}  # an empty field of the file takes nothing away


KNOWN = "order,date,customer id,customer,email,sku,category,amount"


@pytest.mark.parametrize(
    ("on_known", "customer", "category"),
    [("fill", ("Ann", "a@x.com"), "Cups"), ("overwrite", ("Anna", "a@x.com"), "Mugs"), ("skip", ("Ann", None), "Cups")],
)
def test_known_customers_and_products_are_treated_as_the_user_chose(workspace, on_known, customer, category):
    lines(workspace, "1,2024-01-02,7,Ann,,MUG,Cups,1", header=KNOWN)
    done = lines(workspace, "1,2024-01-02,7,Anna,a@x.com,MUG,Mugs,1", header=KNOWN, on_known=on_known)
    assert rows(workspace, Customer.name, Customer.email) == [customer]
    assert rows(workspace, Product.category) == [(category,)]
    assert done.plan.found["customers_named_otherwise"] == (0 if on_known == "overwrite" else 1)
    again = lines(workspace, "1,2024-01-02,7,Anna,a@x.com,MUG,Mugs,1", header=KNOWN, on_known=on_known)
    assert again.counts == (0, 1, 0) and again.plan.changes_total == 0


def test_who_got_another_name_is_found_under_it(workspace):
    lines(workspace, "1,2024-01-02,7,Ann,,MUG,,1", header=KNOWN)
    lines(workspace, "1,2024-01-02,7,Zoë,,MUG,,1", header=KNOWN, on_known="overwrite")
    assert rows(workspace, Customer.search_text) == [("zoë 7",)]


def test_one_customer_under_two_names_of_a_file_is_changed_once(workspace):
    with db.transaction(workspace) as session:
        session.add(Customer(code="7", name="Ann", email="a@x.com", search_text="ann a@x.com 7"))
    header = "order,date,customer id,email,city,amount"
    done = lines(workspace, "1,2024-01-02,7,,Bath,1", "2,2024-01-02,,a@x.com,York,1", header=header)
    assert done.plan.updated["customers"] == 1 and rows(workspace, Customer.city) == [("Bath",)]
    assert len(rows(workspace, RecordChange.id)) == 1
    with db.transaction(workspace) as session:
        session.execute(update(Customer).values(city=None))
    lines(workspace, "1,2024-01-02,7,,Bath,1", "2,2024-01-02,,a@x.com,York,1", header=header, on_known="overwrite")
    assert rows(workspace, Customer.city) == [("York",)]


def test_every_change_of_a_stored_record_is_remembered_with_its_import(workspace):
    lines(workspace, "1,2024-01-02,7,Ann,,MUG,,1", header=KNOWN)
    with db.transaction(workspace) as session:
        session.execute(update(Product).values(deleted_at=datetime(2024, 5, 1).astimezone()))
    done = lines(workspace, "1,2024-01-01,7,Ann,a@x.com,MUG,Cups,5", header=KNOWN)
    with db.reading(workspace) as session:
        found = session.execute(select(RecordChange.table_name, RecordChange.before, RecordChange.after)
                                .where(RecordChange.import_batch_id == done.batch_id)).all()
        assert check.findings(session) == []
    kept = {table: (before, after) for table, before, after in found if "deleted_at" not in before}
    assert kept == {
        "customers": ({"email": None, "since_on": "2024-01-02"}, {"email": "a@x.com", "since_on": "2024-01-01"}),
        "products": ({"category": None}, {"category": "Cups"}),
        "orders": ({"ordered_at": "2024-01-02T00:00:00"}, {"ordered_at": "2024-01-01T00:00:00"}),
    }
    assert [after for table, before, after in found if "deleted_at" in before] == [{"deleted_at": None}]


def test_the_words_for_nothing_can_be_named(workspace):
    header, words = "order,date,customer,amount", FileFormat(null_words=("-", "none"))
    lines(workspace, "1,2024-01-02,None,1", "2,2024-01-02,n/a,1", header=header, file_format=words)
    assert rows(workspace, Customer.name) == [("n/a",)]


def test_the_sign_between_thousands_can_be_named():
    def read(text, **marks):
        found = parsed(f'1,2024-01-02,"{text}"', header="order,date,amount", file_format=FileFormat(**marks))
        return found.lines["amount_e4"].tolist()

    assert read("1.234", thousands_mark=".") == [12_340_000] and read("1.234") == [12_340]
    assert read("1,234", thousands_mark=",") == [12_340_000]
    assert read("1'234.5", thousands_mark="'") == [12_345_000]
    assert read("1 234", thousands_mark="'") == [] and read("1,234", thousands_mark="'", decimal_mark=".") == []


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1.234,56 €", [12_345_600]), ("(12.00)", [-120_000]), ("1e400", []), ("NaN", []), ("inf", []), ("1e3", [10_000_000])],
)
def test_an_amount_is_read_or_refused_with_a_sentence(text, amount):
    found = parsed(f'1,2024-01-02,"{text}"', header="order,date,amount")
    assert found.lines["amount_e4"].tolist() == amount and len(found.rejected) == (not amount)
    assert all(reason.startswith("The amount") and reason.endswith(".") for reason in found.rejected["reason"])


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "31/12/9999", "01/01/0001", "00010101", "9999-12-31 23:59:59"])
def test_a_year_that_cannot_be_is_refused_with_a_sentence(text):
    found = parsed(f"1,{text},1", header="order,date,amount")
    assert found.rejected["reason"].tolist() == [f"“{text}” is no date, or is not written like the others."]
    nameless = parsed(f"{text},7,1", header="date,customer id,amount", kind="orders")
    assert len(nameless.rejected) == 1 and not len(nameless.lines)


def test_a_file_without_numbers_of_another_day_leaves_the_first_as_it_was(workspace):
    header = "date,customer id,sku,amount"
    lines(workspace, "2024-01-01,7,MUG,1", "2024-01-01,7,MUG,1", header=header)
    before = whole(workspace)
    lines(workspace, "2024-01-01,7,MUG,1", "2024-01-02,7,MUG,1", header=header)
    after = whole(workspace)
    assert set(before["order_lines"]) <= set(after["order_lines"]) and len(after["orders"]) == 2
    with db.reading(workspace) as session:
        assert session.scalar(select(func.count(OrderLine.id))) == 3


def test_a_file_that_says_nothing_of_a_state_changes_none_under_overwrite(workspace):
    header = "order,date,customer id,total"
    heads(workspace, "A1,2024-01-02,7,5", header=header)
    again = heads(workspace, "A1,2024-01-02,7,5", "A2,2024-01-03,7,6", header=header, on_known="overwrite")
    assert again.counts == (1, 1, 0)
    assert rows(workspace, Order.status) == [("completed",), ("completed",)]
