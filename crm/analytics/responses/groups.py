"""Groups: do some kinds of customers answer less than others, or is it chance?"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.responses.rates import judged, shares
from crm.errors import NotEnoughData

SIGNIFICANT = 0.05
MIN_GROUP = 5  # customers; below, chi-square promises nothing
MOST_GROUPS = 12  # the largest; the rest is joined


@dataclass(frozen=True, eq=False)
class ResponseGroups:
    """Share of customers of each group who answered the last time they were asked; each customer counts once.

    groups, the most willing first: group, asked, answered, share, low, high (Wilson), few. p_value: that chance alone makes
    such differences (Pearson's chi-square); cramers_v: their size, 0 none, 1 the group alone decides (Cramer 1946);
    different: p below .05. left_out: customers of groups below five, ungrouped: without a group.
    """

    groups: pd.DataFrame
    p_value: float
    cramers_v: float
    different: bool
    left_out: int
    ungrouped: int


def compare(invitations: pd.DataFrame, *, as_of: dt.date, groups: pd.Series, since: dt.date | None = None,
            others: str = "Others") -> ResponseGroups:
    """Compare who answered between groups (customer_id -> label). Small groups beyond the twelve largest are `others`.

    Raises NotEnoughData with fewer than two groups of five customers, or where all or none answered.
    """
    asked = judged(invitations, as_of=as_of)
    asked = asked[asked["is_over"] & (asked["invited_at"] >= pd.Timestamp(since or dt.date(1900, 1, 1)))]
    last = asked.sort_values("invited_at", kind="stable").drop_duplicates("customer_id", keep="last")
    label = last["customer_id"].map(groups)
    known = last.assign(group=label)[label.notna().to_numpy()]
    sizes = known["group"].value_counts()
    if len(sizes) > MOST_GROUPS:
        known = known.assign(group=known["group"].where(known["group"].isin(sizes.index[:MOST_GROUPS - 1]), others))
    table = known.groupby(known["group"].astype(str))["in_time"].agg(asked="size", answered="sum").rename_axis("group").reset_index()
    kept = table[table["asked"] >= MIN_GROUP]
    if len(kept) < 2:
        raise NotEnoughData(f"Comparing who answers needs 2 groups of {MIN_GROUP} customers who were asked; there are {len(kept)}.")
    if kept["answered"].sum() in (0, kept["asked"].sum()):
        raise NotEnoughData(f"Of {kept['asked'].sum():,} customers {'everybody' if kept['answered'].sum() else 'nobody'} answered: "
                            "there is nothing to compare.")
    p_value, size = _independent(kept["answered"].to_numpy(), kept["asked"].to_numpy())
    ordered = shares(kept).sort_values(["share", "asked"], ascending=False, ignore_index=True)
    return ResponseGroups(ordered[["group", "asked", "answered", "share", "low", "high", "few"]], p_value, size,
                          p_value < SIGNIFICANT, int(table["asked"].sum() - kept["asked"].sum()), int(label.isna().sum()))


def _independent(answered: np.ndarray, asked: np.ndarray) -> tuple[float, float]:
    from scipy.stats import chi2_contingency

    found = chi2_contingency(np.vstack([answered, asked - answered]), correction=False)
    return float(found.pvalue), float(np.sqrt(found.statistic / asked.sum()))
