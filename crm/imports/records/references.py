"""Which customer, product or order does each line name? Known ones are found again, equal ones become one."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy.orm import Session

from crm.imports.records import merging, stored, values
from crm.imports.records.identity import code_of_email, code_of_name, code_of_product, squeezed
from crm.imports.records.parsing import Records
from crm.imports.records.values import Values
from crm.models import Customer, Order, Product
from crm.services.merging import merged_into
from crm.services.search import fold

_MADE_BY_HAND = re.compile(r"[CP]\d{4,}")  # how services number customers and products that are typed in


@dataclass(frozen=True)
class Named:
    """`place`: which record each line names, -1 none. `differently`: lines that write a product otherwise than it is.

    Of each record: `keys`, its id (> 0) or -(its place + 1) for a new one; `codes`, the code that it gets;
    `takes_code`: it is known, and has a code of its own only now.
    """

    place: np.ndarray
    keys: np.ndarray
    codes: list[str]
    takes_code: np.ndarray
    differently: int = 0

    def key_of_line(self) -> np.ndarray:
        """The key of the record that each line names, 0 none."""
        return np.append(self.keys, 0)[self.place]

    @property
    def known(self) -> np.ndarray:
        """Places of the records that the database has."""
        return np.flatnonzero(self.keys > 0)


@dataclass
class _Directory:
    """Everybody who can be found by e-mail, name or company: the database's, and the file's as they are understood."""

    facts: dict[int, tuple[str, str, str, str]] = field(default_factory=dict)  # key: code, e-mail, company, name
    by_email: dict[str, set[int]] = field(default_factory=dict)
    by_name: dict[str, set[int]] = field(default_factory=dict)
    by_company: dict[str, set[int]] = field(default_factory=dict)

    def add(self, key: int, code: str, name: str, email: str, company: str) -> None:
        self.facts.setdefault(key, (code, email, company, name))
        for index, text in ((self.by_email, email), (self.by_name, name), (self.by_company, company)):
            if text:
                index.setdefault(text, set()).add(key)

    def only(self, index: dict[str, set[int]], text: str) -> int:
        """Whom the text names, 0 where nobody or several."""
        found = index.get(text, ()) if text else ()
        return next(iter(found)) if len(found) == 1 else 0


@dataclass(frozen=True)
class _Candidates:
    """The different ways in which the lines name somebody, and what they tell about each."""

    said: Values  # (way, code)
    codes: list[str]
    email: list[str]
    name: list[str]
    company: list[str]

    def of(self, way: str) -> list[int]:
        return [place for place, (known_by, _) in enumerate(self.said.different) if known_by == way]


def customers(session: Session, records: Records, *, by_company: bool) -> Named:
    """Known by code, else by an e-mail address, else by a name (with the company) that only one has.

    Customers that the program numbered itself take the file's code when their e-mail address or name tells who they
    are. `by_company`: a company alone may also name the only person there. Deleted customers are found by code.
    """
    candidates = _customer_candidates(records)
    codes = candidates.codes
    known = stored.rows(session, Customer.__table__, ("id", "code"), by="code", wanted=codes)
    by_code = dict(zip(known["code"], known["id"], strict=True))
    by_code |= _merged(session, list(by_code))
    keys = np.array([by_code.get(code, 0) for code in codes], dtype="int64")
    directory = _Directory()
    if (keys == 0).any():
        _enter_known(session, directory)
    takes_code = np.zeros(len(codes), dtype=bool)
    _place_coded(candidates, keys, takes_code, directory)
    _place_mailed(candidates, keys, directory)
    _place_named(candidates, keys, directory, by_company=by_company)
    return _named(candidates.said, keys, codes, takes_code)


def products(session: Session, records: Records) -> Named:
    """Known by code, else by a name that only one has, else by its letters and digits ("GTXPro" is "GTX Pro")."""
    name, code = _of(records, "product_name"), _of(records, "product_code")
    said = values.combine(
        lambda code, name: ("code", code) if code else ("name", code_of_product(name)) if name else None, code, name
    )
    names = [fold(text) for text in merging.last_words(name, said.codes, len(said.different)).objects()]
    codes = [own for _, own in said.different]
    table = Product.__table__
    found = stored.rows(session, table, ("id", "code"), by="code", wanted=codes)
    by_code = dict(zip(found["code"], found["id"], strict=True))
    keys = np.array([by_code.get(own, 0) for own in codes], dtype="int64")
    by_name, by_letters, made = {}, {}, {}
    if (keys == 0).any():
        for key, own, written in stored.rows(
            session, table, ("id", "code", "name"), table.c.deleted_at.is_(None)
        ).itertuples(index=False):
            _enter_product(key, written, by_name, by_letters)
            made[key] = own == code_of_product(written) or _MADE_BY_HAND.fullmatch(own) is not None
    takes_code = np.zeros(len(codes), dtype=bool)
    differently = np.zeros(len(codes) + 1, dtype=bool)
    times = Counter(text for text, (way, _) in zip(names, said.different, strict=True) if way == "code")
    coded = [place for place, (way, _) in enumerate(said.different) if way == "code"]
    taken = set(keys[coded].tolist())
    for place in coded:
        key = _single(by_name, names[place])
        if not keys[place] and key and made[key] and times[names[place]] == 1 and key not in taken:
            keys[place], takes_code[place] = key, True
            taken.add(key)
    for place in coded:
        keys[place] = keys[place] or -place - 1
        _enter_product(int(keys[place]), names[place], by_name, by_letters)
    coded_as = {codes[place]: int(keys[place]) for place in coded}
    for place, (way, own) in enumerate(said.different):
        if way == "name" and not keys[place]:
            keys[place] = coded_as.get(own) or _single(by_name, names[place])
            if not keys[place]:
                keys[place] = _single(by_letters, squeezed(names[place]))
                differently[place] = keys[place] != 0
            if not keys[place]:
                keys[place] = -place - 1
                _enter_product(-place - 1, names[place], by_name, by_letters)
    return _named(said, keys, codes, takes_code, differently=int(differently[said.codes].sum()))


def orders(
    session: Session, records: Records, customer_key: np.ndarray, *, source: str
) -> tuple[np.ndarray, np.ndarray]:
    """The order that each line names by its number, and that order's customer; 0 where there is none, or several.

    An order of the same source counts before one of another; a line that names a customer means an order of that one.
    """
    number = _of(records, "order_number")
    table = Order.__table__
    found = stored.rows(
        session,
        table,
        ("id", "source", "number", "customer_id"),
        table.c.deleted_at.is_(None),
        by="number",
        wanted=number.different.tolist(),
    )
    by_number: dict[str, list[tuple[int, str, int]]] = {}
    for key, own, text, customer in found.itertuples(index=False):
        by_number.setdefault(text, []).append((key, own, customer or 0))

    def choose(text: str | None, customer: int | None) -> tuple[int, int]:
        possible = [each for each in by_number.get(text, ()) if customer is None or each[2] == customer]
        same_source = [each for each in possible if each[1] == source]
        chosen = same_source or possible
        return (chosen[0][0], chosen[0][2]) if len(chosen) == 1 else (0, 0)

    customer = values.of_objects([key or None for key in customer_key.tolist()])
    chosen = values.combine(choose, number, customer)
    pairs = np.array([*chosen.different, (0, 0)], dtype="int64").reshape(-1, 2)[chosen.codes]
    return pairs[:, 0], pairs[:, 1]


def _customer_candidates(records: Records) -> _Candidates:
    code, email, name, company = (
        _of(records, ours) for ours in ("customer_code", "customer_email", "customer_name", "company")
    )

    def identify(code, email, name, company):
        if code:
            return "code", code
        if email:
            return "email", code_of_email(email)
        text = code_of_name(name, company)
        return ("name", text) if text else None

    said = values.combine(identify, code, email, name, company)
    count = len(said.different)
    email, name, company = (
        merging.last_words(column, said.codes, count).objects() for column in (email, name, company)
    )
    return _Candidates(
        said,
        [own for _, own in said.different],
        _folded(email),
        _folded([own or firm for own, firm in zip(name, company, strict=True)]),
        _folded(company),
    )


def _merged(session: Session, codes: list[str]) -> dict[str, int]:
    """{code: id of the customer that whoever had it was merged into}."""
    into = merged_into(session, codes)
    kept = stored.rows(session, Customer.__table__, ("id", "code"), by="code", wanted=set(into.values()))
    id_of = dict(zip(kept["code"], kept["id"], strict=True))
    return {code: id_of[end] for code, end in into.items()}


def _enter_known(session: Session, directory: _Directory) -> None:
    table = Customer.__table__
    live = stored.rows(session, table, ("id", "code", "name", "email", "company"), table.c.deleted_at.is_(None))
    for key, code, name, email, company in live.itertuples(index=False):
        directory.add(key, code, fold(name), fold(email), fold(company))


def _place_coded(candidates: _Candidates, keys: np.ndarray, takes_code: np.ndarray, directory: _Directory) -> None:
    coded = candidates.of("code")
    emails = Counter(candidates.email[place] for place in coded)
    names = Counter(candidates.name[place] for place in coded)
    taken = {int(keys[place]) for place in coded}
    for place in (place for place in coded if not keys[place]):
        email, name, company = candidates.email[place], candidates.name[place], candidates.company[place]
        key = directory.only(directory.by_email, email)
        if not (key and emails[email] == 1 and _numbered_by_us(directory, key)):
            key = directory.only(directory.by_name, name)
            key = key if key and names[name] == 1 and _known_by_name_only(directory, key, name, email, company) else 0
        if key and key not in taken:
            keys[place], takes_code[place] = key, True
            taken.add(key)
    others = len(coded) < len(keys)  # who may mean one of these
    for place in coded:
        keys[place] = keys[place] or -place - 1
        if others:
            directory.add(
                int(keys[place]),
                candidates.codes[place],
                candidates.name[place],
                candidates.email[place],
                candidates.company[place],
            )


def _place_mailed(candidates: _Candidates, keys: np.ndarray, directory: _Directory) -> None:
    coded_as = {candidates.codes[place]: int(keys[place]) for place in candidates.of("code")}
    names = Counter(candidates.name[place] for way in ("code", "email") for place in candidates.of(way))
    for place in candidates.of("email"):
        code, email, name = candidates.codes[place], candidates.email[place], candidates.name[place]
        company = candidates.company[place]
        key = int(keys[place]) or coded_as.get(code) or directory.only(directory.by_email, email)
        if not key and names[name] == 1:
            key = directory.only(directory.by_name, name)
            key = (
                key
                if key > 0 and _known_by_name_only(directory, key, name, "", company) and not directory.facts[key][1]
                else 0
            )
        keys[place] = key or -place - 1
    for place in candidates.of("email"):
        directory.add(
            int(keys[place]),
            candidates.codes[place],
            candidates.name[place],
            candidates.email[place],
            candidates.company[place],
        )


def _place_named(candidates: _Candidates, keys: np.ndarray, directory: _Directory, *, by_company: bool) -> None:
    coded_as = {candidates.codes[place]: int(keys[place]) for way in ("code", "email") for place in candidates.of(way)}
    named = candidates.of("name")
    times = Counter(candidates.name[place] for place in named)
    # Those with a company first: a name alone may then mean one of them.
    for place in sorted(named, key=lambda place: not candidates.company[place]):
        code, name, company = candidates.codes[place], candidates.name[place], candidates.company[place]
        key = int(keys[place]) or coded_as.get(code, 0)
        if not key and company and name != company:
            same = {each for each in directory.by_name.get(name, ()) if directory.facts[each][2] == company}
            if not same and times[name] == 1:
                same = {each for each in directory.by_name.get(name, ()) if not directory.facts[each][2]}
            key = next(iter(same)) if len(same) == 1 else 0
        elif not key:
            key = directory.only(directory.by_name, name)
            if not key and company and by_company:
                key = directory.only(directory.by_company, company)
        keys[place] = key or -place - 1
        directory.add(int(keys[place]), code, name, "", company)


def _numbered_by_us(directory: _Directory, key: int) -> bool:
    """Whether the record's code is one that this program made, of its e-mail address or name or by counting."""
    code, email, company, name = directory.facts[key]
    return key > 0 and (code in (email, name, code_of_name(name, company)) or _MADE_BY_HAND.fullmatch(code) is not None)


