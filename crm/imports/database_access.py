"""How is somebody else's database opened so that nothing in it can change, and no password ever shows?"""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from crm import config, db
from crm.errors import CrmError, InvalidInput, NotFound
from crm.imports.files import printable
from crm.imports.steps import Steps
from crm.services import connections

CONNECT_SECONDS = 10  # a database that is there answers within one
SILENT_SECONDS = 600  # a server that says nothing for longer is gone; a slow query sends its first rows sooner
LOOK_SECONDS = 0.3  # how soon a slow query hears that the user stopped it
LONGEST_REASON = 300  # characters of a database's own complaint that are shown
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "mysql": "mysql+pymysql",
            "mariadb": "mariadb+pymysql", "sqlite": "sqlite"}
_SQLITE_STARTS = b"SQLite format 3\x00"
_ZERO_DATE = re.compile(r"0000-00-00(?: 00:00:00(?:\.0+)?)?")  # how MySQL writes that there is no date
# What a driver raises when it cannot connect: its own errors, the network's, a wrong option, a missing package.
_CANNOT_CONNECT = (SQLAlchemyError, sqlite3.Error, OSError, ValueError, TypeError, RuntimeError, LookupError,
                   ImportError)


@contextmanager
def reading(database: str) -> Iterator[Connection]:
    """A connection on which nothing can be written, and which sees one moment of the database where that can be.

    `database` is a name of secrets.toml's connections or the path of a SQLite file. Raises NotFound and InvalidInput
    for what cannot be opened, without its address, user or password.
    """
    address = _address(database)
    engine = _engine(address)
    connection, complaint = None, ""
    try:
        connection = engine.connect()
        _begin_reading(connection)
    except _CANNOT_CONNECT as error:
        complaint = _unreachable(database, address, error)
    if complaint:
        # Outside the handler, so that the driver's own words do not hang on this error.
        if connection is not None:
            connection.invalidate()
        raise InvalidInput(complaint, field="database")
    try:
        yield connection
    finally:
        with suppress(SQLAlchemyError):  # a connection that was lost meanwhile has nothing left to close
            connection.close()


@contextmanager
def interruptible(connection: Connection, steps: Steps) -> Iterator[None]:
    """While the body waits for the database, a cancel is heard and stops the query. Raises Cancelled then."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            if steps.cancelled():
                interrupt(connection)
                return

    watcher = threading.Thread(target=watch, name="cancel of a query", daemon=True)
    if steps.cancelled is not None:
        watcher.start()
    try:
        yield
    except DBAPIError:
        steps.heed()
        raise
    finally:
        over.set()
        if watcher.is_alive():
            watcher.join()


def interrupt(connection: Connection) -> None:
    """Stop what the database is doing for this connection; it may be asked from another thread."""
    driver = connection.connection.driver_connection
    # A query that ended by itself meanwhile cannot be stopped any more, which is as well.
    with suppress(SQLAlchemyError, connection.dialect.loaded_dbapi.Error):
        if family(connection) == "sqlite":
            driver.interrupt()
        elif family(connection) == "postgresql":
            driver.cancel_safe(timeout=CONNECT_SECONDS)
        else:
            with connection.engine.connect() as other:
                other.execute(text("kill query :id"), {"id": driver.thread_id()})


def as_written(connection: Connection) -> None:
    """From here on, values come as the database writes them: exact, with what no Python date or number can hold.

    PostgreSQL only: SQLite gives what is stored, and MySQL's driver was told when it connected.
    """
    if family(connection) != "postgresql":
        return
    from psycopg import adapters
    from psycopg.types.string import TextLoader

    class Zoned(TextLoader):
        def load(self, data):
            # PostgreSQL writes +01 where everybody else writes +01:00.
            return re.sub(r"([+-]\d\d)(?= BC$|$)", r"\1:00", super().load(data))

    driver = connection.connection.driver_connection
    for type_ in adapters.types:
        if type_.name not in ("bool", "bytea"):
            driver.adapters.register_loader(type_.oid, Zoned if type_.name == "timestamptz" else TextLoader)


def family(connection: Connection) -> str:
    """"sqlite", "postgresql" or "mysql" (MariaDB is one of them)."""
    return "mysql" if connection.dialect.name == "mariadb" else connection.dialect.name


def refused(error: DBAPIError, *, database: str, what: str) -> CrmError:
    """What to say of what the database did not give; `what` begins the sentence ("The query cannot be run")."""
    if error.connection_invalidated:
        return CrmError(f"{what}: the connection to “{label(database)}” was lost; try again.")
    told = _told(error.orig)
    if _is_write(error.orig, told):
        return InvalidInput(f"{what}: it would write, and here databases are only read.", field="query")
    return InvalidInput(f"{what}: {_without_secrets(told, _address(database))}.", field="query")


def label(database: str) -> str:
    """The database's name as it is shown: of a file, without its folders."""
    return printable(database if database in connections.addresses() else Path(database).name)


