"""What all tests share: databases of their own, on SQLite and, where there is one, PostgreSQL; the real data sets."""

import os
import secrets
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from crm import db

ROOT = Path(__file__).resolve().parent.parent
DATASETS = ROOT.parent / "shared" / "datasets"


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory):
    """No test touches the owner's data: every process of the tests has a data folder of its own."""
    folder = tmp_path_factory.mktemp("data")
    os.environ["CRM_DATA_DIR"] = str(folder)
    os.environ["CRM_SECRETS"] = str(folder / "secrets.toml")
    os.environ.pop("CRM_DATABASE_URL", None)
    return folder


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The real data sets beside the project."""
    if not DATASETS.is_dir():
        pytest.skip("The real data sets are not beside this project.")
    return DATASETS


@pytest.fixture(params=["sqlite", "postgresql"])
def workspace(request, tmp_path):
    """A fresh, migrated database: a SQLite file, and a database of a PostgreSQL server where there is one."""
    if request.param == "sqlite":
        opened = db.Workspace("own", f"sqlite:///{tmp_path / 'crm.db'}")
        db.make_ready(opened)
        yield opened
        db.dispose(opened)
        return
    with postgres_database() as opened:
        db.migrate(opened)
        yield opened
        db.dispose(opened)


class postgres_database:
    """A database of its own on the server that CRM_TEST_POSTGRES names, dropped at the end."""

    def __enter__(self) -> db.Workspace:
        server = os.environ.get("CRM_TEST_POSTGRES")
        if not server:
            pytest.skip("There is no PostgreSQL here (CRM_TEST_POSTGRES names none).")
        self.name = f"crm_{secrets.token_hex(6)}"
        self.server = create_engine(server, isolation_level="AUTOCOMMIT")
        with self.server.connect() as connection:
            connection.execute(text(f"create database {self.name}"))
        url = make_url(server).set(database=self.name)
        return db.Workspace("own", url.render_as_string(hide_password=False))

    def __exit__(self, *_error) -> None:
        with self.server.connect() as connection:
            connection.execute(text(f"drop database {self.name} with (force)"))
        self.server.dispose()
