"""How were files with these columns brought in the last time? Known by the columns' names, never by their texts."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm.errors import InvalidInput
from crm.imports.kinds import CUSTOM, KINDS, LEFT_OUT, of
from crm.models import ON_KNOWN, ImportShape
from crm.models.base import now


@dataclass(frozen=True)
class Remembered:
    """What was chosen the last time. mapping: {their column as this file spells it: ours}; constants: {ours: text};
    file_format: the settings of a FileFormat that were chosen; on_known: one of models.ON_KNOWN; used_at: aware UTC."""

    kind: str
    mapping: dict[str, str]
    constants: dict[str, str]
    file_format: dict[str, str | bool]
    source: str
    on_known: str
    used_at: datetime


def fingerprint(columns: Sequence[str]) -> str:
    """The same for the same columns in any order, case and spacing; without a header, for the same number of columns.

    >>> fingerprint(["Order ID", "date"]) == fingerprint(["Date", "order  id"]) != fingerprint(["Date"])
    True
    """
    names = sorted(map(_folded, columns))
    return hashlib.sha256(json.dumps(names, ensure_ascii=False).encode()).hexdigest()


def remember(session: Session, columns: Sequence[str], *, kind: str, mapping: Mapping[str, str],
             constants: Mapping[str, str], file_format: Mapping[str, str | bool | None], source: str,
             on_known: str) -> None:
    """Keep the choices for the next file with these columns; later ones replace earlier ones. The caller commits.

    Raises InvalidInput for an unknown kind or on_known.
    """
    of(kind)
    if on_known not in ON_KNOWN:
        raise InvalidInput(f"“{on_known}” cannot be done with known records; choose one of {', '.join(ON_KNOWN)}.",
                           field="on_known")
    choices = {
        "mapping": {name: ours for name, ours in mapping.items() if name in columns},
        "constants": dict(constants),
        "format": {name: setting for name, setting in file_format.items() if setting is not None},
        "source": source,
        "on_known": on_known,
    }
    row = {"kind": kind, "choices": choices, "used_at": now()}
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(ImportShape.__table__).values(fingerprint=fingerprint(columns), **row)
    # Two windows may import files of one shape at once: the later one stays, and neither fails.
    session.execute(statement.on_conflict_do_update(index_elements=["fingerprint"], set_=row))


def remembered(session: Session, columns: Sequence[str]) -> Remembered | None:
    """The choices for files with these columns, None where there are none that can still be used."""
    table = ImportShape.__table__
    row = session.execute(select(table.c.kind, table.c.choices, table.c.used_at)
                          .where(table.c.fingerprint == fingerprint(columns))).one_or_none()
    if row is None or row.kind not in KINDS:
        return None
    fields = {*KINDS[row.kind].fields, CUSTOM, LEFT_OUT}
    spelt = {_folded(name): name for name in columns}
    choices = row.choices
    on_known = choices.get("on_known")
    return Remembered(
        row.kind,
        {spelt[_folded(name)]: ours for name, ours in choices.get("mapping", {}).items()
         if _folded(name) in spelt and ours in fields},
        {ours: text for ours, text in choices.get("constants", {}).items() if ours in fields},
        choices.get("format", {}),
        choices.get("source", ""),
        on_known if on_known in ON_KNOWN else ON_KNOWN[0],
        row.used_at,
    )


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
