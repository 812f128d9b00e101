"""How does data get in? Read, understand, compare, write: each step alone for the wizard, all in one here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm.errors import CrmError, InvalidInput
from crm.imports import guessing, kinds, order_lines, planning, records, report, writing
from crm.imports.detection import FileFormat
from crm.imports.files import printable
from crm.imports.mapping import ColumnMap, map_columns
from crm.imports.order_lines import OrderLines
from crm.imports.origins import HEAD_LINES, Origin, of_file
from crm.imports.records import Records
from crm.imports.report import ImportReport, Preview
from crm.imports.steps import Progress, Steps
from crm.imports.tables import Table
from crm.imports.totals import without_totals
from crm.models import ON_KNOWN, ImportBatch
from crm.services import audit
from crm.services.customers import CODE_LIMIT

OF_ORDERS = ("order_lines", "orders")  # the kinds of the engine for millions of lines
SURE_ENOUGH = 0.35  # real files guessed rightly reach 0.4 and more, others stay below 0.25
SHOWN = 100  # lines of a preview


@dataclass(frozen=True)
class Choices:
    """What a file is and how it is brought in. mapping: {their column: ours, "custom", "item" or ""}; constants:
    {our field: text}, the same for all lines; source: the shop or system that the numbers belong to."""

    kind: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    source: str = "import"
    on_known: str = "fill"
    file_format: FileFormat = FileFormat()


@dataclass(frozen=True)
class ReadFile:
    """A file understood, before any database was asked."""

    name: str
    sha256: str | None
    kind: str
    table: Table
    columns: ColumnMap
    parsed: OrderLines | Records

    @property
    def rejected(self) -> pd.DataFrame:
        return self.parsed.rejected

    @property
    def is_hopeless(self) -> bool:
        """Whether no line at all could be understood."""
        return len(self.rejected) + len(self.table.ragged) == self.table.lines_read


def import_file(
    session: Session,
    file: str | Path | bytes | BinaryIO | Origin,
    *,
    kind: str | None = None,
    file_name: str | None = None,
    source: str = "import",
    overrides: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    on_known: str = "fill",
    file_format: FileFormat | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    rejects_path: str | Path | None = None,
) -> ImportReport:
    """Import one file: all of it in the caller's transaction, or nothing when it raises.

    kind: one of KINDS, guessed where it is None. overrides: {their column: ours}, file_format: both override what is
    detected. `progress(share 0..1, stage)` is told, `cancelled()` is asked. Lines that are not taken are written to
    rejects_path (CSV), if there are any. Raises NotFound, InvalidInput (with what to correct) and Cancelled.
    """
    steps = Steps(progress, cancelled)
    known = read(file, kind=kind, file_name=file_name, overrides=overrides, constants=constants,
                 file_format=file_format, steps=steps)
    return write(session, known, source=source, on_known=on_known, steps=steps, rejects_path=rejects_path)


def read(
    file: str | Path | bytes | BinaryIO | Origin,
    *,
    kind: str | None = None,
    file_name: str | None = None,
    overrides: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    file_format: FileFormat | None = None,
    steps: Steps | None = None,
) -> ReadFile:
    """Read, map and parse, without a database. Raises NotFound, InvalidInput and Cancelled."""
    steps, asked = steps or Steps(), file_format or FileFormat()
    steps.at(0.0, "reading")
    origin = file if isinstance(file, Origin) else _only(of_file(file, file_name=file_name))
    table, sha256 = origin.read(asked, steps)
    table = without_totals(table)
    if kind is None:
        guess = guessing.guess(table.lines.iloc[:HEAD_LINES], file_name=origin.name)
        if guess.confidence < SURE_ENOUGH:
            raise InvalidInput(
                f"“{origin.name}” could be several things; say what it holds, one of {', '.join(kinds.KINDS)}.",
                field="kind")
        kind = guess.kind
    kind = kinds.of(kind).key
    columns = _mapped(table, origin.name, kind, overrides or {}, constants or {})
    steps.at(0.15, "understanding")
    if kind in OF_ORDERS:
        parsed = order_lines.parse(table, columns, asked=asked, kind=kind)
    else:
        parsed = records.parse_records(table, columns, kind=kind, asked=asked)
    parsed.found.update(table.notes)
    return ReadFile(origin.name, sha256, kind, table, columns, parsed)


def _mapped(table: Table, name: str, kind: str, overrides: Mapping[str, str], constants: Mapping[str, str]) -> ColumnMap:
    """By the user's word and the known names; by a guess where names alone do not do."""
    names = list(table.lines.columns)
    if not set(names) - set(overrides):
        return map_columns(names, kind=kind, overrides=overrides, constants=constants)
    guess = guessing.guess(table.lines.iloc[:HEAD_LINES], file_name=name, kind=kind)
    if kind != "order_lines":
        return map_columns(names, kind=kind, overrides=overrides, constants=constants, guessed=guess.mapping)
    try:
        return map_columns(names, kind=kind, overrides=overrides, constants=constants)
    except InvalidInput as error:
        try:
            return map_columns(names, kind=kind, overrides=overrides, constants=constants, guessed=guess.mapping)
        except InvalidInput:
            raise error from None


