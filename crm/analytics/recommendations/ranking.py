"""Ranking: the best few products of each customer, block by block, so that memory stays bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BLOCK_CELLS = 4_000_000  # customers x products scored at once: 16 MB, about the processor's cache
FEW = 20  # up to here, taking the largest again and again is several times faster than sorting


@dataclass(frozen=True, eq=False)
class Ranking:
    """Customers x top, best first; -1 past the end of a list, and in `because` without a reason."""

    products: np.ndarray
    scores: np.ndarray
    because: np.ndarray
    bought_before: np.ndarray


def rank(
    owned: csr_matrix,
    excluded: csr_matrix,
    weights: csr_matrix,
    *,
    top: int,
    reasons: csr_matrix | None = None,
) -> Ranking:
    """Score `owned @ weights`, leave out `excluded`, keep the `top`; ties go to the lower column.

    With `reasons` (candidate x owned, the transposed weights) each place also names the owned product behind
    it.
    """
    customers, catalogue = owned.shape
    width = min(top, catalogue)
    products = np.full((customers, width), -1, dtype=np.int64)
    scores = np.zeros((customers, width))
    because = np.full((customers, width), -1, dtype=np.int64)
    before = np.zeros((customers, width), dtype=bool)
    step = max(1, BLOCK_CELLS // catalogue)
    for start in range(0, customers, step):
        rows = slice(start, start + step)
        block = (owned[rows] @ weights).toarray()
        cell = excluded[rows].tocoo()
        block[cell.row, cell.col] = -np.inf
        products[rows], scores[rows] = largest(block, width)
        if reasons is not None:
            because[rows] = strongest_reasons(owned[rows], products[rows], scores[rows], reasons)
            before[rows] = owns(owned[rows], products[rows])
    return Ranking(products, scores, because, before)


def largest(block: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns and values of each row's largest, best first, lower columns first among equals; -1 for -inf."""
    if width > FEW:
        columns = np.argsort(-block, axis=1, kind="stable")[:, :width]
        values = np.take_along_axis(block, columns, axis=1)
    else:
        columns = np.empty((len(block), width), dtype=np.int64)
        values = np.empty((len(block), width), dtype=block.dtype)
        every = np.arange(len(block))
        for place in range(width):
            columns[:, place] = block.argmax(axis=1)
            values[:, place] = block[every, columns[:, place]]
            block[every, columns[:, place]] = -np.inf
    columns[np.isneginf(values)] = -1
    return columns, values


def strongest_reasons(
    owned: csr_matrix, products: np.ndarray, scores: np.ndarray, reasons: csr_matrix
) -> np.ndarray:
    """The owned product with the greatest weight for each place; -1 where the score is not above zero."""
    row, place = np.nonzero((products >= 0) & (scores > 0))
    found = np.full(products.shape, -1, dtype=np.int64)
    if len(row) == 0:
        return found
    # One row a recommendation: the candidate's weights, only where this customer owns the product.
    speaking = reasons[products[row, place]].multiply(owned[row]).tocsr()
    speaking.sort_indices()
    filled = np.flatnonzero(np.diff(speaking.indptr) > 0)
    best = np.full(len(row), -np.inf)
    best[filled] = (
        np.maximum.reduceat(speaking.data, speaking.indptr[filled]) if len(filled) else best[filled]
    )
    entry_row = np.repeat(np.arange(len(row)), np.diff(speaking.indptr))
    hit = np.flatnonzero(speaking.data == best[entry_row])[::-1]
    # Reversed, so that the first of several equals, the most popular, is written last and stays.
    found[row[entry_row[hit]], place[entry_row[hit]]] = speaking.indices[hit]
    return found


def owns(owned: csr_matrix, products: np.ndarray) -> np.ndarray:
    """Whether each place's product is already among the customer's own."""
    row, place = np.nonzero(products >= 0)
    answer = np.zeros(products.shape, dtype=bool)
    if len(row):
        answer[row, place] = np.asarray(owned[row, products[row, place]]).ravel() > 0
    return answer
