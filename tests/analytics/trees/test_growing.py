"""Are the questions of a tree the best ones: by hand, by the books, and beside scikit-learn's?"""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from crm.analytics import trees
from crm.analytics.trees import gain_ratio, gini, reading
from crm.analytics.trees.growing import grow, predict
from tests.analytics.trees.small_tables import WEATHER_COLUMNS, customers, weather


def full_tree(table, labels, *, criterion, max_levels=8, min_rows=1, **_):
    bins, _ = reading.binned([reading.column(table[name], name) for name in table], min_rows=min_rows)
    places = np.unique(labels, return_inverse=True)[1]
    root = grow(bins, places, np.arange(len(table)), n_labels=places.max() + 1, criterion=criterion, max_levels=max_levels,
                min_rows=min_rows)
    return root, bins, places


def impurity(root):
    """Rows x Gini, over all leaves."""
    return sum(leaf.rows - (leaf.counts ** 2).sum() / leaf.rows for leaf in root.walk() if not leaf.split)


def test_the_weather_is_asked_as_in_quinlans_book():
    table, play = weather()
    root, bins, _ = full_tree(table, play, criterion=gain_ratio.best_splits, min_rows=2)
    asked = bins.columns[root.split.column]
    assert asked.name == "outlook"
    assert root.split.gain / 14 == pytest.approx(0.247, abs=0.0005)
    names = {asked.words[number]: bins.columns[branch.split.column].name if branch.split else "leaf"
             for number, branch in enumerate(root.branches)}
    assert names == {"overcast": "leaf", "rain": "windy", "sunny": "humidity"}
    assert root.leaves == 5 and all(leaf.errors == 0 for leaf in root.walk() if not leaf.split)


def test_the_weathers_outlook_has_the_published_gain_ratio():
    gain, cost = gain_ratio.gain_and_cost(np.array([[2, 3], [4, 0], [3, 2]]))
    assert (gain / 14, cost / 14, gain / cost) == pytest.approx((0.247, 1.577, 0.156), abs=0.0005)


def test_the_weathers_rules_are_the_published_ones():
    table, play = weather()
    found = trees.explain(table, play, columns=WEATHER_COLUMNS, method="c45")
    rules = {(rule.label, tuple((one.column, one.operator, one.values) for one in rule.conditions)): rule.rows
             for rule in found.rules.itertuples()}
    assert rules == {
        ("yes", (("outlook", "is", ("overcast",)),)): 4,
        ("yes", (("outlook", "is", ("rain",)), ("windy", "is", ("False",)))): 3,
        ("no", (("outlook", "is", ("rain",)), ("windy", "is", ("True",)))): 2,
        ("no", (("outlook", "is", ("sunny",)), ("humidity", "at_least", (80.0,)))): 3,
        ("yes", (("outlook", "is", ("sunny",)), ("humidity", "below", (80.0,)))): 2,
    }


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
def test_gini_trees_part_irises_as_well_as_scikit_learns(levels):
    iris = load_iris(as_frame=True)
    table, labels = iris.frame[iris.feature_names], iris.target.to_numpy()
    root, bins, places = full_tree(table, labels, criterion=gini.best_splits, max_levels=levels)
    reference = DecisionTreeClassifier(max_depth=levels, random_state=0).fit(table, labels)
    assert root.leaves == reference.get_n_leaves()
    assert (predict(root, bins.codes, bins.starts) == places).mean() == reference.score(table, labels)


@pytest.mark.parametrize("min_rows", [1, 7])
def test_gini_trees_of_numbers_and_yes_or_no_columns_agree_with_scikit_learn(min_rows):
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.normal(size=(240, 4)), columns=list("abcd")).assign(shop=rng.choice(["x", "y", "z"], 240))
    labels = (table["a"] + 0.5 * rng.normal(size=240) > 0) * 1 + (table["shop"] == "y") * (table["b"] > 0.3)
    root, bins, places = full_tree(table, labels, criterion=gini.best_splits, max_levels=3, min_rows=min_rows)
    coded = pd.get_dummies(table).to_numpy(float)
    reference = DecisionTreeClassifier(max_depth=3, min_samples_leaf=min_rows, random_state=0).fit(coded, labels)
    ends = reference.tree_.children_left < 0
    expected = (reference.tree_.weighted_n_node_samples * reference.tree_.impurity)[ends].sum()
    assert impurity(root) == pytest.approx(expected)
    assert (predict(root, bins.codes, bins.starts) == reference.predict(coded)).all()


