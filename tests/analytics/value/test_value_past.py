"""Past value: are spend, margin, concentration and groups counted rightly, and is the unknown never 0?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import value
from crm.analytics.value.margins import margins
from crm.analytics.value.transactions import histories, purchase_days
from crm.errors import NotEnoughData
from tests.analytics.simulate import AS_OF, orders_frame
from tests.analytics.value.buyers import lines_of


def past(rows: list[tuple], lines: pd.DataFrame | None = None, **groupings: pd.Series) -> value.PastValue:
    return value.past(orders_frame(rows), lines, as_of=AS_OF, groupings=groupings)


def test_a_refund_lowers_the_spend_and_is_no_purchase():
    customers = past([(1, 50, 100.0), (1, 20, -30.0), (2, 10, 80.0)]).customers.set_index("customer_id")
    assert customers["past_spend"].to_dict() == {2: 80.0, 1: 70.0}
    assert customers.loc[1, "purchase_days"] == 1


def test_orders_of_one_day_are_one_purchase():
    bought = histories(purchase_days(orders_frame([(1, 50, 10.0), (1, 50, 5.0), (1, 36, 30.0), (1, 36, 10.0)]), as_of=AS_OF))
    assert (bought.repeats[0], bought.last_days[0], bought.age_days[0]) == (1, 14, 50)
    assert bought.repeat_spend[0] == 40.0


def test_a_credit_note_lowers_the_purchase_before_it():
    rows = [(1, 90, 10.0), (1, 60, 50.0), (1, 55, -20.0), (1, 30, 40.0), (2, 70, -5.0), (2, 60, 30.0)]
    bought = purchase_days(orders_frame(rows), as_of=AS_OF)
    assert bought.net.tolist() == [10.0, 30.0, 40.0, 25.0]  # the note of customer 2 came before the first purchase
    assert histories(bought).repeat_spend[0] == 35.0


def test_an_order_for_nothing_counts_as_a_purchase_where_goods_went_out():
    orders = orders_frame([(1, 90, 10.0), (2, 80, 0.0), (3, 70, 0.0)])
    lines = lines_of(orders, cost_share=None).iloc[:2]  # a cancelled order has no lines here
    assert value.past(orders, lines, as_of=AS_OF).customers["customer_id"].tolist() == [1, 2]
    assert value.past(orders, as_of=AS_OF).customers["customer_id"].tolist() == [1]


def test_margin_comes_only_from_lines_whose_cost_is_known():
    orders = orders_frame([(1, 90, 100.0), (1, 80, 300.0), (2, 70, 50.0), (3, 60, 40.0)])
    lines = lines_of(orders).assign(cost=[60.0, np.nan, np.nan, 0.0])
    result = value.past(orders, lines, as_of=AS_OF)
    customers = result.customers.set_index("customer_id")
    assert customers.loc[1, "past_margin"] == 40.0 and customers.loc[1, "known_cost_share"] == 0.25
    assert np.isnan(customers.loc[2, "past_margin"]) and customers.loc[2, "known_cost_share"] == 0.0
    assert customers.loc[3, "past_margin"] == 40.0  # a cost of 0 is known
    assert result.margin == 80.0 and result.known_cost_share == pytest.approx(140 / 490)


def test_returned_goods_take_their_margin_back():
    orders = orders_frame([(1, 90, 100.0), (1, 80, -100.0)])
    assert value.past(orders, lines_of(orders), as_of=AS_OF).margin == 0.0


@pytest.mark.parametrize("lines", [None, "without costs"])
def test_without_costs_the_margin_is_unknown_and_not_0(lines):
    orders = orders_frame([(1, 90, 100.0), (2, 80, 50.0)])
    result = value.past(orders, None if lines is None else lines_of(orders, cost_share=None), as_of=AS_OF)
    assert np.isnan(result.margin) and result.customers["past_margin"].isna().all() and result.known_cost_share == 0
    assert all(table["past_margin"].isna().all() for table in result.groups.values())


def test_lines_after_as_of_change_no_margin():
    orders = orders_frame([(1, 90, 100.0), (1, -3, 500.0)])
    assert value.past(orders, lines_of(orders), as_of=AS_OF).margin == pytest.approx(40.0)


def test_a_margin_rate_is_drawn_towards_everybodys_the_less_was_bought():
    rng = np.random.default_rng(0)
    rows = [(customer, int(day), 100.0) for customer in range(1, 41) for day in rng.integers(0, 300, 12)]
    orders = orders_frame([*rows, *((50, day, 100.0) for day in range(200)), (51, 5, 100.0)])
    share = np.where(orders["customer_id"] <= 20, 0.5, 0.7) + rng.normal(0, 0.1, len(orders))
    share = np.where(orders["customer_id"] >= 50, 0.2, share)  # both leave 80 %, one in 200 orders, one in a single one
    lines = lines_of(orders).assign(cost=orders["net_amount"] * share)
    ids = np.unique(orders["customer_id"])
    rate = pd.Series(margins(lines, ids, as_of=AS_OF).rate, index=ids)
    everybody = (lines["amount"] - lines["cost"]).sum() / lines["amount"].sum()
    assert everybody < rate[51] < rate[50] == pytest.approx(0.8, abs=0.005)
    assert rate[51] < 0.79
    assert rate.loc[1:20].mean() == pytest.approx(0.5, abs=0.05) and rate.loc[21:40].mean() == pytest.approx(0.3, abs=0.05)


def test_gini_and_the_top_fifth_are_counted_by_hand():
    equal, one = value.concentration(np.full(10, 7.0)), value.concentration(np.append(np.zeros(9), 5.0))
    assert equal.gini == pytest.approx(0) and equal.top_fifth_share == pytest.approx(0.2)
    assert one.gini == pytest.approx(0.9) and one.top_fifth_share == 1.0
    some = value.concentration(np.array([1.0, 2.0, 3.0, 4.0, 10.0]))
    assert some.top_fifth_share == 0.5
    assert some.gini == pytest.approx(np.abs(np.subtract.outer([1, 2, 3, 4, 10], [1, 2, 3, 4, 10])).mean() / 2 / 4)
    assert some.curve["amount"].tolist() == pytest.approx([0, 0.05, 0.15, 0.3, 0.5, 1])


def test_the_curve_of_many_customers_has_few_points_and_ends_at_all():
    curve = value.concentration(np.random.default_rng(0).lognormal(size=12_345)).curve
    assert len(curve) <= 201 and curve.iloc[0].tolist() == [0, 0] and curve.iloc[-1].tolist() == pytest.approx([1, 1])
    assert (curve["amount"] <= curve["customers"] + 1e-12).all()


def test_inequality_of_nobody_or_nothing_is_unknown():
    for amounts in ([], [5.0], [0.0, 0.0], [-3.0, -1.0]):
        assert np.isnan(value.concentration(np.array(amounts)).gini)
    assert np.isnan(value.concentration(np.array([1.0, 2.0])).top_fifth_share)
    assert value.concentration(np.array([-3.0, 1.0, 1.0])).counted_as_nothing == 1


def test_a_fifth_of_the_real_shop_brings_what_was_published(online_retail):
    """Published gross: 74.6 % of 4,338 customers' revenue; net of returns it is a little less."""
    result = value.past(online_retail, as_of=dt.date(2011, 12, 9))
    assert len(result.customers) == 4_338
    assert result.concentration.top_fifth_share == pytest.approx(0.735, abs=0.001)
    assert value.concentration(online_retail.groupby("customer_id")["gross_amount"].sum().to_numpy()
                               ).top_fifth_share == pytest.approx(0.746, abs=0.005)


