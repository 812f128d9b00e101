"""Trend: months as they were, and a change only where chance does not explain it."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.products import trend
from crm.errors import InvalidInput
from tests.analytics.products.shop import AS_OF, lines, random_shop


def steady(product_id: int, *, before: int, now: int) -> list[tuple]:
    """So many orders of 10 in every month of the two latest years, and one in the month before them."""
    months = pd.period_range("2024-07", "2026-06", freq="M")
    rows = [(product_id, "2024-06-15", 10.0)]
    return rows + [(product_id, month.start_time + pd.Timedelta(days=place % 28), 10.0) for place_of, month in enumerate(months)
                   for place in range(before if place_of < 12 else now)]


def test_a_month_without_a_sale_is_a_month_and_the_last_one_is_not_over():
    shop = lines((1, "2026-03-05", 30.0, 3), (1, "2026-05-02", 20.0, 2, 1, "sale", np.nan, 7), (1, "2026-05-02", 10.0, 1, 1, "sale", np.nan, 7),
                 (1, "2026-05-09", -10.0, -1, 1, "return"), (2, "2026-01-01", 5.0))
    table = trend.monthly(shop, 1, as_of=AS_OF.replace(day=29))
    assert table["month"].dt.strftime("%Y-%m").tolist() == ["2026-03", "2026-04", "2026-05", "2026-06"]
    assert table["revenue"].tolist() == [30, 0, 20, 0] and table["units"].tolist() == [3, 0, 2, 0]
    assert table["orders"].tolist() == [1, 0, 1, 0] and table["sold_revenue"].tolist() == [30, 0, 30, 0]
    assert table["is_complete"].tolist() == [True, True, True, False]
    assert trend.monthly(shop, 1, as_of=AS_OF)["is_complete"].all()
    assert trend.monthly(shop, 3, as_of=AS_OF).empty


def test_a_product_that_sells_three_times_as_much_grew():
    table = trend.changes(lines(*steady(1, before=5, now=15), *steady(2, before=10, now=10)), as_of=AS_OF).set_index("product_id")
    assert table.loc[1, "change"] == 2.0 and table.loc[1, "direction"] == "up" and table.loc[1, "low"] > 1
    assert table.loc[2, "direction"] == "" and table.loc[2, "low"] < 0 < table.loc[2, "high"]
    assert table.loc[1, "months"] == 12 and str(table.loc[1, "since"].date()) == "2025-07-01"


def test_orders_that_come_at_random_have_the_interval_of_a_share():
    found = trend.changes(lines(*steady(1, before=5, now=15)), as_of=AS_OF, measure="orders").iloc[0]
    from scipy.stats import t

    reach, cases, share = t.ppf(0.975, 11), 240, 0.75  # Wilson 1927, with the quantile of eleven degrees of freedom
    low = (share + reach**2 / (2 * cases) - reach * np.sqrt(share * 0.25 / cases + reach**2 / (4 * cases**2))) / (1 + reach**2 / cases)
    assert found["low"] == pytest.approx(low / (1 - low) - 1)


def test_what_changes_by_chance_alone_is_not_called_a_change():
    same = trend.changes(random_shop(products=80, rate=6), as_of=AS_OF)
    assert (same["direction"] == "").all() and same["low"].notna().all()
    assert ((same["low"] <= 0) & (same["high"] >= 0)).mean() > 0.9
    more = trend.changes(random_shop(products=40, rate=25, now=1.6), as_of=AS_OF)
    assert (more["direction"] == "up").mean() > 0.9
    assert ((more["low"] <= 0.6) & (more["high"] >= 0.6)).mean() > 0.9


def test_one_large_order_is_no_growth():
    shop = lines(*steady(1, before=5, now=5), (1, "2026-03-03", 5000.0, 500))
    assert trend.changes(shop, as_of=AS_OF).iloc[0]["change"] > 5
    assert trend.changes(shop, as_of=AS_OF).iloc[0]["direction"] == ""


def test_a_season_is_no_growth():
    december = [(1, f"{year}-12-{day:02d}", 10.0) for year in (2023, 2024, 2025) for day in range(1, 29)]
    found = trend.changes(lines(*december), as_of=AS_OF).iloc[0]
    assert found["change"] == 0 and found["direction"] == ""


def test_a_young_product_is_compared_with_nothing():
    shop = lines(*((1, f"2025-{month:02d}-10", 10.0) for month in range(8, 13)), *((2, f"2025-{month:02d}-10", 10.0) for month in range(1, 13)),
                 *((2, f"2026-{month:02d}-{day:02d}", 10.0) for month in range(1, 7) for day in (3, 9)), (3, "2019-01-01", 1.0))
    table = trend.changes(shop, as_of=AS_OF).set_index("product_id")
    assert table.loc[1, "months"] == 0 and np.isnan(table.loc[1, ["change", "low", "high"]].astype(float)).all()
    assert table.loc[2, "months"] == 5 and table.loc[2, "change"] == 1.0  # February to June: January was its first


def test_a_handful_of_orders_is_too_few_for_a_range():
    shop = lines((1, "2024-06-01", 5.0), (1, "2024-09-01", 5.0), (1, "2025-09-01", 9.0))
    found = trend.changes(shop, as_of=AS_OF).iloc[0]
    assert found["change"] == pytest.approx(0.8) and np.isnan(found["low"]) and found["direction"] == ""


def test_the_rows_sequence_changes_nothing_and_the_callers_frame_stays_as_it_is():
    shop = random_shop(products=10, rate=5)
    kept = shop.copy()
    pd.testing.assert_frame_equal(trend.changes(shop, as_of=AS_OF), trend.changes(shop.sample(frac=1, random_state=1), as_of=AS_OF))
    pd.testing.assert_frame_equal(shop, kept)


def test_the_course_is_that_of_the_latest_months_with_the_running_one():
    found = trend.recent(lines((1, "2026-06-20", 7.0), (1, "2026-05-20", 5.0), (1, "2025-06-30", 99.0)), as_of=AS_OF.replace(day=29), months=3)
    assert found.loc[1].tolist() == [0, 5, 7]


@pytest.mark.parametrize("choices", [{"measure": "weight"}, {"months": 24}, {"months": 0}])
def test_what_cannot_be_compared_is_told(choices):
    with pytest.raises(InvalidInput):
        trend.changes(lines((1, "2026-06-01", 1.0)), as_of=AS_OF, **choices)


def test_no_sale_at_all_compares_nothing():
    assert trend.changes(lines((1, "2026-06-01", -5.0, -1, 1, "return")), as_of=AS_OF).empty
    assert trend.changes(lines(), as_of=AS_OF).empty
