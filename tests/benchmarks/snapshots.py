"""How quickly is it known what was known about 100,000 customers on ten past days? Ours beside pandas' own grouping.

python tests/benchmarks/snapshots.py [customers]

1,000,000 lines are about 250,000 orders; with them 100,000 tickets and 100,000 answers. One cutoff: sorting included. All
windows: four days to learn from, one to be tested on, four for the model in use, and today. Yardstick: the same columns by
pandas' groupby on the orders (and tickets and answers) up to the cutoff, checked to be the same figures. Seconds of the
processor, the second of two runs; every step runs in a process of its own.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

CUSTOMERS = 100_000
ORDERS_EACH, EVENTS_EACH = 2.5, 1.0
AS_OF = dt.date(2024, 12, 31)
HORIZON_DAYS = 90
DAYS = 1_095
SEED = 5


def tables(customers: int):
    """Orders, tickets and answers as the frames give them: own rhythms, a few returns, some late answers."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(SEED)
    n_orders, n_events = int(customers * ORDERS_EACH), int(customers * EVENTS_EACH)
    begun = rng.integers(0, DAYS - 30, customers)
    buys = rng.gamma(0.8, 1.0, customers)
    buyer = np.concatenate([np.arange(customers), rng.choice(customers, n_orders - customers, p=buys / buys.sum())])
    day = begun[buyer] + np.append(np.zeros(customers), rng.exponential(200, n_orders - customers)).astype(int)
    buyer, day = buyer[day < DAYS], day[day < DAYS]
    sequence = np.argsort(day, kind="stable")
    buyer, day = buyer[sequence] + 1, day[sequence]
    gross = np.round(rng.lognormal(3.5, 0.8, len(day)), 2)
    is_credit = rng.random(len(day)) < 0.03
    returned = np.where(is_credit, gross, np.where(rng.random(len(day)) < 0.05, np.round(gross * 0.3, 2), 0.0))
    gross = np.where(is_credit, 0.0, gross)
    first = np.datetime64(AS_OF) - DAYS + 1
    orders = pd.DataFrame({
        "order_id": np.arange(1, len(day) + 1), "customer_id": buyer, "ordered_on": (first + day).astype("datetime64[us]"),
        "is_purchase": gross > 0, "gross_amount": gross, "returned_amount": returned, "net_amount": gross - returned})
    opened = first.astype("datetime64[s]") + rng.integers(0, DAYS * 86_400, n_events)
    late = rng.exponential(30, n_events) * 3_600
    answered = np.where(rng.random(n_events) < 0.9, opened + late.astype("timedelta64[s]"), np.datetime64("NaT"))
    resolved = np.where(rng.random(n_events) < 0.9, answered + np.timedelta64(2, "D"), np.datetime64("NaT"))
    tickets = pd.DataFrame({
        "ticket_id": np.arange(n_events), "customer_id": rng.integers(1, customers + 1, n_events),
        "kind": pd.Series(rng.choice(["complaint", "inquiry", "request"], n_events), dtype="str"),
        "opened_at": opened.astype("datetime64[us]"), "first_answered_at": answered.astype("datetime64[us]"),
        "resolved_at": resolved.astype("datetime64[us]")})
    answers = pd.DataFrame({
        "answer_id": np.arange(n_events), "customer_id": rng.integers(0, customers + 1, n_events),
        "metric": pd.Series(rng.choice(["csat", "nps", "ces"], n_events), dtype="str"),
        "score": rng.integers(1, 6, n_events).astype(float), "scale_min": 1.0, "scale_max": 5.0,
        "answered_on": (first + rng.integers(0, DAYS, n_events)).astype("datetime64[us]")})
    return orders, tickets, answers


def one_cutoff(customers: int) -> dict:
    """Every feature at one cutoff, from the frames."""
    from crm.analytics import snapshots

    orders, tickets, answers = tables(customers)
    return _measured(lambda: snapshots.features(orders, as_of=AS_OF, tickets=tickets, answers=answers))


def all_windows(customers: int) -> dict:
    """Everything that a prediction of leaving starts from."""
    from crm.analytics import snapshots

    orders, tickets, answers = tables(customers)
    return _measured(lambda: snapshots.leaving(orders, as_of=AS_OF, horizon_days=HORIZON_DAYS, tickets=tickets,
                                               answers=answers))


def yardstick(customers: int) -> dict:
    """The same features at one cutoff by pandas' groupby; fails where a figure is another."""
    import numpy as np
    import pandas as pd

    from crm.analytics import snapshots

    orders, tickets, answers = tables(customers)
    result: dict = {}

    def run() -> None:
        result["frame"] = grouped(orders, tickets, answers, pd.Timestamp(AS_OF))

    measured = _measured(run)
    ours = snapshots.features(orders, as_of=AS_OF, tickets=tickets, answers=answers).set_index("customer_id")
    for name, column in result["frame"].items():
        np.testing.assert_allclose(ours[name].to_numpy(float), column.to_numpy(float), rtol=1e-6, atol=1e-6, err_msg=name)
    return measured | {"columns": len(result["frame"].columns), "ours": len(ours.columns)}


