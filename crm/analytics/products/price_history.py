"""Price history: what was really paid for a piece, month by month, and how many pieces went at which price?

It describes. That more is bought where the price is lower may be the discount's doing, or the discount that of the large order.
"""

import datetime as dt

import numpy as np
import pandas as pd

from crm.analytics.products.lines import counted, first_days, is_sale, months_of, steps

DIGITS = 4  # of a unit price, as money is kept: an amount divided by pieces has endless ones
INNER = (0.1, 0.9)  # eight of ten lines lie between; the cheapest and the dearest may be slips
LEVELS = 8  # prices told apart in a table that is still read


def paid(order_lines: pd.DataFrame, product_id: int, *, as_of: dt.date) -> pd.DataFrame:
    """One row a month with a sale of the product, by month.

    month (its first day), median of the unit prices of its sale lines, low and high (eight of ten lines lie between),
    lowest, highest, lines, units. Unit price: a line's amount, discounts taken off, by its pieces. Lines that brought nothing
    (samples, gifts) are left out.
    """
    lines = _priced(order_lines, product_id, as_of)
    if lines.empty:
        return pd.DataFrame(columns=["month", "median", "low", "high", "lowest", "highest", "lines", "units"]).astype(
            {"month": "datetime64[us]", **dict.fromkeys(("median", "low", "high", "lowest", "highest", "units"), "float64"),
             "lines": "int64"})
    by_month = lines.groupby(months_of(lines["ordered_on"]))
    price = by_month["price"]
    table = pd.DataFrame({"median": price.median(), "low": price.quantile(INNER[0]), "high": price.quantile(INNER[1]),
                          "lowest": price.min(), "highest": price.max(), "lines": price.size(),
                          "units": by_month["quantity"].sum()}).round(dict.fromkeys(("median", "low", "high"), DIGITS))
    months = first_days(table.index.to_numpy())
    return table.reset_index(drop=True).assign(month=months)[
        ["month", "median", "low", "high", "lowest", "highest", "lines", "units"]]


def levels(order_lines: pd.DataFrame, product_id: int, *, as_of: dt.date, since: dt.date | None = None) -> pd.DataFrame:
    """What was sold at which price, the lowest first: price_from, price_to (the same where it is one price), lines, units,
    median_units (a line), first_on, last_on.

    Up to eight prices are told apart each; more are gathered into at most eight ranges of about as many lines each.
    """
    lines = _priced(order_lines, product_id, as_of, since)
    prices = np.sort(lines["price"].to_numpy())
    known, lines_each = np.unique(prices, return_counts=True)
    if len(known) > LEVELS:
        # Each price whole in one range: that in which its middle line would stand.
        middle = np.cumsum(lines_each) - lines_each / 2
        code = np.minimum((middle * LEVELS / len(prices)).astype("int64"), LEVELS - 1)
    else:
        code = np.arange(len(known))
    grouped = lines.groupby(code[np.searchsorted(known, lines["price"].to_numpy())])
    table = pd.DataFrame({
        "price_from": grouped["price"].min(), "price_to": grouped["price"].max(), "lines": grouped.size(),
        "units": grouped["quantity"].sum(), "median_units": grouped["quantity"].median(),
        "first_on": grouped["ordered_on"].min(), "last_on": grouped["ordered_on"].max()})
    return table.astype({"lines": "int64"}).reset_index(drop=True)


def _priced(order_lines: pd.DataFrame, product_id: int, as_of: dt.date, since: dt.date | None = None) -> pd.DataFrame:
    lines = counted(order_lines[order_lines["product_id"].to_numpy() == product_id], as_of=as_of, since=since)
    lines = lines[is_sale(lines) & (lines["amount"].to_numpy() > 0)]
    price = steps(lines["amount"]) / lines["quantity"].to_numpy() / 10**DIGITS
    return lines[["ordered_on", "quantity"]].assign(price=np.round(price, DIGITS))
