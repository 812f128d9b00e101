"""How does everything come back? Checked against the manifest first, then table by table into an empty workspace."""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Table, delete, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from crm import db
from crm.db.bulk import insert_rows
from crm.db.revisions import note_change
from crm.errors import Cancelled, InvalidInput
from crm.models import AuditEntry, Base, ImportShape, Setting
from crm.services import audit
from crm.services.whole_workspace import cells, manifest
from crm.services.whole_workspace.manifest import BROKEN, TABLES, Manifest, Progress, TableFile

ROWS_A_STEP = 10_000
BYTES_A_STEP = 2**20
CHECKED = 0.1  # of the progress bar; the rest is writing
# A company has these before its first record; they give way to those of the zip.
GIVE_WAY = tuple(model.__table__ for model in (Setting, AuditEntry, ImportShape))


def read_back(session: Session, file: Path, *, progress: Progress | None = None,
              cancelled: Callable[[], bool] | None = None) -> dict[str, int]:
    """Fill an empty workspace with a zip that `write` made, in the caller's transaction; returns {table: rows}.

    Settings, audit entries and remembered shapes of files that are here give way to those of the zip. A zip of an
    older version is read as far as it goes, defaults fill the rest. Raises InvalidInput when there are records here
    already, or for a zip that is damaged, foreign, newer, or does not fit together; Cancelled when `cancelled()` says so.
    """
    step = _Step(progress, cancelled)
    db.one_at_a_time(session, "read a whole workspace back")
    _check_empty(session)
    try:
        archive = zipfile.ZipFile(file)
    except BROKEN:
        raise InvalidInput("This file is no zip, or it is damaged; use the zip as it was written, or another copy of it."
                           ) from None
    with archive:
        found = manifest.of(archive)
        _check_contents(archive, found, step)
        for table in GIVE_WAY:
            session.execute(delete(table))
        read = _read_all(session, archive, found, step)
    _set_sequences(session)
    for table in Base.metadata.tables.values():
        note_change(session, table)  # the currency and the time zone are other ones too: every answer is a new one
    session.expire_all()
    audit.record(session, "workspace", None, "read_back", {"records": (0, sum(read.values()))})
    return read


class _Step:
    """How far it is, and does the user still want it?"""

    def __init__(self, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        self.progress, self.cancelled = progress, cancelled

    def at(self, share: float, stage: str) -> None:
        """Tell how far it is. Raises Cancelled."""
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("Reading the zip back was stopped; nothing of it was kept.")
        if self.progress is not None:
            self.progress(share, stage)


def _check_empty(session: Session) -> None:
    here = {table.name: session.scalar(select(func.count()).select_from(table))
            for table in TABLES if table not in GIVE_WAY}
    if any(here.values()):
        named = ", ".join(f"{name}: {rows:,}" for name, rows in here.items() if rows)
        raise InvalidInput(f"There are records here already ({named}), and a whole workspace can only be read back into "
                           "an empty one. Stop the program and move data/crm.db away, or name an empty database in "
                           "CRM_DATABASE_URL; then read the zip back.")


def _check_contents(archive: zipfile.ZipFile, found: Manifest, step: _Step) -> None:
    """Every file has the size and the checksum of the manifest; not a byte more than promised is unpacked."""
    total, read = sum(file.bytes for file in found.files.values()), 0
    for name, file in found.files.items():
        digest, left = hashlib.sha256(), file.bytes
        try:
            with archive.open(name) as source:
                while piece := source.read(min(BYTES_A_STEP, left + 1)):
                    digest.update(piece)
                    left, read = left - len(piece), read + len(piece)
                    if left < 0:
                        break
                    step.at(CHECKED * read / max(total, 1), file.table)
        except BROKEN:
            raise manifest.damaged(name) from None
        if left != 0 or digest.hexdigest() != file.sha256:
            raise manifest.damaged(name)


def _read_all(session: Session, archive: zipfile.ZipFile, found: Manifest, step: _Step) -> dict[str, int]:
    total, read = sum(file.rows for file in found.files.values()), {}
    for table in TABLES:  # what is referred to comes before what refers to it
        name = manifest.file_name(table)
        if name not in found.files:
            continue
        file, before = found.files[name], sum(read.values())
        rows = _rows(session, archive, table, file,
                     lambda done, before=before, stage=table.name:
                     step.at(CHECKED + (1 - CHECKED) * (before + done) / max(total, 1), stage))
        try:
            insert_rows(session, table, list(file.columns), rows)
        except DBAPIError as error:
            reason = str(error.orig).splitlines()[0]
            raise InvalidInput(f"The records of {name} in this zip do not fit the others or this database ({reason}); "
                               "nothing was read back.") from None
        read[table.name] = file.rows
    return read


def _rows(session: Session, archive: zipfile.ZipFile, table: Table, file: TableFile,
          tell: Callable[[int], None]) -> Iterator[tuple]:
    """The records as the database keeps them. Raises InvalidInput with the number of the line that cannot be read."""
    name, columns, done = manifest.file_name(table), list(file.columns), 0
    readers = [cells.reader(table.c[column], session.get_bind().dialect) for column in columns]
    with archive.open(name) as source, io.TextIOWrapper(source, encoding="utf-8", newline="\n") as lines:
        try:
            found = cells.records(lines)
            if next(found, None) != columns:
                raise manifest.damaged(name)
            for record in found:
                yield tuple(read(cell) for read, cell in zip(readers, record, strict=True))
                done += 1
                if done % ROWS_A_STEP == 0:
                    tell(done)
        except (ValueError, OverflowError):
            raise InvalidInput(f"Record {done + 1:,} of {name} in this zip cannot be read; nothing was read back. "
                               "Use the zip as it was written.") from None
    if done != file.rows:
        raise manifest.damaged(name)


def _set_sequences(session: Session) -> None:
    """The next new record's id follows the largest; SQLite sees to it by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in TABLES:
        if "id" in table.c:
            largest = session.scalar(select(func.max(table.c.id)))
            if largest is not None:
                session.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), largest)))
