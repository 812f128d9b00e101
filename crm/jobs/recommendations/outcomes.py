"""What became of the offers? Of the accepted ones, the share that was bought since, with its range, and how long it took."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm.analytics.cohorts.proportions import wilson
from crm.db import reads
from crm.services import offers


@dataclass(frozen=True, eq=False)
class Outcomes:
    """table: as offers.outcomes gives it. accepted, bought: offers; share 0..1 bought so far with its 95 % range (NaN where
    nothing was accepted); amount: money of what was bought; median_days_until_bought (NaN: none yet), median_days_waited of
    those not bought (NaN: none). expected: how many were expected in each one's next order, by the chances known then, of
    the `with_chance` offers that had one; bought_with_chance of these were bought."""

    table: pd.DataFrame
    accepted: int
    bought: int
    share: float
    low: float
    high: float
    amount: float
    median_days_until_bought: float
    median_days_waited: float
    with_chance: int
    expected: float
    bought_with_chance: int


@reads("sales", "customers", "work")
def outcomes(session: Session, *, as_of: date) -> Outcomes:
    """What of the accepted offers was bought by the day `as_of`."""
    table = offers.outcomes(session, as_of=as_of)
    is_bought = table["bought_on"].notna()
    accepted, bought = len(table), int(is_bought.sum())
    low, high = wilson(np.array([bought]), np.array([accepted]))
    known = table["chance"].notna()
    return Outcomes(
        table=table, accepted=accepted, bought=bought, share=bought / accepted if accepted else float("nan"),
        low=float(low[0]), high=float(high[0]), amount=float(table["amount"].sum()),
        median_days_until_bought=float(table.loc[is_bought, "days_waited"].median()),
        median_days_waited=float(table.loc[~is_bought, "days_waited"].median()),
        with_chance=int(known.sum()), expected=float(table["chance"].sum()), bought_with_chance=int((known & is_bought).sum()))
