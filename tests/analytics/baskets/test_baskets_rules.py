"""Baskets: which orders count, which groups are frequent, and what a rule says."""

from __future__ import annotations

import datetime as dt
import sys
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from crm.analytics import baskets
from crm.analytics.baskets.false_discovery import corrected
from crm.analytics.baskets.rules import zhang
from crm.analytics.baskets.significance import upper_tail
from crm.errors import InvalidInput

AS_OF = dt.date(2026, 6, 15)
module = sys.modules["crm.analytics.baskets.rules"]  # the package's own name for it is the function
KINDS = ["sale", "return", "cancellation", "fee", "adjustment"]


def lines(orders, *, customer=1, on="2026-05-01", kind="sale", first_order=1, quantity=1.0):
    """One line for each product of each order."""
    order_id = np.repeat(np.arange(first_order, first_order + len(orders)), [len(order) for order in orders])
    return pd.DataFrame(
        {
            "order_id": order_id.astype(np.int64),
            "customer_id": np.int64(customer),
            "product_id": np.array([product for order in orders for product in order], dtype=np.int64),
            "ordered_on": np.datetime64(on, "us"),
            "kind": pd.Categorical([kind] * len(order_id), categories=KINDS),
            "quantity": quantity,
            "amount": 9.5 * quantity,
        }
    )


def catalogue(count=60, *, not_recommendable=()):
    ids = np.arange(1, count + 1)
    return pd.DataFrame(
        {
            "product_id": ids,
            "code": [f"P{index}" for index in ids],
            "name": [f"Product {index}" for index in ids],
            "category": None,
            "price": 9.5,
            "recommendable": ~np.isin(ids, list(not_recommendable)),
        }
    )


# Ten orders: 1 and 2 lie together in three of them, 1 in exactly ten, so that 1 -> 2 has a confidence of 0.3.
TEN = [[1, 2], [1, 2], [1, 2], [1, 3], [1, 4], [1, 5], [1, 6], [1, 7], [1, 8], [1, 9]]


def mine(orders, **choice):
    choice = {"min_support": 1, "min_confidence": 0.01} | choice
    return baskets.rules(lines(orders), catalogue(), as_of=AS_OF, **choice)


def same(left, right):
    for name in ("rules", "pairs", "itemsets"):
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name))
    assert (left.baskets, left.rules_tried) == (right.baskets, right.rules_tried)


def shop(seed=0, orders=300, products=25):
    """Random orders in which 1, 2 and 3 like to lie together."""
    rng = np.random.default_rng(seed)
    made = [list(rng.choice(products, rng.integers(1, 6), replace=False) + 1) for _ in range(orders)]
    return [order + [1, 2, 3] if index % 6 == 0 else order for index, order in enumerate(made)]


def rule_of(result, antecedents, consequent):
    """The one rule with these sides, or None."""
    table = result.rules
    found = table[
        table["antecedents"].map(lambda items: items == antecedents)
        & table["consequents"].map(lambda items: items == (consequent,))
    ]
    return None if found.empty else found.iloc[0]


def test_a_rule_exactly_on_the_confidence_stays():
    assert rule_of(mine(TEN, min_confidence=0.3), (1,), 2) is not None
    assert rule_of(mine(TEN, min_confidence=0.31), (1,), 2) is None


@pytest.mark.parametrize("support", [0.3, 3, np.int64(3)])
def test_a_group_exactly_on_the_support_stays(support):
    result = mine(TEN, min_support=support)
    assert result.min_count == 3
    assert (1, 2) in set(result.itemsets["items"]) and len(result.pairs) == 1