def preview(session: Session, known: ReadFile, *, source: str = "import", on_known: str = "fill",
            steps: Steps | None = None) -> Preview:
    """What `write` would do; nothing is written or locked. Raises InvalidInput and Cancelled."""
    steps, source = steps or Steps(), _checked_source(source)
    steps.at(0.5, "comparing")
    if known.is_hopeless:
        return _preview(known, None)
    return _preview(known, _plan(session, known, source, on_known, lock=False))


def write(session: Session, known: ReadFile, *, source: str = "import", on_known: str = "fill",
          steps: Steps | None = None, rejects_path: str | Path | None = None) -> ImportReport:
    """Match against the database and write, in the caller's transaction.

    Raises InvalidInput when no line at all could be understood or the source's name cannot be used, and Cancelled.
    """
    steps, source = steps or Steps(), _checked_source(source)
    if known.is_hopeless:
        rejects = report.rejects_of(known.table, known.rejected, first=1)
        raise InvalidInput(f"None of the lines could be understood (lines: {known.table.lines_read:,}); the first: "
                           f"{rejects.iloc[0, -1]}")
    steps.at(0.35, "comparing")
    plan = _plan(session, known, source, on_known, lock=True)
    rejected = _rejected(known, plan)
    counts = _counts(known, plan, rejected)
    rejects = report.rejects_of(known.table, rejected, first=report.REJECTS_IN_MEMORY)
    if counts["rejected"] == counts["read"]:
        raise InvalidInput(f"None of the lines fits your records (lines: {counts['read']:,}); the first: "
                           f"{rejects.iloc[0, -1]}")
    batch = ImportBatch(file_name=known.name, file_sha256=known.sha256, source=source, kind=known.kind, details={},
                        **{f"lines_{name}": number for name, number in counts.items()})
    session.add(batch)
    session.flush()
    if known.kind in OF_ORDERS:
        written = writing.write_plan(session, plan, source=source, batch_id=batch.id, steps=steps)
    else:
        written = records.write_records(session, plan, source=source, batch_id=batch.id, steps=steps)
    found = known.parsed.found | plan.found
    found |= {f"{table}_restored": number for table, number in written["restored"].items()}
    batch.details = report.details_of(known.columns, known.table.format, found) | {
        "created": written["created"], "updated": written["updated"], "on_known": on_known}
    if written.get("tags"):
        batch.details = batch.details | {"tags": [list(tag) for tag in written["tags"]]}
    audit.record(session, "import_batch", batch.id, "imported",
                 {f"lines_{name}": (None, number) for name, number in counts.items()})
    session.flush()
    steps.at(1.0, "done")
    whole_rejects = Path(rejects_path) if rejects_path is not None and counts["rejected"] else None
    if whole_rejects is not None:
        report.write_rejects(report.rejects_of(known.table, rejected), whole_rejects)
    return ImportReport(
        batch.id, known.name, counts, written["created"], written["updated"],
        {kind: int(found.get(f"lines_{kind}", 0)) for kind in planning.KINDS}, report.notes_of(found),
        known.columns.columns, known.columns.left_out, known.table.format, rejects, whole_rejects)


