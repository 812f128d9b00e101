"""Checks: is a table from which nothing can be learned refused with a sentence that helps?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction import Rows, check, giveaways, refuse_giveaways
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.prediction.known_truth import shop_rows


def changed(n_rows=300, **columns):
    rows, _ = shop_rows(n_rows)
    return Rows(rows.frame.assign(**columns), rows.target, rows.groups)


def test_a_good_table_passes_and_gives_nothing_away():
    rows, _ = shop_rows(300)
    check(rows, scales={"days_silent": "root"})
    assert giveaways(rows) == []
    refuse_giveaways(rows)


@pytest.mark.parametrize("target, told", [
    (np.zeros(300, dtype=bool), "20 cases with a yes .* there are 0 of 300"),
    (np.ones(300, dtype=bool), "20 cases with a no .* there are 0 of 300"),
    (np.arange(300) < 1, "20 cases with a yes .* there is 1 of 300"),
    (np.arange(300) < 19, "20 cases with a yes .* there are 19 of 300"),
])
def test_too_few_of_either_outcome_are_told(target, told):
    rows, _ = shop_rows(300)
    with pytest.raises(NotEnoughData, match=told):
        check(Rows(rows.frame, target, rows.groups))


def test_customers_are_counted_not_their_rows():
    rows, _ = shop_rows(300)
    with pytest.raises(NotEnoughData, match="there are 15 of 100"):
        check(Rows(rows.frame, np.arange(300) < 45, np.arange(300) // 3))


def test_three_customers_are_too_few():
    rows, _ = shop_rows(3)
    with pytest.raises(NotEnoughData, match="of 3"):
        check(rows)


def test_a_column_of_names_is_refused_with_the_number_of_its_words():
    with pytest.raises(InvalidInput, match="“name” holds 300 different words in 300 rows"):
        check(changed(name=[f"Customer {number}" for number in range(300)]))
    many = changed(60_000, name=[f"Customer {number}" for number in range(50_000)] + ["Customer 1"] * 10_000)
    with pytest.raises(InvalidInput, match="“name” holds 50,000 different words in 60,000 rows"):
        check(many)


def test_many_kinds_are_no_names():
    check(changed(600, city=[f"City {number % 120}" for number in range(600)]))
    check(changed(60, city=[f"City {number % 40}" for number in range(60)]))


def test_columns_that_are_all_the_same_or_empty_are_refused_and_one_of_them_is_not():
    rows, _ = shop_rows(300)
    flat = pd.DataFrame({"same": 1.0, "empty": np.nan, "word": "a", "yes": True, "gap": None}, index=range(300))
    with pytest.raises(InvalidInput, match="None of the columns tells one row from another"):
        check(Rows(flat, rows.target, rows.groups))
    check(changed(same=1.0))


def test_other_wrong_tables_are_refused():
    rows, _ = shop_rows(300)
    with pytest.raises(InvalidInput, match="at least one column"):
        check(Rows(rows.frame[[]], rows.target, rows.groups))
    with pytest.raises(InvalidInput, match="Two columns are called “orders”"):
        check(Rows(rows.frame.rename(columns={"visits": "orders"}), rows.target, rows.groups))
    with pytest.raises(InvalidInput, match="a yes or a no"):
        check(Rows(rows.frame, rows.target.astype(float), rows.groups))
    with pytest.raises(InvalidInput, match="no scale “cubed”"):
        check(rows, scales={"orders": "cubed"})


TARGET = shop_rows(300)[0].target


@pytest.mark.parametrize("column", [
    TARGET, TARGET * 3.0 + 1, -np.where(TARGET, np.arange(300) + 500.0, np.arange(300)), np.where(TARGET, "left", "stayed"),
    np.where(TARGET, None, "active"), np.where(TARGET, [f"reason {i % 4}" for i in range(300)], "none"),
    np.where(TARGET, np.nan, 5.0), np.where(TARGET, np.arange(300.0), np.nan),
    pd.to_datetime(pd.Series(np.where(TARGET, "2024-05-01", None))),
], ids=["itself", "as a number", "turned round", "as words", "as a gap", "with reasons", "number gone", "number come", "a day of leaving"])
def test_a_column_that_gives_the_answer_away_is_named(column):
    rows = changed(leak=column)
    assert giveaways(rows) == ["leak"]
    with pytest.raises(InvalidInput, match="“leak” gives the answer away"):
        refuse_giveaways(rows)


def test_several_are_named_together():
    with pytest.raises(InvalidInput, match="The columns “one”, “two” give the answer away"):
        refuse_giveaways(changed(one=TARGET, two=~TARGET))


def test_honest_columns_are_not_taken_for_giveaways():
    rng = np.random.default_rng(0)
    assert giveaways(changed(name=[f"Customer {number}" for number in range(300)],
                             strong=TARGET + rng.normal(0, 0.5, 300), city=[f"City {number % 90}" for number in range(300)],
                             empty=np.nan, same="x")) == []


def test_in_a_large_table_rare_leavers_are_enough_to_see_it():
    rng = np.random.default_rng(0)
    target = np.arange(60_000) % 1500 == 0
    frame = pd.DataFrame({"leak": target + rng.normal(0, 0.1, 60_000), "other": rng.normal(size=60_000)})
    assert giveaways(Rows(frame, target, np.arange(60_000))) == ["leak"]
