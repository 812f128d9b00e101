"""The forecast of value: do its ranges hold, is it the same twice, and does nothing later change it?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import value
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.simulate import AS_OF, orders_frame
from tests.analytics.value.buyers import company, lines_of


@pytest.fixture(scope="module")
def shop():
    return company(3_000, seed=5)


@pytest.fixture(scope="module")
def result(shop):
    orders, as_of = shop
    channels = pd.Series(np.where(np.arange(3_000) % 3 == 0, "Web", "Shop"), index=np.arange(1, 3_001))
    return value.estimate(orders, lines_of(orders), as_of=as_of, groupings={"channel": channels})


def came(orders: pd.DataFrame, customers: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """What the customers bought in the year after: spend and purchase days, in their sequence."""
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    later = orders[(orders["ordered_on"] >= end) & (orders["ordered_on"] < end + pd.Timedelta(days=365))]
    sums = later.groupby("customer_id").agg(spend=("net_amount", "sum"), days=("ordered_on", "nunique"))
    return sums.reindex(customers["customer_id"]).fillna(0.0).reset_index(drop=True)


def same(one: value.CustomerValue, other: value.CustomerValue) -> None:
    pd.testing.assert_frame_equal(one.customers, other.customers, check_exact=True)
    pd.testing.assert_frame_equal(one.past.customers, other.past.customers, check_exact=True)
    assert one.total == other.total and one.quality == other.quality and one.warnings == other.warnings
    for name, table in one.groups.items():
        pd.testing.assert_frame_equal(table, other.groups[name], check_exact=True)


def test_the_ranges_of_sums_hold_in_about_eight_of_ten_cases():
    """Ten shops of 200 customers: with 80 % of them expected, fewer than six happens three times in a hundred."""
    spend = purchases = 0
    for seed in range(10):
        orders, as_of = company(200, seed=100 + seed)
        result = value.estimate(orders, as_of=as_of)
        later = came(orders, result.customers, as_of)
        spend += result.total["spend_low"] <= later["spend"].sum() <= result.total["spend_high"]
        purchases += result.total["purchases_low"] <= later["days"].sum() <= result.total["purchases_high"]
    assert spend >= 6 and purchases >= 6


def test_a_tenth_of_the_customers_spends_more_than_the_range_of_each(shop, result):
    orders, as_of = shop
    customers, later = result.customers, came(shop[0], result.customers, as_of)
    assert 0.07 < (later["spend"] > customers["spend_high"]).mean() < 0.12
    regular = customers["spend_low"] > 0
    held = later["spend"].between(customers["spend_low"], customers["spend_high"])[regular]
    assert regular.sum() > 50 and 0.7 < held.mean() < 0.9
    assert later["days"].between(customers["purchases_low"], customers["purchases_high"]).mean() > 0.8


def test_the_sum_over_customers_is_the_total_and_that_of_every_grouping(result):
    for column in ("expected_spend", "present_value", "expected_margin"):
        assert result.customers[column].sum() == pytest.approx(result.total[column])
    assert set(result.groups) == {"cohort", "channel"}
    for table in result.groups.values():
        assert table["expected_spend"].sum() == pytest.approx(result.total["expected_spend"])
        assert table["customers"].sum() == len(result.customers)
        assert table["past_spend"].sum() == pytest.approx(result.past.revenue)
        assert (table["expected_low"] < table["expected_spend"]).all()
        assert (table["expected_spend"] < table["expected_high"]).all()


def test_the_present_value_lies_below_by_about_half_a_years_interest(result):
    worth = result.total["present_value"] / result.total["expected_spend"]
    assert 1.1**-0.55 < worth < 1.1**-0.35


def test_without_discount_the_present_value_is_the_expected_spend(shop):
    orders, as_of = shop
    plain = value.estimate(orders, as_of=as_of, yearly_discount=0.0)
    assert plain.customers["present_value"].equals(plain.customers["expected_spend"])


def test_looking_further_ahead_expects_more(shop, result):
    orders, as_of = shop
    quarter = value.estimate(orders, as_of=as_of, months=3)
    assert quarter.total["expected_spend"] < 0.5 * result.total["expected_spend"]


def test_orders_after_as_of_change_nothing(shop, result):
    orders, as_of = shop
    until = orders[orders["ordered_on"] <= pd.Timestamp(as_of)].reset_index(drop=True)
    assert len(until) < len(orders)
    channels = pd.Series(np.where(np.arange(3_000) % 3 == 0, "Web", "Shop"), index=np.arange(1, 3_001))
    same(result, value.estimate(until, lines_of(until), as_of=as_of, groupings={"channel": channels}))


def test_the_order_of_rows_changes_nothing_and_the_frames_stay_as_they_were(shop):
    orders, as_of = shop
    orders = orders.head(4_000)
    lines = lines_of(orders)
    untouched, untouched_lines = orders.copy(), lines.copy()
    first = value.estimate(orders, lines, as_of=as_of, random_state=4)
    pd.testing.assert_frame_equal(orders, untouched)
    pd.testing.assert_frame_equal(lines, untouched_lines)
    shuffled = value.estimate(orders.sample(frac=1, random_state=1), lines.sample(frac=1, random_state=2), as_of=as_of,
                              random_state=4)
    same(first, shuffled)


def test_equal_customers_get_equal_figures(result):
    alike = result.customers[result.customers["purchase_days"] == 1]
    figures = ["expected_spend", "spend_low", "spend_high", "expected_purchases", "present_value"]
    assert (alike.groupby("first_on")[figures].nunique() == 1).all().all()
    assert alike["first_on"].duplicated().any()


def test_the_hold_out_tells_what_would_have_been_expected(shop, result):
    orders, as_of = shop
    tested = result.hold_out
    assert tested.days == pytest.approx(730 / 3, abs=2)
    assert tested.cutoff == as_of - dt.timedelta(days=tested.days)
    later = orders[(orders["ordered_on"] > pd.Timestamp(tested.cutoff)) & (orders["ordered_on"] <= pd.Timestamp(as_of))]
    known = orders.loc[orders["ordered_on"] <= pd.Timestamp(tested.cutoff), "customer_id"].unique()
    later = later[later["customer_id"].isin(known)]
    assert tested.customers == len(known)
    assert tested.actual_purchases == len(later.drop_duplicates(["customer_id", "ordered_on"]))
    assert tested.actual_spend == pytest.approx(later["net_amount"].sum())
    assert tested.by_frequency["expected"].sum() == pytest.approx(tested.expected_purchases)
    assert tested.expected_purchases == pytest.approx(tested.actual_purchases, rel=0.15)
    assert value.estimate(orders, as_of=as_of, hold_out_days=90).hold_out.days == 90


def test_a_shop_whose_customers_stop_at_once_is_told_that_the_forecast_was_off():
    orders, as_of = company(500, seed=8)
    stopped = orders[orders["ordered_on"] <= pd.Timestamp(as_of) - pd.Timedelta(days=200)]
    result = value.estimate(stopped, as_of=as_of)
    assert result.hold_out.actual_purchases < 0.5 * result.hold_out.expected_purchases
    assert any("fewer purchases came than were expected" in sentence for sentence in result.warnings)
    slim = value.estimate(orders, as_of=as_of)
    wide, usual = ((each.total["spend_high"] - each.total["spend_low"]) / each.total["expected_spend"]
                   for each in (result, slim))
    assert wide > 1.5 * usual


def test_nobody_leaving_is_told_in_words():
    orders, as_of = company(400, a=1e-4, b=5.0, seed=2)
    result = value.estimate(orders, as_of=as_of)
    assert "no sign that anybody ever stops buying" in result.warnings[0]


def test_spend_that_goes_with_frequency_is_told_in_words():
    orders, as_of = company(600, seed=3)
    often = orders.groupby("customer_id")["order_id"].transform("size")
    related = orders.assign(net_amount=orders["net_amount"] * often, gross_amount=orders["gross_amount"] * often)
    result = value.estimate(related, as_of=as_of)
    assert result.quality["spend_against_frequency"] > 0.3
    assert any("Who buys more often also spends more a purchase" in sentence for sentence in result.warnings)
    assert not any("Who buys" in sentence for sentence in value.estimate(orders, as_of=as_of).warnings)


def test_a_real_shop_in_which_hardly_anybody_leaves_is_told_so(online_retail):
    result = value.estimate(online_retail, as_of=dt.date(2011, 12, 9))
    assert result.quality["a"] < 0.05
    assert "no sign that anybody ever stops buying" in result.warnings[0]
    assert result.total["spend_low"] < result.total["expected_spend"] < result.total["spend_high"]


EDGES = {
    "one customer": ([(1, day, 20.0) for day in range(0, 300, 10)], "10 customers who bought again on another day; there are 1."),
    "all bought once": ([(customer, customer * 3, 20.0) for customer in range(1, 61)], "another day; there are 0."),
    "all on one day": ([(customer, 5, 20.0) for customer in range(1, 61)] * 2, "reach back 4 weeks; these reach back 5 days."),
    "two weeks": ([(customer, day, 20.0) for customer in range(1, 31) for day in (1, 13)], "these reach back 13 days."),
    "only later": ([(customer, -5, 20.0) for customer in range(1, 31)], "who have bought; there are 0."),
    "only refunds": ([(customer, 5, -20.0) for customer in range(1, 31)], "who have bought; there are 0."),
}


@pytest.mark.parametrize("name", EDGES)
def test_too_little_is_told_with_its_number(name):
    rows, sentence = EDGES[name]
    with pytest.raises(NotEnoughData) as refused:
        value.estimate(orders_frame(rows), as_of=AS_OF)
    assert str(refused.value).endswith(sentence)


def test_no_orders_are_told():
    with pytest.raises(NotEnoughData, match="there are 0"):
        value.estimate(orders_frame([(1, 1, 1.0)]).iloc[:0], as_of=AS_OF)


def some_orders(*, seed: int = 0, customers: int = 60) -> list[tuple]:
    rng = np.random.default_rng(seed)
    return [(customer, int(day), float(20 + rng.integers(0, 30))) for customer in range(1, customers + 1)
            for day in rng.integers(0, 300, 3)]


STRANGE = {
    "all equal": [(customer, day, 20.0) for customer in range(1, 41) for day in (300, 200, 100)],
    "one whale": [*some_orders(), *((99, day, 1e6) for day in range(0, 300, 5))],
    "more given back than bought": [*some_orders(), *((customer, 0, -500.0) for customer in range(1, 61))],
    "some gave back more": [*some_orders(), *((customer, 0, -500.0) for customer in range(1, 11))],
    "every day": [(customer, day, 20.0 + customer) for customer in range(1, 21) for day in range(200)],
    "eleven customers": some_orders(customers=11),
}


@pytest.mark.parametrize("name", STRANGE)
def test_strange_companies_get_finite_figures_and_a_caution(name):
    result = value.estimate(orders_frame(STRANGE[name]), as_of=AS_OF)
    figures = result.customers[["expected_spend", "spend_low", "spend_high", "expected_purchases", "present_value"]]
    assert np.isfinite(figures).all().all() and (figures >= 0).all().all()
    assert result.total["spend_low"] <= result.total["expected_spend"] <= result.total["spend_high"]
    assert result.warnings


def test_customers_who_gave_back_more_than_they_bought_are_told():
    result = value.estimate(orders_frame(STRANGE["some gave back more"]), as_of=AS_OF)
    assert any(sentence.startswith("10 customers who bought again gave back all") for sentence in result.warnings)


def test_customers_who_differ_but_bought_equally_often_are_told_apart_by_their_own_purchases():
    """All bought three times: from means alone, Gamma-Gamma cannot tell whether customers differ or purchases do."""
    rows = [(customer, int(day), 20.0 + customer**2) for customer in range(40)
            for day in (customer + 5, 2 * customer + 60, customer + 200)]
    result = value.estimate(orders_frame(rows), as_of=AS_OF)
    each = (result.customers["expected_spend"] / result.customers["expected_purchases"]).to_numpy()
    assert each == pytest.approx(20.0 + result.customers["customer_id"].to_numpy() ** 2, rel=0.02)
    assert result.quality["q"] is None


def test_a_range_never_ends_below_what_is_expected():
    """The test finds many times more purchases than were expected, so that hardly anything is known."""
    rows = [(customer, int(day), 20.0) for customer in range(40)
            for day in (customer + 5, 2 * customer + 60, customer + 200)]
    result = value.estimate(orders_frame(rows), as_of=AS_OF)
    assert result.hold_out.model_error_purchases == 1
    assert result.total["purchases_low"] < result.total["expected_purchases"] < result.total["purchases_high"]
    assert "times as many purchases came" in " ".join(result.warnings)


def test_where_all_was_given_back_the_own_mean_is_used_and_said():
    result = value.estimate(orders_frame(STRANGE["more given back than bought"]), as_of=AS_OF)
    assert result.quality["p"] is None and result.quality["gamma_gamma_log_likelihood"] is None
    assert any("each customer's own mean is used" in sentence for sentence in result.warnings)


@pytest.mark.parametrize(("wrong", "field"), [({"months": 0}, "months"), ({"months": 61}, "months"),
                                               ({"yearly_discount": 1.5}, "yearly_discount"),
                                               ({"yearly_discount": -0.1}, "yearly_discount"),
                                               ({"hold_out_days": 0}, "hold_out_days")])
def test_settings_out_of_range_are_refused(shop, wrong, field):
    with pytest.raises(InvalidInput) as refused:
        value.estimate(shop[0], as_of=shop[1], **wrong)
    assert refused.value.field == field
