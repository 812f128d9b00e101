"""Margins: only of what has a known cost; an unknown cost is never a cost of nothing."""

import numpy as np

from crm.analytics.products import margin
from tests.analytics.products.shop import AS_OF, lines


def test_a_line_without_a_cost_counts_in_the_revenue_and_in_no_margin():
    shop = lines((1, "2026-06-01", 100.0, 1, 1, "sale", 40.0), (1, "2026-06-02", 300.0), (2, "2026-06-02", 50.0))
    table = margin.margins(shop, as_of=AS_OF).set_index("product_id")
    assert table.loc[1, ["revenue", "known_revenue", "cost", "margin", "rate"]].tolist() == [400, 100, 40, 60, 0.6]
    assert table.loc[1, "known_cost_share"] == 0.25
    assert np.isnan(table.loc[2, ["cost", "margin", "rate"]].astype(float)).all() and table.loc[2, "known_cost_share"] == 0


def test_a_return_gives_its_cost_back():
    shop = lines((1, "2026-05-01", 100.0, 2, 1, "sale", 40.0), (1, "2026-06-02", -50.0, -1, 1, "return", -20.0))
    found = margin.total(shop, as_of=AS_OF)
    assert (found.revenue, found.cost, found.margin, found.rate) == (50, 20, 30, 0.6)
    by_month = margin.by_month(shop, 1, as_of=AS_OF)
    assert by_month["margin"].tolist() == [60, -30] and np.isnan(by_month["rate"].iloc[1])  # nothing earned, no share of it


def test_all_products_together_leave_out_those_not_asked_for():
    shop = lines((1, "2026-06-01", 100.0, 1, 1, "sale", 40.0), (2, "2026-06-02", 50.0, 1, 1, "sale", 10.0))
    assert margin.total(shop, as_of=AS_OF, product_ids=np.array([2])).margin == 40
    nothing = margin.total(shop, as_of=AS_OF, product_ids=np.array([3]))
    assert nothing.revenue == 0 and np.isnan([nothing.margin, nothing.known_cost_share]).all()


def test_whole_sums_do_not_depend_on_the_rows_sequence():
    shop = lines(*((1, "2026-06-01", 0.1 * n, 1, 1, "sale", 0.03 * n) for n in range(1, 200)))
    assert margin.total(shop, as_of=AS_OF) == margin.total(shop.iloc[::-1], as_of=AS_OF)
