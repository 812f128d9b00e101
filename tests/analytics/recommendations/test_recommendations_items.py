"""Recommendations: what is offered to whom, what never is, and the reason given."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import recommendations
from crm.errors import InvalidInput, NotEnoughData

AS_OF = dt.date(2026, 6, 15)
KINDS = ["sale", "return", "cancellation", "fee", "adjustment"]
PER_TASTE = 10


def lines(bought, *, kind="sale", quantity=1.0):
    """bought: (customer_id, order_id, day, product_id) each a line."""
    customer, order, day, product = zip(*bought, strict=True) if bought else ([], [], [], [])
    return pd.DataFrame(
        {
            "order_id": np.array(order, dtype=np.int64),
            "customer_id": np.array(customer, dtype=np.int64),
            "product_id": np.array(product, dtype=np.int64),
            "ordered_on": np.array(day, dtype="datetime64[us]"),
            "kind": pd.Categorical([kind] * len(order), categories=KINDS),
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


def two_tastes(seed=0, customers=80, days=3, anonymous=0):
    """Odd customers buy products 1-10, even ones 11-20, everybody 30 and one of 41-60 at random."""
    rng = np.random.default_rng(seed)
    bought = []
    for customer in range(1, customers + 1):
        own = np.arange(PER_TASTE) + (1 if customer % 2 else 11)
        for visit in range(days):
            order = customer * 10 + visit
            day = np.datetime64("2025-07-01") + int(rng.integers(0, 100)) + 110 * visit
            products = [*rng.choice(own, 3, replace=False), 30, rng.integers(41, 61)]
            who = 0 if customer <= anonymous else customer
            bought += [(who, order, day, product) for product in products]
    return lines(bought)


def owned_by(table, customer):
    return set(table.loc[table["customer_id"] == customer, "product_id"])


@pytest.mark.parametrize("method", ["items", "baskets", "linear"])
def test_planted_tastes_are_found_again(method):
    table = two_tastes()
    items = recommendations.recommend(table, catalogue(), as_of=AS_OF, method=method, top=2).items
    own = np.where(items["customer_id"] % 2, items["product_id"] <= 10, items["product_id"].between(11, 20))
    follows = items["reason"] == "bought"
    assert own[follows].mean() > 0.95 and follows.mean() > 0.9


@pytest.mark.parametrize("method", recommendations.METHODS)
def test_nothing_that_was_bought_is_offered_as_new(method):
    table = two_tastes()
    items = recommendations.recommend(table, catalogue(), as_of=AS_OF, method=method).items
    pairs = set(zip(table["customer_id"], table["product_id"], strict=True))
    assert not pairs & set(zip(items["customer_id"], items["product_id"], strict=True))
    assert not items["bought_before"].any()
    assert 30 not in set(items["product_id"])  # everybody has it


def test_the_reason_is_an_owned_product():
    table = two_tastes()
    items = recommendations.recommend(table, catalogue(), as_of=AS_OF, method="items").items
    because = items[items["reason"] == "bought"]
    owned = set(zip(table["customer_id"], table["product_id"], strict=True))
    assert len(because) > 100
    assert set(zip(because["customer_id"], because["because_product_id"], strict=True)) <= owned
    assert (items.loc[items["reason"] == "popular", "because_product_id"] == 0).all()


def test_the_reason_is_the_owned_product_that_weighs_most():
    model = recommendations.fit(two_tastes(), catalogue(), as_of=AS_OF, method="items")
    row = model.recommend([1], top=1).iloc[0]
    owned = model.owned[int(np.flatnonzero(model.customer_ids == 1)[0])].indices
    column = int(np.flatnonzero(model.product_ids == row["product_id"])[0])
    weights = model.weights[:, [column]].toarray()[owned, 0]
    assert row["because_product_id"] == model.product_ids[owned[weights.argmax()]]
    assert row["score"] == pytest.approx(weights.sum(), rel=1e-5)


def test_ranks_run_from_one_and_scores_fall():
    items = recommendations.recommend(two_tastes(), catalogue(), as_of=AS_OF, method="items", top=4).items
    for _, part in items.groupby("customer_id"):
        assert part["rank"].tolist() == list(range(1, len(part) + 1))
        assert part.loc[part["reason"] == "bought", "score"].is_monotonic_decreasing
        assert part["reason"].astype(str).is_monotonic_increasing  # "bought" before "popular"
        assert part["product_id"].is_unique


def test_repeat_mode_offers_old_purchases_but_nothing_recent():
    table = two_tastes()
    model = recommendations.fit(table, catalogue(), as_of=AS_OF, method="items", exclude_recent_days=120)
    items = model.recommend(mode="repeat", top=10)
    recent = table[table["ordered_on"] > pd.Timestamp(AS_OF) - pd.Timedelta(days=120)]
    pairs = set(zip(items["customer_id"], items["product_id"], strict=True))
    assert len(recent) and not pairs & set(zip(recent["customer_id"], recent["product_id"], strict=True))
    owned = set(zip(table["customer_id"], table["product_id"], strict=True))
    before = [pair in owned for pair in zip(items["customer_id"], items["product_id"], strict=True)]
    assert items["bought_before"].tolist() == before and any(before) and not all(before)


def test_a_purchase_exactly_as_old_as_the_limit_may_be_offered_again():
    table = two_tastes()
    old = lines([(1, 9001, dt.date(2026, 3, 17), 38)])  # 90 days before
    young = lines([(1, 9002, dt.date(2026, 3, 18), 39)])
    model = recommendations.fit(pd.concat([table, old, young]), catalogue(), as_of=AS_OF, method="items")
    offered = set(model.recommend([1], mode="repeat", top=60)["product_id"])
    assert 38 in offered and 39 not in offered


def test_a_customer_without_history_gets_what_is_popular():
    model = recommendations.fit(two_tastes(), catalogue(), as_of=AS_OF, method="items")
    items = model.recommend([4711], top=3)
    assert items["customer_id"].tolist() == [4711] * 3
    assert items["product_id"].iloc[0] == 30 and items["score"].iloc[0] == 1
    assert (items["reason"] == "popular").all()


def test_customer_ids_limit_the_answer_and_change_nothing_in_it():
    model = recommendations.fit(two_tastes(), catalogue(), as_of=AS_OF, method="items")
    everyone = model.recommend(top=3)
    some = model.recommend([5, 3, 3, 999], top=3)
    assert sorted(some["customer_id"].unique()) == [3, 5, 999]
    expected = everyone[everyone["customer_id"].isin([3, 5])].reset_index(drop=True)
    pd.testing.assert_frame_equal(some[some["customer_id"] < 999].reset_index(drop=True), expected)
    assert model.recommend([], top=3).empty


def test_blocks_do_not_change_the_answer(monkeypatch):
    from crm.analytics.recommendations import ranking, similar

    whole = recommendations.fit(two_tastes(), catalogue(), as_of=AS_OF).recommend()
    monkeypatch.setattr(ranking, "BLOCK_CELLS", 100)
    monkeypatch.setattr(similar, "DENSE_CELLS", 100)
    monkeypatch.setattr(ranking, "FEW", 0)
    pd.testing.assert_frame_equal(
        whole, recommendations.fit(two_tastes(), catalogue(), as_of=AS_OF).recommend()
    )


@pytest.mark.parametrize("method", ["items", "baskets", "linear"])
def test_a_product_everybody_buys_does_not_crowd_out_taste(method):
    table = two_tastes()
    newcomer = lines([(500, 7000, dt.date(2026, 5, 1), 1), (500, 7000, dt.date(2026, 5, 1), 2)])
    model = recommendations.fit(pd.concat([table, newcomer]), catalogue(), as_of=AS_OF, method=method)
    top = model.recommend([500], top=3)
    assert set(top["product_id"]) <= {*range(3, 11), 30}
    assert (top["product_id"] <= 10).sum() >= 2


def test_anonymous_orders_teach_what_is_bought_together():
    table = two_tastes(anonymous=78)
    model = recommendations.fit(table, catalogue(), as_of=AS_OF, method="baskets")
    assert set(model.similar(1, top=5)["product_id"]) & set(range(2, 11))
    assert 1 not in set(model.similar(1, top=40)["product_id"])
    assert len(model.customer_ids) == 2


def test_with_anonymous_orders_only_everybody_gets_what_is_popular():
    table = two_tastes(anonymous=80)
    for method in recommendations.METHODS:
        model = recommendations.fit(table, catalogue(), as_of=AS_OF, method=method)
        assert model.recommend().empty
        assert model.recommend([1], top=1)["product_id"].item() == 30


@pytest.mark.parametrize("method", recommendations.METHODS)
def test_returns_cancellations_fees_and_unlisted_products_do_not_count(method):
    table = two_tastes()
    rows = [(1, 8000, dt.date(2026, 5, 1), product) for product in (11, 12, 13)]
    noise = [
        lines(rows, kind=kind, quantity=quantity)
        for kind, quantity in [
            ("return", -1.0),
            ("cancellation", -1.0),
            ("fee", 1.0),
            ("adjustment", 1.0),
            ("sale", -1.0),
        ]
    ]
    postage = lines([(customer, 8100 + customer, dt.date(2026, 5, 1), 40) for customer in range(1, 60)])
    products = catalogue(not_recommendable=[40])
    plain = recommendations.fit(table, products, as_of=AS_OF, method=method).recommend()
    noisy = recommendations.fit(pd.concat([table, *noise, postage]), products, as_of=AS_OF, method=method)
    pd.testing.assert_frame_equal(plain, noisy.recommend())


@pytest.mark.parametrize("method", [*recommendations.METHODS, None])
def test_sales_after_as_of_change_nothing(method):
    table = pd.concat([two_tastes(), lines([(7, 8500, AS_OF, 20)])])
    later = lines([(c, 9000 + c, AS_OF + dt.timedelta(days=1), 19) for c in range(1, 80)])
    one = recommendations.recommend(table, catalogue(), as_of=AS_OF, method=method)
    two = recommendations.recommend(pd.concat([later, table]), catalogue(), as_of=AS_OF, method=method)
    pd.testing.assert_frame_equal(one.items, two.items)
    assert one.method == two.method and one.products == two.products
    if method is None:
        pd.testing.assert_frame_equal(one.quality, two.quality)


@pytest.mark.parametrize("method", [*recommendations.METHODS, None])
def test_the_order_of_rows_and_duplicates_are_irrelevant_and_the_frames_are_left_alone(method):
    table, products = two_tastes(), catalogue()
    before, before_products = table.copy(), products.copy()
    one = recommendations.recommend(table, products, as_of=AS_OF, method=method)
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(products, before_products)
    mixed = pd.concat([table, table[:50]]).sample(frac=1, random_state=2)
    two = recommendations.recommend(mixed, products[::-1], as_of=AS_OF, method=method)
    pd.testing.assert_frame_equal(one.items, two.items)


def test_who_owns_everything_gets_a_shorter_list():
    rows = [(900, 9900, dt.date(2026, 5, 1), product) for product in range(1, 50)]
    model = recommendations.fit(pd.concat([two_tastes(), lines(rows)]), catalogue(), as_of=AS_OF)
    left = set(model.product_ids) - set(range(1, 50))
    assert set(model.recommend([900], top=20)["product_id"]) == left


def test_one_customer_is_answered_from_what_is_popular_or_not_at_all():
    rows = [(1, 10 + day, dt.date(2026, 5, day), day) for day in range(1, 7)]
    model = recommendations.fit(lines(rows), catalogue(), as_of=AS_OF, method="items")
    assert model.recommend([1]).empty
    assert model.recommend([2], top=6)["product_id"].tolist() == [1, 2, 3, 4, 5, 6]


def test_too_few_products_are_said_with_their_number():
    for count in (0, 1, 4):
        rows = [(c, c, dt.date(2026, 5, 1), product) for c in range(1, 40) for product in range(1, count + 1)]
        with pytest.raises(NotEnoughData, match=f"5 products that were sold; there are {count}"):
            recommendations.fit(lines(rows), catalogue(), as_of=AS_OF)


def test_impossible_choices_are_refused():
    table = two_tastes()
    for choice in (
        {"top": 0},
        {"top": 101},
        {"mode": "old"},
        {"method": "magic"},
        {"exclude_recent_days": -1},
    ):
        with pytest.raises(InvalidInput):
            recommendations.recommend(table, catalogue(), as_of=AS_OF, **({"method": "items"} | choice))
    with pytest.raises(InvalidInput, match="Product 77"):
        recommendations.fit(table, catalogue(), as_of=AS_OF).similar(77)


def test_the_linear_weights_are_those_of_steck():
    from crm.analytics.recommendations.matrix import bought, read_sales
    from crm.analytics.recommendations.similar import LINEAR_PENALTY, linear_weights

    table = bought(read_sales(two_tastes(), catalogue(), as_of=AS_OF))
    gram = (table.T @ table).toarray().astype(float)
    inverse = np.linalg.inv(gram + np.eye(len(gram)) * LINEAR_PENALTY * np.diag(gram).mean())
    expected = inverse / -np.diag(inverse)
    np.fill_diagonal(expected, 0)
    assert linear_weights(table).toarray() == pytest.approx(expected, abs=1e-4)


def test_cosine_is_shrunk_and_keeps_only_the_nearest(monkeypatch):
    from crm.analytics.recommendations import similar
    from crm.analytics.recommendations.matrix import bought, read_sales

    table = bought(read_sales(two_tastes(), catalogue(), as_of=AS_OF))
    dense = table.toarray()
    both, count = dense.T @ dense, dense.sum(axis=0)
    expected = both / (np.sqrt(np.outer(count, count)) + similar.SHRINKAGE)
    np.fill_diagonal(expected, 0)
    assert similar.shrunk_cosine(table).toarray() == pytest.approx(expected, rel=1e-5)
    monkeypatch.setattr(similar, "NEIGHBOURS", 3)
    nearest = similar.shrunk_cosine(table).toarray()
    for column, all_weights in zip(nearest.T, expected.T, strict=True):
        assert sorted(column[column > 0])[-3:] == pytest.approx(sorted(all_weights)[-3:], rel=1e-5)
        assert column[column > 0].min() >= sorted(all_weights)[-3] - 1e-6