def test_a_rules_figures_follow_from_its_counts():
    rule = rule_of(mine(TEN, min_confidence=0.3), (1,), 2)
    assert rule["antecedent_names"] == ("Product 1",) and rule["consequent_name"] == "Product 2"
    assert (rule["antecedent_count"], rule["consequent_count"], rule["count"]) == (10, 3, 3)
    assert (rule["support"], rule["confidence"], rule["lift"]) == (0.3, 0.3, 1.0)
    assert rule["leverage"] == pytest.approx(0) and rule["conviction"] == pytest.approx(1)
    back = rule_of(mine(TEN), (2,), 1)
    assert back["confidence"] == 1 and back["conviction"] == np.inf


@pytest.mark.parametrize(("support", "length", "right", "method"), [
    (0.02, 3, 1, "eclat"), (0.05, 5, 1, "apriori"), (6, 4, 2, "fpgrowth"), (9, 4, 3, "eclat")])
def test_groups_and_rules_agree_with_mlxtend(support, length, right, method):
    from mlxtend.frequent_patterns import association_rules, fpgrowth

    orders = shop()
    result = mine(orders, min_support=support, max_length=length, min_confidence=0.2, max_consequents=right, method=method)
    table = pd.DataFrame([dict.fromkeys(order, True) for order in orders]).notna()
    share = support if isinstance(support, float) else (support - 0.5) / len(orders)
    reference = fpgrowth(table, min_support=share, max_len=length, use_colnames=True)
    ours = dict(zip(result.itemsets["items"], result.itemsets["support"], strict=True))
    theirs = {tuple(sorted(row.itemsets)): row.support for row in reference.itertuples()}
    assert ours == pytest.approx(theirs) and len(ours) > 30
    # The reference divides floats and so loses rules exactly on the threshold; a hair below keeps them.
    rules = association_rules(reference, metric="confidence", min_threshold=0.2 - 1e-9)
    rules = rules[rules["consequents"].map(len) <= right]
    measures = ["support", "confidence", "lift", "leverage", "conviction"]
    expected = {
        (tuple(sorted(row["antecedents"])), tuple(sorted(row["consequents"]))): row[[*measures, "zhangs_metric"]].tolist()
        for _, row in rules.iterrows()
    }
    found = {
        (row["antecedents"], row["consequents"]): row[[*measures, "zhang"]].tolist() for _, row in result.rules.iterrows()
    }
    assert found.keys() == expected.keys() and len(found) > 5 and max(len(key[1]) for key in found) == right
    keys = sorted(found)
    np.testing.assert_allclose(np.array([found[key] for key in keys], dtype=float),
                               np.array([expected[key] for key in keys], dtype=float), atol=1e-12)


@pytest.mark.parametrize(("a", "c", "both", "expected"), [(5, 5, 5, 1), (5, 5, 0, -1), (4, 5, 2, 0), (10, 5, 5, 0)])
def test_zhangs_metric_runs_from_never_to_always_together(a, c, both, expected):
    assert zhang(np.array([a]), np.array([c]), np.array([both]), orders=10)[0] == expected


def test_a_planted_group_is_found_first():
    rng = np.random.default_rng(4)
    orders = [list(rng.choice(np.arange(10, 50), 3, replace=False)) for _ in range(400)]
    orders = [order + [5, 6, 7] if index % 20 == 0 else order for index, order in enumerate(orders)]
    result = mine(orders, min_support=0.03, min_confidence=0.5)
    assert set(result.rules["antecedents"] + result.rules["consequents"]) <= {
        (a, b, *rest) for a, b, *rest in [(5, 6), (6, 5), (5, 7), (7, 5), (6, 7), (7, 6)]
    } | {(5, 6, 7), (5, 7, 6), (6, 7, 5)}
    assert len(result.rules) == 9 and (result.rules["confidence"] == 1).all()
    assert (result.rules["q_value"] < 1e-9).all()


def test_a_product_in_every_order_says_nothing_about_the_others():
    orders = [[1, *order] for order in shop(products=20)]
    orders = [[product + 1 if index else 1 for index, product in enumerate(order)] for order in orders]
    rules = mine(orders, min_support=0.05, max_length=2).rules
    with_everyone = rules[rules["consequents"].map(lambda items: items == (1,))]
    assert len(with_everyone) > 5
    assert (with_everyone["lift"] == 1).all() and (with_everyone["p_value"] == 1).all()


