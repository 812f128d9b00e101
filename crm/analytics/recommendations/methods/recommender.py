"""What every method answers: how much speaks for each product, and because of which purchase."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.recommendations.purchases import Asked

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BLOCK_CELLS = 4_000_000  # customers x products scored at once: 16 MB, about the processor's cache


@dataclass(frozen=True, eq=False)
class Recommender:
    """What a method has learned: kept in memory, it scores a customer within milliseconds. Products are columns of the
    Purchases that it was learned from; `parameters` are the settings in use."""

    method: str
    parameters: dict[str, object] = field(default_factory=dict)

    def scores(self, asked: Asked) -> np.ndarray:
        """(n, products) float32, higher is better and comparable within one row only; -inf: cannot say.

        What the customer owns is scored too: leaving out is the asker's business. Equal scores go to the lower column,
        the more popular product.
        """
        raise NotImplementedError

    def because(self, asked: Asked, products: np.ndarray) -> np.ndarray:
        """Column of the owned product that speaks most for each of `products` (n, top; -1 empty); -1 for none."""
        return np.full(products.shape, -1, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class ByPurchases(Recommender):
    """A score is the sum of the weights from what the customer owns: `weights` owned product x candidate product."""

    weights: csr_matrix = None

    def scores(self, asked: Asked) -> np.ndarray:
        owned = self.strength(asked)
        found = np.empty(owned.shape, dtype=np.float32)
        for rows in blocks(*found.shape):
            (owned[rows] @ self.weights).toarray(out=found[rows])
        found[np.diff(owned.indptr) == 0] = -np.inf
        return found

    def because(self, asked: Asked, products: np.ndarray) -> np.ndarray:
        row, place = np.nonzero(products >= 0)
        found = np.full(products.shape, -1, dtype=np.int64)
        # One row a recommendation: the candidate's weights, only where this customer owns the product.
        speaking = self._reasons[products[row, place]].multiply(self.strength(asked)[row]).tocsr()
        found[row, place] = largest_entries(speaking)
        return found

    def strength(self, asked: Asked) -> csr_matrix:
        """How much each owned product counts: 1, however often it was bought."""
        from crm.analytics.recommendations.purchases import as_ones

        return as_ones(asked.owned)

    @property
    def _reasons(self) -> csr_matrix:
        if "transposed" not in self.__dict__:
            self.__dict__["transposed"] = self.weights.T.tocsr()
        return self.__dict__["transposed"]


def blocks(rows: int, columns: int, *, cells: int = BLOCK_CELLS) -> list[slice]:
    """Slices over the rows with about `cells` cells each."""
    step = max(1, cells // max(1, columns))
    return [slice(start, min(start + step, rows)) for start in range(0, rows, step)]


def largest_entries(table: csr_matrix) -> np.ndarray:
    """The column of each row's largest entry above zero, the lowest among equals; -1 where there is none."""
    table.sort_indices()
    rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    order = np.lexsort((table.indices, -table.data, rows))
    order = order[table.data[order] > 0]
    first = np.flatnonzero(np.append(True, np.diff(rows[order]) > 0)) if len(order) else order
    best = np.full(table.shape[0], -1, dtype=np.int64)
    best[rows[order[first]]] = table.indices[order[first]]
    return best
