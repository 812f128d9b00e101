"""Are other programs' databases read as they are, never written, and without a password ever showing?"""

import logging
import os
import secrets
import socket
import sqlite3
import threading
import time
import tracemalloc
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    create_engine,
    insert,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from crm import config, db
from crm.errors import Cancelled, CrmError, InvalidInput, NotFound
from crm.imports import database_access, databases, queries
from crm.imports.steps import Steps

PASSWORD = "hunter_two_2f"  # also a name that SQL allows, so that a server may repeat it
ORDERS = "Odd “orders\" `2026` 100%"
ENDLESS = {
    "sqlite": "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n",
    "postgresql": "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n",
    "mysql": "select a.d from digits a, digits b, digits c, digits d, digits e, digits f, digits g, digits h, "
             "digits i, digits j, digits k, digits l",
}
SILENT = {
    "sqlite": "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n",
    "postgresql": "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n",
    "mysql": "select sum(a.d * l.d) from digits a, digits b, digits c, digits d, digits e, digits f, digits g, "
             "digits h, digits i, digits j, digits k, digits l",
}


@dataclass(frozen=True)
class Shop:
    """Another program's database: `name` is how secrets.toml calls it, `writing` that program's own way in."""

    name: str
    family: str
    writing: Engine

    def run(self, *statements: str) -> None:
        with self.writing.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    def lines(self) -> int:
        with self.writing.connect() as connection:
            return connection.scalar(text("select count(*) from digits"))


def write_secrets(tmp_path: Path, monkeypatch, **urls: str) -> None:
    lines = [f'[connections.{name}]\nurl = "{url}"' for name, url in urls.items()]
    (tmp_path / "secrets.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("CRM_SECRETS", str(tmp_path / "secrets.toml"))


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def shop(request, tmp_path, monkeypatch):
    """A database with ten digits and one odd table, on each kind of database that is here."""
    yield from globals()[f"_{request.param}"](tmp_path, monkeypatch)


@pytest.fixture
def postgresql(tmp_path, monkeypatch):
    yield from _postgresql(tmp_path, monkeypatch)


@pytest.fixture
def mysql(tmp_path, monkeypatch):
    yield from _mysql(tmp_path, monkeypatch)


@pytest.fixture
def sqlite(tmp_path, monkeypatch):
    yield from _sqlite(tmp_path, monkeypatch)


def _sqlite(tmp_path, monkeypatch):
    address = f"sqlite:///{tmp_path / 'shop.db'}"
    yield from _filled(tmp_path, monkeypatch, "sqlite", address, address)


def _postgresql(tmp_path, monkeypatch):
    server = os.environ.get("CRM_TEST_POSTGRES")
    if not server:
        pytest.skip("There is no PostgreSQL here (CRM_TEST_POSTGRES names none).")
    name = f"crm_shop_{secrets.token_hex(4)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"create database {name}"))
    try:
        url = make_url(server).set(database=name)
        # A server that trusts this machine takes any password; whether one shows can be seen there as well.
        url = url if url.password else url.set(password=PASSWORD)
        yield from _filled(tmp_path, monkeypatch, "postgresql", url, written(url.set(drivername="postgresql")))
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"drop database {name} with (force)"))
        admin.dispose()


def _mysql(tmp_path, monkeypatch):
    server = os.environ.get("CRM_TEST_MYSQL")
    if not server:
        pytest.skip("There is no MySQL or MariaDB here (CRM_TEST_MYSQL names none).")
    name = f"crm_shop_{secrets.token_hex(4)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"create database {name} character set utf8mb4"))
        for host in ("%", "localhost"):
            connection.execute(text(f"create user '{name}'@'{host}' identified by '{PASSWORD}'"))
            # All rights: what keeps the shop safe must be how it is opened, not who opens it.
            connection.execute(text(f"grant all on {name}.* to '{name}'@'{host}'"))
    try:
        url = make_url(server).set(database=name, username=name, password=PASSWORD)
        yield from _filled(tmp_path, monkeypatch, "mysql", url, written(url.set(drivername="mysql")))
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"drop database {name}"))
            for host in ("%", "localhost"):
                connection.execute(text(f"drop user '{name}'@'{host}'"))
        admin.dispose()


