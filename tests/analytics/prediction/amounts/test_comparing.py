"""Comparing: is the better model found, told honestly, and the same whoever sorted the table?"""

from dataclasses import replace

import numpy as np
import pytest

from crm.analytics.prediction import Rows, amounts
from crm.errors import Cancelled, InvalidInput
from tests.analytics.prediction.amounts import made_up

METRICS = ["mae", "rmse", "r2", "r2_capped", "deviance_explained", "deviance_explained_capped", "total_ratio", "covered"]


@pytest.fixture(scope="module")
def compared():
    task = made_up.task()
    return task, amounts.compare_amounts(task, methods=amounts.METHODS)


def test_every_method_is_told_beside_the_rule_and_the_mean(compared):
    _, found = compared
    assert list(found.judged) == ["mean", "rule", *amounts.METHODS] and not found.failed
    for judged in found.judged.values():
        assert judged.metrics["metric"].tolist() == METRICS
        known = judged.metrics[judged.metrics["value"].notna()]
        # An interval of resamples may lie off its value by a hair, not on one side of it.
        assert (known["low"] <= known["value"] + 1e-9).all() and (known["value"] <= known["high"] + 1e-9).all(), judged.method
    assert np.isnan(found.judged["rule"].value("covered")) and found.tested_on == "later"


def test_the_truth_is_found_and_beats_as_before(compared):
    task, found = compared
    truth = np.exp(0.5 + made_up.LOG_SLOPE * np.log1p(task.test.frame["before"]) + made_up.YES_EFFECT * task.test.frame["loyal"])
    best_mae = np.abs(task.test.target - truth).mean()
    proposed = found.judged[found.proposed]
    assert found.proposed in ("poisson", "gamma") and found.beats_mean
    assert proposed.value("mae") < 1.04 * best_mae < found.judged["mean"].value("mae")
    assert np.abs(proposed.amount - truth).mean() < 0.1 * truth.mean()
    assert 0.85 < proposed.value("total_ratio") < 1.15


def test_a_rule_that_is_the_truth_is_not_said_to_be_beaten():
    task = made_up.task()
    exact = {name: Rows(rows.frame.assign(before=np.exp(0.5 + made_up.LOG_SLOPE * np.log1p(rows.frame["before"])
                                                         + made_up.YES_EFFECT * rows.frame["loyal"])), rows.target, rows.groups)
             for name, rows in (("learn", task.learn), ("test", task.test))}
    found = amounts.compare_amounts(replace(task, **exact))
    assert found.beats_rule is False and found.difference_low < 0.02


def test_amounts_that_hang_on_nothing_are_no_better_foreseen_than_by_their_mean():
    rng = np.random.default_rng(8)
    task = made_up.task()
    mixed = {name: Rows(rows.frame, rng.permutation(rows.target), rows.groups)
             for name, rows in (("learn", task.learn), ("test", task.test))}
    found = amounts.compare_amounts(replace(task, **mixed))
    assert not found.beats_mean
    for method in amounts.FIRST:
        interval = found.judged[method].metrics.set_index("metric").loc["r2_capped"]
        assert interval["low"] < 0 and interval["value"] < 0.02, method


def test_the_sequence_of_rows_changes_nothing(compared):
    task, found = compared
    again = amounts.compare_amounts(replace(task, learn=made_up.shuffled(task.learn)), methods=("poisson", "boosting_gamma"))
    for method in ("poisson", "boosting_gamma"):
        assert again.judged[method].amount == pytest.approx(found.judged[method].amount, rel=1e-9)
    twice = amounts.compare_amounts(task, methods=("poisson", "boosting_gamma"))
    assert twice.judged["poisson"].metrics.equals(found.judged["poisson"].metrics)


def test_what_comes_later_changes_neither_models_nor_choice(compared):
    task, found = compared
    other = replace(task, test=Rows(task.test.frame, task.test.target * 7 + 3, task.test.groups))
    again = amounts.compare_amounts(other, methods=amounts.METHODS)
    assert again.proposed == found.proposed and again.choice.equals(found.choice)
    assert (again.judged[found.proposed].amount == found.judged[found.proposed].amount).all()


def test_eight_of_ten_later_amounts_lie_in_their_ranges():
    later = made_up.rows(n_customers=3_000, cutoffs=1, seed=501)
    found = amounts.compare_amounts(replace(made_up.task(), test=Rows(later.frame, later.target, later.groups + 1_000_000)),
                                    methods=("gamma", "boosting"))
    for method in ("gamma", "boosting"):
        # The ranges rest on 400 customers: over eight seeds the share varied by .014 around .81.
        assert found.judged[method].value("covered") == pytest.approx(0.8, abs=0.045), method


