"""Which customer, which product? Codes and names beside the numbers of the tables."""

import pandas as pd
from sqlalchemy.orm import Session

from crm import frames
from crm.db import reads


@reads("customers")
def customers(session: Session) -> pd.DataFrame:
    """One row a customer: customer_id, customer_code, customer_name."""
    known = frames.customers(session)[["customer_id", "code", "name"]]
    return known.rename(columns={"code": "customer_code", "name": "customer_name"})


@reads("sales")
def products(session: Session) -> pd.DataFrame:
    """One row a product: product_id, product_code, product_name."""
    known = frames.products(session)[["product_id", "code", "name"]]
    return known.rename(columns={"code": "product_code", "name": "product_name"})


def named(table: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """The table with customer_code and customer_name in front, in place of customer_id."""
    written = table.merge(names, on="customer_id", how="inner")
    first = ["customer_code", "customer_name"]
    return written[first + [column for column in written.columns if column not in (*first, "customer_id")]]
