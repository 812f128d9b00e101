"""Filling numbers in: known ones stay, filled ones are marked, nothing is written to the records."""

import numpy as np
import pandas as pd
import pytest

from crm import db, frames, jobs
from crm.analytics import filling
from crm.errors import InvalidInput
from crm.models import Customer
from crm.services import customers
from crm.services import filling as choices

NUMBERS = pd.Series([1.0, 2.0, 9.0, None, 100.0, None], index=list("abcdef"), name="income")
GROUPS = pd.Series(["x", "x", "x", "x", "y", "y"], index=NUMBERS.index)


@pytest.mark.parametrize(("method", "number"), [("mean", 28.0), ("median", 5.5)])
def test_gaps_take_the_middle_of_all(method, number):
    done = filling.fill(NUMBERS, method=method)
    assert done.values.tolist() == [1, 2, 9, number, 100, number]
    assert done.is_filled.tolist() == [False, False, False, True, False, True]


@pytest.mark.parametrize(("method", "number", "of_all"), [("mean", 4.0, 28.0), ("median", 2.0, 5.5)])
def test_a_group_of_three_has_a_middle_of_its_own_and_a_smaller_one_takes_that_of_all(method, number, of_all):
    assert filling.fill(NUMBERS, method=method, by=GROUPS).values.tolist() == [1, 2, 9, number, 100, of_all]


def test_who_belongs_to_no_group_takes_the_middle_of_all():
    assert filling.fill(NUMBERS, method="median", by=GROUPS.replace("x", None)).values["d"] == 5.5


def test_interpolation_lies_between_the_neighbours_in_time():
    days = pd.Series(pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-05", "2026-01-04", "2026-01-09", "2026-01-20"]),
                     index=NUMBERS.index)
    done = filling.fill(NUMBERS, method="interpolation", order=days)
    assert done.values["d"] == pytest.approx(2 + 7 * 2 / 3) and done.values["f"] == 100  # nothing after: the nearest
    apart = filling.fill(NUMBERS, method="interpolation", order=days, by=GROUPS.replace("y", None))
    assert apart.values["d"] == pytest.approx(2 + 7 * 2 / 3) and apart.values["f"] == 100
    unknown = filling.fill(NUMBERS, method="interpolation", order=days.where(days.index != "d"))
    assert np.isnan(unknown.values["d"]) and not unknown.is_filled["d"]


def test_without_a_method_gaps_stay_gaps():
    done = filling.fill(NUMBERS, method="none")
    assert done.values.isna().sum() == 2 and not done.is_filled.any()


def test_what_nobody_knows_is_never_invented():
    nothing = pd.Series([None, None], dtype="float64")
    for method in filling.METHODS:
        done = filling.fill(nothing, method=method, order=pd.Series([0, 1]))
        assert done.values.isna().all() and not done.is_filled.any()


def test_the_callers_numbers_stay_as_they_are():
    before = NUMBERS.copy()
    filling.fill(NUMBERS, method="mean", by=GROUPS)
    pd.testing.assert_series_equal(NUMBERS, before)


def test_a_wrong_method_is_told():
    with pytest.raises(InvalidInput, match="no way to fill"):
        filling.fill(NUMBERS, method="magic")
    with pytest.raises(InvalidInput, match="needs an order"):
        filling.fill(NUMBERS, method="interpolation")


def test_the_picture_shows_known_and_filled_numbers():
    figure = filling.charts.distribution(filling.fill(NUMBERS, method="median"), unit="Income")
    assert [(trace.name, sum(trace.y)) for trace in figure.data] == [("Known", 4), ("Filled in", 2)]
    assert {trace.meta["meaning"] for trace in figure.data} == {"good", "attention"}


def test_choices_can_name_every_method():
    assert choices.METHODS == filling.METHODS and choices.GROUPINGS == frames.GROUPED_BY


@pytest.fixture
def people(workspace):
    with db.transaction(workspace) as session:
        for place, (year, size) in enumerate([(1960, "2"), (1970, "3"), (None, "2,5"), (1990, None), (1980, "4")]):
            customers.create(session, name=f"Person {place}", birth_year=year, kind="person",
                             custom_fields={"Household": size, "Stove": "gas", "Till": f"0{place}"})
    return workspace


def test_analyses_get_filled_numbers_with_a_mark_and_the_records_stay_empty(people):
    with db.transaction(people) as session:
        choices.choose(session, "birth_year", method="median", by="kind")
    with db.reading(people) as session:
        numbers = jobs.customer_numbers.run(session)
        assert numbers["birth_year"].tolist() == [1960, 1970, 1975, 1990, 1980]
        assert numbers["birth_year_is_filled"].tolist() == [False, False, True, False, False]
        assert numbers["yearly_income"].isna().all() and not numbers["yearly_income_is_filled"].any()
        assert session.get(Customer, 3).birth_year is None
        assert np.isnan(frames.customer_numbers(session)["birth_year"][2])


def test_custom_fields_of_numbers_are_numbers_and_others_are_not(people):
    with db.reading(people) as session:
        numbers = frames.customer_numbers(session)
        assert jobs.customer_numbers.fields(numbers) == ["birth_year", "yearly_income", "custom.Household"]
        assert numbers["custom.Household"].fillna(-1).tolist() == [2, 3, 2.5, -1, 4]


def test_a_choice_makes_cached_answers_old_and_is_refused_when_it_is_none(people):
    def marks():
        with db.reading(people) as session:
            return db.revisions_of(session, ("customers",))

    before = marks()
    with db.transaction(people) as session:
        choices.choose(session, "birth_year", method="mean")
    assert marks() != before
    with db.transaction(people) as session:
        assert choices.choices(session) == {"birth_year": {"method": "mean", "by": None}}
        choices.choose(session, "birth_year", method="none")
        assert choices.choices(session) == {}
        with pytest.raises(InvalidInput):
            choices.choose(session, "birth_year", method="magic")
