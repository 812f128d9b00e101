"""Would more data help: curves of made tables where the answer is known."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction import learning_curve as module
from crm.analytics.prediction.learning_curve import CANNOT_SAY, LEVELLED_OFF, MORE_HELPS, learning_curve
from crm.analytics.prediction.task import Rows
from crm.analytics.prediction.threads import one_thread
from crm.errors import Cancelled, InvalidInput, NotEnoughData
from tests.analytics.prediction.judged_rows import made_rows, shuffled


@pytest.fixture(autouse=True)
def this_process(monkeypatch):
    monkeypatch.delenv("CRM_DASK_SCHEDULER", raising=False)
    monkeypatch.setattr("joblib.cpu_count", lambda *_, **__: 1)


def of_many_columns(n: int, *, columns: int, seed: int = 2) -> Rows:
    """Each of many columns says a little: what takes many customers to learn."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(n, columns))
    margin = numbers @ rng.normal(size=columns) * 2 / np.sqrt(columns)
    frame = pd.DataFrame(numbers, columns=[f"column_{place}" for place in range(columns)])
    return Rows(frame, rng.random(n) < 1 / (1 + np.exp(-margin)), np.arange(n))


def test_what_is_learned_from_a_hundred_customers_has_levelled_off_at_thousands():
    rows = made_rows(n_groups=2000, rows_a_group=1)
    curve = learning_curve(Rows(rows.frame[["first"]], rows.target, rows.groups), method="logistic")
    assert curve.verdict == LEVELLED_OFF
    assert curve.more_would_help is False
    assert curve.gain_high < 0.005
    assert curve.tested_on == "parts"


def test_more_customers_help_where_many_columns_each_say_a_little():
    curve = learning_curve(of_many_columns(700, columns=40), method="logistic")
    assert curve.verdict == MORE_HELPS
    assert curve.more_would_help is True
    assert 0 < curve.gain_low < curve.gain_by_doubling < curve.gain_high
    assert curve.table["roc_auc"].is_monotonic_increasing


def test_with_few_customers_nothing_can_be_said():
    curve = learning_curve(made_rows(n_groups=130, rows_a_group=1), method="logistic")
    assert curve.verdict == CANNOT_SAY
    assert curve.more_would_help is None


def test_sizes_lie_evenly_on_a_logarithmic_scale_up_to_all():
    rows, test = made_rows(n_groups=1600), made_rows(n_groups=400, seed=9)
    table = learning_curve(rows, method="naive_bayes", test=test, n_draws=4).table
    assert table["n_learned"].iloc[-1] == len(rows.target)
    assert table["n_groups"].iloc[-1] == 1600
    assert np.allclose(table["n_learned"].to_numpy()[1:] / table["n_learned"].to_numpy()[:-1], 2, atol=0.1)
    assert (table["draws"] == 4).all()
    assert ((table["low"] <= table["roc_auc"]) & (table["roc_auc"] <= table["high"])).all()


def test_all_customers_are_the_same_in_every_draw_that_is_tested_later(monkeypatch):
    calls = []
    original = module.fit

    def counted(rows, **other):
        calls.append(len(rows.target))
        return original(rows, **other)

    monkeypatch.setattr(module, "fit", counted)
    rows, test = made_rows(n_groups=300), made_rows(n_groups=200, seed=9)
    curve = learning_curve(rows, method="naive_bayes", test=test, n_draws=4, n_sizes=3)
    assert curve.tested_on == "later"
    assert calls.count(600) == 1
    assert len(calls) == 2 * 4 + 1


def test_no_customer_is_learned_from_and_tested_on():
    rows = made_rows(n_groups=400, rows_a_group=2)
    # What a row holds says nothing; only who it is about does, by a number of its own.
    rng = np.random.default_rng(0)
    own = rng.permutation(400)[rows.groups - 100].astype(float)
    target = (rng.random(400) < 0.5)[rows.groups - 100]
    curve = learning_curve(Rows(pd.DataFrame({"who": own}), target, rows.groups), method="tree",
                           parameters={"min_samples_leaf": 1, "ccp_alpha": 0.0}, n_sizes=2)
    assert curve.table["roc_auc"].between(0.4, 0.6).all()


def test_the_sequence_of_the_rows_changes_nothing():
    rows = made_rows(n_groups=200)
    first, second = (learning_curve(one, method="naive_bayes", n_draws=3, n_sizes=3) for one in (rows, shuffled(rows)))
    pd.testing.assert_frame_equal(first.table, second.table, rtol=1e-9)
    assert first.verdict == second.verdict


def test_a_sign_of_noise_alone_is_no_gain():
    rows = made_rows(n_groups=600)
    noise = Rows(rows.frame, np.random.default_rng(1).permutation(rows.target), rows.groups)
    curve = learning_curve(noise, method="logistic")
    assert curve.more_would_help is not True
    assert curve.table["roc_auc"].between(0.42, 0.58).all()


def test_progress_grows_and_the_work_can_be_stopped():
    told = []
    rows = made_rows(n_groups=200)
    learning_curve(rows, method="naive_bayes", n_draws=3, n_sizes=3, progress=lambda share, stage: told.append((share, stage)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert told[-1][1] == "Learning from parts of the customers: 9 of 9"
    with pytest.raises(Cancelled, match="nothing was changed"):
        learning_curve(rows, method="naive_bayes", cancelled=lambda: True)


def test_too_little_is_told_with_the_number_of_the_rarer_outcome():
    rows = made_rows(n_groups=60)
    rare = np.zeros(len(rows.target), dtype=bool)
    rare[:17] = True
    with pytest.raises(NotEnoughData, match="at least 60 rows of either outcome; of the rarer one there are 17"):
        learning_curve(Rows(rows.frame, rare, rows.groups), method="logistic")
    with pytest.raises(NotEnoughData, match="there are 0"):
        learning_curve(Rows(rows.frame, np.zeros(len(rare), dtype=bool), rows.groups), method="logistic")


def test_the_rule_learns_nothing():
    with pytest.raises(InvalidInput, match="more data cannot help it"):
        learning_curve(made_rows(n_groups=60), method="rule")


def test_the_real_shops_curve_rises_to_the_published_figure(online_retail):
    import datetime as dt

    from crm.analytics import snapshots

    windows = snapshots.leaving(online_retail, as_of=dt.date(2011, 12, 9), horizon_days=90)

    def rows(window) -> Rows:
        return Rows(window.frame[list(windows.columns)], window.target.astype(bool), window.frame["customer_id"].to_numpy())

    with one_thread():
        curve = learning_curve(rows(windows.train), method="logistic", test=rows(windows.test), scales=windows.scales)
    assert curve.table["roc_auc"].iloc[-1] == pytest.approx(0.744, abs=0.008)
    assert curve.table["roc_auc"].iloc[-1] > curve.table["roc_auc"].iloc[0] + 0.005
    assert curve.verdict == LEVELLED_OFF