def _filled(tmp_path, monkeypatch, family: str, address: str | URL, in_secrets: str):
    write_secrets(tmp_path, monkeypatch, shop=in_secrets)
    metadata = MetaData()
    digits = Table("digits", metadata, Column("d", Integer))
    orders = Table(ORDERS, metadata, Column("Order No", String(20)), Column("select", Text),
                   Column("amount", Numeric(12, 4)), Column("ordered_at", DateTime), Column("paid_on", Date),
                   Column("is_paid", Boolean), Column("picture", LargeBinary))
    engine = create_engine(address)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(digits), [{"d": digit} for digit in range(10)])
        connection.execute(insert(orders), [
            {"Order No": "007", "select": "Größe; ‘s’ 100 %", "amount": Decimal("1234.5"), "is_paid": True,
             "ordered_at": datetime(2026, 11, 22, 9, 15), "paid_on": date(2026, 11, 23), "picture": b"\x89PNG" * 100},
            {"Order No": "008", "select": None, "amount": None, "is_paid": None, "ordered_at": None, "paid_on": None,
             "picture": b"\x00\xff"}])
    shop = Shop("shop", family, engine)
    shop.run("create view few as select d from digits where d < 3")
    yield shop
    engine.dispose()


def written(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def column(table, name: str) -> list:
    """A column's texts as objects, None where nothing is."""
    texts = table.lines[name].astype(object)
    return texts.where(texts.notna() & (texts != ""), None).tolist()


# --- what the owner wrote -------------------------------------------------------------------------------------------


def test_connections_come_from_secrets_toml_whole_or_in_parts(tmp_path, monkeypatch):
    (tmp_path / "secrets.toml").write_text("""
        [connections.shop]
        url = "postgresql://reader:pass@db.example/shop"
        [connections.till]
        dialect = "mysql"
        host = "192.0.2.7"
        port = 3307
        database = "till"
        username = "reader"
        password = "p@ss/w:rd"
        query = { charset = "utf8mb4" }
        [connections.warehouse]
        type = "snowflake"
        account = "somebody else's"
        """, encoding="utf-8")
    monkeypatch.setenv("CRM_SECRETS", str(tmp_path / "secrets.toml"))
    assert databases.names() == ["shop", "till"]
    till = make_url(config.connections()["till"])
    assert (till.username, till.password, till.host, till.port, till.database) == (
        "reader", "p@ss/w:rd", "192.0.2.7", 3307, "till")
    assert till.query == {"charset": "utf8mb4"}


def test_without_secrets_toml_there_are_no_connections(tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_SECRETS", str(tmp_path / "none.toml"))
    assert databases.names() == []


def test_the_example_is_right_once_its_marks_are_taken_away(tmp_path, monkeypatch):
    example = (config.ROOT / ".streamlit" / "secrets.toml.example").read_text(encoding="utf-8")
    lines = [line.removeprefix("# ") for line in example.splitlines() if line.startswith(("# [", "# "))
             and ("=" in line or "[connections." in line) and "create user" not in line]
    (tmp_path / "secrets.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("CRM_SECRETS", str(tmp_path / "secrets.toml"))
    drivers = {name: make_url(url).get_backend_name() for name, url in config.connections().items()}
    assert drivers == {"webshop": "postgresql", "till": "mysql", "bookings": "sqlite", "newsletter": "mysql"}


@pytest.mark.parametrize("content", [
    f"[connections.shop]\nurl = {PASSWORD}",
    f'[connections.shop]\nurl = "postgresql://u:{PASSWORD}@h/d',
    f'[connections]\nshop = "postgresql://u:{PASSWORD}@h/d"',
    f'[connections.shop]\npassword = "{PASSWORD}"',
    f'connections = "{PASSWORD}"',
    b"\xff" + PASSWORD.encode(),
])
def test_a_broken_secrets_file_is_told_without_its_text(tmp_path, monkeypatch, content):
    (tmp_path / "secrets.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setenv("CRM_SECRETS", str(tmp_path / "secrets.toml"))
    with pytest.raises(InvalidInput, match="secrets.toml") as told:
        databases.names()
    assert PASSWORD not in everything_of(told.value)


# --- what a database holds ------------------------------------------------------------------------------------------


def test_tables_and_views_are_listed(shop):
    if shop.family != "sqlite":
        shop.run("analyze digits" if shop.family == "postgresql" else "analyze table digits")
    found = databases.tables(shop.name).set_index("name")
    assert found["kind"].to_dict() == {"digits": "table", ORDERS: "table", "few": "view"}
    assert found.loc["digits", "rows"] == 10
    assert found["rows"].isna()["few"]


def test_a_table_comes_over_as_its_database_writes_it(shop):
    table = databases.read(shop.name, table_name=ORDERS)
    assert list(table.lines.columns) == ["Order No", "select", "amount", "ordered_at", "paid_on", "is_paid", "picture"]
    assert column(table, "Order No") == ["007", "008"]
    assert column(table, "select") == ["Größe; ‘s’ 100 %", None]
    assert [amount and Decimal(amount) for amount in column(table, "amount")] == [Decimal("1234.5"), None]
    assert [day and day[:16] for day in column(table, "ordered_at")] == ["2026-11-22 09:15", None]
    assert column(table, "paid_on") == ["2026-11-23", None]
    assert column(table, "is_paid")[0] in ("1", "TRUE") and column(table, "is_paid")[1] is None
    assert column(table, "picture") == ["(400 bytes)", "00ff"]


def test_a_query_is_run_exactly_as_typed(shop):
    table = databases.read(shop.name, query="""-- of small digits; really
        select d as "few", '50 % :off; it''s' as note, '10:30' as "at" /* not ; here */ from digits where d % 9 = 0
        order by d ; """.replace('"', "`" if shop.family == "mysql" else '"'))
    assert column(table, "few") == ["0", "9"]
    assert column(table, "note") == ["50 % :off; it's"] * 2
    assert column(table, "at") == ["10:30"] * 2


def test_only_the_first_lines_are_read_for_a_preview(shop):
    assert databases.head(shop.name, table_name="digits", lines=3).lines_read == 3
    assert databases.head(shop.name, query=ENDLESS[shop.family], lines=1_500).lines_read == 1_500


NUMBERS = ("create table numbers (number integer, note varchar(100))",
           "insert into numbers select a.d + 10*b.d + 100*c.d + 1000*d.d + 10000*e.d + 100000*f.d, "
           "'a text that is written on every line of this table, some eighty characters long' "
           "from digits a, digits b, digits c, digits d, digits e, digits f where f.d < 2")


def test_a_table_of_200_000_lines_comes_in_whole(shop):
    shop.run(*NUMBERS)
    table = databases.read(shop.name, table_name="numbers")
    assert table.lines_read == 200_000
    assert table.lines["number"].astype("int64").sum() == sum(range(200_000))


def test_a_text_on_every_line_is_kept_once(sqlite):
    sqlite.run(*NUMBERS)
    tracemalloc.start()
    try:
        databases.read("shop", table_name="numbers")
        assert tracemalloc.get_traced_memory()[1] < 56 * 2**20  # 45 MB; 70 where each is kept
    finally:
        tracemalloc.stop()


def test_more_than_is_read_at_once_is_refused(shop, monkeypatch):
    with monkeypatch.context() as patch, pytest.raises(InvalidInput, match="more than 9 lines"):
        patch.setattr(databases, "MAX_LINES", 9)
        databases.read(shop.name, table_name="digits")
    with monkeypatch.context() as patch, pytest.raises(InvalidInput, match="at most 6 are read"):
        patch.setattr(databases, "MAX_COLUMNS", 6)
        databases.read(shop.name, table_name=ORDERS)
    with monkeypatch.context() as patch, pytest.raises(InvalidInput, match="0 MB of different texts"):
        patch.setattr(databases.files, "MAX_BYTES", 5)
        databases.read(shop.name, table_name="digits")


def test_a_cancel_is_heard_between_lines_and_while_nothing_comes(shop):
    for query in (ENDLESS[shop.family], SILENT[shop.family]):
        asked = threading.Event()
        threading.Timer(0.5, asked.set).start()
        with pytest.raises(Cancelled):
            databases.read(shop.name, query=query, steps=Steps(cancelled=asked.is_set))


# --- nothing is written ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", [
    "insert into digits values (10)", "update digits set d = 1", "delete from digits", "drop table digits",
    "create table mine (d integer)", "alter table digits add column e integer",
])
def test_a_write_through_the_same_connection_fails(shop, statement):
    with database_access.reading(shop.name) as connection, pytest.raises(DBAPIError):
        connection.exec_driver_sql(statement)
    assert shop.lines() == 10
    assert sorted(databases.tables(shop.name)["name"]) == sorted(["digits", ORDERS, "few"])


@pytest.mark.parametrize("query", [
    "delete from digits", "select 1; delete from digits", "select 1; commit; delete from digits",
    "with gone as (delete from digits returning d) select * from gone", "with few as (select 1) delete from digits",
    "select 1 /*! ; delete from digits */; delete from digits",
])
def test_a_query_that_writes_fails_even_where_its_text_is_not_looked_at(shop, monkeypatch, query):
    with pytest.raises(InvalidInput):
        databases.read(shop.name, query=query)
    monkeypatch.setattr(queries, "checked", lambda asked, **_: asked)
    with pytest.raises(CrmError):
        databases.read(shop.name, query=query)
    assert shop.lines() == 10


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql"])
@pytest.mark.parametrize("query", [
    "", " ; ", "drop table digits", "insert into digits values (1)", "pragma journal_mode = delete", "vacuum",
    "call clean()", "set global x = 1", "copy digits to '/tmp/digits'", "explain analyze delete from digits",
    "select 1; select 2", "select 1; drop table digits; --", "select d into mine from digits",
    "select d from digits into outfile '/tmp/digits'", "SELECT * FROM digits FOR UPDATE",
    "select * from digits for  share", "select * from digits lock in share mode",
    "with x as (select 1) update t set d=1",
    "with x as (insert into digits values (1) returning d) select * from x", "(select 1); drop table digits",
    "select 'open", "select 1 /* open", "select 1\x00",
])
def test_anything_but_one_question_is_refused(query, dialect):
    with pytest.raises(InvalidInput) as told:
        queries.checked(query, dialect=dialect)
    assert told.value.field == "query"


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql", "mysql"])
@pytest.mark.parametrize("query", [
    "select 1", "SELECT * FROM t;", "with x as (select 1) select * from x", "(select 1) union (select 2)",
    "select 'delete; drop' as \"into\" from t", "select replace(name, 'a', 'b'), insert(name, 1, 1, 'c') from t",
    "select t.delete, updated from t -- ; drop table t\n where deleted is null", "select updated_for_update from t",
    "/* ; */ select 'it''s' from `for update`",
])
def test_one_question_passes(query, dialect):
    assert queries.checked(query, dialect=dialect) == query.rstrip(";")


def test_a_quote_that_two_settings_read_differently_hides_no_second_statement():
    hidden = r"select 'a\'; drop table t; --'"
    for dialect in ("sqlite", "postgresql"):
        with pytest.raises(InvalidInput, match="one query at a time"):
            queries.checked(hidden, dialect=dialect)
    with pytest.raises(InvalidInput, match="one query at a time"):
        queries.checked("select $$'$$; drop table t; --'", dialect="postgresql")
    assert queries.checked("select $a$ ; ' $a$", dialect="postgresql")


def test_reading_leaves_a_sqlite_file_as_it_was(sqlite, tmp_path):
    before, beside = (tmp_path / "shop.db").read_bytes(), sorted(path.name for path in tmp_path.iterdir())
    databases.tables("shop")
    databases.read("shop", table_name="digits")
    assert (tmp_path / "shop.db").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == beside


def test_no_other_file_can_be_attached(sqlite, tmp_path):
    with database_access.reading("shop") as connection, pytest.raises(DBAPIError):
        connection.exec_driver_sql(f"attach '{tmp_path / 'new.db'}' as other")
    assert not (tmp_path / "new.db").exists()


# --- what goes wrong ------------------------------------------------------------------------------------------------


def everything_of(error: BaseException) -> str:
    """All that an error could show: its text, and that of what it came from."""
    texts, seen = [], error
    while seen is not None:
        texts.append(f"{seen} {seen!r}")
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return " ".join(texts)


def complaint(function, *args, **parameters) -> str:
    with pytest.raises(CrmError) as told:
        function(*args, **parameters)
    return everything_of(told.value)


def test_no_password_is_shown_or_logged(tmp_path, monkeypatch, caplog):
    for name in ("", "sqlalchemy", "psycopg"):
        caplog.set_level(logging.DEBUG, logger=name)
    addresses = [f"{dialect}://some_user:{PASSWORD}@{rest}" for dialect in ("postgresql", "mysql", "oracle", "nonsense")
                 for rest in ("127.0.0.1:1/d", "no.host.invalid/d", "127.0.0.1:port/d", "127.0.0.1:1/d?nonsense=1",
                              f"x@{PASSWORD}@127.0.0.1:1/d")]
    addresses += [PASSWORD, f"sqlite:////nowhere/{PASSWORD}.db"]
    for address in addresses:
        write_secrets(tmp_path, monkeypatch, shop=address)
        for told in (complaint(databases.tables, "shop"), complaint(databases.head, "shop", table_name="t")):
            assert "“shop”" in told
            assert PASSWORD not in told and "some_user" not in told
    assert PASSWORD not in caplog.text


def test_a_wrong_password_or_database_is_told_as_such(shop, tmp_path, monkeypatch, caplog):
    if shop.family == "sqlite":
        pytest.skip("A SQLite file has no password.")
    caplog.set_level(logging.DEBUG)
    server = make_url(os.environ["CRM_TEST_POSTGRES" if shop.family == "postgresql" else "CRM_TEST_MYSQL"])
    # No such user: a server that trusts this machine would take any password.
    write_secrets(tmp_path, monkeypatch, shop=written(server.set(username="nobody_here", password=PASSWORD)),
                  gone=written(server.set(database="no_such_database")))
    told = complaint(databases.tables, "shop")
    assert "refuses this user or password" in told and PASSWORD not in told and "nobody_here" not in told
    assert "has no database of that name" in complaint(databases.tables, "gone")
    assert PASSWORD not in caplog.text


def test_a_database_that_repeats_the_password_is_not_passed_on(shop, caplog):
    if shop.family == "sqlite":
        pytest.skip("A SQLite file has no password.")
    caplog.set_level(logging.DEBUG)
    password = make_url(config.connections()["shop"]).password
    told = complaint(databases.read, shop.name, query=f"select {password} from digits")  # noqa: S608
    assert "cannot be run" in told and password not in told
    assert password not in caplog.text


def test_bad_sql_and_unknown_tables_are_told_in_a_sentence(shop):
    assert "no_such_column" in complaint(databases.read, shop.name, query="select no_such_column from digits")
    assert "The query cannot be run: " in complaint(databases.read, shop.name, query="select from where")
    assert "no table “gone”" in complaint(databases.read, shop.name, table_name="gone")
    assert "no table “digits; drop table digits”" in complaint(databases.read, shop.name,
                                                                 table_name="digits; drop table digits")
    assert "one of the two" in complaint(databases.read, shop.name)
    assert "one of the two" in complaint(databases.read, shop.name, table_name="digits", query="select 1")


def test_an_address_is_no_name_of_a_database(tmp_path, monkeypatch):
    write_secrets(tmp_path, monkeypatch)
    told = complaint(databases.tables, f"postgresql://user:{PASSWORD}@host/database")
    assert "secrets.toml" in told and PASSWORD not in told


def test_a_server_that_never_answers_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(database_access, "CONNECT_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        write_secrets(tmp_path, monkeypatch, pg=f"postgresql://u@127.0.0.1:{port}/d",
                      my=f"mysql://u@127.0.0.1:{port}/d")
        for name in ("pg", "my"):
            assert "cannot be reached" in complaint(databases.tables, name)


def test_a_slow_answer_is_waited_for(mysql, monkeypatch):
    monkeypatch.setattr(database_access, "CONNECT_SECONDS", 1)
    assert databases.read("shop", query="select 1 as one, sleep(1.5)").lines_read == 1


def test_no_connection_is_left_behind(shop):
    before = threading.active_count()
    databases.head(shop.name, query=ENDLESS[shop.family], lines=5)
    databases.tables(shop.name)
    with pytest.raises(CrmError):
        databases.read(shop.name, query="select nothing_there")
    assert threading.active_count() == before
    ours = {"postgresql": "select count(*) from pg_stat_activity where datname = current_database() "
                          "and pid <> pg_backend_pid() and state <> 'idle'",
            "mysql": "select count(*) from information_schema.processlist where db = database() "
                     "and id <> connection_id() and command <> 'Sleep'"}.get(shop.family)
    if ours is not None:
        with shop.writing.connect() as connection:
            ends = time.monotonic() + 30
            while connection.exec_driver_sql(ours).scalar() and time.monotonic() < ends:
                connection.rollback()
                time.sleep(0.1)
            assert connection.exec_driver_sql(ours).scalar() == 0


# --- SQLite files ---------------------------------------------------------------------------------------------------


def test_a_sqlite_file_is_read_by_its_path_whatever_its_name(tmp_path, monkeypatch):
    write_secrets(tmp_path, monkeypatch)
    file = tmp_path / "what? 100% #1.db"
    with sqlite3.connect(file) as connection:
        connection.execute("create table things (a, b)")
        connection.execute("insert into things values (?, ?), (?, cast(x'61ff62' as text))", (2.50, "é", 3.0))
    connection.close()
    table = databases.read(str(file), table_name="things")
    assert column(table, "a") == ["2.5", "3"]
    assert column(table, "b") == ["é", "a\ufffdb"]


def test_what_is_no_foreign_sqlite_database_is_refused(tmp_path, monkeypatch):
    own = db.own()
    db.make_ready(own)
    text_file, empty = tmp_path / "list.csv", tmp_path / "empty.db"
    text_file.write_text("a,b\n1,2\n", encoding="utf-8")
    empty.touch()
    (tmp_path / "link.db").symlink_to(own.file)
    write_secrets(tmp_path, monkeypatch, ours=f"sqlite:///{own.file}", gone="sqlite:////nowhere/shop.db",
                  memory="sqlite://")
    for database in (str(own.file), str(tmp_path / "link.db"), "ours"):
        assert "database of this program itself" in complaint(databases.tables, database)
    for database in (str(text_file), str(empty)):
        assert "is no SQLite database" in complaint(databases.tables, database)
    for database in ("gone", "memory", "/nowhere/shop.db", str(tmp_path), ""):
        with pytest.raises(NotFound):
            databases.tables(database)


def test_a_sqlite_file_that_is_being_written_can_be_read(sqlite, tmp_path):
    writer = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    writer.execute("pragma journal_mode = wal")
    writer.execute("begin immediate")
    writer.execute("insert into digits values (10)")
    assert databases.read("shop", table_name="digits").lines_read == 10
    writer.execute("commit")
    assert databases.read("shop", table_name="digits").lines_read == 11
    writer.close()


# --- what only servers have -----------------------------------------------------------------------------------------


def test_what_only_postgresql_has_comes_over_as_it_writes_it(postgresql):
    table = databases.read("shop", query="""
        select 12345678901234.5678::numeric as exact, 'NaN'::numeric as none, 'infinity'::date as always,
               '2026-11-22 09:15+00'::timestamptz at time zone 'UTC' as clock, '{"a": 1.10}'::json as json,
               array['red', 'blue', null] as tags, array[1.50, 2] as sizes, array['a, b', 'c'] as names,
               true as yes,
               'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as id, '12:30'::time as at, int4range(1, 3) as span,
               '2026-11-22 09:15:00+02'::timestamptz as zoned, interval '1 day 2 hours' as lasts, null as nothing""")
    first = {name: column(table, name)[0] for name in table.lines.columns}
    assert first.pop("zoned")[-6:-5] in "+-"  # +00:00, not +00
    assert first == {
        "exact": "12345678901234.5678", "none": "NaN", "always": "infinity", "clock": "2026-11-22 09:15:00",
        "json": '{"a": 1.10}', "tags": "red, blue", "sizes": "1.50, 2", "names": '["a, b", "c"]', "yes": "TRUE",
        "id": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "at": "12:30:00", "span": "[1,3)", "lasts": "1 day 02:00:00",
        "nothing": None}


def test_tables_of_other_schemas_are_found(postgresql):
    postgresql.run("create schema \"Old shop\"", "create table \"Old shop\".digits (d integer)",
                   "insert into \"Old shop\".digits values (77)",
                   "create materialized view kept as select count(*) from digits")
    found = databases.tables("shop").set_index("name")["kind"].to_dict()
    assert found["Old shop.digits"] == "table" and found["kept"] == "view"
    assert column(databases.read("shop", table_name="Old shop.digits"), "d") == ["77"]
    assert databases.read("shop", table_name="digits").lines_read == 10


def test_what_only_mysql_has_comes_over_as_it_writes_it(mysql):
    mysql.run("set session sql_mode = ''",
              "create table odd (exact decimal(30, 4), none date, no_moment datetime, half date, bits bit(9), "
              "yes bool, lasts time, colours set('red', 'blue'), size enum('s', 'm'), code binary(4), note varbinary(20), "
              "json json, made timestamp(3) null, year_ year)",
              "insert into odd values (12345678901234.5678, '0000-00-00', '0000-00-00 00:00:00', '2026-00-00', "
              "b'100000001', true, '-26:10:11', 'red,blue', 'm', x'00112233', 'für', '{\"a\": 1.10}', "
              "'2026-11-22 09:15:00.125', 2026)")
    table = databases.read("shop", table_name="odd")
    assert {name: column(table, name)[0] for name in table.lines.columns} == {
        "exact": "12345678901234.5678", "none": None, "no_moment": None, "half": "2026-00-00", "bits": "257",
        "yes": "1", "lasts": "-26:10:11", "colours": "red,blue", "size": "m", "code": "00112233", "note": "für",
        "json": '{"a": 1.10}', "made": "2026-11-22 09:15:00.125", "year_": "2026"}


def test_without_a_database_in_its_address_all_of_a_mysql_server_is_listed(mysql, tmp_path, monkeypatch):
    url = make_url(config.connections()["shop"])
    write_secrets(tmp_path, monkeypatch, shop=written(url._replace(database=None)))
    found = databases.tables("shop")["name"].tolist()
    assert f"{url.database}.digits" in found and not any(name.startswith("information_schema.") for name in found)
    assert databases.read("shop", table_name=f"{url.database}.digits").lines_read == 10
