"""Reasons: every figure that is told can be counted again from the sales."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crm.analytics.recommendations.judging import learn_repeat
from crm.analytics.recommendations.lists import why
from crm.analytics.recommendations.methods import learn
from tests.analytics.recommendations.lists_shop import AS_OF, POSTAGE, catalogue, lines, lister, shop

EVERYBODY = range(1, 81)
GROUPS = pd.Series(np.where(np.arange(1, 81) % 3, "many", "few"), index=np.arange(1, 81))


@pytest.fixture(scope="module")
def sales():
    return shop()


@pytest.fixture(scope="module")
def buyers(sales):
    return sales[sales["product_id"] != POSTAGE].groupby("product_id")["customer_id"].agg(set)


@pytest.mark.parametrize("method", ["items", "baskets", "linear", "svd", "nmf", "blend"])
def test_goes_with_counts_the_customers_who_bought_both(sales, buyers, method):
    items = lister(sales, method=method).list(EVERYBODY, top=6)
    follows = items[items["reason"] == "goes_with"]
    assert len(follows) > 100
    last = sales.groupby(["customer_id", "product_id"])["ordered_on"].max().to_dict()
    for row in follows.itertuples():
        these, those = buyers[row.because_product_id], buyers[row.product_id]
        assert row.customer_id in these
        assert (row.n_1, row.n_2) == (len(these & those), len(these)) and row.n_1 >= why.MIN_TOGETHER
        assert row.share == pytest.approx(row.n_1 / row.n_2)
        assert row.times == pytest.approx(row.share / (len(those) / 80)) and row.times >= why.MIN_TIMES
        assert row.because_on == last[row.customer_id, row.because_product_id]


def test_the_product_that_the_method_names_is_told_where_it_holds(sales, buyers):
    made = lister(sales, method="items")
    items = made.list(EVERYBODY, top=3)
    own = made.purchases.product_ids
    column = pd.Series(np.arange(len(own)), index=own)
    asked = made.ask(items["customer_id"].to_numpy())
    named = own[made.recommender.because(asked, column[items["product_id"]].to_numpy()[:, None]).ravel()]
    held = 0
    for row, because in zip(items.itertuples(), named, strict=True):
        these, those = buyers[because], buyers[row.product_id]
        both = len(these & those)
        if both >= why.MIN_TOGETHER and both * 80 >= why.MIN_TIMES * len(these) * len(those):
            assert (row.reason, row.because_product_id) == ("goes_with", because)
            held += 1
    assert held > 150


def test_a_method_that_names_no_product_still_gets_a_true_reason(sales, buyers):
    class Silent:
        """Scores of the method, but not a word why."""

        method, parameters = "linear", {}

        def __init__(self, found):
            self.inner = learn(found, method="linear")

        def scores(self, asked):
            return self.inner.scores(asked)

        def because(self, asked, products):
            return np.full(products.shape, -1)

    items = lister(sales, recommender=Silent).list(EVERYBODY, top=3)
    follows = items[items["reason"] == "goes_with"]
    assert len(follows) > 100
    for row in follows.head(30).itertuples():
        assert row.n_1 == len(buyers[row.because_product_id] & buyers[row.product_id])
    # Of all that the customer owns, it is the one that goes with the product best.
    row = follows.iloc[0]
    owned = [product for product, who in buyers.items() if row["customer_id"] in who]
    strength = {}
    for product in owned:
        both = len(buyers[product] & buyers[row["product_id"]])
        one, other = len(buyers[product]), len(buyers[row["product_id"]])
        if both >= why.MIN_TOGETHER and both * 80 >= why.MIN_TIMES * one * other:
            strength[product] = both / (np.sqrt(one * other) + why.SHRINKAGE)
    assert strength[row["because_product_id"]] == max(strength.values())


def test_similar_customers_are_counted_among_the_nearest(sales):
    made = lister(sales, recommender=lambda found: learn(found, method="users", parameters={"neighbours": 10}))
    items = made.list(EVERYBODY, top=4)
    similar = items[items["reason"] == "similar_customers"]
    assert len(similar) > 100 and (similar["because_product_id"] == 0).all()
    assert (similar["n_1"] <= similar["n_2"]).all() and (similar["times"] >= why.MIN_TIMES).all()
    assert similar["share"].tolist() == pytest.approx((similar["n_1"] / similar["n_2"]).tolist())
    row = similar.iloc[0]
    asked = made.ask(np.array([row["customer_id"]]))
    column = int(np.flatnonzero(made.purchases.product_ids == row["product_id"])[0])
    bought, of = made.recommender.similar_buyers(asked, np.array([[column]]))
    assert (row["n_1"], row["n_2"]) == (bought.item(), of.item())


def test_popular_is_the_share_of_all_customers(sales, buyers):
    items = lister(sales, method="popular").list(EVERYBODY, top=3)
    assert (items["reason"] == "popular").all() and (items["n_2"] == 80).all() and items["times"].isna().all()
    assert items["n_1"].tolist() == [len(buyers[product]) for product in items["product_id"]]
    assert items["share"].tolist() == (items["n_1"] / 80).tolist()


def test_recent_counts_those_who_bought_in_the_last_days(sales):
    made = lister(sales, recommender=lambda found: learn(found, method="recent", parameters={"days": 150}))
    items = made.list(EVERYBODY, top=3)
    late = sales[(sales["ordered_on"] > pd.Timestamp(AS_OF) - pd.Timedelta(days=150)) & (sales["product_id"] != POSTAGE)]
    recent = items[items["reason"] == "recent"]
    assert len(recent) > 200 and (recent["n_2"] == late["customer_id"].nunique()).all()
    counts = late.groupby("product_id")["customer_id"].nunique()
    assert recent["n_1"].tolist() == counts[recent["product_id"]].tolist()


def test_group_is_the_share_of_the_own_group_beside_everybodys(sales, buyers):
    items = lister(sales, method="group", groups=GROUPS).list(EVERYBODY, top=3)
    group = items[items["reason"] == "group"]
    assert len(group) > 200
    members = GROUPS.groupby(GROUPS).groups
    for row in group.iloc[::7].itertuples():
        own = set(members[GROUPS[row.customer_id]])
        assert (row.n_1, row.n_2) == (len(buyers[row.product_id] & own), len(own))
        assert row.times == pytest.approx(row.n_1 / row.n_2 / (len(buyers[row.product_id]) / 80))


def test_content_tells_how_alike_an_owned_product_is(sales):
    items = lister(sales, method="content").list(EVERYBODY, top=3)
    like = items[items["reason"] == "content"]
    assert len(like) > 200 and like["share"].between(0, 1, inclusive="right").all()
    assert set(zip(like["customer_id"], like["because_product_id"], strict=True)) <= set(zip(sales["customer_id"], sales["product_id"], strict=True))
    category = catalogue().set_index("product_id")["category"]
    one, other = category[like["product_id"]].to_numpy(), category[like["because_product_id"]].to_numpy()
    assert like["same_category"].tolist() == [a == b and isinstance(a, str) for a, b in zip(one, other, strict=True)]
    assert like["same_category"].any()


def test_again_tells_times_days_since_and_the_usual_gap():
    # Customer 1 buys product 1 every 30 days and product 2 once, five others buy product 2 again after 10 days.
    day = np.datetime64("2026-01-01")
    rows = [(1, number, day + 30 * number, 1) for number in range(4)] + [(1, 0, day, 2), (1, 9, day + 100, 3), (1, 10, day + 130, 3)]
    for other in range(2, 8):
        rows += [(other, 100 + other, day, 2), (other, 200 + other, day + 10, 2), (other, 200 + other, day + 10, other + 2)]
    made = lister(lines(rows), question="repeat", recommender=lambda found: learn_repeat(found, method="own_count"))
    items = made.list([1]).set_index("product_id")
    since = (pd.Timestamp(AS_OF) - pd.Timestamp(day)).days
    assert items["times_bought"].to_dict() == items["n_1"].to_dict() == {1: 4, 2: 1, 3: 2}
    assert (items["n_2"] == 6).all()  # days on which customer 1 bought anything
    assert items["days_since"].to_dict() == {1: since - 90, 2: since, 3: since - 130}
    assert items["usual_gap_days"].to_dict() == {1: 30, 2: 10, 3: 30}
    assert items["gap_is_own"].to_dict() == {1: True, 2: False, 3: True}
    assert items["times"].tolist() == pytest.approx((items["days_since"] / items["usual_gap_days"]).tolist())
    assert (items["because_product_id"] == 0).all() and items["because_on"].isna().all()


def test_what_nobody_bought_again_has_no_usual_gap():
    rows = [(1, 1, dt.date(2026, 5, 1), product) for product in range(1, 7)] + [(2, 2, dt.date(2026, 5, 2), 1)]
    items = lister(lines(rows), question="repeat", recommender=lambda found: learn_repeat(found, method="due")).list([1])
    assert len(items) == 5 and items["usual_gap_days"].isna().all() and items["times"].isna().all()


def test_figures_of_a_reason_do_not_depend_on_who_else_is_asked(sales):
    made = lister(sales, method="linear")
    everybody = made.list(EVERYBODY, top=3)
    alone = pd.concat([made.list([who], top=3) for who in (1, 2, 41)], ignore_index=True)
    same = everybody[everybody["customer_id"].isin([1, 2, 41])].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, same)


def test_a_product_bought_by_everyone_is_no_reason(sales):
    items = lister(sales, method="linear").list(EVERYBODY, top=10)
    assert 30 not in set(items.loc[items["reason"] == "goes_with", "because_product_id"])
