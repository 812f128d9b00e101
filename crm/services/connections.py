"""Which tables of other databases are read again and again? Saved without any password: that stays in secrets.toml."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import config
from crm.errors import InvalidInput, NotFound
from crm.models import ON_KNOWN, Connection
from crm.models.base import now
from crm.services import audit

NAME_LIMIT = 100  # characters that fit a list on a phone
QUERY_LIMIT = 20_000


@dataclass(frozen=True)
class SavedConnection:
    """One saved connection: `table_name` or `query` says what is read; `choices` is the mapping and the like."""

    id: int
    name: str
    database: str
    table_name: str | None
    query: str | None
    kind: str
    choices: dict
    source: str
    on_known: str
    synced_at: datetime | None
    created_at: datetime


def addresses() -> dict[str, str]:
    """{name: URL with its password} of secrets.toml; never to be shown. Raises InvalidInput for a broken file."""
    try:
        return config.connections()
    except config.BrokenSecrets as error:
        raise InvalidInput(str(error), field="database") from None


def save(session: Session, *, name: str, database: str, table_name: str | None = None, query: str | None = None,
         kind: str, choices: dict, source: str, on_known: str = "overwrite") -> int:
    """Keep what is read, and how, for the next time; its id. Raises InvalidInput.

    `database` is a name of secrets.toml or a SQLite file's path (kept whole, so that it is found from everywhere).
    """
    name, source, kind = name.strip(), source.strip(), kind.strip()
    table_name, query = table_name or None, (query or "").strip() or None
    if not name:
        raise InvalidInput("Give the connection a name.", field="name")
    if len(name) > NAME_LIMIT:
        raise InvalidInput(f"The name is {len(name)} characters long; at most {NAME_LIMIT} are allowed.", field="name")
    if session.scalar(select(Connection.id).where(func.lower(Connection.name) == name.lower())) is not None:
        raise InvalidInput(f"There is a connection “{name}” already; choose another name.", field="name")
    if (table_name is None) == (query is None):
        raise InvalidInput("Choose a table or write a query, one of the two.", field="table_name")
    if query is not None and len(query) > QUERY_LIMIT:
        raise InvalidInput(f"The query is longer than {QUERY_LIMIT:,} characters; shorten it.", field="query")
    if not kind:
        raise InvalidInput("Say what the lines are, such as customers or orders.", field="kind")
    if not source:
        raise InvalidInput("Name the source of the records, such as the shop they come from.", field="source")
    if on_known not in ON_KNOWN:
        raise InvalidInput(f"“{on_known}” is not allowed here; choose one of {', '.join(ON_KNOWN)}.", field="on_known")
    connection = Connection(name=name, database=_database(database), table_name=table_name, query=query, kind=kind,
                            choices=_plain(choices), source=source, on_known=on_known)
    session.add(connection)
    session.flush()
    # Neither the query nor the choices: what people type there may be nobody else's business.
    audit.record(session, "connection", connection.id, "created",
                 {field: (None, getattr(connection, field)) for field in ("name", "database", "table_name", "kind",
                                                                          "source", "on_known")})
    return connection.id


def listing(session: Session) -> pd.DataFrame:
    """All connections by name: id, name, database, table_name or query, kind, source, on_known, synced_at (UTC, NaT
    where it was never synced)."""
    query = select(Connection.id, Connection.name, Connection.database, Connection.table_name, Connection.query,
                   Connection.kind, Connection.source, Connection.on_known, Connection.synced_at
                   ).order_by(func.lower(Connection.name))
    frame = pd.DataFrame(session.execute(query).all(), columns=[column.key for column in query.selected_columns])
    return frame.assign(synced_at=pd.to_datetime(frame["synced_at"], utc=True))


def get(session: Session, connection_id: int) -> SavedConnection:
    """One connection. Raises NotFound."""
    found = _existing(session, connection_id, locked=False)
    return SavedConnection(**{field: getattr(found, field) for field in SavedConnection.__annotations__})


def delete(session: Session, connection_id: int) -> None:
    """Forget a connection; what was brought in by it stays. Raises NotFound."""
    found = _existing(session, connection_id)
    audit.record(session, "connection", connection_id, "deleted", {"name": (found.name, None)})
    session.delete(found)


def mark_synced(session: Session, connection_id: int) -> None:
    """Note that it was read just now. Raises NotFound."""
    found = _existing(session, connection_id)
    before, found.synced_at = found.synced_at, now()
    audit.record(session, "connection", connection_id, "synced", {"synced_at": (before, found.synced_at)})


def _existing(session: Session, connection_id: int, *, locked: bool = True) -> Connection:
    found = session.get(Connection, connection_id, with_for_update=locked)
    if found is None:
        raise NotFound("This connection is not there any more; it may have been deleted in another window.")
    return found


def _database(database: str) -> str:
    database = database.strip()
    if "://" in database:
        raise InvalidInput("Give the database a name in .streamlit/secrets.toml and choose that name here; an address "
                           "may hold a password, which belongs into that file alone.", field="database")
    if database in addresses():
        return database
    file = Path(database).expanduser()
    if not database or not file.is_file():
        # Not repeated: what was typed may be an address after all.
        raise InvalidInput("This is neither the name of a connection in .streamlit/secrets.toml nor a SQLite file that "
                           "is there.", field="database")
    return str(file.resolve())


def _plain(choices: dict) -> dict:
    try:
        return json.loads(json.dumps(choices))
    except (TypeError, ValueError):
        raise InvalidInput("These choices cannot be kept; only texts, numbers and lists can.",
                           field="choices") from None
