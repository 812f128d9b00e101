"""How is the database read and written? Reading sees one moment; a transaction is kept whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from crm.db import revisions, upgrade
from crm.db.engine import engine
from crm.db.workspaces import Workspace


@contextmanager
def reading(workspace: Workspace) -> Iterator[Session]:
    """A session that sees one consistent moment of the database and writes nothing."""
    upgrade.make_ready(workspace)
    opened = engine(workspace)
    if opened.dialect.name != "sqlite":
        # PostgreSQL's default shows each statement another moment; SQLite's WAL reader sees one already.
        opened = opened.execution_options(isolation_level="REPEATABLE READ")
    with Session(opened, autoflush=False) as session:
        yield session
        session.rollback()


@contextmanager
def transaction(workspace: Workspace) -> Iterator[Session]:
    """One transaction: committed at the end with the revisions of what it changed, rolled back by any exception.

    On SQLite writers wait for each other from the first statement (BEGIN IMMEDIATE). On PostgreSQL they do not:
    every read-modify-write locks its row (`with_for_update`) or checks its version.
    """
    upgrade.make_ready(workspace)
    with Session(engine(workspace).execution_options(crm_writing=True)) as session:
        revisions.watch(session)
        yield session
        session.flush()
        revisions.raise_changed(session)
        session.commit()
