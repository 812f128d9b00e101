"""What is in the file? Unpacked bytes of a text or a workbook, within limits that a malicious file cannot
pass."""

import bz2
import gzip
import hashlib
import io
import lzma
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
_CHUNK = 2**20

_PACKED = {b"\x1f\x8b": gzip.open, b"\xfd7zXZ\x00": lzma.open, b"BZh": bz2.open}
# First bytes of files that people pick by mistake, with the words that help.
_FOREIGN = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls); save it as .xlsx or CSV",
    b"%PDF": "a PDF; export the table as CSV or .xlsx",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"SQLite format 3": "a SQLite database; export its table as CSV",
    b"PAR1": "a Parquet file; export it as CSV",
}


@dataclass(frozen=True)
class SourceFile:
    """A file as it came, unpacked. `is_workbook` says that `content` is an .xlsx, else it is text in some
    encoding."""

    name: str
    content: bytes
    is_workbook: bool
    sha256: str  # of the file as it came, packed


def open_source(file: str | Path | bytes | BinaryIO, *, file_name: str | None = None) -> SourceFile:
    """Read and unpack a file (.gz, .xz, .bz2, a .zip with one data file, .xlsx, or plain text).

    Raises NotFound when there is no such file; InvalidInput when it is empty, too large, damaged or no table
    at all.
    """
    packed, name = _read(file, file_name)
    if not packed:
        raise InvalidInput(f"“{name}” is empty (0 bytes).")
    for start, what in _FOREIGN.items():
        if packed.startswith(start):
            raise InvalidInput(f"“{name}” is {what}.")
    digest = hashlib.sha256(packed).hexdigest()
    try:
        content, is_workbook = _unpack(packed, name)
    except (OSError, EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, NotImplementedError):
        raise InvalidInput(
            f"“{name}” is damaged: it cannot be unpacked to its end. Fetch or export it again."
        ) from None
    if not content.strip():
        raise InvalidInput(f"“{name}” is empty: it holds no text.")
    return SourceFile(name, content, is_workbook, digest)


def _read(file: str | Path | bytes | BinaryIO, file_name: str | None) -> tuple[bytes, str]:
    if isinstance(file, (bytes, bytearray, memoryview)):
        content, name = bytes(file), printable(file_name or "the file")
    elif isinstance(file, (str, Path)):
        path = Path(file)
        name = printable(file_name or path.name)
        if not path.is_file():
            raise NotFound(f"There is no file “{printable(str(path))}”.")
        if path.stat().st_size > MAX_BYTES:
            raise too_large(name)
        content = path.read_bytes()
    else:
        content, name = file.read(MAX_BYTES + 1), printable(file_name or "the file")
    if len(content) > MAX_BYTES:
        raise too_large(name)
    return content, name


def _unpack(packed: bytes, name: str) -> tuple[bytes, bool]:
    if packed.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _unpack_zip(packed, name)
    for start, opener in _PACKED.items():
        if packed.startswith(start):
            with opener(io.BytesIO(packed)) as stream:
                return _inflate(stream, packed_bytes=len(packed), name=name), False
    return packed, False


def _unpack_zip(packed: bytes, name: str) -> tuple[bytes, bool]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        if "xl/workbook.xml" in archive.namelist():
            _check_size(
                sum(part.file_size for part in archive.infolist()), packed_bytes=len(packed), name=name
            )
            return packed, True
        files = [
            part
            for part in archive.infolist()
            if not part.is_dir()
            and not part.filename.startswith("__MACOSX/")
            and not Path(part.filename).name.startswith(".")
        ]
        if len(files) != 1:
            listed = ", ".join(Path(part.filename).name for part in files[:5])
            raise InvalidInput(
                f"“{name}” holds {len(files)} files ({listed or 'none'}); an archive must hold exactly "
                "one data file."
            )
        if files[0].flag_bits & 1:
            raise InvalidInput(f"“{name}” is protected by a password; unpack it first.")
        with archive.open(files[0]) as stream:
            content = _inflate(stream, packed_bytes=files[0].compress_size, name=name)
        inner = Path(files[0].filename).name
        if content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as workbook:
                _check_size(
                    sum(part.file_size for part in workbook.infolist()), packed_bytes=len(content), name=inner
                )
            return content, True
    return content, False


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
