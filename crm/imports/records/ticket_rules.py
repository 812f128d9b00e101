"""What else must hold of tickets: the sequence of their moments, a status that fits them, and what is promised to them?"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm.imports.records.comparing import Compared
from crm.imports.records.event_kinds import Lines
from crm.imports.records.parsing import Records
from crm.services import service_policy

# What is read of a known ticket besides, to judge what a file changes in it.
ALSO = ("status", "priority", "opened_at", "first_answered_at", "resolved_at", "reopened_at", "answer_due_at",
        "solution_due_at")
_DUE = ("answer_due_at", "solution_due_at")

_AFTER_OPENING = {  # what cannot be before the opening: why a new ticket is refused, and why a known one's change is
    "first_answered_at": (
        "The lines of this ticket contradict each other: its first answer would be before its opening.",
        "The first answer would be before the opening in your records.",
    ),
    "resolved_at": (
        "The lines of this ticket contradict each other: its solution would be before its opening.",
        "The solution would be before the opening in your records.",
    ),
    "reopened_at": (
        "The lines of this ticket contradict each other: it would be reopened before its opening.",
        "It would be reopened before the opening in your records.",
    ),
}


def refuse_impossible(compared: Compared, lines: Lines) -> None:
    """No ticket can get an answer before its opening, be that in the records or on another of its lines."""
    lines_of = np.bincount(compared.group[compared.group >= 0], minlength=len(compared.keys))
    told = {name: compared.finals[name].objects() for name in ("opened_at", *_AFTER_OPENING) if name in compared.finals}
    for place in np.flatnonzero((compared.keys < 0) & (lines_of > 1)).tolist():
        _refuse(compared, lines, place, {name: contents[place] for name, contents in told.items()}, 0)
    stored = compared.stored.to_dict("index") if compared.after else {}
    for place in list(compared.after):
        _refuse(compared, lines, place, stored[place] | compared.after[place], 1)


def _refuse(compared: Compared, lines: Lines, place: int, row: Mapping, known: int) -> None:
    for column, sentences in _AFTER_OPENING.items():
        then = row.get(column)
        if then is not None and then == then and then < row["opened_at"]:
            lines.refused[compared.group == place] = sentences[known]
            compared.forget([place])
            return


def follow(compared: Compared, records: Records) -> None:
    """A ticket that gets its answer or its solution is answered or resolved, one that is reopened is so, where the file has no
    word on it."""
    if "status" in records.fields:
        return
    statuses = compared.stored["status"].to_dict()
    for place, after in list(compared.after.items()):
        status = statuses[place]
        if after.get("reopened_at") is not None and status == "resolved" and after.get("resolved_at") is None:
            compared.put(place, "status", status, "reopened")
        elif after.get("resolved_at") is not None and status in ("open", "answered"):
            compared.put(place, "status", status, "resolved")
        elif after.get("first_answered_at") is not None and status == "open":
            compared.put(place, "status", status, "answered")


def promise(session: Session, rows: dict[str, np.ndarray]) -> None:
    """New tickets get the deadlines that are promised now, where the file names none."""
    count = len(rows["opened_at"])
    nothing = np.full(count, None, dtype=object)
    missing = {name: np.equal(rows.get(name, nothing), None) for name in _DUE}
    if not count or not any(mask.any() for mask in missing.values()):
        return
    promised = _promised(session, rows["opened_at"], rows["priority"], rows.get("reopened_at", nothing))
    for name, mask in missing.items():
        rows[name] = np.where(mask, promised[name], rows.get(name, nothing))


def promise_again(session: Session, compared: Compared) -> None:
    """A known ticket that gets another priority, or is reopened, gets other deadlines, unless it is resolved or the file names
    them; what was answered already keeps the deadline of its answer."""
    stored = compared.stored.to_dict("index") if compared.after else {}
    rows = {place: stored[place] | after for place, after in compared.after.items()
            if after.keys() & {"priority", "opened_at", "reopened_at"}}
    places = [place for place, row in rows.items() if row["status"] != "resolved"]
    if not places:
        return
    given = {name: _objects([rows[place][name] for place in places]) for name in ("opened_at", "priority", "reopened_at")}
    promised = _promised(session, given["opened_at"], given["priority"], given["reopened_at"])
    for name in _DUE:
        for place, moment in zip(places, promised[name].tolist(), strict=True):
            old = _none(stored[place][name])
            is_settled = name == "answer_due_at" and _none(rows[place]["first_answered_at"]) is not None
            if name not in compared.after[place] and not is_settled and moment != old:
                compared.put(place, name, old, moment)


def _promised(session: Session, opened_at: np.ndarray, priority: np.ndarray, reopened_at: np.ndarray) -> dict[str, np.ndarray]:
    """{column: moments (datetime or None)}."""
    policy = service_policy.read(session)
    due = service_policy.deadlines(
        service_policy.calendar(session, policy), policy.promises, opened_at=_days(opened_at), priority=priority,
        since=_days(reopened_at))
    return {name: due[name].to_numpy().astype("datetime64[us]").astype(object) for name in _DUE}


def _days(moments: np.ndarray) -> np.ndarray:
    return np.array([_none(moment) for moment in moments.tolist()], dtype="datetime64[us]")


def _none(content: object) -> object:
    return None if content is None or pd.isna(content) else content


def _objects(contents: list) -> np.ndarray:
    column = np.empty(len(contents), dtype=object)
    column[:] = contents
    return column
