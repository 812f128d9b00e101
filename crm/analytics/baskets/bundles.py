"""Bundles: which products could be sold together at a discount, and what would have to happen for it to pay?

A discount is given away on orders that would have held everything anyway; it brings something only where buyers of all but
one product take the last one because of it. How many will is not known and not invented: told is the share of them that is
needed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.baskets.bundle_finding import find_bundles
from crm.analytics.baskets.orders import Baskets, read_baskets
from crm.errors import InvalidInput

MOST_BUNDLES = 200  # told; nobody tries more


@dataclass(frozen=True, eq=False)
class Bundles:
    """What was sold from `since` to `as_of` in `orders` orders, and what bundles would have meant.

    table, those first that can pay, and among them those that bring most by going together more often than by chance:
    product_ids and names (tuples of two or three), orders_with_all, orders_with_part (all of them but one), share_all (orders_with_all of both), lift (times as often together
    as by chance; here and in p_value the weakest link: of the product that goes least with the others), q_value (the same after
    Benjamini & Hochberg over all `tried`); usual_price (one piece of each, at the median price paid), bundle_price,
    cost (one piece of each, NaN unless all are known), margin (bundle_price - cost, NaN likewise); given_away
    (>= 0: what the discount would have cost on orders_with_all), more_a_taker (what a buyer of a part who takes the
    bundle brings in addition, on average over the parts that were bought: margin where `basis` is "margin", plain
    revenue where it is "revenue" because costs are missing), break_even_share (of orders_with_part that must take the
    bundle for more_a_taker to make up for given_away; above 1 it cannot pay; NaN where a taker brings nothing), can_pay
    (the share is at most 1), gain (at `uptake` of the orders_with_part; NaN without one).
    All per order: one set an order gets the discount. unpriced: products left out because they had no price above 0.
    """

    table: pd.DataFrame
    orders: int
    tried: int
    discount: float
    uptake: float | None
    min_orders: int
    unpriced: int
    since: dt.date
    as_of: dt.date


def bundles(order_lines: pd.DataFrame, products: pd.DataFrame, *, as_of: dt.date, days: int = 365, discount: float = 0.10,
            uptake: float | None = None, max_length: int = 3, min_orders: int = 10, only_sure: bool = True,
            random_state: int = 0) -> Bundles:
    """Bundles of two to `max_length` (2 or 3) products that may be offered, and their money over the last `days` days.

    given_away = orders_with_all x discount x usual_price. A taker who had bought all but one pays bundle_price instead of
    their usual prices and takes the last one with its cost, so more = bundle_price - prices of the part - cost of the last.
    A gain at the same uptake for all flatters what seldom goes together, so nothing is ranked by it.
    `only_sure`: only those that go together more than by chance (q at most .05), every product with the others. Nothing
    is drawn at random; `random_state` is accepted because every analysis takes it. Raises InvalidInput for impossible
    choices, NotEnoughData below 10 orders with two products or more.
    """
    check(days=days, discount=discount, uptake=uptake, max_length=max_length, min_orders=min_orders)
    since = as_of - dt.timedelta(days=days - 1)
    offered = products[products["recommendable"].to_numpy(dtype=bool)]
    baskets = read_baskets(order_lines, offered, as_of=as_of, since=since)
    price, cost = usual_money(order_lines, baskets, as_of=as_of, since=since)
    found, tried = find_bundles(baskets, np.nan_to_num(price), min_orders=min_orders, max_length=max_length,
                                only_sure=only_sure)
    money = pd.DataFrame([money_of(row, price=price, cost=cost, discount=discount, uptake=uptake)
                          for row in found.to_dict("records")], columns=MONEY)
    found = found.join(money).sort_values("can_pay", ascending=False, kind="stable")
    found = found.head(MOST_BUNDLES).reset_index(drop=True)
    names = baskets.names.to_numpy(dtype=object)
    table = pd.DataFrame({
        "product_ids": pd.Series([tuple(baskets.product_ids[list(group)].tolist()) for group in found["group"]], dtype=object),
        "names": pd.Series([tuple(names[list(group)]) for group in found["group"]], dtype=object)})
    return Bundles(
        table=table.join(found[["orders_with_all", "orders_with_part", "share_all", "lift", "p_value", "q_value", *MONEY[2:]]]),
        orders=baskets.orders, tried=tried, discount=discount, uptake=uptake, min_orders=min_orders,
        unpriced=int((~(price > 0)).sum()), since=since, as_of=as_of)


def check(*, days: int, discount: float, uptake: float | None, max_length: int, min_orders: int) -> None:
    """InvalidInput for what cannot be."""
    if days < 1:
        raise InvalidInput(f"A period of {days} days; choose at least 1 day.", field="days")
    if not 0 < discount < 1:
        raise InvalidInput(f"The discount is {discount:.0%}; it lies above 0 % and below 100 %.", field="discount")
    if uptake is not None and not 0 <= uptake <= 1:
        raise InvalidInput(f"{uptake:.0%} of the buyers of a part; choose 0 % to 100 %.", field="uptake")
    if max_length not in (2, 3):
        raise InvalidInput(f"Bundles of {max_length} products; choose 2 or 3.", field="max_length")
    if min_orders < 2:
        raise InvalidInput(f"At least {min_orders} orders; choose 2 or more, one order is no pattern.", field="min_orders")


def usual_money(order_lines: pd.DataFrame, baskets: Baskets, *, as_of: dt.date, since: dt.date) -> tuple[np.ndarray, np.ndarray]:
    """Median price paid for a piece of each product of the baskets, and median cost of a piece (NaN unknown)."""
    day = order_lines["ordered_on"].to_numpy()
    counted = np.flatnonzero(
        (order_lines["kind"] == "sale").to_numpy() & (order_lines["quantity"].to_numpy() > 0)
        & (day >= np.datetime64(since, "D")) & (day < np.datetime64(as_of, "D") + 1)
        & np.isin(order_lines["product_id"].to_numpy(), baskets.product_ids))
    lines = order_lines.iloc[counted]
    quantity = lines["quantity"].to_numpy()
    cost = lines["cost"].to_numpy(dtype=float) if "cost" in lines else np.full(len(lines), np.nan)
    each = pd.DataFrame({"product_id": lines["product_id"].to_numpy(), "price": lines["amount"].to_numpy() / quantity,
                         "cost": cost / quantity})
    middle = each.groupby("product_id").median().reindex(baskets.product_ids)
    return middle["price"].to_numpy(), middle["cost"].to_numpy()


MONEY = ["orders_with_part", "share_all", "usual_price", "bundle_price", "cost", "margin", "basis", "given_away",
         "more_a_taker", "break_even_share", "can_pay", "gain"]


def money_of(row: dict, *, price: np.ndarray, cost: np.ndarray, discount: float, uptake: float | None) -> dict:
    """The money of one bundle: `row` has group (columns), orders_with_all, with_part (orders that hold at least each part)."""
    group, with_all = row["group"], row["orders_with_all"]
    usual, all_cost = float(price[list(group)].sum()), float(cost[list(group)].sum())
    bundle_price = usual * (1 - discount)
    known = not np.isnan(all_cost)
    part_orders, more = 0, 0.0
    for last in group:
        part = tuple(column for column in group if column != last)
        orders = row["with_part"][part] - with_all
        part_orders += orders
        more += orders * (bundle_price - float(price[list(part)].sum()) - (float(cost[last]) if known else 0.0))
    given_away = with_all * discount * usual
    share = given_away / more if more > 0 else float("nan")
    return {
        "orders_with_part": part_orders, "share_all": with_all / (with_all + part_orders), "usual_price": usual,
        "bundle_price": bundle_price, "cost": all_cost, "margin": bundle_price - all_cost,
        "basis": "margin" if known else "revenue", "given_away": given_away,
        "more_a_taker": more / part_orders if part_orders else float("nan"), "break_even_share": share,
        "can_pay": bool(share <= 1), "gain": float("nan") if uptake is None else uptake * more - given_away}
