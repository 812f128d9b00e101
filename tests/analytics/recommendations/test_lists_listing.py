"""Lists: what stands on them, what never does, and who gets which."""

from __future__ import annotations

import datetime as dt
import pickle

import numpy as np
import pandas as pd
import pytest

from crm.analytics.recommendations.judging import REPEAT_METHODS, learn_repeat
from crm.analytics.recommendations.lists import COLUMNS, REASONS, summary
from crm.analytics.recommendations.methods import METHODS
from crm.errors import Cancelled, InvalidInput
from tests.analytics.recommendations.lists_shop import (
    AS_OF,
    FOR_ALL,
    NOT_OFFERED,
    POSTAGE,
    catalogue,
    lines,
    lister,
    pairs,
    shop,
)

EVERYBODY = range(1, 81)
GROUPS = pd.Series(np.where(np.arange(1, 101) % 2, "odd", "even"), index=np.arange(1, 101))


class FallingChances:
    """Half as likely at every place; what judging's Chances answers, without the judging."""

    def of(self, rank, score):
        assert np.isfinite(score).all()
        return 0.5 ** np.asarray(rank, dtype=float)


def repeat(method):
    return lambda found: learn_repeat(found, method=method)


@pytest.mark.parametrize("method", METHODS)
def test_new_offers_were_never_bought_and_may_be_offered(method):
    table = shop()
    items = lister(table, method=method, groups=GROUPS).list(EVERYBODY, top=8)
    assert items["customer_id"].nunique() == 80 and tuple(items.columns) == COLUMNS
    assert not pairs(table) & pairs(items)
    assert not set(items["product_id"]) & {POSTAGE, FOR_ALL, *NOT_OFFERED}
    assert not items["bought_before"].any() and (items["times_bought"] == 0).all() and items["days_since"].isna().all()
    assert set(items["reason"].unique()) <= set(REASONS) - {"again"}


@pytest.mark.parametrize("method", REPEAT_METHODS)
def test_offers_to_buy_again_were_bought_and_not_lately(method):
    table = shop()
    made = lister(table, question="repeat", recommender=repeat(method), exclude_recent_days=120)
    items = made.list(EVERYBODY, top=50)
    late = table[table["ordered_on"] > pd.Timestamp(AS_OF) - pd.Timedelta(days=120)]
    assert pairs(items) <= pairs(table) and len(items) > 300
    assert len(late) > 100 and not pairs(late) & pairs(items)
    assert not set(items["product_id"]) & {POSTAGE, *NOT_OFFERED}
    assert items["bought_before"].all() and (items["days_since"] >= 120).all() and (items["reason"] == "again").all()


def test_what_the_repeat_method_leaves_out_does_not_come_back_as_popular():
    made = lister(question="repeat", recommender=lambda found: learn_repeat(found, method="due", exclude_recent_days=300))
    items = made.list(EVERYBODY, top=50)
    assert len(items) and (items["days_since"] >= 300).all()


def test_ranks_run_from_one_and_the_method_orders_the_list():
    items = lister(method="items").list([9, 3, 3], top=4)
    assert items["customer_id"].tolist() == [3] * 4 + [9] * 4
    assert items["rank"].tolist() == items["place"].tolist() == [1, 2, 3, 4] * 2
    for _, part in items.groupby("customer_id"):
        assert part["score"].is_monotonic_decreasing and part["product_id"].is_unique


@pytest.mark.parametrize("method", ["items", "linear", "users"])
def test_planted_tastes_are_found_again(method):
    items = lister(method=method).list(EVERYBODY, top=2)
    own = np.where(items["customer_id"] % 2, items["product_id"] <= 10, items["product_id"].between(11, 20))
    assert own.mean() > 0.9


def test_expected_amount_is_chance_times_usual_amount():
    items = lister(chances=FallingChances()).list(EVERYBODY, top=5)
    assert items["chance"].tolist() == (0.5 ** items["rank"]).tolist()
    assert items["expected_amount"].tolist() == (items["chance"] * items["usual_amount"]).tolist()
    without = lister().list([1])
    assert without["chance"].isna().all() and without["expected_amount"].isna().all()


def test_a_narrowed_list_keeps_the_chances_of_the_places_in_the_whole_list():
    made = lister(chances=FallingChances())
    whole = made.list([1], top=60).set_index("product_id")
    narrowed = [made.list([1], price_low=20), made.list([1], categories=["Other"]), made.list([1], diversity=0.7),
                made.list([1], never=pd.DataFrame({"customer_id": 1, "product_id": whole.index[:3]}))]
    for items in narrowed:
        expected = whole.loc[items["product_id"]]
        assert items["place"].tolist() == expected["rank"].tolist() != items["rank"].tolist()
        assert items["chance"].tolist() == expected["chance"].tolist()