def grouped(orders, tickets, answers, day):
    """Customers that bought up to `day`, and what pandas finds of them."""
    import numpy as np
    import pandas as pd

    past = orders[orders["ordered_on"] <= day]
    bought = past[past["is_purchase"]]
    found = bought.groupby("customer_id").agg(
        first=("ordered_on", "min"), last=("ordered_on", "max"), frequency=("order_id", "count"),
        purchase_days=("ordered_on", "nunique"), last_order=("gross_amount", "last"))
    money = past.groupby("customer_id")[["gross_amount", "returned_amount", "net_amount"]].sum().reindex(found.index)
    found["days_silent"] = (day - found["last"]).dt.days
    found["tenure_days"] = (day - found["first"]).dt.days
    found["mean_gap_days"] = (found["tenure_days"] - found["days_silent"]) / (found["purchase_days"] - 1).where(
        found["purchase_days"] > 1)
    days = bought.drop_duplicates(["customer_id", "ordered_on"])
    gap = days.groupby("customer_id")["ordered_on"].diff().dt.days
    gaps = gap.groupby(days["customer_id"])
    found["gap_spread"] = (gaps.std(ddof=0) / found["mean_gap_days"]).where(found["purchase_days"] > 2)
    found["silence_ratio"] = found["days_silent"] / found["mean_gap_days"].clip(lower=1)
    found["longest_silence_ratio"] = found["days_silent"] / gaps.max().clip(lower=1)
    found["monetary"] = money["net_amount"]
    found["average_order"] = found["monetary"] / found["frequency"]
    age = (day - bought["ordered_on"]).dt.days
    recent, older = bought[age < 90], bought[(age >= 90) & (age < 180)]
    found["recent_orders"] = recent.groupby("customer_id").size().reindex(found.index).fillna(0)
    found["earlier_orders"] = older.groupby("customer_id").size().reindex(found.index).fillna(0)
    both = found["recent_orders"] + found["earlier_orders"]
    found["trend"] = (found["recent_orders"] - found["earlier_orders"]) / both.where(both > 0)
    lately = past[(day - past["ordered_on"]).dt.days < 90]
    found["recent_monetary"] = lately.groupby("customer_id")["net_amount"].sum().reindex(found.index).fillna(0)
    found["returned_share"] = (money["returned_amount"] / money["gross_amount"]).clip(0, 1)
    found["has_returned"] = money["returned_amount"] > 0

    end = day + pd.Timedelta(days=1)
    known = tickets[tickets["opened_at"] < end]
    complaint = known[known["kind"] == "complaint"]
    lately = known["opened_at"] >= end - pd.Timedelta(days=180)
    waited = (known["first_answered_at"] - known["opened_at"]).where(known["first_answered_at"] < end)
    late = lately & (known["first_answered_at"].fillna(end).clip(upper=end) - known["opened_at"] > pd.Timedelta(days=3))

    def counts(rows):
        return rows.groupby("customer_id").size().reindex(found.index).fillna(0)

    found["complaints_open"] = counts(complaint[~(complaint["resolved_at"] < end)])
    found["complaints_recent"] = counts(complaint[lately.reindex(complaint.index)])
    found["days_since_complaint"] = (day - complaint.groupby("customer_id")["opened_at"].max().dt.normalize()).dt.days
    found["unanswered_3_days"] = counts(known[late])
    found["first_answer_hours"] = (waited / pd.Timedelta(hours=1)).groupby(known["customer_id"]).mean()
    said = answers[answers["metric"].isin(["csat", "nps"]) & (answers["answered_on"] <= day)]
    said = said.assign(satisfaction=(said["score"] - said["scale_min"]) / (said["scale_max"] - said["scale_min"]))
    said = said.sort_values(["answered_on", "answer_id"]).groupby("customer_id")["satisfaction"]
    found["satisfaction_last"], found["satisfaction_mean"] = said.last(), said.mean()
    found["satisfaction_known"] = found["satisfaction_mean"].notna()
    return found.drop(columns=["first", "last"]).replace([np.inf, -np.inf], np.nan)


def _measured(run) -> dict:
    run()  # what is loaded once is loaded
    begun, processor = time.perf_counter(), time.process_time()
    run()
    return {"seconds": time.perf_counter() - begun, "processor": time.process_time() - processor}


STEPS = {"one cutoff": one_cutoff, "yardstick, one cutoff": yardstick, "all windows": all_windows}


def main() -> None:
    if sys.argv[1:2] == ["--step"]:
        print(json.dumps(STEPS[sys.argv[2]](int(sys.argv[3]))))
        return
    customers = int(sys.argv[1]) if sys.argv[1:] else CUSTOMERS
    print(f"{customers:,} customers; seconds of the processor and, in brackets, on the clock")
    for name in STEPS:
        done = subprocess.run([sys.executable, __file__, "--step", name, str(customers)], capture_output=True, text=True,
                              env={**os.environ, "OMP_NUM_THREADS": "1"})
        if done.returncode:
            raise SystemExit(done.stderr[-3000:])
        measured = json.loads(done.stdout.splitlines()[-1])
        print(f"{name:24}{measured['processor']:8.3f} ({measured['seconds']:.3f})", flush=True)


if __name__ == "__main__":
    main()
