"""User-based filtering: what did the customers buy whose purchases are most like this one's?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.recommendations.methods.recommender import Recommender
from crm.analytics.recommendations.methods.together import check, measured
from crm.analytics.recommendations.purchases import Asked, Purchases, as_ones, ones

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, eq=False)
class ByUsers(Recommender):
    """`bought` customers x products of ones, `buyers_of` the same turned."""

    bought: csr_matrix = None
    buyers_of: csr_matrix = None

    def scores(self, asked: Asked) -> np.ndarray:
        """Sum of the likeness of those of the k most similar customers who bought it (Resnick et al. 1994)."""
        found = (self.neighbours(asked) @ self.bought).toarray()
        found[np.diff(asked.owned.indptr) == 0] = -np.inf
        return found

    def neighbours(self, asked: Asked) -> csr_matrix:
        """Asked x customers: the likeness of the k most similar customers, never oneself; fewer where fewer are alike."""
        from scipy.sparse import csr_matrix

        begins = self.buyers_of.indptr.tolist()
        buyers_of = [self.buyers_of.indices[start:end] for start, end in zip(begins[:-1], begins[1:], strict=True)]
        bought_by = np.diff(self.bought.indptr).astype(np.float32)
        rows = np.split(asked.owned.indices, asked.owned.indptr[1:-1]) if len(asked) else []
        nearest = [self._nearest([buyers_of[product] for product in row.tolist()], int(code), bought_by)
                   for row, code in zip(rows, asked.codes, strict=True)]
        ends = np.append(0, np.cumsum([len(who) for who, _ in nearest], dtype=np.int64))
        who, like = (np.concatenate([pair[side] for pair in nearest]) if nearest else np.empty(0) for side in (0, 1))
        return csr_matrix((like.astype(np.float32), who, ends), shape=(len(asked), self.bought.shape[0]))

    def similar_buyers(self, asked: Asked, products: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many of the most similar customers bought each of `products` (n, top), and how many these are."""
        nearest = as_ones(self.neighbours(asked))
        row, place = np.nonzero(products >= 0)
        bought = np.zeros(products.shape, dtype=np.int64)
        number = (nearest @ self.bought).toarray()
        bought[row, place] = number[row, products[row, place]].round()
        of = np.broadcast_to(np.diff(nearest.indptr)[:, None], products.shape).astype(np.int64)
        return bought, of

    def _nearest(self, met: list[np.ndarray], code: int, bought_by: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Codes, ascending, and likeness of the customers nearest to one whose products were bought by `met`.

        Only who shares a product is looked at: a fifth of a millisecond a customer among fifty thousand, where comparing with
        all by a table of customers x customers takes several times as long and gigabytes.
        """
        if not met:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        both = np.bincount(np.concatenate(met), minlength=len(bought_by))
        if code >= 0:
            both[code] = 0
        who = np.flatnonzero(both)
        like = measured(both[who].astype(np.float32), np.float32(len(met)), bought_by[who], self.bought.shape[1],
                        measure=self.parameters["measure"], shrinkage=self.parameters["shrinkage"])
        edge, kept = np.float32(0), self.parameters["neighbours"]
        if len(like) > kept:
            edge = np.partition(like, len(like) - kept)[len(like) - kept]
        near = np.flatnonzero((like >= edge) & (like > 0))  # the unlike are no neighbours
        near = np.sort(near[np.argsort(-like[near], kind="stable")[:kept]])
        return who[near], like[near]


def by_users(purchases: Purchases, *, measure: str, neighbours: int, shrinkage: float) -> ByUsers:
    """The `neighbours` customers most alike by the products that both bought; measures as between products."""
    check(measure=measure, neighbours=neighbours, shrinkage=shrinkage)
    table = ones(purchases)
    return ByUsers("users", {"measure": measure, "neighbours": neighbours, "shrinkage": shrinkage}, bought=table,
                   buyers_of=table.T.tocsr())
