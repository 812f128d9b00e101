"""Where on a picture does everybody stand? Trees in rings around their root, families side by side; never by chance."""

import numpy as np

SPIRAL_FROM = 6  # generations: longer lines wind up, or they would shrink everything else to dust
NEAREST = 0.8  # between two nodes of a line that winds
MOST_RINGS = 12  # that the children of one generation may share
MARGIN = 0.7  # around a family, where the distance of neighbours is 1


def rings(parent: np.ndarray) -> np.ndarray:
    """Places (n, 2) of a tree's nodes around the root at (0, 0); neighbours about 1 apart or more.

    parent: each node's place in the same array, which comes before its own; -1 for the root, which is the first. Each
    node gets a slice of the circle as wide as its number of leaves; a crowded generation shares several rings.
    """
    size = len(parent)
    depth, leaves = np.zeros(size, dtype=int), np.zeros(size, dtype=int)
    has_children = np.zeros(size, dtype=bool)
    has_children[parent[1:]] = True
    leaves[~has_children] = 1
    for place in range(1, size):
        depth[place] = depth[parent[place]] + 1
    for place in range(size - 1, 0, -1):
        leaves[parent[place]] += leaves[place]
    begin, taken = np.zeros(size), np.zeros(size)
    for place in range(1, size):
        above = parent[place]
        begin[place] = begin[above] + taken[above]
        taken[above] += 2 * np.pi * leaves[place] / leaves[0]
    angle = begin + np.pi * leaves / leaves[0]
    return _on_rings(depth, angle, winds=depth.max(initial=0) >= SPIRAL_FROM)


def _on_rings(depth: np.ndarray, angle: np.ndarray, *, winds: bool) -> np.ndarray:
    places = np.zeros((len(depth), 2))
    outer, turned = 0.0, 0.0
    for generation in range(1, depth.max(initial=0) + 1):
        nodes = np.flatnonzero(depth == generation)
        nodes = nodes[np.argsort(angle[nodes], kind="stable")]
        # Lines that wind go outwards as much as gives each of them a lane, and sideways for the rest; where somebody
        # stands in the way, straight outwards.
        steps = [min(1.0, len(nodes) / (2 * np.pi * outer)), 1.0] if winds and outer > 0 else [1.0]
        for step in steps:
            inner, shared = _room(angle[nodes], at_least=outer + step)
            radius = inner + np.arange(len(nodes)) % shared
            turn = turned + np.sqrt(max(1 - step**2, 0)) / inner
            found = np.column_stack([radius * np.cos(angle[nodes] + turn), radius * np.sin(angle[nodes] + turn)])
            earlier = places[depth < generation]
            if step == 1 or np.linalg.norm(found[:, None] - earlier[None], axis=2).min() >= NEAREST:
                break
        places[nodes], outer, turned = found, inner + shared - 1, turn
    return places


def _room(angles: np.ndarray, *, at_least: float) -> tuple[float, int]:
    """The radius of the first ring and the number of rings that nodes at these angles (ascending) share, so that the last
    ring is as near as possible."""
    if len(angles) == 1:
        return at_least, 1
    best = (np.inf, at_least, 1)
    for shared in range(1, min(MOST_RINGS, len(angles)) + 1):
        # Nodes on one ring are every `shared`-th; where the number does not divide, the first and last are closer.
        apart = np.inf
        for ring in range(shared):
            own = angles[ring::shared]
            if len(own) > 1:
                around = np.append(np.diff(own), own[0] + 2 * np.pi - own[-1])
                apart = min(apart, float(around.min()))
        inner = max(at_least, 1 / (2 * np.sin(min(apart, np.pi) / 2)) if apart > 0 else at_least)
        best = min(best, (inner + shared - 1, inner, shared))
    return best[1], best[2]


def side_by_side(families: list[np.ndarray], *, width_to_height: float = 2.0) -> list[np.ndarray]:
    """The families' places moved so that their circles touch and do not overlap, the first in the middle."""
    middles = [(places.max(axis=0) + places.min(axis=0)) / 2 for places in families]
    radii = np.array([np.linalg.norm(places - middle, axis=1).max() + MARGIN
                      for places, middle in zip(families, middles, strict=True)])
    centres = _packed(radii, width_to_height=width_to_height)
    return [places - middle + centre for places, middle, centre in zip(families, middles, centres, strict=True)]


def _packed(radii: np.ndarray, *, width_to_height: float) -> np.ndarray:
    """Centres (n, 2) of circles, each put where it touches two earlier ones nearest to the middle."""
    centres = np.zeros((len(radii), 2))
    for place in range(1, len(radii)):
        own, others, at = radii[place], radii[:place], centres[:place]
        if place == 1:
            centres[1] = (radii[0] + own, 0)
            continue
        free = _touching(at, others + own)
        distance = np.linalg.norm(free[:, None, :] - at[None, :, :], axis=2)
        free = free[(distance >= others + own - 1e-9).all(axis=1)]
        away = np.hypot(free[:, 0] / width_to_height, free[:, 1])
        # Of equally near places the one to the right, then the upper one: the same picture on every machine.
        centres[place] = free[np.lexsort((-free[:, 1].round(6), -free[:, 0].round(6), away.round(6)))[0]]
    return centres


def _touching(at: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """All points that lie `reach[i]` from at[i] and reach[j] from at[j], for every pair that has such points."""
    first, second = np.triu_indices(len(at), k=1)
    between = at[second] - at[first]
    distance = np.linalg.norm(between, axis=1)
    near = (distance <= reach[first] + reach[second]) & (distance > 0)
    first, second, between, distance = first[near], second[near], between[near], distance[near]
    along = (distance**2 + reach[first]**2 - reach[second]**2) / (2 * distance)
    aside = np.sqrt(np.maximum(reach[first]**2 - along**2, 0))
    direction = between / distance[:, None]
    foot = at[first] + along[:, None] * direction
    across = np.column_stack([-direction[:, 1], direction[:, 0]]) * aside[:, None]
    return np.concatenate([foot + across, foot - across])
