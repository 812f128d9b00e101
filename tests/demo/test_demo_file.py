"""Does the demo's database appear once and whole?"""

import os
import subprocess
import sys
from datetime import date

import pytest

from crm import config, db, demo
from crm.demo import planted
from crm.errors import Cancelled

DAY = date(2026, 3, 10)
ASK = ("from datetime import date; from crm import db, demo\n"
       "counts = demo.make(today=date(2026, 3, 10))\n"
       "print(counts['orders'], db.demo().file.stat().st_ino)")


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    yield tmp_path
    db.dispose(db.demo())


def test_two_first_sessions_at_once_get_one_demo(data_folder):
    processes = [subprocess.Popen([sys.executable, "-c", ASK], cwd=config.ROOT, text=True, stdout=subprocess.PIPE,
                                  env=os.environ | {"CRM_DATA_DIR": str(data_folder)}) for _ in range(2)]
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert said[0] == said[1]
    assert demo.is_made()
    assert sorted(file.name for file in data_folder.iterdir() if not file.name.endswith(("-wal", "-shm"))) == [
        "demo.db", "demo.db.lock"]
    # A demo that is there stays until somebody asks for a new one.
    before = db.demo().file.stat().st_ino
    kept = demo.make(today=date(2026, 4, 1))
    assert db.demo().file.stat().st_ino == before and f"{kept['orders']} {before}\n" == said[0]


def test_a_rebuild_replaces_the_demo_and_what_was_changed_in_it(data_folder, monkeypatch):
    with db.transaction(db.demo()) as session:  # a page opened the empty file before anybody made the demo
        before = db.revisions_of(session)
    assert not demo.is_made()
    counts = demo.make(today=DAY, rebuild=True)
    assert demo.is_made() and counts["customers"] == planted.CUSTOMERS + planted.TWICE
    with db.reading(db.demo()) as session:
        assert db.revisions_of(session) != before


def test_a_cancelled_build_leaves_nothing_behind(data_folder):
    def stop(share, _stage):
        if share > 0.05:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        demo.make(today=DAY, progress=stop)
    assert not demo.is_made() and not db.demo().file.exists()
    assert [file.name for file in data_folder.iterdir()] == ["demo.db.lock"]


def test_asking_whether_there_is_a_demo_creates_none(data_folder):
    assert not demo.is_made()
    assert list(data_folder.iterdir()) == []
