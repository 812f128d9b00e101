"""Who joins whom? The last joins of a hierarchy as a tree, with the line at which it is cut into groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from crm.analytics.segments.group_marks import called, colours_of, symbol
from crm.errors import InvalidInput

if TYPE_CHECKING:
    from crm.analytics.segments.finding import Groups

MOST_BRANCHES = 30  # joins further down are alike for the eye and illegible on a phone
ROW_PIXELS, EDGE_PIXELS = 17, 110


def dendrogram(groups: Groups, *, names: Mapping[int, str] | None = None) -> go.Figure:
    """The tree from the side: at the left branches with their customers, to the right where they join, the more different
    the further; the dotted line cuts it into the groups.

    At most 30 branches, more only where there are more groups. Colours and signs of the groups; what joins groups has
    none. `figure.layout.meta["height"]`: a good height in pixels. InvalidInput for a method that joins nothing.
    """
    details = groups.grouping.details
    if "linkage" not in details:
        raise InvalidInput("Only a hierarchical grouping (Ward, average, complete) has a tree of joins.", field="method")
    tree = _Tree(np.asarray(details["linkage"]), np.asarray(details["leaf_sizes"]), np.asarray(details["leaf_labels"]),
                 k=max(int(groups.grouping.k), 1))
    figure, colours = go.Figure(), colours_of(groups, names)
    for label in [None, *range(tree.k)]:  # what joins groups first: below the others
        x, y = tree.lines(label)
        if x:
            figure.add_trace(go.Scatter(
                x=x, y=y, mode="lines", line={"width": 1.5}, hoverinfo="skip", showlegend=False,
                meta={"meaning": "past" if label is None else colours[label]}))
    for label in range(tree.k):
        own = [branch for branch in tree.branches if tree.label[branch] == label]
        name = called(label, names)
        figure.add_trace(go.Scatter(
            x=[0.0] * len(own), y=[tree.y[branch] for branch in own], mode="markers", name=name, cliponaxis=False,
            customdata=[int(tree.size[branch]) for branch in own], meta={"meaning": colours[label]},
            marker={"symbol": symbol(label), "size": 9}, hovertemplate=f"{name}: %{{customdata:,}}<extra></extra>"))
    last = len(tree.branches) - 1
    figure.add_trace(go.Scatter(x=[tree.cut, tree.cut], y=[-0.6, last + 0.6], mode="lines", hoverinfo="skip",
                                showlegend=False, meta={"meaning": "reference"}))
    figure.update_layout(
        xaxis={"title": {"text": "How different they are when they join"}, "range": [0, tree.top * 1.03], "nticks": 5,
               "tickformat": "~g", "zeroline": False},
        yaxis={"tickvals": list(range(last + 1)), "ticktext": [f"{int(tree.size[branch]):,}" for branch in tree.branches],
               "range": [last + 0.6, -0.6], "showgrid": False, "zeroline": False, "ticks": "", "ticklabelstandoff": 10},
        meta={"height": ROW_PIXELS * (last + 1) + EDGE_PIXELS, "cut": tree.cut})
    return figure


class _Tree:
    """The top of a linkage: branches (nodes drawn as leaves) in the order they are drawn in, and where all nodes lie."""

    def __init__(self, linkage: np.ndarray, leaf_sizes: np.ndarray, leaf_labels: np.ndarray, *, k: int) -> None:
        n_leaves = len(linkage) + 1
        self.n_leaves, self.k = n_leaves, min(k, n_leaves)
        self.joined = linkage[:, :2].astype(np.int64)
        self.height = np.concatenate([np.zeros(n_leaves), linkage[:, 2]])
        self.size = np.concatenate([leaf_sizes, np.zeros(len(linkage))])
        self.label = np.concatenate([leaf_labels, np.zeros(len(linkage))]).astype(np.int64)
        for join, (first, second) in enumerate(self.joined.tolist()):
            self.size[n_leaves + join] = self.size[first] + self.size[second]
            self.label[n_leaves + join] = self.label[first]  # inside a group both are the same
        n_branches = min(n_leaves, max(MOST_BRANCHES, self.k))
        self.first_drawn = 2 * n_leaves - n_branches  # joins from here on are drawn
        self.undone = 2 * n_leaves - self.k  # and from here on they join groups
        self.branches: list[int] = []
        self.y = np.zeros(2 * n_leaves - 1)
        self._place()
        self.top = float(self.height[-1]) or 1.0
        above = float(self.height[self.undone]) if self.k > 1 else self.top * 1.02
        self.cut = (float(self.height[self.undone - 1]) + above) / 2

    def children(self, node: int) -> list[int]:
        """The larger first, so that the tree leans one way."""
        pair = self.joined[node - self.n_leaves].tolist()
        return sorted(pair, key=lambda child: (-self.size[child], child))

    def _place(self) -> None:
        waiting, drawn = [2 * self.n_leaves - 2], []
        while waiting:
            node = waiting.pop()
            if node < max(self.first_drawn, self.n_leaves):
                self.y[node] = len(self.branches)
                self.branches.append(node)
            else:
                drawn.append(node)
                waiting += self.children(node)[::-1]
        for node in reversed(drawn):  # from below: children come later
            self.y[node] = self.y[self.children(node)].mean()
        self.drawn = drawn

    def lines(self, label: int | None) -> tuple[list, list]:
        """Forks inside one group; None: those that join groups."""
        x, y = [], []
        for node in self.drawn:
            if (None if node >= self.undone else self.label[node]) != label:
                continue
            first, second = self.children(node)
            at = self.height[node]
            # a branch begins at the left edge, whatever was joined inside it
            low = [0.0 if child < max(self.first_drawn, self.n_leaves) else self.height[child] for child in (first, second)]
            x += [low[0], at, at, low[1], None]
            y += [self.y[first], self.y[first], self.y[second], self.y[second], None]
        return x, y
