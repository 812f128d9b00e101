"""Frequent itemsets: three methods, one answer, and a stop before it explodes."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from fractions import Fraction
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.analytics import baskets
from crm.analytics.baskets import apriori, bits, counting, eclat, itemsets, pairs
from crm.analytics.baskets.collecting import Collector, TooMany
from crm.errors import Cancelled, InvalidInput

BASKETS = st.lists(st.sets(st.integers(1, 8), min_size=1), min_size=1, max_size=25)
quick = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def of(orders):
    """Baskets of these orders, and ten of products 1 and 2, so that there are enough; and the orders themselves."""
    orders = [*map(set, orders), *[{1, 2}] * 10]
    lines = [(number, product) for number, order in enumerate(orders) for product in sorted(order)]
    return baskets.of_pairs(*map(np.array, zip(*lines, strict=True))), orders


def found(made, **choice):
    """Names of the group -> orders."""
    result = baskets.frequent(made, **choice)
    names = made.names.to_dict()
    table = result.table()
    assert len(table) == len(result) and not table["items"].duplicated().any()
    return {tuple(sorted(int(names[item]) for item in items)): count
            for items, count in zip(table["items"], table["count"], strict=True)}


def counted(orders, min_count, max_length):
    """The same by looking at every part of every order."""
    parts = Counter(part for order in orders for length in range(1, max_length + 1)
                    for part in combinations(sorted(order), length))
    return {part: count for part, count in parts.items() if count >= min_count}


def crowd(seed=0, orders=1_500, products=30):
    """Orders of very different sizes in which neighbours like to lie together."""
    rng = np.random.default_rng(seed)
    size = np.minimum(1 + rng.geometric(0.12, orders), 25)
    first = rng.integers(0, products, orders)
    return [set(((first[row] + rng.random(size[row]) ** 2 * 16).astype(int) % products + 1).tolist()) for row in range(orders)]


@quick
@given(orders=BASKETS, min_count=st.integers(1, 20), max_length=st.integers(1, 5))
def test_all_methods_find_what_counting_every_part_finds(orders, min_count, max_length):
    made, orders = of(orders)
    expected = counted(orders, min_count, max_length)
    for method in baskets.METHODS:
        assert found(made, min_count=min_count, max_length=max_length, method=method) == expected


@settings(quick, max_examples=25)
@given(orders=BASKETS, min_count=st.integers(1, 10), max_length=st.integers(1, 5))
def test_all_methods_agree_with_mlxtend_to_the_itemset(orders, min_count, max_length):
    from mlxtend import frequent_patterns

    made, orders = of(orders)
    table = pd.DataFrame([dict.fromkeys(order, True) for order in orders]).notna()
    ours = {method: found(made, min_count=min_count, max_length=max_length, method=method) for method in baskets.METHODS}
    for reference in (frequent_patterns.apriori, frequent_patterns.fpgrowth):
        # Half an order below the threshold: the reference compares floats, and would lose groups exactly on it.
        share = (min_count - 0.5) / len(orders)
        theirs = reference(table, min_support=share, max_len=max_length, use_colnames=True)
        expected = {tuple(sorted(row.itemsets)): round(row.support * len(orders)) for row in theirs.itertuples()}
        assert all(one == expected for one in ours.values())


@settings(quick, max_examples=100)
@given(orders=st.integers(1, 1_000_000), data=st.data())
def test_a_share_that_is_a_whole_number_of_orders_means_just_that_number(orders, data):
    count = data.draw(st.integers(1, orders))
    assert itemsets.count_threshold(count / orders, orders=orders) == count


@pytest.mark.parametrize("share", ["0.07", "0.29", "0.57", "0.001", "0.333", "1"])
@pytest.mark.parametrize("orders", [100, 300, 1_000, 200_000])
def test_a_share_is_taken_as_it_is_written(share, orders):
    exact = Fraction(share) * orders
    assert itemsets.count_threshold(float(share), orders=orders) == max(1, -(-exact.numerator // exact.denominator))


def test_methods_agree_on_orders_of_all_sizes_however_the_work_is_cut(monkeypatch):
    made, orders = of(crowd())
    expected = found(made, min_count=15, max_length=5)
    assert len(expected) > 2_000 and max(map(len, expected)) == 5
    assert {group: expected[group] for group in expected if len(group) < 4} == counted(orders, 15, 3)
    for module, name, value in ((eclat, "CHUNK", 64), (apriori, "COUNTERS", 70), (apriori, "PROPOSALS", 50),
                                (pairs, "BLOCK", 500), (pairs, "SHORT", 0), (counting, "CELLS", 5_000), (counting, "CHUNK", 300)):
        monkeypatch.setattr(module, name, value)
    for method in baskets.METHODS:
        assert found(made, min_count=15, max_length=5, method=method) == expected


def test_the_counts_of_any_frequent_group_can_be_asked_for():
    made, orders = of(crowd(orders=200))
    result = baskets.frequent(made, min_count=5, max_length=4)
    for groups, counts in result.levels:
        assert (result.counts(groups) == counts).all() and (np.diff(groups, axis=1) > 0).all()


def test_an_order_holds_bits_for_its_products():
    rng = np.random.default_rng(1)
    held = rng.random((5, 200)) < 0.3
    sets, orders = np.nonzero(held)
    words = bits.pack(sets * bits.padded(200) + orders, sets=5, orders=200)
    assert words.shape == (4, 5) and (bits.ones(words) == held.sum(axis=1)).all()
    assert bits.ones(words[:, [0]] & words[:, [1]])[0] == (held[0] & held[1]).sum()


@pytest.mark.parametrize("short", [0, 1_000])
def test_pairs_hold_how_often_any_two_products_lie_together(monkeypatch, short):
    monkeypatch.setattr(pairs, "SHORT", short)
    made, orders = of(crowd(orders=300))
    together = baskets.pairs_of(made)
    expected = counted(orders, 1, 2)
    number = {int(name): place for place, name in enumerate(made.names)}
    table = together.together.toarray()
    assert together.together.has_canonical_format and (table == table.T).all() and together.orders == len(orders)
    for (a, *rest), count in expected.items():
        assert table[number[a], number[rest[0] if rest else a]] == count
    product = made.product_ids[3]
    others, counts = together.beside(product)
    assert dict(zip(others, counts, strict=True)) == {
        made.product_ids[place]: count for place, count in enumerate(table[3]) if place != 3 and count}
    assert (np.diff(counts) <= 0).all()
    assert (baskets.counts_beside(made, product) == table[3]).all()
    for ask in (together.beside, lambda unknown: baskets.counts_beside(made, unknown)):
        with pytest.raises(InvalidInput, match="No order holds this product"):
            ask(10_000)


@pytest.mark.parametrize("short", [0, 1_000])
def test_where_pairs_are_too_many_it_is_known_from_which_number_of_orders_on_they_are_not(monkeypatch, short):
    monkeypatch.setattr(pairs, "SHORT", short)
    monkeypatch.setattr(pairs, "BLOCK", 2_000)
    made, orders = of(crowd())
    table = made.table.tocsr()
    counts = np.sort([count for group, count in counted(orders, 1, 2).items() if len(group) == 2])[::-1]
    with pytest.raises(TooMany) as stopped:
        pairs.frequent_pairs(table, min_count=2, found=Collector(max_length=2, limit=100))
    at_least = stopped.value.at_least
    assert (counts >= at_least).sum() <= 100 < (counts >= at_least - 1).sum()


@pytest.mark.parametrize("method", baskets.METHODS)
def test_a_support_at_which_the_answer_explodes_is_refused_with_one_that_works(monkeypatch, method):
    monkeypatch.setattr(itemsets, "MAX_ITEMSETS", 2_000)
    monkeypatch.setattr(itemsets, "ADVISED", 500)
    made, _ = of(crowd())
    with pytest.raises(baskets.TooManyGroups, match=r"2,000 groups.* in 5 or more of 1,510 orders.* % \(\d+ orders\) works") as no:
        baskets.frequent(made, min_count=5, max_length=5, method=method)
    assert no.value.field == "min_support"
    result = baskets.frequent(made, min_count=no.value.min_count, max_length=5)
    assert 100 < len(result) <= 500 and f"gives {len(result)} groups" in str(no.value)


def test_where_no_support_helps_shorter_groups_are_advised():
    made = baskets.of_pairs(np.repeat(np.arange(30), 40), np.tile(np.arange(40), 30))
    with pytest.raises(baskets.TooManyGroups, match="groups of up to 3 products work: there are 10,700") as no:
        baskets.frequent(made, min_count=1, max_length=5)
    assert no.value.max_length == 3 and no.value.min_count is None


def test_the_search_stops_before_the_memory_is_full(monkeypatch):
    monkeypatch.setattr(pairs, "BLOCK", 500_000)
    rng = np.random.default_rng(3)
    made = baskets.of_pairs(np.repeat(np.arange(100), 300), rng.integers(0, 2_500, 30_000))
    tracemalloc.start()
    try:
        with pytest.raises(baskets.TooManyGroups):
            baskets.frequent(made, min_count=1, max_length=5)
        peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
    assert peak_mb < 60  # all 2,300,000 pairs at once need more


@pytest.mark.parametrize("method", baskets.METHODS)
def test_a_search_can_be_watched_and_stopped(method, monkeypatch):
    monkeypatch.setattr("crm.analytics.baskets.collecting.PAUSE", -1.0)
    made, _ = of(crowd(orders=300))
    seen = []
    baskets.frequent(made, min_count=5, method=method, progress=lambda share, stage: seen.append((share, stage)))
    assert seen and all(0 <= share <= 1 and stage for share, stage in seen)
    with pytest.raises(Cancelled):
        baskets.frequent(made, min_count=5, method=method, cancelled=lambda: True)


@pytest.mark.parametrize(("choice", "sentence"), [
    ({"min_support": 0}, "at least 1 is needed"),
    ({"min_support": -0.1}, "is -0.1; it lies above 0"),
    ({"min_support": 1.5}, "is 1.5; it lies above 0 and is at most 1"),
    ({"min_support": float("nan")}, "is nan; it lies above 0"),
    ({"min_support": 40}, "40 orders, and there are 35 only"),
    ({"min_support": 0.1, "max_length": 6}, "choose up to 5"),
    ({"min_support": 0.1, "method": "magic"}, "choose one of eclat, apriori, fpgrowth"),
    ({}, "either as a share or as a number"),
])
def test_impossible_choices_are_refused_with_what_to_choose(choice, sentence):
    made, _ = of([[3, 4]] * 25)
    with pytest.raises(InvalidInput, match=sentence):
        baskets.frequent(made, **choice)
