"""How does an analysis run, whoever asks? One module each: frames in, result out; its table; its saved scores.

Pages, the command line and nightly runs call the same ones. A module that the command line offers has `run(session, *,
as_of, ...)`, `quality(result)` and `table(session, result)` or what the table is made from.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from sqlalchemy.orm import Session

from crm.jobs import (
    audiences,
    baskets,
    churn,
    cohorts,
    comments,
    contact_rounds,
    customer_numbers,
    duplicates,
    features,
    journey,
    kept_models,
    model_questions,
    names,
    network,
    next_orders,
    own_prediction,
    own_table,
    products,
    recommendations,
    responses,
    risk,
    satisfaction,
    segments,
    service_desk,
    value,
)
from crm.jobs.satisfaction import drivers as satisfaction_drivers
from crm.jobs.satisfaction import groups as satisfaction_groups
from crm.jobs.satisfaction import money as satisfaction_money


@dataclass(frozen=True)
class Analysis:
    """What the command line needs of one: its run, its table (session, result) and its quality as plain figures."""

    run: Callable
    table: Callable[[Session, object], pd.DataFrame]
    quality: Callable[[object], dict]


ANALYSES = {
    "segments": Analysis(segments.run, lambda session, result: segments.table(result, names.customers(session)),
                         segments.quality),
    "churn": Analysis(churn.run, lambda session, result: churn.table(result.customers, names.customers(session)),
                      churn.quality),
    "next_orders": Analysis(next_orders.run, lambda session, result: next_orders.table(result, names.customers(session)),
                            next_orders.quality),
    "recommend": Analysis(recommendations.run, lambda session, result: recommendations.table(
        result, names.customers(session), names.products(session)), recommendations.quality),
    "baskets": Analysis(baskets.run, lambda session, result: baskets.table(result, names.products(session)),
                        baskets.quality),
    "products": Analysis(products.run, lambda session, result: products.table(result, names.products(session)),
                         products.quality),
    "responses": Analysis(responses.run, lambda session, result: responses.table(result), responses.quality),
    "satisfaction": Analysis(satisfaction.run, lambda session, result: result.items, satisfaction.quality),
    "service_desk": Analysis(service_desk.run, lambda session, result: service_desk.table(result), service_desk.quality),
    "journey": Analysis(journey.run, lambda session, result: journey.table(result), journey.quality),
    "comments": Analysis(comments.run, lambda session, result: comments.table(result, names.customers(session)), comments.quality),
    "drivers": Analysis(satisfaction_drivers.run, lambda session, result: satisfaction_drivers.table(result),
                        satisfaction_drivers.quality),
    "happier": Analysis(satisfaction_groups.run, lambda session, result: satisfaction_groups.table(result),
                        satisfaction_groups.quality),
    "unhappy": Analysis(satisfaction_money.run, lambda session, result: satisfaction_money.table(
        result, names.customers(session)), satisfaction_money.quality),
    "value": Analysis(value.run, lambda session, result: value.table(result, names.customers(session)), value.quality),
    "cohorts": Analysis(cohorts.run, lambda session, result: cohorts.table(result), cohorts.quality),
    "risk": Analysis(risk.run, lambda session, result: risk.table(result, names.customers(session)), risk.quality),
    "network": Analysis(network.run, lambda session, result: network.table(result, names.customers(session)),
                        network.quality),
}

__all__ = ["ANALYSES", "Analysis", "audiences", "baskets", "churn", "cohorts", "comments", "contact_rounds", "customer_numbers",
           "duplicates", "features", "journey", "kept_models", "model_questions", "names", "network", "next_orders", "own_prediction",
           "own_table", "products", "recommendations", "responses", "risk", "satisfaction", "segments", "service_desk", "value"]
