"""Are published files found again in the database, to the line and the cent?"""

import io
import lzma
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import distinct, func, select

from crm import db, imports
from crm.errors import InvalidInput
from crm.models import Customer, Order, OrderLine, Product
from crm.services import check
from crm.services.undoing import undo_import

DATASETS = Path(__file__).resolve().parents[3] / "shared" / "datasets"
ONLINE_RETAIL = DATASETS / "online_retail" / "online_retail.csv.xz"
SUPERSTORE = DATASETS / "superstore_zh" / "orders_gbk.csv"
CDNOW = DATASETS / "cdnow" / "CDNOW_sample.txt.xz"
CLASSIC = DATASETS / "classicmodels" / "OrderDetails.txt"


def needs(path):
    return pytest.mark.skipif(
        not path.exists(), reason=f"the data set {path.name} is absent (../shared/datasets)"
    )


def total(session, *columns):
    """Sums over lines of a known customer that are no cancellation, with a quantity and a price above 0."""
    return session.execute(
        select(*columns)
        .select_from(OrderLine)
        .join(Order)
        .where(
            Order.customer_id.is_not(None),
            Order.number.not_like("C%"),
            OrderLine.quantity > 0,
            OrderLine.unit_price_e4 > 0,
        )
    ).one()


@pytest.fixture(scope="session")
def online_retail(tmp_path_factory):
    """The whole file, imported once for all tests, and its report."""
    workspace = db.Workspace("test", f"sqlite:///{tmp_path_factory.mktemp('online_retail') / 'retail.db'}")
    with db.transaction(workspace) as session:
        report = imports.import_file(session, ONLINE_RETAIL, kind="order_lines")
    yield workspace, report
    db.dispose(workspace)


@needs(ONLINE_RETAIL)
@pytest.mark.xdist_group("online_retail")
class TestOnlineRetail:
    def test_every_line_gets_in(self, online_retail):
        _, report = online_retail
        assert report.lines == {"read": 541_909, "imported": 541_909, "duplicate": 0, "rejected": 0}
        assert report.created == {
            "customers": 4_372,
            "products": 4_070,
            "orders": 25_900,
            "order_lines": 541_909,
        }

    def test_the_clean_subset_is_found_again_to_the_line_and_the_cent(self, online_retail):
        with db.reading(online_retail[0]) as session:
            found = total(
                session,
                func.count(),
                func.count(distinct(Order.customer_id)),
                func.count(distinct(Order.id)),
                func.count(distinct(OrderLine.product_id)),
                func.sum(OrderLine.amount_e4),
            )
        assert tuple(found) == (397_884, 4_338, 18_532, 3_665, 89_114_079_040)

    def test_the_kinds_of_lines(self, online_retail):
        _, report = online_retail
        assert report.kinds == {
            "sale": 528_953,
            "return": 0,
            "cancellation": 9_288,
            "fee": 1_999,
            "adjustment": 1_669,
        }
        with db.reading(online_retail[0]) as session:
            fees = session.scalars(
                select(Product.code).where(Product.kind == "fee").order_by(Product.code)
            ).all()
        assert set(fees) == {
            "AMAZONFEE",
            "B",
            "BANK CHARGES",
            "C2",
            "CRUK",
            "D",
            "DOT",
            "M",
            "PADS",
            "POST",
            "S",
            "m",
        }

    def test_the_quirks_are_told(self, online_retail):
        notes = {note.code: note.count for note in online_retail[1].notes}
        assert notes["equal_lines"] == 5_268 and notes["lines_without_customer"] == 135_080
        assert notes["orders_with_several_moments"] == 43 and notes["customers_with_several_countries"] == 8

    def test_ids_have_lost_their_float_tails(self, online_retail):
        with db.reading(online_retail[0]) as session:
            assert session.scalar(select(Customer.id).where(Customer.code == "17850")) is not None
            assert session.scalar(select(func.count()).where(Customer.code.like("%.0"))) == 0

    def test_the_database_is_sound_after_it(self, online_retail):
        with db.reading(online_retail[0]) as session:
            assert check.findings(session) == []

    def test_nothing_is_left_after_it_was_undone(self, online_retail, tmp_path):
        workspace, report = online_retail
        copied = db.Workspace("test", f"sqlite:///{tmp_path / 'copy.db'}")
        with closing(sqlite3.connect(workspace.file)) as original, closing(sqlite3.connect(copied.file)) as copy:
            original.backup(copy)
        with db.transaction(copied) as session:
            done = undo_import(session, report.batch_id)
        assert done.removed == report.created and not len(done.kept)
        with db.reading(copied) as session:
            assert check.findings(session) == []
            assert not any(session.scalar(select(func.count(table.id))) for table in (Customer, Product, Order, OrderLine))
        db.dispose(copied)

    def test_the_same_file_again_adds_nothing(self, online_retail):
        with db.transaction(online_retail[0]) as session:
            report = imports.import_file(session, ONLINE_RETAIL, kind="order_lines")
        assert report.lines == {"read": 541_909, "imported": 0, "duplicate": 541_909, "rejected": 0}
        assert not any(report.created.values()) and not any(report.updated.values())


