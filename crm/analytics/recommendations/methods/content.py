"""Content: which products are like those that the customer bought, by what they are rather than by who bought them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.analytics.recommendations.methods.recommender import ByPurchases, blocks
from crm.analytics.recommendations.methods.together import DENSE_CELLS, strongest
from crm.analytics.recommendations.purchases import Purchases
from crm.analytics.recommendations.text import telling
from crm.errors import InvalidInput, NotEnoughData

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

PRICE_BANDS = 5  # from cheap to dear, with as many products in each; a price between two middles is half in both


def by_content(purchases: Purchases, *, text: float, category: float, price: float, neighbours: int) -> ByPurchases:
    """Likeness by name and description, category and price band, mixed by the weights named.

    A product keeps the `neighbours` most like it. Raises NotEnoughData where no product has any of these.
    """
    if min(text, category, price) < 0 or text + category + price <= 0:
        raise InvalidInput("The weights of text, category and price are 0 or more, and one is above 0.", field="text")
    if neighbours < 1:
        raise InvalidInput(f"{neighbours} neighbours are too few; at least 1 is needed.", field="neighbours")
    features = described(purchases.catalogue, text=text, category=category, price=price)
    if features.nnz == 0:
        raise NotEnoughData("Likeness of products needs their names, categories or prices; none is filled in.")
    settings = {"text": text, "category": category, "price": price, "neighbours": neighbours}
    return ByPurchases("content", settings, weights=alike(features, neighbours=neighbours))


def described(catalogue: pd.DataFrame, *, text: float, category: float, price: float) -> csr_matrix:
    """Products x features; the product of two rows is their likeness, 0 to 1 (1: like in all that is weighed)."""
    from scipy.sparse import hstack

    total = text + category + price
    described_by = [
        np.sqrt(text / total) * telling([" ".join(part for part in (name, about) if isinstance(part, str))
                                         for name, about in zip(catalogue["name"], catalogue["description"], strict=True)]),
        np.sqrt(category / total) * _categories(catalogue["category"]),
        np.sqrt(price / total) * _price_bands(pd.to_numeric(catalogue["price"], errors="coerce").to_numpy(dtype=float)),
    ]
    return hstack(described_by, format="csr").astype(np.float32)


def alike(features: csr_matrix, *, neighbours: int) -> csr_matrix:
    """Owned x candidate likeness, never of a product with itself; each candidate keeps the `neighbours` most like it."""
    from scipy.sparse import vstack

    size = features.shape[0]
    kept = []
    for part in blocks(size, size, cells=DENSE_CELLS):
        block = (features[part] @ features.T).toarray()
        own = np.arange(part.start, part.stop)
        block[own - part.start, own] = 0
        kept.append(strongest(block, neighbours=neighbours))
    return vstack(kept, format="csr").T.tocsr()


def _categories(category: pd.Series) -> csr_matrix:
    from scipy.sparse import csr_matrix

    code, labels = pd.factorize(category.where(category.notna() & (category.astype(str).str.strip() != "")), sort=True)
    known = np.flatnonzero(code >= 0)
    return csr_matrix((np.ones(len(known)), (known, code[known])), shape=(len(code), len(labels)))


def _price_bands(price: np.ndarray) -> csr_matrix:
    """Products x bands; rows of length 1, spread over the two bands between whose middles the price lies; empty without."""
    from scipy.sparse import csr_matrix

    known = np.flatnonzero(price > 0)
    if len(known) == 0:
        return csr_matrix((len(price), 0))
    middles = np.quantile(np.log(price[known]), (np.arange(PRICE_BANDS) + 0.5) / PRICE_BANDS)
    place = np.interp(np.log(price[known]), *_rising(middles))
    low = np.floor(place).astype(int)
    part = place - low
    bands = np.zeros((len(price), PRICE_BANDS + 1))
    bands[known, low], bands[known, low + 1] = np.cos(part * np.pi / 2), np.sin(part * np.pi / 2)
    return csr_matrix(bands)


def _rising(middles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Middles that are equal (many products at one price) count once."""
    distinct = np.unique(middles)
    return distinct, np.arange(len(distinct), dtype=float)
