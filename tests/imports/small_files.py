"""Lines of a file as its reader gives them, brought in by the engine of orders; for tests that need no reader."""

import csv
import io
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import select

from crm import db
from crm.imports import order_lines
from crm.imports.detection import FileFormat
from crm.imports.mapping import map_columns
from crm.imports.planning import Plan, plan_import
from crm.imports.steps import Steps
from crm.imports.tables import Table
from crm.imports.writing import write_plan
from crm.models import Customer, ImportBatch, Order, OrderLine, Product
from crm.services import check


@dataclass(frozen=True)
class Brought:
    batch_id: int
    plan: Plan
    read: int

    @property
    def counts(self) -> tuple[int, int, int]:
        """imported, duplicate, rejected when compared with the database"""
        return self.plan.imported, self.plan.duplicates, len(self.plan.rejected)


def parsed(*lines, header, kind="order_lines", columns=None, constants=None, file_format=None):
    """What the lines below that header are understood as; columns: {theirs: ours} where the name does not tell."""
    names = header.split(",")
    rows = list(csv.reader(io.StringIO("\n".join(lines))))
    frame = pd.DataFrame(rows, columns=names, dtype="str").astype("category")
    frame.index = pd.RangeIndex(2, len(rows) + 2, name="row")
    asked = file_format or FileFormat()
    table = Table(frame, pd.DataFrame(columns=["row", "text", "reason"]), asked)
    chosen = map_columns(names, kind=kind, overrides=columns, constants=constants)
    return order_lines.parse(table, chosen, asked=asked, kind=kind)


def bring_in(workspace, *lines, source="shop", on_known="fill", **arguments) -> Brought:
    """Bring these lines in, as one import."""
    understood = parsed(*lines, **arguments)
    kind = arguments.get("kind", "order_lines")
    with db.reading(workspace) as session:
        previewed = plan_import(session, understood, source=source, on_known=on_known, lock=False)
    with db.transaction(workspace) as session:
        plan = plan_import(session, understood, source=source, on_known=on_known)
        assert (plan.created, plan.updated, plan.changes_total) == (
            previewed.created, previewed.updated, previewed.changes_total)
        batch = ImportBatch(file_name="shop.csv", source=source, kind=kind, lines_read=len(lines),
                            lines_imported=plan.imported, lines_duplicate=plan.duplicates,
                            lines_rejected=len(plan.rejected), details={"created": plan.created})
        session.add(batch)
        session.flush()
        batch_id = batch.id
        write_plan(session, plan, source=source, batch_id=batch_id, steps=Steps())
    assert plan.imported + plan.duplicates + len(plan.rejected) == len(understood.lines)
    assert plan.created["order_lines"] == len(plan.lines)
    assert sorted([*plan.new_rows, *plan.duplicate_rows, *plan.rejected["row"]]) == understood.lines.index.tolist()
    with db.reading(workspace) as session:
        assert check.findings(session) == []
    return Brought(batch_id, plan, len(lines))


def rows(workspace, *columns):
    with db.reading(workspace) as session:
        return session.execute(select(*columns).order_by(*columns)).all()


def whole(workspace) -> dict[str, list]:
    """Every record as the owner sees it, whatever its id, version and day of entry are."""
    left_out = {"id", "version", "created_at", "updated_at", "import_batch_id", "order_id", "customer_id", "product_id"}
    found = {}
    with db.reading(workspace) as session:
        for model in (Customer, Product, Order, OrderLine):
            columns = [column for column in model.__table__.c if column.name not in left_out]
            query = select(*columns)
            if model is Order:
                query = select(Customer.code, *columns).select_from(Order).outerjoin(Customer)
            if model is OrderLine:
                query = (select(Order.source, Order.number, Customer.code, Product.code, *columns).select_from(OrderLine)
                         .join(Order).outerjoin(Customer, Order.customer_id == Customer.id)
                         .outerjoin(Product, OrderLine.product_id == Product.id))
            found[model.__tablename__] = sorted(map(str, session.execute(query).all()))
    return found
