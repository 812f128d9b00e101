"""Orders for the tests of segments and churn: simulated ones whose truth is known, and the real shop's."""

import datetime as dt
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

ONLINE_RETAIL = (
    Path(__file__).resolve().parents[2].parent
    / "shared"
    / "datasets"
    / "online_retail"
    / "online_retail.csv.xz"
)
AS_OF = dt.date(2024, 12, 31)


def orders_frame(rows: list[tuple]) -> pd.DataFrame:
    """Orders from (customer_id, days before AS_OF, net amount); a negative amount is a pure credit note."""
    customer_id, days_ago, net_amount = (np.array(column) for column in zip(*rows, strict=True))
    ordered_on = np.datetime64(AS_OF, "D") - days_ago.astype("timedelta64[D]")
    net_amount = net_amount.astype(float)
    return pd.DataFrame(
        {
            "order_id": np.arange(1, len(rows) + 1),
            "customer_id": customer_id.astype("int64"),
            "ordered_on": ordered_on.astype("datetime64[us]"),
            "is_purchase": net_amount > 0,
            "gross_amount": net_amount.clip(min=0.0),
            "returned_amount": (-net_amount).clip(min=0.0),
            "net_amount": net_amount,
        }
    )


def shop_orders(*, n_customers: int = 400, days: int = 720, seed: int = 3) -> tuple[pd.DataFrame, np.ndarray]:
    """A shop where everybody orders at an own rhythm and a third has gone for good; the ids of the gone."""
    rng = np.random.default_rng(seed)
    gone = np.sort(rng.choice(np.arange(1, n_customers + 1), size=n_customers // 3, replace=False))
    rows = []
    for customer_id in range(1, n_customers + 1):
        rhythm_days = rng.uniform(8, 40)
        day = rng.uniform(0, days * 0.5)
        last_day = rng.uniform(day, days * 0.9) if customer_id in gone else days
        while day <= last_day:
            rows.append((customer_id, days - int(day), round(rng.lognormal(3.5, 0.6), 2)))
            if rng.random() < 0.05:
                rows.append((customer_id, max(days - int(day) - 3, 0), -round(rng.uniform(1, 9), 2)))
            day += rng.exponential(rhythm_days) + 1
    return orders_frame(rows), gone


def later_orders(orders: pd.DataFrame) -> pd.DataFrame:
    """The orders with others added after AS_OF, for old customers and for a new one."""
    added = orders.head(50).assign(
        order_id=lambda rows: rows["order_id"] + 1_000_000,
        customer_id=lambda rows: rows["customer_id"].where(rows.index % 2 == 0, 999_999),
        ordered_on=np.datetime64(AS_OF + dt.timedelta(days=1), "us"),
        is_purchase=True,
        gross_amount=5_000.0,
        net_amount=5_000.0,
    )
    return pd.concat([orders, added], ignore_index=True)


@cache
def online_retail_orders() -> pd.DataFrame:
    """The real shop's orders of known customers, one row an invoice."""
    lines = pd.read_csv(
        ONLINE_RETAIL,
        usecols=["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"],
        dtype={"InvoiceNo": str},
    ).dropna(subset=["CustomerID"])
    amount = lines["Quantity"] * lines["UnitPrice"]
    charged = (amount > 0) & ~lines["InvoiceNo"].str.startswith("C")
    lines = lines.assign(
        customer_id=lines["CustomerID"].astype("int64"),
        ordered_on=pd.to_datetime(lines["InvoiceDate"]).dt.normalize().astype("datetime64[us]"),
        is_purchase=charged,
        gross_amount=amount.where(charged, 0.0),
        returned_amount=(-amount).where(~charged, 0.0),
    )
    orders = lines.groupby("InvoiceNo", as_index=False).agg(
        customer_id=("customer_id", "first"),
        ordered_on=("ordered_on", "min"),
        is_purchase=("is_purchase", "any"),
        gross_amount=("gross_amount", "sum"),
        returned_amount=("returned_amount", "sum"),
    )
    return orders.assign(
        order_id=np.arange(1, len(orders) + 1), net_amount=orders["gross_amount"] - orders["returned_amount"]
    ).drop(columns="InvoiceNo")
