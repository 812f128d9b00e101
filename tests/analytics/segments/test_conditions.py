"""Conditions on customers: each operator by hand, what is not known meets none but its own, and errors are sentences."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.segments.conditions import meets
from crm.errors import InvalidInput

TABLE = pd.DataFrame({"age": [20.0, 30.0, 40.0, np.nan], "country": pd.Series(["Peru", "Chad", None, "Peru"], dtype="str"),
                      "custom.Größe": [1, 2, 3, 4]})


def met(column, operator, value=None) -> list[int]:
    return np.flatnonzero(meets(TABLE, [{"column": column, "operator": operator, "value": value}])).tolist()


@pytest.mark.parametrize(("column", "operator", "value", "rows"), [
    ("age", "<=", 30, [0, 1]), ("age", "<", 30, [0]), ("age", ">", 30, [2]), ("age", ">=", 30, [1, 2]),
    ("age", "between", [20, 30], [1]), ("age", "in", [20, 40], [0, 2]), ("age", "not_in", [20], [1, 2]),
    ("age", "is_missing", None, [3]), ("age", "is_known", None, [0, 1, 2]),
    ("country", "in", ["Peru"], [0, 3]), ("country", "not_in", ["Peru"], [1]), ("country", "is_missing", None, [2]),
    ("custom.Größe", "between", [1, 3], [1, 2]), ("custom.Größe", "in", ["2"], []),
])
def test_each_operator_by_hand(column, operator, value, rows):
    assert met(column, operator, value) == rows


def test_all_conditions_must_be_met_and_none_takes_everybody():
    both = [{"column": "age", "operator": ">", "value": 10}, {"column": "country", "operator": "in", "value": ["Peru"]}]
    assert np.flatnonzero(meets(TABLE, both)).tolist() == [0]
    assert meets(TABLE, []).all()


def test_who_is_not_known_is_let_in_where_the_condition_says_so():
    assert np.flatnonzero(meets(TABLE, [{"column": "age", "operator": ">", "value": 30, "or_missing": True}])).tolist() == [2, 3]


@pytest.mark.parametrize(("column", "operator", "told"), [
    ("colour", "<=", "no column “colour” any more"), ("country", ">", "holds words"), ("age", "like", "compares nothing")])
def test_what_cannot_be_compared_is_told(column, operator, told):
    with pytest.raises(InvalidInput, match=told):
        meets(TABLE, [{"column": column, "operator": operator, "value": 1}])


def test_no_customers_meet_nothing():
    assert meets(TABLE.iloc[:0], [{"column": "age", "operator": ">", "value": 1}]).tolist() == []
