"""Who belongs to whom? People to their company, subsidiaries to their parent, by what is written with them.

A company that several customers name and that is no customer itself becomes a hub: a node of its own, with a number below
zero, so that its people are seen together.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

NOBODY, SEVERAL = 0, -1  # whom a written name fits, where it is not one customer
LINK_COLUMNS = ["from_id", "to_id", "kind"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# What a firm adds to its name and people leave out again; only at its end, and never the whole name.
_LEGAL_FORMS = _set(
    "gmbh mbh ag kg ug ohg gbr se ev ek eg kgaa ltd limited llc llp plc inc incorporated corp corporation co cie company "
    "sarl sas sasu sa sl spa srl sro oy oyj ab as asa aps bv nv pty pvt pte doo sp z o oo zoo kft eood and und et")
_CJK_FORMS = re.compile("股份有限公司|有限责任公司|有限公司|公司|株式会社|有限会社|合同会社|주식회사")
_ACCENTS = re.compile("[\u0300-\u036f]")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")  # G.m.b.H., S.A.
_WORDS = re.compile(r"[^\W_]+")
# Written where there is no company; whoever shares it shares nothing.
_NO_COMPANY = _set(
    "na none no nil null unknown unbekannt private privat privatkunde individual person self selfemployed freelance "
    "freelancer home test tbd keine ohne nocompany other")


def company_key(text: str | None) -> str:
    """In which form two spellings of a company are one; "" where none is named.

    >>> company_key("Blue Kettle GmbH & Co. KG"), company_key(" BLUE-KETTLE "), company_key("Müller S.A.")
    ('bluekettle', 'bluekettle', 'muller')
    >>> company_key("n/a"), company_key("Company"), company_key("上海茶壶有限公司")
    ('', 'company', '上海茶壶')
    """
    words = _words(text)
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    key = "".join(words)
    return "" if key in _NO_COMPANY else key


@dataclass(frozen=True, eq=False)
class Belonging:
    """links: from_id (who belongs), to_id (to whom; < 0: a hub), kind "company" or "parent"; hubs: node_id, name;
    referrers: from_id, to_id of those whose referrer is written with them; unresolved: how many wrote a name that fits
    nobody, or several."""

    links: pd.DataFrame
    hubs: pd.DataFrame
    referrers: pd.DataFrame
    unresolved: int


def belonging(customers: pd.DataFrame, written: pd.DataFrame) -> Belonging:
    """Read off who belongs to whom.

    customers: customer_id, code, name, company (missing: none), kind ("person" | "company").
    written: customer_id, relation ("parent" | "referrer"), named (a customer's name or code, or a company's name).
    A person belongs to the customer of kind "company" with the name that stands in `company` (case, blanks, accents and
    legal form do not matter); else to the one company-customer whose `company` says the same; else, where two and more
    share it, to a hub. The same goes for parents that are no customers.
    """
    people = customers.sort_values("customer_id", kind="stable")
    companies = _texts(people["company"])
    keys = [company_key(text) for text in companies]
    record = _records(people, keys)
    spelled: dict[str, str] = {}  # the first spelling of each, by number
    members: dict[str, list[tuple[int, str]]] = {}
    for customer_id, key, text in zip(people["customer_id"].tolist(), keys, companies, strict=True):
        if key:
            members.setdefault(key, []).append((customer_id, "company"))
            spelled.setdefault(key, text)
    found = [(one, record[key], kind) for key, ones in members.items() if key in record for one, kind in ones]
    without_record = {key: ones for key, ones in members.items() if key not in record}

    referrers, unresolved = [], 0
    names = _names(people, record) if len(written) else None
    for customer_id, relation, text in _rows(written):
        target, key = names(text, is_company=relation == "parent"), company_key(text)
        if target > 0 and relation == "parent":
            found.append((customer_id, target, "parent"))
        elif target > 0:
            referrers.append((customer_id, target))
        elif target == NOBODY and relation == "parent" and key:
            without_record.setdefault(key, []).append((customer_id, "parent"))
            spelled.setdefault(key, text)
        else:
            unresolved += 1
    hubs = []
    for key in sorted(without_record):
        together = without_record[key]
        if len({customer_id for customer_id, _ in together}) > 1:
            hubs.append((-len(hubs) - 1, " ".join(spelled[key].split())))
            found += [(customer_id, hubs[-1][0], kind) for customer_id, kind in together]
        else:
            unresolved += sum(kind == "parent" for _, kind in together)
    links = pd.DataFrame([link for link in found if link[0] != link[1]], columns=LINK_COLUMNS)
    return Belonging(links, pd.DataFrame(hubs, columns=["node_id", "name"]),
                     pd.DataFrame(referrers, columns=["from_id", "to_id"]), unresolved)


def _records(people: pd.DataFrame, keys: list[str]) -> dict[str, int]:
    """{a company's key: the customer that is this company}."""
    is_company = (people["kind"] == "company").to_numpy()
    ids, names = people["customer_id"].to_numpy()[is_company].tolist(), _texts(people["name"][is_company])
    record: dict[str, int] = {}
    for customer_id, name in zip(ids, names, strict=True):
        if key := company_key(name):
            record.setdefault(key, customer_id)
    said: dict[str, list[int]] = {}
    for customer_id, place in zip(ids, np.flatnonzero(is_company).tolist(), strict=True):
        if keys[place]:
            said.setdefault(keys[place], []).append(customer_id)
    for key, firms in said.items():
        if len(firms) == 1:  # with several contacts of a firm, none of them is the firm itself
            record.setdefault(key, firms[0])
    return record


def _names(people: pd.DataFrame, record: dict[str, int]) -> Callable[..., int]:
    """A look-up of whom a text names, by code or name: an id, NOBODY, or SEVERAL."""
    ids = people["customer_id"].tolist()
    by_code = {" ".join(code.casefold().split()): customer_id
               for customer_id, code in zip(ids, _texts(people["code"]), strict=True)}
    by_name: dict[str, list[int]] = {}
    for customer_id, name in zip(ids, _texts(people["name"]), strict=True):
        by_name.setdefault("".join(_words(name)), []).append(customer_id)

    def named(text: str, *, is_company: bool) -> int:
        code, key, name = " ".join(text.casefold().split()), company_key(text), "".join(_words(text))
        if code in by_code:
            return by_code[code]
        if is_company and key in record:
            return record[key]
        fitting = by_name.get(name, []) if name else []
        if len(fitting) > 1:
            return SEVERAL
        return fitting[0] if fitting else record.get(key, NOBODY)

    return named


def _words(text: str | None) -> list[str]:
    if not text:
        return []
    folded = text.casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFKC", text).casefold()
        folded = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", folded)))
        without_form = _CJK_FORMS.sub(" ", folded)
        folded = without_form if without_form.strip() else folded
    if "." in folded:
        folded = _INITIALS.sub(lambda found: found.group().replace(".", "") + " ", folded)
    return _WORDS.findall(folded.replace("'", "").replace("’", ""))


def _texts(column: pd.Series) -> list[str]:
    return column.astype(object).where(column.notna(), "").tolist()


def _rows(written: pd.DataFrame) -> Iterable[tuple[int, str, str]]:
    ordered = written.sort_values(["customer_id", "relation", "named"], kind="stable")
    return zip(ordered["customer_id"].tolist(), ordered["relation"].tolist(), _texts(ordered["named"]), strict=True)
