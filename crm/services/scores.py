"""Which results of an analysis were kept for the customers? The newest run of an analysis is the one that counts."""

import json
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.db import bulk
from crm.models import CustomerScore, Product, ScoreRun
from crm.services import audit

COLUMNS = ("label", "number", "product_id", "position")


@dataclass(frozen=True)
class SavedScore:
    """One thing known about a customer; `product` and `position` only for recommendations."""

    analysis: str
    as_of: date
    saved_at: datetime
    label: str | None
    number: float | None
    product: str | None
    position: int | None


def save(session: Session, scores: pd.DataFrame, *, analysis: str, as_of: date, parameters: dict,
         quality: dict) -> int:
    """Keep one row a customer (or customer and product): customer_id with any of label, number, product_id, position.

    Returns the run's id. Revisions do not rise: saved scores make no analysis stale.
    """
    run = ScoreRun(analysis=analysis, as_of=as_of, parameters=_plain(parameters), quality=_plain(quality))
    session.add(run)
    session.flush()
    given = [column for column in COLUMNS if column in scores]
    values = [scores["customer_id"].tolist()]
    values += [scores[column].astype(object).where(scores[column].notna(), None).tolist() for column in given]
    ids = bulk.reserve_ids(session, CustomerScore.__table__, len(scores))
    bulk.insert_rows(session, CustomerScore.__table__, ("id", "run_id", "customer_id", *given),
                     zip(ids, [run.id] * len(scores), *values, strict=True))
    audit.record(session, "score_run", run.id, "created", {"analysis": (None, analysis), "rows": (None, len(scores))})
    return run.id


def of_customer(session: Session, customer_id: int) -> list[SavedScore]:
    """What the newest run of each analysis says about the customer, recommendations by their position."""
    newest = select(func.max(ScoreRun.id)).group_by(ScoreRun.analysis)
    query = (select(ScoreRun.analysis, ScoreRun.as_of, ScoreRun.created_at, CustomerScore.label, CustomerScore.number,
                    Product.name, CustomerScore.position)
             .join(CustomerScore, CustomerScore.run_id == ScoreRun.id)
             .outerjoin(Product, Product.id == CustomerScore.product_id)
             .where(ScoreRun.id.in_(newest), CustomerScore.customer_id == customer_id)
             .order_by(ScoreRun.analysis, CustomerScore.position))
    return [SavedScore(*row) for row in session.execute(query)]


def newest_run(session: Session, *, analysis: str) -> int | None:
    """The id of the newest saved run of an analysis; None where none was saved."""
    return session.scalar(select(func.max(ScoreRun.id)).where(ScoreRun.analysis == analysis))


def segments(session: Session) -> list[str]:
    """The groups of the newest saved segmentation, the largest first; empty where none was saved."""
    newest = newest_run(session, analysis="segments")
    return list(session.scalars(select(CustomerScore.label).where(CustomerScore.run_id == newest)
                                .group_by(CustomerScore.label).order_by(func.count().desc(), CustomerScore.label)))


def labels(session: Session, *, run_id: int | None) -> pd.Series:
    """The saved group of every customer in that run, indexed by customer_id."""
    rows = session.execute(select(CustomerScore.customer_id, CustomerScore.label)
                           .where(CustomerScore.run_id == run_id)).all()
    return pd.Series(dict(rows), dtype="str", name="segment")


def _plain(content: dict) -> dict:
    """As JSON keeps it: figures that could not be computed are null, other things are text."""
    def fallback(item):
        return item.item() if hasattr(item, "item") else str(item)

    return json.loads(json.dumps(content, default=fallback), parse_constant=lambda _: None)
