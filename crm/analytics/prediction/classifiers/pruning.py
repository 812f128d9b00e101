"""Which branches of a grown tree are cut at which price of a leaf? All prices at once, from one tree."""

import heapq

import numpy as np

LEAF = -1


def collapse_prices(tree) -> np.ndarray:
    """(nodes,) price of a leaf from which on the node is one itself: weakest links first (Breiman et al. 1984, ch. 3); a leaf
    infinite. What hangs below a node that has collapsed keeps the price it had, or that of the node where it had not yet."""
    left, right = tree.children_left, tree.children_right
    n_nodes = len(left)
    share = tree.weighted_n_node_samples / tree.weighted_n_node_samples[0]
    risk = tree.impurity * share
    parent = np.full(n_nodes, -1)
    inner = np.flatnonzero(left != LEAF)
    parent[left[inner]] = inner
    parent[right[inner]] = inner
    below, leaves = risk.copy(), np.ones(n_nodes, dtype=int)
    for node in inner[::-1]:  # children are numbered after their parents
        below[node] = below[left[node]] + below[right[node]]
        leaves[node] = leaves[left[node]] + leaves[right[node]]
    price = np.full(n_nodes, np.inf)
    is_open = left != LEAF
    waiting = [((risk[node] - below[node]) / (leaves[node] - 1), node) for node in inner]
    heapq.heapify(waiting)
    reached = 0.0
    while waiting:
        link, node = heapq.heappop(waiting)
        if not is_open[node] or link != (risk[node] - below[node]) / (leaves[node] - 1):
            continue  # cut with a branch above, or a price from before something below it was cut
        reached = max(reached, link)
        under = [node]
        while under:
            one = under.pop()
            if is_open[one]:
                is_open[one] = False
                price[one] = reached
                under += [left[one], right[one]]
        gained, fewer = risk[node] - below[node], leaves[node] - 1
        above = node
        while above != -1:
            below[above] += gained
            leaves[above] -= fewer
            if above != node:
                heapq.heappush(waiting, ((risk[above] - below[above]) / (leaves[above] - 1), above))
            above = parent[above]
    return price


def pruned_losses(tree, chance: np.ndarray, *, leaves: np.ndarray, target: np.ndarray, prices: np.ndarray) -> np.ndarray:
    """(prices,) mean log loss of rows that lie in `leaves` of the whole tree, when it is pruned at each price (rising);
    `chance` of a yes in every node."""
    left, right = tree.children_left, tree.children_right
    n_nodes = len(left)
    yes = np.bincount(leaves, weights=target, minlength=n_nodes)
    no = np.bincount(leaves, minlength=n_nodes) - yes
    parent = np.full(n_nodes, -1)
    inner = np.flatnonzero(left != LEAF)
    parent[left[inner]] = parent[right[inner]] = inner
    for node in inner[::-1]:
        yes[node], no[node] = yes[left[node]] + yes[right[node]], no[left[node]] + no[right[node]]
    as_leaf = -(yes * np.log(chance) + no * np.log1p(-chance))
    now = as_leaf.copy()
    for node in inner[::-1]:
        now[node] = now[left[node]] + now[right[node]]
    collapse = collapse_prices(tree)
    order = inner[np.lexsort((-inner, collapse[inner]))]  # of branches cut together, the lower first
    totals = [now[0]]
    for node in order:
        change, above = as_leaf[node] - now[node], node
        while above != -1:
            now[above] += change
            above = parent[above]
        totals.append(now[0])
    # 1e-12: at the very price of a cut scikit-learn has cut
    return np.array(totals)[np.searchsorted(collapse[order], prices * (1 + 1e-12), side="right")] / len(target)
