"""What goes with a product, and what leads to it: counted order by order, and beside what is usual."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom

from crm.analytics.baskets.goes_with import goes_with, leads_to
from crm.analytics.baskets.orders import of_pairs, read_baskets
from crm.analytics.baskets.rules import rules_of
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.baskets.shops import AS_OF, catalogue, lines_of


def orders(*, seed=0, n=300, products=12):
    """Random orders of one to six products in which 1 and 2 like to lie together."""
    rng = np.random.default_rng(seed)
    made = [set((rng.choice(products, rng.integers(1, 7), replace=False) + 1).tolist()) for _ in range(n)]
    return [basket | {1, 2} if number % 6 == 0 else basket for number, basket in enumerate(made)]


def baskets_of(made, **products):
    lines = lines_of([(number, number % 50, product, 10) for number, basket in enumerate(made, 1) for product in sorted(basket)])
    return read_baskets(lines, catalogue(**products), as_of=AS_OF)


def test_every_other_product_is_counted_order_by_order():
    made = orders()
    table = goes_with(baskets_of(made), 3, min_count=2)
    of = sum(3 in basket for basket in made)
    assert sorted(table["product_id"]) == [product for product in range(1, 13) if product != 3]
    for row in table.itertuples():
        count, other = sum({3, row.product_id} <= basket for basket in made), sum(row.product_id in basket for basket in made)
        assert (table.at[row.Index, "count"], row.of) == (count, of) and row.name == f"Thing {row.product_id}"
        assert row.confidence == count / of and row.usual_share == other / 300
        assert row.lift == pytest.approx(count * 300 / (of * other))
        assert row.p_value == pytest.approx(hypergeom.sf(count - 1, 300, of, other))
        assert row.q_value >= row.p_value and row.size_lift == pytest.approx(count / row.expected_count)


def test_all_that_leads_to_a_product_is_counted_order_by_order():
    made = orders()
    table = leads_to(baskets_of(made), 2, min_count=5).set_index("antecedents")
    expected = {group for length in (1, 2) for group in combinations([p for p in range(1, 13) if p != 2], length)
                if sum({*group, 2} <= basket for basket in made) >= 5}
    assert set(table.index) == expected and len(expected) > 40
    for group, row in table.iterrows():
        count, of = sum({*group, 2} <= basket for basket in made), sum(set(group) <= basket for basket in made)
        assert (row["count"], row["of"]) == (count, of) and row["confidence"] == count / of
        better = [part for part in combinations(group, len(group) - 1) if part and table.at[part, "confidence"] >= count / of]
        assert row["redundant"] == bool(better)
    assert set(leads_to(baskets_of(made), 2, max_length=2)["antecedents"].map(len)) == {1}


def test_the_planted_companion_leads_and_is_sure():
    baskets = baskets_of(orders(products=40))
    first = goes_with(baskets, 1).iloc[0]
    assert first["product_id"] == 2 and first["q_value"] < 1e-3 and first["size_q_value"] < 0.05
    assert leads_to(baskets, 1).iloc[0]["antecedents"] == (2,)
    assert (goes_with(baskets, 5)["size_q_value"] > 0.05).all()


def test_a_pair_has_one_verdict_in_every_list():
    baskets = baskets_of(orders(products=20))
    rules = rules_of(baskets, min_support=5, min_confidence=0.01, max_length=3).rules
    assert {True, False} == set(rules["size_q_value"] <= 0.05)
    of_rule = {(left, right): q for left, right, q in zip(rules["antecedents"], rules["consequents"], rules["size_q_value"], strict=True)}
    for product in range(1, 21):
        beside = goes_with(baskets, product).set_index("product_id")["size_q_value"]
        leading = leads_to(baskets, product).set_index("antecedents")["size_q_value"]
        for other, q_value in beside.items():
            assert q_value == pytest.approx(leading[(other,)]) == pytest.approx(of_rule[(product,), (other,)])
            assert q_value == pytest.approx(of_rule[(other,), (product,)])


def test_a_product_in_every_order_goes_with_nothing_in_particular():
    made = [basket | {40} for basket in orders()]
    table = goes_with(baskets_of(made), 40)
    assert table["lift"].to_numpy() == pytest.approx(1) and (table["p_value"] == 1).all() and (table["q_value"] == 1).all()


def test_large_orders_alone_make_nothing_sure():
    rng = np.random.default_rng(5)
    made = [set(rng.choice(np.arange(1, 61), 40 if number < 60 else 2, replace=False).tolist()) for number in range(1000)]
    table = goes_with(baskets_of(made), 1)
    assert (table["q_value"] < 0.05).all() and (table["lift"] > 4).all()  # what a plain lift would make of it
    assert (table["size_q_value"] > 0.05).all()


def test_what_is_no_longer_sold_is_told_but_marked():
    row = goes_with(baskets_of(orders(), discontinued=[2]), 1).iloc[0]
    assert row["product_id"] == 2 and not row["recommendable"]


def test_twice_the_same_answer_whatever_the_order_of_the_lines():
    made = orders()
    pd.testing.assert_frame_equal(goes_with(baskets_of(made), 1), goes_with(baskets_of(made), 1))
    lines = lines_of([(number, 1, product, 10) for number, basket in enumerate(made, 1) for product in sorted(basket)])
    both = [read_baskets(table, catalogue(), as_of=AS_OF) for table in (lines, lines.sample(frac=1, random_state=1))]
    pd.testing.assert_frame_equal(leads_to(both[0], 1), leads_to(both[1], 1))


def test_orders_after_as_of_change_nothing():
    lines = lines_of([(number, 1, product, 10) for number, basket in enumerate(orders(), 1) for product in sorted(basket)])
    later = lines.assign(order_id=lines["order_id"] + 1000, ordered_on=np.datetime64(AS_OF, "us") + np.timedelta64(1, "D"))
    both = [read_baskets(table, catalogue(), as_of=AS_OF) for table in (lines, pd.concat([lines, later]))]
    pd.testing.assert_frame_equal(goes_with(both[0], 1), goes_with(both[1], 1))


def test_a_table_of_ones_own_works_by_its_labels():
    baskets = of_pairs([number for number in range(20) for _ in range(2)], ["tea", "milk"] * 10 + ["tea", "cake"] * 10)
    tea = int(baskets.names[baskets.names == "tea"].index[0])
    assert set(goes_with(baskets, tea)["name"]) == {"milk", "cake"}


def test_a_product_that_nobody_bought_or_that_lies_alone_is_explained():
    baskets = baskets_of([*orders(), {30}, {30}, {30, 1}])
    with pytest.raises(InvalidInput, match="No order holds this product"):
        goes_with(baskets, 50)
    with pytest.raises(NotEnoughData, match="lies in 3 orders, 1 of them with anything else; 5 are needed"):
        leads_to(baskets, 30)
    with pytest.raises(InvalidInput, match="choose 2 or 3"):
        leads_to(baskets, 1, max_length=5)
    with pytest.raises(InvalidInput, match="choose 1 or more"):
        goes_with(baskets, 1, min_count=0)
