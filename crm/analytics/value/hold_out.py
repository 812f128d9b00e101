"""Hold-out: had the forecast been made earlier, would it have been right?

The last part of the history is set aside, everything is fitted to what was known before it, and what was then expected of
the customers of that day is laid beside what they bought.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.value import fitting
from crm.analytics.value.forecast import forecast
from crm.analytics.value.transactions import DAYS_A_WEEK, purchase_days
from crm.errors import InvalidInput

HELD_OUT_SHARE = 1 / 3  # of the history: two thirds to learn from, one to be tested on
MOST_DAYS = 365  # older customers say little about next year
# Repeat purchases by the day of the test, from..to: those who never came back, and ever more loyal ones.
CLASSES = ((0, 0), (1, 1), (2, 2), (3, 3), (4, 6), (7, None))


@dataclass(frozen=True, eq=False)
class HoldOut:
    """What was expected at the end of `cutoff` for the `days` after it, and what came.

    customers: who had bought by then. Purchases are purchase days; low and high are 80 % ranges of chance and parameters.
    by_frequency: repeats_from, repeats_to (repeat purchases before; NaN: no upper end), customers, expected, actual.
    model_error: by which share of the expected spend the model was off beyond chance, 0..1 (at 1 its ranges say that hardly
    anything is known); model_error_purchases likewise.
    """

    cutoff: dt.date
    days: int
    customers: int
    expected_purchases: float
    purchases_low: float
    purchases_high: float
    actual_purchases: int
    expected_spend: float
    spend_low: float
    spend_high: float
    actual_spend: float
    by_frequency: pd.DataFrame
    model_error_purchases: float
    model_error: float

    @property
    def is_within_range(self) -> bool:
        """Whether the purchases that came lie within the range that was expected."""
        return self.purchases_low <= self.actual_purchases <= self.purchases_high


def usual_days(first_day: int, as_of_day: int) -> int:
    """How many days are set aside of a history this long."""
    return int(min((as_of_day - first_day) * HELD_OUT_SHARE, MOST_DAYS))


def hold_out(orders: pd.DataFrame, *, as_of: dt.date, days: int, random_state: int = 0) -> HoldOut:
    """Test the forecast on the last `days` up to `as_of`. Raises NotEnoughData where too little was known before them."""
    if days < 1:
        raise InvalidInput(f"{days} days cannot be set aside for the test; choose at least 1.", field="hold_out_days")
    cutoff = as_of - dt.timedelta(days=days)
    known = fitting.fit(orders, as_of=cutoff, random_state=random_state)
    expected = forecast(known.purchases_fit, known.sizes, known.seen, weeks=days / DAYS_A_WEEK)
    came = purchase_days(orders, as_of=as_of)
    later = came.day > known.purchases.as_of_day
    customer = came.customer_ids[came.code[later]]
    place = np.searchsorted(known.purchases.customer_ids, customer)
    place = np.minimum(place, len(known.purchases.customer_ids) - 1)
    of_known = known.purchases.customer_ids[place] == customer
    bought = np.bincount(place[of_known], minlength=len(known.purchases.customer_ids))
    everybody = np.ones(len(bought), dtype=bool)
    number, number_low, number_high = expected.purchases.of(everybody)
    spend, spend_low, spend_high = expected.spend.of(everybody)
    spent = float(came.net[later][of_known].sum())
    return HoldOut(
        cutoff=cutoff, days=days, customers=len(bought), expected_purchases=number, purchases_low=number_low,
        purchases_high=number_high, actual_purchases=int(bought.sum()), expected_spend=spend, spend_low=spend_low,
        spend_high=spend_high, actual_spend=spent,
        by_frequency=_by_frequency(known.customers.repeats, expected.purchases.mean, bought),
        model_error_purchases=_beyond_chance(expected.purchases, actual=float(bought.sum())),
        model_error=_beyond_chance(expected.spend, actual=spent))


def _by_frequency(repeats: np.ndarray, expected: np.ndarray, bought: np.ndarray) -> pd.DataFrame:
    rows = []
    for low, high in CLASSES:
        among = (repeats >= low) & (repeats <= (np.inf if high is None else high))
        rows.append({"repeats_from": low, "repeats_to": high, "customers": int(among.sum()),
                     "expected": float(expected[among].sum()), "actual": int(bought[among].sum())})
    return pd.DataFrame(rows).astype({"repeats_to": float})


def _beyond_chance(expected, *, actual: float) -> float:
    """The relative error that neither chance nor uncertain parameters explain."""
    everybody = np.ones(len(expected.mean), dtype=bool)
    mean = expected.mean.sum()
    if mean <= 0:
        return 0.0
    explained = expected.own_variance.sum() + expected.shared_variance(everybody)
    return float(min(np.sqrt(max((actual - mean) ** 2 - explained, 0.0)) / mean, 1.0))
