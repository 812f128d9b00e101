"""Is an explanation honest about how often it is right, the same twice, and clear where there is nothing to explain?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics import trees
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.trees.small_tables import customers

METHODS = pytest.mark.parametrize("method", trees.METHODS)


def same(one: trees.Explanation, other: trees.Explanation) -> bool:
    return (one.tree == other.tree and one.rules.equals(other.rules) and one.accuracy == other.accuracy
            and one.majority_share == other.majority_share and one.importances.equals(other.importances))


@METHODS
def test_the_truth_is_found_and_its_accuracy_admitted(method):
    table, label = customers(n=3_000, noise=0.15)
    found = trees.explain(table, label, columns=list(table), method=method)
    fresh, fresh_label = customers(n=20_000, seed=77, noise=0.15)
    reached = (trees.apply(found.tree, fresh) == fresh_label).mean()
    assert reached == pytest.approx(0.9, abs=0.01)  # a third of the noise falls on the right label
    assert abs(found.accuracy - reached) < 3 * found.accuracy_deviation
    assert found.tested_by == "cross-validation" and found.tested_on == found.grown_on == 3_000


@METHODS
def test_many_rows_are_tested_on_rows_that_were_not_used(method):
    table, label = customers(n=9_000, noise=0.15)
    found = trees.explain(table, label, columns=list(table), method=method)
    assert (found.tested_by, found.tested_on, found.grown_on) == ("hold-out", 3_000, 6_000)
    assert found.rules["rows"].sum() == 9_000
    assert found.majority_share == pytest.approx((label == "quiet").mean(), abs=0.02)
    assert found.accuracy == pytest.approx(0.9, abs=0.02)


@METHODS
@pytest.mark.parametrize("n", [400, 5_500])
def test_the_order_of_rows_changes_nothing_and_the_table_stays_as_it_was(method, n):
    table, label = customers(n=n, noise=0.25)
    untouched = table.copy()
    first = trees.explain(table, label, columns=list(table), method=method)
    assert table.equals(untouched)
    order = np.random.default_rng(3).permutation(n)
    assert same(first, trees.explain(table.iloc[order], label[order], columns=list(table), method=method))
    assert same(first, trees.explain(table, label, columns=list(table), method=method))


def test_the_seed_decides_who_is_tested():
    table, label = customers(n=250, noise=0.4)
    accuracies = {trees.explain(table, label, columns=list(table), random_state=seed).accuracy for seed in range(3)}
    assert len(accuracies) > 1


def test_rows_without_a_label_are_left_out_and_counted():
    table, label = customers(n=300)
    gaps = pd.Series(label, dtype="str").where(np.arange(300) >= 40)
    found = trees.explain(table, gaps, columns=list(table))
    assert found.rows_without_label == 40
    assert same(found, trees.explain(table.iloc[40:], label[40:], columns=list(table)))


def test_text_that_is_numbers_is_read_as_numbers():
    table, label = customers(n=500)
    written = table.assign(days_silent=table["days_silent"].astype(str).where(table["days_silent"] != 7, " "))
    found = trees.explain(written, label, columns=["days_silent", "channel"])
    assert any(one.column == "days_silent" and one.operator == "below" for rule in found.rules["conditions"] for one in rule)


def test_importances_are_shares():
    table, label = customers(n=1_000)
    for method in trees.METHODS:
        importances = trees.explain(table, label, columns=list(table), method=method).importances
        assert importances["importance"].sum() == pytest.approx(1)
        assert importances["column"].tolist()[:2] == ["days_silent", "channel"]
        assert importances["importance"].is_monotonic_decreasing and len(importances) == 5


@METHODS
def test_columns_that_cannot_be_used_are_named_with_the_reason(method):
    table, label = customers(n=300)
    odd = table[["days_silent"]].assign(
        same_everywhere="x", nothing=np.nan, name=[f"customer {i}" for i in range(300)],
        joined_on=pd.date_range("2024-01-01", periods=300), endless=np.inf)
    found = trees.explain(odd, label, columns=list(odd), method=method)
    assert found.dropped == {"same_everywhere": "constant", "nothing": "empty", "name": "text", "joined_on": "date",
                             "endless": "empty"}
    assert found.importances["column"].tolist() == ["days_silent"]


@METHODS
@pytest.mark.parametrize(("table", "labels", "sentence"), [
    (pd.DataFrame({"x": [1.0]}), ["a"], "Rules need 10 rows with a label; there are 1."),
    (pd.DataFrame({"x": []}), [], "there are 0"),
    (pd.DataFrame({"x": range(30)}), ["a"] * 30, 'All 30 rows have the label "a"'),
    (pd.DataFrame({"x": range(30)}), [None] * 25 + ["a"] * 5, "there are 5"),
    (pd.DataFrame({"x": [1] * 30}), ["a", "b"] * 15, "the same in all 30 rows"),
    (pd.DataFrame({"x": [np.nan] * 30}), ["a", "b"] * 15, "empty in all 30 rows"),
    (pd.DataFrame({"x": [f"name {i}" for i in range(30)]}), ["a", "b"] * 15, "text that hardly repeats"),
])
def test_too_little_is_said_in_a_sentence(method, table, labels, sentence):
    with pytest.raises(NotEnoughData, match=sentence):
        trees.explain(table, labels, columns=["x"], method=method)


@pytest.mark.parametrize(("asked", "sentence"), [
    ({"method": "id3"}, "choose one of cart, c45"),
    ({"columns": []}, "No column was chosen"),
    ({"columns": ["days_silent", "days_silent"]}, "chosen twice"),
    ({"columns": ["age"]}, 'no column "age"'),
    ({"max_levels": 9}, "choose 1 to 8"),
    ({"max_rules": 1}, "choose 2 to 100"),
    ({"min_rows": 0}, "choose 1 or more"),
])
def test_wrong_choices_are_told_what_to_correct(asked, sentence):
    table, label = customers(n=100)
    with pytest.raises(InvalidInput, match=sentence):
        trees.explain(table, label, **{"columns": list(table), **asked})


def test_labels_must_fit_the_table_and_be_few():
    table, label = customers(n=100)
    with pytest.raises(InvalidInput, match="99 labels for 100 rows"):
        trees.explain(table, label[:99], columns=list(table))
    with pytest.raises(InvalidInput, match="100 different labels"):
        trees.explain(table, np.arange(100), columns=list(table))
    with pytest.raises(InvalidInput, match="several columns"):
        trees.explain(pd.concat([table, table], axis=1), label, columns=["orders"])


@METHODS
def test_odd_columns_are_survived(method):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({
        "whale": np.r_[1e12, rng.normal(size=199)], "flag": rng.random(200) < 0.5, "maybe": pd.array([1, None] * 100, dtype="Int64"),
        "lists": [[i % 3] for i in range(200)], "kind": pd.Categorical(rng.choice(["a", "b"], 200)), "signed": rng.choice([-0.0, 0.0, 1.0], 200),
    })
    label = np.where(table["flag"], "on", "off")
    found = trees.explain(table, label, columns=list(table), method=method)
    assert found.accuracy == 1 and len(found.rules) == 2
    assert {rule[0].values for rule in found.rules["conditions"]} == {("True",), ("False",)}


def test_real_contracts_are_explained_as_well_as_by_larger_trees(datasets):
    table = pd.read_csv(datasets / "telco_churn" / "telco_customer_churn.csv")
    columns = [name for name in table if name not in ("customerID", "Churn")]
    for method in trees.METHODS:
        found = trees.explain(table, table["Churn"], columns=columns, method=method)
        assert len(found.rules) <= 12
        assert found.accuracy > 0.775 > found.majority_share  # logistic regression on everything reaches .80
        assert found.importances["column"].iloc[0] == "Contract"
