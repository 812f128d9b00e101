"""Pictures: everybody has a place of one's own, the same each time, and large networks stay readable."""

import itertools

import numpy as np
import pandas as pd
import pytest

from crm.analytics import network
from crm.analytics.network import layout
from crm.errors import InvalidInput
from tests.analytics.network.networks import analysed, customers, orders

DRAW = np.random.default_rng(0)
TREES = {
    "one": [-1], "pair": [-1, 0], "chain": [-1, *range(149)], "star": [-1] + [0] * 149,
    "binary": [-1] + [(node - 1) // 2 for node in range(1, 150)],
    "random": [-1] + [int(DRAW.integers(0, node)) for node in range(1, 150)],
    "deep": [-1] + [max(0, node - int(DRAW.integers(1, 4))) for node in range(1, 150)],
    "broom": [-1, *range(20)] + [20] * 100, "star with a tail": [-1] + [0] * 80 + [80, 81, 82, 83, 84, 85, 86],
}


def closest(places: np.ndarray) -> float:
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    return (apart + 9 * np.eye(len(places))).min()


@pytest.mark.parametrize("name", TREES)
def test_no_two_of_a_tree_stand_on_each_other(name):
    places = layout.rings(np.array(TREES[name]))
    assert places.shape == (len(TREES[name]), 2) and places[0].tolist() == [0, 0]
    assert closest(places) >= 0.79


def test_a_long_line_winds_up_and_a_star_fills_its_middle():
    assert np.abs(layout.rings(np.array(TREES["chain"]))).max() < 8
    assert np.abs(layout.rings(np.array(TREES["star"]))).max() < 11


def test_families_stand_side_by_side_and_do_not_overlap():
    families = [layout.rings(np.array(tree)) for tree in TREES.values()] + [layout.rings(np.array([-1, 0]))] * 40
    placed = layout.side_by_side(families)
    assert closest(np.concatenate(placed)) >= 0.79
    spread = np.concatenate(placed)
    assert np.ptp(spread[:, 0]) > np.ptp(spread[:, 1])


def many(referrals: int, *, turned: bool = False):
    """As many referrals, some bring many, families of all sizes; everybody spends."""
    draw = np.random.default_rng(0)
    pairs = [(int(draw.integers(0, node) ** 0.9) + 1, node + 1) if draw.random() < 0.8 else (10**6 + node, node + 1)
             for node in range(1, referrals + 1)]
    spend = orders(*((node, "2026-01-01", float(draw.integers(1, 500))) for node in range(1, referrals + 2)))
    return analysed(*pairs[::-1], bought=spend[::-1]) if turned else analysed(*pairs, bought=spend)


def test_ten_thousand_referrals_are_a_picture_of_a_hundred_customers():
    result = many(10_000)
    drawing = network.overview(result)
    assert len(drawing.nodes) == 100 and drawing.nodes["node_id"].is_unique
    assert closest(drawing.nodes[["x", "y"]].to_numpy()) >= 0.79
    assert drawing.left_out == len(result.customers) - 100
    figure = network.picture(drawing, names={}, hovers={})
    assert sum(len(trace.x) for trace in figure.data) <= 5_000
    top = result.customers["customer_id"].iloc[0]
    assert top in drawing.nodes["node_id"].to_numpy()


def test_the_same_picture_each_time_and_in_any_sequence():
    once, again = network.overview(many(300)), network.overview(many(300, turned=True))
    pd.testing.assert_frame_equal(once.nodes, again.nodes)
    pd.testing.assert_frame_equal(once.links, again.links)


def test_a_star_of_five_thousand_shows_those_who_spent_most():
    bought = orders(*((node, "2026-01-01", node) for node in range(2, 5_002)))
    drawing = network.overview(analysed(*((1, node) for node in range(2, 5_002)), bought=bought))
    assert len(drawing.nodes) == 100 and drawing.nodes["node_id"].min() == 1
    assert sorted(drawing.nodes["node_id"])[1] == 5_001 - 98 and drawing.left_out == 5_001 - 100
    assert drawing.nodes.loc[drawing.nodes["node_id"] == 1, "is_middle"].all()


def test_a_line_of_a_thousand_shows_its_beginning():
    drawing = network.overview(analysed(*itertools.pairwise(range(1, 1_001))))
    assert sorted(drawing.nodes["node_id"]) == list(range(1, 101))


def test_one_large_family_does_not_hide_the_others():
    pairs = [(1, node) for node in range(2, 500)] + [(1000 + pair, 2000 + pair) for pair in range(10)]
    bought = orders(*((node, "2026-01-01", 10) for node in range(2, 500)))
    drawing = network.overview(analysed(*pairs, bought=bought))
    assert drawing.families == 11 and len(drawing.nodes) == 100


def test_families_that_brought_most_come_first():
    pairs = [(100 + pair, 200 + pair) for pair in range(100)]
    bought = orders(*((200 + pair, "2026-01-01", pair) for pair in range(100)))
    drawing = network.overview(analysed(*pairs, bought=bought))
    assert drawing.families == 50 and drawing.families_in_all == 100
    assert set(drawing.nodes["node_id"]) == {100 + pair for pair in range(50, 100)} | {200 + pair for pair in range(50, 100)}


def test_circles_and_hubs_are_drawn_too():
    people = customers((1, "Ada", "Pan", "person"), (7, "Bo", "pan", "person"))
    drawing = network.overview(analysed((1, 2), (2, 1), people=people))
    assert set(drawing.nodes["node_id"]) == {-1, 1, 2, 7} and len(drawing.links) == 4
    figure = network.picture(drawing, names={-1: "Pan", 1: "Ada"}, hovers={})
    assert {trace.meta["meaning"] for trace in figure.data} == {"past", "reference", "comparison", "good"}


def test_surroundings_are_one_or_two_steps_wide():
    result = analysed((1, 2), (2, 3), (3, 4), (4, 5), (2, 6))
    assert set(network.surroundings(result, customer_id=3).nodes["node_id"]) == {2, 3, 4}
    two = network.surroundings(result, customer_id=3, steps=2)
    assert set(two.nodes["node_id"]) == {1, 2, 3, 4, 5, 6} and two.nodes["node_id"].iloc[0] == 3
    assert two.nodes.set_index("node_id")["is_middle"].to_dict() == {node: node == 3 for node in range(1, 7)}


def test_surroundings_of_many_show_the_nearest_who_count_most():
    pairs = [(1, node) for node in range(2, 202)] + [(2, node) for node in range(300, 310)]
    bought = orders(*((node, "2026-01-01", node) for node in [*range(2, 202), *range(300, 310)]))
    result = analysed(*pairs, bought=bought)
    drawing = network.surroundings(result, customer_id=1, steps=2)
    assert len(drawing.nodes) == 60 and drawing.left_out == 211 - 60
    assert set(drawing.nodes["node_id"]) == {1, 2, *range(144, 202)}


def test_wrong_steps_and_customers_without_links_are_told():
    result = analysed((1, 2))
    assert network.has_links(result, 2) and not network.has_links(result, 3) and not network.has_links(result, 10**9)
    with pytest.raises(InvalidInput, match="Nobody is linked"):
        network.surroundings(result, customer_id=3)
    with pytest.raises(InvalidInput, match="choose 1 or 2"):
        network.surroundings(result, customer_id=1, steps=3)


def test_points_grow_with_the_value_and_carry_their_customer():
    bought = orders((2, "2026-01-01", 400), (4, "2026-01-01", 100))
    figure = network.picture(network.overview(analysed((1, 2), (3, 4), bought=bought)), names={}, hovers={})
    trace = next(trace for trace in figure.data if trace.meta["meaning"] == "good")
    sizes = dict(zip(trace.customdata, trace.marker.size, strict=True))
    assert sizes[1] > sizes[3] > 7


def test_names_are_shown_as_they_are_never_as_markup():
    figure = network.picture(network.overview(analysed((1, 2))), names={1: "<b>A & B</b>"}, hovers={1: "<a href='x'>A</a>"})
    trace = next(trace for trace in figure.data if trace.meta["meaning"] == "good")
    assert trace.text[0] == "&lt;b&gt;A &amp; B&lt;/b&gt;" and trace.hovertext[0].startswith("&lt;a")


def test_only_a_few_names_are_written_on_the_picture():
    result = many(200)
    names = {int(node): f"Customer {node}" for node in result.graph.nodes}
    figure = network.picture(network.overview(result), names=names, hovers={})
    assert sum(bool(text) for trace in figure.data if trace.text for text in trace.text) in range(4, 13)


def test_no_chart_names_a_colour():
    result = many(100)
    drawings = [network.overview(result), network.surroundings(result, customer_id=1)]
    for figure in [network.picture(drawing, names={}, hovers={}) for drawing in drawings]:
        assert all(trace.marker.color is None and trace.line.color is None for trace in figure.data)


def test_both_measures_of_the_comparison_are_drawn_with_intervals():
    spend = np.arange(1, 21.0)
    bought = orders(*((start + place, "2025-01-01", amount) for start in (101, 201) for place, amount in enumerate(spend)))
    found = network.compare(bought, np.arange(101, 121), as_of=pd.Timestamp("2026-06-30").date())
    for measure, middle in (("spend", 10.5), ("repeat", 0)):
        (trace,) = network.comparison(found, measure=measure).data
        assert list(trace.x) == [middle, middle] and min(trace.error_x.array) > 0 and trace.meta["meaning"] == ["good", "past"]