def test_chance_is_the_hypergeometric_tail():
    from scipy.stats import hypergeom

    rng = np.random.default_rng(2)
    a, b = rng.integers(1, 300, 200), rng.integers(1, 300, 200)
    both = np.array([rng.integers(max(0, x + y - 400), min(x, y) + 1) for x, y in zip(a, b, strict=True)])
    ours = upper_tail(orders=400, with_a=a, with_b=b, both=both)
    assert ours == pytest.approx(hypergeom.sf(both - 1, 400, a, b), rel=1e-8, abs=1e-14)


def test_q_values_correct_for_every_rule_that_could_have_been_found():
    from scipy.stats import false_discovery_control

    all_tried = mine(shop(), min_support=0.02, min_confidence=1e-6)
    kept = mine(shop(), min_support=0.02, min_confidence=0.4)
    assert kept.rules_tried == all_tried.rules_tried == len(all_tried.rules) > len(kept.rules) > 0
    one, two = ((all_tried.itemsets["length"] == length).sum() for length in (1, 2))
    assert kept.rules_judged == all_tried.rules_judged == one * (one - 1) + two * (one - 2) > kept.rules_tried
    longer = (all_tried.rules["antecedents"].map(len) > 1).to_numpy()
    for p, q, these in (("p_value", "q_value", np.ones(len(longer), dtype=bool)), ("size_p_value", "size_q_value", longer)):
        never_seen_together = np.ones(all_tried.rules_judged - all_tried.rules_tried)
        expected = false_discovery_control(np.concatenate([all_tried.rules[p], never_seen_together]))
        assert all_tried.rules[q].to_numpy()[these] == pytest.approx(expected[: all_tried.rules_tried][these])
    both = kept.rules.merge(all_tried.rules, on=["antecedents", "consequents"])
    assert both["q_value_x"].equals(both["q_value_y"])


@pytest.mark.parametrize(("support", "above_one"), [(2, 500), (4, 10)])
def test_shuffled_baskets_yield_hundreds_of_lifts_but_no_discoveries(support, above_one):
    """A high support shows the most extreme pairs only; to correct for just those would call them all sure."""
    rng = np.random.default_rng(8)
    orders = [list(rng.choice(200, 5, replace=False) + 1) for _ in range(1_000)]
    rules = baskets.rules(lines(orders), catalogue(200), as_of=AS_OF, min_support=support, min_confidence=1e-6,
                          max_length=2).rules
    assert (rules["lift"] > 1).sum() > above_one
    assert (rules["q_value"] < 0.05).sum() == (rules["size_q_value"] < 0.05).sum() == 0
    assert (corrected(rules["p_value"], tried=len(rules)) < 0.05).all() == (support > 2)


def test_returns_cancellations_fees_and_unlisted_products_are_no_baskets():
    counted = lines(shop())
    others = [
        lines([[1, 2, 3]] * 40, kind=kind, first_order=5000 + 100 * place, quantity=quantity)
        for place, (kind, quantity) in enumerate(
            [("return", -1.0), ("cancellation", -1.0), ("fee", 1.0), ("adjustment", 1.0), ("sale", -1.0)]
        )
    ]
    postage = lines([[59, order[0]] for order in shop()[:100]]).assign(product_id=lambda table: 59)
    products = catalogue(not_recommendable=[59])
    plain = baskets.rules(counted, products, as_of=AS_OF, min_support=0.02)
    noisy = baskets.rules(pd.concat([counted, *others, postage]), products, as_of=AS_OF, min_support=0.02)
    same(plain, noisy)


