"""Which results of an analysis were kept for the customers? The newest run of an analysis is the one that counts."""

from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from crm.db import bulk
from crm.models import CustomerScore, Product, RecordChange, ScoreRun
from crm.services import audit
from crm.services.json_content import plain

COLUMNS = ("label", "number", "product_id", "position")
NIGHTS_KEPT = 7  # a week to look back on; a hundred thousand customers a night would else fill the disk


@dataclass(frozen=True)
class SavedScore:
    """One thing known about a customer; `product` and `position` only for recommendations. `horizon_days`: how far it looks
    ahead, `model`: the name of the kept model that said it; None where the run tells none."""

    analysis: str
    as_of: date
    saved_at: datetime
    label: str | None
    number: float | None
    product: str | None
    position: int | None
    horizon_days: int | None = None
    model: str | None = None


def save(session: Session, scores: pd.DataFrame, *, analysis: str, as_of: date, parameters: dict,
         quality: dict) -> int:
    """Keep one row a customer (or customer and product): customer_id with any of label, number, product_id, position.

    Returns the run's id. Revisions do not rise: saved scores make no analysis stale.
    """
    run = ScoreRun(analysis=analysis, as_of=as_of, parameters=plain(parameters), quality=plain(quality))
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
                    Product.name, CustomerScore.position, ScoreRun.parameters)
             .join(CustomerScore, CustomerScore.run_id == ScoreRun.id)
             .outerjoin(Product, Product.id == CustomerScore.product_id)
             .where(ScoreRun.id.in_(newest), CustomerScore.customer_id == customer_id)
             .order_by(ScoreRun.analysis, CustomerScore.position))
    return [SavedScore(*row, parameters.get("horizon_days"), parameters.get("model_name"))
            for *row, parameters in session.execute(query)]


@dataclass(frozen=True)
class Run:
    """One saved run of an analysis."""

    id: int
    analysis: str
    as_of: date
    saved_at: datetime
    parameters: dict
    quality: dict


def runs(session: Session, *, analysis: str, limit: int = 100) -> list[Run]:
    """The saved runs of an analysis, the newest first."""
    return [Run(*row) for row in session.execute(
        select(ScoreRun.id, ScoreRun.analysis, ScoreRun.as_of, ScoreRun.created_at, ScoreRun.parameters, ScoreRun.quality)
        .where(ScoreRun.analysis == analysis).order_by(ScoreRun.id.desc()).limit(limit))]


def thin_out(session: Session, *, analysis: str) -> int:
    """Drop nightly runs that nobody will look at: the newest NIGHTS_KEPT stay, and of what lies before the last of each
    month. Returns how many went. Runs that somebody saved by hand stay, and so does the newest of all."""
    nightly = [run for run in runs(session, analysis=analysis, limit=10_000) if run.parameters.get("is_nightly")]
    months, gone = set(), []
    for place, run in enumerate(nightly):
        month = (run.as_of.year, run.as_of.month)
        if place >= NIGHTS_KEPT and month in months:
            gone.append(run.id)
        months.add(month)
    for run_id in gone:
        ids = select(CustomerScore.id).where(CustomerScore.run_id == run_id)
        # What a merge remembers of them would be missed when it is taken back.
        session.execute(delete(RecordChange).where(RecordChange.table_name == CustomerScore.__tablename__,
                                                   RecordChange.record_id.in_(ids)))
        session.execute(delete(ScoreRun).where(ScoreRun.id == run_id))  # and its scores with it
    return len(gone)


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
