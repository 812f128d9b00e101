"""What can be done without a browser? The command line: `python -m crm ...`, for scripts and nightly runs."""

import argparse
import inspect
import json
import os
import shutil
import sys
import tempfile
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import pandas as pd

from crm import db, demo, jobs, transfers
from crm.errors import CrmError, InvalidInput
from crm.imports import (
    COLUMNS,
    KINDS,
    SURE_ENOUGH,
    Choices,
    FileFormat,
    Origin,
    format_as_chosen,
    format_of_choices,
    of_file,
)
from crm.jobs import kept_models
from crm.models import ON_KNOWN
from crm.services import batches, check, connections, export, settings, undoing, whole_workspace

LARGEST_PARAMETER = 1_000_000
FORMAT_CHOICES = tuple(one.name for one in fields(FileFormat))
FAILED, UNSOUND = 2, 1  # exit statuses: wrong use or input; `check` found something


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status: 0 well, 1 `check` found something, 2 an error told on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a file's name may be no text
    chosen = _parser().parse_args(arguments)
    try:
        answer, sentences, status = chosen.command(chosen)
    except CrmError as error:
        print(f"{chosen.name}: {error}", file=sys.stderr)
        return FAILED
    except OSError as error:
        print(f"{chosen.name}: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    if chosen.json:
        print(json.dumps(_plain(answer), ensure_ascii=False, allow_nan=False))
    else:
        print("\n".join(sentences))
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m crm", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Solo CRM without a browser. Every command but “demo” works on the owner's database:\n"
                    "data/crm.db, or the one that CRM_DATABASE_URL names.")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")

    def command(name: str, function, summary: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=summary, description=summary)
        added.add_argument("--json", action="store_true", help="print one JSON object and nothing else on stdout")
        added.set_defaults(command=function, json=False)
        return added

    made = command("demo", _demo, "Build the demo company anew in data/demo.db; nothing else is touched.")
    made.add_argument("--today", type=_day, metavar="DATE", help="the demo's last day (default: today)")
    read = command("import", _import, "Bring in files: CSV, text, xlsx, xls, ods, JSON lines, Parquet; also zip, gz, xz. "
                                      "A zip made by “export everything” is read back into an empty company.")
    read.epilog = "What a column of order lines can be: " + ", ".join(COLUMNS) + "."
    read.add_argument("files", type=Path, metavar="FILE", nargs="+")
    read.add_argument("--kind", choices=list(KINDS), help="what the files hold (default: told from the file itself)")
    read.add_argument("--map", action="append", default=[], metavar="THEIRS=OURS",
                      help="what a column of the file is, e.g. --map \"Invoice=order_number\"; “custom” keeps it as a field "
                           "of its own, nothing leaves it out; may be repeated")
    read.add_argument("--set", action="append", default=[], metavar="OURS=TEXT",
                      help="the same for all lines, e.g. --set answered_at=2026-11-22; may be repeated")
    read.add_argument("--format", action="append", default=[], metavar="NAME=VALUE",
                      help="how the file is written where that is not told rightly, e.g. --format encoding=gb18030; "
                           f"there are {', '.join(FORMAT_CHOICES)}; may be repeated")
    read.add_argument("--known", choices=ON_KNOWN, default="fill",
                      help="with records that are there already: fill what is missing (default), overwrite, skip")
    read.add_argument("--source", default="import", help="name of the shop or system that the order numbers belong to")
    read.add_argument("--preview", action="store_true", help="only tell what would change; nothing is written")
    read.add_argument("--rejects", type=Path, metavar="FILE.csv",
                      help="where lines that could not be read go, with the reason (default: FILE.rejects.csv beside FILE)")
    command("imports", _imports, "List what was brought in, the newest first.")
    undo = command("undo", _undo, "Take an import back: what it created goes, what it changed is restored.")
    undo.add_argument("batch", type=int, metavar="NUMBER", help="as “imports” lists it")
    synced = command("sync", _sync, "Read a saved connection to another database again.")
    synced.add_argument("connection", metavar="NAME")
    ran = command("run", _run, "Run an analysis on the orders of today or of an earlier day.")
    ran.add_argument("analysis", choices=list(jobs.ANALYSES))
    ran.add_argument("--as-of", type=_day, metavar="DATE", help="the last day that counts, as YYYY-MM-DD")
    ran.add_argument("--param", action="append", default=[], metavar="NAME=VALUE",
                     help="a setting of the analysis, e.g. --param horizon_days=60; may be repeated")
    ran.add_argument("--out", type=Path, metavar="FILE.csv", help="write the table of results")
    night = command("nightly", _nightly, "Score all customers with every kept model that is in use, and see whether it still fits; "
                                         "for a timer such as cron. Exit status 2 when a model could not be used.")
    night.add_argument("--as-of", type=_day, metavar="DATE", help="the last day that counts, as YYYY-MM-DD")
    wrote = command("export", _export, "Write a table as CSV, Excel or Parquet, or everything as one zip.")
    wrote.add_argument("table", choices=[*export.TABLES, "everything"], metavar="TABLE",
                       help=", ".join([*export.TABLES, "everything"]))
    wrote.add_argument("file", type=Path, metavar="FILE",
                       help="its ending says the format: .csv, .xlsx, .parquet; .zip for everything")
    command("check", _check, "Look for anything wrong in the database; exit status 1 when there is.")
    command("migrate", _migrate, "Bring the database to this version; a SQLite file is backed up first.")
    return parser


