"""EASE^R: which weights, summed over what a customer owns, come closest to all that customers bought?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from crm.analytics.recommendations.methods.recommender import ByPurchases
from crm.analytics.recommendations.methods.together import LARGEST, co_buyers, strongest
from crm.analytics.recommendations.purchases import Purchases, ones
from crm.errors import InvalidInput

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def by_linear(purchases: Purchases, *, penalty: float, neighbours: int) -> ByPurchases:
    """EASE^R (Steck 2019) over customers, with `penalty` times the mean number of buyers on the diagonal."""
    if penalty <= 0:
        raise InvalidInput(f"A penalty of {penalty} is not possible; it must be above 0.", field="penalty")
    if neighbours < 1:
        raise InvalidInput(f"{neighbours} neighbours are too few; at least 1 is needed.", field="neighbours")
    # A dense square of products is inverted; the rarest of a very large range are left to popularity.
    if len(purchases.product_ids) <= LARGEST:
        together = co_buyers(purchases)
    else:
        table = ones(purchases)[:, :LARGEST]
        together = (table.T @ table).toarray()
    weights = linear_weights(together, penalty=penalty, neighbours=neighbours)
    weights.resize((len(purchases.product_ids),) * 2)
    return ByPurchases("linear", {"penalty": penalty, "neighbours": neighbours}, weights=weights)


def linear_weights(together: np.ndarray, *, penalty: float, neighbours: int) -> csr_matrix:
    """Weights B (owned x candidate), zero on the diagonal, with the least |X - XB|^2 + l |B|^2, from `together` = X'X.

    In closed form: P = (X'X + l I)^-1, B_ij = -P_ij / P_jj; l = `penalty` times the mean number of buyers of a product.
    Each candidate keeps the `neighbours` weights that are largest in size.
    """
    from scipy.linalg.lapack import spotrf, spotri

    gram = together.copy()
    gram[np.diag_indices_from(gram)] += max(penalty * float(np.diag(gram).mean()), 1.0)
    factor, _ = spotrf(gram.T, lower=0, overwrite_a=1)
    inverse, _ = spotri(factor, lower=0, overwrite_c=1)
    own = inverse.diagonal().copy()
    # Only the upper half was made, the lower is nought. Row = candidate, so that the strongest are picked among what may
    # be owned.
    weights = inverse + inverse.T
    weights /= -own[:, None]
    np.fill_diagonal(weights, 0)
    return strongest(weights, neighbours=neighbours).T.tocsr()
