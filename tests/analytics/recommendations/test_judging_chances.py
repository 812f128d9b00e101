"""Chances: beside invented customers of whom the truth is known, and never more than was seen."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.analytics.recommendations.judging import chances, charts, compare, learn_repeat
from crm.analytics.recommendations.judging.asking import learner, lists
from crm.analytics.recommendations.judging.chances import curves
from crm.analytics.recommendations.judging.measures import hits
from crm.analytics.recommendations.judging.monotone import falling
from crm.analytics.recommendations.judging.splits import split
from crm.analytics.recommendations.purchases import ask
from crm.errors import Cancelled, InvalidInput, NotEnoughData
from tests.analytics.recommendations.judging_shops import catalogue, frame, purchases, shop

PRODUCTS = 30


def known_shop(seed, *, customers=400, tastes=False, visits=(3, 6)):
    """Every order holds product p with a chance of its own (p = 1 most often), whoever orders; each product a third as
    often or twice as often for each customer, if they have `tastes`. Returns the lines and the chances (customers x products)."""
    rng = np.random.default_rng(seed)
    likely = np.tile(0.4 * 0.88 ** np.arange(PRODUCTS), (customers, 1))
    if tastes:
        likely *= rng.choice([0.3, 2.0], likely.shape)
    rows = []
    for customer in range(1, customers + 1):
        for visit in range(rng.integers(*visits)):
            bought = rng.random(PRODUCTS) < likely[customer - 1]
            day = np.datetime64("2026-01-01") + int(visit * 15 + customer % 15)
            rows += [(customer, customer * 10 + visit, day, product + 1) for product in np.flatnonzero(bought)]
    return frame(*zip(*rows, strict=True)), likely


def at_each_place(sales, question, method):
    """The split and the places and scores that `chances` looks up."""
    made = split(sales, "last_order", customers=2_000)
    recommender = learner(question, made.training, method=method, parameters=None, groups=None)
    return made, *lists(recommender, made, question, np.arange(len(made.asked)), top=100)


def test_the_chances_of_places_are_those_that_the_shop_was_made_with():
    inside, off, off_by_score = [], [], []
    for seed in range(3):
        table, likely = known_shop(seed)
        sales = purchases(table, catalogue(PRODUCTS))
        found = chances(sales, method="popular")
        made, places, scores = at_each_place(sales, "new", "popular")
        true = np.where(places >= 0, likely[0][made.training.product_ids[places] - 1], np.nan)
        rank = np.broadcast_to(np.arange(1, places.shape[1] + 1), places.shape)
        low, high = found.interval(rank)
        truth = np.nanmean(true[:, :12], axis=0)
        inside += list((low[0, :12] <= truth) & (truth <= high[0, :12]))
        off += list(found.of(rank)[0, :12] - truth)
        off_by_score.append(np.nanmean(found.of(rank, scores) - true))
    assert np.mean(inside) >= 0.9 and abs(np.mean(off)) < 0.01 and np.abs(off).max() < 0.06
    assert np.abs(off_by_score).max() < 0.01


def test_chances_of_what_is_bought_again_hold_for_orders_that_nobody_has_seen_yet():
    table, likely = known_shop(3, customers=500, tastes=True, visits=(6, 9))
    sales = purchases(table, catalogue(PRODUCTS))
    found = chances(sales, question="repeat", method="due")
    scores = learn_repeat(sales, method="due").scores(ask(sales, sales.customer_ids))
    order = np.argsort(-scores, axis=1, kind="stable")
    ranked = np.take_along_axis(scores, order, axis=1)
    true = likely[(sales.customer_ids - 1)[:, None], sales.product_ids[order] - 1]
    chance = found.of(np.broadcast_to(np.arange(1, PRODUCTS + 1), ranked.shape), ranked)
    had = np.isfinite(ranked)
    assert chance[had].mean() == pytest.approx(true[had].mean(), abs=0.02)
    # Sorted into fifths by what was said, each fifth comes true about as often as was said.
    fifth = pd.qcut(chance[had], 5, duplicates="drop")
    said = pd.DataFrame({"said": chance[had], "true": true[had]}).groupby(fifth, observed=True).mean()
    assert len(said) >= 4 and (said["said"] - said["true"]).abs().max() < 0.05


def test_scores_decide_where_they_tell_more_than_places():
    rng = np.random.default_rng(0)
    # Half of the customers buy a lot and half hardly anything, and the score knows it; the place does not.
    scores = np.sort(np.repeat([[0.1], [0.9]], 200, axis=0) + rng.random((400, 10)) / 100, axis=1)[:, ::-1]
    by_score = curves(np.ones((400, 10), dtype=bool), scores, rng.random((400, 10)) < scores * 0.5)
    assert by_score[1] is not None and by_score[1]["chance"].iloc[0] > 0.35 and by_score[1]["chance"].iloc[-1] < 0.1
    steady = np.tile(np.linspace(1, 0.1, 10), (400, 1))
    # The same number at every place for everybody tells nothing beyond the place.
    assert curves(np.ones((400, 10), dtype=bool), steady, rng.random((400, 10)) < steady * 0.5)[1] is None


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=12))
def test_a_falling_curve_is_the_nearest_one_and_never_above_what_was_seen(steps):
    found = np.array([min(pair) for pair in steps], dtype=float)
    cases = np.array([max(pair) for pair in steps], dtype=float)
    curve = falling(found, cases)
    if cases.sum() == 0:
        assert np.isnan(curve).all()
        return
    known = cases > 0
    assert (np.diff(curve) <= 1e-12).all() and not np.isnan(curve[known]).any()
    assert curve.max() <= (found[known] / cases[known]).max() + 1e-12
    assert (curve[known] * cases[known]).sum() == pytest.approx(found.sum())
    np.testing.assert_allclose(curve[known], pooled(found[known], cases[known]), atol=1e-12)


def pooled(found, cases):
    """Pool adjacent violators, step by step (Ayer et al. 1955)."""
    blocks = []
    for one, of in zip(found, cases, strict=True):
        blocks.append([one, of, 1])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] <= blocks[-1][0] * blocks[-2][1]:
            last = blocks.pop()
            blocks[-1] = [before + now for before, now in zip(blocks[-1], last, strict=True)]
    return np.repeat([one / of for one, of, _ in blocks], [width for _, _, width in blocks])


def test_customers_whose_order_held_nothing_that_was_listed_count_too():
    sales = purchases(shop(customers=120))
    found = chances(sales, method="items")
    made, places, _ = at_each_place(sales, "new", "items")
    held = hits(places, made.truth("new"))
    assert found.customers == 120 and (found.ranks["cases"] > 0).all()
    assert found.ranks["found"].iloc[:3].tolist() == held[:, :3].sum(axis=0).tolist()
    assert (found.ranks["chance"].diff().dropna() <= 0).all()
    assert (found.ranks["low"] <= found.ranks["chance"]).all() and (found.ranks["chance"] <= found.ranks["high"]).all()


def test_what_was_never_found_is_not_impossible_for_certain():
    listed = np.ones((60, 5), dtype=bool)
    held = np.zeros((60, 5), dtype=bool)
    held[:30, 0] = True
    ranks, _ = curves(listed, np.tile([5.0, 4, 3, 2, 1], (60, 1)), held)
    assert ranks["chance"].tolist() == [0.5, 0, 0, 0, 0] and (ranks["low"].iloc[1:] == 0).all()
    assert (ranks["high"].iloc[1:] > 0.03).all()


def test_there_is_no_chance_where_nothing_is_listed_or_was_looked_at():
    found = chances(purchases(shop(customers=60)), method="popular", depth=8)
    said = found.of(np.array([[0, 1, 8, 9]]), np.array([[1.0, 0.3, -np.inf, 0.3]]))
    assert np.isnan(said[0, [0, 3]]).all() and 0 < said[0, 1] <= 1
    assert found.of(np.array([1, 2])).shape == (2,)


def test_the_chances_of_a_comparison_are_those_of_the_method_that_it_proposed():
    sales = purchases(shop(customers=80))
    compared = compare(sales, question="repeat", exclude_recent_days=5, choose=False)
    found = chances(sales, compared)
    assert (found.question, found.method, found.exclude_recent_days) == ("repeat", compared.proposed, 5)
    assert found.parameters == compared.parameters[compared.proposed]
    again = chances(sales, question="repeat", method=compared.proposed, exclude_recent_days=5)
    pd.testing.assert_frame_equal(found.ranks, again.ranks)


def test_later_and_hidden_lines_do_not_reach_the_lists_of_chances():
    table = shop(customers=60)
    later = frame([1, 2], [9001, 9002], np.array(["2026-06-16"] * 2, dtype="datetime64[D]"), [3, 9])
    one, two = (chances(purchases(sales), method="items") for sales in (table, pd.concat([later, table])))
    pd.testing.assert_frame_equal(one.ranks, two.ranks)
    last = table.groupby("customer_id")["ordered_on"].transform("max") == table["ordered_on"]
    swapped = table.assign(product_id=np.where(last, 61 - table["product_id"], table["product_id"]))
    lists_of = [at_each_place(purchases(sales), "new", "items") for sales in (table, swapped)]
    # A product sold first in the hidden part only is in neither list.
    ids = [np.where(places >= 0, made.training.product_ids[places], 0) for made, places, _ in lists_of]
    np.testing.assert_array_equal(ids[0][:, :10], ids[1][:, :10])


def test_what_cannot_be_told_is_refused():
    sales = purchases(shop(customers=40))
    with pytest.raises(InvalidInput, match="no method “None” here"):
        chances(sales)
    with pytest.raises(InvalidInput, match="no method “due” here"):
        chances(sales, method="due")
    with pytest.raises(InvalidInput, match="at least 1 product"):
        chances(sales, method="popular", depth=0)
    with pytest.raises(NotEnoughData, match="so far there are 19"):
        chances(purchases(shop(customers=19)), method="popular")
    with pytest.raises(NotEnoughData, match="nothing could be listed"):
        chances(sales, question="repeat", method="due", exclude_recent_days=10_000)
    with pytest.raises(Cancelled):
        chances(sales, method="items", cancelled=lambda: True)


def test_the_picture_shows_the_chance_of_each_place_with_its_band():
    found = chances(purchases(shop(customers=60)), method="items")
    band, line = charts.by_rank(found).data
    assert band.meta["meaning"] == "band" and line.meta["meaning"] == "good" and line.y[0] == found.ranks["chance"].iloc[0]
    assert len(band.x) == 2 * len(line.x)