def test_anonymous_orders_count():
    known, unknown = lines(TEN), lines(TEN, customer=0, first_order=100)
    both = baskets.rules(pd.concat([known, unknown]), catalogue(), as_of=AS_OF, min_support=1)
    assert both.baskets == 20


def test_a_product_twice_in_an_order_counts_once():
    same(
        mine(shop()),
        baskets.rules(
            pd.concat([lines(shop()), lines(shop())]),
            catalogue(),
            as_of=AS_OF,
            min_support=1,
            min_confidence=0.01,
        ),
    )


def test_orders_after_as_of_change_nothing():
    past = pd.concat([lines(shop()), lines(TEN, on="2026-06-15", first_order=1000)])
    later = lines([[1, 9]] * 50, on="2026-06-16", first_order=2000)
    same(
        baskets.rules(past, catalogue(), as_of=AS_OF, min_support=2),
        baskets.rules(pd.concat([later, past]), catalogue(), as_of=AS_OF, min_support=2),
    )


def test_the_order_of_rows_is_irrelevant_and_the_frame_is_left_alone():
    table = lines(shop())
    before = table.copy()
    first = baskets.rules(table, catalogue(), as_of=AS_OF, min_support=2)
    pd.testing.assert_frame_equal(table, before)
    mixed = table.sample(frac=1, random_state=1)
    same(first, baskets.rules(mixed, catalogue()[::-1], as_of=AS_OF, min_support=2))


def test_no_rule_is_an_empty_table_not_an_error():
    result = mine([[2 * index + 1, 2 * index + 2] for index in range(15)], min_support=2)
    assert result.rules.empty and result.pairs.empty and result.rules_tried == 0
    assert "lift" in result.rules.columns and result.baskets == 15


@pytest.mark.parametrize(
    "choice",
    [{"min_support": 0}, {"min_support": 1.5}, {"min_confidence": 0}, {"min_confidence": 1.1}, {"max_length": 1},
     {"max_length": 6}, {"max_consequents": 0}, {"max_length": 3, "max_consequents": 3}, {"method": "magic"}],
)
def test_impossible_thresholds_are_refused(choice):
    with pytest.raises(InvalidInput):
        mine(TEN, **choice)


def test_every_frequent_pair_is_listed_once_whatever_its_confidence():
    result = mine(shop(), min_support=0.02, min_confidence=1.0)
    pairs = set(zip(result.pairs["product_id_a"], result.pairs["product_id_b"], strict=True))
    frequent = set(result.itemsets.loc[result.itemsets["length"] == 2, "items"])
    assert pairs == frequent and all(a < b for a, b in pairs)
    assert result.pairs["lift"].is_monotonic_decreasing


def test_groups_hold_their_own_parts():
    """Every part of a frequent group is frequent, and at least as often."""
    counts = dict(
        zip(*mine(shop(), min_support=3, max_length=5).itemsets[["items", "count"]].to_numpy().T, strict=True)
    )
    assert max(map(len, counts)) >= 4
    for items, count in counts.items():
        for part in combinations(items, len(items) - 1):
            assert not part or counts[part] >= count


def test_a_rule_is_redundant_where_a_simpler_one_is_at_least_as_sure():
    result = mine(shop(), min_support=2, max_length=4, max_consequents=2, min_confidence=1e-6)
    counts = dict(zip(result.itemsets["items"], result.itemsets["count"], strict=True))

    def simpler_is_as_sure(left, right):
        own = counts[tuple(sorted(left + right))] / counts[left]
        return any(counts[tuple(sorted(part + right))] / counts[part] >= own - 1e-12
                   for length in range(1, len(left)) for part in combinations(left, length))

    expected = [simpler_is_as_sure(*sides) for sides in
                zip(result.rules["antecedents"], result.rules["consequents"], strict=True)]
    assert result.rules["redundant"].tolist() == expected
    assert 10 < sum(expected) < len(expected) - 10


