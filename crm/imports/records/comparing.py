"""What of a known record does a file change? By the user's choice: only what is missing, all it says, or nothing."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
import pandas as pd
from sqlalchemy import Table
from sqlalchemy.orm import Session

from crm import money
from crm.imports.records import merging, stored
from crm.imports.records.values import Values
from crm.imports.report import CHANGES_SHOWN
from crm.services.changes import Change

CUSTOM = "custom_fields"
_UNSEEN = ("search_text",)  # follows from other columns; remembered, but no change to show
_LABELS = ("code", "number", "name", "title", "subject")  # by the first of these a record is called


@dataclass
class Compared:
    """The records that a file's lines make up, one place each.

    finals, custom: {column: contents of each record}. stored: the rows of known ones, indexed by place.
    before, after: {place: {column: content}} of what changes. touched: {column or custom field: mask of the records in
    which it changes}. kept: how many known records say otherwise and stay so.
    """

    table: Table
    group: np.ndarray
    keys: np.ndarray
    finals: dict[str, Values]
    custom: dict[str, Values]
    stored: pd.DataFrame
    before: dict[int, dict] = field(default_factory=dict)
    after: dict[int, dict] = field(default_factory=dict)
    touched: dict[str, np.ndarray] = field(default_factory=dict)
    kept: int = 0

    def changes(self) -> list[Change]:
        """Each changed record's id, what was in its columns, and what will be."""
        return [
            (self.table.name, int(self.keys[place]), before, self.after[place])
            for place, before in self.before.items()
            if before
        ]

    def forget(self, places: Iterable[int]) -> None:
        """These records stay as they are."""
        for place in places:
            self.before.pop(place, None), self.after.pop(place, None)
            for mask in self.touched.values():
                mask[place] = False

    def put(self, place: int, column: str, old: object, new: object) -> None:
        """One more column changes."""
        self.before.setdefault(place, {})[column] = old
        self.after.setdefault(place, {})[column] = new


def compare(
    session: Session,
    table: Table,
    *,
    group: np.ndarray,
    keys: np.ndarray,
    columns: Mapping[str, Values],
    custom: Mapping[str, Values],
    on_known: str,
    fixed: Iterable[str] = (),
    also: Iterable[str] = (),
    forced: Iterable[str] = (),
    stands_in: Mapping[str, str] | None = None,
) -> Compared:
    """Join the lines of each record (`group`) and compare them with what is stored.

    `keys` > 0 are ids. `fixed` columns of known records never change, `forced` ones always but with "skip". `also`:
    more columns to read. `stands_in`: {column: another}, whose content in it means that it lacks one of its own.
    """
    count = len(keys)
    finals = {name: merging.last_words(said, group, count) for name, said in columns.items()}
    own = {name: merging.last_words(said, group, count) for name, said in custom.items()}
    known = np.flatnonzero(keys > 0)
    labels = [name for name in _LABELS if name in table.c]
    names = list(dict.fromkeys(["id", *finals, *labels, *also, *([CUSTOM] if own else [])]))
    frame = stored.rows(session, table, names, by="id", wanted=keys[known].tolist())
    frame = frame.set_index(frame["id"].astype("int64")).reindex(keys[known]).set_axis(known, axis=0)
    compared = Compared(table, group, keys, finals, own, frame)
    overruling = np.zeros(count, dtype=bool)
    for name, final in finals.items():
        if name in fixed:
            continue
        other = (stands_in or {}).get(name)
        old = frame[name].tolist()
        lacks = [content is None or content == "" for content in old]
        if other is not None:
            lacks = [
                is_lacking or content == stood_in
                for is_lacking, content, stood_in in zip(lacks, old, frame[other].tolist(), strict=True)
            ]
        if on_known != "fill" or name in forced:
            lacks = [on_known != "skip"] * len(old)
        compared.touched[name] = _changed(compared, name, old, final.objects(), lacks, overruling)
    if own:
        _compare_custom(compared, on_known, overruling)
    compared.kept = int(overruling.sum())
    return compared


def _changed(
    compared: Compared,
    name: str,
    old_contents: list,
    contents: np.ndarray,
    may_change: list[bool],
    overruling: np.ndarray,
) -> np.ndarray:
    """In which records a column changes; those that say otherwise but may not are noted in `overruling`."""
    mask = np.zeros(len(compared.keys), dtype=bool)
    for place, old, may in zip(compared.stored.index.tolist(), old_contents, may_change, strict=True):
        new = contents[place]
        if new is None or new == old:
            continue
        if may:
            compared.put(place, name, old, new)
            mask[place] = True
        else:
            overruling[place] = True
    return mask


