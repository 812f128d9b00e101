"""Can rules be read, and do they mean the same rows now and later?"""

import json

import numpy as np
import pandas as pd
import pytest

from crm.analytics import trees
from crm.analytics.trees import Condition
from crm.analytics.trees.thresholds import shortest_between
from crm.errors import InvalidInput
from tests.analytics.trees.small_tables import customers


@pytest.mark.parametrize(("low", "high", "expected"), [
    (93, 94, 94), (87, 94, 90), (0, 1, 1), (29, 30, 30), (1.9, 3.0, 2.5), (0.43, 0.47, 0.45), (-3, 2, 0), (-94, -93, -93),
    (93.4732, 93.4741, 93.4735), (1e-9, 3e-9, 2e-9), (1_203_441, 1_987_002, 1_500_000), (0.1, 0.2, 0.2), (20, 90, 50), (-0.5, 0, 0),
    (2.0, np.nextafter(2.0, 3), np.nextafter(2.0, 3)), (1e300, 1.5e300, 1.2e300), (99.2, 101.7, 100),
])
def test_a_threshold_is_as_short_as_it_can_be(low, high, expected):
    assert shortest_between(low, high) == pytest.approx(expected, rel=1e-15)


def test_a_threshold_always_parts_its_neighbours():
    rng = np.random.default_rng(0)
    for scale in (1e-8, 1, 1e9):
        pairs = np.sort(rng.normal(0, scale, size=(300, 2)), axis=1)
        for low, high in np.vstack([pairs, np.sort(rng.integers(-50, 50, size=(300, 2)), axis=1)]):
            if low < high:
                assert low < shortest_between(low, high) <= high


def test_conditions_are_counted_by_hand():
    table = pd.DataFrame({"days": [10, 30, 89, 90, np.nan], "channel": ["Shop", None, "Phone", "Web", " "]})
    expected = {
        Condition("days", "below", (30.0,)): [1, 0, 0, 0, 0],
        Condition("days", "at_least", (30.0,), or_unknown=True): [0, 1, 1, 1, 1],
        Condition("days", "between", (30.0, 90.0)): [0, 1, 1, 0, 0],
        Condition("days", "known"): [1, 1, 1, 1, 0],
        Condition("days", "unknown"): [0, 0, 0, 0, 1],
        Condition("channel", "is", ("Phone", "Shop")): [1, 0, 1, 0, 0],
        Condition("channel", "is_not", ("Phone",), or_unknown=True): [1, 1, 0, 1, 1],
        Condition("channel", "unknown"): [0, 1, 0, 0, 1],
    }
    for condition, holds in expected.items():
        assert trees.conditions_hold([condition], table).tolist() == [bool(one) for one in holds], condition
    both = [Condition("days", "between", (30.0, 90.0)), Condition("channel", "is", ("Phone",))]
    assert trees.conditions_hold(both, table).tolist() == [False, False, True, False, False]
    assert trees.conditions_hold([], table).all()


def test_a_condition_on_a_column_that_is_not_there_says_so():
    with pytest.raises(InvalidInput, match='no column "age"'):
        trees.conditions_hold([Condition("age", "below", (30.0,))], pd.DataFrame({"b": [1]}))


@pytest.mark.parametrize("method", trees.METHODS)
def test_every_row_is_in_the_rule_that_the_tree_gives_it(method):
    table, label = customers(n=1_500, noise=0.2)
    found = trees.explain(table, label, columns=list(table), method=method, max_levels=5, max_rules=40)
    given = trees.apply(found.tree, table)
    holds = np.array([trees.conditions_hold(rule, table) for rule in found.rules["conditions"]])
    assert (holds.sum(axis=0) == 1).all()
    assert (found.rules["label"].to_numpy()[holds.argmax(axis=0)] == given).all()
    assert holds.sum(axis=1).tolist() == found.rules["rows"].tolist()
    for rule, held in zip(found.rules.itertuples(), holds, strict=True):
        assert rule.precision == pytest.approx((label[held] == rule.label).mean())
        assert rule.coverage == pytest.approx((label[held] == rule.label).sum() / (label == rule.label).sum())
        assert rule.share == pytest.approx(held.mean())


