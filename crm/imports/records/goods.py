"""What becomes of the products that a file is about, or that its lines name?"""

import numpy as np
from sqlalchemy.orm import Session

from crm.imports.line_words import fee_kind
from crm.imports.records import comparing, merging, references, values
from crm.imports.records.comparing import Compared
from crm.imports.records.parsing import Records
from crm.imports.records.plans import Part, Planned
from crm.imports.records.references import Named
from crm.models import Product

_COLUMNS = {
    "product_name": "name",
    "product_kind": "kind",
    "category": "category",
    "price": "price_e4",
    "cost": "cost_e4",
    "description": "description",
    "is_discontinued": "is_discontinued",
    "is_sold_out": "is_sold_out",
    "is_excluded": "is_excluded",
}


def plan(session: Session, records: Records, *, on_known: str) -> Planned:
    """Match a file of products with the records."""
    named = references.products(session, records)
    columns = {column: records.fields[ours] for ours, column in _COLUMNS.items() if ours in records.fields}
    own_code = values.of_objects(
        [code if takes else None for code, takes in zip(named.codes, named.takes_code, strict=True)]
    )
    compared = comparing.compare(
        session,
        Product.__table__,
        group=named.place,
        keys=named.keys,
        columns=columns | {"code": own_code.at(named.place)},
        custom=records.custom,
        on_known=on_known,
        also=("deleted_at",),
        forced=("code",),
        stands_in={"name": "code"},
    )
    restored = comparing.restore(compared, np.full(len(named.keys), on_known != "skip"))
    is_new = named.keys < 0
    lines = comparing.imported_lines(compared, columns | {"code": own_code.at(named.place)}, records.custom, is_new)
    lines[merging.first_lines(named.place, len(named.keys))[np.isin(named.keys, restored)]] = True
    found = {
        "products_written_differently": named.differently,
        "records_kept": compared.kept,
        "lines_overruled": merging.overruled(columns | records.custom, named.place, len(named.keys)),
    }
    part = _part(compared, named, np.flatnonzero(is_new), restored)
    return Planned((part,), lines, np.full(len(lines), None, dtype=object), found)


def plan_named(session: Session, records: Records, named: Named, *, needed: np.ndarray) -> Part:
    """The products that the lines of another kind name: new `needed` ones are created, deleted ones come back."""
    columns = {"name": records.fields["product_name"]} if "product_name" in records.fields else {}
    compared = comparing.compare(
        session,
        Product.__table__,
        group=named.place,
        keys=named.keys,
        columns=columns,
        custom={},
        on_known="skip",
        also=("deleted_at",),
    )
    restored = comparing.restore(compared, needed)
    return _part(compared, named, np.flatnonzero((named.keys < 0) & needed), restored)


def _part(compared: Compared, named: Named, created: np.ndarray, restored: tuple[int, ...]) -> Part:
    rows = {name: final.at(created).objects() for name, final in compared.finals.items()}
    empty = np.full(len(created), None, dtype=object)
    codes = np.array([named.codes[place] for place in created], dtype=object)
    rows["name"] = np.array(
        [name or code for name, code in zip(rows.get("name", empty), codes, strict=True)], dtype=object
    )
    rows["kind"] = np.array(
        [
            kind or ("fee" if fee_kind(code, name) else "product")
            for kind, code, name in zip(rows.get("kind", empty), codes, rows["name"], strict=True)
        ],
        dtype=object,
    )
    for flag in ("is_discontinued", "is_sold_out", "is_excluded"):
        rows[flag] = np.array([bool(stated) for stated in rows.get(flag, empty)], dtype=object)
    rows |= {"code": codes, comparing.CUSTOM: comparing.custom_of(compared, created)}
    return Part(
        Product.__table__,
        named.keys,
        created,
        rows,
        {},
        tuple(compared.changes()),
        restored,
        {},
        comparing.labels_of(compared),
    )
