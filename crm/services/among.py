"""How does a statement name a hundred thousand customers, or give so many? As one parameter, which the database unfolds
itself, and past the cost of an object for each."""

import json
from collections.abc import Iterable

import numpy as np
from sqlalchemy import ARRAY, BigInteger, Select, func, literal, select
from sqlalchemy.orm import Session


def listed(session: Session, ids: Iterable[int]) -> Select:
    """The ids as a subquery, for `column.in_(listed(session, ids))`; databases limit the length of a list, not of this."""
    plain = np.asarray(ids if isinstance(ids, np.ndarray) else list(ids), dtype="int64").tolist()
    if session.get_bind().dialect.name == "postgresql":
        return select(func.unnest(literal(plain, ARRAY(BigInteger))))
    return select(func.json_each(json.dumps(plain)).table_valued("value").c.value)


def read_ids(session: Session, query: Select) -> np.ndarray:
    """The query's one column of ids (int64)."""
    result = session.connection().execute(query)
    rows = result.cursor.fetchall()
    result.close()
    return np.fromiter((row[0] for row in rows), dtype="int64", count=len(rows))
