"""Comparing methods: the same as a plain loop, honest where there is nothing to learn, and the simplest where it does."""

import math
import pickle

import numpy as np
import pandas as pd
import pytest

from crm.analytics.recommendations.judging import QUICK, REPEAT_METHODS, charts, compare, comparing
from crm.analytics.recommendations.judging.asking import learner
from crm.analytics.recommendations.judging.measures import MEASURES
from crm.analytics.recommendations.judging.splits import split
from crm.analytics.recommendations.methods import METHODS, learn
from crm.errors import Cancelled, InvalidInput
from tests.analytics.recommendations.judging_shops import catalogue, frame, purchases, shop, shuffled


def test_the_table_is_what_a_loop_over_customers_finds():
    sales = purchases(shop(customers=50), catalogue(withdrawn=(2, 14)))
    found = compare(sales, methods=("items",), customers=40, top=6, choose=False)
    made = split(sales, "last_order", customers=40)
    training = made.training
    surprise = [-math.log2((buyers + 1) / (50 + 1)) for buyers in training.buyers]
    for method in ("items", "popular"):
        recommender = learn(training, method=method)
        figures, shown = [], set()
        for row in range(40):
            hidden = {p for p in made.hidden[row].indices if training.may_be_offered[p]} - set(made.asked.owned[row].indices)
            if not hidden:
                continue
            scores = recommender.scores(made.asked.part(slice(row, row + 1)))[0]
            allowed = [p for p in range(60) if training.may_be_offered[p] and training.buyers[p] and p not in made.asked.owned[row].indices]
            ranked = [p for p in sorted(allowed, key=lambda p: (-scores[p], p)) if np.isfinite(scores[p])][:6]
            shown |= set(ranked)
            gained = [1 / math.log2(place + 2) for place, p in enumerate(ranked) if p in hidden]
            ideal = [1 / math.log2(place + 2) for place in range(min(6, len(hidden)))]
            figures.append((bool(gained), len(gained) / 6, len(gained) / len(hidden), sum(gained) / sum(ideal),
                            np.mean([surprise[p] for p in ranked])))
        row = found.table.set_index("method").loc[method]
        assert row[["hit_rate", "precision", "recall", "ndcg", "novelty"]].tolist() == pytest.approx(np.mean(figures, axis=0).tolist())
        assert found.customers_measured == len(figures)
        assert row["coverage"] == pytest.approx(len(shown) / found.products)
    assert found.products == (training.may_be_offered & (training.buyers > 0)).sum() <= 58


def test_taste_beats_popularity_and_it_is_said():
    found = compare(purchases(shop()), methods=("recent", "items", "linear"), choose=False)
    assert found.beats_popularity and found.proposed in ("items", "linear")
    assert found.table["ndcg"].is_monotonic_decreasing and found.tried == 3
    table = found.table.set_index("method")
    assert {"popular", "random"} <= set(table.index)
    assert table.loc["random", "ndcg"] < table.loc[found.proposed, "ndcg"] / 5 and table.loc[found.proposed, "ndcg_gain_low"] > 0.5
    assert table.loc["popular", ["ndcg_gain", "ndcg_gain_low", "ndcg_gain_high"]].isna().all()
    for measure in (*MEASURES, "coverage"):
        assert (table[f"{measure}_low"] <= table[measure]).all() and (table[measure] <= table[f"{measure}_high"]).all()
    assert found.value("items", "hit_rate") == table.loc["items", "hit_rate"] and math.isnan(found.value("svd", "hit_rate"))


@pytest.mark.parametrize("question", ["new", "repeat"])
@pytest.mark.parametrize("name", ["last_order", "time"])
def test_where_nobody_has_a_taste_no_method_looks_better_than_popularity(question, name):
    for seed in range(3):
        sales = purchases(shuffled(shop(seed, customers=120), seed))
        methods = [method for method in METHODS if method not in ("blend", "nmf", "content")] if question == "new" else None
        found = compare(sales, question=question, split=name, methods=methods, choose=False, random_state=seed)
        assert not found.failed and not found.beats_popularity
        assert (found.table["ndcg_gain_low"].dropna() <= 0).all()


