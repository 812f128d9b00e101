"""Does whatever a file holds get in exactly once, however often and in however many parts it comes?"""

import itertools

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from crm import db
from crm.models import Customer, Order, OrderLine, Product
from tests.imports.small_files import bring_in

EXAMPLES = itertools.count()
FEW = settings(max_examples=5, deadline=None, phases=[Phase.generate],
               suppress_health_check=[HealthCheck.function_scoped_fixture])
MOMENTS = st.sampled_from(["2024-01-01", "2024-01-02 08:30"])
CUSTOMERS = st.sampled_from(["", "1", "2"])
AMOUNTS = st.sampled_from(["2.5", "0", "-1"])
STATUSES = st.sampled_from(["", "open", "cancelled"])
# Files that say much and files that say little: each with its kind, its header and its lines.
FILES = {
    "lines": ("order_lines", "order,date,customer id,sku,quantity,price,status", st.tuples(
        st.sampled_from(["A1", "A2", "C3"]), MOMENTS, CUSTOMERS, st.sampled_from(["MUG", "CUP", ""]),
        st.sampled_from(["1", "2", "-1"]), AMOUNTS, STATUSES)),
    "lines without numbers": ("order_lines", "date,customer id,sku,amount", st.tuples(
        MOMENTS, CUSTOMERS, st.sampled_from(["MUG", "CUP"]), AMOUNTS)),
    "lines without customers": ("order_lines", "order,date,amount", st.tuples(
        st.sampled_from(["A1", "A2"]), MOMENTS, AMOUNTS)),
    "heads of orders": ("orders", "order,date,customer id,status", st.tuples(
        st.sampled_from(["A1", "A2"]), MOMENTS, CUSTOMERS, STATUSES)),
    "orders": ("orders", "order,date,customer id,amount,status", st.tuples(
        st.sampled_from(["A1", "A2"]), MOMENTS, CUSTOMERS, AMOUNTS, STATUSES)),
    "orders without numbers": ("orders", "date,customer id,amount", st.tuples(MOMENTS, CUSTOMERS, AMOUNTS)),
}


def found(workspace, source):
    """What the source brought, whatever the ids are."""
    with db.reading(workspace) as session:
        return sorted(map(str, session.execute(
            select(Order.number, Customer.code, Order.ordered_at, Order.status, Order.net_amount_e4,
                   Order.charged_amount_e4, Product.code, OrderLine.quantity, OrderLine.unit_price_e4,
                   OrderLine.amount_e4, OrderLine.kind, func.coalesce(OrderLine.line_at, Order.ordered_at))
            .select_from(Order).outerjoin(OrderLine, OrderLine.order_id == Order.id)
            .outerjoin(Customer, Order.customer_id == Customer.id)
            .outerjoin(Product, OrderLine.product_id == Product.id).where(Order.source == source))))


@pytest.mark.parametrize("name", FILES)
@FEW
@given(data=st.data())
def test_the_same_lines_again_add_nothing(workspace, name, data):
    kind, header, line = FILES[name]
    content = [",".join(fields) for fields in data.draw(st.lists(line, min_size=1, max_size=12))]
    source = f"once-{next(EXAMPLES)}"  # the database is one for all examples; each has a source of its own

    def come():
        return bring_in(workspace, *content, header=header, kind=kind, source=source)

    first = come()
    once = found(workspace, source)
    again = come()
    assert again.counts == (0, len(content), 0) and len(first.plan.rejected) == 0
    assert not any((again.plan.created | again.plan.updated).values()) and found(workspace, source) == once


@pytest.mark.parametrize("name", ["lines", "lines without numbers", "lines without customers", "orders without numbers"])
@FEW
@given(data=st.data(), cut=st.integers(0, 12), overlap=st.integers(0, 12))
def test_two_overlapping_files_are_the_whole(workspace, name, data, cut, overlap):
    kind, header, line = FILES[name]
    lines = data.draw(st.lists(line, min_size=1, max_size=12))
    # Equal lines lie on one side or on both, an order has one moment, and what its lines say of its status is known only
    # when all of them are there: so it is in exports by date.
    if name == "lines":
        lines = [(number, f"2024-01-0{number[1]}", *fields, "") for number, _, *fields, _ in lines]
    elif name == "lines without customers":
        lines = [(number, f"2024-01-0{number[1]}", amount) for number, _, amount in lines]
    content = sorted(map(",".join, lines))
    early = [text for place, text in enumerate(content) if place < cut or text in content[:cut]]
    late = [text for place, text in enumerate(content) if text in content[max(cut - overlap, 0):] or text not in early]
    example = next(EXAMPLES)
    whole, halves = f"whole-{example}", f"halves-{example}"
    bring_in(workspace, *content, header=header, kind=kind, source=whole)
    for part in filter(None, (early, late)):
        bring_in(workspace, *part, header=header, kind=kind, source=halves)
    assert found(workspace, halves) == found(workspace, whole)
