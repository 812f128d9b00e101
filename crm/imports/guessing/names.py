"""Which of our fields may a column's name mean? Known names first, then spellings that come close."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz, process

from crm.imports.vocabulary import NAMES, normalised

NAME, SIMILAR = "name", "similar_name"
_EXACT, _SPELT_OUT, _CLOSE, _QUALIFIED = 1.0, 0.9, 0.85, 0.8

CLOSE_ENOUGH = 90  # of 100: one letter wrong in ten; known names such as "country" and "county" are told apart before
_SHORTEST = 8  # shorter names differ by a letter and mean another thing (contact, contract; revenu, revenue)

_SHORT_FORMS = {
    "cust": "customer", "cstmr": "customer", "cli": "client", "acct": "account", "acc": "account", "nr": "number",
    "no": "number", "num": "number", "nbr": "number", "qty": "quantity", "qnty": "quantity", "amt": "amount",
    "dt": "date", "ord": "order", "inv": "invoice", "prod": "product", "desc": "description", "descr": "description",
    "addr": "address", "cat": "category", "ctry": "country", "disc": "discount", "curr": "currency", "tel": "phone",
    "telephone": "phone", "mail": "email", "opp": "opportunity", "oppty": "opportunity", "prob": "probability",
    "pmt": "payment", "pay": "payment", "fname": "first name", "lname": "last name", "ident": "id", "identifier": "id",
    "key": "id", "uid": "id", "cmpny": "company", "org": "organization", "resp": "response", "tkt": "ticket",
    "prio": "priority",
}
# Words before a name that say only whose it is, which the kind of file says already.
_QUALIFIERS = {
    "customers": ("customer", "client", "contact", "billing", "lead", "member", "user", "default", "primary", "person",
                  "main", "work", "business", "associated", "address"),
    "order_lines": ("order", "customer", "client", "billing", "buyer", "lineitem", "line", "item", "contact"),
    "orders": ("order", "customer", "client", "billing", "buyer", "contact"),
    "products": ("product", "item", "article", "variant"),
    "payments": ("payment", "customer", "client"),
    "deals": ("deal", "opportunity", "customer", "client", "associated"),
    "tickets": ("ticket", "case", "customer", "client", "complaint", "incident", "associated"),
    "interactions": ("interaction", "activity", "contact", "customer", "client", "call"),
    "answers_long": ("survey", "response", "customer", "client"),
    "answers_wide": ("survey", "response", "customer", "client"),
    "campaign_results": ("campaign", "customer", "client", "contact"),
}


@dataclass(frozen=True)
class Meaning:
    """A field that a name may mean. `likeness` 0..1, `place` of the known name among its synonyms, best first."""

    ours: str
    likeness: float
    why: str
    place: int


def meanings_of(name: str, *, kind: str) -> list[Meaning]:
    """The fields of that kind that the name may mean; a known name means one alone, or nothing closer is sought."""
    exact = _known(kind).get(normalised(name), [])
    if exact:
        return [Meaning(ours, _EXACT, NAME, place) for ours, place in exact]
    words = _words(name)
    spelt_out = _spelt_out(kind)
    found: dict[str, Meaning] = {}
    for likeness, part in ((_SPELT_OUT, words), (_QUALIFIED, _without_qualifier(words, kind)),
                           (_QUALIFIED, words[:-1] if words[-1:] == ["1"] else [])):
        for ours, place in spelt_out.get("".join(part), []):
            found.setdefault(ours, Meaning(ours, likeness, SIMILAR, place))
    for known, likeness in _close(normalised(name), kind):
        for ours, place in _known(kind)[known]:
            found.setdefault(ours, Meaning(ours, likeness, SIMILAR, place))
    return list(found.values())


@cache
def _known(kind: str) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for ours, names in NAMES[kind].items():
        for place, name in enumerate(dict.fromkeys(map(normalised, names))):
            found.setdefault(name, []).append((ours, place))
    return found


@cache
def _spelt_out(kind: str) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for ours, names in NAMES[kind].items():
        for place, name in enumerate(names):
            found.setdefault("".join(_words(name)), []).append((ours, place))
    return found


def _words(name: str) -> list[str]:
    """
    >>> _words("cust_mail"), _words("ProdDesc")
    (['customer', 'email'], ['product', 'description'])
    """
    plain = re.sub(r"\(.*?\)|\[.*?\]", " ", unicodedata.normalize("NFKC", name))
    parts = re.findall(r"\d+|[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain).casefold())
    return " ".join(_SHORT_FORMS.get(part, part) for part in parts).split()


def _without_qualifier(words: list[str], kind: str) -> list[str]:
    left = words
    while len(left) > 1 and left[0] in _QUALIFIERS[kind]:
        left = left[1:]
    return left if left != words else []


def _close(name: str, kind: str) -> list[tuple[str, float]]:
    if not name.isascii():
        return _chinese(name, kind)
    if len(name) < _SHORTEST:
        return []
    digits = re.sub(r"\D", "", name)
    near = process.extract(name, list(_known(kind)), scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH, limit=3)
    return [(known, _CLOSE * score / 100) for known, score, _ in near
            if len(known) >= _SHORTEST and known[0] == name[0] and re.sub(r"\D", "", known) == digits]


def _chinese(name: str, kind: str) -> list[tuple[str, float]]:
    """Chinese names say what they are at the end, and repeat themselves before it (客户邮箱地址, 下单客户姓名)."""
    held = [known for known in _known(kind) if not known.isascii() and 2 * len(known) >= len(name) > len(known) >= 2
            and (name.endswith(known) or name.startswith(known))]
    held.sort(key=lambda known: (not name.endswith(known), -len(known)))
    return [(known, _QUALIFIED) for known in held[:1]]
