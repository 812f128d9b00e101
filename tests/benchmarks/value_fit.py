"""How quickly are the models of value fitted, and to the same parameters? Seconds of CPU beside the package lifetimes.

python tests/benchmarks/value_fit.py [customers ...] [--yardstick-python /path/to/python]

Invented shops of 10,000 and 100,000 customers whose true parameters are known. lifetimes is timed where it can be imported:
by this interpreter, or by the one that --yardstick-python names (it wants pandas below 2.1 and numpy below 2). Every step
runs in a process of its own on one core; imports and reading the file are not counted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIZES = (10_000, 100_000)
SEED = 7
ONE_CORE = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
LAST_DAY = "2024-12-30"


class Laps:
    """Seconds of CPU, lap by lap."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._begun = time.process_time()

    def end(self, name: str) -> None:
        self.seconds[name] = time.process_time() - self._begun
        self._begun = time.process_time()


def make(file: Path, customers: int) -> None:
    """Purchases of two years as plain arrays, that every interpreter can read."""
    import numpy as np

    from tests.analytics.value.buyers import company

    orders, as_of = company(customers, later_days=0, seed=SEED)
    assert as_of.isoformat() == LAST_DAY
    np.savez(file, customer_id=orders["customer_id"].to_numpy(), amount=orders["net_amount"].to_numpy(),
             day=orders["ordered_on"].to_numpy().astype("datetime64[D]").astype("int64"))


def ours(file: Path) -> dict:
    import datetime as dt

    import numpy as np
    import pandas as pd
    import scipy.optimize  # noqa: F401
    import scipy.special  # noqa: F401

    from crm.analytics import value
    from crm.analytics.value import ahead, bgnbd, gamma_gamma
    from crm.analytics.value.transactions import histories, purchase_days
    from tests.analytics.value.buyers import lines_of

    rows = np.load(file)
    orders = pd.DataFrame({
        "order_id": np.arange(len(rows["day"])), "customer_id": rows["customer_id"],
        "ordered_on": rows["day"].astype("datetime64[D]").astype("datetime64[us]"), "is_purchase": True,
        "gross_amount": rows["amount"], "returned_amount": 0.0, "net_amount": rows["amount"]})
    lines, as_of = lines_of(orders), dt.date.fromisoformat(LAST_DAY)
    laps = Laps()
    customers = histories(purchase_days(orders, as_of=as_of))
    laps.end("recency, frequency, spend")
    seen = bgnbd.distinct(customers)
    fit = bgnbd.fit(seen)
    laps.end("fit of purchases")
    among = gamma_gamma.usable(customers)
    spend = gamma_gamma.fit(customers.repeats[among], customers.repeat_spend[among])
    laps.end("fit of spend")
    coming = ahead.mean_purchases(fit.parameters, seen, 52.0)[seen.place]
    laps.end("purchases of 52 weeks")
    value.estimate(orders, lines, as_of=as_of)
    laps.end("everything the page shows")
    return {"seconds": laps.seconds, "parameters": [*fit.parameters, spend.p, spend.q, spend.gamma],
            "purchases": float(coming.sum())}


def yardstick(file: Path) -> dict:
    import numpy as np
    import pandas as pd
    from lifetimes import BetaGeoFitter, GammaGammaFitter
    from lifetimes.utils import summary_data_from_transaction_data

    rows = np.load(file)
    orders = pd.DataFrame({"customer_id": rows["customer_id"], "amount": rows["amount"],
                           "day": pd.to_datetime(rows["day"], unit="D")})
    laps = Laps()
    summary = summary_data_from_transaction_data(orders, "customer_id", "day", monetary_value_col="amount",
                                                 observation_period_end=LAST_DAY)
    laps.end("recency, frequency, spend")
    weeks = summary[["recency", "T"]] / 7
    fit = BetaGeoFitter().fit(summary["frequency"], weeks["recency"], weeks["T"])
    laps.end("fit of purchases")
    again = summary[(summary["frequency"] > 0) & (summary["monetary_value"] > 0)]
    spend = GammaGammaFitter().fit(again["frequency"], again["monetary_value"])
    laps.end("fit of spend")
    coming = fit.conditional_expected_number_of_purchases_up_to_time(52.0, summary["frequency"], weeks["recency"], weeks["T"])
    laps.end("purchases of 52 weeks")
    return {"seconds": laps.seconds, "parameters": [*fit.params_[["r", "alpha", "a", "b"]], *spend.params_[["p", "q", "v"]]],
            "purchases": float(coming.sum())}


STEPS = {"ours": ours, "lifetimes": yardstick}


def measure(step: str, file: Path, *, python: str) -> dict | None:
    """One step in a process of its own; None where that interpreter has no lifetimes."""
    if step == "lifetimes" and subprocess.run([python, "-c", "import lifetimes"], capture_output=True).returncode:
        return None
    done = subprocess.run([python, "-W", "ignore", __file__, "--step", step, "--file", str(file)], capture_output=True,
                          text=True, env={**os.environ, **ONE_CORE})
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def compare(customers: int, *, python: str) -> None:
    from tests.analytics.value.buyers import TRUE

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "purchases.npz"
        make(file, customers)
        found, other = measure("ours", file, python=sys.executable), measure("lifetimes", file, python=python)
    print(f"\n{customers:,} customers" + ("" if other else "; lifetimes cannot be imported, name an interpreter with "
                                          "--yardstick-python"))
    print(f"  {'seconds of CPU':28}{'ours':>10}{'lifetimes':>12}")
    for lap, seconds in found["seconds"].items():
        beside = "" if other is None or lap not in other["seconds"] else f"{other['seconds'][lap]:>12.3f}"
        print(f"  {lap:28}{seconds:>10.3f}{beside}")
    print(f"  {'parameter':28}{'ours':>10}{'lifetimes':>12}{'truth':>10}")
    for place, (name, truth) in enumerate(TRUE.items()):
        beside = f"{other['parameters'][place]:>12.4f}" if other else " " * 12
        print(f"  {name:28}{found['parameters'][place]:>10.4f}{beside}{truth:>10.4f}")
    beside = f"{other['purchases']:>12,.0f}" if other else ""
    print(f"  {'purchases of 52 weeks':28}{found['purchases']:>10,.0f}{beside}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("customers", nargs="*", type=int)
    parser.add_argument("--yardstick-python", default=sys.executable, metavar="PYTHON",
                        help="an interpreter that can import lifetimes")
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(STEPS[asked.step](asked.file)))
        return
    for customers in asked.customers or SIZES:
        compare(customers, python=asked.yardstick_python)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
