"""How is everything written? Table by table, from one moment of the database, straight into the zip."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from crm import db
from crm.errors import Cancelled
from crm.services import settings
from crm.services.whole_workspace import cells, readme
from crm.services.whole_workspace.manifest import MANIFEST, README, TABLES, Manifest, Progress, TableFile, file_name

ROWS_A_PIECE = 5_000


def write(session: Session, file: Path, *, progress: Progress | None = None,
          cancelled: Callable[[], bool] | None = None) -> dict[str, int]:
    """Write everything that the owner has into one zip; returns {table: rows}.

    One CSV a table, with all columns and ids, deleted records too; `manifest.json` says how many rows and which
    checksum each has, `README.txt` in plain words how they are read. `progress` gets a share 0..1 and a table's name.
    The file appears when it is complete. Raises Cancelled when `cancelled()` says so.
    """
    company = settings.company(session)
    counted = {table: session.scalar(select(func.count()).select_from(table)) for table in TABLES}
    step = _Step(sum(counted.values()), progress, cancelled)
    made_at = datetime.now(UTC).replace(microsecond=0)
    begun = file.with_name(f"{file.name}.part")
    try:
        with zipfile.ZipFile(begun, "w", zipfile.ZIP_DEFLATED) as archive:
            files = {file_name(table): _write_table(session, archive, table, step) for table in TABLES}
            manifest = Manifest(company.name, company.currency, company.time_zone, made_at.isoformat(), db.head(), files)
            archive.writestr(MANIFEST, manifest.as_json())
            archive.writestr(README, readme.text(manifest))
        begun.replace(file)
    finally:
        begun.unlink(missing_ok=True)
    return {one.table: one.rows for one in files.values()}


class _Step:
    """How many rows are written, of all."""

    def __init__(self, rows: int, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        self.done, self.rows, self.progress, self.cancelled = 0, rows, progress, cancelled

    def on(self, rows: int, stage: str) -> None:
        """So many rows more. Raises Cancelled."""
        self.done += rows
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("Writing the zip was stopped; there is no half of it.")
        if self.progress is not None:
            self.progress(self.done / max(self.rows, 1), stage)


def _write_table(session: Session, archive: zipfile.ZipFile, table: Table, step: _Step) -> TableFile:
    rows, size, digest = 0, 0, hashlib.sha256()
    with archive.open(file_name(table), "w", force_zip64=True) as target:
        for count, piece in _pieces(session, table):
            content = piece.encode()
            target.write(content)
            digest.update(content)
            rows, size = rows + count, size + len(content)
            step.on(count, table.name)
    columns = {column.name: cells.kind_of(column) for column in table.columns}
    return TableFile(table.name, rows, size, digest.hexdigest(), columns)


def _pieces(session: Session, table: Table) -> Iterator[tuple[int, str]]:
    """The file's text in pieces, each with its number of rows; the columns' names first."""
    yield 0, ",".join(table.columns.keys()) + cells.LINE_END
    writers = [cells.writer(column) for column in table.columns]
    statement = select(*(cells.selected(column) for column in table.columns)).order_by(*table.primary_key.columns)
    for part in session.execute(statement, execution_options={"yield_per": ROWS_A_PIECE}).partitions():
        columns = (map(write_one, contents) for write_one, contents in zip(writers, zip(*part, strict=True), strict=True))
        lines = [",".join(record) for record in zip(*columns, strict=True)]
        yield len(lines), cells.LINE_END.join(lines) + cells.LINE_END
