"""The triangle of cohorts: counts by hand and by a second way, blanks, returns, and the grain that can be read."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import cohorts
from crm.analytics.cohorts import purchases, retention
from crm.analytics.cohorts.periods import readable_grain
from tests.analytics.simulate import shop_orders


def orders_on(rows: list[tuple]) -> pd.DataFrame:
    """Orders from (customer_id, "2024-01-31", net amount); below 0 a credit note; a pair is (charged, returned)."""
    customer_id, ordered_on, amount = zip(*rows, strict=True)
    charged = np.array([each[0] if isinstance(each, tuple) else max(each, 0) for each in amount], dtype="float64")
    returned = np.array([each[1] if isinstance(each, tuple) else max(-each, 0) for each in amount], dtype="float64")
    return pd.DataFrame({
        "order_id": np.arange(1, len(rows) + 1), "customer_id": np.array(customer_id, dtype="int64"),
        "ordered_on": np.array(ordered_on, dtype="datetime64[us]"), "is_purchase": charged > 0, "gross_amount": charged,
        "returned_amount": returned, "net_amount": charged - returned})


SMALL_SHOP = [
    (1, "2024-01-05", 100), (1, "2024-01-20", 50), (1, "2024-03-02", 30),
    (2, "2024-01-31", 20), (2, "2024-02-01", 10),
    (3, "2024-01-10", 60), (3, "2024-02-15", -60),
    (4, "2024-02-29", 40), (4, "2024-02-29", 5), (4, "2024-04-01", 7),
]


def triangle(rows, *, as_of, by="month"):
    return retention.triangle(purchases.read(orders_on(rows), as_of=as_of), by=by)


def cells(rows, shown, *, as_of, by="month"):
    table = retention.wide(triangle(rows, as_of=as_of, by=by), shown=shown)
    return [[None if cell != cell else round(cell, 3) for cell in row] for row in table.to_numpy()]


def test_each_cell_is_what_a_pencil_gives():
    march = dt.date(2024, 3, 31)
    assert cells(SMALL_SHOP, "active", as_of=march) == [[3, 1, 1], [1, 0, None]]
    assert cells(SMALL_SHOP, "active_share", as_of=march) == [[1, 0.333, 0.333], [1, 0, None]]
    assert cells(SMALL_SHOP, "returned", as_of=march) == [[1, 2, 2], [0, 0, None]]
    assert cells(SMALL_SHOP, "returned_share", as_of=march) == [[0.333, 0.667, 0.667], [0, 0, None]]
    assert cells(SMALL_SHOP, "revenue", as_of=march) == [[230, -50, 30], [45, 0, None]]
    assert cells(SMALL_SHOP, "revenue_to_date_per_customer", as_of=march) == [[76.667, 60, 70], [45, 45, None]]


def test_the_period_that_is_not_over_is_blank_until_its_last_day():
    before = cells(SMALL_SHOP, "returned_share", as_of=dt.date(2024, 4, 29))
    assert before == [[0.333, 0.667, 0.667, None], [0, 0, None, None]]
    after = cells(SMALL_SHOP, "returned_share", as_of=dt.date(2024, 4, 30))
    assert after == [[0.333, 0.667, 0.667, 0.667], [0, 0, 1, None]]


def test_a_cohort_whose_own_period_is_not_over_has_customers_and_no_shares():
    table = triangle(SMALL_SHOP, as_of=dt.date(2024, 2, 29) - dt.timedelta(days=1))
    assert table["customers"].unique().tolist() == [3]
    table = triangle([*SMALL_SHOP, (9, "2024-04-03", 5)], as_of=dt.date(2024, 4, 10))
    newest = table[table["cohort"] == "2024-04-01"]
    assert newest["customers"].unique().tolist() == [1] and not newest["is_whole"].any()
    assert newest[["active_share", "returned_share", "revenue"]].isna().all(axis=None)


def test_quarters_and_years_hold_their_months():
    assert cells(SMALL_SHOP, "returned", as_of=dt.date(2024, 6, 30), by="quarter") == [[2, 3]]
    assert cells(SMALL_SHOP, "returned", as_of=dt.date(2024, 6, 30), by="year") == [[None]]
    assert cells(SMALL_SHOP, "customers", as_of=dt.date(2024, 6, 30), by="quarter") == [[4, 4]]


def test_two_orders_of_one_day_are_one_purchase():
    rows = [(1, "2024-01-05", 10), (1, "2024-01-05", 10), (2, "2024-01-05", 10), (2, "2024-01-06", 10)]
    assert cells(rows, "returned", as_of=dt.date(2024, 1, 31)) == [[1]]


def test_a_cohort_that_gave_everything_back_keeps_its_customers_and_brings_nothing():
    rows = [(1, "2024-01-05", (80, 80)), (2, "2024-01-08", (20, 20)), (2, "2024-02-08", (20, 20))]
    as_of = dt.date(2024, 2, 29)
    assert cells(rows, "customers", as_of=as_of) == [[2, 2]]
    assert cells(rows, "revenue_to_date_per_customer", as_of=as_of) == [[0, 0]]
    assert cells(rows, "returned_share", as_of=as_of) == [[0, 0.5]]


def test_money_given_back_later_lowers_the_period_in_which_it_was_given_back():
    assert cells([(1, "2024-01-05", 80), (1, "2024-03-05", -100)], "revenue_to_date_per_customer",
                 as_of=dt.date(2024, 3, 31)) == [[80, 80, -20]]


def test_credit_notes_from_before_the_first_purchase_belong_to_no_cohort():
    rows = [(1, "2023-12-05", -500), (1, "2024-01-03", -9), (1, "2024-01-05", 80), (2, "2024-01-02", -3)]
    bought = purchases.read(orders_on(rows), as_of=dt.date(2024, 1, 31))
    assert bought.early_credits == 2 and bought.customer_ids.tolist() == [1]
    assert cells(rows, "revenue", as_of=dt.date(2024, 1, 31)) == [[80]]


def test_cohorts_of_fewer_than_ten_are_marked():
    rows = [(customer, "2024-01-05", 10) for customer in range(10)] + [(99, "2024-02-05", 10)]
    table = triangle(rows, as_of=dt.date(2024, 2, 29)).drop_duplicates("cohort")
    assert table["is_small"].tolist() == [False, True]


def test_a_simulated_shop_agrees_with_counting_it_the_slow_way():
    orders, _ = shop_orders(n_customers=120, days=500)
    as_of = dt.date(2024, 12, 17)
    table = retention.triangle(purchases.read(orders, as_of=as_of), by="month")
    known = orders[orders["ordered_on"] <= pd.Timestamp(as_of)]
    bought = known[known["is_purchase"]].drop_duplicates(["customer_id", "ordered_on"])
    first = bought.groupby("customer_id")["ordered_on"].min()
    second = bought.groupby("customer_id")["ordered_on"].apply(lambda days: days.nsmallest(2).iloc[-1])
    second = second[second > first]
    cohort = first.dt.to_period("M")
    whole = table.dropna(subset=["active"])
    assert len(whole) > 50
    for row in whole.sample(40, random_state=0).itertuples():
        members = cohort.index[cohort == pd.Period(row.cohort, "M")]
        month = pd.Period(row.period, "M")
        theirs = bought[bought["customer_id"].isin(members)]
        assert row.customers == len(members) and row.age == (month - pd.Period(row.cohort, "M")).n
        assert row.active == theirs.loc[theirs["ordered_on"].dt.to_period("M") == month, "customer_id"].nunique()
        assert row.returned == (second.reindex(members).dropna().dt.to_period("M") <= month).sum()
        paid = known[known["customer_id"].isin(members) & (known["ordered_on"].dt.to_period("M") <= month)]
        paid = paid[paid["ordered_on"] >= paid["customer_id"].map(first)]
        assert row.revenue_to_date_per_customer == pytest.approx(paid["net_amount"].sum() / len(members))


def test_the_real_shop_has_the_first_cohort_that_everybody_finds(online_retail):
    table = cohorts.wide(cohorts.analyse(online_retail, as_of=dt.date(2011, 12, 9), by="month").triangle,
                         shown="active").iloc[0]
    # December 2010: 885 customers with a positive invoice, 324 of whom bought in January 2011.
    assert table[0] == 885 and table[1] == 324 and np.isnan(table[12])


def days(texts):
    return np.array(texts, dtype="datetime64[D]").astype("int64")


def test_the_grain_is_the_finest_that_can_be_read():
    as_of = int(days(["2024-12-31"])[0])
    two_years = np.repeat(as_of - np.arange(0, 700, 30), 12)
    assert readable_grain(two_years, as_of_day=as_of) == "month"
    months = [np.datetime64(f"{year}-{month:02}-15").astype("int64") for year in (2022, 2023, 2024) for month in range(1, 13)]
    for newest, grain in ((24, "month"), (25, "quarter")):
        assert readable_grain(np.repeat(months[-newest:], 12), as_of_day=as_of) == grain
    five_years = np.repeat(as_of - np.arange(0, 1800, 30), 12)
    assert readable_grain(five_years, as_of_day=as_of) == "quarter"
    assert readable_grain(np.repeat(as_of - np.arange(0, 7000, 30), 12), as_of_day=as_of) == "year"


def test_few_customers_make_the_grain_coarser_while_rows_are_left_to_compare():
    as_of = int(days(["2024-12-31"])[0])
    assert readable_grain(np.repeat(as_of - np.arange(0, 700, 30), 4), as_of_day=as_of) == "quarter"
    half_a_year = as_of - np.arange(0, 180, 15)
    assert readable_grain(half_a_year, as_of_day=as_of) == "month"
    assert readable_grain(np.array([as_of]), as_of_day=as_of) == "month"