def _demo(chosen) -> tuple[dict, list[str], int]:
    today = chosen.today or datetime.now(UTC).date()
    created = demo.make(today=today, rebuild=True, progress=_progress(chosen))
    return ({"file": str(db.demo().file), "today": today.isoformat(), "created": created},
            [f"The demo company is in {db.demo().file}: "
             + ", ".join(f"{rows:,} {table}" for table, rows in created.items()) + "."], 0)


def _import(chosen) -> tuple[dict, list[str], int]:
    for file in chosen.files:
        if not file.is_file():
            raise InvalidInput(f"There is no file {file}.")
    if len(chosen.files) == 1 and whole_workspace.is_workspace(chosen.files[0]):
        return _read_back(chosen)
    rejects = _rejects_path(chosen)
    planned = [_planned(chosen, origin) for file in chosen.files for origin in of_file(file, file_name=file.name)]
    if chosen.preview:
        return _told(planned, transfers.rehearse(db.own(), planned, progress=_progress(chosen)))
    with tempfile.TemporaryDirectory() as folder:
        reports = transfers.bring_in(db.own(), planned, rejects=Path(folder), progress=_progress(chosen))
        answer, sentences, status = _told(planned, reports)
        refused = [report.rejects_path for report in reports if report.rejects_path is not None]
        for place, path in enumerate(refused):
            target = rejects if len(refused) == 1 else rejects.with_stem(f"{rejects.stem}-{place + 1}")
            shutil.copyfile(path, target)
            answer.setdefault("rejects", str(target))
            sentences.append(f"The rejected lines, each with its reason, are in {target}.")
    return answer, sentences, status


def _rejects_path(chosen) -> Path:
    first = chosen.files[0]
    beside = first.parent if os.access(first.parent, os.W_OK) else Path.cwd()
    rejects = chosen.rejects or beside / f"{first.name}.rejects.csv"
    if rejects.resolve() in [file.resolve() for file in chosen.files]:
        raise InvalidInput("The rejects file must not be the file that is read; name another one.")
    return rejects


