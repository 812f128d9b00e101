"""Careless forms: equal scores all the way down against what honest answers bring, and too little time."""

import numpy as np
import pytest

from crm.analytics.satisfaction import careless, forms
from tests.analytics.satisfaction.making_forms import AS_OF, answers, likert


def marked(score, **fields):
    (battery,) = forms.wide(answers(score, **fields), as_of=AS_OF)
    return careless.mark(battery)


@pytest.mark.parametrize(("loading", "middle"), [(0.6, 3.5), (0.85, 3.9)])
def test_the_expected_number_of_equal_forms_is_that_of_honest_ones(loading, middle):
    score = likert(20_000, 6, loading=loading, middle=middle, seed=4)
    expected, against = careless.expected_equal(score)
    seen = {point: (score == point).all(axis=1).sum() for point in expected}
    assert not against
    for point, count in seen.items():
        assert expected[point] == pytest.approx(count, abs=4 * np.sqrt(count + 1) + 0.08 * count)


def test_honest_forms_are_hardly_ever_doubted():
    doubted = [marked(likert(300, 6, seed=seed)).doubtful.mean() for seed in range(12)]
    assert np.mean(doubted) < 0.005


def test_planted_forms_of_one_score_are_found_and_delight_is_not_doubted():
    score = likert(400, 6, seed=2, middle=4.2)
    score[:30] = 3
    found = marked(score)
    assert found.doubtful[:30].all() and found.straight[:30].all()
    assert found.straight[30:].sum() > 20 and not found.doubtful[(score == 5).all(axis=1)].any()
    row = found.levels.set_index("score").loc[3.0]
    assert row["doubtful"] and row["forms"] >= 30 > row["expected"]


def test_where_a_question_runs_the_other_way_the_best_score_all_the_way_down_contradicts_itself():
    score = likert(400, 6, seed=3)
    score[:, 5] = 6 - score[:, 5]
    score[:30] = 5
    assert marked(score).doubtful[:30].all()


def test_fewer_than_five_scores_are_nothing_remarkable():
    assert not marked(np.full((50, 4), 3.0)).judged and not marked(np.full((50, 4), 3.0)).straight.any()
    gaps = likert(60, 6, seed=1)
    gaps[0] = [3, 3, 3, 3, np.nan, np.nan]
    gaps[1] = [3, 3, 3, 3, 3, np.nan]
    assert marked(gaps).straight[:2].tolist() == [False, True]


def test_all_forms_alike_are_straight_but_what_honest_ones_would_be_cannot_be_told():
    found = marked(np.full((50, 6), 4.0))
    assert found.straight.all() and not found.careless.any() and found.levels["expected"].isna().all()


def test_where_more_than_a_fifth_is_equal_these_forms_are_neither_doubted_nor_called_honest():
    score = likert(52, 6, seed=1)
    score[:20] = 4
    found = marked(score)
    assert found.too_many and not found.doubtful.any() and (found.untold == found.straight).all() and found.levels["expected"].isna().all()
    score[3:20] = likert(17, 6, seed=9)
    assert not marked(score).too_many and not marked(score).untold.any()


def test_a_doubt_that_comes_in_spite_of_many_equal_forms_stands():
    score = likert(400, 6, seed=2, loading=0.3)
    score[:90] = 2
    found = marked(score)
    assert found.too_many and found.doubtful[:90].all() and not found.untold[:90].any()


def test_below_a_third_of_the_surveys_own_median_is_too_fast():
    seconds = np.concatenate([np.full(30, 60.0), [19, 21, np.nan, 0]])
    found = marked(likert(34, 6), seconds=seconds)
    assert np.flatnonzero(found.speeder).tolist() == [30] and found.timed == 32 and found.median_seconds == 60
    few = marked(likert(19, 6), seconds=np.r_[np.full(18, 60.0), 1])
    assert not few.speeder.any() and few.median_seconds is None


def test_a_battery_of_a_hundred_questions_is_marked_too():
    score = likert(80, 100, seed=5)
    score[3, 40:] = np.nan
    score[5] = 3
    assert marked(score).straight.sum() == 1
