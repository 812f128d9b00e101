"""A full disk, a cancel or a killed process in the middle of an import: nothing of it is left, and it can be repeated."""

import subprocess
import sys
import textwrap

import pytest
from sqlalchemy import func, select

from crm import db, imports
from crm.db import bulk
from crm.errors import Cancelled, Conflict, CrmError
from crm.models import Customer, ImportBatch, OrderLine, Product
from crm.services import check
from tests.conftest import ROOT

ORDERS = "order,date,customer,product,quantity,price\n" + "\n".join(
    f"{number},2026-01-02,Customer {number % 50},Tea {number % 7},1,4.50" for number in range(60_000))


def count(workspace) -> int:
    with db.reading(workspace) as session:
        assert check.findings(session) == []
        return sum(session.scalar(select(func.count()).select_from(model)) for model in (Customer, OrderLine, ImportBatch))


@pytest.fixture
def file_workspace(tmp_path):
    opened = db.Workspace("own", f"sqlite:///{tmp_path / 'crm.db'}")
    db.make_ready(opened)
    yield opened
    db.dispose(opened)


def test_a_full_disk_is_told_and_leaves_nothing(file_workspace):
    with pytest.raises(CrmError, match="no room left on the disk"), db.transaction(file_workspace) as session:
        pages = session.connection().exec_driver_sql("pragma page_count").scalar()
        session.connection().exec_driver_sql(f"pragma max_page_count={pages + 200}")
        imports.import_file(session, ORDERS.encode(), kind="order_lines")
    db.dispose(file_workspace)
    assert count(file_workspace) == 0
    with db.transaction(file_workspace) as session:
        assert imports.import_file(session, ORDERS.encode(), kind="order_lines").lines["imported"] == 60_000


def test_a_killed_process_leaves_nothing_and_the_next_one_brings_all_in(file_workspace, tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    script = textwrap.dedent("""
        import os, signal, sys
        from crm import db, imports
        def stop(share, stage):
            if stage == "order_lines" and share > 0.6:
                os.kill(os.getpid(), signal.SIGKILL)
        with db.transaction(db.Workspace("own", sys.argv[1])) as session:
            imports.import_file(session, sys.argv[2], kind="order_lines", progress=stop)
    """)
    killed = subprocess.run([sys.executable, "-c", script, file_workspace.url, str(tmp_path / "orders.csv")], cwd=ROOT)
    assert killed.returncode == -9
    assert count(file_workspace) == 0
    with db.transaction(file_workspace) as session:
        report = imports.import_file(session, tmp_path / "orders.csv", kind="order_lines")
    assert report.lines["imported"] == 60_000


def test_a_cancel_leaves_nothing(workspace):
    asked = iter([False] * 6)
    with pytest.raises(Cancelled), db.transaction(workspace) as session:
        imports.import_file(session, ORDERS.encode(), kind="order_lines", cancelled=lambda: next(asked, True))
    assert count(workspace) == 0


def test_what_a_bulk_insert_is_refused_for_is_told_like_any_other_refusal(workspace):
    row = (1, "P1", "Tea", 1, "2026-01-01 00:00:00.000000", "2026-01-01 00:00:00.000000")
    columns = ["id", "code", "name", "version", "created_at", "updated_at"]
    with pytest.raises(Conflict, match="clashes"), db.transaction(workspace) as session:
        bulk.insert_rows(session, Product.__table__, columns, [row, (2, *row[1:])])