def _planned(chosen, origin: Origin) -> tuple[Origin, Choices]:
    """What the file is: by the user's word, else as the last time, else as it looks."""
    mapping, constants, file_format = _pairs(chosen.map, "--map"), _pairs(chosen.set, "--set"), _format(chosen)
    looked = transfers.look(db.own(), origin, kind=chosen.kind, file_format=file_format)
    known = looked.remembered
    if known is not None and not chosen.kind:
        file_format = replace(format_of_choices(known.file_format), **format_as_chosen(file_format))
        return origin, Choices(known.kind, dict(known.mapping) | mapping, dict(known.constants) | constants,
                               chosen.source, chosen.known, file_format)
    kind = chosen.kind or looked.guess.kind
    if not chosen.kind and looked.guess.confidence < SURE_ENOUGH and not mapping:
        raise InvalidInput(f"“{origin.name}” could be several things; say with --kind what it holds, one of "
                           f"{', '.join(KINDS)}.")
    return origin, Choices(kind, mapping, constants, chosen.source, chosen.known, file_format)


def _told(planned: list[tuple[Origin, Choices]], reports: list) -> tuple[dict, list[str], int]:
    """The counts of each file; those of one file stand alone."""
    files, sentences = [], []
    for (_, choices), report in zip(transfers.in_sequence(planned), reports, strict=True):
        lines = report.lines
        files.append({"file": report.file_name, "kind": choices.kind, "lines": dict(lines),
                      "created": dict(report.created), "updated": dict(report.updated)})
        if getattr(report, "batch_id", None) is not None:
            files[-1]["batch"] = report.batch_id
        sentences.append(f"{report.file_name} ({choices.kind}): {lines['read']:,} lines read: {lines['imported']:,} "
                         f"imported, {lines['duplicate']:,} known already, {lines['rejected']:,} rejected.")
        sentences += [f"{table}: {rows:,} new" for table, rows in report.created.items() if rows]
        sentences += [f"{table}: {rows:,} completed" for table, rows in report.updated.items() if rows]
        sentences += [note.text for note in report.notes]
    return (files[0] if len(files) == 1 else {"files": files}), sentences, 0


def _format(chosen) -> FileFormat:
    contents: dict[str, object] = {}
    for name, text in _pairs(chosen.format, "--format").items():
        if name not in FORMAT_CHOICES:
            raise InvalidInput(f"“{name}” is nothing that can be said of a file; there are {', '.join(FORMAT_CHOICES)}.")
        contents[name] = {"has_header": text.casefold() in ("yes", "true", "1"), "delimiter": text.replace("\\t", "\t"),
                          "skip_rows": int(text) if text.isdecimal() else -1,
                          "null_words": tuple(text.split("|"))}.get(name, text)
    return FileFormat(**contents)


def _read_back(chosen) -> tuple[dict, list[str], int]:
    rows = transfers.read_everything_back(db.own(), chosen.files[0], progress=_progress(chosen))
    return ({"file": chosen.files[0].name, "kind": "workspace", "created": rows},
            [f"The whole workspace is back: {sum(rows.values()):,} records."], 0)


def _imports(chosen) -> tuple[dict, list[str], int]:
    with db.reading(db.own()) as session:
        listed = batches.listing(session)
    rows = listed[["id", "file_name", "kind", "status", "lines_read", "lines_imported", "lines_duplicate",
                   "lines_rejected"]].to_dict("records")
    return ({"imports": rows}, [f"{row['id']}: {row['file_name']} ({row['kind']}, {row['status']}): "
                                f"{row['lines_imported']:,} of {row['lines_read']:,} lines" for row in rows]
            or ["Nothing was brought in yet."], 0)


def _undo(chosen) -> tuple[dict, list[str], int]:
    with db.transaction(db.own()) as session:
        done = undoing.undo_import(session, chosen.batch)
    kept = done.kept.to_dict("records")
    sentences = ["Taken back: " + ", ".join(f"{rows:,} {table}" for table, rows in done.removed.items() if rows) + "."]
    sentences += [f"Restored: {table}: {rows:,}" for table, rows in done.restored.items() if rows]
    sentences += [f"Kept, {row['reason']}: {row['table']} {row['record']}" for row in kept]
    return {"removed": done.removed, "restored": done.restored, "kept": kept}, sentences, 0


