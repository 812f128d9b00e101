"""Factors: a few hidden tastes, found in what was bought, of which each product and each customer has a share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.recommendations.methods.recommender import Recommender
from crm.analytics.recommendations.purchases import Asked, Purchases, as_ones, ones
from crm.errors import InvalidInput

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LEARNED_FROM = 10_000  # customers, drawn by the seed: tastes are as well known from them as from fifty thousand
ROUNDS = 40  # of the alternation; the fit improves by less than a thousandth a round by then
OWN_ROUNDS = 20  # for the shares of one customer, the tastes given
PART_OF_PRODUCTS = 4  # at most a quarter as many tastes as products: with as many, the purchases come back unchanged
TINY = np.float32(1e-9)  # keeps shares from dying out for good and quotients from 0 / 0


@dataclass(frozen=True, eq=False)
class ByFactors(Recommender):
    """`owned_side`, `candidate_side` (products x factors): what owning it adds to the tastes, and what tastes add to it.

    The score is the sum over what is owned of owned_side . candidate_side.
    """

    owned_side: np.ndarray = None
    candidate_side: np.ndarray = None

    def tastes(self, owned: csr_matrix) -> np.ndarray:
        """n x factors: each customer's shares of the tastes."""
        return owned @ self.owned_side

    def scores(self, asked: Asked) -> np.ndarray:
        owned = as_ones(asked.owned)
        found = self.tastes(owned) @ self.candidate_side.T
        found[np.diff(owned.indptr) == 0] = -np.inf
        return found

    def because(self, asked: Asked, products: np.ndarray) -> np.ndarray:
        found = np.full(products.shape, -1, dtype=np.int64)
        for row in range(len(asked)):
            own = asked.owned.indices[asked.owned.indptr[row] : asked.owned.indptr[row + 1]]
            wanted = np.flatnonzero(products[row] >= 0)
            if len(own) == 0 or len(wanted) == 0:
                continue
            own = np.sort(own)
            product = products[row, wanted]
            adds = self.candidate_side[product] @ self.owned_side[own].T
            adds[own == product[:, None]] = -np.inf  # a product is no reason for itself
            best = adds.argmax(axis=1)
            found[row, wanted] = np.where(adds[np.arange(len(wanted)), best] > 0, own[best], -1)
        return found


@dataclass(frozen=True, eq=False)
class ByParts(ByFactors):
    """Shares that are never below nought, so they are found for each customer by least squares with that condition."""

    def tastes(self, owned: csr_matrix) -> np.ndarray:
        return shares(owned, self.candidate_side.T.copy(), rounds=OWN_ROUNDS)


def by_svd(purchases: Purchases, *, factors: int, damping: float, random_state: int) -> ByFactors:
    """Truncated singular value decomposition of the table of ones (PureSVD: Cremonesi, Koren & Turrin 2010).

    At most a quarter as many factors as products are used. Each product counts by buyers ** -`damping` (EigenRec: Nikolakopoulos et al. 2019): 0 is the plain table, higher values
    keep bestsellers from making all the tastes. Scores are taken back to the plain table.
    """
    check(factors=factors)
    if not 0 <= damping <= 1:
        raise InvalidInput(f"A damping of {damping} is not possible; it lies between 0 and 1.", field="damping")
    table = ones(purchases)
    scale = np.maximum(purchases.buyers, 1).astype(np.float32) ** -np.float32(damping)
    directions, _ = right_vectors(table.multiply(scale).tocsr(), count=fewer(factors, table), random_state=random_state)
    return ByFactors("svd", {"factors": factors, "damping": damping}, owned_side=directions * scale[:, None],
                     candidate_side=directions / scale[:, None])


