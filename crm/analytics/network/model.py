"""Network: who brings customers, what are these worth, who belongs together, and do referred customers differ?"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.network import ranking
from crm.analytics.network.graph import Graph
from crm.analytics.network.referrals import Comparison, brought, compare
from crm.errors import NotEnoughData


@dataclass(frozen=True, eq=False)
class NetworkResult:
    """Who brought whom and who belongs together, as of a day.

    customers: one row a customer with any link, those who brought most value first: customer_id, referrer_id (0: nobody
        on record), whole_id (whom it belongs to; 0 nobody, < 0 a hub of `graph`), family (number of those who hang
        together over any links, from 0), spend (net), brought, brought_in_all, spend_of_brought, value_brought,
        generations, is_in_circle (see `referrals.brought`; 0 and False for who brought nobody), rank (by value_brought,
        1 the most; NaN for who brought nobody), pagerank, hub, authority (each adds up to 1; see `ranking`).
    totals: referrers, referred, spend_of_referred, revenue (net, of all known customers), share_of_revenue (NaN where
        the revenue is not above 0), deepest (generations), in_circles (customers), families, largest_family
        (customers), belonging (customers who belong to another or to a hub), hubs.
    comparison: referred customers and the rest, or None, and then comparison_missing says what is needed.
    """

    as_of: dt.date
    graph: Graph
    customers: pd.DataFrame
    totals: dict
    comparison: Comparison | None
    comparison_missing: str | None


def analyse(graph: Graph, orders: pd.DataFrame, *, random_state: int = 0) -> NetworkResult:
    """Measure the graph with the orders up to its `as_of`; later ones are ignored.

    orders: customer_id, ordered_on, is_purchase, net_amount. All that a brought customer spent counts, also before the
    day of the referral. Raises NotEnoughData where nobody has a link.
    """
    if graph.links.empty:
        raise NotEnoughData(
            "So far 0 customers are linked to each other. Say on a customer's page who brought them, or bring in a file with a column "
            "“referred_by”; a company named with several customers, or a column “subsidiary_of”, links them too.")
    orders = orders[(orders["ordered_on"] <= pd.Timestamp(graph.as_of)).to_numpy()]
    spend = orders.groupby("customer_id")["net_amount"].sum().round(4)
    referrals = graph.links[graph.links["kind"] == "referral"]
    ids = graph.customers
    gathered = brought(referrals, spend).set_index("customer_id").reindex(ids)
    figures = {name: gathered[name].fillna(0) for name in ("brought", "brought_in_all", "generations")}
    importance, (hubs, authorities) = ranking.pagerank(graph.matrix()), ranking.hits(graph.matrix())
    family = graph.families()[np.searchsorted(graph.nodes, ids)]
    customers = pd.DataFrame({
        "customer_id": ids,
        "referrer_id": _other_end(referrals, ids),
        "whole_id": _other_end(graph.links[graph.links["kind"] != "referral"], ids),
        "family": family,
        "spend": spend.reindex(ids).fillna(0.0).to_numpy(),
        **{name: column.to_numpy(dtype="int64") for name, column in figures.items()},
        **{name: gathered[name].fillna(0.0).to_numpy() for name in ("spend_of_brought", "value_brought")},
        "is_in_circle": gathered["is_in_circle"].eq(True).to_numpy(),
        "pagerank": importance, "hub": hubs, "authority": authorities})
    customers = customers.assign(has_brought=customers["brought"] > 0).sort_values(
        ["has_brought", "value_brought", "brought_in_all", "customer_id"], ascending=[False, False, False, True],
        ignore_index=True)
    rank = np.where(customers.pop("has_brought"), np.arange(1, len(customers) + 1), np.nan)
    customers = customers.assign(rank=rank)
    comparison, missing = None, None
    try:
        comparison = compare(orders, referrals["from_id"].to_numpy(), as_of=graph.as_of, random_state=random_state)
    except NotEnoughData as error:
        missing = str(error)
    return NetworkResult(as_of=graph.as_of, graph=graph, customers=customers,
                         totals=_totals(graph, customers, spend), comparison=comparison, comparison_missing=missing)


def leaders(result: NetworkResult, *, first: int = 10) -> pd.DataFrame:
    """Who comes first by each way of measuring: place (from 1), by_value, by_pagerank, by_authority (customer_id; missing
    where the measure is 0 or nobody was brought)."""
    customers, found = result.customers, {}
    for name, measure in (("by_value", "rank"), ("by_pagerank", "pagerank"), ("by_authority", "authority")):
        counted = customers[customers[measure].notna() & (customers[measure] > 0)]
        ordered = counted.sort_values([measure, "customer_id"], ascending=[measure == "rank", True], kind="stable")
        found[name] = ordered["customer_id"].head(first).reset_index(drop=True)
    return pd.DataFrame(found).astype("Int64").rename_axis("place").reset_index().assign(
        place=lambda table: table["place"] + 1)


def _other_end(links: pd.DataFrame, ids: np.ndarray) -> np.ndarray:
    """To whom each id leads; a parent comes before a company (the kinds' sequence turned round), 0: to nobody."""
    first = links.sort_values("kind", ascending=False, kind="stable").drop_duplicates("from_id").set_index("from_id")
    return first["to_id"].reindex(ids).fillna(0).to_numpy(dtype="int64")


def _totals(graph: Graph, customers: pd.DataFrame, spend: pd.Series) -> dict:
    is_referred = customers["referrer_id"] > 0
    revenue = round(float(spend.sum()), 4)
    spend_of_referred = round(float(customers.loc[is_referred, "spend"].sum()), 4)
    return {
        "referrers": int((customers["brought"] > 0).sum()), "referred": int(is_referred.sum()),
        "spend_of_referred": spend_of_referred, "revenue": revenue,
        "share_of_revenue": spend_of_referred / revenue if revenue > 0 else float("nan"),
        "deepest": int(customers["generations"].max()), "in_circles": int(customers["is_in_circle"].sum()),
        "families": int(customers["family"].nunique()), "largest_family": int(customers["family"].value_counts().max()),
        "belonging": int((customers["whole_id"] != 0).sum()), "hubs": len(graph.hubs)}
