"""Worth and variety of lists."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics.recommendations import purchases as reading
from crm.analytics.recommendations.lists import usual_amounts, usual_unit_prices
from crm.analytics.recommendations.lists.diversity import alike_within, content_vectors, likeness, standardised, varied
from crm.analytics.recommendations.lists.medians import medians
from tests.analytics.recommendations.lists_shop import AS_OF, catalogue, lines, lister, shop

MAY = dt.date(2026, 5, 1)


def worth(table, goods=None):
    found = reading.read(table, catalogue() if goods is None else goods, as_of=AS_OF)
    return dict(zip(found.product_ids, usual_amounts(found), strict=True))


def others():
    """Products 11 to 16, sold more than a year ago, so that there is something to learn from."""
    return lines([(9, product, dt.date(2025, 1, 1), product) for product in range(11, 17)])


def test_the_usual_amount_is_the_median_of_the_last_years_sold_lines():
    rows = [(customer, customer, MAY, 1) for customer in range(1, 6)]
    table = pd.concat([lines(rows, amount=[10.0, 12.0, 11.0, 9.0, 90_000.0]), others()])
    found = worth(table)
    price = catalogue().set_index("product_id")["price"]
    assert found[1] == 11.0 and found[11] == price[11]
    old = lines([(8, 80, dt.date(2025, 6, 15), 1)] * 9, amount=500.0)  # a year before the last day, so no longer within it
    assert worth(pd.concat([table, old]))[1] == 11.0
    just = lines([(8, 80, dt.date(2025, 6, 16), 1)] * 9, amount=500.0)
    assert worth(pd.concat([table, just]))[1] == 500.0


def test_returns_larger_than_purchases_and_gifts_break_no_amount():
    table = pd.concat([lines([(1, 1, MAY, 1), (2, 2, MAY, 1), (3, 5, MAY, 1)], amount=[10.0, 14.0, 12.0]), others()])
    returned = lines([(1, 3, MAY, 1)] * 50, kind="return", quantity=-100.0, amount=-1000.0)
    gifts = lines([(3, 4, MAY, 1)] * 50, amount=0.0)
    assert worth(pd.concat([table, returned, gifts]))[1] == 12.0
    items = lister(pd.concat([shop(), returned]), method="popular").list(range(1, 81))
    assert (items["usual_amount"] > 0).all()
    only_gifts = pd.concat([others(), lines([(3, 4, MAY, 1)], amount=0.0)])
    assert np.isnan(worth(only_gifts, catalogue().assign(price=np.nan))[1])


def test_one_bulk_order_is_no_usual_amount():
    table = pd.concat([lines([(1, 1, MAY, 1), (2, 2, MAY, 1)], amount=[168_469.6, 2.0]), others()])
    assert worth(table)[1] == catalogue().set_index("product_id")["price"][1]
    assert np.isnan(worth(table, catalogue().assign(price=np.nan))[1])


def test_unit_prices_are_the_median_price_of_a_piece():
    table = pd.concat([
        lines([(1, 1, MAY, 1)], quantity=2.0, amount=10.0), lines([(1, 2, MAY, 1)], quantity=1.0, amount=6.0),
        lines([(1, 3, MAY, 1)], quantity=10.0, amount=40.0), lines([(1, 4, MAY, 1)], kind="return", quantity=-1.0, amount=-99.0),
        lines([(1, 5, AS_OF + dt.timedelta(days=1), 1)], amount=77.0), lines([(0, 6, MAY, 2)], amount=3.0),
    ])
    assert usual_unit_prices(table, as_of=AS_OF).to_dict() == {1: 5.0, 2: 3.0}
    assert usual_unit_prices(table.iloc[:0], as_of=AS_OF).empty


def test_medians_are_those_of_numpy():
    draw = np.random.default_rng(3)
    values, groups = draw.normal(size=500), draw.integers(0, 40, 500)
    found = medians(values, groups, size=41)
    assert found[:40].tolist() == pytest.approx([np.median(values[groups == group]) for group in range(40)])
    assert np.isnan(found[40]) and np.isnan(medians(values[:0], groups[:0], size=2)).all()


def test_likeness_is_one_for_the_same_half_for_the_category_and_nought_for_the_unknown():
    table = pd.DataFrame({
        "name": ["Green tea", "Black coffee", "Green tea", None, "White cup"],
        "category": ["Drinks", "Drinks", "Drinks", None, None], "description": None, "price": 1.0,
    })
    vectors = content_vectors(table)
    first, second = np.array([0, 0, 0, 0, -1]), np.array([0, 1, 2, 3, 0])
    assert likeness(vectors, first, second).tolist() == pytest.approx([1, 0.5, 1, 0, 0])
    assert likeness(vectors, np.array([4]), np.array([4])).tolist() == pytest.approx([1])  # words alone count alone


def test_variety_follows_its_formula():
    table = pd.DataFrame({"name": list("abcd"), "category": ["T", "T", "M", "M"], "description": None, "price": 1.0})
    vectors = content_vectors(table)
    products, relevance = np.array([[0, 1, 2, 3]]), np.array([[1.0, 0.9, 0.5, 0.0]])
    # Likeness within a category is .5. At d = .4 the second place: .6 x .9 - .4 x .5 = .34 beside .6 x .5 = .3.
    assert varied(relevance, products, vectors, top=2, diversity=0.4).tolist() == [[0, 1]]
    # At d = .5: .45 - .25 = .2 beside .25.
    assert varied(relevance, products, vectors, top=3, diversity=0.5).tolist() == [[0, 2, 1]]
    assert varied(relevance, products, vectors, top=4, diversity=0.0).tolist() == [[0, 1, 2, 3]]
    short = varied(relevance, np.array([[0, 1, -1, -1]]), vectors, top=3, diversity=1.0)
    assert short.tolist() == [[0, 1, -1]]


def test_relevance_is_standardised_within_the_candidates():
    scores = np.array([[5.0, 3.0, 1.0], [2.0, 2.0, -np.inf], [-np.inf] * 3])
    assert standardised(scores, np.isfinite(scores)).tolist() == [[1, 0.5, 0], [1, 1, 0], [0, 0, 0]]


def test_no_variety_changes_nothing_and_full_variety_spreads_over_categories():
    made = lister(method="items")
    plain = made.list(range(1, 81), top=5)
    pd.testing.assert_frame_equal(plain, made.list(range(1, 81), top=5, diversity=0.0))
    alike = [made.alike_within(made.list(range(1, 81), top=5, diversity=wish)).mean() for wish in (0, 0.3, 0.6, 1)]
    assert alike == sorted(alike, reverse=True) and alike[3] < alike[0] / 2
    spread = made.list(range(1, 81), top=3, diversity=1.0)
    category = spread["product_id"].map(catalogue().set_index("product_id")["category"])
    assert category.dropna().groupby(spread["customer_id"]).nunique().mean() > 1.9
    first = spread[spread["rank"] == 1].reset_index(drop=True)
    assert first["product_id"].tolist() == plain.loc[plain["rank"] == 1, "product_id"].tolist()


def test_likeness_within_a_list_is_the_mean_of_its_pairs():
    table = pd.DataFrame({"name": list("abc"), "category": ["T", "T", "M"], "description": None, "price": 1.0})
    found = alike_within(np.array([[0, 1, 2], [0, 1, -1], [0, -1, -1]]), content_vectors(table))
    assert found[:2].tolist() == pytest.approx([0.5 / 3, 0.5]) and np.isnan(found[2])
    assert np.isnan(alike_within(np.array([[0], [1]]), content_vectors(table))).all()
