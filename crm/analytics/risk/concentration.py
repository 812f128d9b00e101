"""How much hangs on few customers, products, channels or countries, and what if the largest goes?

Shares are of the revenue of those who brought any: who gave back more than was bought in the year counts as 0, so that
shares lie between 0 and 1. Sales without a name count in the whole, each as if it were another customer's.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.risk.sums import sums, total

YEAR_DAYS = 365
TOP = (1, 3, 10)
REACHES_BACK = 30  # days that the year before may be short of, and still be a year to compare with
MOST_POINTS = 400  # of the curve: as fine as a screen shows
GOODS = ("sale", "return", "cancellation")  # kinds of lines that belong to a product


@dataclass(frozen=True, eq=False)
class Concentration:
    """What hangs on whom in the 365 days up to as_of, against the 365 before.

    customers: customer_id, revenue (net, may be below 0), share (0..1; NaN where all shares are), the largest first.
    top: first (1, 3, 10), customers (fewer where there are fewer), revenue, share, share_before (NaN: not known).
    revenue, revenue_before: net, sales without a name included; NaN before where the records do not reach back.
    unnamed_share: of sales without a name. buyers: customers with revenue above 0.
    hhi: Herfindahl-Hirschman index, the sum of squared shares, 0..1 (1: one customer), and hhi_before. equivalent:
        1 / hhi, as many equally large customers would be as concentrated. NaN where no share can be computed.
    without_largest: revenue left without the largest customer; typical_for_largest: how many customers in the middle of
        the others bring as much as the largest (NaN: no others).
    by: one row a way of looking (product, category, channel, country): dimension, groups, largest, share_1,
        share_1_before, share_3, equivalent, not_stated (share).
    curve: first (number of customers, the largest first), share, period ("year", "before").
    days_known: days of the year that the records reach back, 0..365.
    """

    customers: pd.DataFrame
    top: pd.DataFrame
    revenue: float
    revenue_before: float
    unnamed_share: float
    buyers: int
    hhi: float
    hhi_before: float
    equivalent: float
    without_largest: float
    typical_for_largest: float
    by: pd.DataFrame
    curve: pd.DataFrame
    days_known: int


def measure(order_lines: pd.DataFrame, *, as_of: dt.date, products: pd.DataFrame,
            customers: pd.DataFrame) -> Concentration:
    """Shares of the year's revenue. `order_lines` hold nothing after `as_of`."""
    today = pd.Timestamp(as_of)
    starts = today - pd.Timedelta(days=YEAR_DAYS), today - pd.Timedelta(days=2 * YEAR_DAYS)
    year = order_lines[order_lines["ordered_on"] > starts[0]]
    earlier = order_lines[(order_lines["ordered_on"] > starts[1]) & (order_lines["ordered_on"] <= starts[0])]
    first_on = order_lines["ordered_on"].min()
    known = 0 if pd.isna(first_on) else min((today - first_on).days + 1, YEAR_DAYS)
    has_before = not pd.isna(first_on) and first_on <= starts[1] + pd.Timedelta(days=REACHES_BACK)
    people, unnamed = _revenue(year["customer_id"], year["amount"])
    before, unnamed_before = _revenue(earlier["customer_id"], earlier["amount"]) if has_before else (people[:0], np.nan)
    shares, shares_before = _shares(people, unnamed), _shares(before, unnamed_before)
    positive = people[people > 0]
    others = positive.iloc[1:]
    hhi, hhi_before = _hhi(shares), _hhi(shares_before)
    return Concentration(
        customers=pd.DataFrame({"customer_id": people.index.to_numpy(), "revenue": people.to_numpy(),
                                "share": shares.to_numpy()}),
        top=pd.DataFrame([{"first": first, "customers": min(first, len(positive)), "revenue": total(positive.iloc[:first]),
                           "share": _top(shares, first), "share_before": _top(shares_before, first)} for first in TOP]),
        revenue=total(year["amount"]), revenue_before=total(earlier["amount"]) if has_before else float("nan"),
        unnamed_share=_unnamed_share(people, unnamed), buyers=len(positive), hhi=hhi, hhi_before=hhi_before,
        equivalent=1 / hhi if hhi > 0 else float("nan"),
        without_largest=total(year["amount"]) - (float(positive.iloc[0]) if len(positive) else float("nan")),
        typical_for_largest=float(positive.iloc[0] / others.median()) if len(others) else float("nan"),
        by=_by_others(year, earlier if has_before else earlier[:0], products, customers),
        curve=pd.concat([_curve(shares, "year"), _curve(shares_before, "before")], ignore_index=True), days_known=known)


