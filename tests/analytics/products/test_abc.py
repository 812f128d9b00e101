"""Classes of products: the fewest that make 80 %, borders exact, what costs more than it brings kept apart."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics import products as analysis
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.products.shop import AS_OF, catalogue, lines, sales


def classed(order_lines, products, **choices):
    return analysis.classes(order_lines, products, **{"as_of": AS_OF, **choices})


def letters(result) -> dict:
    return result.products.set_index("product_id")["letter"].to_dict()


def test_a_is_the_fewest_products_that_make_eighty_per_cent():
    shop = lines(*(row for number, amount in enumerate((50, 30, 10, 5, 4, 1), start=1) for row in sales(number, [amount])))
    result = classed(shop, catalogue(*range(1, 7)))
    assert letters(result) == {1: "A", 2: "A", 3: "B", 4: "B", 5: "C", 6: "C"}  # 80 and 95 are reached exactly
    assert (result.counts["A"], result.ranked, result.total) == (2, 6, 100.0)
    assert result.products["cumulative_share"].tolist() == pytest.approx([0.5, 0.8, 0.9, 0.95, 0.99, 1.0])


def test_a_product_of_which_more_came_back_than_was_sold_is_kept_apart():
    shop = lines(*sales(1, [80]), *sales(2, [20]), (3, "2026-06-01", 10.0), (3, "2026-06-02", -500.0, -1.0, 1, "return"))
    result = classed(shop, catalogue(1, 2, 3))
    assert letters(result) == {1: "A", 2: "B", 3: "negative"}
    assert result.total == 100.0 and result.negative_total == -490.0  # it makes the others' shares no larger
    assert result.products.set_index("product_id").loc[3, "place"] == 0


def test_fees_nameless_lines_and_unsold_products_are_in_no_class():
    shop = lines(*sales(1, [80]), *sales(2, [7]), *sales(0, [5]), *sales(99, [3]))
    result = classed(shop, catalogue(1, 2, 4, fees=(2,)))
    assert letters(result) == {1: "A", 4: "none"}
    assert (result.fee_amount, result.other_amount) == (7.0, 8.0)


def test_equal_products_go_by_their_number_and_are_not_unequal():
    shop = lines(*(row for number in range(10, 0, -1) for row in sales(number, [10.1])))
    result = classed(shop, catalogue(*range(1, 11)))
    assert result.products["product_id"].tolist() == list(range(1, 11)) and result.gini == pytest.approx(0)
    assert result.counts["A"] == 8 and result.counts["B"] == 2


def test_the_sequence_of_the_rows_changes_nothing():
    draw = np.random.default_rng(1)
    shop = lines(*((int(number), "2026-05-03", float(amount)) for number, amount in
                   zip(draw.integers(1, 30, 400), draw.lognormal(2, 2, 400).round(2), strict=True)))
    turned = shop.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(classed(shop, catalogue(*range(1, 30))).products,
                                  classed(turned, catalogue(*range(1, 30))).products)


def test_by_margin_an_unknown_cost_is_unknown_and_not_all_margin():
    shop = lines((1, "2026-06-01", 100.0, 1, 1, "sale", 40.0), (2, "2026-06-01", 500.0),
                 (3, "2026-06-01", 50.0, 1, 1, "sale", 70.0))
    result = classed(shop, catalogue(1, 2, 3, 4), by="margin")
    assert letters(result) == {1: "A", 2: "unknown", 3: "negative", 4: "none"}
    assert result.total == 60.0 and result.negative_total == -20.0


def test_only_the_period_counts():
    shop = lines(*sales(1, [100], day="2025-01-01"), *sales(2, [10], day="2026-06-30"))
    assert letters(classed(shop, catalogue(1, 2), since=AS_OF)) == {1: "none", 2: "A"}


def test_one_product_has_a_class_and_no_inequality():
    result = classed(lines(*sales(1, [5])), catalogue(1))
    assert letters(result) == {1: "A"} and np.isnan(result.gini)


@pytest.mark.parametrize("by", ["revenue", "margin"])
def test_nothing_sold_is_told_and_no_class_invented(by):
    nothing = lines(*sales(1, [5], day="2027-01-01"))
    with pytest.raises(NotEnoughData, match="are 0"):
        classed(nothing, catalogue(1), by=by)
    with pytest.raises(NotEnoughData, match="are 0"):
        classed(nothing, catalogue())


def test_an_unknown_measure_is_told():
    with pytest.raises(InvalidInput, match="weight"):
        classed(lines(*sales(1, [5])), catalogue(1), by="weight")
