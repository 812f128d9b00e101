"""The search for settings: what is taken and why, time, stopping, and the same answer wherever it runs."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from crm.analytics.prediction.classifiers.methods import METHODS, SETTINGS, settings
from crm.analytics.prediction.classifiers.model import finish, fit
from crm.analytics.prediction.sampling import in_fixed_order, parts, sample
from crm.analytics.prediction.task import Rows
from crm.analytics.prediction.threads import one_thread
from crm.analytics.prediction.tuning import GRIDS, running, search, searching
from crm.analytics.prediction.tuning.searching import N_PARTS
from crm.errors import Cancelled, InvalidInput, NotEnoughData
from tests.analytics.prediction.judged_rows import made_rows, shuffled

GRID = [{}, {"max_leaf_nodes": 2, "max_iter": 3}, {"max_leaf_nodes": 2, "max_iter": 60}, {"max_leaf_nodes": 3, "max_iter": 30}]


@pytest.fixture(autouse=True)
def this_process(monkeypatch):
    monkeypatch.delenv("CRM_DASK_SCHEDULER", raising=False)
    monkeypatch.setattr("joblib.cpu_count", lambda *_, **__: 1)


@pytest.mark.parametrize("method", [method for method in METHODS if method != "rule"])
def test_every_model_has_lists_of_settings_that_it_knows_the_usual_ones_first(method):
    assert list(GRIDS[method]) == ["quick", "usual", "thorough"]
    for tries in GRIDS[method].values():
        assert tries[0] == {}
        for parameters in tries:
            settings(method, parameters)
    assert len(GRIDS[method]["quick"]) <= len(GRIDS[method]["usual"]) <= len(GRIDS[method]["thorough"])


def test_there_are_lists_for_every_model_that_has_settings():
    assert set(GRIDS) == set(SETTINGS)


def test_the_figures_are_those_of_rows_that_each_model_has_not_seen():
    rows = made_rows(n_groups=150)
    found = search(rows, method="logistic", grid=[{}, {"C": 0.01}]).tries
    ordered, _ = in_fixed_order(rows)
    part = parts(ordered)
    for place, parameters in enumerate(({}, {"C": 0.01})):
        probability = np.empty(len(part))
        for number in range(N_PARTS):
            kept = part != number
            learned = Rows(ordered.frame[kept], ordered.target[kept], ordered.groups[kept])
            probability[~kept] = fit(learned, method="logistic", parameters=parameters).probability(ordered.frame[~kept])
        assert found.loc[place, "log_loss"] == pytest.approx(log_loss(ordered.target, probability), abs=1e-9)
        assert found.loc[place, "roc_auc"] == pytest.approx(roc_auc_score(ordered.target, probability), abs=1e-9)


def test_the_first_of_the_list_that_is_as_good_as_the_best_is_taken():
    found = search(made_rows(n_groups=250), method="boosting", grid=GRID)
    tries = found.tries
    best = tries.loc[tries["is_best"]].iloc[0]
    assert best["log_loss"] == tries["log_loss"].min()
    assert best["worse_by"] == 0
    first = tries.index[tries["worse_by"] <= tries["worse_by_error"]][0]
    assert tries["is_chosen"].tolist() == (tries.index == min(first, best.name)).tolist()
    assert found.parameters == tries.loc[tries["is_chosen"], "parameters"].iloc[0]
    assert tries.loc[1, "worse_by"] > 2 * tries.loc[1, "worse_by_error"]  # three stumps are too few, beyond chance


def test_the_error_of_a_difference_counts_customers_and_not_rows():
    once = made_rows(n_groups=200, rows_a_group=1)
    four = Rows(pd.concat([once.frame] * 4, ignore_index=True), np.tile(once.target, 4), np.tile(once.groups, 4))
    tries = [{}, {"C": 0.001}]
    errors = [search(rows, method="logistic", grid=tries).tries["worse_by_error"].max() for rows in (once, four)]
    assert errors[1] == pytest.approx(errors[0], rel=0.35)  # had rows counted, it were half


def test_settings_that_come_to_the_same_are_tried_once():
    found = search(made_rows(n_groups=60), method="logistic", grid=[{}, {"C": 1.0}, {"C": 0.1}])
    assert found.tries["parameters"].tolist() == [{}, {"C": 0.1}]


def test_the_sequence_of_the_rows_changes_nothing():
    rows = made_rows(n_groups=120)
    first, second = (search(one, method="boosting", grid=GRID[:3]) for one in (rows, shuffled(rows)))
    pd.testing.assert_frame_equal(first.tries.drop(columns="seconds"), second.tries.drop(columns="seconds"), rtol=1e-9)


def test_several_processes_find_what_one_finds(monkeypatch):
    rows = made_rows(n_groups=120)
    alone = search(rows, method="naive_bayes", grid="quick", random_state=2)
    monkeypatch.setattr(running, "WORTH_PROCESSES_SECONDS", 0.0)
    monkeypatch.setattr("joblib.cpu_count", lambda *_, **__: 2)
    beside = search(rows, method="naive_bayes", grid="quick", random_state=2)
    assert (alone.where, beside.where, beside.cores) == ("here", "processes", 2)
    assert beside.parameters == alone.parameters
    pd.testing.assert_frame_equal(alone.tries.drop(columns="seconds"), beside.tries.drop(columns="seconds"), rtol=1e-9)


def test_without_time_the_usual_settings_alone_are_tried():
    found = search(made_rows(n_groups=100), method="logistic", grid="usual", budget_seconds=0)
    assert found.tries["parameters"].tolist() == [{}]
    assert found.parameters == {}
    assert found.stopped_early
    assert found.n_planned == len(GRIDS["logistic"]["usual"])


def test_no_try_is_begun_that_would_probably_end_too_late(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("time.perf_counter", clock)
    monkeypatch.setattr(searching, "finish", taking(clock, seconds=2.0))
    # Ten seconds a try: the second would end at 20, the third at 30.
    found = search(made_rows(n_groups=60), method="logistic", grid=[{}, {"C": 0.1}, {"C": 0.01}], budget_seconds=25)
    assert found.tries["parameters"].tolist() == [{}, {"C": 0.1}]
    assert found.stopped_early
    assert found.seconds <= 25


def test_progress_grows_to_the_end_and_is_told_in_words():
    told = []
    search(made_rows(n_groups=60), method="logistic", grid="quick", progress=lambda share, stage: told.append((share, stage)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert told[0][1] == "Trying settings: 1 of 3"


def test_a_search_can_be_stopped_between_fits():
    asked = []

    def cancelled() -> bool:
        asked.append(None)
        return len(asked) > 3

    told = []
    with pytest.raises(Cancelled, match="nothing was changed"):
        search(made_rows(n_groups=60), method="logistic", grid="usual", cancelled=cancelled,
               progress=lambda share, _: told.append(share))
    assert max(told) < 0.3


def test_scores_that_are_no_chances_are_calibrated_before_they_are_compared():
    found = search(made_rows(n_groups=300), method="naive_bayes", grid=[{}]).tries
    rows, _ = in_fixed_order(made_rows(n_groups=300))
    base = rows.target.mean()
    assert found.loc[0, "log_loss"] < -base * np.log(base) - (1 - base) * np.log(1 - base)


def test_settings_that_fail_are_told_and_the_others_are_compared(monkeypatch):
    def failing(rows, *, parameters, **other):
        if parameters["C"] == 0.1:
            raise NotEnoughData("These settings need more rows.")
        return finish(rows, parameters=parameters, **other)

    monkeypatch.setattr(searching, "finish", failing)
    found = search(made_rows(n_groups=60), method="logistic", grid=[{}, {"C": 0.1}, {"C": 0.3}])
    assert found.tries["failed"].tolist() == [None, "These settings need more rows.", None]
    assert np.isnan(found.tries.loc[1, "log_loss"])
    assert not found.tries.loc[1, "is_chosen"]


def test_labels_that_mean_nothing_are_not_foreseen():
    rows = made_rows(n_groups=300)
    noise = Rows(rows.frame, np.random.default_rng(8).permutation(rows.target), rows.groups)
    found = search(noise, method="boosting", grid=[{}, {"max_leaf_nodes": 2, "max_iter": 20}])
    assert found.tries["roc_auc"].between(0.43, 0.57).all()


@pytest.mark.parametrize(("method", "grid", "sentence"), [
    ("rule", "usual", "The model “rule” has no settings to try"),
    ("logistic", "endless", "no list of settings “endless”; choose one of quick, usual, thorough"),
    ("logistic", [], "at least one"),
    ("logistic", [{"depth": 3}], "no setting “depth”"),
])
def test_a_wrong_choice_is_told(method, grid, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        search(made_rows(n_groups=40), method=method, grid=grid)


def test_too_few_of_a_kind_are_told_with_their_number():
    rows = made_rows(n_groups=40)
    few = np.zeros(len(rows.target), dtype=bool)
    few[:3] = True
    with pytest.raises(NotEnoughData, match="there are 3 with a yes and 77 without"):
        search(Rows(rows.frame, few, rows.groups), method="logistic")


def test_large_tables_are_searched_on_a_sample_of_customers(monkeypatch):
    monkeypatch.setattr(searching, "MOST_ROWS", 200)
    rows = made_rows(n_groups=300)
    assert search(rows, method="logistic", grid="quick").n_rows == sample(in_fixed_order(rows)[0], most_rows=200).sum() <= 200


def test_tuned_boosting_foresees_telco_as_published_and_no_better(datasets):
    file = datasets / "telco_churn" / "telco_customer_churn.csv"
    table = pd.read_csv(file)
    table["TotalCharges"] = pd.to_numeric(table["TotalCharges"], errors="coerce")
    rows = Rows(table.drop(columns=["customerID", "Churn"]), (table["Churn"] == "Yes").to_numpy(), np.arange(len(table)))
    found = search(rows, method="boosting", grid=GRIDS["boosting"]["quick"][::3])
    aucs = []
    part = parts(rows, random_state=11)  # others than those of the search
    for number in range(5):
        kept = part != number
        with one_thread():
            model = fit(Rows(rows.frame[kept], rows.target[kept], rows.groups[kept]), method="boosting",
                        parameters=found.parameters)
            aucs.append(roc_auc_score(rows.target[~kept], model.probability(rows.frame[~kept])))
    assert 0.847 <= np.mean(aucs) <= 0.86
    assert found.tries["roc_auc"].between(0.845, 0.86).all()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def taking(clock: Clock, *, seconds: float):
    def slow(*args, **kwargs):
        clock.now += seconds
        return finish(*args, **kwargs)

    return slow