@pytest.mark.parametrize("method", trees.METHODS)
def test_rules_name_each_column_once_and_come_by_size(method):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"days": rng.integers(0, 100, 1_000)})
    label = np.where((table["days"] >= 30) & (table["days"] < 90), "waiting", "other")
    found = trees.explain(table, label, columns=["days"], method=method)
    rules = found.rules
    assert all(len({one.column for one in rule}) == len(rule) for rule in rules["conditions"])
    assert rules["rows"].is_monotonic_decreasing and rules["rule"].tolist() == [1, 2, 3]
    assert rules.iloc[0]["conditions"] == (Condition("days", "between", (30.0, 90.0)),)
    assert rules["precision"].tolist() == [1, 1, 1]


def test_yes_and_no_are_both_called_by_their_name():
    table = pd.DataFrame({"member": np.tile(["yes", "no"], 50)})
    found = trees.explain(table, (table["member"] == "yes").map({True: "a", False: "b"}), columns=["member"])
    assert {rule[0].operator for rule in found.rules["conditions"]} == {"is"}


@pytest.mark.parametrize("method", trees.METHODS)
def test_a_tree_kept_as_text_gives_the_same_labels(method):
    table, label = customers()
    found = trees.explain(table, label, columns=list(table), method=method)
    again = trees.from_json(trees.as_json(found.tree))
    assert again == found.tree
    later, _ = customers(seed=5)
    assert (trees.apply(again, later) == trees.apply(found.tree, later)).all()


def test_a_rule_kept_as_text_means_the_same_rows():
    table, label = customers()
    for conditions in trees.explain(table, label, columns=list(table)).rules["conditions"]:
        assert trees.rule_from_json(trees.rule_as_json(conditions)) == conditions


@pytest.mark.parametrize("text", [
    "", "{}", "[]", "null", '{"version": 2}', '{"version": 1, "labels": ["a"]}',
    '{"version": 1, "labels": ["a", "b"], "root": {"label": 2, "counts": [1, 2]}}',
    '{"version": 1, "labels": ["a", "b"], "root": {"label": 0, "counts": [1, 2], "split": {"column": "x"}, "branches": []}}',
    '{"version": 1, "labels": ["a"], "root": {"label": 0, "counts": [1], "split": {"column": "x", "kind": "number", '
    '"threshold": "3", "unknown": 0}, "branches": [{"label": 0, "counts": [1]}, {"label": 0, "counts": [1]}]}}',
])
def test_a_tree_that_is_none_is_refused(text):
    with pytest.raises(InvalidInput, match="cannot be read"):
        trees.from_json(text)


@pytest.mark.parametrize("parts", [
    {}, [{"column": "a"}], [{"column": "a", "operator": "below", "values": []}],
    [{"column": "a", "operator": "between", "values": [1, "2"]}], [{"column": "a", "operator": "like", "values": ["x"]}],
    [{"column": "a", "operator": "is", "values": [1]}],
])
def test_a_rule_that_is_none_is_refused(parts):
    with pytest.raises(InvalidInput, match="cannot be read"):
        trees.rule_from_json(json.dumps(parts))


def test_new_rows_with_words_never_seen_or_without_a_value_get_a_label_and_no_rule_that_does_not_fit():
    table = pd.DataFrame({"shop": np.tile(["a", "b", "c"], 40), "days": np.arange(120)})
    found = trees.explain(table, table["shop"].str.upper(), columns=["shop"], method="c45")
    new = pd.DataFrame({"shop": ["a", "never seen", None]})
    assert trees.apply(found.tree, new).tolist() == ["A", "A", "A"]  # as many of each: the first
    held = np.array([trees.conditions_hold(rule, new) for rule in found.rules["conditions"]])
    assert held.sum(axis=0).tolist() == [1, 0, 0]


def test_labels_keep_their_kind():
    table = pd.DataFrame({"x": np.arange(40)})
    for labels in (np.arange(40) // 20, (np.arange(40) // 20).astype(bool), np.where(np.arange(40) < 20, "low", "high")):
        found = trees.explain(table, labels, columns=["x"])
        again = trees.from_json(trees.as_json(found.tree))
        assert (trees.apply(again, table) == labels).all()
        assert all(type(one) in (int, bool, str) for one in found.labels)


def test_signs_are_short():
    assert trees.in_signs(Condition("a", "at_least", (-3.5,), or_unknown=True), unknown="not known") == "≥ −3.5, not known"
    assert trees.in_signs(Condition("a", "is_not", ("x", "y"))) == "≠ x, y"
    assert trees.in_signs(Condition("a", "unknown"), unknown="?") == "= ?"
