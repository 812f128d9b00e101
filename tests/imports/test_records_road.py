"""Do files of records go the whole road: read, parsed, planned without a trace, written once, and taken back?"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import func, select

from crm import db
from crm.errors import Cancelled
from crm.imports import records
from crm.imports.detection import FileFormat
from crm.imports.files import open_sources
from crm.imports.mapping import ColumnMap
from crm.imports.steps import Steps
from crm.imports.tables import read_table
from crm.models import AuditEntry, Base, Customer, ImportBatch, Ticket
from crm.services import changes, check


@dataclass(frozen=True)
class Brought:
    """What became of a file: read = imported + duplicate + rejected; `reasons`: {line: why it was rejected}."""

    batch_id: int
    imported: int
    duplicate: int
    reasons: dict[int, str]
    created: dict[str, int]
    updated: dict[str, int]
    restored: dict[str, int]
    found: dict
    plan: records.RecordPlan


def parsed(content, kind, columns, *, custom=(), items=(), constants=None, asked=None):
    """A file (text, bytes or path) understood; `columns` is {ours: theirs}."""
    raw = content.encode() if isinstance(content, str) else content
    source = open_sources(raw, file_name=raw.name if isinstance(raw, Path) else "records.csv")[0]
    table = read_table(source, asked=asked or FileFormat())
    used = {*columns.values(), *custom, *items}
    left_out = tuple(name for name in table.lines.columns if name not in used)
    known = ColumnMap(dict(columns), left_out, tuple(custom), tuple(items), dict(constants or {}))
    return table, records.parse_records(table, known, kind=kind, asked=asked or FileFormat())


def bring_in(
    workspace, content, kind, columns, *, source="shop", on_known="fill", cancelled=None, **choices
) -> Brought:
    """Import a file as the engine does, and check on the way that the preview tells the truth and the counts add up."""
    table, understood = parsed(content, kind, columns, **choices)
    with db.reading(workspace) as session:
        preview = records.plan_records(session, understood, source=source, on_known=on_known)
    with db.transaction(workspace) as session:
        plan = records.plan_records(session, understood, source=source, on_known=on_known)
        batch = ImportBatch(
            file_name="records.csv",
            source=source,
            kind=kind,
            lines_read=0,
            lines_imported=0,
            lines_duplicate=0,
            lines_rejected=0,
        )
        session.add(batch)
        session.flush()
        batch_id = batch.id
        written = records.write_records(
            session, plan, source=source, batch_id=batch_id, steps=Steps(cancelled=cancelled)
        )
    rejected = pd.concat([understood.rejected, plan.rejected])
    assert len(table.lines) == plan.imported + plan.duplicates + len(rejected)
    assert sorted([*plan.new_rows, *plan.duplicate_rows, *rejected["row"]]) == table.lines.index.tolist()
    assert (preview.created, preview.updated, preview.imported) == (plan.created, plan.updated, plan.imported)
    pd.testing.assert_frame_equal(preview.changes, plan.changes)
    assert (written["created"], written["updated"]) == (plan.created, plan.updated)
    with db.reading(workspace) as session:
        assert check.findings(session) == []
    return Brought(
        batch_id,
        plan.imported,
        plan.duplicates,
        dict(zip(rejected["row"].tolist(), rejected["reason"], strict=True)),
        {name: count for name, count in plan.created.items() if count},
        {name: count for name, count in plan.updated.items() if count},
        written["restored"],
        understood.found | plan.found,
        plan,
    )


def rows(workspace, *columns, where=()):
    """The rows of these columns, sorted."""
    with db.reading(workspace) as session:
        return sorted(map(tuple, session.execute(select(*columns).where(*where))), key=str)


def everything(workspace) -> dict:
    """All records as they are, without their batches and the program's own notes."""
    tables = (
        "customers",
        "customer_tags",
        "products",
        "payments",
        "deals",
        "tickets",
        "interactions",
        "survey_answers",
        "campaigns",
        "campaign_members",
    )
    hidden = ("version", "updated_at")
    with db.reading(workspace) as session:
        return {
            name: sorted(
                map(
                    str,
                    session.execute(
                        select(*(column for column in Base.metadata.tables[name].c if column.name not in hidden))
                    ).all(),
                )
            )
            for name in tables
        }


CUSTOMERS = "code,name,mail,city\nK1,Ann Lee,ann@example.com,Leeds\nK2,Bob Ray,,York\n"
MAPPED = {"customer_code": "code", "customer_name": "name", "customer_email": "mail", "city": "city"}
TICKETS = "no,who,what,opened\nT1,K1,Late parcel,2024-01-02 10:00\nT2,K3,Broken mug,2024-01-03\n"
TICKET_MAP = {"ticket_code": "no", "customer_code": "who", "subject": "what", "opened_at": "opened"}


