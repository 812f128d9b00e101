"""Comparing models of waits: ranked as counted by hand, told beside the rules, honest where nothing is to be known."""

from dataclasses import replace

import numpy as np
import pytest

from crm.analytics.prediction import waiting
from crm.analytics.prediction.waiting import Waits
from crm.analytics.prediction.waiting.judging import difference
from crm.errors import Cancelled, InvalidInput, NotEnoughData
from tests.analytics.prediction.waiting import made_up_waits


def counted_by_hand(days, is_seen, later) -> float:
    won = met = 0.0
    for one in np.flatnonzero(is_seen):
        for two in range(len(days)):
            if days[two] > days[one] or (days[two] == days[one] and not is_seen[two]):
                met += 1
                won += 1.0 if later[two] > later[one] else 0.5 if later[two] == later[one] else 0.0
    return won / met


def test_concordance_is_the_share_of_pairs_counted_one_by_one():
    rng = np.random.default_rng(1)
    for _ in range(5):
        days, seen = rng.integers(1, 12, 60).astype(float), rng.random(60) < 0.6
        later = rng.integers(0, 8, 60).astype(float)
        assert waiting.concordance(days, seen, later, groups=np.arange(60)).value == pytest.approx(counted_by_hand(days, seen, later))


def test_the_interval_of_concordance_is_as_wide_as_samples_vary():
    found = []
    for seed in range(60):
        waits = made_up_waits.waits(n=200, seed=seed)
        found.append(waiting.concordance(waits.days, waits.is_seen, -made_up_waits.true_chance(waits, 30), groups=waits.groups))
    width = np.mean([one.high - one.low for one in found]) / (2 * 1.96)
    assert width == pytest.approx(np.std([one.value for one in found]), rel=0.3)


def test_a_score_is_no_better_than_itself():
    waits = made_up_waits.waits(n=300)
    one = waiting.concordance(waits.days, waits.is_seen, waits.days, groups=waits.groups)
    assert one.value == 1.0 and difference(one, one) == (0.0, 0.0)


@pytest.fixture(scope="module")
def found():
    return waiting.compare_waiting(made_up_waits.task())


def test_models_are_told_beside_both_rules(found):
    assert list(found.judged) == ["rule", "recency", *waiting.METHODS] and found.n_tested == 1_500
    best = found.judged[found.proposed]
    assert found.beats_rule and best.value("concordance") > found.judged["rule"].value("concordance")
    assert best.value("calibration_error") < 0.05 and best.value("came_by_median") == pytest.approx(0.5, abs=0.08)
    assert best.value("total_ratio") == pytest.approx(1.0, abs=0.08)
    assert np.isnan(found.judged["recency"].value("brier"))


def test_the_ranking_of_the_truth_is_reached(found):
    task = made_up_waits.task()
    truth = waiting.concordance(task.test.days, task.test.is_seen, -made_up_waits.true_chance(task.test, 30),
                                groups=task.test.groups).value
    assert found.judged[found.proposed].value("concordance") == pytest.approx(truth, abs=0.01)


def test_waits_that_hang_on_nothing_are_ranked_as_by_a_coin():
    noise = waiting.compare_waiting(made_up_waits.task(only_noise=True))
    for method in waiting.METHODS:
        judged = noise.judged[method]
        assert judged.value("concordance") == pytest.approx(0.5, abs=0.035), method
        assert judged.value("total_ratio") == pytest.approx(1.0, abs=0.1), method


def test_the_sequence_of_rows_and_what_comes_later_change_nothing(found):
    task = made_up_waits.task()
    again = waiting.compare_waiting(replace(task, learn=made_up_waits.shuffled(task.learn)))
    for method in waiting.METHODS:
        assert again.judged[method].chance == pytest.approx(found.judged[method].chance, abs=1e-6)
    nobody = Waits(task.test.frame, np.full(1_500, 30.0), np.arange(1_500) < 1, task.test.groups)
    other = waiting.compare_waiting(replace(task, test=nobody))
    assert other.proposed == found.proposed and (other.judged["steps"].chance == found.judged["steps"].chance).all()


def test_the_answer_has_a_curve_for_everybody_of_now():
    task = made_up_waits.task()
    answer = waiting.answer_waiting(replace(task, now=task.test.frame.head(7), refit=task.learn))
    assert answer.curves.hazard.shape[0] == 7 and answer.model.method == answer.comparison.proposed


def test_too_few_orders_wrong_waits_and_unknown_methods_are_told():
    task = made_up_waits.task()
    few = Waits(task.learn.frame, task.learn.days, np.arange(len(task.learn.days)) < 9, task.learn.groups)
    with pytest.raises(NotEnoughData, match="50 orders that followed another .* there are 9"):
        waiting.compare_waiting(replace(task, learn=few))
    one = Waits(task.learn.frame, task.learn.days, task.learn.is_seen, np.ones(len(task.learn.days)))
    with pytest.raises(NotEnoughData, match="20 customers who ordered again .* there are 1"):
        waiting.compare_waiting(replace(task, learn=one))
    with pytest.raises(InvalidInput, match="more than 0"):
        waiting.compare_waiting(replace(task, learn=Waits(task.learn.frame, task.learn.days - 5, task.learn.is_seen, task.learn.groups)))
    with pytest.raises(InvalidInput, match="Choose some of the methods"):
        waiting.compare_waiting(task, methods=("cox",))


def test_progress_rises_and_a_stopped_comparison_says_so():
    task, told = made_up_waits.task(), []
    waiting.compare_waiting(task, progress=lambda share, stage: told.append(share))
    assert told == sorted(told) and told[0] == 0 and told[-1] <= 1
    with pytest.raises(Cancelled):
        waiting.compare_waiting(task, cancelled=lambda: True)


def test_features_that_never_change_and_gaps_that_nobody_has_are_survived():
    task = made_up_waits.task()
    frame = task.learn.frame.assign(mean_gap_days=np.nan, always=1.0)
    found = waiting.compare_waiting(replace(
        task, learn=replace(task.learn, frame=frame), test=replace(task.test, frame=task.test.frame.assign(always=1.0)),
        columns=("loyal", "always", "mean_gap_days")))
    assert np.nanmin(found.judged[found.proposed].chance) >= 0 and found.judged["rule"].value("concordance") > 0
