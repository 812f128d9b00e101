"""Are connections to other databases kept for the next time, without anything that must stay secret?"""

import json
import sqlite3

import pandas as pd
import pytest
from sqlalchemy import select

from crm import db
from crm.errors import InvalidInput, NotFound
from crm.models import AuditEntry, Connection
from crm.services import connections

PASSWORD = "hunter_two_2f"


@pytest.fixture(autouse=True)
def secrets_file(tmp_path, monkeypatch):
    file = tmp_path / "secrets.toml"
    file.write_text(f'[connections.shop]\nurl = "postgresql://reader:{PASSWORD}@db.example/shop"\n', encoding="utf-8")
    monkeypatch.setenv("CRM_SECRETS", str(file))
    return file


def save(workspace, **changes) -> int:
    given = {"name": "Shop customers", "database": "shop", "table_name": "customers", "kind": "customers",
             "choices": {"mapping": {"Name": "customer_name"}}, "source": "shop"}
    with db.transaction(workspace) as session:
        return connections.save(session, **(given | changes))


def listed(workspace) -> pd.DataFrame:
    with db.reading(workspace) as session:
        return connections.listing(session)


def test_a_saved_connection_says_what_is_read_and_how(workspace):
    connection_id = save(workspace)
    with db.reading(workspace) as session:
        saved = connections.get(session, connection_id)
    assert (saved.name, saved.database, saved.table_name, saved.query) == ("Shop customers", "shop", "customers", None)
    assert saved.choices == {"mapping": {"Name": "customer_name"}} and saved.on_known == "overwrite"
    assert saved.synced_at is None
    rows = listed(workspace)
    assert rows["name"].tolist() == ["Shop customers"] and rows["synced_at"].isna().all()


def test_connections_are_listed_by_name(workspace):
    for name in ("till", "Bookings", "shop"):
        save(workspace, name=name)
    assert listed(workspace)["name"].tolist() == ["Bookings", "shop", "till"]


def test_a_sqlite_file_is_kept_with_its_whole_path(workspace, tmp_path, monkeypatch):
    sqlite3.connect(tmp_path / "other.db").close()
    (tmp_path / "other.db").touch()
    monkeypatch.chdir(tmp_path)
    save(workspace, database="other.db", table_name=None, query="select 1")
    row = listed(workspace).iloc[0]
    assert row["database"] == str((tmp_path / "other.db").resolve()) and row["query"] == "select 1"


@pytest.mark.parametrize(("changes", "field"), [
    ({"name": "  "}, "name"), ({"name": "x" * 101}, "name"), ({"database": "unknown"}, "database"),
    ({"database": ""}, "database"), ({"database": f"postgresql://u:{PASSWORD}@h/d"}, "database"),
    ({"database": f"host=h user=u password={PASSWORD}"}, "database"), ({"table_name": None}, "table_name"),
    ({"query": "select 1"}, "table_name"), ({"table_name": None, "query": "x" * 20_001}, "query"),
    ({"kind": " "}, "kind"), ({"source": " "}, "source"), ({"on_known": "erase"}, "on_known"),
    ({"choices": {"mapping": {1, 2}}}, "choices"),
])
def test_what_cannot_be_kept_is_refused(workspace, changes, field):
    with pytest.raises(InvalidInput) as told:
        save(workspace, **changes)
    assert told.value.field == field and PASSWORD not in str(told.value)
    assert listed(workspace).empty


def test_two_connections_have_two_names(workspace):
    save(workspace)
    with pytest.raises(InvalidInput, match="already"):
        save(workspace, name=" SHOP customers ")
    assert len(listed(workspace)) == 1


def test_no_secret_is_stored(workspace):
    connection_id = save(workspace, table_name=None, query=f"select * from remote('{PASSWORD}')",  # noqa: S608
                         choices={"constants": {"note": PASSWORD}})
    with db.transaction(workspace) as session:
        connections.mark_synced(session, connection_id)
        connections.delete(session, connection_id)
    with db.reading(workspace) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.entity == "connection")).all()
        assert [entry.action for entry in entries] == ["created", "synced", "deleted"]
        assert PASSWORD not in json.dumps([entry.changes for entry in entries])
        assert entries[0].changes["database"] == [None, "shop"]


def test_a_sync_is_noted(workspace):
    connection_id = save(workspace)
    with db.transaction(workspace) as session:
        connections.mark_synced(session, connection_id)
    assert listed(workspace)["synced_at"].notna().all()
    with db.reading(workspace) as session:
        assert connections.get(session, connection_id).synced_at is not None


def test_a_forgotten_connection_is_gone(workspace):
    connection_id = save(workspace)
    with db.transaction(workspace) as session:
        connections.delete(session, connection_id)
    with db.reading(workspace) as session:
        assert session.scalars(select(Connection)).all() == []
    for act in (connections.get, connections.delete, connections.mark_synced):
        with pytest.raises(NotFound), db.transaction(workspace) as session:
            act(session, connection_id)


def test_a_broken_secrets_file_is_told_when_a_connection_is_saved(workspace, secrets_file):
    secrets_file.write_text(f"[connections.shop]\nurl = {PASSWORD}\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="line 2") as told:
        save(workspace)
    assert PASSWORD not in str(told.value)
