"""The tree in one picture: which questions lead where, how many rows end there, and how sure is that?

An outline, read from the top like a list of folders: boxes joined by lines on the left, each with the condition that leads
to it; on the right, for every rule, the labels of its rows. So it stays readable with twelve rules on a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from crm.analytics.trees.rules import Condition, branch_condition

if TYPE_CHECKING:
    from crm.analytics.trees.model import Explanation

# A sign beside the colour, so that labels can be told apart without it; as in the charts of groups.
SYMBOLS = ("circle", "square", "diamond", "cross", "x", "triangle-up", "star", "triangle-down")
NO_SYMBOL = "circle-open"
N_COLOURS = 8
LINE_LENGTH = 30  # characters of a line at the root on a phone of 390 pixels
INDENT_LENGTH = 2  # characters that each level takes from it
MOST_LINES = 2
ROW_PIXELS = 36  # two lines of text
LEGEND_PIXELS = 26  # a line of the legend; a phone has room for about three labels in each
OUTLINE_SHARE = 0.62  # of the width; the rest is for the bars
LEVELS_WIDE = 14  # the outline's width in steps of one level: text needs most of it
NAME_LENGTH = 18  # characters of a label inside a bar
NOWHERE = [None]  # a label that no rule says still stands in the legend: its rows are in the bars
TEXT_FROM = 0.4  # a thinner part of a bar has no room for its label
STAYS = "\u00a0"  # a blank at which no line breaks


def picture(
    found: Explanation | Mapping,
    *,
    label: Callable[[str], str] = str,
    names: Mapping | None = None,
    meanings: Mapping | None = None,
    everybody: str = "All",
    unknown: str = "unknown",
) -> go.Figure:
    """Boxes and lines of an explanation, or of its tree alone; a good height in pixels is `figure.layout.meta["height"]`.

    label: column -> its word. names: label of the rows -> its word. meanings: label of the rows -> colour ("group0" ...), so
    that a group keeps the colour it has elsewhere; by default that of its number (-1: "past"). everybody, unknown: the
    words for all rows and for "no value".
    """
    tree = found if isinstance(found, Mapping) else found.tree
    names = names or {}
    words = [str(names.get(one, one)) for one in tree["labels"]]
    colours = [(meanings or {}).get(one, _meaning(one, place)) for place, one in enumerate(tree["labels"])]
    rows = _rows(tree["root"], everybody=everybody, label=label, unknown=unknown)
    figure = go.Figure()
    figure.add_trace(_lines(rows))
    figure.add_trace(go.Scatter(
        x=[row["depth"] for row in rows if row["branches"]], y=[row["y"] for row in rows if row["branches"]],
        mode="markers", marker={"symbol": "square-open", "size": 9}, hoverinfo="skip", showlegend=False, cliponaxis=False, meta={"meaning": "past"}))
    for place, (word, colour) in enumerate(zip(words, colours, strict=True)):
        _add_label(figure, rows, place, word=word, colour=colour)
    figure.add_trace(go.Scatter(
        x=[row["depth"] for row in rows], y=[row["y"] for row in rows], mode="text",
        text=[f"   {row['text']}" for row in rows], textposition="middle right", textfont={"size": 12}, showlegend=False,
        hovertext=[row["hover"] for row in rows], hovertemplate="%{hovertext}<extra></extra>"))
    nothing = {"visible": False, "fixedrange": True}
    figure.update_layout(
        xaxis={**nothing, "domain": [0, OUTLINE_SHARE], "range": [-0.3, LEVELS_WIDE]},
        xaxis2={**nothing, "domain": [OUTLINE_SHARE, 1], "range": [0, 1], "anchor": "y"},
        yaxis={**nothing, "range": [len(rows) - 0.4, -0.6]},
        barmode="stack",
        meta={"height": ROW_PIXELS * len(rows) + LEGEND_PIXELS * (1 + len(words) // 3)},
    )
    return figure


def in_signs(condition: Condition, *, unknown: str = "unknown") -> str:
    """What is asked of the column, without its name, in signs that need no translation.

    >>> [in_signs(Condition("age", *what)) for what in (("below", (30.0,)), ("between", (30.0, 1200.5)), ("is", ("a", "b")))]
    ['< 30', '≥ 30 and < 1,200.5', '= a, b']
    """
    values = [value if isinstance(value, str) else f"{value:,.12g}".replace("-", "−") for value in condition.values]
    patterns: dict[str, Callable[[], str]] = {
        "below": lambda: f"< {values[0]}",
        "at_least": lambda: f"≥ {values[0]}",
        "between": lambda: f"≥ {values[0]} and < {values[1]}",
        "is": lambda: f"= {', '.join(values)}",
        "is_not": lambda: f"≠ {', '.join(values)}",
        "known": lambda: f"≠ {unknown}",
        "unknown": lambda: f"= {unknown}",
    }
    written = patterns[condition.operator]()
    return f"{written}, {unknown}" if condition.or_unknown and condition.operator not in ("known", "unknown") else written


def _meaning(label: object, place: int) -> str:
    if isinstance(label, int) and not isinstance(label, bool):
        return "past" if label < 0 else f"group{label % N_COLOURS}"
    return f"group{place % N_COLOURS}"


def _symbol(colour: str, place: int) -> str:
    """The sign that belongs to the colour, as in the charts of groups."""
    number = colour.removeprefix("group")
    return NO_SYMBOL if colour == "past" else SYMBOLS[(int(number) if number.isdigit() else place) % len(SYMBOLS)]


def _rows(root: Mapping, *, everybody: str, label: Callable[[str], str], unknown: str) -> list[dict]:
    """One a node, from the top: where it stands, what it says, how its rows are labelled."""
    rows: list[dict] = []

    def below(node: Mapping, said: str, parent: int | None, depth: int) -> None:
        place, count = len(rows), sum(node["counts"])
        rows.append({
            "y": place, "depth": depth, "parent": parent, "counts": node["counts"], "label": node["label"],
            "branches": bool(node.get("split")), "text": _fitting(said, f"{count:,}", length=LINE_LENGTH - INDENT_LENGTH * depth),
            "hover": f"{said}: {count:,}",
        })
        for number, branch in enumerate(node.get("branches", ())):
            condition = branch_condition(node["split"], number)
            below(branch, f"{label(condition.column)} {in_signs(condition, unknown=unknown)}", place, depth + 1)

    below(root, everybody, None, 0)
    return rows


def _fitting(said: str, count: str, *, length: int) -> str:
    """Two lines at most, a sign beside its value, the count at the end; what is longer ends in an ellipsis."""
    for sign in "≥<=≠":
        said = said.replace(f"{sign} ", f"{sign}{STAYS}")
    tail = f"{STAYS}·{STAYS}{count}"
    lines = wrap(said + tail, length, break_on_hyphens=False)
    if len(lines) > MOST_LINES:
        second = lines[1][:length - len(tail) - 1].rstrip()
        lines = [lines[0], f"{second}…{tail}"]
    return "<br>   ".join(escape(line, quote=False) for line in lines)


def _lines(rows: list[dict]) -> go.Scatter:
    x, y = [], []
    for row in rows:
        if row["parent"] is not None:
            parent = rows[row["parent"]]
            x += [parent["depth"], parent["depth"], row["depth"], None]
            y += [parent["y"], row["y"], row["y"], None]
    return go.Scatter(x=x, y=y, mode="lines", line={"width": 1}, hoverinfo="skip", showlegend=False, meta={"meaning": "past"})


def _add_label(figure: go.Figure, rows: list[dict], place: int, *, word: str, colour: str) -> None:
    """Its leaves on the left, its part of every rule's bar on the right."""
    ends = [row for row in rows if not row["branches"]]
    own = [row for row in ends if row["label"] == place]
    figure.add_trace(go.Scatter(
        x=[row["depth"] for row in own] or NOWHERE, y=[row["y"] for row in own] or NOWHERE, mode="markers", name=word, legendgroup=word,
        marker={"symbol": _symbol(colour, place), "size": 11}, hoverinfo="skip", showlegend=True, cliponaxis=False, meta={"meaning": colour}))
    short = word if len(word) <= NAME_LENGTH else f"{word[:NAME_LENGTH - 1].rstrip()}…"
    shares = [row["counts"][place] / max(sum(row["counts"]), 1) for row in ends]
    figure.add_trace(go.Bar(
        x=shares, y=[row["y"] for row in ends], orientation="h", xaxis="x2", name=word, legendgroup=word, width=0.62,
        text=[f"{escape(short, quote=False)} {share:.0%}" if share >= TEXT_FROM else "" for share in shares],
        textposition="inside", insidetextanchor="middle", textangle=0, insidetextfont={"size": 12}, showlegend=False,
        customdata=[row["counts"][place] for row in ends],
        hovertemplate=f"{word}: %{{x:.0%}} (%{{customdata:,}})<extra></extra>", meta={"meaning": colour}))
