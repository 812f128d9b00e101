"""Prices really paid: a line's amount by its pieces, month by month, and what went at which price."""

from crm.analytics.products import price_history
from tests.analytics.products.shop import AS_OF, lines


def test_a_months_price_is_the_median_of_its_sale_lines():
    shop = lines((1, "2026-05-01", 30.0, 3), (1, "2026-05-02", 9.0), (1, "2026-05-03", 11.0), (1, "2026-05-04", 0.0),
                 (1, "2026-05-05", -10.0, -1, 1, "return"), (1, "2026-06-05", 4.99, 3), (2, "2026-05-01", 99.0))
    table = price_history.paid(shop, 1, as_of=AS_OF)
    assert table["median"].tolist() == [10.0, 1.6633] and table["lines"].tolist() == [3, 1]
    assert (table["lowest"].iloc[0], table["highest"].iloc[0], table["units"].iloc[0]) == (9, 11, 5)
    assert table["low"].iloc[0] >= 9 and table["high"].iloc[0] <= 11
    assert price_history.paid(shop, 3, as_of=AS_OF).empty


def test_few_prices_are_told_apart_each():
    shop = lines((1, "2026-04-01", 10.0), (1, "2026-05-01", 40.0, 5), (1, "2026-06-01", 16.0, 2))
    table = price_history.levels(shop, 1, as_of=AS_OF)
    assert table["price_from"].tolist() == [8.0, 10.0] and table["price_to"].tolist() == [8.0, 10.0]
    assert table["units"].tolist() == [7, 1] and table["median_units"].tolist() == [3.5, 1]
    assert str(table["last_on"].iloc[0].date()) == "2026-06-01"


def test_many_prices_are_gathered_and_none_is_lost_or_torn():
    shop = lines(*((1, "2026-06-01", 1 + n / 10) for n in range(100)), *((1, "2026-06-02", 5.0) for _ in range(60)))
    table = price_history.levels(shop, 1, as_of=AS_OF)
    assert len(table) <= 8 and table["lines"].sum() == 160
    assert (table["price_from"].iloc[1:].to_numpy() > table["price_to"].iloc[:-1].to_numpy()).all()


def test_a_price_before_the_period_has_no_level():
    shop = lines((1, "2025-04-01", 10.0), (1, "2026-06-30", 8.0))
    assert price_history.levels(shop, 1, as_of=AS_OF, since=AS_OF)["price_from"].tolist() == [8.0]
    assert price_history.levels(shop, 1, as_of=AS_OF.replace(year=2020)).empty
