"""Does the database fit this version of the program? A new file is created, an older one backed up and migrated."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from crm.db.engine import dispose, engine
from crm.db.workspaces import Workspace
from crm.errors import CrmError

MIGRATIONS = Path(__file__).parent / "migrations"
_ready: dict[str, int | None] = {}  # URL -> the file's inode when it was found ready; None for a server
_lock = threading.Lock()


def make_ready(workspace: Workspace) -> None:
    """Create or migrate a SQLite file; refuse any other database that does not fit, saying what to do.

    Raises CrmError when a server cannot be reached, is not migrated, or the database is newer than this program.
    """
    inode = _inode(workspace)
    if workspace.url in _ready and _ready[workspace.url] == inode:
        return
    with _lock:
        if workspace.url in _ready:
            dispose(workspace)  # the file was replaced: open connections still look at the old one
        if workspace.file is None:
            _check_server(workspace)
        else:
            migrate(workspace)
        _ready[workspace.url] = _inode(workspace)


def migrate(workspace: Workspace, *, to: str = "head") -> str | None:
    """Bring the database to revision `to`; an older SQLite file is backed up beside itself first. Returns its revision."""
    with _connect(workspace, writing=True) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and found not in known_revisions():
            raise CrmError(f"This database was written by a newer version of the program (revision {found}); "
                           "update the program before opening it.")
        if found is not None and found != head() and workspace.file is not None:
            _back_up(workspace.file, found)
        command.upgrade(alembic_config(connection), to)
        return MigrationContext.configure(connection).get_current_revision()


def alembic_config(connection: Connection | None = None, **attributes) -> Config:
    """Alembic's settings without a file; `attributes` reach migrations/env.py (tests pass the models' metadata)."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, **attributes)
    return config


def head() -> str:
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def known_revisions() -> list[str]:
    """All revisions, the oldest first."""
    return [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]


def _check_server(workspace: Workspace) -> None:
    with _connect(workspace, writing=False) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != head():
        raise CrmError("This database does not have the tables of this version yet; "
                       "run “python -m crm migrate” once and start again.")


@contextmanager
def _connect(workspace: Workspace, *, writing: bool) -> Iterator[Connection]:
    opened = engine(workspace).execution_options(crm_writing=writing)
    try:
        connection = opened.connect()
    except DatabaseError as error:
        told = str(error.orig).splitlines()[0]
        if workspace.file is None:
            raise CrmError(f"The database cannot be reached: {told}") from None
        raise CrmError(f"{workspace.file} is no database that can be opened ({told}); restore a backup of it, or move "
                       "it away to begin anew.") from None
    with connection, connection.begin():
        yield connection


def _inode(workspace: Workspace) -> int | None:
    file = workspace.file
    return file.stat().st_ino if file is not None and file.exists() else None


def _back_up(file: Path, revision: str) -> None:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    target = file.with_name(f"{file.name}.before-{revision}-{stamp}")
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
