"""Are two spellings the same word, and how should it be written? Pure rules on texts; nothing is looked up."""

import re
import unicodedata

LETTERS_KEPT = 3  # a company's word of up to three capitals is an abbreviation: IBM, BP, HSE
_LEGAL_FORMS = {word.casefold(): word for word in (
    "GmbH", "AG", "KG", "UG", "SE", "OHG", "GbR", "Ltd", "Ltd.", "LLC", "LLP", "PLC", "Inc", "Inc.", "Corp", "Corp.",
    "BV", "B.V.", "NV", "N.V.", "SA", "S.A.", "SAS", "SARL", "SRL", "S.r.l.", "SpA", "Oy", "AB", "A/S", "ApS", "AS", "s.r.o.")}
_IN_NAMES = """af al bin da das de del della den der di do dos du el en la las le los of och ter the und van von y zu zum
zur"""
_PARTICLES = frozenset(_IN_NAMES.split())
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\"]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:[^\W\d_]{2,}|xn--[a-z0-9-]+)", re.IGNORECASE)
EMAIL_LIMIT = 254  # RFC 5321


def key(text: str) -> str:
    """Equal for spellings of one word: case, blanks, punctuation and accents on Latin letters do not count.

    >>> key("Web-Shop"), key("web  shop"), key("Zürich"), key("C++"), key("ガ") == key("カ")
    ('webshop', 'webshop', 'zurich', 'c++', False)
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not folded.isascii():
        # A mark on a letter of another script makes another letter of it.
        split = unicodedata.normalize("NFD", folded)
        folded = unicodedata.normalize("NFC", "".join(
            sign for place, sign in enumerate(split)
            if not (unicodedata.combining(sign) and place and split[place - 1].isascii())))
    return re.sub(r"[\s\-_.,'’´`/()]+", "", folded)


def tidy(text: str) -> str:
    """Without blanks at the ends and doubled ones inside; a line break stays one.

    >>> tidy("  Ada   Ample ")
    'Ada Ample'
    """
    return re.sub(r"[^\S\n]+", " ", re.sub(r"\s*\n\s*", "\n", text)).strip()


def may_hold_needless_blanks(text: str) -> bool:
    """A quick look before `tidy`: blanks at an end or doubled, or signs that are no print, as other blanks are."""
    return text[0] == " " or text[-1] == " " or "  " in text or not text.isprintable()


def spellings(counts: dict[str, int], same=key) -> dict[str, str]:
    """{spelling: the most frequent spelling of the same word}, for those that are not the most frequent.

    `same` gives what the spellings of one word have in common, None for a word that is left alone.

    >>> spellings({"Web shop": 40, "web shop": 3, "WEBSHOP": 1, "Phone": 9})
    {'web shop': 'Web shop', 'WEBSHOP': 'Web shop'}
    """
    groups: dict[str, list[str]] = {}
    for text in counts:
        common = same(text)
        if common:
            groups.setdefault(common, []).append(text)
    found = {}
    for texts in groups.values():
        if len(texts) > 1:
            best = min(texts, key=lambda text: (-counts[text], _oddness(text), text))
            found.update({text: tidy(best) for text in texts if text != best})
    return found


def recased(name: str, *, is_company: bool) -> str:
    """A name in all capitals or all small letters as it is usually written; any other stays as it is.

    >>> recased("ADA O'NEILL-VAN DER BERG", is_company=False), recased("ada ample", is_company=False)
    ("Ada O'Neill-van der Berg", 'Ada Ample')
    >>> recased("ACME TOOLS GMBH", is_company=True), recased("IBM", is_company=True), recased("adidas", is_company=True)
    ('Acme Tools GmbH', 'IBM', 'adidas')
    >>> recased("Ada Ample", is_company=False), recased("李雷", is_company=False)
    ('Ada Ample', '李雷')
    """
    words = _WORD.findall(name)
    if not (name.isupper() or name.islower()) or not any(len(word) > 1 for word in words):
        return name
    if any(sign.isdigit() for sign in name) or "@" in name or (is_company and len(words) < 2):
        return name
    pieces, first = re.split(r"(\s+|-)", name), True
    for place, piece in enumerate(pieces):
        if _WORD.search(piece):
            pieces[place] = _recased_word(piece, is_company=is_company, is_first=first, was_capital=name.isupper())
            first = False
    return "".join(pieces)


def is_email(text: str) -> bool:
    """Whether it has the shape of an address: name@domain.ending.

    >>> is_email("ada@example.com"), is_email("ada@example"), is_email("ada@@example.com"), is_email("a b@example.com")
    (True, False, False, False)
    """
    local = text.partition("@")[0]
    return (len(text) <= EMAIL_LIMIT and _EMAIL.fullmatch(text) is not None and ".." not in text
            and not local.startswith(".") and not local.endswith("."))


def mended_email(text: str) -> str | None:
    """The address that is meant where only its writing is wrong, else None.

    >>> mended_email("mailto: ada@example,com;"), mended_email("ada (at) example.com"), mended_email("ada@example")
    ('ada@example.com', 'ada@example.com', None)
    """
    bare = re.sub(r"(?i)^\s*(e-?mail|mailto)\s*:", "", text)
    inside = re.search(r"<([^<>]+)>", bare)
    bare = inside.group(1) if inside else bare
    bare = re.sub(r"(?i)\s*[(\[{]\s*at\s*[)\]}]\s*", "@", bare)
    bare = re.sub(r"\s+", "", bare).strip(".,;:<>()[]\"'").replace(",", ".").replace("@@", "@")
    bare = re.sub(r"\.{2,}", ".", bare)
    return bare if is_email(bare) else None


def _oddness(text: str) -> int:
    """Of equally frequent spellings, the one with a capital first and small letters after is the better one."""
    if text != tidy(text):
        return 3
    return 0 if text[:1].isupper() and not text.isupper() else 1 if text.isupper() else 2


def _recased_word(word: str, *, is_company: bool, is_first: bool, was_capital: bool) -> str:
    plain = word.casefold()
    if is_company and plain in _LEGAL_FORMS:
        return _LEGAL_FORMS[plain]
    if not is_first and plain in _PARTICLES:
        return plain
    if is_company and was_capital and sum(map(str.isalpha, word)) <= LETTERS_KEPT:
        return word
    # Letter after a stroke too: O'Neill; but not a genitive's: Ada's.
    small = word.lower()
    cased = _WORD.sub(lambda found: found.group()[0].upper() + found.group()[1:], small)
    cased = re.sub(r"(?<=\b[^\W\d_])(['’])([^\W\d_])(?=[^\W\d_])", lambda found: found[1] + found[2].upper(), cased)
    return re.sub(r"^Mc([a-z])(?=[a-z]{2})", lambda found: "Mc" + found[1].upper(), cased)
