"""What happens after the day that counts changes no figure of a product; the same answer twice."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from crm.analytics import products as analysis
from tests.analytics.products.shop import AS_OF, catalogue, random_shop

QUESTIONS = {
    "classes": lambda shop: analysis.classes(shop, catalogue(*range(1, 7)), as_of=AS_OF),
    "sold": lambda shop: analysis.sold(shop, as_of=AS_OF),
    "margins": lambda shop: analysis.margin.margins(shop, as_of=AS_OF),
    "margin by month": lambda shop: analysis.margin.by_month(shop, 1, as_of=AS_OF),
    "all margins": lambda shop: analysis.margin.total(shop, as_of=AS_OF),
    "monthly": lambda shop: analysis.trend.monthly(shop, 1, as_of=AS_OF),
    "changes": lambda shop: analysis.trend.changes(shop, as_of=AS_OF),
    "recent": lambda shop: analysis.trend.recent(shop, as_of=AS_OF),
    "paid": lambda shop: analysis.price_history.paid(shop, 1, as_of=AS_OF),
    "levels": lambda shop: analysis.price_history.levels(shop, 1, as_of=AS_OF),
    "buyers": lambda shop: analysis.buyers(shop, 1, as_of=AS_OF, groups={"kind": pd.Series(["a", "b"] * 100, index=range(1, 201))}),
}


def same(one, other) -> None:
    if dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            same(one[name], other[name])
    elif isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
    elif isinstance(one, pd.Series):
        assert one.index.tolist() == other.index.tolist() and all(map(np.array_equal, one, other))
    else:
        assert one == other or (one != one and other != other)


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_later_rows_change_nothing(ask):
    shop = random_shop(products=6, rate=4)
    shop = shop.assign(cost=np.where(shop["product_id"] == 2, np.nan, shop["amount"] * 0.6))
    later = shop.assign(ordered_on=shop["ordered_on"] + pd.DateOffset(years=4), amount=shop["amount"] * 50, customer_id=1,
                        order_id=shop["order_id"] + 100_000, cost=1.0)
    same(ask(pd.concat([shop, later], ignore_index=True)), ask(shop))


def test_sales_count_orders_and_customers_once_and_returns_apart():
    shop = random_shop(products=2, rate=3).head(4).assign(product_id=1, order_id=[1, 1, 2, 3], customer_id=[5, 5, 5, 0],
                                                          quantity=[1.0, 2.0, 1.0, -1.0], amount=[10.0, 20.0, 10.0, -10.0])
    shop["kind"] = pd.Categorical(["sale", "sale", "sale", "cancellation"], categories=shop["kind"].cat.categories)
    found = analysis.sold(shop, as_of=AS_OF).iloc[0]
    assert (found["orders"], found["customers"], found["units"], found["revenue"], found["returned_units"]) == (2, 1, 3, 30, 1)
    assert found["last_on"] == shop["ordered_on"].iloc[:3].max()
