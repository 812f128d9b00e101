"""What is typical of each group? Real values as text, how far they lie from the average as colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from crm.analytics.segments.group_marks import called, in_order, short_number, shown

if TYPE_CHECKING:
    from crm.analytics.segments.finding import Groups

MOST_DEVIATIONS = 1.5  # where the colour is full: the middle of a group seldom lies farther out
ROW_PIXELS, EDGE_PIXELS = 34, 70
LINE_LENGTH = 36  # characters above all columns together on a phone
SHORTEST_LINE, LONGEST_LINE = 7, 14
MOST_LEVEL = 5  # names beside one another on a phone; more may be turned where they would overlap
WORD_LENGTH, WORD_LENGTH_OF_MANY = 12, 6  # characters of a word in a cell: the longest decides the size of all


def heatmap(groups: Groups, *, names: Mapping[int, str], labels: Mapping[str, str],
            written: Callable[[str, float], str] | None = None) -> go.Figure:
    """Groups and columns crossed: the group's median, or its most frequent word, coloured by how far the group is from
    the average.

    Colour: deviations of the middle of the group from that of all customers, on the scale on which they were compared;
    for a word how much more frequent it is there than anywhere; full at 1.5. The longer of both lists runs down, so that
    it fits a phone. written: how a number of a column is written; by default three digits.
    `figure.layout.meta["height"]`: a good height in pixels.
    """
    prepared, group_of = groups.prepared, np.asarray(groups.labels)
    columns = [column for column in dict.fromkeys(prepared.sources) if column in groups.profile.columns]
    order = in_order(groups.profile["group"].tolist())
    profile = groups.profile.set_index("group").loc[order]
    written = written or (lambda _column, number: short_number(number))
    n_across = min(len(columns), len(order))
    longest = WORD_LENGTH if n_across <= MOST_LEVEL else WORD_LENGTH_OF_MANY
    text = [[_cell(profile.at[label, column], column, written, longest=longest) for column in columns] for label in order]
    whole = [[shown(word) for word in profile.loc[label, columns]] for label in order]
    far = [[_deviation(prepared, column, profile.at[label, column], group_of == label) for column in columns]
           for label in order]
    across, down = [shown(labels.get(column, column)) for column in columns], [called(label, names) for label in order]
    cells = [np.array(table, dtype=kind).reshape(len(order), len(columns)) for table, kind in
             ((far, float), (text, object), (whole, object))]
    if len(columns) > len(order):
        cells = [table.T for table in cells]
        across, down = down, across
    # places, not names: two groups may be called alike
    figure = go.Figure(go.Heatmap(
        z=cells[0], x=list(range(len(across))), y=list(range(len(down))), zmid=0, zmin=-MOST_DEVIATIONS, zmax=MOST_DEVIATIONS,
        text=cells[1], texttemplate="%{text}", xgap=2, ygap=2, showscale=False,
        customdata=np.array([[f"{row}, {column}" for column in across] for row in down], dtype=object),
        hovertemplate="%{customdata}: %{text}<extra></extra>", meta={"scale": "diverging"}))
    figure.update_layout(
        xaxis={"side": "top", "tickvals": list(range(len(across))), "ticktext": _lines(across), "showgrid": False, "ticks": "",
               "tickangle": 0 if len(across) <= MOST_LEVEL else None},
        yaxis={"autorange": "reversed", "tickvals": list(range(len(down))), "ticktext": down, "showgrid": False, "ticks": "",
               "ticklabelstandoff": 6},
        meta={"height": ROW_PIXELS * len(down) + EDGE_PIXELS})
    return figure


def _lines(names: list[str]) -> list[str]:
    """The names in lines short enough to stand beside one another."""
    length = min(max(LINE_LENGTH // max(len(names), 1), SHORTEST_LINE), LONGEST_LINE)
    length = length if len(names) <= MOST_LEVEL else LONGEST_LINE
    return ["<br>".join(wrap(name, length, break_long_words=False)) for name in names]


def _cell(value: object, column: str, written: Callable[[str, float], str], *, longest: int) -> str:
    if value is None or value != value:
        return "–"
    if isinstance(value, str):
        return shown(value if len(value) <= longest else f"{value[:longest - 1].rstrip()}…")
    return shown(written(column, float(value)))


def _deviation(prepared, column: str, value: object, own: np.ndarray) -> float:
    """How far the group lies from all, in deviations; NaN where it has no value or nobody differs."""
    dimensions = [place for place, source in enumerate(prepared.sources) if source == column]
    if isinstance(value, str):
        named = [place for place in dimensions if prepared.columns[place] == f"{column}={value}"]
        if not named:
            return float("nan")
        points = prepared.points[:, named[0]]
        middle = points[own].mean()  # its share there
    else:
        points = prepared.points[:, dimensions[0]]
        middle = np.median(points[own])
    deviation = points.std()
    return float((middle - points.mean()) / deviation) if deviation > 0 else float("nan")
