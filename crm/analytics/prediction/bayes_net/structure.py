"""Which variables depend directly on which? Greedy search over graphs, or a tree beside the target."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from crm.analytics.prediction.bayes_net.scores import Scores, counts

MOST_PARENTS = 3  # a table over more than three others has more rows than anybody reads, and hardly a case in each
RESTARTS = 10  # from the best graph with some arrows changed by chance
SHAKEN = 20  # arrows changed before each; with these two, the best graph was found in 14 of 14 known cases (with 3 and 6: 10)
PATIENCE = 8  # steps that may make the score worse, to get over a small hill
SMALLEST_GAIN = 1e-9  # less is rounding

ADD, REMOVE, TURN = range(3)

Parents = list[tuple[int, ...]]


def climb(scores: Scores, *, most_parents: int = MOST_PARENTS, forbidden: Collection[tuple[int, int]] = (),
          required: Collection[tuple[int, int]] = (), random_state: int = 0) -> Parents:
    """The parents of every variable in the best graph found by adding, removing and turning single arrows.

    forbidden, required: arrows (from, to). A climb goes on for some steps that make it worse without taking back what it has
    just done (tabu search), and starts anew from changed graphs. The same answer twice.
    """
    rng = np.random.default_rng(random_state)
    search = _Search(scores, most_parents, frozenset(forbidden), frozenset(required))
    best, best_score = search.climb(search.required.copy())
    for _ in range(RESTARTS if len(scores.sizes) > 2 else 0):
        found, score = search.climb(search.shaken(best, rng))
        if score > best_score + SMALLEST_GAIN:
            best, best_score = found, score
    return [tuple(np.flatnonzero(best[:, child]).tolist()) for child in range(len(best))]


class _Search:
    """Graphs are (n, n) bool: [above, child]."""

    def __init__(self, scores: Scores, most_parents: int, forbidden: frozenset, required: frozenset) -> None:
        self.scores, self.limit = scores, most_parents
        self.n = len(scores.sizes)
        self.required = np.zeros((self.n, self.n), dtype=bool)
        self.allowed = ~np.eye(self.n, dtype=bool)
        # A variable with one state tells nothing and is told by nothing.
        single = [one for one, size in enumerate(scores.sizes) if size < 2]
        self.allowed[single, :] = self.allowed[:, single] = False
        for above, child in forbidden:
            self.allowed[above, child] = False
        for above, child in required:
            self.required[above, child] = self.allowed[above, child] = True

    def climb(self, graph: np.ndarray) -> tuple[np.ndarray, float]:
        gains = np.zeros((self.n, self.n))  # of changing one arrow: of adding it where it is not, of taking it away where it is
        for child in range(self.n):
            self._weigh(gains, graph, child)
        score = sum(self._family(child, graph[:, child]) for child in range(self.n))
        best, best_score, worse = graph, score, 0
        just_changed: list[tuple[int, int]] = []  # pairs of variables; they rest, unless a change makes the best graph so far
        while worse <= PATIENCE:
            offers = self._offers(graph, gains)
            if just_changed:
                resting = np.zeros((self.n, self.n), dtype=bool)
                above, child = np.array(just_changed).T
                resting[above, child] = resting[child, above] = True
                offers[(resting & (score + offers <= best_score + SMALLEST_GAIN)) & np.isfinite(offers)] = -np.inf
            place = int(np.argmax(offers))
            if not np.isfinite(offers.flat[place]):
                break
            kind, above, child = (int(one) for one in np.unravel_index(place, offers.shape))
            score += float(offers[kind, above, child])
            graph = _changed(graph, kind, above, child)
            for one in {child} if kind != TURN else {above, child}:
                self._weigh(gains, graph, one)
            just_changed = [*just_changed, (above, child)][-PATIENCE:]
            if score > best_score + SMALLEST_GAIN:
                best, best_score, worse = graph, score, 0
            else:
                worse += 1
        return best, best_score

    def shaken(self, graph: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        for _ in range(SHAKEN):
            possible = np.argwhere(self._possible(graph))
            if len(possible):
                graph = _changed(graph, *(int(one) for one in possible[rng.integers(len(possible))]))
        return graph

    def _offers(self, graph: np.ndarray, gains: np.ndarray) -> np.ndarray:
        """(ADD, REMOVE, TURN; above; child): what each single change gains, -inf for those that are not possible."""
        each = np.stack([gains, gains, gains + gains.T])
        return np.where(self._possible(graph), each, -np.inf)

    def _possible(self, graph: np.ndarray) -> np.ndarray:
        """(3, n, n): changes that keep the arrows out of a circle and no table too large."""
        reach = _reachable(graph)
        has_room = graph.sum(axis=0) < self.limit
        add = ~graph & ~graph.T & self.allowed & has_room & ~reach.T
        remove = graph & ~self.required
        # Turned, the arrow would close a circle where another way leads from its start to its end.
        another_way = (reach.astype(np.int32) @ graph.astype(np.int32)) > 0
        turn = remove & self.allowed.T & has_room[:, None] & ~another_way
        return np.stack([add, remove, turn])

    def _weigh(self, gains: np.ndarray, graph: np.ndarray, child: int) -> None:
        """What every change of an arrow to the child gains."""
        own = graph[:, child]
        now = self._family(child, own)
        full = own.sum() >= self.limit
        for above in range(self.n):
            if own[above] or (self.allowed[above, child] and not full):
                changed = own.copy()
                changed[above] = not own[above]
                gains[above, child] = self._family(child, changed) - now

    def _family(self, child: int, parents: np.ndarray) -> float:
        return self.scores.family(child, tuple(np.flatnonzero(parents).tolist()))


def _changed(graph: np.ndarray, kind: int, above: int, child: int) -> np.ndarray:
    graph = graph.copy()
    graph[above, child] = kind == ADD
    if kind == TURN:
        graph[child, above] = True
    return graph


def _reachable(graph: np.ndarray) -> np.ndarray:
    """[a, b]: arrows lead from a to b."""
    reach = graph.copy()
    for middle in range(len(graph)):
        reach |= reach[:, middle, None] & reach[middle]
    return reach


def beside_target(scores: Scores, target: int, *, columns: Collection[int] | None = None) -> Parents:
    """A tree-augmented naive Bayes (Friedman, Geiger & Goldszmidt 1997), less what does not pay.

    Every variable may depend on the target and on one other; the others form the forest that gains most by the scores. An
    arrow whose score is no gain is left out, so that only columns that help to foresee the target are joined to it.
    """
    n = len(scores.sizes)
    wanted = [one for one in (range(n) if columns is None else columns) if one != target and scores.sizes[one] > 1]
    if scores.sizes[target] < 2:
        return [()] * n
    base = {one: (target,) if scores.family(one, (target,)) > scores.family(one, ()) else () for one in wanted}
    offers = []
    for place, left in enumerate(wanted):
        for right in wanted[place + 1:]:
            gains = {(above, child): scores.family(child, (*base[child], above)) - scores.family(child, base[child])
                     for above, child in ((left, right), (right, left))}
            offers.append((max(gains.values()), left, right))
    chosen: dict[int, list[int]] = {one: [] for one in wanted}
    group = {one: one for one in wanted}
    for gain, left, right in sorted(offers, key=lambda offer: (-offer[0], offer[1:])):
        if gain <= SMALLEST_GAIN:
            break
        if group[left] != group[right]:
            chosen[left].append(right)
            chosen[right].append(left)
            group = {one: group[left] if own == group[right] else own for one, own in group.items()}
    parents: Parents = [()] * n
    placed: set[int] = set()
    # Each tree hangs from the variable that tells most about the target: what comes below explains the less telling.
    for root in sorted(wanted, key=lambda one: (scores.family(one, ()) - scores.family(one, base[one]), one)):
        waiting = [] if root in placed else [(root, None)]
        while waiting:
            one, above = waiting.pop()
            placed.add(one)
            parents[one] = base[one] if above is None else (*base[one], above)
            waiting += [(other, one) for other in sorted(chosen[one], reverse=True) if other not in placed]
    return [tuple(sorted(own)) for own in parents]


def information(columns: list[np.ndarray], sizes: tuple[int, ...], child: int, above: int, others: tuple[int, ...] = ()) -> float:
    """Bits that `above` tells about `child` where `others` are known already (conditional mutual information)."""
    return information_of(counts(columns, sizes, child, (*others, above)).astype(float))


def information_of(joint: np.ndarray) -> float:
    """Bits between the last two axes of a table of counts or chances, given all axes before them; never below 0.

    >>> information_of(np.array([[1.0, 0.0], [0.0, 1.0]])), information_of(np.array([[1.0, 1.0], [1.0, 1.0]]))
    (1.0, 0.0)
    """
    joint = joint.reshape(-1, *joint.shape[-2:]) / max(joint.sum(), 1e-300)
    left, right, both = joint.sum(axis=2, keepdims=True), joint.sum(axis=1, keepdims=True), joint.sum(axis=(1, 2), keepdims=True)
    cells = joint > 0
    ratio = (joint * both)[cells] / (left * right)[cells]
    return max(float((joint[cells] * np.log2(ratio)).sum()), 0.0)