def test_ranges_that_no_longer_hold_are_told():
    found = amounts.compare_amounts(made_up.task(level_later=1.5), methods=("poisson",))
    assert found.judged["poisson"].value("covered") < 0.65 and found.judged["poisson"].value("total_ratio") < 0.5


def test_without_a_later_time_every_row_is_told_by_a_model_that_had_not_seen_it():
    rows = made_up.rows(n_customers=120)
    task = replace(made_up.task(), learn=rows, test=None)
    found = amounts.compare_amounts(task, methods=("poisson", "boosting"))
    assert found.tested_on == "parts" and found.n_tested == len(rows.target) and (found.tested == rows.target).all()
    other = made_up.shuffled(rows)
    again = amounts.compare_amounts(replace(task, learn=other), methods=("poisson", "boosting"))
    for method in ("mean", "poisson", "boosting"):
        assert np.sort(again.judged[method].amount) == pytest.approx(np.sort(found.judged[method].amount), rel=1e-9)
    # In each one's own sequence: row for row the same distance.
    assert np.sort(np.abs(again.tested - again.judged["poisson"].amount)) == pytest.approx(
        np.sort(np.abs(found.tested - found.judged["poisson"].amount)), rel=1e-9)


def test_one_enormous_amount_is_told_and_decides_nothing():
    task = made_up.task()
    target = task.test.target.copy()
    target[7] = 1000 * target.max()
    found = amounts.compare_amounts(replace(task, test=Rows(task.test.frame, target, task.test.groups)))
    usual = amounts.compare_amounts(task)
    assert found.proposed == usual.proposed and found.largest_case > 0.99
    assert found.judged[found.proposed].value("r2") < 0.1
    assert found.judged[found.proposed].value("r2_capped") == pytest.approx(usual.judged[usual.proposed].value("r2_capped"), abs=0.1)


def test_one_enormous_amount_among_those_learned_from_leaves_the_others_predictions_alone():
    task = made_up.task()
    target = task.learn.target.copy()
    target[7] *= 50
    usual, found = (amounts.compare_amounts(replace(task, learn=Rows(task.learn.frame, amounts_of, task.learn.groups)),
                                            methods=("gamma", "boosting_gamma"))
                    for amounts_of in (task.learn.target, target))
    gap = np.abs(found.judged["gamma"].amount / usual.judged["gamma"].amount - 1)
    assert np.median(gap) < 0.1 and found.judged["gamma"].value("deviance_explained") > 0.3


def test_methods_that_do_not_fit_say_why_and_the_others_go_on():
    task = made_up.task()
    none = {name: Rows(rows.frame, np.where(np.arange(len(rows.target)) % 3 == 0, 0.0, rows.target), rows.groups)
            for name, rows in (("learn", task.learn), ("test", task.test))}
    found = amounts.compare_amounts(replace(task, **none), methods=amounts.METHODS)
    assert set(found.failed) == {"gamma", "boosting_gamma"} and "400 of 1,200 are 0 or less" in found.failed["gamma"]
    assert found.judged["poisson"].value("deviance_explained") > 0.2
    debts = {name: Rows(rows.frame, rows.target - 60, rows.groups) for name, rows in (("learn", task.learn), ("test", task.test))}
    found = amounts.compare_amounts(replace(task, **debts), methods=amounts.METHODS)
    assert set(found.failed) == {"poisson", "gamma", "boosting_poisson", "boosting_gamma"} and found.yardstick.loss == "squared"
    assert found.judged[found.proposed].amount.min() < 0 < found.judged[found.proposed].value("r2_capped")


def test_the_answer_tells_everybody_of_now_with_a_range():
    task = made_up.task()
    now = made_up.rows(n_customers=50, cutoffs=1, seed=9).frame
    answer = amounts.answer_amounts(replace(task, now=now, refit=task.learn), methods=("linear", "poisson"))
    assert answer.amount.shape == (50,) and (answer.low <= answer.amount).all() and (answer.amount <= answer.high).all()
    assert answer.model.method == answer.comparison.proposed
    spread = answer.ranges.deviation(answer.amount) / answer.amount
    assert spread == pytest.approx(np.full(50, made_up.SHAPE**-0.5), rel=0.35)


def test_progress_rises_and_a_stopped_comparison_says_so():
    task, told = made_up.task(n_customers=60), []
    amounts.compare_amounts(task, methods=("linear", "poisson"), progress=lambda share, stage: told.append((share, stage)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] <= 1 and {"linear", "poisson"} <= {stage for _, stage in told}
    with pytest.raises(Cancelled):
        amounts.compare_amounts(task, cancelled=lambda: True)
    with pytest.raises(InvalidInput, match="no method “oracle”"):
        amounts.compare_amounts(task, methods=("oracle",))