def _sync(chosen) -> tuple[dict, list[str], int]:
    with db.reading(db.own()) as session:
        saved = connections.listing(session)
    found = saved.loc[saved["name"] == chosen.connection, "id"]
    if found.empty:
        raise InvalidInput(f"There is no saved connection “{chosen.connection}”; there are "
                           f"{', '.join(saved['name']) or 'none'}.")
    report = transfers.sync(db.own(), int(found.iloc[0]), progress=_progress(chosen))
    return ({"connection": chosen.connection, **report.as_json()},
            [f"{report.lines['read']:,} lines read: {report.lines['imported']:,} new or changed, "
             f"{report.lines['duplicate']:,} known already, {report.lines['rejected']:,} rejected."], 0)


def _run(chosen) -> tuple[dict, list[str], int]:
    analysis = jobs.ANALYSES[chosen.analysis]
    parameters = _parameters(analysis.run, chosen.param)
    with db.reading(db.own()) as session:
        as_of = chosen.as_of or settings.as_of(session)
        result = analysis.run(session, as_of=as_of, **parameters)
        table = analysis.table(session, result)
    used = {**_defaults(analysis.run), **parameters}
    answer = {"analysis": chosen.analysis, "as_of": as_of.isoformat(), "parameters": used,
              "quality": analysis.quality(result), "rows": len(table)}
    sentences = [f"{chosen.analysis} as of {as_of}: {len(table):,} rows.", _readable(answer["quality"])]
    if chosen.out:
        chosen.out.write_bytes(export.as_file(table, export.form_of(chosen.out.name)))
        answer["out"] = str(chosen.out)
        sentences.append(f"Written to {chosen.out}.")
    return answer, sentences, 0


def _nightly(chosen) -> tuple[dict, list[str], int]:
    nights = kept_models.nightly(db.own(), as_of=chosen.as_of, progress=_progress(chosen))
    models = [{"id": night.model.id, "name": night.model.name, "purpose": night.model.purpose, "run": night.run_id,
               "customers": night.customers, "warnings": list(night.warnings), "error": night.error,
               "drift": None if night.watched is None else kept_models.drift_figures(night.watched)} for night in nights]
    failed = [night for night in nights if night.error is not None]
    for night in failed:
        print(f"{chosen.name}: {_called(night)}: {night.error}", file=sys.stderr)
    sentences = [_night_line(night) for night in nights if night.error is None]
    if not nights:
        sentences = ["No model is in use yet. On the page Leaving, under Kept models, keep one and use it from now on."]
    return {"models": models}, sentences, FAILED * bool(failed)


_NIGHT_ENDS = {  # by the verdict of the watch
    "stable": "It still fits.",
    "watch": "Something has moved since it was trained; keep an eye on it.",
    "moved": "It no longer fits; train it again.",
}


def _night_line(night) -> str:
    sentences = [f"{_called(night)}: {night.customers:,} customers scored."]
    if night.watched is not None:
        since = night.watched.drift.outcomes
        if since is not None:
            sentences.append(f"Of {since.known:,} customers of {night.watched.cutoff} it expected {since.expected * 100:.0f} %, "
                             f"and it came true for {since.observed * 100:.0f} %.")
        sentences.append(_NIGHT_ENDS[night.watched.drift.verdict])
    return " ".join([*sentences, *night.warnings])


def _called(night) -> str:
    return f"{night.model.name} ({night.model.purpose})"


def _export(chosen) -> tuple[dict, list[str], int]:
    if chosen.table == "everything":
        if chosen.file.suffix.lower() != ".zip":
            raise InvalidInput("Everything is written as one zip; end the file's name with .zip.")
        written = transfers.write_everything(db.own(), chosen.file, progress=_progress(chosen))
        return ({"table": "everything", "rows": sum(written.values()), "tables": written, "file": str(chosen.file)},
                [f"{sum(written.values()):,} records of {len(written)} tables written to {chosen.file}."], 0)
    form = export.form_of(chosen.file.name)
    with db.reading(db.own()) as session:
        table = export.table(session, chosen.table)
    chosen.file.write_bytes(export.as_file(table, form))
    return ({"table": chosen.table, "rows": len(table), "file": str(chosen.file)},
            [f"{len(table):,} rows of {chosen.table} written to {chosen.file}."], 0)


