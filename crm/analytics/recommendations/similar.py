"""Similar products: how strongly does having bought one speak for another?

Each method answers with one sparse table, owned product x candidate product; a customer's score for a
candidate is the sum over the products that the customer owns, so every recommendation can name its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.recommendations.matrix import Sales, baskets, bought
from crm.errors import InvalidInput

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

METHODS = ("items", "baskets", "linear", "popularity")
SHRINKAGE = 20  # customers in doubt: two chance buyers of two rarities are no similarity
NEIGHBOURS = 50  # a candidate; on a gift shop's year 50 gave NDCG .086, all neighbours .071
LINEAR_NEIGHBOURS = 100  # the linear model also learns what speaks against a product, so it keeps more
LINEAR_PENALTY = (
    4.0  # times the mean number of buyers of a product; flat between 2 and 10 where it was measured
)
LINEAR_CATALOGUE = 6_000  # products; it inverts a dense square of them (144 MB in float32, 2 s)
DENSE_CELLS = 20_000_000  # of one block while the strongest are picked: 80 MB


def similarity(sales: Sales, method: str) -> csr_matrix:
    """Owned x candidate weights by `method`; an empty table for "popularity".

    items: cosine of the customers who bought both (Sarwar et al. 2001), shrunk; baskets: the same over
    orders, which also learn from unknown customers; linear: EASE^R (Steck 2019), the best weights by least
    squares.
    """
    from scipy.sparse import csr_matrix

    if method == "items":
        return shrunk_cosine(bought(sales))
    if method == "baskets":
        return shrunk_cosine(baskets(sales))
    if method == "linear":
        return linear_weights(bought(sales))
    if method == "popularity":
        return csr_matrix((len(sales.product_ids),) * 2, dtype=np.float32)
    raise InvalidInput(f"There is no method {method!r}; choose one of {', '.join(METHODS)}.", field="method")


def methods_for(catalogue: int) -> tuple[str, ...]:
    """The methods that a catalogue of this many products can afford."""
    return METHODS if catalogue <= LINEAR_CATALOGUE else tuple(m for m in METHODS if m != "linear")


def shrunk_cosine(table: csr_matrix) -> csr_matrix:
    """Cosine of two products' columns, `both / (sqrt(a * b) + 20)`: 0 never together, towards 1 always."""
    together = (table.T @ table).tocsr()
    together.sort_indices()
    count = together.diagonal()
    root = np.sqrt(count)
    first = np.repeat(np.arange(len(count)), np.diff(together.indptr))
    together.data /= root[first] * root[together.indices] + np.float32(SHRINKAGE)
    together.data[first == together.indices] = 0
    return strongest(together, neighbours=NEIGHBOURS).T.tocsr()


def linear_weights(table: csr_matrix) -> csr_matrix:
    """Weights B, zero on the diagonal, with the least |X - XB|^2 + penalty |B|^2 (Steck 2019)."""
    from scipy.linalg.lapack import spotrf, spotri
    from scipy.sparse import csr_matrix

    gram = (table.T @ table).toarray()
    gram[np.diag_indices_from(gram)] += max(LINEAR_PENALTY * float(np.diag(gram).mean()), 1.0)
    factor, _ = spotrf(gram.T, lower=0, overwrite_a=1)
    inverse, _ = spotri(factor, lower=0, overwrite_c=1)
    inverse = np.triu(inverse)
    inverse += np.triu(inverse, 1).T
    # Row = candidate, so that the strongest are picked among what may be owned.
    weights = inverse / -np.diag(inverse)[:, None]
    np.fill_diagonal(weights, 0)
    return strongest(csr_matrix(weights), neighbours=LINEAR_NEIGHBOURS).T.tocsr()


def strongest(table: csr_matrix, *, neighbours: int) -> csr_matrix:
    """Keep the entries of each row that are largest in size; ties at the edge all stay."""
    from scipy.sparse import csr_matrix, vstack

    if table.shape[1] <= neighbours:
        table.eliminate_zeros()
        return table
    step = max(1, DENSE_CELLS // table.shape[1])
    kept = []
    for start in range(0, table.shape[0], step):
        block = table[start : start + step].toarray()
        size = np.abs(block)
        edge = np.partition(size, -neighbours, axis=1)[:, -neighbours, None]
        block[size < edge] = 0
        kept.append(csr_matrix(block))
    return vstack(kept, format="csr")
