"""What is bought again: figures worked out by hand, and a rhythm that is found where there is one."""

import datetime as dt

import numpy as np
import pytest

from crm.analytics.recommendations.judging import REPEAT_METHODS, compare, learn_repeat
from crm.analytics.recommendations.judging.history import read_history
from crm.analytics.recommendations.judging.readiness import learn_readiness
from crm.analytics.recommendations.purchases import ask, read
from crm.errors import InvalidInput
from tests.analytics.recommendations.judging_shops import AS_OF, catalogue, frame, purchases, shop

# customer, order, day, product: a twice on one day counts once.
BOUGHT = [(1, 1, "2026-01-01", 1), (1, 1, "2026-01-01", 2), (1, 2, "2026-01-01", 1), (1, 3, "2026-02-10", 1), (1, 4, "2026-03-02", 1),
          (2, 5, "2026-05-01", 3), (2, 6, "2026-06-01", 2), (3, 7, "2026-06-10", 4), (3, 7, "2026-06-10", 5)]


def small():
    customer, order, day, product = zip(*BOUGHT, strict=True)
    return purchases(frame(customer, order, np.array(day, dtype="datetime64[D]"), product))


def scored(recommender, sales, customer, **settings):
    row = recommender.scores(ask(sales, [customer]), **settings)[0]
    return {int(product): float(score) for product, score in zip(sales.product_ids, row, strict=True) if np.isfinite(score)}


def test_only_what_the_customer_has_had_gets_a_score():
    sales = small()
    for method in REPEAT_METHODS:
        recommender = learn_repeat(sales, method=method)
        assert set(scored(recommender, sales, 1)) == {1, 2} and set(scored(recommender, sales, 2)) == {2, 3}
        assert scored(recommender, sales, 99) == {}
        assert (recommender.because(ask(sales, [1]), np.array([[0, 1]])) == -1).all()


def test_times_gaps_and_days_since_are_those_counted_by_hand():
    sales = small()
    recommender = learn_repeat(sales, method="own_count")
    column = {int(product): place for place, product in enumerate(sales.product_ids)}
    again = recommender.again(ask(sales, [1, 2, 99]), np.array([[column[1], column[2], column[3]]] * 3))
    assert again.times.tolist() == [[3, 1, 0], [0, 1, 1], [0, 0, 0]]
    assert again.usual_gap_days[0, 0] == 30 and np.isnan(again.usual_gap_days[0, 1:]).all()
    # To the 15th of June: from the 2nd of March, from New Year, from the 1st of June and of May.
    np.testing.assert_array_equal(again.days_since, [[105, 165, np.nan], [np.nan, 14, 45], [np.nan] * 3])
    # Nobody has another gap than 40 and 20 days, so 30 is also what anything is expected to take.
    assert again.expected_gap_days[0, :2].tolist() == [30, 30]
    later = recommender.again(ask(sales, [1]), np.array([[column[1]]]), on=np.array(["2026-03-05"], dtype="datetime64[D]"))
    assert later.days_since[0, 0] == 3
    assert (recommender.again(ask(sales, [1]), np.array([[-1]])).times == 0).all()


def test_an_own_gap_is_drawn_towards_the_products_and_that_towards_everybodys():
    days = [0, 10, 20, 30, 0, 60]
    table = frame([1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3], range(11), np.datetime64("2026-01-01") + np.array(days + [0] * 5).astype("timedelta64[D]"),
                  [1, 1, 1, 1, 2, 2, 3, 4, 5, 6, 7])
    history = read_history(purchases(table))
    everybody = (30 + 60) / 4
    first, second = (30 + 3 * everybody) / 6, (60 + 3 * everybody) / 4
    assert history.times.tolist()[:2] == [4, 2]
    assert history.gap_days[:2].tolist() == pytest.approx([(30 + 3 * first) / 6, (60 + 3 * second) / 4])
    assert np.isnan(read_history(purchases(table.assign(product_id=np.arange(11) + 1))).gap_days).all()


def test_counts_and_half_lives_follow_their_definitions():
    sales = small()
    assert scored(learn_repeat(sales, method="own_count"), sales, 1) == pytest.approx({1: 1, 2: 1 / 3})
    late = scored(learn_repeat(sales, method="own_recent", parameters={"half_life_days": 60}), sales, 1)
    assert late[2] == pytest.approx(0.5 ** (165 / 60))
    assert late[1] == pytest.approx(0.5 ** (165 / 60) + 0.5 ** (125 / 60) + 0.5 ** (105 / 60))
    assert scored(learn_repeat(sales, method="popular"), sales, 1) == pytest.approx({1: 1 / 3, 2: 2 / 3})


