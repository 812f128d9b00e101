"""What becomes of the customers that a file is about, or that its lines name?"""

from collections.abc import Mapping
from datetime import UTC

import numpy as np
from sqlalchemy.orm import Session

from crm.imports.records import comparing, merging, stored, values
from crm.imports.records.comparing import Compared
from crm.imports.records.parsing import Records
from crm.imports.records.plans import Part
from crm.imports.records.references import Named
from crm.imports.records.values import Values
from crm.models import Customer, CustomerTag
from crm.services.search import fold, search_text

_SEARCHED = ("name", "company", "email", "code", "phone")
_REFERENCE = {"customer_name": "name", "company": "company", "customer_email": "email"}
_PROFILE = {"gender": "gender", "country": "country"}
_COLUMNS = (
    _REFERENCE
    | _PROFILE
    | {
        "customer_phone": "phone",
        "address": "address",
        "postal_code": "postal_code",
        "city": "city",
        "region": "region",
        "channel": "channel",
        "stage": "stage",
        "since_on": "since_on",
        "birth_year": "birth_year",
        "yearly_income": "yearly_income_e4",
        "education": "education",
        "note": "note",
        "email_consent": "email_consent",
        "email_consent_at": "email_consent_at",
    }
)


def plan(session: Session, records: Records, named: Named, *, on_known: str) -> tuple[Part, Compared, np.ndarray]:
    """The customers of a file of customers, what changes of them, and the lines that bring it."""
    columns, custom = _columns(records, _COLUMNS), records.customer_custom
    known_code = values.of(
        np.arange(len(named.keys)),
        [code if takes else None for code, takes in zip(named.codes, named.takes_code, strict=True)],
    )
    columns["code"] = known_code.at(named.place).where(named.place >= 0)
    compared = comparing.compare(
        session,
        Customer.__table__,
        group=named.place,
        keys=named.keys,
        columns=columns,
        custom=custom,
        on_known=on_known,
        also=(*_SEARCHED, "search_text", "deleted_at"),
        forced=("code",),
        stands_in={"name": "code"},
    )
    restored = comparing.restore(compared, np.full(len(named.keys), on_known != "skip"))
    _follow(compared)
    is_new = named.keys < 0
    lines = comparing.imported_lines(compared, columns, custom, is_new)
    first = merging.first_lines(named.place, len(named.keys))
    lines[first[np.isin(named.keys, restored)]] = True
    tags = _new_tags(session, records, named, on_known, lines)
    part = _part(compared, named, np.flatnonzero(is_new), restored, tags)
    return part, compared, lines


def plan_named(
    session: Session, records: Records, named: Named, *, needed: np.ndarray, on_known: str, profiles: bool
) -> tuple[Part, Compared, np.ndarray]:
    """The customers that the lines of another kind name.

    New ones among the `needed` records (mask) are created, deleted ones among them come back. With `profiles` known
    ones get what the file tells besides; else they stay as they are.
    """
    columns = _columns(records, _REFERENCE | (_PROFILE if profiles else {}))
    custom = records.customer_custom
    compared = comparing.compare(
        session,
        Customer.__table__,
        group=named.place,
        keys=named.keys,
        columns=columns,
        custom=custom,
        on_known=on_known if profiles else "skip",
        fixed=_REFERENCE.values(),
        also=(*_SEARCHED, "search_text", "deleted_at"),
    )
    compared.kept = compared.kept if profiles else 0
    restored = comparing.restore(compared, needed)
    lines = comparing.imported_lines(compared, columns, custom, np.zeros(len(named.keys), dtype=bool))
    return _part(compared, named, np.flatnonzero((named.keys < 0) & needed), restored, {}), compared, lines


def _columns(records: Records, wanted: Mapping[str, str]) -> dict[str, Values]:
    columns = {column: records.fields[ours] for ours, column in wanted.items() if ours in records.fields}
    if "email_consent_at" in columns:
        columns["email_consent_at"] = columns["email_consent_at"].mapped(lambda moment: moment.replace(tzinfo=UTC))
    return columns


def _follow(compared: Compared) -> None:
    """What a search looks through follows the record."""
    places = [place for place, after in compared.after.items() if set(after) & set(_SEARCHED)]
    stored_rows = compared.stored[[*_SEARCHED, "search_text"]].to_dict("index") if places else {}
    for place in places:
        row = stored_rows[place] | compared.after[place]
        found = search_text(**{name: row[name] for name in _SEARCHED})
        if found != row["search_text"]:
            compared.put(place, "search_text", row["search_text"], found)


def _new_tags(session: Session, records: Records, named: Named, on_known: str, lines: np.ndarray) -> dict[int, tuple]:
    """The tags that each record does not have yet; the first line that gives one counts as bringing something."""
    if "tags" not in records.fields:
        return {}
    table = CustomerTag.__table__
    known = named.keys[named.keys > 0].tolist()
    there = stored.rows(session, table, ("customer_id", "tag"), by="customer_id", wanted=known)
    had = set(zip(there["customer_id"].tolist(), there["tag"].tolist(), strict=True))
    added: dict[int, list[str]] = {}
    for line, (place, tags) in enumerate(zip(named.place.tolist(), records.fields["tags"].objects(), strict=True)):
        key = int(named.keys[place])
        if tags is None or (key > 0 and on_known == "skip"):
            continue
        fresh = [tag for tag in tags if (key, tag) not in had]
        had.update((key, tag) for tag in fresh)
        if fresh:
            added.setdefault(place, []).extend(fresh)
            lines[line] = True
    return {place: tuple(tags) for place, tags in added.items()}


def _part(compared: Compared, named: Named, created: np.ndarray, restored: tuple[int, ...], tags: dict) -> Part:
    return Part(
        Customer.__table__,
        named.keys,
        created,
        _rows(compared, named, created),
        {},
        tuple(compared.changes()),
        restored,
        tags,
        comparing.labels_of(compared),
    )


def _rows(compared: Compared, named: Named, created: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of the new customers: the name is the person's, else the company's, else how the file knows them."""
    final = {name: said.at(created).objects() for name, said in compared.finals.items()}
    empty = np.full(len(created), None, dtype=object)
    codes = np.array([named.codes[place] for place in created], dtype=object)
    name, company, email, phone = (final.get(column, empty) for column in ("name", "company", "email", "phone"))
    called = np.array(
        [own or firm or address or code for own, firm, address, code in zip(name, company, email, codes, strict=True)],
        dtype=object,
    )
    final["kind"] = np.array(
        [
            "company" if firm and fold(own or firm) == fold(firm) else "person"
            for own, firm in zip(name, company, strict=True)
        ],
        dtype=object,
    )
    final["stage"] = np.array([stage or "customer" for stage in final.get("stage", empty)], dtype=object)
    final["search_text"] = np.array(
        [
            search_text(name=called_so, company=firm, email=address, code=code, phone=number)
            for called_so, firm, address, code, number in zip(called, company, email, codes, phone, strict=True)
        ],
        dtype=object,
    )
    final |= {"code": codes, "name": called, comparing.CUSTOM: comparing.custom_of(compared, created)}
    return final
