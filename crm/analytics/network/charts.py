"""Network pictures: who hangs together with whom, and do referred customers differ?"""

from collections.abc import Mapping
from html import escape

import numpy as np
import plotly.graph_objects as go

from crm.analytics.network.drawing import Drawing
from crm.analytics.network.referrals import Comparison

LABELLED = 12  # names on the picture at most; more would cover each other and the points
LONGEST_LABEL = 18  # signs; the whole name is in the hover
LETTER_WIDTH, LINE_HEIGHT = 6.5, 15  # pixels of a label of size 11, a little more than needed
ROOM_FOR_LABELS = 0.06  # of the picture, beyond the outermost points
SMALLEST, LARGEST = 6, 26  # pixels across
# What the traces are called where there is more than one kind.
WORDS = {"brought": "Brought others", "others": "Was brought, or belongs", "hub": "Company", "middle": "This customer",
         "referral": "Brought by", "belonging": "Belongs to"}
GROUPS = {"referred": "Brought by others", "other": "All others"}


def picture(drawing: Drawing, *, names: Mapping[int, str], hovers: Mapping[int, str], is_around: bool = False,
            pixels: tuple[int, int] = (600, 320), words: Mapping[str, str] = WORDS) -> go.Figure:
    """Nodes and links; the area of a point grows with the value that its customer brought.

    names: the label of a node, for the few who brought most and have room for it; hovers: the whole sentence of a node.
    Each point's customdata is its node_id. `is_around`: one customer stands in the middle and is marked. `pixels`: about
    how wide and high the picture will be; where it is smaller, names come closer to each other.
    """
    nodes = drawing.nodes
    figure = go.Figure([_lines(drawing, kinds, name=words[name], meaning=meaning) for kinds, name, meaning in (
        (("referral",), "referral", "past"), (("company", "parent"), "belonging", "reference"))
        if drawing.links["kind"].isin(kinds).any()])
    is_hub, is_middle = (nodes["node_id"] < 0).to_numpy(), nodes["is_middle"].to_numpy() & is_around
    has_brought = (nodes["brought"] > 0).to_numpy() & ~is_middle
    sizes = _sizes(nodes["value_brought"].to_numpy(), nodes["brought"].to_numpy() > 0)
    sizes = np.where(is_hub | is_middle, np.maximum(sizes, 12), sizes)
    labels = _labels(drawing, names, sizes, is_around=is_around, pixels=pixels)
    for chosen, name, meaning, symbol in (
            (~is_hub & ~has_brought & ~is_middle, "others", "past", "circle"), (is_hub, "hub", "comparison", "square"),
            (has_brought, "brought", "good", "circle"), (is_middle, "middle", "good", "diamond")):
        rows = np.flatnonzero(chosen)
        if not len(rows):
            continue
        ids = nodes["node_id"].to_numpy()[rows].tolist()
        figure.add_trace(go.Scatter(
            x=nodes["x"].to_numpy()[rows], y=nodes["y"].to_numpy()[rows], mode="markers+text", name=words[name],
            customdata=ids, hovertext=[escape(hovers.get(node, names.get(node, "")), quote=False) for node in ids],
            text=[labels.get(node, ("", ""))[0] for node in ids],
            textposition=[labels.get(node, ("", "top center"))[1] for node in ids],
            textfont={"size": 11}, cliponaxis=False,
            marker={"size": sizes[rows], "symbol": symbol, "opacity": 0.9, "line": {"width": 0}},
            hovertemplate="%{hovertext}<extra></extra>", meta={"meaning": meaning}))
    axis = {"visible": False, "showgrid": False, "zeroline": False}
    rim = {name: max(ROOM_FOR_LABELS * float(np.ptp(nodes[name])), 0.6) for name in ("x", "y")}
    ranges = {name: [float(nodes[name].min()) - rim[name], float(nodes[name].max()) + rim[name]] for name in rim}
    figure.update_layout(xaxis={**axis, "range": ranges["x"]},
                         yaxis={**axis, "range": ranges["y"], "scaleanchor": "x", "scaleratio": 1}, hovermode="closest",
                         showlegend=True)
    return figure


