"""Concentration: shares of the largest, the index by its formula, one customer, and shares that cannot be computed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.analytics.risk import concentration
from tests.analytics.risk.small_company import AS_OF, assess, goods_of, lines_of, people_of


def sold(*amounts: float, ago: int = 30) -> list[tuple]:
    """A sale each of customers 1, 2, 3 ..."""
    return [(customer, 1, ago, "sale", amount) for customer, amount in enumerate(amounts, start=1)]


def top(found) -> dict[int, float]:
    return found.concentration.top.set_index("first")["share"].to_dict()


def test_shares_and_index_are_reckoned_by_hand():
    found = assess(lines=sold(50, 30, 15, 5)).concentration
    assert found.top["share"].tolist() == pytest.approx([0.5, 0.95, 1.0])
    assert found.top["customers"].tolist() == [1, 3, 4]
    assert found.hhi == pytest.approx(0.25 + 0.09 + 0.0225 + 0.0025)
    assert found.equivalent == pytest.approx(1 / 0.365)
    assert found.without_largest == 50 and found.typical_for_largest == pytest.approx(50 / 15)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=30))
def test_the_index_lies_between_equal_shares_and_one(amounts):
    found = concentration.measure(lines_of(sold(*map(float, amounts))), as_of=AS_OF, products=goods_of({1: "Tea"}),
                                  customers=people_of([]))
    assert 1 / len(amounts) - 1e-9 <= found.hhi <= 1 + 1e-9
    assert found.equivalent <= len(amounts) + 1e-6
    assert found.hhi == pytest.approx(float(((np.array(amounts) / sum(amounts)) ** 2).sum()))


def test_one_customer_brings_everything():
    found = assess(lines=sold(80))
    assert top(found) == {1: 1.0, 3: 1.0, 10: 1.0}
    assert found.concentration.hhi == 1 and found.concentration.without_largest == 0
    assert pd.isna(found.concentration.typical_for_largest)
    assert found.customers["dependence"].tolist() == [15]


def test_sales_without_a_name_count_in_the_whole():
    found = assess(lines=[*sold(50), (0, 1, 20, "sale", 150.0)]).concentration
    assert found.top["share"].iloc[0] == 0.25 and found.unnamed_share == 0.75 and found.buyers == 1
    assert found.hhi == 0.0625


def test_who_gave_back_more_than_was_bought_brings_nothing_rather_than_less():
    found = assess(lines=[*sold(60, 40), (3, 1, 20, "return", -50.0)]).concentration
    assert found.customers["share"].tolist() == [0.6, 0.4, 0.0]
    assert found.customers["revenue"].tolist() == [60, 40, -50] and found.revenue == 50


def test_when_all_was_given_back_no_share_is_invented():
    found = assess(lines=[(1, 1, 30, "sale", 50.0), (1, 1, 10, "return", -50.0)])
    assert all(pd.isna(share) for share in top(found).values())
    assert pd.isna(found.concentration.hhi) and pd.isna(found.concentration.equivalent)
    assert found.customers["share"].isna().all() and found.customers["dependence"].isna().all()
    assert found.concentration.curve.empty and found.concentration.by.empty


def test_fees_belong_to_revenue_but_to_no_product():
    lines = [(1, 1, 30, "sale", 60.0), (1, 2, 30, "sale", 20.0), (1, 2, 20, "fee", 900.0), (1, 2, 10, "return", -10.0)]
    found = assess(lines=lines, categories={1: "Tea", 2: "Pans"}).concentration
    assert found.revenue == 970
    product = found.by.set_index("dimension").loc["product"]
    assert (product["largest"], product["groups"]) == ("Product 1", 2) and product["share_1"] == pytest.approx(60 / 70)


def test_channels_and_countries_are_compared_with_what_is_not_stated_told():
    people = people_of([1, 2, 3], channel=["Web", "Fair", None], country=["NL", "NL", "NL"])
    found = assess(lines=sold(50, 30, 20), people=people).concentration.by.set_index("dimension")
    assert found.loc["channel", ["largest", "groups"]].tolist() == ["Web", 2]
    assert found.loc["channel", "not_stated"] == pytest.approx(0.2) and found.loc["country", "share_1"] == 1.0
    assert list(found.index) == ["product", "category", "channel", "country"]


def test_a_way_of_looking_that_nobody_filled_in_still_says_so():
    found = assess(lines=sold(50, 30)).concentration.by
    assert "channel" not in set(found["dimension"]) and "product" in set(found["dimension"])


def test_the_year_before_is_compared_only_where_the_records_reach_back():
    short = assess(lines=[*sold(50, 50, ago=30), *sold(90, 10, ago=500)]).concentration
    assert short.top["share_before"].isna().all() and pd.isna(short.hhi_before)
    long = assess(lines=[*sold(50, 50, ago=30), *sold(90, 10, ago=500), (3, 1, 729, "sale", 100.0)]).concentration
    assert long.top["share_before"].tolist() == pytest.approx([0.5, 1.0, 1.0])
    assert long.hhi_before == pytest.approx(0.25 + 0.2025 + 0.0025)


def test_days_on_record_are_told_where_a_year_is_not():
    assert assess(lines=sold(5, ago=29)).concentration.days_known == 30
    assert assess(lines=sold(5, ago=900)).concentration.days_known == 365


def test_the_365th_day_back_counts_no_more():
    found = assess(lines=[(1, 1, 364, "sale", 10.0), (2, 1, 365, "sale", 90.0), (3, 1, -1, "sale", 90.0)]).concentration
    assert found.revenue == 10 and found.customers["customer_id"].tolist() == [1]


def test_the_real_shop_agrees_with_reckoning_by_pandas(online_retail):
    as_of = pd.Timestamp("2011-12-09")
    lines = pd.DataFrame({"order_id": online_retail["order_id"], "customer_id": online_retail["customer_id"], "product_id": 1,
                          "ordered_on": online_retail["ordered_on"], "kind": "sale", "amount": online_retail["net_amount"]})
    found = concentration.measure(lines, as_of=as_of.date(), products=goods_of({1: None}),
                                  customers=people_of([]))
    year = online_retail[online_retail["ordered_on"] > as_of - pd.Timedelta(days=365)]
    net = year.groupby("customer_id")["net_amount"].sum().clip(lower=0).sort_values(ascending=False)
    assert found.customers["customer_id"].iloc[0] == net.index[0] == 14646
    for first, share in found.top.set_index("first")["share"].items():
        assert share == pytest.approx(net.head(first).sum() / net.sum())
    assert found.equivalent == pytest.approx(1 / ((net / net.sum()) ** 2).sum())
