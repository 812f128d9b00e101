"""Purchases: what counts as bought, how products are numbered, and whom lists are made for."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics.recommendations import purchases
from crm.errors import NotEnoughData
from tests.analytics.recommendations.methods_shop import AS_OF, goods, lines, shop, two_tastes

DAY = "2026-01-05"
FIVE = [(1, 1, DAY, product) for product in range(1, 6)]


def columns_of(table, read, customer):
    row = table[np.flatnonzero(read.customer_ids == customer)[0]]
    return dict(zip(read.product_ids[row.indices].tolist(), row.data.tolist(), strict=True))


def test_returns_fees_later_lines_and_fee_products_are_no_purchases():
    bought = pd.concat([lines(FIVE), lines([(1, 2, DAY, 7)], kind="return", quantity=-1.0), lines([(1, 3, DAY, 8)], kind="fee"),
                        lines([(1, 4, "2026-06-16", 9)]), lines([(1, 5, DAY, 10)])])
    table = goods(12)
    read = purchases.read(bought, table.assign(is_fee=table["product_id"] == 10), as_of=AS_OF)
    assert sorted(read.product_ids) == [1, 2, 3, 4, 5]


def test_discontinued_goods_are_learned_from_and_never_offered():
    table = goods(12)
    read = purchases.read(lines(FIVE), table.assign(recommendable=table["product_id"] != 3), as_of=AS_OF)
    assert read.product_ids[~read.may_be_offered].tolist() == [3]


def test_without_the_column_is_fee_only_what_is_recommendable_counts():
    table = goods(12).drop(columns="is_fee")
    read = purchases.read(lines([*FIVE, (1, 1, DAY, 6)]), table.assign(recommendable=table["product_id"] != 3), as_of=AS_OF)
    assert sorted(read.product_ids) == [1, 2, 4, 5, 6] and read.may_be_offered.all()


def test_products_run_from_the_most_to_the_least_popular_by_customers_and_then_by_id():
    read = purchases.read(lines([*FIVE, (2, 2, DAY, 4), (3, 3, DAY, 4), (2, 4, DAY, 5), (2, 5, DAY, 5)]), goods(), as_of=AS_OF)
    assert read.product_ids.tolist() == [4, 5, 1, 2, 3] and read.buyers.tolist() == [3, 2, 1, 1, 1]
    assert read.catalogue["product_id"].tolist() == [4, 5, 1, 2, 3] and read.catalogue["name"][0] == "Thing 4"


def test_counts_are_days_not_lines_and_baskets_hold_each_product_once():
    bought = [*FIVE, (1, 1, DAY, 1), (1, 2, DAY, 1), (1, 3, "2026-02-01", 1), (0, 4, DAY, 2), (0, 4, DAY, 2)]
    read = purchases.read(lines(bought), goods(), as_of=AS_OF)
    assert columns_of(purchases.counts(read), read, 1) == {1: 2, 2: 1, 3: 1, 4: 1, 5: 1}
    assert columns_of(purchases.counts(read, since=dt.date(2026, 2, 1)), read, 1) == {1: 1}
    baskets = purchases.baskets(read)
    assert baskets.shape == (4, 5) and baskets.max() == 1 and baskets[3].sum() == 1


def test_where_no_customer_is_known_orders_count_as_buyers():
    read = purchases.read(lines([(0, order, DAY, product) for order, product in enumerate([1, 1, 2, 3, 4, 5])]), goods(), as_of=AS_OF)
    assert read.buyers.tolist() == [2, 1, 1, 1, 1] and read.share[0] == pytest.approx(2 / 6) and len(read.customer_ids) == 0


def test_lines_left_out_leave_no_trace_in_the_numbering_of_the_rest():
    read = shop()
    half = purchases.only(read, read.day < np.datetime64("2025-12-01"), as_of=dt.date(2025, 11, 30))
    alone = purchases.read(two_tastes(), goods(), as_of=dt.date(2025, 11, 30))
    assert half.product_ids[: len(alone.product_ids)].tolist() == alone.product_ids.tolist()
    assert (np.diff(half.buyers) <= 0).all() and half.as_of == dt.date(2025, 11, 30)
    assert (half.customer_ids == read.customer_ids).all()


def test_a_shop_of_one_product_is_told_what_is_missing():
    with pytest.raises(NotEnoughData, match="5 different products that were sold; so far there are 1"):
        purchases.read(lines([(1, 1, DAY, 1)]), goods(), as_of=AS_OF)
    with pytest.raises(NotEnoughData, match="there are 0"):
        purchases.read(lines([]), goods(), as_of=AS_OF)


def test_an_unknown_customer_has_an_empty_row_and_the_order_asked_is_kept():
    read = shop()
    groups = pd.Series(["b", "a", None], index=[5, 999, 4])
    asked = purchases.ask(read, [5, 999, 4], groups)
    assert asked.codes.tolist() == [4, -1, 3] and asked.owned[1].nnz == 0 and asked.owned[0].nnz > 0
    assert asked.labels == ("a", "b") and asked.group.tolist() == [1, 0, -1]
    assert asked.part(slice(1, 3)).customer_ids.tolist() == [999, 4]
