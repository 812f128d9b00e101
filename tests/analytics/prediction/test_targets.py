"""Targets: is the yes found in the many ways that people write it?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction import known_answers, make_target
from crm.errors import InvalidInput, NotEnoughData


@pytest.mark.parametrize("values, yes", [
    (["Yes", "No", "No"], "Yes"), (["yes", "no", "yes", "yes"], "yes"), ([1, 0, 0], "1"), ([1.0, 0.0, 1.0, 1.0], "1"),
    ([True, False], "True"), (["是", "否", "是", "是"], "是"), (["流失", "留存"], "流失"), (["Y", "N"], "Y"), ([2, 1, 2, 2], "2"),
    (["Stayed", "Churned", "Churned", "Churned"], "Churned"), (["red", "blue", "blue"], "red"), (["b", "a"], "b"),
    (["active", "gone away"], "gone away"), (pd.Categorical(["no", "yes"]), "yes"), (pd.array([True, False, None], dtype="boolean"), "True"),
])
def test_the_yes_of_two_answers_is_found(values, yes):
    column = pd.Series(values, name="churn")
    target, positive, counts = make_target(column)
    assert positive == yes and target.dtype == bool
    assert target.sum() == counts[yes] and len(target) == counts[yes] + sum(n for answer, n in counts.items() if answer not in (yes, None))


def test_the_yes_can_be_named_also_among_many():
    column = pd.Series(["a", "b", "c", "b"], name="plan")
    target, positive, counts = make_target(column, positive="b")
    assert positive == "b" and target.tolist() == [False, True, False, True]
    assert counts == {"b": 2, "a": 1, "c": 1, None: 0}
    assert make_target(pd.Series([0, 1, 1]), positive=0)[0].tolist() == [True, False, False]
    with pytest.raises(InvalidInput, match="No row of “plan” says “d”; it holds “b”, “a”, “c”"):
        make_target(column, positive="d")


def test_rows_without_an_answer_are_left_out_and_counted():
    column = pd.Series(["Yes", None, "No", " ", "No ", np.nan])
    target, _, counts = make_target(column)
    assert target.tolist() == [True, False, False] and counts == {"No": 2, "Yes": 1, None: 3}
    assert known_answers(column).tolist() == [True, False, True, False, True, False]


def test_five_answers_are_refused_with_what_they_are():
    with pytest.raises(InvalidInput, match="“stars” has 5 different answers .*“3”.*predict it as an amount, since it is a number"):
        make_target(pd.Series([1, 2, 3, 3, 4, 5], name="stars"))
    with pytest.raises(InvalidInput, match="“mood” has 5 .*“a”.*Choose one of them as the yes; all others are then a no"):
        make_target(pd.Series(list("abcde"), name="mood"))
    with pytest.raises(InvalidInput, match=r"has 1,000 different answers \(.* and 994 more\)"):
        make_target(pd.Series(range(1000), name="id"))


def test_one_answer_or_none_is_refused():
    with pytest.raises(InvalidInput, match="Every row of “churn” that has an answer says “No”"):
        make_target(pd.Series(["No", "No", None], name="churn"))
    with pytest.raises(NotEnoughData, match="“churn” has no answer in any row"):
        make_target(pd.Series([None, " "], name="churn"))


def test_the_column_stays_as_it_was():
    column = pd.Series(["Yes", None, "No "])
    before = column.copy()
    make_target(column)
    pd.testing.assert_series_equal(column, before)
