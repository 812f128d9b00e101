"""Ratings: what a customer would say, and how far off that is."""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.recommendations import ratings
from crm.errors import InvalidInput, NotEnoughData


def said(*, seed=0, customers=120, products=24, each=10, taste=0.3, noise=0.05):
    """Half the customers like one half of the products, the others the other."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(1, customers + 1):
        for product in rng.choice(products, each, replace=False) + 1:
            likes = taste if (customer % 2) == (product % 2) else -taste
            rows.append((customer, product, np.clip(0.5 + likes + rng.normal(0, noise), 0, 1)))
    return pd.DataFrame(rows, columns=["customer_id", "product_id", "rating"])


@pytest.mark.parametrize("method", ["items", "users", "factors"])
def test_taste_is_found_in_what_was_said(method):
    model = ratings.learn_ratings(said(), method=method)
    told = model.predicted([1, 1, 2, 2], [3, 4, 3, 4])
    assert told[0] > told[1] + 0.3 and told[3] > told[2] + 0.3 and told.min() >= 0 and told.max() <= 1


def test_likeness_is_the_correlation_of_what_both_rated():
    from scipy import sparse

    rng = np.random.default_rng(0)
    mask = rng.random((40, 6)) < 0.6
    rest = np.where(mask, rng.normal(size=(40, 6)), 0)
    found = ratings.pearson(sparse.csr_matrix(rest.T), sparse.csr_matrix(mask.T.astype(float)), np.array([2])).toarray()[0]
    for other in range(6):
        both = mask[:, 2] & mask[:, other]
        one, two = rest[both, 2], rest[both, other]
        expected = 0 if other == 2 else one @ two / np.sqrt((one @ one) * (two @ two)) * both.sum() / (both.sum() + ratings.SHRINKAGE)
        assert found[other] == pytest.approx(expected)


def test_the_usual_is_the_mean_and_shrunk_habits():
    frame = said(noise=0.2)
    model = ratings.learn_ratings(frame, method="usual")
    beside = frame["rating"] - frame["rating"].mean()
    of = frame["product_id"] == 5
    assert model.product_bias[4] == pytest.approx(beside[of].sum() / (of.sum() + ratings.PRIOR_PRODUCT))
    assert model.predicted([9_999], [9_999])[0] == pytest.approx(frame["rating"].mean())
    assert model.predicted([9_999], [5])[0] == pytest.approx(frame["rating"].mean() + model.product_bias[4])


def test_judging_finds_the_taste_and_says_when_there_is_none():
    table = ratings.judge_ratings(said())
    by = table.set_index("method")
    assert by.loc["items", "beats_mean"] and by.loc["users", "beats_mean"] and by.loc["factors", "rmse"] < by.loc["mean", "rmse"]
    assert by.loc["mean", "rmse"] == pytest.approx(0.304, abs=0.01) and table["rmse"].is_monotonic_increasing
    assert (table["rmse_low"] <= table["rmse"]).all() and (table["rmse"] <= table["rmse_high"]).all()
    chance = said(customers=40, taste=0.0, noise=0.2)
    assert not ratings.judge_ratings(chance, methods=("items", "users"))["beats_mean"].any()


def test_the_order_of_the_rows_changes_nothing():
    frame = said(customers=40)
    shuffled = frame.sample(frac=1, random_state=3)
    assert ratings.judge_ratings(frame).equals(ratings.judge_ratings(shuffled))
    once, again = (ratings.learn_ratings(rows, method="factors").predicted([1], [2]) for rows in (frame, shuffled))
    assert once == again


def test_lists_hold_only_what_was_not_rated_best_first():
    frame = said()
    found = ratings.learn_ratings(frame, method="items").ranked([1, 9_999], top=30)
    own = frame.loc[frame["customer_id"] == 1, "product_id"]
    mine = found[found["customer_id"] == 1]
    assert set(mine["product_id"]) == set(range(1, 25)) - set(own) and mine["predicted"].is_monotonic_decreasing
    assert mine["product_id"].iloc[0] % 2 == 1 and (found["customer_id"] == 9_999).sum() == 24
    assert ratings.learn_ratings(frame).ranked([]).empty


def test_too_little_and_impossible_ratings_are_told_what_is_needed():
    with pytest.raises(NotEnoughData, match="needs 20 ratings of products by 2 or more customers; so far there are 10 by 1"):
        ratings.learn_ratings(said(customers=1))
    with pytest.raises(NotEnoughData, match="so far there are 0 by 0"):
        ratings.judge_ratings(said().head(0))
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        ratings.learn_ratings(said().assign(rating=lambda rows: rows["rating"] * 5))
    with pytest.raises(InvalidInput, match="no method 'stars'"):
        ratings.learn_ratings(said(), method="stars")
