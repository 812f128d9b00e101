"""Network: who brought whom, who belongs to whom, what that is worth; its table, its saved values."""

from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.analytics import network as analysis
from crm.db import reads
from crm.jobs.names import named
from crm.services import scores

COLUMNS = ["customer_id", "rank", "brought", "brought_in_all", "spend_of_brought", "value_brought", "generations", "spend",
           "pagerank", "hub", "authority"]


@reads("customers")
def graph(session: Session, *, as_of: date) -> analysis.Graph:
    """Who is linked to whom; see crm.analytics.network.build."""
    return analysis.build(frames.referrals(session), frames.customers(session), frames.written_links(session),
                          as_of=as_of)


@reads("customers", "sales")
def run(session: Session, *, as_of: date, random_state: int = 0) -> analysis.NetworkResult:
    """Who brought whom and who belongs together, with what that is worth; see crm.analytics.network.analyse."""
    return analysis.analyse(graph(session, as_of=as_of), frames.orders(session, until=as_of), random_state=random_state)


def table(result: analysis.NetworkResult, names: pd.DataFrame) -> pd.DataFrame:
    """One row a customer with any link, those who brought most value first: customer_code, customer_name, rank (missing:
    brought nobody), brought, brought_in_all, spend_of_brought, value_brought, generations, spend, pagerank, hub,
    authority; brought_by_code, brought_by (name), belongs_to (name of the customer or company)."""
    customers = result.customers
    code = dict(zip(names["customer_id"], names["customer_code"], strict=True))
    name = dict(zip(names["customer_id"], names["customer_name"], strict=True))
    whole = name | dict(zip(result.graph.hubs["node_id"], result.graph.hubs["name"], strict=True))
    figures = customers[COLUMNS].astype({"rank": "Int64"}).assign(
        brought_by_code=customers["referrer_id"].map(code), brought_by=customers["referrer_id"].map(name),
        belongs_to=customers["whole_id"].map(whole))
    return named(figures, names)


def quality(result: analysis.NetworkResult) -> dict:
    """What was counted, and referred customers against the rest, as plain figures."""
    graph, found = result.graph, result.comparison
    compared = None if found is None else {
        "window_days": found.window_days, "groups": found.groups.to_dict("records"),
        "spend_difference": list(found.spend_difference), "repeat_difference": list(found.repeat_difference)}
    return {**result.totals, "links": len(graph.links), "undated": graph.undated, "second_referrers": graph.second_referrers,
            "self_loops": graph.self_loops, "unresolved": graph.unresolved, "comparison": compared,
            "comparison_missing": result.comparison_missing}


def save(session: Session, result: analysis.NetworkResult) -> int:
    """Keep the value that each customer brought, in the currency; returns the run's id."""
    brought = result.customers[result.customers["brought"] > 0]
    return scores.save(session, brought.rename(columns={"value_brought": "number"})[["customer_id", "number"]],
                       analysis="network", as_of=result.as_of, parameters={"damping": analysis.DAMPING},
                       quality=quality(result))