def _compare_custom(compared: Compared, on_known: str, overruling: np.ndarray) -> None:
    contents = {name: final.objects() for name, final in compared.custom.items()}
    masks = {name: np.zeros(len(compared.keys), dtype=bool) for name in contents}
    for place, fields in zip(compared.stored.index.tolist(), compared.stored[CUSTOM].tolist(), strict=True):
        old = fields or {}
        new = dict(old)
        for name, column in contents.items():
            content = column[place]
            if content is None or old.get(name) == content:
                continue
            if on_known == "overwrite" or (on_known == "fill" and old.get(name) in (None, "")):
                new[name] = content
                masks[name][place] = True
            else:
                overruling[place] = True
        if new != old:
            compared.put(place, CUSTOM, old, new)
    compared.touched |= {_custom_key(name): mask for name, mask in masks.items()}


def restore(compared: Compared, needed: np.ndarray) -> tuple[int, ...]:
    """Deleted records among the `needed` (mask) come back, for they would hide what is told about them. Their ids."""
    ids = []
    stored = compared.stored
    for place, key, deleted_at in zip(
        stored.index.tolist(), stored["id"].tolist(), stored["deleted_at"].tolist(), strict=True
    ):
        if deleted_at is not None and needed[place]:
            compared.put(place, "deleted_at", deleted_at, None)
            ids.append(key)
    return tuple(ids)


def imported_lines(
    compared: Compared, columns: Mapping[str, Values], custom: Mapping[str, Values], created: np.ndarray
) -> np.ndarray:
    """The lines that bring something: the first with each content that a new or changed record gets."""
    lines = np.zeros(len(compared.group), dtype=bool)
    no_change = np.zeros(len(compared.keys), dtype=bool)
    for name, said in columns.items():
        lines |= merging.winners(said, compared.group, created | compared.touched.get(name, no_change))
    for name, said in custom.items():
        lines |= merging.winners(said, compared.group, created | compared.touched.get(_custom_key(name), no_change))
    first = merging.first_lines(compared.group, len(compared.keys))[created]
    lines[first[first >= 0]] = True
    return lines


def shown(changes: Iterable[Change], labels: Mapping[tuple[str, int], str]) -> tuple[pd.DataFrame, int]:
    """The first changes in texts (table, record, field, old, new), and how many fields change in all."""
    cells, total = [], 0
    for table, key, before, after in changes:
        for name, old, new in _fields(before, after):
            total += 1
            if len(cells) < CHANGES_SHOWN:
                cells.append(
                    (
                        table,
                        labels.get((table, key), str(key)),
                        name.removesuffix("_e4"),
                        _text(name, old),
                        _text(name, new),
                    )
                )
    return pd.DataFrame(cells, columns=["table", "record", "field", "old", "new"]), total


def labels_of(compared: Compared) -> dict[tuple[str, int], str]:
    """What the known records are called in a list of changes."""
    column = next((name for name in _LABELS if name in compared.stored), None)
    if column is None:
        return {}
    second = next((name for name in _LABELS if name in compared.stored and name != column), column)
    return {
        (compared.table.name, key): label or other or str(key)
        for key, label, other in zip(
            compared.stored["id"].tolist(),
            compared.stored[column].tolist(),
            compared.stored[second].tolist(),
            strict=True,
        )
    }


def _fields(before: dict, after: dict) -> Iterator[tuple[str, object, object]]:
    for name, old in before.items():
        if name == CUSTOM:
            yield from (
                (key, (old or {}).get(key), new) for key, new in after[name].items() if (old or {}).get(key) != new
            )
        elif name not in _UNSEEN:
            yield name, old, after[name]


def _text(name: str, content: object) -> str:
    if content is None:
        return ""
    if name.endswith("_e4"):
        return f"{money.from_e4(content):f}"
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, (date, datetime)):
        return content.isoformat(sep=" ") if isinstance(content, datetime) else content.isoformat()
    return str(content)


def _custom_key(name: str) -> str:
    return f"{CUSTOM}: {name}"  # no column is called like that


def custom_of(compared: Compared, created: np.ndarray) -> np.ndarray:
    """The custom fields of new records as JSON texts."""
    fragments = [
        said.at(created).spread([f"{json.dumps(name)}: {json.dumps(content)}" for content in said.different])
        for name, said in compared.custom.items()
    ]
    if not fragments:
        return np.full(len(created), "{}", dtype=object)
    texts = [
        "{" + ", ".join(part for part in parts if part is not None) + "}" for parts in zip(*fragments, strict=True)
    ]
    return np.array(texts, dtype=object)
