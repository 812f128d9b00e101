"""How does data come in as a whole? Look at it, rehearse, bring it in, sync it again; the wizard and the command line
call the same functions, each with its own transaction."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from crm import db, imports
from crm.errors import InvalidInput
from crm.imports import shapes
from crm.imports.vocabulary import is_position
from crm.services import connections, whole_workspace

Progress = Callable[[float, str], None]
Planned = tuple[imports.Origin, imports.Choices]
# What refers to something comes after it: lines need their orders, orders their customers.
SEQUENCE = ("customers", "products", "orders", "order_lines", "payments", "deals", "tickets", "interactions",
            "answers_long", "answers_wide", "campaign_results")


class _Rehearsed(Exception):
    """Ends a transaction that was only tried."""


@dataclass(frozen=True)
class Look:
    """A file's first lines, what they seem to be, and what was chosen the last time such a file came."""

    origin: imports.Origin
    head: imports.Table
    guess: imports.Guess
    remembered: shapes.Remembered | None


def look(workspace: db.Workspace, origin: imports.Origin, *, kind: str | None = None,
         file_format: imports.FileFormat | None = None) -> Look:
    """Read the first lines and guess. Raises CrmError for what cannot be read."""
    head = origin.head(file_format)
    columns = list(head.lines.columns)
    with db.reading(workspace) as session:
        remembered = shapes.remembered(session, _shape(origin, columns))
    guess = imports.guess(head.lines, file_name=origin.name, kind=kind, remembered=remembered)
    added = set(_added(columns))
    guess = replace(guess, columns=tuple(replace(column, ours=imports.LEFT_OUT) if column.column in added else column
                                         for column in guess.columns))
    return Look(origin, head, guess, remembered if remembered is not None and remembered.kind == guess.kind else None)


def rehearse(workspace: db.Workspace, planned: Sequence[Planned], *, progress: Progress | None = None,
             cancelled: Callable[[], bool] | None = None) -> list[imports.Preview]:
    """What bringing these in would do, in the sequence given back by `in_sequence`; nothing is kept.

    Several files are tried one after another in a transaction that is rolled back, so that the orders of the second
    find the customers of the first.
    """
    if len(planned) == 1:
        origin, choices = planned[0]
        known = _read(origin, choices, imports.Steps(progress, cancelled))
        with db.reading(workspace) as session:
            return [imports.preview(session, known, source=choices.source, on_known=choices.on_known)]
    previews = []
    try:
        with db.transaction(workspace) as session:
            for place, (origin, choices) in enumerate(in_sequence(planned)):
                steps = imports.Steps(_part(progress, place, len(planned)), cancelled)
                known = _read(origin, choices, steps)
                previews.append(imports.preview(session, known, source=choices.source, on_known=choices.on_known))
                if previews[-1].lines["imported"] and place < len(planned) - 1:
                    imports.write(session, known, source=choices.source, on_known=choices.on_known, steps=steps)
            raise _Rehearsed
    except _Rehearsed:
        return previews


def bring_in(workspace: db.Workspace, planned: Sequence[Planned], *, rejects: Path | None = None,
             progress: Progress | None = None, cancelled: Callable[[], bool] | None = None,
             remember: bool = True) -> list[imports.ImportReport]:
    """Bring all in, or nothing when it raises; rejected lines go to `rejects` (a folder, one CSV a file).

    A file that adds nothing and of which every line was refused stops all, with the first reason.
    """
    # Read before the transaction begins, so that others can write meanwhile; nobody waits for a slow disk.
    ordered, known = in_sequence(planned), []
    for place, (origin, choices) in enumerate(ordered):
        known.append(_read(origin, choices, imports.Steps(_part(progress, place, 2 * len(ordered)), cancelled)))
    reports = []
    with db.transaction(workspace) as session:
        for place, (read, (origin, choices)) in enumerate(zip(known, ordered, strict=True)):
            steps = imports.Steps(_part(progress, len(ordered) + place, 2 * len(ordered)), cancelled)
            path = None if rejects is None else rejects / f"rejected-{place + 1}.csv"
            reports.append(imports.write(session, read, source=choices.source, on_known=choices.on_known, steps=steps,
                                         rejects_path=path))
            if remember and origin.database is None:
                shapes.remember(session, _shape(origin, list(read.table.lines.columns)), kind=choices.kind,
                                mapping=dict(choices.mapping), constants=dict(choices.constants),
                                file_format=imports.format_as_chosen(choices.file_format), source=choices.source,
                                on_known=choices.on_known)
    return reports


