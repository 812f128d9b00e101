"""Invented shops whose truth is known, for the tests of what goes with what, of bundles and of sequences."""

import datetime as dt

import numpy as np
import pandas as pd

AS_OF = dt.date(2025, 12, 31)
KINDS = ["sale", "return", "cancellation", "fee", "adjustment"]


def lines_of(rows, *, kind="sale"):
    """Order lines from (order_id, customer_id, product_id, days before AS_OF) and, where wanted, quantity, amount, cost."""
    rows = [(*row, *(1.0, 5.0, np.nan)[len(row) - 4:]) for row in rows]
    columns = ["order_id", "customer_id", "product_id", "days", "quantity", "amount", "cost"]
    table = pd.DataFrame(rows, columns=columns)
    day = np.datetime64(AS_OF, "D") - table.pop("days").to_numpy().astype("timedelta64[D]")
    return table.assign(ordered_on=day.astype("datetime64[us]"), kind=pd.Categorical([kind] * len(table), categories=KINDS),
                        order_id=table["order_id"].astype("int64"), customer_id=table["customer_id"].astype("int64"),
                        product_id=table["product_id"].astype("int64"))


def catalogue(products=60, *, fees=(), discontinued=()):
    """Products 1 ... n; fees are no goods, discontinued ones may not be offered."""
    ids = np.arange(1, products + 1)
    is_fee = np.isin(ids, list(fees))
    return pd.DataFrame({"product_id": ids, "name": [f"Thing {number}" for number in ids], "is_fee": is_fee,
                         "recommendable": ~is_fee & ~np.isin(ids, list(discontinued))})


def visits(*, customers=400, products=40, days=700, seed=0, planted=None, chance=0.6, heavy=0):
    """Orders of customers who come at their own rhythm and take what is popular; whoever buys planted[0] buys planted[1]
    with `chance` 5 to 25 days later. The first `heavy` customers come often, buy much, and all take product 1 first."""
    rng = np.random.default_rng(seed)
    liked = 1 / np.arange(1, products + 1) ** 0.5
    rows, order = [], 0
    for customer in range(1, customers + 1):
        is_heavy = customer <= heavy
        many = rng.integers(8, 14) if is_heavy else 1 + rng.poisson(3)
        bought_planted = False
        for number, day in enumerate(np.sort(rng.integers(0, days, many))[::-1]):
            order += 1
            size = min(1 + rng.poisson(5 if is_heavy else 1.2), products)
            chosen = set((rng.choice(products, size, replace=False, p=liked / liked.sum()) + 1).tolist())
            if is_heavy and number == 0:
                chosen.add(1)
            rows += [(order, customer, product, int(day)) for product in sorted(chosen)]
            if planted and planted[0] in chosen and not bought_planted and rng.random() < chance:
                bought_planted = True
                later = int(day) - int(rng.integers(5, 26))
                if later >= 0:
                    order += 1
                    rows.append((order, customer, planted[1], later))
    return lines_of(rows)


def shuffled(lines, *, seed=0):
    """The same orders with the products dealt anew: nothing goes with, or after, anything."""
    return lines.assign(product_id=np.random.default_rng(seed).permutation(lines["product_id"].to_numpy()))
