"""When did each customer buy each product for the first time? What sequences start from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm.errors import NotEnoughData

MIN_CUSTOMERS = 20  # with purchases on two days or more; fewer tell about persons, not about customers


@dataclass(frozen=True, eq=False)
class FirstDays:
    """One entry a customer and product, by customer and then day: customer and product (codes), day (whole days since
    1970). customers: how many; returning: those with first purchases on two days or more; product_ids ascending, with
    their names and whether they may be offered; as_of as a day number."""

    customer: np.ndarray
    product: np.ndarray
    day: np.ndarray
    customers: int
    returning: int
    product_ids: np.ndarray
    names: np.ndarray = field(repr=False)
    recommendable: np.ndarray = field(repr=False)
    as_of: int

    @property
    def products(self) -> int:
        """How many products there are."""
        return len(self.product_ids)


def read_first_days(order_lines: pd.DataFrame, products: pd.DataFrame, *, as_of: dt.date) -> FirstDays:
    """First purchases of goods by known customers up to and including `as_of`.

    Fees, returns and cancellations do not count. Raises NotEnoughData where there are fewer than two products, or fewer
    than 20 customers who bought something new on a later day.
    """
    catalogue = products.drop_duplicates("product_id").set_index("product_id")
    may_be_offered = catalogue["recommendable"].astype(bool)
    goods = ~catalogue["is_fee"].astype(bool) if "is_fee" in catalogue else may_be_offered
    goods_ids = catalogue.index[goods.to_numpy()].to_numpy()
    counted = np.flatnonzero(
        (order_lines["kind"] == "sale").to_numpy() & (order_lines["quantity"].to_numpy() > 0)
        & (order_lines["customer_id"].to_numpy() > 0)
        & (order_lines["ordered_on"].to_numpy() < np.datetime64(as_of, "D") + 1)
        & np.isin(order_lines["product_id"].to_numpy(), goods_ids[goods_ids > 0]))
    customer, customer_ids = pd.factorize(order_lines["customer_id"].to_numpy()[counted], sort=True)
    product, product_ids = pd.factorize(order_lines["product_id"].to_numpy()[counted], sort=True)
    day = order_lines["ordered_on"].to_numpy()[counted].astype("datetime64[D]").astype(np.int64)
    if len(product_ids) < 2:
        raise NotEnoughData(f"What is bought next needs two products or more that known customers bought; there "
                            f"{'is' if len(product_ids) == 1 else 'are'} {len(product_ids)}.")
    # Sorting whole numbers that hold all three is many times as quick as sorting by three columns.
    start, span, n_products = int(day.min()), int(day.max() - day.min()) + 1, len(product_ids)
    owned, day = np.divmod(np.sort((customer * n_products + product) * span + (day - start)), span)
    first = np.append(True, owned[1:] != owned[:-1])
    customer, product = np.divmod(owned[first], n_products)
    visit, product = np.divmod(np.sort((customer * span + day[first]) * n_products + product), n_products)
    customer, day = np.divmod(visit, span)
    day += start
    later = (customer[1:] == customer[:-1]) & (day[1:] != day[:-1])
    returning = len(np.unique(customer[1:][later]))
    if returning < MIN_CUSTOMERS:
        raise NotEnoughData(
            f"What is bought next needs {MIN_CUSTOMERS} customers who bought something new on a later day; of "
            f"{len(customer_ids):,} known customers with purchases {returning} did.")
    return FirstDays(
        customer=customer, product=product, day=day, customers=len(customer_ids), returning=returning,
        product_ids=product_ids, names=catalogue["name"].reindex(product_ids).to_numpy(dtype=object),
        recommendable=may_be_offered.reindex(product_ids).to_numpy(dtype=bool),
        as_of=int(np.datetime64(as_of, "D").astype(np.int64)))
