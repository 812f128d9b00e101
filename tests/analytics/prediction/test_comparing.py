"""Comparing models: is the choice made without the test, and what is told of it honest?"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction import FIRST, METHODS, Rows, Task, compare, fit, settings
from crm.analytics.prediction.classifiers import model
from crm.analytics.prediction.classifiers.model import unseen_margins
from crm.analytics.prediction.comparing import choose
from crm.analytics.prediction.evaluation import log_losses, roc_auc
from crm.analytics.prediction.sampling import in_fixed_order, parts
from crm.errors import Cancelled, InvalidInput, NotEnoughData
from tests.analytics.prediction.known_truth import shop_rows, shop_task, shuffled

FEW_TREES = {"forest": {"n_estimators": 20}}


@pytest.fixture(scope="module")
def task():
    return shop_task(400)


@pytest.fixture(scope="module")
def compared(task):
    return compare(task, methods=METHODS, parameters=FEW_TREES)


@pytest.fixture(scope="module")
def without_later_rows():
    rows, _ = shop_rows(500, rows_a_customer=2)
    return rows, compare(Task(rows, rule="days_silent"), methods=("rule", "logistic", "naive_bayes"))


def same(one, other):
    assert list(one.judged) == list(other.judged)
    pd.testing.assert_frame_equal(one.choice, other.choice, check_exact=True)
    for method, judged in one.judged.items():
        pd.testing.assert_frame_equal(judged.metrics, other.judged[method].metrics, check_exact=True)
    assert (one.proposed, one.n_tested, one.base_rate) == (other.proposed, other.n_tested, other.base_rate)
    assert np.array_equal([one.difference_low, one.difference_high], [other.difference_low, other.difference_high], equal_nan=True)


def test_every_model_is_judged_on_the_later_rows(task, compared):
    assert tuple(compared.judged) == METHODS and compared.failed == {}
    assert compared.tested_on == "later"
    assert (compared.n_tested, compared.n_learned) == (len(task.test.target), len(task.learn.target))
    assert compared.n_positive == task.test.target.sum() and compared.base_rate == task.test.target.mean()
    assert compared.base_rate_learned == task.learn.target.mean()
    for method, judged in compared.judged.items():
        assert judged.method == method
        assert 0.6 < judged.value("roc_auc") < 0.85
        assert method == "rule" or judged.fit_seconds > 0


@pytest.mark.parametrize("method", METHODS[1:])
def test_what_is_judged_is_the_model_that_fit_makes(task, compared, method):
    made = fit(task.learn, method=method, parameters=FEW_TREES.get(method), scales=task.scales)
    judged = compared.judged[method]
    assert judged.parameters == made.parameters
    assert np.array_equal(judged.probability, made.probability(task.test.frame))
    assert judged.value("roc_auc") == pytest.approx(roc_auc(task.test.target, judged.probability))


@pytest.mark.parametrize("method", METHODS[1:])
def test_the_later_rows_change_neither_the_models_nor_the_choice(task, compared, method):
    """The leak test: other outcomes and other features of half of the later rows leave all else as it was."""
    rows, half = task.test, np.arange(len(task.test.target)) % 2 == 0
    frame = rows.frame.copy()
    frame.loc[half, "days_silent"] = 1e6
    frame.loc[half, "channel"] = "leak"
    other = replace(task, test=Rows(frame, np.where(half, ~rows.target, rows.target), rows.groups))
    found = compare(other, methods=(method,), parameters=FEW_TREES)
    assert np.array_equal(found.judged[method].probability[~half], compared.judged[method].probability[~half])
    mine = compared.choice[compared.choice["method"] == method].reset_index(drop=True)
    pd.testing.assert_frame_equal(found.choice.drop(columns="chosen"), mine.drop(columns="chosen"), check_exact=True)


def test_neither_a_second_run_nor_the_sequence_of_the_rows_changes_anything(task):
    methods = ("rule", "logistic", "boosting")
    once = compare(task, methods=methods)
    same(once, compare(task, methods=methods[::-1]))
    (learn, _), (test, order) = shuffled(task.learn), shuffled(task.test, seed=3)
    other = compare(replace(task, learn=learn, test=test), methods=methods)
    same(once, other)
    for method in methods[1:]:
        assert np.array_equal(other.judged[method].probability, once.judged[method].probability[order])


def test_without_later_rows_each_row_is_foreseen_by_a_model_that_never_saw_its_customer(without_later_rows):
    rows, compared = without_later_rows
    assert compared.tested_on == "parts" and compared.n_tested == compared.n_learned == 500
    told = compared.judged["logistic"].probability
    assert roc_auc(rows.target, told) > 0.65
    seen = fit(rows, method="logistic").probability(rows.frame)
    assert log_losses(rows.target, told).mean() > log_losses(rows.target, seen).mean()


@pytest.mark.parametrize("method", METHODS[1:])
def test_outcomes_of_a_part_do_not_reach_what_is_said_of_it(method):
    rows, _ = in_fixed_order(shop_rows(300, rows_a_customer=2)[0])
    part = parts(rows)
    how = {"method": method, "parameters": settings(method, FEW_TREES.get(method), n_rows=300), "scales": None, "random_state": 0}
    told = unseen_margins(rows, part, **how)
    other = unseen_margins(Rows(rows.frame, np.where(part == 2, ~rows.target, rows.target), rows.groups), part, **how)
    assert np.array_equal(other[part == 2], told[part == 2])
    assert not np.array_equal(other, told)


def test_the_choice_is_told_with_the_log_loss_of_five_parts(without_later_rows):
    rows, compared = without_later_rows
    choice = compared.choice.set_index("method")
    assert list(choice.index) == ["logistic", "naive_bayes"] and choice["chosen"].sum() == 1
    overall = log_losses(rows.target, compared.judged["logistic"].probability).mean()
    assert choice.loc["logistic", "log_loss"] == pytest.approx(overall, abs=0.002)
    assert (choice["standard_error"] > 0).all()
    assert compared.proposed == choice.index[choice["chosen"]][0]


def test_of_models_within_one_standard_error_the_simplest_is_proposed():
    parts = np.array([-0.02, -0.01, 0.0, 0.01, 0.02])  # their standard error: .0071
    losses = {"svm": 0.500 + parts, "boosting": 0.503 + parts, "logistic": 0.507 + parts, "tree": 0.508 + parts}
    assert choose(losses).set_index("method")["chosen"].to_dict() == {"svm": False, "boosting": False, "logistic": True, "tree": False}
    losses["logistic"] = losses["logistic"] + 0.001
    assert choose(losses)["method"][choose(losses)["chosen"]].tolist() == ["boosting"]


def test_a_rule_that_says_all_there_is_is_not_beaten():
    rng = np.random.default_rng(0)

    def rows(n):
        silent = rng.uniform(0, 100, n)
        return Rows(pd.DataFrame({"days_silent": silent}), rng.random(n) < silent / 100, np.arange(n))

    found = compare(Task(rows(400), rows(400), rule="days_silent"), methods=("rule", "logistic"))
    assert found.beats_rule is False and found.difference_low == found.difference_high == 0
    assert np.isnan(found.judged["rule"].value("brier")) and np.isnan(found.judged["rule"].probability).all()
    better = compare(shop_task(1500), methods=("rule", "logistic"))
    assert better.beats_rule is True and 0 < better.difference_low < better.difference_high


def test_without_a_rule_there_is_none_to_beat(task):
    found = compare(replace(task, rule=None), methods=FIRST)
    assert list(found.judged) == ["logistic", "boosting"]
    assert found.beats_rule is None and np.isnan(found.difference_low) and np.isnan(found.difference_high)


def test_large_tables_choose_on_a_sample_but_foresee_every_row(monkeypatch):
    monkeypatch.setattr(model, "UNSEEN_ROWS", 400)
    rows, _ = shop_rows(1200, rows_a_customer=2)
    found = compare(Task(rows), methods=("logistic",))
    assert found.n_tested == 1200 and np.isfinite(found.judged["logistic"].probability).all()
    assert found.judged["logistic"].value("roc_auc") > 0.65
    later = compare(Task(rows, shop_rows(300, seed=5)[0]), methods=("logistic",))
    assert later.n_learned == 1200
    assert np.array_equal(later.judged["logistic"].probability, fit(rows, method="logistic").probability(shop_rows(300, seed=5)[0].frame))


def test_progress_rises_and_a_stop_is_obeyed(task):
    heard = []
    compare(task, methods=("rule", "logistic", "tree"), progress=lambda share, stage: heard.append((share, stage)))
    assert [stage for _, stage in heard] == ["logistic", "logistic", "tree", "tree"]
    shares = [share for share, _ in heard]
    assert shares[0] == 0 and shares == sorted(shares) and shares[-1] < 1
    asked = []
    with pytest.raises(Cancelled, match="stopped"):
        compare(task, methods=METHODS, cancelled=lambda: asked.append(1) or len(asked) > 2)
    assert len(asked) < 20


def test_a_model_that_cannot_be_made_is_named_and_the_others_stand(task, monkeypatch):
    class Broken:
        def __init__(self, **_):
            pass

        def fit(self, rows, **_):
            raise NotEnoughData("The tree needs a forest.")

    monkeypatch.setitem(model.CLASSIFIERS, "tree", Broken)
    found = compare(task, methods=("logistic", "tree"))
    assert found.failed == {"tree": "The tree needs a forest."} and list(found.judged) == ["logistic"]
    with pytest.raises(NotEnoughData, match="No model could be made. The tree needs a forest."):
        compare(task, methods=("tree",))


def test_wrong_choices_are_refused(task):
    with pytest.raises(InvalidInput, match="no model “oracle”; choose from rule, logistic"):
        compare(task, methods=("oracle",))
    with pytest.raises(InvalidInput, match="has no setting “depth”"):
        compare(task, methods=("tree",), parameters={"tree": {"depth": 3}})
    with pytest.raises(NotEnoughData, match="at least one model that learns"):
        compare(task, methods=("rule",))
    with pytest.raises(InvalidInput, match="sorts by the column “age”"):
        compare(replace(task, rule="age"))


def test_too_few_of_either_are_refused_with_their_number_and_place(task):
    few = np.flatnonzero(task.learn.target)[:5].tolist() + np.flatnonzero(~task.learn.target).tolist()
    less = Rows(task.learn.frame.iloc[few], task.learn.target[few], task.learn.groups[few])
    with pytest.raises(NotEnoughData, match=r"20 cases with a yes in the rows they learn from; there are \d of \d+"):
        compare(replace(task, learn=less))
    nobody = Rows(task.test.frame, np.zeros(len(task.test.target), dtype=bool), task.test.groups)
    with pytest.raises(NotEnoughData, match="20 cases with a yes in the later time they are tested on; there are 0 of 200"):
        compare(replace(task, test=nobody))


def test_a_column_that_gives_the_answer_away_is_refused_where_no_later_time_tells():
    rows, _ = shop_rows(300)
    leak = Rows(rows.frame.assign(ended=np.where(rows.target, "yes", "no")), rows.target, rows.groups)
    with pytest.raises(InvalidInput, match="“ended” gives the answer away"):
        compare(Task(leak))
    assert compare(Task(leak, shop_task().test.__class__(leak.frame, leak.target, leak.groups)), methods=("logistic",)).proposed
