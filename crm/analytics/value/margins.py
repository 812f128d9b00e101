"""Margins: what remained of each customer's spend after the cost of the goods, as far as costs are known?

Lines without a known cost count nowhere here: an unknown cost is not a cost of 0.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.value.credibility import credible_means
from crm.analytics.value.transactions import MONEY_STEPS, until


@dataclass(frozen=True, eq=False)
class Margins:
    """One element a customer: margin (money; NaN where no cost is known), known (money: net amount of the lines with a known
    cost), known_share (0..1 of what was moved, NaN without lines), rate (margin a unit of spend to count on for the next
    purchases; NaN where nothing is known of anybody)."""

    margin: np.ndarray
    known: np.ndarray
    known_share: np.ndarray
    rate: np.ndarray
    everybodys_known_share: float


def margins(lines: pd.DataFrame | None, customer_ids: np.ndarray, *, as_of: dt.date) -> Margins:
    """Margins of these customers (sorted ids) from their lines up to `as_of`."""
    n_customers = len(customer_ids)
    unknown = np.full(n_customers, np.nan)
    if lines is None or not lines["cost"].notna().any():
        return Margins(unknown, np.zeros(n_customers), np.zeros(n_customers), unknown, 0.0)
    lines = until(lines, as_of)
    place = np.minimum(np.searchsorted(customer_ids, lines["customer_id"].to_numpy()), n_customers - 1)
    ours = customer_ids[place] == lines["customer_id"].to_numpy()
    place = place[ours]
    amount, cost = (np.rint(lines[name].to_numpy()[ours] * MONEY_STEPS) for name in ("amount", "cost"))
    has_cost = ~np.isnan(cost)
    left = np.where(has_cost, amount - cost, 0.0)

    def total(steps: np.ndarray) -> np.ndarray:
        return np.bincount(place, weights=steps, minlength=n_customers) / MONEY_STEPS

    moved, moved_known = total(np.abs(amount)), total(np.abs(amount) * has_cost)
    known = np.bincount(place, weights=has_cost, minlength=n_customers) > 0
    sold = has_cost & (amount > 0)
    return Margins(
        margin=np.where(known, total(left), np.nan), known=total(amount * has_cost),
        known_share=np.divide(moved_known, moved, out=np.full(n_customers, np.nan), where=moved > 0),
        rate=_credible_rates(place[sold], lines["order_id"].to_numpy()[ours][sold], amount[sold], left[sold],
                             n_customers=n_customers),
        everybodys_known_share=float(moved_known.sum() / moved.sum()) if moved.sum() > 0 else 0.0)


def _credible_rates(customer: np.ndarray, order: np.ndarray, amount: np.ndarray, left: np.ndarray, *,
                    n_customers: int) -> np.ndarray:
    """Every customer's margin rate, drawn towards everybody's as far as it may be chance.

    Orders are the observations, weighted by what was sold at a known cost (whole steps of money). A customer with one
    small order gets nearly everybody's rate, one with many large orders nearly the own.
    """
    group = pd.factorize(order, sort=True)[0]  # whole sums in the sequence of orders: the rows' own changes no digit
    weight, margin = np.bincount(group, weights=amount), np.bincount(group, weights=left)
    owner = np.zeros(len(weight), dtype="int64")
    owner[group] = customer
    return credible_means(owner, margin, weight, n_customers=n_customers).of_each