def right_vectors(table: csr_matrix, *, count: int, random_state: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The right singular vectors (columns x count, float32) of the largest singular values, and these, falling.

    Fewer where the table has fewer rows or columns. Signs are such that the entry largest in size is above zero.
    """
    from scipy.sparse.linalg import LinearOperator, eigsh

    size = table.shape[1]
    count = min(count, *table.shape)
    if size <= 2 * count + 1 or size <= 200:
        values, vectors = np.linalg.eigh((table.T @ table).toarray().astype(np.float64))
        values, vectors = values[-count:], vectors[:, -count:]
    else:
        turned = table.T.tocsr()
        gram = LinearOperator((size, size), matvec=lambda x: turned @ (table @ x), dtype=np.float32)
        start = np.random.default_rng(random_state).random(size, dtype=np.float32)
        values, vectors = eigsh(gram, k=count, v0=start, tol=1e-4)
    order = np.argsort(-values, kind="stable")
    vectors = vectors[:, order]
    top = np.abs(vectors).argmax(axis=0)
    vectors = vectors * np.sign(vectors[top, np.arange(count)])
    return vectors.astype(np.float32), np.sqrt(np.maximum(values[order], 0))


def by_nmf(purchases: Purchases, *, factors: int, random_state: int) -> ByParts:
    """Non-negative factors (Lee & Seung 1999): the table as shares times tastes, neither below nought.

    Tastes are learned from at most LEARNED_FROM customers; alternating least squares, one factor at a time (HALS: Cichocki
    & Phan 2009), from a start that random_state draws.
    """
    check(factors=factors)
    table = ones(purchases)
    rng = np.random.default_rng(random_state)
    if table.shape[0] > LEARNED_FROM:
        table = table[np.sort(rng.choice(table.shape[0], LEARNED_FROM, replace=False))]
    tastes = parts(table, count=fewer(factors, table), rng=rng)
    gram = tastes @ tastes.T
    gram[np.diag_indices_from(gram)] += TINY + gram.diagonal().mean() * np.float32(1e-4)
    return ByParts("nmf", {"factors": factors}, owned_side=np.linalg.solve(gram, tastes).T.astype(np.float32),
                   candidate_side=tastes.T.copy())


def parts(table: csr_matrix, *, count: int, rng: np.random.Generator, rounds: int = ROUNDS) -> np.ndarray:
    """Tastes (count x products, none below 0) with the least |X - shares tastes|^2 that `rounds` rounds find."""
    mean = np.sqrt(max(table.sum() / (table.shape[0] * table.shape[1]), TINY) / count)
    tastes = (rng.random((count, table.shape[1]), dtype=np.float32) * 2 * mean).astype(np.float32)
    turned = table.T.tocsr()
    share = shares(table, tastes, rounds=2)
    for _ in range(rounds):
        tastes = _one_by_one(tastes.T.copy(), turned @ share, share.T @ share).T.copy()
        share = _one_by_one(share, table @ tastes.T, tastes @ tastes.T)
    # A taste no product has is no taste, and would be a nought to divide by.
    return tastes[tastes.max(axis=1) > TINY]


def shares(table: csr_matrix, tastes: np.ndarray, *, rounds: int) -> np.ndarray:
    """Rows x tastes, none below 0: the shares that come closest to each row's purchases, the tastes given."""
    aim, gram = table @ tastes.T, tastes @ tastes.T
    start = np.maximum(aim, 0) / (np.trace(gram) + TINY)
    found = start.astype(np.float32)
    for _ in range(rounds):
        found = _one_by_one(found, aim, gram)
    return found


def _one_by_one(found: np.ndarray, aim: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """One round: each column of `found` at its best, all others given; |X - found tastes|^2 never grows."""
    found = np.ascontiguousarray(found.T)
    for factor in range(len(found)):
        step = (aim[:, factor] - gram[factor] @ found) / (gram[factor, factor] + TINY)
        np.maximum(found[factor] + step, TINY, out=found[factor])
    return np.ascontiguousarray(found.T)


def fewer(factors: int, table: csr_matrix) -> int:
    """The number of factors that a table of this size bears."""
    return max(1, min(factors, table.shape[1] // PART_OF_PRODUCTS, table.shape[0]))


def check(*, factors: int) -> None:
    """Raise InvalidInput for an impossible number of tastes."""
    if factors < 1:
        raise InvalidInput(f"{factors} factors are too few; at least 1 is needed.", field="factors")
