"""What is in the file? Unpacked bytes and their form, within limits that a malicious file cannot pass."""

import bz2
import gzip
import hashlib
import io
import lzma
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from crm.errors import InvalidInput, NotFound

MAX_BYTES = (
    512 * 2**20
)  # some 5 million order lines; more would not fit the memory of a small laptop when read
MAX_RATIO = 250  # CSV shrinks 5 to 30 times; a bomb shrinks a thousand times
RATIO_COUNTS_FROM = 32 * 2**20  # a small file of equal lines may well shrink 1000 times and harms nobody
MAX_FILES = 100  # of an archive; more are not one export
_CHUNK = 2**20

FORMS = ("text", "xlsx", "xls", "ods", "jsonl", "parquet")
WORKBOOKS = ("xlsx", "xls", "ods")

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PACKED = {b"\x1f\x8b": gzip.open, b"\xfd7zXZ\x00": lzma.open, b"BZh": bz2.open}
_FORMS_BY_START = {b"\xd0\xcf\x11\xe0": "xls", b"PAR1": "parquet"}
# First bytes of files that people pick by mistake, with the words that help.
_FOREIGN = {
    b"%PDF": "a PDF; export the table as CSV or .xlsx",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"SQLite format 3": "a SQLite database; connect it as a database, or export its table as CSV",
    b"Rar!": "a RAR archive; unpack it first",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive; unpack it first",
    b"{\\rtf": "a text document; export the table as CSV or .xlsx",
}
# Parts of a zip that tell a document which is no workbook that can be read here.
_FOREIGN_PARTS = {
    "xl/workbook.bin": "a binary Excel workbook (.xlsb); save it as .xlsx or CSV",
    "word/document.xml": "a text document; export the table as CSV or .xlsx",
    "ppt/presentation.xml": "a presentation; export the table as CSV or .xlsx",
}
_WEB_PAGE = re.compile(rb"(?i)<(?:!doctype|html|head|meta|table|\?xml)[\s>]")
_JSON = re.compile(r'\s*(?:\{\s*(?:"|\})|\[\s*(?:\{|\]))')
_TAR = slice(257, 262)
_DAMAGE = (
    OSError,
    EOFError,
    lzma.LZMAError,
    zlib.error,
    zipfile.BadZipFile,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
    struct.error,
)


@dataclass(frozen=True)
class SourceFile:
    """A file as it came, unpacked. `form` is one of FORMS and says how `content` is to be read."""

    name: str
    content: bytes
    form: str
    sha256: str  # of the file as it came, packed; of an archive's member: of its own bytes


def open_source(file: str | Path | bytes | BinaryIO, *, file_name: str | None = None) -> SourceFile:
    """The one data file of `open_sources`. Raises InvalidInput, too, when an archive holds several."""
    sources = open_sources(file, file_name=file_name)
    if len(sources) != 1:
        name = _name_of(file, file_name)
        raise _wrong_number(name, [source.name for source in sources])
    return sources[0]


def open_sources(file: str | Path | bytes | BinaryIO, *, file_name: str | None = None) -> list[SourceFile]:
    """Read and unpack a file: text, a workbook, JSON lines or Parquet, plain or in .gz, .xz, .bz2 or .zip.

    A zip gives one source for each of its data files, in its sequence, under their names without folders; a zip with
    one data file keeps the zip's own name. Nothing is written to disk. Raises NotFound when there is no such file;
    InvalidInput when it is empty, too large, damaged, protected, changing, an archive within an archive, or no table
    at all.
    """
    packed, name = _read(file, file_name)
    if not packed:
        raise InvalidInput(f"“{name}” is empty (0 bytes).")
    try:
        if packed.startswith(_ZIP) and (archived := _unpack_zip(packed, name)) is not None:
            if len(archived) > 1:
                return [_member(inner, content) for inner, content in archived]
            content = archived[0][1]
        else:
            content = _unpack_stream(packed, name)
        form = form_of(content, name=name)
    except _DAMAGE:
        raise InvalidInput(
            f"“{name}” is damaged: it cannot be unpacked to its end. Fetch or export it again."
        ) from None
    if not content.strip():
        raise InvalidInput(f"“{name}” is empty: it holds no text.")
    return [SourceFile(name, content, form, hashlib.sha256(packed).hexdigest())]


