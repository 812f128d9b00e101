"""How does an analysis run, whoever asks? One module each: frames in, result out; its table; its saved scores.

Pages, the command line and nightly runs call the same ones. A module that the command line offers has `run(session, *,
as_of, ...)`, `quality(result)` and `table(session, result)` or what the table is made from.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from sqlalchemy.orm import Session

from crm.jobs import (
    baskets,
    churn,
    customer_numbers,
    duplicates,
    names,
    recommendations,
    satisfaction,
    segments,
)


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
    "recommend": Analysis(recommendations.run, lambda session, result: recommendations.table(
        result, names.customers(session), names.products(session)), recommendations.quality),
    "baskets": Analysis(baskets.run, lambda session, result: baskets.table(result, names.products(session)),
                        baskets.quality),
    "satisfaction": Analysis(satisfaction.run, lambda session, result: result.items, satisfaction.quality),
}

__all__ = ["ANALYSES", "Analysis", "baskets", "churn", "customer_numbers", "duplicates", "names", "recommendations",
           "satisfaction", "segments"]