def comparison(found: Comparison, *, measure: str = "spend", words: Mapping[str, str] = GROUPS) -> go.Figure:
    """Both groups with their 95 % intervals; `measure` is "spend" (mean, net) or "repeat" (share who came back)."""
    column = {"spend": "mean_spend", "repeat": "repeat_rate"}[measure]
    groups = found.groups
    middle = groups[column]
    pattern = ",.0f" if measure == "spend" else ".0%"
    figure = go.Figure(go.Scatter(
        x=middle, y=[words[group] for group in groups["group"]], mode="markers",
        error_x={"type": "data", "symmetric": False, "array": groups[f"{column}_high"] - middle,
                 "arrayminus": middle - groups[f"{column}_low"]},
        customdata=np.column_stack([groups["customers"], groups[f"{column}_low"], groups[f"{column}_high"]]),
        hovertemplate=f"%{{y}}: %{{x:{pattern}}} (%{{customdata[1]:{pattern}}} to %{{customdata[2]:{pattern}}}), "
                      "%{customdata[0]:,.0f} customers<extra></extra>",
        marker={"size": 12}, meta={"meaning": ["good", "past"]}))
    xaxis = {"tickformat": "~s", "rangemode": "tozero"} if measure == "spend" else {
        "tickformat": ".0%", "range": [0, max(1.08 * float(groups[f"{column}_high"].max()), 0.1)]}
    figure.update_layout(
        xaxis=xaxis,
        yaxis={"autorange": "reversed", "type": "category", "range": [-0.5, 1.5]}, showlegend=False)
    return figure


def _lines(drawing: Drawing, kinds: tuple[str, ...], *, name: str, meaning: str) -> go.Scatter:
    links = drawing.links[drawing.links["kind"].isin(kinds)]
    gap = np.full(len(links), np.nan)  # lifts the pen between two links
    x = np.column_stack([links["from_x"], links["to_x"], gap]).ravel()
    y = np.column_stack([links["from_y"], links["to_y"], gap]).ravel()
    return go.Scatter(x=x, y=y, mode="lines", name=name, line={"width": 1.5}, opacity=0.55, hoverinfo="skip",
                      meta={"meaning": meaning})


def _sizes(value: np.ndarray, has_brought: np.ndarray) -> np.ndarray:
    most = max(float(value.max(initial=0)), 1e-9)
    grown = SMALLEST + 3 + (LARGEST - SMALLEST - 3) * np.sqrt(np.maximum(value, 0) / most)
    return np.where(has_brought, grown, SMALLEST)


def _labels(drawing: Drawing, names: Mapping[int, str], sizes: np.ndarray, *, is_around: bool,
            pixels: tuple[int, int]) -> dict[int, tuple[str, str]]:
    """{node: (label, where it stands)}, the most important first, each above or below its point where it covers no other."""
    nodes = drawing.nodes
    if is_around:
        first = nodes.sort_values("is_middle", ascending=False, kind="stable")  # then the nearest, as they come
    else:
        first = nodes[nodes["is_middle"] | (nodes["brought"] > 0)].sort_values(
            ["value_brought", "brought_in_all", "is_middle"], ascending=False, kind="stable")
    scale = min(size / max(float(np.ptp(nodes[axis])), 1) for size, axis in zip(pixels, ("x", "y"), strict=True))
    points = nodes[["x", "y"]].to_numpy() * scale
    large = sizes > SMALLEST  # a small point may lie under a name, a large one may not
    reach = sizes[large, None] / 2
    taken = np.column_stack([points[large] - reach, points[large] + reach])  # left, below, right, above
    labels: dict[int, tuple[str, str]] = {}
    for place, node in zip(first.index, first["node_id"].tolist(), strict=True):
        (x, y), away, text = points[place], sizes[place] / 2, _short(names.get(node, ""))
        half = LETTER_WIDTH * len(text) / 2
        for where, below in (("top center", y + away), ("bottom center", y - away - LINE_HEIGHT)):
            box = np.array([x - half, below, x + half, below + LINE_HEIGHT])
            covers = (taken[:, :2] < box[2:] - 1).all(axis=1) & (taken[:, 2:] > box[:2] + 1).all(axis=1)
            if text and not covers.any():
                labels[node] = (escape(text, quote=False), where)
                taken = np.vstack([taken, box])
                break
        if len(labels) == LABELLED:
            break
    return labels


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else name[:LONGEST_LABEL - 1].rstrip() + "…"