def test_the_best_gini_split_is_the_best_of_all_by_brute_force():
    rng = np.random.default_rng(8)
    x, y = rng.integers(0, 9, 60).astype(float), rng.integers(0, 3, 60)
    x[rng.random(60) < 0.2] = np.nan

    def gain(left):
        parts = [np.bincount(y[side], minlength=3) for side in (left, ~left)]
        if not all(part.sum() >= 5 for part in parts):
            return -1.0
        whole = np.bincount(y, minlength=3)
        return sum((part ** 2).sum() / part.sum() for part in parts) - (whole ** 2).sum() / 60

    sides = [x < threshold for threshold in range(1, 9)] + [(x < threshold) | np.isnan(x) for threshold in range(1, 9)]
    expected = max(gain(side) for side in [*sides, np.isnan(x)])
    root, _, _ = full_tree(pd.DataFrame({"x": x}), y, criterion=gini.best_splits, max_levels=1, min_rows=5)
    assert root.split.gain == pytest.approx(expected)


@pytest.mark.parametrize("method", trees.METHODS)
def test_a_missing_value_that_says_much_is_asked_for(method):
    rng = np.random.default_rng(0)
    income = rng.normal(50, 10, 400)
    label = rng.choice(["stays", "leaves"], 400)
    income[(label == "leaves") & (rng.random(400) < 0.9)] = np.nan
    found = trees.explain(pd.DataFrame({"income": income}), label, columns=["income"], method=method)
    leaving = found.rules[found.rules["label"] == "leaves"].iloc[0]
    assert leaving["conditions"] == (trees.Condition("income", "unknown"),)
    assert leaving["precision"] == 1


@pytest.mark.parametrize("method", trees.METHODS)
def test_missing_words_are_survived_and_used(method):
    table, label = customers(n=500)
    table["channel"] = table["channel"].where(table["channel"] != "Phone")
    found = trees.explain(table, label, columns=["days_silent", "channel"], method=method)
    friends = found.rules[found.rules["label"] == "friends"]
    assert len(friends) == 1 and friends["precision"].item() > 0.8
    held = trees.conditions_hold(friends["conditions"].item(), table)
    assert table.loc[held, "channel"].isna().all() and held.sum() == friends["rows"].item()


def test_many_words_are_put_together_as_long_as_that_helps():
    rng = np.random.default_rng(1)
    words = rng.choice([f"town {i:02d}" for i in range(20)], 800)
    north = np.isin(words, [f"town {i:02d}" for i in range(8)])
    found = trees.explain(pd.DataFrame({"town": words}), np.where(north, "north", "south"), columns=["town"], method="c45")
    assert found.rules["precision"].tolist() == [1, 1]
    assert {len(rule[0].values) for rule in found.rules["conditions"]} == {8, 12}


def test_a_column_that_says_nothing_is_not_asked_however_many_words_it_has():
    table, label = customers(n=2_000)
    for method in trees.METHODS:
        found = trees.explain(table, label, columns=list(table), method=method)
        asked = {one.column for rule in found.rules["conditions"] for one in rule}
        assert asked == {"days_silent", "channel"}
        assert found.importances.set_index("column")["importance"][["country", "luck"]].sum() == 0


def test_columns_with_very_many_numbers_are_still_parted_where_they_should_be():
    rng = np.random.default_rng(2)
    spend = rng.lognormal(5, 2, 4_000)
    found = trees.explain(pd.DataFrame({"spend": spend}), spend >= 250, columns=["spend"])
    threshold = found.rules["conditions"].iloc[0][0].values[0]
    assert (np.mean((spend >= 250) == (spend >= threshold))) > 0.995
    assert found.accuracy > 0.99
