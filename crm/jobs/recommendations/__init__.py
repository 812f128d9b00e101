"""Recommendations: what to offer whom next, how well that measured, the saved offers, and what became of them."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics.recommendations.judging import Comparison
from crm.db import reads
from crm.errors import NotEnoughData
from crm.jobs.names import named
from crm.jobs.recommendations.groups import Groups, profile_groups, segment_groups
from crm.jobs.recommendations.learning import (
    FIRST,
    METHODS,
    QUESTIONS,
    Known,
    Learned,
    compare_all,
    first_comparison,
    known,
    learned,
)
from crm.jobs.recommendations.listing import (
    SHOWN,
    Shown,
    categories,
    everybody,
    first_shown,
    for_product,
    narrowed,
    of_customers,
    prices,
)
from crm.jobs.recommendations.outcomes import Outcomes, outcomes
from crm.jobs.recommendations.rated import Rated, judged_ratings, rated_for
from crm.services import offer_settings, offers, scores, segments
from crm.services.offer_settings import OfferSettings

SAVED_OFFERS = 5  # recommendations kept a customer: what fits a mail

__all__ = ["FIRST", "METHODS", "QUESTIONS", "SAVED_OFFERS", "Rated", "SHOWN", "Groups", "Known", "Learned", "Outcomes", "Recommendations", "Shown", "categories", "compare_all",
           "everybody", "first_comparison", "first_shown", "for_product", "judged_ratings", "known", "learned", "narrowed", "of_customers", "outcomes",
           "prices", "profile_groups", "quality", "rated_for", "run", "save", "segment_groups", "table", "whole"]


@dataclass(frozen=True, eq=False)
class Recommendations:
    """Everybody's lists. items: one row a customer and offer, as Lister.list has them, with product_name and because_name;
    method, parameters: what made them; comparison: how it did beside others (None: too few came back to measure);
    customers: with a list; products: that may be offered."""

    items: pd.DataFrame
    method: str
    parameters: dict
    mode: str
    comparison: Comparison | None
    as_of: date
    top: int
    exclude_recent_days: int
    customers: int
    products: int


@reads("sales", "customers", "work")
def run(session: Session, *, as_of: date, top: int = SAVED_OFFERS, mode: str = "new", exclude_recent_days: int | None = None,
        method: str | None = None, random_state: int = 0) -> Recommendations:
    """What to offer every customer next, by the method that measures best or the owner's own; what was dismissed is left out.

    mode: "new" or "repeat". None: as the owner chose on the page of offers.
    """
    kept = offer_settings.read(session)
    days = kept.exclude_recent_days if exclude_recent_days is None else exclude_recent_days
    own = kept.method(mode) if method is None else method
    settings = kept.parameters(mode) if method is None else None
    groups = (segment_groups(session, as_of=as_of, segment_ids=tuple(one.id for one in segments.listing(session, counted=False)))
              if kept.newcomers_by == "segment" else profile_groups(session, as_of=as_of)).codes
    of, missing, comparison = known(session, as_of=as_of), None, None
    how = {"question": mode, "groups": groups, "method": own, "parameters": settings, "random_state": random_state,
           "exclude_recent_days": days if mode == "repeat" else 0}
    try:
        comparison = first_comparison(of, **how)
    except NotEnoughData as error:
        missing = str(error)
    made = learned(of, comparison, missing=missing, **how)
    return whole(made, settings=kept, never=offers.dismissed(session, question=mode),
                 customer_ids=frames.customers(session)["customer_id"].to_numpy(), top=top)


def whole(made: Learned, *, settings: OfferSettings, never: pd.DataFrame, customer_ids, top: int = SAVED_OFFERS) -> Recommendations:
    """The lists of all these customers as a result that is saved or written."""
    items = everybody(made, customer_ids, settings=settings, never=never, top=top)
    return Recommendations(items, made.method, made.parameters, made.question, made.comparison, made.known.as_of, top,
                           made.lister.exclude_recent_days, int(items["customer_id"].nunique()), made.products)


def table(result: Recommendations, names: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """One row a customer and offer: customer_code, customer_name, product_code, product_name, rank from 1, score, chance
    (0..1 that the next order holds it), expected_amount, reason, because (the product that speaks for it; blank: none)."""
    items = result.items.merge(catalogue[["product_id", "product_code"]], on="product_id", how="left")
    written = named(items, names).sort_values(["customer_code", "rank"], kind="stable", ignore_index=True)
    return written.rename(columns={"because_name": "because"})[[
        "customer_code", "customer_name", "product_code", "product_name", "rank", "score", "chance", "expected_amount", "reason",
        "because"]]


def quality(result: Recommendations) -> dict:
    """How good the offers are, as plain figures."""
    found = result.comparison
    return {
        "method": result.method, "beats_popularity": None if found is None else found.beats_popularity,
        "customers": result.customers, "products": result.products,
        "customers_measured": None if found is None else found.customers_measured,
        "methods": [] if found is None else found.table.to_dict("records")}


def save(session: Session, result: Recommendations) -> int:
    """Keep every customer's first offers; returns the run's id."""
    first = result.items[result.items["rank"] <= SAVED_OFFERS]
    return scores.save(session, first.rename(columns={"score": "number", "rank": "position"}), analysis="recommend",
                       as_of=result.as_of, parameters={"method": result.method, "mode": result.mode},
                       quality=quality(result))
