"""What can be done without a browser? The command line: `python -m crm ...`, for scripts and nightly runs."""

import argparse
import inspect
import json
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from crm import db, demo, jobs
from crm.errors import CrmError, InvalidInput
from crm.imports import COLUMNS
from crm.services import check, export, settings

LARGEST_PARAMETER = 1_000_000
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
    read = command("import", _import, "Read a file of order lines (CSV, TSV, text, xlsx; also zip, gz, xz).")
    read.epilog = "What a column can be: " + ", ".join(COLUMNS) + "."
    read.add_argument("file", type=Path, metavar="FILE")
    read.add_argument("--map", action="append", default=[], metavar="THEIRS=OURS",
                      help="what a column of the file is, e.g. --map \"Invoice=order_number\"; may be repeated")
    read.add_argument("--source", default="import", help="name of the shop or system that the order numbers belong to")
    read.add_argument("--rejects", type=Path, metavar="FILE.csv",
                      help="where lines that could not be read go, with the reason (default: FILE.rejects.csv beside FILE)")
    ran = command("run", _run, "Run an analysis on the orders of today or of an earlier day.")
    ran.add_argument("analysis", choices=list(jobs.ANALYSES))
    ran.add_argument("--as-of", type=_day, metavar="DATE", help="the last day that counts, as YYYY-MM-DD")
    ran.add_argument("--param", action="append", default=[], metavar="NAME=VALUE",
                     help="a setting of the analysis, e.g. --param horizon_days=60; may be repeated")
    ran.add_argument("--out", type=Path, metavar="FILE.csv", help="write the table of results")
    wrote = command("export", _export, "Write a whole table as CSV.")
    wrote.add_argument("table", choices=list(export.TABLES), metavar="TABLE", help=", ".join(export.TABLES))
    wrote.add_argument("file", type=Path, metavar="FILE")
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
    if not chosen.file.is_file():
        raise InvalidInput(f"There is no file {chosen.file}.")
    beside = chosen.file.parent if os.access(chosen.file.parent, os.W_OK) else Path.cwd()
    rejects = chosen.rejects or beside / f"{chosen.file.name}.rejects.csv"
    if rejects.resolve() == chosen.file.resolve():
        raise InvalidInput("The rejects file must not be the file that is read; name another one.")
    report = jobs.import_file(db.own(), chosen.file, file_name=chosen.file.name, source=chosen.source,
                              overrides=_pairs(chosen.map, "--map"), rejects_path=rejects,
                              progress=_progress(chosen))
    answer, lines = report.as_json(), report.lines
    sentences = [f"{lines['read']:,} lines read: {lines['imported']:,} imported, {lines['duplicate']:,} known already, "
                 f"{lines['rejected']:,} rejected."]
    if lines["rejected"]:
        answer["rejects"] = str(rejects)
        sentences.append(f"The rejected lines, each with its reason, are in {rejects}.")
    sentences += [f"{table}: {rows:,} new" for table, rows in report.created.items() if rows]
    sentences += [f"{table}: {rows:,} completed" for table, rows in report.updated.items() if rows]
    return answer, sentences + [note.text for note in report.notes], 0


def _run(chosen) -> tuple[dict, list[str], int]:
    analysis = jobs.ANALYSES[chosen.analysis]
    parameters = _parameters(analysis.run, chosen.param)
    with db.reading(db.own()) as session:
        as_of = chosen.as_of or settings.as_of(session)
        result = analysis.run(session, as_of=as_of, **parameters)
        table = analysis.table(session, result)
    used = {**_defaults(analysis.run), **parameters}
    answer = {"analysis": chosen.analysis, "as_of": as_of.isoformat(), "parameters": used,
              "quality": jobs.quality(result), "rows": len(table)}
    sentences = [f"{chosen.analysis} as of {as_of}: {len(table):,} rows.", _readable(answer["quality"])]
    if chosen.out:
        chosen.out.write_bytes(export.csv_bytes(table))
        answer["out"] = str(chosen.out)
        sentences.append(f"Written to {chosen.out}.")
    return answer, sentences, 0


def _export(chosen) -> tuple[dict, list[str], int]:
    with db.reading(db.own()) as session:
        table = export.table(session, chosen.table)
    chosen.file.write_bytes(export.csv_bytes(table))
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
             if name not in ("session", "as_of")}
    parameters = {}
    for name, text in _pairs(given, "--param").items():
        if name not in known:
            raise InvalidInput(f"“{name}” is no setting of this analysis; there are {', '.join(known)}.")
        kind = {int: int, float: float}.get(known[name].annotation, str)
        if known[name].annotation == (int | None):
            kind = int
        try:
            parameters[name] = kind(text)
        except ValueError:
            raise InvalidInput(f"“{text}” is no number, and {name} needs one.") from None
        if kind is not str and not 0 <= parameters[name] <= LARGEST_PARAMETER:
            raise InvalidInput(f"{name} is {text}; choose a number from 0 to {LARGEST_PARAMETER:,}.")
    return parameters


def _defaults(function) -> dict:
    return {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()
            if parameter.default is not inspect.Parameter.empty}


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
               for name, content in quality.items() if isinstance(content, (int, float, str)) and content == content)
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
