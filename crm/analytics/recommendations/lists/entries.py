"""Offers before they are worded: who, which product, at which place of the list, and on whose word."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True, eq=False)
class Listed:
    """Offers, one entry each: `row` of those asked; `rank` from 1; `product` and `because` (-1 none), columns; `score`;
    `place` in the method's whole list, 0 where it is a `fallback` (what is popular, because the method could not say); and
    of the `similar` most similar customers those who bought it (0 of 0 where the method knows none)."""

    row: np.ndarray
    rank: np.ndarray
    product: np.ndarray
    score: np.ndarray
    place: np.ndarray
    because: np.ndarray
    fallback: np.ndarray
    similar_bought: np.ndarray
    similar: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    def only(self, chosen: np.ndarray) -> Listed:
        """These entries, in this order."""
        return Listed(*(getattr(self, each.name)[chosen] for each in fields(self)))


def joined(parts: list[Listed]) -> Listed:
    """The offers of all blocks; of none, an empty one."""
    whole, yes_no, real = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool), np.zeros(0)
    empty = Listed(whole, whole, whole, real, whole, whole, yes_no, whole, whole)
    return Listed(*(np.concatenate([getattr(part, each.name) for part in [empty, *parts]]) for each in fields(Listed)))


def filled_up(products: np.ndarray, scores: np.ndarray, more: np.ndarray,
              their_scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lists (n x wide) whose empty ends are filled from `more`, and which places these are."""
    n, wide = products.shape
    own = (products >= 0).sum(axis=1)[:, None]
    place = np.arange(wide) - own
    from_more = place >= 0
    taken = np.maximum(place, 0)
    products = np.where(from_more, np.take_along_axis(more, taken, axis=1), products)
    scores = np.where(from_more, np.take_along_axis(their_scores, taken, axis=1), scores)
    return products, scores, from_more & (products >= 0)


def places_in(whole: np.ndarray, products: np.ndarray, scores: np.ndarray, *, rank_is_place: bool) -> np.ndarray:
    """Where each product stands (from 1) among all scores of its row; equals stand in the order of columns."""
    if rank_is_place:
        return np.broadcast_to(np.arange(1, products.shape[1] + 1), products.shape)
    place = np.zeros(products.shape, dtype=np.int64)
    column = np.arange(whole.shape[1])
    for k in range(products.shape[1]):
        score, own = scores[:, k, None], products[:, k, None]
        place[:, k] = 1 + ((whole > score) | ((whole == score) & (column < own))).sum(axis=1)
    return place
