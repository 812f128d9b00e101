"""What does a feature look like, and what do the log scale and the scaling do to it? Small pictures, made for 140 pixels.

Bars of a histogram are as high as their rows are dense, so that bars of different widths compare (log scales of whole
numbers have such); the typical row, the median, is marked by a dotted line with its value.
"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from crm.analytics.segments import feature_catalogue
from crm.analytics.segments.preparing import OTHERS, SCALINGS, Column, read_column
from crm.analytics.segments.preparing_scales import centre_and_scale, from_log_scale, log_scale
from crm.errors import InvalidInput, NotEnoughData

BARS = 24  # as many as can be told apart in a picture of a hand's width
WORDS_SHOWN = 5  # bars with a word each that fit into 140 pixels, the others together below
LONGEST_WORD = 18  # signs; the hover has the whole word
GROUPED_FROM = 10_000  # years are written without a comma
ROOM_ABOVE = 1.3  # for the median's number


def distribution(table: pd.DataFrame, column: str, *, label: str, log: bool, scaled: bool, scaling: str = "standard",
                 rows: str = "customers") -> go.Figure:
    """How many rows have which value of the column: as they are, on the log scale (marked in the column's own units),
    or, where `scaled`, as they are compared (marked in steps of the scale). Words: a bar each, the rare ones together.

    label: the axis' words. rows: what a row is, for the hover. Rows without a value are not drawn. Raises InvalidInput for
    a column of free text and one that is not there, NotEnoughData for an empty one.
    """
    read = _drawable(table, column, scaling)
    if read.kind == "category":
        return _bars(read, rows=rows)
    figure = go.Figure(_traces(read, column, log=log, scaling=scaling if scaled else None, rows=rows))
    _axes(figure, read, column, log=log, scaled=scaled, title=label)
    return figure


def before_after(table: pd.DataFrame, column: str, *, label: str, log: bool, scaling: str = "standard",
                 after: str = "As compared", rows: str = "customers") -> go.Figure:
    """The column as it is beside what is made of it for comparing: on the log scale where `log`, and scaled.

    label, after: words of the left and the right axis. Words are drawn as they are: there is nothing to bend. Raises as
    `distribution` does.
    """
    read = _drawable(table, column, scaling)
    if read.kind == "category":
        return _bars(read, rows=rows)
    figure = make_subplots(1, 2, horizontal_spacing=0.06)
    for place, (on_log, scaled, title) in enumerate(((False, False, label), (log, True, after)), start=1):
        for trace in _traces(read, column, log=on_log, scaling=scaling if scaled else None, rows=rows):
            figure.add_trace(trace, row=1, col=place)
        _axes(figure, read, column, log=on_log, scaled=scaled, title=title, col=place)
    return figure


def _drawable(table: pd.DataFrame, column: str, scaling: str) -> Column:
    if scaling not in SCALINGS:
        raise InvalidInput(f"“{scaling}” is no scaling; choose one of {', '.join(SCALINGS)}.", field="scaling")
    read = read_column(table, column)
    if read.kind == "text":
        raise InvalidInput(f"“{column}” holds names or free text; there is no distribution to draw.", field="columns")
    if read.kind == "empty":
        raise NotEnoughData(f"A picture needs values; none of the {len(table)} rows has one in “{column}”.")
    return read


def _traces(read: Column, column: str, *, log: bool, scaling: str | None, rows: str) -> list:
    """The histogram and the line of the median."""
    values = _values(read, column, log=log)
    edges = _edges(values, log=log)
    edges, places = _visible(edges, _placed(edges, values, log=log, scaling=scaling))
    counts, _ = np.histogram(values, bins=edges)
    widths = np.diff(places)
    heights = counts / widths
    spoken = _spans(edges, values, column)
    bars = go.Bar(
        x=(places[:-1] + places[1:]) / 2, y=heights, width=widths, meta={"meaning": "good"}, showlegend=False,
        customdata=np.array([[span, f"{count:,}"] for span, count in zip(spoken, counts.tolist(), strict=True)], dtype=object),
        hovertemplate=f"%{{customdata[0]}}: %{{customdata[1]}} {rows}<extra></extra>")
    median = float(np.median(values))
    middle = float(_placed(np.array([median]), values, log=log, scaling=scaling)[0])
    is_left = middle <= (places[0] + places[-1]) / 2
    line = go.Scatter(
        x=[middle, middle], y=[0, ROOM_ABOVE * heights.max()], mode="lines+text", text=["", _written(median, column)],
        textposition="bottom right" if is_left else "bottom left", meta={"meaning": "reference"}, showlegend=False)
    return [bars, line]


def _values(read: Column, column: str, *, log: bool) -> np.ndarray:
    """The known numbers, ascending; amounts below 0 as 0 on the log scale, as preparing takes them."""
    values = np.sort(read.numbers[~np.isnan(read.numbers)])
    return values.clip(min=0.0) if log and _unit(column) == "money" else values


def _edges(values: np.ndarray, *, log: bool) -> np.ndarray:
    """Where the bars begin and end, in the column's own units; for whole numbers between them, so that no bar is empty
    only since no whole number lies in it."""
    low, high = float(values[0]), float(values[-1])
    is_whole = bool((values == np.rint(values)).all()) and max(abs(low), abs(high)) < 2**52
    if low == high:
        return np.array([low - 0.5, high + 0.5])
    if not log:
        if is_whole:
            step = max(np.ceil((high - low + 1) / BARS), 1)
            return np.arange(low - 0.5, high + step, step)
        return np.linspace(low, high, BARS + 1)
    even = from_log_scale(np.linspace(*log_scale(np.array([low, high + is_whole])), BARS + 1))
    if is_whole:
        return np.unique(np.rint(even)) - 0.5
    even[0], even[-1] = low, high
    return even


def _visible(edges: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Without the bars that are narrower than floats tell apart; one bar where all are."""
    _, kept = np.unique(places, return_index=True)
    if len(kept) < 2:
        return edges[[0, -1]], places[0] + np.array([-0.5, 0.5])
    return np.append(edges[kept[:-1]], edges[-1]), places[kept]


def _placed(numbers: np.ndarray, values: np.ndarray, *, log: bool, scaling: str | None) -> np.ndarray:
    """Where numbers of the column's own units lie on the axis."""
    if log:
        numbers, values = log_scale(numbers), log_scale(values)
    if scaling is None or values[0] == values[-1]:
        return numbers
    centre, scale = centre_and_scale(values, scaling=scaling)
    return (numbers - centre) / (scale if scale > 0 else values[-1] - values[0])


def _spans(edges: np.ndarray, values: np.ndarray, column: str) -> list[str]:
    """What each bar holds, in words: "3", "4 to 6", "1.2 to 1.5"."""
    is_whole = bool((edges % 1 == 0.5).all() and (values == np.rint(values)).all())
    first, last = (edges[:-1] + 0.5, edges[1:] - 0.5) if is_whole else (edges[:-1], edges[1:])
    return [_written(low, column) if low == high else f"{_written(low, column)} to {_written(high, column)}"
            for low, high in zip(first.tolist(), np.minimum(last, values[-1]).tolist(), strict=True)]


def _axes(figure: go.Figure, read: Column, column: str, *, log: bool, scaled: bool, title: str, col: int | None = None) -> None:
    where = {} if col is None else {"row": 1, "col": col}
    values = _values(read, column, log=log)
    axis: dict = {"title": {"text": title}, "zeroline": False, "nticks": 5}
    if log and not scaled:
        marks = _decades(float(values[0]), float(values[-1]))
        axis |= {"tickvals": log_scale(marks).tolist(), "ticktext": [_short(mark) for mark in marks.tolist()]}
    elif not scaled and _unit(column) in ("share", "score"):
        axis |= {"tickformat": ".0%", "tickvals": [0, 0.5, 1], "range": [-0.02, 1.06]}  # all there can be, with room for the last mark
    elif not scaled:
        axis["tickformat"] = "~s" if abs(values).max() >= GROUPED_FROM else "~g"
    else:
        axis["tickformat"] = "~g"
    figure.update_xaxes(axis, **where)
    figure.update_yaxes({"visible": False, "rangemode": "tozero"}, **where)
    figure.update_layout(bargap=0, showlegend=False)


def _decades(low: float, high: float) -> np.ndarray:
    """Round numbers between the two: 0, 1, 10, 100 ... and their negatives, at most about five a side; 2 and 5 and their
    tens too where the range is short."""
    powers = np.arange(0, int(np.floor(np.log10(max(abs(low), abs(high), 1.0)))) + 1)
    tens = 10.0 ** powers[:: -(-len(powers) // 5)]
    for marks in (tens, np.concatenate([tens, 2 * tens, 5 * tens])):
        marks = np.unique(np.concatenate([-marks, [0.0], marks]))
        inside = marks[(marks >= low) & (marks <= high)]
        if len(inside) >= 3:
            break
    return inside


def _bars(read: Column, *, rows: str) -> go.Figure:
    known = read.codes[read.codes >= 0]
    counts = np.bincount(known, minlength=len(read.words))
    largest = np.argsort(-counts, kind="stable")
    largest = largest[counts[largest] > 0]
    shown = largest if len(largest) <= WORDS_SHOWN + 1 else largest[:WORDS_SHOWN]
    words, sizes = [read.words[place] for place in shown], counts[shown].tolist()
    if len(shown) < len(largest):
        words, sizes = [*words, OTHERS], [*sizes, int(counts[largest[WORDS_SHOWN:]].sum())]
    figure = go.Figure(go.Bar(
        x=sizes, y=list(range(len(words))), orientation="h", meta={"meaning": "good"}, showlegend=False,
        text=[f"{size / len(known):.0%}" for size in sizes], textposition="outside", textangle=0, cliponaxis=False,
        customdata=np.array([[word, f"{size:,}"] for word, size in zip(words, sizes, strict=True)], dtype=object),
        hovertemplate=f"%{{customdata[0]}}: %{{customdata[1]}} {rows}<extra></extra>"))
    cut = [word if len(word) <= LONGEST_WORD else word[: LONGEST_WORD - 1] + "…" for word in words]
    figure.update_yaxes(autorange="reversed", showgrid=False, tickvals=list(range(len(words))), ticktext=cut)
    figure.update_xaxes(visible=False, range=[0, 1.2 * max(sizes)])  # room for the share beside the longest bar
    figure.update_layout(bargap=0.25, showlegend=False)
    return figure


def _unit(column: str) -> str:
    feature = feature_catalogue.known(column)
    return feature.unit if feature is not None else ""


def _written(number: float, column: str) -> str:
    """A value as people write it, three digits of it where it is not whole."""
    if _unit(column) in ("share", "score"):
        return f"{number:.0%}"
    if abs(number) >= 1e15:
        return f"{number:.2g}"
    if abs(number) >= 100 or float(number).is_integer():
        return f"{number:,.0f}" if abs(number) >= GROUPED_FROM else f"{number:.0f}"
    return f"{number:.3g}"


def _short(number: float) -> str:
    """A power of ten on an axis: 100, 1k, 10M."""
    for size, letter in ((1e12, ""), (1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:.0f}{letter}" if letter else f"{number:.0e}"
    return f"{number:.0f}"
