"""Ratings: how well is foretold what customers say of products, and what would one customer say of those not yet rated?"""

from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics.recommendations import ratings
from crm.db import reads

NO_BETTER = "mean"  # the yardstick: it ranks nothing


@dataclass(frozen=True, eq=False)
class Rated:
    """Products that the customer neither rated nor bought, the highest expected rating first: product_id, product_name, rank,
    predicted (0..1). method: which foretold, rmse: how far off it usually is (0..1, on ratings it had not seen)."""

    items: pd.DataFrame
    method: str
    rmse: float


@reads("surveys", "sales", "customers")
def judged_ratings(session: Session, *, as_of: date, random_state: int = 0) -> pd.DataFrame:
    """Every method's error on ratings it has not seen, the smallest first; see ratings.judge_ratings. Raises NotEnoughData below
    20 ratings of products."""
    return ratings.judge_ratings(frames.ratings(session, until=as_of), random_state=random_state)


@reads("surveys", "sales", "customers")
def rated_for(session: Session, *, as_of: date, customer_id: int, never: tuple[int, ...] = (), top: int = 5,
              random_state: int = 0) -> Rated | None:
    """What this customer would rate best of what may be offered, by the method that foretold unseen ratings best; None where
    none of them surely beats the mean of all ratings. never: product ids that were dismissed for the customer.

    Raises NotEnoughData below 20 ratings of products.
    """
    judged = judged_ratings(session, as_of=as_of, random_state=random_state)
    better = judged[judged["beats_mean"] & (judged["method"] != NO_BETTER)]
    if better.empty:
        return None
    best = better.iloc[0]
    model = ratings.learn_ratings(frames.ratings(session, until=as_of), method=best["method"], random_state=random_state)
    products = frames.products(session)
    lines = frames.order_lines(session, until=as_of)
    bought = lines.loc[(lines["customer_id"] == customer_id) & (lines["kind"] == "sale"), "product_id"]
    offered = products[products["recommendable"] & ~products["product_id"].isin(bought) & ~products["product_id"].isin(never)]
    ranked = model.ranked([customer_id], top=len(model.product_ids))
    items = ranked.merge(offered[["product_id", "name"]].rename(columns={"name": "product_name"}), on="product_id").head(top)
    items = items.assign(rank=range(1, len(items) + 1))
    return Rated(items[["product_id", "product_name", "rank", "predicted"]], best["method"], float(best["rmse"]))
