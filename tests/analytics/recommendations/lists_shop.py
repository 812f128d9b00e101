"""A small shop with two tastes, whose figures can be counted again by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from crm.analytics.recommendations import purchases as reading
from crm.analytics.recommendations.lists import make_lister
from crm.analytics.recommendations.methods import learn

AS_OF = dt.date(2026, 6, 15)
KINDS = ["sale", "return", "cancellation", "fee", "adjustment"]
POSTAGE, NOT_OFFERED = 40, (5, 15, 42)  # postage is a fee; the others are sold out, discontinued or excluded
FOR_ALL = 30  # everybody buys it


def lines(bought, *, kind="sale", quantity=1.0, amount=9.5):
    """bought: (customer_id, order_id, day, product_id) each a line."""
    customer, order, day, product = zip(*bought, strict=True) if bought else ([], [], [], [])
    return pd.DataFrame({
        "order_id": np.array(order, dtype=np.int64), "customer_id": np.array(customer, dtype=np.int64),
        "product_id": np.array(product, dtype=np.int64), "ordered_on": np.array(day, dtype="datetime64[us]"),
        "kind": pd.Categorical([kind] * len(order), categories=KINDS), "quantity": quantity, "amount": amount,
    })


def catalogue(count=60):
    ids = np.arange(1, count + 1)
    category = np.select([ids <= 10, ids <= 20], ["Tea", "Mugs"], "Other").astype(object)
    category[ids > 55] = None
    return pd.DataFrame({
        "product_id": ids, "code": [f"P{index}" for index in ids],
        "name": [f"{kind or 'Thing'} number {index}" for kind, index in zip(category, ids, strict=True)],
        "category": category, "description": None, "price": np.where(ids == 7, np.nan, ids.astype(float)), "is_fee": ids == POSTAGE,
        "recommendable": ~np.isin(ids, [POSTAGE, *NOT_OFFERED]),
    })


def shop(seed=0, customers=80, visits=3):
    """Odd customers buy of the products 1-10, even ones of 11-20, everybody FOR_ALL, postage and one of 41-60."""
    draw = np.random.default_rng(seed)
    bought = []
    for customer in range(1, customers + 1):
        own = np.arange(10) + (1 if customer % 2 else 11)
        for visit in range(visits):
            day = np.datetime64("2025-07-01") + int(draw.integers(0, 100)) + 110 * visit
            products = [*draw.choice(own, 3, replace=False), FOR_ALL, POSTAGE, draw.integers(41, 61)]
            bought += [(customer, customer * 10 + visit, day, int(product)) for product in products]
    return lines(bought, amount=np.round(draw.lognormal(2, 0.7, len(bought)), 2))


def lister(table=None, products=None, *, method="items", question="new", recommender=None, as_of=AS_OF, **more):
    """A lister of these sales; groups reach the method as well."""
    found = reading.read(shop() if table is None else table, catalogue() if products is None else products, as_of=as_of)
    if recommender is None:
        recommender = learn(found, method=method, groups=more.get("groups"))
    else:
        recommender = recommender(found)
    return make_lister(found, recommender, question=question, **more)


def pairs(table):
    return set(zip(table["customer_id"], table["product_id"], strict=True))
