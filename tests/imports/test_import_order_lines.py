"""Do order lines get in whole, once, and with what the file says? On small files that hold one quirk each."""

import itertools
import json
from datetime import date, datetime

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from crm import db, imports
from crm.errors import Cancelled, InvalidInput
from crm.imports import matching, writing
from crm.models import AuditEntry, Customer, ImportBatch, Order, OrderLine, Product
from crm.services import check
from crm.services.search import fold

HEADER = "order,date,customer id,customer,sku,item,quantity,price"
FIRST = "A1,2024-01-02 10:00,0042,Ann Lee,MUG,Mug,2,2.50"
SECOND = "A1,2024-01-02 10:00,0042,Ann Lee,CUP,Cup,1,3.00"


def csv(*lines, header=HEADER) -> bytes:
    return "\n".join([header, *lines]).encode()


def bring_in(workspace, content, **arguments):
    with db.transaction(workspace) as session:
        return imports.import_file(session, content, kind="order_lines", file_name="shop.csv", **arguments)


def rows(workspace, *columns):
    with db.reading(workspace) as session:
        return session.execute(select(*columns).order_by(*columns)).all()


def lines_of(workspace):
    """Every line with its order, customer and product, whatever their ids are."""
    with db.reading(workspace) as session:
        return sorted(
            session.execute(
                select(
                    Order.number,
                    Customer.code,
                    Product.code,
                    OrderLine.quantity,
                    OrderLine.unit_price_e4,
                    OrderLine.amount_e4,
                    OrderLine.kind,
                    func.coalesce(OrderLine.line_at, Order.ordered_at),
                    func.coalesce(OrderLine.description, Product.name),
                )
                .select_from(OrderLine)
                .join(Order)
                .outerjoin(Customer, Order.customer_id == Customer.id)
                .outerjoin(Product, OrderLine.product_id == Product.id)
            ).all(),
            key=str,
        )


def wrong(workspace):
    """What the check of the database finds, totals that are not the sums of their lines among it."""
    with db.reading(workspace) as session:
        return check.findings(session)


def test_an_order_gets_in_with_its_customer_and_products(workspace):
    report = bring_in(workspace, csv(FIRST, SECOND))
    assert report.as_json() == {
        "lines": {"read": 2, "imported": 2, "duplicate": 0, "rejected": 0},
        "created": {"customers": 1, "products": 2, "orders": 1, "order_lines": 2},
        "updated": {"customers": 0, "products": 0, "orders": 0},
    }
    json.dumps(report.as_json())
    assert rows(workspace, Customer.code, Customer.name, Customer.since_on, Customer.search_text) == [
        ("0042", "Ann Lee", date(2024, 1, 2), "ann lee 0042")
    ]
    assert rows(
        workspace, Order.number, Order.source, Order.ordered_at, Order.net_amount_e4, Order.charged_amount_e4
    ) == [("A1", "import", datetime(2024, 1, 2, 10), 80_000, 80_000)]
    assert rows(
        workspace,
        OrderLine.quantity,
        OrderLine.unit_price_e4,
        OrderLine.amount_e4,
        OrderLine.line_at,
        OrderLine.description,
        OrderLine.kind,
    ) == [(1.0, 30_000, 30_000, None, None, "sale"), (2.0, 25_000, 50_000, None, None, "sale")]
    assert rows(workspace, Product.code, Product.name, Product.kind, Product.price_e4) == [
        ("CUP", "Cup", "product", 30_000),
        ("MUG", "Mug", "product", 25_000),
    ]


def test_one_import_leaves_one_batch_one_audit_entry_and_its_mark_on_every_row(workspace):
    report = bring_in(workspace, csv(FIRST, SECOND, "broken"))
    assert rows(
        workspace,
        ImportBatch.id,
        ImportBatch.file_name,
        ImportBatch.lines_read,
        ImportBatch.lines_imported,
        ImportBatch.lines_rejected,
    ) == [(report.batch_id, "shop.csv", 3, 2, 1)]
    assert rows(workspace, AuditEntry.entity, AuditEntry.entity_id, AuditEntry.action) == [
        ("import_batch", report.batch_id, "imported")
    ]
    for table in (Customer, Product, Order, OrderLine):
        assert {mark for (mark,) in rows(workspace, table.import_batch_id)} == {report.batch_id}
    with db.reading(workspace) as session:
        details = session.scalar(select(ImportBatch.details))
        assert details["format"]["delimiter"] == "," and details["mapping"]["order_number"] == "order"


