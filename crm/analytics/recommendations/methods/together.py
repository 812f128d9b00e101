"""Bought together: how strongly does having bought one product speak for another, counted over customers or orders?"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.recommendations.methods.recommender import ByPurchases, blocks
from crm.analytics.recommendations.purchases import Purchases, baskets, ones
from crm.errors import InvalidInput

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MEASURES = ("cosine", "jaccard", "pearson")
NOUGHT = np.float32(1e-12)  # 0 / NOUGHT is 0
LARGEST = 6_000  # products whose table of co-buyers is made at once: 144 MB in float32
DENSE_CELLS = 10_000_000  # products x products at once: 40 MB in float32, and as much again for the sparse product


def by_items(purchases: Purchases, *, measure: str, neighbours: int, shrinkage: float) -> ByPurchases:
    """Item-based filtering (Sarwar et al. 2001; Deshpande & Karypis 2004) over the customers who bought both."""
    both = co_buyers(purchases) if len(purchases.product_ids) <= LARGEST else None
    weights = likeness(ones(purchases), measure=measure, neighbours=neighbours, shrinkage=shrinkage, together=both)
    return ByPurchases("items", {"measure": measure, "neighbours": neighbours, "shrinkage": shrinkage}, weights=weights)


def by_baskets(purchases: Purchases, *, measure: str, neighbours: int, shrinkage: float) -> ByPurchases:
    """The same over orders: what lies in one basket; orders of unknown customers teach too."""
    weights = likeness(baskets(purchases), measure=measure, neighbours=neighbours, shrinkage=shrinkage)
    return ByPurchases("baskets", {"measure": measure, "neighbours": neighbours, "shrinkage": shrinkage}, weights=weights)


def co_buyers(purchases: Purchases) -> np.ndarray:
    """(products, products) float32: how many customers bought both; never change it.

    Several methods and their settings start from it, so the table of the purchases that were asked about last is kept as
    long as these are.
    """
    about, kept = _CO_BUYERS.get("last", (lambda: None, None))
    if about() is not purchases:
        table = ones(purchases)
        kept = (table.T @ table).toarray()
        kept.flags.writeable = False
        _CO_BUYERS["last"] = weakref.ref(purchases, _forget), kept
    return kept


_CO_BUYERS: dict[str, tuple[weakref.ref, np.ndarray]] = {}


def _forget(gone: weakref.ref) -> None:
    if _CO_BUYERS.get("last", (None,))[0] is gone:
        _CO_BUYERS.pop("last", None)


def likeness(table: csr_matrix, *, measure: str, neighbours: int, shrinkage: float, together: np.ndarray | None = None) -> csr_matrix:
    """Owned x candidate likeness of the columns of a table of ones; each candidate keeps its `neighbours` most like it.

    Only pairs that occur together count, and never a product with itself. See `measured` for the measures. together: the
    table's X'X where it is known.
    """
    from scipy.sparse import vstack

    check(measure=measure, neighbours=neighbours, shrinkage=shrinkage)
    rows, size = table.shape
    number = np.asarray(table.sum(axis=0), dtype=np.float32).ravel()
    turned = table.T.tocsr()
    kept = []
    for part in blocks(size, size, cells=DENSE_CELLS):
        both = (turned[part] @ table).toarray() if together is None else together[part]
        alike = measured(both, number[part, None], number, rows, measure=measure, shrinkage=shrinkage)
        own = np.arange(part.start, part.stop)
        alike[own - part.start, own] = 0
        kept.append(strongest(alike, neighbours=neighbours))
    return vstack(kept, format="csr").T.tocsr()


def measured(both: np.ndarray, one: np.ndarray, other: np.ndarray, rows: int, *, measure: str, shrinkage: float) -> np.ndarray:
    """Likeness of pairs that occur `one` and `other` times in `rows` rows, `both` times together; 0 where never together.

    cosine: both / (sqrt(one other) + s); jaccard: both / (one + other - both + s); pearson: the correlation of two columns
    of ones, times both / (both + s). The shrinkage s is the number of rows in doubt: 0 gives the measure itself.
    """
    shrinkage = np.float32(shrinkage)
    if measure == "cosine":
        return both / np.maximum(np.sqrt(one) * np.sqrt(other) + shrinkage, NOUGHT)
    if measure == "jaccard":
        return both / np.maximum((one + other + shrinkage) - both, NOUGHT)
    # The shares first: products of two counts would lose their last digits in float32.
    spread = np.sqrt(one / rows * (1 - one / rows)) * np.sqrt(other / rows * (1 - other / rows))
    found = both / np.float32(rows) - (one / np.float32(rows)) * (other / np.float32(rows))
    found *= both / np.maximum(both + shrinkage, NOUGHT)
    # What everybody bought does not vary, and so tells nothing.
    return np.divide(found, spread, out=np.zeros_like(found), where=spread > 0)


def strongest(block: np.ndarray, *, neighbours: int) -> csr_matrix:
    """Keep the entries of each row that are largest in size; ties at the edge all stay, noughts go."""
    from scipy.sparse import csr_matrix

    if block.shape[1] > neighbours:
        size = np.abs(block)
        edge = np.partition(size, -neighbours, axis=1)[:, -neighbours, None]
        block = np.where(size < edge, 0, block)
    return csr_matrix(block)


def check(*, measure: str, neighbours: int, shrinkage: float) -> None:
    """Raise InvalidInput for a choice that does not exist."""
    if measure not in MEASURES:
        raise InvalidInput(f"There is no measure of likeness {measure!r}; choose cosine, jaccard or pearson.", field="measure")
    if neighbours < 1:
        raise InvalidInput(f"{neighbours} neighbours are too few; at least 1 is needed.", field="neighbours")
    if shrinkage < 0:
        raise InvalidInput(f"A shrinkage of {shrinkage} is not possible; it is 0 or more.", field="shrinkage")