def _only(origins: list[Origin]) -> Origin:
    if len(origins) > 1:
        raise InvalidInput(f"The archive holds {len(origins)} files; name the one to bring in.")
    return origins[0]


def _preview(known: ReadFile, plan) -> Preview:
    """`plan` is None where no line could be understood."""
    rejected = known.rejected if plan is None else _rejected(known, plan)
    counts = ({"read": known.table.lines_read, "imported": 0, "duplicate": 0, "rejected": known.table.lines_read}
              if plan is None else _counts(known, plan, rejected))
    none = np.empty(0, dtype="int64")
    reasons = pd.concat([rejected["reason"], known.table.ragged["reason"]]).value_counts()
    return Preview(
        known.name, known.kind, counts, {} if plan is None else plan.created, {} if plan is None else plan.updated,
        report.NO_CHANGES if plan is None else plan.changes, 0 if plan is None else plan.changes_total,
        _lines(known.table, none if plan is None else plan.new_rows),
        _lines(known.table, none if plan is None else plan.duplicate_rows),
        report.rejects_of(known.table, rejected, first=report.REJECTS_IN_MEMORY),
        reasons.rename_axis("reason").reset_index(name="lines"),
        report.notes_of(known.parsed.found | ({} if plan is None else plan.found)), known.columns.columns,
        known.columns.left_out, known.table.format)


def _plan(session: Session, known: ReadFile, source: str, on_known: str, *, lock: bool):
    if on_known not in ON_KNOWN:
        raise InvalidInput(f"“{on_known}” is no way to treat known records; choose one of {', '.join(ON_KNOWN)}.",
                           field="on_known")
    if known.kind in OF_ORDERS:
        return planning.plan_import(session, known.parsed, source=source, on_known=on_known, lock=lock)
    return records.plan_records(session, known.parsed, source=source, on_known=on_known)


def _rejected(known: ReadFile, plan) -> pd.DataFrame:
    """What the parser and the plan refused, in the file's sequence."""
    both = [frame for frame in (known.rejected, plan.rejected) if len(frame)]
    if not both:
        return known.rejected
    return pd.concat(both).sort_values("row", kind="stable", ignore_index=True)


def _counts(known: ReadFile, plan, rejected: pd.DataFrame) -> dict[str, int]:
    counts = {"read": known.table.lines_read, "imported": plan.imported, "duplicate": plan.duplicates,
              "rejected": len(rejected) + len(known.table.ragged)}
    if counts["read"] != counts["imported"] + counts["duplicate"] + counts["rejected"]:
        raise CrmError("The counts of this import do not add up, so nothing was written; please report this file's "
                       "format.")
    return counts


def _lines(table: Table, numbers: np.ndarray) -> pd.DataFrame:
    """The first of these lines as the file has them, with their number."""
    lines = table.lines.loc[np.sort(numbers)[:SHOWN]].astype(object)
    return lines.reset_index(names=report.names_of_rejects(list(lines.columns))[0])


def _checked_source(source: str) -> str:
    source = source.strip()
    if not source:
        raise InvalidInput("Name the source of the records, such as the shop they come from.", field="source")
    if len(source) > CODE_LIMIT:
        raise InvalidInput(f"The name of the source is longer than {CODE_LIMIT} characters; choose a shorter one.",
                           field="source")
    if printable(source) != source:
        raise InvalidInput("The name of the source holds a character that cannot be stored; type it anew.",
                           field="source")
    return source
