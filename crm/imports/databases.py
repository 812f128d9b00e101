"""What do other programs' databases hold? Their tables, and the lines of one table or query as an import's texts."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
from sqlalchemy import (
    Connection,
    CursorResult,
    Inspector,
    TableClause,
    func,
    inspect,
    literal_column,
    quoted_name,
    select,
    table,
    text,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from crm.errors import InvalidInput, NotFound
from crm.imports import database_access as access
from crm.imports import files, queries
from crm.imports.steps import Steps
from crm.imports.tables import MAX_COLUMNS, MAX_LINES, Table, table_of_columns
from crm.imports.values import text_of
from crm.services import connections

ROWS_A_LOOK = 1_000  # a cancel is heard within a tenth of a second
COUNTED_BELOW_BYTES = 256 * 2**20  # counting the lines of a larger SQLite file would keep people waiting
SHARED_TEXTS = 100_000  # a column of more different texts repeats few of them
SHORT_BYTES = 64  # binary keys are shorter, pictures and documents longer
_SYSTEM_SCHEMAS = {"information_schema", "mysql", "performance_schema", "sys", "pg_catalog"}
# What the servers believe their tables hold; it costs nothing, and is not exact.
_ESTIMATES = {
    "postgresql": text("select n.nspname, c.relname, cast(c.reltuples as bigint) from pg_catalog.pg_class c "
                       "join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.reltuples > 0"),
    "mysql": text("select table_schema, table_name, table_rows from information_schema.tables "
                  "where table_type = 'BASE TABLE'"),
}


def names() -> list[str]:
    """The connections that the owner wrote into .streamlit/secrets.toml. Raises InvalidInput for a broken file."""
    return list(connections.addresses())


def tables(database: str) -> pd.DataFrame:
    """One row a table or view: name, kind ("table" or "view"), rows (Int64; about, NA where that is not cheap to know).

    `database` is one of `names()` or the path of a SQLite file. A table outside the usual schema is named
    schema.table. Raises NotFound and InvalidInput for what cannot be opened.
    """
    with access.reading(database) as connection:
        try:
            found = _found(connection)
            rows = _rows(connection, found)
        except DBAPIError as error:
            raise access.refused(error, database=database, what="The tables cannot be listed") from None
    return pd.DataFrame({
        "name": pd.Series(list(found), dtype="str"),
        "kind": pd.Series([kind for _, _, kind in found.values()], dtype="str"),
        "rows": pd.array([rows.get((schema, name)) for schema, name, _ in found.values()], dtype="Int64"),
    })


def read(database: str, *, table_name: str | None = None, query: str | None = None, limit: int | None = None,
         steps: Steps | None = None) -> Table:
    """The lines of one table (a name of `tables`) or of the owner's own SELECT, as an import's Table.

    Values become the texts that the database itself would write: decimals exact, dates as 2026-11-22, nothing for
    NULL; bytes that are no text are shown as hexadecimal digits where they are few, else by their number. Raises
    NotFound and InvalidInput with what to correct, and Cancelled; nothing can be written on the way.
    """
    if (table_name is None) == (query is None):
        raise InvalidInput("Choose a table or write a query, one of the two.", field="table_name")
    steps = steps or Steps()
    name = f"{access.label(database)}: {files.printable(table_name) if table_name is not None else 'query'}"
    what = ("The query cannot be run" if table_name is None else
            f"The table “{files.printable(table_name)}” cannot be read")
    with access.reading(database) as connection:
        try:
            with access.interruptible(connection, steps):
                result = _ask(connection, table_name, query, limit)
                with _ending(connection, result):
                    names, columns = _columns(result, name=name, limit=limit, steps=steps)
        except DBAPIError as error:
            raise access.refused(error, database=database, what=what) from None
    return table_of_columns(names, columns, name=name)


def head(database: str, *, table_name: str | None = None, query: str | None = None, lines: int = 100) -> Table:
    """The first lines of `read`, without waiting for the others. Raises what `read` raises."""
    return read(database, table_name=table_name, query=query, limit=lines)


def _found(connection: Connection) -> dict[str, tuple[str | None, str, str]]:
    """{shown name: (schema, name, kind)}; the usual schema first, so that its names stay as they are."""
    inspector = inspect(connection)
    usual = inspector.default_schema_name
    if access.family(connection) == "sqlite" or (access.family(connection) == "mysql" and usual):
        schemas = [usual]  # one file, or the one database that the address names
    else:
        others = sorted(set(inspector.get_schema_names()) - _SYSTEM_SCHEMAS - {usual})
        schemas = [usual, *others] if usual else others
    found: dict[str, tuple[str | None, str, str]] = {}
    for schema in schemas:
        for name, kind in _tables_of(inspector, schema, access.family(connection)):
            found.setdefault(name if schema == usual else f"{schema}.{name}", (schema, name, kind))
    return found


def _tables_of(inspector: Inspector, schema: str | None, family: str) -> Iterator[tuple[str, str]]:
    for name in sorted(inspector.get_table_names(schema=schema)):
        yield name, "table"
    views = set(inspector.get_view_names(schema=schema))
    if family == "postgresql":
        views.update(inspector.get_materialized_view_names(schema=schema))
    for name in sorted(views):
        yield name, "view"


def _rows(connection: Connection, found: dict) -> dict[tuple[str | None, str], int]:
    """{(schema, name): rows} as far as it is cheap to know."""
    family = access.family(connection)
    if family != "sqlite":
        return {(schema, name): int(rows) for schema, name, rows in connection.execute(_ESTIMATES[family])
                if rows is not None}
    file = connection.exec_driver_sql("pragma database_list").one()[2]
    if Path(file).stat().st_size > COUNTED_BELOW_BYTES:
        return {}
    counted = {}
    for schema, name, kind in found.values():
        if kind == "table":
            try:
                counted[schema, name] = connection.scalar(select(func.count()).select_from(_table(name, schema)))
            except SQLAlchemyError:
                continue  # a virtual table of an extension that is not here
    return counted


def _ask(connection: Connection, table_name: str | None, query: str | None, limit: int | None) -> CursorResult:
    if query is not None:
        asked = queries.checked(query, dialect=access.family(connection))
        if limit is not None and access.family(connection) == "mysql":
            # The other two stop at once where no more is fetched; MySQL would go on sending.
            connection.execute(text("set session sql_select_limit = :most"), {"most": limit})
        access.as_written(connection)
        # Exactly as typed: a colon or a percent sign in it is nobody's parameter.
        result = connection.exec_driver_sql(asked, execution_options={"stream_results": True, "no_parameters": True})
    else:
        found = _found(connection)
        if table_name not in found:
            raise NotFound(f"There is no table “{files.printable(table_name)}” any more; choose one that is there.")
        schema, name, _ = found[table_name]
        access.as_written(connection)
        # All columns of the table as they are; their types would only add wrong conversions.
        statement = select(literal_column("*")).select_from(_table(name, schema)).limit(limit)
        result = connection.execute(statement, execution_options={"stream_results": True})
    if not result.returns_rows or not result.cursor.description:
        raise InvalidInput("The query gives no columns; name some after SELECT.", field="query")
    return result


@contextmanager
def _ending(connection: Connection, result: CursorResult) -> Iterator[None]:
    """Ends a result that may not have been read to its end, without waiting for the rest of it."""
    try:
        yield
    finally:
        if result.cursor is not None and access.family(connection) == "mysql":
            access.interrupt(connection)
            # MySQL's driver must be handed all that was sent before the query stopped; its end is the interruption.
            with suppress(DBAPIError):
                while result.fetchmany(ROWS_A_LOOK):
                    pass
        result.close()


def _table(name: str, schema: str | None) -> TableClause:
    """Quoted by SQLAlchemy, whatever signs the name holds."""
    return table(quoted_name(name, quote=True), schema=quoted_name(schema, quote=True) if schema else None)


def _columns(result: CursorResult, *, name: str, limit: int | None, steps: Steps) -> tuple[list[str], list[list]]:
    """The columns' names, and their texts column by column; a text that occurs often is kept once."""
    names = [str(column[0]) for column in result.cursor.description]
    if len(names) > MAX_COLUMNS:
        raise files.too_many_columns(name, columns=len(names), most=MAX_COLUMNS)
    columns: list[list[str | None]] = [[] for _ in names]
    known: list[dict] = [{} for _ in names]
    characters = lines = 0
    most = MAX_LINES + 1 if limit is None else limit
    while lines < most and (rows := result.fetchmany(min(ROWS_A_LOOK, most - lines))):
        steps.heed()
        lines += len(rows)
        if lines > MAX_LINES:
            raise InvalidInput(f"“{name}” holds more than {MAX_LINES:,} lines, the most that is read at once; "
                               "read a part of them with a query.")
        for column, texts, contents in zip(columns, known, zip(*rows, strict=True), strict=True):
            for content in contents:
                written = _text(content)
                shared = texts.get(written)
                if shared is None and written is not None:
                    characters += len(written)
                    if len(texts) < SHARED_TEXTS:
                        texts[written] = written
                column.append(shared or written)
        if characters > files.MAX_BYTES:
            raise InvalidInput(f"“{name}” holds more than {files.MAX_BYTES // 2**20} MB of different texts, the most "
                               "that is read at once; read a part of them with a query.")
    return names, columns


def _text(content: object) -> str | None:
    r"""One value as text; a list that needs no brackets has none.

    >>> [_text(value) for value in (True, 20.0, b"caf\xc3\xa9", b"\x00\xff", ["a", None, "b"], ["a, b"])]
    ['TRUE', '20', 'café', '00ff', 'a, b', '["a, b"]']
    """
    if content is None or isinstance(content, str):
        return content
    if isinstance(content, (bytes, bytearray, memoryview)):
        return _of_bytes(bytes(content))
    if isinstance(content, list) and not any(isinstance(part, list) or "," in str(part) for part in content):
        return ", ".join(text_of(part) for part in content if part is not None)
    return text_of(content)


def _of_bytes(content: bytes) -> str:
    """Text that was stored as bytes, else their digits, else how many they are: a key stays a key."""
    try:
        written = content.decode()
    except UnicodeDecodeError:
        written = None
    if written is not None and all(sign.isprintable() or sign in "\t\r\n" for sign in written):
        return written
    return content.hex() if len(content) <= SHORT_BYTES else f"({len(content):,} bytes)"
