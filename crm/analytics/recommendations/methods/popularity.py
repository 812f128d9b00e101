"""Lists that ask for no purchase of the customer's own: by chance, by popularity, by what sells now, by the group."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.recommendations.methods.recommender import Recommender
from crm.analytics.recommendations.purchases import Asked, Purchases, distinct, grouped, ones
from crm.errors import InvalidInput

MIN_CUSTOMERS_OF_A_SPREAD = 2  # of a group, before its share says anything about how groups differ
MOST_GROUPS = 1_000  # with 4,000 products 32 MB; finer groups hold too few customers to say anything


@dataclass(frozen=True, eq=False)
class ByChance(Recommender):
    """Every order of the products is equally likely; a customer's own stays the same from one asking to the next."""

    products: int = 0
    random_state: int = 0

    def scores(self, asked: Asked) -> np.ndarray:
        found = np.empty((len(asked), self.products), dtype=np.float32)
        for row, customer_id in enumerate(asked.customer_ids):
            np.random.default_rng([self.random_state, abs(int(customer_id))]).random(out=found[row], dtype=np.float32)
        return found


@dataclass(frozen=True, eq=False)
class ByPopularity(Recommender):
    """Everybody's score is `share` (products,), the share of customers who bought."""

    share: np.ndarray = None

    def scores(self, asked: Asked) -> np.ndarray:
        return np.broadcast_to(self.share.astype(np.float32), (len(asked), len(self.share))).copy()


@dataclass(frozen=True, eq=False)
class ByGroup(Recommender):
    """`share` (groups + 1, products): a group's share of buyers, drawn towards everybody's, which stands last.

    `prior` is how many customers everybody's share weighs as; infinite where the groups do not differ."""

    share: np.ndarray = None
    labels: tuple[str, ...] = ()
    prior: float = np.inf

    def scores(self, asked: Asked) -> np.ndarray:
        place = {label: number for number, label in enumerate(self.labels)}
        own = np.array([place.get(label, -1) for label in asked.labels] + [-1])
        return self.share[own[asked.group]].astype(np.float32)


def by_chance(purchases: Purchases, *, random_state: int) -> ByChance:
    return ByChance("random", {}, products=len(purchases.product_ids), random_state=random_state)


def by_popularity(purchases: Purchases) -> ByPopularity:
    return ByPopularity("popular", {}, share=purchases.share)


def by_recent(purchases: Purchases, *, days: int) -> ByPopularity:
    """Popularity of the last `days` days up to `as_of`; equals go by popularity ever."""
    if days < 1:
        raise InvalidInput(f"{days} days are too few; popularity of late needs at least 1 day.", field="days")
    since = np.datetime64(purchases.as_of - dt.timedelta(days=days), "D")
    mask = purchases.day > since
    who = purchases.customer if len(purchases.customer_ids) else purchases.order
    mask &= who >= 0
    size = len(purchases.product_ids)
    number = np.bincount(distinct(who[mask] * size + purchases.product[mask]) % size, minlength=size)
    # A buyer ever weighs less than any buyer of late: it decides between equals only.
    share = (number + purchases.share / 2) / max(1, len(distinct(who[mask])))
    return ByPopularity("recent", {"days": days}, share=share)


def by_group(purchases: Purchases, *, groups: pd.Series | None) -> ByGroup:
    """Share of buyers in each group, shrunk to everybody's by empirical Bayes: (n_gj + m p_j) / (N_g + m).

    m follows from how much the groups differ beyond chance: with intraclass correlation r (analysis of variance over all
    products, Fleiss 1981), m = (1 - r) / r. Needs `groups` that name at least one customer.
    """
    from scipy.sparse import csr_matrix

    code, labels = grouped(groups, purchases.customer_ids)
    if not labels:
        raise InvalidInput("Offers by group need a group for the customers: choose a segment or a field of their profile.", field="groups")
    if len(labels) > MOST_GROUPS:
        raise InvalidInput(f"There are {len(labels):,} groups; at most {MOST_GROUPS:,} are possible. Choose a coarser field.", field="groups")
    named = np.flatnonzero(code >= 0)
    membership = csr_matrix((np.ones(len(named)), (code[named], named)), shape=(len(labels), len(code)))
    size = np.bincount(code[named], minlength=len(labels)).astype(float)
    buyers = (membership @ ones(purchases)).toarray()
    everybody = purchases.share
    prior = prior_customers(buyers, size)
    if np.isfinite(prior):
        share = (buyers + prior * everybody) / (size + prior)[:, None]
    else:
        share = np.broadcast_to(everybody, buyers.shape)
    return ByGroup("group", {}, share=np.vstack([share, everybody]), labels=labels, prior=prior)


def prior_customers(buyers: np.ndarray, size: np.ndarray) -> float:
    """How many customers everybody's share weighs as, from the buyers (groups x products) of groups of `size`.

    Infinite where the groups differ no more than chance would have it."""
    counted = size >= MIN_CUSTOMERS_OF_A_SPREAD
    buyers, size = buyers[counted], size[counted]
    if len(size) < 2:
        return np.inf
    total = size.sum()
    share = buyers.sum(axis=0) / total
    chance = (share * (1 - share)).sum()
    between = (size[:, None] * (buyers / size[:, None] - share) ** 2).sum()
    # Were the groups alike, `between / chance` would be their number less one; each unit of correlation adds `spread`.
    spread = total - (size**2).sum() / total - (len(size) - 1)
    if chance <= 0 or spread <= 0:
        return np.inf
    correlation = (between / chance - (len(size) - 1)) / spread
    return np.inf if correlation <= 0 else max((1 - correlation) / correlation, 0.0)

