"""Pictures of baskets: what they show, that they fit a phone, and that they name meanings, never colours."""

import json

import numpy as np
import pandas as pd
import pytest

from crm.analytics.baskets import pictures
from crm.analytics.baskets.orders import read_baskets
from crm.analytics.baskets.pairs import pairs_of
from crm.analytics.baskets.pictures.labels import beside, placed
from crm.analytics.baskets.rules import rules_of
from crm.analytics.baskets.sequences import sequences
from crm.errors import InvalidInput
from tests.analytics.baskets.shops import AS_OF, catalogue, lines_of, visits

NAMES = {number: f"Thing {number}" for number in range(1, 61)} | {1: "<b>Tea</b> & co", 2: "A name that is much too long for a phone"}
COLOURS = ("rgb", "#", "colorscale")


@pytest.fixture(scope="module")
def shop():
    lines = visits(planted=(7, 30), customers=600, chance=0.9)
    pairs = lines_of([(9000 + number, 0, product, number) for number in range(60) for product in (50, 51)])
    lines = pd.concat([lines, pairs], ignore_index=True)
    baskets = read_baskets(lines, catalogue(), as_of=AS_OF)
    return {"rules": rules_of(baskets, min_support=3, min_confidence=0.05), "pairs": pairs_of(baskets),
            "sequences": sequences(lines, catalogue(), as_of=AS_OF, within_days=60)}


@pytest.fixture(scope="module")
def drawings(shop):
    rules, found = shop["rules"], shop["sequences"]
    return {"scatter": pictures.rule_scatter(rules.rules, names=NAMES), "network": pictures.product_network(rules.pairs, names=NAMES, chosen=1),
            "matrix": pictures.lift_matrix(*pictures.lifts_among(shop["pairs"]), names=NAMES),
            "rules": pictures.rule_streams(rules.rules, names=NAMES),
            "sequences": pictures.sequence_streams(found.table, names=NAMES), "paths": pictures.path_streams(found.paths, names=NAMES)}


def test_pictures_name_meanings_and_no_colours_and_say_a_height(drawings):
    for name, figure in drawings.items():
        assert figure.data or name == "paths"
        for trace in figure.data:
            assert set(trace.meta) & {"meaning", "scale"}, name
            written = json.dumps(trace.to_plotly_json(), default=str)
            assert not any(word in written for word in COLOURS), name
        assert 150 <= figure.layout.meta["height"] <= 800 and figure.layout.title.text is None


def test_names_are_safe_and_short_in_labels_and_whole_in_hovers(drawings):
    for name, figure in drawings.items():
        written = figure.to_json()
        assert "<b>Tea" not in written and "\\u003cb\\u003eTea" not in written, name
    figure = pictures.product_network(pd.DataFrame({"product_id_a": [2], "product_id_b": [3], "count": [9], "lift": [2.0]}), names=NAMES)
    labels = [text for trace in figure.data if trace.text for text in trace.text if text]
    assert labels and all(len(label) <= 16 for label in labels)
    assert any(NAMES[2] in text for trace in figure.data if trace.hovertext for text in trace.hovertext)


def test_the_scatter_shows_each_rule_and_marks_what_may_be_chance(shop):
    rules = shop["rules"].rules
    figure = pictures.rule_scatter(rules, names=NAMES)
    drawn = {trace.marker.symbol: list(trace.customdata) for trace in figure.data}
    assert sorted(sum(drawn.values(), [])) == sorted(rules.index)
    assert set(drawn["circle"]) == set(rules.index[rules["size_q_value"] <= 0.05])
    sizes = {row: size for trace in figure.data for row, size in zip(trace.customdata, trace.marker.size, strict=True)}
    assert max(sizes, key=sizes.get) == rules["lift"].idxmax()


