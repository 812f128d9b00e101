"""Buyers of a product: who, whether they came back, and which groups buy it more than chance explains."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics import products as analysis
from crm.analytics.products.buyers import by_group, ratio_interval, wilson
from tests.analytics.products.shop import AS_OF, lines


def bought(customer: int, product: int = 1, day: str = "2026-06-01", amount: float = 10.0, quantity: float = 1.0, kind: str = "sale"):
    return (product, day, amount, quantity, customer, kind)


def test_a_buyer_is_who_bought_it_and_comes_back_on_another_day():
    shop = lines(bought(1), bought(1), bought(2, day="2026-01-01"), bought(2, day="2026-03-01", amount=30.0), bought(3, product=2),
                 bought(0), bought(4, amount=-5.0, quantity=-1.0, kind="return"))
    found = analysis.buyers(shop, 1, as_of=AS_OF)
    assert found.customers["customer_id"].tolist() == [2, 1]  # who spent most first; what only came back makes no buyer
    assert found.customers["days"].tolist() == [2, 1] and found.customers["share"].tolist() == pytest.approx([40 / 60, 20 / 60])
    assert str(found.customers["first_on"].iloc[0].date()) == "2026-01-01" and (found.count, found.repeat) == (2, 1)
    assert found.repeat_share == 0.5 and found.repeat_low < 0.5 < found.repeat_high and found.anonymous_orders == 1


def test_nobody_bought_it():
    found = analysis.buyers(lines(bought(1, product=2)), 1, as_of=AS_OF, groups={"kind": pd.Series({1: "shop"})})
    assert found.count == 0 and np.isnan(found.repeat_share) and np.isnan(found.repeat_low)
    assert found.customers.empty and np.isnan(found.groups["kind"]["low"]).all()


def test_a_group_that_buys_it_four_times_as_often_is_marked():
    customers = np.arange(1, 121)
    labels = pd.Series(np.where(customers <= 40, "cafe", "home"), index=customers)
    buyers = np.concatenate([np.arange(1, 37), np.arange(41, 57)])  # 36 of 40, 16 of 80: the example of Koopman 1984
    table = by_group(customers, buyers, labels).set_index("group")
    assert table.loc["cafe", "times"] == pytest.approx(4.5) and table.loc["cafe", ["direction"]].item() == "more"
    assert table.loc["home", "direction"] == "less" and table.loc["home", "times"] == pytest.approx(1 / 4.5)
    assert table.loc["cafe", "low"] < 2.939 and table.loc["cafe", "high"] > 7.152  # wider: both groups are judged at once


def test_groups_that_differ_by_luck_are_not_marked():
    draw = np.random.default_rng(0)
    marked = 0
    for _ in range(60):
        labels = pd.Series(draw.choice(list("abcdef"), 300), index=np.arange(300) + 1)
        buyers = np.flatnonzero(draw.random(300) < 0.15) + 1
        marked += bool((by_group(labels.index.to_numpy(), buyers, labels)["direction"] != "").any())
    assert marked <= 8  # 5 % of 60 tables, all groups of a table together


def test_a_handful_of_customers_is_no_group_and_one_without_a_label_none():
    labels = pd.Series({1: "rare", **dict.fromkeys(range(2, 20), "usual"), 20: None, 21: " "})
    table = by_group(np.arange(1, 30), np.array([1, 2, 3]), labels).set_index("group")
    assert list(table.index) == ["rare", "usual"] and table["low"].isna().all() and (table["direction"] == "").all()


def test_where_nobody_else_buys_it_the_range_has_no_upper_end():
    (low,), (high,) = ratio_interval(*(np.array([n]) for n in (8, 20, 0, 50)), level=0.95)
    assert low > 1 and np.isinf(high)
    (low,), (high,) = ratio_interval(*(np.array([n]) for n in (0, 20, 8, 50)), level=0.95)
    assert low == 0 and 0 < high < 10


def test_the_interval_of_a_ratio_holds_as_often_as_it_says():
    draw = np.random.default_rng(2)
    x, y = draw.binomial(60, 0.15, 2000), draw.binomial(200, 0.05, 2000)
    n, m = np.full(2000, 60), np.full(2000, 200)
    low, high = ratio_interval(x, n, y, m, level=0.95)
    assert 0.93 < ((low <= 3) & (high >= 3)).mean() < 0.985


def test_a_share_of_nothing_is_unknown():
    assert np.isnan(wilson(0, 0)).all() and wilson(0, 10)[0] == 0


def test_the_rows_sequence_changes_nothing():
    shop = lines(*(bought(n % 7 + 1, day=f"2026-05-{n % 28 + 1:02d}", amount=0.1 * n) for n in range(100)))
    pd.testing.assert_frame_equal(analysis.buyers(shop, 1, as_of=AS_OF).customers,
                                  analysis.buyers(shop.iloc[::-1], 1, as_of=AS_OF).customers)
