"""Where do the groups lie? Every customer as a point: on the plane that shows most of the differences, or by two columns."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.segments.group_marks import called, colours_of, column_words, in_order, short_number, shown, symbol
from crm.analytics.segments.preparing_columns import read_column
from crm.analytics.segments.preparing_scales import is_lopsided, log_scale
from crm.errors import InvalidInput, NotEnoughData

if TYPE_CHECKING:
    from crm.analytics.segments.finding import Groups

MOST_POINTS = 5_000  # more points cost the browser time and only paint over one another
GPU_ABOVE = 1_000  # beyond this many points SVG gets slow
FEWEST_OF_A_GROUP = 30  # a tiny group stays visible among 100,000 customers
SAMPLE_SEED = 0  # the same customers at every redraw
NAMED_FROM = 0.10  # of what an axis is made of; less is not what it mostly means
MOST_NAMED = 3  # columns in the title of an axis
TITLE_LENGTH = 38  # characters that fit beside 300 pixels
PLOT_PIXELS, LEGEND_PIXELS = 300, 24  # a phone has room for two or three names in a line of the legend
FEWEST_MARKS, MOST_MARKS = 4, 7  # on an axis
OPPOSITE = {True: " ↑", False: " ↓"}


def plane(groups: Groups, table: pd.DataFrame, *, names: Mapping[int, str], labels: Mapping[str, str], x: str | None = None,
          y: str | None = None, mostly: str = "mostly: {0}") -> go.Figure:
    """Every customer of the grouping as a point with the colour and the sign of the group, centres large.

    Without x and y on the plane of the two principal components (Pearson 1901), whose axes are named after the columns
    they are mostly made of (an arrow says which way where they go opposite ways); with both, by these two columns of
    `table` in their own units, on a log scale where they were compared on one. At most 5,000 points (seeded, at least 30
    of each group). customdata: customer_id where the table has one, else the row's position.

    `figure.layout.meta`: shown (share of all differences that the plane shows, 0..1; None for two columns), axes (for
    each: columns, share), left_out (rows without a value in x or y), drawn (points), height (good
    one in pixels).
    Raises InvalidInput for one column alone or a column that holds no numbers, NotEnoughData where no row has both.
    """
    if (x is None) != (y is None):
        raise InvalidInput("Choose a column for both directions, or for neither.", field="x")
    prepared, group_of = groups.prepared, np.asarray(groups.labels)
    rows = np.asarray(prepared.rows)
    if x is None or y is None:
        places, axes, meta = _principal(prepared, labels, mostly=mostly)
    else:
        places, axes, meta = _own_units(prepared, table, rows, labels, (x, y))
    known = ~np.isnan(places).any(axis=1)
    if not known.any():
        raise NotEnoughData("No row has a value in both columns; choose others.")
    drawn = _sample(np.flatnonzero(known), group_of)
    said = _hover(prepared, table, rows[drawn], labels, meta["axes"])
    ids = table["customer_id"].to_numpy()[rows[drawn]] if "customer_id" in table else rows[drawn]
    figure, colours = go.Figure(), colours_of(groups, names)
    points = go.Scattergl if len(drawn) > GPU_ABOVE else go.Scatter
    centres = []
    for label in in_order(group_of[known].tolist()):
        own = group_of[drawn] == label
        name = called(label, names)
        figure.add_trace(points(
            x=places[drawn[own], 0], y=places[drawn[own], 1], customdata=ids[own], mode="markers", name=name,
            legendgroup=str(label), text=said[own], meta={"meaning": colours[label]},
            marker={"symbol": symbol(label), "size": 6, "opacity": 0.5},
            hovertemplate=f"{name}<br>%{{text}}<extra></extra>"))
        if label >= 0:
            centre = places[known & (group_of == label)].mean(axis=0)
            centres.append(points(  # what is drawn by the graphics card hides all else
                x=[centre[0]], y=[centre[1]], mode="markers", name=name, legendgroup=str(label), showlegend=False,
                marker={"symbol": symbol(label), "size": 17, "line": {"width": 2}}, meta={"meaning": colours[label]},
                hovertemplate=f"{name}<extra></extra>"))
    figure.add_traces(centres)  # above all points
    height = PLOT_PIXELS + LEGEND_PIXELS * (1 + len(centres) // 3)
    figure.update_layout(xaxis=axes[0], yaxis=axes[1], legend={"itemsizing": "constant"},
                         meta={**meta, "left_out": int((~known).sum()), "drawn": len(drawn), "height": height})
    return figure


def _principal(prepared, labels: Mapping[str, str], *, mostly: str) -> tuple[np.ndarray, list[dict], dict]:
    points = prepared.points - prepared.points.mean(axis=0)
    variance, directions = np.linalg.eigh(points.T @ points / len(points))
    variance, directions = variance[::-1].clip(min=0), directions[:, ::-1]
    # the sign of a direction is arbitrary: what it is mostly made of grows to the right and up
    strongest = np.abs(directions).argmax(axis=0)
    directions = directions * np.where(directions[strongest, np.arange(len(strongest))] < 0, -1.0, 1.0)
    whole = variance.sum()
    shares = (variance / whole if whole > 0 else np.full(len(variance), np.nan)).tolist()
    places = points @ directions[:, :2]
    made_of = [_columns(prepared, directions[:, axis], labels) for axis in range(min(2, len(variance)))]
    axes = [{"title": {"text": "<br>".join(wrap(mostly.format(", ".join(words)), TITLE_LENGTH))}, "showticklabels": False,
             "zeroline": False} for _, words in made_of]
    meta = {"shown": float(sum(shares[:2])),
            "axes": [{"columns": columns, "share": share} for (columns, _), share in zip(made_of, shares, strict=False)]}
    if len(variance) == 1:  # one column: the height only keeps the points apart
        places = np.column_stack([places[:, 0], np.random.default_rng(SAMPLE_SEED).uniform(-1, 1, len(points))])
        axes.append({"visible": False, "range": [-2, 2]})
    return places, axes, meta


def _columns(prepared, direction: np.ndarray, labels: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """What an axis is mostly made of: columns, and in words, with arrows where they go opposite ways."""
    weight = direction ** 2
    largest = [place for place in np.argsort(-weight, kind="stable")[:MOST_NAMED] if weight[place] >= NAMED_FROM]
    largest = largest or [int(weight.argmax())]
    opposite = len({bool(direction[place] > 0) for place in largest}) > 1
    words = [column_words(prepared.columns[place], prepared.sources[place], labels)
             + (OPPOSITE[bool(direction[place] > 0)] if opposite else "") for place in largest]
    return [prepared.columns[place] for place in largest], words


def _own_units(prepared, table: pd.DataFrame, rows: np.ndarray, labels: Mapping[str, str], columns: tuple[str, str]
               ) -> tuple[np.ndarray, list[dict], dict]:
    places, axes = [], []
    for column in columns:
        read = read_column(table, column)
        if read.kind != "number":
            raise InvalidInput(f"“{column}” holds no numbers; choose a column of numbers.", field="x")
        numbers = read.numbers[rows]
        known = np.sort(numbers[~np.isnan(numbers)])
        axis: dict = {"title": {"text": shown(labels.get(column, column))}, "zeroline": False}
        on_log = column in prepared.logged or (column not in prepared.sources and is_lopsided(known))
        if on_log and len(known):
            marks = log_marks(float(known[0]), float(known[-1]))
            axis |= {"tickvals": log_scale(marks).tolist(), "ticktext": [short_number(mark) for mark in marks.tolist()]}
            numbers = log_scale(numbers)
        else:
            axis |= {"nticks": MOST_MARKS, "tickformat": "~s" if len(known) and np.abs(known).max() >= 10_000 else "~g"}
        places.append(numbers)
        axes.append(axis)
    return np.column_stack(places), axes, {"shown": None, "axes": [{"columns": [column], "share": None} for column in columns]}


def log_marks(low: float, high: float) -> np.ndarray:
    """Round numbers from `low` to `high` for a log scale, about even there; the two ends where there are none.

    >>> log_marks(0, 30_000).tolist(), log_marks(20, 90).tolist(), log_marks(-3, 4).tolist(), log_marks(42, 43).tolist()
    ([0.0, 1.0, 10.0, 100.0, 1000.0, 10000.0], [20.0, 50.0], [-3.0, -1.0, 0.0, 1.0, 3.0], [42.0, 43.0])
    """
    digits = int(np.ceil(np.log10(max(abs(low), abs(high), 1.0)))) + 1
    for factors in ((1,), (1, 3), (1, 2, 5)):
        positive = np.array([factor * 10.0 ** power for power in range(digits) for factor in factors])
        marks = np.concatenate([-positive[::-1], [0.0], positive])
        marks = marks[(marks >= low) & (marks <= high)]
        if len(marks) >= FEWEST_MARKS:
            break
    if len(marks) < 2:
        return np.unique([float(low), float(high)])
    step = -(-len(marks) // MOST_MARKS)
    zero = int(np.argmin(np.abs(marks)))  # 0 stays where it is among them
    return marks[np.arange(len(marks)) % step == zero % step]


def _sample(rows: np.ndarray, group_of: np.ndarray) -> np.ndarray:
    """At most 5,000 of the rows, in their order; of small groups at least 30."""
    if len(rows) <= MOST_POINTS:
        return rows
    mixed = np.random.default_rng(SAMPLE_SEED).permutation(rows)
    first = [mixed[group_of[mixed] == label][:FEWEST_OF_A_GROUP] for label in np.unique(group_of[rows])]
    kept = np.concatenate(first)
    others = mixed[~np.isin(mixed, kept)]
    return np.sort(np.concatenate([kept, others])[:MOST_POINTS])


def _hover(prepared, table: pd.DataFrame, rows: np.ndarray, labels: Mapping[str, str], axes: list[dict]) -> np.ndarray:
    """For each point its values, in the table's own units, of the columns that the axes are made of."""
    source_of = dict(zip(prepared.columns, prepared.sources, strict=True))
    columns = list(dict.fromkeys(source_of.get(column, column) for axis in axes for column in axis["columns"]))
    lines = []
    for column in [column for column in columns if column in table][:2 * MOST_NAMED]:
        word = shown(labels.get(column, column))
        values = table[column].iloc[rows].tolist()
        lines.append([f"{word}: {short_number(value) if isinstance(value, int | float) else shown(value)}" for value in values])
    return np.array(["<br>".join(parts) for parts in zip(*lines, strict=True)] if lines else [""] * len(rows), dtype=object)
