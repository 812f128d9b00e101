"""What of a network goes on a picture? The families that bring most, or the surroundings of one customer."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.network import layout
from crm.analytics.network.model import NetworkResult
from crm.errors import InvalidInput

MOST_NODES = 100  # on the overview; with 150 nobody could tell them apart on a phone
MOST_OF_A_FAMILY = 40  # as long as others wait, so that one large family does not hide all others
MOST_AROUND = 60  # of one customer's surroundings
MOST_STEPS = 2  # further away nobody is "around" any more


@dataclass(frozen=True, eq=False)
class Drawing:
    """Nodes with their places and the links between them.

    nodes: node_id (< 0: a hub), x, y, value_brought, brought, brought_in_all (0 where nobody was), is_middle (where a
        family's tree begins; the customer whose surroundings these are). links: from_id, to_id, kind, and both ends'
        places from_x, from_y, to_x, to_y.
    families, families_in_all: how many are drawn, of how many. left_out: nodes that belong to what is drawn and found
        no place, or, on an overview, to families that are not drawn.
    """

    nodes: pd.DataFrame
    links: pd.DataFrame
    families: int
    families_in_all: int
    left_out: int


def overview(result: NetworkResult, *, most_nodes: int = MOST_NODES) -> Drawing:
    """The families whose brought customers spent most, then the largest, with at most `most_nodes` nodes.

    A family begins with whoever brought most among those whom nobody brought; of one that is too large, those stay who
    hang together with that beginning and count most.
    """
    around = _Surroundings(result)
    families = _ranked_families(result)
    room, drawn, trimmed = most_nodes, [], []
    for members in families:
        wanted = min(len(members), MOST_OF_A_FAMILY)
        if wanted <= room:
            room -= wanted
            drawn.append((members, wanted))
            trimmed.append(len(drawn) - 1)
    for place in trimmed:
        members, wanted = drawn[place]
        more = min(len(members) - wanted, room)
        drawn[place], room = (members, wanted + more), room - more
    trees = [around.tree(around.beginning(members), most=wanted) for members, wanted in drawn]
    places = layout.side_by_side([layout.rings(parent) for _, parent in trees])
    nodes = np.concatenate([members for members, _ in trees])
    return around.drawing(nodes, np.concatenate(places), middles=[members[0] for members, _ in trees],
                          families=len(trees), left_out=len(result.graph.nodes) - len(nodes))


def surroundings(result: NetworkResult, *, customer_id: int, steps: int = 1) -> Drawing:
    """Who is linked to the customer over at most `steps` (1 or 2) links of any kind; at most 60 nodes, the nearest first
    and then those who count most. Raises InvalidInput for other steps and for a customer without links."""
    if not 1 <= steps <= MOST_STEPS:
        raise InvalidInput(f"{steps} steps were asked for; choose 1 or {MOST_STEPS}.", field="steps")
    if not has_links(result, customer_id):
        raise InvalidInput("Nobody is linked to this customer.", field="customer_id")
    around = _Surroundings(result)
    start = int(np.searchsorted(around.nodes, customer_id))
    nodes, parent, left_out = around.nearest(start, steps=steps, most=MOST_AROUND)
    return around.drawing(nodes, layout.rings(parent), middles=[start], families=1, left_out=left_out)


def has_links(result: NetworkResult, customer_id: int) -> bool:
    """Whether anybody is linked to the customer."""
    place = np.searchsorted(result.graph.nodes, customer_id)
    return bool(place < len(result.graph.nodes) and result.graph.nodes[place] == customer_id)


def _ranked_families(result: NetworkResult) -> list[np.ndarray]:
    """Places of each family's nodes: what its brought customers spent, its size, its lowest id decide."""
    graph, customers = result.graph, result.customers
    family = graph.families()
    size = np.bincount(family)
    referred = customers[customers["referrer_id"] > 0]
    worth = np.bincount(referred["family"], weights=referred["spend"], minlength=len(size)).round(4)
    by_family = np.split(np.argsort(family, kind="stable"), np.cumsum(size)[:-1])
    brings = np.bincount(referred["family"], minlength=len(size)) > 0
    return [by_family[number] for number in np.lexsort((np.arange(len(size)), -size, -worth, ~brings))]


class _Surroundings:
    """Who is next to whom, over links of any kind and direction; nodes by their place in `graph.nodes`."""

    def __init__(self, result: NetworkResult) -> None:
        self.result, self.nodes = result, result.graph.nodes
        start, end = result.graph.ends(self.nodes)
        both = np.concatenate([start, end]), np.concatenate([end, start])
        order = np.lexsort((both[1], both[0]))
        self._beside = both[1][order]
        self._first = np.searchsorted(both[0][order], np.arange(len(self.nodes) + 1))
        self._leads_on = np.bincount(start, minlength=len(self.nodes)) > 0
        figures = result.customers.set_index("customer_id")[["value_brought", "brought", "brought_in_all", "spend"]]
        self.figures = figures.reindex(self.nodes).fillna(0.0)
        self._links_of = np.bincount(both[0], minlength=len(self.nodes))
        self._weight = (self.figures["value_brought"] + self.figures["spend"]).to_numpy()

    def beside(self, node: int) -> list[int]:
        return np.unique(self._beside[self._first[node]:self._first[node + 1]]).tolist()

    def beginning(self, members: np.ndarray) -> int:
        """Who stands in the middle: of those who lead to nobody else, who brought most, then who has most links."""
        roots = members[~self._leads_on[members]]
        roots = roots if len(roots) else members
        value = self.figures["value_brought"].to_numpy()[roots]
        return int(roots[np.lexsort((roots, -self._links_of[roots], -value))[0]])

    def tree(self, start: int, *, most: int) -> tuple[np.ndarray, np.ndarray]:
        """From the start over links, whoever counts most first: places of nodes, and of each one's parent among them."""
        return self._grown(start, most=most, urgency=lambda node, steps: (-self._weight[node], node))

    def nearest(self, start: int, *, steps: int, most: int) -> tuple[np.ndarray, np.ndarray, int]:
        """As `tree`, the nearest first; and how many within so many steps found no place."""
        everybody, frontier = {start}, [start]
        for _ in range(steps):
            frontier = [other for node in frontier for other in self.beside(node)]
            frontier = [other for other in dict.fromkeys(frontier) if other not in everybody]
            everybody.update(frontier)
        nodes, parent = self._grown(start, most=most, at_most=steps,
                                    urgency=lambda node, away: (away, -self._weight[node], node))
        return nodes, parent, len(everybody) - len(nodes)

    def _grown(self, start: int, *, most: int, urgency: Callable[[int, int], tuple],
               at_most: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        waiting: list[tuple] = [((), start, -1, 0)]
        place_of: dict[int, int] = {}
        parents: list[int] = []
        while waiting and len(place_of) < most:
            _, node, parent, steps = heapq.heappop(waiting)
            if node in place_of:
                continue
            place_of[node] = len(parents)
            parents.append(parent)
            if steps != at_most:
                for other in self.beside(node):
                    if other not in place_of:
                        heapq.heappush(waiting, (urgency(other, steps + 1), other, place_of[node], steps + 1))
        return np.array(list(place_of), dtype=np.int64), np.array(parents, dtype=np.int64)

    def drawing(self, nodes: np.ndarray, places: np.ndarray, *, middles: list[int], families: int,
                left_out: int) -> Drawing:
        ids = self.nodes[nodes]
        figures = self.figures.iloc[nodes].reset_index(drop=True)
        drawn = pd.DataFrame({
            "node_id": ids, "x": places[:, 0], "y": places[:, 1], "value_brought": figures["value_brought"],
            "brought": figures["brought"].astype("int64"), "brought_in_all": figures["brought_in_all"].astype("int64"),
            "is_middle": np.isin(nodes, middles)})
        at = drawn.set_index("node_id")[["x", "y"]]
        links = self.result.graph.links
        links = links[links["from_id"].isin(ids) & links["to_id"].isin(ids)][["from_id", "to_id", "kind"]]
        begin, end = at.loc[links["from_id"]].to_numpy(), at.loc[links["to_id"]].to_numpy()
        links = links.assign(from_x=begin[:, 0], from_y=begin[:, 1], to_x=end[:, 0], to_y=end[:, 1])
        return Drawing(drawn, links.reset_index(drop=True), families=families,
                       families_in_all=self.result.totals["families"], left_out=left_out)
