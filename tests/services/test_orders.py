"""Rules on orders: totals equal lines, corrections keep the truth, nobody's update is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pytest

from crm import db, frames
from crm.errors import Conflict, InvalidInput, NotFound
from crm.models import OrderLine, Product
from crm.services import check, customers, listing, orders, products
from crm.services.orders import LineInput

DAY = datetime(2026, 1, 5, 10, 30)


@pytest.fixture
def shop(workspace):
    """One customer, one product at 4.50."""
    with db.transaction(workspace) as session:
        customer = customers.create(session, name="Ada Ample")
        product = products.create(session, name="Tea", price=4.5)
    return workspace, customer, product


def enter(shop, *lines, **fields) -> int:
    workspace, customer, product = shop
    with db.transaction(workspace) as session:
        return orders.create(session, customer_id=customer, ordered_at=DAY,
                             lines=list(lines) or [LineInput(product, 2, Decimal("4.50"))], **fields)


def read(workspace, order_id):
    with db.reading(workspace) as session:
        return orders.get(session, order_id)


def test_an_order_comes_to_the_sum_of_its_lines(shop):
    product = shop[2]
    order = enter(shop, LineInput(product, 3, Decimal("0.85")), LineInput(product, 1, 10, discount=0.25),
                  LineInput(product, 2, 4.5, kind="return"), LineInput(None, 1, 3, kind="fee", description="Postage"))
    assert read(shop[0], order).net_amount == Decimal("2.55") + Decimal("7.5") - 9 + 3
    with db.reading(shop[0]) as session:
        assert check.findings(session) == []
        frame = frames.orders(session, until=date(2026, 1, 31))
    row = frame.iloc[0]
    assert (row["gross_amount"], row["returned_amount"], row["is_purchase"]) == (13.05, 9.0, True)
    assert row["ordered_on"] == pd.Timestamp("2026-01-05")


@pytest.mark.parametrize("line", [
    LineInput(None, 1, 1), LineInput(99, 1, 1), LineInput(None, 0, 1, description="x"),
    LineInput(None, 1, -1, description="x"), LineInput(None, -1, 1, description="x"),
    LineInput(None, 1, 1, description="x", discount=1.2), LineInput(None, 1, 1, description="x", kind="gift"),
    LineInput(None, 1, 1e18, description="x"), LineInput(None, 1, float("nan"), description="x"),
])
def test_a_line_that_cannot_be_right_is_refused(shop, line):
    with pytest.raises(InvalidInput):
        enter(shop, line)
    with db.reading(shop[0]) as session:
        assert orders.of_customer(session, shop[1]).empty


def test_an_order_without_lines_is_refused(shop):
    with pytest.raises(InvalidInput, match="at least one line"), db.transaction(shop[0]) as session:
        orders.create(session, customer_id=shop[1], ordered_at=DAY, lines=[])


def test_an_order_of_nobody_there_is_refused(shop):
    with pytest.raises(NotFound), db.transaction(shop[0]) as session:
        orders.create(session, customer_id=999, ordered_at=DAY, lines=[LineInput(shop[2], 1, 1)])


def test_a_correction_changes_adds_and_removes_lines(shop):
    workspace, _, product = shop
    order = enter(shop, LineInput(product, 1, 5), LineInput(product, 2, 7))
    first = int(read(workspace, order).lines["id"].iloc[0])
    with db.transaction(workspace) as session:
        version = orders.update(session, order, version=1, note="corrected",
                                lines=[LineInput(product, 4, 5, id=first), LineInput(product, 1, 1)])
    details = read(workspace, order)
    assert version == 2 and details.net_amount == 21 and details.note == "corrected"
    assert details.lines["quantity"].tolist() == [4, 1] and details.lines["id"].iloc[0] == first


def test_a_cancelled_order_comes_to_nothing_and_back(shop):
    order = enter(shop)
    for status, amount in (("cancelled", 0), ("completed", 9)):
        with db.transaction(shop[0]) as session:
            details = orders.get(session, order)
            orders.update(session, order, version=details.version, status=status)
        assert read(shop[0], order).net_amount == amount
        with db.reading(shop[0]) as session:
            assert check.findings(session) == []
            assert frames.order_lines(session, until=date(2026, 2, 1))["amount"].sum() == amount


def test_the_second_window_is_told(shop):
    order = enter(shop)
    with db.transaction(shop[0]) as session:
        orders.update(session, order, version=1, note="first")
    with pytest.raises(Conflict), db.transaction(shop[0]) as session:
        orders.update(session, order, version=1, note="second")
    assert read(shop[0], order).note == "first"


def test_a_number_belongs_to_one_order_of_a_customer(shop):
    enter(shop, number="7")
    with pytest.raises(InvalidInput, match="7"):
        enter(shop, number="7")


def test_a_deleted_order_leaves_sums_and_comes_back(shop):
    order = enter(shop)
    with db.transaction(shop[0]) as session:
        orders.delete(session, order, version=1)
    with db.reading(shop[0]) as session:
        assert listing.page(session, as_of=DAY.date()).rows["orders"].tolist() == [0]
        assert frames.orders(session, until=DAY.date()).empty
    with db.transaction(shop[0]) as session:
        orders.restore(session, order)
    with db.reading(shop[0]) as session:
        assert listing.page(session, as_of=DAY.date()).rows["spent"].tolist() == [9.0]


def test_a_deleted_customer_is_in_no_customer_analysis(shop):
    enter(shop)
    with db.reading(shop[0]) as session:
        assert len(frames.orders(session, until=DAY.date())) == 1
    with db.transaction(shop[0]) as session:
        customers.delete(session, shop[1], version=1)
    with db.reading(shop[0]) as session:
        assert frames.orders(session, until=DAY.date()).empty
        assert frames.order_lines(session, until=DAY.date())["customer_id"].tolist() == [0]


def test_orders_in_other_currencies_are_left_out_of_sums(shop):
    enter(shop)
    enter(shop, currency="USD")
    enter(shop, currency="EUR")
    with db.reading(shop[0]) as session:
        assert frames.orders(session, until=DAY.date())["net_amount"].sum() == 18


def test_eight_threads_of_ten_updates_lose_none(shop):
    """Each reads a counter, raises it and writes it with the version it saw; who is told of a conflict looks again."""
    workspace, _, product = shop
    order = enter(shop, LineInput(product, 1, 1), note="0")

    def raise_once() -> None:
        with db.transaction(workspace) as session:
            seen = orders.get(session, order)
            orders.update(session, order, version=seen.version, note=str(int(seen.note) + 1))

    def many(_thread: int) -> None:
        for _ in range(10):
            while True:
                try:
                    raise_once()
                    break
                except Conflict:
                    continue

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(many, range(8)))
    details = read(workspace, order)
    assert details.note == "80" and details.version == 81


def test_nothing_after_the_day_is_in_a_frame(shop):
    enter(shop)
    with db.reading(shop[0]) as session:
        assert frames.orders(session, until=date(2026, 1, 4)).empty
        assert frames.order_lines(session, until=date(2026, 1, 4)).empty


def test_an_imported_line_stays_as_the_file_had_it_when_only_a_note_is_added(shop):
    """Amounts, quantities and discounts that nobody could type so are the file's truth."""
    workspace, _, product = shop
    order = enter(shop)
    odd = [OrderLine(order_id=order, product_id=product, kind="cancellation", quantity=3, unit_price_e4=50_000, amount_e4=0),
           OrderLine(order_id=order, product_id=product, kind="sale", quantity=0, unit_price_e4=10, amount_e4=777),
           OrderLine(order_id=order, product_id=product, kind="sale", quantity=1, unit_price_e4=100_000, amount_e4=98_765,
                     discount=0.013),
           OrderLine(order_id=order, kind="fee", description="Rebate", quantity=1, unit_price_e4=-5_000, amount_e4=-5_000)]
    with db.transaction(workspace) as session:
        session.add_all(odd)
    before = read(workspace, order).lines
    typed = [LineInput(None if pd.isna(row.product_id) else int(row.product_id), row.quantity, row.unit_price, row.kind,
                       None if pd.isna(row.description) else row.description, None if pd.isna(row.discount) else round(row.discount * 100, 6) / 100, int(row.id))
             for row in before.itertuples()]
    with db.transaction(workspace) as session:
        orders.update(session, order, version=1, note="seen", lines=typed)
    pd.testing.assert_frame_equal(read(workspace, order).lines, before)


def test_many_who_create_at_once_get_numbers_of_their_own(shop):
    workspace, customer, product = shop

    def many(thread: int) -> None:
        for number in range(10):
            with db.transaction(workspace) as session:
                customers.create(session, name=f"Customer {thread} {number}")
                products.create(session, name=f"Product {thread} {number}")
                orders.create(session, customer_id=customer, ordered_at=DAY, lines=[LineInput(product, 1, 1)])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(many, range(8)))
    with db.reading(workspace) as session:
        assert listing.page(session, as_of=DAY.date()).total == 81
        assert orders.count_of_customer(session, customer) == 80


def test_an_amount_beyond_all_bounds_is_told(shop):
    with pytest.raises(InvalidInput, match="trillion"):
        enter(shop, LineInput(shop[2], 1e8, 1e11))


def test_a_clash_with_somebody_elses_record_is_told_as_one(shop):
    with pytest.raises(Conflict, match="saved meanwhile"), db.transaction(shop[0]) as session:
        session.add_all([Product(code="same", name="a"), Product(code="same", name="b")])
