"""Fitting: both models to the purchases known on a day, and what is wanting where that is not possible."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from crm.analytics.value import bgnbd, gamma_gamma
from crm.analytics.value.bgnbd import BgNbd, Distinct
from crm.analytics.value.gamma_gamma import GammaGamma
from crm.analytics.value.order_size import FromEverybody, FromOneself, OrderSize
from crm.analytics.value.transactions import DAYS_A_WEEK, Histories, PurchaseDays, histories, purchase_days
from crm.errors import NotEnoughData

MIN_REPEAT_BUYERS = 10  # four parameters; with fewer they follow single customers
MIN_WEEKS = 4  # in less time the rhythm of most customers cannot show


@dataclass(frozen=True, eq=False)
class Fitted:
    """The models of one day. spend_fit is None where Gamma-Gamma does not hold, and each customer's own mean is used."""

    purchases: PurchaseDays
    customers: Histories
    seen: Distinct
    purchases_fit: BgNbd
    spend_fit: GammaGamma | None
    sizes: OrderSize


def fit(orders: pd.DataFrame, *, as_of: dt.date, random_state: int = 0) -> Fitted:
    """BG/NBD and Gamma-Gamma on the purchases up to `as_of`. Raises NotEnoughData for too few repeat buyers, or too few
    weeks."""
    purchases = purchase_days(orders, as_of=as_of)
    customers = histories(purchases)
    again, days = int((customers.repeats > 0).sum()), int(customers.age_days.max())
    if days < MIN_WEEKS * DAYS_A_WEEK:
        raise NotEnoughData(f"What customers will spend needs orders that reach back {MIN_WEEKS} weeks; these reach back "
                            f"{days} days.")
    if again < MIN_REPEAT_BUYERS:
        raise NotEnoughData(f"What customers will spend needs {MIN_REPEAT_BUYERS} customers who bought again on another "
                            f"day; there are {again}.")
    seen = bgnbd.distinct(customers)
    spend_fit = _spend_fit(customers, random_state=random_state)
    sizes = FromOneself.of(purchases, customers) if spend_fit is None else FromEverybody(spend_fit, customers)
    return Fitted(purchases=purchases, customers=customers, seen=seen,
                  purchases_fit=bgnbd.fit(seen, random_state=random_state), spend_fit=spend_fit, sizes=sizes)


def _spend_fit(customers: Histories, *, random_state: int) -> GammaGamma | None:
    """Gamma-Gamma; None for too few customers, or where it takes the mean purchase for infinite or all customers for alike,
    as it may when all have bought equally often: then it cannot tell customers from purchases."""
    usable = gamma_gamma.usable(customers)
    if usable.sum() < MIN_REPEAT_BUYERS:
        return None
    found = gamma_gamma.fit(customers.repeats[usable], customers.repeat_spend[usable], random_state=random_state)
    return found if gamma_gamma.SMALLEST_Q <= found.q < gamma_gamma.LARGEST_Q else None
