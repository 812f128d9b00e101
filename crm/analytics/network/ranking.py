"""Who is important in a network? PageRank and HITS as power iterations over a sparse matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

DAMPING = 0.85  # Brin & Page 1998: on average six links are followed before starting anew
TOLERANCE = 1e-8  # of the whole importance of 1; all later steps together move less than six times this
HITS_TOLERANCE = 1e-10
HITS_STEPS = 50  # where the two largest stars are nearly equal, steps hardly move any more: Lanczos' method ends it then


def pagerank(links: csr_matrix, *, damping: float = DAMPING, tolerance: float = TOLERANCE,
             most_steps: int = 1_000) -> np.ndarray:
    """The share of importance of each node, adding up to 1 (Brin & Page 1998).

    links[i, j] is the weight of the link from i to j; importance flows along it, so in a network of referrals from the
    referred to the referrer. A node that links to nobody (dangling) gives its importance to all alike. Where everybody
    links to one other at most, that part is left out on the way and brought in by making the sum 1 at the end, which
    leads to the same shares (Gleich 2015, section 2.3) and is done after as many steps as there are generations.
    """
    nodes = links.shape[0]
    if nodes == 0:
        return np.zeros(0)
    shares = _through_forest if _links_once(links) else _through_web
    importance = shares(links, damping=damping, tolerance=tolerance, most_steps=most_steps)
    return importance / importance.sum()


def _through_web(links: csr_matrix, *, damping: float, tolerance: float, most_steps: int) -> np.ndarray:
    nodes = links.shape[0]
    leaving = links @ np.ones(nodes)
    passed_on = np.divide(damping, leaving, out=np.zeros(nodes), where=leaving > 0)
    arriving = links.T  # by columns: as fast as sorting it anew by rows, which costs ten steps
    importance = np.full(nodes, 1 / nodes)
    for _ in range(most_steps):
        following = arriving @ (importance * passed_on)
        following += (1 - following.sum()) / nodes
        moved = np.abs(following - importance).sum()
        importance = following
        if moved <= tolerance:
            break
    return importance


def _through_forest(links: csr_matrix, *, damping: float, tolerance: float, most_steps: int) -> np.ndarray:
    """Up to a factor. Everybody links to one other at most, so only what arrived last moves on, through fewer each step."""
    nodes = links.shape[0]
    moving = np.flatnonzero(np.diff(links.indptr))
    target = np.zeros(nodes, dtype=np.intp)
    target[moving] = links.indices
    importance = np.full(nodes, 1 / nodes)
    arrived = importance
    for _ in range(most_steps):
        passed_on = damping * arrived[moving]
        if passed_on.sum() <= tolerance:
            break
        arrived = np.bincount(target[moving], weights=passed_on, minlength=nodes)
        importance = importance + arrived
        moving = moving[arrived[moving] > 0]
    return importance


def hits(links: csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """Hubs and authorities, each adding up to 1 (Kleinberg 1999): who links to the important, who is linked to by hubs.

    Where everybody links to one other at most, as in a network of referrals alone, the authorities are those with the
    most links, and everybody else is 0. Without links all are 0.
    """
    nodes = links.shape[0]
    if links.nnz == 0:
        return np.zeros(nodes), np.zeros(nodes)
    authorities = _most_linked(links) if _links_once(links) else _mutual(links)
    hubs = links @ authorities
    return hubs / hubs.sum(), authorities


def _links_once(links: csr_matrix) -> bool:
    return bool(np.diff(links.indptr).max(initial=0) <= 1)


def _most_linked(links: csr_matrix) -> np.ndarray:
    """Where the steps of `_mutual` lead when every row has one entry: each multiplies by the sum of squared weights."""
    arriving = links.multiply(links).T @ np.ones(links.shape[0])
    most = arriving >= arriving.max() * (1 - 1e-12)
    return most / most.sum()


def _mutual(links: csr_matrix) -> np.ndarray:
    authorities = np.full(links.shape[0], 1 / links.shape[0])
    for _ in range(HITS_STEPS):
        following = links.T @ (links @ authorities)
        following /= following.sum()
        moved = np.abs(following - authorities).sum()
        authorities = following
        if moved <= HITS_TOLERANCE:
            return authorities
    return _lanczos(links, authorities)


def _lanczos(links: csr_matrix, start: np.ndarray) -> np.ndarray:
    from scipy.sparse.linalg import LinearOperator, eigsh

    shared = LinearOperator(links.shape, matvec=lambda shares: links.T @ (links @ shares), dtype=float)
    _, vectors = eigsh(shared, k=1, v0=start, which="LA")
    found = np.abs(vectors[:, 0])
    found[found < HITS_TOLERANCE * found.max()] = 0
    return found / found.sum()
