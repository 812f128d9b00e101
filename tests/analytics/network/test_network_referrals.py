"""What referrers brought: all generations, circles and all; and whether those brought differ from the rest."""

import itertools

import numpy as np
import pandas as pd
import pytest

from crm.analytics import network
from crm.errors import NotEnoughData
from tests.analytics.network.networks import AS_OF, analysed, of, orders


def links(*pairs: tuple[int, int]) -> pd.DataFrame:
    """(referrer, referred)."""
    return pd.DataFrame(pairs, columns=["to_id", "from_id"])


def brought(*pairs: tuple[int, int], spend=None) -> pd.DataFrame:
    return network.brought(links(*pairs), pd.Series(spend or {}, dtype=float)).set_index("customer_id")


def test_direct_and_later_generations_are_counted_apart():
    found = brought((1, 2), (1, 3), (2, 4), (4, 5), spend={2: 10, 3: 20, 4: 5, 5: 1, 1: 1000})
    assert found.loc[1, ["brought", "brought_in_all", "generations"]].tolist() == [2, 4, 3]
    assert found.loc[1, ["spend_of_brought", "value_brought"]].tolist() == [30, 36]
    assert found.loc[2, ["brought", "brought_in_all", "generations", "value_brought"]].tolist() == [1, 2, 2, 6]


def test_who_brought_nobody_is_not_in_the_table():
    assert brought((1, 2)).index.tolist() == [1]


def test_what_went_back_lowers_the_value():
    assert brought((1, 2), spend={2: -5.5}).loc[1, "value_brought"] == -5.5


def test_two_who_brought_each_other_count_each_other_once():
    found = brought((1, 2), (2, 1), (2, 3), spend={1: 10, 2: 20, 3: 5})
    assert found["is_in_circle"].tolist() == [True, True]
    assert found["brought_in_all"].tolist() == [2, 2] and found["value_brought"].tolist() == [25, 15]
    assert found["generations"].tolist() == [2, 1]


def test_whoever_brought_somebody_of_a_circle_is_not_in_it():
    found = brought((1, 2), (2, 3), (3, 1), (3, 9), (9, 10), (20, 21))
    assert found["is_in_circle"].to_dict() == {1: True, 2: True, 3: True, 9: False, 20: False}
    assert found.loc[3, ["brought_in_all", "generations"]].tolist() == [4, 2]
    assert found.loc[1, ["brought_in_all", "generations"]].tolist() == [4, 4]


def by_hand(pairs, spend):
    """The slow way: everybody who can be reached, and the longest line without meeting anybody twice."""
    children = {}
    for referrer, referred in pairs:
        children.setdefault(referrer, []).append(referred)

    def reached(start):
        found, waiting = set(), [start]
        while waiting:
            new = set(children.get(waiting.pop(), [])) - found
            found |= new
            waiting += new
        return found - {start}

    def longest(node, seen):
        return max((1 + longest(child, seen | {child}) for child in children.get(node, []) if child not in seen), default=0)

    return {node: (len(children[node]), len(reached(node)), sum(spend[one] for one in reached(node)),
                   longest(node, {node})) for node in children}


@pytest.mark.parametrize("seed", range(6))
def test_any_network_counts_as_by_hand(seed):
    draw = np.random.default_rng(seed)
    pairs = [(int(referrer), referred) for referred in range(1, 40) if (referrer := draw.integers(1, 40)) != referred
             and draw.random() < 0.9]
    spend = {node: float(draw.integers(-5, 100)) for node in range(1, 40)}
    found = brought(*pairs, spend=spend)
    wanted = by_hand(pairs, spend)
    got = {node: tuple(row) for node, row in found[["brought", "brought_in_all", "value_brought", "generations"]].iterrows()}
    assert got == wanted


def test_a_line_of_a_thousand_and_a_star_of_five_thousand():
    line = brought(*itertools.pairwise(range(1, 1_001)), spend=dict.fromkeys(range(1, 1_001), 1.0))
    assert line.loc[1, ["brought", "brought_in_all", "value_brought", "generations"]].tolist() == [1, 999, 999, 999]
    star = brought(*((1, other) for other in range(2, 5_002)), spend=dict.fromkeys(range(1, 5_002), 2.0))
    assert star.loc[1, ["brought", "brought_in_all", "value_brought", "generations"]].tolist() == [5_000, 5_000, 10_000, 1]


