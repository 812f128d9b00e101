"""What is in the zip? The list of its files, with which everything that is read is compared."""

import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sqlalchemy import Table

from crm import db
from crm.db.upgrade import known_revisions
from crm.errors import InvalidInput
from crm.models import Base, Revision, Submission

FORMAT, FORMAT_VERSION = "solo-crm workspace", 1
MANIFEST, README = "manifest.json", "README.txt"
LONGEST_MANIFEST = 2**20  # bytes; it names some twenty files
Progress = Callable[[float, str], None]
# Marks and one-use tokens of this very database, which mean nothing in another.
_OF_THIS_DATABASE = {Revision.__table__, Submission.__table__}
TABLES: tuple[Table, ...] = tuple(table for table in Base.metadata.sorted_tables if table not in _OF_THIS_DATABASE)
# Broken archives show themselves in all of these; RuntimeError is zipfile's word for an encrypted file.
BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, KeyError,
          TypeError, OverflowError)
_SYSTEM_FILES = ("__MACOSX", ".DS_Store")  # what a Mac adds when it packs a folder


@dataclass(frozen=True)
class TableFile:
    """One CSV file: `columns` are {name: what it holds}, `bytes` and `sha256` of the file unpacked."""

    table: str
    rows: int
    bytes: int
    sha256: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Manifest:
    """`made_at` is ISO 8601 in UTC, `revision` the database's schema, `files` by their names in the zip."""

    company: str
    currency: str
    time_zone: str
    made_at: str
    revision: str
    files: dict[str, TableFile]

    def as_json(self) -> str:
        return json.dumps({"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}, indent=1,
                          ensure_ascii=False)


def file_name(table: Table) -> str:
    return f"{table.name}.csv"


def is_workspace(file: Path | BinaryIO) -> bool:
    """Whether this is a zip that `write` made; only its list of files is read."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _content(archive).get("format") == FORMAT
    except (*BROKEN, AttributeError, OSError):
        return False


def of(archive: zipfile.ZipFile) -> Manifest:
    """The zip's manifest, in itself sound and fitting this program's tables. Raises InvalidInput for any other."""
    try:
        content = _content(archive)
        is_ours = content.get("format") == FORMAT
    except (*BROKEN, AttributeError):
        is_ours = False
    if not is_ours:
        raise InvalidInput("This zip is no workspace of Solo CRM: it has no manifest of one. "
                           "Choose the zip that “Everything, as one zip” wrote.")
    try:
        version, revision = int(content["format_version"]), str(content["revision"])
    except BROKEN:
        raise damaged() from None
    if version > FORMAT_VERSION or revision not in known_revisions():
        raise InvalidInput(f"This zip was written by a newer version of the program (revision {revision}); "
                           "update the program, then read it back.")
    try:
        found = Manifest(*(str(content[name]) for name in ("company", "currency", "time_zone", "made_at")), revision,
                         {str(name): _table_file(one) for name, one in content["files"].items()})
    except (*BROKEN, AttributeError):
        raise damaged() from None
    _check_names(archive, found)
    _check_tables(found)
    return found


def damaged(file: str = MANIFEST) -> InvalidInput:
    """What to say of a file that is not as it was written."""
    return InvalidInput(f"The file {file} in this zip is damaged or was changed after it was written; nothing was read "
                        "back. Use the zip as it was written, or another copy of it.")


def _content(archive: zipfile.ZipFile) -> dict:
    with archive.open(MANIFEST) as file:
        text = file.read(LONGEST_MANIFEST + 1)
    if len(text) > LONGEST_MANIFEST:
        raise ValueError("a manifest of this size is none")
    return json.loads(text)


def _table_file(content: dict) -> TableFile:
    sizes = [content["rows"], content["bytes"]]
    if not all(type(size) is int and size >= 0 for size in sizes):
        raise ValueError("a size that is none")
    columns = {str(name): str(kind) for name, kind in content["columns"].items()}
    return TableFile(str(content["table"]), *sizes, str(content["sha256"]), columns)


def _check_names(archive: zipfile.ZipFile, found: Manifest) -> None:
    names = [name for name in archive.namelist()
             if not any(part in _SYSTEM_FILES for part in PurePosixPath(name).parts)]
    ours = {file_name(table): table.name for table in TABLES}
    unknown = [name for name in found.files if ours.get(name) != found.files[name].table]
    strange = [name for name in names if name not in (MANIFEST, README, *found.files)]
    if unknown or strange or len(names) != len(set(names)):
        named = repr((unknown + strange + names)[0])
        raise InvalidInput(f"This zip holds a file that does not belong to a workspace ({named}); nothing was read back. "
                           "Use the zip as it was written.")
    missing = [name for name in found.files if name not in names]
    if missing:
        raise damaged(missing[0])


def _check_tables(found: Manifest) -> None:
    """Of the same schema every table and column must be there; an older one may lack some, none may have others."""
    is_older = found.revision != db.head()
    for table in TABLES:
        file = found.files.get(file_name(table))
        if file is None and is_older:
            continue
        ours, theirs = set(table.columns.keys()), set(file.columns) if file is not None else set()
        if theirs - ours or (ours - theirs and not is_older):
            raise InvalidInput(f"The columns of {file_name(table)} in this zip are not those of this version of the "
                               "program; nothing was read back. Use the version that wrote the zip, or another zip.")
