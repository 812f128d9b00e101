"""How is the database read and written? Reading sees one moment; a transaction is kept whole or not at all."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from crm.db import revisions, upgrade
from crm.db.engine import engine
from crm.db.workspaces import Workspace, demo, own
from crm.errors import Conflict, CrmError, InvalidInput

_begun: set[str] = set()  # URLs; a company that was begun stays begun as long as its file is there


@contextmanager
def reading(workspace: Workspace) -> Iterator[Session]:
    """A session that sees one consistent moment of the database and writes nothing.

    Raises CrmError when the database does not answer.
    """
    upgrade.make_ready(workspace)
    opened = engine(workspace)
    if opened.dialect.name != "sqlite":
        # PostgreSQL's default shows each statement another moment; SQLite's WAL reader sees one already.
        opened = opened.execution_options(isolation_level="REPEATABLE READ")
    with _told(), Session(opened, autoflush=False) as session:
        yield session
        session.rollback()


@contextmanager
def transaction(workspace: Workspace) -> Iterator[Session]:
    """One transaction: committed at the end with the revisions of what it changed, rolled back by any exception.

    On SQLite writers wait for each other from the first statement (BEGIN IMMEDIATE). On PostgreSQL they do not:
    every read-modify-write locks its row (`with_for_update`) or checks its version. Raises CrmError when the database
    does not answer, Conflict when what is written clashes with what another transaction wrote.
    """
    upgrade.make_ready(workspace)
    with _told(), Session(engine(workspace).execution_options(crm_writing=True)) as session:
        revisions.watch(session)
        yield session
        session.flush()
        revisions.raise_changed(session)
        session.commit()


def one_at_a_time(session: Session, what: str) -> None:
    """From here to its end, no other transaction passes the same point; SQLite's writers are one at a time anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(what))))


def is_begun(workspace: Workspace) -> bool:
    """Whether somebody's company is in it: it was given a name, or has a customer. A server's database always counts."""
    if not workspace.exists:
        return False
    if workspace.file is None or workspace.url in _begun:
        return True
    with reading(workspace) as session:
        found = session.scalar(text("select exists (select 1 from settings where name = 'company_name') "
                                    "or exists (select 1 from customers)"))
    if found:
        _begun.add(workspace.url)
    return bool(found)


def default() -> Workspace:
    """What a first visit opens: the owner's company once begun, else the demo."""
    return own() if is_begun(own()) else demo()


@contextmanager
def _told() -> Iterator[None]:
    """The database's own complaints as sentences, without statements or values."""
    try:
        yield
    except IntegrityError as error:
        logging.getLogger(__name__).warning("Refused by a constraint: %s", type(error.orig).__name__)
        raise Conflict("This clashes with something that was saved meanwhile, such as the same code or number. "
                       "Nothing was changed; look again and repeat it.") from error
    except DataError:
        raise InvalidInput("A value holds a character or a number that the database cannot keep. "
                           "Nothing was changed.") from None
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        if "disk is full" in reason or "No space left" in reason:
            raise CrmError("There is no room left on the disk, so nothing was changed. Free some space and try again.") from None
        raise CrmError(f"The database did not answer ({reason}). Nothing was changed; try again in a moment.") from None
