"""The next orders in pictures: how many come when, and did as many come as expected?"""

import pandas as pd
import plotly.graph_objects as go


def by_week(weeks: pd.DataFrame, *, words: tuple[str, str], within_days: int | None = None) -> go.Figure:
    """Customers whose next order falls in each week: weeks has week_from (a day), orders, days_to (days from now to the week's
    end). Weeks that end within `within_days` stand out. words: of the axis, of a customer in a hover ("orders")."""
    axis, orders = words
    meaning = ["good" if within_days is None or days <= within_days + 6 else "comparison" for days in weeks["days_to"]]
    figure = go.Figure(go.Bar(x=weeks["week_from"], y=weeks["orders"], meta={"meaning": meaning},
                              hovertemplate=f"%{{x|%-d %b}}: %{{y:,.0f}} {orders}<extra></extra>"))
    figure.update_layout(xaxis={"tickformat": "%-d %b"}, yaxis={"title": {"text": axis}, "tickformat": ",.0f"}, showlegend=False)
    return figure


def calibration(table: pd.DataFrame, *, words: tuple[str, str, str, str]) -> go.Figure:
    """What was said against what came, in bins of the chance; table: predicted, observed, cases. words: of both axes, of the dotted
    line, of the line."""
    said, came, equal, line = words
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", name=equal, hoverinfo="skip", meta={"meaning": "reference"}))
    figure.add_trace(go.Scatter(
        x=table["predicted"], y=table["observed"], mode="lines+markers", name=line, customdata=table["cases"],
        hovertemplate=f"{said}: %{{x:.0%}}<br>{came}: %{{y:.0%}} (%{{customdata:,.0f}})<extra></extra>", meta={"meaning": "good"}))
    figure.update_layout(xaxis={"title": {"text": said}, "tickformat": ".0%", "range": [0, 1]},
                         yaxis={"title": {"text": came}, "tickformat": ".0%", "range": [0, 1]})
    return figure
