"""Amounts in pictures: do predictions and what came agree, and what makes an amount more or less?"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.prediction.amounts.judging import JudgedAmounts

MOST_POINTS = 4_800  # with the lines, at most 5,000 in a picture
FEW_POINTS = 1_000  # up to here drawn as shapes, beyond by the graphics card
SKEWED = 10.0  # times the middle: from here on most points would lie in one corner of a plain axis
MOST_BARS = 12


def predicted_against_actual(judged: JudgedAmounts, actual: np.ndarray, *, words: tuple[str, str, str, str, str]) -> go.Figure:
    """Each case by what was predicted and what came, and the means of tenths; on the dotted line both are equal.

    words: of the axis of predictions, of that of amounts, of the dotted line, of a case, of the mean of a tenth. Axes of
    logarithms where amounts are skewed (0 then lies at the lower end); points are a fixed sample of at most 5,000.
    """
    ahead, came, equal, case, tenth = words
    predicted, shown = judged.amount, _sample(len(actual))
    both = np.concatenate([predicted, actual])
    middle = np.median(np.abs(both))
    is_log = bool((both >= 0).all() and middle > 0 and np.quantile(both, 0.999) > SKEWED * middle)
    smallest = float(min(np.quantile(predicted[predicted > 0], 0.01), np.quantile(actual[actual > 0], 0.01))) if is_log else None

    def placed(amount: np.ndarray) -> np.ndarray:
        return np.maximum(amount, smallest) if is_log else amount

    x, y = placed(predicted[shown]), placed(actual[shown])
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    figure = go.Figure(go.Scatter(x=[low, high], y=[low, high], mode="lines", name=equal, hoverinfo="skip",
                                  meta={"meaning": "reference"}))
    kind = go.Scattergl if len(shown) > FEW_POINTS else go.Scatter
    figure.add_trace(kind(
        x=x, y=y, mode="markers", name=case, marker={"size": 5, "opacity": 0.35}, customdata=actual[shown],
        hovertemplate=f"{ahead}: %{{x:,.0f}}<br>{came}: %{{customdata:,.0f}}<extra></extra>", meta={"meaning": "past"}))
    figure.add_trace(go.Scatter(
        x=placed(judged.levels["predicted"].to_numpy()), y=placed(judged.levels["actual"].to_numpy()), mode="lines+markers",
        name=tenth, customdata=judged.levels[["actual", "cases"]].to_numpy(),
        hovertemplate=f"{ahead}: %{{x:,.0f}}<br>{came}: %{{customdata[0]:,.0f}} (%{{customdata[1]:,.0f}})<extra>{tenth}</extra>",
        meta={"meaning": "good"}))
    kind_of_axis = "log" if is_log else "linear"
    figure.update_layout(
        xaxis={"title": {"text": ahead}, "type": kind_of_axis, "tickformat": "~s", "dtick": 1 if is_log else None},
        yaxis={"title": {"text": came}, "type": kind_of_axis, "tickformat": "~s", "dtick": 1 if is_log else None},
        meta={"is_log": is_log, "shown": len(shown), "of": len(actual)})
    return figure


def errors_by_level(judged: JudgedAmounts, *, words: tuple[str, str, str, str]) -> go.Figure:
    """By how much it was off, by the height of the prediction: the mean, and between what eight of ten lay.

    words: of the axis of predictions, of that of errors, of the mean, of the range.
    """
    ahead, off, mean, eight = words
    levels = judged.levels
    names = [f"{amount:,.0f}" for amount in levels["predicted"]]
    apart = levels["actual"] - levels["predicted"]
    figure = go.Figure(go.Scatter(
        x=list(range(len(names))), y=levels["high"], mode="lines", line={"width": 0}, showlegend=False, meta={"meaning": "band"}))
    figure.add_trace(go.Scatter(x=list(range(len(names))), y=levels["low"], mode="lines", fill="tonexty", name=eight,
                                meta={"meaning": "band"}))
    figure.add_trace(go.Scatter(
        x=list(range(len(names))), y=apart, mode="lines+markers", name=mean, customdata=levels["cases"],
        hovertemplate=f"{mean}: %{{y:,.0f}} (%{{customdata:,.0f}})<extra></extra>", meta={"meaning": "good"}))
    figure.add_trace(go.Scatter(x=[0, max(len(names) - 1, 1)], y=[0, 0], mode="lines", showlegend=False,
                                meta={"meaning": "reference"}))
    figure.update_layout(xaxis={"title": {"text": ahead}, "tickvals": list(range(len(names))), "ticktext": names},
                         yaxis={"title": {"text": off}, "tickformat": "~s"})
    return figure


def effects(table: pd.DataFrame, *, labels: list[str], word: str, is_share: bool) -> go.Figure:
    """The effects with their 95 % ranges, the strongest first and at most twelve; grey where chance may explain them.

    table: rows of `coefficients`; labels: aligned, what each row is called; word: of the axis.
    """
    sure = (table["effect_low"] > 0) | (table["effect_high"] < 0)
    place = np.lexsort((-table["effect"].abs().to_numpy(), ~sure.to_numpy()))[:MOST_BARS]
    shown, names = table.iloc[place], [labels[row] for row in place]
    meaning = ["past" if not certain else "good" if effect > 0 else "attention"
               for certain, effect in zip(sure.iloc[place], shown["effect"], strict=True)]
    figure = go.Figure(go.Bar(
        x=shown["effect"], y=names, orientation="h", meta={"meaning": meaning},
        error_x={"type": "data", "array": shown["effect_high"] - shown["effect"],
                 "arrayminus": shown["effect"] - shown["effect_low"]},
        hovertemplate="%{y}: " + ("%{x:+.0%}" if is_share else "%{x:+,.2f}") + "<extra></extra>"))
    figure.update_layout(xaxis={"title": {"text": word}, "tickformat": "+.0%" if is_share else "+~s"},
                         yaxis={"autorange": "reversed", "type": "category"}, showlegend=False,
                         meta={"left_out": len(table) - len(shown), "height": max(180, 30 * len(shown) + 60)})
    return figure


def _sample(n: int) -> np.ndarray:
    """Positions of at most MOST_POINTS, spread evenly."""
    return np.unique(np.linspace(0, n - 1, min(n, MOST_POINTS)).round().astype(int))
