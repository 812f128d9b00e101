"""A small shop for tests of the methods: two tastes, a bestseller, orders over a year."""

import datetime as dt

import numpy as np
import pandas as pd

from crm.analytics.recommendations import purchases

AS_OF = dt.date(2026, 6, 15)
KINDS = ["sale", "return", "cancellation", "fee", "adjustment"]


def lines(bought, *, kind="sale", quantity=1.0):
    """bought: (customer_id, order_id, day, product_id) each a line."""
    customer, order, day, product = zip(*bought, strict=True) if bought else ([], [], [], [])
    return pd.DataFrame({
        "order_id": np.array(order, dtype=np.int64), "customer_id": np.array(customer, dtype=np.int64),
        "product_id": np.array(product, dtype=np.int64), "ordered_on": np.array(day, dtype="datetime64[us]"),
        "kind": pd.Categorical([kind] * len(order), categories=KINDS), "quantity": quantity, "amount": 9.5 * quantity})


def goods(count=40, **columns):
    ids = np.arange(1, count + 1)
    return pd.DataFrame({
        "product_id": ids, "name": [f"Thing {number}" for number in ids], "category": np.where(ids % 2, "odd", "even"),
        "description": None, "price": 5.0 + ids, "is_fee": False, "recommendable": True, **columns})


def two_tastes(*, seed=0, customers=60, visits=3, products=40):
    """Odd customers buy odd products, even ones even products, everybody number 1, and one by chance."""
    rng = np.random.default_rng(seed)
    bought = []
    for customer in range(1, customers + 1):
        own = np.arange(1, products + 1)[1 - customer % 2 :: 2]
        for visit in range(visits):
            day = np.datetime64("2025-07-01") + int(rng.integers(0, 100)) + 110 * visit
            chosen = [1, *rng.choice(own, 3, replace=False), rng.integers(1, products + 1)]
            bought += [(customer, customer * 10 + visit, day, product) for product in chosen]
    return lines(bought)


def shop(**choice) -> purchases.Purchases:
    return purchases.read(two_tastes(**choice), goods(choice.get("products", 40)), as_of=AS_OF)