def sync(workspace: db.Workspace, connection_id: int, *, rejects: Path | None = None,
         progress: Progress | None = None, cancelled: Callable[[], bool] | None = None) -> imports.ImportReport:
    """Read a saved connection again; what is new or changed comes in. Raises NotFound and what `bring_in` raises."""
    with db.reading(workspace) as session:
        saved = connections.get(session, connection_id)
    origin = imports.Origin(saved.name, database=saved.database, table_name=saved.table_name, query=saved.query)
    choices = imports.Choices(saved.kind, saved.choices.get("mapping", {}), saved.choices.get("constants", {}),
                              saved.source, saved.on_known, imports.format_of_choices(saved.choices.get("format", {})))
    (report,) = bring_in(workspace, [(origin, choices)], rejects=rejects, progress=progress, cancelled=cancelled,
                         remember=False)
    with db.transaction(workspace) as session:
        connections.mark_synced(session, connection_id)
    return report


def write_everything(workspace: db.Workspace, file: Path, *, progress: Progress | None = None,
                     cancelled: Callable[[], bool] | None = None) -> dict[str, int]:
    """Everything of the workspace as one zip; {table: rows}."""
    with db.reading(workspace) as session:
        return whole_workspace.write(session, file, progress=progress, cancelled=cancelled)


def read_everything_back(workspace: db.Workspace, file: Path, *, progress: Progress | None = None,
                         cancelled: Callable[[], bool] | None = None) -> dict[str, int]:
    """Fill an empty workspace with such a zip, or nothing when it raises; {table: rows}."""
    with db.transaction(workspace) as session:
        return whole_workspace.read_back(session, file, progress=progress, cancelled=cancelled)


def in_sequence(planned: Sequence[Planned]) -> list[Planned]:
    """The files in the order in which they are brought in."""
    return sorted(planned, key=lambda one: SEQUENCE.index(one[1].kind))


def shown(look_at: Look, choices: imports.Choices, *, lines: int = 100) -> pd.DataFrame:
    """The first lines as these choices understand them. Raises InvalidInput for choices that do not fit."""
    columns = imports.map_columns(list(look_at.head.lines.columns), kind=choices.kind, overrides=choices.mapping,
                                  constants=choices.constants)
    return imports.understood(look_at.head, columns, kind=choices.kind, asked=choices.file_format, lines=lines)


def _shape(origin: imports.Origin, columns: list[str]) -> list[str]:
    """What a file is recognised by: the names of its columns, a rejects file by those of its original.

    Without a heading the columns have no names, and any file of equal width would look the same: its own name, without
    the numbers of days and months, is part of it then.
    """
    own = [name for name in columns if name not in _added(columns)]
    if all(is_position(name) for name in own):
        return [*own, f"file {re.sub(r'[0-9]+', '', origin.name)}"]
    return own


def _added(columns: list[str]) -> list[str]:
    """The columns that a file of rejected lines has besides those of its original."""
    return [columns[0], columns[-1]] if list(imports.names_of_rejects(columns[1:-1])) == [columns[0], columns[-1]] else []


def _read(origin: imports.Origin, choices: imports.Choices, steps: imports.Steps) -> imports.ReadFile:
    if choices.kind not in SEQUENCE:
        raise InvalidInput(f"“{choices.kind}” is no kind of file; choose one of {', '.join(SEQUENCE)}.", field="kind")
    return imports.read(origin, kind=choices.kind, overrides=choices.mapping, constants=choices.constants,
                        file_format=choices.file_format, steps=steps)


def _part(progress: Progress | None, place: int, parts: int) -> Progress | None:
    if progress is None:
        return None
    return lambda share, stage: progress((place + share) / parts, stage)