@needs(ONLINE_RETAIL)
def test_two_overlapping_exports_equal_the_whole(tmp_path):
    lines = lzma.decompress(ONLINE_RETAIL.read_bytes()).splitlines(keepends=True)[:20_001]
    header, body = lines[0], lines[1:]
    # Each export ends at an order's end, as a shop's export by date does.
    cut = next(place for place in range(12_000, 20_000) if body[place][:6] != body[place - 1][:6])
    overlap = next(place for place in range(8_000, cut) if body[place][:6] != body[place - 1][:6])
    whole, halves = (db.Workspace("test", f"sqlite:///{tmp_path / name}.db") for name in ("whole", "halves"))
    for workspace, parts in ((whole, [body]), (halves, [body[overlap:], body[:cut]])):
        for part in parts:
            with db.transaction(workspace) as session:
                imports.import_file(session, header + b"".join(part), kind="order_lines")
    facts = (
        select(
            Order.number,
            Customer.code,
            Customer.since_on,
            Order.net_amount_e4,
            Order.charged_amount_e4,
            Order.ordered_at,
            func.count(OrderLine.id),
            func.sum(OrderLine.quantity),
        )
        .select_from(Order)
        .join(OrderLine)
        .outerjoin(Customer, Order.customer_id == Customer.id)
        .group_by(Order.id, Customer.id)
        .order_by(Order.number)
    )
    with db.reading(whole) as one, db.reading(halves) as two:
        assert one.execute(facts).all() == two.execute(facts).all()
        assert one.scalar(select(func.count(OrderLine.id))) == 20_000
        assert check.findings(two) == []
    for workspace in (whole, halves):
        db.dispose(workspace)


@needs(SUPERSTORE)
def test_the_chinese_superstore_gets_in_whole_and_once(workspace):
    with db.transaction(workspace) as session:
        report = imports.import_file(session, SUPERSTORE, kind="order_lines")
    assert report.lines == {"read": 10_000, "imported": 10_000, "duplicate": 0, "rejected": 0}
    assert report.format.encoding == "gb18030" and report.created["customers"] == 790
    assert {note.code: note.count for note in report.notes}["numbers_of_several_customers"] == 1_407
    assert report.mapping["order_number"] == "订单 ID" and report.mapping["region"] == "省/自治区"
    assert report.mapping["category"] == "类别" and "子类别" in report.left_out
    with db.transaction(workspace) as session:
        assert imports.import_file(session, SUPERSTORE, kind="order_lines").lines["duplicate"] == 10_000
    with db.reading(workspace) as session:
        assert check.findings(session) == []


