"""Baskets: what is bought together, as rules; beside one product, in bundles, one after another, by group and season.

Every question takes the same choice of orders: up to `as_of`, from `since`, in these `months` of the year (numbers, or text
such as "11,12"), of the customers of a saved segment (`segment_id`) or of a rule (`definition`, as
services.segment_definitions.as_text gives it). Who remembers an answer about a segment gives a `mark` that changes with its
members (crm.ui.audience), for they depend on more than the sales; the questions themselves do not look at it.
"""

import time
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import baskets as analysis
from crm.analytics.baskets.bundles import Bundles
from crm.analytics.baskets.bundles import bundles as bundles_of
from crm.analytics.baskets.goes_with import goes_with, leads_to
from crm.analytics.baskets.groups import GroupDifferences
from crm.analytics.baskets.groups import by_group as compare_groups
from crm.analytics.baskets.groups import by_season as compare_seasons
from crm.analytics.baskets.itemsets import METHODS, frequent
from crm.analytics.baskets.pairs import pairs_of
from crm.analytics.baskets.pictures import lifts_among
from crm.analytics.baskets.rules import rules_of
from crm.analytics.baskets.sequences import Sequences
from crm.analytics.baskets.sequences import sequences as sequences_of
from crm.db import reads
from crm.errors import InvalidInput, NotFound
from crm.jobs import audiences
from crm.services import scores

GROUPINGS = ("segment", "country", "region", "channel", "kind", "stage", "gender")
FEWEST_OF_A_GROUP = 20  # customers; a smaller group's baskets are anecdotes


@reads("sales")
def run(session: Session, *, as_of: date, min_support: float = 0.01, min_confidence: float = 0.3, max_length: int = 3,
        max_consequents: int = 1, method: str = "eclat", since: date | None = None, months: str | None = None,
        min_orders: int = 1, segment_id: int | None = None, definition: str = "", mark: str = "",
        random_state: int = 0) -> analysis.BasketRules:
    """What is bought together; a `min_support` of 1 and more is a number of orders, and never are `min_orders` gone below.
    See crm.analytics.baskets."""
    baskets = read(session, as_of=as_of, since=since, months=months, segment_id=segment_id, definition=definition)
    return rules_of(baskets, min_support=threshold(min_support, orders=baskets.orders, min_orders=min_orders), min_confidence=min_confidence, max_length=max_length,
                    max_consequents=max_consequents, method=method, as_of=as_of)


@reads("sales")
def bought(session: Session, *, as_of: date, since: date | None = None, months: str | None = None,
           segment_id: int | None = None, definition: str = "", mark: str = "") -> pd.DataFrame:
    """The goods that were sold, the most frequent first: product_id, product_code, product_name, category, orders."""
    baskets = read(session, as_of=as_of, since=since, months=months, segment_id=segment_id, definition=definition)
    counted = pd.DataFrame({"product_id": baskets.product_ids,
                            "orders": np.bincount(baskets.table.indices, minlength=len(baskets.product_ids))})
    known = frames.products(session)[["product_id", "code", "name", "category"]].rename(
        columns={"code": "product_code", "name": "product_name"})
    return (counted.merge(known, on="product_id").sort_values(["orders", "product_id"], ascending=[False, True], ignore_index=True)
            [["product_id", "product_code", "product_name", "category", "orders"]])


@reads("sales")
def beside(session: Session, *, as_of: date, product_id: int, since: date | None = None, months: str | None = None,
           segment_id: int | None = None, definition: str = "", mark: str = "") -> pd.DataFrame:
    """What lies in one order with a product: see crm.analytics.baskets.goes_with."""
    return goes_with(read(session, as_of=as_of, since=since, months=months, segment_id=segment_id, definition=definition),
                     product_id)


@reads("sales")
def leading_to(session: Session, *, as_of: date, product_id: int, since: date | None = None, months: str | None = None,
               segment_id: int | None = None, definition: str = "", mark: str = "") -> pd.DataFrame:
    """After what a product is put into the same basket, one product or two: see crm.analytics.baskets.leads_to."""
    return leads_to(read(session, as_of=as_of, since=since, months=months, segment_id=segment_id, definition=definition),
                    product_id)


