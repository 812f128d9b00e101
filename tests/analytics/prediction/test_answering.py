"""The answer: the proposed model, made of all that is known by now, and what it says of today's rows."""

from dataclasses import replace

import numpy as np
import pytest

from crm.analytics.prediction import Rows, answer, compare, fit
from crm.errors import Cancelled, NotEnoughData
from tests.analytics.prediction.known_truth import shop_rows, shop_task, shuffled

METHODS = ("rule", "logistic", "naive_bayes")


@pytest.fixture(scope="module")
def task():
    return shop_task()


@pytest.fixture(scope="module")
def answered(task):
    return answer(task, methods=METHODS)


def test_the_proposed_model_is_made_of_the_latest_rows_and_scores_those_of_now(task, answered):
    proposed = answered.comparison.proposed
    assert answered.model.method == proposed
    expected = fit(task.refit, method=proposed, scales=task.scales).probability(task.now)
    assert np.array_equal(answered.probability, expected)
    assert answered.comparison.choice.equals(compare(task, methods=METHODS).choice)


def test_rows_of_the_test_and_of_now_do_not_reach_the_model(task, answered):
    later = Rows(task.test.frame.assign(days_silent=1e6), ~task.test.target, task.test.groups)
    other = answer(replace(task, test=later, now=task.now.head(3)), methods=METHODS)
    assert np.array_equal(other.probability, answered.probability[:3])


def test_the_sequence_of_the_rows_changes_nothing(task, answered):
    other = answer(replace(task, learn=shuffled(task.learn)[0], test=shuffled(task.test)[0], refit=shuffled(task.refit)[0]),
                   methods=METHODS)
    assert np.array_equal(other.probability, answered.probability)


def test_without_latest_rows_the_model_is_the_one_that_was_judged(task):
    found = answer(replace(task, refit=None), methods=METHODS)
    judged = found.comparison.judged[found.comparison.proposed]
    assert np.array_equal(found.model.probability(task.test.frame), judged.probability)


def test_without_later_rows_or_rows_of_now_the_rows_themselves_are_scored():
    rows, _ = shop_rows(300)
    found = answer(replace(shop_task(), learn=rows, test=None, refit=None, now=None), methods=METHODS)
    assert found.probability.shape == (300,) and found.comparison.tested_on == "parts"
    assert np.array_equal(found.probability, found.model.probability(rows.frame))


def test_the_proposed_model_has_the_settings_that_were_given(task):
    found = answer(task, methods=("logistic",), parameters={"logistic": {"C": 0.01}})
    assert found.model.parameters == found.comparison.judged["logistic"].parameters == {"C": 0.01}


def test_progress_ends_at_the_whole_and_a_stop_is_obeyed_at_the_last_step(task):
    heard = []
    answer(task, methods=METHODS, progress=lambda share, stage: heard.append(share))
    assert heard == sorted(heard) and heard[0] == 0 and heard[-1] == 1 and len(heard) == 6
    with pytest.raises(Cancelled):
        answer(task, methods=METHODS, cancelled=lambda: True)


def test_too_few_among_the_latest_rows_are_refused(task):
    nobody = Rows(task.refit.frame, np.zeros(len(task.refit.target), dtype=bool), task.refit.groups)
    with pytest.raises(NotEnoughData, match="in the latest rows whose outcome is known; there are 0 of"):
        answer(replace(task, refit=nobody))