def form_of(content: bytes, *, name: str) -> str:
    """One of FORMS, told from the bytes. Raises InvalidInput for what is known to be something else."""
    for start, what in _FOREIGN.items():
        if content.startswith(start):
            raise InvalidInput(f"“{name}” is {what}.")
    for start, form in _FORMS_BY_START.items():
        if content.startswith(start):
            return form
    if content.startswith(_ZIP):
        form = _workbook_form(content, name)
        if form is None:
            raise _nested(name)
        return form
    if content.startswith(tuple(_PACKED)):
        raise _nested(name)
    if content[_TAR] == b"ustar":
        raise InvalidInput(f"“{name}” holds a tar archive; unpack it first.")
    beginning = content[:4096].lstrip()
    if _WEB_PAGE.match(beginning.removeprefix(b"\xef\xbb\xbf")):
        raise InvalidInput(
            f"“{name}” is a web page or XML, whatever its name says; open it in the spreadsheet program and save it "
            "as .xlsx or CSV."
        )
    encoding = "utf-16" if beginning[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return "jsonl" if _JSON.match(beginning.decode(encoding, errors="ignore")) else "text"


def _name_of(file: str | Path | bytes | BinaryIO, file_name: str | None) -> str:
    given = file_name or (Path(file).name if isinstance(file, (str, Path)) else "the file")
    return printable(given)


def _read(file: str | Path | bytes | BinaryIO, file_name: str | None) -> tuple[bytes, str]:
    name = _name_of(file, file_name)
    if isinstance(file, (bytes, bytearray, memoryview)):
        content = bytes(file)
    elif isinstance(file, (str, Path)):
        content = _read_path(Path(file), name)
    else:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise too_large(name)
    return content, name


def _read_path(path: Path, name: str) -> bytes:
    if not path.is_file():
        raise NotFound(f"There is no file “{printable(str(path))}”.")
    before = path.stat()
    if before.st_size > MAX_BYTES:
        raise too_large(name)
    try:
        content = path.read_bytes()
        after = path.stat()
    except OSError as error:
        reason = printable(error.strerror or "no reason is known")
        raise InvalidInput(f"“{name}” cannot be opened: {reason}.") from None
    # Half of an export that is still being written would look like a whole one.
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(content) != after.st_size:
        raise InvalidInput(
            f"“{name}” was changed while it was read, so nothing of it was taken; wait until it is complete and "
            "read it again."
        )
    return content


def _unpack_stream(packed: bytes, name: str) -> bytes:
    for start, opener in _PACKED.items():
        if packed.startswith(start):
            with opener(io.BytesIO(packed)) as stream:
                return _inflate(stream, packed_bytes=len(packed), name=name)
    return packed


def _unpack_zip(packed: bytes, name: str) -> list[tuple[str, bytes]] | None:
    """Names and contents of an archive's data files, or None where the zip is a workbook."""
    if _workbook_form(packed, name) is not None:
        return None
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        parts = [
            part
            for part in archive.infolist()
            if part.filename and not part.is_dir()
            and not part.filename.startswith("__MACOSX/")
            and not _base_name(part).startswith(".")
        ]
        if not 1 <= len(parts) <= MAX_FILES:
            raise _wrong_number(name, [_base_name(part) for part in parts])
        if any(part.flag_bits & 1 for part in parts):
            raise InvalidInput(f"“{name}” is protected by a password; unpack it first.")
        files, taken = [], 0
        for part in parts:
            with archive.open(part) as stream:
                content = _inflate(stream, packed_bytes=part.compress_size, name=name)
            taken += len(content)
            if taken > MAX_BYTES:
                raise too_large(name)
            files.append((_base_name(part), content))
    return list(zip(_different([inner for inner, _ in files]), [content for _, content in files], strict=True))


def _member(name: str, content: bytes) -> SourceFile:
    """One of several files of an archive. What cannot be read says so when it is read, and bars no other file."""
    try:
        form = form_of(content, name=name)
    except InvalidInput:
        if content.startswith((*_ZIP, *_PACKED)):
            raise
        form = "text"
    return SourceFile(name, content, form, hashlib.sha256(content).hexdigest())


def _workbook_form(content: bytes, name: str) -> str | None:
    """xlsx or ods, None for an archive of other files; within the limits of what is unpacked."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.namelist()
        form = None
        if "xl/workbook.xml" in parts:
            form = "xlsx"
        elif {"mimetype", "content.xml"} <= set(parts):
            with archive.open("mimetype") as stream:
                if b"spreadsheet" not in stream.read(200):
                    raise InvalidInput(f"“{name}” is a text document; export the table as CSV or .ods.")
            form = "ods"
        elif "encrypted-package" in parts:
            raise InvalidInput(f"“{name}” is protected by a password; save it without one.")
        for part, what in _FOREIGN_PARTS.items():
            if part in parts and form is None:
                raise InvalidInput(f"“{name}” is {what}.")
        if form is not None:
            _check_size(sum(part.file_size for part in archive.infolist()), packed_bytes=len(content), name=name)
    return form


def _base_name(part: zipfile.ZipInfo) -> str:
    """A member's name without its folders, wherever these point to."""
    name = part.filename
    if not part.flag_bits & 0x800:
        try:
            # Many programs write UTF-8 names without saying so.
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = part.filename
    return printable(re.split(r"[/\\]", name)[-1]) or "the file"


def _different(names: list[str]) -> list[str]:
    """Equal names of different folders told apart.

    >>> _different(["a.csv", "b.csv", "a.csv"])
    ['a.csv', 'b.csv', 'a.csv (2)']
    """
    given: list[str] = []
    for name in names:
        wanted, times = name, 1
        while wanted in given:
            times += 1
            wanted = f"{name} ({times})"
        given.append(wanted)
    return given


def _inflate(stream: BinaryIO, *, packed_bytes: int, name: str) -> bytes:
    """Unpack chunk by chunk, so that a bomb is refused long before it fills the memory."""
    unpacked = io.BytesIO()
    while chunk := stream.read(_CHUNK):
        unpacked.write(chunk)
        _check_size(unpacked.tell(), packed_bytes=packed_bytes, name=name)
    return unpacked.getvalue()


def _check_size(unpacked_bytes: int, *, packed_bytes: int, name: str) -> None:
    if unpacked_bytes > MAX_BYTES:
        raise too_large(name)
    if unpacked_bytes > RATIO_COUNTS_FROM and unpacked_bytes > MAX_RATIO * max(packed_bytes, 1):
        raise InvalidInput(
            f"“{name}” unpacks to more than {MAX_RATIO} times its size; no real table does, so it was "
            "not read. Unpack it yourself if you trust it."
        )


def _wrong_number(name: str, inner: list[str]) -> InvalidInput:
    listed = ", ".join(inner[:5]) + (" …" if len(inner) > 5 else "")
    if len(inner) > MAX_FILES:
        return InvalidInput(
            f"“{name}” holds {len(inner):,} files ({listed}); at most {MAX_FILES} are read at once. Split it."
        )
    return InvalidInput(
        f"“{name}” holds {len(inner)} files ({listed or 'none'}); an archive must hold exactly one data file."
    )


def _nested(name: str) -> InvalidInput:
    return InvalidInput(f"“{name}” holds an archive within the archive; unpack it first.")


def too_large(name: str) -> InvalidInput:
    """What to say of a file that holds more than is read at once."""
    return InvalidInput(
        f"“{name}” holds more than {MAX_BYTES // 2**20} MB of data, the most that is read at once; "
        "split it into several files. Lines that overlap are recognised."
    )


def too_many_lines(name: str, *, most: int) -> InvalidInput:
    """What to say of a table that is longer than is read at once."""
    return InvalidInput(
        f"“{name}” holds more than {most:,} lines; split it into several files. Lines that overlap are "
        "recognised."
    )


def too_many_columns(name: str, *, columns: int, most: int) -> InvalidInput:
    """What to say of a table that is wider than is read."""
    return InvalidInput(f"“{name}” has {columns:,} columns; at most {most:,} are read.")


def printable(name: str) -> str:
    r"""A file's name as text that can be shown and stored: bytes that are no UTF-8 and NUL show as �.

    >>> printable("caf\udce9.csv")
    'caf�.csv'
    """
    try:
        # What the operating system could not decode stands in the name as surrogates, one a byte.
        written = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        written = name.encode("utf-8", "replace")
    return written.decode("utf-8", "replace").replace("\x00", "\ufffd")
