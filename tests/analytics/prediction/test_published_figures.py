"""Published figures: do the models reach on real data what others reach, and no more than honesty allows?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction import Rows, Task, answer, compare, drivers, make_target
from crm.analytics.prediction.evaluation import roc_auc
from crm.analytics.snapshots import leaving

MOST_HONEST = 0.86  # of Telco; what lies above has seen the answer


@pytest.fixture(scope="module")
def telco(datasets):
    table = pd.read_csv(datasets / "telco_churn" / "telco_customer_churn.csv")
    table["TotalCharges"] = pd.to_numeric(table["TotalCharges"], errors="coerce")  # a blank in 11 rows
    target, positive, counts = make_target(table["Churn"])
    assert (positive, counts) == ("Yes", {"No": 5174, "Yes": 1869, None: 0})
    return Rows(table.drop(columns=["customerID", "Churn"]), target, np.arange(len(table)))


def test_telco_reaches_the_published_figures_and_none_beyond(telco):
    compared = compare(Task(telco), methods=("logistic", "boosting"))
    auc = {method: judged.value("roc_auc") for method, judged in compared.judged.items()}
    assert auc["logistic"] == pytest.approx(0.845, abs=0.002)
    assert 0.845 < auc["boosting"] < MOST_HONEST
    assert all(judged.value("calibration_error") < 0.02 for judged in compared.judged.values())


def test_the_real_shops_leavers_are_foreseen_better_than_by_silence_alone(online_retail):
    windows = leaving(online_retail, as_of=dt.date(2011, 12, 9), horizon_days=90)

    def rows(window):
        return Rows(window.frame[list(windows.columns)], window.target, window.frame["customer_id"].to_numpy())

    now = windows.now[list(windows.columns)]
    found = answer(Task(rows(windows.train), rows(windows.test), rows(windows.refit), now, windows.scales, windows.rule))
    compared = found.comparison
    assert windows.test_cutoff == dt.date(2011, 9, 10) and compared.n_tested == 3_370
    assert compared.base_rate == pytest.approx(0.43, abs=0.005)
    assert compared.judged["rule"].value("roc_auc") == pytest.approx(0.683, abs=0.0005)
    proposed = compared.judged[compared.proposed]
    assert proposed.value("roc_auc") >= 0.74 and proposed.value("calibration_error") < 0.05
    assert compared.judged["boosting"].value("roc_auc") >= 0.74
    assert compared.beats_rule and compared.difference_low > 0.04
    assert len(found.probability) == 4_338
    assert roc_auc(windows.test.target, proposed.probability) == pytest.approx(proposed.value("roc_auc"))
    effect = drivers(found.model).set_index("column")["effect"]
    assert effect["days_silent"] > 0 > effect["purchase_days"]
