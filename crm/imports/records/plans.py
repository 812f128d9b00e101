"""What will a file of records change? What is new, what known records get, and which lines say nothing new."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sqlalchemy import Table

from crm.imports.records.surveys import Answers
from crm.services.changes import Change


@dataclass(frozen=True)
class Part:
    """What becomes of one table. `keys`: one a record, its id or -(place + 1) for a new one.

    created: places of the records to insert; rows: {column: one content a created record}, of which `refers` names
    those that hold keys of other parts' records. changes: of existing rows. restored: ids of deleted ones that come
    back.
    tags: {place of the record: tags to add}. labels: {(table, id): what a changed record is called}.
    """

    table: Table
    keys: np.ndarray
    created: np.ndarray
    rows: dict[str, np.ndarray]
    refers: dict[str, str] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    restored: tuple[int, ...] = ()
    tags: dict[int, tuple[str, ...]] = field(default_factory=dict)
    labels: dict[tuple[str, int], str] = field(default_factory=dict)


@dataclass(frozen=True)
class AnswerRows:
    """New answers: `customer`, `product` keys of the customers' and products' parts (0 none), one an answer; codes, moments
    and the seconds that a form took (None not known) one a line."""

    answers: Answers
    customer: np.ndarray
    product: np.ndarray
    response_code: np.ndarray
    answered_at: np.ndarray
    seconds_taken: np.ndarray


@dataclass(frozen=True)
class Planned:
    """What one kind's lines come to, before it is counted.

    parts: in the sequence in which they are written. imported: mask of the lines that bring something. refused: why a
    line is refused in view of the records, None where it is not.
    """

    parts: tuple[Part, ...]
    imported: np.ndarray
    refused: np.ndarray
    found: dict[str, int]
    answers: AnswerRows | None = None
    members: "MemberRows | None" = None


@dataclass(frozen=True)
class MemberRows:
    """Whom campaigns reached: keys of the campaigns' and the customers' parts, and what is told; `is_known`: the row is
    there and gets what is told (None: it stays)."""

    campaign: np.ndarray
    customer: np.ndarray
    is_known: np.ndarray
    rows: dict[str, np.ndarray]


@dataclass(frozen=True)
class RecordPlan:
    """What to write; reading it changes nothing.

    duplicates, imported: lines that change nothing, and that create or change something; with the rejected ones they
    are all. rejected: row, reason of lines refused in view of the records. created, updated: {table: records}. changes:
    table, record, field, old, new (texts), at most report.CHANGES_SHOWN; changes_total counts all. new_rows,
    duplicate_rows: the file's line numbers. found: {code of a note: number}.
    """

    kind: str
    duplicates: int
    imported: int
    rejected: pd.DataFrame
    created: dict[str, int]
    updated: dict[str, int]
    changes: pd.DataFrame
    changes_total: int
    new_rows: np.ndarray
    duplicate_rows: np.ndarray
    found: dict[str, int]
    parts: tuple[Part, ...] = ()
    answers: AnswerRows | None = None
    members: MemberRows | None = None
