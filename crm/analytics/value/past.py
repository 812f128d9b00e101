"""Past: what did each customer bring until now, in revenue and, where costs are known, in margin?"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.value.concentration import Concentration, concentration
from crm.analytics.value.groups import COHORT, by_group, labels_of
from crm.analytics.value.margins import Margins, margins
from crm.analytics.value.transactions import MONEY_STEPS, PurchaseDays, purchase_days, until, with_gifts


@dataclass(frozen=True, eq=False)
class PastValue:
    """What customers brought up to `as_of`.

    customers: customer_id, first_on, last_on (purchases), purchase_days, past_spend (net of returns, may be < 0),
        past_margin (of the lines whose cost is known; NaN where none is), known_cost_share (0..1; NaN unknown); most spend
        first.
    revenue: their sum. margin: that of the known lines, NaN where no cost is known. known_cost_share: 0..1 of all that was
        sold. concentration: of past_spend.
    groups: per grouping ("cohort" and those given) one row a group; see `groups.by_group`.
    """

    as_of: dt.date
    customers: pd.DataFrame
    revenue: float
    margin: float
    known_cost_share: float
    concentration: Concentration
    groups: dict[str, pd.DataFrame]


def past(orders: pd.DataFrame, lines: pd.DataFrame | None = None, *, as_of: dt.date,
         groupings: Mapping[str, pd.Series] | None = None) -> PastValue:
    """What customers brought. Raises NotEnoughData where nobody has bought.

    orders, lines as the frames give them; groupings: labels by customer_id, e.g. {"channel": ...}. Later rows are ignored.
    """
    orders = with_gifts(orders, lines)
    purchases = purchase_days(orders, as_of=as_of)
    known = margins(lines, purchases.customer_ids, as_of=as_of)
    customers = customers_so_far(orders, purchases, known, as_of=as_of)
    return summed(customers, known, labels_of(customers, groupings), as_of=as_of)


def summed(customers: pd.DataFrame, known: Margins, labels: Mapping[str, pd.Series], *, as_of: dt.date) -> PastValue:
    """The same from the customers as `customers_so_far` gives them, with their groups."""
    sums = {"past_spend": customers["past_spend"], "past_margin": customers["past_margin"]}
    ranked = customers.sort_values(["past_spend", "customer_id"], ascending=[False, True], ignore_index=True)
    has_costs = customers["past_margin"].notna().any()
    return PastValue(
        as_of=as_of, customers=ranked, revenue=float(customers["past_spend"].sum()),
        margin=float(customers["past_margin"].sum()) if has_costs else float("nan"),
        known_cost_share=known.everybodys_known_share,
        concentration=concentration(customers["past_spend"].to_numpy()),
        groups={name: by_group(group, sums, in_sequence=name == COHORT) for name, group in labels.items()})


def customers_so_far(orders: pd.DataFrame, purchases: PurchaseDays, known: Margins, *, as_of: dt.date) -> pd.DataFrame:
    """PastValue.customers in the sequence of `purchases.customer_ids`."""
    ids = purchases.customer_ids
    counted = until(orders, as_of)
    place = np.minimum(np.searchsorted(ids, counted["customer_id"].to_numpy()), len(ids) - 1)
    ours = ids[place] == counted["customer_id"].to_numpy()
    net = np.rint(counted["net_amount"].to_numpy()[ours] * MONEY_STEPS)
    bought = np.bincount(purchases.code, minlength=len(ids))
    days = purchases.day.astype("datetime64[D]").astype("datetime64[us]")
    return pd.DataFrame({
        "customer_id": ids, "first_on": days[purchases.starts], "last_on": days[purchases.starts + bought - 1],
        "purchase_days": bought, "past_spend": np.bincount(place[ours], weights=net, minlength=len(ids)) / MONEY_STEPS,
        "past_margin": known.margin, "known_cost_share": known.known_share})