def test_the_more_methods_are_tried_the_wider_is_the_interval_of_each_gain():
    sales = purchases(shop(customers=100))
    few, many = (compare(sales, methods=methods, choose=False).table.set_index("method").loc["items"]
                 for methods in (("items",), ("items", "recent", "baskets", "linear")))
    assert few["ndcg_gain"] == many["ndcg_gain"]
    assert many["ndcg_gain_low"] < few["ndcg_gain_low"] and few["ndcg_gain_high"] < many["ndcg_gain_high"]
    assert few["hit_rate_low"] == many["hit_rate_low"]


def judged(**ndcg):
    """`each` and the table of comparing, from each method's NDCG customer by customer."""
    each = {}
    for method, values in ndcg.items():
        each[method] = np.zeros((len(values), len(MEASURES)))
        each[method][:, MEASURES.index("ndcg")] = values
    return each, comparing._table(each, dict.fromkeys(each, (0.5, 0.4, 0.6)), random_state=0)


def test_the_simplest_within_one_standard_error_of_the_best_is_proposed():
    rng = np.random.default_rng(0)
    base, noise = rng.random(400) / 2, rng.normal(0, 0.1, 400)
    noise -= noise.mean()
    error = noise.std(ddof=1) / 20
    near = {"popular": base, "random": base * 0, "linear": base + noise + 0.9 * error}
    assert comparing._propose(*judged(**near)) == "popular"
    far = {**near, "linear": base + noise + 1.1 * error}
    assert comparing._propose(*judged(**far)) == "linear"
    # Both certainly beat popularity and hardly differ from each other: the one that is easier to follow is taken.
    both = {**near, "items": base + 0.2, "linear": base + noise + 0.2 + 0.5 * error}
    assert comparing._propose(*judged(**both)) == "items"


def test_chance_is_never_proposed_even_where_it_did_best():
    base = np.linspace(0, 0.2, 50)
    assert comparing._propose(*judged(popular=base, random=base + 0.5, items=base - 0.01)) == "popular"


