"""Groups over time: the states are those of each day, borders hold at all of them, and nobody is lost on the way."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics.segments import history_charts
from crm.analytics.segments.features import customer_features
from crm.analytics.segments.history import ABSENT, GONE, NEW, history, period_ends
from crm.analytics.segments.names import RFM_GROUPS, SEGMENT_COLOURS, SEGMENT_ORDER
from crm.analytics.segments.rfm import Cuts, fifths, rfm_scores, rfm_segments
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.simulate import AS_OF, later_orders, orders_frame, shop_orders

OWN = Cuts((30, 90, 180, 365), (2, 3, 5, 10), (20.0, 100.0, 500.0, 1000.0))
NAMES = {group: group for group in (*RFM_GROUPS, NEW, GONE)}


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    return shop_orders(n_customers=120)[0]


def groups_on(orders, day, cuts) -> dict[int, str]:
    customers = customer_features(orders, as_of=day)
    return dict(zip(customers["customer_id"], rfm_segments(rfm_scores(customers, cuts=cuts)), strict=True))


@pytest.mark.parametrize("cuts", [None, OWN])
def test_every_moment_has_the_groups_of_that_day_by_the_same_borders(orders, cuts):
    found = history(orders, as_of=AS_OF, periods=6, cuts=cuts)
    borders = cuts or fifths(customer_features(orders, as_of=AS_OF))
    assert found.cuts == borders
    for place, day in enumerate(found.periods):
        expected = groups_on(orders, day, borders)
        there = found.codes[:, place] != ABSENT
        assert dict(zip(found.customer_ids[there].tolist(),
                        np.array(RFM_GROUPS)[found.codes[there, place]], strict=True)) == expected


def test_the_last_moment_has_todays_groups_exactly(orders):
    found = history(orders, as_of=AS_OF)
    today = groups_on(orders, AS_OF, None)
    assert {customer: found.of_customer(customer)["group"].iloc[-1] for customer in today} == today
    assert found.periods[-1] == AS_OF


def test_the_borders_of_fifths_give_the_marks_of_fifths_however_many_are_equal():
    rng = np.random.default_rng(0)
    for sizes in (rng.integers(0, 4, 300), np.r_[np.ones(80), rng.integers(2, 9, 23)], np.arange(50), np.ones(9)):
        customers = pd.DataFrame({"recency_days": sizes, "frequency": sizes, "monetary": sizes - 2.0})
        pd.testing.assert_frame_equal(rfm_scores(customers), rfm_scores(customers, cuts=fifths(customers)))


def test_sizes_and_flows_add_up_from_period_to_period(orders):
    found = history(orders, as_of=AS_OF, periods=5, every="month")
    sizes = found.sizes.set_index(["period", "group"])["customers"]
    assert len(found.sizes) == 5 * len(RFM_GROUPS)
    for before, period in zip(sizes.index.levels[0], sizes.index.levels[0][1:], strict=False):
        flows = found.flows[found.flows["period"] == period]
        arrived = flows.groupby("to_group")["customers"].sum().reindex(RFM_GROUPS, fill_value=0)
        left = flows[flows["from_group"] != NEW].groupby("from_group")["customers"].sum().reindex(RFM_GROUPS, fill_value=0)
        assert arrived.tolist() == sizes[period].reindex(RFM_GROUPS).tolist()
        assert left.tolist() == sizes[before].reindex(RFM_GROUPS).tolist()


def test_a_customer_is_followed_from_the_first_order_by_hand():
    others = [(customer, 500, 10.0) for customer in range(10, 20)]
    orders = orders_frame([*others, (1, 200, 50.0), (1, 15, 60.0)])
    found = history(orders, as_of=AS_OF, periods=12, every="month", cuts=OWN)
    course = found.of_customer(1)
    first = dt.date(2024, 12, 31) - dt.timedelta(days=200)
    assert course["period"].dt.date.tolist() == [day for day in found.periods if day >= first]
    # Once, 16, 47 and 78 days ago; 108, 139 and 169 days; then a second order, 15 days ago, makes two marks of orders and
    # three of money, 2.5 together: bought lately, not often yet.
    assert course["group"].tolist() == ["New", "New", "New", "Sleeping", "Sleeping", "Sleeping", "Promising"]
    assert found.of_customer(99).empty and found.of_customer(15)["group"].iloc[-1] == "Lost"


def test_who_is_silent_for_too_long_is_gone_and_may_return():
    others = [(customer, 60, 10.0) for customer in range(10, 20)]
    orders = orders_frame([*others, *((customer, 300, 10.0) for customer in range(10, 20)), (1, 350, 50.0), (1, 5, 9.0)])
    found = history(orders, as_of=AS_OF, periods=12, every="month", cuts=OWN, gone_after_days=100)
    assert found.of_customer(1)["group"].tolist().count(GONE) == 8  # from 30 April, after 105 days, to the end of November
    last = found.flows[found.flows["period"] == found.flows["period"].max()]
    assert last[last["from_group"] == GONE]["customers"].tolist() == [1]
    assert found.sizes[found.sizes["group"] == GONE]["customers"].max() == 11
    assert GONE not in set(history(orders, as_of=AS_OF, cuts=OWN).sizes["group"])


def test_moments_are_counted_back_and_those_before_the_first_order_left_out():
    assert [str(day) for day in period_ends(dt.date(2026, 3, 30), periods=3, every="month")] == [
        "2026-01-30", "2026-02-28", "2026-03-30"]
    assert [str(day) for day in period_ends(dt.date(2026, 2, 28), periods=3, every="month")] == [
        "2025-12-31", "2026-01-31", "2026-02-28"]
    orders = orders_frame([(customer, 100, 10.0) for customer in range(1, 13)])
    assert [str(day) for day in history(orders, as_of=AS_OF, periods=8).periods] == ["2024-09-30", "2024-12-31"]


def test_orders_after_as_of_change_nothing(orders):
    known, with_later = history(orders, as_of=AS_OF), history(later_orders(orders), as_of=AS_OF)
    pd.testing.assert_frame_equal(known.flows, with_later.flows)
    pd.testing.assert_frame_equal(known.sizes, with_later.sizes)
    assert (known.codes == with_later.codes).all() and (known.customer_ids == with_later.customer_ids).all()


def test_the_order_of_rows_changes_nothing_and_the_frame_stays_as_it_was(orders):
    untouched = orders.copy()
    first = history(orders, as_of=AS_OF)
    pd.testing.assert_frame_equal(orders, untouched)
    second = history(orders.sample(frac=1, random_state=1), as_of=AS_OF)
    assert (first.codes == second.codes).all() and first.cuts == second.cuts


@pytest.mark.parametrize(("rows", "told"), [
    ([(customer, 5, 1.0) for customer in range(9)], "10 customers who have bought; there are 9"),
    ([(customer, 5, 1.0) for customer in range(12)], "orders from before 30 Sep 2024; the first one is of 26 Dec 2024"),
    ([(customer, 5, -1.0) for customer in range(12)], "there are 0"),
])
def test_too_little_is_told_with_the_numbers(rows, told):
    with pytest.raises(NotEnoughData, match=told):
        history(orders_frame(rows), as_of=AS_OF)


def test_a_company_without_orders_is_told(orders):
    with pytest.raises(NotEnoughData, match="there are 0"):
        history(orders.iloc[:0], as_of=AS_OF)


@pytest.mark.parametrize("asked", [{"every": "week"}, {"periods": 1}, {"periods": 61}, {"gone_after_days": 0},
                                   {"cuts": ((1, 2, 3), None, None)}, {"cuts": ((4, 3, 2, 1), None, None)},
                                   {"cuts": ((1, 2, 3, float("nan")), None, None)}])
def test_wrong_choices_are_refused(orders, asked):
    with pytest.raises(InvalidInput):
        history(orders, as_of=AS_OF, **asked)


def test_a_credit_note_before_the_first_order_makes_no_customer():
    orders = orders_frame([*((customer, 400, 10.0) for customer in range(10, 20)), (1, 300, -5.0), (1, 20, 30.0)])
    found = history(orders, as_of=AS_OF, cuts=OWN)
    assert len(found.of_customer(1)) == 1


def test_one_whale_moves_nobody_else():
    rows = [(customer, day, 20.0) for customer in range(1, 30) for day in (300 + customer, 10 + customer)]
    with_whale = history(orders_frame([*rows, (99, 200, 1e7)]), as_of=AS_OF, cuts=OWN)
    without = history(orders_frame(rows), as_of=AS_OF, cuts=OWN)
    assert (with_whale.codes[:-1] == without.codes).all()


def test_groups_have_one_order_and_a_colour_each():
    assert [group for group in SEGMENT_ORDER if group in RFM_GROUPS] == list(RFM_GROUPS)
    assert set(RFM_GROUPS) <= set(SEGMENT_COLOURS)


def test_bars_show_every_group_in_its_colour_and_all_customers(orders):
    found = history(orders, as_of=AS_OF)
    bars = history_charts.sizes_over_time(found, names={**NAMES, "Lost": "Away"})
    assert [trace.name for trace in bars.data] == [*RFM_GROUPS[:-1], "Away"]
    assert [trace.meta["meaning"] for trace in bars.data] == [SEGMENT_COLOURS[group] for group in RFM_GROUPS]
    assert sum(sum(trace.y) for trace in bars.data) == found.sizes["customers"].sum()
    shares = history_charts.sizes_over_time(found, names=NAMES, by="share")
    assert np.allclose(np.sum([trace.y for trace in shares.data], axis=0), 1)


def test_streams_carry_all_moves_in_the_colours_of_their_groups(orders):
    found = history(orders, as_of=AS_OF, gone_after_days=200)
    figure = history_charts.moves(found, names={**NAMES, "new": "Not yet a customer"})
    last = found.flows[found.flows["period"] == found.flows["period"].max()]
    streams = [trace for trace in figure.data if trace.type == "scatter"]
    assert len(streams) == len(last)
    said = {(one.text.split(" → ")[0]): one.meta["meaning"] for one in streams}
    assert said["Champions"] == SEGMENT_COLOURS["Champions"] and said["gone"] == "past"
    left, right = (trace for trace in figure.data if trace.type == "bar")
    there = [group for group in RFM_GROUPS if group in set(last["to_group"])]
    assert right.meta["meaning"][:len(there)] == [SEGMENT_COLOURS[group] for group in there]
    assert sum(int(text.split(": ")[1].replace(",", "")) for text in left.text) == last["customers"].sum()
    earlier = history_charts.moves(found, names=NAMES, period=found.flows["period"].min())
    assert any("new" in (trace.text or "") for trace in earlier.data if trace.type == "scatter")
