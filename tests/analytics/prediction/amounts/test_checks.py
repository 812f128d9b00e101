"""What is said where amounts cannot be learned?"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction import Rows, amounts
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.prediction.amounts import made_up


def asked(frame: pd.DataFrame | None = None, target=None, groups=None):
    rows = made_up.rows(n_customers=100)
    rows = Rows(rows.frame if frame is None else frame, rows.target if target is None else target,
                rows.groups if groups is None else groups)
    return amounts.compare_amounts(replace(made_up.task(), learn=rows, test=None, rule=None), methods=("linear", "poisson"))


def test_amounts_that_are_all_alike_are_told_with_the_amount():
    with pytest.raises(NotEnoughData, match="All 300 amounts to learn from are 30.00"):
        asked(target=np.full(300, 30.0))


def test_one_customer_is_not_enough():
    with pytest.raises(NotEnoughData, match="10 different customers to learn from; there are 1"):
        asked(groups=np.zeros(300, dtype="int64"))


def test_few_known_amounts_are_counted():
    target = np.full(300, np.nan)
    target[:20] = np.arange(20)
    with pytest.raises(NotEnoughData, match="needs 50 cases .* there are 20"):
        asked(target=target)


def test_a_column_of_words_is_no_amount():
    with pytest.raises(InvalidInput, match="choose a column of numbers"):
        amounts.check(Rows(made_up.rows(n_customers=100).frame, np.array(["many"] * 300), np.arange(300)), of="to learn from")


def test_a_column_that_gives_the_amount_away_is_named():
    rows = made_up.rows(n_customers=100)
    with pytest.raises(InvalidInput, match="“with tax” gives the amount away"):
        asked(frame=rows.frame.assign(**{"with tax": rows.target * 1.19}))


def test_a_column_that_shares_one_enormous_case_with_the_amount_gives_nothing_away():
    rows = made_up.rows(n_customers=100)
    target, before = rows.target.copy(), rows.frame["before"].to_numpy().copy()
    target[0], before[0] = 1e9, 1e9
    assert asked(frame=rows.frame.assign(before=before), target=target).proposed


def test_a_column_of_names_is_named():
    frame = made_up.rows(n_customers=100).frame.assign(name=[f"Customer {n}" for n in range(300)])
    with pytest.raises(InvalidInput, match="“name” has 300 different texts"):
        asked(frame=frame)


def test_columns_that_never_change_or_are_empty_tell_nothing_and_harm_nothing():
    rows = made_up.rows(n_customers=100)
    plain = asked()
    more = asked(frame=rows.frame.assign(always=5.0, never=np.nan, word=pd.Series(["x"] * 300, dtype="str")))
    assert more.judged["poisson"].value("mae") == pytest.approx(plain.judged["poisson"].value("mae"), rel=1e-6)
    assert set(amounts.coefficients(Rows(rows.frame.assign(always=5.0), rows.target, rows.groups),
                                    method="linear")["column"]) == set(rows.frame.columns)


def test_infinite_numbers_count_as_not_known():
    rows = made_up.rows(n_customers=100)
    before = rows.frame["before"].to_numpy().copy()
    before[:40] = np.inf
    found = asked(frame=rows.frame.assign(before=before))
    assert np.isfinite(found.judged["poisson"].amount).all()


def test_only_columns_that_never_change_leave_the_mean():
    rows = made_up.rows(n_customers=100)
    found = asked(frame=pd.DataFrame({"always": np.full(300, 2.0)}))
    assert np.ptp(found.judged["poisson"].amount) < 0.2 * rows.target.mean() and not found.beats_mean


def test_no_column_at_all_is_told():
    with pytest.raises(InvalidInput, match="at least one column"):
        asked(frame=pd.DataFrame(index=range(300)))
