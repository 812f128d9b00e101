"""Everything that is kept of customers in one table: numbers, days and words told apart by their contents."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm import db, frames
from crm.services import customers


@pytest.fixture
def kept(workspace):
    """A function from contents of one custom field, customer by customer, to its column."""

    def column(*contents, name="Field") -> pd.Series:
        with db.transaction(workspace) as session:
            for place, content in enumerate(contents):
                customers.create(session, name=f"Customer {place}",
                                 custom_fields={} if content is None else {name: content})
        return read(workspace)[f"custom.{name}"]

    return column


def read(workspace) -> pd.DataFrame:
    with db.reading(workspace) as session:
        return frames.customer_fields(session)


def test_profiles_come_with_every_custom_field(workspace):
    with db.transaction(workspace) as session:
        customers.create(session, name="Ada", country="Peru", city="Lima", region="Coast", channel="Fair", gender="female",
                         education="Master", stage="former", birth_year=1980, yearly_income=35_000.5, since_on=date(2020, 2, 29),
                         custom_fields={"Seats": 3, "Ended": "2024-05-31", "Plan": "gold"})
        customers.create(session, name="Bo", kind="company", custom_fields={"Seats": 4, "Plan": " silver "})
        customers.create(session, name="Cy", custom_fields={"Seats": "2,5", "Zone": "B"})
        gone = customers.create(session, name="Di", custom_fields={"Hidden": "x"})
        customers.delete(session, gone, version=1)
    table = read(workspace)
    texts = ["kind", "channel", "country", "region", "city", "stage", "gender", "education"]
    assert table.columns.tolist() == ["customer_id", "since_on", *texts, "birth_year", "yearly_income", "custom.Ended",
                                      "custom.Plan", "custom.Seats", "custom.Zone"]
    kinds = table.dtypes.astype(str)
    assert set(kinds[[*texts, "custom.Plan", "custom.Zone"]]) == {"str"} and kinds["customer_id"] == "int64"
    assert set(kinds[["since_on", "custom.Ended"]]) == {"datetime64[us]"}
    assert set(kinds[["birth_year", "yearly_income", "custom.Seats"]]) == {"float64"}
    ada, bo, cy = table.to_dict("records")
    assert (ada["since_on"], ada["city"], ada["stage"], ada["yearly_income"]) == (pd.Timestamp(2020, 2, 29), "Lima", "former", 35_000.5)
    assert (ada["custom.Ended"], ada["custom.Seats"], bo["custom.Plan"], cy["custom.Seats"]) == (pd.Timestamp(2024, 5, 31), 3, "silver", 2.5)
    assert bo["kind"] == "company" and table.iloc[1][["since_on", "city", "birth_year", "custom.Ended", "custom.Zone"]].isna().all()


def test_no_customers_and_no_fields_give_an_empty_table(workspace):
    assert read(workspace).empty
    with db.transaction(workspace) as session:
        customers.create(session, name="Ada", custom_fields={"Nothing": ""})
    table = read(workspace)
    assert len(table) == 1 and table["custom.Nothing"].isna().all()


@pytest.mark.parametrize("contents", [
    ("2024-05-31", "2024-06-01"), ("31.5.2024", "01.06.2024"), ("31/05/2024", "1/6/2024"), ("5/31/2024", "6/1/2024"),
    ("2024/5/31", "2024/6/1"), ("2024年5月31日", "2024年6月1日"), ("2024-05-31T23:59:00Z", "2024-06-01 08:30:00.5"),
    ("31-05-2024", "01-06-2024"), ("2024.05.31", "2024.06.01"),
], ids=lambda contents: contents[0])
def test_days_are_read_as_people_write_them(kept, contents):
    assert kept(*contents, None, "").tolist() == [pd.Timestamp(2024, 5, 31), pd.Timestamp(2024, 6, 1), pd.NaT, pd.NaT]


def test_days_that_can_be_read_in_two_ways_stay_text(kept):
    assert kept("4/5/2024", "6/7/2024").tolist() == ["4/5/2024", "6/7/2024"]


def test_an_end_that_has_not_come_is_no_day(kept):
    found = kept("2024-05-31", "-", "n/a", "Open", "0000-00-00", "9999-12-31")
    assert found.isna().tolist() == [False, True, True, True, True, False] and found.dtype == "datetime64[us]"


def test_a_stray_word_makes_no_text_of_days_and_several_do(kept):
    many = kept(*["2024-05-31"] * 39, "unknown")
    assert many.dtype == "datetime64[us]" and many.isna().sum() == 1
    mixed = kept(*["2024-05-31", "soon", "31 May"], name="Mixed")
    assert mixed.dtype == "str" and mixed.dropna().tolist() == ["2024-05-31", "soon", "31 May"]


def test_what_is_no_day_of_the_calendar_is_none(kept):
    assert kept("2024-02-30", "2023-02-29").dtype == "str"


def test_a_yes_and_no_is_text_whatever_it_is_kept_as(kept):
    assert kept(True, False, None).tolist()[:2] == ["yes", "no"]
    assert kept(1, 0, 1.0, name="Flag").dropna().tolist() == ["1", "0", "1"]
    assert kept("Yes", "No", name="Churn").dropna().tolist() == ["Yes", "No"]


def test_numbers_are_those_of_customer_numbers(workspace):
    with db.transaction(workspace) as session:
        for place in range(6):
            customers.create(session, name=f"C{place}", birth_year=1950 + place, custom_fields={
                "Size": 30 + place, "Share": f"{place},5", "Code": f"00{place}", "Pair": place % 2})
    with db.reading(workspace) as session:
        fields, numbers = frames.customer_fields(session), frames.customer_numbers(session)
    own = [name for name in numbers if name.startswith("custom.")]
    assert own == ["custom.Share", "custom.Size"]
    pd.testing.assert_frame_equal(fields[["customer_id", "since_on", "birth_year", *own]],
                                  numbers[["customer_id", "since_on", "birth_year", *own]])
    assert fields["custom.Code"].tolist() == [f"00{place}" for place in range(6)]
    assert np.array_equal(fields["custom.Pair"], ["0", "1"] * 3)
