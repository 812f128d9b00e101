"""Do the pictures show what the network holds, and can they be read on a phone?"""

import numpy as np
import pandas as pd
import pytest

from crm.analytics.prediction.bayes_net import learn, query, strengths
from crm.analytics.prediction.bayes_net.charts import LEFT, RIGHT, before_and_after, chances_table, graph, in_rows


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(0)
    n = 5000
    leaves = rng.random(n) < 0.3
    silent = rng.exponential(np.where(leaves, 120, 40)).round()
    complained = rng.random(n) < np.where(leaves, 0.3, 0.1)
    ignored = rng.random(n) < np.where(complained, 0.5, 0.02)
    return learn(pd.DataFrame({"silent": silent, "complained": complained, "ignored": ignored, "leaves": leaves,
                               "shoe <size>": rng.random(n) < 0.5}), "leaves")


def heads(figure):
    return [head for trace in figure.data if trace.mode == "markers" for head in zip(trace.x, trace.y, trace.hovertext, strict=True)]


def test_every_arrow_has_its_line_and_its_head(network):
    figure = graph(network)
    arrows = [trace for trace in figure.data if trace.legendgroup and trace.mode == "lines"]
    assert len(arrows) == len(heads(figure)) == len(network.edges)
    rows = in_rows(network)
    for trace, (_, y, told) in zip(arrows, heads(figure), strict=True):
        above, child = (rows.index(name) for name in told.split(":")[0].split(" → "))
        # It begins at the box that it leads from and ends at the other.
        assert round(trace.y[0]) == above and round(trace.y[-1]) == round(y) == child


def test_the_target_stands_at_the_top_and_its_arrows_at_the_left(network):
    rows = in_rows(network)
    assert rows[0] == "leaves"
    for x, _, told in heads(graph(network)):
        assert x == pytest.approx(LEFT if told.startswith("leaves →") else RIGHT)


def test_what_no_arrow_touches_is_left_out(network):
    assert "shoe <size>" not in in_rows(network)


def test_the_stronger_arrow_is_the_thicker(network):
    figure = graph(network)
    width = {told.split(":")[0]: trace.line.width for trace, (_, _, told) in zip(
        [trace for trace in figure.data if trace.legendgroup and trace.mode == "lines"], heads(figure), strict=True)}
    table = strengths(network).sort_values("share")
    ordered = [width[f"{above} → {child}"] for above, child in zip(table["above"], table["child"], strict=True)]
    assert ordered == sorted(ordered) and ordered[0] < ordered[-1]


def test_at_most_so_many_boxes_are_drawn_and_the_weakest_are_left_out(network):
    strongest = strengths(network).query("above == 'leaves'").sort_values("share")["child"].iloc[-1]
    assert in_rows(network, most_boxes=2) == ["leaves", strongest]
    assert len(graph(network, most_boxes=2).data) == 5  # an arrow, its head, two kinds of boxes, the names


def test_a_network_without_a_target_is_drawn_too(asia):
    figure = graph(asia)
    assert len(heads(figure)) == 8 and {head[0] for head in heads(figure)} == {RIGHT}
    assert len(in_rows(asia)) == 8


def test_no_trace_names_a_colour(network):
    figures = [graph(network), chances_table(network, "ignored"),
               before_and_after(query(network, "leaves"), query(network, "leaves", {"complained": True}))]
    for figure in figures:
        assert all(trace.type == "scatter" and trace.mode == "text" or set(trace.meta) & {"meaning", "scale"} for trace in figure.data)
        assert figure.layout.meta["height"] > 0


def test_names_are_shown_as_they_are_and_long_ones_in_two_lines(network):
    figure = graph(network, label=lambda name: f"<b>{name}</b> of all the customers whom anybody has ever seen")
    names = next(trace for trace in figure.data if trace.mode == "text").text
    assert all("&lt;b&gt;" in name and name.count("<br>") == 1 and name.rstrip("</b>").endswith("…") for name in names)


def test_a_table_shows_the_chances_of_each_combination(network):
    # Which of the two leads to the other cannot be told from rows.
    above, child = next(("ignored", "complained") if "ignored" in names else ("complained", "ignored") for names in [
        [network.names[one] for one in network.parents[network.number("complained")]]])
    shown = chances_table(network, child, label=str.upper).data[0]
    parents = network.parents[network.number(child)]
    assert len(shown.z) == np.prod([network.sizes[one] for one in parents])
    assert np.allclose(np.sum(shown.z, axis=1), 1)
    assert f"{above.upper()}: yes" in shown.customdata[-1][0] and f"{child.upper()}: no" in shown.customdata[-1][0]
    assert list(chances_table(network, "leaves", always="All").layout.yaxis.ticktext) == ["All"]


def test_a_large_table_shows_its_most_frequent_lines(asia):
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"a": rng.integers(0, 5, 9000), "b": rng.integers(0, 5, 9000)})
    frame["sum"] = frame["a"] + frame["b"] > rng.integers(0, 9, 9000)
    figure = chances_table(learn(frame, required=[("a", "sum"), ("b", "sum")]), "sum")
    assert len(figure.data[0].z) == 12


def test_bars_show_the_chances_before_and_after(network):
    before, after = query(network, "leaves"), query(network, "leaves", {"complained": True})
    bars = {trace.name: trace for trace in before_and_after(before, after).data}
    assert np.allclose(bars["before"].x, before.probability) and np.allclose(bars["after"].x, after.probability)
    assert np.allclose(np.asarray(bars["after"].x) + bars["after"].error_x.array, after.high)
