"""How quick is satisfaction with two million answers? The import, and every figure of the page, beside their yardsticks.

python tests/benchmarks/satisfaction.py                 the survey of 129,880 passengers, 15 answers each
python tests/benchmarks/satisfaction.py --no-import     only the figures, from a file made here

Yardsticks of the import: pandas' read_csv and to_sql of the long form, an answer a row, with two indexes. The figures start
from a warm columnar file; as the survey has no days and no orders, both are drawn: days of three years, 400,000 orders.
Seconds are CPU time of one thread, the best of ROUNDS; "again" is what a redraw pays for a kept answer, the copy of it.
"""

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

AIRLINE = ROOT.parent / "shared" / "datasets" / "airline_satisfaction" / "airline_passenger_satisfaction.csv.xz"
FIRST_ITEM, LAST_ITEM = "Departure and Arrival Time Convenience", "Baggage Handling"
OVERALL = "Satisfaction"
ORDERS = 400_000
ROUNDS = 3  # the best of them: others work on this machine too


def run_import(folder: Path) -> None:
    """The wide file by this program's own road."""
    import pandas as pd

    from crm import db, imports

    columns = pd.read_csv(AIRLINE, nrows=0).columns
    items = [*columns[columns.get_loc(FIRST_ITEM):columns.get_loc(LAST_ITEM) + 1], OVERALL]
    workspace = db.Workspace("test", f"sqlite:///{folder / 'answers.db'}")
    db.make_ready(workspace)
    begun = time.process_time()
    with db.transaction(workspace) as session:
        report = imports.import_file(session, AIRLINE, kind="answers_wide", overrides={"ID": "response_code"},
                                     constants={"answered_at": "2020-01-01"})
    print(json.dumps({"seconds": time.process_time() - begun, "lines": str(report.lines), "items": len(items)}))


def run_yardstick(folder: Path) -> None:
    """The long form into one table with two indexes, by pandas."""
    import pandas as pd
    from sqlalchemy import create_engine, text

    long_form = folder / "long.csv"
    wide = pd.read_csv(AIRLINE)
    items = [*wide.columns[wide.columns.get_loc(FIRST_ITEM):wide.columns.get_loc(LAST_ITEM) + 1], OVERALL]
    wide.melt(id_vars=["ID"], value_vars=items, var_name="item", value_name="score").to_csv(long_form, index=False)
    engine = create_engine(f"sqlite:///{folder / 'pandas.db'}")
    begun = time.process_time()
    frame = pd.read_csv(long_form)
    with engine.begin() as connection:
        frame.to_sql("answers", connection, index=False)
        for column in ("ID", "item"):
            connection.execute(text(f'create index "ix_{column}" on answers ("{column}")'))
    print(json.dumps({"seconds": time.process_time() - begun, "lines": len(frame)}))


def answers():
    """The answers as crm.frames gives them, on days of three years."""
    import numpy as np
    import pandas as pd

    wide = pd.read_csv(AIRLINE)
    items = list(wide.columns[wide.columns.get_loc(FIRST_ITEM):wide.columns.get_loc(LAST_ITEM) + 1])
    people = len(wide)
    on = np.datetime64("2023-01-01", "us") + np.random.default_rng(1).integers(0, 1095, people).astype("timedelta64[D]")
    scores = np.column_stack([wide[items].where(wide[items] > 0).to_numpy(float), wide[OVERALL].eq("Satisfied").to_numpy(float)])
    each = len(items) + 1
    return pd.DataFrame({
        "answer_id": np.arange(people * each), "response": np.repeat(np.arange(people), each),
        "customer_id": np.repeat(np.arange(1, people + 1), each), "ticket_id": 0, "product_id": 0, "survey_id": 0,
        "metric": pd.Categorical(np.tile(["likert"] * len(items) + ["csat"], people), categories=["csat", "nps", "ces", "likert"]),
        "item": pd.Categorical(np.tile([*items, OVERALL], people)), "score": scores.ravel(),
        "scale_min": np.tile([1.0] * len(items) + [0.0], people), "scale_max": np.tile([5.0] * len(items) + [1.0], people),
        "answered_on": np.repeat(on, each), "seconds_taken": np.nan})


def orders(people: int):
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(2)
    return pd.DataFrame({
        "order_id": np.arange(ORDERS), "customer_id": draw.integers(1, people + 1, ORDERS),
        "ordered_on": np.datetime64("2022-01-01", "us") + np.sort(draw.integers(0, 1460, ORDERS)).astype("timedelta64[D]"),
        "is_purchase": True, "net_amount": draw.gamma(2, 50, ORDERS)})


def seconds(work) -> tuple[float, object]:
    """CPU seconds of the best round, and the answer."""
    best, answer = float("inf"), None
    for _ in range(ROUNDS):
        begun = time.process_time()
        answer = work()
        best = min(best, time.process_time() - begun)
    return best, answer


def figures(folder: Path) -> None:
    """What each part of the page pays, and pays again."""
    import datetime as dt

    import pandas as pd

    from crm.analytics import satisfaction

    as_of, file = dt.date(2025, 12, 31), folder / "answers.parquet"
    made = answers()
    made.to_parquet(file, index=False, compression="lz4", row_group_size=len(made))
    bought = orders(made["customer_id"].nunique())

    def tell(name: str, work) -> object:
        took, answer = seconds(work)
        again, _ = seconds(lambda: pickle.loads(pickle.dumps(answer)))
        print(f"{name:42} {took:6.2f} s   again {again:5.3f} s")
        return answer

    read = tell("the columnar file read (every figure pays it)", lambda: pd.read_parquet(file))
    result = tell("cards, questions, months", lambda: satisfaction.measure(read, as_of=as_of))
    for metric in ("csat", "likert"):
        tell(f"changes of {metric}", lambda metric=metric: satisfaction.course(read, as_of=as_of, metric=metric))
    tell("happiness of each customer", lambda: satisfaction.by_customer(read, as_of=as_of))

    def money():
        said = satisfaction.read_scores(read, as_of=as_of)
        after = satisfaction.after_answers_of(said, bought, as_of=as_of, horizon_days=180, leaving_days=365, metric=None)
        return after, satisfaction.at_risk_of(said, bought, as_of=as_of, metric=after.metric, excess=after.adjusted)

    tell("money: returning and unhappy customers", money)
    zeros = int(result.items["outside_scale"].sum())
    print(f"satisfied {result.csat.top_count:,} of {result.csat.n:,}; scores {result.answers:,}, zeros among them {zeros}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-import", action="store_true")
    parser.add_argument("--step", choices=["import", "yardstick"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        {"import": run_import, "yardstick": run_yardstick}[asked.step](asked.folder)
        return
    if not AIRLINE.exists():
        sys.exit(f"The survey is not there: {AIRLINE}")
    with tempfile.TemporaryDirectory() as folder:
        if not asked.no_import:
            took = {}
            for step in ("yardstick", "import"):
                done = subprocess.run([sys.executable, __file__, "--step", step, "--folder", folder], capture_output=True, text=True)
                if done.returncode:
                    sys.exit(done.stderr)
                took[step] = json.loads(done.stdout.splitlines()[-1])["seconds"]
            print(f"{'read_csv and to_sql of the long form':42} {took['yardstick']:6.1f} s")
            print(f"{'import of the wide file':42} {took['import']:6.1f} s   {took['import'] / took['yardstick']:.2f} x")
        figures(Path(folder))


if __name__ == "__main__":
    main()
