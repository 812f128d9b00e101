"""Sequences: what counts as bought next, beside what it is held, and what is found in shops whose truth is known."""

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from crm.analytics.baskets.sequences import sequences
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.baskets.shops import AS_OF, catalogue, lines_of, shuffled, visits

SURE = 0.05


@pytest.fixture(scope="module")
def planted():
    return visits(planted=(7, 30), customers=600)


def found(lines, *, products=None, **choice):
    return sequences(lines, catalogue() if products is None else products, as_of=AS_OF, **choice)


def surely(result):
    table = result.table
    return {(row.product_id, row.next_product_id) for row in table[(table["q_value"] <= SURE) & (table["lift"] > 1)].itertuples()}


def same(one, other):
    pd.testing.assert_frame_equal(one.table, other.table)
    pd.testing.assert_frame_equal(one.paths, other.paths)
    assert (one.customers, one.windows, one.pairs_tried, one.found) == (other.customers, other.windows, other.pairs_tried, other.found)


def slowly(lines, *, within_days):
    """Counted customer by customer in plain Python: {(a, b): (customers, then, expected beside all windows,
    usual share beside the others, days, other way)}."""
    last = np.datetime64(AS_OF, "D").astype(int)
    firsts = defaultdict(dict)
    for row in lines.itertuples():
        day = int(np.datetime64(row.ordered_on, "D").astype(int))
        firsts[row.customer_id][row.product_id] = min(day, firsts[row.customer_id].get(row.product_id, day))
    windows = []
    for bought in firsts.values():
        for day in sorted(set(bought.values())):
            if day + within_days <= last:
                windows.append((day, {b for b, at in bought.items() if at <= day},
                                {b for b, at in bought.items() if day < at <= day + within_days},
                                {b for b, at in bought.items() if at == day}))
    sizes = sorted(len(had) for _, had, _, _ in windows)
    edges = [sizes[len(sizes) // 3], sizes[2 * len(sizes) // 3]]

    def stratum(had, new):
        return sum(len(had) >= edge for edge in edges), min(int(np.log2(max(len(new), 1))), 6)

    bought, chances = defaultdict(float), defaultdict(float)
    products = sorted({product for own in firsts.values() for product in own})
    for _, had, new, _ in windows:
        for product in products:
            if product not in had:
                chances[stratum(had, new), product] += len(new)
                bought[stratum(had, new), product] += product in new
    result = {}
    for a in products:
        for b in products:
            inside = [(stratum(had, new), len(new), b in new) for _, had, new, opened in windows if a in opened and b not in had]
            expected = sum(n * bought[cell, b] / chances[cell, b] for cell, n, _ in inside if chances[cell, b])
            own_bought, own_chances = defaultdict(float), defaultdict(float)
            for cell, n, is_then in inside:
                own_bought[cell] += is_then
                own_chances[cell] += n
            others = {cell: (bought[cell, b] - own_bought[cell], chances[cell, b] - own_chances[cell])
                      for cell in {cell for cell, product in chances if product == b}}
            all_chances = sum(n for _, n in others.values())
            everywhere = sum(n for n, _ in others.values()) / all_chances if all_chances else 0
            usual = sum(n * (others[cell][0] / others[cell][1] if others[cell][1] > 0.5 else everywhere)
                        for cell, n, _ in inside if n)
            days = [own[b] - own[a] for own in firsts.values() if a in own and b in own
                    and 0 < own[b] - own[a] <= within_days and own[a] + within_days <= last]
            other = sum(0 < own[a] - own[b] <= within_days and own[b] + within_days <= last
                        for own in firsts.values() if a in own and b in own)
            result[a, b] = (len(inside), sum(is_then for *_, is_then in inside), expected,
                            min(usual / len(inside), 1) if inside else None, days, other)
    return result


@pytest.mark.parametrize(("seed", "within_days"), [(1, 60), (2, 200)])
def test_every_figure_agrees_with_counting_customer_by_customer(seed, within_days):
    lines = visits(customers=60, products=9, seed=seed)
    result = found(lines, within_days=within_days, min_customers=2)
    expected = slowly(lines, within_days=within_days)
    assert {pair for pair, figures in expected.items() if figures[1] >= 2} == set(
        zip(result.table["product_id"], result.table["next_product_id"], strict=True))
    assert len(result.table) > 20
    for row in result.table.itertuples():
        customers, then, mean, usual_share, days, other = expected[row.product_id, row.next_product_id]
        assert (row.customers, row.customers_then, row.customers_other_way) == (customers, then, other)
        assert row.share == then / customers
        assert row.usual_share == pytest.approx(usual_share)
        assert row.lift == pytest.approx(row.share / usual_share if usual_share else np.inf)
        assert row.p_value == pytest.approx(binom.sf(then - 1, customers, min(mean / customers, 1)))
        assert (row.days_low, row.days_median, row.days_high) == pytest.approx(tuple(np.percentile(days, [25, 50, 75])))


def test_paths_of_three_agree_with_counting(planted):
    rows = []
    for customer in range(1, 200):  # 101 then 102 then 103, each 20 days later, for a third of them
        rows += [(5000 + customer, 9000 + customer, 58, 400), (6000 + customer, 9000 + customer, 1, 300)]
        if customer % 3 == 0:
            rows += [(7000 + customer, 9000 + customer, 59, 380), (8000 + customer, 9000 + customer, 60, 358)]
    path = found(pd.concat([planted, lines_of(rows)], ignore_index=True)).paths.iloc[0]
    assert (path["product_id_1"], path["product_id_2"], path["product_id_3"]) == (58, 59, 60)
    assert (path["customers_two"], path["customers"], path["share"], path["days_median"]) == (66, 66, 1.0, 42.0)
    assert path["name_3"] == "Thing 60" and path["usual_share"] == 1.0


def test_a_planted_sequence_is_found_in_its_direction_only(planted):
    result = found(planted, within_days=30)
    assert surely(result) == {(7, 30)}
    row = result.table.iloc[0]
    assert (row["product_id"], row["next_product_id"]) == (7, 30)
    assert 0.45 < row["share"] < 0.75 and row["lift"] > 3
    assert 5 <= row["days_low"] <= row["days_median"] <= row["days_high"] <= 25
    assert row["customers_other_way"] < row["customers_then"] / 5


def test_nothing_is_found_where_products_are_dealt_at_random(planted):
    for seed in range(3):
        assert not surely(found(shuffled(planted, seed=seed), within_days=30, min_customers=2))


def test_customers_who_buy_much_are_no_sequence():
    lines = visits(heavy=80, seed=5)
    result = found(lines, min_customers=2)
    after_one = result.table[result.table["product_id"] == 1]
    assert len(after_one) > 10 and after_one["share"].mean() > 0.05
    assert not {pair for pair in surely(result) if pair[0] == 1}


def test_customers_not_observed_for_the_whole_window_are_not_counted():
    early = [(customer * 10 + place, customer, product, day) for customer in range(1, 41)
             for place, (product, day) in enumerate([(1, 300), (2, 290), (3, 200)])]
    late = [(9000 + customer * 10 + place, 500 + customer, product, day) for customer in range(1, 31)
            for place, (product, day) in enumerate([(1, 15), (2, 5)])]
    row = found(lines_of(early + late), within_days=30).table.set_index(["product_id", "next_product_id"]).loc[(1, 2)]
    assert (row["customers"], row["customers_then"]) == (40, 40)


def test_whoever_has_the_next_product_already_is_not_asked():
    rows = [(customer * 10 + place, customer, product, day) for customer in range(1, 61)
            for place, (product, day) in enumerate([(2, 300), (1, 250), (2, 240)] if customer <= 20
                                                   else [(1, 250), (2, 240)] if customer <= 50 else [(1, 250), (3, 249)])]
    row = found(lines_of(rows)).table.set_index(["product_id", "next_product_id"]).loc[(1, 2)]
    assert (row["customers"], row["customers_then"]) == (40, 30)


def test_the_same_day_is_no_sequence():
    rows = [(customer, customer, product, 300) for customer in range(1, 60) for product in (1, 2)]
    rows += [(1000 + customer, customer, 3, 250) for customer in range(1, 60)]
    assert set(zip(*found(lines_of(rows)).table[["product_id", "next_product_id"]].to_numpy().T, strict=True)) == {(1, 3), (2, 3)}


def test_purchases_after_as_of_change_nothing(planted):
    later = planted.head(500).assign(ordered_on=np.datetime64(AS_OF, "us") + np.timedelta64(1, "D"),
                                     order_id=lambda table: table["order_id"] + 10**6, product_id=lambda table: 61 - table["product_id"])
    same(found(planted), found(pd.concat([later, planted], ignore_index=True)))


def test_the_order_of_the_rows_changes_nothing_and_the_frame_is_left_alone(planted):
    before = planted.copy()
    same(found(planted), found(planted.sample(frac=1, random_state=4)))
    pd.testing.assert_frame_equal(planted, before)


def test_returns_fees_and_unknown_customers_are_not_counted(planted):
    others = [planted.assign(kind=kind, quantity=quantity, product_id=12, order_id=planted["order_id"] + 10**6)
              for kind, quantity in (("return", -1.0), ("sale", -1.0), ("cancellation", -1.0), ("adjustment", 1.0))]
    unknown = planted.assign(customer_id=0)
    postage = planted.assign(product_id=60)
    products = catalogue(fees=[60])
    same(found(planted, products=products), found(pd.concat([planted, *others, unknown, postage]), products=products))


def test_what_is_no_longer_sold_tells_about_sequences_but_may_not_be_offered(planted):
    row = found(planted, products=catalogue(discontinued=[30]), within_days=30).table.iloc[0]
    assert row["next_product_id"] == 30 and not row["next_recommendable"]


def test_the_smallest_number_of_customers_is_kept_exactly(planted):
    least = found(planted, min_customers=25).table["customers_then"]
    assert least.min() >= 25 and found(planted, min_customers=int(least.min())).found == (least >= 0).sum()


@pytest.mark.parametrize(("choice", "words"), [
    ({"within_days": 0}, "at least 1 day"), ({"min_customers": 1}, "choose 2 or more")])
def test_impossible_choices_are_explained(planted, choice, words):
    with pytest.raises(InvalidInput, match=words):
        found(planted, **choice)


@pytest.mark.parametrize(("rows", "words"), [
    ([], "there are 0"),
    ([(number, number, 1, number) for number in range(1, 50)], "two products or more"),
    ([(number, 1, number % 5 + 1, number) for number in range(1, 50)], "of 1 known customers with purchases 1 did"),
    ([(number, number, number % 5 + 1, 100) for number in range(1, 50)], "of 49 known customers with purchases 0 did")])
def test_too_little_is_said_with_its_numbers(rows, words):
    with pytest.raises(NotEnoughData, match=words):
        found(lines_of(rows))


def test_a_window_longer_than_the_data_asks_for_a_shorter_one(planted):
    with pytest.raises(NotEnoughData, match="cover 699 days. Choose a shorter window"):
        found(planted, within_days=5000)
