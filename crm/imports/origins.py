"""Where do the lines come from? A file, one of several in an archive, or a table of another database."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from crm.errors import NotFound
from crm.imports import databases, tables
from crm.imports.detection import FileFormat
from crm.imports.files import SourceFile, open_sources, printable
from crm.imports.steps import Steps
from crm.imports.tables import Table

KEPT_BYTES = 128 * 2**20  # of the file opened last: it is looked at, rehearsed and brought in one after another
_kept: dict[tuple, list[SourceFile]] = {}

HEAD_LINES = 1_000  # what a guess looks at; more changes no verdict


@dataclass(frozen=True)
class Origin:
    """A file (`member` counts from 0 inside an archive), or a table or query of another database.

    `database` is a name of secrets.toml's connections or a SQLite file's path.
    """

    name: str
    file: Path | bytes | None = None
    member: int = 0
    database: str | None = None
    table_name: str | None = None
    query: str | None = None

    def head(self, asked: FileFormat | None = None) -> Table:
        """The first lines. Raises CrmError for what cannot be read."""
        if self.database is not None:
            return databases.head(self.database, table_name=self.table_name, query=self.query, lines=HEAD_LINES)
        return tables.read_head(self._source(), asked=asked, lines=HEAD_LINES)

    def read(self, asked: FileFormat, steps: Steps) -> tuple[Table, str | None]:
        """All lines, and the SHA-256 of the file they came in. Raises CrmError for what cannot be read."""
        if self.database is not None:
            return databases.read(self.database, table_name=self.table_name, query=self.query, steps=steps), None
        source = self._source()
        steps.at(0.05, "reading")
        return tables.read_table(source, asked=asked, steps=steps), source.sha256

    def sheets(self) -> list[str]:
        """The sheets of a workbook, nothing for what has none."""
        return [] if self.database is not None else tables.sheets(self._source())

    def _source(self) -> SourceFile:
        sources = _opened(self.file, self.name)
        if self.member >= len(sources):
            raise NotFound(f"“{self.name}” does not hold that file any more; choose it again.")
        return sources[self.member]


def of_file(file: str | Path | bytes | BinaryIO, *, file_name: str | None = None) -> list[Origin]:
    """One origin a data file, several for an archive that holds several. Raises NotFound and InvalidInput."""
    if not isinstance(file, (str, Path, bytes)):
        file = bytes(file) if isinstance(file, (bytearray, memoryview)) else file.read()
    kept = Path(file) if isinstance(file, str) else file
    name = printable(file_name or (kept.name if isinstance(kept, Path) else "the file"))
    sources = _opened(kept, name)
    if len(sources) == 1:
        return [Origin(name, kept)]
    return [Origin(source.name, kept, member=place) for place, source in enumerate(sources)]


def _opened(file: Path | bytes, name: str) -> list[SourceFile]:
    """The file unpacked; the last one is kept as long as it stays as it is."""
    if not isinstance(file, Path) or not file.is_file():
        return open_sources(file, file_name=name)
    stated = file.stat()
    key = (str(file), stated.st_mtime_ns, stated.st_size, name)
    sources = _kept.get(key)
    if sources is None:
        sources = open_sources(file, file_name=name)
        _kept.clear()
        if sum(len(source.content) for source in sources) <= KEPT_BYTES:
            _kept[key] = sources
    return sources