def test_dismissed_pairs_never_appear_even_among_thousands():
    made = lister()
    first = made.list(EVERYBODY, top=3)
    other_customers = pd.DataFrame({"customer_id": np.repeat(np.arange(1000, 6000), 3), "product_id": 1})
    never = pd.concat([first[["customer_id", "product_id"]].sample(frac=1, random_state=1), other_customers,
                       pd.DataFrame({"customer_id": [2], "product_id": [9999]})])
    items = made.list(EVERYBODY, top=50, never=never)
    everything = made.list(EVERYBODY, top=60)
    assert pairs(everything) - pairs(items) == pairs(first)
    assert made.list([1], never=never.iloc[:0]).equals(made.list([1]))


def test_price_range_and_categories_hold_and_an_unknown_price_is_in_no_range():
    made = lister()
    assert made.list(EVERYBODY, top=60, price_low=18, price_high=50)["product_id"].between(18, 50).all()
    assert set(made.list(EVERYBODY, top=60, categories=["Tea", "Mugs"])["product_id"]) <= set(range(1, 21))
    assert 7 in set(made.list(EVERYBODY, top=60)["product_id"])
    assert 7 not in set(made.list(EVERYBODY, top=60, price_low=0)["product_id"])
    usual = lister(unit_prices=pd.Series({7: 3.0, 999: 1.0}))
    assert 7 in set(usual.list(EVERYBODY, top=60, price_low=2, price_high=4)["product_id"])
    assert made.list([1], categories=[]).equals(made.list([1]))
    assert made.list([1], price_low=1000).empty


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_chosen_no_list_breaks_a_rule(seed):
    draw = np.random.default_rng(seed)
    table, products = shop(seed, customers=30), catalogue()
    products["recommendable"] &= draw.random(60) > draw.choice([0, 0.3])
    question = draw.choice(["new", "repeat"])
    method = draw.choice(REPEAT_METHODS if question == "repeat" else METHODS)
    exclude = int(draw.choice([0, 100])) if question == "repeat" else 0
    made = lister(table, products, question=question, method=method, groups=GROUPS, chances=FallingChances(),
                  recommender=repeat(method) if question == "repeat" else None, exclude_recent_days=exclude)
    never = pd.DataFrame({"customer_id": draw.integers(1, 33, 200), "product_id": draw.integers(1, 61, 200)})
    categories = [None, ["Tea"], ["Mugs", "Other"]][draw.integers(3)]
    low, high = sorted(draw.uniform(0, 60, 2))
    top = int(draw.integers(1, 60))
    items = made.list(range(1, 33), top=top, never=never, price_low=low, price_high=high, categories=categories,
                      diversity=float(draw.choice([0, 0.5, 1])))
    table = table[table["product_id"] != POSTAGE]
    last = table.groupby(["customer_id", "product_id"])["ordered_on"].max()
    kept = products.set_index("product_id")
    # All that may stand on a list, pair by pair: nothing else does, and nothing is missing while there is room.
    possible = {
        (customer, product) for customer in range(1, 33) for product in range(1, 61)
        if kept.at[product, "recommendable"] and low <= kept.at[product, "price"] <= high
        and (categories is None or kept.at[product, "category"] in categories)
        and product in set(table["product_id"])
        and ((customer, product) in last.index) == (question == "repeat")
        and (question == "new" or (pd.Timestamp(AS_OF) - last[customer, product]).days >= exclude)
    } - pairs(never)
    assert pairs(items) <= possible and not items.duplicated(["customer_id", "product_id"]).any()
    lengths = items.groupby("customer_id").size().reindex(range(1, 33), fill_value=0)
    room = pd.Series([customer for customer, _ in possible], dtype=int).value_counts().reindex(range(1, 33), fill_value=0)
    assert lengths.tolist() == room.clip(upper=top).tolist()
    for _, part in items.groupby("customer_id"):
        assert part["rank"].tolist() == list(range(1, len(part) + 1))
    assert items["reason"].notna().all() and items["chance"].dropna().between(0, 1).all()
    np.testing.assert_array_equal(items["expected_amount"], items["chance"] * items["usual_amount"])