def test_thousands_of_rules_are_drawn_by_the_graphics_card(shop):
    many = pd.concat([shop["rules"].rules] * (6000 // len(shop["rules"].rules) + 1), ignore_index=True)
    figure = pictures.rule_scatter(many, names=NAMES)
    assert {trace.type for trace in figure.data} == {"scattergl"} and sum(len(trace.x) for trace in figure.data) == 5000


def test_the_network_holds_the_first_pairs_of_at_most_forty_products():
    rng = np.random.default_rng(0)
    a = rng.integers(1, 100, 300)
    pairs = pd.DataFrame({"product_id_a": a, "product_id_b": a + rng.integers(1, 50, 300), "count": 10, "lift": 2.0})
    figure = pictures.product_network(pairs)
    points = [trace for trace in figure.data if trace.mode == "markers+text"]
    ids = set(np.concatenate([trace.customdata for trace in points]).tolist())
    assert 30 < len(ids) <= 40 and {int(pairs.at[0, "product_id_a"]), int(pairs.at[0, "product_id_b"])} <= ids
    x, y = (np.concatenate([getattr(trace, axis) for trace in points]) for axis in "xy")
    assert (x >= 0).all() and (x <= 310).all() and (y >= 0).all() and (y <= 380).all()
    away = np.hypot(x[:, None] - x, y[:, None] - y)[~np.eye(len(x), dtype=bool)]
    assert away.min() > 3
    assert figure.to_json() == pictures.product_network(pairs).to_json()


def test_the_chosen_product_is_marked_by_more_than_a_colour(shop):
    figure = pictures.product_network(shop["rules"].pairs, chosen=1)
    marked = [trace for trace in figure.data if trace.marker.symbol == "diamond"]
    assert [list(trace.customdata) for trace in marked] == [[1]] and marked[0].name


def test_the_matrix_holds_the_lift_of_every_two(shop):
    pairs = shop["pairs"]
    lift, count = pictures.lifts_among(pairs, product_ids=[3, 9, 1, 7])
    assert sorted(lift.index) == [1, 3, 7, 9] and np.isnan(np.diag(lift)).all()
    place = {product: int(np.searchsorted(pairs.product_ids, product)) for product in (3, 9)}
    both, three, nine = (int(pairs.together[place[a], place[b]]) for a, b in ((3, 9), (3, 3), (9, 9)))
    assert count.at[3, 9] == both and lift.at[3, 9] == lift.at[9, 3] == pytest.approx(both * pairs.orders / (three * nine))
    figure = pictures.lift_matrix(lift, count, names=NAMES)
    assert np.nanmax(np.abs(figure.data[0].z)) <= 4 and figure.data[0].zmid == 0
    assert np.array(pictures.lift_matrix(lift, count, usual=2.0).data[0].z)[0, 1] == pytest.approx(figure.data[0].z[0][1] - 1)
    assert list(figure.layout.xaxis.ticktext) == ["1", "2", "3", "4"]
    assert len(pictures.lifts_among(pairs, most=12)[0]) <= 12


def test_impossible_matrices_are_explained(shop):
    with pytest.raises(InvalidInput, match="choose 2 to 40"):
        pictures.lifts_among(shop["pairs"], product_ids=[1])
    with pytest.raises(InvalidInput, match="products that were sold"):
        pictures.lifts_among(shop["pairs"], product_ids=[1, 999])


def test_streams_are_as_thick_as_orders_and_bars_fill_the_height(shop):
    rules = shop["rules"].rules.head(10)
    figure = pictures.rule_streams(rules, names=NAMES, most=10)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert len(bars) == 2 and len(figure.data) == 2 + len(rules)
    for bar in bars:
        assert np.max(np.array(bar.base) + np.array(bar.y)) == pytest.approx(1)
    left = rules.groupby(rules["antecedents"].map(str), sort=False)["count"].sum().to_numpy()
    assert np.array(bars[0].y) / np.sum(bars[0].y) == pytest.approx(left / left.sum())
    assert len(pictures.rule_streams(shop["rules"].rules).data) <= 22


def test_paths_have_three_sides():
    paths = pd.DataFrame({"product_id_1": [1, 1], "product_id_2": [2, 3], "product_id_3": [4, 4], "customers": [10, 5]})
    bars = [trace for trace in pictures.path_streams(paths, names=NAMES).data if trace.type == "bar"]
    assert [len(bar.x) for bar in bars] == [1, 2, 1] and [bar.x[0] for bar in bars] == sorted(bar.x[0] for bar in bars)


def test_nothing_gives_an_empty_picture_not_a_crash(shop):
    rules, found = shop["rules"], shop["sequences"]
    for figure in (pictures.rule_scatter(rules.rules.head(0)), pictures.product_network(rules.pairs.head(0)),
                   pictures.rule_streams(rules.rules.head(0)), pictures.sequence_streams(found.table.head(0)),
                   pictures.path_streams(found.paths.head(0))):
        assert not figure.data


def chain(products: int) -> pd.DataFrame:
    """Each product goes with the next, and the first three with one another."""
    a = np.append(np.arange(1, products), 1)
    return pd.DataFrame({"product_id_a": a, "product_id_b": np.append(np.arange(2, products + 1), 3), "count": 10, "lift": 2.0})


def named(figure) -> tuple[list[str], int]:
    points = [trace for trace in figure.data if trace.mode == "markers+text"]
    return [text for trace in points for text in trace.text if text], sum(len(trace.x) for trace in points)


def test_every_product_of_a_small_network_has_its_name_and_the_least_of_a_large_one_may_have_none():
    names = {number: f"{'Stoneware' if number % 2 else 'Enamel'} thing {number}" for number in range(1, 41)}
    for products in (3, 5, 15, 20):
        labels, points = named(pictures.product_network(chain(products), names=names))
        assert len(labels) == points == products
    labels, points = named(pictures.product_network(chain(40), names=names))
    assert points == 40 and 5 < len(labels) <= 24


def test_a_name_stands_where_its_lines_do_not_run():
    points, lines = np.array([[100.0, 100.0], [200.0, 100.0], [100.0, 200.0]]), np.array([[0, 1], [0, 2]])
    found = placed(points, np.full(3, 10.0), [["Teapot"]] * 3, lines, first=[0, 1, 2], width=310, most=3, every=True)
    assert found[0][1] in ("bottom center", "middle left") and found[1][1] != "middle left" and found[2][1] != "bottom center"


def test_two_sets_that_begin_alike_are_told_apart():
    sets = [["Proofing basket", "Bread cloth"], ["Proofing basket", "Dough scraper"], ["Proofing basket"]]
    texts = beside(sets, 20)
    assert len(set(texts)) == 3 and all(len(text) <= 20 for text in texts) and "… + Bread" in texts[0]
    rules = pd.DataFrame({"antecedents": [(1, 2), (1, 3)], "consequents": [(4,), (4,)], "count": 5, "confidence": 0.5, "lift": 2.0})
    names = {1: "Proofing basket", 2: "Bread cloth", 3: "Dough scraper", 4: "Flour"}
    said = [note.text for note in pictures.rule_streams(rules, names=names).layout.annotations]
    assert len(set(said)) == 3 and any("+ Dough" in text for text in said)
