"""What is hidden is truly unseen: by the split, by what is learned, and by the choice of settings."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics.recommendations.judging import compare
from crm.analytics.recommendations.judging.splits import split
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.recommendations.judging_shops import AS_OF, catalogue, frame, purchases, shop


def bought_by(made, table):
    """customer_id -> product_ids, of a table with the split's rows and columns."""
    return {int(customer): set(made.training.product_ids[table[row].indices].tolist())
            for row, customer in enumerate(made.asked.customer_ids)}


def test_the_last_day_of_each_drawn_customer_is_hidden_and_nothing_else():
    table = shop(customers=60)
    made = split(purchases(table), "last_order", customers=25)
    drawn = set(made.asked.customer_ids.tolist())
    assert len(drawn) == 25 and made.eligible == 60 and made.cut_on is None
    last = table.groupby("customer_id")["ordered_on"].transform("max") == table["ordered_on"]
    hidden = last & table["customer_id"].isin(drawn)
    assert len(made.training.day) == (~hidden).sum()
    expected = table[hidden].groupby("customer_id")["product_id"].agg(set)
    assert bought_by(made, made.hidden) == {customer: expected[customer] for customer in drawn}
    expected_days = table[hidden].groupby("customer_id")["ordered_on"].max()
    assert (made.listed_on == expected_days.loc[made.asked.customer_ids].to_numpy().astype("datetime64[D]")).all()


def test_over_time_everything_after_one_day_is_hidden_from_everybody():
    table = shop(customers=150)
    everybody = purchases(table)
    made = split(everybody, "time", customers=10)
    later = table["ordered_on"] > pd.Timestamp(made.cut_on)
    orders = table.groupby("order_id")["ordered_on"].first()
    assert (orders > pd.Timestamp(made.cut_on)).mean() == pytest.approx(0.2, abs=0.03)
    assert made.training.as_of == made.cut_on and len(made.training.day) == (~later).sum()
    assert (made.training.day <= np.datetime64(made.cut_on)).all() and (made.listed_on == np.datetime64(made.cut_on)).all()
    both = set(table[later]["customer_id"]) & set(table[~later]["customer_id"])
    assert made.eligible == len(both) and set(made.asked.customer_ids.tolist()) <= both and len(made.asked) == 10
    expected = table[later].groupby("customer_id")["product_id"].agg(set)
    assert bought_by(made, made.hidden) == {customer: expected[customer] for customer in made.asked.customer_ids.tolist()}


def test_what_there_is_to_find_is_new_or_again_and_may_be_offered():
    table = shop(customers=60)
    made = split(purchases(table, catalogue(withdrawn=(1, 13, 25))), "last_order", customers=60)
    owned = bought_by(made, made.asked.owned)
    hidden = bought_by(made, made.hidden)
    new, again = bought_by(made, made.truth("new")), bought_by(made, made.truth("repeat"))
    for customer, products in hidden.items():
        offered = products - {1, 13, 25}
        assert new[customer] == offered - owned[customer] and again[customer] == offered & owned[customer]


def test_only_what_was_sold_before_and_may_be_offered_can_be_listed():
    table = shop(customers=60)
    fresh = frame([1], [9_999], [np.datetime64("2026-06-10")], [60])
    made = split(purchases(pd.concat([table[table["product_id"] != 60], fresh]), catalogue(withdrawn=(5,))), "time", customers=60)
    listed = set(made.training.product_ids[made.may_be_listed].tolist())
    assert 60 not in listed and 5 not in listed and 4 in listed


