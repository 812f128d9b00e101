"""How quickly are 100,000 customers grouped, and as well as by the exact method? Every method beside scikit-learn's.

python tests/benchmarks/group_customers.py [methods ...]

First answer: from the table of customers to named figures: prepared, the number of groups chosen (where the method has one),
grouped, profile and quality. Yardstick: the exact method of scikit-learn on the same points with the same number of groups,
on as many customers as it can take; beside it ours on those, how alike both groupings are (adjusted Rand), and how clear each
is (silhouette). The customers are a continuum, as most are: there, equally good groupings may be rather unlike. Every step runs
in a process of its own; MB is what it needs beyond libraries and data.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

CUSTOMERS = 100_000
COLUMNS = ("recency_days", "frequency", "monetary", "tenure_days", "average_order")
K = 4
# Customers that the exact method is given: with all, hierarchies need 80 GB, the others minutes or more
YARDSTICK_CUSTOMERS = {"rfm": CUSTOMERS, "kmeans": CUSTOMERS, "mixture": CUSTOMERS, "ward": 10_000, "average": 10_000,
                       "complete": 10_000, "dbscan": 20_000, "hdbscan": 20_000, "spectral": 3_000}
SEED = 7


def customers(n_customers: int):
    """Customers with an own rhythm, spend and last day, as features of their orders."""
    import datetime as dt

    import numpy as np
    import pandas as pd

    from crm.analytics.segments.features import customer_features

    rng = np.random.default_rng(SEED)
    n_orders = rng.geometric(np.clip(rng.beta(1.2, 3, n_customers), 0.02, 1)).clip(max=200)
    customer_id = np.repeat(np.arange(1, n_customers + 1), n_orders)
    span = np.repeat(rng.uniform(30, 720, n_customers), n_orders)
    gone = np.repeat(rng.exponential(90, n_customers) * (rng.random(n_customers) < 0.6), n_orders)
    days_ago = (gone + rng.random(len(customer_id)) * span).astype(int)
    spend = np.repeat(rng.lognormal(3.5, 0.8, n_customers), n_orders) * rng.lognormal(0, 0.4, len(customer_id))
    as_of = dt.date(2024, 12, 31)
    orders = pd.DataFrame({
        "customer_id": customer_id,
        "ordered_on": (np.datetime64(as_of, "D") - days_ago.astype("timedelta64[D]")).astype("datetime64[us]"),
        "is_purchase": True,
        "net_amount": spend.round(2),
    })
    return customer_features(orders, as_of=as_of)


def points_of(table):
    from crm.analytics.segments.preparing import prepare

    return prepare(table, columns=COLUMNS).points


def first_answer(method: str) -> dict:
    """Seconds, MB and groups of the whole way from the table."""
    from crm.analytics.segments.finding import find
    from crm.analytics.segments.rfm import rfm_scores, rfm_segments

    table = customers(CUSTOMERS)
    if method == "rfm":
        return _measured(lambda: {"groups": len(set(rfm_segments(rfm_scores(table)))), "how": "exact"})
    find(table.head(300), columns=COLUMNS, method=method)  # libraries are loaded by the app's warm-up

    def run() -> dict:
        found = find(table, columns=COLUMNS, method=method)
        return {"groups": found.grouping.k, "how": found.grouping.approximated or "exact"}

    return _measured(run)


def ours(method: str) -> dict:
    """Our grouping of the yardstick's customers; labels for the comparison."""
    from crm.analytics.segments.clustering import FIND_THEIR_NUMBER, group

    points = points_of(customers(CUSTOMERS))[: YARDSTICK_CUSTOMERS[method]]
    k = None if method in FIND_THEIR_NUMBER else K
    group(points[:300], method=method, k=k)
    return _measured(lambda: _told(group(points, method=method, k=k)))


