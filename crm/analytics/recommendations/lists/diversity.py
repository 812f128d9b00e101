"""How unlike are the products of one list, and how does a list become more varied without losing what matters?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.analytics.recommendations.text import unit_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

POOL = 100  # candidates that a varied list is chosen from: enough for several categories, all of them still suitable


def content_vectors(catalogue: pd.DataFrame) -> csr_matrix:
    """Products x (words and categories), rows of length 1: the product of two rows is the likeness of two products.

    The category weighs as much as the words (TF-IDF of name and description); where a product has one of the two only, that
    counts alone. A product of which nothing is known has an empty row and is like no other.
    """
    from crm.analytics.recommendations.methods.content import described

    vectors = described(catalogue, text=1, category=1, price=0)
    vectors.eliminate_zeros()
    vectors = unit_rows(vectors).astype(np.float32)
    vectors.sort_indices()
    return vectors


def likeness(vectors: csr_matrix, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Likeness, 0 to 1, of the products `first` and `second` (same shape), pair by pair; 0 where a column is -1."""
    both = (first >= 0) & (second >= 0)
    found = np.zeros(first.shape)
    if both.any():
        product = vectors[first[both]].multiply(vectors[second[both]])
        found[both] = np.clip(np.asarray(product.sum(axis=1)).ravel(), 0, 1)
    return found


def varied(relevance: np.ndarray, products: np.ndarray, vectors: csr_matrix, *, top: int, diversity: float) -> np.ndarray:
    """Places in each customer's candidates (n x pool, best first, -1 past the end) that make a varied list of `top`.

    Maximal marginal relevance (Carbonell & Goldstein 1998): each place takes the candidate with the greatest
    (1 - d) relevance - d (likeness to the most alike of those taken). `relevance` runs from 0 to 1 within the candidates;
    d = `diversity` 0 keeps the order, 1 asks for what is unlike the list so far, and for relevance among equals only.
    """
    n, pool = products.shape
    top = min(top, pool)
    chosen = np.full((n, top), -1, dtype=np.int64)
    free = products >= 0
    most_alike = np.zeros((n, pool))
    every = np.arange(n)
    for place in range(top):
        gain = np.where(free, (1 - diversity) * relevance - diversity * most_alike, -np.inf)
        best = gain.argmax(axis=1)
        ok = free[every, best]
        chosen[ok, place] = best[ok]
        free[every, best] = False
        if place + 1 < top and ok.any():
            last = np.where(ok, products[every, best], -1)
            alike = likeness(vectors, np.where(free, products, -1), np.broadcast_to(last[:, None], products.shape))
            np.maximum(most_alike, alike, out=most_alike)
    return chosen


def standardised(scores: np.ndarray, listed: np.ndarray) -> np.ndarray:
    """Scores (n x pool) to 0..1 within the `listed` ones of each row: 1 the highest, 0 the lowest; 1 where all are equal."""
    low = np.where(listed, scores, np.inf).min(axis=1, initial=np.inf)[:, None]
    high = np.where(listed, scores, -np.inf).max(axis=1, initial=-np.inf)[:, None]
    with np.errstate(invalid="ignore"):  # rows with nothing listed
        spread = high - low
        found = np.where(spread > 0, (scores - low) / np.where(spread > 0, spread, 1), 1.0)
    return np.where(listed, found, 0.0)


def alike_within(products: np.ndarray, vectors: csr_matrix) -> np.ndarray:
    """Mean likeness of the pairs of each list (n x top, -1 past the end), 0 to 1 (intra-list similarity; Ziegler et al.
    2005); NaN for lists of fewer than two."""
    first, second = np.triu_indices(products.shape[1], k=1)
    if len(first) == 0:
        return np.full(len(products), np.nan)
    one, other = products[:, first], products[:, second]
    pairs = ((one >= 0) & (other >= 0)).sum(axis=1)
    total = likeness(vectors, one, other).sum(axis=1)
    return np.divide(total, pairs, out=np.full(len(products), np.nan), where=pairs > 0)