def test_the_same_file_again_adds_nothing(workspace):
    content = csv(FIRST, SECOND, FIRST, "A1,2024-01-02 11:30,0042,Ann Lee,MUG,Mug XL,2,2.50")
    first = bring_in(workspace, content)
    before = lines_of(workspace)
    again = bring_in(workspace, content)
    assert first.lines["imported"] == 4 and again.lines == {
        "read": 4,
        "imported": 0,
        "duplicate": 4,
        "rejected": 0,
    }
    assert again.created == {"customers": 0, "products": 0, "orders": 0, "order_lines": 0}
    assert lines_of(workspace) == before


def test_equal_lines_of_one_file_are_all_kept_and_told(workspace):
    report = bring_in(workspace, csv(FIRST, FIRST, FIRST))
    assert report.lines["imported"] == 3
    assert [(note.code, note.count) for note in report.notes] == [("equal_lines", 2)]


def test_an_overlapping_file_adds_only_its_new_lines_and_the_sums_follow(workspace):
    bring_in(workspace, csv(FIRST))
    report = bring_in(workspace, csv(FIRST, FIRST, SECOND, "A2,2024-01-03,0042,Ann Lee,MUG,Mug,1,2.50"))
    assert report.lines == {"read": 4, "imported": 3, "duplicate": 1, "rejected": 0}
    assert report.created["orders"] == 1 and report.updated["orders"] == 1
    assert wrong(workspace) == []
    assert rows(workspace, Order.number, Order.net_amount_e4) == [("A1", 130_000), ("A2", 25_000)]


def test_an_earlier_line_moves_the_order_and_leaves_the_others_their_moment(workspace):
    bring_in(workspace, csv(FIRST))
    bring_in(workspace, csv("A1,2024-01-01 09:00,0042,Ann Lee,CUP,Cup,1,3.00"))
    assert rows(workspace, Order.ordered_at) == [(datetime(2024, 1, 1, 9),)]
    assert rows(workspace, OrderLine.amount_e4, OrderLine.line_at) == [
        (30_000, None),
        (50_000, datetime(2024, 1, 2, 10)),
    ]
    assert rows(workspace, Customer.since_on) == [(date(2024, 1, 1),)]


def test_one_order_number_may_serve_several_customers(workspace):
    report = bring_in(
        workspace, csv(FIRST, "A1,2024-01-02,77,Bob,MUG,Mug,1,2.50", "A1,2024-01-02,,,MUG,Mug,1,2.50")
    )
    assert report.created["orders"] == 3 and report.created["customers"] == 2
    again = bring_in(workspace, csv("A1,2024-01-02,,,MUG,Mug,1,2.50", "A1,2024-01-02,77,Bob,CUP,Cup,1,3"))
    assert again.lines["duplicate"] == 1 and again.created["orders"] == 0


def test_the_same_number_from_another_source_is_another_order(workspace):
    bring_in(workspace, csv(FIRST), source="shop")
    assert bring_in(workspace, csv(FIRST), source="market").created["orders"] == 1