def test_cohorts_are_quarters_in_the_sequence_of_time_and_years_where_these_are_many():
    short = past([(1, 300, 9.0), (2, 200, 5.0), (3, 100, 7.0), (4, 10, 30.0)]).groups["cohort"]
    assert short["group"].tolist() == ["2024 Q1", "2024 Q2", "2024 Q3", "2024 Q4"]
    long = past([(1, 2_000, 9.0), (2, 200, 5.0), (3, 100, 7.0)]).groups["cohort"]
    assert long["group"].tolist() == ["2019", "2024"] and long["customers"].tolist() == [1, 2]


def test_groups_come_most_first_and_customers_without_one_last():
    rows = [(1, 30, 10.0), (2, 20, 90.0), (3, 10, 500.0)]
    table = past(rows, channel=pd.Series({1: "Web", 2: "Shop"})).groups["channel"]
    assert table["group"].tolist()[:2] == ["Shop", "Web"] and pd.isna(table["group"].iloc[2])
    assert table["share_of_past"].tolist() == pytest.approx([0.15, 1 / 60, 500 / 600])


def test_a_grouping_that_names_nobody_is_left_out():
    assert set(past([(1, 30, 10.0)], channel=pd.Series({1: None, 77: "Web"}, dtype="str")).groups) == {"cohort"}


def test_orders_after_as_of_change_nothing_of_the_past():
    rows = [(1, 30, 10.0), (2, 20, 90.0)]
    one, other = past(rows), past([*rows, (1, -4, 100.0), (3, -4, 100.0)])
    pd.testing.assert_frame_equal(one.customers, other.customers)


def test_no_purchase_is_told():
    with pytest.raises(NotEnoughData, match="there are 0"):
        past([(1, 5, -20.0)])