def _address(database: str) -> URL | Path:
    known = connections.addresses()
    if database not in known:
        if "://" in database:
            raise InvalidInput("Give the database a name in .streamlit/secrets.toml and choose that name here; an "
                               "address may hold a password, which belongs into that file alone.", field="database")
        file, name = Path(database).expanduser(), printable(Path(database).name)
        if not file.is_file():
            raise NotFound(f"“{name}” is neither the name of a connection in .streamlit/secrets.toml nor a SQLite file "
                           "that is there.")
        return _checked_file(file, name)
    try:
        url = make_url(known[database])
    except (ArgumentError, ValueError):
        url = None
    if url is None:
        raise InvalidInput(f"The address of “{database}” in .streamlit/secrets.toml is not written like "
                           "postgresql://user:password@host/database.", field="database")
    if "@" in (url.host or ""):
        raise InvalidInput(f"The address of “{database}” in .streamlit/secrets.toml holds more than one @; write host, "
                           "database, username and password there on lines of their own.", field="database")
    dialect = url.drivername.partition("+")[0]
    if dialect not in _DRIVERS:
        raise InvalidInput(f"“{database}” is no PostgreSQL, MySQL, MariaDB or SQLite database; other kinds cannot be "
                           "read yet. Export its tables as CSV.", field="database")
    if dialect == "sqlite":
        file = config.ROOT / (url.database or "")
        if not file.is_file():
            raise NotFound(f"The SQLite file of “{database}” is not where .streamlit/secrets.toml says; correct its "
                           "path there.")
        return _checked_file(file, database)
    return url.set(drivername=_DRIVERS[dialect])


def _checked_file(file: Path, label: str) -> Path:
    for workspace in (db.own(), db.demo()):
        if workspace.file is not None and workspace.file.exists() and workspace.file.samefile(file):
            raise InvalidInput(f"“{label}” is the database of this program itself; choose another one.",
                               field="database")
    try:
        with file.open("rb") as stream:
            start = stream.read(len(_SQLITE_STARTS))
    except OSError:
        raise InvalidInput(f"“{label}” cannot be opened; check who may read the file.", field="database") from None
    if start != _SQLITE_STARTS:
        raise InvalidInput(f"“{label}” is no SQLite database, or one that is encrypted.", field="database")
    return file


def _engine(address: URL | Path) -> Engine:
    """A fresh engine that keeps no connection: what is open to somebody else's database is closed at once."""
    if isinstance(address, Path):
        return create_engine("sqlite://", creator=lambda: _open_file(address), poolclass=NullPool)
    if address.get_backend_name() == "postgresql":
        # Prepared statements do not pass through every pooler that stands before a PostgreSQL server.
        options = {"connect_timeout": CONNECT_SECONDS, "prepare_threshold": None}
    else:
        # The driver waits for a server's greeting as long as for the answer to a query; see _begin_reading.
        options = {"connect_timeout": CONNECT_SECONDS, "read_timeout": CONNECT_SECONDS, "conv": _mysql_values()}
    return create_engine(address, poolclass=NullPool, connect_args=options, hide_parameters=True)


