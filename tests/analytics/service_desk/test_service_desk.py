"""How soon, how late, how many wait, what about: rules of the service desk's figures."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from crm.analytics import service_desk as desk
from crm.analytics.service_desk import charts, promises, waiting
from crm.errors import InvalidInput, NotEnoughData

AS_OF = date(2026, 3, 10)
TEXTS = ("kind", "priority", "status", "topic", "channel", "agent")
MOMENTS = ("opened_at", "first_answered_at", "resolved_at", "reopened_at", "answer_due_at", "solution_due_at")


def tickets(*rows: dict) -> pd.DataFrame:
    usual = {"customer_id": 1, "order_id": 0, "kind": "inquiry", "priority": "normal", "status": "open", "topic": None, "channel": None,
             "agent": None, **dict.fromkeys(MOMENTS), "times_reopened": 0, "cost": np.nan}
    frame = pd.DataFrame([{"ticket_id": place + 1, **usual, **row} for place, row in enumerate(rows)])
    return frame.astype({**dict.fromkeys(TEXTS, "str"), **dict.fromkeys(MOMENTS, "datetime64[us]")})


def opened(day: str, hours_to_answer=None, hours_to_solution=None, **more) -> dict:
    begin = pd.Timestamp(day)
    after = {name: begin + pd.Timedelta(hours=hours) for name, hours in (
        ("first_answered_at", hours_to_answer), ("resolved_at", hours_to_solution)) if hours is not None}
    status = "resolved" if hours_to_solution is not None else "answered" if hours_to_answer is not None else "open"
    return {"opened_at": begin, "status": status, **after, **more}


def many(n: int = 400, seed: int = 0, days: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    begin = np.datetime64("2025-05-15", "us") + (np.sort(random.random(n)) * days * 86_400e6).astype("timedelta64[us]")
    answered = begin + (random.exponential(6, n) * 3_600e6).astype("timedelta64[us]")
    solved = answered + (random.exponential(40, n) * 3_600e6).astype("timedelta64[us]")
    again = random.random(n) < 0.1
    return tickets(*({
        "opened_at": a, "first_answered_at": b, "resolved_at": pd.NaT if late else c, "reopened_at": c if late else pd.NaT,
        "times_reopened": int(late), "status": "reopened" if late else "resolved", "answer_due_at": a + np.timedelta64(8, "h"),
        "solution_due_at": a + np.timedelta64(72, "h"), "kind": ("complaint", "inquiry")[k], "topic": ("Late", "Broken", None)[t],
        "agent": ("Ada", "Bob")[k], "customer_id": t + 1, "cost": 5.0 if t == 0 else np.nan}
        for a, b, c, late, k, t in zip(begin, answered, solved, again, random.integers(0, 2, n), random.integers(0, 3, n), strict=True)))


def test_complete_waits_have_the_ordinary_median_and_ticket_nine_of_ten():
    hours = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    found = desk.speed(desk.desk_of(tickets(*(opened("2026-03-01 10:00", each) for each in hours)), as_of=AS_OF)).answer
    assert (found.n, found.done, found.waiting, found.unknown) == (10, 10, 0, 0)
    assert found.median == pytest.approx(5.5) and found.ninety == pytest.approx(9.5) and found.few
    assert found.median_low < 5.5 < found.median_high


def test_who_still_waits_counts_as_at_least_so_long():
    quick = [opened("2026-03-01 10:00", 1) for _ in range(4)]
    waits = [opened("2026-03-05 10:00") for _ in range(6)]
    found = desk.speed(desk.desk_of(tickets(*quick, *waits), as_of=AS_OF)).answer
    # Of the answered alone the median would be one hour; more than half of all are not answered after days.
    assert found.median is None and found.ninety is None and (found.done, found.waiting) == (4, 6)


def test_quantiles_of_censored_waits_are_those_of_the_product_limit_estimate():
    # Kaplan-Meier by hand: 1 of 5 at 1 (.8), 2 leaves, 1 of 3 at 3 (.5333), 1 of 2 at 4 (.2667), 5 waits.
    waits = desk.tickets.Waits(np.array([3.0, 1, 2, 5, 4]), np.array([True, True, False, False, True]), np.zeros(5, bool),
                               np.array([1, 2, 0, 4, 3]))
    found = waiting.waited(waits, np.ones(5, bool))
    assert found.median == 4 and found.ninety is None and found.median_low == 1


def test_the_intervals_of_the_median_hold_what_they_promise():
    random, inside = np.random.default_rng(1), 0
    for _ in range(300):
        event, leaves = random.exponential(10, 60), random.uniform(0, 40, 60)
        hours, done = np.minimum(event, leaves), event <= leaves
        found = waiting.waited(desk.tickets.Waits(hours, done, np.zeros(60, bool), np.argsort(hours)), np.ones(60, bool))
        inside += found.median_low <= 10 * np.log(2) <= (found.median_high or np.inf)
    assert 0.91 <= inside / 300 <= 0.985


def test_groups_get_the_same_figures_as_each_alone():
    frame = many()
    found = desk.by_group(desk.desk_of(frame, as_of=AS_OF), by="agent").groups.set_index("group")
    alone = desk.speed(desk.desk_of(frame[frame["agent"] == "Ada"], as_of=AS_OF))
    ada = found.loc["Ada"]
    assert ada["tickets"] == alone.tickets and ada["solution_median"] == alone.solution.median
    assert ada["answer_ninety"] == alone.answer.ninety and ada["solution_share"] == alone.solution_kept.share
    assert ada["reopened_share"] == alone.reopened_share


def test_groups_that_are_solved_equally_soon_are_not_told_apart_and_slow_ones_are():
    frame = many()
    assert not desk.by_group(desk.desk_of(frame, as_of=AS_OF), by="agent").different
    slow = frame["agent"] == "Ada"
    frame.loc[slow, "resolved_at"] += pd.Timedelta(hours=60)
    found = desk.by_group(desk.desk_of(frame, as_of=AS_OF), by="agent")
    assert found.different and found.p_value < 0.001
    assert np.isnan(desk.by_group(desk.desk_of(frame, as_of=AS_OF), by="priority").p_value)  # one group


def test_a_promise_counts_when_its_day_has_passed_and_not_before():
    due = {"answer_due_at": pd.Timestamp("2026-03-02 12:00")}
    ahead = {"answer_due_at": pd.Timestamp("2026-03-11 12:00")}
    rows = [opened("2026-03-01 10:00", 2, **due), opened("2026-03-01 10:00", 40, **due), opened("2026-03-01 10:00", **due),
            opened("2026-03-10 10:00", 1, **ahead), opened("2026-03-10 10:00", **ahead), opened("2026-03-01 10:00", 1)]
    found = desk.speed(desk.desk_of(tickets(*rows), as_of=AS_OF)).answer_kept
    assert (found.n, found.kept) == (3, 1) and found.low < 1 / 3 < found.high
    # On the day itself, an hour before the deadline, nothing is late yet.
    early = desk.desk_of(tickets(rows[0], rows[2]), as_of=date(2026, 3, 2), moment=datetime(2026, 3, 2, 11))
    assert desk.speed(early).answer_kept.share is None and desk.backlog(early).late == 0
    late = desk.desk_of(tickets(rows[0], rows[2]), as_of=date(2026, 3, 2), moment=datetime(2026, 3, 2, 13))
    assert desk.speed(late).answer_kept.share == 0.5 and desk.backlog(late).late == 1


def test_wilsons_interval_is_the_published_one():
    assert [round(float(end), 4) for end in promises.wilson(8, 10)] == [0.4902, 0.9433]


def test_what_was_done_at_a_moment_nobody_wrote_down_is_left_out_and_told():
    rows = [opened("2026-03-01 10:00", 2, 5), {"opened_at": pd.Timestamp("2026-03-01"), "status": "resolved"},
            {"opened_at": pd.Timestamp("2026-03-01"), "status": "answered"}]
    here = desk.desk_of(tickets(*rows), as_of=AS_OF)
    found, waits = desk.speed(here), desk.backlog(here)
    assert (found.answer.n, found.answer.unknown) == (1, 2) and (found.solution.n, found.solution.unknown) == (2, 1)
    assert waits.waiting == 1 and waits.no_solution_time == 1
    assert waits.ages["answered"].sum() == 1 and waits.ages["unanswered"].sum() == 0


def test_where_most_moments_are_not_on_record_no_time_is_told_of_all_or_of_a_group():
    silent = {"opened_at": pd.Timestamp("2026-03-01 10:00"), "resolved_at": pd.Timestamp("2026-03-03 10:00"), "status": "resolved"}
    rows = [opened("2026-03-01 10:00", 2, 5, agent="Ada")] * 2 + [{**silent, "agent": "Bob"}] * 2
    here = desk.desk_of(tickets(*rows), as_of=AS_OF)
    assert desk.speed(here).answer.is_told and desk.speed(here).answer.median == 2
    groups = desk.by_group(here, by="agent").groups.set_index("group")
    assert groups.loc["Ada", "answer_median"] == 2 and np.isnan(groups.loc["Bob", "answer_median"])
    assert groups.loc["Bob", "solution_median"] == 48
    mostly = desk.speed(desk.desk_of(tickets(*rows, {**silent, "agent": "Ada"}), as_of=AS_OF))
    assert not mostly.answer.is_told and mostly.answer.median is None and mostly.answer.median_low is None
    assert (mostly.answer.n, mostly.answer.unknown, mostly.solution.median) == (2, 3, 48)
    assert mostly.course["answer_median"].isna().all()


def test_a_solution_in_time_keeps_the_promise_of_an_answer_that_nobody_wrote_down():
    row = {"opened_at": pd.Timestamp("2026-03-01 10:00"), "resolved_at": pd.Timestamp("2026-03-01 11:00"), "status": "resolved",
           "answer_due_at": pd.Timestamp("2026-03-01 12:00")}
    found = desk.speed(desk.desk_of(tickets(row, {**row, "resolved_at": pd.Timestamp("2026-03-01 14:00")}), as_of=AS_OF)).answer_kept
    assert (found.n, found.kept, found.unknown) == (1, 1, 1)


def test_a_ticket_that_came_back_waits_again_and_counts_as_reopened():
    again = opened("2026-03-01 10:00", 1, 5, reopened_at=pd.Timestamp("2026-03-04"), times_reopened=1, status="reopened")
    both = tickets(again, {**again, "resolved_at": None}, opened("2026-03-01 10:00", 1, 5))
    found = desk.desk_of(both, as_of=AS_OF)
    assert desk.backlog(found).waiting == 2 and desk.backlog(found).ages["reopened"].sum() == 2
    assert (desk.speed(found).ever_solved, desk.speed(found).reopened) == (3, 2)
    before = desk.desk_of(both.iloc[[0]], as_of=date(2026, 3, 3))  # it was solved then, and not yet back
    assert desk.backlog(before).waiting == 0


def test_the_backlog_is_what_came_less_what_was_solved():
    frame = many()
    found = desk.backlog(desk.desk_of(frame, as_of=AS_OF)).days
    assert found["waiting"].iloc[-1] == (frame["resolved_at"].isna() | (frame["resolved_at"] >= "2026-03-11")).sum()
    assert (found["waiting"].diff().iloc[1:] == (found["opened"] - found["solved"]).iloc[1:]).all()
    part = desk.backlog(desk.desk_of(frame, as_of=AS_OF), since=date(2026, 1, 1)).days
    assert part.equals(found[found["day"] >= "2026-01-01"].reset_index(drop=True))


def test_tickets_are_counted_on_their_weekday_in_their_hour_and_those_without_one_apart():
    rows = [opened("2026-03-09 14:59"), opened("2026-03-09 14:00"), opened("2026-03-08 23:10"), opened("2026-03-07")]
    found = desk.volume(desk.desk_of(tickets(*rows), as_of=AS_OF))
    assert found.hours[0, 14] == 2 and found.hours[6, 23] == 1 and found.hours.sum() == 3 and found.without_hour == 1
    assert found.weekdays.tolist() == [2, 0, 0, 0, 0, 1, 1]
    assert found.every == "week" and found.by_kind["tickets"].sum() == 4


def test_a_course_names_every_week_and_the_part_of_one():
    found = desk.speed(desk.desk_of(many(), as_of=AS_OF), since=date(2026, 1, 7))
    assert found.every == "week" and found.course["begins"].iloc[0] == pd.Timestamp("2026-01-05")
    assert not found.course["is_complete"].iloc[0] and not found.course["is_complete"].iloc[-1]
    assert found.course["is_complete"].iloc[1:-1].all() and found.course["tickets"].sum() == found.tickets
    assert found.before is not None and found.before.since == date(2025, 11, 5)
    assert desk.speed(desk.desk_of(many(), as_of=AS_OF), since=date(2025, 6, 1)).before is None  # tickets do not reach back


@pytest.mark.parametrize("figure", [desk.speed, desk.backlog, desk.volume, desk.complaints])
def test_what_happened_later_changes_nothing(figure):
    day = date(2026, 1, 10)
    frame = many()
    end = pd.Timestamp("2026-01-11")
    known = frame[frame["opened_at"] < end].copy()
    for name in ("first_answered_at", "resolved_at", "reopened_at"):
        # Another moment, but just as far ahead.
        known[name] = known[name].where(known[name] < end, known[name] + pd.Timedelta(days=400))
    one, other = (figure(desk.desk_of(table, as_of=day)) for table in (frame, known))
    for name, content in vars(one).items():
        if isinstance(content, pd.DataFrame):
            pd.testing.assert_frame_equal(content, getattr(other, name))
        else:
            np.testing.assert_equal(content, getattr(other, name))


def test_the_sequence_of_rows_changes_nothing_and_the_callers_table_stays():
    frame = many()
    before = frame.copy()
    one = desk.complaints(desk.desk_of(frame, as_of=AS_OF), since=date(2025, 10, 1))
    other = desk.complaints(desk.desk_of(frame.sample(frac=1, random_state=3), as_of=AS_OF), since=date(2025, 10, 1))
    pd.testing.assert_frame_equal(one.topics, other.topics)
    pd.testing.assert_frame_equal(frame, before)


def complaint(day: str, **more) -> dict:
    return opened(day, kind="complaint", **more)


def test_topics_of_complaints_that_grew_more_than_chance_explains_are_told():
    # In the 60 days now: 20 late, 5 broken; in the 60 days before: 3 late, 4 broken.
    now = [complaint("2026-02-20", topic="Late")] * 20 + [complaint("2026-02-21", topic="Broken", customer_id=2)] * 5
    before = [complaint("2025-12-20", topic="Late")] * 3 + [complaint("2025-12-21", topic="Broken")] * 4
    found = desk.complaints(desk.desk_of(tickets(opened("2025-06-01"), *now, *before), as_of=AS_OF), since=date(2026, 1, 10))
    late, broken = found.topics.iloc[0], found.topics.iloc[1]
    assert (late["topic"], late["complaints"], late["before"], late["direction"]) == ("Late", 20, 3, "more")
    assert late["p_value"] == pytest.approx(2 * sum([1, 23, 253, 1771]) / 2**23)  # Binomial(23, 1/2) up to 3, twice
    assert broken["direction"] == "" and (found.complaints, found.before, found.customers) == (25, 7, 2)
    short = desk.complaints(desk.desk_of(tickets(*now), as_of=AS_OF), since=date(2026, 1, 10))
    assert short.before is None and (short.topics["direction"] == "").all()


def lines(*rows: tuple) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["order_id", "customer_id", "product_id", "ordered_on", "kind", "amount"])
    return frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"]).astype("datetime64[us]"), quantity=1.0,
                        kind=pd.Categorical(frame["kind"], ["sale", "return", "cancellation", "fee", "adjustment"]))


def test_what_complaints_cost_is_what_was_noted_and_what_went_back_each_amount_once():
    rows = [complaint("2026-02-01", order_id=7, topic="Broken", cost=4.0), complaint("2026-02-10", order_id=7, topic="Broken"),
            complaint("2026-02-01", customer_id=2, order_id=9, topic="Late")]
    sold = lines((7, 1, 5, "2026-01-20", "sale", 50.0), (7, 1, 6, "2026-01-20", "sale", 30.0),
                 (8, 1, 5, "2026-02-12", "return", -50.0),   # the same goods, a week later
                 (11, 1, 4, "2026-02-12", "return", -99.0),  # other goods
                 (12, 1, 6, "2026-01-25", "return", -30.0),  # before anybody complained
                 (13, 1, 0, "2026-02-13", "adjustment", -5.0), (14, 1, 5, "2026-05-30", "return", -50.0),
                 (9, 2, 5, "2026-01-20", "sale", 50.0), (9, 2, 5, "2026-01-20", "return", -50.0))
    paid = pd.DataFrame({"order_id": [9, 9, 7], "paid_on": pd.to_datetime(["2026-02-05", "2026-01-25", "2026-02-20"]),
                         "amount": [-60.0, -60.0, -10.0]})
    found = desk.complaints(desk.desk_of(tickets(*rows), as_of=AS_OF), lines=sold, payments=paid)
    by_topic = found.topics.set_index("topic")
    assert by_topic.loc["Broken", "given_back"] == 55 and by_topic.loc["Broken", "cost"] == 59  # 10 paid back are part of the 55
    assert by_topic.loc["Late", "given_back"] == 60 and np.isnan(by_topic.loc["Late", "noted_cost"])
    assert (found.noted_cost, found.noted, found.given_back, found.of_orders) == (4.0, 1, 115.0, 3)


def test_nothing_to_look_at_is_told_with_its_number():
    with pytest.raises(NotEnoughData, match="there are 0"):
        desk.desk_of(tickets(opened("2026-04-01")), as_of=AS_OF)
    with pytest.raises(NotEnoughData, match="there are 0"):
        desk.desk_of(pd.DataFrame(), as_of=AS_OF)
    here = desk.desk_of(tickets(opened("2026-03-01")), as_of=AS_OF)
    for ask in (lambda: desk.complaints(here), lambda: desk.volume(here, since=date(2026, 3, 5)), lambda: desk.by_group(here, by="agent")):
        with pytest.raises(NotEnoughData, match="0"):
            ask()
    with pytest.raises(InvalidInput, match="choose one of agent"):
        desk.by_group(here, by="customer")


def test_older_tables_without_the_newer_columns_and_one_lonely_ticket_survive():
    frame = tickets(opened("2026-03-01 09:00", 2, 3))
    old = frame[["ticket_id", "customer_id", "kind", "priority", "status", "opened_at", "first_answered_at", "resolved_at"]]
    here = desk.desk_of(old, as_of=AS_OF)
    found = desk.speed(here)
    assert found.answer.median == 2 and found.answer_kept.share is None and found.reopened_share == 0
    assert desk.volume(here).tickets == 1 and desk.backlog(here).oldest_days is None


@pytest.mark.parametrize("since", [date(2026, 1, 7), date(2025, 6, 1), None])
def test_a_time_axis_shows_its_whole_period_and_names_nothing_twice(since):
    rows = [opened("2025-06-15 10:00")] * 5 + [opened("2026-03-02 10:00", 2, 5)] * 5
    found = desk.speed(desk.desk_of(tickets(*rows), as_of=AS_OF), since=since)
    axis = charts.course(found, "answer", names=("Half", "Range")).layout.xaxis
    form = "%d %b" if found.every == "week" else "%b %Y"
    names = [tick.strftime(form) for tick in axis.tickvals]
    assert found.course["answer_median"].notna().sum() == 1 and 1 < len(names) <= charts.FEW_TICKS and len(set(names)) == len(names)
    assert axis.range[0] < found.course["begins"].iloc[0] and axis.range[1] > found.course["begins"].iloc[-1]


def test_pictures_mean_something_and_name_what_they_show():
    here = desk.desk_of(many(), as_of=AS_OF)
    found, waits, comes = desk.speed(here, since=date(2025, 9, 1)), desk.backlog(here), desk.volume(here)
    about = desk.complaints(here)
    names = {"inquiry": "Questions", "complaint": "Complaints", "service_request": "Requests"}
    drawn = [charts.waiting(waits), charts.course(found, "answer", names=("Half", "Range")), charts.promises(found, names=("A", "B")),
             charts.ages(waits, names={"unanswered": "No answer", "answered": "Answered", "reopened": "Back"}, bands=list("abcde")),
             charts.kinds(comes, names=names), charts.hours(comes), charts.topics(about, names={"": "None", "Late": "Late", "Broken": "Broken"})]
    for figure in drawn:
        assert figure.data and not figure.layout.title.text
        assert all("meaning" in trace.meta or "scale" in trace.meta for trace in figure.data)
