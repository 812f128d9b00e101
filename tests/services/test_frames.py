"""What analyses start from: the same rows from SQL and from the columnar file, never stale, one file a revision."""

from datetime import date, datetime

import pandas as pd
import pytest

from crm import config, db, frames
from crm.models import LINE_KINDS, Ticket
from crm.services import customers, orders, products

UNTIL = date(2026, 12, 31)


@pytest.fixture
def shop(workspace):
    with db.transaction(workspace) as session:
        customer = customers.create(session, name="Ada")
        tea = products.create(session, name="Tea", price=4.5)
        products.create(session, name="Postage", kind="fee")
        order = orders.create(session, customer_id=customer, ordered_at=datetime(2026, 1, 5, 23, 59), lines=[
            orders.LineInput(tea, 2, 4.5), orders.LineInput(tea, 1, 4.5, kind="return")])
        orders.create(session, customer_id=None, ordered_at=datetime(2026, 1, 4),
                      lines=[orders.LineInput(tea, 1, 4.5)])
    return workspace, customer, order


def read(workspace, frame=frames.order_lines, **choices) -> pd.DataFrame:
    with db.reading(workspace) as session:
        return frame(session, **{"until": UNTIL, **choices})


def files(name: str) -> list:
    return list((config.data_folder() / "columnar").glob(f"*/{name}.*.parquet"))


def test_the_file_holds_what_the_database_says(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    for frame in (frames.orders, frames.order_lines):
        pd.testing.assert_frame_equal(read(shop[0], frame), read(shop[0], frame))
    lines = read(shop[0])
    assert lines["amount"].tolist() == [4.5, 9.0, -4.5] and lines["customer_id"].tolist() == [0, shop[1], shop[1]]
    assert lines["kind"].tolist() == ["sale", "sale", "return"]
    assert lines["kind"].cat.categories.tolist() == list(LINE_KINDS)
    assert lines["ordered_on"].tolist() == [pd.Timestamp("2026-01-04"), *[pd.Timestamp("2026-01-05")] * 2]


def test_a_change_makes_a_new_file_and_drops_the_old(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    workspace, _, order = shop
    read(workspace)
    (before,) = files("order_lines")
    with db.transaction(workspace) as session:
        orders.update(session, order, version=1, status="cancelled")
    assert read(workspace)["amount"].tolist() == [4.5]
    (after,) = files("order_lines")
    assert before != after


def test_a_changed_phone_number_makes_no_frame_cold(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    read(shop[0])
    before = files("order_lines")
    with db.transaction(shop[0]) as session:
        customers.update(session, shop[1], version=1, phone="030 1234")
    read(shop[0])
    assert files("order_lines") == before


def test_a_ticket_answered_later_was_unanswered_then(shop):
    with db.transaction(shop[0]) as session:
        session.add(Ticket(customer_id=shop[1], kind="complaint", subject="Late", opened_at=datetime(2026, 1, 5),
                           first_answered_at=datetime(2026, 1, 8), status="answered"))
    assert read(shop[0], frames.tickets, until=date(2026, 1, 7))["first_answered_at"].isna().all()
    assert read(shop[0], frames.tickets, until=date(2026, 1, 8))["first_answered_at"].notna().all()
    assert read(shop[0], frames.tickets, until=date(2026, 1, 4)).empty


def test_fees_are_nothing_to_recommend(shop):
    with db.reading(shop[0]) as session:
        assert frames.products(session)["recommendable"].tolist() == [True, False]


@pytest.mark.every_database
@pytest.mark.parametrize("frame", [frames.orders, frames.order_lines, frames.tickets, frames.answers])
def test_an_empty_company_gives_empty_frames_of_the_same_columns(workspace, frame):
    empty = read(workspace, frame)
    assert empty.empty and len(empty.columns) >= 7
