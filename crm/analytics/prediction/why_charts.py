"""Why, in pictures: what the model lives on, what it says of one case and why, and how that changes along one column."""

from collections.abc import Callable
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.prediction.importance import Importance
from crm.analytics.prediction.what_if import Control

DRIVERS_SHOWN = 8
BARS_SHOWN = 10  # columns by importance: beyond them nothing is left to tell
STEPS_SHOWN = 6  # of one case; the weaker ones together as one
LABEL_LENGTH = 38  # characters: half of a phone's width beside the bars
BAR_PIXELS, AXIS_PIXELS = 34, 60
ROOM = 1.15  # beyond the longest bar


def importance_bars(found: Importance, *, label: Callable[[str], str] = str, n: int = BARS_SHOWN,
                    axis: str = "Told apart worse without it (AUC)") -> go.Figure:
    """How much worse the model tells the cases apart where a column, or twins together, tell it nothing, with intervals.
    Where chance would explain it, the bar is pale ("past")."""
    table = found.table.head(n)
    figure = go.Figure(go.Bar(
        x=table["auc_loss"], y=_unlike([_together(columns, label) for columns in table["columns"]]), orientation="h",
        error_x={"type": "data", "array": table["auc_high"] - table["auc_loss"]},
        customdata=np.column_stack([table["auc_low"], table["auc_high"]]),
        hovertemplate="%{y}: %{x:.3f} (%{customdata[0]:.3f} to %{customdata[1]:.3f})<extra></extra>", showlegend=False,
        meta={"meaning": ["good" if low > 0 else "past" for low in table["auc_low"]]}))
    figure.update_layout(
        xaxis={"title": {"text": axis}, "tickformat": ".2f", "rangemode": "tozero"}, yaxis={"autorange": "reversed"},
        meta={"height": AXIS_PIXELS + BAR_PIXELS * max(len(table), 3)})
    return figure


def drivers_bars(found: pd.DataFrame, *, label: Callable[[str], str] = str, n: int = DRIVERS_SHOWN,
                 raises: str = "More of it raises the chance", lowers: str = "More of it lowers the chance",
                 either: str = "Moves the chance", axis: str = "Moves the chance by") -> go.Figure:
    """One bar a column of `reasons.drivers`, the strongest first, by direction. The words are the caller's."""
    shown = found.head(n)
    figure = go.Figure()
    for direction, name, meaning in ((1, raises, "attention"), (-1, lowers, "good"), (0, either, "past")):
        rows = shown[shown["direction"] == direction]
        if len(rows):
            figure.add_trace(go.Bar(
                x=rows["points"], y=[_short(label(column)) for column in rows["column"]], orientation="h", name=name,
                hovertemplate="%{y}: ±%{x:.1%}<extra></extra>", meta={"meaning": meaning}))
    figure.update_layout(
        barmode="overlay", showlegend=True,
        xaxis={"title": {"text": axis}, "tickformat": ".0%", "rangemode": "tozero"},
        yaxis={"categoryorder": "array", "categoryarray": [_short(label(column)) for column in shown["column"]],
               "autorange": "reversed"},
        meta={"height": 110 + 30 * max(len(shown), 3)})
    return figure


def steps(contributions: np.ndarray, columns: tuple[str, ...], *, base: float, label: Callable[[str], str] = str,
          n: int = STEPS_SHOWN, start: str = "Typical", end: str = "This one", rest: str = "All else",
          raises: str = "attention", lowers: str = "good", axis: str = "Chance") -> go.Figure:
    """From the typical chance to that of one case, a column at a time, the strongest first.

    contributions: (columns,) log-odds of the case; base: mean log-odds of those it is compared with, so that
    1 / (1 + exp(-base)) is where the steps begin. label: column -> its words, perhaps with the case's own value. raises,
    lowers: the meanings of the two directions.
    """
    contributions = np.asarray(contributions, dtype=float)
    strongest = np.argsort(-np.abs(contributions), kind="stable")
    shown = strongest[:n] if len(strongest) > n + 1 else strongest
    parts = [(label(columns[place]), contributions[place]) for place in shown]
    if len(shown) < len(strongest):
        parts.append((rest, contributions.sum() - contributions[shown].sum()))
    reached = _chance(base + np.concatenate([[0.0], np.cumsum([added for _, added in parts])]))
    names = _unlike([_short(name) for name in (start, *(name for name, _ in parts), end)])
    lengths = np.concatenate([[reached[0]], np.diff(reached), [reached[-1]]])
    figure = go.Figure(go.Bar(
        x=lengths, y=names, base=np.concatenate([[0.0], reached[:-1], [0.0]]), orientation="h", showlegend=False,
        text=[f"{reached[0]:.0%}", *(_points(step) for step in np.diff(reached)), f"{reached[-1]:.0%}"],
        textposition="outside", cliponaxis=False, hovertemplate="%{y}: %{text}<extra></extra>",
        meta={"meaning": ["past", *(raises if added > 0 else lowers for _, added in parts), "comparison"]}))
    figure.update_layout(
        xaxis={"title": {"text": axis}, "tickformat": ".0%", "range": [0, min(1.12, ROOM * max(reached.max(), 0.05) + 0.04)]},
        yaxis={"autorange": "reversed"}, meta={"height": AXIS_PIXELS + BAR_PIXELS * len(names)})
    return figure


