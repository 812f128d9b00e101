"""Do the chances come true, and how are they spread?"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from crm.analytics.prediction.charts.meanings import TALL, TALL_FROM, meanings, name_of
from crm.analytics.prediction.results import Judged

BARS = 20  # steps of 5 points, as fine as the probabilities are worth
COUNT_SHARE = 0.22  # of the height, for the bars of how many rows stand behind each point


def calibration(judged: Mapping[str, Judged], *, names: Mapping[str, str] | None = None, proposed: str | None = None,
                perfect: str = "Perfect", predicted: str = "Predicted chance", observed: str = "Share seen later",
                cases: str = "Cases") -> go.Figure:
    """Predicted against observed of one model or several (a rule without probabilities is left out); on the dotted line they
    agree. With one model, bars below tell how many cases stand behind each point."""
    shown = {method: model.calibration for method, model in judged.items() if len(model.calibration)}
    styles = meanings(shown, proposed=proposed)
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", name=perfect, hoverinfo="skip",
                                  meta={"meaning": "reference"}))
    for method, table in shown.items():
        figure.add_trace(go.Scatter(
            x=table["predicted"], y=table["observed"], mode="lines+markers", name=name_of(method, names),
            line={"dash": styles[method]["dash"]}, customdata=table["cases"],
            hovertemplate="%{x:.0%} → %{y:.0%} (%{customdata:,.0f})<extra>" + name_of(method, names) + "</extra>",
            meta={"meaning": styles[method]["meaning"]}))
    axis = {"tickformat": ".0%", "range": [0, 1.005]}
    figure.update_layout(xaxis={"title": {"text": predicted}, **axis}, yaxis={"title": {"text": observed}, **axis})
    if len(shown) == 1:
        _count_below(figure, next(iter(shown.values())), cases)
    elif len(shown) >= TALL_FROM:
        figure.update_layout(meta={"height": TALL})
    return figure


def scores(probability: np.ndarray, *, threshold: float | None = None, x_title: str = "Chance",
           y_title: str = "Customers") -> go.Figure:
    """How many have which chance, in steps of 5 points; bars that lie at least half above the threshold ask for attention."""
    known = np.asarray(probability, dtype="float64")
    cases, edges = np.histogram(known[np.isfinite(known)], bins=np.linspace(0.0, 1.0, BARS + 1))
    middles = (edges[:-1] + edges[1:]) / 2
    calls = middles >= (np.inf if threshold is None else threshold)
    figure = go.Figure(go.Bar(
        x=middles, y=cases, width=1 / BARS, customdata=np.column_stack([edges[:-1], edges[1:]]),
        hovertemplate="%{customdata[0]:.0%}–%{customdata[1]:.0%}: %{y:,.0f}<extra></extra>",
        meta={"meaning": ["attention" if call else "good" for call in calls]}))
    figure.update_layout(
        xaxis={"title": {"text": x_title}, "tickformat": ".0%", "range": [0, 1.005]},
        yaxis={"title": {"text": y_title}, "tickformat": ",.0f"}, showlegend=False)
    return figure


def _count_below(figure: go.Figure, table: pd.DataFrame, cases: str) -> None:
    width = table["to_probability"] - table["from_probability"]
    figure.add_trace(go.Bar(
        x=table["from_probability"] + width / 2, y=table["cases"], width=width * 0.9, yaxis="y2", showlegend=False,
        hovertemplate="%{y:,.0f}<extra></extra>", meta={"meaning": "past"}))
    figure.update_layout(
        xaxis={"anchor": "y2"}, yaxis={"domain": [COUNT_SHARE + 0.06, 1]},
        yaxis2={"domain": [0, COUNT_SHARE], "title": {"text": cases}, "tickformat": "~s", "nticks": 3, "rangemode": "tozero"},
        meta={"height": 340})
