"""Buyers: who buys a product, do they come back for it, and which groups of customers buy it more than the others?"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.products.lines import MONEY_STEPS, counted, different, is_sale, steps

FEWEST = 5  # customers in a group, and outside of it; of fewer nothing can be said
LEVEL = 0.95
STEPS = 60  # halvings of the interval's ends on a scale of logarithms: beyond what a float can tell apart
REACH = 30.0  # logarithm of the largest ratio looked for: past any that people could have


@dataclass(frozen=True, eq=False)
class Buyers:
    """customers, those who spent most on it first: customer_id, first_on, last_on (days of sales), days (on which it was
    bought), units and amount (net of returns), share (0..1 of the product's amount with known customers; NaN where that is
    not above 0).

    count: how many; repeat: how many of them bought it on two days or more; repeat_share with repeat_low and repeat_high (95 %,
    Wilson 1927; NaN without buyers); anonymous_orders: orders of it whose customer is not known. groups: grouping -> one row a
    group: group, customers (who bought anything), buyers (of this product), share (0..1), others_share (of the customers outside
    the group), times (share / others_share; NaN, or inf where no other buys it), low, high (95 %, for all groups of the grouping
    together), direction: "more", "less" where that range leaves out 1, "" otherwise.
    """

    customers: pd.DataFrame
    count: int
    repeat: int
    repeat_share: float
    repeat_low: float
    repeat_high: float
    anonymous_orders: int
    groups: dict[str, pd.DataFrame]


def buyers(order_lines: pd.DataFrame, product_id: int, *, as_of: dt.date, groups: Mapping[str, pd.Series] | None = None,
           random_state: int = 0) -> Buyers:
    """Who bought this product up to `as_of`. `groups`: grouping -> label by customer_id; customers without a label are a group
    of no name that is left out. Nothing is drawn at random."""
    lines = counted(order_lines, as_of=as_of)
    sale = is_sale(lines)
    active = np.sort(pd.unique(lines["customer_id"].to_numpy()[sale]))
    own = lines["product_id"].to_numpy() == product_id
    lines, sale = lines[own], sale[own]
    known = lines["customer_id"].to_numpy() > 0
    table = _customers(lines[known], sale[known])
    count, repeat = len(table), int((table["days"] >= 2).sum())
    low, high = wilson(repeat, count)
    labels = {} if groups is None else groups
    return Buyers(
        customers=table, count=count, repeat=repeat, repeat_share=repeat / count if count else float("nan"), repeat_low=low,
        repeat_high=high, anonymous_orders=int(np.unique(lines["order_id"].to_numpy()[sale & ~known]).size),
        groups={name: by_group(active[active > 0], table["customer_id"].to_numpy(), label) for name, label in labels.items()})


def by_group(customer_ids: np.ndarray, buyer_ids: np.ndarray, labels: pd.Series) -> pd.DataFrame:
    """The table of Buyers.groups for one grouping, those who buy it more often than others first."""
    of = labels[~labels.index.duplicated()].reindex(customer_ids).astype(object)
    named = of.notna().to_numpy() & (of.astype(str).str.strip() != "").to_numpy()
    codes, names = pd.factorize(of[named].astype(str), sort=True)
    bought = np.isin(customer_ids[named], buyer_ids)
    size = np.bincount(codes, minlength=len(names))
    hits = np.bincount(codes, weights=bought, minlength=len(names)).astype("int64")
    others, other_hits = size.sum() - size, hits.sum() - hits
    asked = (size >= FEWEST) & (others >= FEWEST)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hits / size
        others_share = np.where(others > 0, other_hits / others, np.nan)
        times = np.where(others_share > 0, share / others_share, np.where(hits > 0, np.inf, np.nan))
    low, high = np.full(len(names), np.nan), np.full(len(names), np.nan)
    asked &= hits + other_hits > 0
    low[asked], high[asked] = ratio_interval(hits[asked], size[asked], other_hits[asked], others[asked],
                                             level=1 - (1 - LEVEL) / max(int(asked.sum()), 1))
    direction = np.where(low > 1, "more", np.where(high < 1, "less", ""))
    table = pd.DataFrame({"group": pd.array(names, dtype="str"), "customers": size, "buyers": hits, "share": share,
                          "others_share": others_share, "times": np.where(asked, times, np.nan), "low": low, "high": high,
                          "direction": pd.array(direction, dtype="str")})
    return table.sort_values(["share", "group"], ascending=[False, True], ignore_index=True)


def ratio_interval(hits: np.ndarray, size: np.ndarray, other_hits: np.ndarray, others: np.ndarray, *,
                   level: float) -> tuple[np.ndarray, np.ndarray]:
    """The interval of a ratio of two shares hits/size and other_hits/others by the score test (Koopman 1984, Biometrics 40:
    513-517): it also holds where few buy. 0 where nobody of the group buys it, inf where nobody else does.

    >>> low, high = ratio_interval(*(np.array([n]) for n in (36, 40, 16, 80)), level=0.95)
    >>> float(low[0].round(2)), float(high[0].round(2))
    (2.94, 7.15)
    """
    from scipy.special import ndtri

    x, n, y, m = (np.asarray(part, dtype="float64") for part in (hits, size, other_hits, others))
    reach = ndtri((1 + level) / 2) ** 2
    with np.errstate(divide="ignore"):
        centre = np.clip(np.log(np.where(x > 0, x, np.nan) / n) - np.log(np.where(y > 0, y, np.nan) / m), -REACH, REACH)

    def end(side: int) -> np.ndarray:
        # From the ratio itself, where the test finds nothing, outwards to where it just does.
        inner = np.where(np.isnan(centre), np.where(x > 0, REACH, -REACH), centre)
        outer = np.full(len(x), side * REACH)
        for _ in range(STEPS):
            middle = (inner + outer) / 2
            within = _score(x, n, y, m, np.exp(middle)) <= reach
            inner, outer = np.where(within, middle, inner), np.where(within, outer, middle)
        return np.exp((inner + outer) / 2)

    low, high = end(-1), end(1)
    return np.where(x > 0, low, 0.0), np.where(y > 0, high, np.inf)


def wilson(hits: int, cases: int) -> tuple[float, float]:
    """The ends between which a share lies in 95 of 100 cases (Wilson 1927); NaN without a case.

    >>> tuple(round(end, 3) for end in wilson(1, 10))
    (0.018, 0.404)
    """
    from scipy.stats import binomtest

    if cases == 0:
        return float("nan"), float("nan")
    ends = binomtest(hits, cases).proportion_ci(LEVEL, method="wilson")
    return float(ends.low), float(ends.high)


def _score(x: np.ndarray, n: np.ndarray, y: np.ndarray, m: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """How far the shares are from being that ratio to each other: chi-squared with one degree of freedom."""
    of_all = n + m
    b = ratio * (n + y) + x + m
    mine = (b - np.sqrt(np.maximum(b**2 - 4 * ratio * of_all * (x + y), 0))) / (2 * of_all)
    theirs = mine / ratio
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (x - n * mine) ** 2 / (n * mine * (1 - mine)) * (1 + n * (ratio - theirs * ratio) / (m * (1 - mine)))
        return np.nan_to_num(found, nan=0.0, posinf=np.inf)


def _customers(lines: pd.DataFrame, sale: np.ndarray) -> pd.DataFrame:
    """One row a customer with a sale of it; what only ever came back makes no buyer."""
    codes, ids = pd.factorize(lines["customer_id"].to_numpy(), sort=True)
    day = lines["ordered_on"].to_numpy().astype("datetime64[D]")
    of, on = different(codes[sale], day[sale].astype("int64"))
    first, last = np.full(len(ids), np.iinfo("int64").max), np.full(len(ids), np.iinfo("int64").min)
    np.minimum.at(first, of, on)
    np.maximum.at(last, of, on)
    bought = np.bincount(of, minlength=len(ids))
    amount = np.bincount(codes, weights=steps(lines["amount"]), minlength=len(ids))
    units = np.bincount(codes, weights=lines["quantity"].to_numpy(dtype="float64"), minlength=len(ids))
    kept = bought > 0
    total = amount[kept].sum()
    table = pd.DataFrame({
        "customer_id": ids[kept], "first_on": first[kept].astype("datetime64[D]").astype("datetime64[us]"),
        "last_on": last[kept].astype("datetime64[D]").astype("datetime64[us]"), "days": bought[kept], "units": units[kept],
        "amount": amount[kept] / MONEY_STEPS, "share": amount[kept] / total if total > 0 else np.full(int(kept.sum()), np.nan)})
    return table.sort_values(["amount", "customer_id"], ascending=[False, True], ignore_index=True)
