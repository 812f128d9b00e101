"""How quickly is it told which recommendations are worth trusting? The comparison of methods at a million lines, beside a plain loop.

python tests/benchmarks/judge_offers.py [lines]

The shop of `recommend.py`: 4,000 products, a twentieth as many customers as lines. 5,000 customers are judged. Yardstick, in the
same process right after: the same customers' lists by one method one at a time (score, sort, look up, discount), as a loop
would be written; it runs over 300 customers and is extrapolated to all, and says so. Seconds of one thread of the processor;
every step runs in a process of its own. "learning" is what the methods took to be made, the same for both.
"""

import json
import math
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.recommend import purchases_of  # noqa: E402

CUSTOMERS = 5_000
LOOPED = 300


def quick(lines: int) -> dict:
    from crm.analytics.recommendations.judging import QUICK

    return _compared(lines, methods=QUICK, choose=False)


def everything(lines: int) -> dict:
    return _compared(lines)


def over_time(lines: int) -> dict:
    from crm.analytics.recommendations.judging import QUICK

    return _compared(lines, methods=QUICK, choose=False, split="time")


def again(lines: int) -> dict:
    return _compared(lines, question="repeat")


def _compared(lines: int, **settings) -> dict:
    from crm.analytics.recommendations import judging
    from crm.analytics.recommendations.judging import comparing

    sales = purchases_of(lines)
    learning = 0.0
    real = comparing.learner

    def timed(*arguments, **named):
        nonlocal learning
        began = time.process_time()
        made = real(*arguments, **named)
        learning += time.process_time() - began
        return made

    comparing.learner = timed
    before = _megabytes()
    began = time.process_time()
    found = judging.compare(sales, customers=CUSTOMERS, **settings)
    return {"seconds": time.process_time() - began, "learning": learning, "MB more": _megabytes() - before,
            "measured": found.customers_measured, "methods": len(found.table), "proposed": found.proposed}


def chances(lines: int) -> dict:
    from crm.analytics.recommendations import judging

    sales = purchases_of(lines)
    before = _megabytes()
    began = time.process_time()
    found = judging.chances(sales, method="items")
    return {"seconds": time.process_time() - began, "MB more": _megabytes() - before, "measured": found.customers, "proposed": found.by}


def judged_and_looped(lines: int) -> dict:
    """Lists and measures of one method that is made already: ours, and a loop's."""
    from crm.analytics.recommendations.judging.asking import lists
    from crm.analytics.recommendations.judging.measures import measured, surprise_of
    from crm.analytics.recommendations.judging.splits import split
    from crm.analytics.recommendations.methods import learn

    sales = purchases_of(lines)
    made = split(sales, "last_order", customers=CUSTOMERS)
    truth = made.truth("new")
    rows = np.flatnonzero(np.diff(truth.indptr) > 0)
    recommender = learn(made.training, method="items")
    surprise = surprise_of(made.training.buyers, len(made.training.customer_ids))
    began = time.process_time()
    places, _ = lists(recommender, made, "new", rows, top=10)
    figures = measured(places, truth[rows], surprise, top=10)
    ours = time.process_time() - began
    began = time.process_time()
    looped = []
    for row in rows[:LOOPED]:
        scores = recommender.scores(made.asked.part(slice(row, row + 1)))[0]
        owned = set(made.asked.owned[row].indices.tolist())
        wanted = set(truth[row].indices.tolist())
        ranked = [place for place in np.argsort(-scores, kind="stable").tolist() if place not in owned][:10]
        found = [place in wanted for place in ranked]
        gained = sum(1 / math.log2(place + 2) for place, hit in enumerate(found) if hit)
        looped.append(gained / sum(1 / math.log2(place + 2) for place in range(min(10, len(wanted)))))
    loop = (time.process_time() - began) / LOOPED * len(rows)
    assert np.allclose(figures[:LOOPED, 3], looped)
    return {"seconds": ours, "loop, extrapolated": loop, "times as quick": loop / ours, "measured": len(rows)}


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


STEPS = {step.__name__: step for step in (judged_and_looped, quick, over_time, again, chances, everything)}


def main() -> None:
    if len(sys.argv) == 3:
        print(json.dumps(STEPS[sys.argv[1]](int(sys.argv[2]))))
        return
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{lines:,} lines, up to {CUSTOMERS:,} customers judged")
    for step in STEPS:
        told = subprocess.run([sys.executable, __file__, step, str(lines)], check=True, capture_output=True, text=True).stdout
        figures = json.loads(told.splitlines()[-1])
        print(f"  {step:20}" + "  ".join(f"{name} {figure:,.2f}" if isinstance(figure, float) else f"{name} {figure}"
                                         for name, figure in figures.items()), flush=True)


if __name__ == "__main__":
    main()
