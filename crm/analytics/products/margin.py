"""Margin: what remained of each product's revenue after its cost, and for how much of the revenue is a cost known?

A line without a known cost counts in the revenue and in no margin: an unknown cost is not a cost of 0.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.products.lines import MONEY_STEPS, counted, first_days, months_of, steps


@dataclass(frozen=True)
class Margin:
    """Money net of returns: revenue; cost and margin of the lines with a known cost (NaN where none is known); rate: margin
    of 1 of the revenue with a known cost (NaN where that is not above 0); known_cost_share: 0..1 of what was moved, NaN
    without lines."""

    revenue: float
    cost: float
    margin: float
    rate: float
    known_cost_share: float


def margins(order_lines: pd.DataFrame, *, as_of: dt.date, since: dt.date | None = None) -> pd.DataFrame:
    """One row a product with lines from `since` to `as_of`, by product_id: product_id and the figures of Margin, and
    known_revenue (money; of the lines with a known cost)."""
    lines = counted(order_lines, as_of=as_of, since=since)
    codes, ids = pd.factorize(lines["product_id"].to_numpy(), sort=True)
    return pd.DataFrame({"product_id": ids, **_figures(lines, codes, len(ids))})


def by_month(order_lines: pd.DataFrame, product_id: int, *, as_of: dt.date) -> pd.DataFrame:
    """One row a month with lines of this product, by month: month (its first day) and the figures of Margin."""
    lines = counted(order_lines[order_lines["product_id"].to_numpy() == product_id], as_of=as_of)
    codes, months = pd.factorize(months_of(lines["ordered_on"]), sort=True)
    return pd.DataFrame({"month": first_days(months), **_figures(lines, codes, len(months))})


def total(order_lines: pd.DataFrame, *, as_of: dt.date, since: dt.date | None = None,
          product_ids: np.ndarray | None = None) -> Margin:
    """The figures of all these products together (None: of all)."""
    lines = counted(order_lines, as_of=as_of, since=since)
    if product_ids is not None:
        lines = lines[np.isin(lines["product_id"].to_numpy(), product_ids)]
    figures = _figures(lines, np.zeros(len(lines), dtype="int64"), 1)
    return Margin(**{name: float(figures[name][0]) for name in Margin.__dataclass_fields__})


def _figures(lines: pd.DataFrame, codes: np.ndarray, groups: int) -> dict[str, np.ndarray]:
    amount, cost = steps(lines["amount"]), steps(lines["cost"])
    has_cost = ~np.isnan(cost)

    def sums(weights: np.ndarray) -> np.ndarray:
        return np.bincount(codes, weights=weights, minlength=groups) / MONEY_STEPS

    known = np.bincount(codes, weights=has_cost, minlength=groups) > 0
    known_revenue = sums(np.where(has_cost, amount, 0.0))
    spent = np.where(known, sums(np.where(has_cost, cost, 0.0)), np.nan)
    moved, moved_known = sums(np.abs(amount)), sums(np.where(has_cost, np.abs(amount), 0.0))
    margin = known_revenue - spent
    return {"revenue": sums(amount), "known_revenue": known_revenue, "cost": spent, "margin": margin,
            "rate": np.divide(margin, known_revenue, out=np.full(groups, np.nan), where=known & (known_revenue > 0)),
            "known_cost_share": np.divide(moved_known, moved, out=np.full(groups, np.nan), where=moved > 0)}