EXAMPLES = itertools.count()
LINES = st.lists(
    st.tuples(
        st.sampled_from(["A1", "A2"]),
        st.sampled_from(["2024-01-01", "2024-01-02"]),
        st.sampled_from(["", "1", "2"]),
        st.sampled_from(["MUG", "CUP"]),
        st.sampled_from(["1", "2", "-1"]),
        st.sampled_from(["2.5", "0"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(lines=LINES, cut=st.integers(0, 12), overlap=st.integers(0, 4))
def test_twice_is_once_and_two_halves_are_the_whole(workspace, lines, cut, overlap):
    texts = [
        f"{order},{day},{who},,{code},{code},{quantity},{price}"
        for order, day, who, code, quantity, price in lines
    ]
    example = next(EXAMPLES)  # the database is one for all examples; each has sources of its own
    whole, halves = f"whole-{example}", f"halves-{example}"

    def found(source):
        with db.reading(workspace) as session:
            return sorted(
                map(
                    str,
                    session.execute(
                        select(
                            Order.number,
                            Order.customer_id,
                            Order.net_amount_e4,
                            Order.charged_amount_e4,
                            OrderLine.product_id,
                            OrderLine.quantity,
                            OrderLine.unit_price_e4,
                            OrderLine.kind,
                        )
                        .join(OrderLine, OrderLine.order_id == Order.id)
                        .where(Order.source == source)
                    ).all(),
                )
            )

    assert bring_in(workspace, csv(*texts), source=whole).lines["imported"] == len(texts)
    once = found(whole)
    assert bring_in(workspace, csv(*texts), source=whole).lines["duplicate"] == len(texts)
    assert found(whole) == once
    if texts[:cut]:
        bring_in(workspace, csv(*texts[:cut]), source=halves)
    # Only lines whose equals all lie on one side may overlap: a multiset cannot tell a repeat from an equal
    # line.
    late = [text for place, text in enumerate(texts) if place >= cut]
    early = [
        text for text in texts[max(cut - overlap, 0) : cut] if text not in late and texts.count(text) == 1
    ]
    if early + late:
        report = bring_in(workspace, csv(*texts) if overlap == 4 else csv(*early, *late), source=halves)
        assert (
            sum(report.lines[part] for part in ("imported", "duplicate", "rejected")) == report.lines["read"]
        )
    assert len(found(halves)) <= len(once)
    if overlap == 4:
        assert found(halves) == once


@given(st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_matching_is_a_multiset_difference(ours, theirs):
    duplicate = matching.is_duplicate(
        pd.DataFrame({"code": ours}, dtype="int64"),
        pd.DataFrame({"code": theirs}, dtype="int64"),
        by=["code"],
    )
    for code in range(4):
        left = sum(
            known == code and not known_already for known, known_already in zip(ours, duplicate, strict=True)
        )
        assert left == max(ours.count(code) - theirs.count(code), 0)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("C536,2024-01-02,7,Bob,MUG,Mug,-1,2.50", "cancellation"),
        ("C536,2024-01-02,7,Bob,POST,Postage,-1,2.50", "cancellation"),
        ("C536,2024-01-02,7,Bob,MUG,Mug,1,2.50", "sale"),
        ("CX-1,2024-01-02,7,Bob,MUG,Mug,-1,2.50", "return"),
        ("536,2024-01-02,7,Bob,MUG,Mug,1,-2.50", "return"),
        ("536,2024-01-02,7,Bob,POST,Postage,1,2.50", "fee"),
        ("536,2024-01-02,7,Bob,M,Manual,1,2.50", "adjustment"),
        ("536,2024-01-02,,,MUG,damaged,-20,0", "adjustment"),
        ("536,2024-01-02,7,Bob,MUG,Mug,-20,0", "return"),
        ("536,2024-01-02,7,Bob,COFFEE,Coffee,1,2.50", "sale"),
    ],
)
def test_the_kind_of_a_line(workspace, line, kind):
    report = bring_in(workspace, csv(line))
    assert rows(workspace, OrderLine.kind) == [(kind,)]
    assert report.kinds[kind] == 1 and sum(report.kinds.values()) == 1
    assert wrong(workspace) == []


def test_a_fee_is_no_product_to_recommend_unless_the_owner_says_so(workspace):
    content = csv("1,2024-01-02,7,Bob,POST,Postage,1,2.50")
    bring_in(workspace, content)
    assert rows(workspace, Product.kind) == [("fee",)]
    with db.transaction(workspace) as session:
        session.execute(update(Product).values(kind="service"))
    bring_in(workspace, csv("2,2024-01-02,7,Bob,POST,Postage,1,2.50"))
    assert rows(workspace, OrderLine.kind) == [("fee",), ("sale",)]
    assert bring_in(workspace, content).lines["duplicate"] == 1


def test_a_cancelled_order_counts_nothing_but_keeps_what_it_said(workspace):
    content = csv(
        "1,2024-01-02,7,MUG,2,2.50,已取消",
        "2,2024-01-02,7,MUG,1,2.50,Completed",
        header="order,date,customer id,sku,quantity,price,status",
    )
    bring_in(workspace, content)
    assert rows(workspace, Order.number, Order.status, Order.net_amount_e4, Order.charged_amount_e4) == [
        ("1", "cancelled", 0, 0),
        ("2", "completed", 25_000, 25_000),
    ]
    assert (2.0, 25_000, 0) in rows(
        workspace, OrderLine.quantity, OrderLine.unit_price_e4, OrderLine.amount_e4
    )
    assert bring_in(workspace, content).lines["duplicate"] == 2 and wrong(workspace) == []


def test_an_order_cancelled_since_is_told_and_not_booked_twice(workspace):
    header = "order,date,customer id,sku,quantity,price,status"
    bring_in(workspace, csv("1,2024-01-02,7,MUG,2,2.50,paid", header=header))
    report = bring_in(workspace, csv("1,2024-01-02,7,MUG,2,2.50,cancelled", header=header))
    assert report.lines["duplicate"] == 1
    assert "lines_cancelled_since" in {note.code for note in report.notes} and wrong(workspace) == []


def test_the_files_own_amount_is_the_truth_and_gives_the_price_and_cost(workspace):
    bring_in(
        workspace,
        "订单 ID,订单日期,客户 ID,产品 ID,销售额,数量,折扣,利润\n"
        "US-1,2017/4/27,曾惠-14485,用品-1,129.696,2,0.4,-60.704\n".encode("gb18030"),
    )
    assert rows(
        workspace,
        OrderLine.quantity,
        OrderLine.unit_price_e4,
        OrderLine.amount_e4,
        OrderLine.discount,
        OrderLine.cost_e4,
    ) == [(2.0, 1_080_800, 1_296_960, 0.4, 1_904_000)]


def test_a_discount_lowers_the_amount_where_the_file_has_none(workspace):
    bring_in(workspace, csv("1,2024-01-02,MUG,3,0.85,10 %", header="order,date,sku,quantity,price,discount"))
    assert rows(workspace, OrderLine.amount_e4) == [(22_950,)]


def test_an_amount_alone_is_one_piece(workspace):
    bring_in(
        workspace, csv("1,2024-01-02,Mug,2.50", "2,2024-01-02,Mug,-2.50", header="order,date,item,amount")
    )
    assert rows(workspace, OrderLine.quantity, OrderLine.unit_price_e4, OrderLine.kind) == [
        (-1.0, 25_000, "return"),
        (1.0, 25_000, "sale"),
    ]


def test_ids_written_as_floats_lose_their_tail_and_leading_zeros_stay(workspace):
    header = "order,date,customer id,sku,quantity,price"
    bring_in(workspace, csv("1,2024-01-02,17850.0,007,1,1", "2,2024-01-02,,007,1,1", header=header))
    assert rows(workspace, Customer.code) == [("17850",)] and rows(workspace, Product.code) == [("007",)]
    bring_in(workspace, csv("3,2024-01-02,1.0,7,1,1", "4,2024-01-02,A1,7,1,1", header=header))
    assert ("1.0",) in rows(workspace, Customer.code)


def test_product_codes_are_told_apart_by_case(workspace):
    bring_in(workspace, csv("1,2024-01-02,7,Bob,85123a,Mug,1,1", "1,2024-01-02,7,Bob,85123A,Mug,1,1"))
    assert set(rows(workspace, Product.code)) == {("85123A",), ("85123a",)}


def test_a_line_keeps_its_own_description_only_where_it_differs(workspace):
    bring_in(
        workspace,
        csv(
            "1,2024-01-02,7,Bob,MUG,Mug,1,1",
            "2,2024-01-02,7,Bob,MUG,Mug,1,1",
            "3,2024-01-02,7,Bob,MUG,ebay,1,1",
            "4,2024-01-02,7,Bob,MUG,,1,1",
        ),
    )
    assert rows(workspace, Product.name) == [("Mug",)]
    with db.reading(workspace) as session:
        assert dict(
            session.execute(
                select(Order.number, OrderLine.description).join(OrderLine, OrderLine.order_id == Order.id)
            ).all()
        ) == {"1": None, "2": None, "3": "ebay", "4": None}


def test_without_a_code_customers_are_known_by_email_then_name(workspace):
    header = "order,date,customer,email,item,amount"
    content = csv(
        "1,2024-01-02,Ann,Ann@X.com,Mug,1",
        "2,2024-01-02,Ann Lee,ann@x.com,mug,1",
        "3,2024-01-02,Bob,,Mug,1",
        header=header,
    )
    bring_in(workspace, content)
    assert sorted(rows(workspace, Customer.code, Customer.name)) == [("ann@x.com", "Ann Lee"), ("bob", "Bob")]
    assert rows(workspace, Product.code) == [("mug",)]
    assert bring_in(workspace, content).lines["duplicate"] == 3


def add_customer(workspace, **fields):
    with db.transaction(workspace) as session:
        session.add(Customer(**fields))


def test_a_customer_typed_by_hand_is_found_by_email_and_by_a_name_that_is_unique(workspace):
    add_customer(workspace, code="K1", name="Ann", email="ANN@x.com")
    add_customer(workspace, code="K2", name="Bob  Ray")
    add_customer(workspace, code="K3", name="Eve")
    add_customer(workspace, code="K4", name="eve")
    bring_in(
        workspace,
        csv(
            "1,2024-01-02,A.,ann@x.com,Mug,1",
            "2,2024-01-02,bob ray,,Mug,1",
            "3,2024-01-02,Eve,,Mug,1",
            header="order,date,customer,email,item,amount",
        ),
    )
    with db.reading(workspace) as session:
        assert dict(
            session.execute(
                select(Order.number, Customer.code).join(Customer, Order.customer_id == Customer.id)
            ).all()
        ) == {"1": "K1", "2": "K2", "3": "eve"}


def test_empty_fields_of_a_known_customer_are_filled_and_typed_ones_kept(workspace):
    add_customer(workspace, code="7", name="Robert", city="Bath", since_on=date(2020, 5, 5))
    add_customer(workspace, code="8", name="8")
    header = "order,date,customer id,customer,city,country,item,amount"
    report = bring_in(
        workspace,
        csv("1,2019-01-02,7,Bob,York,UK,Mug,1", "2,2024-01-02,8,Zoë STRASSE,,,Mug,1", header=header),
    )
    assert report.updated["customers"] == 2
    assert rows(
        workspace, Customer.code, Customer.name, Customer.city, Customer.country, Customer.since_on
    ) == [("7", "Robert", "Bath", "UK", date(2020, 5, 5)), ("8", "Zoë STRASSE", None, None, date(2024, 1, 2))]
    assert fold("Zoë STRASSE") in dict(rows(workspace, Customer.code, Customer.search_text))["8"]
    assert ("customers_named_otherwise", 1) in {(note.code, note.count) for note in report.notes}
    assert (
        bring_in(workspace, csv("1,2019-01-02,7,Bob,York,UK,Mug,1", header=header)).updated["customers"] == 0
    )


def test_deleted_customers_and_products_come_back_with_new_orders_and_only_then(workspace):
    bring_in(workspace, csv(FIRST))
    gone = datetime(2024, 5, 1).astimezone()
    with db.transaction(workspace) as session:
        session.execute(update(Customer).values(deleted_at=gone))
        session.execute(update(Product).values(deleted_at=gone))
    bring_in(workspace, csv(FIRST))
    assert rows(workspace, Customer.deleted_at) != [(None,)]
    report = bring_in(workspace, csv(FIRST, "A9,2024-02-02,0042,Ann Lee,MUG,Mug,1,2.50"))
    assert rows(workspace, Customer.deleted_at) == [(None,)] and rows(workspace, Product.deleted_at) == [
        (None,)
    ]
    assert {note.code for note in report.notes} == {"customers_restored", "products_restored"}


def test_a_deleted_order_is_entered_anew_and_told(workspace):
    bring_in(workspace, csv(FIRST))
    with db.transaction(workspace) as session:
        session.execute(update(Order).values(deleted_at=datetime(2024, 5, 1).astimezone()))
    report = bring_in(workspace, csv(FIRST))
    assert report.created["orders"] == 1
    assert [(note.code, note.count) for note in report.notes] == [("deleted_orders_entered_anew", 1)]


def test_every_line_not_taken_is_given_back_with_its_reason(workspace, tmp_path):
    path = tmp_path / "rejects.csv"
    report = bring_in(
        workspace,
        csv(
            FIRST,
            ",2024-01-02,7,Bob,MUG,Mug,1,1",
            "2,soon,7,Bob,MUG,Mug,1,1",
            "3,,7,Bob,MUG,Mug,1,1",
            "4,2024-01-02,7,Bob",
            "5,2024-01-02,7,Bob,MUG,Mug,many,1",
            "6,2024-01-02,7,Bob,MUG,=cmd(),,1",
            "7,2024-01-02,7,Bob,MUG,Mug,1,x",
            "8,2024-01-02,7,Bob,MUG,Mug,1,",
            "9,2024-01-02,7,Bob,MUG,Mug,1000000000,1000000000",
            ",,,,,,,",
            SECOND,
            "10,2024-01-02,7,Bob,MUG,Mug,1,1,more,and more",
        ),
        rejects_path=path,
    )
    assert report.lines == {"read": 13, "imported": 2, "duplicate": 0, "rejected": 11}
    written = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert list(written.columns) == ["row", *HEADER.split(","), "reason"]
    assert dict(zip(written["row"], written["reason"], strict=True)) == {
        "3": "The order number is empty.",
        "4": "“soon” is no date, or is not written like the others.",
        "5": "The date is empty.",
        "6": "The line has 4 fields where the table has 8 columns.",
        "7": "The quantity “many” is no number, or more than a trillion.",
        "8": "The quantity is empty.",
        "9": "The price “x” is no number, or more than a trillion.",
        "10": "The price is empty.",
        "11": "Quantity times price is more than a trillion.",
        "12": "The order number is empty.",
        "14": "The line has 10 fields where the table has 8 columns.",
    }
    assert written["item"][5] == "'=cmd()" and written["price"].iloc[-1] == "1,more,and more"
    assert report.rejects["item"][5] == "=cmd()"
    assert rows(workspace, Customer.code) == [("0042",)]  # nobody is created by a line that was not taken


def test_rejects_are_whole_in_the_file_and_capped_in_memory(workspace, tmp_path):
    path = tmp_path / "rejects.csv"
    report = bring_in(workspace, csv(FIRST, *[",2024-01-02,7,Bob,MUG,Mug,1,1"] * 1_500), rejects_path=path)
    assert len(report.rejects) == 1_000 and len(pd.read_csv(path)) == 1_500 == report.lines["rejected"]


def test_no_rejects_file_is_left_where_nothing_was_rejected(workspace, tmp_path):
    bring_in(workspace, csv(FIRST), rejects_path=tmp_path / "rejects.csv")
    assert not (tmp_path / "rejects.csv").exists()


def test_formulas_stay_harmless_text(workspace):
    bring_in(workspace, csv("1,2024-01-02,7,=cmd(),MUG,@SUM(1),1,1"))
    assert rows(workspace, Customer.name) == [("=cmd()",)] and rows(workspace, Product.name) == [("@SUM(1)",)]


def test_an_order_is_in_one_currency(workspace):
    report = bring_in(
        workspace,
        csv(
            "1,2024-01-02,Mug,1,eur",
            "1,2024-01-02,Mug,1,USD",
            "2,2024-01-02,Mug,1,dollars",
            header="order,date,item,amount,currency",
        ),
    )
    assert rows(workspace, Order.number, Order.currency) == [("1", "EUR")]
    assert report.rejects["reason"].tolist() == [
        "The line is in USD, other lines of its order are in another currency.",
        "“DOLLARS” is no currency code of three letters.",
    ]


def test_the_order_keeps_channel_country_and_day_of_shipping(workspace):
    bring_in(
        workspace,
        csv(
            "1,2024-01-02,Mug,1,web,France,2024-01-05",
            header="order,date,item,amount,channel,country,ship date",
        ),
    )
    assert rows(workspace, Order.channel, Order.country, Order.shipped_at) == [
        ("web", "France", datetime(2024, 1, 5))
    ]


def test_columns_can_be_mapped_by_hand_and_the_rest_is_told(workspace):
    content = csv("1,2024-01-02,Mug,1,x", header="Ref,When,What,Worth,Colour")
    with pytest.raises(InvalidInput) as refused:
        bring_in(workspace, content)
    for words in ("an order number", "a date", "a product", "an amount", "“Colour”", "Ref = order_number"):
        assert words in str(refused.value)
    mapped = {"ref": "order_number", "When": "ordered_at", "What": "product_name", "Worth": "amount"}
    report = bring_in(workspace, content, overrides=mapped)
    assert report.left_out == ("Colour",) and report.mapping["product_name"] == "What"


def test_a_hand_mapping_wins_over_the_known_name(workspace):
    content = csv("1,2024-01-02,2024-03-04,Mug,1", header="order,date,booked,item,amount")
    report = bring_in(workspace, content, overrides={"booked": "ordered_at"})
    assert rows(workspace, Order.ordered_at) == [(datetime(2024, 3, 4),)] and report.left_out == ("date",)
    without = bring_in(workspace, csv(FIRST), overrides={"customer": ""})
    assert "customer" in without.left_out


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"nowhere": "amount"}, "The file has no column “nowhere”; it has: order, date"),
        ({"item": "colour"}, "“colour” is no column that can be filled; possible are: order_number"),
        ({"item": "product_name", "sku": "product_name"}, "Two columns are mapped to product_name"),
    ],
)
def test_a_mapping_of_what_is_not_there_lists_what_is(workspace, overrides, words):
    with pytest.raises(InvalidInput) as refused:
        bring_in(workspace, csv(FIRST), overrides=overrides)
    assert words in str(refused.value)


