"""How quickly do models learn from 100,000 customers, and judge, and score? Ours beside scikit-learn alone.

python tests/benchmarks/predict.py [customers]

1,000,000 lines are about 250,000 orders, as tests/benchmarks/snapshots.py makes them. First answer: the windows, then rule,
logistic regression and boosting chosen on five parts, judged with intervals on the later window, the proposed one made anew and
everybody scored. Every model: all eight, judged the same. Yardsticks on the same rows: scikit-learn's own pipeline of logistic
regression and its boosting, each fitted once and asked once, with neither choice nor interval; for every model its forest of
100 trees and its support vectors on 15,000 rows besides. Seconds by the clock and of the processor; every step runs in a
process of its own.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.snapshots import AS_OF, CUSTOMERS, HORIZON_DAYS, tables  # noqa: E402


def task_of(customers: int):
    from crm.analytics import prediction, snapshots

    orders, tickets, answers = tables(customers)
    begun, used = time.perf_counter(), time.process_time()
    windows = snapshots.leaving(orders, as_of=AS_OF, horizon_days=HORIZON_DAYS, tickets=tickets, answers=answers)
    columns = list(windows.columns)

    def rows(window):
        return prediction.Rows(window.frame[columns], window.target, window.frame["customer_id"].to_numpy())

    task = prediction.Task(rows(windows.train), rows(windows.test), rows(windows.refit), windows.now[columns], windows.scales,
                           windows.rule)
    return task, time.perf_counter() - begun, time.process_time() - used


def measured(function, *, before: tuple[float, float] = (0.0, 0.0)) -> dict:
    begun, used = time.perf_counter(), time.process_time()
    told = function()
    return {"clock": before[0] + time.perf_counter() - begun, "processor": before[1] + time.process_time() - used, **(told or {})}


def first_answer(customers: int) -> dict:
    import sklearn.ensemble  # noqa: F401  loaded by the app's warm-up
    import sklearn.linear_model  # noqa: F401

    from crm.analytics import prediction

    task, *before = task_of(customers)

    def ask():
        found = prediction.answer(task).comparison
        return {"rows": len(task.learn.target), "auc": found.judged[found.proposed].value("roc_auc"), "proposed": found.proposed}

    return measured(ask, before=tuple(before))


def every_model(customers: int) -> dict:
    from crm.analytics import prediction

    task, *_ = task_of(customers)

    def ask():
        found = prediction.compare(task, methods=prediction.METHODS)
        return {"models": len(found.judged), "failed": list(found.failed)}

    return measured(ask)


def scoring(customers: int) -> dict:
    from crm.analytics import prediction

    task, *_ = task_of(customers)
    model = prediction.fit(task.refit, method="boosting", scales=task.scales)

    def ask():
        model.probability(task.now)
        return {"customers": len(task.now)}

    return measured(ask)


def yardstick_first(customers: int) -> dict:
    from sklearn.ensemble import HistGradientBoostingClassifier

    task, *_ = task_of(customers)

    def ask():
        _plain_logistic(task)
        HistGradientBoostingClassifier().fit(task.learn.frame, task.learn.target).predict_proba(task.test.frame)

    return measured(ask)


def yardstick_every(customers: int) -> dict:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.svm import SVC

    task, *_ = task_of(customers)
    filled = task.learn.frame.astype(float).fillna(0.0)
    tested = task.test.frame.astype(float).fillna(0.0)

    def ask():
        _plain_logistic(task)
        RandomForestClassifier(100, n_jobs=-1).fit(filled, task.learn.target).predict_proba(tested)
        SVC().fit(filled.iloc[:15_000], task.learn.target[:15_000]).decision_function(tested)

    return measured(ask)


def _plain_logistic(task) -> None:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    made = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())
    made.fit(task.learn.frame.astype(float), task.learn.target).predict_proba(task.test.frame.astype(float))


STEPS = {"first answer": first_answer, "every model": every_model, "scoring all": scoring,
         "yardstick: logistic and boosting, once": yardstick_first,
         "yardstick: logistic, forest and support vectors, once": yardstick_every}


def main() -> None:
    if len(sys.argv) == 4 and sys.argv[1] == "--step":
        print(json.dumps(STEPS[sys.argv[2]](int(sys.argv[3]))))
        return
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS
    for name in STEPS:
        done = subprocess.run([sys.executable, __file__, "--step", name, str(customers)], capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        more = ", ".join(f"{key} {value}" for key, value in found.items() if key not in ("clock", "processor"))
        print(f"{name:55s} {found['clock']:6.2f} s by the clock, {found['processor']:6.2f} s of the processor  {more}", flush=True)


if __name__ == "__main__":
    main()