@needs(CDNOW)
def test_purchases_without_numbers_and_products_get_in_whole_and_once(workspace):
    columns = {"1": "customer_code", "2": "", "3": "ordered_at", "4": "quantity", "5": "amount"}
    with db.transaction(workspace) as session:
        report = imports.import_file(session, CDNOW, kind="order_lines", overrides=columns)
    assert report.lines == {"read": 6_919, "imported": 6_919, "duplicate": 0, "rejected": 0}
    assert report.created == {"customers": 2_357, "products": 0, "orders": 6_696, "order_lines": 6_919}
    with db.transaction(workspace) as session:
        assert imports.import_file(session, CDNOW, kind="order_lines", overrides=columns).lines["duplicate"] == 6_919
    with db.reading(workspace) as session:
        assert session.scalar(select(func.sum(Order.net_amount_e4))) == 2_440_919_400 and check.findings(session) == []


@needs(CDNOW)
def test_blank_separated_lines_without_header_are_read_by_position():
    known = imports.read(
        CDNOW,
        kind="order_lines",
        overrides={
            "1": "customer_code",
            "2": "order_number",
            "3": "ordered_at",
            "4": "product_code",
            "5": "amount",
        },
    )
    assert known.table.lines_read == 6_919 == len(known.parsed.lines) and len(known.parsed.customers) == 2_357
    assert known.parsed.customers["code"].iat[0] == "00004"


@needs(CLASSIC)
def test_order_details_without_header_are_mapped_by_position():
    positions = {
        "1": "order_number",
        "2": "product_code",
        "3": "quantity",
        "4": "unit_price",
        "5": "ordered_at",
    }
    known = imports.read(CLASSIC, kind="order_lines", overrides=positions)
    assert (
        known.table.lines_read == 2_996 == (len(known.rejected) + len(known.table.ragged))
    )  # its fifth column is a line number, no date
    assert "is no date" in known.parsed.rejected["reason"].iat[0]


HEADS = {"1": "order_number", "2": "ordered_at", "3": "", "4": "shipped_at", "5": "status", "6": "note", "7": "customer_code"}
DETAILS = {"1": "order_number", "2": "product_code", "3": "quantity", "4": "unit_price", "5": ""}


@needs(CLASSIC)
def test_order_details_join_the_orders_that_came_before(workspace):
    orders = CLASSIC.parent / "Orders.txt"
    with pytest.raises(InvalidInput, match="no order 10100 is known; bring in the orders first"), db.transaction(
        workspace
    ) as session:
        imports.import_file(session, CLASSIC, kind="order_lines", overrides=DETAILS)
    for lines in ({"imported": 326, "duplicate": 0}, {"imported": 0, "duplicate": 326}):
        with db.transaction(workspace) as session:
            report = imports.import_file(session, orders, kind="orders", overrides=HEADS)
        assert report.lines == {"read": 326, "rejected": 0, **lines}
    for lines in ({"imported": 2_996, "duplicate": 0}, {"imported": 0, "duplicate": 2_996}):
        with db.transaction(workspace) as session:
            report = imports.import_file(session, CLASSIC, kind="order_lines", overrides=DETAILS)
        assert report.lines == {"read": 2_996, "rejected": 0, **lines}
    with db.reading(workspace) as session:
        states = select(Order.status, func.count(distinct(Order.id)), func.sum(OrderLine.amount_e4)).join(OrderLine)
        assert session.execute(states.group_by(Order.status).order_by(Order.status)).all() == [
            ("cancelled", 6, 2_388_541_800), ("completed", 310, 90_604_893_000), ("open", 10, 3_048_471_300)]
        assert session.scalar(select(func.sum(Order.net_amount_e4))) == 93_653_364_300
        assert check.findings(session) == []


def test_a_stream_reads_like_a_file(workspace):
    with db.transaction(workspace) as session:
        report = imports.import_file(
            session, io.BytesIO(b"order,date,item,amount\n1,2024-01-02,Mug,1\n"), kind="order_lines"
        )
    assert report.lines["imported"] == 1
