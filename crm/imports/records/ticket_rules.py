"""What else must hold of tickets: the sequence of their moments, and a status that fits them?"""

from collections.abc import Mapping

import numpy as np

from crm.imports.records.comparing import Compared
from crm.imports.records.event_kinds import Lines
from crm.imports.records.parsing import Records

_AFTER_OPENING = {  # what cannot be before the opening: why a new ticket is refused, and why a known one's change is
    "first_answered_at": (
        "The lines of this ticket contradict each other: its first answer would be before its opening.",
        "The first answer would be before the opening in your records.",
    ),
    "resolved_at": (
        "The lines of this ticket contradict each other: its solution would be before its opening.",
        "The solution would be before the opening in your records.",
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
    """A ticket that gets its answer or its solution is answered or resolved, where the file has no word on it."""
    if "status" in records.fields:
        return
    statuses = compared.stored["status"].to_dict()
    for place, after in list(compared.after.items()):
        status = statuses[place]
        if after.get("resolved_at") is not None and status in ("open", "answered"):
            compared.put(place, "status", status, "resolved")
        elif after.get("first_answered_at") is not None and status == "open":
            compared.put(place, "status", status, "answered")
