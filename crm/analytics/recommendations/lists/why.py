"""Why is this product on this list? Every reason is a figure counted from purchases, whatever the method.

reason               because      n_1                         n_2                       share      times
goes_with            a product    buyers of both              buyers of `because`       n_1/n_2    share / usual share
similar_customers    -            of them bought it           most similar customers    n_1/n_2    share / usual share
popular              -            customers who bought it     customers                 n_1/n_2    -
recent               -            buyers of late              customers of late         n_1/n_2    -
group                -            of the group bought it      customers of the group    n_1/n_2    share / usual share
content              a product    -                           -                         likeness   -
again                -            days on which bought        days with any purchase    n_1/n_2    days since / usual gap

The usual share is that of all known customers who bought the product. What does not apply is 0 (counts) or NaN.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.analytics.recommendations.lists.diversity import content_vectors, likeness
from crm.analytics.recommendations.lists.entries import Listed
from crm.analytics.recommendations.lists.history import History
from crm.analytics.recommendations.methods import Recommender
from crm.analytics.recommendations.purchases import Asked, Purchases, distinct, grouped, ones

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

REASONS = ("goes_with", "similar_customers", "popular", "recent", "group", "content", "again")
MIN_TOGETHER = 3  # customers who bought both; below, a share is one customer's whim
MIN_TIMES = 1.2  # the usual share; below, the two are hardly bought together more than by chance
SHRINKAGE = 20  # customers in doubt, where another owned product must be found: as for the method "items"
MIN_LIKENESS = 0.3  # 0 to 1; below, two products share a common word and little else
LOOKED_UP_CELLS = 4_000_000  # products x products counted at once: 16 MB
OWN_REASON = {"popular": "popular", "random": "popular", "recent": "recent", "group": "group", "content": "content"}


@dataclass(frozen=True, eq=False)
class Grounds:
    """What reasons are counted from; made once, kept with the lister. `groups`: a label a customer."""

    purchases: Purchases
    history: History
    groups: pd.Series | None = None
    _kept: dict = field(default_factory=dict, repr=False)

    @cached_property
    def bought(self) -> csr_matrix:
        return ones(self.purchases)

    @cached_property
    def turned(self) -> csr_matrix:
        return self.bought.T.tocsr()

    @cached_property
    def vectors(self) -> csr_matrix:
        return content_vectors(self.purchases.catalogue)

    @cached_property
    def buyers(self) -> np.ndarray:
        """Known customers who bought each product."""
        return np.asarray(self.turned.sum(axis=1)).ravel()

    @property
    def customers(self) -> int:
        return len(self.purchases.customer_ids)

    @cached_property
    def group_buyers(self) -> tuple[np.ndarray, np.ndarray]:
        """Buyers of each product in each group (groups x products), and the customers of each group."""
        from scipy.sparse import csr_matrix

        code, labels = grouped(self.groups, self.purchases.customer_ids)
        inside = np.flatnonzero(code >= 0)
        member = csr_matrix((np.ones(len(inside), dtype=np.float32), (code[inside], inside)), shape=(max(1, len(labels)), len(code)))
        return (member @ self.bought).toarray(), np.bincount(code[inside], minlength=max(1, len(labels)))

    def recent_buyers(self, days: int) -> tuple[np.ndarray, int]:
        """Known customers who bought each product in the last `days` days, and those who bought anything."""
        if days not in self._kept:
            p = self.purchases
            since = np.datetime64(p.as_of - dt.timedelta(days=days), "D")
            late = (p.day > since) & (p.customer >= 0)
            size = len(p.product_ids)
            pair = distinct(p.customer[late].astype(np.int64) * size + p.product[late])
            self._kept[days] = np.bincount(pair % size, minlength=size), len(distinct(pair // size))
        return self._kept[days]


def why(grounds: Grounds, recommender: Recommender, asked: Asked, offered: Listed, *, question: str) -> dict[str, np.ndarray]:
    """The columns that a reason consists of: reason (place in REASONS), because (column, -1 none), n_1, n_2, share, times, and
    same_category (of a "content" reason)."""
    found = _Found(grounds, asked, offered)
    if question == "repeat":
        found.again()
        return found.columns()
    group_known = asked.group[offered.row] >= 0
    own = OWN_REASON.get(recommender.method)
    by_method = ~offered.fallback
    if recommender.method == "users":
        found.similar_customers(by_method)
    if recommender.method == "recent":
        found.recent(by_method, int(recommender.parameters["days"]))
    if recommender.method == "content":
        found.content(by_method, least=0)
    if own != "popular" and own != "group":
        found.goes_with(found.open & by_method)
        found.content(found.open & by_method, least=MIN_LIKENESS)
    if own == "group":
        found.group(found.open & group_known)
    found.group(found.open & offered.fallback & group_known)
    found.popular(found.open)
    return found.columns()


class _Found:
    """The reasons found so far; each step fills some of those that are still open."""

    def __init__(self, grounds: Grounds, asked: Asked, offered: Listed) -> None:
        n = len(offered)
        self.grounds, self.asked, self.offered = grounds, asked, offered
        self.reason = np.full(n, -1, dtype=np.int8)
        self.because = np.full(n, -1, dtype=np.int64)
        self.n_1, self.n_2 = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        self.share, self.times = np.full(n, np.nan), np.full(n, np.nan)
        self.same_category = np.zeros(n, dtype=bool)

    @property
    def open(self) -> np.ndarray:
        return self.reason < 0

    def columns(self) -> dict[str, np.ndarray]:
        return {name: getattr(self, name) for name in ("reason", "because", "n_1", "n_2", "share", "times", "same_category")}

    def again(self) -> None:
        history, offered = self.grounds.history, self.offered
        code = self.asked.codes[offered.row]
        entry = history.find(code, offered.product)
        place = np.flatnonzero(entry >= 0)
        entry = entry[place]
        since = history.days_since(entry, self.grounds.purchases.as_of)
        gap = history.gap[entry]
        times = np.divide(since, gap, out=np.full(len(place), np.nan), where=gap > 0)
        self._set(place, "again", n_1=history.times[entry], n_2=history.order_days[code[place]], times=times)

    def popular(self, mask: np.ndarray) -> None:
        place = np.flatnonzero(mask)
        buyers = self.grounds.buyers[self.offered.product[place]]
        self._set(place, "popular", n_1=buyers, n_2=np.full(len(place), self.grounds.customers))

    def recent(self, mask: np.ndarray, days: int) -> None:
        buyers, customers = self.grounds.recent_buyers(days)
        n_1 = buyers[self.offered.product]
        place = np.flatnonzero(mask & (n_1 > 0))
        self._set(place, "recent", n_1=n_1[place], n_2=np.full(len(place), customers))

    def group(self, mask: np.ndarray) -> None:
        if not mask.any():
            return
        buyers, members = self.grounds.group_buyers
        group = np.where(mask, self.asked.group[self.offered.row], 0)
        n_1, n_2 = buyers[group, self.offered.product], members[group]
        place = np.flatnonzero(mask & (n_1 > 0))
        self._set(place, "group", n_1=n_1[place], n_2=n_2[place], times=self._times(place, n_1[place], n_2[place]))

    def similar_customers(self, mask: np.ndarray) -> None:
        n_1, n_2 = self.offered.similar_bought, self.offered.similar
        place = np.flatnonzero(mask & (n_1 > 0))
        times = self._times(place, n_1[place], n_2[place])
        more = times >= MIN_TIMES
        self._set(place[more], "similar_customers", n_1=n_1[place][more], n_2=n_2[place][more], times=times[more])

    def content(self, mask: np.ndarray, *, least: float) -> None:
        """Like the owned product that the method names: at all, where it went by likeness, else clearly."""
        because = self.offered.because
        place = np.flatnonzero(mask & (because >= 0))
        if len(place) == 0:
            return
        alike = likeness(self.grounds.vectors, self.offered.product[place], because[place])
        enough = (alike >= least) & (alike > 0)
        place, alike = place[enough], alike[enough]
        category = self.grounds.purchases.catalogue["category"].to_numpy(dtype=object)
        one, other = category[self.offered.product[place]], category[because[place]]
        self._set(place, "content", because=because[place])
        self.share[place] = alike
        self.same_category[place] = (one == other) & ~pd.isna(one)

    def goes_with(self, mask: np.ndarray) -> None:
        """The product that the method names, where its buyers did buy this one more than others; else the owned product
        that goes with it best."""
        place = np.flatnonzero(mask)
        if len(place) == 0 or self.grounds.customers == 0:
            return
        because, both = best_companion(self.grounds, self.asked, self.offered, place)
        known = because >= 0
        place, because, both = place[known], because[known], both[known]
        n_2 = self.grounds.buyers[because].astype(np.int64)
        self._set(place, "goes_with", n_1=both, n_2=n_2, times=self._times(place, both, n_2), because=because)

    def _times(self, place: np.ndarray, n_1: np.ndarray, n_2: np.ndarray) -> np.ndarray:
        """Share n_1 / n_2 beside the share of all known customers who bought the product; NaN where there is none."""
        usual = n_2 * self.grounds.buyers[self.offered.product[place]]
        return np.divide(n_1 * float(self.grounds.customers), usual, out=np.full(len(place), np.nan), where=usual > 0)

    def _set(self, place: np.ndarray, reason: str, *, n_1: np.ndarray | int = 0, n_2: np.ndarray | int = 0,
             times: np.ndarray | float = np.nan, because: np.ndarray | int = -1) -> None:
        self.reason[place] = REASONS.index(reason)
        self.n_1[place], self.n_2[place] = n_1, n_2
        self.times[place], self.because[place] = times, because
        self.share[place] = np.divide(n_1, n_2, out=np.full(len(place), np.nan), where=np.asarray(n_2) > 0)


def best_companion(grounds: Grounds, asked: Asked, offered: Listed, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each offer of `place` an owned product whose buyers bought it more than others, and how many bought both.

    The one that the method names where it holds, else the one with the greatest shrunk cosine; -1 where none holds.
    """
    entry, owned_product, both = _owned_together(grounds, asked, offered, place)
    product = offered.product[place][entry]
    one, other = grounds.buyers[owned_product], grounds.buyers[product]
    holds = (both >= MIN_TOGETHER) & (both * grounds.customers >= MIN_TIMES * one * other)
    strength = both / (np.sqrt(one * other) + SHRINKAGE)
    strength[owned_product == offered.because[place][entry]] += 1  # above every cosine: what the method itself says
    strength[~holds] = -1
    # The first of each offer's entries after sorting is the strongest; equals go to the more popular, the lower column.
    order = np.lexsort((owned_product, -strength, entry))
    first = order[np.flatnonzero(np.diff(entry[order], prepend=-1) > 0)]
    first = first[holds[first]]
    because = np.full(len(place), -1, dtype=np.int64)
    count = np.zeros(len(place), dtype=np.int64)
    because[entry[first]], count[entry[first]] = owned_product[first], both[first]
    return because, count


