"""Order history: orders sorted once by customer and day, with running sums, so that any past day is read from it at once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# money is whole 1/10,000 of the currency: whole sums do not depend on the order of the rows
MONEY_STEPS = 10_000


@dataclass(frozen=True, eq=False)
class Events:
    """Rows sorted by customer and day. day counts from 1970-01-01; the customer at place `i` of the history has the rows
    starts[i]:starts[i + 1]."""

    day: np.ndarray
    starts: np.ndarray

    def reached(self, last_day: int) -> np.ndarray:
        """(customers,) the row after each customer's last one up to `last_day`; starts[i] where there is none."""
        seen = running(self.day <= last_day)
        return self.starts[:-1] + (seen[self.starts[1:]] - seen[self.starts[:-1]])


@dataclass(frozen=True, eq=False)
class OrderHistory:
    """Every customer of the orders, in the order of their ids, and what each had done by when.

    orders, with the running sums (one longer than the rows, from 0) gross, returned, net in steps of 1/10,000 of the
    currency. purchases, the orders that charged something: amount of each (gross, in the currency), and the running sums
    days (different days with a purchase) and squared_gaps (of the days between them); longest_gap up to each row (days,
    0 before the second purchase day).
    """

    customer_ids: np.ndarray
    orders: Events
    gross: np.ndarray
    returned: np.ndarray
    net: np.ndarray
    purchases: Events
    amount: np.ndarray
    days: np.ndarray
    squared_gaps: np.ndarray
    longest_gap: np.ndarray


def read_history(orders: pd.DataFrame) -> OrderHistory:
    """The orders frame as sorted arrays; the sequence of its rows changes nothing."""
    day = orders["ordered_on"].to_numpy().astype("datetime64[D]").astype("int64")
    code, customer_ids = pd.factorize(orders["customer_id"].to_numpy(), sort=True)
    sequence = _sequence(orders, day)
    if sequence is not None:
        day, code = day[sequence], code[sequence]
    by_customer = np.argsort(code, kind="stable")
    sequence = by_customer if sequence is None else sequence[by_customer]
    day, code = day[by_customer], code[by_customer]

    def steps(column: str) -> np.ndarray:
        return np.rint(orders[column].to_numpy(dtype=float)[sequence] * MONEY_STEPS).astype("int64")

    gross, is_purchase = steps("gross_amount"), orders["is_purchase"].to_numpy(dtype=bool)[sequence]
    n_customers = len(customer_ids)
    bought_day, bought_code = day[is_purchase], code[is_purchase]
    same_customer = np.diff(bought_code, prepend=-1) == 0
    gap = np.where(same_customer, np.diff(bought_day, prepend=0), 0)
    # The highest so far, customer by customer: a customer's gaps are lifted above those of the customers before.
    lift = bought_code * (int(gap.max(initial=0)) + 1)
    return OrderHistory(
        customer_ids=customer_ids.astype("int64"),
        orders=Events(day, _starts(code, n_customers)),
        gross=running(gross),
        returned=running(steps("returned_amount")),
        net=running(steps("net_amount")),
        purchases=Events(bought_day, _starts(bought_code, n_customers)),
        amount=gross[is_purchase] / MONEY_STEPS,
        days=running(~same_customer | (gap > 0)),
        squared_gaps=running(gap**2),
        longest_gap=np.maximum.accumulate(gap + lift) - lift,
    )


def _sequence(orders: pd.DataFrame, day: np.ndarray) -> np.ndarray | None:
    """By day, and by number within a day; None where the rows lie so already, as the frames give them."""
    number = orders["order_id"].to_numpy() if "order_id" in orders else np.zeros(len(orders), dtype="int64")
    later = np.diff(day)
    if ((later > 0) | ((later == 0) & (np.diff(number) >= 0))).all():
        return None
    return np.lexsort((number, day))


def _starts(code: np.ndarray, n_customers: int) -> np.ndarray:
    return running(np.bincount(code, minlength=n_customers))


def running(counted: np.ndarray) -> np.ndarray:
    """Running sums from 0, one longer than what is summed: the sum of rows a:b is the difference of [b] and [a]."""
    sums = np.zeros(len(counted) + 1, dtype="int64")
    np.cumsum(counted, out=sums[1:])
    return sums
