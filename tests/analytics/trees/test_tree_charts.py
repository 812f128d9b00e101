"""Does the picture of a tree show every rule, in words, without colours of its own?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics import trees
from tests.analytics.trees.small_tables import customers


def explained(**how):
    table, label = customers(n=1_500, noise=0.2)
    return trees.explain(table, label, columns=list(table), **how)


@pytest.mark.parametrize("method", trees.METHODS)
def test_every_rule_has_a_bar_of_all_its_labels(method):
    found = explained(method=method, max_levels=6, max_rules=12)
    figure = trees.picture(found)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert [bar.name for bar in bars] == ["active", "friends", "quiet"]
    assert all(len(bar.x) == len(found.rules) for bar in bars)
    assert np.sum([bar.x for bar in bars], axis=0) == pytest.approx(np.ones(len(found.rules)))
    assert sorted(np.sum([bar.customdata for bar in bars], axis=0)) == sorted(found.rules["rows"])
    ends = [trace for trace in figure.data if trace.type == "scatter" and trace.showlegend]
    assert sum(len(trace.y) for trace in ends) == len(found.rules)  # each label has one here
    assert len({trace.marker.symbol for trace in ends}) == 3


def test_words_come_from_the_caller_and_somebodys_words_are_no_markup():
    table = pd.DataFrame({"x": np.arange(60)})
    found = trees.explain(table, np.where(table["x"] < 30, 0, 1), columns=["x"])
    figure = trees.picture(found, label=lambda column: f"Days of <b>{column}", names={0: "Us & them", 1: "Late"}, everybody="Everyone")
    text = [line for trace in figure.data if trace.type == "scatter" and trace.mode == "text" for line in trace.text]
    assert text[0].strip().startswith("Everyone") and any("Days of &lt;b&gt;x" in line for line in text)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert bars[0].text[0] == "Us &amp; them 100%"


def test_groups_keep_their_colours_and_signs():
    table = pd.DataFrame({"x": np.arange(90)})
    label = np.repeat([-1, 0, 3], 30)
    by_number = trees.picture(trees.explain(table, label, columns=["x"]))
    named = np.array(["", "b", "c", "a"], dtype=object)[np.clip(label, 0, 3)]
    named[label == -1], named[label == 0] = "none", "z"
    given = trees.picture(trees.explain(table, named, columns=["x"]), meanings={"none": "past", "z": "group0", "a": "group3"})
    for figure in (by_number, given):
        marks = {(trace.meta["meaning"], trace.marker.symbol) for trace in figure.data if trace.type == "scatter" and trace.showlegend}
        assert marks == {("past", "circle-open"), ("group0", "circle"), ("group3", "cross")}
    assert all("color" not in (trace.marker.to_plotly_json() or {}) for trace in given.data)


def test_a_label_that_no_rule_says_is_named_all_the_same():
    table, label = customers(n=400, noise=0)
    label = label.astype(object)
    label[:3] = "exception"
    figure = trees.picture(trees.explain(table, label, columns=list(table)))
    named = [trace.name for trace in figure.data if trace.showlegend]
    assert named == ["active", "exception", "friends", "quiet"]


def test_a_tree_without_a_question_is_still_a_picture():
    table, label = customers(n=200, noise=1)
    found = trees.explain(table, label, columns=["luck"])
    figure = trees.picture(found.tree)
    assert len(found.rules) == 1 and figure.layout.meta["height"] > 0


def test_twelve_rules_fit_a_phone():
    table, label = customers(n=5_000, noise=0)
    figure = trees.picture(trees.explain(table, (table["days_silent"] // 34).to_numpy(), columns=["days_silent"], method="c45"))
    assert sum(len(trace.y) for trace in figure.data if trace.type == "scatter" and trace.showlegend) == 12
    lines = [line for trace in figure.data if trace.type == "scatter" and trace.mode == "text" for text in trace.text for line in text.split("<br>")]
    assert max(map(len, lines)) <= 36
