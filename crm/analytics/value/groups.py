"""Groups: which groups of customers brought the most, and which will?"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crm.analytics.value.forecast import Expected, spread_out

MOST_QUARTERS = 12  # more cohorts than that are read by year
COHORT = "cohort"


def labels_of(customers: pd.DataFrame, groupings: Mapping[str, pd.Series] | None) -> dict[str, pd.Series]:
    """The group of every customer in each grouping, NaN where none is known: "cohort" by the first purchase, and those given
    (labels by customer_id; one without any label of these customers is left out)."""
    given = {name: customers["customer_id"].map(labels) for name, labels in (groupings or {}).items()}
    return {COHORT: cohorts(customers["first_on"]), **{name: labels for name, labels in given.items()
                                                         if labels.notna().any()}}


def cohorts(first_on: pd.Series) -> pd.Series:
    """The quarter of the first purchase ("2025 Q1"), or its year where that makes more than twelve quarters."""
    quarters = first_on.dt.year * 4 + first_on.dt.quarter - 1
    if quarters.max() - quarters.min() < MOST_QUARTERS:
        return first_on.dt.year.astype("str") + " Q" + first_on.dt.quarter.astype("str")
    return first_on.dt.year.astype("str")


def by_group(labels: pd.Series, sums: Mapping[str, pd.Series], *, in_sequence: bool = False,
             spend: Expected | None = None, margin_rate: np.ndarray | None = None,
             model_error: float = 0.0) -> pd.DataFrame:
    """One row a group, most first (or by name where they are `in_sequence`), customers without a group last (group NaN).

    group, customers; every sum of `sums` (NaN where nothing of it is known), past_each (past_spend a customer), share_of_past
    (0..1; NaN without revenue). With `spend`: expected_spend, expected_low, expected_high (80 %), expected_each,
    expected_margin (NaN without known costs).
    """
    codes, names = pd.factorize(labels, sort=True)
    codes = np.where(codes < 0, len(names), codes)
    everybody = np.bincount(codes, minlength=len(names) + 1)

    def total(amounts: np.ndarray) -> np.ndarray:
        return np.bincount(codes, weights=amounts, minlength=len(names) + 1)

    table = pd.DataFrame({"group": [*names, None], "customers": everybody}).astype({"group": "str"})
    for column, amounts in sums.items():
        known = total(amounts.notna().to_numpy())
        table[column] = np.where(known > 0, total(amounts.fillna(0.0).to_numpy()), np.nan)
    if spend is not None:
        mean, moved = total(spend.mean), np.array([total(axis) for axis in spend.together])
        variance = total(spend.own_variance) + (moved**2).sum(axis=0) + (model_error * mean) ** 2
        table = table.assign(
            expected_spend=mean, expected_low=np.nan, expected_high=np.nan,
            expected_margin=np.nan if margin_rate is None else total(spend.mean * margin_rate))
        table[["expected_low", "expected_high"]] = [spread_out(*ends) for ends in zip(mean, variance, strict=True)]
    table = table[table["customers"] > 0].reset_index(drop=True)
    revenue = table["past_spend"].sum()
    table = table.assign(past_each=table["past_spend"] / table["customers"],
                         share_of_past=table["past_spend"] / revenue if revenue > 0 else np.nan)
    if spend is not None:
        table = table.assign(expected_each=table["expected_spend"] / table["customers"])
    if in_sequence:
        return table
    return table.sort_values("past_spend" if spend is None else "expected_spend", ascending=False, kind="stable",
                             key=lambda amounts: amounts.where(table["group"].notna(), -np.inf), ignore_index=True)
