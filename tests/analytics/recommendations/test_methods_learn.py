"""Rules that every method keeps."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.recommendations import purchases
from crm.analytics.recommendations.alike import similar
from crm.analytics.recommendations.methods import GRIDS, METHODS, blend, learn, linear
from crm.errors import InvalidInput, NotEnoughData
from tests.analytics.recommendations.methods_shop import AS_OF, goods, lines, shop, two_tastes

NEED_HISTORY = ("items", "users", "baskets", "content", "linear", "svd", "nmf")
PERSONAL = (*NEED_HISTORY, "blend")
SMALL = {"svd": {"factors": 4}, "nmf": {"factors": 4}}  # as many as a shop of two tastes has use for
GROUPS = pd.Series(np.where(np.arange(1, 61) % 2, "odd", "even"), index=np.arange(1, 61))


def learned(read, method, **choice):
    return learn(read, method=method, parameters=SMALL.get(method), groups=GROUPS, **choice)


def scored(read, method, ids=(1, 2, 3, 40), **choice):
    """Scores in the order of product ids, whatever their popularity."""
    return learned(read, method, **choice).scores(purchases.ask(read, ids, GROUPS))[:, np.argsort(read.product_ids)]


@pytest.fixture(scope="module")
def small():
    return shop()


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_rows_and_lines_after_the_last_day_change_nothing(small, method):
    bought = two_tastes()
    later = lines([(customer, 9_000 + customer, "2026-06-16", 7) for customer in range(1, 61)])
    shuffled = pd.concat([later, bought]).sample(frac=1, random_state=1)
    again = purchases.read(shuffled, goods().sample(frac=1, random_state=2), as_of=AS_OF)
    assert (scored(small, method) == scored(again, method)).all()


@pytest.mark.parametrize("method", METHODS)
def test_scores_are_small_floats_and_the_same_for_one_customer_as_among_many(small, method):
    found = learned(small, method)
    many = found.scores(purchases.ask(small, small.customer_ids, GROUPS))
    one = found.scores(purchases.ask(small, [7], GROUPS))
    assert many.dtype == np.float32 and many.shape == (60, len(small.product_ids))
    assert one[0] == pytest.approx(many[6], abs=1e-5)
    assert found.method == method and set(GRIDS[method][0]) <= set(found.parameters)


@pytest.mark.parametrize("method", PERSONAL)
def test_taste_is_found_and_the_reason_is_owned(small, method):
    found = learned(small, method)
    asked = purchases.ask(small, small.customer_ids, GROUPS)
    scores = found.scores(asked)
    scores[asked.owned.nonzero()] = -np.inf
    best = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    own_taste = small.product_ids[best] % 2 == asked.customer_ids[:, None] % 2
    assert own_taste.mean() > 0.8
    because = found.because(asked, best)
    named = because >= 0
    row = np.broadcast_to(np.arange(60)[:, None], best.shape)
    if method == "users":
        assert not named.any()
    else:
        assert named.mean() > 0.8 and (np.asarray(asked.owned[row[named], because[named]]) > 0).all()
        assert (because != best).all()
    assert (found.because(asked, np.full((60, 2), -1)) == -1).all()


@pytest.mark.parametrize("method", METHODS)
def test_of_an_unknown_customer_methods_that_need_a_history_cannot_say(small, method):
    scores = learned(small, method).scores(purchases.ask(small, [9_999], GROUPS))
    assert np.isneginf(scores).all() if method in NEED_HISTORY else np.isfinite(scores).all()


def test_every_setting_of_every_grid_can_be_learned():
    read = shop(customers=30, visits=2)
    asked = purchases.ask(read, [1, 2])
    for method in METHODS:
        for settings in GRIDS[method]:
            found = learn(read, method=method, parameters=settings, groups=GROUPS)
            assert not np.isnan(found.scores(asked)).any(), (method, settings)


def test_the_seed_changes_chance_and_nothing_that_is_computed(small):
    assert (scored(small, "random") != scored(small, "random", random_state=1)).any()
    assert (scored(small, "linear") == scored(small, "linear", random_state=1)).all()


def test_chance_does_not_depend_on_who_else_is_asked(small):
    assert (scored(small, "random", ids=(3,))[0] == scored(small, "random", ids=(9, 3))[1]).all()


def test_what_sold_of_late_comes_first_and_popularity_decides_between_equals():
    bought = two_tastes()
    fresh = lines([(customer, 8_000 + customer, "2026-06-10", 33) for customer in (1, 2)])
    read = purchases.read(pd.concat([bought, fresh]), goods(), as_of=AS_OF)
    scores = learn(read, method="recent", parameters={"days": 14}).scores(purchases.ask(read, [1]))[0]
    assert read.product_ids[scores.argmax()] == 33
    rest = scores[read.product_ids != 33]
    assert (np.diff(rest) <= 0).all() and scores.max() > 2 * rest.max()


def test_one_customer_is_not_enough_to_compare_customers_but_enough_for_popularity():
    read = purchases.read(lines([(1, 1, "2026-01-05", product) for product in range(1, 7)]), goods(), as_of=AS_OF)
    for method in ("items", "users", "linear", "svd", "nmf", "blend"):
        with pytest.raises(NotEnoughData, match="needs 2 customers with purchases; so far there are 1"):
            learn(read, method=method)
    with pytest.raises(NotEnoughData, match="needs 2 of them; so far there are 1"):
        learn(read, method="baskets")
    assert np.isfinite(learn(read, method="popular").scores(purchases.ask(read, [1]))).all()


def test_two_customers_with_the_same_purchases_survive_every_method():
    read = purchases.read(lines([(who, who, "2026-01-05", product) for who in (1, 2) for product in range(1, 7)]), goods(), as_of=AS_OF)
    for method in METHODS:
        assert not np.isnan(learned(read, method).scores(purchases.ask(read, [1, 2, 3]))).any(), method


def test_impossible_choices_are_told_what_to_correct(small):
    for method, settings, words in [("magic", None, "no method 'magic'"), ("items", {"measure": "dice"}, "choose cosine"),
                                    ("items", {"colour": 1}, "no setting 'colour'"), ("users", {"neighbours": 0}, "at least 1"),
                                    ("linear", {"penalty": 0}, "above 0"), ("recent", {"days": 0}, "at least 1 day"),
                                    ("svd", {"factors": 0}, "at least 1"), ("svd", {"damping": 2}, "between 0 and 1"),
                                    ("content", {"text": 0, "category": 0, "price": 0}, "one is above 0"),
                                    ("blend", {"members": ()}, "at least one other")]:
        with pytest.raises(InvalidInput, match=words):
            learn(small, method=method, parameters=settings)
    with pytest.raises(InvalidInput, match="need a group"):
        learn(small, method="group")
    with pytest.raises(InvalidInput, match="There are 1,001 groups; at most 1,000"):
        learn(small, method="group", groups=pd.Series(range(1_001), index=range(1, 1_002)))


def test_more_factors_than_a_small_range_bears_do_not_give_the_purchases_back(small):
    asked = purchases.ask(small, small.customer_ids)
    found = learn(small, method="svd", parameters={"factors": 64})
    assert found.candidate_side.shape == (40, 10)
    assert np.abs(found.scores(asked)[asked.owned.toarray() == 0]).mean() > 0.05


def test_of_a_large_range_the_linear_method_takes_the_most_popular(small, monkeypatch):
    monkeypatch.setattr(linear, "LARGEST", 10)
    found = learned(small, "linear").scores(purchases.ask(small, [1, 2]))
    assert found.shape == (2, 40) and (found[:, 10:] == 0).all() and (found[:, :10] != 0).any()


def test_a_blend_hears_the_better_member_more():
    rng = np.random.default_rng(0)
    truth = (rng.random((80, 40)) < 0.1).astype(np.float32)
    truth[:, 0] = 1
    good, noise = truth + rng.normal(0, 0.5, truth.shape), rng.normal(0, 1, truth.shape)
    shares = blend.elected(*blend.shortlisted([noise, good], truth), blend.ideal(truth))
    assert sum(shares) == pytest.approx(1) and shares[1] > 0.7


def test_a_blend_of_too_few_returning_customers_gives_all_the_same_vote():
    read = shop(customers=10)
    found = learn(read, method="blend", parameters={"members": ("items", "recent")})
    assert found.parameters["shares"] == {"items": 0.5, "recent": 0.5}


def test_rank_quality_of_a_blend_counts_places_as_it_should():
    scores = np.array([[3.0, 2, 1, 0]])
    for truth, expected in [([1.0, 0, 0, 0], 1), ([0.0, 0, 1, 0], 1 / np.log2(4)), ([1.0, 1, 0, 0], 1)]:
        assert blend.ndcg(scores, np.array([truth]), blend.ideal(np.array([truth]))) == pytest.approx(expected)


def test_the_shortlist_of_a_blend_changes_no_verdict():
    rng = np.random.default_rng(0)
    truth = (rng.random((30, 300)) < 0.05).astype(np.float32)
    truth[:, 0] = 1
    votes = [truth + rng.normal(0, spread, truth.shape) for spread in (0.4, 0.6)]
    short, found = blend.shortlisted(votes, truth)
    assert found.shape[1] == 100
    assert blend.ndcg(short[0] + short[1], found, blend.ideal(truth)) == pytest.approx(blend.ndcg(votes[0] + votes[1], truth, blend.ideal(truth)))


def test_a_product_is_told_what_goes_with_it_and_what_is_like_it(small):
    found = similar(small, 5, top=4)
    bought = found[found["by"] == "bought"]
    assert bought["rank"].tolist() == [1, 2, 3, 4] and 5 not in set(found["product_id"])
    dense = purchases.ones(small).toarray()
    own = dense[:, small.product_ids == 5][:, 0] > 0
    other = dense[:, small.product_ids == bought["product_id"].iloc[0]][:, 0] > 0
    first = bought.iloc[0]
    assert first["both"] == (own & other).sum() and first["share"] == pytest.approx(other[own].mean())
    assert first["times"] == pytest.approx(other[own].mean() / other.mean())
    content = found[found["by"] == "content"]
    assert (content["product_id"] % 2 == 1).all() and content["score"].between(0, 1 + 1e-6).all()
    with pytest.raises(InvalidInput, match="Product 999 was not sold up to 15 June 2026"):
        similar(small, 999)
