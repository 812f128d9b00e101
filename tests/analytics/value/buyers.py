"""A shop that follows the models to the letter, so that the truth is known: who buys when, and for how much."""

import datetime as dt

import numpy as np
import pandas as pd

FIRST_ON = dt.date(2023, 1, 1)
TRUE = {"r": 0.6, "alpha": 12.0, "a": 0.6, "b": 2.5, "p": 4.0, "q": 3.8, "gamma": 60.0}


def company(n_customers: int, *, days: int = 730, later_days: int = 365, seed: int = 1,
            **others: float) -> tuple[pd.DataFrame, dt.date]:
    """Orders of `days` days and of the `later_days` after them, and the last of the former days."""
    truth = {**TRUE, **others}
    rng = np.random.default_rng(seed)
    rate = rng.gamma(truth["r"], 1 / truth["alpha"], n_customers) / 7
    leaving = rng.beta(truth["a"], truth["b"], n_customers)
    nu = rng.gamma(truth["q"], 1 / truth["gamma"], n_customers)
    moment = rng.integers(0, days, n_customers).astype(float)
    here = np.arange(n_customers)
    customer, day = [here], [moment.astype(int)]
    while len(here):
        moment[here] += rng.exponential(1 / np.maximum(rate[here], 1e-12))
        here = here[moment[here] < days + later_days]
        customer.append(here)
        day.append(moment[here].astype(int))
        here = here[rng.random(len(here)) >= leaving[here]]
    customer, day = np.concatenate(customer), np.concatenate(day)
    amount = np.round(np.maximum(rng.gamma(truth["p"], 1 / nu[customer]), 0.01), 2)
    ordered_on = (np.datetime64(FIRST_ON, "D") + day).astype("datetime64[us]")
    orders = pd.DataFrame({"customer_id": customer + 1, "ordered_on": ordered_on, "is_purchase": True,
                           "gross_amount": amount, "returned_amount": 0.0, "net_amount": amount})
    orders = orders.sort_values(["ordered_on", "customer_id"], kind="stable", ignore_index=True)
    return orders.assign(order_id=np.arange(1, len(orders) + 1)), FIRST_ON + dt.timedelta(days=days - 1)


def lines_of(orders: pd.DataFrame, *, cost_share: float | None = 0.6) -> pd.DataFrame:
    """One line an order, at a cost of that share of its amount; None: no cost is known."""
    return pd.DataFrame({
        "order_id": orders["order_id"], "customer_id": orders["customer_id"], "product_id": 1,
        "ordered_on": orders["ordered_on"], "kind": np.where(orders["net_amount"] < 0, "return", "sale"),
        "quantity": np.where(orders["net_amount"] < 0, -1.0, 1.0), "amount": orders["net_amount"],
        "cost": np.nan if cost_share is None else orders["net_amount"] * cost_share})
