"""Cronbach's alpha against published examples, its interval, and questions that do not fit."""

import numpy as np
import pytest

from crm.analytics.satisfaction import forms, reliability
from crm.errors import NotEnoughData
from tests.analytics.satisfaction.making_forms import AS_OF, answers, likert

# Ten people, three questions from 1 to 3: alpha .7734375, 95 % .336 to .939 (statology.org, Cronbach's alpha in Python)
PEOPLE = np.array([[1, 2, 2, 3, 2, 2, 3, 3, 2, 3], [1, 1, 1, 2, 3, 3, 2, 3, 3, 3], [1, 1, 2, 1, 2, 3, 3, 3, 2, 3]]).T


def measured(score, **fields):
    (battery,) = forms.wide(answers(score, **fields), as_of=AS_OF)
    return reliability.measure(battery)


def test_alpha_and_feldts_interval_are_the_published_ones():
    found = measured(PEOPLE, high=3.0)
    assert found.alpha == pytest.approx(0.7734375, abs=1e-12)
    assert (round(found.low, 3), round(found.high, 3)) == (0.336, 0.939)
    assert found.n == 10 and found.few


def test_alpha_by_hand():
    # Two questions, variances 2/3 and 2/3, sum's variance 2: alpha = 2 * (1 - (4/3) / 2) = 2/3.
    alpha, without, total = reliability.from_covariance(np.array([[2 / 3, 1 / 3], [1 / 3, 2 / 3]]))
    assert alpha == pytest.approx(2 / 3) and np.isnan(without).all() and total == pytest.approx([0.5, 0.5])


def test_item_total_and_alpha_without_are_those_of_the_remaining_questions():
    score = likert(200, 4, seed=3)
    found = measured(score)
    rest = measured(score[:, 1:])
    assert found.items["alpha_without"].iloc[0] == pytest.approx(rest.alpha)
    assert found.items["item_total"].iloc[0] == pytest.approx(np.corrcoef(score[:, 0], score[:, 1:].sum(axis=1))[0, 1])


def test_the_interval_holds_the_true_alpha_in_about_95_of_100_samples():
    loading, count = 0.7, 5
    true = count * loading**2 / (1 + (count - 1) * loading**2)
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        score = loading * rng.standard_normal((60, 1)) + np.sqrt(1 - loading**2) * rng.standard_normal((60, count))
        alpha, _, _ = reliability.from_covariance(np.cov(score, rowvar=False))
        low, high = reliability.interval(alpha, n=60, items=count)
        inside += low <= true <= high
    assert 0.92 <= inside / 400 <= 0.98


def test_a_question_that_runs_the_other_way_is_told_and_not_turned():
    score = likert(100, 4, seed=1)
    turned = score.copy()
    turned[:, 2] = 6 - turned[:, 2]
    found = measured(turned)
    assert found.items["reversed"].tolist() == [False, False, True, False]
    assert found.alpha < measured(score).alpha and found.items["item_total"].iloc[2] < -0.3


def test_only_forms_that_answer_everything_count_and_the_costliest_question_is_named():
    score = likert(100, 4, seed=1)
    score[:40, 1] = np.nan
    score[35:50, 3] = np.nan
    found = measured(score)
    assert (found.n, found.n_forms, found.scarcest, found.n_without_it) == (50, 100, "Item B", 85)


@pytest.mark.parametrize("score", [likert(9, 3), np.full((40, 3), 4.0)])
def test_too_few_or_all_equal_forms_are_refused(score):
    with pytest.raises(NotEnoughData):
        measured(score)


def test_a_question_that_never_varies_has_no_correlation():
    score = likert(50, 4)
    score[:, 1] = 5
    row = measured(score).items.iloc[1]
    assert row["constant"] and np.isnan(row["item_total"]) and not row["reversed"]


def test_a_question_without_any_score_does_not_stand_in_the_way_of_the_others():
    score = likert(100, 4, seed=1)
    score[:, 2] = np.nan
    assert measured(score).items["item"].tolist() == ["Item A", "Item B", "Item D"]