def _owned_together(grounds: Grounds, asked: Asked, offered: Listed, place: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One entry an offer and product that its customer owns: which offer, which product, how many customers bought both."""
    indptr = asked.owned.indptr
    start, stop = indptr[offered.row[place]], indptr[offered.row[place] + 1]
    length = (stop - start).astype(np.int64)
    entry = np.repeat(np.arange(len(place)), length)
    inside = np.arange(len(entry)) - np.repeat(np.cumsum(length) - length, length)
    owned_product = asked.owned.indices[np.repeat(start, length) + inside].astype(np.int64)
    wanted, number = np.unique(offered.product[place], return_inverse=True)
    number = number[entry]
    both = np.zeros(len(entry), dtype=np.int64)
    for rows in _blocks(wanted, columns=len(grounds.purchases.product_ids)):
        together = (grounds.turned[wanted[rows]] @ grounds.bought).toarray()
        here = np.flatnonzero((number >= rows.start) & (number < rows.stop))
        both[here] = np.rint(together[number[here] - rows.start, owned_product[here]])
    return entry, owned_product, both


def _blocks(wanted: np.ndarray, *, columns: int) -> list[slice]:
    step = max(1, LOOKED_UP_CELLS // max(1, columns))
    return [slice(start, min(start + step, len(wanted))) for start in range(0, len(wanted), step)]
