"""The network in pictures: who is joined to whom and how strongly, one table of chances, and what facts change.

The graph is a column of boxes with arrows at both sides, not a web: so every name stays readable, no arrow crosses a name, and
twelve boxes fit a phone. On the left the arrows from what is to be foreseen, on the right those among the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from html import escape
from textwrap import wrap

import numpy as np
import plotly.graph_objects as go

from crm.analytics.prediction.bayes_net.asking import Answer, strengths
from crm.analytics.prediction.bayes_net.network import Network
from crm.analytics.prediction.bayes_net.states import State, in_signs

MOST_BOXES = 12  # more do not fit a screen; the rest are those that tell least
MOST_LINES = 12  # of a table of chances: the most frequent combinations
ROW_PIXELS, EDGE_PIXELS = 46, 34
LEFT, RIGHT = 0.2, 0.74  # where the boxes begin and end, as shares of the width
LINE_LENGTH = 23  # characters of a box's line on a phone of 350 pixels
LINE_PIXELS = 36
HALF_BOX = 0.38  # of a row
ATTACHED = 0.16  # of a row: arrows that go up leave above the middle of a box, those that go down below it
THINNEST, THICKEST = 1.0, 5.5  # pixels of an arrow
ARC_POINTS = 25
WORDS = {"target": "from what is foreseen", "others": "among the others"}
BAR_PIXELS = 46
ROW_LABEL, STATE_LABEL = 22, 12  # characters before a line breaks


def graph(network: Network, *, label: Callable[[str], str] = str, words: Mapping[str, str] = WORDS,
          told: Callable[[str, str, float], str] | None = None, most_boxes: int = MOST_BOXES) -> go.Figure:
    """Boxes and arrows; an arrow is the thicker, the more the two tell about each other.

    label: column -> its word. words: names of the two kinds of arrows, "target" and "others". told(above, child, share): what an
    arrow says when it is pointed at; the names are labels already, share is that of `strengths`. Columns that no arrow
    touches are left out. `figure.layout.meta["height"]` is a good height in pixels.
    """
    told = told or (lambda above, child, share: f"{above} → {child}: {_percent(share)}")
    rows = in_rows(network, most_boxes=most_boxes)
    place = {name: row for row, name in enumerate(rows)}
    target = None if network.target is None else network.names[network.target]
    arrows = [one for one in strengths(network).itertuples() if one.above in place and one.child in place]
    thickest = max((one.share for one in arrows), default=0.0)
    figure = go.Figure()
    for kind, meaning in (("target", "good"), ("others", "past")):
        own = [one for one in arrows if (target in (one.above, one.child)) == (kind == "target")]
        _add_arrows(figure, own, place, left=kind == "target", meaning=meaning, name=words[kind], thickest=thickest,
                    told=lambda one: told(label(one.above), label(one.child), one.share))
    for names, meaning, width in (([one for one in rows if one != target], "past", 1.2), ([one for one in rows if one == target], "good", 2.4)):
        if names:
            figure.add_trace(_boxes([place[one] for one in names], meaning=meaning, width=width))
    figure.add_trace(go.Scatter(
        x=[(LEFT + RIGHT) / 2] * len(rows), y=list(range(len(rows))), mode="text", textfont={"size": 12}, showlegend=False,
        text=[_in_box(label(one), bold=one == target) for one in rows], hovertext=[escape(label(one), quote=False) for one in rows],
        hovertemplate="%{hovertext}<extra></extra>"))
    nothing = {"visible": False, "fixedrange": True}
    figure.update_layout(xaxis={**nothing, "range": [0, 1]}, yaxis={**nothing, "range": [len(rows) - 0.5, -0.5]}, hovermode="closest",
                         meta={"height": ROW_PIXELS * max(len(rows), 1) + EDGE_PIXELS})
    return figure


def in_rows(network: Network, *, most_boxes: int = MOST_BOXES) -> list[str]:
    """The names from the top: what is foreseen, then each column near to those that it is joined to, the strongest first."""
    table = strengths(network)
    target = None if network.target is None else network.names[network.target]
    weight = {name: 0.0 for name in network.names if name in {*table["above"], *table["child"]}}
    for one in table.itertuples():
        # What tells about the target counts before what tells about the others.
        factor = 1000.0 if target in (one.above, one.child) else 1.0
        for name in (one.above, one.child):
            weight[name] += factor * one.share
    ranked = sorted((name for name in weight if name != target), key=lambda name: (-weight[name], network.number(name)))
    kept = ranked[:most_boxes - (target is not None)]
    near = {name: [] for name in kept}
    for one in table.sort_values("share", ascending=False, kind="stable").itertuples():
        if one.above in near and one.child in near:
            near[one.above].append(one.child)
            near[one.child].append(one.above)
    rows = [] if target is None else [target]
    for first in kept:
        waiting = [first]
        while waiting:
            name = waiting.pop()
            if name not in rows:
                rows.append(name)
                waiting += [other for other in reversed(near[name]) if other not in rows]
    return rows


def chances_table(network: Network, name: str, *, label: Callable[[str], str] = str,
                  state: Callable[[State], str] = in_signs, always: str = "") -> go.Figure:
    """One variable's chances, a line for each combination of what it directly depends on (the most frequent ones, by past cases).

    state: how a state is written. always: the word of the only line where it depends on nothing.
    """
    child = network.number(name)
    table, parents = network.tables[child], network.parents[child]
    lines = list(np.ndindex(*table.shape[:-1]))
    if network.weights is not None:
        frequent = network.weights[child].sum(axis=-1)
        lines = sorted(sorted(lines, key=lambda place: -frequent[place])[:MOST_LINES])
    lines = lines[:MOST_LINES]
    across = [state(one) for one in network.variables[child].states]
    said = [[f"{label(network.names[above])}: {state(network.variables[above].states[number])}"
             for above, number in zip(parents, place, strict=True)] for place in lines]
    short = [" · ".join(state(network.variables[above].states[number]) for above, number in zip(parents, place, strict=True)) or always
             for place in lines]
    shown = np.array([table[place] for place in lines])
    figure = go.Figure(go.Heatmap(
        z=shown, x=list(range(len(across))), y=list(range(len(lines))), zmin=0, zmax=1, xgap=2, ygap=2, showscale=False,
        text=[[_percent(chance) for chance in line] for line in shown], texttemplate="%{text}",
        customdata=[[escape(", ".join([*line, f"{label(name)}: {own}"]), quote=False) for own in across] for line in said],
        hovertemplate="%{customdata}: %{text}<extra></extra>", meta={"scale": "sequential"}))
    figure.update_layout(
        xaxis={"side": "top", "tickvals": list(range(len(across))), "ticktext": [_broken(one, STATE_LABEL) for one in across], "ticks": "",
               "showgrid": False, "tickangle": 0, "fixedrange": True},
        yaxis={"autorange": "reversed", "tickvals": list(range(len(lines))), "ticktext": [_broken(one, ROW_LABEL) for one in short],
               "ticks": "", "showgrid": False, "fixedrange": True},
        meta={"height": LINE_PIXELS * len(lines) + 64})
    return figure


def before_and_after(before: Answer, after: Answer, *, state: Callable[[State], str] = in_signs,
                     words: Mapping[str, str] | None = None) -> go.Figure:
    """Bars of the first wanted column's chances, without the facts and with them; whiskers where the interval is known.

    words: names of the two, "before" and "after".
    """
    words = words or {"before": "before", "after": "after"}
    states = [_broken(state(one), ROW_LABEL) for one in after.states[0]]
    figure = go.Figure()
    for key, answer, meaning in (("after", after, "good"), ("before", before, "past")):
        whiskers = None
        if key == "after" and np.isfinite(answer.low).all():
            whiskers = {"type": "data", "symmetric": False, "array": answer.high - answer.probability, "arrayminus": answer.probability - answer.low}
        figure.add_trace(go.Bar(
            y=states, x=answer.probability, orientation="h", name=words[key], error_x=whiskers, meta={"meaning": meaning},
            text=[_percent(chance) for chance in answer.probability], textposition="auto", insidetextanchor="start", textangle=0,
            hovertemplate=f"%{{y}}: %{{text}} ({escape(words[key], quote=False)})<extra></extra>"))
    figure.update_layout(barmode="group", xaxis={"range": [0, 1], "tickformat": ".0%", "fixedrange": True},
                         yaxis={"autorange": "reversed", "fixedrange": True}, legend={"traceorder": "reversed"},
                         meta={"height": BAR_PIXELS * len(states) + 80})
    return figure


def _add_arrows(figure: go.Figure, arrows: list, place: Mapping[str, int], *, left: bool, meaning: str, name: str, thickest: float,
                told: Callable) -> None:
    side, room = (LEFT, -LEFT) if left else (RIGHT, 1 - RIGHT)
    heads: list[tuple[float, float, float]] = []
    for number, one in enumerate(arrows):
        start, end = place[one.above], place[one.child]
        down = 1 if end > start else -1
        x, y = _arc(start + ATTACHED * down, end - ATTACHED * down, side=side,
                    room=0.92 * room * (0.2 + 0.8 * abs(end - start) / max(len(place) - 1, 1)))
        width = THINNEST + (THICKEST - THINNEST) * math.sqrt(one.share / thickest if thickest > 0 else 0)
        figure.add_trace(go.Scatter(x=x, y=y, mode="lines", line={"width": width}, opacity=0.75, name=name, legendgroup=name, hoverinfo="skip",
                                    showlegend=number == 0, meta={"meaning": meaning}))
        heads.append((x[-1], y[-1], 7 + width))
    if heads:
        figure.add_trace(go.Scatter(
            x=[head[0] for head in heads], y=[head[1] for head in heads], mode="markers", showlegend=False, legendgroup=name,
            marker={"symbol": "triangle-right" if left else "triangle-left", "size": [head[2] for head in heads]},
            hovertext=[escape(told(one), quote=False) for one in arrows], hovertemplate="%{hovertext}<extra></extra>", meta={"meaning": meaning}))


def _arc(start: float, end: float, *, side: float, room: float) -> tuple[list[float], list[float]]:
    """Half an ellipse from one box's side to another's, so that the arrow arrives level."""
    turn = np.linspace(-math.pi / 2, math.pi / 2, ARC_POINTS)
    x = side + room * np.cos(turn)
    y = (start + end) / 2 + (end - start) / 2 * np.sin(turn)
    return x.round(4).tolist(), y.round(4).tolist()


def _boxes(rows: list[int], *, meaning: str, width: float) -> go.Scatter:
    x, y = [], []
    for row in rows:
        x += [LEFT, RIGHT, RIGHT, LEFT, LEFT, None]
        y += [row - HALF_BOX, row - HALF_BOX, row + HALF_BOX, row + HALF_BOX, row - HALF_BOX, None]
    return go.Scatter(x=x, y=y, mode="lines", line={"width": width}, hoverinfo="skip", showlegend=False, meta={"meaning": meaning})


def _in_box(text: str, *, bold: bool) -> str:
    lines = wrap(text, LINE_LENGTH) or [text]
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1][:LINE_LENGTH - 1].rstrip()}…"]
    written = "<br>".join(escape(line, quote=False) for line in lines)
    return f"<b>{written}</b>" if bold else written


def _broken(text: str, length: int) -> str:
    return "<br>".join(escape(line, quote=False) for line in wrap(text, length)) or text


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
