"""The pictures of products: they show the figures, name meanings instead of colours, and survive having nothing to show."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics import products as analysis
from crm.analytics.products import charts
from tests.analytics.products.shop import AS_OF, catalogue, lines, random_shop

SHOP = random_shop(products=6, rate=25, now=1.7)
NAMES = pd.Series([f"Product {number}" for number in range(1, 7)], index=range(1, 7))
LISTED = pd.DataFrame({"valid_from": pd.to_datetime(["2025-01-01", "2026-01-01"]), "price": [9.9, 10.9]})
WORDS = ("One", "Two", "Three")
UNTIL = pd.Timestamp(AS_OF)


def group_table(**counts):
    customers = np.arange(1, 201)
    labels = pd.Series(np.where(customers <= 50, "cafe", "home"), index=customers)
    return analysis.buyers(SHOP, 1, as_of=AS_OF, groups={"kind": labels}).groups["kind"]


DRAWN = {
    "pareto": lambda: charts.pareto(analysis.classes(SHOP, catalogue(*range(1, 7)), as_of=AS_OF)),
    "months": lambda: charts.months(analysis.trend.monthly(SHOP, 1, as_of=AS_OF.replace(day=20)), "revenue", words=WORDS),
    "paid": lambda: charts.paid(analysis.price_history.paid(SHOP, 1, as_of=AS_OF), LISTED, until=UNTIL, words=WORDS),
    "groups": lambda: charts.groups(group_table()),
    "movers": lambda: charts.movers(analysis.trend.changes(SHOP, as_of=AS_OF), names=NAMES),
    "no change": lambda: charts.movers(analysis.trend.changes(SHOP, as_of=AS_OF).assign(direction=""), names=NAMES),
    "no month": lambda: charts.months(analysis.trend.monthly(SHOP, 99, as_of=AS_OF), "revenue", words=WORDS),
    "no price": lambda: charts.paid(analysis.price_history.paid(SHOP, 99, as_of=AS_OF), LISTED.head(0), until=UNTIL, words=WORDS),
    "no group": lambda: charts.groups(group_table().head(0)),
}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_meanings_not_colours_and_no_title(draw):
    figure = draw()
    assert not figure.layout.title.text
    for trace in figure.data:
        assert "meaning" in trace.meta and len(trace.x) <= 5000
        assert getattr(trace, "marker", None) is None or trace.marker.color is None
        assert getattr(trace, "line", None) is None or trace.line.color is None


def test_the_curve_rises_to_the_whole_and_says_where_a_ends():
    shop = lines(*((number, "2026-06-01", float(amount)) for number, amount in enumerate((50, 30, 10, 5, 5), start=1)))
    line, signs, *_ = charts.pareto(analysis.classes(shop, catalogue(*range(1, 6)), as_of=AS_OF)).data
    assert line.y[0] == 0 and line.y[-1] == 1 and list(signs.text) == ["2: 80%", "4: 95%"]


def test_the_month_that_is_not_over_stands_apart():
    figure = DRAWN["months"]()
    whole, partly, before = figure.data
    assert list(partly.x) == [pd.Timestamp("2026-06-01")] and partly.meta["meaning"] == "past" and before.meta["meaning"] == "comparison"
    assert len(whole.x) == 35


def test_the_list_price_goes_by_steps_to_the_last_day():
    listed = DRAWN["paid"]().data[-1]
    assert list(listed.y) == [9.9, 10.9, 10.9] and listed.line.shape == "hv" and listed.x[-1] == UNTIL


def test_a_range_without_an_end_is_drawn_to_the_edge():
    table = pd.DataFrame({"group": ["cafe"], "customers": [20], "buyers": [8], "share": [0.4], "others_share": [0.0], "times": [np.inf],
                          "low": [3.0], "high": [np.inf], "direction": ["more"]})
    points = charts.groups(table).data[0]
    assert np.isfinite(points.x).all() and np.isfinite(points.error_x.array).all() and np.isfinite(points.error_x.arrayminus).all()


@pytest.mark.parametrize("days", [1, 45, 170])
def test_the_first_months_stand_on_an_axis_that_names_each_month_once(days):
    shop = lines((1, str((UNTIL - pd.Timedelta(days=days)).date()), 5.0))
    table = analysis.trend.monthly(shop, 1, as_of=AS_OF)
    for figure in (charts.months(table, "revenue", words=WORDS),
                   charts.paid(analysis.price_history.paid(shop, 1, as_of=AS_OF), LISTED.head(0), until=UNTIL, words=WORDS)):
        axis = figure.layout.xaxis
        assert axis.dtick == "M1" and pd.Timestamp(axis.tick0).day == 1
        # A bar of 22 days is no more than a part of the picture.
        assert axis.range is None or pd.Timestamp(axis.range[1]) - pd.Timestamp(axis.range[0]) > pd.Timedelta(days=130)
        assert days > 150 or axis.range is not None


def test_few_products_have_whole_numbers_on_the_axis_and_room_for_the_last_sign():
    axis = charts.pareto(analysis.classes(SHOP, catalogue(*range(1, 7)), as_of=AS_OF)).layout.xaxis
    assert axis.dtick == 1 and axis.range[1] > 6.5
