"""Which orders are baskets, what is said where there are none, and what an order's size does to every pair in it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy.special import gammainc

from crm.analytics import baskets
from crm.analytics.baskets import order_size
from crm.analytics.baskets.significance import upper_tail
from crm.errors import InvalidInput, NotEnoughData

AS_OF = dt.date(2026, 6, 15)


def lines(orders, *, customers=None, days=None, kind="sale", quantity=1.0):
    """One line for each product of each order."""
    number = np.repeat(np.arange(len(orders)), [len(order) for order in orders])
    return pd.DataFrame({
        "order_id": number + 1,
        "customer_id": np.asarray(customers if customers is not None else np.ones(len(orders)), dtype=np.int64)[number],
        "product_id": np.array([product for order in orders for product in order], dtype=np.int64),
        "ordered_on": np.asarray(days if days is not None else ["2026-05-01"] * len(orders), dtype="datetime64[us]")[number],
        "kind": pd.Categorical([kind] * len(number), categories=["sale", "return"]),
        "quantity": quantity,
        "amount": 9.5 * quantity,
    })


def catalogue(*, fees=(), discontinued=()):
    ids = np.arange(1, 21)
    return pd.DataFrame({"product_id": ids, "name": [f"Product {index}" for index in ids], "is_fee": np.isin(ids, fees),
                         "recommendable": ~np.isin(ids, [*fees, *discontinued])})


def read(table, **choice):
    return baskets.read_baskets(table, choice.pop("products", catalogue()), as_of=AS_OF, **choice)


def test_an_order_has_its_day_its_customer_and_its_products_once():
    made = read(lines([[5, 3, 5], *[[3, 4]] * 10], customers=[7, *[0] * 10]))
    assert made.order_ids.tolist() == list(range(1, 12)) and made.product_ids.tolist() == [3, 4, 5]
    assert made.table[[0, 1]].toarray().tolist() == [[1, 0, 1], [1, 1, 0]]
    assert made.customer_ids[:2].tolist() == [7, 0] and (made.day == np.datetime64("2026-05-01")).all()
    assert made.names.to_dict() == {3: "Product 3", 4: "Product 4", 5: "Product 5"}
    assert (made.orders, made.mixed) == (11, 11)


def test_fees_are_no_goods_but_discontinued_products_are_and_are_marked():
    made = read(lines([[1, 2, 3]] * 10), products=catalogue(fees=[1], discontinued=[2]))
    assert made.product_ids.tolist() == [2, 3] and made.recommendable.tolist() == [False, True]
    older = catalogue(fees=[1], discontinued=[2]).drop(columns="is_fee")
    with pytest.raises(NotEnoughData, match="All 10 hold the same one product"):
        read(lines([[1, 2, 3]] * 10), products=older)


def test_a_period_some_customers_or_some_months_can_be_chosen():
    days = [f"2026-{month:02}-15" for month in range(1, 7)] * 10
    table = lines([[1, 2]] * 60, customers=np.arange(60) // 6, days=days)
    assert read(table).orders == 60
    assert read(table, since=dt.date(2026, 5, 15)).orders == 20
    assert read(table, months=(1, 12)).orders == 10
    assert set(read(table, customer_ids=[3, 4]).customer_ids) == {3, 4}
    part = baskets.only(read(table), read(table).customer_ids == 3)
    assert (part.orders, part.mixed, part.table.shape) == (6, 6, (6, 2))
    for choice, sentence in (({"months": (0,)}, "from 1 to 12"), ({"months": ()}, "one month or more"),
                             ({"since": dt.date(2026, 7, 1)}, "begins on 2026-07-01 and ends on 2026-06-15")):
        with pytest.raises(InvalidInput, match=sentence):
            read(table, **choice)


def test_what_is_missing_is_said_with_its_number():
    ten = "Basket rules need 10 orders with two products or more; there are"
    returns = lines([[1, 2]] * 12, kind="return", quantity=-2.0)
    for table, sentence in (
        (lines([[1]] * 50), f"{ten} 0. All 50 hold the same one product."),
        (lines([[1], [2]] * 25), f"{ten} 0. Each of the 50 holds one product only, so nothing was bought together."),
        (lines([[1, 2]] * 9), f"{ten} 9."),
        (lines([[1, 2]] * 9 + [[3]] * 1_000), f"{ten} 9. 1,000 more hold one product only."),
        (lines([[1, 2]] * 9)[:0], f"{ten} 0."),
        (returns, f"{ten} 0. None of the 24 lines is the sale of a product: returns, cancellations and fees do not count."),
    ):
        with pytest.raises(NotEnoughData) as said:
            read(table)
        assert str(said.value) == sentence
    with pytest.raises(NotEnoughData, match="There is no sale of a product in what was chosen"):
        read(lines([[1, 2]] * 20), months=(1,))


def test_returns_larger_than_purchases_take_no_order_away():
    bought = lines([[1, 2]] * 12)
    returned = lines([[1, 2]] * 12, kind="return", quantity=-5.0)
    assert read(pd.concat([bought, returned])).orders == 12


def test_one_customer_is_enough_and_a_product_in_every_order_does_no_harm():
    rng = np.random.default_rng(1)
    made = read(lines([[1, *(rng.choice(10, 3, replace=False) + 2)] for _ in range(60)]))
    rules = baskets.rules_of(made, min_support=2, min_confidence=0.01, max_length=3).rules
    with_everything = rules[[1 in right for right in rules["consequents"]]]
    assert len(with_everything) > 10 and (with_everything[["lift", "size_lift"]] == 1).all(axis=None)
    assert (with_everything["zhang"] == 0).all() and (with_everything["size_q_value"] == 1).all()


def test_a_table_of_ones_own_names_baskets_and_items_as_it_likes():
    basket = ["a", " a", "b", None, "b", "", *[f"c{index // 2}" for index in range(20)]]
    item = ["milk", "tea ", "tea", "tea", None, "milk", *["tea", "milk"] * 10]
    made = baskets.of_pairs(pd.Series(basket), pd.Series(item))
    assert made.names.to_dict() == {1: "milk", 2: "tea"} and made.table[:2].toarray().tolist() == [[1, 1], [0, 1]]
    assert np.isnat(made.day).all() and (made.customer_ids == 0).all() and (made.orders, made.mixed) == (12, 11)
    numbers = baskets.of_pairs(np.arange(40) // 2, [10.0, 9.0] * 20)
    assert numbers.names.tolist() == ["9", "10"]  # in the order of numbers, and written as they were
    assert len(baskets.rules_of(made, min_support=0.5).rules) == 2
    with pytest.raises(InvalidInput, match="3 lines and that of items 2"):
        baskets.of_pairs([1, 2, 3], [1, 2])


def shuffled_shop(seed):
    """Orders of very different sizes, filled at random: products are liked more or less, but never together."""
    rng = np.random.default_rng(seed)
    size = np.minimum(2 + (rng.pareto(1.1, 2_000)).astype(int), 60)
    weight = 1 / np.arange(1, 81) ** 0.6
    return baskets.of_pairs(np.repeat(np.arange(len(size)), size),
                            rng.choice(80, size.sum(), p=weight / weight.sum()))


def test_large_orders_make_everything_look_related_and_orders_of_their_size_show_that_it_is_not():
    result = baskets.rules_of(shuffled_shop(2), min_support=40, min_confidence=0.01, max_length=3)
    assert result.usual_lift > 1.8 and len(result.rules) > 200
    assert result.rules["lift"].median() > 1.4 and (result.rules["q_value"] < 0.05).mean() > 0.5
    assert abs(result.rules["size_lift"].median() - 1) < 0.15
    assert (result.rules["size_q_value"] < 0.05).sum() == 0


def test_a_true_companion_is_found_among_orders_of_all_sizes():
    made = shuffled_shop(3)
    row, column = made.table.nonzero()
    together = np.random.default_rng(1).choice(made.orders, 40, replace=False)
    made = baskets.of_pairs(np.concatenate([row, together, together]),
                            np.concatenate([column, np.full(40, 900), np.full(40, 901)]))
    rules = baskets.rules_of(made, min_support=20, min_confidence=0.01, max_length=2).rules
    sure = rules[rules["size_q_value"] < 0.05]
    assert set(sure["antecedent_names"]) == {("900",), ("901",)} and (sure["size_lift"] > 5).all()


def test_what_is_expected_adds_up_over_orders_of_the_same_size():
    made = shuffled_shop(4)
    sizes = order_size.OrderSizes(made.table)
    result = baskets.rules_of(made, min_support=60, min_confidence=0.01, max_length=3)
    group = order_size.size_classes(np.diff(made.table.indptr))
    held = made.table.toarray().astype(bool)
    place = {product: column for column, product in enumerate(made.product_ids)}
    for _, rule in result.rules.sample(20, random_state=0).iterrows():
        left, right = (held[:, [place[item] for item in rule[side]]].all(axis=1) for side in ("antecedents", "consequents"))
        expected = variance = 0.0
        for c in range(group.max() + 1):
            inside = group == c
            orders, a, b = inside.sum(), left[inside].sum(), right[inside].sum()
            factor = 1.0
            for one in rule["antecedents"]:
                crowded = sizes.sign[c] * sizes.pull[c, place[one]] * sizes.pull[c, place[rule["consequents"][0]]]
                factor = factor + crowded if sizes.sign[c] < 0 else factor * (1 + crowded)
            here = min(max(a * b / orders * factor, 0), a, b) * (sizes.largest[c] > len(rule["antecedents"]))
            expected, variance = expected + here, variance + here * (1 - a / orders) * (1 - b / orders) * orders / (orders - 1)
        assert rule["expected_count"] == pytest.approx(expected)
        assert rule["size_lift"] == pytest.approx(rule["count"] / expected)
        assert rule["size_p_value"] == pytest.approx(
            1 if rule["count"] <= expected - variance else gammainc(rule["count"] - expected + variance, variance), rel=1e-6, abs=1e-300)


def test_classes_of_size_are_wide_enough_and_never_split_a_size():
    rng = np.random.default_rng(5)
    size = 1 + rng.geometric(0.1, 3_000)
    group = order_size.size_classes(size)
    held = np.bincount(group)
    assert len(held) > 5 and held.min() >= order_size.FEWEST and (np.diff(group[np.argsort(size)]) >= 0).all()
    assert all(len(set(group[size == products])) == 1 for products in set(size))
    assert (order_size.size_classes(np.full(30, 4)) == 0).all() and order_size.usual_lift(np.full(30, 4)) == 0.75


def test_among_orders_of_one_size_caution_is_all_that_the_size_adds():
    both = np.arange(12, 40)
    ones = np.ones_like(both)
    exact = upper_tail(orders=400, with_a=60 * ones, with_b=70 * ones, both=both)
    expected = 60 * 70 / 400
    ours = order_size.size_tail(expected * ones, expected * (340 / 400) * (330 / 399) * ones, both)
    assert (ours >= exact)[exact < 0.1].all() and (ours <= 1).all() and ours == pytest.approx(exact, abs=0.02)


def small_shop(seed, *, planted):
    """120 orders of one to five of eight products, and in some of them two that like each other."""
    rng = np.random.default_rng(seed)
    weight = np.array([5, 5, 4, 4, 3, 3, 2, 2.0])
    made = []
    for number in range(120):
        order = set(rng.choice(8, rng.integers(1, 6), replace=False, p=weight / weight.sum()).tolist())
        if planted and 0 in order and number % 4:
            order = {*sorted(order - {6})[: max(len(order) - 1, 1)], 6}
        made.append(order)
    return baskets.of_pairs([n for n, order in enumerate(made) for _ in order], [item for order in made for item in sorted(order)])


def sure_rules(made):
    rules = baskets.rules_of(made, min_support=5, min_confidence=0.01, max_length=3).rules
    return rules[(rules["size_q_value"] <= 0.05) & (rules["size_lift"] > 1)]


def test_a_strong_pair_of_a_shop_of_eight_products_is_sure():
    for seed in range(5):
        found = sure_rules(small_shop(seed, planted=True))
        assert ("0",) in set(found.loc[found["consequents"] == (7,), "antecedent_names"]), seed


def test_a_shop_of_eight_products_without_preferences_yields_hardly_a_discovery():
    assert sum(len(sure_rules(small_shop(seed, planted=False))) > 0 for seed in range(40)) <= 2


@pytest.mark.parametrize("size", [2, 3, 5])
def test_all_pairs_together_are_expected_as_often_as_there_are_places_for_them(size):
    """And each product has as many neighbours as its orders have places beside it."""
    rng = np.random.default_rng(size)
    weight = np.array([5, 4, 3, 2, 2, 1, 1, 1.0])
    chosen = np.array([rng.choice(8, size, replace=False, p=weight / weight.sum()) for _ in range(200)])
    made = baskets.of_pairs(np.repeat(np.arange(200), size), chosen.ravel())
    sizes, one = order_size.OrderSizes(made.table), np.arange(8)
    held = sizes.held(made.table)
    for product in range(8):
        others = one[one != product]
        mean, variance = sizes.expected(np.array([[product]]), others[:, None], left_held=held[:, [product]],
                                        right_held=held[:, others])
        assert mean.sum() == pytest.approx(held[0, product] * (size - 1), rel=0.01) and (variance <= mean).all()


def test_in_orders_of_one_product_nothing_can_lie_together():
    made = baskets.of_pairs([*range(40), *np.repeat(np.arange(40, 60), 2)], [*[1, 2] * 20, *[1, 2] * 20])
    rule = baskets.rules_of(made, min_support=5).rules.iloc[0]
    assert rule["expected_count"] == rule["count"] == 20 and rule["size_p_value"] == 1
