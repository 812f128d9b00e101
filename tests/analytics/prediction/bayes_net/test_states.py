"""Do columns fall into states that people read, and does every value find its own?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction.bayes_net.states import State, coded, in_signs
from crm.errors import InvalidInput


def signs(values, name="x", **choices):
    return [in_signs(one) for one in coded(pd.Series(values, name=name), **choices).states]


def test_numbers_are_cut_at_round_borders():
    days = np.random.default_rng(0).gamma(2, 40, 5000)
    borders = coded(pd.Series(days)).borders
    assert len(borders) == 3 and all(border == float(f"{border:.2g}") for border in borders)
    shares = np.bincount(coded(pd.Series(days)).codes(pd.Series(days))) / 5000
    assert shares.min() > 0.2 and shares.max() < 0.3


def test_with_an_outcome_a_number_is_cut_where_it_changes():
    rng = np.random.default_rng(1)
    days = rng.integers(0, 365, 4000)
    leaves = rng.random(4000) < np.where(days < 90, 0.1, 0.7)
    coding = coded(pd.Series(days.astype(float), name="days"), outcome=leaves)
    assert len(coding.borders) == 1 and abs(coding.borders[0] - 90) <= 10
    assert [state.kind for state in coding.states] == ["below", "at_least"]


def test_a_number_that_says_nothing_of_the_outcome_falls_into_equal_parts():
    rng = np.random.default_rng(2)
    assert coded(pd.Series(rng.normal(size=4000)), outcome=rng.random(4000) < 0.5).size == 4


def test_few_numbers_are_a_state_each():
    assert signs([0, 1, 1, 2, 0, 5.0]) == ["0", "1", "2 – 4", "5"]
    assert signs([0.5, 1.5, 1.5]) == ["< 1.5", "≥ 1.5"]
    assert signs([0, 1] * 20) == ["0", "1"]


@pytest.mark.parametrize("scale", [1e-6, 1, 1e7])
def test_any_unit_gives_states_of_about_equal_size(scale):
    values = pd.Series(np.random.default_rng(3).lognormal(size=2000) * scale)
    assert (np.bincount(coded(values).codes(values)) > 300).all()


def test_most_values_equal_leave_no_empty_state():
    values = pd.Series([0.0] * 900 + list(np.random.default_rng(4).exponential(10, 100)))
    found = np.bincount(coded(values).codes(values), minlength=coded(values).size)
    assert (found > 0).all() and found[0] == 900


def test_rare_words_are_one_state():
    values = pd.Series(["a"] * 500 + ["b"] * 400 + [f"word {place}" for place in range(50)], name="channel", dtype="str")
    coding = coded(values)
    assert [in_signs(state) for state in coding.states] == ["a", "b", "…"]
    assert coding.codes(values)[-1] == 2


def test_missing_is_a_state_where_it_was_ever_missing():
    assert signs([1.0, 2.0, np.nan] * 10)[-1] == "?"
    assert signs(pd.Series(["a", None] * 10, dtype="str"))[-1] == "?"
    assert signs(pd.Series([True, None] * 10, dtype=object)) == ["no", "yes", "?"]
    assert signs(pd.Series([True, None] * 10, dtype="boolean")) == ["no", "yes", "?"]


def test_what_was_never_seen_is_not_known():
    words, numbers = coded(pd.Series(["a", "b"] * 20, name="x")), coded(pd.Series([1.0, 2.0] * 20, name="x"))
    assert words.codes(pd.Series(["a", "z", None])).tolist() == [0, -1, -1]
    assert numbers.codes(pd.Series([1.0, 99.0, np.nan])).tolist() == [0, 1, -1]


@pytest.mark.parametrize(("values", "size"), [([7.0] * 40, 1), ([np.nan] * 40, 1), (["same"] * 40, 1),
                                              ([f"{place}" for place in range(400)], 1), ([np.inf, 1.0, 2.0] * 20, 3)])
def test_odd_columns_survive(values, size):
    coding = coded(pd.Series(values, name="x"))
    assert coding.size == size == len(coding.states)
    assert (coding.codes(pd.Series(values)) >= 0).all()


def test_a_fact_is_a_state_or_any_value():
    coding = coded(pd.Series(np.arange(1000.0), name="days"))
    assert coding.code_of(3) == coding.code_of(coding.states[0]) == 0
    assert coding.code_of(999) == 3
    yes_no = coded(pd.Series([True, False] * 20, name="late"))
    assert (yes_no.code_of(True), yes_no.code_of(State("no"))) == (1, 0)
    for wrong in ("soon", None, State("word", text="soon")):
        with pytest.raises(InvalidInput, match="days"):
            coding.code_of(wrong)


def test_the_order_of_the_rows_changes_no_border():
    rng = np.random.default_rng(5)
    values, outcome = pd.Series(rng.normal(size=999), name="x"), rng.random(999) < 0.4
    outcome |= values.to_numpy() > 0.3
    turned = rng.permutation(999)
    assert coded(values, outcome=outcome).borders == coded(values.iloc[turned], outcome=outcome[turned]).borders
