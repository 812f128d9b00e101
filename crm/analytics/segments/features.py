"""Customer features: how recently, how often and for how much has each customer bought?"""

import datetime as dt

import numpy as np
import pandas as pd

# money is whole 1/10,000 of the currency: whole sums do not depend on the order of the rows
MONEY_STEPS = 10_000
RFM_COLUMNS = ("recency_days", "frequency", "monetary")


def customer_features(orders: pd.DataFrame, *, as_of: dt.date) -> pd.DataFrame:
    """One row a customer with at least one purchase up to `as_of` (that day included), sorted by customer_id.

    orders: customer_id, ordered_on, is_purchase, net_amount; rows after `as_of` are ignored.

    Returns customer_id (int64), recency_days (days since the last purchase, 0 = on `as_of`), frequency
    (purchase orders, >= 1), monetary (net spend: every order up to `as_of`, credit notes included; may be <
    0), tenure_days (days since the first purchase) and average_order (monetary / frequency).
    """
    ordered_day = orders["ordered_on"].to_numpy().astype("datetime64[D]").astype("int64")
    as_of_day = int(np.datetime64(as_of, "D").astype("int64"))
    past = ordered_day <= as_of_day
    ordered_day = ordered_day[past]
    codes, customer_ids = pd.factorize(orders["customer_id"].to_numpy()[past], sort=True)
    n_customers = len(customer_ids)
    whole_amount = np.rint(orders["net_amount"].to_numpy()[past] * MONEY_STEPS)
    monetary = np.bincount(codes, weights=whole_amount, minlength=n_customers) / MONEY_STEPS

    bought = orders["is_purchase"].to_numpy(dtype=bool)[past]
    frequency = np.bincount(codes[bought], minlength=n_customers)
    first_day = np.full(n_customers, np.iinfo("int64").max)
    last_day = np.full(n_customers, np.iinfo("int64").min)
    np.minimum.at(first_day, codes[bought], ordered_day[bought])
    np.maximum.at(last_day, codes[bought], ordered_day[bought])

    has_bought = frequency > 0
    frequency, monetary = frequency[has_bought], monetary[has_bought]
    return pd.DataFrame(
        {
            "customer_id": customer_ids[has_bought].astype("int64"),
            "recency_days": as_of_day - last_day[has_bought],
            "frequency": frequency.astype("int64"),
            "monetary": monetary,
            "tenure_days": as_of_day - first_day[has_bought],
            "average_order": monetary / frequency,
        }
    )


def log_scaled(customers: pd.DataFrame) -> np.ndarray:
    """(n, 3) array: log1p of recency, frequency and net spend (below zero: zero), each with mean 0 and
    deviation 1.

    Without the logarithm a handful of very large customers becomes "the" group and everybody else the other
    one. A column in which all customers are equal is all 0.
    """
    logs = np.log1p(customers[list(RFM_COLUMNS)].to_numpy(dtype=float).clip(min=0.0))
    deviation = logs.std(axis=0)
    return (logs - logs.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0)