def test_impossible_choices_are_refused_in_words():
    made = lister()
    for choice, words in [({"top": 0}, "1 to 100"), ({"top": 101}, "101 offers"), ({"diversity": 1.5}, "0 to 1"),
                          ({"price_low": 9, "price_high": 3}, "above the highest"), ({"categories": ["Cars"]}, "“Cars”")]:
        with pytest.raises(InvalidInput, match=words):
            made.list([1], **choice)
    for choice in ({"question": "old"}, {"exclude_recent_days": -1}):
        with pytest.raises(InvalidInput):
            lister(**choice)


def test_who_never_bought_gets_what_is_popular_in_the_group_or_everywhere():
    made = lister(groups=GROUPS, chances=FallingChances())
    items = made.list([99, 98, 4711], top=4)  # 99 is odd, 98 even, nobody knows 4711
    odd, even, unknown = (items[items["customer_id"] == who] for who in (99, 98, 4711))
    assert (odd.iloc[1:]["product_id"] <= 10).all() and even.iloc[1:]["product_id"].between(11, 20).all()
    assert odd["product_id"].iloc[0] == even["product_id"].iloc[0] == unknown["product_id"].iloc[0] == FOR_ALL
    assert (odd["reason"] == "group").all() and (unknown["reason"] == "popular").all()
    assert unknown["score"].tolist() == pytest.approx(unknown["share"].tolist()) and unknown["score"].iloc[0] == 1
    # Chances were counted on customers who had bought before.
    assert items["chance"].isna().all() and (items["place"] == 0).all() and (items["because_product_id"] == 0).all()
    alone = lister().list([99], top=4)
    assert (alone["reason"] == "popular").all() and (alone["share"].diff().dropna() <= 0).all()
    assert lister(question="repeat", recommender=repeat("due"), groups=GROUPS).list([99]).empty


@pytest.mark.parametrize("question", ["new", "repeat"])
def test_sales_after_as_of_and_the_order_of_rows_change_nothing(question):
    table = pd.concat([shop(), lines([(7, 8500, AS_OF, 20)])])
    later = lines([(c, 9000 + c, AS_OF + dt.timedelta(days=1), 19) for c in EVERYBODY], amount=5000.0)
    mixed = pd.concat([later, table]).sample(frac=1, random_state=2)
    before = table.copy()
    recommender = repeat("due") if question == "repeat" else None
    one = lister(table, question=question, recommender=recommender, groups=GROUPS, method="linear")
    two = lister(mixed, catalogue()[::-1], question=question, recommender=recommender, groups=GROUPS[::-1], method="linear")
    pd.testing.assert_frame_equal(one.list(range(1, 100)), two.list(range(99, 0, -1)))
    pd.testing.assert_frame_equal(one.list(EVERYBODY, diversity=0.5), two.list(EVERYBODY, diversity=0.5))
    pd.testing.assert_frame_equal(one.for_product(3), two.for_product(3))
    pd.testing.assert_frame_equal(table, before)


def test_blocks_and_company_change_no_list(monkeypatch):
    from crm.analytics.recommendations.lists import why
    from crm.analytics.recommendations.methods import recommender

    never = pd.DataFrame({"customer_id": [3, 50, 50], "product_id": [1, 12, 13]})
    made = lister(groups=GROUPS, chances=FallingChances())
    choice = {"top": 6, "never": never, "diversity": 0.4, "price_low": 2}
    whole = made.list(range(1, 100), **choice)
    one = made.list([50], **choice)
    pd.testing.assert_frame_equal(whole[whole["customer_id"] == 50].reset_index(drop=True), one)
    monkeypatch.setattr(recommender.blocks, "__kwdefaults__", {"cells": 400})
    monkeypatch.setattr(why, "LOOKED_UP_CELLS", 100)
    shares = []
    pd.testing.assert_frame_equal(whole, made.overview(range(1, 100), **choice, progress=lambda share, _: shares.append(share)))
    assert len(shares) > 5 and shares == sorted(shares) and shares[-1] == 1
    with pytest.raises(Cancelled):
        made.overview(range(1, 100), cancelled=lambda: len(shares) > 0)


def test_a_kept_lister_answers_as_before():
    made = lister(groups=GROUPS)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(made)).list([1, 2]), made.list([1, 2]))


def test_nobody_asked_is_an_empty_table_of_the_same_columns():
    empty = lister().list([])
    assert empty.empty and tuple(empty.columns) == COLUMNS
    assert empty.dtypes.equals(lister().list([1]).dtypes)