def _open_file(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=CONNECT_SECONDS,
                                 check_same_thread=False)
    connection.isolation_level = None
    connection.text_factory = lambda content: content.decode(errors="replace")
    connection.execute("pragma query_only = on")
    # A file that a statement attached would be opened for writing.
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH
                              else sqlite3.SQLITE_OK)
    return connection


def _mysql_values() -> dict:
    """How MySQL's values are read: dates, times and decimals as written, a zero date as none, bits as a number."""
    from pymysql.constants import FIELD_TYPE
    from pymysql.converters import conversions

    dates = (FIELD_TYPE.DATE, FIELD_TYPE.NEWDATE, FIELD_TYPE.DATETIME, FIELD_TYPE.TIMESTAMP)
    written = (FIELD_TYPE.TIME, FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL)
    return {**conversions, **dict.fromkeys(dates, lambda content: None if _ZERO_DATE.fullmatch(content) else content),
            **dict.fromkeys(written, str), FIELD_TYPE.BIT: lambda content: int.from_bytes(content, "big")}


def _begin_reading(connection: Connection) -> None:
    if family(connection) == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        connection.execute(text("set local datestyle to iso"))
    elif family(connection) == "mysql":
        # Connected; from here on a slow query is no silent server. The driver offers no other way to say so.
        connection.connection.driver_connection._read_timeout = SILENT_SECONDS
        # For whatever follows on this connection, and for the transaction that holds the one moment.
        connection.execute(text("set session transaction read only"))
        connection.execute(text("start transaction with consistent snapshot, read only"))
    else:
        connection.execute(text("begin"))


def _unreachable(database: str, address: URL | Path, error: Exception) -> str:
    """Why a connection failed, told from the driver's words but not with them: they may repeat the password."""
    name = label(database)
    if isinstance(address, Path):
        return (f"“{name}” cannot be opened; another program may be writing it, or its folder may not be read. "
                "Try again, or take a copy of the file.")
    told = str(error).lower()
    number = next(iter(getattr(getattr(error, "orig", None), "args", ()) or (None,)), None)
    if number in (1044, 1045, 1698) or re.search("password|authentication|role .* does not exist|pg_hba", told):
        return (f"The database “{name}” refuses this user or password; correct them in .streamlit/secrets.toml, or "
                "allow the user to read it.")
    if number == 1049 or re.search("database .* does not exist", told):
        return f"The server of “{name}” has no database of that name; correct it in .streamlit/secrets.toml."
    return (f"The database “{name}” cannot be reached; check that its server runs and may be reached from here, and "
            "its address in .streamlit/secrets.toml.")


def _told(original: BaseException | None) -> str:
    """The first line of the server's own complaint, without the statement."""
    diagnosis = getattr(getattr(original, "diag", None), "message_primary", None)
    arguments = getattr(original, "args", ())
    said = diagnosis or (arguments[1] if len(arguments) > 1 else original)
    return (str(said).strip().splitlines() or ["no reason was given"])[0].rstrip(". ")


def _is_write(original: BaseException | None, told: str) -> bool:
    return (getattr(original, "sqlstate", None) == "25006" or getattr(original, "args", (None,))[:1] == (1792,)
            or "readonly database" in told or told == "not authorized")


def _without_secrets(told: str, address: URL | Path) -> str:
    """The complaint with … for the password, user and host of the address, in whatever coding."""
    secrets = (str(address.parent),) if isinstance(address, Path) else (address.password, address.username,
                                                                        address.host)
    for secret in filter(None, secrets):
        for written in sorted({str(secret), quote(str(secret), safe=""), quote_plus(str(secret))}, key=len)[::-1]:
            # As a whole word only: a user named “a” must not empty every word.
            told = re.sub(rf"(?<!\w){re.escape(written)}(?!\w)", "…", told)
    return printable(told[:LONGEST_REASON])
