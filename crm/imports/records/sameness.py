"""Which payments, deals, tickets and interactions are there already? Known by their number, else by what they are."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm.imports.records import merging, stored, values
from crm.imports.records.event_kinds import Event, Lines
from crm.imports.records.values import Values


def matched(session: Session, event: Event, lines: Lines, source: str) -> tuple[np.ndarray, np.ndarray]:
    """Which record each line is of, and each record's id or -(place + 1)."""
    refused = lines.refused != None  # noqa: E711 - elementwise
    coded = lines.code.given & ~refused
    parts_of_code = [lines.code, *(lines.columns[name] for name in (*event.owner, *event.detail))]
    group = np.full(len(coded), -1, dtype="int64")
    group[coded] = pd.factorize(values.places_of(*parts_of_code)[coded])[0]
    count = int(group.max(initial=-1)) + 1
    plain = np.flatnonzero(~coded & ~refused)
    group[plain] = count + np.arange(len(plain))
    keys = np.zeros(count + len(plain), dtype="int64")
    first = merging.first_lines(group, len(keys))
    keys[:count] = _known_by_code(session, event, lines, first[:count], source)
    keys[count:] = _known_by_content(session, event, lines, plain, set(keys[:count].tolist()))
    return group, np.where(keys > 0, keys, -np.arange(len(keys)) - 1)


def _known_by_code(session: Session, event: Event, lines: Lines, first: np.ndarray, source: str) -> np.ndarray:
    """The id of each record with a number, 0 unknown; `first`: its first line."""
    table, apart = event.table, (*event.owner, *event.detail)
    names = ["id", "code", *apart]
    codes = lines.code.at(first).objects()
    known = stored.rows(
        session,
        table,
        names,
        table.c.source == source,
        table.c.deleted_at.is_(None),
        by="code",
        wanted=pd.unique(codes).tolist(),
    ).sort_values("id", kind="stable")
    wanted = list(zip(codes, *(lines.columns[name].at(first).objects() for name in apart), strict=True))
    return _joined(wanted, list(known.itertuples(index=False)), whose=1 + len(event.owner))


def _joined(wanted: Sequence[tuple], known: Sequence[tuple], *, whose: int) -> np.ndarray:
    """For each number with what tells it apart the id of the same, 0 none.

    What then is left of a number (and owner: the first `whose` of each), one here and one there, is one whose details
    were corrected.
    """
    exact: dict[tuple, list[int]] = {}
    for key, *content in known:
        exact.setdefault(tuple(content), []).append(key)
    ids = np.array([exact[each].pop(0) if exact.get(each) else 0 for each in wanted], dtype="int64")
    left: dict[tuple, list[int]] = {}
    for content, keys in exact.items():
        left.setdefault(content[:whose], []).extend(keys)
    unknown: dict[tuple, list[int]] = {}
    for place in np.flatnonzero(ids == 0).tolist():
        unknown.setdefault(wanted[place][:whose], []).append(place)
    for owner, places in unknown.items():
        if len(places) == 1 and len(left.get(owner, ())) == 1:
            ids[places[0]] = left[owner][0]
    return ids


def _known_by_content(session: Session, event: Event, lines: Lines, plain: np.ndarray, taken: set[int]) -> np.ndarray:
    """The id of the record that each line without a number equals, 0 none; as in a multiset, each record once."""
    if not len(plain):
        return np.empty(0, dtype="int64")
    table = event.table
    customer = lines.columns["customer_id"]
    names = ["customer_id", *event.alike]
    read = ["id", *names, *(["order_id"] if "order_id" in table.c else [])]
    known = stored.rows(
        session,
        table,
        read,
        table.c.deleted_at.is_(None),
        by="customer_id",
        wanted=[key for key in customer.different.tolist() if key > 0],
    )
    if not customer.given[plain].all():
        without = stored.rows(session, table, read, table.c.deleted_at.is_(None), table.c.customer_id.is_(None))
        known = pd.concat([part for part in (known, without) if len(part)] or [known])
    known = known[~known["id"].isin(taken)].sort_values("id", kind="stable").reset_index(drop=True)
    said = {
        name: lines.columns[name].at(plain) if name in lines.columns else values.nothing(len(plain))
        for name in read[1:]
    }
    ids = np.zeros(len(plain), dtype="int64")
    if "order_id" not in read:
        _pair(ids, known, said, names)
        return ids
    # An order that one side does not name may be the other's.
    _pair(ids, known, said, [*names, "order_id"])
    _pair(ids, known[known["order_id"].isna()], said, names)
    _pair(ids, known, said, names, only=~said["order_id"].given)
    return ids


def _pair(
    ids: np.ndarray,
    known: pd.DataFrame,
    said: Mapping[str, Values],
    names: Sequence[str],
    *,
    only: np.ndarray | None = None,
) -> None:
    """Give lines without a record the id of an equal one that no other line has; `only`: of these lines."""
    known = known[~known["id"].isin(ids)]
    open_lines = np.flatnonzero((ids == 0) & (True if only is None else only))
    ours, theirs = np.zeros(len(open_lines), dtype="int64"), np.zeros(len(known), dtype="int64")
    for name in names:
        column = said[name].at(open_lines)
        places = {content: place for place, content in enumerate(column.different.tolist())} | {None: -1}
        stranger = len(places)
        there = np.array(
            [
                places.get(None if content is None or content != content else content, stranger)
                for content in known[name].tolist()
            ],
            dtype="int64",
        )
        both = pd.factorize(
            np.concatenate([ours * (stranger + 2) + column.codes + 1, theirs * (stranger + 2) + there + 1])
        )[0]
        ours, theirs = both[: len(open_lines)].astype("int64"), both[len(open_lines) :].astype("int64")
    partner = merging.paired(ours, theirs)
    hit = partner >= 0
    ids[open_lines[hit]] = known["id"].to_numpy()[partner[hit]].astype("int64")
