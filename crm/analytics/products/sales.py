"""Sales: how many pieces of each product were sold, for how much, to how many customers, and when was the last?"""

import datetime as dt

import numpy as np
import pandas as pd

from crm.analytics.products.lines import MONEY_STEPS, counted, different, is_sale, steps

BACK = ("return", "cancellation")  # kinds of lines by which pieces come back or never left


def sold(order_lines: pd.DataFrame, *, as_of: dt.date, since: dt.date | None = None) -> pd.DataFrame:
    """One row a product that any line up to `as_of` names, by product_id.

    product_id; from `since` on: units and revenue (net of returns), orders (with a sale of it), customers (known ones with a
    sale of it), returned_units (>= 0); of all time: first_on, last_on (days of its first and last sale; NaT: never sold).
    """
    lines = counted(order_lines, as_of=as_of)
    codes, ids = pd.factorize(lines["product_id"].to_numpy(), sort=True)
    size, sale, day = len(ids), is_sale(lines), lines["ordered_on"].to_numpy().astype("datetime64[D]").astype("int64")
    first, last = np.full(size, np.iinfo("int64").max), np.full(size, np.iinfo("int64").min)
    np.minimum.at(first, codes[sale], day[sale])
    np.maximum.at(last, codes[sale], day[sale])
    never = first > last
    kept = np.ones(len(lines), dtype=bool) if since is None else day >= int(np.datetime64(since, "D").astype("int64"))
    of, lines, sale = codes[kept], lines[kept], sale[kept]
    units, customer = lines["quantity"].to_numpy(dtype="float64"), lines["customer_id"].to_numpy()
    known = sale & (customer > 0)
    back = lines["kind"].isin(BACK).to_numpy() & (units < 0)
    return pd.DataFrame({
        "product_id": ids, "units": np.bincount(of, weights=units, minlength=size),
        "revenue": np.bincount(of, weights=steps(lines["amount"]), minlength=size) / MONEY_STEPS,
        "orders": _different(of[sale], lines["order_id"].to_numpy()[sale], size),
        "customers": _different(of[known], customer[known], size),
        "returned_units": np.bincount(of[back], weights=-units[back], minlength=size),
        "first_on": _days(first, never), "last_on": _days(last, never)})


def _different(of: np.ndarray, what: np.ndarray, size: int) -> np.ndarray:
    """How many different ones each product has."""
    return np.bincount(different(of, what)[0], minlength=size)


def _days(days: np.ndarray, never: np.ndarray) -> np.ndarray:
    return np.where(never, np.datetime64("NaT"), np.where(never, 0, days).astype("datetime64[D]")).astype("datetime64[us]")
