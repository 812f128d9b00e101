"""Baskets: what their charts show and mean."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics import baskets


@pytest.fixture(scope="module")
def result():
    rng = np.random.default_rng(0)
    order = np.repeat(np.arange(1, 401), 4)
    # Products 1 and 2 fill the first two places of every fifth order.
    product = rng.integers(3, 40, len(order))
    product[(order % 5 == 0) & (np.arange(len(order)) % 4 < 2)] = np.tile([1, 2], 80)
    table = pd.DataFrame(
        {
            "order_id": order,
            "customer_id": 0,
            "product_id": product,
            "ordered_on": np.datetime64("2026-05-01", "us"),
            "kind": pd.Categorical(np.full(len(order), "sale")),
            "quantity": 1.0,
            "amount": 5.0,
        }
    )
    products = pd.DataFrame(
        {
            "product_id": np.arange(1, 40),
            "name": [f"Thing {index}" for index in range(1, 40)],
            "recommendable": True,
        }
    )
    return baskets.rules(table, products, as_of=dt.date(2026, 6, 1), min_support=2, min_confidence=0.05)


def test_the_map_shows_each_rule_and_marks_those_that_may_be_chance(result):
    points = baskets.charts.rule_map(result).data[0]
    assert len(points.x) == len(result.rules) == len(points.meta["meaning"])
    expected = np.where(result.rules["q_value"] <= 0.05, "good", "comparison").tolist()
    assert list(points.meta["meaning"]) == expected and {"good", "comparison"} == set(expected)
    assert points.marker.color is None


def test_thousands_of_rules_are_drawn_by_the_graphics_card_from_a_seeded_sample(result):
    from dataclasses import replace

    many = pd.concat([result.rules] * (6000 // len(result.rules) + 1), ignore_index=True)
    first = baskets.charts.rule_map(replace(result, rules=many)).data[0]
    again = baskets.charts.rule_map(replace(result, rules=many)).data[0]
    assert first.type == "scattergl" and len(first.x) == 5_000
    assert (first.customdata == again.customdata).all()


def test_the_strongest_pair_leads_and_chance_is_a_reference(result):
    bar, chance = baskets.charts.strongest_pairs(result, top=5).data
    assert len(bar.x) == 5 and bar.x[0] == max(bar.x)
    assert bar.meta["meaning"] == "good" and chance.meta["meaning"] == "reference"
    assert set(chance.x) == {1}
    labels = baskets.charts.strongest_pairs(result, top=5).layout.yaxis.ticktext
    assert labels[0] == "Thing 1 + Thing 2"


def test_no_rule_gives_an_empty_chart_not_a_crash(result):
    from dataclasses import replace

    empty = replace(result, rules=result.rules.iloc[:0], pairs=result.pairs.iloc[:0])
    assert len(baskets.charts.rule_map(empty).data[0].x) == 0
    assert len(baskets.charts.strongest_pairs(empty).data[0].x) == 0
