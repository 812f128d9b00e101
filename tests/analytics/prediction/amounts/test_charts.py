"""The pictures of amounts: small enough, on the right axis, told in words."""

import numpy as np
import pytest

from crm.analytics.prediction import amounts
from crm.analytics.prediction.amounts import charts
from tests.analytics.prediction.amounts import made_up

WORDS = ("Expected", "Came", "Equal", "An order", "A tenth")


@pytest.fixture(scope="module")
def found():
    return amounts.compare_amounts(made_up.task(), methods=("linear", "poisson"))


def test_skewed_amounts_have_axes_of_logarithms_and_zeros_stay_in_the_picture(found):
    judged, actual = found.judged["poisson"], found.tested.copy()
    actual[:4] = 0.0
    figure = charts.predicted_against_actual(judged, actual, words=WORDS)
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    points = figure.data[1]
    assert len(points.x) == len(actual) and min(points.y) > 0 and (np.array(points.customdata)[:4] == 0).all()
    assert all(trace.meta for trace in figure.data)


def test_even_amounts_have_plain_axes(found):
    judged = amounts.JudgedAmounts("linear", {}, found.judged["linear"].metrics, found.judged["linear"].levels,
                                   np.linspace(40, 60, 200), np.full(200, np.nan), np.full(200, np.nan), 0.0)
    assert charts.predicted_against_actual(judged, np.linspace(30, 70, 200), words=WORDS).layout.xaxis.type == "linear"


def test_no_more_points_than_a_screen_can_show(found):
    from crm.analytics.prediction.amounts.judging import by_level

    rng = np.random.default_rng(0)
    told, came = rng.gamma(2, 50, 60_000), rng.gamma(2, 50, 60_000)
    judged = amounts.JudgedAmounts("poisson", {}, found.judged["poisson"].metrics, by_level(came, told), told, told, told, 0.0)
    figure = charts.predicted_against_actual(judged, came, words=WORDS)
    assert sum(len(trace.x) for trace in figure.data) <= 5_000 and figure.data[1].type == "scattergl"
    assert sum(len(trace.x) for trace in charts.errors_by_level(judged, words=("E", "Off", "Mean", "Eight of ten")).data) < 100


def test_effects_stand_in_the_order_of_what_is_sure_and_strong():
    table = amounts.coefficients(made_up.rows(), method="poisson", scales={"before": "log"})
    labels = [str(name) for name in table["column"]]
    figure = charts.effects(table, labels=labels, word="Change", is_share=True)
    assert set(figure.data[0].y[:2]) == {"before", "loyal"} and list(figure.data[0].meta["meaning"])[:2] == ["good", "good"]
    assert "past" in figure.data[0].meta["meaning"]
