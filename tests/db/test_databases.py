"""Databases: created on first use, backed up and migrated, refused when newer, told when not there."""

import sqlite3

import pytest
from sqlalchemy import func, insert, inspect, select, text

from crm import db
from crm.db import bulk
from crm.db.upgrade import known_revisions
from crm.errors import CrmError, InvalidInput
from crm.models import Base, Customer, Product, Setting
from crm.services import customers
from tests.conftest import postgres_database


def file_workspace(tmp_path) -> db.Workspace:
    return db.Workspace("own", f"sqlite:///{tmp_path / 'new' / 'crm.db'}")


def counts(workspace) -> dict[str, int]:
    with db.engine(workspace).connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if name in Base.metadata.tables]
        return {name: connection.scalar(select(func.count()).select_from(Base.metadata.tables[name]))
                for name in names}


def test_a_file_that_does_not_exist_is_created_with_its_folder(tmp_path):
    workspace = file_workspace(tmp_path)
    assert not workspace.exists and not db.is_begun(workspace)
    with db.transaction(workspace) as session:
        customers.create(session, name="First")
    assert db.is_begun(workspace) and counts(workspace)["customers"] == 1


@pytest.mark.parametrize("revision", known_revisions())
def test_from_every_version_up_no_row_is_lost(tmp_path, revision):
    workspace = file_workspace(tmp_path)
    db.migrate(workspace, to=revision)
    with db.engine(workspace).execution_options(crm_writing=True).begin() as connection:
        connection.execute(insert(Setting.__table__).values(name="company_name", content="Old & Co"))
    before = counts(workspace)
    db.make_ready(workspace)
    after = counts(workspace)
    assert {name: after[name] for name in before} == before
    assert set(after) == set(Base.metadata.tables)
    backups = list(workspace.file.parent.glob("*.before-*"))
    assert len(backups) == (revision != db.head())


def test_an_older_file_is_backed_up_before_it_is_migrated(tmp_path, monkeypatch):
    workspace = file_workspace(tmp_path)
    db.make_ready(workspace)
    monkeypatch.setattr("crm.db.upgrade.head", lambda: "later")
    db.migrate(workspace)
    (backup,) = workspace.file.parent.glob("crm.db.before-*")
    with sqlite3.connect(backup) as copy:
        assert copy.execute("select version_num from alembic_version").fetchall() == [(known_revisions()[-1],)]


def test_a_database_of_a_newer_program_is_refused_and_left_alone(tmp_path):
    workspace = file_workspace(tmp_path)
    db.make_ready(workspace)
    with db.engine(workspace).execution_options(crm_writing=True).begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(CrmError, match="newer version"):
        db.migrate(workspace)
    assert counts(workspace)["revisions"] == 5 and not list(workspace.file.parent.glob("*.before-*"))


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "crm.db").write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(CrmError, match="no database"), db.reading(file_workspace(tmp_path)):
        pass


@pytest.mark.parametrize("url", ["nonsense", "mystery://host/name", ""])
def test_an_address_that_names_no_database_is_told(url):
    with pytest.raises(InvalidInput, match="CRM_DATABASE_URL"):
        db.engine(db.Workspace("own", url))


def test_a_replaced_file_is_opened_anew(tmp_path):
    first, second = (db.Workspace("own", f"sqlite:///{tmp_path / name}.db") for name in ("a", "b"))
    for workspace, name in ((first, "old"), (second, "new")):
        with db.transaction(workspace) as session:
            customers.create(session, name=name)
        db.dispose(workspace)
    with db.reading(first) as session:
        assert session.scalar(select(Customer.name)) == "old"
    second.file.replace(first.file)
    with db.reading(first) as session:
        assert session.scalar(select(Customer.name)) == "new"


def test_a_server_without_tables_says_what_to_run():
    with postgres_database() as workspace:
        with pytest.raises(CrmError, match="python -m crm migrate"), db.reading(workspace):
            pass
        db.migrate(workspace)
        with db.reading(workspace) as session:
            assert session.scalar(select(func.count()).select_from(Customer)) == 0
        db.dispose(workspace)


def test_sqlite_is_set_to_lose_nothing(tmp_path):
    workspace = file_workspace(tmp_path)
    with db.reading(workspace) as session:
        found = {name: session.scalar(text(f"pragma {name}"))
                 for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")}
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 30_000}


def test_a_failed_transaction_leaves_nothing(workspace):
    with pytest.raises(ZeroDivisionError), db.transaction(workspace) as session:
        customers.create(session, name="Never")
        session.flush()
        1 / 0  # noqa: B018
    assert counts(workspace)["customers"] == counts(workspace)["audit_entries"] == 0


def test_bulk_rows_get_ids_that_nobody_else_gets_and_raise_the_revision(workspace):
    with db.reading(workspace) as session:
        before = db.revisions_of(session, ("sales",))
    for start in (0, 3):
        with db.transaction(workspace) as session:
            ids = bulk.reserve_ids(session, Product.__table__, 3)
            moment = "2026-01-01 00:00:00.000000"
            bulk.insert_rows(session, Product.__table__, ("id", "code", "name", "created_at", "updated_at"),
                             [(number, f"P{number}", 'Tea "\\N", \t<>', moment, moment) for number in ids])
            assert list(ids) == [start + 1, start + 2, start + 3]
    with db.transaction(workspace) as session:
        session.add(Product(code="after", name="after"))
        session.flush()
        assert session.scalar(select(func.count()).select_from(Product).where(Product.name == 'Tea "\\N", \t<>')) == 6
    with db.reading(workspace) as session:
        assert db.revisions_of(session, ("sales",)) != before