def _revenue(members: pd.Series, amounts: pd.Series) -> tuple[pd.Series, float]:
    """Revenue of each member, the largest first (ties by their id), and that of nobody (0 or blank)."""
    of, found = pd.factorize(members, sort=True)
    brought = pd.Series(sums(of[of >= 0], amounts.to_numpy()[of >= 0], len(found)), index=found)
    nobody = total(amounts.to_numpy()[of < 0])
    if 0 in brought.index:
        nobody += float(brought[0])
        brought = brought.drop(0)
    return brought.sort_values(ascending=False, kind="stable"), nobody


def _base(brought: pd.Series, nobody: float) -> float:
    return total(brought.clip(lower=0)) + max(nobody, 0.0)


def _shares(brought: pd.Series, nobody: float) -> pd.Series:
    base = _base(brought, nobody)
    return brought.clip(lower=0) / base if base > 0 else brought * np.nan


def _unnamed_share(brought: pd.Series, nobody: float) -> float:
    base = _base(brought, nobody)
    return max(nobody, 0.0) / base if base > 0 else float("nan")


def _top(shares: pd.Series, first: int) -> float:
    return float(shares.iloc[:first].sum()) if len(shares) and shares.notna().all() else float("nan")


def _hhi(shares: pd.Series) -> float:
    return float((shares**2).sum()) if len(shares) and shares.notna().all() else float("nan")


def _curve(shares: pd.Series, period: str) -> pd.DataFrame:
    positive = shares[shares > 0]
    steps = np.unique(np.concatenate([[n for n in TOP if n <= len(positive)],
                                      np.geomspace(1, max(len(positive), 1), MOST_POINTS).astype(int)]).astype(int))
    steps = steps[steps <= len(positive)]
    return pd.DataFrame({"first": steps, "share": positive.cumsum().to_numpy()[steps - 1], "period": period})


def _by_others(year: pd.DataFrame, earlier: pd.DataFrame, products: pd.DataFrame,
               customers: pd.DataFrame) -> pd.DataFrame:
    """The same for products, categories, channels and countries; a way of looking that nobody filled in is left out."""
    rows = []
    item, person = products.set_index("product_id"), customers.set_index("customer_id")
    for dimension, key, names in (("product", "product_id", item["name"]), ("category", "product_id", item["category"]),
                                  ("channel", "customer_id", person["channel"]), ("country", "customer_id", person["country"])):
        brought, nobody = _labelled(year, key, names, keep_ids=dimension == "product")
        shares = _shares(brought, nobody)
        if shares.empty or shares.isna().any():
            continue
        shares_before = _shares(*_labelled(earlier, key, names, keep_ids=dimension == "product"))
        hhi, largest = _hhi(shares), shares.index[0]
        rows.append({"dimension": dimension, "groups": int((shares > 0).sum()),
                     "largest": names.get(largest, largest) if dimension == "product" else largest,
                     "share_1": float(shares.iloc[0]),
                     "share_1_before": float(shares_before.get(largest, 0.0)) if len(shares_before) else float("nan"),
                     "share_3": _top(shares, 3), "equivalent": 1 / hhi if hhi > 0 else float("nan"),
                     "not_stated": _unnamed_share(brought, nobody)})
    return pd.DataFrame(rows, columns=["dimension", "groups", "largest", "share_1", "share_1_before", "share_3",
                                       "equivalent", "not_stated"])


def _labelled(lines: pd.DataFrame, key: str, names: pd.Series, *, keep_ids: bool) -> tuple[pd.Series, float]:
    """Revenue by what the customers or products of the lines are labelled with; of products only what is sold as such."""
    if key == "product_id":
        lines = lines[lines["kind"].isin(GOODS)]
    of, ids = pd.factorize(lines[key], sort=True)
    by_id = pd.Series(sums(of, lines["amount"].to_numpy(), len(ids)), index=ids)
    # Few ids stand for many lines, so that labels are looked up once each.
    labels = pd.Series(by_id.index.where(by_id.index.isin(names.index), 0), index=by_id.index) if keep_ids else (
        names.reindex(by_id.index))
    return _revenue(labels, by_id)
