"""Who is linked to whom? Referrals and belonging as one set of links, from the brought to the bringer, from part to whole."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from crm.analytics.network.belonging import belonging

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

KINDS = ("referral", "company", "parent")


@dataclass(frozen=True, eq=False)
class Graph:
    """Links between customers as known at `as_of`.

    links: from_id (who was brought, or belongs), to_id (who brought, or the whole), kind (one of KINDS), since_on
        (datetime64[us]; NaT: not known); one row a pair and kind, by from_id, to_id, kind. Ids below 0 are hubs.
    hubs: node_id (< 0), name: companies that customers name and that are no customers themselves.
    undated: referrals without a day, which count on every day. second_referrers: referrals left out because the customer
    had been brought by somebody else before. self_loops: customers said to have brought themselves, left out.
    unresolved: written names of a parent or referrer that fit nobody, or several.
    """

    as_of: dt.date
    links: pd.DataFrame
    hubs: pd.DataFrame
    undated: int
    second_referrers: int
    self_loops: int
    unresolved: int

    @cached_property
    def nodes(self) -> np.ndarray:
        """The ids of all that have a link, ascending: hubs, then customers."""
        return np.unique(self.links[["from_id", "to_id"]].to_numpy())

    @property
    def customers(self) -> np.ndarray:
        """The customers among the nodes."""
        return self.nodes[self.nodes > 0]

    def ends(self, nodes: np.ndarray, links: pd.DataFrame | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Both ends of the links as places in `nodes` (ascending ids that hold them all)."""
        links = self.links if links is None else links
        return np.searchsorted(nodes, links["from_id"]), np.searchsorted(nodes, links["to_id"])

    def matrix(self) -> csr_matrix:
        """Links between customers: 1 where the row's customer leads to the column's, both places in `customers`.

        Hubs are no customers, so they take part in no ranking.
        """
        from scipy.sparse import csr_matrix

        links = self.links[self.links["to_id"] > 0]
        rows, columns = self.ends(self.customers, links)
        found = csr_matrix((np.ones(len(links)), (rows, columns)), shape=(len(self.customers),) * 2)
        found.data[:] = 1.0  # brought by one's own company: one link, not two
        return found

    def families(self) -> np.ndarray:
        """Which nodes hang together over any links: a number a node, from 0, families by their lowest id."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        rows, columns = self.ends(self.nodes)
        _, labels = connected_components(coo_matrix((np.ones(len(rows)), (rows, columns)),
                                                    shape=(len(self.nodes),) * 2), directed=False)
        _, first, numbered = np.unique(labels, return_index=True, return_inverse=True)
        return np.argsort(np.argsort(first))[numbered]


def build(referrals: pd.DataFrame, customers: pd.DataFrame, written: pd.DataFrame, *, as_of: dt.date) -> Graph:
    """Put the links together.

    referrals: referrer_id, referred_id, referred_on (NaT: unknown, counts on every day). customers, written: see
    `belonging`; belonging has no day, it is what is written now. A customer has one referrer: of several the earliest
    by day, unknown days last, then the lowest id; a recorded one comes before one that is only written in a field.
    """
    belongs = belonging(customers, written)
    day = pd.Timestamp(as_of)
    recorded = pd.DataFrame({"from_id": referrals["referred_id"].to_numpy(dtype="int64"),
                             "to_id": referrals["referrer_id"].to_numpy(dtype="int64"),
                             "since_on": pd.to_datetime(referrals["referred_on"]).to_numpy(dtype="datetime64[us]")})
    recorded = recorded[~(recorded["since_on"] > day)].assign(is_written=False)
    named = belongs.referrers
    brought = pd.concat([recorded, named.assign(since_on=pd.NaT, is_written=True).astype(recorded.dtypes.to_dict())])
    brought = brought.drop_duplicates(["from_id", "to_id", "since_on"])
    is_self = brought["from_id"] == brought["to_id"]
    ordered = brought[~is_self].sort_values(["from_id", "is_written", "since_on", "to_id"], na_position="last",
                                            kind="stable")
    first = ordered.drop_duplicates("from_id")
    belonging_links = belongs.links.assign(since_on=pd.Series(pd.NaT, index=belongs.links.index, dtype="datetime64[us]"))
    together = pd.concat([first.assign(kind="referral")[["from_id", "to_id", "kind", "since_on"]], belonging_links])
    together = together.astype({"from_id": "int64", "to_id": "int64", "kind": pd.CategoricalDtype(list(KINDS)),
                                "since_on": "datetime64[us]"})
    links = together.drop_duplicates(["from_id", "to_id", "kind"]).sort_values(["from_id", "to_id", "kind"],
                                                                               kind="stable", ignore_index=True)
    return Graph(as_of=as_of, links=links, hubs=belongs.hubs, undated=int(first["since_on"].isna().sum()),
                 second_referrers=len(ordered) - len(first), self_loops=int(is_self.sum()),
                 unresolved=belongs.unresolved)
