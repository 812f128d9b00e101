"""What will a file of records change? What is new, what known records get, and which lines say nothing new."""

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm.imports.records import answers, campaigns, comparing, events, goods, merging, people, references, stored
from crm.imports.records.parsing import Records
from crm.imports.records.plans import Planned, RecordPlan
from crm.models import SurveyAnswer


def plan_records(session: Session, records: Records, *, source: str, on_known: str = "fill") -> RecordPlan:
    """Match a file with the records; nothing is written. `on_known`: see crm.models.ON_KNOWN.

    Inside a transaction on PostgreSQL the tables concerned are locked against other writers.
    """
    stored.lock(session, records.kind)
    planned = _plan(session, records, source, on_known)
    refused = planned.refused != None  # noqa: E711 - elementwise
    imported = planned.imported & ~refused
    duplicate = ~imported & ~refused
    created = {part.table.name: len(part.created) for part in planned.parts}
    if planned.answers is not None:
        created[SurveyAnswer.__tablename__] = len(planned.answers.answers)
    if planned.members is not None:
        created["campaign_members"] = int((~planned.members.is_known).sum())
    changes = [change for part in planned.parts for change in part.changes]
    labels = {key: label for part in planned.parts for key, label in part.labels.items()}
    frame, total = comparing.shown(changes, labels)
    return RecordPlan(
        kind=records.kind,
        duplicates=int(duplicate.sum()),
        imported=int(imported.sum()),
        rejected=pd.DataFrame(
            {"row": records.rows[refused], "reason": pd.Series(planned.refused[refused], dtype="str")}
        ),
        created=created,
        updated={part.table.name: _updated(part.changes) for part in planned.parts},
        changes=frame,
        changes_total=total,
        new_rows=records.rows[imported],
        duplicate_rows=records.rows[duplicate],
        found={code: number for code, number in planned.found.items() if number},
        parts=planned.parts,
        answers=planned.answers,
        members=planned.members,
    )


def _plan(session: Session, records: Records, source: str, on_known: str) -> Planned:
    if records.kind == "customers":
        return _customers(session, records, on_known)
    if records.kind == "products":
        return goods.plan(session, records, on_known=on_known)
    if records.kind == "campaign_results":
        return campaigns.plan(session, records, on_known=on_known)
    if records.kind in events.EVENTS:
        return events.plan(session, records, source=source, on_known=on_known)
    return answers.plan(session, records, source=source, on_known=on_known)


def _customers(session: Session, records: Records, on_known: str) -> Planned:
    named = references.customers(session, records, by_company=False)
    part, compared, lines = people.plan(session, records, named, on_known=on_known)
    columns = {ours: said for ours, said in records.fields.items() if ours != "customer_code"} | records.customer_custom
    found = {
        "records_kept": compared.kept,
        "lines_overruled": merging.overruled(columns, named.place, len(named.keys)),
        "tags_added": sum(len(tags) for place, tags in part.tags.items() if named.keys[place] > 0),
    }
    return Planned((part,), lines, np.full(len(lines), None, dtype=object), found)


def _updated(changes) -> int:
    """How many records get something; coming back alone is told apart."""
    return sum(set(after) != {"deleted_at"} for _, _, _, after in changes)
