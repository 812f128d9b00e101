"""Is the network of leaving made from what the records hold?"""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm import db, frames
from crm.analytics.prediction import Rows, Task
from crm.errors import NotEnoughData
from crm.jobs import churn, model_questions

TODAY = dt.date(2026, 3, 10)


def regulars_and_others(n=300):
    """Half buy every 20 days or so, half twice a year; some stop for good."""
    rng = np.random.default_rng(0)
    rows = []
    for customer in range(1, n + 1):
        gap = 20 if customer % 2 else 150
        end = rng.integers(300, 1200)
        days = np.cumsum(rng.exponential(gap, 80) + 1)
        rows += [(customer, int(day)) for day in days[days < min(end, 800)]]
    table = pd.DataFrame(rows, columns=["customer_id", "day"])
    return pd.DataFrame({
        "order_id": range(len(table)), "customer_id": table["customer_id"], "is_purchase": True, "gross_amount": 50.0,
        "ordered_on": (pd.Timestamp(TODAY) - pd.Timedelta(days=800) + pd.to_timedelta(table["day"], unit="D")).astype("datetime64[us]"),
        "returned_amount": 0.0, "net_amount": 50.0})


def test_an_empty_company_is_told_what_is_missing(workspace):
    with db.reading(workspace) as session, pytest.raises(NotEnoughData):
        churn.network(session, as_of=TODAY)


def test_the_network_is_that_of_the_customers_of_past_days(workspace, monkeypatch):
    orders = regulars_and_others()
    monkeypatch.setattr(frames, "orders", lambda session, until: orders)
    with db.reading(workspace) as session:
        network = churn.network(session, as_of=TODAY)
    assert network.names[network.target] == "leaves"
    assert "days_silent" in network.names and network.edges
    assert network.rows_per_group > 1
    later = orders.assign(ordered_on=orders["ordered_on"] + pd.Timedelta(days=900), order_id=orders["order_id"] + 10**6)
    monkeypatch.setattr(frames, "orders", lambda session, until: pd.concat([orders, later]))
    with db.reading(workspace) as session:
        again = churn.network(session, as_of=TODAY)
    assert again.parents == network.parents
    assert all(np.array_equal(a, b) for a, b in zip(again.tables, network.tables, strict=True))


def test_several_rows_of_one_customer_narrow_no_interval():
    from crm.analytics.prediction.bayes_net import query

    rng = np.random.default_rng(1)
    target = rng.random(400) < 0.3
    rows = Rows(pd.DataFrame({"late": rng.random(400) < np.where(target, 0.7, 0.2)}), target, np.arange(400))
    repeated = Rows(pd.concat([rows.frame] * 4, ignore_index=True), np.tile(target, 4), np.tile(rows.groups, 4))
    width = []
    for one in (rows, repeated):
        _, low, high = query(model_questions.network(Task(learn=one), target="leaves"), "leaves", {"late": True}).of(True)
        width.append(high - low)
    assert width[1] == pytest.approx(width[0], rel=0.15)
