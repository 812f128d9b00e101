"""What does a comment say, word by word? English and Chinese, also mixed in one comment.

HTML, links and addresses are no words. Written without blanks, Chinese is cut into words by rjieba.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from operator import itemgetter

from crm.analytics.comments import lexicon_english, stop_words
from crm.analytics.comments.lexicon_chinese import simplified
from crm.analytics.comments.word_lists import weighted

LONGEST_READ = 4_000  # characters: two pages; what was wrong has been said by then, and one pasted manual is not read for minutes
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
ENDS = frozenset(".!?;。\n")  # of a sentence
STOPS = ENDS | {",", ":", "、", "("}
SMILES = weighted({2.0: "😀 😃 😄 😁 😊 🙂 😍 🥰 😘 😎 🤩 👍 👏 🙌 💪 👌 🎉 ⭐ 🌟 ✨ 💯 ❤ 💕 💖 🌹 🌷 🥳 😋 🤗 🙏 ✅ :) :-) :d :-d ;) <3 ^^",
                   -2.0: "😞 😠 😡 🤬 😢 😭 😤 😒 🙁 ☹ 😣 😩 😫 👎 💔 🤮 🤢 💩 😖 😟 😕 🙄 ❌ :( :-( :/ :-/ :'("})
_TAGS = re.compile(r"<(script|style)\b.{0,4000}?</\1\s*>|<!--.{0,4000}?-->|</?[a-z][^<>]{0,2000}>", re.IGNORECASE | re.DOTALL)
_ADDRESSES = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+", re.IGNORECASE)
_PIECES = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+(?:['-][^\W_{HAN}]+)*|:'?-?[()d/](?!\w)|;-?\)|<3|\^\^|[.!?;,:。、(\n]|[\u2600-\u27bf\U0001f300-\U0001faff]")
_HAN_RUN = re.compile(rf"[{HAN}]")
_BLANKS = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """The pieces of one comment in small letters, punctuation and smileys among them: `words` with traditional characters
    as simplified ones, `shown` as they were written. language: "english", "chinese", "mixed", "other" or "none" (no words)."""

    words: tuple[str, ...]
    shown: tuple[str, ...]
    language: str


def cleaned(text: object) -> str:
    """The text without tags, links and addresses; "" for what is no text.

    >>> cleaned("Great &amp; <i>fast</i> https://shop.example/7")
    'Great & fast'
    """
    if not isinstance(text, str):
        return ""
    text = text[: 5 * LONGEST_READ]  # tags are long; what lies behind is never read
    if "<" in text or "&" in text:
        text = html.unescape(_TAGS.sub(" ", text))
    if "@" in text or "://" in text or "www." in text.lower():
        text = _ADDRESSES.sub(" ", text)
    return _BLANKS.sub(" ", text).strip()[:LONGEST_READ]


def pieces(text: str) -> list[str]:
    """Words, runs of Chinese, punctuation and smileys of a cleaned comment, in small letters."""
    return _PIECES.findall(_plain(text))


def folded(found: list[str]) -> str:
    """By what two comments count as the same: letters, numbers and smileys, in small letters.

    >>> folded(pieces("Great  quality!!")) == folded(pieces("great quality"))
    True
    """
    return " ".join([piece for piece in found if piece not in STOPS])


def read(text: str) -> Reading:
    """The words of a cleaned comment.

    >>> read("The lid doesn't fit. 质量很好").words
    ('the', 'lid', "doesn't", 'fit', '.', '质量', '很', '好')
    """
    return read_pieces(pieces(text))


def read_pieces(found: list[str]) -> Reading:
    """The same from its pieces."""
    words = shown = found
    plain = "".join(found)
    chinese = not plain.isascii() and _HAN_RUN.search(plain) is not None
    if chinese:
        words, shown = _cut(words)
    if "-" in plain:
        words, shown = _parted(words), _parted(shown)
    return Reading(tuple(words), tuple(shown), _language(words, chinese, plain.isascii()))


def is_chinese(word: str) -> bool:
    return "\u3400" <= word[0] <= "\u9fff" or "\uf900" <= word[0] <= "\ufaff"


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").replace("\u2018", "'")


def _cut(pieces: list[str]) -> tuple[list[str], list[str]]:
    """Runs of Chinese as words; beside them as they were written."""
    import rjieba

    words: list[str] = []
    shown: list[str] = []
    for piece in pieces:
        if not is_chinese(piece):
            words.append(piece)
            shown.append(piece)
            continue
        simple = simplified(piece)
        found = rjieba.cut(simple)
        words += found
        if simple == piece:
            shown += found
            continue
        place = 0
        for word in found:
            shown.append(piece[place : place + len(word)])
            place += len(word)
    return words, shown


def _parted(pieces: list[str]) -> list[str]:
    known = lexicon_english.tones()
    return [part for piece in pieces for part in (piece.split("-") if "-" in piece[1:] and piece not in known and piece[0].isalnum()
                                                  else (piece,))]


def _language(words: list[str], chinese: bool, ascii_only: bool) -> str:
    """Of the letters: which script, and in Latin letters whether other languages' small words are more than English ones."""
    latin = [word for word in words if word[0].isalpha() and not is_chinese(word)] if chinese else words
    if not ascii_only and any(_other_script(word) for word in latin):
        return "other"
    if chinese and not latin:
        return "chinese"
    if not stop_words.FOREIGN.isdisjoint(latin) and _more_foreign(latin):
        return "chinese" if chinese else "other"
    if chinese:
        return "mixed"
    return "english" if any(map(str.isalpha, map(itemgetter(0), words))) else "none"


def _more_foreign(latin: list[str]) -> bool:
    return sum(word in stop_words.FOREIGN for word in latin) > sum(word in stop_words.ENGLISH for word in latin)


def _other_script(word: str) -> bool:
    """Whether it begins with a letter beyond Latin ones: Cyrillic, Greek, Arabic, kana, Hangul."""
    return word[0] > "\u024f" and word[0].isalpha() and not unicodedata.name(word[0], "").startswith("LATIN")
