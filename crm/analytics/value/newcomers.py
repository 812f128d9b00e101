"""Newcomers: what is a new customer worth, and what may winning one cost?

A customer's value here is what was bought within the first `months` after the first purchase, that one included, each
purchase discounted to the day of the first. Of customers who have been here for less time, the rest is what the models
expect of them. Groups are compared by the mean over their own customers.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm.analytics.value import ahead
from crm.analytics.value.bgnbd import BgNbd, Distinct
from crm.analytics.value.forecast import spread_out
from crm.analytics.value.margins import Margins
from crm.analytics.value.order_size import OrderSize
from crm.analytics.value.transactions import DAYS_A_WEEK, Histories, PurchaseDays
from crm.errors import InvalidInput

LOOKING_BACK_MONTHS = 36  # what a customer of four years ago cost and brought says little about the next one
FEWEST = 10  # a mean of fewer customers is chance
EVERYBODY = "all"


@dataclass(frozen=True, eq=False)
class Newcomers:
    """groups: per grouping one row a group (EVERYBODY in the grouping of that name): group, customers (won in the last three
    years), value, low, high (80 % range of the mean, discounted revenue of the first months; NaN below ten customers),
    margin_rate (NaN without known costs), worth, worth_low, worth_high (value x margin_rate where costs are known, else the
    value itself), expected_share (0..1 of the value that has not happened yet). is_margin: whether worth is margin.
    """

    months: int
    is_margin: bool
    groups: dict[str, pd.DataFrame]


def newcomers(purchases: PurchaseDays, customers: Histories, seen: Distinct, model: BgNbd, sizes: OrderSize,
              known: Margins, labels: dict[str, pd.Series], *, months: int, yearly_discount: float,
              model_error: float) -> Newcomers:
    """What newcomers are worth in their first `months`, altogether and by each grouping of `labels`."""
    first_days = months * ahead.WEEKS_A_MONTH * DAYS_A_WEEK
    since = purchases.day - purchases.day[purchases.starts][purchases.code]
    worth_then = purchases.net * (1 + yearly_discount) ** (-since / 365.25) * (since <= first_days)
    seen_so_far = np.bincount(purchases.code, weights=worth_then, minlength=len(customers.repeats))
    left_days = np.maximum(first_days - customers.age_days, 0.0)
    coming = ahead.purchases(model.parameters, seen, np.maximum(first_days - seen.age_days, 0.0) / DAYS_A_WEEK)
    coming = replace(coming, mean=coming.mean[seen.place], second_moment=coming.second_moment[seen.place])
    once, twice = sizes.second_moments()
    halfway_years = (customers.age_days + left_days / 2) / 365.25
    to_come = coming.mean * sizes.mean * (1 + yearly_discount) ** -halfway_years
    chance = np.maximum(once * coming.mean + twice * coming.second_moment - (coming.mean * sizes.mean) ** 2, 0.0)
    recent = customers.age_days <= max(LOOKING_BACK_MONTHS, months) * ahead.WEEKS_A_MONTH * DAYS_A_WEEK
    has_costs = bool(np.isfinite(known.rate).any())

    def row(name: str, among: np.ndarray) -> dict:
        n = int(among.sum())
        row = {"group": name, "customers": n} | dict.fromkeys(("value", "low", "high", "expected_share"), np.nan)
        sold = np.nansum(known.known[among])
        row["margin_rate"] = np.nansum(known.margin[among]) / sold if has_costs and sold > 0 else np.nan
        if n < FEWEST:
            return row
        values = seen_so_far[among] + to_come[among]
        expected = float(to_come[among].mean())
        variance = (values.var(ddof=1) + chance[among].mean()) / n + (model_error * expected) ** 2
        mean = float(values.mean())
        low, high = spread_out(mean, float(variance))
        return row | {"value": mean, "low": low, "high": high,
                      "expected_share": expected / mean if mean > 0 else np.nan}

    groups = {EVERYBODY: pd.DataFrame([row(EVERYBODY, recent)])}
    for name, label in labels.items():
        rows = [row(group, recent & (label == group).to_numpy()) for group in label.dropna().unique()]
        table = pd.DataFrame([one for one in rows if one["customers"]])
        if len(table):
            groups[name] = table.sort_values(["value", "group"], ascending=[False, True], ignore_index=True)
    return Newcomers(months=months, is_margin=has_costs, groups={
        name: _worth(table, groups[EVERYBODY], has_costs) for name, table in groups.items()})


def _worth(table: pd.DataFrame, everybody: pd.DataFrame, has_costs: bool) -> pd.DataFrame:
    # A group in which no cost is known is taken to leave what everybody leaves.
    rate = table["margin_rate"].fillna(everybody["margin_rate"].iloc[0]) if has_costs else 1.0
    return table.assign(margin_rate=rate if has_costs else np.nan, worth=table["value"] * rate,
                        worth_low=table["low"] * rate, worth_high=table["high"] * rate)


def allowed_cost(result: Newcomers, *, share: float, grouping: str = EVERYBODY) -> pd.DataFrame:
    """What winning a customer of each group may cost, if `share` (0..1) of what one is worth may be spent on it: the rows of
    `grouping` with allowed, allowed_low, allowed_high (money, never below 0)."""
    if not 0 <= share <= 1:
        raise InvalidInput(f"The share is {share * 100:.0f} %; choose 0 % to 100 %.", field="share")
    table = result.groups[grouping]
    return table.assign(**{new: (table[old] * share).clip(lower=0.0) for new, old in (
        ("allowed", "worth"), ("allowed_low", "worth_low"), ("allowed_high", "worth_high"))})
