"""How quick is it all? Imports, each analysis from cold and again, each page's warm redraw, beside their yardsticks.

python tests/benchmarks/run.py                    Online Retail and a generated million lines by 100,000 customers
python tests/benchmarks/run.py online_retail      one of: online_retail generated

Yardsticks, measured in the same run: pandas' read_csv and to_sql for the import, pandas' read_sql of the same rows for the
frames that an analysis starts from, an empty Streamlit page for the redraw. Every step runs in a process of its own.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks import import_lines  # noqa: E402

READS = {  # analysis -> the rows that it starts from, as a user of pandas would read them
    "segments": "select id, customer_id, ordered_at, net_amount_e4 from orders where customer_id is not null",
    "churn": "select id, customer_id, ordered_at, net_amount_e4 from orders where customer_id is not null",
    "recommend": "select order_id, customer_id, product_id, ordered_at, kind, quantity, amount_e4 from order_lines "
                 "join orders on orders.id = order_id",
    "baskets": "select order_id, customer_id, product_id, ordered_at, kind, quantity, amount_e4 from order_lines "
               "join orders on orders.id = order_id",
}
PAGES = ("overview", "customers", "segments", "churn", "recommendations", "satisfaction", "data")
REDRAWS = 5
ANSWERS = 129_880 * 5  # five questions to as many people as the largest public survey of passengers asked


def answers_step(_name: str) -> dict:
    """Put survey answers into the database, so that there is something to measure."""
    import numpy as np

    from crm import db
    from crm.db import bulk
    from crm.models import SurveyAnswer

    draw = np.random.default_rng(1)
    with db.transaction(db.own()) as session:
        ids = bulk.reserve_ids(session, SurveyAnswer.__table__, ANSWERS)
        scores = draw.integers(1, 6, ANSWERS).tolist()
        moments = ["2011-11-01 12:00:00.000000"] * ANSWERS
        bulk.insert_rows(session, SurveyAnswer.__table__,
                         ("id", "metric", "item", "score", "scale_min", "scale_max", "answered_at", "created_at"),
                         ((place, "likert", f"Question {place % 5}", score, 1, 5, moment, moment)
                          for place, score, moment in zip(ids, scores, moments, strict=True)))
    return {}


def analysis_step(name: str) -> dict:
    """Seconds of the first run in a fresh process with no columnar file, and of the second."""
    from crm import db, jobs
    from crm.services import settings

    shutil.rmtree(Path(os.environ["CRM_DATA_DIR"]) / "columnar", ignore_errors=True)
    seconds = []
    for _ in range(2):
        begun = time.perf_counter()
        with db.reading(db.own()) as session:
            jobs.ANALYSES[name].run(session, as_of=settings.as_of(session))
        seconds.append(time.perf_counter() - begun)
    return {"cold": seconds[0], "again": seconds[1]}


def frame_step(name: str) -> dict:
    """Seconds of reading the analysis' frame from SQL and again from its columnar file, and of pandas' read_sql."""
    import pandas as pd
    import pyarrow.parquet  # noqa: F401  loaded by the app's warm-up

    from crm import db, frames
    from crm.services import settings

    shutil.rmtree(Path(os.environ["CRM_DATA_DIR"]) / "columnar", ignore_errors=True)
    read = frames.orders if name in ("segments", "churn") else frames.order_lines
    seconds = []
    with db.reading(db.own()) as session:
        until = settings.as_of(session)
        for _ in range(2):
            begun = time.perf_counter()
            read(session, until=until)
            seconds.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        pd.read_sql(READS[name], session.connection())
        return {"sql": seconds[0], "columnar": seconds[1], "read_sql": time.perf_counter() - begun}


def redraw_step(name: str) -> dict:
    """Median seconds of a page's redraw once it was drawn; "" is an empty Streamlit page."""
    from streamlit.testing.v1 import AppTest

    if name:
        app = AppTest.from_file(str(ROOT / "crm" / "ui" / "frame.py"), default_timeout=300).run()
        app.switch_page(str(ROOT / "pages" / f"{name}.py")).run()
        assert not app.exception, app.exception
    else:
        app = AppTest.from_string("import streamlit as st\nst.write('empty')", default_timeout=300).run()
    app.run()
    seconds = []
    for _ in range(REDRAWS):
        begun = time.perf_counter()
        app.run()
        seconds.append(time.perf_counter() - begun)
    return {"seconds": statistics.median(seconds)}


STEPS = {"answers": answers_step, "analysis": analysis_step, "frame": frame_step, "redraw": redraw_step}


def measure(step: str, name: str, *, database: Path) -> dict:
    """One step in a process of its own: its peak memory is its own, and nothing is warm."""
    done = subprocess.run([sys.executable, __file__, "--step", step, "--name", name], capture_output=True, text=True,
                          env={**os.environ, "CRM_DATABASE_URL": f"sqlite:///{database}",
                               "CRM_DATA_DIR": str(database.parent)})
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    return json.loads(done.stdout.splitlines()[-1])


def compare(label: str, database: Path) -> None:
    """Print the analyses and redraws of one imported file."""
    for name, of in (("segments", "orders"), ("recommend", "order lines")):
        frame = measure("frame", name, database=database)
        print(f"{label:15} frame of {of:12} from SQL {frame['sql']:6.2f} s   columnar {frame['columnar']:6.2f} s   "
              f"yardstick read_sql {frame['read_sql']:6.2f} s")
    measure("answers", "", database=database)
    for name in (*READS, "satisfaction"):
        run = measure("analysis", name, database=database)
        print(f"{label:15} {name:20} cold {run['cold']:6.2f} s   again {run['again']:6.2f} s   peak {run['peak_mb']:5.0f} MB")
    empty = measure("redraw", "", database=database)["seconds"]
    for name in PAGES:
        seconds = measure("redraw", name, database=database)["seconds"]
        print(f"{label:15} redraw {name:17} {seconds * 1000:6.0f} ms   yardstick empty page {empty * 1000:4.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="online_retail, generated; all when none is named")
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--name", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        answer = STEPS[asked.step](asked.name)
        print(json.dumps({**answer, "peak_mb": import_lines.peak_mb()}))
        return
    with tempfile.TemporaryDirectory() as folder:
        for label in asked.files or ["online_retail", "generated"]:
            place = Path(folder) / label
            place.mkdir()
            file = import_lines.source(label, place)
            if file is None:
                print(f"{label}: the file is not beside this project.")
                continue
            import_lines.compare(label, file, place)
            compare(label, place / f"{label}.db")


if __name__ == "__main__":
    main()