def test_settings_are_chosen_on_an_earlier_split_and_only_where_they_are_clearly_better(monkeypatch):
    # What sells changes in the last weeks, so that the popularity of a few days foresees better than that of all time.
    rng = np.random.default_rng(0)
    customer = np.repeat(np.arange(1, 121), 12)
    visit = np.tile(np.arange(12), 120)
    day = np.datetime64("2026-01-05") + (visit * 13 + customer % 13).astype("timedelta64[D]")
    product = 1 + ((day - np.datetime64("2026-01-05")).astype(int) // 40 * 11 + rng.integers(0, 20, len(customer))) % 60
    sales = purchases(frame(customer, customer * 100 + visit, day, product))
    monkeypatch.setattr(comparing, "grid_of", lambda _question, method: [{"days": 365}, {"days": 14}] if method == "recent" else [{}])
    found = compare(sales, split="time", methods=("recent",))
    assert found.parameters["recent"] == {"days": 14} and found.choice["chosen"].tolist() == [False, True]
    assert found.choice["ndcg"].iloc[1] > found.choice["ndcg"].iloc[0] + found.choice["standard_error"].iloc[1]
    assert found.value("recent", "ndcg") > compare(sales, split="time", methods=("recent",), choose=False).value("recent", "ndcg")
    given = compare(sales, split="time", methods=("recent",), parameters={"recent": {"days": 30}})
    assert given.parameters["recent"] == {"days": 30} and given.choice.empty


def test_settings_without_an_earlier_order_to_choose_by_stay_as_they_are():
    found = compare(purchases(shop(visits=2)), methods=("recent",))
    assert found.choice.empty and found.parameters["recent"] == {"days": 90}


def test_only_the_wanted_number_of_customers_is_drawn_and_how_many_is_said():
    sales = purchases(shop(customers=90))
    one, two = (compare(sales, methods=("items",), customers=40, choose=False, random_state=seed) for seed in (0, 1))
    assert (one.customers_eligible, one.customers_drawn) == (90, 40) and 20 <= one.customers_measured <= 40
    assert not one.table.equals(two.table)
    again = compare(sales, methods=("items",), customers=40, choose=False)
    pd.testing.assert_frame_equal(one.table, again.table)


def test_a_list_is_no_longer_than_a_fifth_of_the_range():
    found = compare(purchases(shop(products=15, tastes=1, visits=2)), methods=(), choose=False)
    assert found.products == 15 and found.top == 3


def test_groups_are_judged_only_where_they_are_given():
    sales = purchases(shop())
    assert "group" not in set(compare(sales, methods=("group", "recent"), choose=False).table["method"])
    groups = pd.Series([f"taste {customer % 5}" for customer in range(1, 201)], index=range(1, 201))
    found = compare(sales, methods=("group", "recent"), groups=groups, choose=False)
    assert found.proposed == "group" and found.beats_popularity


def test_a_method_that_cannot_be_made_is_named_and_the_others_go_on(monkeypatch):
    def failing(question, purchases, *, method, **settings):
        if method == "items":
            raise InvalidInput("No items today.")
        return real(question, purchases, method=method, **settings)

    real = comparing.learner
    monkeypatch.setattr(comparing, "learner", lambda question, purchases, **settings: failing(question, purchases, **settings))
    found = compare(purchases(shop(customers=60)), methods=("items", "recent"))
    assert found.failed == {"items": "No items today."} and "items" not in set(found.table["method"]) and found.tried == 1


def test_progress_runs_to_the_end_and_the_work_can_be_stopped():
    sales, told = purchases(shop(customers=60)), []
    compare(sales, methods=("recent", "items"), progress=lambda share, stage: told.append((share, stage)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[0] == 0 and shares[-1] < 1 and {"recent", "items", "popular", "random"} == {s for _, s in told}
    calls = []
    with pytest.raises(Cancelled):
        compare(sales, methods=("recent", "items"), cancelled=lambda: calls.append(1) or len(calls) > 4)
    assert len(calls) == 5


def test_every_method_has_its_place_among_the_simple_and_the_intricate():
    assert {"popular", "random"} <= set(QUICK) <= set(METHODS)
    assert set(comparing.SIMPLEST) == (set(METHODS) | set(REPEAT_METHODS)) - {"random"}


def test_a_blend_of_what_was_learned_already_is_the_blend_that_will_be_used():
    sales = purchases(shop(customers=60))
    made = split(sales, "last_order", customers=60)
    members = {method: learn(made.training, method=method) for method in ("linear", "items", "recent")}
    settings = {"method": "blend", "parameters": None, "groups": None}
    one, two = (learner("new", made.training, made=already, **settings) for already in (members, None))
    assert one.shares == two.shares and any(member is members["linear"] or member is members["items"] for member in one.members)
    np.testing.assert_array_equal(one.scores(made.asked), two.scores(made.asked))


def test_a_comparison_can_be_kept_and_read_back():
    found = compare(purchases(shop(customers=60)), methods=("items",), choose=False)
    back = pickle.loads(pickle.dumps(found))
    pd.testing.assert_frame_equal(back.table, found.table)
    assert len(pickle.dumps(found)) < 20_000


def test_pictures_show_popularity_as_the_yardstick():
    found = compare(purchases(shop(customers=60)), methods=("items",), choose=False)
    for measure in charts.MEASURE_WORDS:
        line, dots = charts.compared(found, measure=measure, names={"items": "Same customers"}).data
        assert set(line.x) == {found.value("popular", measure)} and line.meta["meaning"] == "reference"
        meaning = dict(zip(found.table["method"], dots.meta["meaning"], strict=True))
        assert meaning == {"items": "good", "popular": "past", "random": "past"}
        assert (np.array(dots.error_x.array) >= 0).all() and (np.array(dots.error_x.arrayminus) >= 0).all()
    figure = charts.coverage(found, names={"items": "Same customers"})
    assert "Same customers" in figure.layout.yaxis.ticktext and figure.data[1].marker.color is None
    with pytest.raises(InvalidInput, match="There is no measure"):
        charts.compared(found, measure="beauty")
