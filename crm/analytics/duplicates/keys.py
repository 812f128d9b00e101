"""In which form are two names, numbers or addresses equal when people would take them for the same?"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers

_MARKS = re.compile("[\u0300-\u036f]")  # accents of Latin, Greek and Cyrillic; Japanese and Arabic ones make other letters
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})
_WORDS = re.compile(r"[^\W_]+")
_UMLAUTS = re.compile(r"(?<=[aou])e(?=[^aeiouy])")  # Mueller is Müller
_DOTTED = re.compile(r"\b(?:\w\.){2,}")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_DIGITS = re.compile(r"\d+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TITLES = _set(
    "mr mrs ms miss mx dr prof professor herr herrn frau mme mlle monsieur madame senor senora sig signor signora pan "
    "pani dipl ing mag med phil dhr mevr fam familie family")
CJK_TITLES = ("先生", "女士", "小姐", "さん", "様")
# What a firm adds to its name; the short ones are also names of people, so they count only in capitals or in a firm's.
FORMS = _set(
    "gmbh mbh ltd limited llc llp plc inc incorporated corp corporation sarl sasu srl sro ohg gbr kgaa eirl oyj aps asa "
    "pty pvt pte doo zoo eood kft")
SHORT_FORMS = _set("ag kg ug sa sas spa sl bv nv oy ab as se co cie sp z oo company ev ek eg")
CJK_FORMS = re.compile("股份有限公司|有限责任公司|有限公司|公司|株式会社|有限会社|合同会社|주식회사|\\(株\\)|\\(有\\)")
# Written where nothing is known; they say nothing about who somebody is.
NO_NAMES = frozenset(("unknown", "unbekannt", "anonymous", "anonym", "guest", "gast", "test", "none", "noname", "nobody",
                      "customer", "kunde", "client", "na"))
# The firm's mailbox, not a person's.
ROLES = _set(
    "info office kontakt contact contacto mail email hello hallo sales vertrieb order orders bestellung service support "
    "admin accounting accounts buchhaltung rechnung invoice invoices billing einkauf purchasing team shop post "
    "reception noreply test none unknown")
_STREETS = _set("street st strasse str road rd avenue ave lane ln drive dr boulevard blvd place pl platz square sq "
                "court ct way weg rue calle via ulica ul c")
_STREET_ENDS = re.compile(r"(?<=\w{3})(strasse|str)$")
TAIL = 8  # digits of a number that are the same however its country and area are written


def fold(text: str | None) -> str:
    """Casefolded, without accents, blanks collapsed.

    >>> fold("  Zoë  STRAßE "), fold("ゆずき")
    ('zoe strasse', 'ゆずき')
    """
    if not text:
        return ""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(unicodedata.normalize("NFC", _MARKS.sub("", plain)).translate(_LETTERS).split())


def name_words(text: str | None, *, is_company: bool = False) -> tuple[str, ...]:
    """The words of a name, given name first where a comma says so; titles and legal forms left out; () says nothing.

    >>> name_words("Dr. Müller, Zoë"), name_words("Mueller Zoe"), name_words("Blue Kettle GmbH & Co. KG")
    (('zoe', 'muller'), ('muller', 'zoe'), ('blue', 'kettle'))
    >>> name_words("灯笼小禾"), name_words("上海茶壶贸易有限公司"), name_words("  n/a ")
    (('灯', '笼小禾'), ('上海茶壶贸易',), ())
    """
    folded = fold(text)
    if not folded.isascii():
        folded = CJK_FORMS.sub(" ", folded)
        for title in CJK_TITLES:
            folded = folded.removesuffix(title)
    folded = folded.replace("'", "").replace("’", "")
    folded = _DOTTED.sub(_joined_form, folded)
    head, comma, tail = folded.partition(",")
    if comma and "," not in tail and not is_company and not set(_WORDS.findall(tail)) & FORMS:
        folded = f"{tail} {head}"
    found = _WORDS.findall(folded)
    words = [word for word in found if word not in TITLES] or found
    words = _without_forms(words, text or "", is_company)
    glued = "".join(words)
    if glued in NO_NAMES or glued.isdigit() or not glued:
        return ()
    if _CJK.fullmatch(glued):
        # Chinese names: one sign for the family, the rest for the person; longer ones cannot be told apart.
        return (glued[0], glued[1:]) if 2 <= len(glued) <= 4 and not is_company else (glued,)
    return tuple(_UMLAUTS.sub("", word) for word in words)


def _joined_form(found: re.Match) -> str:
    joined = found.group().replace(".", "")
    return f"{joined} " if joined in FORMS or joined in SHORT_FORMS else found.group()


def _without_forms(words: list[str], text: str, is_company: bool) -> list[str]:
    kept = [word for word in words if word not in FORMS]
    is_company = is_company or len(kept) < len(words)
    capitals = set(re.findall(r"\b[A-Z]{2,}\b", text)) if not text.isupper() else set()
    while kept and kept[-1] in SHORT_FORMS and (is_company or kept[-1].upper() in capitals):
        kept.pop()
        is_company = True
    return kept or words


def email_forms(text: str | None) -> tuple[str, str, str]:
    """The address, its mailbox (Gmail's dots and everybody's +tags left out) and its part before the @; "" unknown.

    >>> email_forms(" Ada.Ample+shop@GoogleMail.com ")
    ('ada.ample+shop@googlemail.com', 'adaample@gmail.com', 'ada.ample')
    >>> email_forms("none")
    ('', '', '')
    """
    whole = unicodedata.normalize("NFKC", text or "").casefold().strip().removeprefix("mailto:")
    local, _, domain = whole.rpartition("@")
    if not local or "." not in domain:
        return "", "", ""
    plain = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        return whole, f"{plain.replace('.', '')}@gmail.com", plain
    return whole, f"{plain}@{domain}", plain


def phone_forms(text: str | None, region: str | None) -> tuple[str, str]:
    """The whole number with its country ("" where that is not known) and its last digits; `region` is ISO 3166.

    >>> phone_forms("030 / 123 45 67", "DE"), phone_forms("+49 (0)30 1234567", None), phone_forms("030 1234567", None)
    (('49301234567', '01234567'), ('49301234567', '01234567'), ('', '01234567'))
    """
    if not text:
        return "", ""
    digits = "".join(_DIGITS.findall(text))
    if len(digits.lstrip("0")) < 6 or len(set(digits)) < 3:
        return "", ""  # an extension alone, or a number that somebody typed to get past a form
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return "", digits[-TAIL:]
    whole = f"{number.country_code}{'0' if number.italian_leading_zero else ''}{number.national_number}"
    extension = f"x{number.extension}" if number.extension else ""
    tail = whole[-TAIL:] + extension
    return (whole + extension, tail) if phonenumbers.is_possible_number(number) else ("", tail)


def street_forms(text: str | None) -> tuple[str, str]:
    """The street's words and the numbers in it, each in one sequence.

    >>> street_forms("Krugstraße 12 b"), street_forms("12b Krug Str."), street_forms("Flat 4, 12 High Street")
    (('krug', '12b'), ('krug', '12b'), ('flat high', '12 4'))
    """
    folded = re.sub(r"(\d+)\s+([a-z])\b", r"\1\2", fold(text))
    words, numbers = [], []
    for word in _WORDS.findall(folded):
        if word[0].isdigit():
            numbers.append(word)
        elif (plain := _STREET_ENDS.sub("", word)) not in _STREETS:
            words.append(_UMLAUTS.sub("", plain))
    return " ".join(sorted(words)), " ".join(sorted(numbers))


def place_form(text: str | None) -> str:
    """A postal code, town or country without blanks and signs.

    >>> place_form(" sw1a 1aa"), place_form("Saint-Théière")
    ('sw1a1aa', 'sainttheiere')
    """
    return "".join(_WORDS.findall(fold(text)))


def skeleton(word: str) -> str:
    """What is heard of a word: its first letter and its consonants, doubled ones once; others' scripts as they are.

    >>> skeleton("kesselbrook"), skeleton("keselbrock")
    ('kslbrk', 'kslbrk')
    """
    if not word.isascii() or len(word) < 3:
        return word
    heard = word.replace("ph", "f").replace("ck", "k").replace("c", "k").replace("z", "s").replace("th", "t")
    rest = re.sub(r"[aeiouyhw]", "", heard[1:])
    return re.sub(r"(.)\1+", r"\1", heard[0] + rest)


@lru_cache(maxsize=4096)
def region_of(country: str | None) -> str | None:
    """The ISO 3166 code of a country written in any large language, or as a code.

    >>> region_of("Deutschland"), region_of("uk"), region_of("中国"), region_of("Atlantis")
    ('DE', 'GB', 'CN', None)
    """
    return _regions().get(place_form(country)) if country else None


@lru_cache(maxsize=1)
def _regions() -> dict[str, str]:
    from phonenumbers.geodata.locale import LOCALE_DATA  # half a second, and only needed for countries' names

    known = {"uk": "GB", "greatbritain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "usa": "US",
             "unitedstatesofamerica": "US", "holland": "NL", "czechrepublic": "CZ", "eire": "IE", "korea": "KR"}
    for region in sorted(LOCALE_DATA):
        known.setdefault(region.lower(), region)
        for name in LOCALE_DATA[region].values():
            if not name.startswith("*"):  # a star leads to another language's name
                known.setdefault(place_form(name), region)
    return known
