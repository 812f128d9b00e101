"""Forms: which questions make a battery, and what each form answered."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics.satisfaction import forms
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.satisfaction.making_forms import AS_OF, answers, joined, likert


def only(table, **choice):
    (battery,) = forms.wide(table, as_of=AS_OF, **choice)
    return battery


def test_a_battery_is_the_questions_of_one_form_and_keeps_the_other_scores_beside_it():
    battery = only(answers([[1, 2], [3, np.nan]], overall=[4, 5]))
    assert battery.items["item"].tolist() == ["Item A", "Item B"]
    np.testing.assert_array_equal(battery.score, np.array([[1, 2], [3, np.nan]], dtype=np.float32))
    assert battery.items["given"].tolist() == [2, 1] and battery.items["not_applicable"].tolist() == [0, 1]
    score, low, high = battery.others["csat", "Overall"]
    assert score.tolist() == [4, 5] and (low, high) == (1, 5)


def test_two_surveys_make_two_batteries_and_a_question_of_both_stands_in_both():
    first = answers(likert(40, 3), items=["Again", "Price", "Speed"], survey=1)
    second = answers(likert(30, 3), items=["Again", "Taste", "Look"], survey=2, first=40)
    found = forms.wide(joined(first, second), as_of=AS_OF)
    assert [one.items["item"].tolist() for one in found] == [["Again", "Price", "Speed"], ["Again", "Look", "Taste"]]
    assert [len(one.forms) for one in found] == [40, 30]


def test_a_question_that_was_added_later_joins_the_battery():
    first = answers(likert(60, 3))
    second = answers(likert(20, 4), first=60)
    assert only(joined(first, second)).score.shape == (80, 4)


def test_single_questions_and_two_sorts_of_contentment_make_no_battery():
    assert forms.wide(answers(likert(20, 1), overall=np.full(20, 4.0)), as_of=AS_OF) == ()
    assert forms.wide(answers(likert(20, 2), metric="csat"), as_of=AS_OF) == ()
    with pytest.raises(NotEnoughData, match="several questions on one form"):
        forms.chosen((), None)


def test_a_battery_that_is_gone_is_told():
    with pytest.raises(InvalidInput, match="not asked together any more"):
        forms.chosen(forms.wide(answers(likert(20, 3)), as_of=AS_OF), "likert:0")


def test_answers_after_the_day_change_nothing():
    table = answers(likert(30, 3))
    later = answers(likert(50, 6, seed=1), first=30, on=np.datetime64("2026-06-16", "us"))
    one, other = only(table), only(joined(table, later))
    np.testing.assert_array_equal(one.score, other.score)
    assert one.key == other.key and one.items.equals(other.items)
    assert forms.wide(later, as_of=AS_OF) == ()


def test_the_order_of_the_rows_changes_nothing_and_the_later_of_two_answers_counts():
    table = answers(likert(30, 3), overall=np.arange(30) % 5 + 1)
    twice = table.iloc[[0]].assign(answer_id=10_000, score=6 - table["score"].iloc[0])
    table = pd.concat([table, twice], ignore_index=True)
    one, other = only(table), only(table.sample(frac=1, random_state=1))
    np.testing.assert_array_equal(one.score, other.score)
    assert one.score[0, 0] == twice["score"].iloc[0] and one.answered_twice == 1


def test_other_scales_are_moved_to_the_one_most_used_and_scores_outside_theirs_are_none():
    long = answers([[0, 10], [5, 10]], low=0, high=10, first=10)
    battery = only(joined(answers([[1, 5], [2, 6], [3, 3]]), long))
    assert (battery.scale_min, battery.scale_max) == (1, 5)
    np.testing.assert_array_equal(battery.score[:, 0], [1, 2, 3, 1, 3])
    np.testing.assert_array_equal(battery.score[:, 1], [5, np.nan, 3, 5, 5])
    assert battery.items["outside_scale"].tolist() == [0, 1]


def test_of_a_known_customer_the_newest_form_counts_and_unknown_ones_all_count():
    battery = only(answers(likert(5, 3), customer=[7, 0, 7, 0, 8], on=np.array(["2026-05-02", "2026-05-01", "2026-05-01", "2026-05-03",
                                                                              "2026-05-04"], dtype="datetime64[us]")))
    assert forms.latest_of_each(battery).tolist() == [True, True, False, True, True]


def test_huge_tables_of_questions_are_read_without_a_full_matrix(monkeypatch):
    table = answers(likert(40, 4), overall=np.arange(40) % 5 + 1)
    dense = only(table)
    monkeypatch.setattr(forms, "DENSE_CELLS", 10)
    sparse = only(table)
    np.testing.assert_array_equal(dense.score, sparse.score)
    assert dense.key == sparse.key and dense.others.keys() == sparse.others.keys()


def test_an_empty_frame_has_no_battery():
    assert forms.wide(answers(likert(3, 3)).iloc[:0], as_of=AS_OF) == ()
    assert forms.wide(answers(likert(3, 3)), as_of=dt.date(2020, 1, 1)) == ()