def test_who_owns_everything_gets_nothing():
    rows = [(900, 9900, dt.date(2026, 5, 1), product) for product in range(1, 61)]
    made = lister(pd.concat([shop(), lines(rows)]))
    assert made.list([900], top=60).empty
    assert set(made.list([1, 900])["customer_id"]) == {1}


def test_one_customer_or_none_known_are_answered_without_inventing_shares():
    rows = [(1, 10 + day, dt.date(2026, 5, day), day) for day in range(1, 5)] + [(0, 20, dt.date(2026, 5, 9), 6), (0, 21, dt.date(2026, 5, 9), 8)]
    one = lister(lines(rows), method="popular")
    assert set(one.list([1])["product_id"]) == {6, 8}
    nobody = lister(lines([(0, *row[1:]) for row in rows]), method="baskets")
    items = nobody.list([5], top=3)
    assert len(items) == 3 and items["share"].isna().all() and (items["n_2"] == 0).all()
    assert nobody.for_product(2).empty


def test_for_a_product_its_taste_comes_first_and_owners_and_dismissed_do_not():
    table = shop()
    made = lister(table, chances=FallingChances())
    owners = set(table.loc[table["product_id"] == 3, "customer_id"])
    found = made.for_product(3)
    assert found["rank"].tolist() == list(range(1, len(found) + 1)) and (found["product_id"] == 3).all()
    assert not owners & set(found["customer_id"])
    odd_left = set(range(1, 81, 2)) - owners
    assert set(found["customer_id"].head(len(odd_left))) == odd_left
    own_list = made.list([int(found["customer_id"].iloc[0])], top=60).set_index("product_id").loc[3]
    for column in ("score", "place", "chance", "because_product_id", "n_1", "times"):
        assert own_list[column] == found[column].iloc[0], column
    first = found["customer_id"].head(2)
    fewer = made.for_product(3, never=pd.DataFrame({"customer_id": first, "product_id": 3}), top=5)
    assert len(fewer) == 5 and not set(first) & set(fewer["customer_id"])
    some = made.for_product(3, customer_ids=[*owners, 2, 4])
    assert set(some["customer_id"]) == {2, 4} - owners


def test_to_buy_again_a_product_goes_to_those_who_bought_it_most_but_not_lately():
    table = shop()
    made = lister(table, question="repeat", recommender=repeat("own_count"), exclude_recent_days=60)
    found = made.for_product(3)
    late = table[table["ordered_on"] > pd.Timestamp(AS_OF) - pd.Timedelta(days=60)]
    owners = set(table.loc[table["product_id"] == 3, "customer_id"])
    assert set(found["customer_id"]) == owners - set(late.loc[late["product_id"] == 3, "customer_id"])
    assert found["times_bought"].is_monotonic_decreasing and found["n_1"].tolist() == found["times_bought"].tolist()


def test_a_product_that_may_not_be_offered_is_refused_for_everybody():
    made = lister()
    with pytest.raises(InvalidInput, match="sold out, discontinued or excluded"):
        made.for_product(NOT_OFFERED[0])
    with pytest.raises(InvalidInput, match="Product 999 was not sold up to 15 June 2026"):
        made.for_product(999)


def test_of_very_many_customers_those_are_ranked_for_whom_most_speaks(monkeypatch):
    from crm.analytics.recommendations.lists import wanted_by

    made = lister()
    found = made.for_product(3, top=5)
    monkeypatch.setattr(wanted_by, "SHORTLIST", 20)
    assert len(made.for_product(3)) == 20
    pd.testing.assert_frame_equal(made.for_product(3, top=5), found)


def test_the_summary_adds_up():
    made = lister(chances=FallingChances())
    possible = int(made.purchases.may_be_offered.sum())
    items = made.overview([*EVERYBODY, 4711], top=2)
    total = summary(items, customers_asked=81, products_possible=possible)
    assert (total.customers_asked, total.customers_listed, total.offers) == (81, 81, 162)
    assert total.products_offered == items["product_id"].nunique() <= possible
    assert total.by_method == 160 / 162 and total.offers_without_amount == 2
    assert total.expected_amount == pytest.approx(items["expected_amount"].sum())
    assert 0 < total.concentration < 1 and 0 < total.few_share <= 1
    same = summary(items.assign(product_id=1), customers_asked=81, products_possible=possible)
    assert same.concentration == pytest.approx(1 - 1 / possible) and same.few_share == 1
    nothing = summary(items.iloc[:0], customers_asked=0, products_possible=0)
    assert np.isnan([nothing.concentration, nothing.few_share, nothing.by_method, nothing.expected_amount]).all()