def test_a_change_of_a_known_record_is_remembered_audited_and_raises_its_version(workspace):
    bring_in(workspace, CUSTOMERS, "customers", MAPPED)
    done = bring_in(workspace, CUSTOMERS.replace("Leeds", "Hull"), "customers", MAPPED, on_known="overwrite")
    assert done.updated == {"customers": 1} and done.plan.changes.to_dict("records") == [
        {"table": "customers", "record": "K1", "field": "city", "old": "Leeds", "new": "Hull"}
    ]
    assert rows(workspace, Customer.code, Customer.city, Customer.version) == [("K1", "Hull", 2), ("K2", "York", 1)]
    audited = rows(workspace, AuditEntry.entity, AuditEntry.action, AuditEntry.changes)
    assert audited == [("customer", "imported", {"city": ["Leeds", "Hull"]})]


def test_what_an_import_changed_can_be_taken_back(workspace):
    bring_in(workspace, CUSTOMERS, "customers", MAPPED)
    before = everything(workspace)
    text = "code,name,mail,city,Size,born,income\nK1,Anna Lee,anna@example.com,Hull,XL,1980,1234.56\n"
    done = bring_in(
        workspace,
        text,
        "customers",
        MAPPED | {"birth_year": "born", "yearly_income": "income"},
        custom=["Size"],
        on_known="overwrite",
    )
    assert done.updated == {"customers": 1} and done.plan.changes_total == 6 and everything(workspace) != before
    with db.transaction(workspace) as session:
        taken = changes.take_back(session, import_batch_id=done.batch_id)
    assert taken.restored == {"customers": 1} and not len(taken.kept)
    assert everything(workspace) == before


def test_every_new_row_names_the_import_that_brought_it(workspace):
    first = bring_in(workspace, CUSTOMERS, "customers", MAPPED)
    second = bring_in(workspace, TICKETS, "tickets", TICKET_MAP)
    assert rows(workspace, Customer.code, Customer.import_batch_id) == [
        ("K1", first.batch_id),
        ("K2", first.batch_id),
        ("K3", second.batch_id),
    ]
    assert {batch for (batch,) in rows(workspace, Ticket.import_batch_id)} == {second.batch_id}


def test_a_stopped_import_leaves_nothing_behind(workspace):
    with pytest.raises(Cancelled):
        bring_in(workspace, TICKETS, "tickets", TICKET_MAP, cancelled=lambda: True)
    assert not any(everything(workspace).values())


def test_a_preview_writes_nothing(workspace):
    _, understood = parsed(TICKETS, "tickets", TICKET_MAP)
    with db.reading(workspace) as session:
        plan = records.plan_records(session, understood, source="shop")
        assert plan.created == {"customers": 2, "tickets": 2} and session.scalar(select(func.count(Ticket.id))) == 0
    assert not any(everything(workspace).values())


def test_a_constant_fills_its_field_on_every_line(workspace):
    done = bring_in(
        workspace,
        "no,who,what\nT1,K1,Late parcel\nT2,K2,Broken mug\n",
        "tickets",
        {"ticket_code": "no", "customer_code": "who", "subject": "what"},
        constants={"opened_at": "2024-02-03", "priority": "urgent"},
    )
    assert done.imported == 2
    assert {(str(at), priority) for at, priority in rows(workspace, Ticket.opened_at, Ticket.priority)} == {
        ("2024-02-03 00:00:00", "high")
    }


def test_the_users_own_words_for_nothing_count(workspace):
    bring_in(
        workspace,
        "code,city\nK1,none\nK2,null\n",
        "customers",
        {"customer_code": "code", "city": "city"},
        asked=FileFormat(null_words=("none",)),
    )
    assert rows(workspace, Customer.code, Customer.city) == [("K1", None), ("K2", "null")]


def test_known_and_deleted_records_are_shown_when_they_come_back(workspace):
    bring_in(workspace, CUSTOMERS, "customers", MAPPED)
    with db.transaction(workspace) as session:
        customer = session.scalars(select(Customer).where(Customer.code == "K1")).one()
        customer.deleted_at = customer.created_at
    kept = bring_in(workspace, CUSTOMERS, "customers", MAPPED, on_known="skip")
    assert (kept.imported, kept.duplicate, kept.restored) == (0, 2, {})
    done = bring_in(workspace, TICKETS, "tickets", TICKET_MAP)
    assert done.restored == {"customers": 1} and done.updated == {}
    assert {"table": "customers", "record": "K1", "field": "deleted_at"}.items() <= done.plan.changes.iloc[
        0
    ].to_dict().items()
    assert rows(workspace, Customer.code, where=[Customer.deleted_at.is_(None)]) == [("K1",), ("K2",), ("K3",)]
    again = bring_in(workspace, TICKETS, "tickets", TICKET_MAP)
    assert (again.imported, again.duplicate) == (0, 2)
