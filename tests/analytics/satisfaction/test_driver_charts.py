"""The pictures of drivers: what they show, named by meanings."""

import numpy as np
import pytest

from crm.analytics.satisfaction import correlations, driver_charts, what_drives
from tests.analytics.satisfaction.making_forms import AS_OF, answers, driven, likert

PLACES = {"mend first": "First", "keep up": "Keep", "possible overkill": "Much", "low priority": "Last"}


@pytest.fixture(scope="module")
def drivers():
    score, said = driven(300, weight=(0.6, 0.5, 0.0, 0.0))
    return what_drives.explain(answers(score, items=["<b>Price</b>", "Speed & care", "Taste", "Look"], overall=said), as_of=AS_OF).drivers


def test_places_have_their_meaning_their_corner_and_their_number(drivers):
    figure = driver_charts.importance_performance(drivers.priorities, places=PLACES)
    points = figure.data[-1]
    places = drivers.priorities.table["place"].tolist()
    assert list(points.meta["meaning"]) == [driver_charts.MEANINGS[place] for place in places] and "attention" in points.meta["meaning"]
    assert list(points.text) == drivers.priorities.table["number"].astype(str).tolist()
    assert {note.text for note in figure.layout.annotations} == set(PLACES.values())
    assert min(points.error_y.array) >= 0 and "<b>" not in str(points.customdata)
    low, high = figure.layout.xaxis.range
    assert low < drivers.priorities.table["performance_low"].min() and high > drivers.priorities.table["performance_high"].max()


def test_coefficients_whose_interval_holds_nought_are_grey(drivers):
    figure = driver_charts.coefficients(drivers.regression, title="Points")
    meanings = dict(zip(figure.data[0].y, figure.data[0].meta["meaning"], strict=True))
    assert meanings["Speed &amp; care"] == "good" and "past" in meanings.values()
    assert figure.layout.yaxis.autorange == "reversed"


def test_only_the_lower_half_of_correlations_is_drawn_and_unclear_ones_bear_no_figure():
    rng = np.random.default_rng(0)
    score = np.column_stack([likert(200, 2), rng.integers(1, 6, 200)])
    found = correlations.correlate(score, ["One", "Two", "Three"])
    figure = driver_charts.correlations(found)
    shown = np.array(figure.data[0].z, dtype=float)
    assert shown.shape == (2, 2) and np.isnan(shown[0, 1]) and np.isfinite(shown[1]).all()
    unclear = found.pairs[~found.pairs["clear"]]
    assert len(unclear) and sum(text == "" for row in figure.data[0].text for text in row) == len(unclear) + 1
    assert figure.data[0].meta == {"scale": "diverging"}


def test_many_questions_are_coloured_without_figures():
    figure = driver_charts.correlations(correlations.correlate(likert(100, 14), [f"Question {place}" for place in range(14)]))
    assert not any(text for row in figure.data[0].text for text in row) and figure.layout.meta["height"] > 400


def test_questions_bear_the_numbers_of_the_other_picture_and_the_rest_letters():
    found = correlations.correlate(likert(100, 3), ["One", "Two", "Overall"])
    figure = driver_charts.correlations(found, numbers={"Two": 1, "One": 2})
    assert figure.layout.xaxis.title.text.startswith("1 is “Two”") and list(figure.layout.xaxis.ticktext) == ["1", "2"]
    assert [name.split()[-1] for name in figure.layout.yaxis.ticktext] == ["2", "A"]
    assert np.array(figure.data[0].z, dtype=float)[1, 1] == pytest.approx(found.matrix[0, 2])
    assert figure.data[0].customdata[1][1].startswith("Overall<br>One")
