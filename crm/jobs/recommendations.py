"""Recommendations: what to offer every customer next, their table, their saved offers."""

from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import recommendations as analysis
from crm.db import reads
from crm.jobs.names import named
from crm.services import scores

SAVED_OFFERS = 5  # recommendations kept a customer: what fits a mail


@reads("sales")
def run(session: Session, *, as_of: date, top: int = SAVED_OFFERS, mode: str = "new",
              exclude_recent_days: int = 90, method: str | None = None,
              random_state: int = 0) -> analysis.Recommendations:
    """What to offer every customer next; see crm.analytics.recommendations."""
    return analysis.recommend(
        frames.order_lines(session, until=as_of), frames.products(session), as_of=as_of, top=top, mode=mode,
        exclude_recent_days=exclude_recent_days, method=method, random_state=random_state)


def table(result: analysis.Recommendations, names: pd.DataFrame,
                    catalogue: pd.DataFrame, *, first: int | None = None) -> pd.DataFrame:
    """The offers of all customers, or of the `first` ones: one row a customer and offer: customer_code, customer_name, product_code, product_name, rank from 1, score,
    because (the product it goes with; blank: popular with everybody)."""
    because = catalogue.rename(columns={"product_id": "because_product_id", "product_name": "because"})
    items = result.items
    if first is not None:
        items = items[items["customer_id"].isin(items["customer_id"].unique()[:first])]
    items = items.merge(catalogue, on="product_id").merge(
        because[["because_product_id", "because"]], on="because_product_id", how="left")
    written = named(items, names).sort_values(["customer_code", "rank"], kind="stable", ignore_index=True)
    return written[["customer_code", "customer_name", "product_code", "product_name", "rank", "score", "because"]]


def quality(result: analysis.Recommendations) -> dict:
    """How good the offers are, as plain figures."""
    rows = [] if result.quality is None else result.quality.to_dict("records")
    beats = None if result.evaluation is None else result.evaluation.beats_popularity
    return {"method": result.method, "beats_popularity": beats, "customers": result.customers,
            "products": result.products, "methods": rows}


def save(session: Session, result: analysis.Recommendations) -> int:
    """Keep every customer's first offers; returns the run's id."""
    first = result.items[result.items["rank"] <= SAVED_OFFERS]
    return scores.save(session, first.rename(columns={"score": "number", "rank": "position"}), analysis="recommend",
                       as_of=result.as_of, parameters={"method": result.method, "mode": result.mode},
                       quality=quality(result))
