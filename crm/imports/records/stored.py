"""What does the database hold of what a file names? Rows read in chunks as columns of objects."""

from collections.abc import Iterable, Sequence

import pandas as pd
from sqlalchemy import ColumnElement, Table, func, select, text
from sqlalchemy.orm import Session

from crm.imports.matching import CHUNK

# In the sequence in which order lines lock, so that no two imports wait for each other.
_LOCKS = {
    "customers": "lock table customers in share row exclusive mode",
    "products": "lock table products in share row exclusive mode",
    "payments": "lock table customers, payments in share row exclusive mode",
    "deals": "lock table customers, products, deals in share row exclusive mode",
    "tickets": "lock table customers, tickets in share row exclusive mode",
    "interactions": "lock table customers, interactions in share row exclusive mode",
    "answers_long": "lock table customers, products, survey_answers in share row exclusive mode",
    "answers_wide": "lock table customers, survey_answers in share row exclusive mode",
    "campaign_results": "lock table customers, campaigns, campaign_members in share row exclusive mode",
}


def lock(session: Session, kind: str) -> None:
    """On PostgreSQL no two imports may match against the same moment and write both; SQLite's writer is alone anyway.

    A session that only reads (a preview) locks nothing.
    """
    bind = session.get_bind()
    if bind.dialect.name == "postgresql" and bind.get_execution_options().get("crm_writing"):
        session.execute(text(_LOCKS[kind]))


def rows(
    session: Session,
    table: Table,
    names: Sequence[str],
    *conditions: ColumnElement,
    by: str | None = None,
    wanted: Iterable = (),
) -> pd.DataFrame:
    """The rows that meet the conditions and, with `by` (one of `names`), hold one of `wanted` in that column."""
    query = select(*(table.c[name] for name in names)).where(*conditions)
    listed = list(wanted)
    found: list = []
    if by is None:
        found = session.connection().execute(query).fetchall()
    elif listed and _is_small(session, table, len(listed)):
        sought, place = set(listed), list(names).index(by)
        found = [row for row in session.connection().execute(query) if row[place] in sought]
    else:
        for start in range(0, len(listed), CHUNK):
            found += (
                session.connection().execute(query.where(table.c[by].in_(listed[start : start + CHUNK]))).fetchall()
            )
    columns = zip(*found, strict=True) if found else [()] * len(names)
    return pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in zip(names, columns, strict=True)})


def _is_small(session: Session, table: Table, wanted: int) -> bool:
    """Whether reading the whole table is quicker than asking for so many of its rows."""
    return wanted > CHUNK and "id" in table.c and (session.scalar(select(func.max(table.c.id))) or 0) < 2 * wanted