def test_what_was_bought_lately_can_be_left_out():
    sales = small()
    for method in ("own_count", "due"):
        recommender = learn_repeat(sales, method=method, exclude_recent_days=46)
        assert scored(recommender, sales, 2) == {} and set(scored(recommender, sales, 1)) == {1, 2}
        assert set(scored(recommender, sales, 2, on=np.array(["2026-06-17"], dtype="datetime64[D]"))) == {3}


def test_chance_depends_on_the_customer_and_the_product_only():
    sales, alone = purchases(shop(customers=30)), purchases(shop(customers=3))
    many, few = (scored(learn_repeat(table, method="random"), table, 2) for table in (sales, alone))
    assert set(few) == set(many) and all(few[product] == pytest.approx(many[product]) for product in few)
    drawn = learn_repeat(sales, method="random").value
    assert 0.4 < drawn.mean() < 0.6 and drawn.min() >= 0 and drawn.max() < 1 and len(np.unique(drawn)) == len(drawn)


def rhythm(customers=150, seed=0):
    """A visit a fortnight; product p is bought anew every (1 + p % 4) visits, and lies in the cupboard in between."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(1, customers + 1):
        mine = rng.choice(24, size=8, replace=False) + 1
        begin = {product: rng.integers(0, 4) for product in mine}
        for visit in range(rng.integers(9, 13)):
            day = np.datetime64("2025-11-03") + int(visit * 14 + customer % 14)
            rows += [(customer, customer * 100 + visit, day, product) for product in mine
                     if (visit - begin[product]) % (2 + product % 4) == 0]
    return frame(*zip(*rows, strict=True))


def test_a_rhythm_is_found_and_what_is_due_comes_first():
    sales = purchases(rhythm(), catalogue(24))
    found = compare(sales, question="repeat", top=3, choose=False)
    assert found.proposed == "due" and found.beats_popularity
    assert found.value("due", "ndcg") > found.value("own_count", "ndcg") + 0.1
    gap = learn_readiness(sales, product_in_doubt=3.0).gap
    # Right after a purchase hardly anything is bought again; at the expected gap most is.
    assert gap[2] < 0.3 < 1 < gap[5:7].max()


def test_without_any_last_order_to_learn_from_what_was_bought_oftener_is_readier():
    one_day = purchases(shop(customers=20).assign(ordered_on=np.datetime64("2026-01-01", "us")))
    readiness = learn_readiness(one_day, product_in_doubt=3.0)
    assert (np.diff(readiness.often) > 0).all() and (readiness.product == 1).all() and (readiness.gap == 1).all()
    assert np.isfinite(list(scored(learn_repeat(one_day, method="due"), one_day, 1).values())).all()


def test_a_product_that_is_bought_again_more_readily_than_others_comes_before_them():
    rng = np.random.default_rng(1)
    rows = []
    for customer in range(1, 101):
        for visit in range(4):
            day = np.datetime64("2026-01-01") + int(visit * 30 + customer % 30)
            # Everybody buys 1 most of the times, and otherwise hardly anything twice.
            bought = {1} if visit == 0 or rng.random() < 0.8 else set()
            bought |= set((rng.choice(20, size=3, replace=False) + 2).tolist())
            rows += [(customer, customer * 10 + visit, day, product) for product in bought]
    readiness = learn_readiness(purchases(frame(*zip(*rows, strict=True))), product_in_doubt=3.0)
    assert readiness.product[0] > 2 * np.median(readiness.product)


def test_the_sequence_of_the_lines_and_later_lines_change_no_score():
    table = shop(customers=40)
    mixed = table.sample(frac=1, random_state=1, ignore_index=True)
    for method in REPEAT_METHODS:
        one, two = (learn_repeat(purchases(sales), method=method) for sales in (table, mixed))
        sales = purchases(table)
        np.testing.assert_array_equal(one.scores(ask(sales, np.arange(1, 41))), two.scores(ask(sales, np.arange(1, 41))))
    earlier = read(table, catalogue(), as_of=dt.date(2026, 1, 1))
    assert learn_repeat(earlier, method="due").as_of < (np.datetime64(AS_OF, "D").astype(int))


def test_what_is_impossible_is_refused():
    sales = small()
    for settings, sentence in (({"method": "items"}, "no method “items” for what is bought again"),
                               ({"method": "due", "parameters": {"speed": 1}}, "no setting “speed”"),
                               ({"method": "own_recent", "parameters": {"half_life_days": 0}}, "must be above 0"),
                               ({"method": "due", "exclude_recent_days": -1}, "choose 0 or more")):
        with pytest.raises(InvalidInput, match=sentence):
            learn_repeat(sales, **settings)
