"""How is a database opened so that nothing is lost? One engine a workspace, safe settings, two ways to begin."""

import threading

from sqlalchemy import Engine, create_engine, event

from crm.db.workspaces import Workspace
from crm.errors import InvalidInput

BUSY_SECONDS = 30  # a large import's last write takes a few seconds; a click should wait rather than fail
_engines: dict[str, Engine] = {}
_lock = threading.Lock()


def engine(workspace: Workspace) -> Engine:
    """The one engine of this workspace in this process. Raises InvalidInput for a URL that names no known database."""
    with _lock:
        if workspace.url not in _engines:
            _engines[workspace.url] = _create(workspace)
        return _engines[workspace.url]


def dispose(workspace: Workspace) -> None:
    """Close all connections, so that the file can be replaced; the next use opens it anew."""
    with _lock:
        known = _engines.pop(workspace.url, None)
    if known is not None:
        known.dispose()


def _create(workspace: Workspace) -> Engine:
    url = workspace.address
    try:
        backend = url.get_backend_name()
        if backend == "postgresql" and url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        if backend != "sqlite":
            return create_engine(url, pool_pre_ping=True)
        if workspace.file is not None:
            workspace.file.parent.mkdir(parents=True, exist_ok=True)
        created = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
    except Exception as error:  # SQLAlchemy raises its own, ImportError or ValueError, by what is wrong with the URL
        raise InvalidInput(f"CRM_DATABASE_URL names no database that can be opened ({type(error).__name__}); "
                           "write it like postgresql://user@localhost/crm.") from None
    event.listen(created, "connect", _configure_sqlite)
    event.listen(created, "begin", _begin_sqlite)
    return created


def _configure_sqlite(connection, _record) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late for a read-modify-write
    for pragma in ("journal_mode=wal", "foreign_keys=on", f"busy_timeout={BUSY_SECONDS * 1000}",
                   "synchronous=full",   # a confirmed save survives a power cut
                   "cache_size=-65536"):  # 64 MB: the indexes of a million lines stay in memory during an import
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(connection) -> None:
    writing = connection.get_execution_options().get("crm_writing", False)
    # A writer locks at once: two that both read first and wrote later would lose one update.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
