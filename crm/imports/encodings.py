"""In which encoding is the text written? Told from all its bytes, line by line where one file mixes two."""

import codecs
import re
from collections import Counter
from collections.abc import Iterator

from crm.errors import InvalidInput

SAMPLE_BYTES = 256 * 1024  # thousands of lines; more changes no verdict
CHINESE_SHARE = 0.8  # of the two-byte signs lie in GB2312's square; Western accents before a letter never do
COMMON_SHARE = 0.5  # of them are everyday characters (its first half); “öß” is a pair of the square, but a rare one
BINARY_SHARE = 0.01  # more control characters than this no text has
LINES_JUDGED = 2_000  # lines beyond ASCII that decide; more change no verdict
SOUND_FOR_DAMAGED = 3  # sound characters in a line for a broken one: cut off UTF-8, not another encoding

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BY_LINE = ("utf-8", "gb18030", "cp1252")
_CONTROLS = bytes(sign for sign in range(32) if sign not in b"\t\n\r\x0b\x0c\x1a\x1c\x1d\x1e\x1f")
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_UTF8_SIGN = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
_BLOCK_BYTES = 2**16
_LINE_END = re.compile(rb"[\r\n]")
_DAMAGED = "\ufffd"


def _western(error: UnicodeDecodeError) -> tuple[str, int]:
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error("crm.western", _western)


