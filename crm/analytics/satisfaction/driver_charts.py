"""Drivers in pictures: what matters against how good it is, what one point goes with, and which questions are answered alike."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase
from textwrap import shorten

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.satisfaction.correlations import Correlations
from crm.analytics.satisfaction.priorities import PLACES, Priorities
from crm.analytics.satisfaction.regression import Regression

MEANINGS = {"mend first": "attention", "keep up": "good", "possible overkill": "comparison", "low priority": "past"}
CORNERS = {"mend first": (0, 1), "keep up": (1, 1), "possible overkill": (1, 0), "low priority": (0, 0)}
LONGEST_NAME = 30  # characters beside an axis; the whole words are shown when pointed at
FULL_COLOUR = 1.6  # beyond 1, so that no cell is of a middle tone on which neither dark nor white figures can be read
MOST_WITH_FIGURES = 9  # questions; the figures of more do not fit into a phone's cells
ROW_PIXELS, EDGE_PIXELS = 30, 60
ROOM = 0.08  # of the span, around the points and for the corners' names


def importance_performance(found: Priorities, *, places: Mapping[str, str], performance_title: str = "Mean score",
                           importance_title: str = "Matters for the overall score") -> go.Figure:
    """Questions by mean score (across) and importance (up), numbered as in `found.table`; dotted lines part the places, whose
    names (`places`) stand in the corners. Whiskers: 95 % intervals. Questions without a place are grey."""
    table = found.table
    # Beside the words of `places`, what is said of a point is its own name and two numbers.
    points = go.Scatter(
        x=table["performance"], y=table["importance"], mode="markers+text", text=table["number"].astype(str),
        textposition="top right", marker={"size": 11}, cliponaxis=False,
        error_x=_whiskers(table, "performance"), error_y=_whiskers(table, "importance"),
        customdata=np.column_stack([table["item"].map(_safe), [places.get(place, "–") for place in table["place"]]]),
        meta={"meaning": [MEANINGS.get(place, "past") for place in table["place"]]},
        hovertemplate="%{customdata[0]}<br>%{x:.2f}, %{y:.0%}: %{customdata[1]}<extra></extra>", showlegend=False)
    across = _span(table[["performance_low", "performance_high", "performance"]], found.performance_cut)
    up = _span(table[["importance_low", "importance_high", "importance"]], found.importance_cut)
    figure = go.Figure([
        go.Scatter(x=[found.performance_cut] * 2, y=up, mode="lines", meta={"meaning": "reference"}, showlegend=False),
        go.Scatter(x=across, y=[found.importance_cut] * 2, mode="lines", meta={"meaning": "reference"}, showlegend=False),
        points])
    figure.update_xaxes(title_text=performance_title, tickformat=".2~f", range=across, zeroline=False)
    figure.update_yaxes(title_text=importance_title, tickformat=".0%", range=up, zeroline=False)
    for place in PLACES:
        x, y = CORNERS[place]
        figure.add_annotation(x=x, y=y, xref="paper", yref="paper", text=places[place], showarrow=False,
                              xanchor="right" if x else "left", yanchor="top" if y else "bottom", font={"size": 12})
    return figure


def coefficients(found: Regression, *, title: str) -> go.Figure:
    """What one point more of each question goes with, all others held equal, with its 95 % interval; the largest on top, those whose
    interval holds 0 in grey."""
    table = found.table.sort_values(["per_point", "item"], ascending=[False, True])
    clear = (table["per_point_low"] > 0) | (table["per_point_high"] < 0)
    meaning = np.where(~clear, "past", np.where(table["per_point"] > 0, "good", "loss"))
    unit = ".0%" if found.kind == "logistic" else "+.2f"
    figure = go.Figure(go.Scatter(
        x=table["per_point"], y=[_short(item) for item in table["item"]], mode="markers",
        error_x={"type": "data", "array": table["per_point_high"] - table["per_point"],
                 "arrayminus": table["per_point"] - table["per_point_low"]},
        customdata=table[["item"]].map(_safe).to_numpy(), meta={"meaning": meaning.tolist()}, showlegend=False,
        hovertemplate=f"%{{customdata[0]}}: %{{x:{unit}}}<extra></extra>"))
    figure.update_xaxes(title_text=title, tickformat=unit, zeroline=True)
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(meta={"height": ROW_PIXELS * len(table) + EDGE_PIXELS})
    return figure


def correlations(found: Correlations, *, names: Mapping[str, str] | None = None, numbers: Mapping[str, int] | None = None) -> go.Figure:
    """Correlation of each pair of questions, below the diagonal; pairs that chance may explain without a figure. names: other words for
    an item. numbers: of items as another picture has them, which come first in that order; what has none is lettered. `figure.layout.meta["height"]`: a good height."""
    names = names or {}
    numbers = numbers or {item: place for place, item in enumerate(found.items, start=1)}
    order = sorted(range(len(found.items)), key=lambda place: (numbers.get(found.items[place], len(numbers) + 1), place))
    originals = [found.items[place] for place in order]
    letters = iter(ascii_uppercase)
    marks = [str(numbers[item]) if item in numbers else next(letters, "") for item in originals]
    matrix, forms = found.matrix[np.ix_(order, order)], found.n[np.ix_(order, order)]
    items = [names.get(item, item) for item in originals]
    count = len(items)
    clear = {frozenset(pair) for pair in found.pairs.loc[found.pairs["clear"], ["item_a", "item_b"]].itertuples(index=False)}
    below = np.tril(np.ones((count, count), dtype=bool), -1)
    shown = np.where(below, matrix, np.nan)
    text = [[f"{shown[row, column]:.2f}" if below[row, column] and frozenset((originals[row], originals[column])) in clear
             and count <= MOST_WITH_FIGURES else "" for column in range(count)] for row in range(count)]
    said = [[f"{_safe(items[row])}<br>{_safe(items[column])}<br>{shown[row, column]:.2f}, {forms[row, column]:,} forms"
             if below[row, column] else "" for column in range(count)] for row in range(count)]
    # The first question has no row and the last no column of their own.
    figure = go.Figure(go.Heatmap(
        z=shown[1:, :-1], x=list(range(1, count)), y=list(range(2, count + 1)), zmin=-FULL_COLOUR, zmid=0, zmax=FULL_COLOUR, xgap=2, ygap=2,
        text=[row[:-1] for row in text[1:]], texttemplate="%{text}", customdata=np.array(said, dtype=object)[1:, :-1],
        hovertemplate="%{customdata}<extra></extra>", hoverongaps=False, showscale=False, meta={"scale": "diverging"}))
    figure.update_layout(
        xaxis={"tickvals": list(range(1, count)), "ticktext": marks[:-1], "showgrid": False,
               "title": {"text": f"{marks[0]} is “{_short(items[0])}”, the others as at the left"}},
        yaxis={"autorange": "reversed", "tickvals": list(range(2, count + 1)), "showgrid": False,
               "ticktext": [f"{_short(item)}  {mark}" for item, mark in zip(items[1:], marks[1:], strict=True)]},
        meta={"height": ROW_PIXELS * count + EDGE_PIXELS})
    return figure


def _whiskers(table: pd.DataFrame, column: str) -> dict:
    return {"type": "data", "array": (table[f"{column}_high"] - table[column]).clip(lower=0),
            "arrayminus": (table[column] - table[f"{column}_low"]).clip(lower=0)}


def _span(columns: pd.DataFrame, cut: float) -> list[float]:
    low, high = min(np.nanmin(columns.to_numpy()), cut), max(np.nanmax(columns.to_numpy()), cut)
    room = max((high - low) * ROOM, 1e-6)
    return [float(low - room), float(high + 2 * room)]


def _short(item: str) -> str:
    return _safe(shorten(item, LONGEST_NAME, placeholder=" …") if " " in item[:LONGEST_NAME] else item[:LONGEST_NAME])


def _safe(item: str) -> str:
    """Plotly takes some tags in a text for formatting."""
    return str(item).replace("&", "&amp;").replace("<", "&lt;")
