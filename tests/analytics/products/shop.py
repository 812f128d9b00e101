"""Small shops, written line by line: what the tests of products start from."""

import datetime as dt

import numpy as np
import pandas as pd

KINDS = ("sale", "return", "cancellation", "fee", "adjustment")
AS_OF = dt.date(2026, 6, 30)


def lines(*rows: tuple) -> pd.DataFrame:
    """Rows of (product_id, day, amount), then quantity 1, customer 1, kind "sale", cost NaN; each row an order of its own unless
    the eighth says which."""
    filled = [tuple(row) + (1.0, 1, "sale", np.nan, place)[len(row) - 3:] for place, row in enumerate(rows, start=1)]
    frame = pd.DataFrame(filled, columns=["product_id", "ordered_on", "amount", "quantity", "customer_id", "kind", "cost", "order_id"])
    return frame.assign(ordered_on=pd.to_datetime(frame["ordered_on"]).astype("datetime64[us]"),
                        kind=pd.Categorical(frame["kind"], categories=KINDS), amount=frame["amount"].astype(float),
                        quantity=frame["quantity"].astype(float), cost=frame["cost"].astype(float))


def catalogue(*ids: int, fees: tuple[int, ...] = ()) -> pd.DataFrame:
    return pd.DataFrame({"product_id": list(ids), "name": [f"Product {number}" for number in ids],
                         "is_fee": [number in fees for number in ids]})


def sales(product_id: int, amounts: list[float], *, day: str = "2026-06-01") -> list[tuple]:
    return [(product_id, day, amount) for amount in amounts]


def random_shop(*, products: int, rate: float, now: float = 1.0, months: int = 36, seed: int = 0) -> pd.DataFrame:
    """Orders of pieces at random: `rate` orders a month and product, with a season; in the latest year times `now`."""
    draw = np.random.default_rng(seed)
    season = 1 + 0.5 * np.sin(2 * np.pi * np.arange(months) / 12)
    mean = rate * season * np.where(np.arange(months) >= months - 12, now, 1.0)
    number = draw.poisson(np.tile(mean, (products, 1)))
    of = np.repeat(np.arange(1, products + 1), number.sum(axis=1))
    month = np.concatenate([np.repeat(np.arange(months), row) for row in number])
    first = np.datetime64(AS_OF, "M") - months + 1
    day = (first + month).astype("datetime64[D]") + draw.integers(0, 28, len(of))
    pieces = 1.0 + draw.poisson(1.0, len(of))
    return pd.DataFrame({"order_id": np.arange(1, len(of) + 1), "customer_id": draw.integers(1, 200, len(of)), "product_id": of,
                         "ordered_on": day.astype("datetime64[us]"), "kind": pd.Categorical(["sale"] * len(of), categories=KINDS),
                         "quantity": pieces, "amount": pieces * 9.9, "cost": np.nan})
