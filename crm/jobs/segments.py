"""Segments: customers in named groups, their table, their saved groups."""

from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import segments as analysis
from crm.db import reads
from crm.jobs.names import named
from crm.jobs.results import plain
from crm.services import scores


@reads("sales")
def run(session: Session, *, as_of: date, method: str = "rfm", n_segments: int | None = None,
             random_state: int = 0) -> analysis.Segmentation:
    """Customers in named groups; see crm.analytics.segments."""
    return analysis.segment(frames.orders(session, until=as_of), as_of=as_of, method=method,
                                    n_segments=n_segments, random_state=random_state)


def table(result: analysis.Segmentation, names: pd.DataFrame) -> pd.DataFrame:
    """One row a customer: customer_code, customer_name, segment, recency_days, frequency, monetary, scores."""
    return named(result.customers, names).sort_values("monetary", ascending=False, kind="stable", ignore_index=True)


def quality(result: analysis.Segmentation) -> dict:
    """How good a result is, as plain figures, tables as lists of rows."""
    return plain(result.quality)


def save(session: Session, result: analysis.Segmentation) -> int:
    """Keep every customer's group; returns the run's id."""
    return scores.save(session, result.customers.rename(columns={"segment": "label"}), analysis="segments",
                       as_of=result.as_of, parameters=result.parameters, quality=quality(result))