def _known_by_name_only(directory: _Directory, key: int, name: str, email: str, company: str) -> bool:
    code, own_email, own_company, _ = directory.facts[key]
    return (
        key > 0
        and code in (name, code_of_name(name, own_company))
        and not (email and own_email and email != own_email)
        and not (company and own_company and company != own_company)
    )


def _named(
    said: Values, keys: np.ndarray, codes: Sequence[str], takes_code: np.ndarray, *, differently: int = 0
) -> Named:
    """One record for all candidates with the same key, in the sequence in which the file names them."""
    different, first = np.unique(keys, return_index=True)
    order = np.argsort(first)
    different = different[order]
    record_of = {key: place for place, key in enumerate(different.tolist())}
    place = np.append(np.array([record_of[key] for key in keys.tolist()], dtype="int64"), -1)[said.codes]
    own = [codes[-key - 1] if key < 0 else None for key in different.tolist()]
    takes = np.zeros(len(different), dtype=bool)
    for candidate in np.flatnonzero(takes_code):
        record = record_of[int(keys[candidate])]
        takes[record], own[record] = True, codes[candidate]
    return Named(place, np.where(different > 0, different, -np.arange(len(different)) - 1), own, takes, differently)


def _enter_product(key: int, name: str | None, by_name: dict, by_letters: dict) -> None:
    for index, text in ((by_name, fold(name)), (by_letters, squeezed(name or ""))):
        if text:
            index.setdefault(text, set()).add(key)


def _single(index: dict[str, set[int]], text: str) -> int:
    found = index.get(text, ()) if text else ()
    return next(iter(found)) if len(found) == 1 else 0


def _of(records: Records, ours: str) -> Values:
    return records.fields.get(ours) or values.nothing(len(records.rows))


def _folded(texts: Sequence[str | None]) -> list[str]:
    return [fold(text) if text else "" for text in texts]
