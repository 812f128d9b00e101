"""Curves: one truth, whichever question is put to it."""

import numpy as np
import pytest

from crm.analytics.prediction.waiting import Curves

DAYS = np.array([0.0, 10.0, 30.0, 90.0])


@pytest.fixture
def curves():
    return Curves(DAYS, np.array([[0.0, 0.2, 0.7, 1.5], [0.0, 0.01, 0.03, 0.1]]))


def test_the_day_of_a_chance_has_that_chance(curves):
    for chance in (0.05, 0.3, 0.5, 0.7):
        day = curves.day_of(chance)
        if not np.isnan(day[0]):
            assert curves.chance(day[0])[0] == pytest.approx(chance)


def test_who_will_hardly_order_has_no_day(curves):
    assert np.isnan(curves.day_of(0.5)[1]) and np.isfinite(curves.day_of(0.05)[1])


def test_bent_curves_reach_the_chance_that_was_told_and_no_day_contradicts_it(curves):
    bent = curves.agreeing_with(np.array([0.8, 0.6]), within_days=30)
    assert bent.chance(30) == pytest.approx([0.8, 0.6])
    assert (bent.day_of(0.5) < 30).all()
    assert (curves.agreeing_with(np.array([0.3, 0.2]), within_days=30).day_of(0.25)[1] > 30)
    rising = np.column_stack([bent.chance(day) for day in (1, 5, 10, 20, 30, 31, 60, 90)])
    assert (np.diff(rising, axis=1) > 0).all()


def test_a_chance_that_agrees_already_bends_nothing(curves):
    bent = curves.agreeing_with(curves.chance(17), within_days=17)
    for day in (3, 10, 17, 50, 90):
        assert bent.chance(day) == pytest.approx(curves.chance(day)), day


def test_chances_of_nothing_all_or_unknown_break_nothing(curves):
    bent = curves.agreeing_with(np.array([0.0, 1.0]), within_days=30)
    assert bent.chance(90)[0] < 1 and bent.day_of(0.5)[1] < 30 and np.isfinite(bent.hazard).all()
    assert curves.agreeing_with(np.array([np.nan, 0.5]), within_days=30).chance(60)[0] == pytest.approx(curves.chance(60)[0])


def test_who_waits_longer_on_average_comes_later(curves):
    assert curves.mean_within()[1] > curves.mean_within()[0] and curves.mean_within()[1] < 90
