"""How does a file of order lines get in? Read, map, parse, plan, write: each step alone for the wizard, all
in one here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from crm.errors import InvalidInput
from crm.imports import order_lines, report
from crm.imports.detection import FileFormat
from crm.imports.files import SourceFile, open_source, printable
from crm.imports.mapping import ColumnMap, map_columns
from crm.imports.order_lines import OrderLines
from crm.imports.planning import KINDS, plan_import
from crm.imports.report import ImportReport
from crm.imports.steps import Progress, Steps
from crm.imports.tables import Table, read_table
from crm.imports.writing import write_plan
from crm.models import ImportBatch
from crm.services import audit
from crm.services.customers import CODE_LIMIT


@dataclass(frozen=True)
class ReadFile:
    """A file understood, before any database was asked: what a preview shows and `write_order_lines`
    writes."""

    source_file: SourceFile
    table: Table
    columns: ColumnMap
    parsed: OrderLines

    @property
    def lines_rejected(self) -> int:
        return len(self.table.ragged) + len(self.parsed.rejected)


def import_order_lines(
    session: Session,
    file: str | Path | bytes | BinaryIO,
    *,
    file_name: str | None = None,
    source: str = "import",
    overrides: Mapping[str, str] | None = None,
    file_format: FileFormat | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    rejects_path: str | Path | None = None,
) -> ImportReport:
    """Import order lines: all of the file in the caller's transaction, or nothing when it raises.

    overrides is {their column: ours}, file_format overrides what is detected; `progress(share 0..1, stage)`
    is told, `cancelled()` is asked. Lines that are not taken are written to rejects_path (CSV), if there are
    any. Raises NotFound, InvalidInput (with what to correct) and Cancelled.
    """
    steps = Steps(progress, cancelled)
    known = read_order_lines(
        file, file_name=file_name, overrides=overrides, file_format=file_format, steps=steps
    )
    return write_order_lines(session, known, source=source, steps=steps, rejects_path=rejects_path)


def read_order_lines(
    file: str | Path | bytes | BinaryIO,
    *,
    file_name: str | None = None,
    overrides: Mapping[str, str] | None = None,
    file_format: FileFormat | None = None,
    steps: Steps | None = None,
) -> ReadFile:
    """The first half, without a database: read, map and parse. Raises NotFound, InvalidInput and
    Cancelled."""
    steps, asked = steps or Steps(), file_format or FileFormat()
    steps.at(0.0, "reading")
    source_file = open_source(file, file_name=file_name)
    steps.at(0.05, "reading")
    table = read_table(source_file, asked=asked, steps=steps)
    columns = map_columns(list(table.lines.columns), overrides=overrides)
    steps.at(0.15, "understanding")
    parsed = order_lines.parse(table, columns, asked=asked)
    if table.damaged_characters:
        parsed.found["damaged_characters"] = table.damaged_characters
    return ReadFile(source_file, table, columns, parsed)


def write_order_lines(
    session: Session,
    known: ReadFile,
    *,
    source: str = "import",
    steps: Steps | None = None,
    rejects_path: str | Path | None = None,
) -> ImportReport:
    """The second half: match against the database and write, in the caller's transaction.

    Raises InvalidInput when no line at all could be understood or the source's name cannot be used, and
    Cancelled.
    """
    steps, source = steps or Steps(), _checked_source(source)
    rejects = report.rejects_of(known.table, known.parsed.rejected, first=report.REJECTS_IN_MEMORY)
    if not len(known.parsed.lines):
        raise InvalidInput(
            f"None of the lines could be understood (lines: {known.table.lines_read:,}); the first: "
            f"{rejects.iloc[0, -1]}"
        )
    steps.at(0.35, "comparing")
    plan = plan_import(session, known.parsed, source=source)
    found = known.parsed.found | plan.found
    counts = {
        "read": known.table.lines_read,
        "imported": len(plan.lines),
        "duplicate": plan.duplicates,
        "rejected": known.lines_rejected,
    }
    batch = ImportBatch(
        file_name=known.source_file.name,
        file_sha256=known.source_file.sha256,
        source=source,
        details={},
        **{f"lines_{name}": number for name, number in counts.items()},
    )
    session.add(batch)
    session.flush()
    written = write_plan(session, plan, source=source, batch_id=batch.id, steps=steps)
    found |= {f"{table}_restored": number for table, number in written["restored"].items()}
    batch.details = report.details_of(known.columns, known.table.format, found) | {
        "created": written["created"],
        "updated": written["updated"],
    }
    audit.record(
        session,
        "import_batch",
        batch.id,
        "imported",
        {f"lines_{name}": (None, number) for name, number in counts.items()},
    )
    session.flush()
    steps.at(1.0, "done")
    whole_rejects = Path(rejects_path) if rejects_path is not None and counts["rejected"] else None
    if whole_rejects is not None:
        report.write_rejects(report.rejects_of(known.table, known.parsed.rejected), whole_rejects)
    return ImportReport(
        batch.id,
        known.source_file.name,
        counts,
        written["created"],
        written["updated"],
        {kind: int(found[f"lines_{kind}"]) for kind in KINDS},
        report.notes_of(found),
        known.columns.columns,
        known.columns.left_out,
        known.table.format,
        rejects,
        whole_rejects,
    )


def _checked_source(source: str) -> str:
    source = source.strip()
    if not source:
        raise InvalidInput("Name the source of the orders, such as the shop they come from.", field="source")
    if len(source) > CODE_LIMIT:
        raise InvalidInput(
            f"The name of the source is longer than {CODE_LIMIT} characters; choose a shorter one.",
            field="source",
        )
    if printable(source) != source:
        raise InvalidInput(
            "The name of the source holds a character that cannot be stored; type it anew.", field="source"
        )
    return source
