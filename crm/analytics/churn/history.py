"""Order history: orders once sorted by customer and day, so that many cutoffs can be read from it quickly."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# money is whole 1/10,000 of the currency: whole sums do not depend on the order of the rows
MONEY_STEPS = 10_000


@dataclass(frozen=True, eq=False)
class OrderHistory:
    """Aligned arrays, one element an order, sorted by customer and day; `customer_ids[code]` is the customer.

    day counts from 1970-01-01; gross, returned and net are whole steps of 1/10,000 of the currency.
    """

    customer_ids: np.ndarray
    code: np.ndarray
    day: np.ndarray
    is_purchase: np.ndarray
    gross: np.ndarray
    returned: np.ndarray
    net: np.ndarray

    @staticmethod
    def in_currency(steps: np.ndarray) -> np.ndarray:
        """Steps of 1/10,000 as an amount of money."""
        return steps / MONEY_STEPS


def read_history(orders: pd.DataFrame) -> OrderHistory:
    """The orders frame as arrays sorted by customer and day; every amount as whole steps."""
    day = orders["ordered_on"].to_numpy().astype("datetime64[D]").astype("int64")
    code, customer_ids = pd.factorize(orders["customer_id"].to_numpy(), sort=True)
    order = np.lexsort((day, code))

    def steps(column: str) -> np.ndarray:
        return np.rint(orders[column].to_numpy()[order] * MONEY_STEPS)

    return OrderHistory(
        customer_ids=customer_ids.astype("int64"),
        code=code[order],
        day=day[order],
        is_purchase=orders["is_purchase"].to_numpy(dtype=bool)[order],
        gross=steps("gross_amount"),
        returned=steps("returned_amount"),
        net=steps("net_amount"),
    )