@reads("sales")
def matrix(session: Session, *, as_of: date, since: date | None = None, months: str | None = None, segment_id: int | None = None,
           definition: str = "", mark: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lift and number of orders of every two of the products that lie together most: see
    crm.analytics.baskets.pictures.lifts_among."""
    return lifts_among(pairs_of(read(session, as_of=as_of, since=since, months=months, segment_id=segment_id,
                                     definition=definition)))


@reads("sales", "customers")
def by_group(session: Session, *, as_of: date, group_by: str = "country", segments_run: int | None = None,
             since: date | None = None, months: str | None = None) -> GroupDifferences:
    """What is bought together in one group of customers and not in another: see crm.analytics.baskets.by_group.

    `group_by`: a field of the customers of GROUPINGS, or "segment": the groups of the run `segments_run`, the newest
    where none is named. Raises InvalidInput for another field, NotFound where no groups are saved.
    """
    if group_by == "segment":
        run_id = segments_run if segments_run is not None else scores.newest_run(session, analysis="segments")
        if run_id is None:
            raise NotFound("No groups are saved yet; save them on the Groups page first.")
        labels = scores.labels(session, run_id=run_id)
    elif group_by in GROUPINGS:
        labels = frames.customers(session).set_index("customer_id")[group_by].dropna()
    else:
        raise InvalidInput(f"Baskets cannot be compared by “{group_by}”; choose one of {', '.join(GROUPINGS)}.")
    groups = {str(label): ids.to_numpy(dtype=np.int64) for label, ids in labels.index.to_series().groupby(labels.to_numpy())
              if len(ids) >= FEWEST_OF_A_GROUP}
    return compare_groups(read(session, as_of=as_of, since=since, months=months), groups)


@reads("sales")
def by_season(session: Session, *, as_of: date, since: date | None = None, segment_id: int | None = None,
              definition: str = "", mark: str = "") -> GroupDifferences:
    """What is bought together in one season and not in another: see crm.analytics.baskets.by_season."""
    return compare_seasons(read(session, as_of=as_of, since=since, segment_id=segment_id, definition=definition))


@reads("sales")
def bundles(session: Session, *, as_of: date, days: int = 365, discount: float = 0.10, uptake: float | None = None,
            min_orders: int = 10, months: str | None = None, segment_id: int | None = None, definition: str = "",
            mark: str = "") -> Bundles:
    """What bundles would have meant in money: see crm.analytics.baskets.bundles."""
    lines = _lines(session, as_of=as_of, since=None, months=months, segment_id=segment_id, definition=definition)
    return bundles_of(lines, frames.products(session), as_of=as_of, days=days, discount=discount, uptake=uptake,
                      min_orders=min_orders)


@reads("sales")
def sequences(session: Session, *, as_of: date, within_days: int = 90, min_customers: int = 10, segment_id: int | None = None,
              definition: str = "", mark: str = "") -> Sequences:
    """What is bought next and after how many days: see crm.analytics.baskets.sequences."""
    # A first purchase is one only if nothing before it is left out, so neither months nor a first day are chosen here.
    lines = _lines(session, as_of=as_of, since=None, months=None, segment_id=segment_id, definition=definition)
    return sequences_of(lines, frames.products(session), as_of=as_of, within_days=within_days, min_customers=min_customers)


@reads("sales")
def engines(session: Session, *, as_of: date, min_support: float = 0.01, min_orders: int = 1, max_length: int = 3, since: date | None = None,
            months: str | None = None, segment_id: int | None = None, definition: str = "", mark: str = "",
            progress: Callable[[float, str], None] | None = None,
            cancelled: Callable[[], bool] | None = None) -> pd.DataFrame:
    """The three ways to find groups of products side by side: method, seconds (of work, one processor), groups (found),
    agrees (to the group and its count, with the first)."""
    baskets = read(session, as_of=as_of, since=since, months=months, segment_id=segment_id, definition=definition)
    support = threshold(min_support, orders=baskets.orders, min_orders=min_orders)
    rows, first = [], None
    for place, method in enumerate(METHODS):
        begun = time.process_time()
        found = frequent(baskets, min_support=support, max_length=max_length, method=method, cancelled=cancelled)
        seconds = time.process_time() - begun
        first = found if first is None else first
        rows.append({"method": method, "seconds": seconds, "groups": len(found), "agrees": _same(first, found)})
        if progress is not None:
            progress((place + 1) / len(METHODS), method)
    return pd.DataFrame(rows)


@reads("sales", "customers")
def who_lacks(session: Session, *, as_of: date, having: tuple[int, ...], lacking: tuple[int, ...],
              since: date | None = None) -> np.ndarray:
    """The known customers who bought all of `having` from `since` to `as_of` and never any of `lacking`, sorted (int64): whom
    a rule speaks of who did not follow it."""
    lines = frames.order_lines(session, until=as_of)
    sold = lines[(lines["kind"] == "sale") & (lines["quantity"] > 0) & (lines["customer_id"] > 0)
                 & lines["product_id"].isin([*having, *lacking])]
    recent = sold if since is None else sold[sold["ordered_on"] >= pd.Timestamp(since)]
    owners = [recent.loc[recent["product_id"] == product, "customer_id"].unique() for product in having]
    found = np.unique(owners[0]) if owners else np.array([], dtype=np.int64)
    for others in owners[1:]:
        found = np.intersect1d(found, others)
    there = frames.customers(session)["customer_id"].to_numpy()  # who was deleted since is nobody to write to
    found = np.intersect1d(found, there)
    return np.setdiff1d(found, sold.loc[sold["product_id"].isin(lacking), "customer_id"].to_numpy()).astype(np.int64)


def read(session: Session, *, as_of: date, since: date | None = None, months: str | None = None,
         segment_id: int | None = None, definition: str = "") -> analysis.Baskets:
    """The baskets of the orders that were chosen. Raises NotEnoughData, and InvalidInput for an impossible choice."""
    return analysis.read_baskets(frames.order_lines(session, until=as_of), frames.products(session), as_of=as_of, since=since,
                                 months=_months(months),
                                 customer_ids=_among(session, as_of=as_of, segment_id=segment_id, definition=definition))


def threshold(min_support: float, *, orders: int, min_orders: int = 1) -> float | int:
    """A number of orders where it is 1 and more, else a share of them; `min_orders` where these are more.

    >>> threshold(0.01, orders=900, min_orders=10), threshold(0.01, orders=2_000, min_orders=10), threshold(30.0, orders=900)
    (10, 0.01, 30)
    """
    if min_support >= 1:
        return max(int(min_support), min_orders)
    return min_orders if 0 < min_support * orders < min_orders else min_support


def first_day(as_of: date, *, days: int | None) -> date | None:
    """The first of the last `days` days; None: all there are."""
    return None if days is None else as_of - timedelta(days=days - 1)


def table(result: analysis.BasketRules, catalogue: pd.DataFrame) -> pd.DataFrame:
    """One row a rule, the strongest lift first: antecedents and consequents (product codes, joined by " + ") with
    their names, support, confidence, lift, leverage, conviction, zhang, count (orders), p_value, q_value, size_lift,
    size_q_value, redundant."""
    code = dict(zip(catalogue["product_id"], catalogue["product_code"], strict=True))
    rules = result.rules
    written = {side: [" + ".join(code.get(item, str(item)) for item in items) for items in rules[side]]
               for side in ("antecedents", "consequents")}
    figures = rules[["support", "confidence", "lift", "leverage", "conviction", "zhang", "count", "p_value", "q_value",
                     "size_lift", "size_q_value", "redundant"]]
    return pd.DataFrame({**written, **{f"{side}_names": [" + ".join(words) for words in rules[f"{side}_names"]]
                                       for side in ("antecedent", "consequent")}}, index=rules.index).join(figures)


def quality(result: analysis.BasketRules) -> dict:
    """What was counted, as plain figures."""
    return {"baskets": result.baskets, "mixed_baskets": result.mixed_baskets, "products": result.products,
            "min_count": result.min_count, "itemsets": len(result.itemsets), "rules": len(result.rules),
            "rules_tried": result.rules_tried, "rules_judged": result.rules_judged, "method": result.method}


def _among(session: Session, *, as_of: date, segment_id: int | None, definition: str) -> np.ndarray | None:
    if segment_id is not None:
        return audiences.members(session, segment_id=segment_id, as_of=as_of)
    return audiences.matching(session, definition=definition, as_of=as_of) if definition else None


def _lines(session: Session, *, as_of: date, since: date | None, months: str | None, segment_id: int | None,
           definition: str) -> pd.DataFrame:
    """The order lines that were chosen, for questions that start from lines."""
    lines = frames.order_lines(session, until=as_of)
    customer_ids = _among(session, as_of=as_of, segment_id=segment_id, definition=definition)
    if customer_ids is not None:
        lines = lines[lines["customer_id"].isin(customer_ids)]
    if (wanted := _months(months)) is not None:
        lines = lines[lines["ordered_on"].dt.month.isin(wanted)]
    return lines


def _months(text: str | None) -> tuple[int, ...] | None:
    """
    >>> _months("11,12"), _months(None), _months("")
    ((11, 12), None, None)
    """
    try:
        return tuple(int(part) for part in str(text).split(",")) if text else None
    except ValueError:
        raise InvalidInput(f"“{text}” names no months; write their numbers, such as 11,12.", field="months") from None


def _same(one, other) -> bool:
    return len(one.levels) == len(other.levels) and all(
        np.array_equal(groups, theirs) and np.array_equal(counts, their_counts)
        for (groups, counts), (theirs, their_counts) in zip(one.levels, other.levels, strict=True))
