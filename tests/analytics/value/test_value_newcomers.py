"""Newcomers: is what a new customer is worth counted rightly, and told as unknown where it is?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics import value
from crm.errors import InvalidInput
from tests.analytics.value.buyers import company, lines_of


@pytest.fixture(scope="module")
def shop():
    return company(2_000, seed=11)


def channels(orders: pd.DataFrame, *, odd: str = "Web", even: str = "Shop") -> pd.Series:
    ids = orders["customer_id"].unique()
    return pd.Series(np.where(ids % 2 == 1, odd, even), index=ids)


def test_a_new_customer_is_worth_what_newcomers_brought(shop):
    """In the truth, followed for a year each, without discount."""
    orders, as_of = shop
    result = value.estimate(orders, as_of=as_of, yearly_discount=0.0)
    known = orders[orders["customer_id"].isin(result.customers["customer_id"])]
    age = known["ordered_on"] - known.groupby("customer_id")["ordered_on"].transform("min")
    truth = known.loc[age.dt.days <= 365, "net_amount"].sum() / len(result.customers)
    everybody = result.newcomers.groups["all"].iloc[0]
    assert everybody["value"] == pytest.approx(truth, rel=0.05)
    assert everybody["low"] < everybody["value"] < everybody["high"]
    assert 0.05 < everybody["expected_share"] < 0.5


def test_a_better_channel_may_cost_more(shop):
    orders, as_of = shop
    dear = orders["customer_id"] % 2 == 1
    better = orders.assign(net_amount=orders["net_amount"].where(~dear, 3 * orders["net_amount"]))
    result = value.estimate(better, as_of=as_of, groupings={"channel": channels(orders)})
    table = value.allowed_cost(result.newcomers, share=0.3, grouping="channel").set_index("group")
    assert table.index.tolist() == ["Web", "Shop"]
    assert table.loc["Web", "allowed_low"] > table.loc["Shop", "allowed_high"]
    assert table["allowed"].tolist() == pytest.approx((0.3 * table["worth"]).tolist())


def test_with_costs_it_is_margin_without_them_revenue(shop):
    orders, as_of = shop
    with_costs = value.estimate(orders, lines_of(orders), as_of=as_of).newcomers
    without = value.estimate(orders, lines_of(orders, cost_share=None), as_of=as_of).newcomers
    assert with_costs.is_margin and not without.is_margin
    one, other = with_costs.groups["all"].iloc[0], without.groups["all"].iloc[0]
    assert one["margin_rate"] == pytest.approx(0.4) and np.isnan(other["margin_rate"])
    assert one["worth"] == pytest.approx(0.4 * one["value"]) and other["worth"] == other["value"] == one["value"]


def test_fewer_than_ten_customers_of_a_channel_have_no_figure(shop):
    orders, as_of = shop
    some = channels(orders).where(lambda labels: labels.index > 10, "Fair")
    table = value.estimate(orders, as_of=as_of, groupings={"channel": some}).newcomers.groups["channel"].set_index("group")
    assert table.loc["Fair", "customers"] < 11
    assert table.loc["Fair", ["value", "worth", "low"]].isna().all() == (table.loc["Fair", "customers"] < 10)


def test_how_customers_fare_says_nothing_of_how_they_were_won(shop):
    orders, as_of = shop
    result = value.estimate(orders, as_of=as_of, groupings={"channel": channels(orders), "segment": channels(orders)})
    assert set(result.newcomers.groups) == {"all", "channel"} and "segment" in result.groups


def test_a_share_out_of_range_is_refused(shop):
    result = value.estimate(shop[0].head(1_500), as_of=shop[1])
    with pytest.raises(InvalidInput, match="120 %"):
        value.allowed_cost(result.newcomers, share=1.2)