def yardstick(method: str) -> dict:
    """scikit-learn's exact method with the settings that ours chose; for RFM fifths by pandas."""
    import warnings

    from sklearn import cluster, mixture

    table = customers(CUSTOMERS)
    if method == "rfm":
        def fifths() -> dict:
            for column in ("recency_days", "frequency", "monetary"):
                table[column].rank(method="first").transform(lambda ranks: ranks * 5 // (len(ranks) + 1))
            return {}

        return _measured(fifths)
    points = points_of(table)[: YARDSTICK_CUSTOMERS[method]]
    warnings.simplefilter("ignore")
    if method in ("dbscan", "hdbscan"):
        from crm.analytics.segments.clustering import group

        details = group(points, method=method).details
    model = {
        "kmeans": lambda: cluster.KMeans(K, n_init=10, random_state=0),
        "dbscan": lambda: cluster.DBSCAN(eps=details["eps"], min_samples=details["min_samples"]),
        "hdbscan": lambda: cluster.HDBSCAN(min_cluster_size=details["min_cluster_size"], min_samples=details["min_samples"],
                                           copy=True),
        "spectral": lambda: cluster.SpectralClustering(K, affinity="nearest_neighbors", random_state=0),
        "mixture": lambda: mixture.GaussianMixture(K, n_init=3, reg_covar=1e-2, random_state=0),
    }.get(method, lambda: cluster.AgglomerativeClustering(K, linkage=method))()
    return _measured(lambda: {"labels": model.fit_predict(points).tolist()})


def _told(grouping) -> dict:
    return {"labels": grouping.labels.tolist(), "how": grouping.approximated or "exact"}


def _measured(run) -> dict:
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak of making the data
    begun, processor = time.perf_counter(), time.process_time()
    answer = run()
    seconds, processor = time.perf_counter() - begun, time.process_time() - processor
    return {**answer, "seconds": seconds, "processor": processor, "megabytes": _memory("VmHWM") - before}


def _memory(what: str) -> float:
    """MB that Linux tells of this process: VmRSS now, VmHWM at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


STEPS = {"first_answer": first_answer, "ours": ours, "yardstick": yardstick}


def step(name: str, method: str) -> dict:
    done = subprocess.run([sys.executable, __file__, "--step", name, method], capture_output=True, text=True, env=os.environ)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    if sys.argv[1:2] == ["--step"]:
        print(json.dumps(STEPS[sys.argv[2]](sys.argv[3])))
        return
    print(f"{CUSTOMERS:,} customers, {len(COLUMNS)} columns; seconds on the clock and, in brackets, of the processor")
    print(f"{'':10}{'first answer':>16}{'MB':>6}{'groups':>8}{'how':>8} |{'customers':>10}{'exact':>18}{'MB':>7}{'ours':>16}{'alike':>7}"
          f"{'clear':>8}{'exact':>7}")
    for method in sys.argv[1:] or YARDSTICK_CUSTOMERS:
        first, exact = step("first_answer", method), step("yardstick", method)
        line = (f"{method:10}{_seconds(first):>16}{first['megabytes']:>6.0f}{first['groups']:>8}{first['how']:>8} |"
                f"{YARDSTICK_CUSTOMERS[method]:>10,}{_seconds(exact):>18}{exact['megabytes']:>7.0f}")
        if method != "rfm":
            same = step("ours", method)
            alike, clear = compared(method, same["labels"], exact["labels"])
            line += f"{_seconds(same):>16}{alike:>7.2f}{clear[0]:>8.2f}{clear[1]:>7.2f}"
        print(line, flush=True)


def compared(method: str, first: list[int], second: list[int]) -> tuple[float, list[float]]:
    """Adjusted Rand of two groupings of the yardstick's customers, and the silhouette of each."""
    import numpy as np

    from crm.analytics.segments.comparing import compare, silhouette

    points = points_of(customers(CUSTOMERS))[: YARDSTICK_CUSTOMERS[method]]
    return compare(first, second).adjusted_rand, [silhouette(points, np.array(labels)) for labels in (first, second)]


def _seconds(measured: dict) -> str:
    return f"{measured['seconds']:.2f} ({measured['processor']:.2f})"


if __name__ == "__main__":
    main()