def detect_encoding(content: bytes, *, name: str) -> str:
    """utf-8, utf-8-sig, utf-16 (-le, -be without a mark), utf-32, gb18030 or cp1252, that of most lines.

    Raises InvalidInput for binary data.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return encoding
    sample = content[:SAMPLE_BYTES]
    if b"\x00" in sample and (encoding := _utf16_without_mark(sample)) is not None:
        return encoding
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > BINARY_SHARE * len(sample):
        raise InvalidInput(f"“{name}” is no text: it holds binary data. Export the table as CSV or .xlsx.")
    if _is_utf8(content):
        return "utf-8"
    sound, broken = 0, []
    for start, end in _lines_beyond_ascii(content):
        line = content[start:end]
        if _is_utf8(line) or _is_damaged_utf8(line):
            sound += 1
        else:
            broken.append(line)
        if sound + len(broken) >= LINES_JUDGED:
            break
    if sound >= len(broken) and sound:
        return "utf-8"
    return "gb18030" if _looks_chinese(broken) else "cp1252"


def decode(content: bytes, *, encoding: str | None, name: str, whole: bytes | None = None) -> tuple[bytes, str, Counter]:
    """The text as UTF-8 without a mark, the encoding's name, and what was found, as counts.

    found: `lines_of_another_encoding` (a UTF-8 file's lines in CP1252 or GBK, say, which were read rightly) and
    `damaged_characters` (beyond repair, shown as �). `whole`: the file of which content is the beginning; it
    decides the encoding. Raises InvalidInput for binary data, and where the text is not in the encoding that
    was named.
    """
    chosen = encoding or detect_encoding(content if whole is None else whole, name=name)
    if chosen in ("utf-8", "utf-8-sig"):
        content = content.removeprefix(codecs.BOM_UTF8)
        if _is_utf8(content):
            return content, chosen, Counter()
    if encoding is not None:
        return _decode_strictly(content, encoding, name), chosen, Counter()
    if chosen in _BY_LINE:
        return _decode_lines(content, chosen)
    text = content.decode(chosen, errors="replace")
    return text.encode(errors="replace"), chosen, Counter(damaged_characters=text.count(_DAMAGED))


def _decode_strictly(content: bytes, encoding: str, name: str) -> bytes:
    try:
        return content.decode(encoding).encode(errors="replace")
    except UnicodeError as error:
        line = content[: getattr(error, "start", 0)].count(b"\n") + 1
        raise InvalidInput(
            f"“{name}” is not written in {encoding}: line {line:,} holds bytes that are no character there. "
            "Name another encoding.",
            field="encoding",
        ) from None


def _decode_lines(content: bytes, chosen: str) -> tuple[bytes, str, Counter]:
    """Decode what is mostly `chosen`, each line that is written otherwise in its own encoding."""
    if chosen == "gb18030" and (text := _decoded(content, chosen)) is not None:
        return text.encode(), chosen, Counter()
    if chosen == "cp1252" and _UTF8_SIGN.search(content) is None:
        text = content.decode(chosen, errors="replace")
        return text.encode(), chosen, +Counter(damaged_characters=text.count(_DAMAGED))
    found: Counter = Counter()
    other = _other_encoding(content) if chosen == "utf-8" else chosen
    pieces = []
    for start, end in _blocks(content):
        block = content[start:end]
        if chosen != "utf-8" or not _is_utf8(block):
            block = _decode_block(block, chosen, other, found)
        pieces.append(block)
    return b"".join(pieces), chosen, +found


def _decode_block(block: bytes, chosen: str, other: str, found: Counter) -> bytes:
    """Whole lines as UTF-8; what is found is added to `found`."""
    pieces, done = [], 0
    for start, end in _lines_beyond_ascii(block):
        line = block[start:end]
        if _is_utf8(line):
            found["lines_of_another_encoding"] += chosen != "utf-8"
            continue
        if _is_damaged_utf8(line):
            text = line.decode("utf-8", errors="replace")
        else:
            found["lines_of_another_encoding"] += chosen == "utf-8"
            is_western = other == "cp1252"
            text = line.decode("utf-8" if is_western else other, errors="crm.western" if is_western else "replace")
        found["damaged_characters"] += text.count(_DAMAGED)
        pieces += [block[done:start], text.encode()]
        done = end
    return b"".join([*pieces, block[done:]])


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _blocks(content: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of pieces that end where a line ends; most of a mixed file's are in one encoding."""
    start = 0
    while start < len(content):
        ended = _LINE_END.search(content, start + _BLOCK_BYTES)
        end = ended.end() if ended else len(content)
        yield start, end
        start = end


def _other_encoding(content: bytes) -> str:
    """What the lines of a UTF-8 text that are none are written in."""
    broken = []
    for start, end in _lines_beyond_ascii(content):
        line = content[start:end]
        if not _is_utf8(line) and not _is_damaged_utf8(line):
            broken.append(line)
        if len(broken) >= LINES_JUDGED:
            break
    return "gb18030" if _looks_chinese(broken) else "cp1252"


def _lines_beyond_ascii(content: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of every line that holds a byte beyond ASCII."""
    place = 0
    while (found := _BEYOND_ASCII.search(content, place)) is not None:
        start = max(content.rfind(b"\n", place, found.start()), content.rfind(b"\r", place, found.start())) + 1
        ended = _LINE_END.search(content, found.start())
        end = ended.start() if ended else len(content)
        yield max(start, place), end
        place = end


def _is_utf8(content: bytes) -> bool:
    return content.isascii() or _decoded(content, "utf-8") is not None


def _is_damaged_utf8(line: bytes) -> bool:
    text = line.decode("utf-8", errors="replace")
    damaged = text.count(_DAMAGED)
    sound = len(text) - len(text.encode("ascii", errors="ignore")) - damaged
    return sound >= SOUND_FOR_DAMAGED * damaged


def _utf16_without_mark(sample: bytes) -> str | None:
    """UTF-16 is told from its NULs: nearly all on one side of the pairs, with text between them."""
    sample = sample[: len(sample) // 2 * 2]
    if sample[1::2].count(0) >= sample[::2].count(0):
        encoding, nuls, others = "utf-16-le", sample[1::2].count(0), sample[::2].count(0)
    else:
        encoding, nuls, others = "utf-16-be", sample[::2].count(0), sample[1::2].count(0)
    if others > BINARY_SHARE * nuls:
        return None
    text = sample.decode(encoding, errors="replace")
    controls = sum(sign < " " and sign not in "\t\r\n" for sign in text)
    is_text = controls + text.count(_DAMAGED) <= BINARY_SHARE * len(text)
    return encoding if is_text and any(sign in text for sign in "\r\n,;\t") else None


def _looks_chinese(lines: list[bytes]) -> bool:
    content = b"\n".join(lines)
    sound = content.decode("gb18030", errors="replace")
    pairs = _PAIR.findall(content, 0, 4 * SAMPLE_BYTES)
    if sound.count(_DAMAGED) > len(pairs) * (1 - CHINESE_SHARE):
        return False
    square = sum(pair[0] >= 0xA1 and pair[1] >= 0xA1 for pair in pairs)
    common = sum(0xA1 <= pair[0] <= 0xD7 and pair[1] >= 0xA1 for pair in pairs)
    return square >= CHINESE_SHARE * len(pairs) and common >= COMMON_SHARE * len(pairs)
