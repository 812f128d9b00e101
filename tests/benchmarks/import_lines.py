"""How quickly do order lines get in? Seconds and peak memory beside pandas' read_csv and to_sql, in the same
run.

python tests/benchmarks/import_lines.py            all files
python tests/benchmarks/import_lines.py generated  one of: online_retail generated
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ONLINE_RETAIL = ROOT.parent / "shared" / "datasets" / "online_retail" / "online_retail.csv.xz"
LINES, CUSTOMERS, PRODUCTS = 1_000_000, 100_000, 5_000


def generate(
    path: Path, *, lines: int = LINES, customers: int = CUSTOMERS, random_state: int = 20260101
) -> None:
    """A sales file with the columns of Online Retail; 4 lines an order, every customer occurs."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(random_state)
    orders = lines // 4
    order = np.sort(rng.integers(0, orders, lines))
    customer = np.concatenate([np.arange(customers), rng.integers(0, customers, max(orders - customers, 0))])[
        :orders
    ]
    minute = np.sort(rng.integers(0, 2 * 365 * 24 * 60, orders)).astype("timedelta64[m]")
    product = rng.zipf(1.3, lines) % PRODUCTS
    names = np.array([f"Article {number:05}" for number in range(PRODUCTS)], dtype=object)
    pd.DataFrame(
        {
            "InvoiceNo": order + 100_000,
            "StockCode": product + 10_000,
            "Description": names[product],
            "Quantity": rng.integers(1, 25, lines),
            "InvoiceDate": (np.datetime64("2022-01-01T00:00:00", "s") + minute)[order],
            "UnitPrice": rng.integers(10, 20_000, lines) / 100,
            "CustomerID": customer[order] + 1,
            "Country": "Germany",
        }
    ).to_csv(path, index=False)


def source(name: str, folder: Path) -> Path | None:
    """The file of that name: the real one where it lies beside the project, or one generated into `folder`."""
    if name == "online_retail":
        return ONLINE_RETAIL if ONLINE_RETAIL.exists() else None
    generate(folder / "generated.csv")
    return folder / "generated.csv"


def run_import(file: Path, database: Path) -> None:
    """One import by this program."""
    sys.path.insert(0, str(ROOT))
    from crm import db, imports

    workspace = db.Workspace("test", f"sqlite:///{database}")
    db.make_ready(workspace)
    begun = time.perf_counter()
    with db.transaction(workspace) as session:
        report = imports.import_file(session, file, kind="order_lines")
    _tell(begun, report.lines)


def run_wizard(file: Path, database: Path) -> None:
    """What the page does, step by step: look, rehearse, bring in, take back."""
    sys.path.insert(0, str(ROOT))
    from crm import db, imports, transfers
    from crm.services import undoing

    workspace = db.Workspace("test", f"sqlite:///{database}")
    db.make_ready(workspace)
    seconds, begun = {}, time.perf_counter()

    def lap(name: str) -> None:
        nonlocal begun
        seconds[name], begun = time.perf_counter() - begun, time.perf_counter()

    (origin,) = imports.of_file(file)
    looked = transfers.look(workspace, origin)
    choices = imports.Choices(looked.guess.kind, looked.guess.mapping)
    transfers.shown(looked, choices)
    lap("first lines")
    transfers.rehearse(workspace, [(origin, choices)])
    lap("rehearsal")
    (report,) = transfers.bring_in(workspace, [(origin, choices)])
    lap("bring in")
    with db.transaction(workspace) as session:
        undoing.undo_import(session, report.batch_id)
    lap("take back")
    print(json.dumps({"seconds": seconds, "peak_mb": peak_mb(), "lines": report.lines}))


def run_yardstick(file: Path, database: Path) -> None:
    """The same file into one table with four indexes, by pandas."""
    import pandas as pd
    from sqlalchemy import create_engine, text

    engine = create_engine(f"sqlite:///{database}")
    begun = time.perf_counter()
    frame = pd.read_csv(file)
    with engine.begin() as connection:
        frame.to_sql("lines", connection, index=False)
        for column in ("InvoiceNo", "StockCode", "CustomerID", "InvoiceDate"):
            connection.execute(text(f'create index "ix_{column}" on lines ("{column}")'))
    _tell(begun, {"read": len(frame)})


def _tell(begun: float, lines: dict[str, int]) -> None:
    print(json.dumps({"seconds": time.perf_counter() - begun, "peak_mb": peak_mb(), "lines": lines}))


def peak_mb() -> float:
    """Most memory that this process held at once, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)  # Linux counts in kB


def measure(step: str, file: Path, database: Path) -> dict:
    """Run one step in a process of its own, so that its peak memory is its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--step", step, "--file", str(file), "--database", str(database)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def compare(name: str, file: Path, folder: Path) -> None:
    yardstick = measure("yardstick", file, folder / f"{name}_pandas.db")
    print(f"{name:15} pandas yardstick {yardstick['seconds']:6.1f} s {yardstick['peak_mb']:6.0f} MB")
    for label in ("first import", "second import"):
        run = measure("import", file, folder / f"{name}.db")
        print(
            f"{name:15} {label:16} {run['seconds']:6.1f} s {run['peak_mb']:6.0f} MB "
            f"{run['seconds'] / yardstick['seconds']:5.2f} x  {run['lines']}"
        )
    wizard = measure("wizard", file, folder / f"{name}_wizard.db")
    for label, seconds in wizard["seconds"].items():
        print(f"{name:15} wizard: {label:12} {seconds:6.1f} s         {seconds / yardstick['seconds']:5.2f} x")
    both = wizard["seconds"]["rehearsal"] + wizard["seconds"]["bring in"]
    print(f"{name:15} wizard: both         {both:6.1f} s {wizard['peak_mb']:6.0f} MB {both / yardstick['seconds']:5.2f} x")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", help="online_retail, generated; all when none is named")
    parser.add_argument("--step", choices=["import", "yardstick", "wizard"], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--database", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    wanted = asked.files or ["online_retail", "generated"]
    if asked.step:
        {"import": run_import, "yardstick": run_yardstick, "wizard": run_wizard}[asked.step](asked.file, asked.database)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in wanted:
            file = source(name, Path(folder))
            if file is None:
                print(f"{name} left out: its file is absent.")
            else:
                compare(name, file, Path(folder))


if __name__ == "__main__":
    main()