def test_several_products_on_the_right_are_named_and_counted():
    result = mine(shop(), min_support=0.05, max_consequents=2, min_confidence=0.5)
    rule = result.rules[result.rules["consequents"].map(lambda items: items == (2, 3))].iloc[0]
    assert rule["consequent_names"] == ("Product 2", "Product 3") and rule["consequent_name"] == "Product 2 + Product 3"
    pair = result.pairs[(result.pairs["product_id_a"] == 2) & (result.pairs["product_id_b"] == 3)].iloc[0]
    assert rule["consequent_count"] == pair["count"]
    only_one = mine(shop(), min_support=0.05, min_confidence=0.5)
    assert only_one.rules["consequents"].map(len).max() == 1
    for column in ("p_value", "size_lift", "redundant"):  # more on the right changes nothing about one on the right
        both = only_one.rules.merge(result.rules, on=["antecedents", "consequents"])
        assert len(both) == len(only_one.rules) and both[f"{column}_x"].equals(both[f"{column}_y"])


def test_every_method_gives_the_same_rules():
    one, *others = (mine(shop(), min_support=0.02, max_length=4, method=method) for method in baskets.METHODS)
    for other in others:
        same(one, other)


def test_more_rules_than_anybody_reads_are_refused_with_a_confidence_that_works(monkeypatch):
    monkeypatch.setattr(module, "MAX_RULES", 30)
    with pytest.raises(InvalidInput, match=r"choose a confidence of (\d+) % or more \(at most 30") as no:
        mine(shop(), min_support=2)
    percent = int(str(no.value).split("confidence of ")[1].split(" %")[0])
    assert 0 < len(mine(shop(), min_support=2, min_confidence=percent / 100).rules) <= 30
    with pytest.raises(InvalidInput, match="30 are shown"):
        mine(shop(), min_support=2, min_confidence=(percent - 1) / 100)


def test_more_rules_than_can_be_tried_are_refused(monkeypatch):
    monkeypatch.setattr(module, "MAX_TRIED", 1_000)
    with pytest.raises(InvalidInput, match=r"rules to try; choose a higher support"):
        mine(shop(), min_support=2, max_length=4, max_consequents=3)


def test_the_herb_markers_of_the_gift_shop_lie_together(datasets):
    raw = pd.read_csv(
        datasets / "online_retail" / "online_retail.csv.xz",
        usecols=["InvoiceNo", "StockCode", "Description", "Quantity", "UnitPrice"],
        dtype={"InvoiceNo": str},
    )
    raw = raw[
        raw["StockCode"].str.match(r"\d{5}") & ~raw["InvoiceNo"].str.startswith("C") & (raw["UnitPrice"] > 0)
    ]
    product, codes = pd.factorize(raw["StockCode"].str.upper(), sort=True)
    table = pd.DataFrame(
        {
            "order_id": pd.factorize(raw["InvoiceNo"])[0] + 1,
            "customer_id": 0,
            "product_id": product + 1,
            "ordered_on": np.datetime64("2011-12-09", "us"),
            "kind": pd.Categorical(np.full(len(raw), "sale")),
            "quantity": raw["Quantity"].to_numpy(dtype=float),
            "amount": 1.0,
        }
    )
    names = raw.groupby(product + 1)["Description"].first()
    products = pd.DataFrame({"product_id": names.index, "name": names.to_numpy(), "recommendable": True})
    result = baskets.rules(table, products, as_of=dt.date(2011, 12, 9))
    assert len(codes) > 3_700 and 1_400 < len(result.rules) < 1_700
    best = result.rules.iloc[0]
    assert all("HERB MARKER" in name for name in (*best["antecedent_names"], best["consequent_name"]))
    assert best["lift"] > 70 and (result.rules["q_value"] < 1e-6).all()
    # A tenth of its orders hold over fifty products: half of a pair's lift may be no more than that.
    assert result.usual_lift > 3 and result.rules["size_lift"].max() < 25 and result.rules["size_lift"].min() < 1.3
