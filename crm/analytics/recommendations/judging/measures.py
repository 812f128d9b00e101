"""Measures: how good is a list of products beside what the customer then really bought?

Lists are places (customers x top), best first: the product's number, -1 past the end of a list. Truth is a sparse table of
ones, customers x products: what there was to find. Products are numbered as in the purchases that were learned from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.recommendations.judging.intervals import Z_95

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MEASURES = ("hit_rate", "precision", "recall", "ndcg", "map", "novelty")


def hits(places: np.ndarray, truth: csr_matrix) -> np.ndarray:
    """(customers, top) bool: whether the product at each place was there to find."""
    truth = truth.tocsr()
    n_products = truth.shape[1]
    row = np.repeat(np.arange(truth.shape[0], dtype=np.int64), np.diff(truth.indptr))
    wanted = np.sort(row * n_products + truth.indices)
    if len(wanted) == 0:
        return np.zeros(places.shape, dtype=bool)
    cell = np.arange(len(places), dtype=np.int64)[:, None] * n_products + places
    found = np.minimum(np.searchsorted(wanted, cell), len(wanted) - 1)
    return (wanted[found] == cell) & (places >= 0)


def measured(places: np.ndarray, truth: csr_matrix, surprise: np.ndarray, *, top: int) -> np.ndarray:
    """(customers, 6) in the sequence of MEASURES, one row a customer.

    hit_rate: 1 where anything was found. precision: found / top (a shorter list is not excused). recall: found / what there
    was to find. ndcg: 0 to 1, a hit counts 1 / log2(place + 1), over the best possible list (Jarvelin & Kekalainen 2002).
    map: mean over the hits of the precision at their place, over the most hits possible, average precision of a list of
    `top` (Manning, Raghavan & Schutze 2008, 8.4). novelty: mean `surprise` of what is listed, in bits; NaN for an empty
    list. The middle three are NaN for a customer with nothing to find.
    """
    hit = hits(places, truth).astype(float)
    width = places.shape[1]
    found = hit.sum(axis=1)
    relevant = np.diff(truth.tocsr().indptr)
    discount = 1 / np.log2(np.arange(2, top + 2))
    possible = np.minimum(relevant, top)
    ideal = np.concatenate([[0], np.cumsum(discount)])[possible]
    precision_at = np.cumsum(hit, axis=1) / np.arange(1, width + 1)
    listed = places >= 0
    length = listed.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.column_stack([
            found > 0,
            found / top,
            np.where(relevant > 0, found / relevant, np.nan),
            np.where(relevant > 0, hit @ discount[:width] / ideal, np.nan),
            np.where(relevant > 0, (hit * precision_at).sum(axis=1) / possible, np.nan),
            np.where(length > 0, (surprise[np.maximum(places, 0)] * listed).sum(axis=1) / length, np.nan),
        ])


def surprise_of(buyers: np.ndarray, customers: int) -> np.ndarray:
    """(products,) bits: -log2 of the share of customers who bought it (Zhou et al. 2010); one of each is added, so that
    what nobody bought yet has a figure.

    >>> surprise_of(np.array([3, 0]), 3).tolist()
    [-0.0, 2.0]
    """
    return -np.log2((np.asarray(buyers) + 1) / (customers + 1))


def coverage(places: np.ndarray, candidates: int) -> tuple[float, float, float]:
    """Share of the `candidates` that reach anybody's list, with its 95 % interval.

    Resampling customers with replacement would drop a third of them, and with them what only they are shown. So the
    interval leaves out one customer at a time (jackknife), which errs on the wide side (Efron & Stein 1981). It is about
    lists for as many customers as these: more customers cover more.

    >>> [round(figure, 3) for figure in coverage(np.array([[0, 1], [0, 1], [0, 2]]), 4)]
    [0.75, 0.423, 1.0]
    """
    customers = len(places)
    listed = places >= 0
    row = np.broadcast_to(np.arange(customers)[:, None], places.shape)[listed]
    product = places[listed]
    lists = np.bincount(product, minlength=candidates)  # on how many lists each product stands
    share = int(np.count_nonzero(lists)) / candidates
    alone = np.bincount(row, weights=lists[product] == 1, minlength=customers)  # products on this customer's list only
    error = np.sqrt((customers - 1) / customers * ((alone - alone.mean()) ** 2).sum()) / candidates
    return share, max(0.0, float(share - Z_95 * error)), min(1.0, float(share + Z_95 * error))
