"""Invented shops for the tests of judging: of whom it is known what they like and how likely they are to buy it."""

import datetime as dt

import numpy as np
import pandas as pd

from crm.analytics.recommendations import purchases as reading

AS_OF = dt.date(2026, 6, 15)
START = np.datetime64("2025-09-01", "D")


def frame(customer, order, day, product):
    return pd.DataFrame({
        "order_id": np.asarray(order, dtype=np.int64), "customer_id": np.asarray(customer, dtype=np.int64),
        "product_id": np.asarray(product, dtype=np.int64), "ordered_on": np.asarray(day).astype("datetime64[us]"),
        "kind": pd.Categorical(np.full(len(order), "sale")), "quantity": 1.0, "amount": 5.0,
    })


def catalogue(count=60, *, withdrawn=()):
    ids = np.arange(1, count + 1)
    return pd.DataFrame({"product_id": ids, "name": [f"Thing {number}" for number in ids], "is_fee": False,
                         "recommendable": ~np.isin(ids, withdrawn)})


def shop(seed=0, *, customers=200, tastes=5, visits=5, products=60):
    """Each customer buys from one of the tastes (1: nobody has any), three products a visit, some more liked than others."""
    rng = np.random.default_rng(seed)
    visit = np.tile(np.repeat(np.arange(visits), 3), customers)
    customer = np.repeat(np.arange(1, customers + 1), visits * 3)
    width = products // tastes
    product = (customer % tastes) * width + np.minimum(rng.geometric(0.15, len(customer)) - 1, width - 1) + 1
    # Spread over the year, so that no two customers order in step.
    day = START + (visit * 50 + (customer * 7) % 45).astype("timedelta64[D]")
    return frame(customer, customer * 10 + visit, day, product)


def shuffled(table, seed):
    """The same orders with the products dealt out anew: nobody has a taste, and popularity stays as it was."""
    return table.assign(product_id=np.random.default_rng(seed).permutation(table["product_id"].to_numpy()))


def purchases(table, products=None, **settings):
    return reading.read(table, catalogue() if products is None else products, as_of=AS_OF, **settings)