@pytest.mark.parametrize("name", ["last_order", "time"])
def test_changing_what_is_hidden_changes_nothing_that_is_learned_from_or_chosen_by(name):
    table = shop(customers=80)
    first = split(purchases(table), name, customers=50)
    if name == "time":
        hidden = table["ordered_on"] > pd.Timestamp(first.cut_on)
    else:
        hidden = (table.groupby("customer_id")["ordered_on"].transform("max") == table["ordered_on"]) & table["customer_id"].isin(
            first.asked.customer_ids)
    swapped = table.assign(product_id=np.where(hidden, 61 - table["product_id"], table["product_id"]))
    second = split(purchases(swapped), name, customers=50)
    for column in ("customer", "order", "day", "product", "buyers", "product_ids"):
        assert np.array_equal(getattr(first.training, column), getattr(second.training, column)), column
    assert (first.asked.owned != second.asked.owned).nnz == 0 and (first.hidden != second.hidden).nnz > 0
    settings = {"split": name, "customers": 50, "methods": ("recent", "items")}
    one, two = (compare(purchases(sales), **settings) for sales in (table, swapped))
    pd.testing.assert_frame_equal(one.choice, two.choice)
    assert one.parameters == two.parameters and not one.table["ndcg"].equals(two.table["ndcg"])


def test_later_lines_and_the_sequence_of_the_lines_change_nothing():
    table = shop(customers=80)
    later = frame([1, 2, 900], [9001, 9002, 9003], np.array(["2026-06-16"] * 3, dtype="datetime64[D]"), [3, 9, 60])
    mixed = pd.concat([later, table]).sample(frac=1, random_state=3, ignore_index=True)
    for question in ("new", "repeat"):
        for name in ("last_order", "time"):
            settings = {"question": question, "split": name, "customers": 60, "random_state": 4}
            if question == "new":
                settings["methods"] = ("recent", "items")
            one, two = (compare(purchases(sales), **settings) for sales in (table, mixed))
            pd.testing.assert_frame_equal(one.table, two.table)
            pd.testing.assert_frame_equal(one.choice, two.choice)
            assert one.proposed == two.proposed and one.as_of == AS_OF


def test_too_few_customers_are_said_with_their_number():
    with pytest.raises(NotEnoughData, match="20 customers with orders on two days or more; so far there are 19"):
        compare(purchases(shop(customers=19)))
    with pytest.raises(NotEnoughData, match="20 customers who bought both up to .* and after it; so far there are"):
        compare(purchases(shop(customers=19)), split="time")
    one_day = shop().assign(ordered_on=np.datetime64("2026-01-01", "us"))
    for name in ("last_order", "time"):
        with pytest.raises(NotEnoughData, match="so far there are 0"):
            compare(purchases(one_day), split=name)
    unknown = shop().assign(customer_id=0)
    for name in ("last_order", "time"):
        with pytest.raises(NotEnoughData, match="so far there are 0|no order has a known customer"):
            compare(purchases(unknown), split=name)


def test_who_buys_only_the_same_or_never_the_same_cannot_be_measured():
    table = shop()
    the_same = table.assign(product_id=1 + table["customer_id"] % 6)
    with pytest.raises(NotEnoughData, match="something they had not had before; so far there are 0"):
        compare(purchases(the_same))
    visit = table["order_id"] % 10
    never = table.assign(product_id=1 + visit * 10 + table["product_id"] % 10)
    with pytest.raises(NotEnoughData, match="something again; so far there are 0"):
        compare(purchases(never), question="repeat")


def test_what_does_not_exist_is_refused_by_name():
    table = purchases(shop(customers=40))
    for settings, sentence in (({"question": "both"}, "no question “both”"), ({"split": "random"}, "no split “random”"),
                               ({"methods": ["magic"]}, "no method “magic”"), ({"top": 0}, "at least 1 product"),
                               ({"customers": 5}, "at least 20 customers")):
        with pytest.raises(InvalidInput, match=sentence):
            compare(table, **settings)


def test_the_day_that_a_list_is_made_for_is_a_day():
    made = split(purchases(shop(customers=40)), "time", customers=40)
    assert isinstance(made.cut_on, dt.date) and made.listed_on.dtype == "datetime64[D]"
