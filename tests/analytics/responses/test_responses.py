"""Who answers: only askings whose time is over count, each customer once in a comparison, nothing after the day counts."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from crm.analytics import responses
from crm.errors import NotEnoughData

DAY = date(2026, 3, 31)


def asked(*rows) -> pd.DataFrame:
    """customer, invited, expires (None), answered (None)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "invited_at", "expires_on", "answered_at"])
    for name in ("invited_at", "expires_on", "answered_at"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    return frame.assign(survey_id=1, survey="After an order", ticket_id=0)


def many(n: int, *, share: float, first: int = 1, invited="2026-01-10") -> list[tuple]:
    hits = round(n * share)
    return [(first + place, invited, "2026-02-09", "2026-01-11" if place < hits else None) for place in range(n)]


def test_who_still_has_time_is_not_counted_even_when_answered_already():
    frame = asked((1, "2026-01-01", "2026-01-31", "2026-01-02"), (2, "2026-01-01", "2026-01-31", None),
                  (3, "2026-03-20", "2026-04-19", "2026-03-21"), (4, "2026-03-20", "2026-04-19", None))
    found = responses.measure(frame, as_of=DAY)
    assert (found.asked, found.answered, found.waiting, found.early) == (2, 1, 2, 1)
    assert found.share == 0.5 and found.median_days == 1


def test_what_never_expires_is_over_after_thirty_days():
    frame = asked((1, "2026-02-27", None, None), (2, "2026-03-02", None, None))
    found = responses.measure(frame, as_of=DAY)
    assert (found.asked, found.waiting) == (1, 1)


def test_an_answer_after_its_time_is_none():
    found = responses.measure(asked((1, "2026-01-01", "2026-01-31", "2026-02-05")), as_of=DAY)
    assert (found.asked, found.answered) == (1, 0) and np.isnan(found.median_days)


def test_the_last_day_of_a_link_still_counts():
    frame = asked((1, "2026-03-01", "2026-03-31", "2026-03-31 23:59"))
    assert responses.measure(frame, as_of=DAY).answered == 1
    with pytest.raises(NotEnoughData, match="there are 0, and 1 customers still"):
        responses.measure(frame.assign(expires_on=pd.Timestamp("2026-04-01")), as_of=DAY)


def test_later_rows_change_nothing():
    frame = asked(*many(40, share=0.3))
    later = asked((90, datetime(2026, 4, 2), "2026-04-03", "2026-04-02 12:00"))
    before, after = (responses.measure(one, as_of=DAY) for one in (frame, pd.concat([frame, later])))
    assert before.asked == after.asked and before.answered == after.answered
    pd.testing.assert_frame_equal(before.surveys, after.surveys)
    answered_later = frame.assign(answered_at=frame["answered_at"].fillna(pd.Timestamp("2026-04-01")))
    assert responses.measure(answered_later, as_of=DAY).answered == before.answered


def test_months_without_askings_have_no_share():
    found = responses.measure(asked((1, "2025-11-01", "2025-11-30", None), (2, "2026-01-05", "2026-02-01", None)), as_of=DAY)
    assert found.months["asked"].tolist() == [1, 0, 1] and found.months["share"].isna().tolist() == [False, True, False]


def test_silent_is_who_was_asked_thrice_and_never_answered():
    frame = asked(*[(7, f"2025-{month:02d}-01", f"2025-{month:02d}-20", None) for month in (1, 2, 3)],
                  *[(8, f"2025-{month:02d}-01", f"2025-{month:02d}-20", None) for month in (1, 2)],
                  *[(9, f"2025-{month:02d}-01", f"2025-{month:02d}-20", "2025-03-02" if month == 3 else None) for month in (1, 2, 3)])
    assert responses.measure(frame, as_of=DAY).silent["customer_id"].tolist() == [7]


def test_groups_that_differ_are_told_and_each_customer_counts_once_by_the_last_asking():
    frame = asked(*many(100, share=0.5), *many(100, share=0.1, first=101))
    older = asked(*[(customer, "2025-06-01", "2025-07-01", "2025-06-02") for customer in range(101, 201)])
    groups = pd.Series(["ready"] * 100 + ["shy"] * 100, index=range(1, 201))
    found = responses.compare(pd.concat([older, frame]), as_of=DAY, groups=groups)
    assert found.different and found.groups["group"].tolist() == ["ready", "shy"]
    assert found.groups["asked"].tolist() == [100, 100] and found.groups["answered"].tolist() == [50, 10]
    assert found.p_value < 1e-8 and found.cramers_v == pytest.approx(0.436, abs=0.001)


def test_chance_is_called_chance():
    random, called = np.random.default_rng(3), 0
    groups = pd.Series(["a"] * 150 + ["b"] * 150, index=range(1, 301))
    for _ in range(60):
        hits = random.random(300) < 0.25
        frame = asked(*[(place + 1, "2026-01-10", "2026-02-09", "2026-01-11" if hit else None) for place, hit in enumerate(hits)])
        called += responses.compare(frame, as_of=DAY, groups=groups).different
    assert called <= 8  # 3 are expected; more than 8 of 60 has a chance below .005


@pytest.mark.parametrize("share", [0, 1])
def test_everybody_or_nobody_is_nothing_to_compare(share):
    frame = asked(*many(20, share=share))
    with pytest.raises(NotEnoughData, match="nothing to compare"):
        responses.compare(frame, as_of=DAY, groups=pd.Series(["a"] * 10 + ["b"] * 10, index=range(1, 21)))


def test_one_group_and_groups_of_one_are_told():
    frame = asked(*many(20, share=0.5))
    for labels in (["a"] * 20, [str(place) for place in range(20)]):
        with pytest.raises(NotEnoughData, match="2 groups of 5"):
            responses.compare(frame, as_of=DAY, groups=pd.Series(labels, index=range(1, 21)))


def test_many_small_groups_are_joined():
    frame = asked(*many(400, share=0.5))
    labels = [f"g{place % 40:02d}" for place in range(400)]
    found = responses.compare(frame, as_of=DAY, groups=pd.Series(labels, index=range(1, 401)), others="The rest")
    assert len(found.groups) == 12 and "The rest" in set(found.groups["group"]) and found.groups["asked"].sum() == 400


def test_what_was_bought_after_the_asking_does_not_count_for_the_situation():
    frame = asked((1, "2026-01-10", None, None), (2, "2026-01-10", None, None), (3, "2026-01-10", None, None))
    orders = pd.DataFrame({"customer_id": [1, 1, 2], "ordered_on": pd.to_datetime(["2026-01-01", "2026-01-20", "2026-01-10"]).astype("datetime64[us]"),
                           "is_purchase": True, "net_amount": [10.0, 500.0, 20.0]})
    assert responses.last_order_then(frame, orders).to_dict() == {
        1: "Up to 30 days before", 2: "No order before", 3: "No order before"}
    assert responses.revenue_then(frame, orders)[2] == "No order before"


def test_the_pictures_hold_what_was_computed():
    found = responses.measure(asked(*many(100, share=0.4), *many(5, share=0.2, first=200, invited="2026-02-10")), as_of=DAY)
    assert [trace.name for trace in responses.charts.by_month(found).data] == ["", "Answered", "Fewer than 30 asked"]
    groups = responses.compare(asked(*many(100, share=0.4)), as_of=DAY, groups=pd.Series(["a"] * 50 + ["b"] * 50, index=range(1, 101)))
    assert list(responses.charts.by_group(groups, order=("a", "b")).data[0].y) == ["b", "a"]  # drawn from below
