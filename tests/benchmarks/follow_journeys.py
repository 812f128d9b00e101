"""How quickly are journeys followed, beside pandas doing only the middle part of it in the same run?

python tests/benchmarks/follow_journeys.py [customers ...]

Seconds are CPU time of one thread. Five orders a customer, a ticket and two answers for each second one; everything of the page is
computed, groups too. The yardstick sorts the same events with pandas, shifts them within each customer and counts what follows
what with its quartiles: no first contacts, no stops, no curves, no ways, no groups.
"""

import os
import sys
import time
from datetime import date
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

CUSTOMERS = (50_000,)
ROUNDS = 3  # the best of them: others work on this machine too
AS_OF = date(2025, 1, 1)


def company(customers: int) -> dict[str, pd.DataFrame]:
    """Three years of orders, complaints, questions, messages and answers."""
    draw, begin = np.random.default_rng(1), np.datetime64("2022-01-01", "us")
    first = draw.integers(0, 1000, customers + 1)

    def some(size: int, scale: float, offset: int = 0) -> tuple[np.ndarray, np.ndarray]:
        who = draw.integers(1, customers + 1, size)
        return who, begin + (first[who] + offset + draw.exponential(scale, size).astype(int)).astype("timedelta64[D]")

    who, when = some(4 * customers, 150)
    who, when = np.concatenate([np.arange(1, customers + 1), who]), np.concatenate([begin + first[1:].astype("timedelta64[D]"), when])
    sold = pd.DataFrame({"order_id": np.arange(len(who)), "customer_id": who, "ordered_on": when, "is_purchase": True,
                         "net_amount": draw.lognormal(3, 1, len(who))})
    asked_by, asked = some(customers // 2, 100)
    said_by, said = some(customers, 120)
    wrote_by, wrote = some(customers // 2, 30, -20)
    return {
        "orders": sold.sort_values(["ordered_on", "order_id"], ignore_index=True),
        "tickets": pd.DataFrame({"customer_id": asked_by, "kind": draw.choice(["complaint", "inquiry"], len(asked_by)), "opened_at": asked,
                                 "resolved_at": asked + draw.integers(0, 9, len(asked_by)).astype("timedelta64[D]")}),
        "answers": pd.DataFrame({"customer_id": said_by, "metric": pd.Categorical(draw.choice(["csat", "nps"], len(said_by))),
                                 "score": draw.integers(1, 6, len(said_by)).astype(float), "scale_min": np.nan, "scale_max": np.nan,
                                 "answered_on": said}),
        "contacts": pd.DataFrame({"customer_id": wrote_by, "direction": "in", "happened_at": wrote})}


def by_pandas(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """What follows what, with quartiles of the days between."""
    sold = frames["orders"].sort_values(["customer_id", "ordered_on"])
    turn = sold.groupby("customer_id").cumcount().clip(upper=2)
    parts = [pd.DataFrame({"customer": sold["customer_id"], "day": sold["ordered_on"], "kind": turn.astype(str)})]
    complaints = frames["tickets"][frames["tickets"]["kind"] == "complaint"]
    for column in ("opened_at", "resolved_at"):
        parts.append(pd.DataFrame({"customer": complaints["customer_id"], "day": complaints[column], "kind": column}))
    parts.append(pd.DataFrame({"customer": frames["answers"]["customer_id"], "day": frames["answers"]["answered_on"], "kind": "answer"}))
    events = pd.concat(parts).sort_values(["customer", "day"], kind="stable")
    events = events[events["kind"] != events.groupby("customer")["kind"].shift()]
    follows = events.groupby("customer")[["kind", "day"]].shift(-1)
    events = events.assign(to=follows["kind"].fillna("end"), days=(follows["day"] - events["day"]).dt.days)
    return events.groupby(["kind", "to"])["days"].quantile([0.25, 0.5, 0.75]).unstack()


def seconds(work) -> float:
    """CPU seconds of the best round."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def main(sizes: tuple[int, ...]) -> None:
    from crm.analytics import journey

    for customers in sizes:
        frames = company(customers)
        others = {name: frame for name, frame in frames.items() if name != "orders"}
        groups = pd.Series(np.random.default_rng(2).choice(list("abcd"), customers), index=np.arange(1, customers + 1))
        ours = seconds(lambda others=others, frames=frames, groups=groups: journey.follow(
            frames["orders"], as_of=AS_OF, groups=groups, group_name="group", **others))
        theirs = seconds(lambda frames=frames: by_pandas(frames))
        print(f"{customers:,} customers, {len(frames['orders']):,} orders: everything {ours:.2f} s; pandas, what follows what alone {theirs:.2f} s")


if __name__ == "__main__":
    main(tuple(int(size) for size in sys.argv[1:]) or CUSTOMERS)
