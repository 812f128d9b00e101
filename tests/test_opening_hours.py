"""When is something due: within opening hours, over weekends and holidays, on the nights when clocks are changed?"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from crm import opening_hours
from crm.errors import InvalidInput
from crm.opening_hours import always, due, open_hours_between

OFFICE = [[(540, 1020)]] * 5 + [[], []]  # Monday to Friday, 9 to 17
BERLIN, SANTIAGO = "Europe/Berlin", "America/Santiago"


def office(**others):
    return opening_hours.calendar(OFFICE, zone=BERLIN, **others)


def one(calendar, opened_at: datetime, hours: float):
    return due(calendar, [opened_at], [hours])[0].astype(object)


def by_minutes(calendar, opened_at: datetime, hours: float) -> datetime:
    """The same, counted minute by minute as the clocks on the wall show them."""
    zone = ZoneInfo(calendar.zone)
    moment, left = opened_at.replace(tzinfo=zone).astimezone(UTC), round(hours * 60)
    while left:
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        is_open = local.date() not in calendar.closed and any(
            begin <= minute < end for begin, end in calendar.week[local.weekday()])
        left -= is_open
        moment += timedelta(minutes=1)
    return moment.astimezone(zone).replace(tzinfo=None)


@pytest.mark.parametrize(("opened_at", "hours", "expected"), [
    (datetime(2026, 3, 4, 10), 4, datetime(2026, 3, 4, 14)),
    (datetime(2026, 3, 4, 15), 4, datetime(2026, 3, 5, 11)),  # the rest counts the next morning
    (datetime(2026, 3, 6, 16, 30), 1, datetime(2026, 3, 9, 9, 30)),  # over a weekend
    (datetime(2026, 3, 7, 12), 1, datetime(2026, 3, 9, 10)),  # opened while closed: counted from the next opening
    (datetime(2026, 3, 4, 9), 8, datetime(2026, 3, 4, 17)),  # used up at closing time, not the next morning
    (datetime(2026, 3, 4, 20), 0, datetime(2026, 3, 4, 20)),  # nothing to wait for
    (datetime(2026, 3, 4, 10), 40.5, datetime(2026, 3, 11, 10, 30)),
    (datetime(2026, 3, 4, 10, 0, 0, 7), 0.5, datetime(2026, 3, 4, 10, 30, 0, 7)),
])
def test_hours_count_while_the_company_is_open(opened_at, hours, expected):
    assert one(office(), opened_at, hours) == expected


def test_days_without_service_do_not_count():
    closed = office(closed=[date(2026, 12, 24), date(2026, 12, 25)])
    assert one(closed, datetime(2026, 12, 23, 16), 2) == datetime(2026, 12, 28, 10)
    assert open_hours_between(closed, [datetime(2026, 12, 23, 16)], [datetime(2026, 12, 28, 10)]).tolist() == [2.0]


def test_without_closing_the_time_that_really_passes_counts():
    day_and_night = always(BERLIN)
    assert one(day_and_night, datetime(2026, 3, 28, 20), 8) == datetime(2026, 3, 29, 5)  # an hour is missing
    assert one(day_and_night, datetime(2026, 10, 24, 20), 8) == datetime(2026, 10, 25, 3)  # an hour comes twice
    lengths = open_hours_between(day_and_night, [datetime(2026, 3, 29), datetime(2026, 10, 25), datetime(2026, 5, 1)],
                                 [datetime(2026, 3, 30), datetime(2026, 10, 26), datetime(2026, 5, 2)])
    assert lengths.tolist() == [23.0, 25.0, 24.0]


def test_a_time_that_never_was_is_taken_for_the_one_that_clocks_showed():
    day_and_night = always(BERLIN)
    assert one(day_and_night, datetime(2026, 3, 29, 2, 30), 1) == one(day_and_night, datetime(2026, 3, 29, 3, 30), 1)
    night = opening_hours.calendar([[(120, 180)]] * 7, zone=BERLIN)  # open from two to three, which is left out that night
    assert open_hours_between(night, [datetime(2026, 3, 28, 12)], [datetime(2026, 3, 30, 12)]).tolist() == [1.0]


def test_a_time_that_came_twice_is_the_first_of_the_two():
    day_and_night = always(BERLIN)
    assert open_hours_between(day_and_night, [datetime(2026, 10, 25, 2, 30)], [datetime(2026, 10, 25, 3)]).tolist() == [1.5]


@pytest.mark.parametrize(("zone", "around"), [
    (BERLIN, datetime(2026, 3, 27)), (BERLIN, datetime(2026, 10, 23)), ("America/New_York", datetime(2026, 11, 1)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4)),  # clocks move by half an hour
    (SANTIAGO, datetime(2026, 9, 5)), ("America/Havana", datetime(2026, 10, 31)),  # midnight itself is left out, or comes twice
    ("Asia/Kathmandu", datetime(2026, 5, 1)),
])
@pytest.mark.parametrize("week", [OFFICE, [[(0, 360), (1320, 1440)]] * 7, [[(0, 1440)]] * 7], ids=["office", "nights", "always"])
def test_it_is_what_counting_minutes_on_the_clock_gives(zone, around, week):
    calendar = opening_hours.calendar(week, closed=[around.date() + timedelta(days=4)], zone=zone)
    random = np.random.default_rng(7)
    opened = [around + timedelta(minutes=int(minutes)) for minutes in random.integers(0, 5 * 1440, 6)]
    hours = random.choice([0.25, 1, 3, 9], 6)
    found = due(calendar, opened, hours).astype(object).tolist()
    assert found == [by_minutes(calendar, moment, each) for moment, each in zip(opened, hours, strict=True)]


def test_between_opening_and_deadline_lie_the_hours_promised():
    random = np.random.default_rng(3)
    calendar = opening_hours.calendar([[(480, 720), (780, 1080)]] * 4 + [[(480, 720)], [], []],
                                      closed=[date(2026, 5, 1), date(2025, 12, 25)], zone=BERLIN)
    opened = np.datetime64("2025-10-01", "us") + random.integers(0, 400 * 86_400, 5_000).astype("timedelta64[s]")
    hours = random.choice([0.5, 4, 8, 40], 5_000)
    ends = due(calendar, opened, hours)
    # But where it is due within the hour that comes twice, for local time does not tell which of the two is meant.
    assert np.allclose(open_hours_between(calendar, opened, ends), hours)
    assert (ends >= opened).all()
    assert np.allclose(open_hours_between(calendar, ends, opened), -hours)


def test_what_cannot_be_reckoned_is_due_never():
    calendar = office()
    never = opening_hours.calendar([[]] * 7)
    assert np.isnat(due(calendar, [None, datetime(9999, 12, 31), datetime(2026, 3, 4)], [1, 1, float("nan")])).all()
    assert never.is_never_open and np.isnat(due(never, [datetime(2026, 3, 4)], 1)).all()
    assert open_hours_between(never, [datetime(2026, 3, 4)], [datetime(2027, 3, 4)]).tolist() == [0.0]
    assert np.isnan(open_hours_between(calendar, [None], [datetime(2026, 3, 4)])).all()
    assert len(due(calendar, [], [])) == 0


def test_one_promise_serves_many_tickets():
    assert due(office(), [datetime(2026, 3, 4, 10), datetime(2026, 3, 4, 11)], 1).astype(object).tolist() == [
        datetime(2026, 3, 4, 11), datetime(2026, 3, 4, 12)]


def test_openings_are_sorted_and_joined_where_they_touch():
    calendar = opening_hours.calendar([[(780, 1080), (480, 780)]] + [[]] * 6)
    assert calendar.week[0] == ((480, 1080),) and calendar.week_hours == 10


@pytest.mark.parametrize(("week", "sentence"), [
    ([[(540, 1020)]] * 5, "A week has seven days; opening hours of 5 were given."),
    ([[(1020, 540)]] * 7, "It cannot be open from 17:00 to 09:00; an opening ends after it begins, at 24:00 at the latest."),
    ([[(0, 1441)]] * 7, "It cannot be open from 00:00 to 24:01"),
    ([[(540, 720), (700, 1020)]] * 7, "Openings overlap: one lasts until 12:00, the next begins at 11:40."),
])
def test_openings_that_cannot_be_are_refused(week, sentence):
    with pytest.raises(InvalidInput, match=sentence.replace(".", r"\.")):
        opening_hours.calendar(week)


def test_what_cannot_be_promised_is_refused():
    with pytest.raises(InvalidInput, match="no time zone"):
        opening_hours.calendar(OFFICE, zone="Berlin")
    with pytest.raises(InvalidInput, match="below 0 hours"):
        due(office(), [datetime(2026, 3, 4)], [-1])
    with pytest.raises(InvalidInput, match="longer than a lifetime"):
        due(opening_hours.calendar([[(0, 1)]] + [[]] * 6), [datetime(2026, 3, 4)], [2_000])
