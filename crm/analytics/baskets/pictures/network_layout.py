"""Where does each product stand, so that those that hang together are near one another? Never by chance."""

from __future__ import annotations

import numpy as np

MARGIN = 0.9  # between two parts that do not hang together, where linked products are about 1 apart
ROUNDS = 200
SETTLED = 1e-4  # of the stress; less cannot be seen


def layout(first: np.ndarray, second: np.ndarray, nodes: int, *, width_to_height: float) -> np.ndarray:
    """Places (nodes, 2) for links first[i] - second[i]; every node has a link."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components, shortest_path

    graph = csr_matrix((np.ones(len(first)), (first, second)), shape=(nodes, nodes))
    _, part = connected_components(graph, directed=False)
    away = shortest_path(graph, directed=False, unweighted=True)
    members = [np.flatnonzero(part == number) for number in np.unique(part)]
    members.sort(key=lambda own: (-len(own), own[0]))
    shapes = [along_the_width(settled(away[np.ix_(own, own)])) for own in members]
    places = np.zeros((nodes, 2))
    for own, shape, corner in zip(members, shapes, packed(shapes, width_to_height=width_to_height), strict=True):
        places[own] = shape + corner
    return places


def settled(away: np.ndarray) -> np.ndarray:
    """Places whose distances are as near as possible to `away` (n, n), by stress majorisation (Gansner, Koren & North
    2004) from a circle."""
    n = len(away)
    if n == 1:
        return np.zeros((1, 2))
    # On the circle by distance from the most central one, so that neighbours begin near each other.
    order = np.lexsort((np.arange(n), away[away.sum(axis=1).argmin()]))
    angle = np.empty(n)
    angle[order] = 2 * np.pi * np.arange(n) / n
    points = away.max() / 2 * np.column_stack([np.cos(angle), np.sin(angle)])
    weight = np.where(away > 0, 1 / np.maximum(away, 1) ** 2, 0.0)
    inverse = np.linalg.pinv(np.diag(weight.sum(axis=1)) - weight)
    stress = np.inf
    for _ in range(ROUNDS):
        distance = np.linalg.norm(points[:, None] - points[None], axis=2)
        now = (weight * (distance - away) ** 2).sum() / 2
        if stress - now < SETTLED * max(now, 1e-12):
            break
        stress = now
        pull = -weight * away / np.where(distance > 1e-9, distance, 1.0)
        np.fill_diagonal(pull, 0.0)
        np.fill_diagonal(pull, -pull.sum(axis=1))
        points = inverse @ (pull @ points)
    return points


def along_the_width(points: np.ndarray) -> np.ndarray:
    """The same turned so that it is widest from left to right, its lower left corner at (0, 0)."""
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    if len(axes) == 2:
        centred = centred @ (axes * np.where(axes[:, :1] < 0, -1.0, 1.0)).T  # either sign would do; always the same one
    return centred - centred.min(axis=0)


def packed(shapes: list[np.ndarray], *, width_to_height: float) -> list[np.ndarray]:
    """The lower left corner of each shape, in rows from the top, so that all together are about as wide as asked for."""
    sizes = [shape.max(axis=0) + MARGIN for shape in shapes]
    best: tuple[float, list[np.ndarray]] | None = None
    for width in sorted({float(sum(size[0] for size in sizes[:count + 1])) for count in range(len(sizes))}):
        corners, x, y, height, widest = [], 0.0, 0.0, 0.0, 0.0
        for size in sizes:
            if x and x + size[0] > width + 1e-9:
                x, y, height = 0.0, y + height, 0.0
            corners.append(np.array([x, -(y + size[1])]))
            x, height = x + size[0], max(height, size[1])
            widest = max(widest, x)
        needed = max(widest / width_to_height, y + height)  # the picture's height in these units: the less the larger
        if best is None or needed < best[0] - 1e-9:
            best = (needed, corners)
    return best[1]
