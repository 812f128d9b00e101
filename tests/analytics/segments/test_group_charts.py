"""Pictures of groups: complete, true to the groups, without colours of their own, and there for the oddest of groups."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from crm.analytics.segments import choosing, comparing, finding, group_charts, preparing
from crm.analytics.segments.group_marks import meanings_of
from crm.errors import InvalidInput, NotEnoughData

COLUMNS = ["spend", "orders", "days_silent", "channel"]
NAMES = {0: "Regulars", 1: "Quiet & lost", 2: "New", -1: "No group"}
LABELS = {"spend": "Net spend", "orders": "Orders", "days_silent": "Days silent", "channel": "Channel"}
MEANINGS = {"good", "attention", "past", "reference"} | {f"group{number}" for number in range(8)}


def customers(n: int = 300) -> pd.DataFrame:
    """Three kinds: many orders lately, few long ago, few lately; the first web, the others in the shop."""
    rng = np.random.default_rng(0)
    kind = np.arange(n) % 3
    orders = np.choose(kind, [30, 3, 4]) + rng.integers(0, 3, n)
    return pd.DataFrame({
        "customer_id": 1000 + np.arange(n), "orders": orders, "spend": orders * rng.lognormal(4, 0.2, n),
        "days_silent": np.choose(kind, [10, 300, 20]) + rng.integers(0, 9, n),
        "channel": np.where(kind == 0, "Web shop", "Shop"),
    })


@pytest.fixture(scope="module")
def table():
    return customers()


@pytest.fixture(scope="module")
def groups(table):
    return finding.find(table, columns=COLUMNS, n_segments=3)


@pytest.fixture(scope="module")
def choice(table):
    return choosing.choose(preparing.prepare(table, columns=["orders", "days_silent"]).points)


@pytest.fixture(scope="module")
def crowds(table):
    return finding.find(table, columns=["orders", "days_silent"], method="dbscan", eps=0.1, min_samples=8)


@pytest.fixture(scope="module")
def tree(table):
    return finding.find(table, columns=["orders", "days_silent", "spend"], method="ward", n_segments=3)


def meanings(figure: go.Figure) -> set[str]:
    found = [trace.meta["meaning"] for trace in figure.data if "meaning" in trace.meta]
    return {one for meaning in found for one in ([meaning] if isinstance(meaning, str) else meaning)}


def every_picture(groups, table) -> dict[str, go.Figure]:
    pictures = {
        "plane": group_charts.plane(groups, table, names=NAMES, labels=LABELS),
        "heatmap": group_charts.heatmap(groups, names=NAMES, labels=LABELS),
        "flow": group_charts.flow(comparing.compare(groups.labels, groups.labels[::-1]), first_names=NAMES, second_names=None),
    }
    if "linkage" in groups.grouping.details:
        pictures["dendrogram"] = group_charts.dendrogram(groups, names=NAMES)
    if "k_distances" in groups.grouping.details:
        pictures["k_distances"] = group_charts.k_distances(groups)
    if groups.choice is not None:
        pictures |= {measure: group_charts.by_k(groups.choice, measure) for measure in ("silhouette", "gap", "stability")}
    return pictures


def test_no_picture_has_colours_of_its_own(groups, crowds, tree, table):
    for found in (groups, crowds, tree):
        for name, figure in every_picture(found, table).items():
            assert all("scale" in trace.meta or "meaning" in trace.meta for trace in figure.data), name
            assert meanings(figure) <= MEANINGS, name
            assert figure.layout.title.text is None, name
            assert '"color":' not in figure.to_json().split('"template"')[0], name


def test_the_plane_shows_every_customer_in_the_sign_of_the_group(groups, table):
    figure = group_charts.plane(groups, table, names=NAMES, labels=LABELS)
    clouds = [trace for trace in figure.data if trace.showlegend is not False]
    assert [trace.name for trace in clouds] == ["Regulars", "Quiet &amp; lost", "New"]
    assert [trace.meta["meaning"] for trace in clouds] == ["group0", "group1", "group7"]  # New keeps its own
    assert len({trace.marker.symbol for trace in clouds}) == 3
    for label, cloud in enumerate(clouds):
        assert sorted(cloud.customdata) == sorted(table["customer_id"].to_numpy()[groups.rows[groups.labels == label]])
    assert figure.layout.meta["left_out"] == 0 and figure.layout.meta["drawn"] == 300


def test_the_planes_centres_lie_where_the_groups_do(groups, table):
    figure = group_charts.plane(groups, table, names=NAMES, labels=LABELS)
    for label in range(3):
        cloud, centre = figure.data[label], figure.data[3 + label]
        assert (centre.x[0], centre.y[0]) == pytest.approx((np.mean(cloud.x), np.mean(cloud.y)))
        assert centre.marker.size > cloud.marker.size and centre.marker.symbol == cloud.marker.symbol


def test_the_plane_says_what_it_shows_and_what_its_axes_mean(groups, table):
    figure = group_charts.plane(groups, table, names=NAMES, labels=LABELS)
    variance = np.linalg.svd(groups.prepared.points - groups.prepared.points.mean(axis=0), compute_uv=False) ** 2
    assert figure.layout.meta["shown"] == pytest.approx(variance[:2].sum() / variance.sum())
    assert figure.layout.xaxis.title.text.startswith("mostly: ")
    assert figure.layout.yaxis.title.text == "mostly: Days silent"
    assert "days_silent" in figure.layout.meta["axes"][1]["columns"]
    assert group_charts.plane(groups, table, names=NAMES, labels=LABELS, mostly="vor allem {0}").layout.yaxis.title.text == "vor allem Days silent"


def test_arrows_say_which_columns_go_the_other_way():
    rng = np.random.default_rng(0)
    size = rng.normal(size=200)
    table = pd.DataFrame({"a": size, "b": -size + rng.normal(0, 0.01, 200), "c": rng.normal(0, 0.5, 200)})
    found = finding.find(table, columns=["a", "b", "c"], n_segments=2)
    title = group_charts.plane(found, table, names={}, labels={}).layout.xaxis.title.text
    assert set(title.removeprefix("mostly: ").split(", ")) in ({"a ↑", "b ↓"}, {"a ↓", "b ↑"})


def test_two_columns_are_drawn_in_their_own_units(groups, table):
    figure = group_charts.plane(groups, table, names=NAMES, labels=LABELS, x="days_silent", y="spend")
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Days silent", "Net spend")
    own = table.iloc[groups.rows[groups.labels == 0]]
    on_log = {column: column in groups.prepared.logged for column in ("days_silent", "spend")}
    for drawn, column in ((figure.data[0].x, "days_silent"), (figure.data[0].y, "spend")):
        expected = np.log1p(own[column]) if on_log[column] else own[column]
        assert sorted(drawn) == pytest.approx(sorted(expected))
    assert figure.layout.meta["shown"] is None


def test_a_log_axis_is_marked_in_round_numbers_and_keeps_nought(table):
    table = table.assign(spend=table["spend"] ** 2)
    table.loc[0, "spend"] = 0
    found = finding.find(table, columns=["spend", "orders"], n_segments=2, log=("spend",))
    axis = group_charts.plane(found, table, names={}, labels={}, x="orders", y="spend").layout.yaxis
    assert axis.ticktext[0] == "0" and axis.tickvals[0] == 0
    assert np.expm1(axis.tickvals[1:]) == pytest.approx([float(text.replace("k", "e3").replace("M", "e6").replace(",", "")) for text in axis.ticktext[1:]])


def test_rows_without_a_value_cannot_be_drawn_and_are_counted(table):
    table = table.assign(orders=table["orders"].where(table["customer_id"] % 10 > 0), nothing=np.nan, word="x")
    found = finding.find(table, columns=["orders", "spend"], n_segments=2)
    figure = group_charts.plane(found, table, names=NAMES, labels=LABELS, x="orders", y="spend")
    assert (figure.layout.meta["left_out"], figure.layout.meta["drawn"]) == (30, 270)
    with pytest.raises(InvalidInput, match="no numbers"):
        group_charts.plane(found, table, names=NAMES, labels=LABELS, x="word", y="spend")
    with pytest.raises(InvalidInput, match="both directions"):
        group_charts.plane(found, table, names=NAMES, labels=LABELS, x="spend")
    with pytest.raises((InvalidInput, NotEnoughData)):
        group_charts.plane(found, table, names=NAMES, labels=LABELS, x="nothing", y="spend")


def test_at_most_5000_points_are_drawn_and_small_groups_stay_visible():
    table = customers(20_000)
    found = finding.find(table, columns=["orders", "days_silent"], n_segments=2)
    few = np.where(np.arange(20_000) < 40, 1, 0)  # as if one group had 40 customers
    found = SimpleNamespace(**{**found.__dict__, "labels": few})
    figure = group_charts.plane(found, table, names=NAMES, labels=LABELS)
    clouds = [trace for trace in figure.data if trace.showlegend is not False]
    assert sum(len(trace.x) for trace in clouds) == 5_000 and len(clouds[1].x) >= 30
    assert {trace.type for trace in figure.data} == {"scattergl"}
    again = group_charts.plane(found, table, names=NAMES, labels=LABELS)
    assert (again.data[0].customdata == figure.data[0].customdata).all()


def test_the_heatmap_writes_real_values_and_colours_what_is_above_average(groups, table):
    heat = group_charts.heatmap(groups, names=NAMES, labels=LABELS).data[0]
    # four columns, three groups: the columns run down
    assert np.shape(heat.z) == np.shape(heat.text) == (4, 3)
    for place, label in enumerate((0, 1, 2)):
        own = table.iloc[groups.rows[groups.labels == label]]
        assert float(heat.text[1][place]) == pytest.approx(own["orders"].median())
        assert heat.text[3][place] == own["channel"].mode().item()
        assert heat.z[1][place] == pytest.approx(
            np.median(groups.prepared.points[groups.labels == label, groups.prepared.columns.index("orders")]), abs=1e-9)
    web = [place for place in range(3) if heat.text[3][place] == "Web shop"]
    assert len(web) == 1 and heat.z[3][web[0]] > 1
    assert heat.meta == {"scale": "diverging"} and heat.zmid == 0


def test_the_heatmap_has_the_longer_list_down_and_writes_as_it_is_told(groups, tree):
    tall = group_charts.heatmap(groups, names=NAMES, labels=LABELS).layout
    assert list(tall.yaxis.ticktext) == ["Net spend", "Orders", "Days silent", "Channel"]
    wide = group_charts.heatmap(tree, names=NAMES, labels=LABELS, written=lambda column, number: f"{column} {number:.0f}")
    assert list(wide.layout.yaxis.ticktext) == ["Regulars", "Quiet &amp; lost", "New"]
    assert wide.data[0].text[0][0].startswith("orders ")


def test_the_scale_of_the_points_does_not_change_the_heatmaps_colours(groups):
    stretched = replace(groups, prepared=replace(groups.prepared, points=groups.prepared.points * 7 + 3))
    same = [group_charts.heatmap(one, names=NAMES, labels=LABELS).data[0].z for one in (groups, stretched)]
    assert same[0] == pytest.approx(same[1])


def test_a_dendrogram_shows_at_most_thirty_branches_and_all_customers(tree):
    figure = group_charts.dendrogram(tree, names=NAMES)
    sizes = [int(text.replace(",", "")) for text in figure.layout.yaxis.ticktext]
    assert len(sizes) == 30 and sum(sizes) == 300
    ends = [trace for trace in figure.data if trace.showlegend is not False]
    for label, end in enumerate(ends):
        assert sum(end.customdata) == (tree.labels == label).sum()
        assert end.meta["meaning"] == ("group0", "group1", "group7")[label]
    assert len({trace.marker.symbol for trace in ends}) == 3


def test_the_cut_lies_between_the_last_join_and_the_first_undone(tree):
    heights = np.sort(tree.grouping.details["linkage"][:, 2])
    figure = group_charts.dendrogram(tree, names=NAMES)
    assert heights[-3] <= figure.layout.meta["cut"] <= heights[-2]
    line = [trace for trace in figure.data if trace.meta["meaning"] == "reference"]
    assert line[0].x == (figure.layout.meta["cut"],) * 2


def test_a_branch_is_drawn_where_its_parts_are_joined(tree):
    forks = [trace for trace in group_charts.dendrogram(tree, names=NAMES).data if trace.mode == "lines" and trace.meta["meaning"] != "reference"]
    heights = sorted(x for trace in forks for x in trace.x[1::5])
    assert heights == pytest.approx(np.sort(tree.grouping.details["linkage"][:, 2])[-29:].tolist())


def test_micro_clusters_count_with_their_customers():
    table = customers(6_000).assign(noise=np.random.default_rng(1).normal(size=6_000))
    found = finding.find(table, columns=["orders", "spend", "noise"], method="ward", n_segments=3)
    figure = group_charts.dendrogram(found, names=NAMES)
    assert found.grouping.approximated == "micro"
    assert sum(int(text.replace(",", "")) for text in figure.layout.yaxis.ticktext) == 6_000


def test_pictures_of_one_method_are_refused_for_another(groups):
    with pytest.raises(InvalidInput, match="hierarchical"):
        group_charts.dendrogram(groups)
    with pytest.raises(InvalidInput, match="density"):
        group_charts.k_distances(groups)


def test_k_distances_rise_to_the_end_and_the_line_is_what_counts_as_near(crowds):
    curve, line = group_charts.k_distances(crowds).data
    assert (np.diff(curve.y) >= 0).all() and curve.x[-1] == 1
    assert line.y == (crowds.grouping.details["eps"],) * 2 and line.meta["meaning"] == "reference"


@pytest.mark.parametrize("measure", ["silhouette", "calinski_harabasz", "gap", "smallest_share", "stability"])
def test_the_recommended_number_is_marked_by_sign_and_colour(choice, measure):
    points = group_charts.by_k(choice, measure).data[0]
    marked = [int(k) for k, symbol in zip(points.x, points.marker.symbol, strict=True) if symbol == "diamond"]
    assert marked == [choice.recommended_k]
    assert [k for k, meaning in zip(points.x, points.meta["meaning"], strict=True) if meaning == "attention"] == marked
    assert list(points.y) == choice.by_k[measure].tolist()


def test_a_measure_that_was_not_taken_is_refused_and_gaps_in_it_are_no_points(choice):
    with pytest.raises(InvalidInput, match="choose one of silhouette"):
        group_charts.by_k(choice, "bic")
    unknown = SimpleNamespace(by_k=choice.by_k.assign(stability=np.nan), recommended_k=3)
    assert len(group_charts.by_k(unknown, "stability").data[0].x) == 0


def test_streams_are_as_thick_as_customers_go_and_fill_both_sides():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 8, 2_000), rng.integers(-1, 7, 2_000)
    figure = group_charts.flow(comparing.compare(first, second), first_names=None, second_names={-1: "None"})
    streams = [trace for trace in figure.data if trace.type == "scatter" and trace.fill == "toself"]
    assert len(streams) == 64
    left, right = [trace for trace in figure.data if trace.type == "bar"]
    assert left.meta["meaning"] == [f"group{label}" for label in range(8)]
    assert right.meta["meaning"] == [*(f"group{label}" for label in range(7)), "past"]
    for bars in (left, right):
        assert sum(bars.y) == pytest.approx(1 - 7 * 0.02)
        assert all(low + thick <= after for low, thick, after in zip(bars.base, bars.y, bars.base[1:], strict=False))
    at_start = sum(stream.y[-1] - stream.y[0] for stream in streams)
    at_end = sum(stream.y[len(stream.y) // 2] - stream.y[len(stream.y) // 2 - 1] for stream in streams)
    assert at_start == pytest.approx(sum(left.y)) and at_end == pytest.approx(sum(right.y))
    assert [note.text for note in figure.layout.annotations][-1].startswith("None ")


def test_names_of_tiny_groups_do_not_lie_on_one_another():
    second = np.r_[np.zeros(10_000, int), np.arange(1, 8)]
    figure = group_charts.flow(comparing.compare(np.zeros(10_007, int), second), first_names=None, second_names=None)
    heights = sorted(note.y for note in figure.layout.annotations if note.xanchor == "right")
    assert np.diff(heights).min() * figure.layout.meta["height"] >= 14.9
    assert heights[-1] < 1


def test_words_as_labels_have_the_colours_that_they_have_elsewhere():
    flow = pd.DataFrame({"first": ["Champions", "Lost", "Mine"], "second": [0, 1, 1], "customers": [30, 20, 10]})
    left = next(trace for trace in group_charts.flow(SimpleNamespace(flow=flow)).data if trace.type == "bar")
    assert left.meta["meaning"] == ["group0", "group5", "group1"]
    assert meanings_of(["x", -1, 9]) == ["group0", "past", "group1"]


@pytest.mark.parametrize("method", ["kmeans", "ward", "complete", "mixture"])
def test_two_customers_have_all_pictures(method):
    table = customers(2)
    found = finding.find(table, columns=["orders", "days_silent"], method=method, n_segments=2)
    for name, figure in every_picture(found, table).items():
        assert len(figure.data), name


@pytest.mark.parametrize("columns", [["orders"], ["channel"]])
def test_one_column_is_enough_for_all_pictures(table, columns):
    found = finding.find(table, columns=columns, n_segments=2)
    for name, figure in every_picture(found, table).items():
        assert len(figure.data), name
    assert group_charts.plane(found, table, names=NAMES, labels=LABELS).layout.meta["shown"] == pytest.approx(1)


def test_one_group_and_none_at_all_have_pictures(table):
    for eps in (50.0, 1e-9):
        found = finding.find(table.assign(spend=np.arange(300.0)), columns=["spend", "orders"], method="dbscan", eps=eps, min_samples=5)
        assert found.grouping.k in (0, 1)
        for name, figure in every_picture(found, table.assign(spend=np.arange(300.0))).items():
            assert len(figure.data), name
    everybody = SimpleNamespace(labels=np.zeros(2, int), grouping=SimpleNamespace(k=1, details={
        "linkage": np.array([[0, 1, 0.0, 2.0]]), "leaf_sizes": np.array([1, 1]), "leaf_labels": np.array([0, 0])}))
    assert len(group_charts.dendrogram(everybody).data)


def test_equal_customers_have_a_plane():
    rows = np.arange(4)
    prepared = SimpleNamespace(points=np.zeros((4, 2)), columns=("a", "b"), sources=("a", "b"), logged=(), rows=rows)
    equal = SimpleNamespace(prepared=prepared, labels=np.zeros(4, int), rows=rows)
    figure = group_charts.plane(equal, pd.DataFrame({"a": [1.0] * 4, "b": [2.0] * 4}), names={}, labels={})
    assert len(figure.data[0].x) == 4 and np.isnan(figure.layout.meta["shown"])


def test_no_customers_in_both_groupings_give_an_empty_picture():
    nothing = SimpleNamespace(flow=pd.DataFrame({"first": [], "second": [], "customers": []}))
    assert group_charts.flow(nothing).layout.meta["height"] > 0
