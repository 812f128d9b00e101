"""The pictures of risk: they show the figures, name meanings instead of colours, and survive having nothing to show."""

import pytest

from crm.analytics.risk import charts
from tests.analytics.risk.small_company import assess

ORDERS = [(n, n, 100 - n, 50.0 + n) for n in range(1, 25)]
PAYMENTS = [(n, n, 80 - n, 86 - n, 50.0 + n) for n in range(1, 22)]
CHARTS = (charts.overdue_by_age, charts.concentration_curve, charts.returns_by_category)


def test_bars_show_what_is_overdue_by_age():
    figure = charts.overdue_by_age(assess(ORDERS, PAYMENTS))
    bars = dict(zip(figure.data[0].x, figure.data[0].y, strict=True))
    assert bars["61–90 days"] == 72 + 73 + 74 and sum(bars.values()) == 219
    assert figure.data[0].meta["meaning"][-1] == "loss"


def test_open_orders_of_unknown_due_day_get_a_bar_of_their_own():
    figure = charts.overdue_by_age(assess(ORDERS, [row[:3] + (None, row[4]) for row in PAYMENTS]))
    assert figure.data[0].x[-1] == "Due day not known" and figure.data[0].y[-1] == 219


def test_the_curve_rises_to_the_whole_and_marks_one_three_and_ten():
    figure = charts.concentration_curve(assess(ORDERS))
    line, signs = figure.data
    assert list(line.y) == sorted(line.y) and line.y[-1] == pytest.approx(1.0)
    assert list(signs.x) == [1, 3, 10] and list(signs.text) == ["4.9%", "15%", "46%"]


def test_a_curve_of_one_customer_is_one_point():
    figure = charts.concentration_curve(assess(lines=[(1, 1, 20, "sale", 30.0)]))
    assert list(figure.data[-1].x) == [1] and list(figure.data[-1].text) == ["100%"]


def test_categories_carry_their_intervals_and_the_usual_share():
    lines = [(n, 1 + n % 2, 50, "sale", 10.0) for n in range(1, 60)] + [(3, 2, 40, "return", -10.0)]
    figure = charts.returns_by_category(assess(lines=lines, categories={1: "Tea", 2: "Pans"}))
    points, usual = figure.data
    assert list(points.y) == ["Pans", "Tea"] and usual.meta["meaning"] == "reference"
    assert all(low > 0 for low in points.error_x.arrayminus)


@pytest.mark.parametrize("draw", CHARTS)
def test_meanings_not_colours_and_no_title(draw):
    figure = draw(assess(ORDERS, PAYMENTS))
    assert not figure.layout.title.text
    for trace in figure.data:
        assert "meaning" in trace.meta
        marker = getattr(trace, "marker", None)
        assert marker is None or marker.color is None


@pytest.mark.parametrize("draw", CHARTS)
def test_nothing_to_show_is_an_empty_picture(draw):
    draw(assess(payments=[(5, 0, 30, None, 20.0)]))
