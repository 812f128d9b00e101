"""Profiles: how do the customers stand in the records, with the gaps that real records have?"""

import json
import unicodedata

import numpy as np

from crm.demo import names, planted
from crm.demo.people import People
from crm.demo.span import DAY, Span, days, moments
from crm.services.search import search_text

EDUCATION = ("School", "Apprenticeship", "Bachelor", "Master", "Doctorate")
STOVES = ("gas", "electric", "induction")
FORMER_AFTER_DAYS = 500  # the owner has written off whoever was silent for so long
COLUMNS = ("id", "code", "kind", "name", "company", "email", "phone", "address", "postal_code", "city", "region",
           "country", "channel", "stage", "since_on", "birth_year", "gender", "yearly_income_e4", "education", "note",
           "custom_fields", "email_consent", "email_consent_at", "search_text", "version", "created_at", "updated_at")


def rows(people: People, ids: range, last_order_second: np.ndarray, period: Span,
         random: np.random.Generator) -> list[tuple]:
    """The customers table. `last_order_second` holds NaN for who never ordered."""
    count = len(people)
    cultures = random.choice(len(names.CULTURES), count, p=[culture.share for culture in names.CULTURES])
    since = days(period, people.first_second // DAY)
    created = moments(period, people.first_second)
    stages = _stages(people, last_order_second, period, random)
    draws = random.random((count, 16)).tolist()
    written = []
    for position in range(count):
        draw = draws[position]
        culture = names.CULTURES[cultures[position]]
        is_company = bool(people.is_company[position])
        gender, name = _person(culture, draw)
        company = _firm(draw) if is_company else None
        code = f"C{position + 1:05d}"
        email = _mail(name, position, draw[4]) if people.has_email[position] else None
        phone = _phone(culture, draw[6]) if draw[7] < 0.72 else None
        address = _address(culture, draw, is_known=draw[8] < 0.8)
        personal = _personal(people, position, gender, draw, is_company=is_company)
        consent = {1: True, 0: False, -1: None}[int(people.consent[position])]
        name, town, born = _slips(position, name, address[2], personal[0])
        written.append((
            ids[position], code, "company" if is_company else "person", name, company, email, phone,
            *address[:2], town, planted.REGIONS[people.region[position]], culture.country,
            planted.ACQUISITION[people.acquisition[position]], stages[position], since[position],
            born, *personal[1:], _note(draw[13], is_company=is_company),
            json.dumps(_custom(draw), ensure_ascii=False), consent, None if consent is None else created[position],
            search_text(name=name, company=company, email=email, code=code, phone=phone), 1, created[position],
            created[position]))
    return written


def _slips(position: int, name: str, town: str | None, born: int | None) -> tuple[str, str | None, int | None]:
    """What somebody in a hurry typed."""
    if position % planted.SHOUTED_NAME == planted.SHOUTED_NAME - 1:
        name = name.upper()
    if position % planted.DOUBLE_BLANK == planted.DOUBLE_BLANK - 1:
        name = name.replace(" ", "  ")
    if town and position % planted.SHOUTED_TOWN == planted.SHOUTED_TOWN - 1:
        town = town.upper()
    return name, town, 1900 if born and position % planted.BORN_1900 == planted.BORN_1900 - 1 else born


def again(rows: list[tuple], ids: range) -> list[tuple]:
    """Customers who came back, were not recognised and are written anew: another spelling, and half of what is known."""
    known = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    known = [row for row in known if row["kind"] == "person" and row["email"] and row["phone"] and row["address"]
             and " " in row["name"]]
    written = []
    for place, (new_id, row) in enumerate(zip(ids, known[::len(known) // len(ids)], strict=False)):
        first, last = row["name"].split(" ", 1)
        name = (f"{last}, {first}", row["name"].upper(), f"{first[0]}. {last}",
                f"{first} {last[:-2]}{last[-1]}{last[-2]}")[place % 4]
        forgotten = (("address", "postal_code", "city"), ("email",), ("phone", "address"), ("email", "phone"))[place % 4]
        new = row | dict.fromkeys(("birth_year", "education", "email_consent", "email_consent_at", *forgotten))
        new |= {"id": new_id, "code": f"G{place + 1:05d}", "name": name, "stage": "lead"}
        new["search_text"] = search_text(name=name, company=new["company"], email=new["email"], code=new["code"],
                                         phone=new["phone"])
        written.append(tuple(new[column] for column in COLUMNS))
    return written


def _person(culture: names.Culture, draw: list[float]) -> tuple[str, str]:
    gender = "female" if draw[0] < 0.54 else "male" if draw[0] < 0.97 else "other"
    given = culture.female if gender == "female" or (gender == "other" and draw[1] < 0.5) else culture.male
    first, family = _pick(given, draw[1]), _pick(culture.family, draw[2])
    return gender, f"{family}{first}" if culture.is_family_first else f"{first} {family}"


def _firm(draw: list[float]) -> str:
    return _pick(names.FIRM_KINDS, draw[3]).format(_pick(names.FIRM_WORDS, draw[9]))


def _pick(words: tuple, draw: float):
    return words[int(draw * len(words))]


def _mail(name: str, position: int, draw: float) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ł", "l").replace("Ł", "L"))
    letters = "".join(sign for sign in plain.casefold().replace(" ", ".") if sign.isascii() and sign in _MAIL_SIGNS)
    local = letters if len(letters) > 2 else "customer"
    return f"{local}{position + 1}@{_pick(names.MAIL_DOMAINS, draw)}"


_MAIL_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz.-")


def _phone(culture: names.Culture, draw: float) -> str:
    """Ranges kept free for fiction: Ofcom's 01632 960000-960999, and 555-0100 to 555-0199 in North America."""
    if culture.country in ("China", "Japan", "Egypt"):
        return f"+1 555-01{int(draw * 100):02d}"
    return f"+44 1632 960{int(draw * 1000):03d}"


def _address(culture: names.Culture, draw: list[float], *, is_known: bool) -> tuple[str | None, str | None, str | None]:
    """Street, postal code and town: all or none."""
    if not is_known:
        return None, None, None
    return (f"{_pick(culture.streets, draw[10])} {1 + int(draw[11] * 90)}", f"{10_000 + int(draw[12] * 89_999)}",
            _pick(culture.towns, draw[11]))


def _personal(people: People, position: int, gender: str, draw: list[float], *,
              is_company: bool) -> tuple[int | None, str | None, int | None, str | None]:
    """Birth year, gender, yearly income in 1/10,000 and education, as far as a person has told them."""
    if is_company:
        return None, None, None, None
    return (int(people.birth_year[position]) if draw[13] < 0.72 else None, gender if draw[14] < 0.80 else None,
            int(people.income[position]) * 10_000 if draw[15] < 0.48 else None,
            _pick(EDUCATION, draw[9]) if draw[3] < 0.55 else None)


def _note(draw: float, *, is_company: bool) -> str | None:
    if is_company and draw < 0.3:
        return "Needs an invoice with the order number of the customer."
    if draw > 0.97:
        return "Prefers to be called in the evening."
    return "Met at the stall; asked for unglazed bowls." if draw > 0.95 else None


def _custom(draw: list[float]) -> dict[str, str]:
    known = {}
    if draw[10] < 0.45:
        known["Stove"] = _pick(STOVES, draw[2])
    if draw[12] < 0.30:
        known["Household"] = f"{1 + int(draw[0] * 5)}"
    return known


def _stages(people: People, last_order_second: np.ndarray, period: Span, random: np.random.Generator) -> list[str]:
    days_silent = (period.last_second - last_order_second) / DAY
    is_former = (days_silent > FORMER_AFTER_DAYS) & (random.random(len(people)) < 0.6)
    is_prospect = random.random(len(people)) < 0.45
    never = np.isnan(last_order_second)
    return np.where(never, np.where(is_prospect, "prospect", "lead"),
                    np.where(is_former, "former", "customer")).tolist()
