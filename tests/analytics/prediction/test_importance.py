"""Is what a model lives on found, twins included, with an interval that chance keeps to?"""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from crm.analytics.prediction.importance import importance, twins
from crm.analytics.prediction.importance.permuting import _interval, _Scored
from crm.analytics.prediction.task import Rows
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.prediction.known_models import KnownModel, bent, outcomes, table


def rows_of(model, frame, *, seed=1):
    return Rows(frame, outcomes(model, frame, seed=seed), np.arange(len(frame)))


def by_columns(found) -> dict:
    return {row["columns"]: row for row in found.table.to_dict("records")}


@pytest.fixture(scope="module")
def asked():
    frame = table(1500)
    model = KnownModel(frame.columns, bent)
    rows = rows_of(model, frame)
    return model, rows, importance(model, rows)


def test_the_plain_figures_are_those_of_the_textbook(asked):
    model, rows, found = asked
    chance = model.probability(rows.frame)
    assert found.roc_auc == pytest.approx(roc_auc_score(rows.target, chance), abs=1e-12)
    assert found.log_loss == pytest.approx(log_loss(rows.target, chance), abs=1e-12)
    assert found.n_rows == 1500


def test_a_column_that_the_model_ignores_costs_nothing():
    frame = table(800).assign(noise=lambda rows: np.arange(len(rows), dtype=float))
    model = KnownModel(frame.columns, bent)
    noise = by_columns(importance(model, rows_of(model, frame)))["noise",]
    assert noise["auc_loss"] == pytest.approx(0, abs=1e-12)
    assert noise["log_loss_rise"] == pytest.approx(0, abs=1e-12)


def test_the_column_that_matters_most_comes_first_and_above_chance(asked):
    found = asked[2].table
    assert found["columns"].iloc[0] == ("days",)
    assert found["auc_low"].iloc[0] > 0 and found["log_loss_low"].iloc[0] > 0
    assert (found["auc_loss"].diff().dropna() <= 0).all()
    assert (found["auc_low"] < found["auc_loss"]).all() and (found["auc_loss"] < found["auc_high"]).all()


def test_twins_hide_each_other_alone_and_are_found_together():
    rng = np.random.default_rng(2)
    days = rng.gamma(2, 30, 2000)
    frame = pd.DataFrame({"days": days, "weeks": days / 7 + rng.normal(0, 0.05, 2000), "age": rng.normal(size=2000)})
    # Either tells enough: where one is shuffled, the model goes by the other.
    model = KnownModel(frame.columns, lambda rows: 0.03 * np.maximum(rows["days"], rows["weeks"] * 7) - 2 + 0.3 * rows["age"])
    rows = rows_of(model, frame)
    alone = by_columns(importance(model, rows, together=[[column] for column in frame]))
    both = by_columns(importance(model, rows))
    assert both["days", "weeks"]["auc_loss"] > 1.5 * alone["days",]["auc_loss"]


def test_given_groups_are_shuffled_together_and_the_others_alone(asked):
    model, rows, _ = asked
    found = importance(model, rows, together=[["orders", "has_returned"]], n_repeats=2)
    assert set(found.table["columns"]) == {("days",), ("orders", "has_returned"), ("score",), ("plan",)}
    assert found.n_repeats == 2


@pytest.mark.parametrize("together, told", [([["days"], ["days", "plan"]], "two groups"), ([["nothing"]], "nothing")])
def test_groups_that_make_no_sense_are_refused(asked, together, told):
    with pytest.raises(InvalidInput, match=told):
        importance(asked[0], asked[1], together=together)


def test_one_outcome_alone_is_too_little():
    frame = table(60)
    with pytest.raises(NotEnoughData, match="60 with it and 0 without"):
        importance(KnownModel(frame.columns, bent), Rows(frame, np.ones(60, dtype=bool), np.arange(60)))


def test_the_same_answer_twice_and_the_frame_stays(asked):
    model, rows, first = asked
    before = rows.frame.copy()
    pd.testing.assert_frame_equal(importance(model, rows).table, first.table)
    pd.testing.assert_frame_equal(rows.frame, before)


def test_a_large_table_costs_no_more_than_its_sample():
    frame = pd.concat([table(30_000, seed=seed) for seed in range(2)], ignore_index=True)
    model = KnownModel(frame.columns, bent)
    rows = rows_of(model, frame)
    model.rows_asked = 0
    found = importance(model, rows)
    assert found.n_rows == 20_000 and found.n_repeats == 3
    assert model.rows_asked == 20_000 * (1 + 3 * len(found.table))


def test_a_slow_model_is_asked_of_fewer_rows():
    frame = table(4000)
    model = KnownModel(frame.columns, bent)
    model.method = "svm"
    rows = rows_of(model, frame)
    model.rows_asked = 0
    importance(model, rows)
    assert model.rows_asked < 45_000


def test_rows_of_one_customer_are_one_witness(asked):
    model, rows, once = asked
    repeated = Rows(pd.concat([rows.frame] * 4, ignore_index=True), np.tile(rows.target, 4), np.tile(rows.groups, 4))
    naive = Rows(repeated.frame, repeated.target, np.arange(6000))
    wide, narrow = importance(model, repeated).table.iloc[0], importance(model, naive).table.iloc[0]
    first = once.table.iloc[0]
    width = wide["auc_high"] - wide["auc_low"]
    assert width == pytest.approx(first["auc_high"] - first["auc_low"], rel=0.25)
    assert width > 1.6 * (narrow["auc_high"] - narrow["auc_low"])


def test_the_interval_of_an_auc_holds_what_other_draws_give():
    """The witness formula against a simulation: 95 % of intervals hold the true AUC."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        target = rng.random(200) < 0.4
        scored = _Scored(1 / (1 + np.exp(-(rng.normal(size=200) + target))), target)
        _, low, high = _interval(scored.auc, scored.auc_witness, np.arange(200))
        held += low <= 0.7602 <= high  # P(N(1, 1) > N(0, 1))
    assert 0.91 <= held / 300 <= 0.98


def test_numbers_words_and_gaps_that_follow_from_each_other_are_twins():
    rng = np.random.default_rng(3)
    n = 3000
    internet = rng.choice(["fibre", "dsl", "none"], n)
    price = np.select([internet == "fibre", internet == "dsl"], [80.0, 50.0], 20.0) + rng.normal(0, 5, n)
    asked = rng.random(n) < 0.3
    frame = pd.DataFrame({
        "internet": pd.Series(internet, dtype="str"), "age": rng.normal(50, 9, n), "price": price,
        "score": np.where(asked, rng.random(n), np.nan), "has_score": asked,
        "network": pd.Series(np.where(internet == "none", "none", "some"), dtype="str"),
        "city": pd.Series(rng.choice(list("abcdefgh"), n), dtype="str"), "always": 1.0,
    })
    assert twins(frame) == [("internet", "price", "network"), ("age",), ("score", "has_score"), ("city",), ("always",)]


def test_a_chain_does_not_make_strangers_twins():
    rng = np.random.default_rng(4)
    first = rng.normal(size=2000)
    middle = first + 0.62 * rng.normal(size=2000)
    last = middle + 0.7 * rng.normal(size=2000)
    groups = twins(pd.DataFrame({"first": first, "middle": middle, "last": last}))
    assert max(len(group) for group in groups) == 2


def test_twins_of_one_column_or_of_constants():
    assert twins(pd.DataFrame({"only": [1.0, 2.0]})) == [("only",)]
    assert twins(pd.DataFrame({"a": [1.0] * 50, "b": [2.0] * 50})) == [("a",), ("b",)]
