"""Returns: what comes back, of whom and of what, and that few lines make nobody unusual."""

import numpy as np
import pandas as pd
import pytest

from tests.analytics.risk.small_company import assess, of_customer


def bought(customer: int, sold: int, back: int, *, product: int = 1, amount: float = 10.0) -> list[tuple]:
    return ([(customer, product, 100, "sale", amount)] * sold + [(customer, product, 50, "return", -amount)] * back)


def shop(share: float = 0.03, *, customers: int = 60, lines: int = 40) -> list[tuple]:
    """Customers 1000 and on, who each give the same share back as nearly as whole lines allow."""
    rng = np.random.default_rng(7)
    return [row for place in range(customers)
            for row in bought(1_000 + place, lines, int(rng.binomial(lines, share)))]


def test_returns_are_counted_by_hand():
    lines = [(1, 1, 90, "sale", 30.0), (1, 1, 80, "sale", 10.0), (1, 2, 70, "sale", 60.0), (1, 2, 40, "return", -60.0),
             (1, 2, 30, "fee", 5.0), (1, 2, 30, "adjustment", -7.0)]
    row = of_customer(assess(lines=lines, categories={1: "Tea", 2: "Pans"}).returns.customers, 1)
    assert (row["sold_lines"], row["returned_lines"], row["sold_amount"], row["returned_amount"]) == (3, 1, 100, 60)
    assert row["share_of_amount"] == 0.6


def test_what_shops_book_as_cancelled_is_given_back_too():
    found = assess(lines=[(1, 1, 90, "sale", 30.0), (1, 1, 80, "cancellation", -30.0)]).returns
    assert found.share_of_amount == 1.0 and of_customer(found.customers, 1)["returned_lines"] == 1


def test_categories_are_compared_and_goods_without_one_are_named_so():
    lines = bought(1, 20, 2, product=1) + bought(2, 30, 6, product=2) + bought(0, 10, 0, product=3)
    found = assess(lines=lines, categories={1: "Tea", 2: "Pans", 3: None}).returns.categories.set_index("category")
    assert found["returned_lines"].to_dict() == {"Tea": 2, "Pans": 6, "not stated": 0}
    assert list(found.index) == ["Pans", "Tea", "not stated"]
    assert (found["low"] < found["share_of_lines"]).all() and (found["share_of_lines"] < found["high"]).all()


def test_one_who_gives_back_most_is_unusual_and_one_of_one_is_not():
    found = assess(lines=[*shop(), *bought(1, 40, 20), *bought(2, 1, 1), *bought(3, 2, 2)]).returns
    table = found.customers.set_index("customer_id")
    assert table.index[table["is_unusual"]].tolist() == [1]
    assert table.loc[2, "share_of_lines"] < table.loc[1, "share_of_lines"]
    assert table.loc[2, "share_of_amount"] == 1.0


def test_among_customers_who_are_all_alike_nobody_is_unusual():
    assert not assess(lines=shop(0.08)).returns.customers["is_unusual"].any()


def test_the_points_rise_with_the_share_and_are_none_at_the_usual():
    lines = [*shop(), *bought(1, 40, 20), *bought(2, 40, 8), *bought(3, 40, 1)]
    points = assess(lines=lines).customers.set_index("customer_id")["returns"]
    assert points[3] == 0 < points[2] < points[1] <= 25


def test_where_nothing_ever_came_back_it_is_not_known_whether_any_was_written_down():
    found = assess(lines=bought(1, 5, 0))
    assert not found.returns.is_recorded and found.customers["returns"].isna().all()


def test_everything_given_back_is_a_whole_share_of_sales_and_no_share_of_revenue():
    found = assess(lines=bought(1, 4, 4))
    assert found.returns.share_of_amount == 1.0
    assert pd.isna(found.concentration.hhi)


def test_returns_after_as_of_and_older_than_two_years_do_not_count():
    lines = [*bought(1, 5, 1), (1, 1, -1, "return", -10.0), (1, 1, 731, "sale", 10.0), (1, 1, 731, "return", -10.0)]
    row = of_customer(assess(lines=lines).returns.customers, 1)
    assert (row["sold_lines"], row["returned_lines"]) == (5, 1)


def test_more_cannot_come_back_than_was_sold():
    lines = [(1, 1, 735, "sale", 10.0), (1, 1, 20, "sale", 10.0), (1, 1, 10, "return", -10.0), (1, 1, 9, "return", -10.0)]
    row = of_customer(assess(lines=lines).returns.customers, 1)
    assert row["returned_lines"] == 1 and row["share_of_amount"] == pytest.approx(1.0)
