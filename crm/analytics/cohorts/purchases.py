"""Purchases: on which days did every customer buy, up to a day, and what did each order bring?

A purchase occasion is a day on which something was charged. Two orders of one day are one occasion: whoever orders
what was forgotten an hour later has not come back. An order counts as an occasion even where all of it was returned
later, for the customer did come (and a cohort would otherwise change with every late return); money is net of returns.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

# Money is whole 1/10,000 of the currency: whole sums do not depend on the order of the rows.
MONEY_STEPS = 10_000


@dataclass(frozen=True, eq=False)
class Purchases:
    """Customers who bought, their occasions and their money; days count from 1970-01-01.

    customer_ids: (n,) rising. first_day: (n,). second_gap: (n,) days from the first to the second occasion, 0 where
    there was none. code, day: (m,) one element an occasion, sorted by customer and day; `customer_ids[code]` is the
    customer. paid_code, paid_day, paid_steps: one element an order or credit note on or after the customer's first
    purchase, net, in steps of 1/10,000. early_credits: credit notes from before it, which belong to purchases that the
    data do not hold. as_of_day: the last day that counts.
    """

    customer_ids: np.ndarray
    first_day: np.ndarray
    second_gap: np.ndarray
    code: np.ndarray
    day: np.ndarray
    paid_code: np.ndarray
    paid_day: np.ndarray
    paid_steps: np.ndarray
    early_credits: int
    as_of_day: int


def read(orders: pd.DataFrame, *, as_of: dt.date) -> Purchases:
    """The purchases in an orders frame (customer_id, ordered_on, is_purchase, net_amount) up to `as_of`, any row order."""
    as_of_day = day_number(as_of)
    ordered_day = orders["ordered_on"].to_numpy().astype("datetime64[D]").astype("int64")
    known = ordered_day <= as_of_day
    is_purchase = orders["is_purchase"].to_numpy(dtype=bool) & known
    customer = orders["customer_id"].to_numpy().astype("int64")

    bought_code, customer_ids = pd.factorize(customer[is_purchase], sort=True)
    earliest = int(ordered_day[is_purchase].min()) if len(bought_code) else as_of_day
    span = as_of_day - earliest + 1
    # One number each, sorted: numpy's own unique goes by hashing and takes six times as long.
    occasions = np.sort(bought_code * span + (ordered_day[is_purchase] - earliest))
    occasions = occasions[np.diff(occasions, prepend=-1) != 0]
    code, since_earliest = np.divmod(occasions, span)
    day = since_earliest + earliest
    starts = np.flatnonzero(np.diff(code, prepend=-1))
    first_day = day[starts]
    occasions_each = np.diff(np.append(starts, len(code)))
    second_gap = np.zeros(len(starts), dtype="int64")
    again = occasions_each > 1
    second_gap[again] = day[starts[again] + 1] - first_day[again]

    paid = np.flatnonzero(known)
    place = pd.Index(customer_ids).get_indexer(customer[paid])
    paid, place = paid[place >= 0], place[place >= 0]
    belongs = ordered_day[paid] >= first_day[place] if len(paid) else np.zeros(0, dtype=bool)
    steps = np.rint(orders["net_amount"].to_numpy(dtype="float64")[paid[belongs]] * MONEY_STEPS)
    return Purchases(customer_ids.astype("int64"), first_day, second_gap, code, day, place[belongs],
                     ordered_day[paid[belongs]], steps, int((~belongs).sum()), as_of_day)


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01.

    >>> day_number(dt.date(1970, 1, 3))
    2
    """
    return int(np.datetime64(day, "D").astype("int64"))


def as_date(day: int) -> dt.date:
    """The date of a day's number.

    >>> as_date(2)
    datetime.date(1970, 1, 3)
    """
    return np.datetime64(int(day), "D").astype(dt.date)
