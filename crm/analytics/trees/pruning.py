"""Which branches of a grown tree are worth keeping?

CART: cost-complexity pruning; of the trees that remain, the smallest whose error in cross-validation is within one
standard error of the best (Breiman, Friedman, Olshen and Stone 1984, chapter 3). C4.5: a branch is kept where its errors,
seen pessimistically, are fewer than those of a leaf in its place (Quinlan 1993, chapter 4; his grafting of a branch one
level up is left out).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from crm.analytics.trees.growing import Node, Split, ends

FOLDS = 10  # Breiman's number: fewer waste rows, more gain nothing
CONFIDENCE = 0.25  # Quinlan's default
SLACK = 0.1  # a leaf may cost this much of a row more, as in Quinlan's program
SAME = 1e-9  # two costs that differ by less are the same

# Quinlan's table of the normal deviate for one-sided confidence limits, read between its entries
_CONFIDENCES = (0, 0.001, 0.005, 0.01, 0.05, 0.10, 0.20, 0.40, 1.00)
_DEVIATES = (4.0, 3.09, 2.58, 2.33, 1.65, 1.28, 0.84, 0.25, 0.00)

Cost = Callable[[Node], float]


def errors(node: Node) -> float:
    """Rows that a leaf here would get wrong."""
    return node.errors


def weakest_links(root: Node, *, cost: Cost = errors) -> list[tuple[float, list[Node]]]:
    """The sequence of cost-complexity pruning: price a leaf, and the nodes that become leaves at that price; ascending.

    Each price is in units of the cost. At the end the root alone is left.
    """
    steps: list[tuple[float, list[Node]]] = []
    cut: set[int] = set()
    price = -math.inf
    while root.split and id(root) not in cut:
        links = _links(root, cut, cost)
        price = max(price, min(link for link, _ in links))
        weakest = [node for link, node in links if link <= price + SAME]
        cut.update(id(node) for node in weakest)
        if steps and price <= steps[-1][0] + SAME:
            steps[-1][1].extend(weakest)
        else:
            steps.append((price, weakest))
    return steps


def _links(root: Node, cut: set[int], cost: Cost) -> list[tuple[float, Node]]:
    """For every node that still has branches, what each of its leaves saves."""
    links: list[tuple[float, Node]] = []

    def below(node: Node) -> tuple[float, int]:
        if not node.split or id(node) in cut:
            return cost(node), 1
        parts = [below(branch) for branch in node.branches]
        together, leaves = sum(part[0] for part in parts), sum(part[1] for part in parts)
        links.append(((cost(node) - together) / (leaves - 1), node))
        return together, leaves

    below(root)
    return links


def prune_at(root: Node, price: float, *, cost: Cost = errors) -> None:
    """Make leaves of all nodes whose branches save no more than the price."""
    for step, nodes in weakest_links(root, cost=cost):
        if step <= price + SAME:
            for node in nodes:
                node.cut()


def prune_to(root: Node, most_leaves: int, *, cost: Cost = errors) -> None:
    """Cut the weakest links until there are at most so many leaves."""
    for _, nodes in weakest_links(root, cost=cost):
        if root.leaves <= most_leaves:
            return
        for node in nodes:
            node.cut()


def one_standard_error(root: Node, *, grow_without: Callable[[np.ndarray], Node], codes: np.ndarray, labels: np.ndarray,
                       starts: np.ndarray, most_leaves: int, random_state: int) -> None:
    """Prune the tree to the smallest size that cross-validation cannot tell from the best.

    grow_without: grows a tree on the rows given (positions in `codes` and `labels`).
    """
    prune_at(root, 0)  # what saves nothing needs no test
    steps = weakest_links(root)
    prices, sizes = _sizes(root, steps)
    rows = len(labels)
    # each tree stands for the prices up to the next: the middle of them (Breiman's geometric mean)
    middles = [math.sqrt(low * high) for low, high in zip(prices[:-1], prices[1:], strict=True)] + [math.inf]
    wrong = np.zeros(len(middles))
    folds = stratified(labels, n_folds=min(FOLDS, rows), random_state=random_state)
    for fold in range(folds.max() + 1):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        tree = grow_without(inside)
        # prices are errors of all rows; a fold's tree was grown on fewer
        wrong += _wrong(tree, codes[outside], labels[outside], starts, [price * len(inside) / rows for price in middles])
    allowed = [place for place, size in enumerate(sizes) if size <= most_leaves]
    best = min(wrong[place] for place in allowed) / rows
    limit = best + math.sqrt(best * (1 - best) / rows)
    chosen = max(place for place in allowed if wrong[place] / rows <= limit + SAME)
    prune_at(root, prices[chosen])


def _sizes(root: Node, steps: list[tuple[float, list[Node]]]) -> tuple[list[float], list[int]]:
    """Prices from which each tree of the sequence holds, and its leaves; the first is the whole tree."""
    cut: set[int] = set()

    def leaves(node: Node) -> int:
        return sum(leaves(branch) for branch in node.branches) if node.split and id(node) not in cut else 1

    prices, sizes = [0.0], [leaves(root)]
    for price, nodes in steps:
        cut.update(id(node) for node in nodes)
        prices.append(price)
        sizes.append(leaves(root))
    return prices, sizes


def _wrong(tree: Node, codes: np.ndarray, labels: np.ndarray, starts: np.ndarray, prices: list[float]) -> np.ndarray:
    """Errors on these rows of the tree as it is at each price."""
    falls_at = {id(node): price for price, nodes in weakest_links(tree) for node in nodes}
    reached = ends(tree, codes, starts)
    missed = {id(node): int((labels[reached[id(node)]] != node.label).sum()) for node in tree.walk()}

    def count(node: Node, price: float) -> int:
        if not node.split or falls_at.get(id(node), math.inf) <= price + SAME:
            return missed[id(node)]
        return sum(count(branch, price) for branch in node.branches)

    return np.array([count(tree, price) for price in prices], dtype="float64")


def stratified(labels: np.ndarray, *, n_folds: int, random_state: int) -> np.ndarray:
    """The fold of each row: sizes equal to one row, every label spread evenly."""
    mixed = np.random.default_rng(random_state).permutation(len(labels))
    ordered = mixed[np.argsort(labels[mixed], kind="stable")]
    folds = np.empty(len(labels), dtype=np.int64)
    folds[ordered] = np.arange(len(labels)) % n_folds
    return folds


def pessimistic_errors(rows: int, wrong: float, *, confidence: float = CONFIDENCE) -> float:
    """Errors among so many rows that will be exceeded with this chance only (Quinlan 1993, page 41, and his program).

    >>> [round(pessimistic_errors(rows, wrong) / rows, 3) for rows, wrong in ((6, 0), (9, 0), (1, 0), (16, 1))]
    [0.206, 0.143, 0.75, 0.157]
    """
    if not rows:
        return 0.0
    if wrong < 1:
        none = rows * (1 - confidence ** (1 / rows))
        return none if wrong == 0 else none + wrong * (pessimistic_errors(rows, 1, confidence=confidence) - none)
    if wrong + 0.5 >= rows:
        return wrong + 0.67 * (rows - wrong)
    squared = float(np.interp(confidence, _CONFIDENCES, _DEVIATES)) ** 2
    likely = wrong + 0.5
    return rows * (likely + squared / 2 + math.sqrt(squared * (likely * (1 - likely / rows) + squared / 4))) / (rows + squared)


def pessimistic(node: Node) -> float:
    """Errors of a leaf here, seen pessimistically."""
    return pessimistic_errors(node.rows, node.errors)


def prune_pessimistically(node: Node) -> float:
    """Cut from below what a leaf would do as well; returns the pessimistic errors of what is left."""
    alone = pessimistic(node)
    if not node.split:
        return alone
    together = sum(prune_pessimistically(branch) for branch in node.branches)
    if alone <= together + SLACK:
        node.cut()
        return alone
    return together


def join_alike(node: Node, *, is_number: np.ndarray) -> None:
    """Words whose branches are leaves with the same label become one branch, so that one rule names them all."""
    for branch in node.branches:
        join_alike(branch, is_number=is_number)
    if not node.split or is_number[node.split.column]:
        return
    first_with: dict[int, int] = {}
    joined: list[Node] = []
    place = []
    for branch in node.branches:
        if branch.split or branch.label not in first_with:
            if not branch.split:
                first_with[branch.label] = len(joined)
            place.append(len(joined))
            joined.append(branch)
        else:
            at = first_with[branch.label]
            place.append(at)
            joined[at] = Node(joined[at].counts + branch.counts, branch.depth)
    if len(joined) == 1:
        node.cut()
    elif len(joined) < len(node.branches):
        old = node.split
        to = np.array([*place, -1])
        node.branches, node.split = joined, Split(old.column, to[old.branch], len(joined), old.gain)