def along(curve: pd.DataFrame, control: Control, *, label: str, now: tuple, tried: tuple, now_word: str = "As it is",
          tried_word: str = "As tried", unknown: str = "not known", axis: str = "Chance") -> go.Figure:
    """The chance along one column, all else being as tried: a line for numbers, a bar a word.

    curve: value, probability (what_if.curve). now, tried: (value, probability) of the case as it is and as it was moved.
    """
    if control.kind == "number":
        return _line(curve, label=label, marks=((now_word, now, "past"), (tried_word, tried, "attention")), axis=axis)
    words = [_short(_word(value, unknown)) for value in curve["value"]]
    chosen = _word(tried[0], unknown)
    figure = go.Figure(go.Bar(
        x=words, y=curve["probability"], showlegend=False, text=[f"{chance:.0%}" for chance in curve["probability"]],
        textposition="outside", cliponaxis=False, hovertemplate="%{x}: %{y:.0%}<extra></extra>",
        meta={"meaning": ["attention" if word == _short(chosen) else "good" for word in words]}))
    figure.update_layout(xaxis={"title": {"text": _short(label)}, "type": "category"},
                         yaxis={"title": {"text": axis}, "tickformat": ".0%", "range": [0, 1.1]})
    return figure


def _line(curve: pd.DataFrame, *, label: str, marks: tuple, axis: str) -> go.Figure:
    known = curve[[value is not None and value == value for value in curve["value"]]]
    figure = go.Figure(go.Scatter(
        x=known["value"].astype(float), y=known["probability"], mode="lines", name=axis, showlegend=False,
        hovertemplate="%{x:,.4~g}: %{y:.0%}<extra></extra>", meta={"meaning": "good"}))
    seen = set()
    for word, (value, chance), meaning in marks:
        if value is None or value != value or (value, chance) in seen:
            continue
        seen.add((value, chance))
        figure.add_trace(go.Scatter(
            x=[float(value)], y=[chance], mode="markers", name=word, marker={"size": 11}, cliponaxis=False,
            hovertemplate=f"{word}: %{{y:.0%}}<extra></extra>", meta={"meaning": meaning}))
    figure.update_layout(xaxis={"title": {"text": _short(label)}}, showlegend=True,
                         yaxis={"title": {"text": axis}, "tickformat": ".0%", "range": [0, 1]})
    return figure


def _chance(log_odds: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-log_odds))


def _points(step: float) -> str:
    """In points of probability, with its sign."""
    points = round(step * 100)
    return "0" if points == 0 else f"{points:+d}".replace("-", "−")


def _together(columns: tuple[str, ...], label: Callable[[str], str]) -> str:
    named = [_short(label(column)) for column in columns]
    if len(named) <= 2:
        return ",<br>".join(named)
    return f"{named[0]},<br>{len(named) - 1} that go with it"


def _short(text: str, length: int = LABEL_LENGTH) -> str:
    return escape(text if len(text) <= length else text[:length - 1].rstrip() + "…", quote=False)


def _unlike(names: list[str]) -> list[str]:
    """Different names: two bars of one name would be drawn on each other."""
    found: list[str] = []
    for name in names:
        while name in found:
            name += "\u200b"  # nothing that is seen
        found.append(name)
    return found


def _word(value, unknown: str) -> str:
    if value is None or value != value:
        return unknown
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return str(value)
