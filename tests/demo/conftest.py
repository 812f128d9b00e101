"""What is built once for all tests of the demo company?"""

import sqlite3
from contextlib import closing
from datetime import date

import pandas as pd
import pytest

from crm import db, demo
from crm.demo import planted

DEMO_TODAY = date(2026, 3, 10)
_MOMENTS = ("ordered_at", "shipped_at", "opened_at", "first_answered_at", "resolved_at", "answered_at", "sent_at",
            "responded_at", "happened_at", "reopened_at", "answer_due_at", "solution_due_at", "invited_at", "since_on", "referred_on", "started_on", "opened_on", "closed_on", "due_on", "paid_on")


def demo_tables(workspace) -> dict[str, pd.DataFrame]:
    """Every table as it stands in the file, in the order of writing; moments parsed."""
    with closing(sqlite3.connect(workspace.file)) as connection:
        names = [row[0] for row in connection.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name")]
        found = {name: pd.read_sql_query(f"select * from {name} order by rowid", connection)  # noqa: S608 its own names
                 for name in names}
    return {name: frame.assign(**{column: pd.to_datetime(frame[column]) for column in frame if column in _MOMENTS})
            for name, frame in found.items()}


def build_demo(folder, **choices):
    """A workspace with the demo in it, and what building it returned."""
    workspace = db.Workspace("test", f"sqlite:///{folder / 'demo.db'}")
    counts = demo.build(workspace, **{"today": DEMO_TODAY, **choices})
    db.dispose(workspace)
    return workspace, counts


@pytest.fixture(scope="session")
def demo_today():
    return DEMO_TODAY


@pytest.fixture(scope="session")
def tables_of_demo():
    """The function (folder, **choices) -> tables of a demo built there."""
    return lambda folder, **choices: demo_tables(build_demo(folder, **choices)[0])


@pytest.fixture(scope="session")
def built_demo(tmp_path_factory):
    """(workspace, counts, progress reports) of the default demo."""
    told: list[tuple[float, str]] = []
    workspace, counts = build_demo(tmp_path_factory.mktemp("demo"),
                                   progress=lambda share, stage: told.append((share, stage)))
    return workspace, counts, told


@pytest.fixture(scope="session")
def tables(built_demo):
    """The default demo's tables; tests never change them."""
    return demo_tables(built_demo[0])


@pytest.fixture(scope="session")
def purchases(tables):
    """Orders in which a known customer bought something, in time."""
    orders = tables["orders"]
    return orders[(orders.charged_amount_e4 > 0) & orders.customer_id.notna()].sort_values(["ordered_at", "id"])


@pytest.fixture(scope="session")
def planted_late_payers(tables):
    """Ids of the companies that were planted to pay late: all the time, and only since a year ago."""
    orders = tables["orders"].merge(tables["customers"][["id", "kind"]], left_on="customer_id", right_on="id")
    invoices = orders[(orders.kind == "company") & orders.channel.isin(["Web shop", "Phone"]) & (orders.net_amount_e4 > 0)]
    number = invoices.groupby("customer_id").size()
    chosen = number.index[number >= planted.LATE_PAYERS_AMONG].sort_values()[::planted.LATE_PAYER_EVERY]
    return chosen[::2].astype(int).tolist(), chosen[1::2].astype(int).tolist()