def test_a_circle_of_a_thousand_is_survived():
    ring = brought(*itertools.pairwise([*range(1, 1_001), 1]))
    assert ring["brought_in_all"].eq(999).all() and ring["generations"].eq(999).all()


def test_spend_is_counted_up_to_the_day_and_each_brought_customer_once():
    bought = orders((2, "2026-01-01", 100), (3, "2026-06-30", 50), (3, "2026-07-01", 900), (9, "2026-01-01", 350))
    result = analysed((1, 2), (2, 3), bought=bought)
    assert of(result, 1)["value_brought"] == 150 and of(result, 2)["value_brought"] == 50
    assert result.totals["spend_of_referred"] == 150 and result.totals["share_of_revenue"] == 0.3


def test_without_revenue_there_is_no_share_of_it():
    assert np.isnan(analysed((1, 2)).totals["share_of_revenue"])


def two_groups(referred_spend, other_spend, *, again=(5, 5), first_on="2025-01-01"):
    """Referred customers 101.., others 201..; the first `again` of each come back after a month."""
    later = pd.Timestamp(first_on) + pd.Timedelta(days=30)
    rows = []
    for start, spend, number in ((101, referred_spend, again[0]), (201, other_spend, again[1])):
        for place, amount in enumerate(spend):
            rows.append((start + place, first_on, amount))
            if place < number:
                rows.append((start + place, later, amount))
    return orders(*rows)


def compared(bought, referred=range(101, 201), as_of=AS_OF):
    return network.compare(bought, np.array(list(referred)), as_of=as_of)


def test_what_clearly_differs_is_told_from_chance():
    found = compared(two_groups([100.0] * 20, [10.0] * 30, again=(20, 3)))
    assert found.window_days == 365 and found.groups["customers"].tolist() == [20, 30]
    assert found.groups["mean_spend"].tolist() == [200, pytest.approx(11)]
    assert found.groups["repeat_rate"].tolist() == [1, 0.1]
    assert found.spend_difference[1] > 0 and found.repeat_difference[1] > 0


def test_equal_groups_are_not_told_apart():
    found = compared(two_groups(range(1, 21), range(1, 21)))
    assert found.spend_difference[1] < 0 < found.spend_difference[2]
    assert found.repeat_difference[0] == 0 and found.repeat_difference[1] < 0 < found.repeat_difference[2]


def test_only_the_same_time_after_the_first_order_is_compared():
    bought = two_groups([10.0] * 12, [10.0] * 12, again=(0, 0))
    much_later = orders(*((201 + place, "2026-06-01", 500) for place in range(12)))
    found = compared(pd.concat([bought, much_later], ignore_index=True))
    assert found.groups["mean_spend"].tolist() == [10, 10] and found.groups["repeat_rate"].tolist() == [0, 0]


def test_a_shorter_time_is_taken_where_few_have_lived_through_a_year():
    assert compared(two_groups([10.0] * 12, [10.0] * 12, first_on="2025-12-01")).window_days == 180
    assert compared(two_groups([10.0] * 12, [10.0] * 12, first_on="2026-03-01")).window_days == 90


def test_too_few_are_told_with_their_numbers():
    with pytest.raises(NotEnoughData, match="there are 9 and 12"):
        compared(two_groups([10.0] * 9, [10.0] * 12))


def test_too_few_to_compare_leave_the_rest_of_the_result():
    result = analysed((1, 2), bought=orders((2, "2025-01-01", 5)))
    assert result.comparison is None and "there are 1 and 0" in result.comparison_missing


def test_the_interval_of_a_mean_holds_its_mean_as_often_as_it_says():
    draw, held = np.random.default_rng(0), 0
    for place in range(60):
        spend = draw.exponential(100, 40)
        found = network.compare(two_groups(spend, spend), np.arange(101, 201), as_of=AS_OF, random_state=place)
        group = found.groups.iloc[1]
        held += group["mean_spend_low"] <= 100 * (1 + 5 / 40) <= group["mean_spend_high"]
    assert held >= 48


def test_many_customers_drawn_in_blocks_give_the_interval_of_the_formula():
    draw = np.random.default_rng(0)
    bought = two_groups(draw.exponential(100, 50), draw.exponential(100, 30_000), again=(0, 0))
    group = compared(bought).groups.iloc[1]
    half = 1.96 * bought.loc[bought["customer_id"] > 200, "net_amount"].std() / np.sqrt(30_000)
    assert (group["mean_spend_high"] - group["mean_spend_low"]) / 2 == pytest.approx(half, rel=0.15)