def _check(chosen) -> tuple[dict, list[str], int]:
    with db.reading(db.own()) as session:
        found = check.findings(session)
    answer = {"ok": not found, "findings": [{"sentence": one.sentence, "records": one.records} for one in found]}
    return answer, [f"{one.records:,}: {one.sentence}" for one in found] or ["Nothing is wrong."], UNSOUND * bool(found)


def _migrate(chosen) -> tuple[dict, list[str], int]:
    revision = db.migrate(db.own())
    return {"revision": revision}, [f"The database is at revision {revision}."], 0


def _parameters(function, given: list[str]) -> dict:
    """The settings as the analysis takes them. Raises InvalidInput for a name or value that it does not know."""
    known = {name: parameter for name, parameter in inspect.signature(function).parameters.items()
             if name not in ("session", "as_of") and _kinds(parameter.annotation)}
    parameters = {}
    for name, text in _pairs(given, "--param").items():
        if name not in known:
            raise InvalidInput(f"“{name}” is no setting of this analysis; there are {', '.join(known)}.")
        kind = _kinds(known[name].annotation)[0]
        try:
            parameters[name] = kind(text)
        except ValueError:
            raise InvalidInput(f"“{text}” is no number, and {name} needs one.") from None
        if kind is not str and not 0 <= parameters[name] <= LARGEST_PARAMETER:
            raise InvalidInput(f"{name} is {text}; choose a number from 0 to {LARGEST_PARAMETER:,}.")
    return parameters


def _kinds(annotation: object) -> list[type]:
    """Of what kinds a setting can be typed: of `int | None` int; none where it is nothing that a command line holds."""
    return [kind for kind in (int, float, str) if kind in (annotation, *get_args(annotation))]


def _defaults(function) -> dict:
    return {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()
            if parameter.default is not inspect.Parameter.empty and _kinds(parameter.annotation)}


def _pairs(given: list[str], option: str) -> dict[str, str]:
    wrong = [text for text in given if "=" not in text]
    if wrong:
        raise InvalidInput(f"{option} is written NAME=VALUE, not “{wrong[0]}”.")
    return {name.strip(): text.strip() for name, text in (pair.rsplit("=", 1) for pair in given)}


def _progress(chosen):
    """Progress on stderr where somebody watches it; stdout is for the answer alone."""
    if not sys.stderr.isatty():
        return None

    def show(share: float, stage: str) -> None:
        print(f"\r{share:4.0%} {stage:<60.60}", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)

    return show


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
        if 1900 <= day.year <= 2200:
            return day
        raise ValueError(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no day; write it like 2026-11-22") from None


def _readable(quality: dict) -> str:
    figures = (f"{name} {content:.4g}" if isinstance(content, float) else f"{name} {content}"
               for name, content in quality.items() if isinstance(content, (int, float, str)) and content == content and content != "")
    return ", ".join(figures)


def _plain(content):
    """As JSON holds it: days as text, figures that could not be computed as null."""
    if isinstance(content, dict):
        return {str(name): _plain(item) for name, item in content.items()}
    if isinstance(content, (list, tuple)):
        return [_plain(item) for item in content]
    if hasattr(content, "item") and not isinstance(content, (str, bytes)):
        content = content.item()
    if isinstance(content, (date, datetime, pd.Timestamp)):
        return content.isoformat()
    if isinstance(content, float) and not float("-inf") < content < float("inf"):
        return None
    if content is None or isinstance(content, (str, int, float, bool)):
        return content
    return str(content)


if __name__ == "__main__":
    raise SystemExit(main())
