"""Preparation: is a table turned into numbers by what the rows learned from say, and by nothing else?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction import Rows
from crm.analytics.prediction.columns import CAPPED_AT, MISSING, MOST_LEVELS, OTHERS, kind_of, learn_column
from crm.analytics.prediction.preparation import learn_preparation
from crm.errors import InvalidInput
from tests.analytics.prediction.known_truth import shop_rows


def rows_of(frame: pd.DataFrame, target=None) -> Rows:
    target = np.arange(len(frame)) % 2 == 0 if target is None else target
    return Rows(frame, target, np.arange(len(frame)))


def column(values, target=None, **how):
    values = pd.Series(values, name="x")
    return learn_column(values, np.arange(len(values)) % 2 == 0 if target is None else target, **how)


@pytest.mark.parametrize("values, kind", [
    ([1, 2, 3], "number"), ([1.5, None], "number"), ([True, False], "bool"), ([True, None, False], "bool"),
    (["a", "b"], "text"), ([None, "b"], "text"), (pd.to_datetime(["2024-01-01", None]), "date"), ([None, None], "text"),
    (pd.Categorical(["a", "b"]), "text"), (pd.array([1, None], dtype="Int64"), "number"),
    (pd.array([True, None], dtype="boolean"), "bool"),
])
def test_the_kind_of_a_column_follows_from_what_it_holds(values, kind):
    assert kind_of(pd.Series(values)) == kind


def test_numbers_are_standardised_on_the_scale_that_was_asked_for():
    frame = pd.DataFrame({"x": np.arange(100.0)})
    for scale, on_scale in (("plain", lambda x: x), ("root", np.sqrt), ("log", np.log1p), ("capped", lambda x: np.minimum(x, CAPPED_AT))):
        made = learn_preparation(rows_of(frame), scales={"x": scale}).design(frame)[:, 0]
        expected = on_scale(frame["x"].to_numpy())
        assert made == pytest.approx((expected - expected.mean()) / expected.std())


def test_a_skewed_number_that_is_never_negative_is_taken_by_its_logarithm_and_others_as_they_are():
    rng = np.random.default_rng(0)
    assert column(rng.lognormal(3, 1, 500)).scale == "log"
    assert column(rng.normal(0, 1, 500)).scale == "plain"
    assert column(rng.lognormal(3, 1, 500) - 50).scale == "plain"


def test_below_zero_counts_as_zero_where_a_root_or_logarithm_is_taken():
    frame = pd.DataFrame({"x": [-5.0, 0.0, 10.0, 20.0]})
    for scale in ("root", "log"):
        made = learn_preparation(rows_of(frame), scales={"x": scale}).design(frame)[:, 0]
        assert made[0] == made[1] < made[2]


def test_a_gap_counts_as_the_average_row_and_infinity_as_a_gap():
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, np.nan, np.inf]})
    prepared = learn_preparation(rows_of(frame))
    assert prepared.design(frame)[3:, 0].tolist() == [0.0, 0.0]
    assert prepared.columns[0].centre == 2.0
    assert np.isnan(prepared.splits(frame)[3:, 0]).all() and np.isnan(prepared.codes(frame)[3:, 0]).all()


def test_a_gap_is_a_column_of_its_own_only_where_it_tells_something():
    missing = np.arange(400) % 4 == 0
    values = np.where(missing, np.nan, np.arange(400.0))
    telling = missing | (np.arange(400) % 10 == 0)
    made = learn_preparation(rows_of(pd.DataFrame({"x": values}), telling))
    assert made.design_columns() == [("x", None), ("x", MISSING)]
    assert made.design(pd.DataFrame({"x": [np.nan, 1.0]}))[:, 1] == pytest.approx([0.75, -0.25])
    assert not column(values, np.arange(400) // 4 % 2 == 0).gap_tells


def test_four_rows_of_one_customer_do_not_make_a_gap_tell_more_than_one():
    rng = np.random.default_rng(0)
    missing, yes = np.repeat(rng.random(60) < 0.5, 10), np.repeat(rng.random(60) < 0.5, 10)
    yes = yes | (missing & (np.arange(600) % 7 == 0))
    values = np.where(missing, np.nan, 1.0)
    assert column(values, yes).gap_tells
    assert not column(values, yes, repeats=10.0).gap_tells


def test_rare_words_are_put_together_and_common_ones_stand_alone():
    words = ["web"] * 50 + ["shop"] * 30 + ["fax", "pigeon", "letter"]
    learned = column(words)
    assert learned.words == ("shop", "web", OTHERS)
    assert learned.shares == pytest.approx((30 / 83, 50 / 83, 3 / 83))
    assert learned.codes(pd.DataFrame({"x": ["web", "fax", "never seen", None, " shop "]})).tolist() == [1, 2, 2, -1, 0]


def test_at_most_fifty_words_count_on_their_own():
    words = [f"word {number:03}" for number in range(80) for _ in range(20)]
    learned = column(words)
    assert len(learned.levels) == MOST_LEVELS and learned.has_others


def test_a_word_never_seen_is_taken_for_the_average_row():
    frame = pd.DataFrame({"x": ["a"] * 30 + ["b"] * 50})
    prepared = learn_preparation(rows_of(frame))
    assert prepared.columns[0].words == ("a", "b")
    later = pd.DataFrame({"x": ["c", None]})
    assert prepared.design(later).tolist() == [[0, 0], [0, 0]]
    assert prepared.splits(later).tolist() == [[0, 0], [0, 0]]
    assert np.isnan(prepared.codes(later)).all()


def test_gaps_among_words_are_a_word():
    frame = pd.DataFrame({"x": ["a"] * 30 + ["b"] * 50 + [None, "  "] * 10})
    prepared = learn_preparation(rows_of(frame))
    assert prepared.design_columns() == [("x", "a"), ("x", "b"), ("x", MISSING)]
    assert prepared.design(frame).mean(axis=0) == pytest.approx([0, 0, 0])
    assert prepared.codes(pd.DataFrame({"x": [None, ""]})).tolist() == [[2.0], [2.0]]


def test_the_same_words_in_another_type_of_column_are_the_same():
    as_objects = pd.DataFrame({"x": pd.Series(["a", "b", None] * 20, dtype=object)})
    prepared = learn_preparation(rows_of(as_objects))
    for dtype in ("string", "category", "str"):
        assert np.array_equal(prepared.design(as_objects), prepared.design(as_objects.astype({"x": dtype})))


def test_a_constant_or_empty_column_tells_nothing_whatever_comes_later():
    frame = pd.DataFrame({"same": 7.1, "empty": np.full(50, np.nan), "never": None, "always": True, "word": "a"}, index=range(50))
    prepared = learn_preparation(rows_of(frame))
    assert np.abs(prepared.design(frame)).max() == 0
    assert prepared.design(pd.DataFrame({"same": [9e9], "empty": [5.0], "never": [None], "always": [True], "word": ["b"]})).max() == 0
    assert all(learned.is_constant for learned in prepared.columns)


def test_dates_are_days_before_the_latest_one_learned():
    frame = pd.DataFrame({"x": pd.to_datetime(["2024-01-01", "2024-01-11", None])})
    prepared = learn_preparation(rows_of(frame))
    assert prepared.splits(frame)[:2, 0].tolist() == [10, 0] and np.isnan(prepared.splits(frame)[2, 0])
    assert prepared.splits(pd.DataFrame({"x": pd.to_datetime(["2024-01-12"])}))[0, 0] == -1


def test_preparation_is_learned_from_its_rows_alone_and_leaves_the_table_as_it_was():
    rows, _ = shop_rows(200)
    before = rows.frame.copy()
    prepared = learn_preparation(rows)
    once = prepared.design(rows.frame)
    prepared.design(shop_rows(200, seed=9)[0].frame.assign(days_silent=1e6))
    assert np.array_equal(prepared.design(rows.frame), once)
    pd.testing.assert_frame_equal(rows.frame, before)


def test_a_missing_column_is_named_and_others_may_stand_anywhere():
    rows, _ = shop_rows(100)
    prepared = learn_preparation(rows)
    other = rows.frame[rows.frame.columns[::-1]].assign(more=1)
    assert np.array_equal(prepared.design(other), prepared.design(rows.frame))
    with pytest.raises(InvalidInput, match="“channel”, which this table does not have"):
        prepared.design(rows.frame.drop(columns="channel"))


def test_text_where_numbers_were_learned_is_refused_by_name():
    rows, _ = shop_rows(100)
    with pytest.raises(InvalidInput, match="“orders” was learned as numbers"):
        learn_preparation(rows).design(rows.frame.assign(orders="many"))
