"""How well do these parents explain a variable? Scores of families, each computed once."""

from __future__ import annotations

import math

import numpy as np


class Scores:
    """Scores of (child, parents) on coded rows; the sum over all variables is the score of a network.

    codes: (n, variables) states, none unknown. kind: "bdeu" (Heckerman, Geiger & Chickering 1995: the logarithm of the chance
    of the rows under a Dirichlet prior worth `prior_rows` rows) or "bic" (Schwarz 1978). Higher is better.
    """

    def __init__(self, codes: np.ndarray, sizes: tuple[int, ...], *, kind: str = "bdeu", prior_rows: float = 1.0) -> None:
        self.columns = [np.ascontiguousarray(codes[:, place], dtype=np.int32) for place in range(codes.shape[1])]
        self.sizes, self.kind, self.prior_rows = sizes, kind, prior_rows
        self.n = len(codes)
        self._known: dict[tuple[int, tuple[int, ...]], float] = {}

    def family(self, child: int, parents: tuple[int, ...]) -> float:
        """The score of the child with these parents, in any sequence."""
        key = (child, tuple(sorted(parents)))
        if key not in self._known:
            self._known[key] = self._bdeu(*key) if self.kind == "bdeu" else self._bic(*key)
        return self._known[key]

    def _counts(self, child: int, parents: tuple[int, ...]) -> np.ndarray:
        return counts(self.columns, self.sizes, child, parents).reshape(-1, self.sizes[child])

    def _bdeu(self, child: int, parents: tuple[int, ...]) -> float:
        from scipy.special import gammaln

        found = self._counts(child, parents)
        above, own = self.prior_rows / found.shape[0], self.prior_rows / found.size
        sums = found.sum(axis=1)
        sums, cells = sums[sums > 0], found[found > 0]
        return float(len(sums) * math.lgamma(above) - gammaln(above + sums).sum()
                     + gammaln(own + cells).sum() - len(cells) * math.lgamma(own))

    def _bic(self, child: int, parents: tuple[int, ...]) -> float:
        found = self._counts(child, parents)
        sums = np.broadcast_to(found.sum(axis=1, keepdims=True), found.shape)
        cells = found > 0
        fit = (found[cells] * np.log(found[cells] / sums[cells])).sum()
        return float(fit - math.log(max(self.n, 1)) / 2 * found.shape[0] * (self.sizes[child] - 1))


def counts(columns: list[np.ndarray], sizes: tuple[int, ...], child: int, parents: tuple[int, ...]) -> np.ndarray:
    """How often each combination occurs: one axis a parent, the last one for the child."""
    shape = tuple(sizes[one] for one in (*parents, child))
    place = columns[parents[0]] if parents else columns[child]
    for one in (*parents[1:], child) if parents else ():
        place = place * np.int32(sizes[one]) + columns[one]
    return np.bincount(place, minlength=math.prod(shape)).reshape(shape)
