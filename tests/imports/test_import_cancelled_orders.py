"""Does a cancelled order come to nothing, whatever is imported for it?"""

import pytest
from sqlalchemy import select

from crm import db, imports
from crm.models import Order, OrderLine
from crm.services import check, orders

PLAIN = "order,date,customer id,sku,quantity,price"
WITH_STATUS = PLAIN + ",status"


def bring_in(workspace, *lines, header=PLAIN):
    with db.transaction(workspace) as session:
        return imports.import_file(session, "\n".join([header, *lines]).encode(), kind="order_lines", file_name="shop.csv")


def totals(workspace):
    with db.reading(workspace) as session:
        assert check.findings(session) == []
        return session.execute(
            select(Order.number, Order.status, Order.net_amount_e4, Order.charged_amount_e4).order_by(Order.number)
        ).all()


def test_an_order_that_the_owner_cancelled_stays_at_nothing_when_a_later_export_adds_a_line(workspace):
    first, second = "E1,2024-01-02,7,MUG,2,2.50", "E1,2024-01-02,7,CUP,1,3.00"
    bring_in(workspace, first)
    with db.transaction(workspace) as session:
        order = session.scalar(select(Order))
        orders.update(session, order.id, version=order.version, status="cancelled")
    report = bring_in(workspace, first, second)
    assert report.lines["duplicate"] == 1 and report.lines["imported"] == 1
    assert totals(workspace) == [("E1", "cancelled", 0, 0)]
    assert [(note.code, note.count) for note in report.notes] == [("lines_of_cancelled_orders", 1)]
    with db.reading(workspace) as session:
        assert sorted(session.scalars(select(OrderLine.amount_e4))) == [30_000, 50_000]


@pytest.mark.parametrize("line", ["E1,2024-01-02,7,MUG,-2,2.50,cancelled", "E1,2024-01-02,7,MUG,2,2.50,cancelled"])
def test_an_order_that_its_file_calls_cancelled_comes_to_nothing_with_either_sign(workspace, line):
    bring_in(workspace, line, header=WITH_STATUS)
    assert totals(workspace) == [("E1", "cancelled", 0, 0)]
    bring_in(workspace, line, "E1,2024-01-02,7,CUP,-1,3.00,cancelled", header=WITH_STATUS)
    assert totals(workspace) == [("E1", "cancelled", 0, 0)]
    assert bring_in(workspace, line, header=WITH_STATUS).lines["duplicate"] == 1


def test_a_cancelled_line_of_an_order_that_stands_takes_its_amount_back(workspace):
    bring_in(
        workspace,
        "E1,2024-01-02,7,MUG,2,2.50,paid",
        "E1,2024-01-02,7,MUG,-1,2.50,cancelled",
        header=WITH_STATUS,
    )
    assert totals(workspace) == [("E1", "completed", 25_000, 50_000)]
    bring_in(workspace, "E1,2024-01-02,7,CUP,-1,1.00,cancelled", header=WITH_STATUS)
    assert totals(workspace) == [("E1", "completed", 15_000, 50_000)]


def test_a_credit_note_is_an_order_below_nothing(workspace):
    bring_in(workspace, "C536,2024-01-02,7,MUG,-2,2.50")
    assert totals(workspace) == [("C536", "completed", -50_000, 0)]