def test_columns_without_names_are_mapped_by_position(workspace):
    content = b"10100,2024-01-02,S18,30,136.0\n10101,2024-01-03,S19,50,55.09\n"
    report = bring_in(
        workspace,
        content,
        overrides={
            "1": "order_number",
            "2": "ordered_at",
            "3": "product_code",
            "4": "quantity",
            "5": "unit_price",
        },
    )
    assert report.lines["imported"] == 2


def test_a_file_of_which_nothing_can_be_understood_says_why(workspace):
    with pytest.raises(
        InvalidInput, match=r"None of the lines could be understood \(lines: 2\); the first: “soon” is no date"
    ):
        bring_in(workspace, csv("1,soon,7,Bob,MUG,Mug,1,1", "2,later,7,Bob,MUG,Mug,1,1"))
    with pytest.raises(InvalidInput, match="Name the source"):
        bring_in(workspace, csv(FIRST), source=" ")


def test_progress_only_rises_and_ends_at_one(workspace):
    told = []
    bring_in(workspace, csv(FIRST), progress=lambda share, stage: told.append((share, stage)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] == 0.0 and shares[-1] == 1.0
    assert all(stage for _, stage in told)


@pytest.mark.parametrize("stop_after", range(9))
def test_a_cancel_at_any_moment_leaves_nothing(workspace, tmp_path, stop_after, monkeypatch):
    monkeypatch.setattr(writing, "ROWS_A_STEP", 1)
    asked = []

    def cancelled():
        asked.append(1)
        return len(asked) > stop_after

    with pytest.raises(Cancelled):
        bring_in(
            workspace,
            csv(FIRST, SECOND, "broken"),
            cancelled=cancelled,
            rejects_path=tmp_path / "rejects.csv",
        )
    for table in (Customer, Product, Order, OrderLine, ImportBatch, AuditEntry):
        assert rows(workspace, table.id) == []
    assert not (tmp_path / "rejects.csv").exists()


def test_a_failure_while_writing_leaves_nothing(workspace, monkeypatch):
    def fail(*_arguments):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(writing, "_create_lines", fail)
    with pytest.raises(RuntimeError):
        bring_in(workspace, csv(FIRST))
    for table in (Customer, Product, Order, ImportBatch):
        assert rows(workspace, table.id) == []


def test_a_file_can_be_read_before_any_database_is_asked(workspace):
    known = imports.read(csv(FIRST, "broken"), kind="order_lines", file_name="shop.csv")
    assert known.table.lines_read == 2 and (len(known.rejected) + len(known.table.ragged)) == 1 and len(known.parsed.customers) == 1
    with db.transaction(workspace) as session:
        assert imports.write(session, known).lines["imported"] == 1


def test_an_import_raises_the_revisions_of_sales_and_customers(workspace):
    with db.reading(workspace) as session:
        before = db.revisions_of(session, ("sales", "customers"))
    bring_in(workspace, csv(FIRST))
    with db.reading(workspace) as session:
        assert not set(before) & set(db.revisions_of(session, ("sales", "customers")))


def test_an_orders_total_beside_price_and_quantity_is_not_taken_for_the_lines_amount(workspace):
    content = csv(
        "1,2024-01-02,Mug,2,1.50,5.00", "1,2024-01-02,Cup,1,2.00,5.00",
        header="order,date,Lineitem name,Lineitem quantity,Lineitem price,Total",
    )
    report = bring_in(workspace, content, source="shop")
    assert rows(workspace, Order.net_amount_e4) == [(50_000,)] and report.left_out == ("Total",)
    asked = imports.read(content, kind="order_lines", overrides={"Total": "amount"})
    assert asked.columns.columns["amount"] == "Total"
