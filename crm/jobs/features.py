"""Features of customers: the table in which groups are looked for, and which of its columns have data behind them."""

from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics.segments import feature_table as analysis
from crm.db import reads
from crm.jobs import customer_numbers


@reads("sales", "customers", "service", "surveys")
def table(session: Session, *, as_of: date, features: tuple[str, ...] | None = None) -> pd.DataFrame:
    """One row a customer who bought up to `as_of`; see crm.analytics.segments.feature_table.build.

    features: these columns, in this sequence; only the frames that they need are read. None: all. Numbers of customers
    have their gaps filled in as the owner chose. Raises InvalidInput for a feature that nothing is kept of.
    """
    return analysis.build(frames.orders(session, until=as_of), as_of=as_of, features=features,
                          **_read(session, as_of, analysis.frames_for(features)))


@reads("sales", "customers", "service", "surveys")
def available(session: Session, *, as_of: date) -> pd.DataFrame:
    """The features that tell one customer from another: one row a feature, as in the catalogue's order.

    feature, group, kind, log, unit, known, known_share, different as in feature_table.coverage, at least two of them
    different; filled: how many of the known were filled in as the owner chose.
    """
    found = table(session, as_of=as_of)
    covered = analysis.coverage(found)
    covered = covered[covered["different"] > 1].reset_index(drop=True)
    numbers = customer_numbers.run(session)
    numbers = numbers[numbers["customer_id"].isin(found["customer_id"])]
    filled = {"age" if name == "birth_year" else name: int(numbers[f"{name}_is_filled"].sum())
              for name in numbers.columns if f"{name}_is_filled" in numbers}
    return covered.assign(filled=covered["feature"].map(filled).fillna(0).astype("int64"))


def _read(session: Session, as_of: date, needed: frozenset[str]) -> dict[str, pd.DataFrame]:
    read = {
        "lines": lambda: frames.order_lines(session, until=as_of),
        "products": lambda: frames.products(session),
        "customers": lambda: frames.customers(session),
        "numbers": lambda: customer_numbers.run(session),
        "tickets": lambda: frames.tickets(session, until=as_of),
        "answers": lambda: frames.answers(session, until=as_of),
    }
    return {name: read[name]() for name in sorted(needed)}
