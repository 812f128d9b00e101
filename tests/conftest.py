"""What all tests share: databases of their own, on SQLite and, where there is one, PostgreSQL; the real data sets."""

import os
import secrets
import shutil
from pathlib import Path

# The tests run on every core already: threads of numpy and scikit-learn beside them would only wait for each other.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import pytest  # noqa: E402
from sqlalchemy import create_engine, delete, insert, select, text  # noqa: E402
from sqlalchemy.engine import make_url  # noqa: E402

from crm import db  # noqa: E402
from crm.models import Base  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
DATASETS = ROOT.parent / "shared" / "datasets"


@pytest.fixture(scope="session", autouse=True)
def data_folder(tmp_path_factory):
    """No test touches the owner's data: every process of the tests has a data folder of its own."""
    folder = tmp_path_factory.mktemp("data")
    os.environ["CRM_DATA_DIR"] = str(folder)
    os.environ["CRM_SECRETS"] = str(folder / "secrets.toml")
    os.environ.pop("CRM_DATABASE_URL", None)
    os.environ.pop("CRM_PUBLIC_URL", None)
    return folder


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The real data sets beside the project."""
    if not DATASETS.is_dir():
        pytest.skip("The real data sets are not beside this project.")
    return DATASETS


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory) -> Path:
    """A migrated SQLite file that nobody writes to: a test's own is a copy of it, ten times as quick as a migration."""
    file = tmp_path_factory.mktemp("empty") / "crm.db"
    opened = db.Workspace("empty", f"sqlite:///{file}")
    db.make_ready(opened)
    db.dispose(opened)
    return file


@pytest.fixture(scope="session")
def emptied_database():
    """A migrated PostgreSQL database for one test after the other, and what makes it empty again: to copy one for each test
    took longer than most of them."""
    with postgres_database() as opened:
        db.migrate(opened)
        db.dispose(opened)
        server = create_engine(opened.url, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            at_first = {table: [dict(row) for row in connection.execute(select(table)).mappings()] for table in Base.metadata.sorted_tables}
            shape = connection.execute(SHAPE).all()

        def empty() -> db.Workspace:
            with server.begin() as connection:
                connection.execute(text("select pg_terminate_backend(pid) from pg_stat_activity "
                                        "where datname = current_database() and pid <> pg_backend_pid()"))
                assert connection.execute(SHAPE).all() == shape, "A test changed the tables themselves; it needs a database of its own."
                connection.execute(text("set session_replication_role = replica"))  # the sequence of tables does not matter
                for table, rows in at_first.items():
                    connection.execute(delete(table))
                    if rows:
                        connection.execute(insert(table), rows)
                connection.execute(text("select setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) from pg_sequences"))
                connection.execute(text("set session_replication_role = origin"))
            return opened

        yield empty
        server.dispose()


def pytest_collection_modifyitems(config, items):
    """On PostgreSQL the first case of each test runs: the others send the same statements with other values.

    Where every case is another statement, the mark `every_database` says so.
    """
    seen, kept, left_out = set(), [], []
    for item in items:
        case = getattr(item, "callspec", None)
        if case is not None and case.params.get("workspace") == "postgresql" and not item.get_closest_marker("every_database"):
            test = item.nodeid.split("[")[0]
            if test in seen:
                left_out.append(item)
                continue
            seen.add(test)
        kept.append(item)
    if left_out:
        items[:] = kept
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(params=["sqlite", "postgresql"])
def workspace(request, tmp_path):
    """A fresh, migrated database: a SQLite file, and a database of a PostgreSQL server where there is one."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("empty_file"), tmp_path / "crm.db")
        opened = db.Workspace("own", f"sqlite:///{tmp_path / 'crm.db'}")
        yield opened
        db.dispose(opened)
        return
    opened = request.getfixturevalue("emptied_database")()
    yield opened
    db.dispose(opened)


SHAPE = text("select table_name, column_name, data_type from information_schema.columns where table_schema = 'public' order by 1, 2")


class postgres_database:
    """A database of its own on the server that CRM_TEST_POSTGRES names, empty, dropped at the end."""

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
